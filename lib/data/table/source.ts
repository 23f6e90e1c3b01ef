import { DTYPES, type TypedArray } from '../../tensor/dtypes.js';
import { describe, formatError } from '../../base/errors.js';
import type { DType } from '../../base/types.js';
import type { DataFile } from '../file.js';
import { byteSize, MAX_DIMENSIONS } from '../layout.js';
import { FileSource, type RowPlace } from '../source.js';
import { numbersOfHalves } from '../entry.js';
import { widthOfShape } from './join.js';
import { promote } from './promote.js';
import { DECIMAL_HINT, selectColumns } from './select.js';
import { type ColumnPart, type Dialect, placeOfRow, type ReadableColumn, type Reading, type Table } from './table.js';

/** How columns are opened. */
export interface ColumnOptions {
  readonly key?: string | undefined;
  readonly except?: readonly string[] | undefined;
  /** The classes of a text column, or `'sorted'` for all that occur. */
  readonly classes?: readonly string[] | 'sorted' | undefined;
  readonly missing?: 'error' | 'keep' | undefined;
}

/** The most classes of a text column. */
const MAX_CLASSES = 2 ** 16;
/** About how many bytes of a table are read at once. */
const PIECE_BYTES = 2 ** 22;

/**
 * Opens columns of a table as one array: a single column with its own shape, several stacked in the second dimension, in
 * their common dtype by `torch.promote_types`.
 *
 * @throws TorchError `ERR_FILE_FORMAT` if columns do not exist, have other types, or do not fit together
 */
export async function openColumns(
  file: DataFile,
  name: string,
  table: Table,
  options: ColumnOptions,
): Promise<TableSource> {
  const { columns, label } = await selectColumns(table, options.key, options.except ?? [], name);
  const where = `${name}#${label}`;
  const described = columns.length === 1 || options.classes !== undefined ? undefined : await table.describe();
  const reading = await table.read(columns);
  for (const [index, column] of reading.columns.entries()) {
    if (column.dtype !== undefined) continue;
    if (columns.length > 1) {
      const { type } = described?.[columns[index] as number] ?? { type: 'text' };
      throw formatError(where, `expected columns of numbers, but ${describe(column.name)} has the type ${type}`);
    }
    if (options.classes === undefined) throw isText(where, reading);
  }
  if (reading.firstMissing !== undefined && options.missing !== 'keep') {
    const { column, place } = reading.firstMissing;
    throw noValue(columns.length === 1 ? where : `${name}#${column}`, place);
  }
  const classes = await findClasses(reading, options.classes, where);
  const { dialect } = table;
  return new TableSource(file, where, reading, { classes, keepsMissing: options.missing === 'keep', dialect });
}

/** The classes of a text column. */
async function findClasses(
  reading: Reading,
  wanted: ColumnOptions['classes'],
  where: string,
): Promise<readonly string[] | undefined> {
  if (reading.columns[0]?.dtype !== undefined || wanted === undefined) return undefined;
  if (wanted !== 'sorted') return wanted;
  const found = new Set<string>();
  const step = stepOf(reading);
  for (let start = 0; start < reading.rows; start += step) {
    const [part] = await reading.read(start, Math.min(reading.rows, start + step));
    const { values, missing } = part as ColumnPart;
    for (const [index, text] of (values as readonly string[]).entries()) if (missing?.[index] !== 1) found.add(text);
    if (found.size > MAX_CLASSES) throw formatError(where, `expected at most ${MAX_CLASSES} classes, got more`);
  }
  return [...found].sort();
}

function stepOf({ bytesPerRow = 64 }: Reading): number {
  return Math.max(1, Math.floor(PIECE_BYTES / bytesPerRow));
}

/** Options of {@link TableSource}. */
interface TableSourceOptions {
  readonly classes: readonly string[] | undefined;
  readonly keepsMissing: boolean;
  readonly dialect: Dialect | undefined;
}

/** Columns of a table as one array. */
export class TableSource extends FileSource {
  /** The classes of a text column. */
  readonly classes: readonly string[] | undefined;
  /** The names of the columns. */
  readonly columns: readonly string[];
  /** How the file was read, if its types are inferred. */
  readonly dialect: Dialect | undefined;
  readonly #reading: Reading;
  readonly #codes: ReadonlyMap<string, number> | undefined;
  readonly #keepsMissing: boolean;
  /** The missing rows of the last read. */
  #last: { readonly start: number; readonly end: number; readonly missing: Uint8Array | undefined } | undefined;

  constructor(file: DataFile, name: string, reading: Reading, options: TableSourceOptions) {
    const { classes, keepsMissing, dialect } = options;
    super(file, { name, ...layoutOf(name, reading, classes !== undefined) });
    this.#reading = reading;
    this.columns = reading.columns.map((column) => column.name);
    this.dialect = dialect;
    this.classes = classes;
    this.#codes = classes === undefined ? undefined : new Map(classes.map((text, index) => [text, index]));
    this.#keepsMissing = keepsMissing;
  }

