import type { LegacyOptions, LossRow } from '../loss/row.js';
import { optionalTensor, real, reduction } from '../loss/params.js';
import { TORCH } from './releases.js';
import type { ClassesLike, Like, Samples, WithClasses } from '../tensor/shapes.js';
import type { Tensor } from '../tensor/tensor.js';
import type { Float, Shape } from '../base/types.js';
import type { AsyncRest, CallOptions, Mode, Outcome, Reduced, Reduction } from '../loss/call_types.js';
import { dtypeAmong, rankWithin } from './checks.js';
import { composedInKernel, emptyBatch, weRefuse } from './deviations.js';

/**
 * Options of the multi-class margin loss in MindSpore's namespaces. `C` is the number of classes, `R` the
 * reduction.
 */
export interface MindSporeMultiMarginOptions<C extends number = number, R extends Reduction = Reduction> {
  /** The exponent, 1 or 2. Default 1. */
  p?: 1 | 2 | undefined;
  /** By how much the score of the label has to exceed the others; an integer in `mindspore.ops`. Default 1. */
  margin?: number | undefined;
  /** A weight for each class, of shape `[C]`, in the dtype of the input. Default: all 1. */
  weight?: Tensor<readonly [C], Float> | null | undefined;
  /** How the losses of the samples are reduced. Default `'mean'`. */
  reduction?: R | undefined;
}

/** Options of the multi-class margin loss in PyTorch's namespaces. `C` is the number of classes, `R` the reduction. */
export interface MultiMarginOptions<C extends number = number, R extends Reduction = Reduction>
  extends MindSporeMultiMarginOptions<C, R>,
    LegacyOptions {}

/**
 * Calls a multi-class margin loss with the options of the constructor. `C` is the number of classes for which there are
 * weights.
 */
export interface MultiMarginForward<R extends Reduction, C extends number, A extends Mode = 'sync'> {
  /**
   * The multi-class margin loss: the score of the label should exceed all others by `margin`.
   *
   * @param input - scores of shape `[N, C]` or `[C]`, in float32 or float64
   * @param target - class indices (int64) of shape `[N]` or `[]`
   * @returns the loss in the dtype of `input`: a scalar, or one value per sample with reduction `'none'`
   * @throws RangeError for an empty batch that is to be reduced, and a `weight` that is not 1-dimensional
   * @throws TorchError for any other shape or dtype, a class index out of range, and a `weight` of the wrong length or
   *   dtype
   */
  <S extends Shape, T extends Shape, D extends Float>(
    input: Tensor<WithClasses<S, C>, D>,
    target: Tensor<Like<Samples<S>, T>, 'int64'>,
    ...options: AsyncRest<A>
  ): Outcome<A, Tensor<Reduced<Samples<S>, R>, D>>;
}

/**
 * Calls MindSpore's multi-class margin loss with the options of the constructor. `C` is the number of classes for which
 * there are weights.
 */
export interface MindSporeMultiMarginForward<R extends Reduction, C extends number, A extends Mode = 'sync'> {
  /**
   * The multi-class margin loss: the score of the label should exceed all others by `margin`.
   *
   * @param x - scores of shape `[N, C]`, in float32 or float64
   * @param target - class indices (int64) of shape `[N]`
   * @param weight - a weight for each class; used if the constructor was given none
   * @returns the loss in the dtype of `x`: a scalar, or one value per sample with reduction `'none'`
   * @throws TypeError for a `target` that is not int64
   * @throws RangeError for a wrong number of dimensions, an empty batch that is to be reduced, and a `weight` that is
   *   not 1-dimensional
   * @throws TorchError if `target` and `x` have different numbers of samples, for scores of another dtype, a class
   *   index out of range, and a `weight` of the wrong length or dtype
   */
  <S extends Shape, T extends Shape, D extends Float, W extends number>(
    x: Tensor<WithClasses<S, C>, D>,
    target: Tensor<Like<Samples<S>, T>, 'int64'>,
    weight?: Tensor<readonly [ClassesLike<S, W>], Float> | null,
    ...options: AsyncRest<A>
  ): Outcome<A, Tensor<Reduced<Samples<S>, R>, D>>;
}

/** `torch.nn.functional.multi_margin_loss`. */
export interface MultiMarginFunction<A extends Mode = 'sync'> {
  /**
   * The multi-class margin loss: the sum of `w[y] max(0, margin - x[y] + x[i]) ** p` over the other classes `i`,
   * divided by the number of classes.
   *
   * @param input - scores of shape `[N, C]` or `[C]`, in float32 or float64
   * @param target - class indices (int64) of shape `[N]` or `[]`
   * @param options - `p` (1 or 2), `margin`, `weight`, `reduction`
   * @returns the loss in the dtype of `input`: a scalar, or one value per sample with reduction `'none'`
   * @throws RangeError for an empty batch that is to be reduced, and a `weight` that is not 1-dimensional
   * @throws TorchError for any other shape or dtype, a class index out of range, and a `weight` of the wrong length or
   *   dtype
   * @example
   * ```ts
   * const input = torch.tensor([[0.1, 0.2, 0.4, 0.8]]);
   * const target = torch.tensor([3n]);
   * torch.nn.functional.multi_margin_loss(input, target).item();             // 0.3249...
   * torch.nn.functional.multi_margin_loss(input, target, { p: 2 }).item();   // 0.1525...
   * ```
   */
  <S extends Shape, T extends Shape, D extends Float, C extends number, R extends Reduction = 'mean'>(
    input: Tensor<S, D>,
    target: Tensor<Like<Samples<S>, T>, 'int64'>,
    options?: CallOptions<A, MultiMarginOptions<ClassesLike<S, C>, R>>,
  ): Outcome<A, Tensor<Reduced<Samples<S>, R>, D>>;
}

