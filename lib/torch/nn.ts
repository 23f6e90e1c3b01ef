/** `torch.nn`: modules, layers, and the losses as classes. Call an instance like a function. */
export * from '../nn/index.js';
export * as functional from './functional.js';
export * as parallel from '../c10d/parallel.js';
export { LinearCrossEntropyLoss } from '../losses/linear_cross_entropy_loss.js';
export { LinearCrossEntropyOptions } from '../losses/linear_cross_entropy_options.js';

import { Loss } from '../loss/call.js';
import { type BCEForward, type BCEOptions, bce } from '../losses/bce.js';
import { type BCEWithLogitsForward, type BCEWithLogitsOptions, bceWithLogits } from '../losses/bce_with_logits.js';
import {
  type CosineEmbeddingForward,
  type CosineEmbeddingOptions,
  cosineEmbedding,
} from '../losses/cosine_embedding.js';
import { type CrossEntropyForward, type CrossEntropyOptions, crossEntropy } from '../losses/cross_entropy.js';
import { type CTCForward, type CTCOptions, ctc } from '../losses/ctc.js';
import { type GaussianNLLForward, type GaussianNLLOptions, gaussianNLL } from '../losses/gaussian_nll.js';
import { type HingeEmbeddingForward, type HingeEmbeddingOptions, hingeEmbedding } from '../losses/hinge_embedding.js';
import { type HuberForward, type HuberOptions, huber } from '../losses/huber.js';
import { type KLDivForward, type KLDivOptions, klDiv } from '../losses/kl_div.js';
import { type L1Forward, type L1Options, l1 } from '../losses/l1.js';
import { type MarginRankingForward, type MarginRankingOptions, marginRanking } from '../losses/margin_ranking.js';
import { type MSEForward, type MSEOptions, mse } from '../losses/mse.js';
import {
  type MultiLabelMarginForward,
  type MultiLabelMarginOptions,
  multiLabelMargin,
} from '../losses/multi_label_margin.js';
import {
  type MultiLabelSoftMarginForward,
  type MultiLabelSoftMarginOptions,
  multiLabelSoftMargin,
} from '../losses/multi_label_soft_margin.js';
import { type MultiMarginForward, type MultiMarginOptions, multiMargin } from '../losses/multi_margin.js';
import { type NLLForward, type NLLOptions, nll } from '../losses/nll.js';
import { type PoissonNLLForward, type PoissonNLLOptions, poissonNLL } from '../losses/poisson_nll.js';
import { type SmoothL1Forward, type SmoothL1Options, smoothL1 } from '../losses/smooth_l1.js';
import { type SoftMarginForward, type SoftMarginOptions, softMargin } from '../losses/soft_margin.js';
import { type TripletMarginForward, type TripletMarginOptions, tripletMargin } from '../losses/triplet_margin.js';
import {
  type TripletMarginWithDistanceForward,
  type TripletMarginWithDistanceOptions,
  tripletMarginWithDistance,
} from '../losses/triplet_margin_with_distance.js';
import type { Shape } from '../base/types.js';
import type { KLDivReduction, Reduction } from '../loss/call_types.js';

/** The base class of the losses of `torch.nn`. */
abstract class TorchLoss<O extends object> extends Loss<O> {
  protected static override readonly namespace = 'torch.nn';
}

/** Cross entropy of logits; see {@link CrossEntropyForward} for the call. */
export class CrossEntropyLoss<R extends Reduction = 'mean', C extends number = number> extends TorchLoss<
  CrossEntropyOptions<C, R>
> {
  protected static override readonly row = crossEntropy;
  declare readonly forward: CrossEntropyForward<R, C>;
  declare readonly async: CrossEntropyForward<R, C, 'async'>;
}
export interface CrossEntropyLoss<R extends Reduction, C extends number> extends CrossEntropyForward<R, C> {}

/** Connectionist temporal classification; see {@link CTCForward} for the call. */
export class CTCLoss<R extends Reduction = 'mean'> extends TorchLoss<CTCOptions<R>> {
  protected static override readonly row = ctc;
  declare readonly forward: CTCForward<R>;
  declare readonly async: CTCForward<R, 'async'>;
}
export interface CTCLoss<R extends Reduction> extends CTCForward<R> {}

/** The Kullback-Leibler divergence of two distributions; see {@link KLDivForward} for the call. */
export class KLDivLoss<R extends KLDivReduction = 'mean'> extends TorchLoss<KLDivOptions<R>> {
  protected static override readonly row = klDiv;
  declare readonly forward: KLDivForward<R>;
  declare readonly async: KLDivForward<R, 'async'>;
}
export interface KLDivLoss<R extends KLDivReduction> extends KLDivForward<R> {}

