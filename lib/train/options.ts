/** Options of `Trainer.fit`, and how they are read. */
import { checkCount, checkOptions } from '../addon/arguments.js';
import { invalidType, invalidValue } from '../base/errors.js';
import { isAbortSignal, isFunction, isPlainObject } from '../base/plain_object.js';
import { checkLoader, type Loader } from './batches.js';
import { CheckpointFolder } from './checkpoint.js';
import { checkMetrics, type Metrics } from './evaluation.js';
import type { Best, EpochRecord, FitStep } from './progress.js';

/** How far `fit` is. */
export interface FitProgress extends FitStep {
  readonly epochs: number;
  /** Batches of this epoch that are done, and all of them, where the loader knows. */
  readonly batch: number;
  readonly batches: number | undefined;
  /** Since `fit` was called. */
  readonly seconds: number;
  readonly samplesPerSecond: number;
  /** What is left at this rate, where the loader knows how many batches there are. */
  readonly secondsLeft: number | undefined;
}

/** When to stop before the last epoch. */
export interface EarlyStopping {
  /** How many epochs in a row may pass without a better value. */
  patience: number;
  /** What to watch: `'loss'`, of the validation if there is one, or the name of a metric. Default `'loss'`. */
  monitor?: string | undefined;
  /** By how much a value has to be better to count. Default 0. */
  min_delta?: number | undefined;
}

/** Where checkpoints go. */
export interface CheckpointOptions {
  /** The folder. It is made if it is not there. */
  folder: string;
  /** How many to keep. Default 3. */
  keep?: number | undefined;
}

/** Options of `Trainer.fit`. */
export interface FitOptions {
  /** After how many epochs to end, those before `restore` included. */
  epochs: number;
  /** Batches to evaluate after each epoch. Default none. */
  validation?: Loader | undefined;
  /** What to measure in the validation beside the loss. */
  metrics?: Metrics | undefined;
  /** How many batches to make one step of: each loss is divided by it, and the gradients are added up. Default 1. */
  accumulate?: number | undefined;
  /** A folder to write checkpoints to, after each epoch, when `signal` aborts, and as `every` says. Default none. */
  checkpoint?: string | CheckpointOptions | undefined;
  /** Write a checkpoint each time so many steps are done. Default only after epochs. */
  every?: number | undefined;
  /** Stop when the validation gets no better. Default not. */
  early_stopping?: EarlyStopping | undefined;
  /** Ends the run between two steps, after a checkpoint is written; the promise then rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** Told of the progress, at most ten times a second and at the end of each epoch. */
  onProgress?: ((progress: FitProgress) => void) | undefined;
  /** Told of each step. */
  onStep?: ((step: FitStep) => void) | undefined;
  /** Told of each epoch that is done. If it gives a promise, that is waited for. */
  onEpoch?: ((record: EpochRecord) => void | Promise<void>) | undefined;
}

/** What `Trainer.fit` gives. */
export interface FitResult {
  /** Why it ended. */
  readonly stopped: 'epochs' | 'early_stopping';
  readonly steps: number;
  /** All epochs, those before `restore` included. */
  readonly history: readonly EpochRecord[];
  /** The epoch with the best value of what `early_stopping` watches, or of the loss. */
  readonly best: Best | null;
  /** The last checkpoint, where there is a folder for them. */
  readonly checkpoint: string | null;
}

/** The options of `fit`, read and checked. */
export interface FitSettings {
  readonly epochs: number;
  readonly validation: Loader | undefined;
  readonly metrics: Metrics;
  readonly accumulate: number;
  readonly folder: CheckpointFolder | undefined;
  readonly every: number | undefined;
  readonly patience: number;
  readonly monitor: string;
  readonly min_delta: number;
  /** Whether greater values are better ones. */
  readonly greatest: boolean;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: FitOptions['onProgress'];
  readonly onStep: FitOptions['onStep'];
  readonly onEpoch: FitOptions['onEpoch'];
}

const NAMES = [
  'epochs',
  'validation',
  'metrics',
  'accumulate',
  'checkpoint',
  'every',
  'early_stopping',
  'signal',
  'onProgress',
  'onStep',
  'onEpoch',
];

/** Reads the options of `fit`. */
export function readFitOptions(options: unknown): FitSettings {
  checkOptions(options, NAMES);
  const { epochs, validation, metrics = {}, accumulate = 1, checkpoint, every, signal } = options as FitOptions;
  const { early_stopping, onProgress, onStep, onEpoch } = options as FitOptions;
  checkCount(epochs, 'epochs', 0);
  checkCount(accumulate, 'accumulate', 1);
  if (every !== undefined) checkCount(every, 'every', 1);
  if (every !== undefined && checkpoint === undefined) throw invalidValue('every', 'none without checkpoint', every);
  if (validation !== undefined) checkLoader(validation, 'validation');
  checkMetrics(metrics);
  if (validation === undefined && Object.keys(metrics).length > 0)
    throw invalidType('validation', 'a loader to measure the metrics on', validation);
  if (signal !== undefined && !isAbortSignal(signal)) throw invalidType('signal', 'an AbortSignal', signal);
  for (const [name, value] of Object.entries({ onProgress, onStep, onEpoch }))
    if (value !== undefined && !isFunction(value)) throw invalidType(name, 'a function', value);
  return {
    epochs,
    validation,
    metrics,
    accumulate,
    folder: readFolder(checkpoint),
    every,
    ...readStopping(early_stopping, metrics),
    signal,
    onProgress,
    onStep,
    onEpoch,
  };
}

function readFolder(checkpoint: FitOptions['checkpoint']): CheckpointFolder | undefined {
  if (checkpoint === undefined) return undefined;
  if (typeof checkpoint === 'string') return new CheckpointFolder(checkpoint, 3);
  if (!isPlainObject(checkpoint)) throw invalidType('checkpoint', 'a folder, or an object with one', checkpoint);
  checkOptions(checkpoint, ['folder', 'keep']);
  const { folder, keep = 3 } = checkpoint;
  if (typeof folder !== 'string') throw invalidType('checkpoint.folder', 'the path of a folder', folder);
  checkCount(keep, 'checkpoint.keep', 1);
  return new CheckpointFolder(folder, keep);
}

function readStopping(given: EarlyStopping | undefined, metrics: Metrics) {
  if (given !== undefined) checkOptions(given, ['patience', 'monitor', 'min_delta']);
  const { patience = Number.POSITIVE_INFINITY, monitor = 'loss', min_delta = 0 } = given ?? { patience: undefined };
  if (given !== undefined) checkCount(patience, 'early_stopping.patience', 1);
  if (typeof min_delta !== 'number') throw invalidType('early_stopping.min_delta', 'a number', min_delta);
  if (!(min_delta >= 0)) throw invalidValue('early_stopping.min_delta', 'at least 0', min_delta);
  if (monitor !== 'loss' && !Object.hasOwn(metrics, monitor)) {
    const names = ["'loss'", ...Object.keys(metrics).map((name) => `'${name}'`)];
    throw invalidValue('early_stopping.monitor', `one of ${names.join(', ')}`, monitor);
  }
  return { patience, monitor, min_delta, greatest: monitor !== 'loss' && metrics[monitor]?.best === 'greatest' };
}
