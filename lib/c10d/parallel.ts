/** `torch.nn.parallel`. */
export { DataParallel } from '../nn/data_parallel.js';
export { DistributedDataParallel, type DistributedDataParallelOptions } from './data_parallel.js';
