import type * as arrowModule from 'apache-arrow';
import type { DataType, Field, Message, Schema, Type } from 'apache-arrow';
import { DTYPES } from '../tensor/dtypes.js';
import { formatError, TorchError } from '../base/errors.js';
import type { DType } from '../base/types.js';
import { checkArrowMetadata } from './arrow_check.js';
import type { DataFile } from './file.js';
import { byteSize, MAX_DIMENSIONS } from './layout.js';
import { chooseArray } from './name.js';
import { loadPeer } from './optional_package.js';
import { FileSource, type SourceInfo } from './source.js';

/** The arrays of a column in one record batch. */
interface Batch {
  readonly firstRow: number;
  readonly rows: number;
  /** The position of its elements in the file. */
  readonly position: number;
}

/** A column: its elements' dtype, the sizes of each row, and where it is among a batch's nodes and buffers. */
interface Column {
  readonly dtype: DType;
  readonly rowShape: readonly number[];
  readonly node: number;
  readonly buffer: number;
}

/** What a record batch says of its arrays, of all columns in the order of the schema. */
interface BatchHeader {
  readonly length: number;
  readonly nodes: readonly { readonly length: number; readonly nullCount: number }[];
  readonly buffers: readonly { readonly offset: number; readonly length: number }[];
  readonly compression: unknown;
}

/** A message and where its body lies in the file. */
interface Located {
  readonly message: Message;
  readonly body: number;
}

type Arrow = typeof arrowModule;

/** The types of which the number of buffers is fixed, those of children not counted. */
const BUFFERS: readonly [types: readonly (keyof typeof Type)[], buffers: number][] = [
  [['Null'], 0],
  [['FixedSizeList', 'Struct'], 1],
  [['Int', 'Float', 'Bool', 'Decimal', 'Date', 'Time', 'Timestamp', 'Interval', 'Duration'], 2],
  [['FixedSizeBinary', 'Dictionary', 'List', 'LargeList', 'Map'], 2],
  [['Utf8', 'LargeUtf8', 'Binary', 'LargeBinary'], 3],
];

const MAGIC = 'ARROW1';
const CONTINUATION = 0xffffffff;
/** Metadata of one message are some 100 bytes for each column. */
const MAX_METADATA_BYTES = 2 ** 24;

/**
 * Opens a column of an Arrow IPC file or stream (Feather version 2 is the same), uncompressed: numbers or booleans, one to
 * each row or a fixed-size list of them.
 *
 * The package apache-arrow decodes the metadata; the elements are read by position, as those of a `.npy` file.
 *
 * @param key - the column's name; needed where there are several
 * @throws TorchError `ERR_FILE_FORMAT` for columns with nulls, other types and damaged files, `ERR_MISSING_PACKAGE`
 *   without apache-arrow
 */
export async function openArrow(file: DataFile, name: string, key?: string): Promise<FileSource> {
  const arrow = await loadPeer(() => import('apache-arrow'), 'apache-arrow', 'Reading Arrow files');
  try {
    return await readBatches(file, name, key, arrow);
  } catch (cause) {
    if (cause instanceof TorchError) throw cause;
    throw formatError(name, `the Arrow metadata cannot be read: ${(cause as Error).message}`, cause);
  }
}

async function readBatches(file: DataFile, name: string, key: string | undefined, arrow: Arrow): Promise<ArrowSource> {
  const messages = readMessages(file, name, arrow);
  const first = (await messages.next()).value?.message;
  if (first?.isSchema() !== true) throw formatError(name, 'not an Arrow file: expected a schema at its beginning');
  const columns = columnsOf(first.header());
  const [chosen, find] = chooseArray(columns, key, name, 'column');
  const where = `${name}#${chosen}`;
  const column = find(where, arrow);

  const batches: Batch[] = [];
  let rows = 0;
  for await (const { message, body } of messages) {
    if (!message.isRecordBatch()) continue;
    const batch = locateBatch(message, column, where);
    batches.push({ firstRow: rows, rows: batch.rows, position: body + batch.offset });
    rows += batch.rows;
  }
  const shape = [rows, ...column.rowShape];
  if (shape.length > MAX_DIMENSIONS || byteSize(shape, column.dtype) === undefined)
    throw formatError(where, `sizes [${shape.join(', ')}] are beyond what is read`);
  return new ArrowSource(file, { name: where, shape, dtype: column.dtype }, batches);
}