/** Binary cross entropy of logits; see {@link BCEWithLogitsForward} for the call. */
export class BCEWithLogitsLoss<R extends Reduction = 'mean'> extends TorchLoss<BCEWithLogitsOptions<R>> {
  protected static override readonly row = bceWithLogits;
  declare readonly forward: BCEWithLogitsForward<R>;
  declare readonly async: BCEWithLogitsForward<R, 'async'>;
}
export interface BCEWithLogitsLoss<R extends Reduction> extends BCEWithLogitsForward<R> {}

/** Smooth L1; see {@link SmoothL1Forward} for the call. */
export class SmoothL1Loss<R extends Reduction = 'mean'> extends TorchLoss<SmoothL1Options<R>> {
  protected static override readonly row = smoothL1;
  declare readonly forward: SmoothL1Forward<R>;
  declare readonly async: SmoothL1Forward<R, 'async'>;
}
export interface SmoothL1Loss<R extends Reduction> extends SmoothL1Forward<R> {}

/** The triplet loss with your own distance function; see {@link TripletMarginWithDistanceForward} for the call. */
export class TripletMarginWithDistanceLoss<R extends Reduction = 'mean', T extends Shape = never> extends TorchLoss<
  TripletMarginWithDistanceOptions<R, T>
> {
  protected static override readonly row = tripletMarginWithDistance;
  declare readonly forward: TripletMarginWithDistanceForward<R, T>;
  declare readonly async: TripletMarginWithDistanceForward<R, T, 'async'>;
}
export interface TripletMarginWithDistanceLoss<R extends Reduction, T extends Shape>
  extends TripletMarginWithDistanceForward<R, T> {}

/** Mean absolute error; see {@link L1Forward} for the call. */
export class L1Loss<R extends Reduction = 'mean'> extends TorchLoss<L1Options<R>> {
  protected static override readonly row = l1;
  declare readonly forward: L1Forward<R>;
  declare readonly async: L1Forward<R, 'async'>;
}
export interface L1Loss<R extends Reduction> extends L1Forward<R> {}

/** Mean squared error; see {@link MSEForward} for the call. */
export class MSELoss<R extends Reduction = 'mean'> extends TorchLoss<MSEOptions<R>> {
  protected static override readonly row = mse;
  declare readonly forward: MSEForward<R>;
  declare readonly async: MSEForward<R, 'async'>;
}
export interface MSELoss<R extends Reduction> extends MSEForward<R> {}

/** The Huber loss: quadratic for small errors, linear for large ones; see {@link HuberForward} for the call. */
export class HuberLoss<R extends Reduction = 'mean'> extends TorchLoss<HuberOptions<R>> {
  protected static override readonly row = huber;
  declare readonly forward: HuberForward<R>;
  declare readonly async: HuberForward<R, 'async'>;
}
export interface HuberLoss<R extends Reduction> extends HuberForward<R> {}

/** The logistic loss of two classes, 1 and -1; see {@link SoftMarginForward} for the call. */
export class SoftMarginLoss<R extends Reduction = 'mean'> extends TorchLoss<SoftMarginOptions<R>> {
  protected static override readonly row = softMargin;
  declare readonly forward: SoftMarginForward<R>;
  declare readonly async: SoftMarginForward<R, 'async'>;
}
export interface SoftMarginLoss<R extends Reduction> extends SoftMarginForward<R> {}

/** The hinge loss of distances between pairs; see {@link HingeEmbeddingForward} for the call. */
export class HingeEmbeddingLoss<R extends Reduction = 'mean'> extends TorchLoss<HingeEmbeddingOptions<R>> {
  protected static override readonly row = hingeEmbedding;
  declare readonly forward: HingeEmbeddingForward<R>;
  declare readonly async: HingeEmbeddingForward<R, 'async'>;
}
export interface HingeEmbeddingLoss<R extends Reduction> extends HingeEmbeddingForward<R> {}

/** The margin ranking loss of pairs of scores; see {@link MarginRankingForward} for the call. */
export class MarginRankingLoss<R extends Reduction = 'mean'> extends TorchLoss<MarginRankingOptions<R>> {
  protected static override readonly row = marginRanking;
  declare readonly forward: MarginRankingForward<R>;
  declare readonly async: MarginRankingForward<R, 'async'>;
}
export interface MarginRankingLoss<R extends Reduction> extends MarginRankingForward<R> {}

