import type { Tensor } from '../tensor/tensor.js';
import { Optimizer, type ParamGroup, type Params, rateOf } from './optimizer.js';
import { checkBetas, checkNotNegative, newer, row } from './row.js';
import { handles, scalar, stateHandles, zerosLike } from './state.js';
import { makeStep } from './plan.js';
import type { CommonOptions } from './options.js';

/** Options of {@link Adamax}. */
export interface AdamaxOptions extends CommonOptions {
  /** The learning rate. Default 0.002. */
  lr?: number | Tensor | undefined;
  /** The decay rates of both moving averages. Default `[0.9, 0.999]`. */
  betas?: readonly [number, number] | undefined;
  /** Added to the denominator. Default 1e-8. */
  eps?: number | undefined;
  /** The L2 penalty. Default 0. */
  weight_decay?: number | undefined;
}

const ADAMAX = row('Adamax', 'lr?, betas?, eps?, weight_decay?, foreach?, maximize?, differentiable?, capturable?', {
  lr: 2e-3,
  betas: [0.9, 0.999],
  eps: 1e-8,
  weight_decay: 0,
  foreach: null,
  maximize: false,
  differentiable: newer(false),
  capturable: newer(false),
});

interface State {
  step: Tensor;
  exp_avg: Tensor;
  exp_inf: Tensor;
}

/** Adamax, by Kingma & Ba (2014): Adam with the maximum of the gradients in the denominator. */
export class Adamax extends Optimizer {
  constructor(
    params: Params<AdamaxOptions>,
    lr?: number | Tensor | AdamaxOptions,
    betas?: readonly [number, number] | AdamaxOptions,
    eps?: number | AdamaxOptions,
    weight_decay?: number | AdamaxOptions,
    options?: AdamaxOptions,
  );
  constructor(...args: unknown[]) {
    super(ADAMAX, args);
  }

  protected override checkOptions(options: Readonly<Record<string, unknown>>): void {
    checkNotNegative(options, 'lr', 'eps', 'weight_decay');
    checkBetas(options.betas);
  }

  protected override update(group: ParamGroup): void {
    const { betas, eps, weight_decay, maximize } = group;
    const { params, states } = this.ready<State>(group, (param) => ({
      step: scalar(0),
      exp_avg: zerosLike(param),
      exp_inf: zerosLike(param),
    }));
    if (params.length === 0) return;
    const numbers = [rateOf(group), betas[0], betas[1], eps, weight_decay];
    makeStep('adamax_step', [
      handles(params, 'params'),
      stateHandles(states, 'exp_avg'),
      stateHandles(states, 'exp_inf'),
      stateHandles(states, 'step'),
      numbers,
      maximize,
    ]);
  }
}
