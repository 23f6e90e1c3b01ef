import { allocate } from '../base/room.js';
import type {
  AsyncBuffer,
  ColumnMetaData,
  CompressionCodec,
  Compressors,
  DecodedArray,
  FileMetaData,
  parquetRead,
  SchemaTree,
} from 'hyparquet';
import { DTYPES, type TypedArray } from '../tensor/dtypes.js';
import { formatError, TorchError } from '../base/errors.js';
import type { DType, Shape } from '../base/types.js';
import type { DataFile } from './file.js';
import { byteSize } from './layout.js';
import { chooseArray } from './name.js';
import { checkPages } from './parquet_pages.js';
import { loadPeer } from './optional_package.js';
import { FileSource, type SourceInfo, Turns } from './source.js';

/** What reads the pages of a column. */
interface Decoder {
  readonly metadata: FileMetaData;
  /** The column's top-level name. */
  readonly column: string;
  readonly buffer: AsyncBuffer;
  readonly compressors: Compressors;
  readonly read: typeof parquetRead;
}

/** A row group: its rows, and what its column takes. */
interface Group {
  readonly firstRow: number;
  readonly rows: number;
  /** Whether it is decoded in parts, being too large to be decoded whole. */
  readonly inParts: boolean;
  readonly chunk: ColumnMetaData;
}

/** Some of a column's values, which come in chunks. */
interface Chunk {
  readonly firstRow: number;
  readonly values: DecodedArray;
}

/** The most bytes of a column that are decoded at once: the values take a few times as much while they are. */
const MAX_DECODED = 2 ** 26;

/** The codecs that hyparquet has without another package. */
const BUILT_IN: readonly CompressionCodec[] = ['UNCOMPRESSED', 'SNAPPY'];

/**
 * Opens a column of a Parquet file: numbers or booleans, one to each row or a list of the same length in every row.
 * float16 comes as float32, which holds the same values.
 *
 * Row groups are decoded whole by the package hyparquet and the last one is kept, so that going through the rows in order
 * decodes each once. A row group whose column takes more than 64 MiB is read in parts where the file has a page index,
 * and is refused where it has none.
 *
 * @param key - the column's name; needed where there are several
 * @throws TorchError `ERR_FILE_FORMAT` for columns with nulls, other types and damaged files, `ERR_MISSING_PACKAGE`
 *   without hyparquet, or without hyparquet-compressors for other compressions than Snappy
 */
export async function openParquet(file: DataFile, name: string, key?: string): Promise<FileSource> {
  const hyparquet = await loadPeer(() => import('hyparquet'), 'hyparquet', 'Reading Parquet files');
  const buffer: AsyncBuffer = { byteLength: file.size, slice: (start, end) => readSlice(file, name, start, end) };
  try {
    const metadata = await hyparquet.parquetMetadataAsync(buffer, { geoparquet: false });
    const columns = new Map(hyparquet.parquetSchema(metadata).children.map((child) => [child.element.name, child]));
    const [column, tree] = chooseArray(columns, key, name, 'column');
    const where = `${name}#${column}`;
    const { dtype, path } = readType(tree, where);
    const chunks = metadata.row_groups.map((group) => chunkOf(group.columns, path, where));
    const rows = metadata.row_groups.map((group) => Number(group.num_rows));
    const shape = shapeOf(rows, chunks, tree, where);
    const groups = groupsOf(metadata, chunks, byteSize(shape.slice(1), dtype) ?? Number.POSITIVE_INFINITY, where);
    const compressors = await loadCompressors(chunks);
    const decoder = { metadata, column, buffer, compressors, read: hyparquet.parquetRead };
    return new ParquetSource(file, { name: where, shape, dtype }, groups, decoder);
  } catch (cause) {
    throw asFormatError(name, cause);
  }
}

function readSlice(file: DataFile, name: string, start: number, end = file.size): Promise<ArrayBuffer> {
  const read = async () => {
    if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end) || start < 0 || start > end || end > file.size)
      throw formatError(name, `expected a range within ${file.size} bytes, got ${start} to ${end}`);
    return Uint8Array.from(await file.bytes(start, end - start)).buffer;
  };
  const slice = read();
  // Of several slices that are read at once hyparquet waits for the first that fails and forgets the others.
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

