/** A column of a Parquet file: numbers are decoded page by page where that is possible, all else by row groups. */
import type { ColumnMetaData } from 'hyparquet';
import { formatError } from '../../base/errors.js';
import { DTYPES, type TypedArray } from '../../tensor/dtypes.js';
import { type ColumnPart, placeOfRow } from '../table/table.js';
import { asFormatError, type Decoder, decodeRows, MAX_DECODED } from './decode.js';
import { isPlainChunk, PlainChunk, type PlainFile } from './plain_chunk.js';
import type { ParquetType } from './types.js';

/** A row group of a column. */
export interface Group {
  readonly firstRow: number;
  readonly rows: number;
  /** Whether it is too large to be decoded whole. */
  readonly inParts: boolean;
  /** Why hyparquet cannot decode it. */
  readonly refusal: string | undefined;
  readonly chunk: ColumnMetaData;
}

/** The approximate size of a text in memory. */
const TEXT_BYTES = 64;

/** The values of a row group. */
type GroupValues = TypedArray | string[];

/** A column that is open for reading. */
export class ParquetColumn {
  readonly type: ParquetType;
  readonly rowShape: readonly number[];
  readonly rowBytes: number;
  readonly #name: string;
  readonly #width: number;
  readonly #groups: readonly Group[];
  readonly #decoder: Decoder;
  readonly #file: PlainFile;
  /** The row group whose pages are read one by one. */
  #open: { readonly group: Group; readonly pages: PlainChunk } | undefined;
  /** Row groups whose pages cannot be read one by one. */
  readonly #others = new Set<Group>();
  #last: { readonly group: Group; readonly part: ColumnPart } | undefined;
  /** Row groups with checked pages. */
  readonly #checked = new Set<Group>();

  constructor(
    name: string,
    type: ParquetType,
    rowShape: readonly number[],
    groups: readonly Group[],
    decoder: Decoder,
    ahead: number,
  ) {
    this.#name = name;
    this.type = type;
    this.rowShape = rowShape;
    this.#groups = groups;
    this.#decoder = decoder;
    this.#file = { buffer: decoder.buffer, compressors: decoder.compressors, most: MAX_DECODED, ahead };
    this.#width = rowShape.reduce((total, size) => total * size, 1);
    this.rowBytes = this.#width * (type.dtype === undefined ? TEXT_BYTES : DTYPES[type.dtype].bytes);
  }

  /** Frees what has been decoded. */
  release(): void {
    this.#last = undefined;
    this.#open = undefined;
  }

