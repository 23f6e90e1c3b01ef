/** Samplers: the order in which a DataLoader takes the samples. It is Python's for the same seed. */
import { isArray, isIterable, isPlainObject } from '../base/plain_object.js';
import { itemsOf, checkNumber } from '../addon/arguments.js';
import { isTensor } from '../addon/handle.js';
import { ArgumentRangeError, ArgumentTypeError, invalidType, invalidValue } from '../base/errors.js';
import { didYouMean } from '../base/nearest.js';
import { get_rank, get_world_size } from '../c10d/process_group.js';
import { tensor } from '../tensor/creation.js';
import { dispatchTensor } from '../tensor/dispatch.js';
import { checkGenerator, Generator } from '../tensor/generator.js';
import { randint, randperm } from '../tensor/random.js';
import { Tensor } from '../tensor/tensor.js';
import { type Indexed, lengthOf } from './dataset.js';

/** The base class of samplers. Any iterable can serve as one. */
export abstract class Sampler<T = number> {
  abstract [Symbol.iterator](): Iterator<T>;
}

/** The data source of a sampler, which determines its length. */
type Sized = { readonly length: number } | Indexed<unknown>;

/** The numbers of an int64 tensor, which is then disposed of. */
function integersOf(drawn: Tensor): number[] {
  const values = Array.from(drawn.toTypedArray() as BigInt64Array, Number);
  drawn.dispose();
  return values;
}

/** A number drawn like Python's `torch.empty((), dtype=torch.int64).random_()`. */
export function drawSeed(generator?: Generator | null): bigint {
  const room: Tensor = new Tensor(dispatchTensor('empty', [[]], { dtype: 'int64' }));
  // It returns its argument.
  dispatchTensor('random_', [room], generator == null ? undefined : { generator });
  const [seed] = room.toTypedArray() as BigInt64Array;
  room.dispose();
  return seed as bigint;
}

function checkCount(value: unknown, parameter: string): asserts value is number {
  if (!Number.isSafeInteger(value)) throw invalidType(parameter, 'a positive integer', value);
  if ((value as number) <= 0) throw invalidValue(parameter, 'a positive integer', value);
}

/**
 * The arguments after the first ones: by position, in Python's order, and the rest in an object.
 *
 * @param positions - the names of those that may be given by position
 * @param names - all names
 */
export function readOptions(
  values: readonly unknown[],
  positions: readonly string[],
  names: readonly string[] = positions,
): Record<string, unknown> {
  // What other code has put on Object.prototype is no option.
  const given: Record<string, unknown> = Object.create(null);
  const last = values.at(-1);
  const options = isOptions(last) ? (last as Record<string, unknown>) : undefined;
  const places = options === undefined ? values : values.slice(0, -1);
  if (places.length > positions.length)
    throw invalidValue('arguments', `at most ${positions.length} of them (${positions.join(', ')})`, places.length);
  for (const [index, value] of places.entries()) if (value !== undefined) given[positions[index] as string] = value;
  for (const [name, value] of Object.entries(options ?? {})) {
    if (!names.includes(name)) {
      const expected = `one of the options (${names.join(', ')})`;
      throw new ArgumentTypeError(name, expected, `'${name}'`, 'ERR_UNKNOWN_OPTION', didYouMean(name, names));
    }
    if (Object.hasOwn(given, name)) throw new ArgumentRangeError(name, 'one value', 'a positional and a named one');
    if (value !== undefined) given[name] = value;
  }
  return given;
}

/** Whether a last argument is an options object rather than a dataset, a sampler or a generator. */
function isOptions(value: unknown): boolean {
  return isPlainObject(value) && !(Symbol.iterator in value);
}

/** The samples in their own order. */
export class SequentialSampler extends Sampler {
  readonly data_source: Sized;

  constructor(data_source: Sized) {
    super();
    lengthOf(data_source, 'data_source');
    this.data_source = data_source;
  }

  get length(): number {
    return this.data_source.length;
  }

  *[Symbol.iterator](): IterableIterator<number> {
    for (let index = 0; index < this.length; index++) yield index;
  }
}

/** Options of {@link RandomSampler}. */
export interface RandomSamplerOptions {
  /** Draw with replacement. Default false. */
  replacement?: boolean | undefined;
  /** The number of samples to draw. Default: the number of samples. */
  num_samples?: number | null | undefined;
  /** The generator to draw from. Default: a new generator each time, seeded from the default one. */
  generator?: Generator | null | undefined;
}

/** The samples in a random order. */
export class RandomSampler extends Sampler {
  readonly data_source: Sized;
  readonly replacement: boolean;
  readonly generator: Generator | null;
  readonly #count: number | undefined;

