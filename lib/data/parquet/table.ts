import type {
  AsyncBuffer,
  ColumnMetaData,
  CompressionCodec,
  Compressors,
  DecodedArray,
  FileMetaData,
  parquetRead,
} from 'hyparquet';
import { DTYPES, type TypedArray } from '../../tensor/dtypes.js';
import { formatError, TorchError } from '../../base/errors.js';
import type { DataFile } from '../file.js';
import { byteSize } from '../layout.js';
import { loadPeer } from '../optional_package.js';
import { Turns } from '../source.js';
import { type ColumnPart, placeOfRow, type Reading, type Table } from '../table/table.js';
import { checkPages } from './pages.js';
import { type ParquetType, readTypes } from './types.js';

/** What is needed to decode pages. */
interface Decoder {
  /** The file's name, for errors. */
  readonly name: string;
  readonly metadata: FileMetaData;
  readonly buffer: AsyncBuffer;
  readonly compressors: Compressors;
  readonly read: typeof parquetRead;
}

/** A row group of a column. */
interface Group {
  readonly firstRow: number;
  readonly rows: number;
  /** Whether it is too large to be decoded whole. */
  readonly inParts: boolean;
  readonly chunk: ColumnMetaData;
}

/** Some of a column's values. */
interface Chunk {
  readonly firstRow: number;
  readonly values: DecodedArray;
}

/** The most bytes of a column that are decoded at once. Decoding takes several times as much memory. */
const MAX_DECODED = 2 ** 26;

/** The number of rows in which the shape of lists is looked up. */
const SEARCHED_ROWS = 1024;
/** The approximate size of a text in memory. */
const TEXT_BYTES = 64;

/** The codecs of hyparquet itself. */
const BUILT_IN: readonly CompressionCodec[] = ['UNCOMPRESSED', 'SNAPPY'];

/**
 * Opens a Parquet file. Columns may have numbers, booleans, lists of these in the same shape in every row, and text. float16
 * is read as float32, which is exact, unsigned integers as the next larger signed dtype.
 *
 * The package hyparquet decodes whole row groups. The last one is kept, so reading rows in order decodes each group once. A
 * row group of more than 64 MiB is read in parts if the file has a page index; without one, a single column of that size
 * is an error.
 *
 * @throws TorchError `ERR_FILE_FORMAT` if the file is damaged, `ERR_MISSING_PACKAGE` if hyparquet is not installed, or
 *   hyparquet-compressors, which codecs other than Snappy need
 */
export async function openParquet(file: DataFile, name: string): Promise<Table> {
  const hyparquet = await loadPeer(() => import('hyparquet'), 'hyparquet', 'Reading Parquet files');
  const buffer: AsyncBuffer = { byteLength: file.size, slice: (start, end) => readSlice(file, name, start, end) };
  try {
    const metadata = await hyparquet.parquetMetadataAsync(buffer, { geoparquet: false });
    const types = readTypes(hyparquet.parquetSchema(metadata), metadata);
    const names = types.map((type) => type.name);
    if (!names.every((column) => typeof column === 'string')) throw formatError(name, 'expected columns with names');
    const rows = metadata.row_groups.map((group) => Number(group.num_rows));
    const total = rows.reduce((sum, count) => sum + count, 0);
    if (!rows.every((count) => count >= 0) || !Number.isSafeInteger(total))
      throw formatError(name, 'expected row groups with rows');
    return {
      names,
      remark: `${rows.length} row group${rows.length === 1 ? '' : 's'}`,
      describe: async () => types,
      countRows: async () => total,
      async read(chosen) {
        try {
          const decoder = { metadata, buffer, read: hyparquet.parquetRead, name };
          const columns = chosen.map((index) => types[index] as ParquetType);
          return await readColumns(columns, rows, decoder);
        } catch (cause) {
          throw asFormatError(name, cause);
        }
      },
    };
  } catch (cause) {
    throw asFormatError(name, cause);
  }
}

