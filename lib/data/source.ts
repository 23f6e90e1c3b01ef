import { allocate } from '../base/room.js';
import { types } from 'node:util';
import { readSizes } from '../addon/arguments.js';
import { codeOfDType, DTYPES, type TypedArray } from '../tensor/dtypes.js';
import { invalidType, invalidValue } from '../base/errors.js';
import { isRevoked } from '../base/plain_object.js';
import type { DType, Shape } from '../base/types.js';
import type { DataFile } from './file.js';
import { rowCount } from './layout.js';

/**
 * An array in a file, of which ranges of the first dimension are read.
 *
 * Rows are read by position into a buffer that may be the caller's own, so that a file of any size takes no more memory
 * than the rows asked for. Calls may overlap: the next rows can be on their way while the last ones are used.
 *
 * An array without dimensions has one row, its element.
 */
export interface Source {
  /** The file and, where it holds several arrays, the array: `scores.npz#logits`. Errors begin with it. */
  readonly name: string;
  /** The sizes, outermost first. */
  readonly shape: Shape;
  /** The dtype of the elements. */
  readonly dtype: DType;

  /**
   * Reads the rows from `start` up to, and without, `end`.
   *
   * @param into - where they are written to: at least {@link bytesPerRow} bytes for each row, beginning at a multiple of
   *   the element size in its buffer. Default: a new buffer.
   * @returns the elements in C order, over the bytes of `into`: the bits of float16 and bfloat16 as `Uint16Array`, bool as
   *   `Uint8Array`, else the typed array of the dtype.
   * @throws RangeError for rows that are not there and an `into` that is too small, TorchError `ERR_FILE_FORMAT` for a
   *   damaged file, `ERR_FILE_CHANGED` for one that was written to since it was opened, `ERR_FILE_READ` if the system
   *   cannot read it and `ERR_DISPOSED` after {@link Source.close}
   */
  rows(start: number, end: number, into?: Uint8Array): Promise<TypedArray>;

  /** What the indices of a column of texts stand for, where it was opened with `classes`. */
  readonly classes?: readonly string[] | undefined;

  /**
   * Which of some rows lack a value, where the file was opened with `missing: 'keep'`: 1 for each that does, or nothing
   * where none does. What `rows` gives for them means nothing.
   */
  missing?(start: number, end: number): Promise<Uint8Array | undefined>;

  /** Closes the file. Rows that are still being read may fail. */
  close(): Promise<void>;
}

/**
 * The bytes of one row of a source.
 *
 * @throws TypeError or RangeError for what has no such shape and dtype
 */
export function bytesPerRow(source: Pick<Source, 'shape' | 'dtype'>): number {
  return rowBytesOf(readLayoutOf(source));
}

/** Reads the shape and the dtype of what should be a source. */
export function readLayoutOf(source: unknown): Pick<Source, 'shape' | 'dtype'> {
  if (typeof source !== 'object' || source === null || isRevoked(source)) {
    throw invalidType('source', 'a Source, as open gives it', source);
  }
  const { shape, dtype } = source as Source;
  codeOfDType(dtype, 'source.dtype');
  return { shape: readSizes(shape, 'source.shape'), dtype };
}

function rowBytesOf({ shape, dtype }: Pick<Source, 'shape' | 'dtype'>): number {
  return shape.slice(1).reduce((total, size) => total * size, DTYPES[dtype].bytes);
}

/** What every source needs to know. */
export interface SourceInfo {
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: DType;
}

/** What the sources have in common: checks of what is asked for, and of the file after each read. */
export abstract class FileSource implements Source {
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: DType;
  protected readonly file: DataFile;
  protected readonly rowBytes: number;

  constructor(file: DataFile, { name, shape, dtype }: SourceInfo) {
    this.file = file;
    this.name = name;
    this.shape = Object.freeze([...shape]);
    this.dtype = dtype;
    this.rowBytes = rowBytesOf(this);
  }

  async rows(start: number, end: number, into?: Uint8Array): Promise<TypedArray> {
    const { array: ArrayType, bytes: width } = DTYPES[this.dtype];
    this.#checkRange(start, end);
    const length = (end - start) * this.rowBytes;
    const target = into ?? allocate(length, this.name);
    checkTarget(target, length, width);
    this.file.checkOpen();
    const bytes = target.subarray(0, length);
    if (length > 0) await this.fill(bytes, start, end);
    this.file.checkUnchanged();
    return new ArrayType(bytes.buffer as ArrayBuffer, bytes.byteOffset, length / width);
  }

  async close(): Promise<void> {
    await this.file.close();
  }

  /** Writes the rows' elements to `bytes`, which has just the length for them and at least one row. */
  protected abstract fill(bytes: Uint8Array, start: number, end: number): Promise<void>;

  #checkRange(start: unknown, end: unknown): void {
    const count = rowCount(this.shape);
    for (const [parameter, value, least] of [
      ['start', start, 0],
      ['end', end, start],
    ] as const) {
      if (!Number.isSafeInteger(value)) throw invalidType(parameter, 'an integer', value);
      if ((value as number) < (least as number) || (value as number) > count)
        throw invalidValue(parameter, `${least} to ${count}, the rows of ${this.name}`, value);
    }
  }
}

function checkTarget(into: unknown, length: number, width: number): void {
  if (!types.isUint8Array(into)) throw invalidType('into', 'a Uint8Array', into);
  if (into.length < length) throw invalidValue('into', `at least ${length} bytes`, into.length);
  if (into.byteOffset % width !== 0)
    throw invalidValue('into', `bytes that begin at a multiple of ${width}`, into.byteOffset);
}

/** Does one thing after another, for sources that remember where they are. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  /** Starts `work` when all earlier work has ended, well or not. */
  take<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#last.then(work);
    this.#last = next.catch(() => undefined);
    return next;
  }
}
