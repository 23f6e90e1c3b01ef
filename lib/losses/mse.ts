import type { LegacyOptions, LossRow } from '../loss/row.js';
import { elementWeight, reduction } from '../loss/params.js';
import { TORCH, since } from './releases.js';
import type { Broadcast, Broadcastable, Like, Promoted } from '../tensor/shapes.js';
import type { Tensor } from '../tensor/tensor.js';
import type { Float, Shape } from '../base/types.js';
import type { AsyncRest, CallOptions, Mode, Outcome, Reduced, Reduction } from '../loss/call_types.js';
import { composed, inFloat32, weRefuse } from './deviations.js';

/** Options of the squared error in MindSpore's namespaces. `R` is the reduction. */
export interface MindSporeMSEOptions<R extends Reduction = Reduction> {
  /** How the errors of the elements are reduced. Default `'mean'`. */
  reduction?: R | undefined;
}

/** Options of the squared error in PyTorch's namespaces. `R` is the reduction. */
export interface MSEOptions<R extends Reduction = Reduction> extends MindSporeMSEOptions<R>, LegacyOptions {}

/**
 * Options of `torch.nn.functional.mse_loss`. `R` is the reduction; `W` and `D` are the shape and dtype of the weights.
 */
export interface MSEFunctionOptions<R extends Reduction = Reduction, W extends Shape = Shape, D extends Float = Float>
  extends MSEOptions<R> {
  /**
   * A weight for each element, in the shape of the input; `'mean'` divides by the sum of the weights. A TypeError with
   * LibTorch older than 2.6. Default: all 1.
   */
  weight?: Tensor<W, D> | null | undefined;
}

/** Calls a squared error with the options of the constructor. */
export interface MSEForward<R extends Reduction, A extends Mode = 'sync'> {
  /**
   * The squared error: `(input - target)²`.
   *
   * @param input - predictions of any shape, in a floating dtype
   * @param target - the target values, in the shape of `input`; another shape that broadcasts causes a warning
   * @returns the loss in the promoted dtype of `input` and `target`: a scalar, or one value per element with reduction
   *   `'none'`
   * @throws TorchError if the shapes do not broadcast, and for two integer tensors
   */
  <S extends Shape, T extends Shape, D extends Float, E extends Float>(
    input: Tensor<S, D>,
    target: Tensor<Like<S, T>, E>,
    ...options: AsyncRest<A>
  ): Outcome<A, Tensor<Reduced<S, R>, Promoted<D, E>>>;
}

/** Calls MindSpore's squared error with the options of the constructor. */
export interface MindSporeMSEForward<R extends Reduction, A extends Mode = 'sync'> {
  /**
   * The squared error: `(input - target)²`.
   *
   * @param logits - predictions of any shape, in a floating dtype
   * @param labels - the target values, in a shape that broadcasts with `logits`
   * @returns the loss in the promoted dtype of `logits` and `labels`: a scalar, or one value per element with reduction
   *   `'none'`
   * @throws TorchError if the shapes do not broadcast, and for two integer tensors
   */
  <S extends Shape, T extends Shape, D extends Float, E extends Float>(
    logits: Tensor<S, D>,
    labels: Tensor<Broadcastable<S, T>, E>,
    ...options: AsyncRest<A>
  ): Outcome<A, Tensor<Reduced<Broadcast<S, T>, R>, Promoted<D, E>>>;
}

