/** Coordinators and workers of a queue in memory, its leases, and a cluster in virtual time. */
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { coordinate, type CoordinateOptions, MemoryQueue, work } from '../../lib/distributed/index.js';
import { LOST_TOO_OFTEN } from '../../lib/distributed/queue/interface.js';
import { LeaseTable } from '../../lib/distributed/queue/leases.js';
import { mergeResults, type PartialEvaluation } from '../../lib/evaluate/index.js';

interface Simulated {
  readonly leases: number;
  readonly crashes: number;
  readonly stragglers: number;
  readonly duplicates: number;
  readonly dropped: number;
  readonly done: number;
  readonly merged: ReturnType<typeof mergeResults>;
  readonly whole: ReturnType<typeof mergeResults>;
  readonly naive: { readonly arrival: number; readonly order: number };
}
const { simulate } = (await import(new URL('../../bench/shard_simulation.mjs', import.meta.url).href)) as {
  simulate(torchloss: object, options: Readonly<Record<string, number>>): Simulated;
};

/** Computes `plan` times the shard. */
const times = async (plan: string, shard: number) => String(Number(plan) * shard);

/** Coordinates a run; returns its results by shard and its outcome. */
async function gather(queue: MemoryQueue, shards: number, options: Partial<CoordinateOptions> = {}, id = 'run') {
  const results: [number, string][] = [];
  const outcome = await coordinate(
    queue,
    { id, plan: '7', shards },
    { onResult: (shard, result) => void results.push([shard, result]), poll: 5, ...options },
  );
  return { ...outcome, results: results.toSorted(([a], [b]) => a - b) };
}

const expected = (shards: number) => Array.from({ length: shards }, (_, i) => [i + 1, String(7 * (i + 1))]);

describe('a queue in memory', () => {
  it('gives each shard to one of its workers', async () => {
    const queue = new MemoryQueue();
    const run = gather(queue, 50);
    const workers = await Promise.all([1, 2, 3].map(() => work(queue, times, { idle: 100 })));
    expect(await run).toEqual({ done: 50, failures: [], stopped: false, results: expected(50) });
    expect(workers.reduce((sum, { computed }) => sum + computed, 0)).toBe(50);
  });

  it('tries a failing shard three times, reports its last error, and continues with the rest', async () => {
    const queue = new MemoryQueue();
    const run = gather(queue, 6);
    const attempts: number[] = [];
    const compute = async (plan: string, shard: number) => {
      attempts[shard] = (attempts[shard] ?? 0) + 1;
      if (shard === 4 || (shard === 2 && attempts[2] === 1)) throw new Error(`attempt ${attempts[shard]} of ${shard}`);
      return times(plan, shard);
    };
    expect(await work(queue, compute, { idle: 100 })).toEqual({ computed: 5, failed: 4 });
    const { results, ...outcome } = await run;
    expect(outcome).toEqual({ done: 5, failures: [{ shard: 4, error: 'attempt 3 of 4' }], stopped: false });
    expect(results).toEqual(expected(6).filter(([shard]) => shard !== 4));
    // A new coordinator tries it again, and keeps the results that exist.
    const again = gather(queue, 6);
    await work(queue, times, { idle: 100 });
    expect(await again).toMatchObject({ done: 6, failures: [], results: expected(6) });
    expect(attempts).toEqual([undefined, 1, 2, 1, 3, 1, 1]);
  });

  it("gives a silent worker's shard to another worker, and keeps the first result", async () => {
    const queue = new MemoryQueue();
    const run = gather(queue, 3);
    await delay(20);
    let isFirst = true;
    const stuck = work(
      queue,
      async (plan, shard) => {
        if (isFirst) {
          isFirst = false;
          // This blocks the event loop, so that the lease is not renewed.
          const end = performance.now() + 200;
          while (performance.now() < end);
        }
        return times(plan, shard);
      },
      { lease: 50, idle: 300 },
    );
    await work(queue, times, { lease: 50, idle: 300 });
    await stuck;
    expect(await run).toMatchObject({ done: 3, results: expected(3) });
  });

  it('serves coordinators of one run, and of several, at the same time', async () => {
    const queue = new MemoryQueue();
    const runs = [gather(queue, 20), gather(queue, 20), gather(queue, 30, {}, 'other')];
    await work(queue, times, { idle: 200 });
    const [one, two, other] = await Promise.all(runs);
    expect([one?.results, two?.results, other?.results]).toEqual([expected(20), expected(20), expected(30)]);
  });

  it('drops the shards of a coordinator that stops, and lets a later one continue', async () => {
    const queue = new MemoryQueue();
    const stop = new AbortController();
    const options = {
      signal: stop.signal,
      onProgress: (done: number) => {
        if (done >= 3) stop.abort();
      },
    };
    const run = gather(queue, 1000, options);
    const end = new AbortController();
    const slow = async (plan: string, shard: number) => {
      await delay(3);
      return times(plan, shard);
    };
    const worker = work(queue, slow, { signal: end.signal });
    const { stopped, done } = await run;
    expect(stopped).toBe(true);
    end.abort();
    await worker;
    // No coordinator wants the others.
    expect(await work(queue, times, { idle: 50 })).toEqual({ computed: 0, failed: 0 });
    const rest = gather(queue, 1000);
    const { computed } = await work(queue, times, { idle: 100 });
    expect(computed).toBeLessThanOrEqual(1000 - done);
    expect((await rest).results).toEqual(expected(1000));
  });

  it('gets a shard back from a worker that stops and does not finish in time', async () => {
    const queue = new MemoryQueue();
    const run = gather(queue, 1);
    await delay(20);
    const stop = new AbortController();
    let start = () => {};
    const started = new Promise<void>((resolve) => (start = resolve));
    const stuck = async (_: string, __: number, signal: AbortSignal) => {
      start();
      await delay(60_000, undefined, { signal });
      return 'late';
    };
    const worker = work(queue, stuck, { signal: stop.signal, grace: 20 });
    await started;
    stop.abort();
    expect(await worker).toEqual({ computed: 0, failed: 0 });
    expect(await work(queue, times, { idle: 100 })).toEqual({ computed: 1, failed: 0 });
    expect(await run).toMatchObject({ done: 1, failures: [], results: expected(1) });
  });
});

