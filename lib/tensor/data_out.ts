/** How a tensor's elements are handed out. */
import { checkBoolean, checkOptions } from '../addon/arguments.js';
import { type ComplexItem, DTYPES, isComplex, isInteger, type TypedArray } from './dtypes.js';
import { ArgumentRangeError, outOfMemory, TorchError } from '../base/errors.js';
import type { DType, Shape } from '../base/types.js';

/** More arrays than this do not fit into the engine's heap, whose exhaustion ends the process. */
const MAX_LISTS = 2 ** 24;

/** Deeper ones would run out of the engine's stack. */
const MAX_LEVELS = 1024;

/** Checks that elements can be nested as deep as `shape` asks for. */
export function checkLevels(shape: Shape): void {
  if (shape.length <= MAX_LEVELS) return;
  const message = `${shape.length} dimensions are more levels than can be nested: at most ${MAX_LEVELS}`;
  throw new TorchError('ERR_NOT_IMPLEMENTED', message);
}

/** The dtype as which copies of the elements are handed out: halves as numbers that every engine has. */
export function readableAs(dtype: DType): DType {
  if (!Object.hasOwn(DTYPES, dtype)) {
    const message = `torchloss does not read elements of ${dtype}`;
    throw new TorchError('ERR_NOT_IMPLEMENTED', message);
  }
  return dtype === 'float16' || dtype === 'bfloat16' ? 'float32' : dtype;
}

/** How integers are handed out. */
export interface ItemOptions {
  /** Integers as bigints, of which no value is too large. Default false: as numbers. */
  bigint?: boolean | undefined;
}

/**
 * Reads options of {@link ItemOptions} among others.
 *
 * @param more - the names of the others
 */
export function readItemOptions(options: unknown, more: readonly string[] = []): boolean {
  checkOptions(options, ['bigint', ...more]);
  const { bigint = false } = options as ItemOptions;
  checkBoolean(bigint, 'bigint');
  return bigint;
}

/**
 * An element as it is handed out.
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
  const expected = 'integers that a number holds (up to 2^53 - 1), or { bigint: true } to get bigints';
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
    throw outOfMemory(`${count} elements of ${dtype}`);
  }
}

/** Nested items as JSON has them. */
export function jsonOf(item: unknown): unknown {
  if (Array.isArray(item)) return item.map(jsonOf);
  if (typeof item !== 'bigint') return item;
  return Number.isSafeInteger(Number(item)) ? Number(item) : String(item);
}

/** A tensor as another thread can get it; see `Tensor.toTransferable`. */
export interface TransferableTensor<S extends Shape = Shape, D extends DType = DType> {
  /** What `torch.tensor` makes a tensor of. */
  readonly message: {
    /** The elements; those of float16 and bfloat16 as their bits. */
    readonly data: TypedArray;
    readonly shape: S;
    readonly dtype: D;
    readonly requires_grad: boolean;
  };
  /** The data's buffer: sent along, it is not copied again. */
  readonly transferList: ArrayBuffer[];
}
