/** Groups of samples by one or more columns: text, integers, or bins of numbers. */
import type { Source } from '../../data/index.js';
import { isFloat, type TypedArray } from '../../tensor/dtypes.js';
import type { Group } from '../../evaluate/index.js';
import { usage } from '../arguments.js';

/** One column of `--group-by`: its file, and how many bins with equal numbers of samples it is split into. */
export interface GroupColumn {
  readonly text: string;
  readonly bins: number | undefined;
}

/** The most values from which the bounds of bins are computed; longer columns are thinned evenly. */
const MOST_VALUES = 2 ** 22;
/** How many values are read at once. */
const STEP = 2 ** 16;

/**
 * Parses `--group-by`: `region`, `age:5`, `region,age:5` or `FILE#region,age:5`.
 *
 * @param table - the file whose columns are meant if no file is named
 */
export function parseGroups(
  given: string,
  table: string | undefined,
  isFile: (text: string) => boolean,
): GroupColumn[] {
  const [, named, columns = ''] = /^(.*?)#(.*)$/s.exec(given) ?? [];
  const file = named ?? table;
  const single = bins(given);
  if (named === undefined && (isFile(given) || isFile(single.text)))
    return [isFile(given) ? { text: given, bins: undefined } : single];
  if (file === undefined) return [single];
  return (named === undefined ? given : columns).split(',').map((part) => {
    const column = bins(part.trim());
    return { ...column, text: `${file}#${column.text}` };
  });
}

function bins(text: string): GroupColumn {
  const [, column, count] = /^(.+):(\d{1,4})$/s.exec(text) ?? [];
  if (column === undefined) return { text, bins: undefined };
  if (Number(count) < 1) throw usage(`--group-by: expected a number of bins of 1 or more, got '${count}'`);
  return { text: column, bins: Number(count) };
}

/** One column of groups: the name of each value and its sort key. */
interface Part {
  readonly source: Source;
  label(value: number): { readonly key: number | string; readonly name: string };
}

/** Prepares a column of groups. */
export async function makePart(source: Source, count: number | undefined): Promise<Part> {
  if (source.shape.length !== 1)
    throw usage(
      `--group-by: expected one value for each sample in ${source.name}, got sizes [${source.shape.join(', ')}]`,
    );
  if (count !== undefined) {
    if (source.classes !== undefined)
      throw usage(`--group-by: ${source.name} is text, which cannot be split into bins`);
    return binsOf(source, count);
  }
  const { classes } = source;
  if (classes !== undefined)
    return { source, label: (value) => ({ key: classes[value] as string, name: classes[value] as string }) };
  if (isFloat(source.dtype))
    throw usage(`--group-by: ${source.name} is ${source.dtype}; split it into bins, as in 'column:5'`);
  return { source, label: (value) => ({ key: value, name: String(value) }) };
}

/** Bins with equal numbers of samples, bounded by quantiles (NumPy's linear method). */
async function binsOf(source: Source, count: number): Promise<Part> {
  const [rows = 0] = source.shape;
  const every = Math.max(1, Math.ceil(rows / MOST_VALUES));
  const values: number[] = [];
  for (let start = 0; start < rows; start += STEP) {
    const end = Math.min(rows, start + STEP);
    const part = await source.rows(start, end);
    const missing = await source.missing?.(start, end);
    for (let index = 0; index < part.length; index++) {
      const value = Number(part[index]);
      if ((start + index) % every === 0 && missing?.[index] !== 1 && !Number.isNaN(value)) values.push(value);
    }
  }
  const sorted = Float64Array.from(values).sort();
  const quantile = (share: number) => {
    const at = share * (sorted.length - 1);
    const [low, high] = [sorted[Math.floor(at)] as number, sorted[Math.ceil(at)] as number];
    return low + (high - low) * (at - Math.floor(at));
  };
  const all = sorted.length === 0 ? [] : Array.from({ length: count + 1 }, (_, index) => quantile(index / count));
  const edges = [...new Set(all)];
  const short = (value: number) => String(Number(value.toPrecision(6)));
  return {
    source,
    label(value) {
      if (Number.isNaN(value)) return { key: Number.POSITIVE_INFINITY, name: 'NaN' };
      let bin = edges.findIndex((edge) => value < edge) - 1;
      if (bin < 0) bin = value < (edges[0] as number) ? 0 : Math.max(0, edges.length - 2);
      const [from, to] = [edges[bin] as number, edges[bin + 1] ?? (edges[bin] as number)];
      return { key: from, name: from === to ? short(from) : `${short(from)} to ${short(to)}` };
    },
  };
}

/** Groups by one or more columns, as numbers that {@link GroupSource.groupOf} names. */
export class GroupSource implements Source {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype = 'int64';
  readonly #parts: readonly Part[];
  readonly #codes = new Map<string, number>();
  readonly #groups: { readonly keys: readonly (number | string)[]; readonly name: string }[] = [];

  constructor(parts: readonly Part[]) {
    const [first] = parts as readonly [Part];
    this.name = parts.map(({ source }) => source.name).join(' and ');
    this.shape = first.source.shape;
    this.#parts = parts;
    for (const { source } of parts)
      if (source.shape[0] !== this.shape[0])
        throw usage(`--group-by: expected ${this.shape[0]} samples in ${source.name}, got ${source.shape[0]}`);
  }

  async rows(start: number, end: number, into?: Uint8Array): Promise<BigInt64Array> {
    const columns: TypedArray[] = [];
    for (const { source } of this.#parts) columns.push(await source.rows(start, end));
    const { buffer, byteOffset } = into ?? new Uint8Array(8 * (end - start));
    const codes = new BigInt64Array(buffer as ArrayBuffer, byteOffset, end - start);
    for (let row = 0; row < codes.length; row++) {
      const labels = this.#parts.map((part, index) => part.label(Number(columns[index]?.[row])));
      const name = labels.map((label) => label.name).join(', ');
      let code = this.#codes.get(name);
      if (code === undefined) {
        code = this.#groups.push({ keys: labels.map(({ key }) => key), name }) - 1;
        this.#codes.set(name, code);
      }
      codes[row] = BigInt(code);
    }
    return codes;
  }

  async missing(start: number, end: number): Promise<Uint8Array | undefined> {
    let all: Uint8Array | undefined;
    for (const { source } of this.#parts) {
      const missing = await source.missing?.(start, end);
      if (missing === undefined) continue;
      all ??= new Uint8Array(end - start);
      for (const [index, one] of missing.entries()) if (one === 1) all[index] = 1;
    }
    return all;
  }

  /** The name of a group. */
  groupOf(code: number): string {
    return this.#groups[code]?.name ?? String(code);
  }

  /** Compares groups by the values of their columns. */
  compare(a: Group, b: Group): number {
    const [first, second] = [a, b].map((group) => this.#groups[this.#codes.get(String(group)) ?? -1]?.keys ?? []);
    for (const [index, key] of (first ?? []).entries()) {
      const other = second?.[index] as number | string;
      if (key !== other) return key < other ? -1 : 1;
    }
    return 0;
  }

  async close(): Promise<void> {
    for (const { source } of this.#parts) await source.close();
  }
}
