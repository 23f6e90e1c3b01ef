import type { LegacyOptions, LossRow } from '../loss/row.js';
import { reduction } from '../loss/params.js';
import { TORCH } from './releases.js';
import type { Like, Rows } from '../tensor/shapes.js';
import type { Tensor } from '../tensor/tensor.js';
import type { Float, Shape } from '../base/types.js';
import type { AsyncRest, CallOptions, Mode, Outcome, Reduced, Reduction } from '../loss/call_types.js';
import { classIndices, dtypeAmong, rankWithin, sameShape } from './checks.js';
import { emptyBatch, NO_KERNEL, theyRefuse } from './deviations.js';

/** Options of the multi-label margin loss in MindSpore's namespaces. `R` is the reduction. */
export interface MindSporeMultiLabelMarginOptions<R extends Reduction = Reduction> {
  /** How the losses of the samples are reduced. Default `'mean'`. */
  reduction?: R | undefined;
}

/** Options of the multi-label margin loss in PyTorch's namespaces. `R` is the reduction. */
export interface MultiLabelMarginOptions<R extends Reduction = Reduction>
  extends MindSporeMultiLabelMarginOptions<R>,
    LegacyOptions {}

/** Calls a multi-label margin loss with the options of the constructor. */
export interface MultiLabelMarginForward<R extends Reduction, A extends Mode = 'sync'> {
  /**
   * The multi-label margin loss: the scores of the labels should exceed all others by 1.
   *
   * @param input - scores of shape `[N, C]` or `[C]`, in float32 or float64
   * @param target - class indices (int64) in the shape of `input`: the labels of the sample, ended by -1; anything
   *   after that is ignored
   * @returns the loss in the dtype of `input`: a scalar, or one value per sample with reduction `'none'`
   * @throws RangeError for an empty batch that is to be reduced
   * @throws TorchError for any other shape or dtype, and a class index out of range
   */
  <S extends Shape, T extends Shape, D extends Float>(
    input: Tensor<S, D>,
    target: Tensor<Like<S, T>, 'int64'>,
    ...options: AsyncRest<A>
  ): Outcome<A, Tensor<Reduced<Rows<S>, R>, D>>;
}

/** Calls MindSpore's multi-label margin loss with the options of the constructor. */
export interface MindSporeMultiLabelMarginForward<R extends Reduction, A extends Mode = 'sync'> {
  /**
   * The multi-label margin loss: the scores of the labels should exceed all others by 1.
   *
   * @param x - scores of shape `[N, C]` or `[C]`, in float32 or float64
   * @param target - class indices (int32 or int64) in the shape of `x`: the labels of the sample, ended by -1; anything
   *   after that is ignored
   * @returns the loss in the dtype of `x`: a scalar, or one value per sample with reduction `'none'`
   * @throws TypeError for a `target` that is neither int32 nor int64
   * @throws RangeError unless the input has 1 or 2 dimensions, if the shapes of `target` and `x` differ, and for an
   *   empty batch that is to be reduced
   * @throws TorchError for scores of another dtype, and a class index out of range
   */
  <S extends Shape, T extends Shape, D extends Float>(
    x: Tensor<S, D>,
    target: Tensor<Like<S, T>, 'int32' | 'int64'>,
    ...options: AsyncRest<A>
  ): Outcome<A, Tensor<Reduced<Rows<S>, R>, D>>;
}

/** `torch.nn.functional.multilabel_margin_loss`. */
export interface MultiLabelMarginFunction<A extends Mode = 'sync'> {
  /**
   * The multi-label margin loss: the sum of `max(0, 1 - (x[j] - x[i]))` over the labels `j` and the other classes `i`,
   * divided by the number of classes.
   *
   * @param input - scores of shape `[N, C]` or `[C]`, in float32 or float64
   * @param target - class indices (int64) in the shape of `input`: the labels of the sample, ended by -1; anything
   *   after that is ignored
   * @param options - `reduction`
   * @returns the loss in the dtype of `input`: a scalar, or one value per sample with reduction `'none'`
   * @throws RangeError for an empty batch that is to be reduced
   * @throws TorchError for any other shape or dtype, and a class index out of range
   * @example
   * ```ts
   * const input = torch.tensor([[0.1, 0.2, 0.4, 0.8]]);
   * const target = torch.tensor([[3n, 0n, -1n, 1n]]);
   * torch.nn.functional.multilabel_margin_loss(input, target).item();   // 0.85...
   * ```
   */
  <S extends Shape, T extends Shape, D extends Float, R extends Reduction = 'mean'>(
    input: Tensor<S, D>,
    target: Tensor<Like<S, T>, 'int64'>,
    options?: CallOptions<A, MultiLabelMarginOptions<R>>,
  ): Outcome<A, Tensor<Reduced<Rows<S>, R>, D>>;
}

