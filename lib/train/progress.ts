/** How far a training run is: plain values, as a checkpoint holds them. */
import type { MetricValue } from './metrics/metric.js';

/** What a step gives. */
export interface StepResult {
  /** The loss, before the step. */
  readonly loss: number;
  /** The norm of all gradients taken together, before clipping. */
  readonly grad_norm: number;
  /** The learning rate of the first group, with which the step was made. */
  readonly lr: number;
}

/** A step within `fit`. */
export interface FitStep extends StepResult {
  /** Steps of the optimizer so far, those before `restore` included. */
  readonly step: number;
  /** From 1 on. */
  readonly epoch: number;
}

/** What an evaluation found: the loss, and each metric by its name. */
export interface Validation {
  readonly loss: number;
  readonly samples: number;
  readonly metrics: Readonly<Record<string, MetricValue>>;
}

/** An epoch that is done. */
export interface EpochRecord {
  /** From 1 on. */
  readonly epoch: number;
  /** The steps made until its end. */
  readonly step: number;
  /** The mean of the batches' losses, each counted by its samples. */
  readonly loss: number;
  /** The mean of the steps' gradient norms. */
  readonly grad_norm: number;
  /** The learning rate of its last step. */
  readonly lr: number;
  readonly samples: number;
  readonly seconds: number;
  /** What `validation` gave, where there is one. */
  readonly validation: Validation | null;
}

/** The best epoch so far, by what is watched. */
export interface Best {
  readonly epoch: number;
  readonly step: number;
  readonly value: number;
}

/** How far a run is. */
export interface Progress {
  /** Steps of the optimizer. */
  step: number;
  /** Epochs that are done, and batches and samples of the one that is not. */
  epoch: number;
  batch: number;
  samples: number;
  /** Sums over the batches and the steps of this epoch. */
  loss: number;
  grad_norm: number;
  steps: number;
  seconds: number;
  history: EpochRecord[];
  best: Best | null;
  /** Epochs without a better one. */
  waited: number;
}

export function newProgress(): Progress {
  return { step: 0, epoch: 0, ...newEpoch(), history: [], best: null, waited: 0 };
}

/** An epoch of which nothing is done. */
export function newEpoch(): Pick<Progress, 'batch' | 'samples' | 'loss' | 'grad_norm' | 'steps' | 'seconds'> {
  return { batch: 0, samples: 0, loss: 0, grad_norm: 0, steps: 0, seconds: 0 };
}
