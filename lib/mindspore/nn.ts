/** `mindspore.nn`: the losses as classes, with MindSpore's names, defaults and checks. An instance is called like a function. */
import { Loss } from '../loss.js';
import { type BCEWithLogitsForward, bceWithLogits, type MindSporeBCEWithLogitsOptions } from '../losses/bce_with_logits.js';
import { crossEntropy, type MindSporeCrossEntropyForward, type MindSporeCrossEntropyOptions } from '../losses/cross_entropy.js';
import { type CTCForward, type CTCOptions, ctc } from '../losses/ctc.js';
import { klDiv, type MindSporeKLDivForward, type MindSporeKLDivOptions } from '../losses/kl_div.js';
import { type MindSporeSmoothL1Forward, type MindSporeSmoothL1Options, smoothL1 } from '../losses/smooth_l1.js';
import {
  type MindSporeTripletMarginWithDistanceForward,
  type TripletMarginWithDistanceOptions,
  tripletMarginWithDistance,
} from '../losses/triplet_margin_with_distance.js';
import type { KLDivReduction, Reduction, Shape } from '../types.js';

/** The base of the classes of `mindspore.nn`. */
abstract class MindSporeLoss<O extends object> extends Loss<O> {
  protected static override readonly namespace = 'mindspore.nn';
}

/** Cross entropy of logits; see {@link MindSporeCrossEntropyForward} for the call. */
export class CrossEntropyLoss<R extends Reduction = 'mean', C extends number = number> extends MindSporeLoss<
  MindSporeCrossEntropyOptions<C, R>
> {
  protected static override readonly row = crossEntropy;
  declare readonly construct: MindSporeCrossEntropyForward<R>;
}
export interface CrossEntropyLoss<R extends Reduction, C extends number> extends MindSporeCrossEntropyForward<R> {}

/** Connectionist temporal classification; see {@link CTCForward} for the call. */
export class CTCLoss<R extends Reduction = 'mean'> extends MindSporeLoss<CTCOptions<R>> {
  protected static override readonly row = ctc;
  declare readonly construct: CTCForward<R>;
}
export interface CTCLoss<R extends Reduction> extends CTCForward<R> {}

/** The Kullback-Leibler divergence; see {@link MindSporeKLDivForward} for the call. */
export class KLDivLoss<R extends KLDivReduction = 'mean'> extends MindSporeLoss<MindSporeKLDivOptions<R>> {
  protected static override readonly row = klDiv;
  declare readonly construct: MindSporeKLDivForward<R>;
}
export interface KLDivLoss<R extends KLDivReduction> extends MindSporeKLDivForward<R> {}

/** Binary cross entropy of logits; see {@link BCEWithLogitsForward} for the call. */
export class BCEWithLogitsLoss<R extends Reduction = 'mean'> extends MindSporeLoss<MindSporeBCEWithLogitsOptions<R>> {
  protected static override readonly row = bceWithLogits;
  declare readonly construct: BCEWithLogitsForward<R>;
}
export interface BCEWithLogitsLoss<R extends Reduction> extends BCEWithLogitsForward<R> {}

/** Smooth L1, unreduced unless told otherwise; see {@link MindSporeSmoothL1Forward} for the call. */
export class SmoothL1Loss<R extends Reduction = 'none'> extends MindSporeLoss<MindSporeSmoothL1Options<R>> {
  protected static override readonly row = smoothL1;
  declare readonly construct: MindSporeSmoothL1Forward<R>;
}
export interface SmoothL1Loss<R extends Reduction> extends MindSporeSmoothL1Forward<R> {}

/** The triplet loss with a distance of the caller's; see {@link MindSporeTripletMarginWithDistanceForward} for the call. */
export class TripletMarginWithDistanceLoss<R extends Reduction = 'mean', T extends Shape = Shape> extends MindSporeLoss<
  TripletMarginWithDistanceOptions<R, T>
> {
  protected static override readonly row = tripletMarginWithDistance;
  declare readonly construct: MindSporeTripletMarginWithDistanceForward<R, T>;
}
export interface TripletMarginWithDistanceLoss<R extends Reduction, T extends Shape>
  extends MindSporeTripletMarginWithDistanceForward<R, T> {}
