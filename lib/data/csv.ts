import { DTYPES } from '../tensor/dtypes.js';
import { describe, formatError } from '../base/errors.js';
import type { DType } from '../base/types.js';
import { CsvReader } from './csv_reader.js';
import type { DataFile } from './file.js';
import { chooseArray } from './name.js';
import { FileSource, type SourceInfo } from './source.js';

const INDEX = /^\d{1,6}$/;
const INTEGER = /^[+-]?\d{1,16}$/;
const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,4})?$/;

/** The values of one piece of a column: what it holds is counted only at the end. */
const PIECE = 2 ** 16;

/** The least and greatest value of the integer dtypes; int64 ends where numbers are no longer exact. */
const RANGES: Readonly<Partial<Record<DType, readonly [least: number, most: number]>>> = {
  bool: [0, 1],
  uint8: [0, 2 ** 8 - 1],
  int8: [-(2 ** 7), 2 ** 7 - 1],
  int16: [-(2 ** 15), 2 ** 15 - 1],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  int64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
};

/**
 * Opens a numeric column of a CSV file: labels, weights, scores. Fields are separated by commas and may be quoted (RFC
 * 4180), every row has the same number of them, and the file is UTF-8. The column is read at once and kept, in 8 bytes a
 * row.
 *
 * @param key - the column's name in the first row, or its index from 0 in digits. Unless it is a name, a first row whose
 *   field is no number is taken for names. Needed where there are several columns.
 * @param wanted - the dtype. Default: int64 where all values are integers, else float64.
 * @throws TorchError `ERR_FILE_FORMAT`, naming the row, for fields that are no numbers of the dtype, for rows of another
 *   length and for quotes in wrong places
 */
export async function openCsv(file: DataFile, name: string, key?: string, wanted?: DType): Promise<FileSource> {
  if (wanted === 'float16' || wanted === 'bfloat16')
    throw formatError(name, `dtype: expected float32 or float64 for the numbers of a CSV file, got ${wanted}`);
  const values = new Values();
  let where = name;
  const field = (text: string, row: number) => values.add(parseNumber(text, wanted, `${where}: row ${row}`));
  const reader = new CsvReader(name, {
    first(fields) {
      const { column, isName } = chooseColumn(fields, key, name);
      where = `${name}#${key ?? column}`;
      if (!isName) field(fields[column] as string, 1);
      return column;
    },
    field,
  });
  for await (const piece of withoutMark(file.pieces())) reader.push(piece);
  reader.end();
  if (where === name) throw formatError(name, 'expected at least one row, got an empty file');
  const dtype = wanted ?? (values.integers ? 'int64' : 'float64');
  return new CsvSource(file, { name: where, dtype, shape: [values.length] }, values.toBytes(dtype));
}

/** Leaves out the mark that some programs begin UTF-8 with. */
async function* withoutMark(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let first = true;
  for await (const piece of pieces) {
    yield first && piece.subarray(0, 3).equals(Buffer.of(0xef, 0xbb, 0xbf)) ? piece.subarray(3) : piece;
    first = false;
  }
}

function chooseColumn(
  fields: readonly string[],
  key: string | undefined,
  name: string,
): { column: number; isName: boolean } {
  const isNumber = (column: number) => NUMBER.test((fields[column] as string).trim());
  if (key !== undefined && INDEX.test(key)) {
    const column = Number(key);
    if (column >= fields.length)
      throw formatError(name, `expected a column below ${fields.length}, the number of columns, got ${key}`);
    return { column, isName: !isNumber(column) };
  }
  if (key === undefined && fields.length === 1) return { column: 0, isName: !isNumber(0) };
  const columns = new Map(fields.map((field, column) => [field, column]));
  const [chosen, column] = chooseArray(columns, key, name, 'column');
  if (fields.indexOf(chosen) !== column) throw formatError(name, `there are several columns ${describe(chosen)}`);
  return { column, isName: true };
}

function parseNumber(field: string, wanted: DType | undefined, where: string): number {
  const text = field.trim();
  const range = wanted === undefined ? (INTEGER.test(text) ? RANGES.int64 : undefined) : RANGES[wanted];
  const value = (range === undefined ? NUMBER : INTEGER).test(text) ? Number(text) : Number.NaN;
  const [least, most] = range ?? [-Number.MAX_VALUE, Number.MAX_VALUE];
  if (value >= least && value <= most) return value;
  const expected = range === undefined ? 'a number' : `an integer from ${least} to ${most}`;
  throw formatError(where, `expected ${expected}, got ${text === '' ? 'nothing' : describe(text)}`);
}

/** Numbers of which there are as many as come. */
class Values {
  readonly #pieces: Float64Array[] = [];
  length = 0;
  integers = true;

  add(value: number): void {
    if (this.length % PIECE === 0) this.#pieces.push(new Float64Array(PIECE));
    (this.#pieces.at(-1) as Float64Array)[this.length % PIECE] = value;
    this.length += 1;
    if (!Number.isSafeInteger(value)) this.integers = false;
  }

  toBytes(dtype: DType): Uint8Array {
    const { array: ArrayType } = DTYPES[dtype];
    const values = new ArrayType(this.length);
    for (let index = 0; index < this.length; index++) {
      const value = this.#pieces[Math.floor(index / PIECE)]?.[index % PIECE] as number;
      values[index] = (dtype === 'int64' ? BigInt(value) : value) as never;
    }
    return new Uint8Array(values.buffer);
  }
}

/** A column that has been read. */
class CsvSource extends FileSource {
  readonly #bytes: Uint8Array;

  constructor(file: DataFile, info: SourceInfo, bytes: Uint8Array) {
    super(file, info);
    this.#bytes = bytes;
  }

  protected async fill(bytes: Uint8Array, start: number, end: number): Promise<void> {
    bytes.set(this.#bytes.subarray(start * this.rowBytes, end * this.rowBytes));
  }
}
