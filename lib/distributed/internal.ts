/** What commands need beyond the public API. */
export { findArrayTasks, type FoundTask } from './array_task.js';
export { shardName, type ShardNumber, shardOfName } from './results/store.js';
