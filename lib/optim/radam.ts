import type { Tensor } from '../tensor/tensor.js';
import { Optimizer, type ParamGroup, type Params, rateOf } from './optimizer.js';
import { checkBetas, checkNotNegative, newer, row } from './row.js';
import { handles, scalar, stateHandles, zerosLike } from './state.js';
import { makeStep } from './plan.js';
import type { CommonOptions } from './options.js';

/** Options of {@link RAdam}. */
export interface RAdamOptions extends CommonOptions {
  /** The learning rate. Default 0.001. */
  lr?: number | Tensor | undefined;
  /** The decay rates of both moving averages. Default `[0.9, 0.999]`. */
  betas?: readonly [number, number] | undefined;
  /** Added to the denominator. Default 1e-8. */
  eps?: number | undefined;
  /** The L2 penalty. Default 0. */
  weight_decay?: number | undefined;
  /** Decay the weights directly. Default false. PyTorch 2 and newer. */
  decoupled_weight_decay?: boolean | undefined;
}

const RADAM = row(
  'RAdam',
  'lr?, betas?, eps?, weight_decay?, decoupled_weight_decay?, foreach?, maximize?, capturable?, differentiable?',
  {
    lr: 1e-3,
    betas: [0.9, 0.999],
    eps: 1e-8,
    weight_decay: 0,
    maximize: newer(false),
    foreach: null,
    capturable: newer(false),
    decoupled_weight_decay: newer(false),
    differentiable: newer(false),
  },
);

interface State {
  step: Tensor;
  exp_avg: Tensor;
  exp_avg_sq: Tensor;
}

/** Rectified Adam, by Liu et al. (2019): uses the second moment only once its variance is small enough. */
export class RAdam extends Optimizer {
  constructor(
    params: Params<RAdamOptions>,
    lr?: number | Tensor | RAdamOptions,
    betas?: readonly [number, number] | RAdamOptions,
    eps?: number | RAdamOptions,
    weight_decay?: number | RAdamOptions,
    options?: RAdamOptions,
  );
  constructor(...args: unknown[]) {
    super(RADAM, args);
  }

  protected override checkOptions(options: Readonly<Record<string, unknown>>): void {
    checkNotNegative(options, 'lr', 'eps', 'weight_decay');
    checkBetas(options.betas);
  }

  protected override update(group: ParamGroup): void {
    const { betas, eps, weight_decay, decoupled_weight_decay = false, maximize = false, foreach } = group;
    const { params, states } = this.ready<State>(group, (param) => ({
      step: scalar(0),
      exp_avg: zerosLike(param),
      exp_avg_sq: zerosLike(param),
    }));
    if (params.length === 0) return;
    makeStep('radam_step', [
      handles(params, 'params'),
      stateHandles(states, 'exp_avg'),
      stateHandles(states, 'exp_avg_sq'),
      stateHandles(states, 'step'),
      [rateOf(group), betas[0], betas[1], eps, weight_decay],
      foreach === true,
      maximize,
      decoupled_weight_decay,
    ]);
  }
}
