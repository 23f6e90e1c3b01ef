/** The losses that only MindSpore has. */
import type { AnyLossRow } from '../../loss/row.js';
import { dice } from './dice.js';
import { focal } from './focal.js';
import { mae } from './mae.js';
import { multiClassDice } from './multi_class_dice.js';
import { rmse } from './rmse.js';
import { sampledSoftmax } from './sampled_softmax.js';
import { softmaxCrossEntropyWithLogits } from './softmax_cross_entropy_with_logits.js';

export const MINDSPORE_LOSSES: readonly AnyLossRow[] = [
  softmaxCrossEntropyWithLogits,
  mae,
  rmse,
  focal,
  dice,
  multiClassDice,
  sampledSoftmax,
];
