/** Hands the shards of a run to workers, and gathers their results. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Run, ShardFailure, ShardQueue } from './queue/interface.js';

/** How a run is observed and ended. */
export interface CoordinateOptions {
  /** Called once with the result of each shard, in the order in which they come. */
  onResult(shard: number, result: string): void | Promise<void>;
  /** Called when shards have been done or have failed. */
  onProgress?: ((done: number, failed: number) => void) | undefined;
  /** Ends the wait, after the results that are there; the queue keeps them for a while. */
  signal?: AbortSignal | undefined;
  /** How often to look for results, in milliseconds. Default 500. */
  poll?: number | undefined;
  /** How often to look for shards that the queue has lost, in milliseconds. Default 30,000. */
  recheck?: number | undefined;
}

/** How a run ended. */
export interface RunOutcome {
  /** How many shards are done. */
  readonly done: number;
  /** The shards that have failed for good. */
  readonly failures: readonly ShardFailure[];
  /** Whether it was ended before all shards were done or had failed. */
  readonly stopped: boolean;
}

/** How many results are read at a time. */
const BATCH = 32;

/**
 * Enqueues the shards of a run, and waits until each is done or has failed for good.
 *
 * Results that the queue has from before are taken as they are, so that a run goes on where an earlier coordinator stopped,
 * and several coordinators of the same run share it. Shards that the queue loses are enqueued again.
 *
 * @param run - its `id` names what is computed: the same id must mean the same plan and the same data
 * @example
 * ```ts
 * const queue = new MemoryQueue();
 * const sums: string[] = [];
 * const waiting = coordinate(queue, { id: 'squares', plan: '2', shards: 3 }, { onResult: (_, sum) => void sums.push(sum) });
 * await work(queue, async (plan, shard) => String(shard ** Number(plan)), { idle: 50 });
 * (await waiting).done;   // 3
 * sums.sort().join();     // '1,4,9'
 * ```
 */
export async function coordinate(queue: ShardQueue, run: Run, options: CoordinateOptions): Promise<RunOutcome> {
  const { onResult, onProgress, signal, poll = 500, recheck = 30_000 } = options;
  const done = new Set<number>();
  const failures = new Map<number, ShardFailure>();
  const isStopped = () => signal?.aborted === true;
  let seen = 0;
  let told = -1;
  const missing = () =>
    Array.from({ length: run.shards }, (_, index) => index + 1).filter(
      (shard) => !done.has(shard) && !failures.has(shard),
    );

  /** Takes the results that have come. */
  async function gather(): Promise<void> {
    const { shards, end } = await queue.finished(run.id, seen);
    // A queue that has lost its data begins anew.
    seen = end < seen ? 0 : end;
    const fresh = shards.filter((shard) => !done.has(shard));
    for (let at = 0; at < fresh.length; at += BATCH) {
      const batch = fresh.slice(at, at + BATCH);
      const results = await queue.results(run.id, batch);
      for (const [index, shard] of batch.entries()) {
        const result = results[index];
        if (result === undefined || done.has(shard)) continue;
        done.add(shard);
        failures.delete(shard);
        await onResult(shard, result);
      }
    }
    for (const failure of await queue.failures(run.id))
      if (!done.has(failure.shard)) failures.set(failure.shard, failure);
    if (done.size + failures.size !== told) onProgress?.(done.size, failures.size);
    told = done.size + failures.size;
  }

  await queue.open(run);
  try {
    await gather();
    await queue.enqueue(run.id, missing());
    let checked = performance.now();
    while (done.size + failures.size < run.shards && !isStopped()) {
      await delay(poll, undefined, { signal }).catch(() => undefined);
      const isKept = await queue.keep(run);
      await gather();
      if (isKept && performance.now() - checked < recheck) continue;
      checked = performance.now();
      await queue.enqueue(run.id, await queue.absent(run.id, missing()));
    }
  } finally {
    await queue.leave(run.id);
  }
  const all = [...failures.values()].toSorted((a, b) => a.shard - b.shard);
  return { done: done.size, failures: all, stopped: done.size + failures.size < run.shards };
}
