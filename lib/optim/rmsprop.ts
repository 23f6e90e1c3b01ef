import type { Tensor } from '../tensor/tensor.js';
import { Optimizer, type ParamGroup, type Params, rateOf } from './optimizer.js';
import { checkNotNegative, newer, row } from './row.js';
import { countUp, handles, stateHandles, type Steps, stepsAtZero, zerosLike } from './state.js';
import { makeStep } from './plan.js';
import type { CommonOptions } from './options.js';

/** Options of {@link RMSprop}. */
export interface RMSpropOptions extends CommonOptions {
  /** The learning rate. Default 0.01. */
  lr?: number | Tensor | undefined;
  /** The decay rate of the moving averages. Default 0.99. */
  alpha?: number | undefined;
  /** Added to the denominator. Default 1e-8. */
  eps?: number | undefined;
  /** The L2 penalty. Default 0. */
  weight_decay?: number | undefined;
  /** Default 0. */
  momentum?: number | undefined;
  /** Divide by the square root of the variance instead of the mean square. Default false. */
  centered?: boolean | undefined;
}

const RMSPROP = row(
  'RMSprop',
  'lr?, alpha?, eps?, weight_decay?, momentum?, centered?, capturable?, foreach?, maximize?, differentiable?',
  {
    lr: 1e-2,
    momentum: 0,
    alpha: 0.99,
    eps: 1e-8,
    centered: false,
    weight_decay: 0,
    capturable: newer(false),
    foreach: null,
    maximize: false,
    differentiable: false,
  },
);

interface State {
  step: Steps;
  square_avg: Tensor;
  momentum_buffer?: Tensor;
  grad_avg?: Tensor;
}

/** RMSprop, by Hinton: divides by the square root of a moving average of squared gradients. */
export class RMSprop extends Optimizer {
  constructor(
    params: Params<RMSpropOptions>,
    lr?: number | Tensor | RMSpropOptions,
    alpha?: number | RMSpropOptions,
    eps?: number | RMSpropOptions,
    weight_decay?: number | RMSpropOptions,
    momentum?: number | RMSpropOptions,
    centered?: boolean | RMSpropOptions,
    options?: RMSpropOptions,
  );
  constructor(...args: unknown[]) {
    super(RMSPROP, args);
  }

  protected override checkOptions(options: Readonly<Record<string, unknown>>): void {
    checkNotNegative(options, 'lr', 'eps', 'weight_decay', 'momentum', 'alpha');
  }

  protected override update(group: ParamGroup): void {
    const { alpha, eps, weight_decay, momentum, centered, maximize } = group;
    const { params, states } = this.ready<State>(group, (param) => ({
      step: stepsAtZero(),
      square_avg: zerosLike(param),
      ...(momentum > 0 && { momentum_buffer: zerosLike(param) }),
      ...(centered && { grad_avg: zerosLike(param) }),
    }));
    if (params.length === 0) return;
    // Before the steps are counted: an error here leaves them as they were.
    const numbers = [rateOf(group), alpha, eps, weight_decay, momentum];
    makeStep('rmsprop_step', [
      handles(params, 'params'),
      stateHandles(states, 'square_avg'),
      centered ? stateHandles(states, 'grad_avg') : [],
      momentum > 0 ? stateHandles(states, 'momentum_buffer') : [],
      countUp(states),
      numbers,
      centered,
      maximize,
    ]);
  }
}