/** `mindspore.ops.multi_margin_loss`. */
export interface MindSporeMultiMarginFunction<A extends Mode = 'sync'> {
  /**
   * The multi-class margin loss: the score of the label should exceed all others by `margin`.
   *
   * @param input - scores of shape `[N, C]`, in float32 or float64
   * @param target - class indices (int64) of shape `[N]`
   * @param options - `p` (1 or 2), `margin` (an integer), `weight`, `reduction`
   * @returns the loss in the dtype of `input`: a scalar, or one value per sample with reduction `'none'`
   * @throws TypeError for a `target` that is not int64
   * @throws RangeError for a wrong number of dimensions, an empty batch that is to be reduced, and a `weight` that is
   *   not 1-dimensional
   * @throws TorchError if `target` and `input` have different numbers of samples, for scores of another dtype, a class
   *   index out of range, and a `weight` of the wrong length or dtype
   */
  <S extends Shape, T extends Shape, D extends Float, C extends number, R extends Reduction = 'mean'>(
    input: Tensor<S, D>,
    target: Tensor<Like<Samples<S>, T>, 'int64'>,
    options?: CallOptions<A, MindSporeMultiMarginOptions<ClassesLike<S, C>, R>>,
  ): Outcome<A, Tensor<Reduced<Samples<S>, R>, D>>;
}

/** MindSpore accepts only batches and a single dtype of labels. */
function prepare(inputs: readonly unknown[], names: readonly string[]): readonly unknown[] {
  rankWithin(inputs.slice(0, 1), names.slice(0, 1), { least: 2, most: 2 });
  rankWithin(inputs.slice(1), names.slice(1), { least: 1, most: 1 });
  dtypeAmong(inputs.slice(1), names.slice(1), ['int64']);
  return inputs;
}

const torchOptions = ['p', 'margin', 'weight', 'size_average', 'reduce', 'reduction'] as const;
const power = { expected: '1 or 2', holds: (p: number) => p === 1 || p === 2 };
const wholePower = { ...power, kind: Number.isInteger };

/** Multi-class margin loss: the score of the label should exceed all other scores by a margin. */
export const multiMargin = {
  op: 'multi_margin_loss',
  formula:
    'loss = (1 / C) Σ_i weight[target] max(0, margin - input[target] + input[i])^p over the classes i other than target',
  tex: [String.raw`\ell=\frac1C\sum_{i\ne y}w_y\,\max(0,\,\text{margin}-x_y+x_i)^{p}`],
  use: 'Use it for a classifier with one label per sample in the manner of a support vector machine, when only the ranking of the scores matters.',
  avoid:
    'If you need probabilities, use `CrossEntropyLoss`; if a sample has several labels, use `MultiLabelMarginLoss`.',
  params: { p: real(1), margin: real(1), weight: optionalTensor, reduction: reduction() },
  versions: [
    {
      namespaces: TORCH,
      releases: 'PyTorch after 1.13',
      note: 'a weight of another length is a RuntimeError, where 1.13 reads out of bounds; one of 2 dimensions is a ValueError in the class as well, where 1.13 has an AssertionError',
    },
  ],
  namespaces: {
    'torch.nn': {
      name: 'MultiMarginLoss',
      inputs: ['input', 'target'],
      options: torchOptions,
      limits: { p: power },
    },
    'torch.nn.functional': {
      name: 'multi_margin_loss',
      inputs: ['input', 'target'],
      options: torchOptions,
      limits: { p: power },
    },
    'mindspore.nn': {
      name: 'MultiMarginLoss',
      inputs: ['x', 'target'],
      options: ['p', 'margin', 'reduction', 'weight'],
      limits: { p: wholePower },
      atCall: 'weight',
      prepare,
    },
    'mindspore.ops': {
      name: 'multi_margin_loss',
      inputs: ['input', 'target'],
      options: ['p', 'margin', 'weight', 'reduction'],
      limits: { p: wholePower, margin: { expected: 'an integer', kind: Number.isInteger } },
      prepare,
    },
  },
  sampleDims: [1],
  deviations: [
    { about: 'an index out of range', torch: 'a TorchError', mindspore: 'ValueError on the CPU' },
    {
      about: 'a weight whose length is not the number of classes',
      torch: 'a TorchError; LibTorch 1.13 itself would read out of bounds',
      mindspore: 'ValueError',
    },
    {
      about: 'float16 on the CPU',
      torch: 'a TorchError',
      mindspore: 'computed',
      explains: (call) => weRefuse(call, /'float16'/) && call.dtype === 'float16',
    },
    {
      about: "an empty batch with 'mean' or 'sum'",
      torch: 'a RangeError: LibTorch returns uninitialized memory',
      mindspore: 'a crash (SIGFPE) in 2.10 on the CPU',
      explains: emptyBatch,
    },
    {
      about: 'margin given as an integer to the class, and as 1.0 to the function',
      torch: 'accepted: JavaScript has one number type',
      mindspore: 'TypeError',
    },
    ...composedInKernel,
  ],
} satisfies LossRow<MultiMarginOptions>;
