/** What the commands use of this room beyond its public API. */
export { countSamples } from './blocks.js';
export { fitSource, fitSources } from './dtypes.js';
export { isEvaluated, type PlannedLoss, planLoss } from './plans.js';
export { EXACT_SAMPLES } from './sketch.js';
