import type { TypedArray } from '../tensor/dtypes.js';
import { formatError } from '../base/errors.js';
import type { DType, Shape } from '../base/types.js';
import type { ReleasableSource, Source } from './source.js';
import type { SourceFile } from './source_file.js';
import { placeOfRow } from './table/table.js';

/** The dtype in which each unsigned one is read, by the signed dtype of the same width. */
const WIDER: Readonly<Partial<Record<DType, DType>>> = { int16: 'int32', int32: 'int64', int64: 'int64' };

/**
 * Widens unsigned integers to the next larger signed dtype, since uint8 is the only unsigned one that LibTorch computes
 * with. Values beyond int64 are errors.
 *
 * @param source - the same bytes, as the signed dtype of their width
 */
export function widenUnsigned(source: Source): Source {
  return new UnsignedSource(source, WIDER[source.dtype] as DType);
}

class UnsignedSource implements ReleasableSource {
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: DType;
  readonly #source: ReleasableSource;

  constructor(source: Source, dtype: DType) {
    this.#source = source;
    this.name = source.name;
    this.shape = source.shape;
    this.dtype = dtype;
  }

  async rows(start: number, end: number, into?: Uint8Array): Promise<TypedArray> {
    if (this.#source.dtype === 'int64') {
      const rows = (await this.#source.rows(start, end, into)) as BigInt64Array;
      const large = rows.findIndex((value) => value < 0n);
      if (large !== -1)
        throw this.#refuse(start + Math.floor(large / (rows.length / (end - start))), rows[large] as bigint);
      return rows;
    }
    const rows = await this.#source.rows(start, end);
    const width = this.dtype === 'int32' ? 4 : 8;
    const { buffer, byteOffset } = into ?? new Uint8Array(rows.length * width);
    if (this.dtype === 'int32') {
      const wide = new Int32Array(buffer as ArrayBuffer, byteOffset, rows.length);
      for (let index = 0; index < rows.length; index++) wide[index] = (rows[index] as number) & 0xffff;
      return wide;
    }
    const wide = new BigInt64Array(buffer as ArrayBuffer, byteOffset, rows.length);
    for (let index = 0; index < rows.length; index++) wide[index] = BigInt((rows[index] as number) >>> 0);
    return wide;
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

  #refuse(row: number, bits: bigint): Error {
    const value = BigInt.asUintN(64, bits);
    return formatError(this.name, `${placeOfRow(row)}: expected an integer below 2 ** 63, got ${value}`);
  }
}
