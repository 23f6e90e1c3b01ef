/** Metrics over batches, exact whatever the batches. */
export { AUC, type AUCOptions } from './auc.js';
export {
  Accuracy,
  type Average,
  type AverageOptions,
  ConfusionMatrix,
  type ConfusionMatrixOptions,
  F1,
  Precision,
  Recall,
  TopKAccuracy,
  type TopKOptions,
} from './counts.js';
export type { ClassOptions, Metric, MetricValue } from './metric.js';
export { MeanAbsoluteError, MeanSquaredError, R2Score } from './regression.js';
