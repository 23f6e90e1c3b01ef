import { allocate } from '../base/room.js';
import { types } from 'node:util';
import { readSizes } from '../addon/arguments.js';
import { codeOfDType, DTYPES, type TypedArray } from '../tensor/dtypes.js';
import { invalidType, invalidValue } from '../base/errors.js';
import { isRevoked } from '../base/plain_object.js';
import type { DType, Shape } from '../base/types.js';
import type { DataFile } from './file.js';
import { rowCount } from './layout.js';
import type { SourceFile } from './source_file.js';

/**
 * An array in a file, read by ranges of its first dimension.
 *
 * Rows are read by position into a buffer, which the caller may provide: a file of any size takes no more memory than the
 * requested rows. Calls may overlap, to read the next rows while the last ones are used.
 *
 * A zero-dimensional array has one row.
 */
export interface Source {
  /** The file, and the array if the file has several: `scores.npz#logits`. Errors begin with it. */
  readonly name: string;
  /** The shape. */
  readonly shape: Shape;
  /** The dtype of the elements. */
  readonly dtype: DType;

  /**
   * Reads the rows from `start` up to but not including `end`.
   *
   * @param into - where to write them: at least {@link bytesPerRow} bytes per row, aligned to the element size. Default: a
   *   new buffer.
   * @returns the elements in C order, as a view of `into`: float16 and bfloat16 as a `Uint16Array` of their bits, bool as
   *   `Uint8Array`, others as the typed array of the dtype.
   * @throws RangeError if the rows are out of range or `into` is too small, TorchError `ERR_FILE_FORMAT` if the file is
   *   damaged, `ERR_FILE_CHANGED` if it was modified since it was opened, `ERR_FILE_READ` if it cannot be read, and
   *   `ERR_DISPOSED` after {@link Source.close}
   */
  rows(start: number, end: number, into?: Uint8Array): Promise<TypedArray>;

  /** The names of the columns of a table that the array has. */
  readonly columns?: readonly string[] | undefined;

  /** The names of the classes of a text column that was opened with `classes`. */
  readonly classes?: readonly string[] | undefined;

  /**
   * Which rows lack a value, if the file was opened with `missing: 'keep'`: 1 for each that does, or `undefined` if none
   * does. What `rows` returns for them is arbitrary.
   */
  missing?(start: number, end: number): Promise<Uint8Array | undefined>;

  /** Where a row comes from, if more can be said than its number: from which of several files, in which line. */
  placeOf?(row: number): Promise<RowPlace>;

  /** The files that the rows come from. */
  readonly files?: readonly SourceFile[];

  /** Closes the file. Pending reads may fail. */
  close(): Promise<void>;
}

/** Where a row comes from. */
export interface RowPlace {
  /** The file, and the columns or the array in it. */
  readonly name: string;
  /** The row, counted from 0 in this file: `row 1`, or `row 1 (line 3)`. */
  readonly place: string;
}

/**
 * The size of a row in bytes.
 *
 * @throws TypeError or RangeError if the source has no valid shape and dtype
 */
export function bytesPerRow(source: Pick<Source, 'shape' | 'dtype'>): number {
  return rowBytesOf(readLayoutOf(source));
}

/** The shape and dtype of a value that should be a source. */
export function readLayoutOf(source: unknown): Pick<Source, 'shape' | 'dtype'> {
  if (typeof source !== 'object' || source === null || isRevoked(source)) {
    throw invalidType('source', 'a Source, as returned by open', source);
  }
  const { shape, dtype } = source as Source;
  codeOfDType(dtype, 'source.dtype');
  return { shape: readSizes(shape, 'source.shape'), dtype };
}

function rowBytesOf({ shape, dtype }: Pick<Source, 'shape' | 'dtype'>): number {
  return shape.slice(1).reduce((total, size) => total * size, DTYPES[dtype].bytes);
}

/** What every source has. */
export interface SourceInfo {
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: DType;
}

/** A source that can free cached data. */
export interface ReleasableSource extends Source {
  /** Frees cached data. */
  release?(): void;
}

/** A source that checks its arguments, and after each read that the file is unchanged. */
export abstract class FileSource implements ReleasableSource {
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: DType;
  readonly files: readonly SourceFile[];
  protected readonly file: DataFile;
  protected readonly rowBytes: number;

  constructor(file: DataFile, { name, shape, dtype }: SourceInfo) {
    this.file = file;
    this.files = [file.origin];
    this.name = name;
    this.shape = Object.freeze([...shape]);
    this.dtype = dtype;
    this.rowBytes = rowBytesOf(this);
  }

  async rows(start: number, end: number, into?: Uint8Array): Promise<TypedArray> {
    const { array: ArrayType, bytes: width } = DTYPES[this.dtype];
    const target = targetOf(this, start, end, into);
    const length = (end - start) * this.rowBytes;
    this.file.checkOpen();
    const bytes = target.subarray(0, length);
    if (length > 0) await this.fill(bytes, start, end);
    this.file.checkUnchanged();
    return new ArrayType(bytes.buffer as ArrayBuffer, bytes.byteOffset, length / width);
  }

  async close(): Promise<void> {
    await this.file.close();
  }

  release(): void {
    this.file.release();
  }

  /** Writes the elements of at least one row to `bytes`, which has exactly their length. */
  protected abstract fill(bytes: Uint8Array, start: number, end: number): Promise<void>;
}

/**
 * Checks the arguments of {@link Source.rows}, and returns the buffer to write to.
 *
 * @throws TypeError or RangeError if the rows are out of range, or do not fit `into`
 */
export function targetOf(source: Source, start: unknown, end: unknown, into: Uint8Array | undefined): Uint8Array {
  const count = rowCount(source.shape);
  for (const [parameter, value, least] of [
    ['start', start, 0],
    ['end', end, start],
  ] as const) {
    if (!Number.isSafeInteger(value)) throw invalidType(parameter, 'an integer', value);
    if ((value as number) < (least as number) || (value as number) > count)
      throw invalidValue(parameter, `${least} to ${count}, the rows of ${source.name}`, value);
  }
  const length = ((end as number) - (start as number)) * rowBytesOf(source);
  const target = into ?? allocate(length, source.name);
  checkTarget(target, length, DTYPES[source.dtype].bytes);
  return target;
}

function checkTarget(into: unknown, length: number, width: number): void {
  if (!types.isUint8Array(into)) throw invalidType('into', 'a Uint8Array', into);
  if (into.length < length) throw invalidValue('into', `at least ${length} bytes`, into.length);
  if (into.byteOffset % width !== 0)
    throw invalidValue('into', `an offset in its buffer that is a multiple of ${width}`, into.byteOffset);
}

/** Runs tasks one after another, for sources with a position. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  /** Starts `work` when all earlier work has finished or failed. */
  take<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#last.then(work);
    this.#last = next.catch(() => undefined);
    return next;
  }
}
