import type { AsyncBuffer, ColumnMetaData, CompressionCodec, Compressors, FileMetaData } from 'hyparquet';
import { formatError } from '../../base/errors.js';
import type { DataFile } from '../file.js';
import { byteSize } from '../layout.js';
import { loadPeer } from '../optional_package.js';
import { Turns } from '../source.js';
import type { ColumnPart, Reading, Table } from '../table/table.js';
import { type Group, ParquetColumn } from './column.js';
import { asFormatError, type Decoder, decodeRows, MAX_DECODED } from './decode.js';
import { HEADER_BYTES } from './pages.js';
import { isPlainChunk } from './plain_chunk.js';
import { type ParquetType, readTypes } from './types.js';

/** The bytes that are read ahead for a column, and for all of them together. */
const MOST_AHEAD = 2 ** 20;
const ALL_AHEAD = 2 ** 25;

/** The number of rows in which the shape of lists is looked up. */
const SEARCHED_ROWS = 1024;

/** The codecs of hyparquet itself. */
const BUILT_IN: readonly CompressionCodec[] = ['UNCOMPRESSED', 'SNAPPY'];

/**
 * Opens a Parquet file. Columns may have numbers, booleans, lists of these in the same shape in every row, and text. float16
 * is read as float32, which is exact, unsigned integers as the next larger signed dtype.
 *
 * Numbers are decoded page by page, if they are stored as they are or in a dictionary. All else is decoded by whole row groups,
 * by the package hyparquet. The last one is kept, so reading rows in order decodes each group once. A row group of more than
 * 64 MiB is then read in parts if the file has a page index; without one, a single column of that size is an error.
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
    const groups = groupsOf(metadata, chunks, rowBytes, where, types.length, type);
    const ahead = Math.min(MOST_AHEAD, Math.max(HEADER_BYTES, Math.floor(ALL_AHEAD / types.length)));
    columns.push(new ParquetColumn(where, type, rowShape, groups, decoder, ahead));
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

function groupsOf(
  { row_groups }: FileMetaData,
  chunks: readonly ColumnMetaData[],
  rowBytes: number,
  where: string,
  columnCount: number,
  { stored }: ParquetType,
): Group[] {
  let firstRow = 0;
  return row_groups.map(({ columns, num_rows }, index) => {
    const chunk = chunks[index] as ColumnMetaData;
    const rows = Number(num_rows);
    const bytes = Math.max(Number(chunk.total_uncompressed_size), rows * rowBytes);
    const hasIndex = columns.find(({ meta_data }) => meta_data === chunk)?.offset_index_offset !== undefined;
    const inParts = hasIndex && bytes * columnCount > MAX_DECODED;
    const refusal =
      bytes > MAX_DECODED && !hasIndex
        ? `expected row groups of at most ${MAX_DECODED} bytes, got one of ${bytes}: write it with smaller row groups or a page index`
        : undefined;
    if (refusal !== undefined && !isPlainChunk(chunk, stored)) throw formatError(where, refusal);
    firstRow += rows;
    return { firstRow: firstRow - rows, rows, inParts, refusal, chunk };
  });
}
