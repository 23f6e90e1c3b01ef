// A cluster in virtual time: workers that crash, straggle and deliver twice compute the shards of a run under the lease rules
// of torchloss's queues, and their results are merged as they arrive. Nothing waits, so simulated hours take seconds.

/** Random numbers in [0, 1), reproducible from a seed (mulberry32). */
export function randomNumbers(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Events ordered by time: a binary heap. */
class Events {
  #heap = [];

  add(time, run) {
    const heap = this.#heap;
    let at = heap.push({ time, run }) - 1;
    for (let up = (at - 1) >> 1; at > 0 && heap[up].time > time; at = up, up = (at - 1) >> 1)
      [heap[up], heap[at]] = [heap[at], heap[up]];
  }

  next() {
    const heap = this.#heap;
    const [first] = heap;
    const last = heap.pop();
    if (heap.length === 0 || first === last) return first;
    heap[0] = last;
    for (let at = 0; ; ) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2])
        if (child < heap.length && heap[child].time < heap[least].time) least = child;
      if (least === at) return first;
      [heap[at], heap[least]] = [heap[least], heap[at]];
      at = least;
    }
  }
}

/** The samples of a shard, and its partial result: sums over many orders of magnitude, so that rounding shows. */
function partialOf(shard, seed) {
  const random = randomNumbers(seed * 1_000_003 + shard);
  const samples = 50 + Math.floor(100 * random());
  const sum = (random() - 0.3) * 10 ** (12 * random());
  return {
    version: 1,
    loss: 'cross_entropy',
    reduction: 'mean',
    weighing: 1,
    samples,
    elements: samples,
    right: null,
    counted: samples,
    sum: [sum],
    weight: [samples * (0.5 + random())],
    nan: 0,
    infinite: 0,
    negativeInfinite: 0,
    least: 0,
    greatest: 1,
    named: 0,
    worst: [],
    special: [],
    buckets: [[16384 + (shard % 50), samples]],
    values: null,
    groups: null,
    seconds: 0,
    bytes: 0,
  };
}

const LEASE = 30;
const MERGED_AT_ONCE = 256;

/**
 * Runs a cluster to the end.
 *
 * @param torchloss `LeaseTable` of the queues, and `mergeResults`
 * @param options the numbers of `workers` and `shards`, the shares of leases that `crash`, `straggle` and are delivered in
 *   `duplicate`, and a `seed`
 * @returns what happened, the result that was merged as results came, the result of all shards in order, and naive sums of both
 */
export function simulate({ LeaseTable, mergeResults }, { workers, shards, crash, straggle, duplicate, seed }) {
  const random = randomNumbers(seed);
  const table = new LeaseTable();
  const events = new Events();
  const done = new Set();
  const counts = { leases: 0, crashes: 0, stragglers: 0, duplicates: 0, dropped: 0 };
  let merged;
  let waiting = [];
  const naive = { arrival: 0, order: 0 };
  let now = 0;

  const merge = () => {
    if (waiting.length > 0) merged = mergeResults(merged === undefined ? waiting : [merged, ...waiting]);
    waiting = [];
  };
  // As in a queue, the first result of a shard is kept and any other dropped.
  const store = (shard) => {
    if (done.has(shard)) {
      counts.dropped += 1;
      return;
    }
    done.add(shard);
    const partial = partialOf(shard, seed);
    naive.arrival += partial.sum[0];
    waiting.push(partial);
    if (waiting.length >= MERGED_AT_ONCE) merge();
  };

  function work() {
    const lease = table.take(now, LEASE);
    if (lease === undefined) {
      if (done.size + table.failed < shards) events.add(now + 1, work);
      return;
    }
    counts.leases += 1;
    const shard = Number(lease.key);
    const seconds = 1 + 2 * random();
    const fate = random();
    if (fate < crash) {
      // It has gone silent; another process takes its place.
      counts.crashes += 1;
      events.add(now + 10 + 50 * random(), work);
      return;
    }
    const isSlow = fate < crash + straggle;
    if (isSlow) counts.stragglers += 1;
    // A straggler is silent for longer than its lease: its shard goes to another worker, and it still finishes.
    events.add(now + seconds * (isSlow ? 30 : 1), () => {
      store(shard);
      table.finish(lease);
      if (random() < duplicate) {
        counts.duplicates += 1;
        events.add(now + 5 * random(), () => store(shard));
      }
      work();
    });
  }

  for (let shard = 1; shard <= shards; shard++) table.add(String(shard));
  for (let worker = 0; worker < workers; worker++) events.add(random(), work);
  for (let event = events.next(); event !== undefined && event.time !== undefined; event = events.next()) {
    now = event.time;
    event.run();
  }
  merge();

  let whole;
  for (let first = 1; first <= shards; first += MERGED_AT_ONCE) {
    const last = Math.min(first + MERGED_AT_ONCE - 1, shards);
    const partials = Array.from({ length: last - first + 1 }, (_, index) => partialOf(first + index, seed));
    for (const { sum } of partials) naive.order += sum[0];
    whole = mergeResults(whole === undefined ? partials : [whole, ...partials]);
  }
  return { ...counts, hours: now / 3600, done: done.size, merged, whole, naive };
}
