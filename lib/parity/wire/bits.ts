/** Numbers and the bits of the floating dtypes. */
import { elementsOf } from '../../data/entry.js';
import { DTYPES, type TypedArray } from '../../tensor/dtypes.js';
import type { DType, Shape } from '../../base/types.js';

const float32 = new Float32Array(1);
const float32Bits = new Uint32Array(float32.buffer);
const float64 = new Float64Array(1);
const float64Bits = new BigInt64Array(float64.buffer);

/** The values as elements of `dtype`, rounded to the nearest; the 16-bit floats as their bits. */
export function encode(values: readonly number[], dtype: DType): TypedArray {
  switch (dtype) {
    case 'int64':
      return BigInt64Array.from(values, BigInt);
    case 'float16':
      return Uint16Array.from(values, halfBits);
    case 'bfloat16':
      return Uint16Array.from(values, bfloatBits);
    default:
      return new (DTYPES[dtype].array as Float64ArrayConstructor)(values);
  }
}

/** The inverse of {@link encode}: a tensor's elements by value. */
export function decode({
  dtype,
  shape,
  data,
}: {
  dtype: DType;
  shape: Shape;
  data: TypedArray;
}): ArrayLike<number | bigint> {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return elementsOf({ dtype, shape, bytes });
}

/** The number of steps between two numbers of a floating dtype. */
export function ulpDistance(first: number, second: number, dtype: DType): number {
  if (Object.is(first, second)) return 0;
  if (Number.isNaN(first) || Number.isNaN(second)) return Number.POSITIVE_INFINITY;
  const [a, b] = [ordinal(first, dtype), ordinal(second, dtype)];
  return Number(a > b ? a - b : b - a);
}

/** The position of a number among all numbers of its dtype: neighbours differ by one, and both zeros are 0. */
function ordinal(value: number, dtype: DType): bigint {
  if (dtype === 'float64') {
    float64[0] = Math.abs(value);
    const place = float64Bits[0] as bigint;
    return value < 0 ? -place : place;
  }
  const magnitude = Math.abs(value);
  let place: number;
  if (dtype === 'float16') place = halfBits(magnitude);
  else if (dtype === 'bfloat16') place = bfloatBits(magnitude);
  else {
    float32[0] = magnitude;
    place = float32Bits[0] as number;
  }
  return BigInt(value < 0 ? -place : place);
}

function bfloatBits(value: number): number {
  if (Number.isNaN(value)) return 0x7fc0;
  float32[0] = value;
  const bits = float32Bits[0] as number;
  // Rounds half a step up, and exact ties to even.
  return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
}

function halfBits(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  // From half a step above the largest number on, the result is infinite.
  if (magnitude >= 65520) return sign | 0x7c00;
  float32[0] = magnitude;
  // Below the smallest normal number the step size stays the same.
  const exponent = Math.max(((float32Bits[0] as number) >>> 23) - 127, -14);
  return sign | (((exponent + 14) << 10) + roundHalfToEven(magnitude / 2 ** (exponent - 10)));
}

function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}
