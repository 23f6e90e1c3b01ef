/** `torch.optim.swa_utils`. */
export { SWALR, type SWALROptions } from './lr_scheduler/swa.js';
