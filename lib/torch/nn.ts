/** `torch.nn`: the losses as classes. An instance is called like a function. */
export * as functional from './functional.js';

import { Loss } from '../loss.js';
import { type BCEWithLogitsForward, type BCEWithLogitsOptions, bceWithLogits } from '../losses/bce_with_logits.js';
import { type CrossEntropyForward, type CrossEntropyOptions, crossEntropy } from '../losses/cross_entropy.js';
import { type CTCForward, type CTCOptions, ctc } from '../losses/ctc.js';
import { type KLDivForward, type KLDivOptions, klDiv } from '../losses/kl_div.js';
import { type SmoothL1Forward, type SmoothL1Options, smoothL1 } from '../losses/smooth_l1.js';
import {
  type TripletMarginWithDistanceForward,
  type TripletMarginWithDistanceOptions,
  tripletMarginWithDistance,
} from '../losses/triplet_margin_with_distance.js';
import type { KLDivReduction, Reduction, Shape } from '../types.js';

/** The base of the classes of `torch.nn`. */
abstract class TorchLoss<O extends object> extends Loss<O> {
  protected static override readonly namespace = 'torch.nn';
}

/** Cross entropy of logits; see {@link CrossEntropyForward} for the call. */
export class CrossEntropyLoss<R extends Reduction = 'mean', C extends number = number> extends TorchLoss<CrossEntropyOptions<C, R>> {
  protected static override readonly row = crossEntropy;
  declare readonly forward: CrossEntropyForward<R>;
}
export interface CrossEntropyLoss<R extends Reduction, C extends number> extends CrossEntropyForward<R> {}

/** Connectionist temporal classification; see {@link CTCForward} for the call. */
export class CTCLoss<R extends Reduction = 'mean'> extends TorchLoss<CTCOptions<R>> {
  protected static override readonly row = ctc;
  declare readonly forward: CTCForward<R>;
}
export interface CTCLoss<R extends Reduction> extends CTCForward<R> {}

/** The Kullback-Leibler divergence; see {@link KLDivForward} for the call. */
export class KLDivLoss<R extends KLDivReduction = 'mean'> extends TorchLoss<KLDivOptions<R>> {
  protected static override readonly row = klDiv;
  declare readonly forward: KLDivForward<R>;
}
export interface KLDivLoss<R extends KLDivReduction> extends KLDivForward<R> {}

/** Binary cross entropy of logits; see {@link BCEWithLogitsForward} for the call. */
export class BCEWithLogitsLoss<R extends Reduction = 'mean'> extends TorchLoss<BCEWithLogitsOptions<R>> {
  protected static override readonly row = bceWithLogits;
  declare readonly forward: BCEWithLogitsForward<R>;
}
export interface BCEWithLogitsLoss<R extends Reduction> extends BCEWithLogitsForward<R> {}

/** Smooth L1; see {@link SmoothL1Forward} for the call. */
export class SmoothL1Loss<R extends Reduction = 'mean'> extends TorchLoss<SmoothL1Options<R>> {
  protected static override readonly row = smoothL1;
  declare readonly forward: SmoothL1Forward<R>;
}
export interface SmoothL1Loss<R extends Reduction> extends SmoothL1Forward<R> {}

/** The triplet loss with a distance of the caller's; see {@link TripletMarginWithDistanceForward} for the call. */
export class TripletMarginWithDistanceLoss<R extends Reduction = 'mean', T extends Shape = Shape> extends TorchLoss<
  TripletMarginWithDistanceOptions<R, T>
> {
  protected static override readonly row = tripletMarginWithDistance;
  declare readonly forward: TripletMarginWithDistanceForward<R, T>;
}
export interface TripletMarginWithDistanceLoss<R extends Reduction, T extends Shape> extends TripletMarginWithDistanceForward<R, T> {}
