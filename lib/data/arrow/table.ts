import type { Field } from 'apache-arrow';
import { formatError, TorchError } from '../../base/errors.js';
import { DTYPES } from '../../tensor/dtypes.js';
import type { DataFile } from '../file.js';
import { loadPeer } from '../optional_package.js';
import { joinParts, widthOfShape } from '../table/join.js';
import { pandasIndexColumns } from '../table/pandas.js';
import type { ColumnPart, Reading, Table } from '../table/table.js';
import { BatchBuffers } from './buffers.js';
import {
  type ArrayContext,
  type ArrayType,
  arrayTypeOf,
  emptyShape,
  findRowShape,
  kindOfType,
  readArray,
} from './columns.js';
import { type Cursor, skipField } from './layout.js';
import { type Arrow, type BatchHeader, findMessages, type Located } from './messages.js';

/** A record batch, and the dictionaries that apply to it. */
interface Batch {
  readonly located: Located;
  readonly header: BatchHeader;
  readonly firstRow: number;
  readonly rows: number;
  readonly dictionaries: Dictionaries;
}

/** The messages of each dictionary, by its id. */
type Dictionaries = ReadonlyMap<number, readonly Located[]>;

/** What is used of apache-arrow's dictionary batches. */
interface DictionaryHeader {
  readonly id: number;
  readonly isDelta: boolean;
  readonly data: BatchHeader;
}

/** The number of rows in which the shape of lists is looked up. */
const SEARCHED_ROWS = 1024;
/** The approximate size of a text in memory. */
const TEXT_BYTES = 64;

/**
 * Opens an Arrow IPC file or stream (Feather version 2 is the same), uncompressed or compressed with LZ4 or zstd. Columns
 * may have numbers, booleans, lists of these in the same shape in every row, text, and dictionaries. Unsigned integers are
 * read as the next larger signed dtype, decimals as float64.
 *
 * The package apache-arrow decodes the metadata. Elements are read by position; compressed buffers are decompressed whole,
 * one record batch at a time.
 *
 * @throws TorchError `ERR_FILE_FORMAT` for damaged files, `ERR_MISSING_PACKAGE` without apache-arrow
 */
export async function openArrow(file: DataFile, name: string): Promise<Table> {
  const arrow = await loadPeer(() => import('apache-arrow'), 'apache-arrow', 'Reading Arrow files');
  try {
    return await readTable(file, name, arrow);
  } catch (cause) {
    throw asFormatError(name, cause);
  }
}

function asFormatError(name: string, cause: unknown): unknown {
  if (cause instanceof TorchError) return cause;
  return formatError(name, `the Arrow metadata cannot be read: ${(cause as Error).message}`, cause);
}

async function readTable(file: DataFile, name: string, arrow: Arrow): Promise<Table> {
  const { schema, located: messages } = await findMessages(file, name, arrow);
  const batches: Batch[] = [];
  let dictionaries: Dictionaries = new Map();
  let rows = 0;
  for (const located of messages) {
    const { message } = located;
    if (message.isDictionaryBatch()) {
      const { id, isDelta } = message.header() as unknown as DictionaryHeader;
      const before = isDelta ? (dictionaries.get(id) ?? []) : [];
      dictionaries = new Map([...dictionaries, [id, [...before, located]]]);
    }
    if (!message.isRecordBatch()) continue;
    const header = message.header() as unknown as BatchHeader;
    if (!Number.isSafeInteger(header.length) || header.length < 0 || !Number.isSafeInteger(rows + header.length))
      throw formatError(name, `a record batch has ${header.length} rows`);
    batches.push({ located, header, firstRow: rows, rows: header.length, dictionaries });
    rows += header.length;
  }
  const { fields } = schema;
  const indices = pandasIndexColumns(schema.metadata.get('pandas'));
  // A field may have no name.
  const names = fields.map(({ name: own }: { readonly name: string | null }) => own ?? '');
  const columns = fields.map(({ type }, index) => {
    const { kind } = kindOfType(arrayTypeOf(type, arrow));
    const own = names[index] as string;
    return { name: own, type: String(type), kind, isIndex: indices.has(own) };
  });
  return {
    names,
    remark: `${batches.length} record batch${batches.length === 1 ? '' : 'es'}`,
    describe: async () => columns,
    countRows: async () => rows,
    async read(chosen) {
      try {
        return await readColumns({ file, name, arrow, fields, batches }, rows, chosen);
      } catch (cause) {
        throw asFormatError(name, cause);
      }
    },
  };
}

/** An open file, for all of its columns. */
interface ArrowFile {
  readonly file: DataFile;
  readonly name: string;
  readonly arrow: Arrow;
  readonly fields: readonly Field[];
  readonly batches: readonly Batch[];
}

