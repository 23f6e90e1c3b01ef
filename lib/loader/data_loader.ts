import { isArray, isFunction, isIterable, isPlainObject, isRevoked, isThenable } from '../base/plain_object.js';
import { cudaProblem, libtorch } from '../addon/native.js';
import { checkBoolean } from '../addon/arguments.js';
import { compareVersions } from '../base/compare_versions.js';
import { invalidType, invalidValue, TorchError } from '../base/errors.js';
import { warnOnce } from '../base/warnings.js';
import { op } from '../tensor/call.js';
import { checkGenerator, type Generator } from '../tensor/generator.js';
import { type Collated, default_collate, default_convert, mapTensors } from './collate.js';
import { type Indexed, itemOf, itemsOf, lengthOf, type MapDataset, needsAwait, type SampleOf } from './dataset.js';
import { type DataLoaderOptions, NAMES, POSITIONS } from './options.js';
import { BatchSampler, drawSeed, RandomSampler, readOptions, SequentialSampler } from './sampler.js';

type AnyDataset = Indexed<unknown> | Iterable<unknown> | AsyncIterable<unknown>;
type Fetched = unknown;

/**
 * An iteration that goes on after its first batches: these are not fetched where samples are taken by their index. What
 * the order of all batches so far is drawn from is drawn before the promise settles.
 *
 * @param releases - whether the option `dispose` counts
 */
export let batchesAfter: (
  loader: DataLoader<never, unknown>,
  skip: number,
  releases: boolean,
) => Promise<AsyncIterableIterator<unknown>>;

/**
 * Iterates over a dataset in batches: with `for`, or with `for await`, which reads ahead while the dataset's promises
 * are pending and never blocks for them.
 *
 * The order is Python's for the same seed: each iteration draws one number from `generator`, or the default generator,
 * and with `shuffle` a second one that seeds the order. A dataset is an object with `length` and `getItem(index)`, an
 * array, or any iterable. The first options may be given by position, in Python's order.
 *
 * @throws TypeError or RangeError for options that contradict each other, as in Python
 * @example
 * ```ts
 * const { DataLoader, TensorDataset } = torch.utils.data;
 * const dataset = new TensorDataset(torch.randn([8, 3]), torch.randint(0, 2, [8]));
 * const loader = new DataLoader(dataset, { batch_size: 4, shuffle: true });
 * loader.length;                     // 2
 * for (const [x, y] of loader) {
 *   [x.shape, y.dtype];              // [[4, 3], 'int64']
 * }
 * for await (const [x] of loader) {
 *   x.size(0);                       // 4
 * }
 * ```
 */
export class DataLoader<D extends AnyDataset, B = Collated<SampleOf<D>>> {
  static {
    batchesAfter = async (loader, skip, releases) => {
      const indices = loader.#begin();
      // Only the order is drawn again of what is skipped; a stream has to be gone through.
      if (indices !== undefined) for (let at = 0; at < skip; at++) indices.next();
      const batches = loader.#later(indices, releases);
      if (indices === undefined) for (let at = 0; at < skip; at++) await batches.next();
      return batches;
    };
  }

  readonly dataset: D;
  readonly batch_size: number | null;
  readonly drop_last: boolean;
  readonly sampler: Iterable<number> | undefined;
  readonly batch_sampler: Iterable<readonly number[]> | undefined;
  readonly generator: Generator | null;
  readonly collate_fn: (samples: never) => unknown;
  readonly num_workers: number;
  readonly prefetch_factor: number | null;
  readonly pin_memory: boolean;
  readonly timeout: number;
  readonly #dispose: boolean;
  /** Whether the dataset is iterated rather than indexed. */
  readonly #iterable: boolean;
  /** Whether the dataset may join the samples of a batch itself. */
  readonly #direct: boolean;

