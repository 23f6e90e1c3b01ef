import type { LegacyOptions, LossRow, Prepare } from '../loss.js';
import { integer, optionalTensor, real, reduction } from '../params.js';
import type { Tensor } from '../tensor.js';
import type { DType, Float, Reduced, Reduction, Shape } from '../types.js';
import { dtypeAmong, tensors } from './checks.js';

/** The shape without the classes: `[N, C, ...D]` gives `[N, ...D]`, `[C]` gives `[]`; unknown rank stays unknown. */
type Samples<S extends Shape> = S extends readonly [infer N extends number, number, ...infer D extends Shape]
  ? readonly [N, ...D]
  : S extends readonly [number]
    ? readonly []
    : Shape;

/** The number of classes of a shape. */
type Classes<S extends Shape> = S extends readonly [number, infer C extends number, ...Shape]
  ? C
  : S extends readonly [infer C extends number]
    ? C
    : number;

/** Class indices in the shape of the samples, or class probabilities in the shape of the logits. */
type Target<S extends Shape, Index extends DType> = Tensor<Samples<S>, Index> | Tensor<NoInfer<S>, Float>;

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

/** The call of a cross entropy whose options are set. */
export interface CrossEntropyForward<R extends Reduction> {
  /**
   * The cross entropy of logits.
   *
   * @param input - logits of shape `[N, C]`, `[N, C, d1, ...]` or `[C]`, in a floating dtype
   * @param target - class indices (int64 or uint8) of shape `[N]`, `[N, d1, ...]` or `[]`, or class probabilities
   *   in the shape of `input`
   * @returns the loss: one number, or one for each sample with reduction `'none'`
   * @throws RangeError for an index out of range or a wrong batch size, TorchError for what else LibTorch refuses
   */
  <S extends Shape, D extends Float>(input: Tensor<S, D>, target: Target<S, 'int64' | 'uint8'>): Tensor<Reduced<Samples<S>, R>, D>;
}

/** The call of MindSpore's cross entropy whose options are set. */
export interface MindSporeCrossEntropyForward<R extends Reduction> {
  /**
   * The cross entropy of logits.
   *
   * @param logits - logits of shape `[N, C]`, `[N, C, d1, ...]` or `[C]`, in float16 or float32
   * @param labels - class indices (int32 or int64) of shape `[N]`, `[N, d1, ...]` or `[]`, or class probabilities in the
   *   shape of `logits`
   * @returns the loss: one number, or one for each sample with reduction `'none'`
   */
  <S extends Shape, D extends 'float16' | 'float32'>(
    logits: Tensor<S, D>,
    labels: Target<S, 'int32' | 'int64'>,
  ): Tensor<Reduced<Samples<S>, R>, D>;
}

/** `torch.nn.functional.cross_entropy`. */
export interface CrossEntropyFunction {
  /**
   * The cross entropy of logits: the negative log-likelihood of their log-softmax.
   *
   * @param input - logits of shape `[N, C]`, `[N, C, d1, ...]` or `[C]`, in a floating dtype
   * @param target - class indices (int64 or uint8) of shape `[N]`, `[N, d1, ...]` or `[]`, or class probabilities
   *   in the shape of `input`
   * @param options - `weight`, `ignore_index`, `reduction`, `label_smoothing`
   * @returns the loss: one number, or one for each sample with reduction `'none'`
   * @throws RangeError for an index out of range or a wrong batch size, TorchError for what else LibTorch refuses
   * @example
   * ```ts
   * const input = torch.tensor([[0.1, 0.2, 0.3]]);
   * const target = torch.tensor([1n]);
   * torch.nn.functional.cross_entropy(input, target).item();   // 1.1019428968429565
   * ```
   */
  <S extends Shape, D extends Float, R extends Reduction = 'mean'>(
    input: Tensor<S, D>,
    target: Target<S, 'int64' | 'uint8'>,
    options?: CrossEntropyOptions<Classes<S>, R>,
  ): Tensor<Reduced<Samples<S>, R>, D>;
}

/** `mindspore.ops.cross_entropy`. */
export interface MindSporeCrossEntropyFunction {
  /**
   * The cross entropy of logits.
   *
   * @param input - logits of shape `[N, C]`, `[N, C, d1, ...]` or `[C]`
   * @param target - class indices (int32 or int64) of shape `[N]`, `[N, d1, ...]` or `[]`, or class probabilities
   *   in the shape of `input`
   * @param options - `weight`, `ignore_index`, `reduction`, `label_smoothing`
   * @returns the loss: one number, or one for each sample with reduction `'none'`
   */
  <S extends Shape, D extends 'float16' | 'float32' | 'float64', R extends Reduction = 'mean'>(
    input: Tensor<S, D>,
    target: Target<S, 'int32' | 'int64'>,
    options?: MindSporeCrossEntropyOptions<Classes<S>, R>,
  ): Tensor<Reduced<Samples<S>, R>, D>;
}

/** MindSpore takes its indices as int32, LibTorch as int64: both are taken, and int32 is converted. */
function prepareFor(logitDTypes: readonly DType[]): Prepare {
  return (inputs, names) => {
    const [logits, labels] = tensors(inputs, names) as readonly [Tensor, Tensor];
    dtypeAmong([logits], names.slice(0, 1), logitDTypes);
    return [logits, labels.dtype === 'int32' ? labels.to('int64') : labels];
  };
}

const torchOptions = ['weight', 'size_average', 'ignore_index', 'reduce', 'reduction', 'label_smoothing'] as const;
const mindsporeOptions = ['weight', 'ignore_index', 'reduction', 'label_smoothing'] as const;

/** Cross entropy of logits, with class indices or probabilities. */
export const crossEntropy = {
  op: 'cross_entropy_loss',
  params: { weight: optionalTensor, reduction: reduction(), ignore_index: integer(-100), label_smoothing: real(0) },
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
  deviations: [
    {
      about: 'float64 probabilities in mindspore.ops.cross_entropy',
      torch: 'probabilities, like those of any floating dtype',
      mindspore: 'taken for class indices',
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
  ],
} satisfies LossRow<CrossEntropyOptions>;
