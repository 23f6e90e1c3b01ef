import type { LegacyOptions, LossRow } from '../loss/row.js';
import { reduction } from '../loss/params.js';
import { MINDSPORE, halfOnCPU } from './releases.js';
import type { Like } from '../tensor/shapes.js';
import type { Tensor } from '../tensor/tensor.js';
import type { Float, Integer, Shape } from '../base/types.js';
import type { AsyncRest, CallOptions, Mode, Outcome, Reduced, Reduction } from '../loss/call_types.js';
import { dtypeAmong, sameDType, sameShape } from './checks.js';
import { NO_KERNEL, theyRefuse } from './deviations.js';

/** The dtypes that MindSpore accepts. */
type MindSporeFloat = Exclude<Float, 'bfloat16'>;

/** Options of the soft margin loss in MindSpore's namespaces. `R` is the reduction. */
export interface MindSporeSoftMarginOptions<R extends Reduction = Reduction> {
  /** How the losses of the elements are reduced. Default `'mean'`. */
  reduction?: R | undefined;
}

/** Options of the soft margin loss in PyTorch's namespaces. `R` is the reduction. */
export interface SoftMarginOptions<R extends Reduction = Reduction>
  extends MindSporeSoftMarginOptions<R>,
    LegacyOptions {}

/** Calls a soft margin loss with the options of the constructor. */
export interface SoftMarginForward<R extends Reduction, A extends Mode = 'sync'> {
  /**
   * The logistic loss of two classes: `log(1 + exp(-target input))`.
   *
   * @param input - scores of any shape, in a floating dtype
   * @param target - the class of each score, 1 or -1, in the shape of `input` and any dtype
   * @returns the loss in the dtype of `input`: a scalar, or one value per element with reduction `'none'`
   * @throws TorchError for a `target` that does not broadcast to the shape of `input`, and for an integer `input`
   */
  <S extends Shape, T extends Shape, D extends Float>(
    input: Tensor<S, D>,
    target: Tensor<Like<S, T>, Float | Integer>,
    ...options: AsyncRest<A>
  ): Outcome<A, Tensor<Reduced<S, R>, D>>;
}

/** Calls MindSpore's soft margin loss with the options of the constructor. */
export interface MindSporeSoftMarginForward<R extends Reduction, A extends Mode = 'sync'> {
  /**
   * The logistic loss of two classes: `log(1 + exp(-labels logits))`.
   *
   * @param logits - scores of any shape, in float16, float32 or float64
   * @param labels - the class of each score, 1 or -1, in the shape and dtype of `logits`
   * @returns the loss in the dtype of `logits`: a scalar, or one value per element with reduction `'none'`
   * @throws TypeError for a dtype other than float16, float32 and float64, and if the dtypes of `labels` and `logits`
   *   differ
   * @throws RangeError if the shapes of `labels` and `logits` differ
   */
  <S extends Shape, T extends Shape, D extends MindSporeFloat>(
    logits: Tensor<S, D>,
    labels: Tensor<Like<S, T>, NoInfer<D>>,
    ...options: AsyncRest<A>
  ): Outcome<A, Tensor<Reduced<S, R>, D>>;
}

/** `torch.nn.functional.soft_margin_loss`. */
export interface SoftMarginFunction<A extends Mode = 'sync'> {
  /**
   * The logistic loss of two classes: `log(1 + exp(-target input))`, infinite where the exponential overflows.
   *
   * @param input - scores of any shape, in a floating dtype
   * @param target - the class of each score, 1 or -1, in the shape of `input` and any dtype
   * @param options - `reduction`
   * @returns the loss in the dtype of `input`: a scalar, or one value per element with reduction `'none'`
   * @throws TorchError for a `target` that does not broadcast to the shape of `input`, and for an integer `input`
   * @example
   * ```ts
   * const input = torch.tensor([[0.3, 0.7], [0.5, 0.5]]);
   * const target = torch.tensor([[-1, 1], [1, -1]]);
   * torch.nn.functional.soft_margin_loss(input, target).item();   // 0.676423...
   * ```
   */
  <S extends Shape, T extends Shape, D extends Float, R extends Reduction = 'mean'>(
    input: Tensor<S, D>,
    target: Tensor<Like<S, T>, Float | Integer>,
    options?: CallOptions<A, SoftMarginOptions<R>>,
  ): Outcome<A, Tensor<Reduced<S, R>, D>>;
}

/** `mindspore.ops.soft_margin_loss`. */
export interface MindSporeSoftMarginFunction<A extends Mode = 'sync'> {
  /**
   * The logistic loss of two classes: `log(1 + exp(-target input))`.
   *
   * @param input - scores of any shape, in float16, float32 or float64
   * @param target - the class of each score, 1 or -1, in the shape and dtype of `input`
   * @param options - `reduction`
   * @returns the loss in the dtype of `input`: a scalar, or one value per element with reduction `'none'`
   * @throws TypeError for a dtype other than float16, float32 and float64, and if the dtypes of `target` and `input`
   *   differ
   * @throws RangeError if the shapes of `target` and `input` differ
   */
  <S extends Shape, T extends Shape, D extends MindSporeFloat, R extends Reduction = 'mean'>(
    input: Tensor<S, D>,
    target: Tensor<Like<S, T>, NoInfer<D>>,
    options?: CallOptions<A, MindSporeSoftMarginOptions<R>>,
  ): Outcome<A, Tensor<Reduced<S, R>, D>>;
}

const inputs = ['input', 'target'] as const;
const torchOptions = ['size_average', 'reduce', 'reduction'] as const;
const mindspore = {
  options: ['reduction'],
  prepare: (given: readonly unknown[], names: readonly string[]) =>
    sameShape(sameDType(dtypeAmong(given, names, ['float16', 'float32', 'float64']), names), names),
} as const;

/** Logistic loss of two classes labelled 1 and -1. */
export const softMargin = {
  op: 'soft_margin_loss',
  formula: 'loss = log(1 + exp(-target input))',
  tex: [String.raw`\ell=\log\bigl(1+e^{-y\,x}\bigr)`],
  use: 'Use it for binary classification when targets are 1 and -1 and the output is a raw score.',
  avoid:
    'Very negative margins overflow to infinity, so for large scores use the stable `BCEWithLogitsLoss` with targets 1 and 0.',
  params: { reduction: reduction() },
  versions: [
    {
      namespaces: ['mindspore.ops'],
      releases: 'MindSpore 2.0',
      note: 'there is no soft_margin_loss; it was added in 2.1',
    },
    { namespaces: MINDSPORE, releases: 'MindSpore 2.6 and newer', note: 'bfloat16 is computed on Ascend' },
    halfOnCPU,
  ],
  namespaces: {
    'torch.nn': { name: 'SoftMarginLoss', inputs, options: torchOptions },
    'torch.nn.functional': { name: 'soft_margin_loss', inputs, options: torchOptions },
    'mindspore.nn': { name: 'SoftMarginLoss', inputs: ['logits', 'labels'], ...mindspore },
    'mindspore.ops': { name: 'soft_margin_loss', inputs, ...mindspore },
  },
  deviations: [
    {
      about: 'the CPU',
      torch: 'computed',
      mindspore: 'no kernel in 2.3 and 2.10: only on GPU and Ascend',
      explains: (call) => theyRefuse(call, NO_KERNEL),
    },
  ],
} satisfies LossRow<SoftMarginOptions>;
