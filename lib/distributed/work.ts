/** Computes the shards of a queue. */
import { GivenBack, type ShardQueue, type ShardTask } from './queue/interface.js';

/** How a worker works. */
export interface WorkOptions {
  /**
   * Ends the work. The shard at hand is finished if that takes less than `grace`, and otherwise given back to the queue.
   */
  signal?: AbortSignal | undefined;
  /** How long a shard may go on after the signal, in milliseconds. Default 10,000. */
  grace?: number | undefined;
  /**
   * After how many milliseconds without a sign of life the shard of a worker goes to another one. Default 30,000.
   * A worker gives signs of life as long as its event loop is not blocked for that long.
   */
  lease?: number | undefined;
  /** Ends the work after so many milliseconds without a shard. Default: it goes on. */
  idle?: number | undefined;
  /** Called after each shard, with its error if it has failed. */
  onShard?: ((task: ShardTask, error?: unknown) => void) | undefined;
}

/** What a worker has done. */
export interface WorkOutcome {
  readonly computed: number;
  readonly failed: number;
}

/**
 * Computes shards of a queue, one at a time, until the signal or until none has come for a while.
 *
 * @param compute - computes a shard of a plan, and gives its result. It should stop with any error soon after its signal is
 *   aborted; the shard then goes to another worker, and no failure is counted
 */
export async function work(
  queue: ShardQueue,
  compute: (plan: string, shard: number, signal: AbortSignal) => Promise<string>,
  options: WorkOptions = {},
): Promise<WorkOutcome> {
  const { signal = new AbortController().signal, grace = 10_000, lease = 30_000, idle, onShard } = options;
  const end = new AbortController();
  const giveUp = () => {
    const timer = setTimeout(() => end.abort(new GivenBack()), grace);
    // The process may end before, once the shard is done.
    timer.unref();
  };
  signal.addEventListener('abort', giveUp, { once: true });
  let [computed, failed] = [0, 0];

  async function handle(task: ShardTask): Promise<void> {
    // A shard that nobody wants, or that is done, is dropped.
    const plan = await queue.planOf(task.run);
    if (plan === undefined || (await queue.hasResult(task))) return;
    let result: string;
    try {
      result = await compute(plan, task.shard, end.signal);
    } catch (error) {
      if (end.signal.aborted) throw new GivenBack();
      failed += 1;
      onShard?.(task, error);
      throw error;
    }
    await queue.store(task, result);
    computed += 1;
    onShard?.(task);
  }

  try {
    await queue.consume(handle, { signal, lease, idle });
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
  return { computed, failed };
}
