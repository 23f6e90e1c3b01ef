import type { LegacyOptions, LossRow } from '../loss/row.js';
import { integer, optionalTensor, real, reduction } from '../loss/params.js';
import { halfOnCPU, targetOfOne } from './releases.js';
import type { ClassesLike, Like, Samples, WithClasses } from '../tensor/shapes.js';
import type { Tensor } from '../tensor/tensor.js';
import type { Float, Shape } from '../base/types.js';
import type { AsyncRest, CallOptions, Mode, Outcome, Reduced, Reduction } from '../loss/call_types.js';
import { classIndices } from './checks.js';
import { composed } from './deviations.js';

/** Options of `mindspore.nn.NLLLoss`. `C` is the number of classes, `R` the reduction. */
export interface MindSporeNLLOptions<C extends number = number, R extends Reduction = Reduction> {
  /**
   * A weight for each class, of shape `[C]`, in the dtype of the input. MindSpore's class requires float16 or float32.
   * Default: all 1.
   */
  weight?: Tensor<readonly [C], Float> | null | undefined;
  /** Samples of this class count neither towards the loss nor towards the mean's denominator. Default -100. */
  ignore_index?: number | undefined;
  /**
   * How the losses of the samples are reduced; `'mean'` divides by the sum of the weights of their classes. Default
   * `'mean'`.
   */
  reduction?: R | undefined;
}

/** Options of `mindspore.ops.nll_loss`, the only namespace with label smoothing. */
export interface MindSporeNLLFunctionOptions<C extends number = number, R extends Reduction = Reduction>
  extends MindSporeNLLOptions<C, R> {
  /**
   * The amount of label smoothing: the share of the target that is spread evenly over all classes; any number is
   * accepted. Default 0.
   */
  label_smoothing?: number | undefined;
}

/** Options of the negative log-likelihood in PyTorch's namespaces. `C` is the number of classes, `R` the reduction. */
export interface NLLOptions<C extends number = number, R extends Reduction = Reduction>
  extends MindSporeNLLOptions<C, R>,
    LegacyOptions {}

/**
 * Calls a negative log-likelihood with the options of the constructor. `C` is the number of classes for which there are
 * weights.
 */
export interface NLLForward<R extends Reduction, C extends number, A extends Mode = 'sync'> {
  /**
   * The negative log-likelihood of class indices.
   *
   * @param input - log-probabilities of shape `[N, C]`, `[N, C, d1, ...]` or `[C]`, in a floating dtype
   * @param target - class indices (int64 or uint8) of shape `[N]`, `[N, d1, ...]` or `[]`
   * @returns the loss in the dtype of `input`: a scalar, or one value per sample with reduction `'none'`
   * @throws RangeError for a class index out of range, for a 0-dimensional `input`, and if `target` and `input` have
   *   different numbers of samples
   * @throws TorchError for a wrong shape or dtype of `target`, an integer `input`, and a `weight` of the wrong length
   *   or dtype
   */
  <S extends Shape, T extends Shape, D extends Float>(
    input: Tensor<WithClasses<S, C>, D>,
    target: Tensor<Like<Samples<S>, T>, 'int64' | 'uint8'>,
    ...options: AsyncRest<A>
  ): Outcome<A, Tensor<Reduced<Samples<S>, R>, D>>;
}

/**
 * Calls MindSpore's negative log-likelihood with the options of the constructor. `C` is the number of classes for which
 * there are weights.
 */
export interface MindSporeNLLForward<R extends Reduction, C extends number, A extends Mode = 'sync'> {
  /**
   * The negative log-likelihood of class indices.
   *
   * @param logits - log-probabilities of shape `[N, C]`, `[N, C, d1, ...]` or `[C]`, in a floating dtype
   * @param labels - class indices (int32 or int64) of shape `[N]`, `[N, d1, ...]` or `[]`
   * @returns the loss in the dtype of `logits`: a scalar, or one value per sample with reduction `'none'`
   * @throws RangeError for a class index out of range, for a 0-dimensional `logits`, and if `labels` and `logits` have
   *   different numbers of samples
   * @throws TorchError for a wrong shape or dtype of `labels`, an integer `logits`, and a `weight` of the wrong length
   *   or dtype
   */
  <S extends Shape, T extends Shape, D extends Float>(
    logits: Tensor<WithClasses<S, C>, D>,
    labels: Tensor<Like<Samples<S>, T>, 'int32' | 'int64'>,
    ...options: AsyncRest<A>
  ): Outcome<A, Tensor<Reduced<Samples<S>, R>, D>>;
}

