/** Skips samples with a missing value. */
import type { TypedArray } from '../../tensor/dtypes.js';
import { firstIndex } from '../../base/search.js';
import type { Evaluation, SampleLoss } from '../../evaluate/index.js';
import type { Task } from './task.js';

/** A batch in memory. */
type Batch = Record<string, { readonly data: TypedArray; readonly shape: readonly number[]; readonly dtype: string }>;

/** The samples from `start` up to `end` without missing values, as one batch if there are any. */
export async function* withoutMissing(
  task: Task,
  start: number,
  end: number,
  skipped: SkippedRows,
): AsyncGenerator<ReturnType<Task['batch']>> {
  const columns = Object.entries(task.batch(start, end));
  const read: Batch = {};
  for (const [name, source] of columns) {
    const data = await source.rows(0, source.shape[0] ?? 1);
    read[name] = { data, shape: source.shape, dtype: source.dtype };
  }
  const missing = await task.missing(start, end);
  const kept = Array.from({ length: end - start }, (_, row) => row).filter((row) => missing?.[row] !== 1);
  if (missing !== undefined) skipped.add(start, missing);
  if (kept.length === 0) return;
  if (kept.length < end - start) {
    for (const [name, column] of Object.entries(read))
      if (column.shape[0] === end - start) read[name] = keepRows(column, kept);
  }
  yield read as unknown as ReturnType<Task['batch']>;
}

function keepRows({ data, shape, dtype }: Batch[string], rows: readonly number[]): Batch[string] {
  const width = shape.slice(1).reduce((total, size) => total * size, 1);
  const kept = data.slice(0, rows.length * width);
  for (const [index, row] of rows.entries())
    kept.set(data.subarray(row * width, (row + 1) * width) as never, index * width);
  return { data: kept, shape: [rows.length, ...shape.slice(1)], dtype };
}

/** The skipped samples, and the row numbers of the others in the files. */
export class SkippedRows {
  /** The row of the first sample. */
  readonly #first: number;
  readonly #rows: number[] = [];

  constructor(first: number) {
    this.#first = first;
  }

  get count(): number {
    return this.#rows.length;
  }

  add(start: number, missing: Uint8Array): void {
    for (const [index, one] of missing.entries()) if (one === 1) this.#rows.push(start + index);
  }

  /** The row of a sample in the files, given its index among the samples that were not skipped. */
  #place(index: number): number {
    return index + firstIndex(this.#rows.length, (skipped) => (this.#rows[skipped] as number) - skipped > index);
  }

  /** The same result with sample indices as rows in the files. */
  number(result: Evaluation): Evaluation {
    if (this.count === 0) return result;
    const placed = <T extends Pick<SampleLoss, 'index'>>(samples: readonly T[]): T[] =>
      samples.map((sample) => ({ ...sample, index: this.#place(sample.index) }));
    const { worst, nonFinite, partial } = result;
    return {
      ...result,
      worst: placed(worst),
      nonFinite: { ...nonFinite, first: placed(nonFinite.first) },
      ...(partial !== undefined && {
        partial: { ...partial, worst: placed(partial.worst), special: placed(partial.special) },
      }),
    };
  }

  /** The losses of all samples, with NaN for the skipped ones. */
  fill(losses: Float64Array): Float64Array {
    if (this.count === 0) return losses;
    const all = new Float64Array(losses.length + this.count).fill(Number.NaN);
    for (const [index, loss] of losses.entries()) all[this.#place(this.#first + index) - this.#first] = loss;
    return all;
  }
}