  constructor(dataset: D, options?: DataLoaderOptions<SampleOf<D>, B>);
  constructor(dataset: D, batch_size: number | null | undefined, options?: DataLoaderOptions<SampleOf<D>, B>);
  constructor(
    dataset: D,
    batch_size: number | null | undefined,
    shuffle: boolean | null | undefined,
    ...rest: unknown[]
  );
  constructor(options: DataLoaderOptions<SampleOf<D>, B> & { dataset: D });
  constructor(first: D | { dataset: D }, ...others: unknown[]) {
    const [dataset, ...rest] = (byName(first) ? namedFirst(first) : [first, ...others]) as [D, ...unknown[]];
    const given = readOptions(rest, POSITIONS, NAMES) as DataLoaderOptions<never>;
    const { batch_size = 1, sampler, batch_sampler, collate_fn, generator } = given;
    const { num_workers = 0, prefetch_factor, timeout = 0, persistent_workers = false } = given;
    const { pin_memory = false, drop_last = false, dispose = false } = given;
    const shuffle = given.shuffle ?? false;
    for (const [name, value] of Object.entries({ shuffle, pin_memory, drop_last, dispose, persistent_workers }))
      checkBoolean(value, name);
    checkCount(num_workers, 'num_workers');
    if (typeof timeout !== 'number' || !(timeout >= 0)) throw invalidValue('timeout', '0 or more seconds', timeout);
    if (prefetch_factor != null) {
      if (num_workers === 0 && !(prefetch_factor === 2 && isDefaultTwo()))
        throw invalidValue('prefetch_factor', 'none without num_workers', prefetch_factor);
      checkCount(prefetch_factor, 'prefetch_factor');
    }
    if (persistent_workers && num_workers === 0)
      throw invalidValue('persistent_workers', 'false without num_workers', true);
    for (const name of ['worker_init_fn', 'multiprocessing_context'] as const)
      if (given[name] != null) throw invalidValue(name, 'none: torchloss has no worker processes', given[name]);
    if (collate_fn != null && !isFunction(collate_fn)) throw invalidType('collate_fn', 'a function', collate_fn);
    checkGenerator(generator);
    this.#iterable = isIterableDataset(dataset);
    if (!this.#iterable) lengthOf(dataset, 'dataset');
    this.#checkOrder(shuffle, given);
    if (batch_size !== null) checkBatchSize(batch_size);

    const isBatched = batch_size !== null || batch_sampler != null;
    // Unconverted samples may belong to the dataset.
    if (dispose && !isBatched) throw invalidValue('dispose', 'false without batches (batch_size null)', true);
    this.dataset = dataset;
    this.batch_size = batch_sampler == null ? batch_size : null;
    this.drop_last = drop_last;
    this.generator = generator ?? null;
    if (!this.#iterable) {
      const source = dataset as Indexed<unknown>;
      this.sampler = sampler ?? (shuffle ? shuffled(source, generator) : new SequentialSampler(source));
      this.batch_sampler =
        batch_sampler ?? (batch_size === null ? undefined : new BatchSampler(this.sampler, batch_size, drop_last));
    }
    this.collate_fn = collate_fn ?? (isBatched ? default_collate : default_convert);
    this.#direct = collate_fn == null && isBatched && typeof (dataset as MapDataset<unknown>).getBatch === 'function';
    this.num_workers = num_workers;
    this.prefetch_factor = num_workers > 0 ? (prefetch_factor ?? 2) : null;
    this.pin_memory = pin_memory;
    this.timeout = timeout;
    this.#dispose = dispose;
  }

  /** Checks the options for the order of the samples. */
  #checkOrder(shuffle: boolean, given: DataLoaderOptions<never>): void {
    const { batch_size = 1, sampler, batch_sampler, drop_last = false } = given;
    for (const [name, value] of Object.entries({ shuffle: shuffle || null, sampler, batch_sampler })) {
      if (this.#iterable && value != null) throw invalidValue(name, 'none for an iterable dataset', value);
      if (value != null && name !== 'shuffle' && !isIterable(value)) throw invalidType(name, 'a sampler', value);
    }
    if (sampler != null && shuffle) throw invalidValue('sampler', 'none together with shuffle', sampler);
    if (batch_sampler != null) {
      if (batch_size === 1 && !shuffle && sampler == null && !drop_last) return;
      const others = 'none together with batch_size, shuffle, sampler or drop_last';
      throw invalidValue('batch_sampler', others, batch_sampler);
    }
    if (batch_size === null && drop_last)
      throw invalidValue('drop_last', 'false without batches (batch_size null)', true);
  }

  /**
   * The number of batches per iteration.
   *
   * @throws TypeError for a dataset or sampler without a length
   */
  get length(): number {
    if (this.#iterable) {
      const count = lengthOf(this.dataset, 'dataset');
      if (this.batch_size === null) return count;
      return this.drop_last ? Math.floor(count / this.batch_size) : Math.ceil(count / this.batch_size);
    }
    return lengthOf(this.batch_sampler ?? this.sampler, this.batch_sampler === undefined ? 'sampler' : 'batch_sampler');
  }

  /** Starts an iteration: Python draws a number here, which would seed its workers. */
  #begin(): Iterator<number | readonly number[]> | undefined {
    const order = this.batch_sampler ?? this.sampler;
    const indices = order?.[Symbol.iterator]();
    drawSeed(this.generator);
    return indices;
  }

