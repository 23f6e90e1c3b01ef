import { invalidValue } from '../base/errors.js';
import { isArray } from '../base/plain_object.js';
import { op } from '../tensor/call.js';
import type { Tensor } from '../tensor/tensor.js';
import { Optimizer, type ParamGroup, type Params, rateOf } from './optimizer.js';
import { checkNotNegative, checkNumber, newer, row } from './row.js';
import { countUp, handles, stateHandles, type Steps, stepsAtZero, zerosLike } from './state.js';
import { makeStep } from './plan.js';
import type { CommonOptions } from './options.js';

/** Options of {@link Rprop}. */
export interface RpropOptions extends CommonOptions {
  /** The learning rate. Default 0.01. */
  lr?: number | Tensor | undefined;
  /** The factors of the step size after a change of sign and otherwise. Default `[0.5, 1.2]`. */
  etas?: readonly [number, number] | undefined;
  /** The smallest and the largest step size. Default `[1e-6, 50]`. */
  step_sizes?: readonly [number, number] | undefined;
}

const RPROP = row('Rprop', 'lr?, etas?, step_sizes?, capturable?, foreach?, maximize?, differentiable?', {
  lr: 1e-2,
  etas: [0.5, 1.2],
  step_sizes: [1e-6, 50],
  foreach: null,
  maximize: false,
  differentiable: newer(false),
  capturable: newer(false),
});

interface State {
  step: Steps;
  prev: Tensor;
  step_size: Tensor;
}

/** Resilient backpropagation, by Riedmiller & Braun (1993): uses only the signs of the gradients. */
export class Rprop extends Optimizer {
  constructor(
    params: Params<RpropOptions>,
    lr?: number | Tensor | RpropOptions,
    etas?: readonly [number, number] | RpropOptions,
    step_sizes?: readonly [number, number] | RpropOptions,
    options?: RpropOptions,
  );
  constructor(...args: unknown[]) {
    super(RPROP, args);
  }

  protected override checkOptions(options: Readonly<Record<string, unknown>>): void {
    checkNotNegative(options, 'lr');
    const { etas } = options as { etas: readonly number[] };
    const [minus, plus] = [0, 1].map((index) => (isArray(etas) ? etas[index] : undefined)) as [number, number];
    for (const [index, eta] of [minus, plus].entries()) checkNumber(eta, `etas[${index}]`, () => true, 'a number');
    if (!(minus > 0 && minus < 1 && plus > 1)) throw invalidValue('etas', 'a number from 0 to 1 and one above', etas);
  }

  protected override update(group: ParamGroup): void {
    const { etas, step_sizes, maximize } = group;
    const { params, states } = this.ready<State>(group, (param) => ({
      step: stepsAtZero(),
      prev: zerosLike(param),
      step_size: op('full_like', param, rateOf(group)),
    }));
    if (params.length === 0) return;
    // Before the steps are counted: an error here leaves them as they were.
    const numbers = [etas[0], etas[1], step_sizes[0], step_sizes[1]];
    makeStep('rprop_step', [
      handles(params, 'params'),
      stateHandles(states, 'prev'),
      stateHandles(states, 'step_size'),
      countUp(states),
      numbers,
      maximize,
    ]);
  }
}
