/** `mindspore.nn`: the losses as classes, with MindSpore's names, defaults and checks. Call an instance like a function. */
import { isTensor } from '../addon/handle.js';
import { describe } from '../base/errors.js';
import { Loss } from '../loss/call.js';
import { bce, type MindSporeBCEForward, type MindSporeBCEOptions } from '../losses/bce.js';
import {
  bceWithLogits,
  type MindSporeBCEWithLogitsForward,
  type MindSporeBCEWithLogitsOptions,
} from '../losses/bce_with_logits.js';
import {
  cosineEmbedding,
  type MindSporeCosineEmbeddingForward,
  type MindSporeCosineEmbeddingOptions,
} from '../losses/cosine_embedding.js';
import {
  crossEntropy,
  type MindSporeCrossEntropyForward,
  type MindSporeCrossEntropyOptions,
} from '../losses/cross_entropy.js';
import { type CTCOptions, ctc, type MindSporeCTCForward } from '../losses/ctc.js';
import { type GaussianNLLOptions, gaussianNLL, type MindSporeGaussianNLLForward } from '../losses/gaussian_nll.js';
import {
  hingeEmbedding,
  type MindSporeHingeEmbeddingForward,
  type MindSporeHingeEmbeddingOptions,
} from '../losses/hinge_embedding.js';
import { type HuberOptions, huber, type MindSporeHuberForward } from '../losses/huber.js';
import { klDiv, type MindSporeKLDivForward, type MindSporeKLDivOptions } from '../losses/kl_div.js';
import { l1, type MindSporeL1Forward, type MindSporeL1Options } from '../losses/l1.js';
import {
  type MindSporeMarginRankingForward,
  type MindSporeMarginRankingOptions,
  marginRanking,
} from '../losses/margin_ranking.js';
import { type MindSporeMSEForward, type MindSporeMSEOptions, mse } from '../losses/mse.js';
import {
  type MindSporeMultiLabelMarginForward,
  type MindSporeMultiLabelMarginOptions,
  multiLabelMargin,
} from '../losses/multi_label_margin.js';
import {
  type MindSporeMultiLabelSoftMarginForward,
  type MindSporeMultiLabelSoftMarginOptions,
  multiLabelSoftMargin,
} from '../losses/multi_label_soft_margin.js';
import {
  type MindSporeMultiMarginForward,
  type MindSporeMultiMarginOptions,
  multiMargin,
} from '../losses/multi_margin.js';
import { type MindSporeNLLForward, type MindSporeNLLOptions, nll } from '../losses/nll.js';
import { type MindSporePoissonNLLForward, type MindSporePoissonNLLOptions, poissonNLL } from '../losses/poisson_nll.js';
import { type DiceForward, type DiceOptions, dice } from '../losses/mindspore/dice.js';
import { type FocalForward, type FocalOptions, focal } from '../losses/mindspore/focal.js';
import { type MAEForward, type MAEOptions, mae } from '../losses/mindspore/mae.js';
import {
  type MultiClassDiceForward,
  type MultiClassDiceOptions,
  multiClassDice,
} from '../losses/mindspore/multi_class_dice.js';
import { type RMSEForward, type RMSEOptions, rmse } from '../losses/mindspore/rmse.js';
import {
  type SampledSoftmaxForward,
  type SampledSoftmaxOptions,
  sampledSoftmax,
} from '../losses/mindspore/sampled_softmax.js';
import {
  type SoftmaxCrossEntropyWithLogitsForward,
  type SoftmaxCrossEntropyWithLogitsOptions,
  softmaxCrossEntropyWithLogits,
} from '../losses/mindspore/softmax_cross_entropy_with_logits.js';
import { type MindSporeSmoothL1Forward, type MindSporeSmoothL1Options, smoothL1 } from '../losses/smooth_l1.js';
import { type MindSporeSoftMarginForward, type MindSporeSoftMarginOptions, softMargin } from '../losses/soft_margin.js';
import {
  type MindSporeTripletMarginForward,
  type MindSporeTripletMarginOptions,
  tripletMargin,
} from '../losses/triplet_margin.js';
import {
  type MindSporeTripletMarginWithDistanceForward,
  type TripletMarginWithDistanceOptions,
  tripletMarginWithDistance,
} from '../losses/triplet_margin_with_distance.js';
import type { Shape } from '../base/types.js';
import type { KLDivReduction, OwnOptions as Own, Reduction } from '../loss/call_types.js';

