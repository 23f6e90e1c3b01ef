/** Training as a service: a Trainer whose steps leave the event loop free, and the metrics of the field. */
export type { MixedPrecision } from '../tensor/autocast.js';
export type { Loader, Tensors, TrainingBatch } from './batches.js';
export type { EvaluationResult, Metrics, TrainerEvaluateOptions } from './evaluation.js';
export * from './metrics/index.js';
export type {
  CheckpointOptions,
  EarlyStopping,
  FitOptions,
  FitProgress,
  FitResult,
} from './options.js';
export type { Best, EpochRecord, FitStep, StepResult, Validation } from './progress.js';
export type { AnyScheduler, TrainingLoss } from './session.js';
export { Trainer, type TrainerOptions } from './trainer.js';
