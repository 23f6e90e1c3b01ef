/** What the numbers of a dtype can be: `torch.finfo` and `torch.iinfo`. */
import { get_default_dtype } from './default_dtype.js';
import { invalidValue } from '../base/errors.js';
import type { DType, Float, Integer } from '../base/types.js';
import { codeOfDType, DTYPES, isFloat } from './dtypes.js';

/** The limits of a floating dtype; see {@link finfo}. */
export interface FloatInfo {
  readonly dtype: Float;
  /** Bits of one number. */
  readonly bits: number;
  /** The distance from 1 to the next number. */
  readonly eps: number;
  /** The greatest finite number. */
  readonly max: number;
  /** The least finite number. */
  readonly min: number;
  /** The least positive number with all its digits. */
  readonly smallest_normal: number;
  /** The same as `smallest_normal`. */
  readonly tiny: number;
  /** About the distance between decimal numbers that it tells apart. */
  readonly resolution: number;
}

/** The limits of an integer dtype; see {@link iinfo}. Those of int64 are bigints, which numbers do not hold. */
export interface IntegerInfo<D extends Integer = Integer> {
  readonly dtype: D;
  /** Bits of one integer. */
  readonly bits: number;
  readonly max: D extends 'int64' ? bigint : number;
  readonly min: D extends 'int64' ? bigint : number;
}

/** Bits of the fraction, the greatest exponent, and decimal digits. */
const FLOATS: Readonly<Record<Float, readonly [fraction: number, exponent: number, digits: number]>> = {
  float16: [10, 15, 3],
  bfloat16: [7, 127, 2],
  float32: [23, 127, 6],
  float64: [52, 1023, 15],
};

/**
 * The limits of a floating dtype.
 *
 * @example
 * ```ts
 * torch.finfo(torch.float16).max;   // 65504
 * torch.finfo('float64').eps === Number.EPSILON;   // true
 * ```
 */
export function finfo(type: Float = get_default_dtype()): FloatInfo {
  codeOfDType(type, 'type');
  if (!isFloat(type)) throw invalidValue('type', 'a floating dtype', type);
  const [fraction, exponent, digits] = FLOATS[type];
  const eps = 2 ** -fraction;
  const max = (2 - eps) * 2 ** exponent;
  const tiny = 2 ** (1 - exponent);
  const bits = DTYPES[type].bytes * 8;
  return { dtype: type, bits, eps, max, min: -max, smallest_normal: tiny, tiny, resolution: Number(`1e-${digits}`) };
}

/**
 * The limits of an integer dtype.
 *
 * @example
 * ```ts
 * torch.iinfo(torch.int32).max;   // 2147483647
 * torch.iinfo(torch.long).max;    // 9223372036854775807n
 * ```
 */
export function iinfo<D extends Integer>(type: D): IntegerInfo<D> {
  const dtype: DType = type;
  codeOfDType(dtype, 'type');
  if (isFloat(dtype) || (dtype as string) === 'bool') throw invalidValue('type', 'an integer dtype', type);
  const bits = DTYPES[type].bytes * 8;
  const signed = type !== 'uint8';
  const [min, max] = [signed ? -(2n ** BigInt(bits - 1)) : 0n, 2n ** BigInt(signed ? bits - 1 : bits) - 1n];
  const held = (value: bigint) => (type === 'int64' ? value : Number(value));
  return { dtype: type, bits, max: held(max), min: held(min) } as IntegerInfo<D>;
}
