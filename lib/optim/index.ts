/** `torch.optim`: optimizers, and schedules of their learning rates. */
export { Adadelta, type AdadeltaOptions } from './adadelta.js';
export { Adafactor, type AdafactorOptions } from './adafactor.js';
export { Adagrad, type AdagradOptions } from './adagrad.js';
export { Adam, type AdamOptions, AdamW, type AdamWOptions } from './adam.js';
export { Adamax, type AdamaxOptions } from './adamax.js';
export { ASGD, type ASGDOptions } from './asgd.js';
export { LBFGS, type LBFGSOptions } from './lbfgs.js';
export * as lr_scheduler from './lr_scheduler/index.js';
export { Muon, type MuonOptions } from './muon.js';
export { NAdam, type NAdamOptions } from './nadam.js';
export { Optimizer, type OptimizerStateDict, type ParamGroup, type Params } from './optimizer.js';
export { RAdam, type RAdamOptions } from './radam.js';
export { RMSprop, type RMSpropOptions } from './rmsprop.js';
export { Rprop, type RpropOptions } from './rprop.js';
export { SparseAdam, type SparseAdamOptions } from './sparse_adam.js';
export * as swa_utils from './swa_utils.js';
export { SGD, type SGDOptions } from './sgd.js';