/** The base class of the losses of `mindspore.nn`. */
abstract class MindSporeLoss<O extends object> extends Loss<O> {
  protected static override readonly namespace = 'mindspore.nn';

  /** The class and its given options. */
  override toString(): string {
    const options = Object.entries(this.options).map(([name, value]) => `${name}=${shown(value)}`);
    return `${this.constructor.name}(${options.join(', ')})`;
  }
}

/** An option as text. An option that a deprecated one overrides may have any value. */
function shown(value: unknown): string {
  const isOdd = typeof value === 'symbol' || (typeof value === 'object' && value !== null && !isTensor(value));
  return isOdd || typeof value === 'string' ? describe(value) : String(value);
}

/** Cross entropy of logits; see {@link MindSporeCrossEntropyForward} for the call. */
export class CrossEntropyLoss<R extends Reduction = 'mean', C extends number = number> extends MindSporeLoss<
  MindSporeCrossEntropyOptions<C, R>
> {
  protected static override readonly row = crossEntropy;
  declare readonly construct: MindSporeCrossEntropyForward<R, C>;
  declare readonly async: MindSporeCrossEntropyForward<R, C, 'async'>;
}
export interface CrossEntropyLoss<R extends Reduction, C extends number> extends MindSporeCrossEntropyForward<R, C> {}

/** Connectionist temporal classification; see {@link MindSporeCTCForward} for the call. */
export class CTCLoss<R extends Reduction = 'mean'> extends MindSporeLoss<CTCOptions<R>> {
  protected static override readonly row = ctc;
  declare readonly construct: MindSporeCTCForward<R>;
  declare readonly async: MindSporeCTCForward<R, 'async'>;
}
export interface CTCLoss<R extends Reduction> extends MindSporeCTCForward<R> {}

/** The Kullback-Leibler divergence of two distributions; see {@link MindSporeKLDivForward} for the call. */
export class KLDivLoss<R extends KLDivReduction = 'mean'> extends MindSporeLoss<MindSporeKLDivOptions<R>> {
  protected static override readonly row = klDiv;
  declare readonly construct: MindSporeKLDivForward<R>;
  declare readonly async: MindSporeKLDivForward<R, 'async'>;
}
export interface KLDivLoss<R extends KLDivReduction> extends MindSporeKLDivForward<R> {}

/** Binary cross entropy of logits; see {@link MindSporeBCEWithLogitsForward} for the call. */
export class BCEWithLogitsLoss<R extends Reduction = 'mean'> extends MindSporeLoss<MindSporeBCEWithLogitsOptions<R>> {
  protected static override readonly row = bceWithLogits;
  declare readonly construct: MindSporeBCEWithLogitsForward<R>;
  declare readonly async: MindSporeBCEWithLogitsForward<R, 'async'>;
}
export interface BCEWithLogitsLoss<R extends Reduction> extends MindSporeBCEWithLogitsForward<R> {}

/** Smooth L1, not reduced by default; see {@link MindSporeSmoothL1Forward} for the call. */
export class SmoothL1Loss<R extends Reduction = 'none'> extends MindSporeLoss<MindSporeSmoothL1Options<R>> {
  protected static override readonly row = smoothL1;
  declare readonly construct: MindSporeSmoothL1Forward<R>;
  declare readonly async: MindSporeSmoothL1Forward<R, 'async'>;
}
export interface SmoothL1Loss<R extends Reduction> extends MindSporeSmoothL1Forward<R> {}

/** The triplet loss with your own distance function; see {@link MindSporeTripletMarginWithDistanceForward} for the call. */
export class TripletMarginWithDistanceLoss<R extends Reduction = 'mean', T extends Shape = never> extends MindSporeLoss<
  TripletMarginWithDistanceOptions<R, T>
