/** Datasets: samples by their index, or one after another. */
import { checkNumber, itemsOf as copyOfItems, listOf } from '../addon/arguments.js';
import { isTensor } from '../addon/handle.js';
import { ArgumentTypeError, invalidType, invalidValue } from '../base/errors.js';
import { isArray, isRevoked, isPlainObject } from '../base/plain_object.js';
import { warnOnce } from '../base/warnings.js';
import { dispatchTensor } from '../tensor/dispatch.js';
import { checkGenerator, type Generator } from '../tensor/generator.js';
import { randperm } from '../tensor/random.js';
import { tensor } from '../tensor/creation.js';
import { Tensor } from '../tensor/tensor.js';
import type { DType, Shape } from '../base/types.js';

/** What a {@link Dataset} has; a plain array is one, too. */
export interface MapDataset<T> {
  /** How many samples there are. */
  readonly length: number;
  /** One sample, or a promise of it. */
  getItem(index: number): T | Promise<T>;
  /** Several samples at once, where that is cheaper. */
  getItems?(indices: readonly number[]): readonly T[] | Promise<readonly T[]>;
  /** A batch as `default_collate` would make it of the samples, where that is cheaper. */
  getBatch?(indices: readonly number[]): unknown;
  /** The order of `shuffle: true`, for a dataset that reads some orders faster than others. */
  shuffled?(generator: Generator | undefined): Iterable<number> & { readonly length: number };
}

/** What a DataLoader takes samples from by their index. */
export type Indexed<T> = MapDataset<T> | ArrayLike<T>;

/** A sample of a dataset. */
export type SampleOf<D> =
  D extends Iterable<infer T> ? T : D extends AsyncIterable<infer T> ? T : D extends Indexed<infer T> ? T : never;

/**
 * A dataset of samples that are had by their index: the base of your own.
 *
 * @example
 * ```ts
 * class Squares extends torch.utils.data.Dataset<[Tensor, Tensor]> {
 *   get length() { return 100; }
 *   getItem(index: number): [Tensor, Tensor] {
 *     return [torch.tensor([index]), torch.tensor([index * index])];
 *   }
 * }
 * const [x, y] = [...new torch.utils.data.DataLoader(new Squares(), { batch_size: 4 })][1]!;
 * y.tolist();   // [[16], [25], [36], [49]]
 * ```
 */
export abstract class Dataset<T> implements MapDataset<T> {
  abstract get length(): number;
  abstract getItem(index: number): T | Promise<T>;
}

/**
 * A dataset of samples that come one after another, such as lines of a stream: the base of your own. A DataLoader neither
 * shuffles it nor needs its length. Any other object that can be iterated will do, one with `[Symbol.asyncIterator]`, too.
 */
export abstract class IterableDataset<T> {
  abstract [Symbol.iterator](): Iterator<T>;
}

/** The samples of tensors of one shape as a tuple of tensors. */
export type TensorsOf<Ts extends readonly Tensor[]> = {
  -readonly [K in keyof Ts]: Ts[K] extends Tensor<Shape, infer D extends DType> ? Tensor<Shape, D> : Tensor;
};

/**
 * Tensors whose first dimension counts the samples: a sample is an array of their rows.
 *
 * @throws RangeError if the tensors do not have as many rows as the first
 * @example
 * ```ts
 * const x = torch.arange(0, 6).reshape([3, 2]);
 * const dataset = new torch.utils.data.TensorDataset(x, torch.tensor([0n, 1n, 0n]));
 * dataset.length;                      // 3
 * dataset.getItem(1)[0].tolist();      // [2, 3]
 * ```
 */
export class TensorDataset<const Ts extends readonly Tensor[] = readonly Tensor[]> extends Dataset<TensorsOf<Ts>> {
  readonly tensors: Ts;

  constructor(...tensors: Ts) {
    super();
    for (const [index, item] of tensors.entries()) {
      if (!isTensor(item)) throw invalidType(`tensors[${index}]`, 'a Tensor', item);
      const [rows, expected] = [item.shape[0], tensors[0]?.shape[0]];
      if (rows === undefined) throw invalidValue(`tensors[${index}]`, 'a tensor with at least one dimension', item);
      if (rows !== expected) throw invalidValue(`tensors[${index}]`, `${expected} rows, as the first has`, rows);
    }
    if (tensors.length === 0) throw invalidValue('tensors', 'at least one', 'none');
    this.tensors = tensors;
  }

  get length(): number {
    return (this.tensors[0] as Tensor).size(0);
  }

  getItem(index: number): TensorsOf<Ts> {
    const at = checkIndex(index, this.length);
    return this.tensors.map((item) => new Tensor(dispatchTensor('select', [item, 0, at]))) as TensorsOf<Ts>;
  }

