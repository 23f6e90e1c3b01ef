import type { LegacyOptions, LossRow } from '../loss/row.js';
import { optionalFactors, reduction } from '../loss/params.js';
import { MINDSPORE, halfOnCPU } from './releases.js';
import type { Like, PromotedBy, Rows } from '../tensor/shapes.js';
import type { Tensor } from '../tensor/tensor.js';
import type { DType, Float, Shape } from '../base/types.js';
import type { AsyncRest, CallOptions, Mode, Outcome, Reduced, Reduction } from '../loss/call_types.js';
import { composed, inFloat32, madeOf, roughExponential } from './deviations.js';

/** The dtypes of targets: truth values have no `1 - y`. */
type Numeric = Exclude<DType, 'bool'>;

/** Options of the multi-label soft margin loss in MindSpore's namespaces. `R` is the reduction. */
export interface MindSporeMultiLabelSoftMarginOptions<R extends Reduction = Reduction> {
  /** Factors of the losses, usually one for each class, broadcast to the input, or one number. Default: none. */
  weight?: Tensor<Shape, Float> | number | null | undefined;
  /** How the losses of the samples are joined. Default `'mean'`. */
  reduction?: R | undefined;
}

/** Options of the multi-label soft margin loss in PyTorch's namespaces. `R` is the reduction. */
export interface MultiLabelSoftMarginOptions<R extends Reduction = Reduction>
  extends MindSporeMultiLabelSoftMarginOptions<R>,
    LegacyOptions {}

/** The call of a multi-label soft margin loss whose options are set. */
export interface MultiLabelSoftMarginForward<R extends Reduction, A extends Mode = 'sync'> {
  /**
   * Binary cross entropy of scores, averaged over the classes.
   *
   * @param input - scores of shape `[C]`, `[N, C]` or more dimensions, the last that of the classes, in a floating
   *   dtype
   * @param target - 1 for the classes that a sample has and 0 for the others, in the shape of `input`, in any dtype but
   *   bool
   * @returns the loss in the dtype that `input` and `target` promote to: one number, or one for each sample with
   *   reduction `'none'`
   * @throws RangeError for no dimensions of `input`
   * @throws TorchError if `target` or `weight` does not broadcast, for integers as `input`, and for booleans as
   *   `target`
   */
  <S extends Shape, T extends Shape, D extends Float, E extends Numeric>(
    input: Tensor<S, D>,
    target: Tensor<Like<S, T>, E>,
    ...options: AsyncRest<A>
  ): Outcome<A, Tensor<Reduced<Rows<S>, R>, PromotedBy<D, E>>>;
}

/** The call of MindSpore's multi-label soft margin loss whose options are set. */
export interface MindSporeMultiLabelSoftMarginForward<R extends Reduction, A extends Mode = 'sync'> {
  /**
   * Binary cross entropy of scores, averaged over the classes.
   *
   * @param x - scores of shape `[C]`, `[N, C]` or more dimensions, the last that of the classes, in a floating dtype
   * @param target - 1 for the classes that a sample has and 0 for the others, in the shape of `x`, in any dtype but
   *   bool
   * @returns the loss in the dtype that `x` and `target` promote to: one number, or one for each sample with reduction
   *   `'none'`
   * @throws RangeError for no dimensions of `x`
   * @throws TorchError if `target` or `weight` does not broadcast, for integers as `x`, and for booleans as `target`
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
   * @param target - 1 for the classes that a sample has and 0 for the others, in the shape of `input`, in any dtype but
   *   bool
   * @param options - `weight`, `reduction`
   * @returns the loss in the dtype that `input` and `target` promote to: one number, or one for each sample with
   *   reduction `'none'`
   * @throws TypeError for a `reduction` that is no string
   * @throws RangeError for no dimensions of `input`
   * @throws TorchError if `target` or `weight` does not broadcast, for integers as `input`, and for booleans as
   *   `target`
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
   * @param target - 1 for the classes that a sample has and 0 for the others, in the shape of `input`, in any dtype but
   *   bool
   * @param options - `weight`, `reduction`
   * @returns the loss in the dtype that `input` and `target` promote to: one number, or one for each sample with
   *   reduction `'none'`
   * @throws RangeError for no dimensions of `input`
   * @throws TorchError if `target` or `weight` does not broadcast, for integers as `input`, and for booleans as
   *   `target`
   */
  <S extends Shape, T extends Shape, D extends Float, E extends Numeric, R extends Reduction = 'mean'>(
    input: Tensor<S, D>,
    target: Tensor<Like<S, T>, E>,
    options?: CallOptions<A, MindSporeMultiLabelSoftMarginOptions<R>>,
  ): Outcome<A, Tensor<Reduced<Rows<S>, R>, PromotedBy<D, E>>>;
}

const torchOptions = ['weight', 'size_average', 'reduce', 'reduction'] as const;
const options = ['weight', 'reduction'] as const;

/** Binary cross entropy of scores, averaged over the classes of each sample. */
export const multiLabelSoftMargin = {
  op: 'multilabel_soft_margin_loss',
  formula:
    'loss = -(1 / C) Σ_c weight[c] (target[c] log σ(input[c]) + (1 - target[c]) log σ(-input[c])), σ(x) = 1 / (1 + exp(-x))',
  params: { weight: optionalFactors, reduction: reduction(undefined, { exact: true }) },
  versions: [
    {
      namespaces: MINDSPORE,
      releases: 'MindSpore 2.0',
      note: 'other than 2 dimensions are a ValueError; 2.3 takes any number, though the documents of the class still have that error',
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
