/** `torch.nn.functional`: the losses as functions, and the other functions of Python's module. */
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
import { type LinearCrossEntropyFunction, linearCrossEntropy } from '../losses/linear_cross_entropy.js';
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

export * from '../tensor/surface/functional.js';
export {
  multi_head_attention_forward,
  type MultiHeadAttentionForwardOptions,
} from '../nn/layers/attention_forward.js';
export { elu_ } from '../tensor/surface/more.js';

const namespace = 'torch.nn.functional';

export const cross_entropy: LossFunction<CrossEntropyFunction, CrossEntropyFunction<'async'>> = lossFunction(
  crossEntropy,
  namespace,
);
export const linear_cross_entropy: LossFunction<
  LinearCrossEntropyFunction,
  LinearCrossEntropyFunction<'async'>
> = lossFunction(linearCrossEntropy, namespace);
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
