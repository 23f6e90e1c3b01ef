import type { Tensor } from '../tensor/tensor.js';
import { Optimizer, type ParamGroup, type Params, rateOf } from './optimizer.js';
import { checkNotNegative, checkNumber, newer, row } from './row.js';
import { countUp, handles, stateHandles, type Steps, stepsAtZero, zerosLike } from './state.js';
import { makeStep } from './plan.js';
import type { CommonOptions } from './options.js';

/** Options of {@link Adadelta}. */
export interface AdadeltaOptions extends CommonOptions {
  /** The learning rate. Default 1. */
  lr?: number | Tensor | undefined;
  /** The decay rate of the moving averages. Default 0.9. */
  rho?: number | undefined;
  /** Added to the denominator. Default 1e-6. */
  eps?: number | undefined;
  /** The L2 penalty. Default 0. */
  weight_decay?: number | undefined;
}

const ADADELTA = row('Adadelta', 'lr?, rho?, eps?, weight_decay?, foreach?, capturable?, maximize?, differentiable?', {
  lr: 1,
  rho: 0.9,
  eps: 1e-6,
  weight_decay: 0,
  maximize: false,
  capturable: newer(false),
  foreach: null,
  differentiable: newer(false),
});

interface State {
  step: Steps;
  square_avg: Tensor;
  acc_delta: Tensor;
}

/** Adadelta, by Zeiler (2012): the size of a step follows from the sizes of earlier steps. */
export class Adadelta extends Optimizer {
  constructor(
    params: Params<AdadeltaOptions>,
    lr?: number | Tensor | AdadeltaOptions,
    rho?: number | AdadeltaOptions,
    eps?: number | AdadeltaOptions,
    weight_decay?: number | AdadeltaOptions,
    options?: AdadeltaOptions,
  );
  constructor(...args: unknown[]) {
    super(ADADELTA, args);
  }

  protected override checkOptions(options: Readonly<Record<string, unknown>>): void {
    checkNotNegative(options, 'lr', 'eps', 'weight_decay');
    checkNumber(options.rho, 'rho', (rho) => rho >= 0 && rho <= 1, 'from 0 to 1');
  }

  protected override update(group: ParamGroup): void {
    const { rho, eps, weight_decay, maximize } = group;
    const { params, states } = this.ready<State>(group, (param) => ({
      step: stepsAtZero(),
      square_avg: zerosLike(param),
      acc_delta: zerosLike(param),
    }));
    if (params.length === 0) return;
    // Before the steps are counted: an error here leaves them as they were.
    const numbers = [rateOf(group), rho, eps, weight_decay];
    makeStep('adadelta_step', [
      handles(params, 'params'),
      stateHandles(states, 'square_avg'),
      stateHandles(states, 'acc_delta'),
      countUp(states),
      numbers,
      maximize,
    ]);
  }
}