/** The dtype of a column's values and their path in the schema. */
function readType(tree: SchemaTree, where: string): { dtype: DType; path: string } {
  let leaf = tree;
  let lists = 0;
  while (leaf.children.length === 1) {
    leaf = leaf.children[0] as SchemaTree;
    if (leaf.element.repetition_type === 'REPEATED') lists += 1;
  }
  const { type, type_length, converted_type, logical_type } = leaf.element;
  const kind =
    logical_type?.type === 'INTEGER'
      ? `${logical_type.isSigned ? '' : 'U'}INT_${logical_type.bitWidth}`
      : logical_type?.type;
  const label = [type, kind ?? converted_type].filter((part) => part !== undefined).join(' ');
  const length = type === 'FIXED_LEN_BYTE_ARRAY' ? ` ${type_length}` : '';
  const dtype = Object.hasOwn(DTYPE_NAMES, `${label}${length}`) ? DTYPE_NAMES[`${label}${length}`] : undefined;
  const nested = leaf.children.length > 0 || lists > 1 || tree.element.repetition_type === 'REPEATED';
  if (dtype === undefined || nested || (leaf !== tree && lists === 0))
    throw formatError(where, `expected numbers, booleans or lists of them, got ${nested ? 'a nested type' : label}`);
  return { dtype, path: leaf.path.join('.') };
}

/** Parquet's physical and logical types. */
const DTYPE_NAMES: Readonly<Record<string, DType>> = {
  BOOLEAN: 'bool',
  FLOAT: 'float32',
  DOUBLE: 'float64',
  'FIXED_LEN_BYTE_ARRAY FLOAT16 2': 'float32',
  INT32: 'int32',
  'INT32 INT_8': 'int8',
  'INT32 UINT_8': 'uint8',
  'INT32 INT_16': 'int16',
  'INT32 INT_32': 'int32',
  INT64: 'int64',
  'INT64 INT_64': 'int64',
};

function chunkOf(columns: FileMetaData['row_groups'][number]['columns'], path: string, where: string): ColumnMetaData {
  const found = columns.find(({ meta_data }) => meta_data?.path_in_schema.join('.') === path)?.meta_data;
  if (found === undefined) throw formatError(where, 'a row group lacks the column');
  return found;
}

/** The sizes: lists have as many values each as there are values for the rows of a row group. */
function shapeOf(rows: readonly number[], chunks: readonly ColumnMetaData[], tree: SchemaTree, where: string): Shape {
  const total = rows.reduce((sum, count) => sum + count, 0);
  const full = rows.findIndex((count) => count > 0);
  const lists = tree.children.length > 0;
  const values = full === -1 ? 0 : Number(chunks[full]?.num_values);
  const length = lists && full !== -1 ? values / (rows[full] as number) : lists ? 0 : 1;
  const even = rows.every((count, index) => count >= 0 && Number(chunks[index]?.num_values) === count * length);
  if (!even || !Number.isSafeInteger(total) || !Number.isSafeInteger(length))
    throw formatError(
      where,
      lists ? 'expected lists of the same length in every row' : 'expected a value for each row',
    );
  return lists ? [total, length] : [total];
}

function groupsOf(
  { row_groups }: FileMetaData,
  chunks: readonly ColumnMetaData[],
  rowBytes: number,
  where: string,
): Group[] {
  let firstRow = 0;
  return row_groups.map(({ columns, num_rows }, index) => {
    const chunk = chunks[index] as ColumnMetaData;
    const rows = Number(num_rows);
    const bytes = Math.max(Number(chunk.total_uncompressed_size), rows * rowBytes);
    const inParts = bytes > MAX_DECODED;
    if (inParts && columns.find(({ meta_data }) => meta_data === chunk)?.offset_index_offset === undefined) {
      const expected = `row groups of at most ${MAX_DECODED} bytes`;
      const advice = 'write it with smaller row groups or a page index';
      throw formatError(where, `expected ${expected}, got one of ${bytes}: ${advice}`);
    }
    firstRow += rows;
    return { firstRow: firstRow - rows, rows, inParts, chunk };
  });
}

