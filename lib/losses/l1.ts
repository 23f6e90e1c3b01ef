import type { LegacyOptions, LossRow } from '../loss/row.js';
import { since } from './releases.js';
import { elementWeight, reduction } from '../loss/params.js';
import type { Broadcast, Broadcastable, Like, Promoted } from '../tensor/shapes.js';
import type { Tensor } from '../tensor/tensor.js';
import type { Float, Shape } from '../base/types.js';
import type { AsyncRest, CallOptions, Mode, Outcome, Reduced, Reduction } from '../loss/call_types.js';
import { composed, inFloat32, weRefuse } from './deviations.js';

/** Options of the absolute error in MindSpore's namespaces. `R` is the reduction. */
export interface MindSporeL1Options<R extends Reduction = Reduction> {
  /** How the errors of the elements are reduced. Default `'mean'`. */
  reduction?: R | undefined;
}

/** Options of the absolute error in PyTorch's namespaces. `R` is the reduction. */
export interface L1Options<R extends Reduction = Reduction> extends MindSporeL1Options<R>, LegacyOptions {}

/**
 * Options of `torch.nn.functional.l1_loss`. `R` is the reduction; `W` and `D` are the shape and dtype of the weights.
 */
export interface L1FunctionOptions<R extends Reduction = Reduction, W extends Shape = Shape, D extends Float = Float>
  extends L1Options<R> {
  /**
   * A weight for each element, in the shape of the input; `'mean'` divides by the sum of the weights. A TypeError with
   * LibTorch older than 2.6. Default: all 1.
   */
  weight?: Tensor<W, D> | null | undefined;
}

/** Calls an absolute error with the options of the constructor. */
export interface L1Forward<R extends Reduction, A extends Mode = 'sync'> {
  /**
   * The absolute error: `|input - target|`.
   *
   * @param input - predictions of any shape, in a floating dtype
   * @param target - the target values, in the shape of `input`; another shape that broadcasts causes a warning
   * @returns the loss in the promoted dtype of `input` and `target`: a scalar, or one value per element with reduction
   *   `'none'`
   * @throws TorchError if the shapes do not broadcast, and for integers with reduction `'mean'`
   */
  <S extends Shape, T extends Shape, D extends Float, E extends Float>(
    input: Tensor<S, D>,
    target: Tensor<Like<S, T>, E>,
    ...options: AsyncRest<A>
  ): Outcome<A, Tensor<Reduced<S, R>, Promoted<D, E>>>;
}

/** Calls MindSpore's absolute error with the options of the constructor. */
export interface MindSporeL1Forward<R extends Reduction, A extends Mode = 'sync'> {
  /**
   * The absolute error: `|input - target|`.
   *
   * @param logits - predictions of any shape, in a floating dtype
   * @param labels - the target values, in a shape that broadcasts with `logits`
   * @returns the loss in the promoted dtype of `logits` and `labels`: a scalar, or one value per element with reduction
   *   `'none'`
   * @throws TorchError if the shapes do not broadcast, and for integers with reduction `'mean'`
   */
  <S extends Shape, T extends Shape, D extends Float, E extends Float>(
    logits: Tensor<S, D>,
    labels: Tensor<Broadcastable<S, T>, E>,
    ...options: AsyncRest<A>
  ): Outcome<A, Tensor<Reduced<Broadcast<S, T>, R>, Promoted<D, E>>>;
}

/** `torch.nn.functional.l1_loss`. */
export interface L1Function<A extends Mode = 'sync'> {
  /**
   * The absolute error: `|input - target|`.
   *
   * @param input - predictions of any shape, in a floating dtype
   * @param target - the target values, in the shape of `input`; another shape that broadcasts causes a warning
   * @param options - `reduction`, `weight` (with LibTorch 2.6 and newer)
   * @returns the loss in the promoted dtype of `input` and `target`: a scalar, or one value per element with reduction
   *   `'none'`
   * @throws TypeError for a `weight` with LibTorch older than 2.6
   * @throws RangeError if the shapes of `weight` and `input` differ
   * @throws TorchError if the shapes do not broadcast, and for integers with reduction `'mean'`
   * @example
   * ```ts
   * const input = torch.tensor([1, 2, 4]);
   * const target = torch.tensor([1, 0, 1]);
   * torch.nn.functional.l1_loss(input, target).item();   // 1.66666...
   * torch.nn.functional.l1_loss(input, target, { reduction: 'none' }).tolist();   // [0, 2, 3]
   * ```
   */
  <
    S extends Shape,
    T extends Shape,
    D extends Float,
    E extends Float,
    R extends Reduction = 'mean',
    W extends Shape = Shape,
  >(
    input: Tensor<S, D>,
    target: Tensor<Like<S, T>, E>,
    options?: CallOptions<A, L1FunctionOptions<R, Like<S, W>, NoInfer<D>>>,
  ): Outcome<A, Tensor<Reduced<S, R>, Promoted<D, E>>>;
}

