import type { LegacyOptions, LossRow } from '../loss/row.js';
import { real, reduction } from '../loss/params.js';
import { MINDSPORE } from './releases.js';
import type { Like, Promoted } from '../tensor/shapes.js';
import type { Tensor } from '../tensor/tensor.js';
import type { Float, Shape } from '../base/types.js';
import type { AsyncRest, CallOptions, Mode, Outcome, Reduced, Reduction } from '../loss/call_types.js';
import { sameDType, sameShape } from './checks.js';
import { composed } from './deviations.js';

/** Options of smooth L1 in MindSpore's namespaces. `R` is the reduction. */
export interface MindSporeSmoothL1Options<R extends Reduction = Reduction> {
  /** The error at which the loss changes from quadratic to linear. MindSpore requires it to be above 0. Default 1. */
  beta?: number | undefined;
  /** How the losses of the elements are reduced. Default `'mean'` in PyTorch and `'none'` in MindSpore. */
  reduction?: R | undefined;
}

/** Options of smooth L1 in PyTorch's namespaces. `R` is the reduction. */
export interface SmoothL1Options<R extends Reduction = Reduction> extends MindSporeSmoothL1Options<R>, LegacyOptions {}

/** Calls a smooth L1 with the options of the constructor. */
export interface SmoothL1Forward<R extends Reduction, A extends Mode = 'sync'> {
  /**
   * Smooth L1: quadratic below `beta`, linear above.
   *
   * @param input - predictions of any shape, in a floating dtype
   * @param target - the target values, in the shape of `input`; another shape that broadcasts causes a warning
   * @returns the loss in the promoted dtype of `input` and `target`: a scalar, or one value per element with reduction
   *   `'none'`
   * @throws TorchError if the shapes do not broadcast, for two integer tensors, and for a negative `beta`
   */
  <S extends Shape, T extends Shape, D extends Float, E extends Float>(
    input: Tensor<S, D>,
    target: Tensor<Like<S, T>, E>,
    ...options: AsyncRest<A>
  ): Outcome<A, Tensor<Reduced<S, R>, Promoted<D, E>>>;
}

/** Calls MindSpore's smooth L1 with the options of the constructor. */
export interface MindSporeSmoothL1Forward<R extends Reduction, A extends Mode = 'sync'> {
  /**
   * Smooth L1: quadratic below `beta`, linear above.
   *
   * @param logits - predictions of any shape, in a floating dtype
   * @param labels - the target values, in the shape and dtype of `logits`
   * @returns the loss in the dtype of `logits`: one value per element, or a scalar with reduction `'mean'` or `'sum'`
   * @throws TypeError if the dtypes of `labels` and `logits` differ
   * @throws RangeError if the shapes of `labels` and `logits` differ
   * @throws TorchError for integers
   */
  <S extends Shape, T extends Shape, D extends Float>(
    logits: Tensor<S, D>,
    labels: Tensor<Like<S, T>, NoInfer<D>>,
    ...options: AsyncRest<A>
  ): Outcome<A, Tensor<Reduced<S, R>, D>>;
}

/** `torch.nn.functional.smooth_l1_loss`. */
export interface SmoothL1Function<A extends Mode = 'sync'> {
  /**
   * Smooth L1, quadratic below `beta` and linear above: `0.5 d² / beta` where `|d| < beta`, else `|d| - 0.5 beta`.
   *
   * @param input - predictions of any shape, in a floating dtype
   * @param target - the target values, in the shape of `input`; another shape that broadcasts causes a warning
   * @param options - `beta` (0 gives the absolute error), `reduction`
   * @returns the loss in the promoted dtype of `input` and `target`: a scalar, or one value per element with reduction
   *   `'none'`
   * @throws TorchError if the shapes do not broadcast, for two integer tensors, and for a negative `beta`
   * @example
   * ```ts
   * const input = torch.tensor([1, 2, 3]);
   * const target = torch.tensor([1, 2, 2]);
   * torch.nn.functional.smooth_l1_loss(input, target, { reduction: 'none' }).tolist();   // [0, 0, 0.5]
   * ```
   */
  <
    S extends Shape,
    T extends Shape,
    D extends Float,
    E extends Float,
    R extends Reduction = 'mean',
    // As many as the other losses of values have, so that one of them that is chosen at run time can be called.
    _W extends Shape = Shape,
  >(
    input: Tensor<S, D>,
    target: Tensor<Like<S, T>, E>,
    options?: CallOptions<A, SmoothL1Options<R>>,
  ): Outcome<A, Tensor<Reduced<S, R>, Promoted<D, E>>>;
}