  /** The rows of a batch in one step for each tensor; the same numbers as those of the samples, stacked. */
  getBatch(indices: readonly number[]): TensorsOf<Ts> {
    const { length } = this;
    if (!isArray(indices)) throw invalidType('indices', 'an array of indices', indices);
    const rows = BigInt64Array.from(copyOfItems(indices, 'indices') as number[], (index) =>
      BigInt(checkIndex(index, length)),
    );
    const index = tensor(rows);
    try {
      return this.tensors.map((item) => {
        const near = item.device === 'cpu' ? index : index.to({ device: item.device as 'cpu' });
        try {
          return new Tensor(dispatchTensor('index_select', [item, 0, near]));
        } finally {
          if (near !== index) near.dispose();
        }
      }) as TensorsOf<Ts>;
    } finally {
      index.dispose();
    }
  }
}

/** Several datasets as one, one behind the other. */
export class ConcatDataset<T> extends Dataset<T> {
  readonly datasets: readonly Indexed<T>[];
  /** Where each dataset ends. */
  readonly cumulative_sizes: readonly number[];

  constructor(datasets: Iterable<Indexed<T>>) {
    super();
    this.datasets = listOf(datasets, 'datasets', 'an array of datasets') as Indexed<T>[];
    if (this.datasets.length === 0) throw invalidValue('datasets', 'at least one dataset', 'none');
    let total = 0;
    this.cumulative_sizes = this.datasets.map((dataset, index) => (total += lengthOf(dataset, `datasets[${index}]`)));
  }

  get length(): number {
    return this.cumulative_sizes.at(-1) as number;
  }

  getItem(index: number): T | Promise<T> {
    const at = checkIndex(index, this.length);
    const which = this.cumulative_sizes.findIndex((end) => at < end);
    return itemOf(this.datasets[which] as Indexed<T>, at - (this.cumulative_sizes[which - 1] ?? 0));
  }
}

/** Several datasets side by side: a sample is an array of their samples, or an object of them for an object of datasets. */
export class StackDataset<T> extends Dataset<T> {
  readonly datasets: readonly Indexed<unknown>[] | Readonly<Record<string, Indexed<unknown>>>;
  readonly length: number;

  constructor(datasets: { readonly [K in keyof T]: Indexed<T[K]> }) {
    super();
    if (!isArray(datasets) && !isPlainObject(datasets))
      throw invalidType('datasets', 'an array or an object of datasets', datasets);
    this.datasets = (isArray(datasets) ? copyOfItems(datasets, 'datasets') : { ...datasets }) as never;
    const lengths = Object.entries(this.datasets).map(([key, dataset]) => lengthOf(dataset, `datasets.${key}`));
    const [first] = lengths;
    if (first === undefined) throw invalidValue('datasets', 'at least one dataset', 'none');
    if (lengths.some((length) => length !== first))
      throw invalidValue('datasets', 'datasets of the same length', `lengths ${lengths.join(', ')}`);
    this.length = first;
  }

  getItem(index: number): T | Promise<T> {
    const at = checkIndex(index, this.length);
    const entries = Object.entries(this.datasets).map(([key, dataset]) => [key, itemOf(dataset, at)] as const);
    const join = (items: readonly unknown[]) =>
      (isArray(this.datasets) ? items : Object.fromEntries(entries.map(([key], place) => [key, items[place]]))) as T;
    const items = entries.map(([, item]) => item);
    return items.some(isPromise) ? Promise.all(items).then(join) : join(items);
  }
}

/** Some of the samples of a dataset, in an order of one's own. */
export class Subset<T> extends Dataset<T> {
  readonly dataset: Indexed<T>;
  readonly indices: ArrayLike<number>;
  /** As the dataset itself has it. */
  declare readonly getBatch?: (indices: readonly number[]) => unknown;

  constructor(dataset: Indexed<T>, indices: ArrayLike<number>) {
    super();
    lengthOf(dataset, 'dataset');
    lengthOf(indices, 'indices', 'an array of indices');
    this.dataset = dataset;
    this.indices = indices;
    if (!('getItem' in dataset) || dataset.getBatch === undefined) return;
    const { getBatch } = dataset;
    this.getBatch = (places) =>
      getBatch.call(
        dataset,
        places.map((place) => this.#at(place)),
      );
  }

  get length(): number {
    return this.indices.length;
  }

  #at(place: number): number {
    return this.indices[checkIndex(place, this.length)] as number;
  }

