import '../tensor/surface/install.js';
import { tensor } from '../tensor/creation.js';
import { DTYPES, isFloat, type TypedArray } from '../tensor/dtypes.js';
import { formatError } from '../base/errors.js';
import type { DType, Shape } from '../base/types.js';
import { numbersOfHalves } from './entry.js';
import type { ReleasableSource, RowPlace, Source } from './source.js';
import type { SourceFile } from './source_file.js';
import { placeOfRow } from './table/table.js';

/** The range of each integer dtype. */
const RANGES: Readonly<Partial<Record<DType, readonly [least: number, most: number]>>> = {
  bool: [0, 1],
  uint8: [0, 2 ** 8 - 1],
  int8: [-(2 ** 7), 2 ** 7 - 1],
  int16: [-(2 ** 15), 2 ** 15 - 1],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  int64: [-(2 ** 63), 2 ** 63],
};

/**
 * The same array in another dtype. Conversion to integers requires whole numbers within the dtype's range, conversion to
 * booleans 0 and 1. Floats are rounded as LibTorch rounds them.
 *
 * @param reason - what the dtype is for, in errors: `class labels`
 */
export function convertSource(source: Source, dtype: DType, reason?: string): Source {
  return source.dtype === dtype ? source : new ConvertedSource(source, dtype, reason);
}

class ConvertedSource implements ReleasableSource {
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: DType;
  readonly classes: readonly string[] | undefined;
  readonly columns: readonly string[] | undefined;
  readonly #source: ReleasableSource;
  readonly #reason: string | undefined;

  constructor(source: Source, dtype: DType, reason: string | undefined) {
    this.#source = source;
    this.#reason = reason;
    this.name = source.name;
    this.shape = source.shape;
    this.dtype = dtype;
    this.classes = source.classes;
    this.columns = source.columns;
  }

  async rows(start: number, end: number, into?: Uint8Array): Promise<TypedArray> {
    const { array: ArrayType, bytes: width } = DTYPES[this.dtype];
    const rows = await this.#source.rows(start, end);
    const bytes = into ?? new Uint8Array(rows.length * width);
    const target = new ArrayType(bytes.buffer as ArrayBuffer, bytes.byteOffset, rows.length);
    if (this.dtype === 'float16' || this.dtype === 'bfloat16') this.#round(rows, target);
    else if (isFloat(this.dtype)) {
      const numbers = this.#numbers(rows);
      if (numbers instanceof BigInt64Array) for (let at = 0; at < rows.length; at++) target[at] = Number(numbers[at]);
      else target.set(numbers as never);
    } else await this.#toIntegers(rows, target, start);
    return target;
  }

  async missing(start: number, end: number): Promise<Uint8Array | undefined> {
    return this.#source.missing?.(start, end);
  }

  async placeOf(row: number): Promise<RowPlace> {
    return (await this.#source.placeOf?.(row)) ?? { name: this.name, place: placeOfRow(row) };
  }

  get files(): readonly SourceFile[] {
    return this.#source.files ?? [];
  }

  release(): void {
    this.#source.release?.();
  }

  close(): Promise<void> {
    return this.#source.close();
  }

  #numbers(rows: TypedArray): TypedArray {
    const { dtype } = this.#source;
    return dtype === 'float16' || dtype === 'bfloat16' ? numbersOfHalves(rows as Uint16Array, dtype) : rows;
  }

  /** Rounds to 16 bits with LibTorch. */
  #round(rows: TypedArray, target: TypedArray): void {
    const whole = tensor(rows, { dtype: this.#source.dtype });
    const half = whole.to(this.dtype);
    const bits = half.view('int16');
    target.set(new Uint16Array(bits.toTypedArray().buffer) as never);
    for (const made of [bits, half, whole]) made.dispose();
  }

  async #toIntegers(rows: TypedArray, target: TypedArray, start: number): Promise<void> {
    const numbers = this.#numbers(rows);
    const [least, most] = RANGES[this.dtype] as readonly [number, number];
    const width = this.shape.slice(1).reduce((total, size) => total * size, 1);
    const isBig = target instanceof BigInt64Array;
    let missing: Uint8Array | undefined;
    for (let at = 0; at < numbers.length; at++) {
      const given = numbers[at] as number | bigint;
      let value = Number(given);
      // 2 ** 63 is the smallest number too large for int64.
      if (!(value >= least && (isBig ? value < most : value <= most) && Number.isInteger(value))) {
        const row = Math.floor(at / width);
        missing ??= await this.#source.missing?.(start, start + numbers.length / width);
        if (missing?.[row] !== 1) throw await this.#refuse(value, start + row);
        value = 0;
      }
      target[at] = (isBig ? (typeof given === 'bigint' ? given : BigInt(value)) : value) as never;
    }
  }

  async #refuse(value: number, row: number): Promise<Error> {
    const [least, most] = RANGES[this.dtype] as readonly [number, number];
    const wanted =
      this.dtype === 'bool'
        ? '0 or 1'
        : Number.isInteger(value)
          ? `an integer from ${least} to ${most}`
          : 'a whole number';
    const why = this.#reason === undefined ? `for ${this.dtype}` : `for ${this.#reason}`;
    const { name, place } = await this.placeOf(row);
    return formatError(name, `${place}: expected ${wanted} ${why}, got ${value}`);
  }
}
