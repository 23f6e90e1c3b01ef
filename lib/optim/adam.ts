import type { Tensor } from '../tensor/tensor.js';
import { isSingle, Optimizer, type ParamGroup, type Params, rateOf } from './optimizer.js';
import { checkBetas, checkNotNegative, newer, type OptimizerRow, row } from './row.js';
import { handles, scalar, stateHandles, zerosLike } from './state.js';
import { makeStep } from './plan.js';
import type { FusedOptions } from './options.js';

/** Options of {@link AdamW}. */
export interface AdamWOptions extends FusedOptions {
  /** The learning rate. Default 0.001. */
  lr?: number | Tensor | undefined;
  /** The decay rates of both moving averages. Default `[0.9, 0.999]`. */
  betas?: readonly [number, number] | undefined;
  /** Added to the denominator. Default 1e-8. */
  eps?: number | undefined;
  /** Default 0, of {@link AdamW} 0.01. */
  weight_decay?: number | undefined;
  /** Use the variant with the maximum of all second moments. Default false. */
  amsgrad?: boolean | undefined;
}

/** Options of {@link Adam}. */
export interface AdamOptions extends AdamWOptions {
  /** Decay the weights directly, like {@link AdamW}. Default false. PyTorch 2 and newer. */
  decoupled_weight_decay?: boolean | undefined;
}

const CALL = 'lr?, betas?, eps?, weight_decay?, amsgrad?, foreach?, maximize?, capturable?, differentiable?, fused?';
const COMMON = {
  lr: 1e-3,
  betas: [0.9, 0.999],
  eps: 1e-8,
  weight_decay: 0,
  amsgrad: false,
  maximize: false,
  foreach: null,
  capturable: false,
  differentiable: false,
  fused: { default: null, before: false },
};
const ADAM = row('Adam', `${CALL}, decoupled_weight_decay?`, { ...COMMON, decoupled_weight_decay: newer(false) });
const ADAMW = row('AdamW', CALL, {
  ...COMMON,
  weight_decay: 1e-2,
  differentiable: newer(false),
  fused: newer(null),
  decoupled_weight_decay: { default: true, newer: true, fixed: true },
});

interface State {
  step: Tensor;
  exp_avg: Tensor;
  exp_avg_sq: Tensor;
  max_exp_avg_sq?: Tensor;
}

/** The base class of both optimizers. */
abstract class AdamBase extends Optimizer {
  protected constructor(optimizer: OptimizerRow, args: unknown[]) {
    super(optimizer, args);
  }

  protected abstract decoupled(group: ParamGroup): boolean;

  protected override checkOptions(options: Readonly<Record<string, unknown>>): void {
    checkNotNegative(options, 'lr', 'eps', 'weight_decay');
    checkBetas(options.betas);
  }

  protected override update(group: ParamGroup): void {
    const { betas, eps, weight_decay, amsgrad, maximize, fused } = group;
    const { params, states } = this.ready<State>(group, (param) => ({
      step: scalar(0, fused === true),
      exp_avg: zerosLike(param),
      exp_avg_sq: zerosLike(param),
      ...(amsgrad && { max_exp_avg_sq: zerosLike(param) }),
    }));
    if (params.length === 0) return;
    makeStep(fused ? 'fused_adam_step' : 'adam_step', [
      handles(params, 'params'),
      stateHandles(states, 'exp_avg'),
      stateHandles(states, 'exp_avg_sq'),
      amsgrad ? stateHandles(states, 'max_exp_avg_sq') : [],
      stateHandles(states, 'step'),
      [rateOf(group), betas[0], betas[1], eps, weight_decay, isSingle(group) ? 1 : 0],
      amsgrad,
      maximize,
      this.decoupled(group),
    ]);
  }
}

/**
 * Adam, by Kingma & Ba (2014): uses moving averages of the gradient and of its square.
 *
 * @example
 * ```ts
 * const model = new torch.nn.Linear(2, 1);
 * const optimizer = new torch.optim.Adam(model.parameters(), { lr: 0.01 });
 * const loss = model(torch.ones([4, 2])).mean();
 * optimizer.zero_grad();
 * loss.backward();
 * optimizer.step();
 * ```
 */
export class Adam extends AdamBase {
  constructor(
    params: Params<AdamOptions>,
    lr?: number | Tensor | AdamOptions,
    betas?: readonly [number, number] | AdamOptions,
    eps?: number | AdamOptions,
    weight_decay?: number | AdamOptions,
    amsgrad?: boolean | AdamOptions,
    options?: AdamOptions,
  );
  constructor(...args: unknown[]) {
    super(ADAM, args);
  }

  protected override decoupled(group: ParamGroup): boolean {
    return group.decoupled_weight_decay === true;
  }
}

/** Adam with decoupled weight decay, by Loshchilov & Hutter (2017). */
export class AdamW extends AdamBase {
  constructor(
    params: Params<AdamWOptions>,
    lr?: number | Tensor | AdamWOptions,
    betas?: readonly [number, number] | AdamWOptions,
    eps?: number | AdamWOptions,
    weight_decay?: number | AdamWOptions,
    amsgrad?: boolean | AdamWOptions,
    options?: AdamWOptions,
  );
  constructor(...args: unknown[]) {
    super(ADAMW, args);
  }

  protected override decoupled(): boolean {
    return true;
  }
}
