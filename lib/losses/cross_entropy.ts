import type { LegacyOptions, LossRow, Prepare } from '../loss/row.js';
import { integer, optionalTensor, real, reduction } from '../loss/params.js';
import { TORCH, halfOnCPU, targetOfOne } from './releases.js';
import type { ClassesLike, Like, PromotedBy, Samples, WithClasses } from '../tensor/shapes.js';
import type { Tensor } from '../tensor/tensor.js';
import type { DType, Float, Shape } from '../base/types.js';
import type { AsyncRest, CallOptions, Mode, Outcome, Reduced, Reduction } from '../loss/call_types.js';
import { classIndices, dtypeAmong } from './checks.js';
import { composed, roughExponential, theyRefuse } from './deviations.js';

/** The shape that a target of shape `T` and dtype `E` is held against: indices by sample, probabilities as the logits. */
type Target<S extends Shape, T extends Shape, E extends DType> = Like<E extends Float ? S : Samples<S>, T>;

/** Options of cross entropy in MindSpore's namespaces. `C` is the number of classes, `R` the reduction. */
export interface MindSporeCrossEntropyOptions<C extends number = number, R extends Reduction = Reduction> {
  /** One weight for each class, in the dtype of the logits. Default: all classes weigh the same. */
  weight?: Tensor<readonly [C], Float> | null | undefined;
  /** Samples of this class add nothing, to the mean's divisor neither. Default -100. */
  ignore_index?: number | undefined;
  /** How the losses of the samples are joined; `'mean'` divides by the weights of their classes. Default `'mean'`. */
  reduction?: R | undefined;
  /** The share of the target that is spread over all classes, from 0 to 1. Default 0. */
  label_smoothing?: number | undefined;
}

/** Options of cross entropy in PyTorch's namespaces. `C` is the number of classes, `R` the reduction. */
export interface CrossEntropyOptions<C extends number = number, R extends Reduction = Reduction>
  extends MindSporeCrossEntropyOptions<C, R>,
    LegacyOptions {}

/** The call of a cross entropy whose options are set. `C` is the number of classes that it has weights for. */
export interface CrossEntropyForward<R extends Reduction, C extends number, A extends Mode = 'sync'> {
  /**
   * The cross entropy of logits.
   *
   * @param input - logits of shape `[N, C]`, `[N, C, d1, ...]` or `[C]`, in a floating dtype
   * @param target - class indices (int64 or uint8) of shape `[N]`, `[N, d1, ...]` or `[]`, or class probabilities in
   *   the shape of `input`
   * @returns the loss in the dtype of `input`, with probabilities that which both promote to: one number, or one for
   *   each sample with reduction `'none'`
   * @throws RangeError for an index out of range, and another number of samples in `target` than in `input`
   * @throws TorchError for another shape or dtype of `target`, a `weight` of another length or dtype, probabilities
   *   with an `ignore_index` of 0 or above, and a `label_smoothing` above 1
   */
  <S extends Shape, T extends Shape, D extends Float, E extends Float | 'int64' | 'uint8'>(
    input: Tensor<WithClasses<S, C>, D>,
    target: Tensor<Target<S, T, E>, E>,
    ...options: AsyncRest<A>
  ): Outcome<A, Tensor<Reduced<Samples<S>, R>, PromotedBy<D, E>>>;
}

