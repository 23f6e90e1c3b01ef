import type { LegacyOptions, LossRow } from '../loss/row.js';
import { real, reduction } from '../loss/params.js';
import { halfOnCPU } from './releases.js';
import type { Broadcast, Broadcastable } from '../tensor/shapes.js';
import type { Tensor } from '../tensor/tensor.js';
import type { Float, Integer, Shape } from '../base/types.js';
import type { AsyncRest, CallOptions, Mode, Outcome, Reduced, Reduction } from '../loss/call_types.js';
import { dtypeAmong } from './checks.js';
import { atTheMargin, composed, isTie, madeOf } from './deviations.js';

/** Options of the hinge embedding loss in MindSpore's namespaces. `R` is the reduction. */
export interface MindSporeHingeEmbeddingOptions<R extends Reduction = Reduction> {
  /** Dissimilar pairs that are farther apart than this cost nothing. Default 1. */
  margin?: number | undefined;
  /** How the losses of the pairs are reduced. Default `'mean'`. */
  reduction?: R | undefined;
}

/** Options of the hinge embedding loss in PyTorch's namespaces. `R` is the reduction. */
export interface HingeEmbeddingOptions<R extends Reduction = Reduction>
  extends MindSporeHingeEmbeddingOptions<R>,
    LegacyOptions {}

/** Calls a hinge embedding loss with the options of the constructor. */
export interface HingeEmbeddingForward<R extends Reduction, A extends Mode = 'sync'> {
  /**
   * The hinge embedding loss: the distance where `target` is 1, `max(0, margin - input)` where it is -1.
   *
   * @param input - distances of any shape, in a floating dtype
   * @param target - 1 means similar, -1 dissimilar; in any dtype, in a shape that broadcasts with `input`
   * @returns the loss in the dtype of `input`: a scalar, or one value per pair with reduction `'none'`
   * @throws TorchError if the shapes do not broadcast, and for an integer `input` with reduction `'mean'`
   */
  <S extends Shape, T extends Shape, D extends Float>(
    input: Tensor<S, D>,
    target: Tensor<Broadcastable<S, T>, Float | Integer>,
    ...options: AsyncRest<A>
  ): Outcome<A, Tensor<Reduced<Broadcast<S, T>, R>, D>>;
}

/** Calls MindSpore's hinge embedding loss with the options of the constructor. */
export interface MindSporeHingeEmbeddingForward<R extends Reduction, A extends Mode = 'sync'> {
  /**
   * The hinge embedding loss: the distance where `labels` is 1, `max(0, margin - logits)` where it is -1.
   *
   * @param logits - distances of any shape, in a floating dtype
   * @param labels - 1 means similar, -1 dissimilar; in a floating dtype, in a shape that broadcasts with `logits`
   * @returns the loss in the dtype of `logits`: a scalar, or one value per pair with reduction `'none'`
   * @throws TypeError for integers
   * @throws TorchError if the shapes do not broadcast
   */
  <S extends Shape, T extends Shape, D extends Float>(
    logits: Tensor<S, D>,
    labels: Tensor<Broadcastable<S, T>, Float>,
    ...options: AsyncRest<A>
  ): Outcome<A, Tensor<Reduced<Broadcast<S, T>, R>, D>>;
}

/** `torch.nn.functional.hinge_embedding_loss`. */
export interface HingeEmbeddingFunction<A extends Mode = 'sync'> {
  /**
   * The hinge embedding loss: the distance where `target` is 1, `max(0, margin - input)` where it is -1, and the sum of
   * both for any other value.
   *
   * @param input - distances of any shape, in a floating dtype
   * @param target - 1 means similar, -1 dissimilar; in any dtype, in a shape that broadcasts with `input`
   * @param options - `margin`, `reduction`
   * @returns the loss in the dtype of `input`: a scalar, or one value per pair with reduction `'none'`
   * @throws TorchError if the shapes do not broadcast, and for an integer `input` with reduction `'mean'`
   * @example
   * ```ts
   * const input = torch.tensor([0.5, 0.25, 2]);
   * const target = torch.tensor([1, -1, -1]);
   * torch.nn.functional.hinge_embedding_loss(input, target, { reduction: 'none' }).tolist();   // [0.5, 0.75, 0]
   * ```
   */
  <S extends Shape, T extends Shape, D extends Float, R extends Reduction = 'mean'>(
    input: Tensor<S, D>,
    target: Tensor<Broadcastable<S, T>, Float | Integer>,
    options?: CallOptions<A, HingeEmbeddingOptions<R>>,
  ): Outcome<A, Tensor<Reduced<Broadcast<S, T>, R>, D>>;
}