/** `mindspore.ops.smooth_l1_loss`. */
export interface MindSporeSmoothL1Function<A extends Mode = 'sync'> {
  /**
   * Smooth L1: quadratic below `beta`, linear above.
   *
   * @param input - predictions of any shape, in a floating dtype
   * @param target - the target values, in the shape and dtype of `input`
   * @param options - `beta` (above 0), `reduction` (default `'none'`)
   * @returns the loss in the dtype of `input`: one value per element, or a scalar with reduction `'mean'` or `'sum'`
   * @throws TypeError if the dtypes of `target` and `input` differ
   * @throws RangeError if the shapes of `target` and `input` differ
   * @throws TorchError for integers
   */
  <S extends Shape, T extends Shape, D extends Float, R extends Reduction = 'none'>(
    input: Tensor<S, D>,
    target: Tensor<Like<S, T>, NoInfer<D>>,
    options?: CallOptions<A, MindSporeSmoothL1Options<R>>,
  ): Outcome<A, Tensor<Reduced<S, R>, D>>;
}

const torchOptions = ['size_average', 'reduce', 'reduction', 'beta'] as const;
const mindspore = {
  options: ['beta', 'reduction'],
  defaults: { reduction: 'none' },
  limits: { beta: { expected: 'a number above 0', holds: (value: number) => value > 0 } },
  prepare: (inputs: readonly unknown[], names: readonly string[]) => sameDType(sameShape(inputs, names), names),
} as const;

/** Smooth L1: quadratic for small errors, linear for large ones. */
export const smoothL1 = {
  op: 'smooth_l1_loss',
  formula: 'd = input - target\nloss = 0.5 d² / beta where |d| < beta, else |d| - 0.5 beta',
  tex: [
    String.raw`d=x-y`,
    String.raw`\ell=\begin{cases}\tfrac12 d^2/\beta&\lvert d\rvert<\beta\\\lvert d\rvert-\tfrac12\beta&\text{otherwise}\end{cases}`,
  ],
  use: 'Use it for regression with outliers, such as bounding boxes: its slope stays 1 for large errors, whatever `beta` is.',
  avoid:
    'If large errors should cost more, use `MSELoss`; if the slope should grow with the threshold, use `HuberLoss`.',
  paper: { title: 'Girshick, Fast R-CNN, 2015', url: 'https://arxiv.org/abs/1504.08083' },
  params: { reduction: reduction(), beta: real(1) },
  versions: [
    {
      namespaces: MINDSPORE,
      releases: 'MindSpore 2.5 and newer',
      note: "beta may be an int or a bool, and 0 on Ascend; on the CPU and Ascend the dtypes may differ; the reduction still defaults to 'none'",
    },
    {
      namespaces: ['mindspore.ops'],
      releases: 'MindSpore 2.9',
      note: "announces that after 2.9 the order and the defaults of beta and reduction change; the documentation of 2.11 still has beta=1.0 and then reduction='none'",
    },
  ],
  namespaces: {
    'torch.nn': { name: 'SmoothL1Loss', inputs: ['input', 'target'], options: torchOptions },
    'torch.nn.functional': { name: 'smooth_l1_loss', inputs: ['input', 'target'], options: torchOptions },
    'mindspore.nn': { name: 'SmoothL1Loss', inputs: ['logits', 'labels'], ...mindspore },
    'mindspore.ops': { name: 'smooth_l1_loss', inputs: ['input', 'target'], ...mindspore },
  },
  deviations: [
    {
      about: 'beta given as an integer',
      torch: 'accepted: JavaScript has one number type',
      mindspore: 'TypeError before 2.6',
    },
    ...composed,
  ],
} satisfies LossRow<SmoothL1Options>;
