/** How the elements of a tensor are returned to JavaScript. */
import { checkBoolean, checkOptions } from '../addon/arguments.js';
import { byteSize } from '../base/bytes.js';
import { type ComplexItem, DTYPES, isComplex, isInteger, type TypedArray } from './dtypes.js';
import { ArgumentRangeError, outOfMemory, TorchError } from '../base/errors.js';
import type { DType, Shape } from '../base/types.js';

/** More arrays than this exceed the engine's heap, and running out of it ends the process. */
const MAX_LISTS = 2 ** 24;

/** Deeper nesting would overflow the engine's stack. */
const MAX_LEVELS = 1024;

/** Checks that arrays can be nested as deep as `shape`. */
export function checkLevels(shape: Shape): void {
  if (shape.length <= MAX_LEVELS) return;
  const message = `${shape.length} dimensions are too many to nest: the limit is ${MAX_LEVELS}`;
  throw new TorchError('ERR_NOT_IMPLEMENTED', message);
}

/** The dtype in which copies of the elements are returned: 16-bit floats as numbers that every engine has. */
export function readableAs(dtype: DType): DType {
  if (!Object.hasOwn(DTYPES, dtype)) {
    const message = `torchloss cannot read elements of ${dtype}`;
    throw new TorchError('ERR_NOT_IMPLEMENTED', message);
  }
  return dtype === 'float16' || dtype === 'bfloat16' ? 'float32' : dtype;
}

/** How integers are returned. */
export interface ItemOptions {
  /** Integers as bigints, which represent every value. Default false: as numbers. */
  bigint?: boolean | undefined;
}

/**
 * Reads {@link ItemOptions} among other options.
 *
 * @param more - the names of the other options
 */
export function readItemOptions(options: unknown, more: readonly string[] = []): boolean {
  checkOptions(options, ['bigint', ...more]);
  const { bigint = false } = options as ItemOptions;
  checkBoolean(bigint, 'bigint');
  return bigint;
}

/**
 * Converts an element for JavaScript.
 *
 * @param value - as its typed array or the addon has it: two parts of a complex one
 * @throws RangeError for an integer that no number holds, unless bigints are wanted
 */
export function itemOf(
  value: number | bigint | boolean | readonly number[],
  dtype: DType,
  bigint: boolean,
): number | bigint | boolean | ComplexItem {
  if (typeof value === 'object') return { re: value[0] as number, im: value[1] as number };
  if (dtype === 'bool') return Boolean(value);
  if (bigint) return isInteger(dtype) ? BigInt(value) : value;
  if (typeof value !== 'bigint') return value;
  const number = Number(value);
  if (Number.isSafeInteger(number)) return number;
  const expected = 'integers up to 2^53 - 1, or { bigint: true } to get bigints';
  throw new ArgumentRangeError('tensor', expected, String(value));
}

/** Flat elements as nested arrays, or the element itself without dimensions. */
export function nestedItems(
  flat: ArrayLike<number | bigint>,
  shape: Shape,
  { dtype, bigint }: { dtype: DType; bigint: boolean },
): unknown {
  checkLevels(shape);
  const lists = shape.slice(0, shape.indexOf(0) + 1).reduce((total, size) => total * (size || 1), 1);
  if (lists > MAX_LISTS) throw outOfMemory(`${lists} empty arrays`);
  const complex = isComplex(dtype);
  const asItIs = dtype !== 'bool' && dtype !== 'int64' && !bigint;
  let next = 0;
  const build = (dim: number): unknown => {
    if (dim === shape.length) {
      const value = flat[next++] as number | bigint;
      if (complex) return { re: value, im: flat[next++] };
      return asItIs ? value : itemOf(value, dtype, bigint);
    }
    return Array.from({ length: shape[dim] as number }, () => build(dim + 1));
  };
  return build(0);
}

/** A typed array for `count` elements. */
export function roomFor(dtype: DType, count: number): TypedArray {
  try {
    return new DTYPES[dtype].array(count);
  } catch {
    throw outOfMemory(`${count} elements of ${dtype} (${byteSize(count * DTYPES[dtype].bytes)})`);
  }
}

/** Nested items as JSON represents them. */
export function jsonOf(item: unknown): unknown {
  if (Array.isArray(item)) return item.map(jsonOf);
  if (typeof item !== 'bigint') return item;
  return Number.isSafeInteger(Number(item)) ? Number(item) : String(item);
}

/** A tensor in a form that another thread can receive; see `Tensor.toTransferable`. */
export interface TransferableTensor<S extends Shape = Shape, D extends DType = DType> {
  /** The argument for `torch.tensor` on the other side. */
  readonly message: {
    /** The elements; float16 and bfloat16 as their bits. */
    readonly data: TypedArray;
    readonly shape: S;
    readonly dtype: D;
    readonly requires_grad: boolean;
  };
  /** The data's buffer: if it is transferred, it is not copied again. */
  readonly transferList: ArrayBuffer[];
}
