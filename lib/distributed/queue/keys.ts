/** Names of shards in a queue. */
import type { ShardTask } from './interface.js';

/** The name of a shard among those of all runs. */
export function keyOf(run: string, shard: number): string {
  return `${run}-${shard}`;
}

/** The shard of a {@link keyOf}. */
export function taskOf(key: string): ShardTask {
  const at = key.lastIndexOf('-');
  return { run: key.slice(0, at), shard: Number(key.slice(at + 1)) };
}
