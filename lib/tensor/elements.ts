/** How JavaScript data become the elements of a tensor. */
import { get_default_dtype } from './default_dtype.js';
import { isTensor } from '../addon/handle.js';
import { DTYPES, isFloat } from './dtypes.js';
import { ArgumentTypeError, invalidType, invalidValue } from '../base/errors.js';
import { isArray } from '../base/plain_object.js';
import type { DType, Shape } from '../base/types.js';
import type { Tensor } from './tensor.js';

/** An element as a JavaScript value. */
export type Element = number | bigint | boolean;

/** The dtype that a typed array determines. */
export const ARRAY_DTYPES: ReadonlyMap<string, DType> = new Map<string, DType>([
  ['Float32Array', 'float32'],
  ['Float64Array', 'float64'],
  ['Int8Array', 'int8'],
  ['Uint8Array', 'uint8'],
  ['Uint8ClampedArray', 'uint8'],
  ['Int16Array', 'int16'],
  ['Int32Array', 'int32'],
  ['BigInt64Array', 'int64'],
  ['Float16Array', 'float16'],
]);

/** The kinds that this engine supports. */
const KINDS = [...ARRAY_DTYPES.keys()].filter((kind) => kind in globalThis);

/** What to use instead of a typed array without a dtype. */
const REPLACEMENTS: ReadonlyMap<string, string> = new Map([
  ['Uint16Array', "Int32Array.from(data), or dtype 'float16' or 'bfloat16' for the bits of a Uint16Array"],
  ['Uint32Array', 'BigInt64Array.from(data, BigInt)'],
  ['BigUint64Array', 'BigInt64Array.from(data), for numbers below 2 ** 63'],
]);

/**
 * The error for data that are not a typed array with a dtype: torchloss has no unsigned dtypes of 16, 32 and 64 bits.
 */
export function noDType(parameter: string, kind: string, data: unknown): ArgumentTypeError {
  const replacement = REPLACEMENTS.get(kind);
  return invalidType(
    parameter,
    `a typed array with a dtype (${KINDS.join(', ')})${replacement === undefined ? '' : `, such as ${replacement}`}`,
    data,
  );
}

/** The engine's own getters, which no property of the caller can fake. */
function gettersOf(prototype: object) {
  const getter = (key: PropertyKey) => Object.getOwnPropertyDescriptor(prototype, key)?.get as () => unknown;
  return { buffer: getter('buffer'), byteOffset: getter('byteOffset'), byteLength: getter('byteLength'), getter };
}

const dataView = gettersOf(DataView.prototype);
const typedArray = (() => {
  const prototype = Object.getPrototypeOf(Uint8Array.prototype);
  const { getter, ...region } = gettersOf(prototype);
  const keys = prototype.keys as () => unknown;
  return { ...region, kind: getter(Symbol.toStringTag), length: getter('length'), keys };
})();

/**
 * The kind of a view and its length in elements; Node's `Buffer` counts as `Uint8Array`, a `DataView` has an empty
 * kind.
 *
 * @throws TypeError if its ArrayBuffer was transferred or shrunk; its length alone would look like that of an empty one
 */
export function inspectArray(data: ArrayBufferView): { kind: string; length: number } {
  const kind = typedArray.kind.call(data) as string | undefined;
  if (kind === undefined) return { kind: '', length: 0 };
  const length = typedArray.length.call(data) as number;
  if (length === 0) {
    try {
      typedArray.keys.call(data);
    } catch {
      throw detachedBuffer('data', 'a typed array with a buffer');
    }
  }
  return { kind, length };
}

function detachedBuffer(parameter: string, expected: string): ArgumentTypeError {
  return new ArgumentTypeError(parameter, expected, 'one whose ArrayBuffer is detached or too short');
}

/** The memory of a view: its buffer, the offset in it and the length, in bytes. */
export function regionOf(view: ArrayBufferView): { memory: ArrayBufferLike; start: number; length: number } {
  const { buffer, byteOffset, byteLength } = typedArray.kind.call(view) === undefined ? dataView : typedArray;
  try {
    return {
      memory: buffer.call(view) as ArrayBufferLike,
      start: byteOffset.call(view) as number,
      length: byteLength.call(view) as number,
    };
  } catch {
    throw detachedBuffer('buffer', 'a view of an ArrayBuffer that is not detached');
  }
}

/** LibTorch's own limit, which also stops at arrays that contain themselves. */
const MAX_DIMS = 128;

/** The shape of nested arrays, from the first item of each level. */
export function nestedShape(data: unknown): number[] {
  const shape: number[] = [];
  for (let level = data; isArray(level); level = level[0]) {
    if (shape.push(level.length) > MAX_DIMS) throw invalidValue('data', `at most ${MAX_DIMS} levels of arrays`, data);
  }
  return shape;
}

/**
 * Visits the elements in C order and refuses arrays that are nested differently from the first item of each level.
 *
 * @param at - the indices of `level`
 */
export function walk(
  level: unknown,
  shape: Shape,
  at: number[],
  visit: (value: Element | Tensor, at: readonly number[]) => void,
): void {
  const size = shape[at.length];
  if (size === undefined) {
    if (isArray(level)) throw invalidValue(place(at), `${shape.length} levels of arrays throughout`, level);
    if (isTensor(level)) {
      const dims = (level as Tensor).dim();
      if (dims > 0) throw invalidValue(place(at), 'a Tensor without dimensions, or torch.stack for others', level);
      visit(level as Tensor, at);
      return;
    }
    if (typeof level !== 'number' && typeof level !== 'bigint' && typeof level !== 'boolean') {
      throw invalidType(place(at), 'a number, a bigint or a boolean', level);
    }
    visit(level, at);
    return;
  }
  if (!isArray(level)) throw invalidType(place(at), `an array of length ${size}`, level);
  if (level.length !== size) throw invalidValue(place(at), `length ${size}, like its neighbours`, level);
  for (let i = 0; i < size; i++) {
    at.push(i);
    walk(level[i], shape, at, visit);
    at.pop();
  }
}

/** The path of an element, as in `data[1][2]`. */
function place(at: readonly number[]): string {
  return `data${at.map((index) => `[${index}]`).join('')}`;
}

/** The dtype for elements of these kinds, which come from `typeof`. */
export function dtypeOfKinds(kinds: ReadonlySet<string>): DType {
  if (kinds.size !== 1 || kinds.has('number')) return get_default_dtype();
  return kinds.has('boolean') ? 'bool' : 'int64';
}

/** Converts `value` to an element of `dtype`'s typed array. */
export function elementOf(value: Element, dtype: DType, at: readonly number[]): number | bigint {
  if (isFloat(dtype)) {
    if (typeof value === 'bigint') throw invalidType(place(at), `a number for dtype ${dtype}`, value);
    return Number(value);
  }
  // NaN is true, as in Python.
  if (dtype === 'bool') return value || value !== value ? 1 : 0;
  if (typeof value === 'number' && !Number.isSafeInteger(value)) {
    throw invalidValue(place(at), `an integer for dtype ${dtype}`, value);
  }
  if (dtype === 'int64') {
    const integer = BigInt(value);
    if (BigInt.asIntN(64, integer) !== integer) throw invalidValue(place(at), 'a value in the range of int64', value);
    return integer;
  }
  const bits = DTYPES[dtype].bytes * 8;
  const [least, most] = dtype === 'uint8' ? [0, 255] : [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1];
  const integer = Number(value);
  if (integer < least || integer > most) throw invalidValue(place(at), `a value in the range of ${dtype}`, value);
  return integer;
}