/** The call of MindSpore's cross entropy whose options are set. `C` is the number of classes that it has weights for. */
export interface MindSporeCrossEntropyForward<R extends Reduction, C extends number, A extends Mode = 'sync'> {
  /**
   * The cross entropy of logits.
   *
   * @param logits - logits of shape `[N, C]`, `[N, C, d1, ...]` or `[C]`, in float16 or float32
   * @param labels - class indices (int32 or int64) of shape `[N]`, `[N, d1, ...]` or `[]`, or class probabilities in
   *   the shape of `logits`
   * @returns the loss in the dtype of `logits`, with probabilities that which both promote to: one number, or one for
   *   each sample with reduction `'none'`
   * @throws TypeError for a dtype of `logits` other than float16 and float32
   * @throws RangeError for an index out of range, and another number of samples in `labels` than in `logits`
   * @throws TorchError for another shape or dtype of `labels`, a `weight` of another length or dtype, and probabilities
   *   with an `ignore_index` of 0 or above
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
   * @returns the loss in the dtype of `input`, with probabilities that which both promote to: one number, or one for
   *   each sample with reduction `'none'`
   * @throws RangeError for an index out of range, and another number of samples in `target` than in `input`
   * @throws TorchError for another shape or dtype of `target`, a `weight` of another length or dtype, probabilities
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
   * @returns the loss in the dtype of `input`, with probabilities that which both promote to: one number, or one for
   *   each sample with reduction `'none'`
   * @throws TypeError for a dtype of `input` other than float16, float32 and float64
   * @throws RangeError for an index out of range, and another number of samples in `target` than in `input`
   * @throws TorchError for another shape or dtype of `target`, a `weight` of another length or dtype, probabilities
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

/** What MindSpore checks of the logits' dtype. */
function prepareFor(logitDTypes: readonly DType[]): Prepare {
  return (inputs, names) => {
    dtypeAmong(inputs.slice(0, 1), names.slice(0, 1), logitDTypes);
    return classIndices(inputs, names);
  };
}

const torchOptions = ['weight', 'size_average', 'ignore_index', 'reduce', 'reduction', 'label_smoothing'] as const;
const mindsporeOptions = ['weight', 'ignore_index', 'reduction', 'label_smoothing'] as const;

/** Cross entropy of logits, with class indices or probabilities. */
export const crossEntropy = {
  op: 'cross_entropy_loss',
  formula:
    'loss = -weight[target] log_softmax(input)[target], or -Σ_c weight[c] target[c] log_softmax(input)[c] of probabilities\n' +
    'with label_smoothing, e: (1 - e) loss - (e / C) Σ_c weight[c] log_softmax(input)[c]',
  params: { weight: optionalTensor, reduction: reduction(), ignore_index: integer(-100), label_smoothing: real(0) },
  versions: [
    {
      namespaces: ['mindspore.nn'],
      releases: 'MindSpore 2.0',
      note: 'warns of labels that are probabilities with a positive ignore_index as well',
    },
    {
      namespaces: ['mindspore.ops'],
      releases: 'MindSpore 2.3 and newer',
      note: 'an input that is none of float16, float32 and float64 is a TypeError; it was not looked at before',
    },
    {
      namespaces: TORCH,
      releases: 'PyTorch 1.8',
      note: "has neither label_smoothing nor probabilities as target; MindSpore's documents compare with that release",
    },
    halfOnCPU,
    targetOfOne,
    {
      namespaces: TORCH,
      releases: 'PyTorch after 1.13',
      note: 'LinearCrossEntropyLoss and linear_cross_entropy, a linear layer and the cross entropy in one, are new beside it',
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
      limits: { label_smoothing: { expected: 'a number of at least 0', holds: (value) => value >= 0 } },
      prepare: prepareFor(['float16', 'float32', 'float64']),
    },
  },
  sampleDims: [1],
  deviations: [
    {
      about: 'labels in int64 in the class',
      torch: 'taken',
      mindspore: 'TypeError: int32 alone',
      explains: (call) => theyRefuse(call, /should be Int32/) && call.namespace === 'mindspore.nn',
    },
    {
      about: 'float64 probabilities in mindspore.ops.cross_entropy',
      torch: 'probabilities, like those of any floating dtype',
      mindspore: 'taken for class indices',
      explains: (call) => theyRefuse(call, /GatherD|Kernel select failed/) && call.inputs[1]?.dtype === 'float64',
    },
    {
      about: 'ignore_index of 0 or above with probabilities',
      torch: 'a TorchError',
      mindspore: 'ignored',
    },
    {
      about: 'label_smoothing given as an integer',
      torch: 'taken: JavaScript has one kind of number',
      mindspore: 'TypeError',
    },
    roughExponential,
    ...composed,
  ],
} satisfies LossRow<CrossEntropyOptions>;
