/** What the commands use of this room beyond its public API. */
export { formatSummary } from './format.js';
export { CASES, compareAndRecord, FLOATS } from './session.js';
export type { Framework } from './wire/protocol.js';
