/** Comparing results with PyTorch's: on plain data, and by replaying recorded PyTorch calls. */

export type { TensorEntry } from '../data/entry.js';
export { readSafetensors, type TensorFile } from '../data/safetensors.js';
export type { CaseResult } from './calls.js';
export {
  type Comparison,
  compareTensors,
  type PlainTensor,
  TOLERANCES,
  type Tolerance,
  type WorstElement,
} from './compare.js';
export { replayExamples, replayVectors } from './examples.js';
export { defaultFixtures } from './files.js';
export { type RecordedCase, type ReplayOptions, replay } from './replay.js';
