import { allocate } from '../base/room.js';
import { DTYPES } from '../tensor/dtypes.js';
import type { Shape } from '../base/types.js';
import type { DataFile } from './file.js';
import { formatError } from '../base/errors.js';
import { byteSize, rowCount } from './layout.js';
import { FileSource, type SourceInfo, Turns } from './source.js';

/** An array's position and layout in a file. */
export interface Placement extends SourceInfo {
  /** The position of the first element. */
  readonly offset: number;
  /** Whether elements are big-endian. Default false. */
  readonly bigEndian?: boolean;
  /** Whether the array is in Fortran order: its first dimension varies fastest. Default false. */
  readonly fortran?: boolean;
}

/** Bytes that are read by position, of a file or an entry of an archive. */
export interface Bytes {
  /** Fills `bytes` from a position. */
  read(bytes: Uint8Array, position: number): Promise<void>;
  close(): Promise<void>;
  release?(): void;
}

/** Opens an array whose elements are contiguous in a file. */
export function openPlaced(file: DataFile, placement: Placement): FileSource {
  const ordered = placement.fortran !== true || placement.shape.length < 2;
  return ordered ? new PlacedSource(file, placement) : new FortranSource(file, placement);
}

/**
 * Opens a file that has only the elements of an array, little-endian and in C order.
 *
 * @param shape - the sizes; one may be -1, which then follows from the size of the file
 */
export function openRaw(file: DataFile, { shape, ...rest }: SourceInfo): FileSource {
  const { dtype, name } = rest;
  const sizes = completeShape(shape, file.size / DTYPES[dtype].bytes);
  const expected = byteSize(sizes, dtype);
  if (expected !== file.size || !sizes.every((size) => Number.isSafeInteger(size))) {
    const whole = shape.includes(-1)
      ? 'a multiple of the other sizes'
      : `${expected ?? 'an impossible number of'} bytes`;
    throw formatError(name, `expected ${whole} for ${dtype} [${shape.join(', ')}], got ${file.size} bytes`);
  }
  return openPlaced(file, { ...rest, shape: sizes, offset: 0 });
}

/** The shape with its -1 replaced, by a fraction if no size fits. */
function completeShape(shape: Shape, count: number): Shape {
  const rest = shape.reduce((total, size) => (size === -1 ? total : total * size), 1);
  return shape.map((size) => (size === -1 ? count / rest : size));
}

/** An array in C order. */
export class PlacedSource extends FileSource {
  readonly #offset: number;
  readonly #bigEndian: boolean;
  readonly #bytes: Bytes;

  /** @param bytes - where to read the elements, if not directly from the file */
  constructor(file: DataFile, placement: Placement, bytes: Bytes = file) {
    super(file, placement);
    this.#offset = placement.offset;
    this.#bigEndian = placement.bigEndian ?? false;
    this.#bytes = bytes;
  }

  override async close(): Promise<void> {
    await this.#bytes.close();
    await super.close();
  }

  override release(): void {
    this.#bytes.release?.();
    super.release();
  }

  protected async fill(bytes: Uint8Array, start: number): Promise<void> {
    await this.#bytes.read(bytes, this.#offset + start * this.rowBytes);
    if (this.#bigEndian) swapBytes(bytes, DTYPES[this.dtype].bytes);
  }
}

/** The largest panel of gathered rows. */
const MAX_PANEL = 2 ** 25;
/** Columns that are closer than this are read together with what is between them. */
const MAX_GAP = 2 ** 16;
/** The longest read. */
const MAX_STRIP = 2 ** 22;

/** Columns that are written together: a row of them fills a cache line. */
const COLUMNS = 16;
/** Concurrent reads: as many as Node has threads for. */
const AT_ONCE = 4;

/** Gathered rows from `start` up to but not including `end`, in C order. */
interface Panel {
  readonly start: number;
  readonly end: number;
  readonly bytes: Uint8Array;
}

/**
 * An array in Fortran order. The elements of a row are a whole column apart, so rows are gathered in panels of up to 32 MiB:
 * the more rows at once, the longer the reads.
 */
class FortranSource extends FileSource {
  readonly #placement: Placement;
  readonly #turns = new Turns();
  #panel: Panel | undefined;

  constructor(file: DataFile, placement: Placement) {
    super(file, placement);
    this.#placement = placement;
  }

  override release(): void {
    this.#panel = undefined;
    super.release();
  }

