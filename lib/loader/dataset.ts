/** Datasets: samples by index, or one after another. */
import { checkNumber, itemsOf as copyOfItems, listOf } from '../addon/arguments.js';
import { isTensor } from '../addon/handle.js';
import { ArgumentRangeError, ArgumentTypeError, invalidType, invalidValue } from '../base/errors.js';
import { isArray, isPlainObject, isRevoked, isThenable } from '../base/plain_object.js';
import { warnOnce } from '../base/warnings.js';
import { dispatchTensor } from '../tensor/dispatch.js';
import { checkGenerator, type Generator } from '../tensor/generator.js';
import { randperm } from '../tensor/random.js';
import { tensor } from '../tensor/creation.js';
import { Tensor } from '../tensor/tensor.js';
import type { DType, Shape } from '../base/types.js';

/** The interface of a {@link Dataset}; a plain array is one, too. */
export interface MapDataset<T> {
  /** The number of samples. */
  readonly length: number;
  /** One sample, or a promise of it. */
  getItem(index: number): T | Promise<T>;
  /** Several samples at once, if that is cheaper. */
  getItems?(indices: readonly number[]): readonly T[] | Promise<readonly T[]>;
  /** A batch of samples as joined by `default_collate`, if that is cheaper. */
  getBatch?(indices: readonly number[]): unknown;
  /** The order for `shuffle: true`, for a dataset that reads some orders faster than others. */
  shuffled?(generator: Generator | undefined): Iterable<number> & { readonly length: number };
}

/** Anything from which a DataLoader can take samples by index. */
export type Indexed<T> = MapDataset<T> | ArrayLike<T>;

/** A sample of a dataset. */
export type SampleOf<D> =
  D extends Iterable<infer T> ? T : D extends AsyncIterable<infer T> ? T : D extends Indexed<infer T> ? T : never;

/**
 * The base class for your own datasets with samples by index.
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
 * The base class for your own datasets with samples one after another, such as the lines of a stream. A DataLoader
 * neither shuffles it nor needs its length. Any other iterable works as well, including one with
 * `[Symbol.asyncIterator]`.
 */
export abstract class IterableDataset<T> {
  abstract [Symbol.iterator](): Iterator<T>;
}

/** A tuple of tensors of one shape. */
export type TensorsOf<Ts extends readonly Tensor[]> = {
  -readonly [K in keyof Ts]: Ts[K] extends Tensor<Shape, infer D extends DType> ? Tensor<Shape, D> : Tensor;
};

/**
 * A dataset of tensors whose first dimension is the samples: a sample is an array with a row of each.
 *
 * @throws RangeError if the tensors differ in their number of rows
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
    if (tensors.length === 0) throw new ArgumentRangeError('tensors', 'at least one', 'none');
    this.tensors = tensors;
  }

  get length(): number {
    return (this.tensors[0] as Tensor).size(0);
  }

  getItem(index: number): TensorsOf<Ts> {
    const at = checkIndex(index, this.length);
    return this.tensors.map((item) => new Tensor(dispatchTensor('select', [item, 0, at]))) as TensorsOf<Ts>;
  }

  /** The rows of a batch, selected at once in each tensor; the same numbers as the stacked samples. */
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

/** Several datasets concatenated. */
export class ConcatDataset<T> extends Dataset<T> {
  readonly datasets: readonly Indexed<T>[];
  /** Where each dataset ends. */
  readonly cumulative_sizes: readonly number[];

  constructor(datasets: Iterable<Indexed<T>>) {
    super();
    this.datasets = listOf(datasets, 'datasets', 'an array of datasets') as Indexed<T>[];
    if (this.datasets.length === 0) throw new ArgumentRangeError('datasets', 'at least one dataset', 'none');
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

/** Several datasets in parallel: a sample is an array of their samples, or an object for an object of datasets. */
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
    if (first === undefined) throw new ArgumentRangeError('datasets', 'at least one dataset', 'none');
    if (lengths.some((length) => length !== first))
      throw new ArgumentRangeError('datasets', 'datasets of the same length', `lengths ${lengths.join(', ')}`);
    this.length = first;
  }

  getItem(index: number): T | Promise<T> {
    const at = checkIndex(index, this.length);
    const entries = Object.entries(this.datasets).map(([key, dataset]) => [key, itemOf(dataset, at)] as const);
    const join = (items: readonly unknown[]) =>
      (isArray(this.datasets) ? items : Object.fromEntries(entries.map(([key], place) => [key, items[place]]))) as T;
    const items = entries.map(([, item]) => item);
    return items.some(isThenable) ? Promise.all(items).then(join) : join(items);
  }
}

/** Part of the samples of a dataset, in any order. */
export class Subset<T> extends Dataset<T> {
  readonly dataset: Indexed<T>;
  readonly indices: ArrayLike<number>;
  /** As in the dataset itself. */
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
        copyOfItems(places, 'places').map((place) => this.#at(place as number)),
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
      copyOfItems(places, 'places').map((place) => this.#at(place as number)),
    );
  }
}

/**
 * Splits a dataset at random into disjoint parts, in Python's order for the same seed.
 *
 * @param lengths - the number of samples in each part, or fractions that add up to 1; then remaining samples go to the
 *   parts in turn, the first ones first
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
  // The tolerance of Python's math.isclose.
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

/** Several samples of a dataset; a promise of them if one of them is a promise. */
export function itemsOf<T>(dataset: Indexed<T>, indices: readonly number[]): readonly T[] | Promise<readonly T[]> {
  if ('getItem' in dataset && dataset.getItems !== undefined) return dataset.getItems(indices);
  const items = indices.map((index) => itemOf(dataset, index));
  return items.some(isThenable) ? Promise.all(items) : (items as T[]);
}

function checkIndex(index: number, length: number): number {
  if (!Number.isSafeInteger(index)) throw invalidType('index', 'an integer', index);
  const at = index < 0 ? index + length : index;
  if (at < 0 || at >= length) throw invalidValue('index', `${-length} to ${length - 1}`, index);
  return at;
}

/** The error for a batch that needs promises. */
export function needsAwait(): ArgumentTypeError {
  return new ArgumentTypeError('dataset', 'samples at once, or `for await` over the DataLoader', 'promises of them');
}