/** `mindspore.ops.l1_loss`. */
export interface MindSporeL1Function<A extends Mode = 'sync'> {
  /**
   * The absolute error: `|input - target|`.
   *
   * @param input - predictions of any shape, in a floating dtype
   * @param target - the target values, in a shape that broadcasts with `input`
   * @param options - `reduction`
   * @returns the loss in the promoted dtype of `input` and `target`: a scalar, or one value per element with reduction
   *   `'none'`
   * @throws TorchError if the shapes do not broadcast, and for integers with reduction `'mean'`
   */
  <S extends Shape, T extends Shape, D extends Float, E extends Float, R extends Reduction = 'mean'>(
    input: Tensor<S, D>,
    target: Tensor<Broadcastable<S, T>, E>,
    options?: CallOptions<A, MindSporeL1Options<R>>,
  ): Outcome<A, Tensor<Reduced<Broadcast<S, T>, R>, Promoted<D, E>>>;
}

const inputs = ['input', 'target'] as const;
const legacyOptions = ['size_average', 'reduce', 'reduction'] as const;

/** Mean absolute error: the absolute difference of input and target. */
export const l1 = {
  op: 'l1_loss',
  formula: 'loss = |input - target|',
  tex: [String.raw`\ell=\lvert x-y\rvert`],
  use: 'Use it for regression when a few large errors should not dominate: it grows linearly and its optimum is the median.',
  avoid: 'Its gradient does not shrink near 0, so use smooth L1 or Huber loss where training has to settle precisely.',
  params: { reduction: reduction(), weight: elementWeight },
  versions: [
    {
      namespaces: ['torch.nn.functional'],
      releases: since('elementWeights'),
      note: "weight follows the other parameters: one per element, in the shape of input, otherwise a ValueError; 'mean' divides by the sum of the weights; the class has none",
    },
  ],
  namespaces: {
    'torch.nn': { name: 'L1Loss', inputs, options: legacyOptions },
    'torch.nn.functional': { name: 'l1_loss', inputs, options: [...legacyOptions, 'weight'] },
    'mindspore.nn': { name: 'L1Loss', inputs: ['logits', 'labels'], options: ['reduction'] },
    'mindspore.ops': { name: 'l1_loss', inputs, options: ['reduction'] },
  },
  deviations: [
    {
      about: 'float64',
      torch: 'full precision: errors of 0.1 and 0.2 stay as they are',
      mindspore: 'cast to float32 and back for every reduction: 0.10000000149011612 and 0.20000000298023224',
      examples: [
        {
          dtype: 'float64',
          inputs: [
            [0.1, 0.2],
            [0, 0],
          ],
          options: { reduction: 'none' },
          torch: [0.1, 0.2],
          mindspore: [0.10000000149011612, 0.20000000298023224],
        },
      ],
      explains: inFloat32,
    },
    {
      about: "integers with 'mean', such as errors of 1, 0, 0 and 2",
      torch: 'a TorchError',
      mindspore: '0: the float32 mean 0.75, truncated',
      explains: (call) => weRefuse(call, /could not infer output dtype/) && call.dtype.includes('int'),
      examples: [
        {
          dtype: 'int32',
          inputs: [
            [1, 2, 3, 4],
            [2, 2, 3, 2],
          ],
          mindspore: [0],
        },
      ],
    },
    ...composed,
  ],
} satisfies LossRow<L1FunctionOptions>;