  constructor(data_source: Sized, options?: RandomSamplerOptions);
  constructor(
    data_source: Sized,
    replacement?: boolean,
    num_samples?: number | null,
    generator?: Generator | null,
    options?: RandomSamplerOptions,
  );
  constructor(data_source: Sized, ...rest: unknown[]) {
    super();
    lengthOf(data_source, 'data_source');
    const given: RandomSamplerOptions = readOptions(rest, ['replacement', 'num_samples', 'generator']);
    const { replacement = false, num_samples, generator } = given;
    if (typeof replacement !== 'boolean') throw invalidType('replacement', 'a boolean', replacement);
    checkGenerator(generator);
    this.data_source = data_source;
    this.replacement = replacement;
    this.#count = num_samples ?? undefined;
    this.generator = generator ?? null;
    checkCount(this.num_samples, 'num_samples');
  }

  get num_samples(): number {
    return this.#count ?? this.data_source.length;
  }

  get length(): number {
    return this.num_samples;
  }

  *[Symbol.iterator](): IterableIterator<number> {
    const count = this.data_source.length;
    const wanted = this.num_samples;
    const generator = this.generator ?? new Generator().manual_seed(drawSeed());
    const draw = (many: number) => integersOf(randint(0, count, [many], { generator }));
    if (this.replacement) {
      for (let done = 0; done + 32 <= wanted; done += 32) yield* draw(32);
      yield* draw(wanted % 32);
      return;
    }
    const shuffle = () => integersOf(randperm(count, { generator }));
    for (let done = 0; done + count <= wanted; done += count) yield* shuffle();
    yield* shuffle().slice(0, wanted % count);
  }
}

/** The given samples in a random order. */
export class SubsetRandomSampler extends Sampler {
  readonly indices: ArrayLike<number>;
  readonly generator: Generator | null;

  constructor(indices: ArrayLike<number>, ...rest: [(Generator | { generator?: Generator | null } | null)?]) {
    super();
    lengthOf(indices, 'indices');
    const { generator } = readOptions(rest, ['generator']) as { generator?: Generator | null };
    checkGenerator(generator);
    this.indices = indices;
    this.generator = generator ?? null;
  }

  get length(): number {
    return this.indices.length;
  }

  *[Symbol.iterator](): IterableIterator<number> {
    const order = integersOf(randperm(this.indices.length, { generator: this.generator }));
    for (const place of order) yield this.indices[place] as number;
  }
}

function weightsOf(weights: unknown): Float64Array {
  if (!ArrayBuffer.isView(weights) && !isArray(weights)) throw invalidType('weights', 'a Tensor or an array', weights);
  const count = lengthOf(weights, 'weights');
  const list = weights as unknown as ArrayLike<unknown>;
  const read = Float64Array.from(isArray(weights) ? itemsOf(weights, 'weights') : Array.from(list), (weight, index) => {
    checkNumber(weight, `weights[${index}]`);
    return weight;
  });
  return read.subarray(0, count);
}

/** Samples drawn with the given weights, which need not add up to 1. */
export class WeightedRandomSampler extends Sampler {
  readonly weights: Tensor;
  readonly num_samples: number;
  readonly replacement: boolean;
  readonly generator: Generator | null;

  constructor(
    weights: ArrayLike<number> | Tensor,
    num_samples: number,
    ...rest: [
      (boolean | { replacement?: boolean; generator?: Generator | null })?,
      (Generator | { generator?: Generator | null } | null)?,
    ]
  ) {
    super();
    checkCount(num_samples, 'num_samples');
    const given = readOptions(rest, ['replacement', 'generator']);
    const { replacement = true, generator } = given as { replacement?: boolean; generator?: Generator | null };
    if (typeof replacement !== 'boolean') throw invalidType('replacement', 'a boolean', replacement);
    checkGenerator(generator);
    this.weights = isTensor(weights) ? (weights as Tensor).to({ dtype: 'float64' }) : tensor(weightsOf(weights));
    if (this.weights.dim() !== 1)
      throw new ArgumentRangeError('weights', 'one dimension', `${this.weights.dim()} dimensions`);
    this.num_samples = num_samples;
    this.replacement = replacement;
    this.generator = generator ?? null;
  }

  get length(): number {
    return this.num_samples;
  }

  *[Symbol.iterator](): IterableIterator<number> {
    const { weights, num_samples, replacement, generator } = this;
    const named = generator === null ? {} : { generator };
    yield* integersOf(new Tensor(dispatchTensor('multinomial', [weights, num_samples, replacement], named)));
  }
}

