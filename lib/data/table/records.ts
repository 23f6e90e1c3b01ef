/** Tables in text files: one pass finds the rows and types, then ranges of rows are read. */
import { describe, formatError } from '../../base/errors.js';
import { firstIndex } from '../../base/search.js';
import type { DType } from '../../base/types.js';
import { Cells, type CellsState, type Found } from './cells.js';
import type { DataFile } from '../file.js';
import { Turns } from '../source.js';
import { joinParts, widthOfShape } from './join.js';
import type { RecordScanner } from './scanned.js';
import {
  type ColumnKind,
  type ColumnPart,
  type Dialect,
  placeOfRow,
  type ReadableColumn,
  type Reading,
  type Table,
  type TableColumn,
} from './table.js';

/** A text format. */
export interface RecordFormat {
  readonly names: readonly string[];
  /** The position of the first row, and its line. */
  readonly offset: number;
  readonly line: number;
  readonly remark: string;
  readonly dialect: Dialect;
  /** @param cells - those of each requested column */
  scanner(cells: readonly (Cells | undefined)[]): RecordScanner;
}

/** The size of the blocks that are parsed at once. */
const BLOCK = 2 ** 20;
/** The space in front of a block for the rest of the previous one. */
const RESERVED = 2 ** 16;
/** The limit of a row. */
const MAX_BLOCK = 2 ** 26;
/** A block of rows. */
interface Block {
  readonly offset: number;
  readonly bytes: number;
  readonly firstRow: number;
  readonly rows: number;
  readonly line: number;
  readonly lines: number;
}

/** The columns of a block. */
type BlockParts = readonly ColumnPart[];

/** The result of a pass over the file. */
interface Pass {
  readonly rows: number;
  readonly blocks: readonly Block[];
  /** The statistics of each requested column. */
  readonly states: ReadonlyMap<number, CellsState>;
  /** The values of each block, if they are small enough to keep. */
  readonly kept: readonly BlockParts[] | undefined;
  readonly columns: readonly number[];
}

/** A table in a text file. */
export class RecordTable implements Table {
  readonly names: readonly string[];
  readonly remark: string;
  readonly dialect: Dialect;
  readonly #file: DataFile;
  readonly #name: string;
  readonly #format: RecordFormat;
  #whole: Promise<Pass> | undefined;

  constructor(file: DataFile, name: string, format: RecordFormat) {
    this.#file = file;
    this.#name = name;
    this.#format = format;
    this.names = format.names;
    this.remark = format.remark;
    this.dialect = format.dialect;
  }

  async describe(): Promise<readonly TableColumn[]> {
    const { states } = await this.#describePass();
    return this.names.map((name, index) => {
      const state = states.get(index) as CellsState;
      const isIndex = index === 0 && (name === '' || name === 'Unnamed: 0' || name === '__index_level_0__');
      const { kind, type } = kindOf(state);
      return { name, type, kind, isIndex, isEmpty: state.missings > 0 && isWithoutValues(state) };
    });
  }

  async countRows(): Promise<number> {
    return (await this.#describePass()).rows;
  }

  /** The pass over all columns, which happens once. */
  #describePass(): Promise<Pass> {
    this.#whole ??= this.#pass(this.names.map((_, index) => index));
    return this.#whole;
  }

