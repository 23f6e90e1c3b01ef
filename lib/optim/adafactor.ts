import { handleOf } from '../addon/handle.js';
import { requireChange } from '../addon/versions.js';
import { invalidType } from '../base/errors.js';
import { isArray } from '../base/plain_object.js';
import { op } from '../tensor/call.js';
import type { Tensor } from '../tensor/tensor.js';
import { isSingle, Optimizer, type ParamGroup, type Params, rateOf } from './optimizer.js';
import { checkNotNegative, checkNumber, row } from './row.js';
import { handles, scalar, stateHandles, zerosLike } from './state.js';
import { makeStep } from './plan.js';

/** Options of {@link Adafactor}. */
export interface AdafactorOptions {
  /** The learning rate. Default 0.01. */
  lr?: number | Tensor | undefined;
  /** The exponent of the step by which the decay rate of the moving averages grows. Default -0.8. */
  beta2_decay?: number | undefined;
  /**
   * The smallest second moment, by default that of the dtype, and the smallest scale of a parameter. Default `[null,
   * 1e-3]`.
   */
  eps?: readonly [number | null, number] | undefined;
  /** Clips updates whose root mean square is larger. Default 1. */
  d?: number | undefined;
  /** The L2 penalty. Default 0. */
  weight_decay?: number | undefined;
  /** Step with operators for lists of tensors; the last bits may differ. Default false. */
  foreach?: boolean | null | undefined;
  /** Maximize instead of minimize. Default false. */
  maximize?: boolean | undefined;
}

const ADAFACTOR = row('Adafactor', 'lr?, beta2_decay?, eps?, d?, weight_decay?, foreach?, maximize?', {
  lr: 1e-2,
  beta2_decay: -0.8,
  eps: [null, 1e-3],
  d: 1,
  weight_decay: 0,
  foreach: null,
  maximize: false,
});

interface State {
  step: Tensor;
  row_var?: Tensor;
  col_var?: Tensor;
  variance?: Tensor;
}

/**
 * Adafactor, by Shazeer & Stern (2018): stores the second moments of a matrix by rows and columns. PyTorch 2.5 and
 * newer.
 */
export class Adafactor extends Optimizer {
  constructor(
    params: Params<AdafactorOptions>,
    lr?: number | Tensor | AdafactorOptions,
    beta2_decay?: number | AdafactorOptions,
    eps?: readonly [number | null, number] | AdafactorOptions,
    d?: number | AdafactorOptions,
    weight_decay?: number | AdafactorOptions,
    options?: AdafactorOptions,
  );
  constructor(...args: unknown[]) {
    requireChange('hasAdafactor', 'Adafactor');
    super(ADAFACTOR, args);
  }

  protected override checkOptions(options: Readonly<Record<string, unknown>>): void {
    checkNotNegative(options, 'lr', 'weight_decay');
    checkNumber(options.beta2_decay, 'beta2_decay', (decay) => decay <= 0, 'a number of at most 0');
    const { eps } = options;
    if (!isArray(eps) || eps.length !== 2) throw invalidType('eps', 'a pair of a number or null, and a number', eps);
    for (const [at, value] of (eps as (number | null)[]).entries()) {
      if (at === 0 && value === null) continue;
      checkNumber(value, `eps[${at}]`, (number) => number >= 0, 'a number of at least 0');
    }
    checkNumber(options.d, 'd', (d) => d >= 1, 'a number of at least 1');
  }

  protected override update(group: ParamGroup): void {
    const { beta2_decay, eps, d, weight_decay, foreach, maximize } = group;
    const { params, states } = this.ready<State>(group, (param) => {
      const shape = param.shape as readonly number[];
      if (shape.length < 2) return { step: scalar(0), variance: zerosLike(param) };
      const without = (dim: number) => op('new_zeros', param, shape.with(dim, 1));
      return { step: scalar(0), row_var: without(-1), col_var: without(-2) };
    });
    if (params.length === 0) return;
    const optional = (key: 'row_var' | 'col_var' | 'variance') =>
      states.map((state) => (state[key] == null ? undefined : handleOf(state[key], key)));
    makeStep('adafactor_step', [
      handles(params, 'params'),
      optional('row_var'),
      optional('col_var'),
      optional('variance'),
      stateHandles(states, 'step'),
      [rateOf(group), beta2_decay, eps[0] ?? Number.NaN, eps[1], d, weight_decay, isSingle(group) ? 1 : 0],
      foreach === true,
      maximize,
    ]);
  }
}
