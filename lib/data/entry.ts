import { DTYPES, type TypedArray } from '../tensor/dtypes.js';
import type { DType, Shape } from '../base/types.js';

/** One tensor of a file in memory. */
export interface TensorEntry {
  readonly dtype: DType;
  readonly shape: Shape;
  /** The elements, little-endian and in C order: a view of the file's bytes. */
  readonly bytes: Uint8Array;
}

/**
 * An entry's elements as a typed array: float16 and bfloat16 as their bits, bool as 0 and 1. It is a view of the file's
 * bytes where their alignment allows it.
 */
export function typedArrayOf({ dtype, bytes }: TensorEntry): TypedArray {
  const { array: ArrayType, bytes: size } = DTYPES[dtype];
  const aligned = bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes);
  return new ArrayType(aligned.buffer as ArrayBuffer, aligned.byteOffset, aligned.length / size);
}

/** An entry's elements as numbers or bigints, 16-bit floats by value. */
export function elementsOf(entry: TensorEntry): ArrayLike<number | bigint> {
  const data = typedArrayOf(entry);
  const { dtype } = entry;
  return dtype === 'float16' || dtype === 'bfloat16' ? numbersOfHalves(data as Uint16Array, dtype) : data;
}

/** The values of 16-bit floats as float32, which is exact. */
export function numbersOfHalves(bits: Uint16Array, dtype: 'float16' | 'bfloat16'): Float32Array {
  return dtype === 'float16' ? Float32Array.from(bits, halfToNumber) : bfloatsToNumbers(bits);
}

function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** A bfloat16 is the upper half of a float32. */
function bfloatsToNumbers(bits: Uint16Array): Float32Array {
  return new Float32Array(Uint32Array.from(bits, (half) => half * 0x10000).buffer);
}