  protected fill(bytes: Uint8Array, start: number, end: number): Promise<void> {
    return this.#turns.take(async () => {
      for (let row = start; row < end; ) {
        const panel = await this.#panelOf(row);
        const last = Math.min(end, panel.end);
        const from = (row - panel.start) * this.rowBytes;
        bytes.set(panel.bytes.subarray(from, from + (last - row) * this.rowBytes), (row - start) * this.rowBytes);
        row = last;
      }
    });
  }

  async #panelOf(row: number): Promise<Panel> {
    if (this.#panel !== undefined && row >= this.#panel.start && row < this.#panel.end) return this.#panel;
    const rows = rowCount(this.shape);
    const count = Math.max(1, Math.floor(MAX_PANEL / this.rowBytes));
    const end = Math.min(rows, row + count);
    // The new panel reuses the memory of the old one.
    const length = Math.min(rows, count) * this.rowBytes;
    const bytes = this.#panel?.bytes ?? allocate(length, this.name);
    this.#panel = undefined;
    await this.#gather(bytes, row, end);
    if (this.#placement.bigEndian) swapBytes(bytes, DTYPES[this.dtype].bytes);
    this.#panel = { start: row, end, bytes };
    return this.#panel;
  }

  async #gather(bytes: Uint8Array, start: number, end: number): Promise<void> {
    const width = DTYPES[this.dtype].bytes;
    const height = rowCount(this.shape);
    const columns = this.rowBytes / width;
    const count = end - start;
    // Close columns are read together with what is between them.
    const close = (height - count) * width <= MAX_GAP;
    const pitch = close ? height : count;
    const few = Math.ceil(columns / AT_ONCE);
    const step = Math.min(few, close ? Math.max(1, Math.floor(MAX_STRIP / (height * width))) : COLUMNS);
    const places = cOrder(this.shape.slice(1));
    let next = 0;
    const readStrips = async () => {
      const strip = new Uint8Array(step * pitch * width);
      while (next < columns) {
        const column = next;
        const group = Array.from({ length: Math.min(step, columns - column) }, () => places.next().value as number);
        next += group.length;
        const read = (index: number, from: number, length: number) => {
          const part = strip.subarray(from * width, (from + length) * width);
          return this.file.read(part, this.#placement.offset + ((column + index) * height + start) * width);
        };
        if (close) await read(0, 0, (group.length - 1) * height + count);
        else for (const index of group.keys()) await read(index, index * count, count);
        scatter(strip, pitch, bytes, group, { count, columns, width });
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, readStrips));
  }
}

/** Copies columns of `count` elements, `pitch` apart, to their places in rows of `columns` elements. */
function scatter(
  from: Uint8Array,
  pitch: number,
  to: Uint8Array,
  places: readonly number[],
  { count, columns, width }: { count: number; columns: number; width: number },
): void {
  // Elements are copied as integers, those of 64 bits as two: bigints would be slow.
  const Unit = width === 1 ? Uint8Array : width === 2 ? Uint16Array : Uint32Array;
  const units = width / Unit.BYTES_PER_ELEMENT;
  const source = new Unit(from.buffer as ArrayBuffer, from.byteOffset, from.length / Unit.BYTES_PER_ELEMENT);
  const target = new Unit(to.buffer as ArrayBuffer, to.byteOffset, to.length / Unit.BYTES_PER_ELEMENT);
  for (let row = 0; row < count; row++) {
    for (let column = 0; column < places.length; column++) {
      const read = (column * pitch + row) * units;
      const write = (row * columns + (places[column] as number)) * units;
      for (let unit = 0; unit < units; unit++) target[write + unit] = source[read + unit] as number;
    }
  }
}

/** For each element in Fortran order, its index in C order. */
function* cOrder(shape: readonly number[]): Generator<number, undefined> {
  const strides = shape.map((_, dim) => shape.slice(dim + 1).reduce((total, size) => total * size, 1));
  const index = shape.map(() => 0);
  for (let place = 0; ; ) {
    yield place;
    let dim = 0;
    for (; dim < shape.length; dim++) {
      place += strides[dim] as number;
      index[dim] = (index[dim] as number) + 1;
      if (index[dim] !== shape[dim]) break;
      place -= (strides[dim] as number) * (shape[dim] as number);
      index[dim] = 0;
    }
    if (dim === shape.length) return;
  }
}

/** Reverses the bytes of each element in place. */
function swapBytes(bytes: Uint8Array, width: number): void {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (width === 2) buffer.swap16();
  if (width === 4) buffer.swap32();
  if (width === 8) buffer.swap64();
}
