/** `mindspore.ops`: the losses as functions, with MindSpore's names, defaults and checks. */
import { lossFunction } from '../loss.js';
import { bceWithLogits, type MindSporeBCEWithLogitsFunction } from '../losses/bce_with_logits.js';
import { crossEntropy, type MindSporeCrossEntropyFunction } from '../losses/cross_entropy.js';
import { ctc, type MindSporeCTCFunction } from '../losses/ctc.js';
import { klDiv, type MindSporeKLDivFunction } from '../losses/kl_div.js';
import { type MindSporeSmoothL1Function, smoothL1 } from '../losses/smooth_l1.js';

const namespace = 'mindspore.ops';

export const cross_entropy: MindSporeCrossEntropyFunction = lossFunction(crossEntropy, namespace);
export const ctc_loss: MindSporeCTCFunction = lossFunction(ctc, namespace);
export const kl_div: MindSporeKLDivFunction = lossFunction(klDiv, namespace);
export const binary_cross_entropy_with_logits: MindSporeBCEWithLogitsFunction = lossFunction(bceWithLogits, namespace);
export const smooth_l1_loss: MindSporeSmoothL1Function = lossFunction(smoothL1, namespace);
