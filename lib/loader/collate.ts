/** How samples become a batch. */
import { itemsOf } from '../addon/arguments.js';
import { isTensor } from '../addon/handle.js';
import { ArgumentRangeError, ArgumentTypeError, describe, invalidType, invalidValue } from '../base/errors.js';
import { isArray, isPlainObject, isRevoked } from '../base/plain_object.js';
import { tensor } from '../tensor/creation.js';
import { dispatchTensor } from '../tensor/dispatch.js';
import type { DataOf, TypedArray } from '../tensor/dtypes.js';
import { Tensor } from '../tensor/tensor.js';
import type { DType, Shape } from '../base/types.js';

/** The result of {@link default_collate} for samples of one type. */
export type Collated<T> = 0 extends 1 & T
  ? // biome-ignore lint/suspicious/noExplicitAny: what is unknown stays so
    any
  : T extends Tensor<Shape, infer D extends DType>
    ? Tensor<Shape, D>
    : T extends number
      ? Tensor<readonly [number], 'float32'>
      : T extends bigint
        ? Tensor<readonly [number], 'int64'>
        : T extends boolean
          ? Tensor<readonly [number], 'bool'>
          : T extends string
            ? string[]
            : T extends TypedArray
              ? Tensor
              : T extends readonly unknown[]
                ? { -readonly [K in keyof T]: Collated<T[K]> }
                : T extends object
                  ? { [K in keyof T]: Collated<T[K]> }
                  : unknown;

/**
 * Joins samples into a batch, like Python's function. Tensors are stacked. Numbers, bigints and booleans become a
 * tensor as in `torch.tensor` (float32, int64 and bool, so labels should be bigints or tensors). Strings become an
 * array. Arrays and objects are joined field by field.
 *
 * @throws TypeError for samples that cannot be joined, RangeError if they differ in length or keys
 * @example
 * ```ts
 * const { default_collate } = torch.utils.data;
 * const batch = default_collate([{ x: [1, 2], name: 'a' }, { x: [3, 4], name: 'b' }]);
 * batch.x[0]!.tolist();   // [1, 3]
 * batch.name;            // ['a', 'b']
 * ```
 */
export function default_collate<T>(batch: readonly T[]): Collated<T> {
  if (!isArray(batch)) throw invalidType('batch', 'an array of samples', batch);
  return collate(itemsOf(batch, 'batch'), 'batch') as Collated<T>;
}

/** Deeper than any sample; stops at values that contain themselves. */
const MAX_DEPTH = 128;

function collate(batch: readonly unknown[], path: string, depth = 0): unknown {
  if (depth === MAX_DEPTH) throw tooDeep(path);
  const [first] = batch;
  if (batch.length === 0) throw new ArgumentRangeError(path, 'at least one sample', 'none');
  if (isTensor(first)) return new Tensor(dispatchTensor('stack', [batch, 0]));
  if (ArrayBuffer.isView(first)) {
    const samples = batch.map((sample) => tensor(sample as Float32Array));
    const stacked = new Tensor(dispatchTensor('stack', [samples, 0]));
    for (const sample of samples) sample.dispose();
    return stacked;
  }
  if (typeof first === 'number' || typeof first === 'bigint' || typeof first === 'boolean')
    return tensor(batch as number[]);
  if (typeof first === 'string') return [...batch];
  if (isArray(first)) {
    const rows = batch as readonly (readonly unknown[])[];
    for (const [index, row] of rows.entries()) {
      if (!isArray(row) || row.length !== first.length)
        throw invalidValue(`${path}[${index}]`, `an array of length ${first.length}, like its neighbours`, row);
    }
    return itemsOf(first, `${path}[]`).map((_, place) =>
      collate(
        rows.map((row) => row[place]),
        `${path}[][${place}]`,
        depth + 1,
      ),
    );
  }
  if (isPlainObject(first)) {
    const entries = Object.keys(first).map((key) => {
      const values = batch.map((sample, index) => {
        if (isPlainObject(sample) && Object.hasOwn(sample, key)) return sample[key];
        throw invalidValue(`${path}[${index}]`, `an object with ${key}, like its neighbours`, sample);
      });
      return [key, collate(values, `${path}[].${key}`, depth + 1)] as const;
    });
    return Object.fromEntries(entries);
  }
  throw unfit(path, first);
}

function tooDeep(path: string): ArgumentTypeError {
  return new ArgumentTypeError(path.slice(0, path.search(/[[.]|$/)), `at most ${MAX_DEPTH} levels`, 'more');
}

function unfit(path: string, value: unknown): ArgumentTypeError {
  const expected = 'tensors, numbers, bigints, booleans, strings, typed arrays, or arrays or objects of them';
  return new ArgumentTypeError(path, `${expected}; pass a collate_fn for other types`, describe(value));
}

/** Converts a sample for a DataLoader without batches: typed arrays become tensors, everything else is unchanged. */
export function default_convert<T>(data: T): T extends TypedArray ? Tensor<readonly [number]> : T {
  return convert(data) as never;
}

function convert(data: unknown, depth = 0): unknown {
  if (depth === MAX_DEPTH) throw tooDeep('data');
  if (isRevoked(data)) throw invalidType('data', 'a sample', data);
  if (isTensor(data)) return data;
  if (ArrayBuffer.isView(data)) return tensor(data as DataOf<'float32'>);
  if (isArray(data)) return itemsOf(data, 'data').map((item) => convert(item, depth + 1));
  if (isPlainObject(data))
    return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, convert(value, depth + 1)]));
  return data;
}

/** Calls `work` with each tensor of a batch, at any depth. */
export function mapTensors(batch: unknown, work: (tensor: Tensor) => Tensor, depth = 0): unknown {
  if (depth === MAX_DEPTH) throw tooDeep('batch');
  if (isTensor(batch)) return work(batch as Tensor);
  if (isArray(batch)) return itemsOf(batch, 'batch').map((item) => mapTensors(item, work, depth + 1));
  if (isPlainObject(batch))
    return Object.fromEntries(Object.entries(batch).map(([key, value]) => [key, mapTensors(value, work, depth + 1)]));
  return batch;
}