/** Opens columns for reading. */
async function readColumns(
  types: readonly ParquetType[],
  rows: readonly number[],
  file: Omit<Decoder, 'compressors'>,
): Promise<Reading> {
  const { metadata, name } = file;
  const total = rows.reduce((sum, count) => sum + count, 0);
  const columns: ParquetColumn[] = [];
  for (const type of types) {
    const where = `${name}#${type.name}`;
    if (type.kind === 'other')
      throw formatError(where, `expected numbers, booleans or lists of them, got ${type.type}`);
    const chunks = metadata.row_groups.map((group) => chunkOf(group.columns, type.path, where));
    const decoder = { ...file, compressors: await loadCompressors(chunks) };
    const rowShape = await rowShapeOf(type, rows, chunks, where, decoder);
    const rowBytes = byteSize(rowShape, type.dtype ?? 'int64') ?? Number.POSITIVE_INFINITY;
    const groups = groupsOf(metadata, chunks, rowBytes, where, types.length);
    columns.push(new ParquetColumn(where, type, rowShape, groups, decoder));
  }
  const turns = new Turns();
  return {
    rows: total,
    columns: columns.map(({ type: { name, dtype }, rowShape }) => ({ name, dtype, rowShape })),
    bytesPerRow: columns.reduce((sum, { rowBytes }) => sum + rowBytes, 0),
    read: (start, end) =>
      turns.take(async () => {
        const parts: ColumnPart[] = [];
        for (const column of columns) parts.push(await column.part(start, end));
        return parts;
      }),
    release() {
      for (const column of columns) column.release();
    },
  };
}

function readSlice(file: DataFile, name: string, start: number, end = file.size): Promise<ArrayBuffer> {
  const read = async () => {
    if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end) || start < 0 || start > end || end > file.size)
      throw formatError(name, `expected a range within ${file.size} bytes, got ${start} to ${end}`);
    return Uint8Array.from(await file.bytes(start, end - start)).buffer;
  };
  const slice = read();
  // hyparquet stops waiting for its slices when the first one fails; the others must not be unhandled.
  slice.catch(() => undefined);
  return slice;
}

function asFormatError(name: string, cause: unknown): unknown {
  return cause instanceof TorchError ? cause : formatError(name, (cause as Error).message, cause);
}

async function loadCompressors(chunks: readonly ColumnMetaData[]): Promise<Compressors> {
  const codec = chunks.find((chunk) => !BUILT_IN.includes(chunk.codec))?.codec;
  if (codec === undefined) return {};
  const load = () => import('hyparquet-compressors');
  return (await loadPeer(load, 'hyparquet-compressors', `Reading Parquet files compressed by ${codec}`)).compressors;
}

function chunkOf(columns: FileMetaData['row_groups'][number]['columns'], path: string, where: string): ColumnMetaData {
  const found = columns.find(({ meta_data }) => meta_data?.path_in_schema.join('.') === path)?.meta_data;
  if (found === undefined) throw formatError(where, 'the column is missing in a row group');
  return found;
}

/**
 * The shape of a row. For lists, it follows from the number of values in a row group; for nested lists, and if values are
 * missing, it is that of the first list.
 */
async function rowShapeOf(
  { lists, name }: ParquetType,
  rows: readonly number[],
  chunks: readonly ColumnMetaData[],
  where: string,
  decoder: Decoder,
): Promise<number[]> {
  const full = rows.findIndex((count) => count > 0);
  if (lists === 0) {
    if (rows.some((count, index) => Number(chunks[index]?.num_values) !== count))
      throw formatError(where, 'expected a value for each row');
    return [];
  }
  if (full === -1) return Array.from({ length: lists }, () => 0);
  const length = Number(chunks[full]?.num_values) / (rows[full] as number);
  const even = rows.every((count, index) => Number(chunks[index]?.num_values) === count * length);
  if (lists === 1 && even && Number.isSafeInteger(length) && length !== 1) return [length];
  const most = Math.min(SEARCHED_ROWS, rows[full] as number);
  const first = rows.slice(0, full).reduce((sum, count) => sum + count, 0);
  const chunk = chunks[full] as ColumnMetaData;
  if (Number(chunk.total_uncompressed_size) > MAX_DECODED)
    throw formatError(where, 'expected lists of the same length in every row');
  const found = await decodeRows({ ...decoder, column: name }, chunk, first, first + most);
  for (const { values } of found) {
    for (const list of Array.from(values as ArrayLike<unknown>)) {
      const shape = shapeOfList(list);
      if (shape.length === lists) return shape;
    }
  }
  throw formatError(where, 'expected lists with values');
}

