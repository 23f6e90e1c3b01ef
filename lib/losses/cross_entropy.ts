import type { LegacyOptions, LossRow, Prepare } from '../loss/row.js';
import { integer, optionalTensor, real, reduction } from '../loss/params.js';
import { TORCH, halfOnCPU, since, targetOfOne } from './releases.js';
import type { ClassesLike, Like, PromotedBy, Samples, WithClasses } from '../tensor/shapes.js';
import type { Tensor } from '../tensor/tensor.js';
import type { DType, Float, Shape } from '../base/types.js';
import type { AsyncRest, CallOptions, Mode, Outcome, Reduced, Reduction } from '../loss/call_types.js';
import { classIndices, dtypeAmong } from './checks.js';
import { composed, roughExponential, theyRefuse } from './deviations.js';

/**
 * The shape that a target of shape `T` and dtype `E` must have: one index per sample, or probabilities in the shape of
 * the logits.
 */
type Target<S extends Shape, T extends Shape, E extends DType> = Like<E extends Float ? S : Samples<S>, T>;

/** Options of cross entropy in MindSpore's namespaces. `C` is the number of classes, `R` the reduction. */
export interface MindSporeCrossEntropyOptions<C extends number = number, R extends Reduction = Reduction> {
  /** A weight for each class, of shape `[C]`, in the dtype of the logits. Default: all 1. */
  weight?: Tensor<readonly [C], Float> | null | undefined;
  /** Samples of this class count neither towards the loss nor towards the mean's denominator. Default -100. */
  ignore_index?: number | undefined;
  /**
   * How the losses of the samples are reduced; `'mean'` divides by the sum of the weights of their classes. Default
   * `'mean'`.
   */
  reduction?: R | undefined;
  /**
   * The amount of label smoothing: the share of the target that is spread evenly over all classes, from 0 to 1. Default
   * 0.
   */
  label_smoothing?: number | undefined;
}

/** Options of cross entropy in PyTorch's namespaces. `C` is the number of classes, `R` the reduction. */
export interface CrossEntropyOptions<C extends number = number, R extends Reduction = Reduction>
  extends MindSporeCrossEntropyOptions<C, R>,
    LegacyOptions {}

/**
 * Calls a cross entropy with the options of the constructor. `C` is the number of classes for which there are weights.
 */
export interface CrossEntropyForward<R extends Reduction, C extends number, A extends Mode = 'sync'> {
  /**
   * The cross entropy of logits.
   *
   * @param input - logits of shape `[N, C]`, `[N, C, d1, ...]` or `[C]`, in a floating dtype
   * @param target - class indices (int64 or uint8) of shape `[N]`, `[N, d1, ...]` or `[]`, or class probabilities in
   *   the shape of `input`
   * @returns the loss in the dtype of `input`, or with probabilities in the promoted dtype of both: a scalar, or one
   *   value per sample with reduction `'none'`
   * @throws RangeError for a class index out of range, and if `target` and `input` have different numbers of samples
   * @throws TorchError for a wrong shape or dtype of `target`, a `weight` of the wrong length or dtype, probabilities
   *   with an `ignore_index` of 0 or above, and a `label_smoothing` above 1
   */
  <S extends Shape, T extends Shape, D extends Float, E extends Float | 'int64' | 'uint8'>(
    input: Tensor<WithClasses<S, C>, D>,
    target: Tensor<Target<S, T, E>, E>,
    ...options: AsyncRest<A>
  ): Outcome<A, Tensor<Reduced<Samples<S>, R>, PromotedBy<D, E>>>;
}

/**
 * Calls MindSpore's cross entropy with the options of the constructor. `C` is the number of classes for which there are
 * weights.
 */
export interface MindSporeCrossEntropyForward<R extends Reduction, C extends number, A extends Mode = 'sync'> {
  /**
   * The cross entropy of logits.
   *
   * @param logits - logits of shape `[N, C]`, `[N, C, d1, ...]` or `[C]`, in float16 or float32
   * @param labels - class indices (int32 or int64) of shape `[N]`, `[N, d1, ...]` or `[]`, or class probabilities in
   *   the shape of `logits`
   * @returns the loss in the dtype of `logits`, or with probabilities in the promoted dtype of both: a scalar, or one
   *   value per sample with reduction `'none'`
   * @throws TypeError for a dtype of `logits` other than float16 and float32
   * @throws RangeError for a class index out of range, and if `labels` and `logits` have different numbers of samples
   * @throws TorchError for a wrong shape or dtype of `labels`, a `weight` of the wrong length or dtype, and
   *   probabilities with an `ignore_index` of 0 or above
   */
  <
    S extends Shape,
    T extends Shape,
    D extends 'float16' | 'float32',
    E extends 'float16' | 'float32' | 'int32' | 'int64',
  >(
    logits: Tensor<WithClasses<S, C>, D>,
    labels: Tensor<Target<S, T, E>, E>,
    ...options: AsyncRest<A>
  ): Outcome<A, Tensor<Reduced<Samples<S>, R>, PromotedBy<D, E>>>;
}

