import { norm } from '../base/extremes.js';
import type { ComparedCall } from '../loss/compared_call.js';
import { ArgumentRangeError } from '../base/errors.js';
import type { LegacyOptions, LossRow } from '../loss/row.js';
import { real, reduction } from '../loss/params.js';
import { halfOnCPU } from './releases.js';
import type { Like, Promoted, Samples } from '../tensor/shapes.js';
import type { Tensor } from '../tensor/tensor.js';
import type { DType, Float, Shape } from '../base/types.js';
import type { AsyncRest, CallOptions, Mode, Outcome, Reduced, Reduction } from '../loss/call_types.js';
import { rankWithin, sameDType, sameShape, tensors } from './checks.js';
import { atTheMargin, composed, inFloat32, inMindSpore, isTie, ofGradient } from './deviations.js';

/** Options of the cosine embedding loss in MindSpore's namespaces. `R` is the reduction. */
export interface MindSporeCosineEmbeddingOptions<R extends Reduction = Reduction> {
  /** Dissimilar pairs whose cosine is below this cost nothing. MindSpore requires it to be from -1 to 1. Default 0. */
  margin?: number | undefined;
  /** How the losses of the pairs are reduced. Default `'mean'`. */
  reduction?: R | undefined;
}

/** Options of the cosine embedding loss in PyTorch's namespaces. `R` is the reduction. */
export interface CosineEmbeddingOptions<R extends Reduction = Reduction>
  extends MindSporeCosineEmbeddingOptions<R>,
    LegacyOptions {}

/** Calls a cosine embedding loss with the options of the constructor. */
export interface CosineEmbeddingForward<R extends Reduction, A extends Mode = 'sync'> {
  /**
   * The cosine embedding loss: the cosine of similar pairs should be 1, that of dissimilar pairs at most `margin`.
   *
   * @param input1 - vectors of shape `[N, D]` or `[D]`, in a floating dtype
   * @param input2 - vectors in the shape of `input1`, in a floating dtype
   * @param target - 1 means similar, -1 dissimilar; in any dtype, of shape `[N]` or `[]`
   * @returns the loss in the promoted dtype of `input1` and `input2`: a scalar, or one value per pair with reduction
   *   `'none'`
   * @throws TorchError for any other shape, and if the sizes do not broadcast
   */
  <S extends Shape, T extends Shape, U extends Shape, D extends Float, E extends Float>(
    input1: Tensor<S, D>,
    input2: Tensor<Like<S, T>, E>,
    target: Tensor<Like<Samples<S>, U>, DType>,
    ...options: AsyncRest<A>
  ): Outcome<A, Tensor<Reduced<Samples<S>, R>, Promoted<D, E>>>;
}

/** Calls MindSpore's cosine embedding loss with the options of the constructor. */
export interface MindSporeCosineEmbeddingForward<R extends Reduction, A extends Mode = 'sync'> {
  /**
   * The cosine embedding loss: the cosine of similar pairs should be 1, that of dissimilar pairs at most `margin`.
   *
   * @param logits_x1 - vectors of shape `[N, D]`, in a floating dtype
   * @param logits_x2 - vectors in the shape and dtype of `logits_x1`
   * @param labels - 1 means similar, -1 dissimilar; in any dtype, of shape `[N]`
   * @returns the loss in the dtype of `logits_x1`: a scalar, or one value per pair with reduction `'none'`
   * @throws TypeError if the dtypes of `logits_x2` and `logits_x1` differ
   * @throws RangeError for vectors without a batch dimension, and if the shapes of `logits_x2` and `logits_x1` differ
   * @throws TorchError if `labels` do not broadcast or are not 1-dimensional, and for vectors with more than 2
   *   dimensions
   */
  <S extends Shape, T extends Shape, U extends Shape, D extends Float>(
    logits_x1: Tensor<S, D>,
    logits_x2: Tensor<Like<S, T>, NoInfer<D>>,
    labels: Tensor<Like<Samples<S>, U>, DType>,
    ...options: AsyncRest<A>
  ): Outcome<A, Tensor<Reduced<Samples<S>, R>, D>>;
}

