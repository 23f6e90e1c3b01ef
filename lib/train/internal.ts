/** What the commands use of this room beyond its public API. */
export { lastCheckpoint } from './checkpoint.js';
export { EventFile } from './log/event_file.js';
export { type LogLine, readLog, StepLog } from './log/step_log.js';
