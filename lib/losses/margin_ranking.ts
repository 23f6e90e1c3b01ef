import { CHANGES } from '../addon/versions.js';
import type { LegacyOptions, LossRow } from '../loss/row.js';
import { real, reduction } from '../loss/params.js';
import { MINDSPORE } from './releases.js';
import type { LikeOrOne, Promoted, PromotedBy } from '../tensor/shapes.js';
import type { Tensor } from '../tensor/tensor.js';
import type { Float, Integer, Shape } from '../base/types.js';
import type { AsyncRest, CallOptions, Mode, Outcome, Reduced, Reduction } from '../loss/call_types.js';
import { sameDType } from './checks.js';
import { composed, inFloat32, isStopped, isTie } from './deviations.js';

/** Options of the margin ranking loss in MindSpore's namespaces. `R` is the reduction. */
export interface MindSporeMarginRankingOptions<R extends Reduction = Reduction> {
  /** By how much the higher score has to lead. Default 0. */
  margin?: number | undefined;
  /** How the losses of the pairs are reduced. Default `'mean'`. */
  reduction?: R | undefined;
}

/** Options of the margin ranking loss in PyTorch's namespaces. `R` is the reduction. */
export interface MarginRankingOptions<R extends Reduction = Reduction>
  extends MindSporeMarginRankingOptions<R>,
    LegacyOptions {}

/** Calls a margin ranking loss with the options of the constructor. */
export interface MarginRankingForward<R extends Reduction, A extends Mode = 'sync'> {
  /**
   * The margin ranking loss: `max(0, margin - target (input1 - input2))`.
   *
   * @param input1 - scores of any shape, in a floating dtype
   * @param input2 - the scores to compare with, in a floating dtype, in the shape of `input1` or broadcastable to it
   * @param target - 1 if `input1` should be higher, -1 if `input2` should; in any dtype, in the shape of `input1` or
   *   broadcastable to it
   * @returns the loss in the promoted dtype of `input1`, `input2` and `target`: a scalar, or one value per pair with
   *   reduction `'none'`
   * @throws TorchError if the numbers of dimensions differ or the sizes do not broadcast
   */
  <S extends Shape, T extends Shape, U extends Shape, D extends Float, E extends Float, F extends Float | Integer>(
    input1: Tensor<S, D>,
    input2: Tensor<LikeOrOne<S, T>, E>,
    target: Tensor<LikeOrOne<S, U>, F>,
    ...options: AsyncRest<A>
  ): Outcome<A, Tensor<Reduced<S, R>, PromotedBy<Promoted<D, E>, F>>>;
}

/** Calls MindSpore's margin ranking loss with the options of the constructor. */
export interface MindSporeMarginRankingForward<R extends Reduction, A extends Mode = 'sync'> {
  /**
   * The margin ranking loss: `max(0, margin - target (input1 - input2))`.
   *
   * @param input1 - scores of any shape, in a floating dtype
   * @param input2 - the scores to compare with, in the dtype and shape of `input1` or broadcastable to it
   * @param target - 1 if `input1` should be higher, -1 if `input2` should; in the dtype and shape of `input1` or
   *   broadcastable to it
   * @returns the loss in the dtype of `input1`: a scalar, or one value per pair with reduction `'none'`
   * @throws TypeError if the dtypes differ
   * @throws TorchError if the numbers of dimensions differ or the sizes do not broadcast
   */
  <S extends Shape, T extends Shape, U extends Shape, D extends Float>(
    input1: Tensor<S, D>,
    input2: Tensor<LikeOrOne<S, T>, NoInfer<D>>,
    target: Tensor<LikeOrOne<S, U>, NoInfer<D>>,
    ...options: AsyncRest<A>
  ): Outcome<A, Tensor<Reduced<S, R>, D>>;
}

/** `torch.nn.functional.margin_ranking_loss`. */
export interface MarginRankingFunction<A extends Mode = 'sync'> {
  /**
   * The margin ranking loss: `max(0, margin - target (input1 - input2))`.
   *
   * @param input1 - scores of any shape, in a floating dtype
   * @param input2 - the scores to compare with, in a floating dtype, in the shape of `input1` or broadcastable to it
   * @param target - 1 if `input1` should be higher, -1 if `input2` should; in any dtype, in the shape of `input1` or
   *   broadcastable to it
   * @param options - `margin`, `reduction`
   * @returns the loss in the promoted dtype of `input1`, `input2` and `target`: a scalar, or one value per pair with
   *   reduction `'none'`
   * @throws TorchError if the numbers of dimensions differ or the sizes do not broadcast
   * @example
   * ```ts
   * const input1 = torch.tensor([2, 3, 1]);
   * const input2 = torch.tensor([1, 5, 0.5]);
   * const target = torch.tensor([1, 1, -1]);
   * const options = { margin: 0.5, reduction: 'none' } as const;
   * torch.nn.functional.margin_ranking_loss(input1, input2, target, options).tolist();   // [0, 2.5, 1]
   * ```
   */
  <
    S extends Shape,
    T extends Shape,
    U extends Shape,
    D extends Float,
    E extends Float,
    F extends Float | Integer,
    R extends Reduction = 'mean',
  >(
    input1: Tensor<S, D>,
    input2: Tensor<LikeOrOne<S, T>, E>,
    target: Tensor<LikeOrOne<S, U>, F>,
    options?: CallOptions<A, MarginRankingOptions<R>>,
  ): Outcome<A, Tensor<Reduced<S, R>, PromotedBy<Promoted<D, E>, F>>>;
}

