/** The rows of the losses that PyTorch has, for docs, tests and tools to iterate over. */
import type { AnyLossRow } from '../loss/row.js';
import { bce } from './bce.js';
import { bceWithLogits } from './bce_with_logits.js';
import { cosineEmbedding } from './cosine_embedding.js';
import { crossEntropy } from './cross_entropy.js';
import { ctc } from './ctc.js';
import { gaussianNLL } from './gaussian_nll.js';
import { hingeEmbedding } from './hinge_embedding.js';
import { huber } from './huber.js';
import { klDiv } from './kl_div.js';
import { l1 } from './l1.js';
import { linearCrossEntropy } from './linear_cross_entropy.js';
import { marginRanking } from './margin_ranking.js';
import { mse } from './mse.js';
import { multiLabelMargin } from './multi_label_margin.js';
import { multiLabelSoftMargin } from './multi_label_soft_margin.js';
import { multiMargin } from './multi_margin.js';
import { nll } from './nll.js';
import { poissonNLL } from './poisson_nll.js';
import { smoothL1 } from './smooth_l1.js';
import { softMargin } from './soft_margin.js';
import { tripletMargin } from './triplet_margin.js';
import { tripletMarginWithDistance } from './triplet_margin_with_distance.js';

export const LOSSES: readonly AnyLossRow[] = [
  crossEntropy,
  linearCrossEntropy,
  ctc,
  klDiv,
  bceWithLogits,
  nll,
  bce,
  multiLabelMargin,
  multiLabelSoftMargin,
  multiMargin,
  cosineEmbedding,
  tripletMargin,
  smoothL1,
  tripletMarginWithDistance,
  l1,
  mse,
  huber,
  softMargin,
  hingeEmbedding,
  marginRanking,
  poissonNLL,
  gaussianNLL,
];