/** `torch.nn.functional.nll_loss`. */
export interface NLLFunction<A extends Mode = 'sync'> {
  /**
   * The negative log-likelihood of class indices: minus the input at each sample's class. The input is taken to be
   * log-probabilities.
   *
   * @param input - log-probabilities of shape `[N, C]`, `[N, C, d1, ...]` or `[C]`, in a floating dtype
   * @param target - class indices (int64 or uint8) of shape `[N]`, `[N, d1, ...]` or `[]`
   * @param options - `weight`, `ignore_index`, `reduction`
   * @returns the loss in the dtype of `input`: a scalar, or one value per sample with reduction `'none'`
   * @throws RangeError for a class index out of range, for a 0-dimensional `input`, and if `target` and `input` have
   *   different numbers of samples
   * @throws TorchError for a wrong shape or dtype of `target`, an integer `input`, and a `weight` of the wrong length
   *   or dtype
   * @example
   * ```ts
   * const input = torch.tensor([[0.2, 0.3, 0.5]]).log();
   * const target = torch.tensor([2n]);
   * torch.nn.functional.nll_loss(input, target).item();   // 0.693147...
   * ```
   */
  <S extends Shape, T extends Shape, D extends Float, C extends number, R extends Reduction = 'mean'>(
    input: Tensor<S, D>,
    target: Tensor<Like<Samples<S>, T>, 'int64' | 'uint8'>,
    options?: CallOptions<A, NLLOptions<ClassesLike<S, C>, R>>,
  ): Outcome<A, Tensor<Reduced<Samples<S>, R>, D>>;
}

/** `mindspore.ops.nll_loss`. */
export interface MindSporeNLLFunction<A extends Mode = 'sync'> {
  /**
   * The negative log-likelihood of class indices with label smoothing: `(1 - e)` times the loss plus `e / C` times the
   * sum over all classes.
   *
   * @param inputs - log-probabilities of shape `[N, C]`, `[N, C, d1, ...]` or `[C]`, in a floating dtype
   * @param target - class indices (int32 or int64) of shape `[N]`, `[N, d1, ...]` or `[]`
   * @param options - `weight`, `ignore_index`, `reduction`, `label_smoothing`
   * @returns the loss in the dtype of `inputs`: a scalar, or one value per sample with reduction `'none'`
   * @throws RangeError for a class index out of range, for a 0-dimensional `inputs`, and if `target` and `inputs` have
   *   different numbers of samples
   * @throws TorchError for a wrong shape or dtype of `target`, an integer `inputs`, and a `weight` of the wrong length
   *   or dtype
   */
  <S extends Shape, T extends Shape, D extends Float, C extends number, R extends Reduction = 'mean'>(
    inputs: Tensor<S, D>,
    target: Tensor<Like<Samples<S>, T>, 'int32' | 'int64'>,
    options?: CallOptions<A, MindSporeNLLFunctionOptions<ClassesLike<S, C>, R>>,
  ): Outcome<A, Tensor<Reduced<Samples<S>, R>, D>>;
}

const torchOptions = ['weight', 'size_average', 'ignore_index', 'reduce', 'reduction'] as const;

/** Negative log-likelihood of class indices, for log-probabilities. */
export const nll = {
  op: 'nll_loss_nd',
  formula:
    'loss = -weight[target] input[target], 0 where target is ignore_index\n' +
    'in mindspore.ops with label_smoothing, e: (1 - e) loss - (e / C) Σ_c weight[c] input[c]',
  tex: [
    String.raw`\ell=-w_y\,x_y\quad(0\text{ for ignored classes})`,
    String.raw`\text{smoothed: }\;(1-s)\,\ell-\tfrac{s}{C}\sum_c w_c\,x_c`,
  ],
  use: 'Use it to classify when the network already returns log-probabilities, such as the output of a log-softmax.',
  avoid:
    'Do not pass logits or probabilities, which it cannot tell from log-probabilities: for logits use `CrossEntropyLoss`.',
  params: {
    weight: optionalTensor,
    reduction: reduction(),
    ignore_index: integer(-100),
    label_smoothing: { ...real(0), foreign: true },
  },
  versions: [
    {
      namespaces: ['mindspore.nn'],
      releases: 'MindSpore 2.0',
      note: 'logits that are neither float16 nor float32 and labels that are not int32 are a TypeError, shapes that do not match a ValueError; 2.3 checks none of that',
    },
    halfOnCPU,
    targetOfOne,
  ],
  namespaces: {
    'torch.nn': { name: 'NLLLoss', inputs: ['input', 'target'], options: torchOptions },
    'torch.nn.functional': { name: 'nll_loss', inputs: ['input', 'target'], options: torchOptions },
    'mindspore.nn': {
      name: 'NLLLoss',
      inputs: ['logits', 'labels'],
      options: ['weight', 'ignore_index', 'reduction'],
      limits: {
        weight: {
          expected: 'a Tensor of float16 or float32, or null',
          kind: (weight?: Tensor) => weight === undefined || weight.dtype === 'float16' || weight.dtype === 'float32',
        },
      },
      prepare: classIndices,
    },
    'mindspore.ops': {
      name: 'nll_loss',
      inputs: ['inputs', 'target'],
      options: ['weight', 'ignore_index', 'reduction', 'label_smoothing'],
      prepare: classIndices,
    },
  },
  sampleDims: [1],
  deviations: [
    { about: 'an unknown reduction in mindspore.ops.nll_loss', torch: 'a RangeError', mindspore: "as 'none'" },
    {
      about: 'a weight whose length is not the number of classes',
      torch: 'a TorchError',
      mindspore: 'not checked',
    },
    {
      about: 'label_smoothing given as an integer',
      torch: 'accepted: JavaScript has one number type',
      mindspore: 'TypeError',
    },
    ...composed,
  ],
} satisfies LossRow<MindSporeNLLFunctionOptions & LegacyOptions>;
