/** Checks what a file says of a run: the steps, the epochs and how far it is. What is checked stays as it is. */
import { count, either, having, listOf, number, orNull, type Reader, record } from '../base/schema.js';
import type { MetricValue } from './metrics/metric.js';
import type { Best, EpochRecord, FitStep, Progress, Validation } from './progress.js';

/** Checks a figure; JSON has null for one that is not finite. */
const figure = orNull(number) as Reader<number>;

const metric: Reader<MetricValue> = either(listOf(either(listOf(figure), figure)) as Reader<MetricValue>, figure);

const validation: Reader<Validation> = having({ loss: figure, samples: count, metrics: record(metric) });

/** Reads an epoch that is done. */
export const epochRecord: Reader<EpochRecord> = having({
  epoch: count,
  step: count,
  loss: figure,
  grad_norm: figure,
  lr: figure,
  samples: count,
  seconds: figure,
  validation: orNull(validation),
});

/** Reads a step. */
export const fitStep: Reader<FitStep> = having({
  step: count,
  epoch: count,
  loss: figure,
  grad_norm: figure,
  lr: figure,
});

const best: Reader<Best> = having({ epoch: count, step: count, value: figure });

/** Reads how far a run is. */
export const progress: Reader<Progress> = having({
  step: count,
  epoch: count,
  batch: count,
  samples: count,
  loss: figure,
  grad_norm: figure,
  steps: count,
  seconds: figure,
  history: listOf(epochRecord),
  best: orNull(best),
  waited: count,
});