/** Rows of a column, decoded one row group at a time. */
class ParquetSource extends FileSource {
  readonly #groups: readonly Group[];
  readonly #decoder: Decoder;
  readonly #turns = new Turns();
  #last: { readonly group: Group; readonly bytes: Uint8Array } | undefined;
  /** The row groups whose pages have been checked. */
  readonly #checked = new Set<Group>();

  constructor(file: DataFile, info: SourceInfo, groups: readonly Group[], decoder: Decoder) {
    super(file, info);
    this.#groups = groups;
    this.#decoder = decoder;
  }

  protected fill(bytes: Uint8Array, start: number, end: number): Promise<void> {
    return this.#turns.take(async () => {
      for (const group of this.#groups) {
        const from = Math.max(start, group.firstRow);
        const to = Math.min(end, group.firstRow + group.rows);
        if (from >= to) continue;
        const part = bytes.subarray((from - start) * this.rowBytes, (to - start) * this.rowBytes);
        if (group.inParts) await this.#decode(group, part, from, to);
        else
          part.set(
            (await this.#whole(group)).subarray((from - group.firstRow) * this.rowBytes).subarray(0, part.length),
          );
      }
    });
  }

  async #whole(group: Group): Promise<Uint8Array> {
    if (this.#last?.group === group) return this.#last.bytes;
    this.#last = undefined;
    const bytes = allocate(group.rows * this.rowBytes, this.name);
    await this.#decode(group, bytes, group.firstRow, group.firstRow + group.rows);
    this.#last = { group, bytes };
    return bytes;
  }

  async #decode(group: Group, bytes: Uint8Array, start: number, end: number): Promise<void> {
    const { read, metadata, column, buffer, compressors } = this.#decoder;
    const chunks: Chunk[] = [];
    try {
      if (!this.#checked.has(group)) await checkPages(group.chunk, MAX_DECODED, buffer);
      this.#checked.add(group);
      await read({
        file: buffer,
        metadata,
        columns: [column],
        rowStart: start,
        rowEnd: end,
        compressors,
        useOffsetIndex: true,
        // What it throws would get lost.
        onChunk: ({ columnData, rowStart }) => chunks.push({ firstRow: rowStart, values: columnData }),
      });
    } catch (cause) {
      throw asFormatError(this.name, cause);
    }
    const { array: ArrayType, bytes: width } = DTYPES[this.dtype];
    const target = new ArrayType(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.length / width);
    const length = this.rowBytes / width;
    let next = start;
    for (const { firstRow, values } of chunks.sort((a, b) => a.firstRow - b.firstRow)) {
      if (firstRow > next) break;
      const part = values.slice(next - firstRow, end - firstRow);
      if (this.shape.length === 1) this.#put(target, next - start, part, next);
      else
        part.forEach((row: unknown, index: number) =>
          this.#putList(target, (next + index - start) * length, row, next + index),
        );
      next += part.length;
    }
    if (next < end) throw formatError(this.name, `expected ${end - start} rows from ${start} on, got ${next - start}`);
  }

  #putList(target: TypedArray, at: number, list: unknown, row: number): void {
    const [, length] = this.shape;
    const got = Array.isArray(list) || ArrayBuffer.isView(list) ? (list as unknown as ArrayLike<unknown>) : undefined;
    if (got?.length === 0 && length !== 0)
      throw formatError(this.name, `expected a list with values in row ${row}, got an empty one`);
    if (got?.length !== length)
      throw formatError(this.name, `expected ${length} values in row ${row}, got ${got?.length ?? 'null'}`);
    this.#put(target, at, got as ArrayLike<unknown>, row);
  }

  #put(target: TypedArray, at: number, values: ArrayLike<unknown>, row: number): void {
    const wanted = this.dtype === 'bool' ? 'boolean' : this.dtype === 'int64' ? 'bigint' : 'number';
    for (let index = 0; index < values.length; index++) {
      const value = values[index];
      if (typeof value !== wanted) {
        const which = this.shape.length === 1 ? row + index : row;
        throw formatError(
          this.name,
          `expected a ${wanted} in row ${which}, got ${value == null ? 'null' : typeof value}`,
        );
      }
      target[at + index] = value as never;
    }
  }
}