/** `torch.nn.functional.cosine_embedding_loss`. */
export interface CosineEmbeddingFunction<A extends Mode = 'sync'> {
  /**
   * The cosine embedding loss: `1 - cos` for similar pairs, `max(0, cos - margin)` for dissimilar ones.
   *
   * @param input1 - vectors of shape `[N, D]` or `[D]`, in a floating dtype
   * @param input2 - vectors in the shape of `input1`, in a floating dtype
   * @param target - 1 means similar, -1 dissimilar; in any dtype, of shape `[N]` or `[]`
   * @param options - `margin`, `reduction`
   * @returns the loss in the promoted dtype of `input1` and `input2`: a scalar, or one value per pair with reduction
   *   `'none'`
   * @throws TorchError for any other shape, and if the sizes do not broadcast
   * @example
   * ```ts
   * const input1 = torch.tensor([[1, 0], [1, 2]]);
   * const input2 = torch.tensor([[1, 1], [2, 1]]);
   * const target = torch.tensor([1n, -1n]);
   * torch.nn.functional.cosine_embedding_loss(input1, input2, target).item();   // 0.54644...
   * ```
   */
  <S extends Shape, T extends Shape, U extends Shape, D extends Float, E extends Float, R extends Reduction = 'mean'>(
    input1: Tensor<S, D>,
    input2: Tensor<Like<S, T>, E>,
    target: Tensor<Like<Samples<S>, U>, DType>,
    options?: CallOptions<A, CosineEmbeddingOptions<R>>,
  ): Outcome<A, Tensor<Reduced<Samples<S>, R>, Promoted<D, E>>>;
}

/** `mindspore.ops.cosine_embedding_loss`. */
export interface MindSporeCosineEmbeddingFunction<A extends Mode = 'sync'> {
  /**
   * The cosine embedding loss: the cosine of similar pairs should be 1, that of dissimilar pairs at most `margin`.
   *
   * @param input1 - vectors of shape `[N, D]`, in a floating dtype
   * @param input2 - vectors in the shape and dtype of `input1`
   * @param target - 1 means similar, -1 dissimilar; in any dtype, of shape `[N]`
   * @param options - `margin` (from -1 to 1), `reduction`
   * @returns the loss in the dtype of `input1`: a scalar, or one value per pair with reduction `'none'`
   * @throws TypeError if the dtypes of `input2` and `input1` differ
   * @throws RangeError for vectors without a batch dimension, and if the shape of `target` is not that of `input1`
   *   without dimension 1
   * @throws TorchError if the vectors do not broadcast or have more than 2 dimensions
   */
  <S extends Shape, T extends Shape, U extends Shape, D extends Float, R extends Reduction = 'mean'>(
    input1: Tensor<S, D>,
    input2: Tensor<Like<S, T>, NoInfer<D>>,
    target: Tensor<Like<Samples<S>, U>, DType>,
    options?: CallOptions<A, MindSporeCosineEmbeddingOptions<R>>,
  ): Outcome<A, Tensor<Reduced<Samples<S>, R>, D>>;
}

/** Checks that both inputs have the same dtype and a dimension 1, over which the cosine is taken. */
function pairs(inputs: readonly unknown[], names: readonly string[]): readonly Tensor[] {
  const list = tensors(inputs, names);
  sameDType(rankWithin(list.slice(0, 2), names.slice(0, 2), { least: 2 }), names.slice(0, 2));
  return list;
}

/** Checks that the target has the shape of the first input without dimension 1. */
function oneTargetEach(inputs: readonly Tensor[], names: readonly string[]): readonly Tensor[] {
  const [{ shape }, , target] = inputs as readonly [Tensor, Tensor, Tensor];
  const [expected, got] = [shape.toSpliced(1, 1).join(', '), target.shape.join(', ')];
  if (expected !== got) {
    throw new ArgumentRangeError(
      names[2] as string,
      `the shape of ${names[0]} without dimension 1, [${expected}]`,
      `[${got}]`,
    );
  }
  return inputs;
}

/** Whether a vector is so short that the constant added to its norm matters. */
function smallNorm(call: ComparedCall): boolean {
  const least = call.dtype === 'float16' ? 1e-2 : 1e-4;
  return inMindSpore(call) && call.madeOf((first, second) => Math.min(norm(first), norm(second)) < least);
}

/** Whether the squares of a pair's norms, or their product, overflow. */
function bigNorm(call: ComparedCall): boolean {
  const most = call.dtype === 'float16' ? 50 : 1e18;
  return (
    inMindSpore(call) &&
    call.madeOf((first, second) => {
      const norms = [norm(first), norm(second)] as const;
      return Math.max(norms[0], norms[1], norms[0] * norms[1]) > most;
    })
  );
}

function dot(first: readonly number[], second: readonly number[]): number {
  return first.reduce((sum, value, at) => sum + value * (second[at] as number), 0);
}

const torchOptions = ['margin', 'size_average', 'reduce', 'reduction'] as const;
const mindspore = {
  options: ['margin', 'reduction'],
  limits: { margin: { expected: 'a number from -1 to 1', holds: (margin: number) => margin >= -1 && margin <= 1 } },
} as const;