> {
  protected static override readonly row = tripletMarginWithDistance;
  declare readonly construct: MindSporeTripletMarginWithDistanceForward<R, T>;
  declare readonly async: MindSporeTripletMarginWithDistanceForward<R, T, 'async'>;
}
export interface TripletMarginWithDistanceLoss<R extends Reduction, T extends Shape>
  extends MindSporeTripletMarginWithDistanceForward<R, T> {}

/** Mean absolute error; see {@link MindSporeL1Forward} for the call. */
export class L1Loss<R extends Reduction = 'mean'> extends MindSporeLoss<MindSporeL1Options<R>> {
  protected static override readonly row = l1;
  declare readonly construct: MindSporeL1Forward<R>;
  declare readonly async: MindSporeL1Forward<R, 'async'>;
}
export interface L1Loss<R extends Reduction> extends MindSporeL1Forward<R> {}

/** Mean squared error; see {@link MindSporeMSEForward} for the call. */
export class MSELoss<R extends Reduction = 'mean'> extends MindSporeLoss<MindSporeMSEOptions<R>> {
  protected static override readonly row = mse;
  declare readonly construct: MindSporeMSEForward<R>;
  declare readonly async: MindSporeMSEForward<R, 'async'>;
}
export interface MSELoss<R extends Reduction> extends MindSporeMSEForward<R> {}

/** The Huber loss: quadratic for small errors, linear for large ones; see {@link MindSporeHuberForward} for the call. */
export class HuberLoss<R extends Reduction = 'mean'> extends MindSporeLoss<HuberOptions<R>> {
  protected static override readonly row = huber;
  declare readonly construct: MindSporeHuberForward<R>;
  declare readonly async: MindSporeHuberForward<R, 'async'>;
}
export interface HuberLoss<R extends Reduction> extends MindSporeHuberForward<R> {}

/** The logistic loss of two classes, 1 and -1; see {@link MindSporeSoftMarginForward} for the call. */
export class SoftMarginLoss<R extends Reduction = 'mean'> extends MindSporeLoss<MindSporeSoftMarginOptions<R>> {
  protected static override readonly row = softMargin;
  declare readonly construct: MindSporeSoftMarginForward<R>;
  declare readonly async: MindSporeSoftMarginForward<R, 'async'>;
}
export interface SoftMarginLoss<R extends Reduction> extends MindSporeSoftMarginForward<R> {}

/** The hinge loss of distances between pairs; see {@link MindSporeHingeEmbeddingForward} for the call. */
export class HingeEmbeddingLoss<R extends Reduction = 'mean'> extends MindSporeLoss<MindSporeHingeEmbeddingOptions<R>> {
  protected static override readonly row = hingeEmbedding;
  declare readonly construct: MindSporeHingeEmbeddingForward<R>;
  declare readonly async: MindSporeHingeEmbeddingForward<R, 'async'>;
}
export interface HingeEmbeddingLoss<R extends Reduction> extends MindSporeHingeEmbeddingForward<R> {}

/** The margin ranking loss of pairs of scores; see {@link MindSporeMarginRankingForward} for the call. */
export class MarginRankingLoss<R extends Reduction = 'mean'> extends MindSporeLoss<MindSporeMarginRankingOptions<R>> {
  protected static override readonly row = marginRanking;
  declare readonly construct: MindSporeMarginRankingForward<R>;
  declare readonly async: MindSporeMarginRankingForward<R, 'async'>;
}
export interface MarginRankingLoss<R extends Reduction> extends MindSporeMarginRankingForward<R> {}

/** The negative log-likelihood of counts under Poisson distributions; see {@link MindSporePoissonNLLForward} for the call. */
export class PoissonNLLLoss<R extends Reduction = 'mean'> extends MindSporeLoss<MindSporePoissonNLLOptions<R>> {
  protected static override readonly row = poissonNLL;
  declare readonly construct: MindSporePoissonNLLForward<R>;
  declare readonly async: MindSporePoissonNLLForward<R, 'async'>;
}
export interface PoissonNLLLoss<R extends Reduction> extends MindSporePoissonNLLForward<R> {}

