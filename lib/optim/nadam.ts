import type { Tensor } from '../tensor/tensor.js';
import { Optimizer, type ParamGroup, type Params, rateOf } from './optimizer.js';
import { checkBetas, checkNotNegative, newer, row } from './row.js';
import { handles, scalar, stateHandles, zerosLike } from './state.js';
import { makeStep } from './plan.js';
import type { CommonOptions } from './options.js';

/** Options of {@link NAdam}. */
export interface NAdamOptions extends CommonOptions {
  /** The learning rate. Default 0.002. */
  lr?: number | Tensor | undefined;
  /** The decay rates of both moving averages. Default `[0.9, 0.999]`. */
  betas?: readonly [number, number] | undefined;
  /** Added to the denominator. Default 1e-8. */
  eps?: number | undefined;
  /** The L2 penalty. Default 0. */
  weight_decay?: number | undefined;
  /** Default 0.004. */
  momentum_decay?: number | undefined;
  /** Decay the weights directly. Default false. PyTorch 2 and newer. */
  decoupled_weight_decay?: boolean | undefined;
}

const NADAM = row(
  'NAdam',
  'lr?, betas?, eps?, weight_decay?, momentum_decay?, decoupled_weight_decay?, foreach?, maximize?, capturable?, differentiable?',
  {
    lr: 2e-3,
    betas: [0.9, 0.999],
    eps: 1e-8,
    weight_decay: 0,
    momentum_decay: 4e-3,
    decoupled_weight_decay: newer(false),
    maximize: newer(false),
    foreach: null,
    capturable: newer(false),
    differentiable: newer(false),
  },
);

interface State {
  step: Tensor;
  mu_product: Tensor;
  exp_avg: Tensor;
  exp_avg_sq: Tensor;
}

/** Adam with Nesterov momentum, by Dozat (2016). */
export class NAdam extends Optimizer {
  constructor(
    params: Params<NAdamOptions>,
    lr?: number | Tensor | NAdamOptions,
    betas?: readonly [number, number] | NAdamOptions,
    eps?: number | NAdamOptions,
    weight_decay?: number | NAdamOptions,
    momentum_decay?: number | NAdamOptions,
    options?: NAdamOptions,
  );
  constructor(...args: unknown[]) {
    super(NADAM, args);
  }

  protected override checkOptions(options: Readonly<Record<string, unknown>>): void {
    checkNotNegative(options, 'lr', 'eps', 'weight_decay', 'momentum_decay');
    checkBetas(options.betas);
  }

  protected override update(group: ParamGroup): void {
    const {
      betas,
      eps,
      weight_decay,
      momentum_decay,
      decoupled_weight_decay = false,
      maximize = false,
      foreach,
    } = group;
    const { params, states } = this.ready<State>(group, (param) => ({
      step: scalar(0),
      mu_product: scalar(1),
      exp_avg: zerosLike(param),
      exp_avg_sq: zerosLike(param),
    }));
    if (params.length === 0) return;
    makeStep('nadam_step', [
      handles(params, 'params'),
      stateHandles(states, 'exp_avg'),
      stateHandles(states, 'exp_avg_sq'),
      stateHandles(states, 'mu_product'),
      stateHandles(states, 'step'),
      [rateOf(group), betas[0], betas[1], eps, weight_decay, momentum_decay],
      foreach === true,
      maximize,
      decoupled_weight_decay,
    ]);
  }
}
