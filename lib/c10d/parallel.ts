/** `torch.nn.parallel`. */
export { DataParallel } from '../nn/data_parallel.js';
export { DistributedDataParallel, type JoinOptions } from './data_parallel.js';
export type { DistributedDataParallelOptions } from './replica.js';
