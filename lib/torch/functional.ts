/** `torch.nn.functional`: the losses as functions, and the operators that code around losses needs. */
import { checkOptions } from '../addon/arguments.js';
import { dispatchTensor } from '../tensor/dispatch.js';
import { type LossFunction, lossFunction } from '../loss/call.js';
import { type BCEFunction, bce } from '../losses/bce.js';
import { type BCEWithLogitsFunction, bceWithLogits } from '../losses/bce_with_logits.js';
import { type CosineEmbeddingFunction, cosineEmbedding } from '../losses/cosine_embedding.js';
import { type CrossEntropyFunction, crossEntropy } from '../losses/cross_entropy.js';
import { type CTCFunction, ctc } from '../losses/ctc.js';
import { type GaussianNLLFunction, gaussianNLL } from '../losses/gaussian_nll.js';
import { type HingeEmbeddingFunction, hingeEmbedding } from '../losses/hinge_embedding.js';
import { type HuberFunction, huber } from '../losses/huber.js';
import { type KLDivFunction, klDiv } from '../losses/kl_div.js';
import { type L1Function, l1 } from '../losses/l1.js';
import { type MarginRankingFunction, marginRanking } from '../losses/margin_ranking.js';
import { type MSEFunction, mse } from '../losses/mse.js';
import { type MultiLabelMarginFunction, multiLabelMargin } from '../losses/multi_label_margin.js';
import { type MultiLabelSoftMarginFunction, multiLabelSoftMargin } from '../losses/multi_label_soft_margin.js';
import { type MultiMarginFunction, multiMargin } from '../losses/multi_margin.js';
import { type NLLFunction, nll } from '../losses/nll.js';
import { type PoissonNLLFunction, poissonNLL } from '../losses/poisson_nll.js';
import { type SmoothL1Function, smoothL1 } from '../losses/smooth_l1.js';
import { type SoftMarginFunction, softMargin } from '../losses/soft_margin.js';
import { type TripletMarginFunction, tripletMargin } from '../losses/triplet_margin.js';
import {
  type TripletMarginWithDistanceFunction,
  tripletMarginWithDistance,
} from '../losses/triplet_margin_with_distance.js';
import type { Conv, Embedding, Linear } from '../tensor/shapes.js';
import { Tensor } from '../tensor/tensor.js';
import type { Float, Shape } from '../base/types.js';

const namespace = 'torch.nn.functional';

export const cross_entropy: LossFunction<CrossEntropyFunction, CrossEntropyFunction<'async'>> = lossFunction(
  crossEntropy,
  namespace,
);
export const ctc_loss: LossFunction<CTCFunction, CTCFunction<'async'>> = lossFunction(ctc, namespace);
export const kl_div: LossFunction<KLDivFunction, KLDivFunction<'async'>> = lossFunction(klDiv, namespace);
export const binary_cross_entropy_with_logits: LossFunction<
  BCEWithLogitsFunction,
  BCEWithLogitsFunction<'async'>
> = lossFunction(bceWithLogits, namespace);
export const nll_loss: LossFunction<NLLFunction, NLLFunction<'async'>> = lossFunction(nll, namespace);
export const binary_cross_entropy: LossFunction<BCEFunction, BCEFunction<'async'>> = lossFunction(bce, namespace);
export const multilabel_margin_loss: LossFunction<
  MultiLabelMarginFunction,
  MultiLabelMarginFunction<'async'>
> = lossFunction(multiLabelMargin, namespace);
export const multilabel_soft_margin_loss: LossFunction<
  MultiLabelSoftMarginFunction,
  MultiLabelSoftMarginFunction<'async'>
> = lossFunction(multiLabelSoftMargin, namespace);
export const multi_margin_loss: LossFunction<MultiMarginFunction, MultiMarginFunction<'async'>> = lossFunction(
  multiMargin,
  namespace,
);
export const cosine_embedding_loss: LossFunction<
  CosineEmbeddingFunction,
  CosineEmbeddingFunction<'async'>
> = lossFunction(cosineEmbedding, namespace);
export const triplet_margin_loss: LossFunction<TripletMarginFunction, TripletMarginFunction<'async'>> = lossFunction(
  tripletMargin,
  namespace,
);
export const smooth_l1_loss: LossFunction<SmoothL1Function, SmoothL1Function<'async'>> = lossFunction(
  smoothL1,
  namespace,
);
export const triplet_margin_with_distance_loss: LossFunction<
  TripletMarginWithDistanceFunction,
  TripletMarginWithDistanceFunction<'async'>
> = lossFunction(tripletMarginWithDistance, namespace);
export const l1_loss: LossFunction<L1Function, L1Function<'async'>> = lossFunction(l1, namespace);
export const mse_loss: LossFunction<MSEFunction, MSEFunction<'async'>> = lossFunction(mse, namespace);
export const huber_loss: LossFunction<HuberFunction, HuberFunction<'async'>> = lossFunction(huber, namespace);
export const soft_margin_loss: LossFunction<SoftMarginFunction, SoftMarginFunction<'async'>> = lossFunction(
  softMargin,
  namespace,
);
export const hinge_embedding_loss: LossFunction<HingeEmbeddingFunction, HingeEmbeddingFunction<'async'>> = lossFunction(
  hingeEmbedding,
  namespace,
);
export const margin_ranking_loss: LossFunction<MarginRankingFunction, MarginRankingFunction<'async'>> = lossFunction(
  marginRanking,
  namespace,
);
export const poisson_nll_loss: LossFunction<PoissonNLLFunction, PoissonNLLFunction<'async'>> = lossFunction(
  poissonNLL,
  namespace,
);
export const gaussian_nll_loss: LossFunction<GaussianNLLFunction, GaussianNLLFunction<'async'>> = lossFunction(
  gaussianNLL,
  namespace,
);