  [Symbol.iterator](): IterableIterator<B> {
    return this.#now(this.#begin());
  }

  *#now(indices: Iterator<number | readonly number[]> | undefined): IterableIterator<B> {
    let last: unknown;
    try {
      for (const batch of indices === undefined ? this.#stream() : this.#fetches(indices)) {
        if (isThenable(batch)) {
          batch.then(undefined, () => undefined);
          throw needsAwait();
        }
        this.#release(last);
        last = this.#finish(batch);
        yield last as B;
      }
    } finally {
      this.#release(last);
    }
  }

  *#fetches(indices: Iterator<number | readonly number[]>): IterableIterator<Fetched> {
    for (let next = indices.next(); next.done !== true; next = indices.next()) yield this.#fetch(next.value);
  }

  /** The batch for some indices, or a promise of it. */
  #fetch(index: number | readonly number[]): Fetched {
    const source = this.dataset as Indexed<unknown>;
    if (typeof index === 'number') return chain(itemOf(source, index), (item) => this.collate_fn(item as never));
    if (this.#direct) return (source as Required<MapDataset<unknown>>).getBatch(index);
    return chain(itemsOf(source, index), (items) => this.collate_fn(items as never));
  }

  /** The batches of an iterable dataset. */
  *#stream(): IterableIterator<Fetched> {
    const { dataset } = this;
    if (!(Symbol.iterator in (dataset as object))) throw needsAwait();
    const batch = this.#newBatch();
    for (const sample of dataset as Iterable<unknown>) {
      if (isThenable(sample)) throw needsAwait();
      const full = batch.add(sample);
      if (full !== undefined) yield this.collate_fn(full as never);
    }
    const rest = batch.rest();
    if (rest !== undefined) yield this.collate_fn(rest as never);
  }

  async *#streamLater(): AsyncGenerator<Fetched, void> {
    const batch = this.#newBatch();
    for await (const sample of this.dataset as Iterable<unknown> | AsyncIterable<unknown>) {
      const full = batch.add(sample);
      if (full !== undefined) yield await this.collate_fn(full as never);
    }
    const rest = batch.rest();
    if (rest !== undefined) yield await this.collate_fn(rest as never);
  }

  /** Collects samples until a batch is full. */
  #newBatch(): { add(sample: unknown): unknown; rest(): unknown } {
    const { batch_size, drop_last } = this;
    let samples: unknown[] = [];
    return {
      add: (sample) => {
        if (batch_size === null) return sample;
        if (samples.push(sample) < batch_size) return undefined;
        const full = samples;
        samples = [];
        return full;
      },
      rest: () => (samples.length > 0 && !drop_last ? samples : undefined),
    };
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<B> {
    return this.#later(this.#begin());
  }

  async *#later(indices: Iterator<number | readonly number[]> | undefined, releases = true): AsyncGenerator<B, void> {
    const stream = indices === undefined ? this.#streamLater() : undefined;
    const pending: Promise<IteratorResult<Fetched, void>>[] = [];
    /** Reads one batch ahead once there is something to wait for; batches available at once are made on demand. */
    let most = this.num_workers * (this.prefetch_factor ?? 0);
    const start = (): boolean => {
      let next: Promise<IteratorResult<Fetched, void>>;
      if (stream !== undefined) {
        next = stream.next();
        most ||= 1;
      } else {
        const { value, done } = (indices as Iterator<number | readonly number[]>).next();
        if (done === true) return false;
        const batch = this.#fetch(value);
        if (isThenable(batch)) most ||= 1;
        next = Promise.resolve(batch).then((fetched) => ({ value: fetched, done: false }));
      }
      // A failed batch is reported when its turn comes, or not at all after the end.
      next.catch(() => undefined);
      pending.push(next);
      return true;
    };
    let last: unknown;
    try {
      for (let more = true; ; ) {
        if (pending.length === 0 && more) more = start();
        const first = pending.shift();
        if (first === undefined) return;
        while (more && pending.length < most) more = start();
        const { value, done } = await this.#inTime(first);
        if (done === true) return;
        if (releases) this.#release(last);
        last = this.#finish(value);
        yield last as B;
      }
    } finally {
      if (releases) this.#release(last);
      if (stream !== undefined) void stream.return();
    }
  }

  /** A promise, or an error if it takes longer than `timeout`. */
  async #inTime<T>(promise: Promise<T>): Promise<T> {
    if (this.timeout === 0) return promise;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const message = `timeout: no batch came within ${this.timeout} s`;
      timer = setTimeout(() => reject(new TorchError('ERR_BUSY', message)), 1000 * this.timeout);
    });
    try {
      return await Promise.race([promise, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  #finish(batch: unknown): unknown {
    if (!this.pin_memory) return batch;
    const problem = cudaProblem();
    if (problem !== undefined) {
      warnOnce(`'pin_memory' argument is set as true but no accelerator is found: ${problem}`);
      return batch;
    }
    return mapTensors(batch, (item) => (item.device === 'cpu' ? op('pin_memory', item) : item));
  }

  #release(batch: unknown): void {
    if (this.#dispose) disposeOf(batch);
  }
}

function disposeOf(batch: unknown): void {
  mapTensors(batch, (item) => {
    item.dispose();
    return item;
  });
}

function chain(value: unknown, then: (value: unknown) => unknown): unknown {
  return isThenable(value) ? Promise.resolve(value).then(then) : then(value);
}

/** An array, or an object with `getItem`, is indexed, even if it is iterable. */
function isIterableDataset(dataset: unknown): boolean {
  if (typeof dataset !== 'object' || dataset === null || isRevoked(dataset) || 'getItem' in dataset) return false;
  if (isArray(dataset) || ArrayBuffer.isView(dataset)) return false;
  return Symbol.iterator in dataset || Symbol.asyncIterator in dataset;
}

/** The order for `shuffle`: the dataset's own, if it has one. */
function shuffled(dataset: Indexed<unknown>, generator: Generator | null | undefined): Iterable<number> {
  if ('getItem' in dataset && dataset.shuffled !== undefined) return dataset.shuffled(generator ?? undefined);
  return new RandomSampler(dataset, { generator });
}

/** Before PyTorch 2.0 the default was 2, with or without workers. */
function isDefaultTwo(): boolean {
  return compareVersions(libtorch().version, '2.0.0') < 0;
}

function checkCount(value: unknown, parameter: string): void {
  if (!Number.isSafeInteger(value)) throw invalidType(parameter, 'an integer of 0 or more', value);
  if ((value as number) < 0) throw invalidValue(parameter, 'an integer of 0 or more', value);
}

function checkBatchSize(value: unknown): void {
  if (!Number.isSafeInteger(value)) throw invalidType('batch_size', 'a positive integer or null', value);
  if ((value as number) <= 0) throw invalidValue('batch_size', 'a positive integer or null', value);
}

/** Whether all arguments come by name, the dataset among them. */
function byName(first: unknown): first is { dataset: unknown } {
  return isPlainObject(first) && 'dataset' in first && !('getItem' in first) && !isIterable(first);
}

function namedFirst({ dataset, ...options }: { dataset: unknown }): unknown[] {
  return [dataset, options];
}