  /** The same text column with other classes. */
  withClasses(classes: readonly string[]): TableSource {
    const { dialect } = this;
    return new TableSource(this.file, this.name, this.#reading, { classes, keepsMissing: this.#keepsMissing, dialect });
  }

  override release(): void {
    this.#reading.release?.();
    super.release();
  }

  async placeOf(row: number): Promise<RowPlace> {
    return { name: this.name, place: await this.#placeOf(row) };
  }

  /** Which rows are missing: 1 for each that is, or `undefined` if none is. */
  async missing(start: number, end: number): Promise<Uint8Array | undefined> {
    if (this.#last?.start !== start || this.#last.end !== end) await this.rows(start, end);
    return this.#last?.missing;
  }

  protected async fill(bytes: Uint8Array, start: number, end: number): Promise<void> {
    const { array: ArrayType, bytes: size } = DTYPES[this.dtype];
    const target = new ArrayType(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.length / size);
    const rowLength = this.rowBytes / size;
    const step = stepOf(this.#reading);
    let missing: Uint8Array | undefined;
    let to = start;
    for (let from = start; from < end; from = to) {
      to = Math.min(end, from + step, this.#reading.endOfPart?.(from) ?? end);
      const parts = await this.#reading.read(from, to);
      let at = 0;
      for (const [index, column] of this.#reading.columns.entries()) {
        const part = parts[index] as ColumnPart;
        if (part.missing !== undefined) {
          missing ??= new Uint8Array(end - start);
          await this.#noteMissing(part.missing, column, from, missing.subarray(from - start));
        }
        const values =
          column.dtype === undefined
            ? await this.#encode(part.values as readonly string[], part.missing, from)
            : (part.values as TypedArray);
        const width = widthOfShape(column.rowShape);
        const place = { at: (from - start) * rowLength + at, width, pitch: rowLength };
        put(target, this.dtype, place, values, column.dtype ?? 'int64');
        at += width;
      }
    }
    if (this.#keepsMissing) this.#last = { start, end, missing };
  }

  async #noteMissing(found: Uint8Array, column: ReadableColumn, first: number, missing: Uint8Array): Promise<void> {
    const row = found.indexOf(1);
    if (row === -1) return;
    if (!this.#keepsMissing) throw noValue(this.#nameOf(column), await this.#placeOf(first + row));
    for (const [index, one] of found.entries()) if (one === 1) missing[index] = 1;
  }

  async #encode(texts: readonly string[], missing: Uint8Array | undefined, first: number): Promise<TypedArray> {
    const codes = new Int32Array(texts.length);
    for (const [index, text] of texts.entries()) {
      if (missing?.[index] === 1) continue;
      const code = this.#codes?.get(text);
      if (code === undefined) {
        const known = (this.classes ?? []).slice(0, 20).map(describe).join(', ');
        throw formatError(
          this.name,
          `${await this.#placeOf(first + index)}: expected one of the classes ${known}, got ${describe(text)}`,
        );
      }
      codes[index] = code;
    }
    return codes;
  }

  #nameOf(column: ReadableColumn): string {
    const [, file = this.name] = /^(.*)#/s.exec(this.name) ?? [];
    return this.#reading.columns.length === 1 ? this.name : `${file}#${column.name}`;
  }

  async #placeOf(row: number): Promise<string> {
    return (await this.#reading.placeOf?.(row)) ?? placeOfRow(row);
  }
}

function isText(where: string, { firstText }: Reading): Error {
  const isNumber = /^\s*[+-]?\d+,\d+(?:[eE][+-]?\d+)?\s*$/.test(firstText?.text ?? '');
  const fix = isNumber ? DECIMAL_HINT : 'set the option `classes` to read text as classes';
  if (firstText === undefined)
    return formatError(where, `expected numbers, booleans or lists of them, got text; ${fix}`);
  return formatError(where, `${firstText.place}: expected a number, got ${describe(firstText.text)}; ${fix}`);
}

function noValue(where: string, place: string): Error {
  return formatError(where, `${place}: the value is missing`);
}

function layoutOf(name: string, { rows, columns }: Reading, isText: boolean): { shape: number[]; dtype: DType } {
  const [first] = columns as readonly [ReadableColumn];
  const dtype = isText ? 'int64' : columns.map((column) => column.dtype as DType).reduce(promote);
  const rowShape =
    columns.length === 1 ? first.rowShape : [columns.reduce((sum, column) => sum + widthOfShape(column.rowShape), 0)];
  const deep = columns.length > 1 ? columns.find((column) => column.rowShape.length > 1) : undefined;
  if (deep !== undefined)
    throw formatError(
      name,
      `column ${describe(deep.name)} has nested lists, which cannot be combined with other columns`,
    );
  const shape = [rows, ...rowShape];
  if (shape.length > MAX_DIMENSIONS || byteSize(shape, dtype) === undefined)
    throw formatError(name, `the shape [${shape.join(', ')}] is too large`);
  return { shape, dtype };
}

/** Where a column's elements go: starting at `at`, `width` of them every `pitch` elements. */
interface Place {
  readonly at: number;
  readonly width: number;
  readonly pitch: number;
}

/** Copies a column's elements to their places in rows of several columns, converted to the common dtype. */
function put(target: TypedArray, dtype: DType, place: Place, values: TypedArray, from: DType): void {
  const { at, width, pitch } = place;
  let source: TypedArray | Float32Array = values;
  if (from !== dtype && (from === 'float16' || from === 'bfloat16'))
    source = numbersOfHalves(values as Uint16Array, from);
  const isBig = target instanceof BigInt64Array;
  const wasBig = source instanceof BigInt64Array;
  if (width === pitch && isBig === wasBig) {
    target.set(source as never, at);
    return;
  }
  const rows = width === 0 ? 0 : source.length / width;
  if (width === 1 && isBig === wasBig) {
    for (let row = 0, write = at; row < rows; row++, write += pitch) target[write] = source[row] as never;
    return;
  }
  for (let row = 0, read = 0; row < rows; row++) {
    const write = at + row * pitch;
    if (isBig === wasBig) for (let index = 0; index < width; index++) target[write + index] = source[read++] as never;
    else if (isBig)
      for (let index = 0; index < width; index++) target[write + index] = BigInt(source[read++] as number);
    else for (let index = 0; index < width; index++) target[write + index] = Number(source[read++]);
  }
}