  getItem(index: number): T | Promise<T> {
    return itemOf(this.dataset, this.#at(index));
  }

  getItems(places: readonly number[]): readonly T[] | Promise<readonly T[]> {
    if (!isArray(places)) throw invalidType('places', 'an array of indices', places);
    return itemsOf(
      this.dataset,
      places.map((place) => this.#at(place)),
    );
  }
}

/**
 * Splits a dataset at random into parts that share no sample, in Python's order of the same seed.
 *
 * @param lengths - how many samples each part gets, or which fractions if they add up to 1: what is left over then goes to
 *   the parts in turn, the first ones first
 * @param generator - default: the default generator
 * @throws RangeError if the lengths do not add up
 * @example
 * ```ts
 * const { random_split, Subset } = torch.utils.data;
 * const [train, test] = random_split([10, 11, 12, 13, 14], [0.8, 0.2]);
 * [train!.length, test!.length];   // [4, 1]
 * ```
 */
export function random_split<T>(
  dataset: Indexed<T>,
  lengths: readonly number[],
  generator?: Generator | null | { generator?: Generator | null | undefined },
): Subset<T>[] {
  const count = lengthOf(dataset, 'dataset');
  const given = isPlainObject(generator) ? generator.generator : generator;
  checkGenerator(given);
  const parts = partLengths(count, lengths);
  const drawn = randperm(count, { generator: given ?? undefined });
  const order = Array.from(drawn.toTypedArray(), Number);
  drawn.dispose();
  let start = 0;
  return parts.map((length) => {
    start += length;
    return new Subset(dataset, order.slice(start - length, start));
  });
}

function partLengths(count: number, lengths: readonly number[]): number[] {
  if (!isArray(lengths)) throw invalidType('lengths', 'an array of lengths or of fractions', lengths);
  let parts = copyOfItems(lengths, 'lengths') as number[];
  for (const [index, length] of parts.entries()) checkNumber(length, `lengths[${index}]`);
  const total = parts.reduce((sum, length) => sum + length, 0);
  // As near to 1 as Python's math.isclose has it.
  if (Math.abs(total - 1) <= 1e-9 && total <= 1) {
    for (const [index, part] of parts.entries())
      if (!(part >= 0 && part <= 1)) throw invalidValue(`lengths[${index}]`, 'a fraction from 0 to 1', part);
    parts = parts.map((part) => Math.floor(count * part));
    const rest = count - parts.reduce((sum, length) => sum + length, 0);
    for (let index = 0; index < rest; index++)
      parts[index % parts.length] = (parts[index % parts.length] as number) + 1;
    for (const [index, length] of parts.entries()) {
      if (length === 0) warnOnce(`Length of split at index ${index} is 0. This might result in an empty dataset.`);
    }
  }
  const sum = parts.reduce((all, length) => all + length, 0);
  if (sum !== count) throw invalidValue('lengths', `lengths whose sum is ${count}, or fractions whose sum is 1`, sum);
  for (const [index, length] of parts.entries())
    if (!Number.isInteger(length) || length < 0)
      throw invalidValue(`lengths[${index}]`, 'an integer of 0 or more', length);
  return parts;
}

/** The number of samples of a dataset. */
export function lengthOf(
  dataset: unknown,
  parameter: string,
  expected = 'a dataset: an array, or an object with length and getItem',
): number {
  const length =
    typeof dataset === 'object' && dataset !== null && !isRevoked(dataset) ? Reflect.get(dataset, 'length') : undefined;
  if (!Number.isSafeInteger(length) || length < 0) throw invalidType(parameter, expected, dataset);
  return length;
}

/** A sample of a dataset. */
export function itemOf<T>(dataset: Indexed<T>, index: number): T | Promise<T> {
  return 'getItem' in dataset ? dataset.getItem(index) : (dataset[index] as T);
}

/** Several samples of a dataset; a promise of them if there is one among them. */
export function itemsOf<T>(dataset: Indexed<T>, indices: readonly number[]): readonly T[] | Promise<readonly T[]> {
  if ('getItem' in dataset && dataset.getItems !== undefined) return dataset.getItems(indices);
  const items = indices.map((index) => itemOf(dataset, index));
  return items.some(isPromise) ? Promise.all(items) : (items as T[]);
}

/** Whether a value is one that is still to come. */
export function isPromise(value: unknown): value is PromiseLike<unknown> {
  if (typeof value !== 'object' || value === null || isRevoked(value)) return false;
  return typeof (value as { then?: unknown }).then === 'function';
}

function checkIndex(index: number, length: number): number {
  if (!Number.isSafeInteger(index)) throw invalidType('index', 'an integer', index);
  const at = index < 0 ? index + length : index;
  if (at < 0 || at >= length) throw invalidValue('index', `${-length} to ${length - 1}`, index);
  return at;
}

/** For a batch that only promises can give. */
export function needsAwait(): ArgumentTypeError {
  return new ArgumentTypeError('dataset', 'samples at once, or `for await` over the DataLoader', 'promises of them');
}
