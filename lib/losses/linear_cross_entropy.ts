import { handleOf } from '../addon/handle.js';
import type { Primitive } from '../addon/native.js';
import type { DType, Float, Shape } from '../base/types.js';
import type { CallOptions, Mode, Outcome, Reduced, Reduction } from '../loss/call_types.js';
import { optionalInteger, optionalTensor, real, reduction } from '../loss/params.js';
import type { Lowered, LossRow } from '../loss/row.js';
import type { ClassesLike, Like, PromotedBy, Rows, Samples } from '../tensor/shapes.js';
import type { Tensor } from '../tensor/tensor.js';
import { chunkingOptions, type LinearCrossEntropyOptions, loweredOptions } from './linear_cross_entropy_options.js';
import { CHANGES } from '../addon/versions.js';
import { TORCH, since } from './releases.js';

/** The shape of the logits of inputs of shape `S` and a weight of shape `W`; unknown rank stays unknown. */
export type LogitsOf<S extends Shape, W extends Shape> = number extends S['length'] | W['length']
  ? Shape
  : readonly [...Rows<S>, ...Rows<W>];

/** The shape that a target of shape `T` and dtype `E` must have: one index per output, or probabilities like the logits. */
type Target<L extends Shape, T extends Shape, E extends DType> = Like<E extends Float ? L : Samples<L>, T>;

/** The shape that a weight of shape `W` must have: as many features as the inputs. */
export type WithFeatures<S extends Shape, W extends Shape> = W extends readonly [...infer Head extends number[], number]
  ? S extends readonly [...number[], infer F extends number]
    ? Like<readonly [...Head, F], W>
    : W
  : W;

/** Options of the cross entropy of a linear layer. `B` is the shape of the bias, `C` the number of classes. */
export interface LinearCrossEntropyCallOptions<
  R extends Reduction = Reduction,
  B extends Shape = Shape,
  C extends number = number,
> {
  /** A bias added to the logits, of shape `[C]`, or `[C, d1, ...]` as `linear_weight` has. Default: none. */
  linear_bias?: Tensor<B, Float> | null | undefined;
  /** A weight for each class, of shape `[C]`. Default: all 1. */
  weight?: Tensor<readonly [C], Float> | null | undefined;
  /**
   * How the losses are reduced; `'mean'` divides by the sum of the weights of the samples' classes. Default `'mean'`.
   */
  reduction?: R | undefined;
  /**
   * Samples of this class count neither towards the loss nor towards the mean's denominator. Only with class indices.
   * Default: -100 with class indices.
   */
  ignore_index?: number | null | undefined;
  /**
   * The amount of label smoothing: the share of the target that is spread evenly over all classes, from 0 to 1. Default
   * 0.
   */
  label_smoothing?: number | undefined;
  /**
   * How to compute the loss in chunks of rows, without the logits of all rows in memory at once. Ignored, with a warning,
   * for label smoothing, for targets that are not int64, for a `linear_weight` of more than two dimensions and while a
   * module is traced. Default: all rows at once.
   */
  options?: LinearCrossEntropyOptions | null | undefined;
}