/** The negative log-likelihood of values under normal distributions; see {@link MindSporeGaussianNLLForward} for the call. */
export class GaussianNLLLoss<R extends Reduction = 'mean'> extends MindSporeLoss<GaussianNLLOptions<R>> {
  protected static override readonly row = gaussianNLL;
  declare readonly construct: MindSporeGaussianNLLForward<R>;
  declare readonly async: MindSporeGaussianNLLForward<R, 'async'>;
}
export interface GaussianNLLLoss<R extends Reduction> extends MindSporeGaussianNLLForward<R> {}

/** The negative log-likelihood of class indices; see {@link MindSporeNLLForward} for the call. */
export class NLLLoss<R extends Reduction = 'mean', C extends number = number> extends MindSporeLoss<
  MindSporeNLLOptions<C, R>
> {
  protected static override readonly row = nll;
  declare readonly construct: MindSporeNLLForward<R, C>;
  declare readonly async: MindSporeNLLForward<R, C, 'async'>;
}
export interface NLLLoss<R extends Reduction, C extends number> extends MindSporeNLLForward<R, C> {}

/** Binary cross entropy of probabilities; see {@link MindSporeBCEForward} for the call. */
export class BCELoss<R extends Reduction = 'mean'> extends MindSporeLoss<MindSporeBCEOptions<R>> {
  protected static override readonly row = bce;
  declare readonly construct: MindSporeBCEForward<R>;
  declare readonly async: MindSporeBCEForward<R, 'async'>;
}
export interface BCELoss<R extends Reduction> extends MindSporeBCEForward<R> {}

/** The multi-label margin loss; see {@link MindSporeMultiLabelMarginForward} for the call. */
export class MultilabelMarginLoss<R extends Reduction = 'mean'> extends MindSporeLoss<
  MindSporeMultiLabelMarginOptions<R>
> {
  protected static override readonly row = multiLabelMargin;
  declare readonly construct: MindSporeMultiLabelMarginForward<R>;
  declare readonly async: MindSporeMultiLabelMarginForward<R, 'async'>;
}
export interface MultilabelMarginLoss<R extends Reduction> extends MindSporeMultiLabelMarginForward<R> {}

/** The same class, spelled as in MindSpore's comparison with PyTorch. */
export const MultiLabelMarginLoss = MultilabelMarginLoss;
/** The same class, spelled as in MindSpore's comparison with PyTorch. */
export type MultiLabelMarginLoss<R extends Reduction = 'mean'> = MultilabelMarginLoss<R>;

/** Binary cross entropy of scores, averaged over the classes; see {@link MindSporeMultiLabelSoftMarginForward} for the call. */
export class MultiLabelSoftMarginLoss<R extends Reduction = 'mean'> extends MindSporeLoss<
  MindSporeMultiLabelSoftMarginOptions<R>
> {
  protected static override readonly row = multiLabelSoftMargin;
  declare readonly construct: MindSporeMultiLabelSoftMarginForward<R>;
  declare readonly async: MindSporeMultiLabelSoftMarginForward<R, 'async'>;
}
export interface MultiLabelSoftMarginLoss<R extends Reduction> extends MindSporeMultiLabelSoftMarginForward<R> {}

/** The multi-class margin loss; see {@link MindSporeMultiMarginForward} for the call. */
export class MultiMarginLoss<R extends Reduction = 'mean', C extends number = number> extends MindSporeLoss<
  MindSporeMultiMarginOptions<C, R>
> {
  protected static override readonly row = multiMargin;
  declare readonly construct: MindSporeMultiMarginForward<R, C>;
  declare readonly async: MindSporeMultiMarginForward<R, C, 'async'>;
}
export interface MultiMarginLoss<R extends Reduction, C extends number> extends MindSporeMultiMarginForward<R, C> {}

/** The cosine embedding loss of pairs of vectors; see {@link MindSporeCosineEmbeddingForward} for the call. */
export class CosineEmbeddingLoss<R extends Reduction = 'mean'> extends MindSporeLoss<
  MindSporeCosineEmbeddingOptions<R>
> {
  protected static override readonly row = cosineEmbedding;
  declare readonly construct: MindSporeCosineEmbeddingForward<R>;
  declare readonly async: MindSporeCosineEmbeddingForward<R, 'async'>;
}
export interface CosineEmbeddingLoss<R extends Reduction> extends MindSporeCosineEmbeddingForward<R> {}

