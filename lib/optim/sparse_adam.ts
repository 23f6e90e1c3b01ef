import type { Tensor } from '../tensor/tensor.js';
import { isComplex } from '../tensor/dtypes.js';
import { ArgumentTypeError } from '../base/errors.js';
import { Optimizer, type ParamGroup, type Params, rateOf } from './optimizer.js';
import { checkBetas, checkNotNegative, checkNumber, row } from './row.js';
import { countUp, handles, stateHandles, zerosLike } from './state.js';
import { makeStep } from './plan.js';

/** Options of {@link SparseAdam}. */
export interface SparseAdamOptions {
  /** The learning rate, above 0. Default 0.001. */
  lr?: number | Tensor | undefined;
  /** The decay rates of both moving averages. Default `[0.9, 0.999]`. */
  betas?: readonly [number, number] | undefined;
  /** Added to the denominator, above 0. Default 1e-8. */
  eps?: number | undefined;
  /** Ascend instead of descending. Default false. */
  maximize?: boolean | undefined;
}

const SPARSE_ADAM = row('SparseAdam', 'lr?, betas?, eps?, maximize?', {
  lr: 1e-3,
  betas: [0.9, 0.999],
  eps: 1e-8,
  maximize: false,
});

interface State {
  step: number;
  exp_avg: Tensor;
  exp_avg_sq: Tensor;
}

/**
 * Adam for sparse gradients: updates only the elements that the gradient has, and their moving averages. It takes the
 * gradients of `Embedding` and `EmbeddingBag` with `sparse: true`.
 *
 * @example
 * ```ts
 * const table = new torch.nn.Embedding(1000, 16, { sparse: true });
 * const optimizer = new torch.optim.SparseAdam(table.parameters(), { lr: 0.01 });
 * table(torch.tensor([1, 5, 5], { dtype: 'int64' })).sum().backward();
 * optimizer.step();
 * ```
 */
export class SparseAdam extends Optimizer {
  constructor(
    params: Params<SparseAdamOptions>,
    lr?: number | Tensor | SparseAdamOptions,
    betas?: readonly [number, number] | SparseAdamOptions,
    eps?: number | SparseAdamOptions,
    options?: SparseAdamOptions,
  );
  constructor(...args: unknown[]) {
    super(SPARSE_ADAM, args);
    for (const param of this.param_groups.flatMap(({ params }) => params)) {
      if (isComplex(param.dtype)) throw new ArgumentTypeError('params', 'real parameters', param.dtype);
      if (param.is_sparse) throw new ArgumentTypeError('params', 'dense parameters', 'a sparse one');
    }
  }

  protected override checkOptions(options: Readonly<Record<string, unknown>>): void {
    checkNotNegative(options, 'lr');
    const positive = (value: unknown, name: string) =>
      checkNumber(value, name, (number) => number > 0, 'a number above 0');
    positive(rateOf(options as ParamGroup), 'lr');
    positive(options.eps, 'eps');
    checkBetas(options.betas);
  }

  protected override update(group: ParamGroup): void {
    const { betas, eps, maximize } = group;
    const { params, states } = this.ready<State>(group, (param) => ({
      step: 0,
      exp_avg: zerosLike(param),
      exp_avg_sq: zerosLike(param),
    }));
    if (params.length === 0) return;
    const own = handles(params, 'params');
    const means = stateHandles(states, 'exp_avg');
    const squares = stateHandles(states, 'exp_avg_sq');
    const numbers = [rateOf(group), betas[0], betas[1], eps];
    // Last: an error above leaves the steps as they were.
    countUp(states);
    const steps = states.map(({ step }) => step);
    makeStep('sparse_adam_step', [own, means, squares, steps, numbers, maximize]);
  }
}