/** Batches of the indices of another sampler. */
export class BatchSampler extends Sampler<number[]> {
  readonly sampler: Iterable<number>;
  readonly batch_size: number;
  readonly drop_last: boolean;

  constructor(
    sampler: Iterable<number>,
    ...rest: [(number | { batch_size: number; drop_last?: boolean })?, (boolean | { drop_last?: boolean })?]
  ) {
    super();
    const given = readOptions(rest, ['batch_size', 'drop_last']);
    const { batch_size, drop_last = false } = given as { batch_size?: number; drop_last?: boolean };
    if (!isIterable(sampler)) throw invalidType('sampler', 'a sampler', sampler);
    checkCount(batch_size, 'batch_size');
    if (typeof drop_last !== 'boolean') throw invalidType('drop_last', 'a boolean', drop_last);
    this.sampler = sampler;
    this.batch_size = batch_size;
    this.drop_last = drop_last;
  }

  get length(): number {
    const count = lengthOf(this.sampler, 'sampler');
    return this.drop_last ? Math.floor(count / this.batch_size) : Math.ceil(count / this.batch_size);
  }

  *[Symbol.iterator](): IterableIterator<number[]> {
    let batch: number[] = [];
    for (const index of this.sampler) {
      if (batch.push(index) < this.batch_size) continue;
      yield batch;
      batch = [];
    }
    if (batch.length > 0 && !this.drop_last) yield batch;
  }
}

/** Options of {@link DistributedSampler}. */
export interface DistributedSamplerOptions {
  /** The number of processes that share the samples. Default: those of the process group. */
  num_replicas?: number | undefined;
  /** The index of this process, from 0 on. Default: its rank in the process group. */
  rank?: number | undefined;
  /** Use a new random order in each epoch. Default true. */
  shuffle?: boolean | undefined;
  /** The seed of the order, the same in every process. Default 0. */
  seed?: number | undefined;
  /** Drop samples that cannot be divided evenly, instead of repeating others. Default false. */
  drop_last?: boolean | undefined;
}

/** This process's share of the samples. Call `set_epoch` before each epoch for a new order. */
export class DistributedSampler extends Sampler {
  readonly dataset: Sized;
  readonly num_replicas: number;
  readonly rank: number;
  readonly shuffle: boolean;
  readonly seed: number;
  readonly drop_last: boolean;
  /** The number of samples per process, and of all processes together. */
  readonly num_samples: number;
  readonly total_size: number;
  epoch = 0;

  constructor(dataset: Sized, options?: DistributedSamplerOptions);
  constructor(
    dataset: Sized,
    num_replicas?: number,
    rank?: number,
    shuffle?: boolean,
    seed?: number,
    drop_last?: boolean,
    options?: DistributedSamplerOptions,
  );
  constructor(dataset: Sized, ...rest: unknown[]) {
    super();
    const count = lengthOf(dataset, 'dataset');
    const names = ['num_replicas', 'rank', 'shuffle', 'seed', 'drop_last'];
    const given = readOptions(rest, names) as DistributedSamplerOptions;
    const { num_replicas = get_world_size(), rank = get_rank() } = given;
    const { shuffle = true, seed = 0, drop_last = false } = given;
    checkCount(num_replicas, 'num_replicas');
    if (!Number.isSafeInteger(rank)) throw invalidType('rank', 'an integer', rank);
    if (rank >= num_replicas || rank < 0) throw invalidValue('rank', `from 0 to ${num_replicas - 1}`, rank);
    if (!Number.isSafeInteger(seed)) throw invalidType('seed', 'an integer', seed);
    this.dataset = dataset;
    this.num_replicas = num_replicas;
    this.rank = rank;
    this.shuffle = shuffle;
    this.seed = seed;
    this.drop_last = drop_last;
    this.num_samples = drop_last ? Math.floor(count / num_replicas) : Math.ceil(count / num_replicas);
    this.total_size = this.num_samples * num_replicas;
  }

  /** Sets the epoch, which determines the order. */
  set_epoch(epoch: number): void {
    if (!Number.isSafeInteger(epoch)) throw invalidType('epoch', 'an integer', epoch);
    this.epoch = epoch;
  }

  get length(): number {
    return this.num_samples;
  }

  *[Symbol.iterator](): IterableIterator<number> {
    const count = this.dataset.length;
    const order = this.shuffle
      ? integersOf(randperm(count, { generator: new Generator().manual_seed(this.seed + this.epoch) }))
      : Array.from({ length: count }, (_, index) => index);
    // The samples at the beginning are repeated.
    for (let at = this.rank; at < this.total_size; at += this.num_replicas) yield order[at % count] as number;
  }
}
