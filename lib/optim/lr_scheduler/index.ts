/** `torch.optim.lr_scheduler`: schedules of learning rates. */
export { ChainedScheduler, SequentialLR, type SequentialOptions } from './combined.js';
export {
  CosineAnnealingLR,
  type CosineAnnealingOptions,
  CosineAnnealingWarmRestarts,
  type WarmRestartsOptions,
} from './cosine.js';
export { CyclicLR, type CyclicOptions, OneCycleLR, type OneCycleOptions } from './cyclic.js';
export {
  ConstantLR,
  type ConstantOptions,
  ExponentialLR,
  type ExponentialOptions,
  LambdaLR,
  type LambdaOptions,
  LinearLR,
  type LinearOptions,
  MultiplicativeLR,
  MultiStepLR,
  type MultiStepOptions,
  PolynomialLR,
  type PolynomialOptions,
  StepLR,
  type StepOptions,
} from './factors.js';
export { type PlateauOptions, ReduceLROnPlateau } from './plateau.js';
export { LRScheduler, LRScheduler as _LRScheduler, type SchedulerOptions, type SchedulerState } from './scheduler.js';
