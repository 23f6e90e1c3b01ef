/**
 * Compares results with expected tensors, with recorded calls of PyTorch or MindSpore, or live with a Python process.
 */
import '../tensor/surface/install.js';

export type { TensorEntry } from '../data/entry.js';
export { readSafetensors, type TensorFile } from '../data/safetensors.js';
export type { CaseResult } from './sides/calls.js';
export {
  type Comparable,
  type Comparison,
  compareTensors,
  passesCosineRule,
  type ReadableTensor,
  TOLERANCES,
  type WorstElement,
} from './judge/compare.js';
export type { Tolerance } from './judge/plain.js';
export type { PlainTensor } from './wire/plain_tensor.js';
export { replayExamples, replayVectors } from './replay/examples.js';
export { defaultFixtures } from './replay/files.js';
export { compareOperators, type OperatorOptions, type OperatorResult } from './operators.js';
export { isOperatorFolder, type OperatorReplay, replayOperators } from './replay/operators.js';
export { assertClose, type CloseOptions, tensorMatchers } from './matchers.js';
export { replayFiles } from './replay/checkpoints.js';
export { replayLoading } from './replay/loading.js';
export { replayInit, replayUtilities } from './replay/training/functions.js';
export { replayLayers } from './replay/training/layers.js';
export { replayOptimizers } from './replay/training/optimizers.js';
export { replaySchedulers } from './replay/training/schedulers.js';
export { replayRandom } from './replay/random.js';
export { type ReplayOptions, replay } from './replay/replay.js';
export type { RecordedCase } from './replay/recorded_case.js';
export { type CompareOptions, compareWithPython } from './session.js';
export type { Cell, Counts, MetDeviation, ShownCase, Summary } from './judge/summary.js';
export { compareTraining, type TrainingOptions } from './training.js';
export { compareFiles, type ValueComparison } from './values.js';