  async read(columns: readonly number[]): Promise<Reading> {
    const pass = await (this.#whole ?? this.#pass(columns));
    const states = columns.map((column) => pass.states.get(column) as CellsState);
    const readable = states.map((state, index) => this.#readable(columns[index] as number, state));
    const modes = readable.map(({ dtype, rowShape }) =>
      dtype === undefined ? 'text' : rowShape.length > 0 ? 'list' : 'number',
    );
    const kept = modes.every((mode) => mode === 'number') ? pass.kept : undefined;
    const blocks = new BlockReader(this.#file, this.#name, pass.blocks, async (bytes, length, block) => {
      const own = modes.map((mode, index) => new Cells(mode, states[index]?.listShape));
      const places: (Cells | undefined)[] = this.names.map(() => undefined);
      for (const [index, column] of columns.entries()) places[column] = own[index];
      const { firstRow, line } = block;
      this.#format.scanner(places).scan(bytes, length, true, firstRow, line);
      return own.map((cells) => cells.take());
    });
    const at = columns.map((column) => pass.columns.indexOf(column));
    const partsOf = async (index: number) =>
      kept === undefined ? blocks.parts(index) : at.map((place) => (kept[index] as BlockParts)[place] as ColumnPart);
    const missing = states.flatMap(({ firstMissing }, index) =>
      firstMissing === undefined ? [] : [{ column: readable[index]?.name as string, ...firstMissing }],
    );
    const firstText = states[readable.findIndex(({ dtype }) => dtype === undefined)]?.firstText;
    return {
      rows: pass.rows,
      columns: readable,
      bytesPerRow: readable.reduce((sum, { rowShape }) => sum + 8 * widthOfShape(rowShape), 0),
      ...(firstText !== undefined && {
        firstText: { place: placeOfRow(firstText.row, firstText.line), text: firstText.text },
      }),
      ...(missing[0] !== undefined && {
        firstMissing: { column: missing[0].column, place: placeOfRow(missing[0].row, missing[0].line) },
      }),
      read: (start, end) => readRange(pass.blocks, partsOf, readable, start, end),
      endOfPart(row) {
        const { firstRow, rows } = pass.blocks[findBlock(pass.blocks, row)] as Block;
        return firstRow + rows;
      },
      release: () => blocks.release(),
      placeOf: async (row) => placeOfRow(row, await blocks.lineOf(row, this.#format.scanner([]))),
    };
  }

  #readable(column: number, state: CellsState): ReadableColumn {
    const name = this.names[column] as string;
    const { kind, dtype, rowShape } = kindOf(state);
    if (kind === 'text') return { name, dtype: undefined, rowShape: [] };
    const where = `${this.#name}#${name}`;
    const refuse = ({ row, line, text }: Found, expected: string) =>
      formatError(where, `${placeOfRow(row, line)}: expected ${expected}, got ${describe(text)}`);
    if (state.firstText !== undefined)
      throw refuse(state.firstText, rowShape.length > 0 ? `a list of shape [${rowShape.join(', ')}]` : 'a number');
    if (state.firstInexact !== undefined && dtype === 'int64')
      throw refuse(state.firstInexact, `an integer from ${Number.MIN_SAFE_INTEGER} to ${Number.MAX_SAFE_INTEGER}`);
    return { name, dtype, rowShape };
  }

  /** Reads the whole file. */
  async #pass(columns: readonly number[]): Promise<Pass> {
    const { offset, line, scanner } = this.#format;
    const all = columns.map(() => new Cells('number'));
    const places: (Cells | undefined)[] = this.names.map(() => undefined);
    for (const [index, column] of columns.entries()) places[column] = all[index];
    const blocks: Block[] = [];
    let kept: BlockParts[] | undefined = [];
    let size = 0;
    let [row, nextLine, position] = [0, line, offset];
    let reader = scanner(places);
    const window = new Window(this.#file, offset);
    while (position < this.#file.size) {
      const { bytes, length } = await window.next();
      const scanned = reader.scan(bytes, length, position + length === this.#file.size, row, nextLine);
      if (scanned.bytes === 0) {
        if (length >= MAX_BLOCK) throw formatError(this.#name, `line ${nextLine} is longer than ${MAX_BLOCK} bytes`);
        continue;
      }
      window.take(scanned.bytes);
      const { bytes: taken, rows, lines } = scanned;
      blocks.push({ offset: position, bytes: taken, firstRow: row, rows, line: nextLine, lines });
      size += rows * all.length * 8;
      if (size > this.#file.allowance.bytes) kept = undefined;
      if (kept === undefined) for (const cells of all) cells.clear();
      else kept.push(all.map((cells) => cells.take()));
      position += taken;
      row += rows;
      nextLine += lines;
      // After some rows a text column is known to be one; parsing more of it would waste time.
      const isText = (cells: Cells | undefined) => cells !== undefined && cells.texts > 1000 && cells.numbers === 0;
      if (places.some(isText)) {
        for (const [index, cells] of places.entries()) if (isText(cells)) places[index] = undefined;
        reader = scanner(places);
      }
    }
    if (kept !== undefined) this.#file.allowance.bytes -= size;
    const states = new Map(columns.map((column, index) => [column, (all[index] as Cells).state()]));
    return { rows: row, blocks, states, kept, columns };
  }
}

/** Reads a file in blocks, each while the previous one is parsed. */
class Window {
  readonly #file: DataFile;
  /** The position of the next read. */
  #position: number;
  /** The bytes that were read but not taken, with space for one more. */
  #bytes: Buffer = Buffer.alloc(1);
  #length = 0;
  /** The next block, with space in front and for one byte after it. */
  #ahead: Promise<{ buffer: Buffer; length: number }>;
  /** Two buffers, used alternately. */
  readonly #buffers: [Buffer, Buffer];

  constructor(file: DataFile, position: number) {
    this.#file = file;
    this.#position = position;
    const size = RESERVED + Math.min(BLOCK, file.size - position) + 1;
    this.#buffers = [Buffer.allocUnsafe(size), Buffer.allocUnsafe(size)];
    this.#ahead = this.#read();
  }

  #read(): Promise<{ buffer: Buffer; length: number }> {
    const length = Math.min(BLOCK, this.#file.size - this.#position);
    const [buffer] = this.#buffers;
    this.#buffers.reverse();
    const into = buffer.subarray(RESERVED, RESERVED + length);
    const reading = this.#file.read(into, this.#position).then(() => ({ buffer, length }));
    this.#position += length;
    // An error must not be unhandled if the block is not used.
    reading.catch(() => undefined);
    return reading;
  }

  /** Adds the next block to the remaining bytes. They at least double, so that a long row is not parsed too often. */
  async next(): Promise<{ bytes: Buffer; length: number }> {
    const wanted = 2 * this.#length;
    do {
      const { buffer, length } = await this.#ahead;
      const left = this.#bytes.subarray(0, this.#length);
      if (left.length > RESERVED) this.#bytes = Buffer.concat([left, buffer.subarray(RESERVED, RESERVED + length + 1)]);
      else {
        left.copy(buffer, RESERVED - left.length);
        this.#bytes = buffer.subarray(RESERVED - left.length);
      }
      this.#length += length;
      // The other buffer is free now.
      this.#ahead = this.#read();
      if (length === 0) break;
    } while (this.#length < wanted);
    return { bytes: this.#bytes, length: this.#length };
  }

  /** Removes bytes from the front. */
  take(count: number): void {
    this.#bytes = this.#bytes.subarray(count);
    this.#length -= count;
  }
}

/** The type of a column by the kinds of its fields. */
function kindOf(state: CellsState): { kind: ColumnKind; type: string; dtype: DType; rowShape: readonly number[] } {
  const { numbers, booleans, texts, lists, missings, integers, listShape = [] } = state;
  const isEmpty = missings === 0 && isWithoutValues(state);
  if (lists > numbers + booleans && lists >= texts) {
    const dtype = integers ? 'int64' : 'float64';
    return { kind: 'numbers', type: `lists of ${dtype}`, dtype, rowShape: listShape };
  }
  if (texts > numbers + booleans) return { kind: 'text', type: 'text', dtype: 'int64', rowShape: [] };
  const isBool = booleans > 0 && numbers === 0;
  const isInt = isEmpty || (integers && numbers > 0);
  const dtype = isBool ? 'bool' : isInt ? 'int64' : 'float64';
  return { kind: 'numbers', type: dtype, dtype, rowShape: [] };
}

function isWithoutValues({ numbers, booleans, texts, lists }: CellsState): boolean {
  return numbers + booleans + texts + lists === 0;
}

/** Reads rows of several blocks. */
async function readRange(
  blocks: readonly Block[],
  partsOf: (index: number) => Promise<BlockParts>,
  columns: readonly ReadableColumn[],
  start: number,
  end: number,
): Promise<ColumnPart[]> {
  const found: ColumnPart[][] = columns.map(() => []);
  for (let index = findBlock(blocks, start); index < blocks.length; index++) {
    const { firstRow, rows } = blocks[index] as Block;
    if (firstRow >= end) break;
    const [from, to] = [Math.max(start - firstRow, 0), Math.min(end - firstRow, rows)];
    if (from >= to) continue;
    const parts = await partsOf(index);
    for (const [column, readable] of columns.entries()) {
      const width = widthOfShape(readable.rowShape);
      const { values, missing } = parts[column] as ColumnPart;
      found[column]?.push({
        values: Array.isArray(values)
          ? values.slice(from, to)
          : (values as Float64Array).subarray(from * width, to * width),
        missing: missing?.subarray(from, to),
      });
    }
  }
  return found.map((parts, column) => joinParts(parts, widthOfShape((columns[column] as ReadableColumn).rowShape)));
}

function findBlock(blocks: readonly Block[], row: number): number {
  return firstIndex(blocks.length, (index) => {
    const { firstRow, rows } = blocks[index] as Block;
    return firstRow + rows > row;
  });
}

/** Reads blocks again, and keeps the last one. */
class BlockReader {
  readonly #file: DataFile;
  readonly #blocks: readonly Block[];
  readonly #take: (bytes: Buffer, length: number, block: Block) => Promise<BlockParts>;
  readonly #turns = new Turns();
  readonly #name: string;
  #last: { readonly index: number; readonly parts: BlockParts } | undefined;
  /** The block that is likely to be next. */
  #ahead: { readonly index: number; readonly bytes: Promise<Buffer> } | undefined;

  constructor(
    file: DataFile,
    name: string,
    blocks: readonly Block[],
    take: (bytes: Buffer, length: number, block: Block) => Promise<BlockParts>,
  ) {
    this.#file = file;
    this.#name = name;
    this.#blocks = blocks;
    this.#take = take;
  }

  parts(index: number): Promise<BlockParts> {
    return this.#turns.take(async () => {
      if (this.#last?.index === index) return this.#last.parts;
      const block = this.#blocks[index] as Block;
      const bytes = await (this.#ahead?.index === index ? this.#ahead.bytes : this.#read(block));
      const next = this.#last?.index === index - 1 ? this.#blocks[index + 1] : undefined;
      this.#ahead = next === undefined ? undefined : { index: index + 1, bytes: this.#read(next) };
      // An error must not be unhandled if the block is not used.
      this.#ahead?.bytes.catch(() => undefined);
      const parts = await this.#take(bytes, block.bytes, block);
      if (parts.some(({ missing, values }) => missing === undefined && values.length < block.rows))
        throw formatError(this.#name, `the rows from ${block.firstRow} on have changed since they were first read`);
      this.#last = { index, parts };
      return parts;
    });
  }

  /** Drops the last block and the next. */
  release(): void {
    this.#last = undefined;
    this.#ahead = undefined;
  }

  async #read({ offset, bytes }: Block): Promise<Buffer> {
    const buffer = Buffer.allocUnsafe(bytes + 1);
    await this.#file.read(buffer.subarray(0, bytes), offset);
    this.#file.checkUnchanged();
    return buffer;
  }

  /** The line of a row. */
  async lineOf(row: number, scanner: RecordScanner): Promise<number> {
    const block = this.#blocks[findBlock(this.#blocks, row)];
    if (block === undefined) return 0;
    const { firstRow, rows, line, lines, bytes } = block;
    if (rows === lines) return line + row - firstRow;
    return scanner.lineOf(row, await this.#read(block), bytes, firstRow, line);
  }
}
