/** A `.npy` file of the losses of samples. */
import { closeSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { fileProblem, TorchError } from '../../base/errors.js';
import { usage } from '../arguments.js';

/** The length of the header, for any shape. */
const HEADER = 128;

/** How many rows of NaN are written at once. */
const GAP = 2 ** 16;

/** A NumPy file of float64: a vector for one loss, otherwise a row per sample. */
export class SampleFile {
  readonly #name: string;
  readonly #file: number;
  readonly #losses: number;
  #rows: number;

  /**
   * @param rows - how many rows of an earlier run to keep; 0 starts a new file
   * @throws TorchError `ERR_FILE_WRITE` if the file cannot be opened, `ERR_USAGE` if it does not have these rows
   */
  constructor(name: string, losses: number, rows: number) {
    try {
      this.#file = openSync(name, rows === 0 ? 'w+' : 'r+');
    } catch (error) {
      throw new TorchError('ERR_FILE_WRITE', `--per-sample: ${name}: ${fileProblem(error)}`, { cause: error });
    }
    this.#name = name;
    this.#losses = losses;
    this.#rows = rows;
    if (rows > 0 && !this.#hasRows(rows)) {
      closeSync(this.#file);
      throw usage(`--per-sample: ${name} does not have the ${rows} rows of the run to resume`);
    }
    ftruncateSync(this.#file, this.#placeOf(rows));
    this.#writeHeader();
  }

  /** Appends samples: one column per loss. */
  append(columns: readonly Float64Array[]): void {
    this.put(this.#rows, columns);
  }

  /**
   * Writes samples from a row on: one column per loss. Rows before it that were never written are NaN.
   */
  put(row: number, columns: readonly Float64Array[]): void {
    try {
      for (let gap = row - this.#rows; gap > 0; gap = row - this.#rows) {
        const nothing = new Float64Array(Math.min(gap, GAP)).fill(Number.NaN);
        this.#write(
          this.#rows,
          Array.from({ length: this.#losses }, () => nothing),
        );
      }
      this.#write(row, columns);
    } catch (error) {
      throw new TorchError('ERR_FILE_WRITE', `--per-sample: ${this.#name}: ${fileProblem(error)}`, { cause: error });
    }
  }

  #write(row: number, columns: readonly Float64Array[]): void {
    const [first = new Float64Array()] = columns;
    const rows = columns.length === 1 ? first : new Float64Array(first.length * columns.length);
    if (columns.length > 1) {
      for (const [at, column] of columns.entries()) {
        for (let i = 0; i < column.length; i++) rows[i * columns.length + at] = column[i] as number;
      }
    }
    const bytes = new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength);
    const start = this.#placeOf(row);
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#file, bytes, at, bytes.length - at, start + at);
    this.#rows = Math.max(this.#rows, row + first.length);
    // The header is written last so that it never counts rows that are not there.
    this.#writeHeader();
  }

  [Symbol.dispose](): void {
    closeSync(this.#file);
  }

  #placeOf(row: number): number {
    return HEADER + row * this.#losses * 8;
  }

  #hasRows(rows: number): boolean {
    const header = Buffer.alloc(HEADER);
    readSync(this.#file, header, 0, HEADER, 0);
    const text = header.toString('latin1');
    const [, shape = ''] = text.includes("'descr': '<f8', ") ? (/'shape': \(([\d, ]*)\)/.exec(text) ?? []) : [];
    const [count = 0, width = 1] = shape
      .split(',')
      .filter((size) => size.trim() !== '')
      .map(Number);
    return count >= rows && width === this.#losses;
  }

  #writeHeader(): void {
    const shape = this.#losses === 1 ? `${this.#rows},` : `${this.#rows}, ${this.#losses}`;
    const text = `{'descr': '<f8', 'fortran_order': False, 'shape': (${shape}), }`.padEnd(HEADER - 11);
    const length = Buffer.from([HEADER - 10, 0]);
    const header = Buffer.concat([Buffer.from('\x93NUMPY\x01\x00', 'latin1'), length, Buffer.from(`${text}\n`)]);
    writeSync(this.#file, header, 0, HEADER, 0);
  }
}