/** The messages of a file or stream, each of which is followed by the body it describes. */
async function* readMessages(file: DataFile, name: string, arrow: Arrow): AsyncGenerator<Located, undefined> {
  const magic = (await file.bytes(0, Math.min(8, file.size))).toString('latin1');
  const isFile = magic.startsWith(MAGIC);
  let position = isFile ? 8 : 0;
  if (isFile && (await file.bytes(file.size - 6, 6)).toString('latin1') !== MAGIC)
    throw formatError(name, `expected '${MAGIC}' at the end: the file is truncated`);
  while (position + 8 <= file.size) {
    const prefix = await file.bytes(position, 8);
    if (prefix.readUInt32LE(0) !== CONTINUATION)
      throw formatError(name, `not an Arrow file: expected a message at ${position}`);
    const length = prefix.readInt32LE(4);
    if (length === 0) return undefined;
    const most = Math.min(MAX_METADATA_BYTES, file.size - position - 8);
    if (length < 0 || length > most)
      throw formatError(name, `expected at most ${most} bytes of metadata at ${position}, got ${length}`);
    const metadata = await file.bytes(position + 8, length);
    checkArrowMetadata(metadata);
    const message = arrow.Message.decode(metadata);
    const body = position + 8 + length;
    if (!Number.isSafeInteger(message.bodyLength) || message.bodyLength < 0 || body + message.bodyLength > file.size)
      throw formatError(name, `expected a body of ${message.bodyLength} bytes at ${body}, got ${file.size - body}`);
    yield { message, body };
    position = body + message.bodyLength;
  }
  // A stream ends where its messages end; a file has its footer there.
  if (isFile || position !== file.size) throw formatError(name, `expected a message at ${position}, got the end`);
  return undefined;
}

type FindColumn = (where: string, arrow: Arrow) => Column;

/** The columns by their names, each to be looked at when it is chosen: the others may be of any type. */
function columnsOf(schema: Schema): Map<string, FindColumn> {
  return new Map(
    schema.fields.map((field, index) => [
      field.name,
      (where, arrow) => {
        if (schema.fields.filter((other) => other.name === field.name).length > 1)
          throw formatError(where, 'there are several columns of this name');
        const before = schema.fields.slice(0, index).map((other) => countParts(other, where, arrow));
        const node = before.reduce((sum, { nodes }) => sum + nodes, 0);
        const buffer = before.reduce((sum, { buffers }) => sum + buffers, 0);
        return readColumn(field, node, buffer, where, arrow);
      },
    ]),
  );
}

function readColumn(field: Field, node: number, buffer: number, where: string, arrow: Arrow): Column {
  const rowShape: number[] = [];
  let { type } = field;
  while (arrow.DataType.isFixedSizeList(type)) {
    if (type.listSize < 0) throw formatError(where, `expected lists of 0 or more, got ${type.listSize}`);
    rowShape.push(type.listSize);
    type = (type.children[0] as Field).type;
  }
  const dtype = dtypeOf(type, arrow);
  if (dtype === undefined)
    throw formatError(where, `expected numbers, booleans or fixed-size lists of them, got ${field.type}`);
  // Each list has its validity before that of its values, and the values come after theirs.
  return { dtype, rowShape, node, buffer: buffer + rowShape.length + 1 };
}

const FLOATS: Readonly<Record<number, DType>> = { 0: 'float16', 1: 'float32', 2: 'float64' };
const INTEGERS: Readonly<Record<number, DType>> = { 8: 'int8', 16: 'int16', 32: 'int32', 64: 'int64' };
const UNSIGNED: Readonly<Record<number, DType>> = { 8: 'uint8' };