/** `mindspore.ops.multilabel_margin_loss`. */
export interface MindSporeMultiLabelMarginFunction<A extends Mode = 'sync'> {
  /**
   * The multi-label margin loss: the scores of the labels should exceed all others by 1.
   *
   * @param input - scores of shape `[N, C]` or `[C]`, in float32 or float64
   * @param target - class indices (int32 or int64) in the shape of `input`: the labels of the sample, ended by -1;
   *   anything after that is ignored
   * @param options - `reduction`
   * @returns the loss in the dtype of `input`: a scalar, or one value per sample with reduction `'none'`
   * @throws TypeError for a `target` that is neither int32 nor int64
   * @throws RangeError unless the input has 1 or 2 dimensions, if the shapes of `target` and `input` differ, and for an
   *   empty batch that is to be reduced
   * @throws TorchError for scores of another dtype, and a class index out of range
   */
  <S extends Shape, T extends Shape, D extends Float, R extends Reduction = 'mean'>(
    input: Tensor<S, D>,
    target: Tensor<Like<S, T>, 'int32' | 'int64'>,
    options?: CallOptions<A, MindSporeMultiLabelMarginOptions<R>>,
  ): Outcome<A, Tensor<Reduced<Rows<S>, R>, D>>;
}

const torchOptions = ['size_average', 'reduce', 'reduction'] as const;
const mindspore = {
  options: ['reduction'],
  prepare: (inputs: readonly unknown[], names: readonly string[]) => {
    dtypeAmong(inputs.slice(1), names.slice(1), ['int32', 'int64']);
    return classIndices(sameShape(rankWithin(inputs, names, { least: 1, most: 2 }), names), names);
  },
} as const;

/** Multi-label margin loss: the scores of a sample's labels should exceed all other scores by 1. */
export const multiLabelMargin = {
  op: 'multilabel_margin_loss',
  formula: 'loss = (1 / C) Σ_j Σ_i max(0, 1 - (input[j] - input[i])) over the labels j and the other classes i',
  tex: [String.raw`\ell=\frac1C\sum_{j\in\text{labels}}\;\sum_{i\notin\text{labels}}\max\bigl(0,\,1-(x_j-x_i)\bigr)`],
  use: 'Use it when a sample has several labels and only the ranking of the scores matters.',
  avoid:
    'If you need a probability per label, use `BCEWithLogitsLoss`; if each sample has one label, use `MultiMarginLoss`.',
  params: { reduction: reduction() },
  versions: [
    {
      namespaces: ['mindspore.ops'],
      releases: 'MindSpore 2.0.0-alpha',
      note: 'the function is called multi_label_margin_loss',
    },
    {
      namespaces: ['mindspore.nn'],
      releases: 'MindSpore 2.0 to 2.7',
      note: 'no release has a MultiLabelMarginLoss, the name in the comparison table of its documentation',
    },
    {
      namespaces: TORCH,
      releases: 'PyTorch after 1.13',
      note: 'a dtype without a kernel is a NotImplementedError, which is a RuntimeError',
    },
  ],
  namespaces: {
    'torch.nn': { name: 'MultiLabelMarginLoss', inputs: ['input', 'target'], options: torchOptions },
    'torch.nn.functional': { name: 'multilabel_margin_loss', inputs: ['input', 'target'], options: torchOptions },
    'mindspore.nn': { name: 'MultilabelMarginLoss', inputs: ['x', 'target'], ...mindspore },
    'mindspore.ops': { name: 'multilabel_margin_loss', inputs: ['input', 'target'], ...mindspore },
  },
  sampleDims: [1],
  deviations: [
    { about: 'labels in int64 in MindSpore', torch: 'taken', mindspore: 'TypeError' },
    {
      about: 'a label below -1 or beyond the classes, even after the first -1',
      torch: 'an error',
      mindspore: 'not checked',
    },
    { about: 'float16', torch: 'a TorchError on the CPU', mindspore: 'computed' },
    { about: 'the CPU', torch: 'computed', mindspore: 'no kernel', explains: (call) => theyRefuse(call, NO_KERNEL) },
    {
      about: "an empty batch with 'mean' or 'sum'",
      torch: 'a RangeError: LibTorch returns uninitialized memory',
      mindspore: 'unknown',
      explains: emptyBatch,
    },
  ],
} satisfies LossRow<MultiLabelMarginOptions>;