describe('leases', () => {
  it('pass to another worker when they expire, and the late worker changes nothing', () => {
    const table = new LeaseTable();
    table.add('a');
    table.add('a');
    const first = table.take(0, 10);
    expect(first).toEqual({ key: 'a', number: 1 });
    expect(table.take(9, 10)).toBeUndefined();
    expect(table.renew(first as never, 9, 10)).toBe(true);
    expect(table.take(18, 10)).toBeUndefined();
    const second = table.take(19, 10);
    expect(second).toEqual({ key: 'a', number: 2 });
    expect(table.renew(first as never, 20, 10)).toBe(false);
    table.fail(first as never, 'late');
    table.finish(first as never);
    expect(table.has('a')).toBe(true);
    table.finish(second as never);
    expect(table.has('a')).toBe(false);
  });

  it('of a shard that stops ten workers are not granted again', () => {
    const table = new LeaseTable();
    table.add('a');
    let leases = 0;
    for (let now = 0; now < 1000; now += 10) if (table.take(now, 10) !== undefined) leases += 1;
    expect([leases, table.has('a'), table.failureOf('a')]).toEqual([10, false, LOST_TOO_OFTEN]);
  });
});

describe('a cluster in virtual time', () => {
  it.each([
    [1, 0.05],
    [2, 0.05],
    [3, 0.3],
  ])(
    'with seed %i and a share %d of crashing leases counts every sample once, with the bits of one process',
    (seed, crash) => {
      const options = { workers: 50, shards: 3000, crash, straggle: 0.02, duplicate: 0.02, seed };
      const { merged, whole, naive, ...counts } = simulate({ LeaseTable, mergeResults }, options);
      expect(counts.done).toBe(3000);
      for (const count of [counts.crashes, counts.stragglers, counts.duplicates, counts.dropped])
        expect(count).toBeGreaterThan(20);
      expect([merged.samples, merged.loss, merged.weight]).toEqual([whole.samples, whole.loss, whole.weight]);
      expect((merged.partial as PartialEvaluation).buckets).toEqual((whole.partial as PartialEvaluation).buckets);
      // The control: plain sums depend on the order of the results.
      expect(naive.arrival).not.toBe(naive.order);
    },
  );
});