/** What functions of floating tensors take. It is not taken apart, so that `any` stays what it is. */
type FloatTensor = Tensor<Shape, Float>;
/** A tensor of the same shape and dtype. */
type Like<T extends Tensor> = Tensor<T['shape'], T['dtype']>;

/** Exponentials normalised to sum to 1 over `dim`. */
export function softmax<T extends FloatTensor>(input: T, options: { dim: number }): Like<T> {
  checkOptions(options, ['dim']);
  return new Tensor(dispatchTensor('softmax', [input, options.dim]));
}

/** The logarithm of {@link softmax}, computed stably. */
export function log_softmax<T extends FloatTensor>(input: T, options: { dim: number }): Like<T> {
  checkOptions(options, ['dim']);
  return new Tensor(dispatchTensor('log_softmax', [input, options.dim]));
}

/** `1 / (1 + exp(-x))` of each element. */
export function sigmoid<T extends FloatTensor>(input: T): Like<T> {
  return new Tensor(dispatchTensor('sigmoid', [input]));
}

/** `max(x, 0)` of each element. */
export function relu<T extends Tensor>(input: T): Like<T> {
  return new Tensor(dispatchTensor('relu', [input]));
}

/**
 * `input` times the transpose of `weight`, plus `bias`.
 *
 * @param input - of shape `[..., in]`
 * @param weight - of shape `[out, in]`
 * @param bias - of shape `[out]`, or `null`
 */
export function linear<T extends FloatTensor, W extends Tensor<Shape, T['dtype']>>(
  input: T,
  weight: W,
  bias: Tensor<Shape, T['dtype']> | null = null,
): Tensor<Linear<T['shape'], W['shape']>, T['dtype']> {
  return new Tensor(dispatchTensor('linear', [input, weight, bias]));
}

/** Options of {@link conv2d}: one number for both dimensions or one each. */
export interface Conv2dOptions {
  /** The step of the kernel. Default 1. */
  stride?: number | readonly number[] | undefined;
  /** How many zeros are put around the input. Default 0. */
  padding?: number | readonly number[] | undefined;
  /** The step between the kernel's elements. Default 1. */
  dilation?: number | readonly number[] | undefined;
  /** Into how many groups the channels are split. Default 1. */
  groups?: number | undefined;
}

/**
 * A convolution over images.
 *
 * @param input - of shape `[N, in, H, W]`
 * @param weight - of shape `[out, in / groups, h, w]`
 * @param bias - of shape `[out]`, or `null`
 */
export function conv2d<T extends FloatTensor, W extends Tensor<Shape, T['dtype']>>(
  input: T,
  weight: W,
  bias: Tensor<Shape, T['dtype']> | null = null,
  options: Conv2dOptions = {},
): Tensor<Conv<T['shape'], W['shape']>, T['dtype']> {
  checkOptions(options, ['stride', 'padding', 'dilation', 'groups']);
  return new Tensor(dispatchTensor('conv2d', [input, weight, bias], options));
}

/**
 * The rows of a table.
 *
 * @param input - indices of any shape, int32 or int64
 * @param weight - the table, of shape `[rows, width]`
 */
export function embedding<T extends Tensor<Shape, 'int32' | 'int64'>, W extends FloatTensor>(
  input: T,
  weight: W,
): Tensor<Embedding<T['shape'], W['shape']>, W['dtype']> {
  return new Tensor(dispatchTensor('embedding', [weight, input]));
}

/**
 * The `p`-norm of the difference of rows, over the last dimension.
 *
 * @param options - `p` (default 2), `eps`, which is added to the difference (default 1e-6), `keepdim` (default false)
 */
export function pairwise_distance<D extends Float>(
  x1: Tensor<Shape, D>,
  x2: Tensor<Shape, D>,
  options: { p?: number; eps?: number; keepdim?: boolean } = {},
): Tensor<Shape, D> {
  checkOptions(options, ['p', 'eps', 'keepdim']);
  const { p = 2, eps = 1e-6, keepdim = false } = options;
  return new Tensor(dispatchTensor('pairwise_distance', [x1, x2, p, eps, keepdim]));
}

/**
 * The cosine of the angle between vectors.
 *
 * @param options - `dim`, along which the vectors lie (default 1), `eps`, the least norm that counts (default 1e-8)
 */
export function cosine_similarity<D extends Float>(
  x1: Tensor<Shape, D>,
  x2: Tensor<Shape, D>,
  options: { dim?: number; eps?: number } = {},
): Tensor<Shape, D> {
  checkOptions(options, ['dim', 'eps']);
  const { dim = 1, eps = 1e-8 } = options;
  return new Tensor(dispatchTensor('cosine_similarity', [x1, x2, dim, eps]));
}
