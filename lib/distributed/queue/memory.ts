/** A queue in the memory of one process. */
import { setTimeout as delay } from 'node:timers/promises';
import {
  type ConsumeOptions,
  GivenBack,
  type Run,
  type ShardFailure,
  type ShardQueue,
  type ShardTask,
} from './interface.js';
import { keyOf, taskOf } from './keys.js';
import { type Lease, LeaseTable } from './leases.js';

/** How often a worker looks for a shard. */
const POLL_MILLISECONDS = 2;

interface KnownRun {
  plan: string;
  shards: number;
  wanted: boolean;
  /** The shards with results, in the order in which they came. */
  readonly order: number[];
  readonly results: Map<number, string>;
}

/** A queue in the memory of one process: for tests, and to compute shards without a broker. */
export class MemoryQueue implements ShardQueue {
  readonly name = 'memory';
  readonly #runs = new Map<string, KnownRun>();
  readonly #leases = new LeaseTable();

  async open(run: Run): Promise<void> {
    await this.keep(run);
    for (let shard = 1; shard <= run.shards; shard++) this.#leases.forget(keyOf(run.id, shard));
  }

  async keep({ id, plan, shards }: Run): Promise<boolean> {
    const known = this.#runs.get(id);
    if (known === undefined) this.#runs.set(id, { plan, shards, wanted: true, order: [], results: new Map() });
    else known.wanted = true;
    return known !== undefined;
  }

  async leave(run: string): Promise<void> {
    const known = this.#runs.get(run);
    if (known !== undefined) known.wanted = false;
  }

  async enqueue(run: string, shards: readonly number[]): Promise<void> {
    for (const shard of shards) this.#leases.add(keyOf(run, shard));
  }

  async absent(run: string, shards: readonly number[]): Promise<number[]> {
    return shards.filter((shard) => {
      const key = keyOf(run, shard);
      return !this.#leases.has(key) && this.#leases.failureOf(key) === undefined;
    });
  }

  async finished(run: string, start: number): Promise<{ shards: number[]; end: number }> {
    const { order } = this.#runs.get(run) ?? { order: [] };
    return { shards: order.slice(start), end: order.length };
  }

  async results(run: string, shards: readonly number[]): Promise<(string | undefined)[]> {
    return shards.map((shard) => this.#runs.get(run)?.results.get(shard));
  }

  async failures(run: string): Promise<ShardFailure[]> {
    const { shards = 0 } = this.#runs.get(run) ?? {};
    return Array.from({ length: shards }, (_, index) => index + 1).flatMap((shard) => {
      const error = this.#leases.failureOf(keyOf(run, shard));
      return error === undefined ? [] : [{ shard, error }];
    });
  }

  async planOf(run: string): Promise<string | undefined> {
    const known = this.#runs.get(run);
    return known?.wanted ? known.plan : undefined;
  }

  async hasResult({ run, shard }: ShardTask): Promise<boolean> {
    return this.#runs.get(run)?.results.has(shard) ?? false;
  }

  async store({ run, shard }: ShardTask, result: string): Promise<void> {
    const known = this.#runs.get(run);
    if (known === undefined || known.results.has(shard)) return;
    known.results.set(shard, result);
    known.order.push(shard);
  }

  async consume(handle: (task: ShardTask) => Promise<void>, { signal, lease, idle }: ConsumeOptions): Promise<void> {
    let last = performance.now();
    while (!signal.aborted) {
      const taken = this.#leases.take(performance.now(), lease);
      if (taken === undefined) {
        if (idle !== undefined && performance.now() - last >= idle) return;
        await delay(POLL_MILLISECONDS);
        continue;
      }
      const timer = setInterval(() => this.#leases.renew(taken, performance.now(), lease), lease / 2);
      try {
        await this.#handle(taken, handle);
      } finally {
        clearInterval(timer);
      }
      last = performance.now();
    }
  }

  async #handle(lease: Lease, handle: (task: ShardTask) => Promise<void>): Promise<void> {
    try {
      await handle(taskOf(lease.key));
      this.#leases.finish(lease);
    } catch (error) {
      if (error instanceof GivenBack) this.#leases.giveBack(lease);
      else this.#leases.fail(lease, (error as Error).message);
    }
  }

  async close(): Promise<void> {}
}
