/** Losses of whole data sets, and gradients of large batches, computed in parts. */
export { evaluate } from './evaluate.js';
export { type GradientOptions, type ValueAndGrad, valueAndGrad } from './gradient.js';
export { mergeResults } from './merge.js';
export type * from './interface.js';