async function readColumns(file: ArrowFile, rows: number, chosen: readonly number[]): Promise<Reading> {
  const cache: BufferCache = {};
  const columns: ArrowColumn[] = [];
  for (const index of chosen) {
    const field = file.fields[index] as Field;
    const where = `${file.name}#${field.name}`;
    const type = arrayTypeOf(field.type, file.arrow);
    if (type === undefined) throw formatError(where, `expected numbers, booleans or lists of them, got ${field.type}`);
    const column = new ArrowColumn(file, index, where, type, cache);
    await column.prepare();
    columns.push(column);
  }
  return {
    rows,
    columns: columns.map(({ name, dtype, rowShape }) => ({ name, dtype, rowShape })),
    bytesPerRow: columns.reduce((sum, { rowBytes }) => sum + rowBytes, 0),
    read: async (start, end) => {
      const found: ColumnPart[][] = columns.map(() => []);
      for (const batch of file.batches) {
        const [from, to] = [Math.max(start - batch.firstRow, 0), Math.min(end - batch.firstRow, batch.rows)];
        if (from >= to) continue;
        const parts = await Promise.all(columns.map((column) => column.part(batch, from, to)));
        for (const [index, part] of parts.entries()) found[index]?.push(part);
      }
      return found.map((parts, index) => joinParts(parts, widthOfShape((columns[index] as ArrowColumn).rowShape)));
    },
    release() {
      cache.last = undefined;
      for (const column of columns) column.release();
    },
  };
}

/** The buffers of the last batch, shared by all columns. */
interface BufferCache {
  last?: { readonly batch: Batch; readonly buffers: BatchBuffers } | undefined;
}

class ArrowColumn {
  readonly name: string;
  readonly dtype: ReturnType<typeof kindOfType>['dtype'];
  rowShape: readonly number[] = [];
  readonly #file: ArrowFile;
  readonly #index: number;
  readonly #where: string;
  readonly #type: ArrayType;
  readonly #cache: BufferCache;
  /** The last decoded dictionary, and its messages. */
  #words: { readonly messages: readonly Located[]; readonly part: ColumnPart } | undefined;

  constructor(file: ArrowFile, index: number, where: string, type: ArrayType, cache: BufferCache) {
    this.#file = file;
    this.#index = index;
    this.#where = where;
    this.#type = type;
    this.#cache = cache;
    this.name = (file.fields[index] as Field).name;
    this.dtype = kindOfType(type).dtype;
  }

  get rowBytes(): number {
    return widthOfShape(this.rowShape) * (this.dtype === undefined ? TEXT_BYTES : DTYPES[this.dtype].bytes);
  }

  /** Checks the batches, and finds the shape of lists. */
  async prepare(): Promise<void> {
    const type = this.#type;
    let shape: number[] | undefined;
    for (const batch of this.#file.batches) {
      const { context, cursor } = this.#locate(batch);
      const node = batch.header.nodes[cursor.node];
      if (node === undefined || node.length !== batch.rows)
        throw formatError(
          this.#where,
          `expected ${batch.rows} values in a record batch, got ${node?.length ?? 'none'}`,
        );
      shape ??= await findRowShape(type, context, cursor, { from: 0, to: Math.min(batch.rows, SEARCHED_ROWS) });
    }
    this.rowShape = shape ?? emptyShape(type);
  }

  /** Frees the decoded dictionary. */
  release(): void {
    this.#words = undefined;
  }

  /** Reads the rows of a batch from `from` up to but not including `to`. */
  async part(batch: Batch, from: number, to: number): Promise<ColumnPart> {
    const { context, cursor } = this.#locate(batch);
    return readArray(this.#type, context, cursor, { from, to }, this.rowShape);
  }

  /** Finds the column's arrays in a batch. */
  #locate(batch: Batch): { context: ArrayContext; cursor: Cursor } {
    const { file, fields, arrow } = this.#file;
    if (this.#cache.last?.batch !== batch)
      this.#cache.last = { batch, buffers: new BatchBuffers(file, this.#where, batch.located, batch.header) };
    const cursor: Cursor = { node: 0, buffer: 0, variadic: 0 };
    for (const field of fields.slice(0, this.#index)) skipField(field, cursor, batch.header, this.#where, arrow);
    const context: ArrayContext = {
      buffers: this.#cache.last.buffers,
      where: this.#where,
      firstRow: batch.firstRow,
      dictionary: (id, value) => this.#dictionary(batch.dictionaries.get(id), value),
    };
    return { context, cursor };
  }

  async #dictionary(messages: readonly Located[] | undefined, value: ArrayType): Promise<ColumnPart> {
    if (messages === undefined) throw formatError(this.#where, 'its dictionary is missing');
    if (this.#words?.messages === messages) return this.#words.part;
    const parts: ColumnPart[] = [];
    for (const located of messages) {
      const { data } = located.message.header() as unknown as DictionaryHeader;
      const buffers = new BatchBuffers(this.#file.file, this.#where, located, data);
      const context: ArrayContext = {
        buffers,
        where: this.#where,
        firstRow: 0,
        dictionary: async () => {
          throw formatError(this.#where, 'nested dictionaries are not supported');
        },
      };
      const cursor = { node: 0, buffer: 0, variadic: 0 };
      parts.push(await readArray(value, context, cursor, { from: 0, to: data.length }, []));
    }
    const part = joinParts(parts, 1);
    this.#words = { messages, part };
    return part;
  }
}
