/** `mindspore.ops`: the losses as functions, with MindSpore's names, defaults and checks. */
import { type LossFunction, lossFunction } from '../loss/call.js';
import { bce, type MindSporeBCEFunction } from '../losses/bce.js';
import { bceWithLogits, type MindSporeBCEWithLogitsFunction } from '../losses/bce_with_logits.js';
import { cosineEmbedding, type MindSporeCosineEmbeddingFunction } from '../losses/cosine_embedding.js';
import { crossEntropy, type MindSporeCrossEntropyFunction } from '../losses/cross_entropy.js';
import { ctc, type MindSporeCTCFunction } from '../losses/ctc.js';
import { gaussianNLL, type MindSporeGaussianNLLFunction } from '../losses/gaussian_nll.js';
import { hingeEmbedding, type MindSporeHingeEmbeddingFunction } from '../losses/hinge_embedding.js';
import { huber, type MindSporeHuberFunction } from '../losses/huber.js';
import { klDiv, type MindSporeKLDivFunction } from '../losses/kl_div.js';
import { l1, type MindSporeL1Function } from '../losses/l1.js';
import { type MindSporeMarginRankingFunction, marginRanking } from '../losses/margin_ranking.js';
import { type MindSporeMSEFunction, mse } from '../losses/mse.js';
import { type MindSporeMultiLabelMarginFunction, multiLabelMargin } from '../losses/multi_label_margin.js';
import { type MindSporeMultiLabelSoftMarginFunction, multiLabelSoftMargin } from '../losses/multi_label_soft_margin.js';
import { type MindSporeMultiMarginFunction, multiMargin } from '../losses/multi_margin.js';
import { type MindSporeNLLFunction, nll } from '../losses/nll.js';
import { type MindSporeSmoothL1Function, smoothL1 } from '../losses/smooth_l1.js';
import { type MindSporeSoftMarginFunction, softMargin } from '../losses/soft_margin.js';
import { type MindSporeTripletMarginFunction, tripletMargin } from '../losses/triplet_margin.js';

const namespace = 'mindspore.ops';

export const cross_entropy: LossFunction<
  MindSporeCrossEntropyFunction,
  MindSporeCrossEntropyFunction<'async'>
> = lossFunction(crossEntropy, namespace);
export const ctc_loss: LossFunction<MindSporeCTCFunction, MindSporeCTCFunction<'async'>> = lossFunction(ctc, namespace);
export const kl_div: LossFunction<MindSporeKLDivFunction, MindSporeKLDivFunction<'async'>> = lossFunction(
  klDiv,
  namespace,
);
export const binary_cross_entropy_with_logits: LossFunction<
  MindSporeBCEWithLogitsFunction,
  MindSporeBCEWithLogitsFunction<'async'>
> = lossFunction(bceWithLogits, namespace);
export const nll_loss: LossFunction<MindSporeNLLFunction, MindSporeNLLFunction<'async'>> = lossFunction(nll, namespace);
export const binary_cross_entropy: LossFunction<MindSporeBCEFunction, MindSporeBCEFunction<'async'>> = lossFunction(
  bce,
  namespace,
);
export const multilabel_margin_loss: LossFunction<
  MindSporeMultiLabelMarginFunction,
  MindSporeMultiLabelMarginFunction<'async'>
> = lossFunction(multiLabelMargin, namespace);
export const multilabel_soft_margin_loss: LossFunction<
  MindSporeMultiLabelSoftMarginFunction,
  MindSporeMultiLabelSoftMarginFunction<'async'>
> = lossFunction(multiLabelSoftMargin, namespace);
export const multi_margin_loss: LossFunction<
  MindSporeMultiMarginFunction,
  MindSporeMultiMarginFunction<'async'>
> = lossFunction(multiMargin, namespace);
export const cosine_embedding_loss: LossFunction<
  MindSporeCosineEmbeddingFunction,
  MindSporeCosineEmbeddingFunction<'async'>
> = lossFunction(cosineEmbedding, namespace);
export const triplet_margin_loss: LossFunction<
  MindSporeTripletMarginFunction,
  MindSporeTripletMarginFunction<'async'>
> = lossFunction(tripletMargin, namespace);
export const smooth_l1_loss: LossFunction<MindSporeSmoothL1Function, MindSporeSmoothL1Function<'async'>> = lossFunction(
  smoothL1,
  namespace,
);
export const l1_loss: LossFunction<MindSporeL1Function, MindSporeL1Function<'async'>> = lossFunction(l1, namespace);
export const mse_loss: LossFunction<MindSporeMSEFunction, MindSporeMSEFunction<'async'>> = lossFunction(mse, namespace);
export const huber_loss: LossFunction<MindSporeHuberFunction, MindSporeHuberFunction<'async'>> = lossFunction(
  huber,
  namespace,
);
export const soft_margin_loss: LossFunction<
  MindSporeSoftMarginFunction,
  MindSporeSoftMarginFunction<'async'>
> = lossFunction(softMargin, namespace);
export const hinge_embedding_loss: LossFunction<
  MindSporeHingeEmbeddingFunction,
  MindSporeHingeEmbeddingFunction<'async'>
> = lossFunction(hingeEmbedding, namespace);
export const margin_ranking_loss: LossFunction<
  MindSporeMarginRankingFunction,
  MindSporeMarginRankingFunction<'async'>
> = lossFunction(marginRanking, namespace);
export const gaussian_nll_loss: LossFunction<
  MindSporeGaussianNLLFunction,
  MindSporeGaussianNLLFunction<'async'>
> = lossFunction(gaussianNLL, namespace);