function shapeOfList(list: unknown): number[] {
  if (!Array.isArray(list) && !ArrayBuffer.isView(list)) return [];
  const { length, 0: first } = list as unknown as ArrayLike<unknown>;
  return length === 0 ? [] : [length, ...shapeOfList(first)];
}

/** Decodes rows of a column chunk. */
async function decodeRows(
  { read, metadata, buffer, compressors, column }: Decoder & { column: string },
  chunk: ColumnMetaData,
  start: number,
  end: number,
  isChecked = false,
): Promise<Chunk[]> {
  const chunks: Chunk[] = [];
  if (!isChecked) await checkPages(chunk, MAX_DECODED, buffer);
  await read({
    file: buffer,
    metadata,
    columns: [column],
    rowStart: start,
    rowEnd: end,
    compressors,
    useOffsetIndex: true,
    // Errors that it throws would be lost.
    onChunk: ({ columnData, rowStart }) => chunks.push({ firstRow: rowStart, values: columnData }),
  });
  return chunks.sort((a, b) => a.firstRow - b.firstRow);
}

function groupsOf(
  { row_groups }: FileMetaData,
  chunks: readonly ColumnMetaData[],
  rowBytes: number,
  where: string,
  columnCount: number,
): Group[] {
  let firstRow = 0;
  return row_groups.map(({ columns, num_rows }, index) => {
    const chunk = chunks[index] as ColumnMetaData;
    const rows = Number(num_rows);
    const bytes = Math.max(Number(chunk.total_uncompressed_size), rows * rowBytes);
    const hasIndex = columns.find(({ meta_data }) => meta_data === chunk)?.offset_index_offset !== undefined;
    const inParts = hasIndex && bytes * columnCount > MAX_DECODED;
    if (bytes > MAX_DECODED && !hasIndex) {
      const expected = `row groups of at most ${MAX_DECODED} bytes`;
      const advice = 'write it with smaller row groups or a page index';
      throw formatError(where, `expected ${expected}, got one of ${bytes}: ${advice}`);
    }
    firstRow += rows;
    return { firstRow: firstRow - rows, rows, inParts, chunk };
  });
}

/** The values of a row group. */
type GroupValues = TypedArray | string[];

/** A column, decoded by row groups. */
class ParquetColumn {
  readonly type: ParquetType;
  readonly rowShape: readonly number[];
  readonly rowBytes: number;
  readonly #name: string;
  readonly #width: number;
  readonly #groups: readonly Group[];
  readonly #decoder: Decoder;
  #last: { readonly group: Group; readonly part: ColumnPart } | undefined;
  /** Row groups with checked pages. */
  readonly #checked = new Set<Group>();

  constructor(
    name: string,
    type: ParquetType,
    rowShape: readonly number[],
    groups: readonly Group[],
    decoder: Decoder,
  ) {
    this.#name = name;
    this.type = type;
    this.rowShape = rowShape;
    this.#groups = groups;
    this.#decoder = decoder;
    this.#width = rowShape.reduce((total, size) => total * size, 1);
    this.rowBytes = this.#width * (type.dtype === undefined ? TEXT_BYTES : DTYPES[type.dtype].bytes);
  }

  /** Frees the decoded row group. */
  release(): void {
    this.#last = undefined;
  }

  /** Reads some rows. */
  async part(start: number, end: number): Promise<ColumnPart> {
    const values = this.#allocate(end - start);
    let missing: Uint8Array | undefined;
    for (const group of this.#groups) {
      const from = Math.max(start, group.firstRow);
      const to = Math.min(end, group.firstRow + group.rows);
      if (from >= to) continue;
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
