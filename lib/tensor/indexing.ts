/** Indexing like Python's `x[...]`: views for numbers, slices and the like, copies for index tensors. */
import { checkOptions, itemsOf } from '../addon/arguments.js';
import { handleOf, isTensor } from '../addon/handle.js';
import { type NativeIndex, native, type OperatorValue } from '../addon/native.js';
import { invalidType, invalidValue } from '../base/errors.js';
import { isArray } from '../base/plain_object.js';
import { tensor } from './creation.js';
import { dispatch, prepare } from './dispatch.js';
import { wrap } from './results.js';
import { markOf, type PythonNumber } from './scalar.js';
import { partOf, Slice } from './slice.js';
import { Tensor } from './tensor.js';

export { Slice };

/**
 * A part of a dimension for {@link Tensor.index}: `torch.slice(1, null)` is `1:` in Python, `torch.slice(4)` is `:4`.
 *
 * @param start - the first index; negative numbers count from the end, `null` is the beginning
 * @param stop - the index after the last; `null` is the end
 * @param step - the distance between elements, at least 1; `null` is 1
 */
export function slice(stop: number | null): Slice;
export function slice(start: number | null, stop: number | null, step?: number | null): Slice;
export function slice(...values: (number | null | undefined)[]): Slice {
  const [start = null, stop = null, step = null] = values.length < 2 ? [null, values[0]] : values;
  for (const [name, value] of Object.entries({ start, stop, step })) {
    if (value !== null && !Number.isSafeInteger(value)) throw invalidType(name, 'an integer or null', value);
  }
  return new Slice(start, stop, step);
}

/** Indices or booleans in nested arrays, as a tensor. */
type Places = readonly (number | bigint | boolean | Places)[];

/**
 * An index: a number, a {@link slice}, `null` for a new dimension of size 1, `'...'` for all dimensions that are not
 * listed, a boolean, a tensor of indices or booleans, or an array of these.
 */
export type Index = number | bigint | boolean | null | '...' | Slice | Tensor | Places;

/** A value to write at an index: a tensor, which is broadcast, or a number. */
export type Written = Tensor | number | bigint | boolean | PythonNumber;

/** `x.index(indices)`. */
export function getItem(self: Tensor, indices: unknown): Tensor {
  const { list, made } = read(indices);
  const result = new Tensor(native().get_item(handleOf(self, 'tensor'), list()));
  for (const places of made) places.dispose();
  return result;
}

/** `x.index_put_(indices, values)`. */
export function setItem(self: Tensor, indices: unknown, values: unknown, accumulate: boolean): void {
  const { list, made, items } = read(indices);
  const handle = handleOf(self, 'tensor');
  if (accumulate) {
    if (!items.every((item) => item === null || isTensor(item))) {
      throw invalidValue('accumulate', 'false, but where all indices are Tensors of places', true);
    }
    dispatch('aten::index_put_', prepare([self, items, valueOf(values, self), true], undefined));
  } else if (isTensor(values)) native().set_item(handle, list(), handleOf(values, 'values'));
  else native().set_number(handle, list(), numberOf(values));
  for (const places of made) places.dispose();
}

function numberOf(value: unknown): OperatorValue {
  const mark = markOf(value);
  if (mark !== undefined) return mark;
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return value;
  throw invalidType('values', 'a Tensor or a number', value);
}

function valueOf(value: unknown, self: Tensor): Tensor {
  if (isTensor(value)) return value as Tensor;
  numberOf(value);
  return tensor(value as number, { dtype: self.dtype, device: self.device as never });
}

/** Reads indices; `list` hands them to the addon once none of the caller's code is left to run. */
function read(indices: unknown): { list: () => NativeIndex[]; made: Tensor[]; items: unknown[] } {
  const made: Tensor[] = [];
  const items = (isArray(indices) ? itemsOf(indices, 'indices') : [indices]).map((item) => {
    if (!isArray(item)) return item;
    const places = placesOf(item);
    made.push(places);
    return places;
  });
  return { list: () => items.map(lower), made, items };
}

function lower(item: unknown): NativeIndex {
  if (isTensor(item)) return handleOf(item, 'indices');
  if (item === undefined || item === null) return null;
  if (typeof item === 'boolean' || typeof item === 'bigint' || item === '...') return item;
  if (typeof item === 'number') return item;
  const part = partOf(item) ?? markOf(item);
  if (part === undefined)
    throw invalidType('indices', "integers, slices, null, '...', booleans, Tensors or arrays", item);
  return part;
}

function placesOf(list: readonly unknown[]): Tensor {
  const flat = list.flat(Number.POSITIVE_INFINITY);
  const dtype = flat.length > 0 && flat.every((item) => typeof item === 'boolean') ? 'bool' : 'int64';
  return tensor(list as never, { dtype });
}

/** `x.slice(start, end)`: like an array's, along the first dimension or another one. */
export function sliceOf(self: Tensor, args: unknown[]): Tensor {
  const last = args.at(-1);
  const options = typeof last === 'object' && last !== null ? args.pop() : {};
  checkOptions(options, ['start', 'end', 'dim', 'step']);
  const named = options as { start?: number; end?: number; dim?: number; step?: number };
  const [start = named.start ?? null, end = named.end ?? null] = args as (number | undefined)[];
  const { dim = 0, step = 1 } = named;
  return new Tensor(dispatch('aten::slice.Tensor', prepare([self, dim, start, end, step], undefined)) as never);
}

/** A view of each item along the first dimension. */
export function itemsOfTensor(self: Tensor): Tensor[] {
  if (self.dim() === 0) throw invalidType('tensor', 'a Tensor with a dimension to iterate over', self);
  return wrap(dispatch('aten::unbind.int', prepare([self, 0], undefined))) as Tensor[];
}