function dtypeOf(type: DataType, arrow: Arrow): DType | undefined {
  const { DataType: Kind } = arrow;
  if (Kind.isBool(type)) return 'bool';
  if (Kind.isFloat(type)) return FLOATS[type.precision];
  if (!Kind.isInt(type)) return undefined;
  return type.isSigned ? INTEGERS[type.bitWidth] : UNSIGNED[type.bitWidth];
}

/** How many nodes and buffers a batch has for a column, by the layout of its type. */
function countParts({ type }: Field, where: string, arrow: Arrow): { nodes: number; buffers: number } {
  const { Type } = arrow;
  const own = BUFFERS.find(([names]) => names.some((kind) => Type[kind] === type.typeId))?.[1];
  if (own === undefined)
    throw formatError(where, `a column before it has the type ${type}, whose layout is not known: put it first`);
  let [nodes, buffers] = [1, own];
  // The values of a dictionary lie in messages of their own.
  const children = arrow.DataType.isDictionary(type) ? [] : ((type.children ?? []) as Field[]);
  for (const child of children) {
    const parts = countParts(child, where, arrow);
    nodes += parts.nodes;
    buffers += parts.buffers;
  }
  return { nodes, buffers };
}

/** Checks what a batch says of a column and finds its elements in the batch's body. */
function locateBatch(message: Message, column: Column, where: string): { rows: number; offset: number } {
  const batch = message.header() as BatchHeader;
  if (batch.compression !== null)
    throw formatError(where, "compressed buffers are not read: write it with compression='uncompressed'");
  const rows = batch.length;
  const counts = [1, ...column.rowShape].map((_, depth, sizes) =>
    sizes.slice(0, depth + 1).reduce((total, size) => total * size, rows),
  );
  for (const [depth, count] of counts.entries()) {
    const node = batch.nodes[column.node + depth];
    if (node === undefined || node.length !== count || !Number.isSafeInteger(count) || count < 0)
      throw formatError(where, `expected ${count} values in a record batch, got ${node?.length ?? 'none'}`);
    if (node.nullCount !== 0) throw formatError(where, `nulls are not read, and ${node.nullCount} values are null`);
  }
  const count = counts.at(-1) as number;
  const bytes = column.dtype === 'bool' ? Math.ceil(count / 8) : count * DTYPES[column.dtype].bytes;
  const { offset, length } = batch.buffers[column.buffer] ?? { offset: 0, length: -1 };
  if (!Number.isSafeInteger(offset) || offset < 0 || length < bytes || offset + bytes > message.bodyLength)
    throw formatError(where, `expected ${bytes} bytes in a record batch, got ${length} at ${offset}`);
  return { rows, offset };
}

/** Rows that lie in record batches, one after another. */
class ArrowSource extends FileSource {
  readonly #batches: readonly Batch[];

  constructor(file: DataFile, info: SourceInfo, batches: readonly Batch[]) {
    super(file, info);
    this.#batches = batches;
  }

  protected async fill(bytes: Uint8Array, start: number, end: number): Promise<void> {
    for (const { firstRow, rows, position } of this.#batches) {
      const from = Math.max(start, firstRow);
      const to = Math.min(end, firstRow + rows);
      if (from >= to) continue;
      const part = bytes.subarray((from - start) * this.rowBytes, (to - start) * this.rowBytes);
      const skipped = (from - firstRow) * this.rowBytes;
      if (this.dtype === 'bool') await this.#readBits(part, position, skipped);
      else await this.file.read(part, position + skipped);
    }
  }

  /** Booleans are one bit each, the lowest first. */
  async #readBits(bytes: Uint8Array, position: number, first: number): Promise<void> {
    const begin = first >> 3;
    const bits = await this.file.bytes(position + begin, ((first + bytes.length + 7) >> 3) - begin);
    for (let index = 0; index < bytes.length; index++) {
      const bit = first - begin * 8 + index;
      bytes[index] = ((bits[bit >> 3] as number) >> (bit & 7)) & 1;
    }
  }
}