/** `torch.nn.functional.cross_entropy`. */
export interface CrossEntropyFunction<A extends Mode = 'sync'> {
  /**
   * The cross entropy of logits: the negative log-likelihood of their log-softmax.
   *
   * @param input - logits of shape `[N, C]`, `[N, C, d1, ...]` or `[C]`, in a floating dtype
   * @param target - class indices (int64 or uint8) of shape `[N]`, `[N, d1, ...]` or `[]`, or class probabilities in
   *   the shape of `input`
   * @param options - `weight`, `ignore_index`, `reduction`, `label_smoothing`
   * @returns the loss in the dtype of `input`, or with probabilities in the promoted dtype of both: a scalar, or one
   *   value per sample with reduction `'none'`
   * @throws RangeError for a class index out of range, and if `target` and `input` have different numbers of samples
   * @throws TorchError for a wrong shape or dtype of `target`, a `weight` of the wrong length or dtype, probabilities
   *   with an `ignore_index` of 0 or above, and a `label_smoothing` above 1
   * @example
   * ```ts
   * const input = torch.tensor([[0.1, 0.2, 0.3]]);
   * const target = torch.tensor([1n]);
   * torch.nn.functional.cross_entropy(input, target).item();   // 1.1019428968429565
   * ```
   */
  <
    S extends Shape,
    T extends Shape,
    D extends Float,
    E extends Float | 'int64' | 'uint8',
    C extends number,
    R extends Reduction = 'mean',
  >(
    input: Tensor<S, D>,
    target: Tensor<Target<S, T, E>, E>,
    options?: CallOptions<A, CrossEntropyOptions<ClassesLike<S, C>, R>>,
  ): Outcome<A, Tensor<Reduced<Samples<S>, R>, PromotedBy<D, E>>>;
}

/** `mindspore.ops.cross_entropy`. */
export interface MindSporeCrossEntropyFunction<A extends Mode = 'sync'> {
  /**
   * The cross entropy of logits.
   *
   * @param input - logits of shape `[N, C]`, `[N, C, d1, ...]` or `[C]`, in float16, float32 or float64
   * @param target - class indices (int32 or int64) of shape `[N]`, `[N, d1, ...]` or `[]`, or class probabilities in
   *   the shape of `input`
   * @param options - `weight`, `ignore_index`, `reduction`, `label_smoothing`
   * @returns the loss in the dtype of `input`, or with probabilities in the promoted dtype of both: a scalar, or one
   *   value per sample with reduction `'none'`
   * @throws TypeError for a dtype of `input` other than float16, float32 and float64
   * @throws RangeError for a class index out of range, and if `target` and `input` have different numbers of samples
   * @throws TorchError for a wrong shape or dtype of `target`, a `weight` of the wrong length or dtype, probabilities
   *   with an `ignore_index` of 0 or above, and a `label_smoothing` above 1
   */
  <
    S extends Shape,
    T extends Shape,
    D extends 'float16' | 'float32' | 'float64',
    E extends Float | 'int32' | 'int64',
    C extends number,
    R extends Reduction = 'mean',
  >(
    input: Tensor<S, D>,
    target: Tensor<Target<S, T, E>, E>,
    options?: CallOptions<A, MindSporeCrossEntropyOptions<ClassesLike<S, C>, R>>,
  ): Outcome<A, Tensor<Reduced<Samples<S>, R>, PromotedBy<D, E>>>;
}

/** MindSpore's check of the logits' dtype. */
function prepareFor(logitDTypes: readonly DType[]): Prepare {
  return (inputs, names) => {
    dtypeAmong(inputs.slice(0, 1), names.slice(0, 1), logitDTypes);
    return classIndices(inputs, names);
  };
}

