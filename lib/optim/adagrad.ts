import { outsideScopes } from '../addon/scope.js';
import { op } from '../tensor/call.js';
import type { Tensor } from '../tensor/tensor.js';
import { Optimizer, type ParamGroup, type Params, rateOf } from './optimizer.js';
import { checkNotNegative, newer, row } from './row.js';
import { handles, scalar, stateHandles } from './state.js';
import { makeStep } from './plan.js';
import type { FusedOptions } from './options.js';

/** Options of {@link Adagrad}. */
export interface AdagradOptions extends FusedOptions {
  /** The learning rate. Default 0.01. */
  lr?: number | Tensor | undefined;
  /** Default 0. */
  lr_decay?: number | undefined;
  /** The L2 penalty. Default 0. */
  weight_decay?: number | undefined;
  /** The initial sums of squares. Default 0. */
  initial_accumulator_value?: number | undefined;
  /** Added to the denominator. Default 1e-10. */
  eps?: number | undefined;
}

const ADAGRAD = row(
  'Adagrad',
  'lr?, lr_decay?, weight_decay?, initial_accumulator_value?, eps?, foreach?, maximize?, differentiable?, fused?',
  {
    lr: 1e-2,
    lr_decay: 0,
    eps: 1e-10,
    weight_decay: 0,
    initial_accumulator_value: 0,
    foreach: null,
    maximize: false,
    differentiable: newer(false),
    fused: newer(null),
  },
);

interface State {
  step: Tensor;
  sum: Tensor;
}

/**
 * Adagrad, by Duchi et al. (2011): divides by the square root of the sum of all squared gradients. Supports sparse
 * gradients.
 */
export class Adagrad extends Optimizer {
  constructor(
    params: Params<AdagradOptions>,
    lr?: number | Tensor | AdagradOptions,
    lr_decay?: number | AdagradOptions,
    weight_decay?: number | AdagradOptions,
    initial_accumulator_value?: number | AdagradOptions,
    eps?: number | AdagradOptions,
    options?: AdagradOptions,
  );
  constructor(...args: unknown[]) {
    super(ADAGRAD, args);
    // The sums exist before the first step.
    outsideScopes(() => {
      for (const { params } of this.param_groups)
        for (const param of params) this.state.set(param, { ...this.#start(param) });
    });
  }

  #start(param: Tensor): State {
    return {
      step: scalar(0, this.defaults.fused === true),
      sum: op('full_like', param, this.defaults.initial_accumulator_value as number),
    };
  }

  protected override checkOptions(options: Readonly<Record<string, unknown>>): void {
    checkNotNegative(options, 'lr', 'lr_decay', 'weight_decay', 'initial_accumulator_value', 'eps');
  }

  protected override update(group: ParamGroup): void {
    const { lr_decay, eps, weight_decay, maximize, foreach, fused } = group;
    const { params, states } = this.ready<State>(group, (param) => this.#start(param));
    if (params.length === 0) return;
    const own = handles(params, 'params');
    const sums = stateHandles(states, 'sum');
    const steps = stateHandles(states, 'step');
    const numbers = [rateOf(group), lr_decay, eps, weight_decay];
    if (fused) makeStep('fused_adagrad_step', [own, sums, steps, numbers, maximize]);
    else makeStep('adagrad_step', [own, sums, steps, numbers, foreach === true, maximize]);
  }
}
