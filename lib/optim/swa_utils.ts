/** `torch.optim.swa_utils`. */
export {
  AveragedModel,
  type AveragedModelOptions,
  type AverageFunction,
  type AverageFunctions,
  get_ema_avg_fn,
  get_ema_multi_avg_fn,
  get_swa_avg_fn,
  get_swa_multi_avg_fn,
  update_bn,
} from './averaged_model.js';
export { SWALR, type SWALROptions } from './lr_scheduler/swa.js';