const torchOptions = ['weight', 'size_average', 'ignore_index', 'reduce', 'reduction', 'label_smoothing'] as const;
const mindsporeOptions = ['weight', 'ignore_index', 'reduction', 'label_smoothing'] as const;

/** Cross entropy of logits, with class indices or class probabilities as the target. */
export const crossEntropy = {
  op: 'cross_entropy_loss',
  formula:
    'loss = -weight[target] log_softmax(input)[target], or -Σ_c weight[c] target[c] log_softmax(input)[c] of probabilities\n' +
    'with label_smoothing, e: (1 - e) loss - (e / C) Σ_c weight[c] log_softmax(input)[c]',
  tex: [
    String.raw`\ell=-w_y\,\log\operatorname{softmax}(x)_y`,
    String.raw`\text{probabilities: }\;\ell=-\sum_c w_c\,y_c\,\log\operatorname{softmax}(x)_c`,
    String.raw`\text{smoothed: }\;(1-s)\,\ell-\tfrac{s}{C}\sum_c w_c\log\operatorname{softmax}(x)_c`,
  ],
  use: 'Use it to classify samples that belong to exactly one of C classes; pass raw logits, since it applies log-softmax itself.',
  avoid:
    'Do not apply softmax first, and do not use it when a sample can have several labels (use `BCEWithLogitsLoss`).',
  paper: {
    title: 'Szegedy et al., Rethinking the Inception Architecture for Computer Vision, 2015 (label smoothing)',
    url: 'https://arxiv.org/abs/1512.00567',
  },
  params: { weight: optionalTensor, reduction: reduction(), ignore_index: integer(-100), label_smoothing: real(0) },
  versions: [
    {
      namespaces: ['mindspore.nn'],
      releases: 'MindSpore 2.0',
      note: 'also warns of labels that are probabilities with a positive ignore_index',
    },
    {
      namespaces: ['mindspore.ops'],
      releases: 'MindSpore 2.3 and newer',
      note: 'an input that is not float16, float32 or float64 is a TypeError; it was not checked before',
    },
    {
      namespaces: TORCH,
      releases: 'PyTorch 1.8',
      note: "has no label_smoothing and takes no probabilities as target; MindSpore's documentation compares with that release",
    },
    halfOnCPU,
    targetOfOne,
    {
      namespaces: TORCH,
      releases: since('hasLinearCrossEntropy'),
      note: 'adds LinearCrossEntropyLoss and linear_cross_entropy, a linear layer and cross entropy in one',
    },
  ],
  namespaces: {
    'torch.nn': { name: 'CrossEntropyLoss', inputs: ['input', 'target'], options: torchOptions },
    'torch.nn.functional': { name: 'cross_entropy', inputs: ['input', 'target'], options: torchOptions },
    'mindspore.nn': {
      name: 'CrossEntropyLoss',
      inputs: ['logits', 'labels'],
      options: mindsporeOptions,
      limits: { label_smoothing: { expected: 'a number from 0 to 1', holds: (value) => value >= 0 && value <= 1 } },
      prepare: prepareFor(['float16', 'float32']),
    },
    'mindspore.ops': {
      name: 'cross_entropy',
      inputs: ['input', 'target'],
      options: mindsporeOptions,
      limits: { label_smoothing: { expected: 'a number of 0 or more', holds: (value) => value >= 0 } },
      prepare: prepareFor(['float16', 'float32', 'float64']),
    },
  },
  sampleDims: [1],
  deviations: [
    {
      about: 'labels in int64 in the class',
      torch: 'taken',
      mindspore: 'TypeError: int32 only',
      explains: (call) => theyRefuse(call, /should be Int32/) && call.namespace === 'mindspore.nn',
    },
    {
      about: 'float64 probabilities in mindspore.ops.cross_entropy',
      torch: 'probabilities, like those of any floating dtype',
      mindspore: 'treated as class indices',
      explains: (call) => theyRefuse(call, /GatherD|Kernel select failed/) && call.inputs[1]?.dtype === 'float64',
    },
    {
      about: 'ignore_index of 0 or above with probabilities',
      torch: 'a TorchError',
      mindspore: 'ignored',
    },
    {
      about: 'label_smoothing given as an integer',
      torch: 'accepted: JavaScript has one number type',
      mindspore: 'TypeError',
    },
    roughExponential,
    ...composed,
  ],
} satisfies LossRow<CrossEntropyOptions>;