  /** Reads some rows. */
  async part(start: number, end: number): Promise<ColumnPart> {
    const values = this.#allocate(end - start);
    let missing: Uint8Array | undefined;
    for (const group of this.#groups) {
      const from = Math.max(start, group.firstRow);
      const to = Math.min(end, group.firstRow + group.rows);
      if (from >= to) continue;
      if (!Array.isArray(values)) {
        const into = values.subarray((from - start) * this.#width, (to - start) * this.#width);
        const found = await this.#byPages(group, from, to, into);
        if (found !== 'other') {
          if (found !== undefined) missing ??= new Uint8Array(end - start);
          if (found !== undefined) missing?.set(found, from - start);
          continue;
        }
      }
      const first = group.inParts ? from : group.firstRow;
      const part = group.inParts ? await this.#decode(group, from, to) : await this.#whole(group);
      const [begin, stop] = [(from - first) * this.#width, (to - first) * this.#width];
      if (Array.isArray(values)) {
        const texts = part.values as readonly string[];
        for (let at = begin; at < stop; at++) values[from - start + at - begin] = texts[at] as string;
      } else values.set((part.values as TypedArray).subarray(begin, stop) as never, (from - start) * this.#width);
      if (part.missing === undefined) continue;
      missing ??= new Uint8Array(end - start);
      missing.set(part.missing.subarray(from - first, to - first), from - start);
    }
    return { values, missing };
  }

  /** Reads rows of a group page by page, if its pages allow that; returns which of them are missing. */
  async #byPages(group: Group, from: number, to: number, into: TypedArray): Promise<Uint8Array | undefined | 'other'> {
    const { stored } = this.type;
    if (this.#width === 0 || this.#others.has(group) || !isPlainChunk(group.chunk, stored)) return 'other';
    if (this.#open?.group !== group)
      this.#open = { group, pages: new PlainChunk(group.chunk, stored, this.rowShape, this.#file) };
    const [first, end] = [(from - group.firstRow) * this.#width, (to - group.firstRow) * this.#width];
    const found = await this.#open.pages.read(first, end, into).catch((cause: unknown) => {
      throw asFormatError(this.#name, cause);
    });
    if (found === 'other') {
      this.#others.add(group);
      this.#open = undefined;
    }
    return found;
  }

  async #whole(group: Group): Promise<ColumnPart> {
    if (this.#last?.group === group) return this.#last.part;
    this.#last = undefined;
    const part = await this.#decode(group, group.firstRow, group.firstRow + group.rows);
    this.#last = { group, part };
    return part;
  }

  #allocate(rows: number): GroupValues {
    const { dtype } = this.type;
    return dtype === undefined ? Array.from({ length: rows }, () => '') : new DTYPES[dtype].array(rows * this.#width);
  }

  async #decode(group: Group, start: number, end: number): Promise<ColumnPart> {
    if (group.refusal !== undefined) throw formatError(this.#name, group.refusal);
    const column = this.type.name;
    const isChecked = this.#checked.has(group);
    const chunks = await decodeRows({ ...this.#decoder, column }, group.chunk, start, end, isChecked).catch(
      (cause: unknown) => {
        throw asFormatError(this.#name, cause);
      },
    );
    this.#checked.add(group);
    const values = this.#allocate(end - start);
    const missing = new Uint8Array(end - start);
    let next = start;
    for (const { firstRow, values: found } of chunks) {
      if (firstRow > next) break;
      const part = found.slice(next - firstRow, end - firstRow) as ArrayLike<unknown>;
      for (let index = 0; index < part.length; index++) {
        const row = next + index;
        const value = part[index];
        if (value === null || value === undefined) missing[row - start] = 1;
        else if (this.type.lists === 0) this.#put(values, row - start, value, row);
        else if (!this.#putList(values, (row - start) * this.#width, value, row)) missing[row - start] = 1;
      }
      next += part.length;
    }
    if (next < end) throw formatError(this.#name, `expected ${end - start} rows from ${start} on, got ${next - start}`);
    return { values, missing: missing.includes(1) ? missing : undefined };
  }

  /** Copies the values of a list; false if one is missing. */
  #putList(target: GroupValues, at: number, list: unknown, row: number): boolean {
    let place = at;
    let whole = true;
    const putLevel = (values: unknown, depth: number) => {
      const isList = Array.isArray(values) || ArrayBuffer.isView(values);
      const length = this.rowShape[depth] as number;
      const got = isList ? (values as unknown as ArrayLike<unknown>) : undefined;
      if (got?.length === 0 && length !== 0)
        throw formatError(this.#name, `expected a list with values in row ${row}, got an empty one`);
      if (got === undefined || got.length !== length)
        throw formatError(this.#name, `expected ${length} values in row ${row}, got ${got?.length ?? 'null'}`);
      for (let index = 0; index < length; index++) {
        const value = got[index];
        if (depth < this.rowShape.length - 1) putLevel(value, depth + 1);
        else if (value === null || value === undefined) {
          whole = false;
          place += 1;
        } else this.#put(target, place++, value, row);
      }
    };
    putLevel(list, 0);
    return whole;
  }

  #put(target: GroupValues, at: number, value: unknown, row: number): void {
    const { dtype } = this.type;
    if (Array.isArray(target)) {
      if (typeof value !== 'string') throw this.#wrong('a text', value, row);
      target[at] = value;
    } else if (dtype === 'bool') {
      if (typeof value !== 'boolean') throw this.#wrong('a boolean', value, row);
      target[at] = Number(value) as never;
    } else if (dtype === 'int64') {
      if (typeof value !== 'bigint' && typeof value !== 'number') throw this.#wrong('a bigint', value, row);
      if (typeof value === 'bigint' && value >= 2n ** 63n)
        throw formatError(this.#name, `${placeOfRow(row)}: expected an integer below 2 ** 63, got ${value}`);
      target[at] = BigInt(value) as never;
    } else {
      if (typeof value !== 'number') throw this.#wrong('a number', value, row);
      target[at] = value as never;
    }
  }

  #wrong(expected: string, value: unknown, row: number): Error {
    return formatError(this.#name, `${placeOfRow(row)}: expected ${expected}, got ${typeof value}`);
  }
}
