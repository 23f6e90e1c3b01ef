import type { Tensor } from '../tensor/tensor.js';
import { Optimizer, type ParamGroup, type Params, rateOf } from './optimizer.js';
import { checkNotNegative, newer, row } from './row.js';
import { handles, scalar, stateHandles, zerosLike } from './state.js';
import { makeStep } from './plan.js';
import type { CommonOptions } from './options.js';

/** Options of {@link ASGD}. */
export interface ASGDOptions extends CommonOptions {
  /** The learning rate. Default 0.01. */
  lr?: number | Tensor | undefined;
  /** The decay term. Default 1e-4. */
  lambd?: number | undefined;
  /** The exponent by which the learning rate decays. Default 0.75. */
  alpha?: number | undefined;
  /** The step at which averaging starts. Default 1e6. */
  t0?: number | undefined;
  /** The L2 penalty. Default 0. */
  weight_decay?: number | undefined;
}

const ROW = row('ASGD', 'lr?, lambd?, alpha?, t0?, weight_decay?, foreach?, maximize?, differentiable?, capturable?', {
  lr: 1e-2,
  lambd: 1e-4,
  alpha: 0.75,
  t0: 1e6,
  weight_decay: 0,
  foreach: null,
  maximize: false,
  differentiable: newer(false),
  capturable: newer(false),
});

interface State {
  step: Tensor;
  eta: Tensor;
  mu: Tensor;
  ax: Tensor;
}

/** Averaged stochastic gradient descent, by Polyak & Juditsky (1992); the averages are `ax` in the state. */
export class ASGD extends Optimizer {
  constructor(
    params: Params<ASGDOptions>,
    lr?: number | Tensor | ASGDOptions,
    lambd?: number | ASGDOptions,
    alpha?: number | ASGDOptions,
    t0?: number | ASGDOptions,
    weight_decay?: number | ASGDOptions,
    options?: ASGDOptions,
  );
  constructor(...args: unknown[]) {
    super(ROW, args);
  }

  protected override checkOptions(options: Readonly<Record<string, unknown>>): void {
    checkNotNegative(options, 'lr', 'weight_decay');
  }

  protected override update(group: ParamGroup): void {
    const { lambd, alpha, t0, weight_decay, foreach, maximize } = group;
    const { params, states } = this.ready<State>(group, (param) => ({
      step: scalar(0),
      eta: scalar(rateOf(group)),
      mu: scalar(1),
      ax: zerosLike(param),
    }));
    if (params.length === 0) return;
    makeStep('asgd_step', [
      handles(params, 'params'),
      stateHandles(states, 'ax'),
      stateHandles(states, 'mu'),
      stateHandles(states, 'eta'),
      stateHandles(states, 'step'),
      [rateOf(group), lambd, alpha, t0, weight_decay],
      foreach === true,
      maximize,
    ]);
  }
}
