import type { LegacyOptions, LossRow } from '../loss/row.js';
import { reduction } from '../loss/params.js';
import { MINDSPORE, halfOnCPU } from './releases.js';
import type { Like } from '../tensor/shapes.js';
import type { Tensor } from '../tensor/tensor.js';
import type { Float, Integer, Shape } from '../base/types.js';
import type { AsyncRest, CallOptions, Mode, Outcome, Reduced, Reduction } from '../loss/call_types.js';
import { dtypeAmong, sameDType, sameShape } from './checks.js';
import { NO_KERNEL, theyRefuse } from './deviations.js';

/** The dtypes that MindSpore takes. */
type MindSporeFloat = Exclude<Float, 'bfloat16'>;

/** Options of the soft margin loss in MindSpore's namespaces. `R` is the reduction. */
export interface MindSporeSoftMarginOptions<R extends Reduction = Reduction> {
  /** How the losses of the elements are joined. Default `'mean'`. */
  reduction?: R | undefined;
}

/** Options of the soft margin loss in PyTorch's namespaces. `R` is the reduction. */
export interface SoftMarginOptions<R extends Reduction = Reduction>
  extends MindSporeSoftMarginOptions<R>,
    LegacyOptions {}

/** The call of a soft margin loss whose options are set. */
export interface SoftMarginForward<R extends Reduction, A extends Mode = 'sync'> {
  /**
   * The logistic loss of two classes: `log(1 + exp(-target input))`.
   *
   * @param input - scores of any shape, in a floating dtype
   * @param target - 1 or -1 for each score, in the shape of `input` and any dtype
   * @returns the loss in the dtype of `input`: one number, or one for each element with reduction `'none'`
   * @throws TorchError for a `target` that does not broadcast to the shape of `input`, and for integers as `input`
   */
  <S extends Shape, T extends Shape, D extends Float>(
    input: Tensor<S, D>,
    target: Tensor<Like<S, T>, Float | Integer>,
    ...options: AsyncRest<A>
  ): Outcome<A, Tensor<Reduced<S, R>, D>>;
}

/** The call of MindSpore's soft margin loss whose options are set. */
export interface MindSporeSoftMarginForward<R extends Reduction, A extends Mode = 'sync'> {
  /**
   * The logistic loss of two classes: `log(1 + exp(-labels logits))`.
   *
   * @param logits - scores of any shape, in float16, float32 or float64
   * @param labels - 1 or -1 for each score, in the shape and dtype of `logits`
   * @returns the loss in the dtype of `logits`: one number, or one for each element with reduction `'none'`
   * @throws TypeError for a dtype other than float16, float32 and float64, and if `labels` has another than `logits`
   * @throws RangeError if `labels` has another shape than `logits`
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
   * The logistic loss of two classes: `log(1 + exp(-target input))`, infinite where the exponential is.
   *
   * @param input - scores of any shape, in a floating dtype
   * @param target - 1 or -1 for each score, in the shape of `input` and any dtype
   * @param options - `reduction`
   * @returns the loss in the dtype of `input`: one number, or one for each element with reduction `'none'`
   * @throws TorchError for a `target` that does not broadcast to the shape of `input`, and for integers as `input`
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
   * @param target - 1 or -1 for each score, in the shape and dtype of `input`
   * @param options - `reduction`
   * @returns the loss in the dtype of `input`: one number, or one for each element with reduction `'none'`
   * @throws TypeError for a dtype other than float16, float32 and float64, and if `target` has another than `input`
   * @throws RangeError if `target` has another shape than `input`
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

/** The logistic loss of two classes. */
export const softMargin = {
  op: 'soft_margin_loss',
  formula: 'loss = log(1 + exp(-target input))',
  params: { reduction: reduction() },
  versions: [
    {
      namespaces: ['mindspore.ops'],
      releases: 'MindSpore 2.0',
      note: 'there is no soft_margin_loss; it came with 2.1',
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
      mindspore: 'no kernel in 2.3 and 2.10: GPU and Ascend alone',
      explains: (call) => theyRefuse(call, NO_KERNEL),
    },
  ],
} satisfies LossRow<SoftMarginOptions>;
