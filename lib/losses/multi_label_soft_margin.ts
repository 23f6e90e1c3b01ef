import type { LegacyOptions, LossRow } from '../loss/row.js';
import { optionalFactors, reduction } from '../loss/params.js';
import { MINDSPORE, halfOnCPU } from './releases.js';
import type { Like, PromotedBy, Rows } from '../tensor/shapes.js';
import type { Tensor } from '../tensor/tensor.js';
import type { DType, Float, Shape } from '../base/types.js';
import type { AsyncRest, CallOptions, Mode, Outcome, Reduced, Reduction } from '../loss/call_types.js';
import { composed, inFloat32, madeOf, roughExponential } from './deviations.js';

/** The dtypes of targets: `1 - y` is not defined for booleans. */
type Numeric = Exclude<DType, 'bool'>;

/** Options of the multi-label soft margin loss in MindSpore's namespaces. `R` is the reduction. */
export interface MindSporeMultiLabelSoftMarginOptions<R extends Reduction = Reduction> {
  /** Weights, usually one per class, broadcast to the input, or a number. Default: none. */
  weight?: Tensor<Shape, Float> | number | null | undefined;
  /** How the losses of the samples are reduced. Default `'mean'`. */
  reduction?: R | undefined;
}

/** Options of the multi-label soft margin loss in PyTorch's namespaces. `R` is the reduction. */
export interface MultiLabelSoftMarginOptions<R extends Reduction = Reduction>
  extends MindSporeMultiLabelSoftMarginOptions<R>,
    LegacyOptions {}

/** Calls a multi-label soft margin loss with the options of the constructor. */
export interface MultiLabelSoftMarginForward<R extends Reduction, A extends Mode = 'sync'> {
  /**
   * Binary cross entropy of scores, averaged over the classes.
   *
   * @param input - scores of shape `[C]`, `[N, C]` or more dimensions, the last that of the classes, in a floating
   *   dtype
   * @param target - 1 for the classes of the sample, 0 for all others, in the shape of `input`, in any dtype but bool
   * @returns the loss in the promoted dtype of `input` and `target`: a scalar, or one value per sample with reduction
   *   `'none'`
   * @throws RangeError for a 0-dimensional `input`
   * @throws TorchError if `target` or `weight` does not broadcast, for an integer `input`, and for a boolean `target`
   */
  <S extends Shape, T extends Shape, D extends Float, E extends Numeric>(
    input: Tensor<S, D>,
    target: Tensor<Like<S, T>, E>,
    ...options: AsyncRest<A>
  ): Outcome<A, Tensor<Reduced<Rows<S>, R>, PromotedBy<D, E>>>;
}

/** Calls MindSpore's multi-label soft margin loss with the options of the constructor. */
export interface MindSporeMultiLabelSoftMarginForward<R extends Reduction, A extends Mode = 'sync'> {
  /**
   * Binary cross entropy of scores, averaged over the classes.
   *
   * @param x - scores of shape `[C]`, `[N, C]` or more dimensions, the last that of the classes, in a floating dtype
   * @param target - 1 for the classes of the sample, 0 for all others, in the shape of `x`, in any dtype but bool
   * @returns the loss in the promoted dtype of `x` and `target`: a scalar, or one value per sample with reduction
   *   `'none'`
   * @throws RangeError for a 0-dimensional `x`
   * @throws TorchError if `target` or `weight` does not broadcast, for an integer `x`, and for a boolean `target`
   */
  <S extends Shape, T extends Shape, D extends Float, E extends Numeric>(
    x: Tensor<S, D>,
    target: Tensor<Like<S, T>, E>,
    ...options: AsyncRest<A>
  ): Outcome<A, Tensor<Reduced<Rows<S>, R>, PromotedBy<D, E>>>;
}

/** `torch.nn.functional.multilabel_soft_margin_loss`. */
export interface MultiLabelSoftMarginFunction<A extends Mode = 'sync'> {
  /**
   * Binary cross entropy of scores, averaged over the classes: `-(y log s(x) + (1 - y) log s(-x))` with the sigmoid
   * `s`.
   *
   * @param input - scores of shape `[C]`, `[N, C]` or more dimensions, the last that of the classes, in a floating
   *   dtype
   * @param target - 1 for the classes of the sample, 0 for all others, in the shape of `input`, in any dtype but bool
   * @param options - `weight`, `reduction`
   * @returns the loss in the promoted dtype of `input` and `target`: a scalar, or one value per sample with reduction
   *   `'none'`
   * @throws TypeError for a `reduction` that is not a string
   * @throws RangeError for a 0-dimensional `input`
   * @throws TorchError if `target` or `weight` does not broadcast, for an integer `input`, and for a boolean `target`
   * @example
   * ```ts
   * const input = torch.tensor([[0.3, 0.6, 0.6], [0.9, 0.4, 0.2]]);
   * const target = torch.tensor([[0, 0, 1], [0, 0, 1]]);
   * torch.nn.functional.multilabel_soft_margin_loss(input, target).item();   // 0.84693...
   * ```
   */
  <S extends Shape, T extends Shape, D extends Float, E extends Numeric, R extends Reduction = 'mean'>(
    input: Tensor<S, D>,
    target: Tensor<Like<S, T>, E>,
    options?: CallOptions<A, MultiLabelSoftMarginOptions<R>>,
  ): Outcome<A, Tensor<Reduced<Rows<S>, R>, PromotedBy<D, E>>>;
}

