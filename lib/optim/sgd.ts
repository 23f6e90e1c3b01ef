import { handleOf } from '../addon/handle.js';
import type { Handle } from '../addon/native.js';
import { behaviour } from '../addon/versions.js';
import { outsideScopes } from '../addon/scope.js';
import { ArgumentRangeError, describe } from '../base/errors.js';
import { op } from '../tensor/call.js';
import { Tensor } from '../tensor/tensor.js';
import { Optimizer, type ParamGroup, type Params, rateOf } from './optimizer.js';
import { checkNotNegative, newer, row } from './row.js';
import { handles, stateHandles } from './state.js';
import { makeStep } from './plan.js';
import type { FusedOptions } from './options.js';

/** Options of {@link SGD}. */
export interface SGDOptions extends FusedOptions {
  /** The learning rate. Default 0.001; required before LibTorch 2. */
  lr?: number | Tensor | undefined;
  /** Default 0. */
  momentum?: number | undefined;
  /** The dampening of the momentum. Default 0. */
  dampening?: number | undefined;
  /** The L2 penalty. Default 0. */
  weight_decay?: number | undefined;
  /** Use Nesterov momentum. Default false. */
  nesterov?: boolean | undefined;
}

const SGD_ROW = row(
  'SGD',
  'lr?, momentum?, dampening?, weight_decay?, nesterov?, maximize?, foreach?, differentiable?, fused?',
  {
    lr: 1e-3,
    momentum: 0,
    dampening: 0,
    weight_decay: 0,
    nesterov: false,
    maximize: false,
    foreach: null,
    differentiable: false,
    fused: newer(null),
  },
);

interface State {
  momentum_buffer?: Tensor | null;
}

/**
 * Stochastic gradient descent, optionally with momentum.
 *
 * @example
 * ```ts
 * const weight = new torch.nn.Parameter(torch.tensor([1, 2]));
 * const optimizer = new torch.optim.SGD([weight], { lr: 0.1 });
 * weight.mul(weight).sum().backward();
 * optimizer.step();
 * weight.tolist();   // [0.800..., 1.600...]
 * ```
 */
export class SGD extends Optimizer {
  constructor(
    params: Params<SGDOptions>,
    lr?: number | Tensor | SGDOptions,
    momentum?: number | SGDOptions,
    dampening?: number | SGDOptions,
    weight_decay?: number | SGDOptions,
    nesterov?: boolean | SGDOptions,
    options?: SGDOptions,
  );
  constructor(...args: unknown[]) {
    super(SGD_ROW, args);
    if (this.defaults.nesterov && (!((this.defaults.momentum as number) > 0) || this.defaults.dampening !== 0)) {
      throw new ArgumentRangeError(
        'nesterov',
        'false without a momentum, or with dampening',
        describe(this.defaults.nesterov),
      );
    }
  }

  protected override checkOptions(options: Readonly<Record<string, unknown>>): void {
    checkNotNegative(options, 'lr', 'momentum', 'weight_decay');
  }

  protected override update(group: ParamGroup): void {
    const { momentum, dampening, weight_decay, nesterov, maximize, fused } = group;
    // Without momentum PyTorch 2 keeps no state.
    const { params, states } = this.ready<State>(group, () =>
      momentum === 0 && !behaviour().newerOptimizers ? { momentum_buffer: null } : {},
    );
    if (params.length === 0) return;
    if (momentum === 0 && behaviour().newerOptimizers) for (const param of params) this.state.delete(param);
    const own = handles(params, 'params');
    const numbers = [rateOf(group), momentum, dampening, weight_decay];
    if (fused) {
      let first = false;
      if (momentum !== 0) {
        first = states.every(({ momentum_buffer }) => momentum_buffer == null);
        if (first)
          outsideScopes(() => {
            for (const [at, state] of states.entries())
              state.momentum_buffer = op('empty_like', params[at] as Tensor).detach();
          });
      }
      const buffers = momentum === 0 ? [] : stateHandles(states, 'momentum_buffer');
      makeStep('fused_sgd_step', [own, buffers, numbers, nesterov, maximize, first]);
      return;
    }
    const buffers: (Handle | undefined)[] = [];
    for (const { momentum_buffer } of states) {
      buffers.push(
        momentum === 0 || momentum_buffer == null ? undefined : handleOf(momentum_buffer, 'momentum_buffer'),
      );
    }
    const keep = (made: readonly (Handle | null)[]) =>
      outsideScopes(() => {
        for (const [at, handle] of made.entries())
          if (handle !== null) (states[at] as State).momentum_buffer = new Tensor(handle);
      });
    // The first step makes the buffers.
    const makes = momentum !== 0 && buffers.includes(undefined);
    makeStep('sgd_step', [own, buffers, numbers, nesterov, maximize], makes ? keep : undefined);
  }
}
