/** Several files as one array. */
import { DTYPES, type TypedArray } from '../../tensor/dtypes.js';
import { formatError } from '../../base/errors.js';
import { firstIndex } from '../../base/search.js';
import type { DType, Shape } from '../../base/types.js';
import { convertSource } from '../convert.js';
import { rowCount } from '../layout.js';
import { listNames } from '../name.js';
import { bytesPerRow, type ReleasableSource, type RowPlace, type Source, targetOf } from '../source.js';
import type { SourceFile } from '../source_file.js';
import { promote } from '../table/promote.js';
import { TableSource } from '../table/source.js';
import { placeOfRow } from '../table/table.js';

/** The number of files that keep cached data: sequential reading uses the last one and the next. */
const MAX_RECENT = 2;

/**
 * Joins the rows of arrays.
 *
 * @param wanted - the dtype that all of them will be converted to, so that they may differ
 * @throws TorchError `ERR_FILE_FORMAT` if their columns, dtypes or row shapes differ
 */
export function joinSources(sources: readonly [Source, ...Source[]], name: string, wanted?: DType): Source {
  const first = sources.find((source) => rowCount(source.shape) > 0) ?? sources[0];
  const parts = withCommonClasses(sources, first);
  for (const part of parts) checkColumns(part, first);
  const filled = parts.filter((part) => part.shape.length === 0 || rowCount(part.shape) > 0);
  const used = filled.length === 0 ? [first] : filled;
  for (const part of used) checkShape(part, first);
  const dtype = wanted ?? commonDType(used, first);
  const joined = used.map((part) => convertSource(part, dtype));
  return new JoinedSource(joined, parts, name);
}

/** Gives all text columns the classes of all files. */
function withCommonClasses(sources: readonly Source[], first: Source): Source[] {
  const isSame = sources.every((source) => String(source.classes) === String(first.classes));
  if (first.classes === undefined || isSame) return [...sources];
  const classes = [...new Set(sources.flatMap((source) => source.classes ?? []))].sort();
  return sources.map((source) => (source instanceof TableSource ? source.withClasses(classes) : source));
}

function checkColumns(part: Source, first: Source): void {
  const [own, others] = [part.columns, first.columns];
  if (own === undefined || others === undefined || String(own) === String(others)) return;
  throw formatError(
    part.name,
    `expected the columns ${listNames(others)}, as ${first.name} has, got ${listNames(own)}`,
  );
}

function checkShape(part: Source, first: Source): void {
  const [own, others] = [part.shape.slice(1), first.shape.slice(1)];
  const isText = (source: Source) => source.classes !== undefined;
  if (part.shape.length === 0) throw formatError(part.name, 'expected an array with rows, got a zero-dimensional one');
  if (String(own) !== String(others))
    throw formatError(
      part.name,
      `expected rows of shape [${others.join(', ')}], as ${first.name} has, got [${own.join(', ')}]`,
    );
  if (isText(part) !== isText(first))
    throw formatError(
      part.name,
      `expected ${isText(first) ? 'text' : 'numbers'}, as ${first.name} has, got ${isText(part) ? 'text' : 'numbers'}`,
    );
}

/** The common dtype. Dtypes may differ only if they are inferred from text. */
function commonDType(parts: readonly Source[], first: Source): DType {
  const isInferred = (source: Source) => source instanceof TableSource && source.dialect !== undefined;
  for (const part of parts) {
    if (part.dtype === first.dtype || (isInferred(part) && isInferred(first))) continue;
    throw formatError(
      part.name,
      `expected ${first.dtype}, as ${first.name} has, got ${part.dtype}; the option dtype converts all files to one dtype`,
    );
  }
  return parts.map(({ dtype }) => dtype).reduce(promote);
}

/** A file, and the range of its rows among all. */
interface Part {
  readonly source: ReleasableSource;
  readonly start: number;
  readonly end: number;
}

class JoinedSource implements ReleasableSource {
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: DType;
  readonly classes: readonly string[] | undefined;
  readonly columns: readonly string[] | undefined;
  readonly files: readonly SourceFile[];
  readonly #parts: readonly Part[];
  readonly #all: readonly Source[];
  readonly #rowBytes: number;
  /** Recently read parts, the latest at the end. */
  readonly #recent = new Set<Part>();

  /**
   * @param used - those with rows
   * @param all - those to close
   */
  constructor(used: readonly Source[], all: readonly Source[], name: string) {
    const [first] = used as readonly [Source];
    let rows = 0;
    this.#parts = used.map((source) => {
      const start = rows;
      rows += rowCount(source.shape);
      return { source, start, end: rows };
    });
    this.#all = all;
    this.name = name;
    this.shape = Object.freeze([rows, ...first.shape.slice(1)]);
    this.dtype = first.dtype;
    this.classes = first.classes;
    this.columns = first.columns;
    this.files = all.flatMap(({ files = [] }) => files);
    this.#rowBytes = bytesPerRow(this);
  }

  async rows(start: number, end: number, into?: Uint8Array): Promise<TypedArray> {
    const { array: ArrayType, bytes: width } = DTYPES[this.dtype];
    const target = targetOf(this, start, end, into);
    for (const { source, from, to, at } of this.#ranges(start, end))
      await source.rows(from, to, target.subarray(at * this.#rowBytes, (at + to - from) * this.#rowBytes));
    const { buffer, byteOffset } = target;
    return new ArrayType(buffer as ArrayBuffer, byteOffset, ((end - start) * this.#rowBytes) / width);
  }

  async missing(start: number, end: number): Promise<Uint8Array | undefined> {
    let missing: Uint8Array | undefined;
    for (const { source, from, to, at } of this.#ranges(start, end)) {
      const found = await source.missing?.(from, to);
      if (found === undefined) continue;
      missing ??= new Uint8Array(end - start);
      missing.set(found, at);
    }
    return missing;
  }

  async placeOf(row: number): Promise<RowPlace> {
    const { source, start } = this.#parts[this.#find(row)] as Part;
    return (await source.placeOf?.(row - start)) ?? { name: source.name, place: placeOfRow(row - start) };
  }

  /** The rows of each part between `start` and `end`; `at` is their offset from `start`. */
  *#ranges(start: number, end: number): Generator<{ source: Source; from: number; to: number; at: number }> {
    for (let index = this.#find(start); index < this.#parts.length; index++) {
      const part = this.#parts[index] as Part;
      const [from, to] = [Math.max(start, part.start), Math.min(end, part.end)];
      if (from >= to) return;
      this.#use(part);
      yield { source: part.source, from: from - part.start, to: to - part.start, at: from - start };
    }
  }

  /** The index of the part with a row. */
  #find(row: number): number {
    return firstIndex(this.#parts.length, (index) => (this.#parts[index] as Part).end > row);
  }

  #use(part: Part): void {
    this.#recent.delete(part);
    this.#recent.add(part);
    for (const oldest of this.#recent) {
      if (this.#recent.size <= MAX_RECENT) break;
      this.#recent.delete(oldest);
      oldest.source.release?.();
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#all.map((source) => source.close()));
  }
}