/** `mindspore.ops.multilabel_soft_margin_loss`. */
export interface MindSporeMultiLabelSoftMarginFunction<A extends Mode = 'sync'> {
  /**
   * Binary cross entropy of scores, averaged over the classes.
   *
   * @param input - scores of shape `[C]`, `[N, C]` or more dimensions, the last that of the classes, in a floating
   *   dtype
   * @param target - 1 for the classes of the sample, 0 for all others, in the shape of `input`, in any dtype but bool
   * @param options - `weight`, `reduction`
   * @returns the loss in the promoted dtype of `input` and `target`: a scalar, or one value per sample with reduction
   *   `'none'`
   * @throws RangeError for a 0-dimensional `input`
   * @throws TorchError if `target` or `weight` does not broadcast, for an integer `input`, and for a boolean `target`
   */
  <S extends Shape, T extends Shape, D extends Float, E extends Numeric, R extends Reduction = 'mean'>(
    input: Tensor<S, D>,
    target: Tensor<Like<S, T>, E>,
    options?: CallOptions<A, MindSporeMultiLabelSoftMarginOptions<R>>,
  ): Outcome<A, Tensor<Reduced<Rows<S>, R>, PromotedBy<D, E>>>;
}

const torchOptions = ['weight', 'size_average', 'reduce', 'reduction'] as const;
const options = ['weight', 'reduction'] as const;

/** Multi-label soft margin loss: binary cross entropy of logits, averaged over the classes of each sample. */
export const multiLabelSoftMargin = {
  op: 'multilabel_soft_margin_loss',
  formula:
    'loss = -(1 / C) Σ_c weight[c] (target[c] log σ(input[c]) + (1 - target[c]) log σ(-input[c])), σ(x) = 1 / (1 + exp(-x))',
  tex: [
    String.raw`\ell=-\frac1C\sum_c w_c\,\bigl(y_c\log\sigma(x_c)+(1-y_c)\log\sigma(-x_c)\bigr)`,
    String.raw`\sigma(x)=\frac{1}{1+e^{-x}}`,
  ],
  use: 'Use it when a sample can have several labels and you want one loss per sample; pass raw logits.',
  avoid:
    'If you need the loss of every element or `pos_weight`, use `BCEWithLogitsLoss`; for one label per sample, `CrossEntropyLoss`.',
  params: { weight: optionalFactors, reduction: reduction(undefined, { exact: true }) },
  versions: [
    {
      namespaces: MINDSPORE,
      releases: 'MindSpore 2.0',
      note: 'any number of dimensions other than 2 is a ValueError; 2.3 accepts any, though the documentation of the class still lists that error',
    },
    halfOnCPU,
  ],
  namespaces: {
    'torch.nn': { name: 'MultiLabelSoftMarginLoss', inputs: ['input', 'target'], options: torchOptions },
    'torch.nn.functional': { name: 'multilabel_soft_margin_loss', inputs: ['input', 'target'], options: torchOptions },
    'mindspore.nn': { name: 'MultiLabelSoftMarginLoss', inputs: ['x', 'target'], options },
    'mindspore.ops': { name: 'multilabel_soft_margin_loss', inputs: ['input', 'target'], options },
  },
  sampleDims: [-1],
  deviations: [
    {
      about: 'scores beyond about 88 in float32, 11 in float16',
      torch: '100 for a score of 100 and a target of 0',
      mindspore: 'inf or nan: the logarithm of 1 + exp(x) overflows',
      examples: [
        {
          inputs: [[[100]], [[0]]],
          options: { reduction: 'none' },
          torch: [100],
          mindspore: [Number.POSITIVE_INFINITY],
        },
      ],
      explains: (call) =>
        madeOf(call, (score) => Math.abs(score) > (call.dtype === 'float16' ? 10 : 80), 0) &&
        !Number.isFinite(call.element?.theirs),
    },
    {
      about: 'float64',
      torch: 'computed in float64: 0.31326168751822286 for [1, -1] and [1, 0]',
      mindspore: 'reduced in float32: 0.3132616877555847',
      explains: inFloat32,
      examples: [
        {
          dtype: 'float64',
          inputs: [[[1, -1]], [[1, 0]]],
          options: { reduction: 'none' },
          torch: [0.31326168751822286],
          mindspore: [0.3132616877555847],
        },
      ],
    },
    { about: 'a weight that cannot be broadcast', torch: 'a TorchError', mindspore: 'ValueError' },
    roughExponential,
    ...composed,
  ],
} satisfies LossRow<MultiLabelSoftMarginOptions>;
