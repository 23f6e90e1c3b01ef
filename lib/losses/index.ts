/** All rows in a list: what docs, tests and tools walk. */
import type { AnyLossRow } from '../loss.js';
import { bceWithLogits } from './bce_with_logits.js';
import { crossEntropy } from './cross_entropy.js';
import { ctc } from './ctc.js';
import { klDiv } from './kl_div.js';
import { smoothL1 } from './smooth_l1.js';
import { tripletMarginWithDistance } from './triplet_margin_with_distance.js';

export const LOSSES: readonly AnyLossRow[] = [crossEntropy, ctc, klDiv, bceWithLogits, smoothL1, tripletMarginWithDistance];