/** `mindspore.ops.hinge_embedding_loss`. */
export interface MindSporeHingeEmbeddingFunction<A extends Mode = 'sync'> {
  /**
   * The hinge embedding loss: the distance where `targets` is 1, `max(0, margin - inputs)` where it is -1.
   *
   * @param inputs - distances of any shape, in a floating dtype
   * @param targets - 1 means similar, -1 dissimilar; in a floating dtype, in a shape that broadcasts with `inputs`
   * @param options - `margin`, `reduction`
   * @returns the loss in the dtype of `inputs`: a scalar, or one value per pair with reduction `'none'`
   * @throws TypeError for integers
   * @throws TorchError if the shapes do not broadcast
   */
  <S extends Shape, T extends Shape, D extends Float, R extends Reduction = 'mean'>(
    inputs: Tensor<S, D>,
    targets: Tensor<Broadcastable<S, T>, Float>,
    options?: CallOptions<A, MindSporeHingeEmbeddingOptions<R>>,
  ): Outcome<A, Tensor<Reduced<Broadcast<S, T>, R>, D>>;
}

const inputs = ['input', 'target'] as const;
const torchOptions = ['margin', 'size_average', 'reduce', 'reduction'] as const;
const mindspore = {
  options: ['margin', 'reduction'],
  prepare: (given: readonly unknown[], names: readonly string[]) =>
    dtypeAmong(given, names, ['float16', 'bfloat16', 'float32', 'float64']),
} as const;

/** MindSpore's loss of one element: for targets other than 1 and -1, only the sign matters. */
function bySign(margin: number) {
  return ([input = 0]: readonly number[], [target = 0]: readonly number[]): number => {
    if (target > 0) return input;
    return target < 0 ? Math.max(0, margin - input) : 0;
  };
}

/** Hinge loss of distances between similar and dissimilar pairs. */
export const hingeEmbedding = {
  op: 'hinge_embedding_loss',
  formula: 'loss = input where target is 1, max(0, margin - input) where it is -1',
  tex: [String.raw`\ell=\begin{cases}x&y=1\\\max(0,\,\text{margin}-x)&y=-1\end{cases}`],
  use: 'Use it for pairs labelled 1 (similar) or -1 (dissimilar) when you already compute their distance, for instance to learn embeddings.',
  avoid:
    'Do not pass scores or similarities, for which larger means closer; for pairs of vectors use `CosineEmbeddingLoss`.',
  params: { margin: real(1), reduction: reduction() },
  versions: [
    {
      namespaces: ['mindspore.ops'],
      releases: 'MindSpore 2.0',
      note: 'the shapes are checked before the call; 2.3 leaves them to broadcasting',
    },
    halfOnCPU,
  ],
  namespaces: {
    'torch.nn': { name: 'HingeEmbeddingLoss', inputs, options: torchOptions },
    'torch.nn.functional': { name: 'hinge_embedding_loss', inputs, options: torchOptions },
    'mindspore.nn': { name: 'HingeEmbeddingLoss', inputs: ['logits', 'labels'], ...mindspore },
    'mindspore.ops': { name: 'hinge_embedding_loss', inputs: ['inputs', 'targets'], ...mindspore },
  },
  deviations: [
    {
      about: 'a target that is neither 1 nor -1',
      torch: 'both parts added, input + max(0, margin - input): 0.3 gives 1 at 0 and at 0.5',
      mindspore: 'the sign counts, and 0 gives 0: 0.3 gives 0 at 0 and 0.3 at 0.5',
      examples: [
        {
          inputs: [
            [0.3, 0.3],
            [0, 0.5],
          ],
          options: { reduction: 'none' },
          torch: [1, 1],
          mindspore: [0, 0.3],
        },
      ],
      explains: (call) =>
        madeOf(call, (sign) => Number.isFinite(sign) && Math.abs(sign) !== 1, 1) &&
        (call.differs !== 'output' || call.gives('theirs', bySign(Number(call.options.margin ?? 1)))),
    },
    atTheMargin(
      'an input of exactly margin with a target of -1',
      { inputs: [[1], [-1]], options: { reduction: 'sum' }, gradient: 'inputs', torch: [-1], mindspore: [-0.5] },
      ({ options }) =>
        ([input = 0], [target]) => {
          return target === -1 && isTie(input, Number(options.margin ?? 1));
        },
      () => 1,
    ),
    ...composed,
  ],
} satisfies LossRow<HingeEmbeddingOptions>;
