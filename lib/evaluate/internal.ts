/** What the commands use of this room beyond its public API. */
export { countSamples } from './blocks.js';
export { type PlannedLoss, planLoss } from './plans.js';