/** Cosine embedding loss: similar pairs of vectors should point the same way, dissimilar pairs should not. */
export const cosineEmbedding = {
  op: 'cosine_embedding_loss',
  formula:
    'c = Σ input1 input2 / sqrt(Σ input1² Σ input2²)\n' +
    'loss = 1 - c where target is 1, max(0, c - margin) where it is -1',
  tex: [
    String.raw`c=\frac{x_1\cdot x_2}{\lVert x_1\rVert\,\lVert x_2\rVert}`,
    String.raw`\ell=\begin{cases}1-c&y=1\\\max(0,\,c-\text{margin})&y=-1\end{cases}`,
  ],
  use: 'Use it to learn embeddings from pairs labelled 1 (similar) or -1 (dissimilar) when only the direction of a vector matters.',
  avoid:
    'If lengths matter, use a loss of distances such as `HingeEmbeddingLoss`; for triplets, use `TripletMarginLoss`.',
  params: { margin: real(0), reduction: reduction() },
  versions: [
    {
      namespaces: ['mindspore.nn'],
      releases: 'MindSpore 2.0',
      note: 'labels must have the shape of the vectors without dimension 1; 2.3 checks that in the function only',
    },
    {
      namespaces: ['mindspore.ops'],
      releases: 'MindSpore 2.0',
      note: 'vectors of different shapes are refused; 2.3 checks the dtypes only',
    },
    halfOnCPU,
  ],
  namespaces: {
    'torch.nn': { name: 'CosineEmbeddingLoss', inputs: ['input1', 'input2', 'target'], options: torchOptions },
    'torch.nn.functional': {
      name: 'cosine_embedding_loss',
      inputs: ['input1', 'input2', 'target'],
      options: torchOptions,
    },
    'mindspore.nn': {
      name: 'CosineEmbeddingLoss',
      inputs: ['logits_x1', 'logits_x2', 'labels'],
      ...mindspore,
      prepare: (inputs, names) => sameShape(pairs(inputs, names), names),
    },
    'mindspore.ops': {
      name: 'cosine_embedding_loss',
      inputs: ['input1', 'input2', 'target'],
      ...mindspore,
      prepare: (inputs, names) => oneTargetEach(pairs(inputs, names), names),
    },
  },
  sampleDims: [1],
  deviations: [
    {
      about: 'a vector of zeros with a target of 1',
      torch: '1: 1e-12 is added to each squared norm',
      mindspore: 'nan',
      examples: [
        { inputs: [[[0, 0]], [[1, 2]], [1]], options: { reduction: 'none' }, torch: [1], mindspore: [Number.NaN] },
      ],
      explains: smallNorm,
    },
    {
      about: 'vectors of norm 1e-7 with a target of 1',
      torch: '0.990099',
      mindspore: '0',
      explains: smallNorm,
      examples: [
        { inputs: [[[1e-7, 0]], [[1e-7, 0]], [1]], options: { reduction: 'none' }, torch: [0.990099], mindspore: [0] },
      ],
    },
    {
      about: 'vectors whose squared norms overflow, alone or multiplied',
      torch: '1 for [1e10, 0] twice and a target of 1',
      mindspore: '0: the norms are taken first',
      examples: [
        { inputs: [[[1e10, 0]], [[1e10, 0]], [1]], options: { reduction: 'none' }, torch: [1], mindspore: [0] },
      ],
      explains: bigNorm,
    },
    {
      about: 'the gradient of vectors of one element in float16',
      torch: 'about 0: their cosine is 1 or -1',
      mindspore: '0',
      explains: (call) =>
        inMindSpore(call) &&
        ofGradient(call) &&
        call.dtype === 'float16' &&
        call.inputs[0]?.shape.at(-1) === 1 &&
        call.element?.theirs === 0,
    },
    { about: 'three dimensions or more', torch: 'a TorchError', mindspore: 'the cosine over dimension 1' },
    {
      about: 'float64',
      torch: 'computed in float64: 0.20000000000016005 for [1, 2], [2, 1] and a target of 1',
      mindspore: 'reduced in float32: 0.20000000298023224',
      examples: [
        {
          dtype: 'float64',
          inputs: [[[1, 2]], [[2, 1]], [1]],
          options: { reduction: 'none' },
          torch: [0.20000000000016005],
          mindspore: [0.20000000298023224],
        },
      ],
      explains: inFloat32,
    },
    { about: 'integers', torch: 'a result in float32', mindspore: 'an integer result in the class' },
    {
      about: 'margin given as an integer to the class',
      torch: 'accepted: JavaScript has one number type',
      mindspore: 'TypeError',
    },
    atTheMargin(
      'a cosine of exactly margin with a target of -1',
      {
        inputs: [[[1, 0]], [[0, 1]], [-1]],
        options: { reduction: 'sum' },
        gradient: 'input1',
        torch: [0, 1],
        mindspore: [0, 0.5],
      },
      ({ options }) =>
        (first, second, [target]) => {
          const cosine = dot(first, second) / (norm(first) * norm(second));
          return target === -1 && isTie(cosine, Number(options.margin ?? 0));
        },
      (first, second) => 1 / Math.min(norm(first), norm(second)),
    ),
    ...composed,
  ],
} satisfies LossRow<CosineEmbeddingOptions>;
