/** HTML reports, and the record of an evaluation. */
export { renderEvaluation } from './evaluation.js';
export { renderParity } from './parity.js';
export { renderTraining, type TrainingRecord } from './training.js';
export { layoutOf, renderPicture } from './picture.js';
export { parseRecord, readRecord } from './read.js';
export {
  type EvaluationRecord,
  groupNoun,
  type RecordedFile,
  type RecordedResult,
  type RecordedSample,
  shortName,
  worstGroups,
  writeRecord,
  writeWhole,
} from './record.js';