/** `torch.nn.functional.linear_cross_entropy`. */
export interface LinearCrossEntropyFunction<A extends Mode = 'sync'> {
  /**
   * The cross entropy of the outputs of a linear layer: `cross_entropy(linear(input, linear_weight, linear_bias), target)`.
   *
   * @param input - the features of the samples, of shape `[N, in_features]` or `[in_features]`, in a floating dtype
   * @param linear_weight - the weight of the linear layer, of shape `[C, in_features]`, or `[C, d1, ..., in_features]`
   *   for outputs of more dimensions, in the dtype of `input`
   * @param target - class indices (int64) of shape `[N]`, `[N, d1, ...]` or `[]`, or class probabilities of shape
   *   `[N, C]`, `[N, C, d1, ...]` or `[C]`
   * @param options - `linear_bias`, `weight`, `reduction`, `ignore_index`, `label_smoothing`, `options`
   * @returns the loss in the dtype of `input`, or with probabilities in the promoted dtype of both: a scalar, or one
   *   value per output with reduction `'none'`
   * @throws RangeError for shapes that do not fit, a class index out of range, an `ignore_index` with probabilities, and
   *   `options` that contradict each other or the dtype of `input`
   * @throws TorchError for a wrong dtype of `target`, a `label_smoothing` outside 0 to 1, and with `options` in a second
   *   backward pass without `allow_retain_graph` and for `create_graph`
   * @example
   * ```ts
   * const input = torch.tensor([[1, 2], [0, 1]]);
   * const linear_weight = torch.tensor([[1, 0], [0, 1], [1, 1]]);
   * const target = torch.tensor([2n, 0n]);
   * torch.nn.functional.linear_cross_entropy(input, linear_weight, target).item();   // 1.1348...
   * ```
   */
  <
    S extends Shape,
    W extends Shape,
    T extends Shape,
    D extends Float,
    V extends Float,
    E extends Float | 'int64' | 'uint8',
    B extends Shape,
    C extends number,
    R extends Reduction = 'mean',
  >(
    input: Tensor<S, D>,
    linear_weight: Tensor<WithFeatures<S, W>, V>,
    target: Tensor<Target<LogitsOf<S, W>, T, E>, E>,
    options?: CallOptions<
      A,
      LinearCrossEntropyCallOptions<R, Like<Rows<W>, B>, ClassesLike<readonly [number, ...Rows<W>], C>>
    >,
  ): Outcome<A, Tensor<Reduced<Samples<LogitsOf<S, W>>, R>, PromotedBy<D, E>>>;
}

const inputs = ['input', 'linear_weight', 'target'] as const;

/** Reorders the tensors as the addon takes them, and spells the options out. */
function lower(tensors: readonly Tensor[], params: readonly unknown[]): Lowered {
  const [input, linear_weight, target] = inputs.map((name, at) => handleOf(tensors[at], name));
  const [bias, weight, reduction, ignore_index, label_smoothing, options] = params;
  const optional = (tensor: unknown, name: string) => (tensor === undefined ? undefined : handleOf(tensor, name));
  return {
    op: 'linear_cross_entropy',
    args: [
      input,
      target,
      optional(weight, 'weight'),
      linear_weight,
      optional(bias, 'linear_bias'),
      reduction,
      ignore_index,
      label_smoothing,
      ...loweredOptions(options as LinearCrossEntropyOptions | undefined),
    ] as Primitive[],
  };
}

/** Cross entropy of the outputs of a linear layer, which need not be in memory at once. */
export const linearCrossEntropy = {
  op: 'linear_cross_entropy',
  formula:
    'logits = input linear_weightᵀ + linear_bias\nloss = cross_entropy(logits, target, weight, reduction, ignore_index, label_smoothing)',
  tex: [
    String.raw`z=W x+b`,
    String.raw`\ell=-w_y\,\log\operatorname{softmax}(z)_y`,
    String.raw`\text{probabilities: }\;\ell=-\sum_c w_c\,y_c\,\log\operatorname{softmax}(z)_c`,
  ],
  use: 'Use it as the last layer and loss of a model with very many classes, such as the vocabulary of a language model; with `options` the logits of all samples are never in memory at once.',
  avoid: 'If you need the logits themselves, or have fewer classes than features, use `Linear` and `CrossEntropyLoss`.',
  params: {
    linear_bias: optionalTensor,
    weight: optionalTensor,
    reduction: reduction(),
    ignore_index: optionalInteger,
    label_smoothing: real(0),
    options: chunkingOptions,
  },
  lower,
  versions: [
    {
      namespaces: TORCH,
      releases: since('hasLinearCrossEntropy'),
      note: 'adds LinearCrossEntropyLoss and linear_cross_entropy; with older LibTorch versions torchloss composes them of the same operators',
    },
  ],
  namespaces: {
    'torch.nn.functional': {
      name: 'linear_cross_entropy',
      inputs,
      options: ['linear_bias', 'weight', 'reduction', 'ignore_index', 'label_smoothing', 'options'],
      keywordOnly: true,
    },
  },
  module: {
    name: 'LinearCrossEntropyLoss',
    takes:
      'in_features, num_classes, { out_features, bias, device, dtype, reduction, weight, ignore_index, label_smoothing, options }',
    inputs: ['input', 'target'],
  },
  since: CHANGES.hasLinearCrossEntropy,
  sampleDims: [1],
  deviations: [],
} satisfies LossRow<LinearCrossEntropyCallOptions>;
