import { invalidType, invalidValue } from '../base/errors.js';
import type { DType, Float, Integer } from '../base/types.js';

/** A typed array with a tensor's data. */
export type TypedArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | BigInt64Array;

interface DTypeEntry {
  /** LibTorch's `ScalarType` number, which crosses to the addon. */
  readonly code: number;
  readonly bytes: number;
  /** The typed array that represents this dtype's elements bit for bit. */
  readonly array: TypedArrayConstructor;
}

type TypedArrayConstructor =
  | Float32ArrayConstructor
  | Float64ArrayConstructor
  | Int8ArrayConstructor
  | Uint8ArrayConstructor
  | Int16ArrayConstructor
  | Uint16ArrayConstructor
  | Int32ArrayConstructor
  | BigInt64ArrayConstructor;

/**
 * The dtypes, their LibTorch numbers and their typed arrays. The bits of float16 and bfloat16 travel as `Uint16Array`,
 * since not every engine has an array of 16-bit floats.
 */
export const DTYPES: Readonly<Record<DType, DTypeEntry>> = {
  uint8: { code: 0, bytes: 1, array: Uint8Array },
  int8: { code: 1, bytes: 1, array: Int8Array },
  int16: { code: 2, bytes: 2, array: Int16Array },
  int32: { code: 3, bytes: 4, array: Int32Array },
  int64: { code: 4, bytes: 8, array: BigInt64Array },
  float16: { code: 5, bytes: 2, array: Uint16Array },
  float32: { code: 6, bytes: 4, array: Float32Array },
  float64: { code: 7, bytes: 8, array: Float64Array },
  bool: { code: 11, bytes: 1, array: Uint8Array },
  bfloat16: { code: 15, bytes: 2, array: Uint16Array },
};

/** The engine's own array of 16-bit floats, which Node has from version 24 on. */
const { Float16Array: HALVES } = globalThis as { Float16Array?: Uint16ArrayConstructor };

/** A typed array over memory with elements of `dtype`. */
export function arrayOver(dtype: DType, memory: ArrayBuffer): TypedArray {
  const array = dtype === 'float16' ? (HALVES ?? Uint16Array) : DTYPES[dtype].array;
  return new array(memory);
}

/** A complex number: its real and its imaginary part. */
export interface ComplexItem {
  readonly re: number;
  readonly im: number;
}

/** The typed array in which `D`'s values are handed out. */
export type DataOf<D extends DType> = D extends 'float16' | 'bfloat16' | 'float32'
  ? Float32Array
  : D extends 'float64'
    ? Float64Array
    : D extends 'int64'
      ? BigInt64Array
      : D extends 'int32'
        ? Int32Array
        : D extends 'int16'
          ? Int16Array
          : D extends 'int8'
            ? Int8Array
            : Uint8Array;

/**
 * One element of `D` as a JavaScript value: a boolean for bool, otherwise a number. A dtype known only at run time
 * counts as numeric.
 */
export type ItemOf<D extends DType> = unknown extends D ? number : D extends 'bool' ? boolean : number;

/** {@link ItemOf} where integers are wanted as bigints. */
export type BigItemOf<D extends DType> = unknown extends D ? bigint : D extends Integer ? bigint : ItemOf<D>;

/** The complex dtypes, which operators give and take. */
export const COMPLEX: Readonly<Record<string, number>> = { complex64: 9, complex128: 10 };

/** Whether elements of a dtype have two parts. */
export function isComplex(dtype: string): boolean {
  return Object.hasOwn(COMPLEX, dtype);
}

const BY_CODE: readonly (DType | undefined)[] = (() => {
  const names: (DType | undefined)[] = [];
  for (const [name, { code }] of Object.entries(DTYPES)) names[code] = name as DType;
  for (const [name, code] of Object.entries(COMPLEX)) names[code] = name as DType;
  return names;
})();

/** The dtype of LibTorch's `ScalarType` number, or `undefined` for one torchloss does not know (quantized). */
export function dtypeOfCode(code: number): DType | undefined {
  return BY_CODE[code];
}

/** {@link codeOfDType}, of the complex dtypes as well. */
export function codeOfAnyDType(dtype: unknown, parameter = 'dtype'): number {
  if (typeof dtype === 'string' && isComplex(dtype)) return COMPLEX[dtype] as number;
  return codeOfDType(dtype, parameter);
}

/** LibTorch's number of `dtype`; an error that names `parameter` if it is none. */
export function codeOfDType(dtype: unknown, parameter = 'dtype'): number {
  if (typeof dtype !== 'string') throw invalidType(parameter, `a dtype (${dtypeNames})`, dtype);
  if (!Object.hasOwn(DTYPES, dtype)) throw invalidValue(parameter, `a dtype (${dtypeNames})`, dtype);
  return DTYPES[dtype as DType].code;
}

const dtypeNames = Object.keys(DTYPES).join(', ');

/** Whether `dtype` is one of the floating dtypes. */
export function isFloat(dtype: DType): dtype is Float {
  return dtype === 'float32' || dtype === 'float64' || dtype === 'float16' || dtype === 'bfloat16';
}

/** Whether `dtype` is one of the integer dtypes. */
export function isInteger(dtype: DType): dtype is Integer {
  return dtype !== 'bool' && !isFloat(dtype);
}