/** `mindspore.ops.margin_ranking_loss`. */
export interface MindSporeMarginRankingFunction<A extends Mode = 'sync'> {
  /**
   * The margin ranking loss: `max(0, margin - target (input1 - input2))`.
   *
   * @param input1 - scores of any shape, in a floating dtype
   * @param input2 - the scores to compare with, in the dtype and shape of `input1` or broadcastable to it
   * @param target - 1 if `input1` should be higher, -1 if `input2` should; in the dtype and shape of `input1` or
   *   broadcastable to it
   * @param options - `margin`, `reduction`
   * @returns the loss in the dtype of `input1`: a scalar, or one value per pair with reduction `'none'`
   * @throws TypeError if the dtypes differ
   * @throws TorchError if the numbers of dimensions differ or the sizes do not broadcast
   */
  <S extends Shape, T extends Shape, U extends Shape, D extends Float, R extends Reduction = 'mean'>(
    input1: Tensor<S, D>,
    input2: Tensor<LikeOrOne<S, T>, NoInfer<D>>,
    target: Tensor<LikeOrOne<S, U>, NoInfer<D>>,
    options?: CallOptions<A, MindSporeMarginRankingOptions<R>>,
  ): Outcome<A, Tensor<Reduced<S, R>, D>>;
}

const inputs = ['input1', 'input2', 'target'] as const;
const torchOptions = ['margin', 'size_average', 'reduce', 'reduction'] as const;
const mindspore = { inputs, options: ['margin', 'reduction'], prepare: sameDType } as const;

/** Margin ranking loss: one score of a pair should exceed the other. */
export const marginRanking = {
  op: 'margin_ranking_loss',
  formula: 'loss = max(0, -target (input1 - input2) + margin)',
  tex: [String.raw`\ell=\max\bigl(0,\,-y\,(x_1-x_2)+\text{margin}\bigr)`],
  use: 'Use it to learn to rank when you know which of two items should score higher.',
  avoid: 'It says nothing about the scores themselves: use a regression loss if the target values are known.',
  params: { margin: real(0), reduction: reduction() },
  versions: [
    {
      namespaces: MINDSPORE,
      releases: 'MindSpore 2.0',
      note: 'different shapes are a ValueError; 2.3 checks the dtypes only, though its documentation still lists that error',
    },
  ],
  namespaces: {
    'torch.nn': { name: 'MarginRankingLoss', inputs, options: torchOptions },
    'torch.nn.functional': { name: 'margin_ranking_loss', inputs, options: torchOptions },
    'mindspore.nn': { name: 'MarginRankingLoss', ...mindspore },
    'mindspore.ops': { name: 'margin_ranking_loss', ...mindspore },
  },
  deviations: [
    {
      about: 'float64',
      torch: 'full precision: a loss of 0.1 stays 0.1',
      mindspore: 'cast to float32 and back for every reduction: 0.10000000149011612',
      examples: [
        {
          dtype: 'float64',
          inputs: [[0], [0.1], [1]],
          options: { reduction: 'none' },
          torch: [0.1],
          mindspore: [0.10000000149011612],
        },
      ],
      explains: inFloat32,
    },
    { about: 'margin given as an integer', torch: 'accepted: JavaScript has one number type', mindspore: 'TypeError' },
    {
      about: 'different numbers of dimensions',
      torch: 'a TorchError',
      mindspore: 'broadcast by 2.3, a ValueError in 2.0',
    },
    {
      about: 'the gradient where target (input1 - input2) is exactly margin',
      torch: `that of the part above 0; 0 with LibTorch ${CHANGES.clampStopsAtBound} and newer`,
      mindspore: 'that of the part above 0',
      explains: (call) =>
        isStopped(call, ([first = 0], [second = 0], [target = 0]) =>
          isTie(target * (first - second), Number(call.options.margin ?? 0)) ? Math.abs(target) : 0,
        ),
    },
    ...composed,
  ],
} satisfies LossRow<MarginRankingOptions>;