/** The triplet loss with a p-norm as the distance; see {@link MindSporeTripletMarginForward} for the call. */
export class TripletMarginLoss<R extends Reduction = 'mean'> extends MindSporeLoss<MindSporeTripletMarginOptions<R>> {
  protected static override readonly row = tripletMargin;
  declare readonly construct: MindSporeTripletMarginForward<R>;
  declare readonly async: MindSporeTripletMarginForward<R, 'async'>;
}
export interface TripletMarginLoss<R extends Reduction> extends MindSporeTripletMarginForward<R> {}

/** Cross entropy of softmax scores; see {@link SoftmaxCrossEntropyWithLogitsForward} for the call. */
export class SoftmaxCrossEntropyWithLogits<R extends Reduction = 'none'> extends MindSporeLoss<
  SoftmaxCrossEntropyWithLogitsOptions<R>
> {
  protected static override readonly row = softmaxCrossEntropyWithLogits;
  declare readonly construct: SoftmaxCrossEntropyWithLogitsForward<R>;
  declare readonly async: SoftmaxCrossEntropyWithLogitsForward<R, 'async'>;
}
export interface SoftmaxCrossEntropyWithLogits<R extends Reduction> extends SoftmaxCrossEntropyWithLogitsForward<R> {}

/** Mean absolute error, as L1Loss; see {@link MAEForward} for the call. */
export class MAELoss<R extends Reduction = 'mean'> extends MindSporeLoss<MAEOptions<R>> {
  protected static override readonly row = mae;
  declare readonly construct: MAEForward<R>;
  declare readonly async: MAEForward<R, 'async'>;
}
export interface MAELoss<R extends Reduction> extends MAEForward<R> {}

/** Root mean squared error; see {@link RMSEForward} for the call. */
export class RMSELoss extends MindSporeLoss<RMSEOptions> {
  protected static override readonly row = rmse;
  declare readonly construct: RMSEForward;
  declare readonly async: RMSEForward<'async'>;
}
export interface RMSELoss extends RMSEForward {}

/** The focal loss; see {@link FocalForward} for the call. */
export class FocalLoss<R extends Reduction = 'mean'> extends MindSporeLoss<FocalOptions<R>> {
  protected static override readonly row = focal;
  declare readonly construct: FocalForward<R>;
  declare readonly async: FocalForward<R, 'async'>;
}
export interface FocalLoss<R extends Reduction> extends FocalForward<R> {}

/** The Dice loss; see {@link DiceForward} for the call. */
export class DiceLoss extends MindSporeLoss<DiceOptions> {
  protected static override readonly row = dice;
  declare readonly construct: DiceForward;
  declare readonly async: DiceForward<'async'>;
}
export interface DiceLoss extends DiceForward {}

/** The Dice loss of several classes; see {@link MultiClassDiceForward} for the call. */
export class MultiClassDiceLoss<W extends Shape = readonly []> extends MindSporeLoss<MultiClassDiceOptions<W>> {
  protected static override readonly row = multiClassDice;
  declare readonly construct: MultiClassDiceForward<W>;
  declare readonly async: MultiClassDiceForward<W, 'async'>;
}
export interface MultiClassDiceLoss<W extends Shape> extends MultiClassDiceForward<W> {}

/** Cross entropy among the labels and a few sampled classes; see {@link SampledSoftmaxForward} for the call. */
export class SampledSoftmaxLoss<R extends Reduction = 'none'> extends MindSporeLoss<SampledSoftmaxOptions<R>> {
  protected static override readonly row = sampledSoftmax;
  declare readonly construct: SampledSoftmaxForward<R>;
  declare readonly async: SampledSoftmaxForward<R, 'async'>;

  // oxlint-disable-next-line no-useless-constructor -- its options are required, unlike those of the base class
  constructor(...options: [options: SampledSoftmaxOptions<R> & Own]) {
    super(...options);
  }
}
export interface SampledSoftmaxLoss<R extends Reduction> extends SampledSoftmaxForward<R> {}
