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
  /** The cosine up to which dissimilar pairs cost nothing. MindSpore wants it from -1 to 1. Default 0. */
  margin?: number | undefined;
  /** How the losses of the pairs are joined. Default `'mean'`. */
  reduction?: R | undefined;
}

/** Options of the cosine embedding loss in PyTorch's namespaces. `R` is the reduction. */
export interface CosineEmbeddingOptions<R extends Reduction = Reduction>
  extends MindSporeCosineEmbeddingOptions<R>,
    LegacyOptions {}

/** The call of a cosine embedding loss whose options are set. */
export interface CosineEmbeddingForward<R extends Reduction, A extends Mode = 'sync'> {
  /**
   * How dissimilar pairs that belong together are, and how similar those that do not.
   *
   * @param input1 - vectors of shape `[N, D]` or `[D]`, in a floating dtype
   * @param input2 - vectors in the shape of `input1`, in a floating dtype
   * @param target - 1 for pairs that belong together, -1 for those that do not; in any dtype, of shape `[N]` or `[]`
   * @returns the loss in the dtype that `input1` and `input2` promote to: one number, or one for each pair with
   *   reduction `'none'`
   * @throws TorchError for other shapes, and sizes that do not broadcast
   */
  <S extends Shape, T extends Shape, U extends Shape, D extends Float, E extends Float>(
    input1: Tensor<S, D>,
    input2: Tensor<Like<S, T>, E>,
    target: Tensor<Like<Samples<S>, U>, DType>,
    ...options: AsyncRest<A>
  ): Outcome<A, Tensor<Reduced<Samples<S>, R>, Promoted<D, E>>>;
}

/** The call of MindSpore's cosine embedding loss whose options are set. */
export interface MindSporeCosineEmbeddingForward<R extends Reduction, A extends Mode = 'sync'> {
  /**
   * How dissimilar pairs that belong together are, and how similar those that do not.
   *
   * @param logits_x1 - vectors of shape `[N, D]`, in a floating dtype
   * @param logits_x2 - vectors in the shape and dtype of `logits_x1`
   * @param labels - 1 for pairs that belong together, -1 for those that do not; in any dtype, of shape `[N]`
   * @returns the loss in the dtype of `logits_x1`: one number, or one for each pair with reduction `'none'`
   * @throws TypeError if `logits_x2` has another dtype than `logits_x1`
   * @throws RangeError for vectors without a batch, and if `logits_x2` has another shape than `logits_x1`
   * @throws TorchError for `labels` that do not broadcast or have other than 1 dimension, and more dimensions of the
   *   vectors
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
   * How dissimilar pairs that belong together are, and how similar those that do not: `1 - cos` for a target of 1,
   * `max(0, cos - margin)` for one of -1.
   *
   * @param input1 - vectors of shape `[N, D]` or `[D]`, in a floating dtype
   * @param input2 - vectors in the shape of `input1`, in a floating dtype
   * @param target - 1 for pairs that belong together, -1 for those that do not; in any dtype, of shape `[N]` or `[]`
   * @param options - `margin`, `reduction`
   * @returns the loss in the dtype that `input1` and `input2` promote to: one number, or one for each pair with
   *   reduction `'none'`
   * @throws TorchError for other shapes, and sizes that do not broadcast
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
   * How dissimilar pairs that belong together are, and how similar those that do not.
   *
   * @param input1 - vectors of shape `[N, D]`, in a floating dtype
   * @param input2 - vectors in the shape and dtype of `input1`
   * @param target - 1 for pairs that belong together, -1 for those that do not; in any dtype, of shape `[N]`
   * @param options - `margin` (from -1 to 1), `reduction`
   * @returns the loss in the dtype of `input1`: one number, or one for each pair with reduction `'none'`
   * @throws TypeError if `input2` has another dtype than `input1`
   * @throws RangeError for vectors without a batch, and a `target` that has not the shape of `input1` without dimension
   *   1
   * @throws TorchError if the vectors do not broadcast, and for more dimensions of them
   */
  <S extends Shape, T extends Shape, U extends Shape, D extends Float, R extends Reduction = 'mean'>(
    input1: Tensor<S, D>,
    input2: Tensor<Like<S, T>, NoInfer<D>>,
    target: Tensor<Like<Samples<S>, U>, DType>,
    options?: CallOptions<A, MindSporeCosineEmbeddingOptions<R>>,
  ): Outcome<A, Tensor<Reduced<Samples<S>, R>, D>>;
}

/** The two inputs have one dtype and at least the dimension of the cosine, the second. */
function pairs(inputs: readonly unknown[], names: readonly string[]): readonly Tensor[] {
  const list = tensors(inputs, names);
  sameDType(rankWithin(list.slice(0, 2), names.slice(0, 2), { least: 2 }), names.slice(0, 2));
  return list;
}

/** The target has a size for each of the first input's but the second. */
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

/** Whether a vector is so short that what is added to its norm counts. */
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
      return Math.max(...norms, norms[0] * norms[1]) > most;
    })
  );
}

function norm(vector: readonly number[]): number {
  return Math.hypot(...vector);
}

function dot(first: readonly number[], second: readonly number[]): number {
  return first.reduce((sum, value, at) => sum + value * (second[at] as number), 0);
}

const torchOptions = ['margin', 'size_average', 'reduce', 'reduction'] as const;
const mindspore = {
  options: ['margin', 'reduction'],
  limits: { margin: { expected: 'a number from -1 to 1', holds: (margin: number) => margin >= -1 && margin <= 1 } },
} as const;

/** The cosine of pairs, which is to be near or far from 1. */
export const cosineEmbedding = {
  op: 'cosine_embedding_loss',
  formula:
    'c = Σ input1 input2 / sqrt(Σ input1² Σ input2²)\n' +
    'loss = 1 - c where target is 1, max(0, c - margin) where it is -1',
  params: { margin: real(0), reduction: reduction() },
  versions: [
    {
      namespaces: ['mindspore.nn'],
      releases: 'MindSpore 2.0',
      note: 'labels that have not the shape of the vectors without dimension 1 are refused; 2.3 does not look, though the function does',
    },
    {
      namespaces: ['mindspore.ops'],
      releases: 'MindSpore 2.0',
      note: 'vectors of two shapes are refused; 2.3 checks the dtypes alone',
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
    { about: 'integers', torch: 'a result in float32', mindspore: 'a result of whole numbers in the class' },
    {
      about: 'margin given as an integer to the class',
      torch: 'taken: JavaScript has one kind of number',
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
    ),
    ...composed,
  ],
} satisfies LossRow<CosineEmbeddingOptions>;