/** The negative log-likelihood of counts under Poisson distributions; see {@link PoissonNLLForward} for the call. */
export class PoissonNLLLoss<R extends Reduction = 'mean'> extends TorchLoss<PoissonNLLOptions<R>> {
  protected static override readonly row = poissonNLL;
  declare readonly forward: PoissonNLLForward<R>;
  declare readonly async: PoissonNLLForward<R, 'async'>;
}
export interface PoissonNLLLoss<R extends Reduction> extends PoissonNLLForward<R> {}

/** The negative log-likelihood of values under normal distributions; see {@link GaussianNLLForward} for the call. */
export class GaussianNLLLoss<R extends Reduction = 'mean'> extends TorchLoss<GaussianNLLOptions<R>> {
  protected static override readonly row = gaussianNLL;
  declare readonly forward: GaussianNLLForward<R>;
  declare readonly async: GaussianNLLForward<R, 'async'>;
}
export interface GaussianNLLLoss<R extends Reduction> extends GaussianNLLForward<R> {}

/** The negative log-likelihood of class indices; see {@link NLLForward} for the call. */
export class NLLLoss<R extends Reduction = 'mean', C extends number = number> extends TorchLoss<NLLOptions<C, R>> {
  protected static override readonly row = nll;
  declare readonly forward: NLLForward<R, C>;
  declare readonly async: NLLForward<R, C, 'async'>;
}
export interface NLLLoss<R extends Reduction, C extends number> extends NLLForward<R, C> {}

/** Binary cross entropy of probabilities; see {@link BCEForward} for the call. */
export class BCELoss<R extends Reduction = 'mean'> extends TorchLoss<BCEOptions<R>> {
  protected static override readonly row = bce;
  declare readonly forward: BCEForward<R>;
  declare readonly async: BCEForward<R, 'async'>;
}
export interface BCELoss<R extends Reduction> extends BCEForward<R> {}

/** The multi-label margin loss; see {@link MultiLabelMarginForward} for the call. */
export class MultiLabelMarginLoss<R extends Reduction = 'mean'> extends TorchLoss<MultiLabelMarginOptions<R>> {
  protected static override readonly row = multiLabelMargin;
  declare readonly forward: MultiLabelMarginForward<R>;
  declare readonly async: MultiLabelMarginForward<R, 'async'>;
}
export interface MultiLabelMarginLoss<R extends Reduction> extends MultiLabelMarginForward<R> {}

/** Binary cross entropy of scores, averaged over the classes; see {@link MultiLabelSoftMarginForward} for the call. */
export class MultiLabelSoftMarginLoss<R extends Reduction = 'mean'> extends TorchLoss<MultiLabelSoftMarginOptions<R>> {
  protected static override readonly row = multiLabelSoftMargin;
  declare readonly forward: MultiLabelSoftMarginForward<R>;
  declare readonly async: MultiLabelSoftMarginForward<R, 'async'>;
}
export interface MultiLabelSoftMarginLoss<R extends Reduction> extends MultiLabelSoftMarginForward<R> {}

/** The multi-class margin loss; see {@link MultiMarginForward} for the call. */
export class MultiMarginLoss<R extends Reduction = 'mean', C extends number = number> extends TorchLoss<
  MultiMarginOptions<C, R>
> {
  protected static override readonly row = multiMargin;
  declare readonly forward: MultiMarginForward<R, C>;
  declare readonly async: MultiMarginForward<R, C, 'async'>;
}
export interface MultiMarginLoss<R extends Reduction, C extends number> extends MultiMarginForward<R, C> {}

/** The cosine embedding loss of pairs of vectors; see {@link CosineEmbeddingForward} for the call. */
export class CosineEmbeddingLoss<R extends Reduction = 'mean'> extends TorchLoss<CosineEmbeddingOptions<R>> {
  protected static override readonly row = cosineEmbedding;
  declare readonly forward: CosineEmbeddingForward<R>;
  declare readonly async: CosineEmbeddingForward<R, 'async'>;
}
export interface CosineEmbeddingLoss<R extends Reduction> extends CosineEmbeddingForward<R> {}

/** The triplet loss with a p-norm as the distance; see {@link TripletMarginForward} for the call. */
export class TripletMarginLoss<R extends Reduction = 'mean'> extends TorchLoss<TripletMarginOptions<R>> {
  protected static override readonly row = tripletMargin;
  declare readonly forward: TripletMarginForward<R>;
  declare readonly async: TripletMarginForward<R, 'async'>;
}
export interface TripletMarginLoss<R extends Reduction> extends TripletMarginForward<R> {}