/** `torch.nn.functional.mse_loss`. */
export interface MSEFunction<A extends Mode = 'sync'> {
  /**
   * The squared error: `(input - target)²`.
   *
   * @param input - predictions of any shape, in a floating dtype
   * @param target - the target values, in the shape of `input`; another shape that broadcasts causes a warning
   * @param options - `reduction`, `weight` (with LibTorch 2.6 and newer)
   * @returns the loss in the promoted dtype of `input` and `target`: a scalar, or one value per element with reduction
   *   `'none'`
   * @throws TypeError for a `weight` with LibTorch older than 2.6
   * @throws RangeError if the shapes of `weight` and `input` differ
   * @throws TorchError if the shapes do not broadcast, and for two integer tensors
   * @example
   * ```ts
   * const input = torch.tensor([1, 2, 4]);
   * const target = torch.tensor([1, 0, 1]);
   * torch.nn.functional.mse_loss(input, target).item();   // 4.33333...
   * torch.nn.functional.mse_loss(input, target, { reduction: 'none' }).tolist();   // [0, 4, 9]
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
    options?: CallOptions<A, MSEFunctionOptions<R, Like<S, W>, NoInfer<D>>>,
  ): Outcome<A, Tensor<Reduced<S, R>, Promoted<D, E>>>;
}

/** `mindspore.ops.mse_loss`. */
export interface MindSporeMSEFunction<A extends Mode = 'sync'> {
  /**
   * The squared error: `(input - target)²`.
   *
   * @param input - predictions of any shape, in a floating dtype
   * @param target - the target values, in a shape that broadcasts with `input`
   * @param options - `reduction`
   * @returns the loss in the promoted dtype of `input` and `target`: a scalar, or one value per element with reduction
   *   `'none'`
   * @throws TorchError if the shapes do not broadcast, and for two integer tensors
   */
  <S extends Shape, T extends Shape, D extends Float, E extends Float, R extends Reduction = 'mean'>(
    input: Tensor<S, D>,
    target: Tensor<Broadcastable<S, T>, E>,
    options?: CallOptions<A, MindSporeMSEOptions<R>>,
  ): Outcome<A, Tensor<Reduced<Broadcast<S, T>, R>, Promoted<D, E>>>;
}

const inputs = ['input', 'target'] as const;
const legacyOptions = ['size_average', 'reduce', 'reduction'] as const;

/** Mean squared error: the squared difference of input and target. */
export const mse = {
  op: 'mse_loss',
  formula: 'loss = (input - target)²',
  tex: [String.raw`\ell=(x-y)^2`],
  use: 'Use it for regression when errors are roughly normal with the same variance everywhere: its optimum is the mean.',
  avoid:
    'Avoid it on data with outliers, whose squared errors dominate (use L1, smooth L1 or Huber loss), and for classification.',
  params: { reduction: reduction(), weight: elementWeight },
  versions: [
    {
      namespaces: ['torch.nn.functional'],
      releases: since('elementWeights'),
      note: "weight follows the other parameters: one per element, in the shape of input, otherwise a ValueError; 'mean' divides by the sum of the weights; the class has none",
    },
    { namespaces: TORCH, releases: 'PyTorch after 1.13', note: 'bfloat16 is computed on the CPU' },
  ],
  namespaces: {
    'torch.nn': { name: 'MSELoss', inputs, options: legacyOptions },
    'torch.nn.functional': { name: 'mse_loss', inputs, options: [...legacyOptions, 'weight'] },
    'mindspore.nn': { name: 'MSELoss', inputs: ['logits', 'labels'], options: ['reduction'] },
    'mindspore.ops': { name: 'mse_loss', inputs, options: ['reduction'] },
  },
  deviations: [
    {
      about: 'float64',
      torch: 'full precision: an error of 0.1 gives 0.010000000000000002',
      mindspore: 'cast to float32 and back for every reduction: 0.009999999776482582',
      examples: [
        {
          dtype: 'float64',
          inputs: [[0.1], [0]],
          options: { reduction: 'none' },
          torch: [0.010000000000000002],
          mindspore: [0.009999999776482582],
        },
      ],
      explains: inFloat32,
    },
    {
      about: "integers with 'mean', such as errors of 1, 0, 0 and 2",
      torch: 'a TorchError',
      mindspore: '1 in the class, which keeps the integer dtype; 1.25 in float32 in the function',
      explains: (call) => weRefuse(call, /not implemented for/) && call.dtype.includes('int'),
      examples: [
        {
          namespace: 'mindspore.nn',
          dtype: 'int32',
          inputs: [
            [1, 2, 3, 4],
            [2, 2, 3, 2],
          ],
          mindspore: [1],
        },
        {
          dtype: 'int32',
          inputs: [
            [1, 2, 3, 4],
            [2, 2, 3, 2],
          ],
          mindspore: [1.25],
        },
      ],
    },
    ...composed,
  ],
} satisfies LossRow<MSEFunctionOptions>;
