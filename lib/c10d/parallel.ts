/** `torch.nn.parallel`. */
export { DataParallel } from '../nn/data_parallel.js';
export { DistributedDataParallel, type DistributedDataParallelOptions, type JoinOptions } from './data_parallel.js';
