/** Work in shards on many machines: job arrays, and a queue. */
export { type ArrayTask, arrayTask, type Environment } from './array_task.js';
export { coordinate, type CoordinateOptions, type RunOutcome } from './coordinate.js';
export {
  type ConsumeOptions,
  GivenBack,
  type Run,
  type ShardFailure,
  type ShardQueue,
  type ShardTask,
} from './queue/interface.js';
export { MemoryQueue } from './queue/memory.js';
export { redisQueue, type RedisQueueOptions } from './queue/redis.js';
export { openResults, type ResultOptions } from './results/open.js';
export type { ResultStore } from './results/store.js';
export { work, type WorkOptions, type WorkOutcome } from './work.js';
