/** A column chunk of numbers, decoded page by page into typed arrays, without a list of JavaScript values. */
import type { AsyncBuffer, ColumnMetaData, Compressors, PageHeader } from 'hyparquet';
import type { TypedArray } from '../../tensor/dtypes.js';
import { loadPeer } from '../optional_package.js';
import { isOneRun, readHybrid } from './hybrid.js';
import { HEADER_BYTES, PageCheck } from './pages.js';

/** The arrays of the physical types that are read. */
const ARRAYS = { INT32: Int32Array, INT64: BigInt64Array, FLOAT: Float32Array, DOUBLE: Float64Array } as const;

type Numbers = InstanceType<(typeof ARRAYS)[keyof typeof ARRAYS]>;

const ENCODINGS: ReadonlySet<string> = new Set(['PLAIN', 'PLAIN_DICTIONARY', 'RLE_DICTIONARY', 'RLE', 'BIT_PACKED']);

/** What a chunk's values are. */
export interface PlainType {
  /** The physical type. */
  readonly physical: string | undefined;
  /** Whether the stored numbers are the column's own: not decimals, and not beyond the range of the stored type. */
  readonly isPlain: boolean;
  /** The definition level of a value that is there. */
  readonly definitions: number;
}

/** Where chunks are read from. */
export interface PlainFile {
  readonly buffer: AsyncBuffer;
  readonly compressors: Compressors;
  /** The largest size of a page, and of its decoded values. */
  readonly most: number;
  /** How many bytes are read ahead for a column. */
  readonly ahead: number;
}

/** Values of a page, one for each row or list element; 0 where one is missing. */
interface Page {
  readonly first: number;
  readonly end: number;
  /** Where the page's bytes are, after its header. */
  readonly position: number;
  readonly header: PageHeader;
}

interface Decoded {
  readonly page: Page;
  readonly values: Numbers;
  readonly missing: Uint8Array | undefined;
}

/** Whether a chunk can be read here. */
export function isPlainChunk({ encodings, type }: ColumnMetaData, { physical, isPlain }: PlainType): boolean {
  const all = encodings as readonly string[];
  return isPlain && type === physical && Object.hasOwn(ARRAYS, type) && all.every((name) => ENCODINGS.has(name));
}

/** Decodes the values of a chunk, in order or not. */
export class PlainChunk {
  readonly #chunk: ColumnMetaData;
  readonly #type: PlainType;
  readonly #file: PlainFile;
  /** The lengths of lists: `[]` for a column without lists. */
  readonly #lists: readonly number[];
  readonly #pages: Page[] = [];
  readonly #start: number;
  readonly #end: number;
  readonly #check: PageCheck;
  #next: number;
  #dictionary: Numbers | undefined;
  #window: { readonly start: number; readonly bytes: Uint8Array } = { start: 0, bytes: new Uint8Array() };
  #last: Decoded | undefined;

  constructor(chunk: ColumnMetaData, type: PlainType, lists: readonly number[], file: PlainFile) {
    this.#chunk = chunk;
    this.#type = type;
    this.#lists = lists;
    this.#file = file;
    this.#start = Number(chunk.dictionary_page_offset ?? chunk.data_page_offset);
    this.#end = this.#start + Number(chunk.total_compressed_size);
    this.#next = this.#start;
    this.#check = new PageCheck(chunk, file.most);
  }

  /**
   * Copies values, numbered through the chunk, to the start of `into`.
   *
   * @returns 1 for each value that is missing, `undefined` if none is, or `'other'` if the pages have what is not read here
   * @throws RangeError if the pages are damaged
   */
  async read(first: number, end: number, into: TypedArray): Promise<Uint8Array | undefined | 'other'> {
    let missing: Uint8Array | undefined;
    for (let at = first; at < end; ) {
      const page = await this.#pageOf(at);
      if (page === undefined) return 'other';
      const decoded = this.#last?.page === page ? this.#last : await this.#decode(page);
      if (decoded === 'other') return 'other';
      const stop = Math.min(end, page.end);
      const [from, to] = [at - page.first, stop - page.first];
      into.set(decoded.values.subarray(from, to) as never, at - first);
      if (decoded.missing !== undefined) {
        missing ??= new Uint8Array(end - first);
        missing.set(decoded.missing.subarray(from, to), at - first);
      }
      // What has been read to its end is not read again, as a rule.
      this.#last = stop < page.end ? decoded : undefined;
      at = stop;
    }
    return missing;
  }

  /** The data page with a value; headers are read up to it. `undefined` for a page of another kind. */
  async #pageOf(value: number): Promise<Page | undefined> {
    const found = this.#pages.findLast(({ first }) => first <= value);
    if (found !== undefined && value < found.end) return found;
    const { parquetHeader } = await loadPeer(
      () => import('hyparquet/src/column.js'),
      'hyparquet',
      'Reading Parquet files',
    );
    while (this.#next < this.#end) {
      const bytes = await this.#bytes(this.#next, Math.min(HEADER_BYTES, this.#end - this.#next));
      const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 };
      const header = parquetHeader(reader);
      const position = this.#next + reader.offset;
      const first = this.#check.found;
      this.#check.take(header, position);
      this.#next = position + header.compressed_page_size;
      if (header.type === 'DICTIONARY_PAGE') {
        if (this.#dictionary !== undefined || this.#pages.length > 0) return undefined;
        const words = header.dictionary_page_header?.num_values ?? 0;
        this.#dictionary = this.#plain(await this.#decompress(position, header, 0), 0, words);
        continue;
      }
      if (header.type !== 'DATA_PAGE' && header.type !== 'DATA_PAGE_V2') return undefined;
      const page = { first, end: this.#check.found, position, header };
      this.#pages.push(page);
      if (value < page.end) return page;
    }
    throw new RangeError(`expected ${this.#chunk.num_values} values, got ${this.#check.found}`);
  }

  async #decode(page: Page): Promise<Decoded | 'other'> {
    const { header, position, first } = page;
    const count = page.end - first;
    const array = ARRAYS[this.#chunk.type as keyof typeof ARRAYS];
    if (count * array.BYTES_PER_ELEMENT > this.#file.most)
      throw new RangeError(`a page has ${count} values: expected at most ${this.#file.most} bytes`);
    const second = header.data_page_header_v2;
    const { encoding } = second ?? header.data_page_header ?? {};
    const levelBytes =
      second === undefined ? 0 : second.repetition_levels_byte_length + second.definition_levels_byte_length;
    const bytes = await this.#decompress(position, header, levelBytes);
    let at = 0;
    /** The bytes of levels: of a known length in the second version of pages, otherwise after their length. */
    const levels = (length: number | undefined): Uint8Array => {
      const known = length ?? viewOf(bytes).getUint32(at, true);
      at += length === undefined ? 4 : 0;
      at += known;
      if (at > bytes.length) throw new RangeError('the levels of a page are longer than the page');
      return bytes.subarray(at - known, at);
    };
    if (this.#lists.length > 0 && !this.#areEven(levels(second?.repetition_levels_byte_length), first, count))
      return 'other';
    const { definitions } = this.#type;
    const defined =
      definitions === 0 && second === undefined ? undefined : levels(second?.definition_levels_byte_length);
    let present: Uint8Array | undefined;
    if (definitions > 0 && defined !== undefined && !isOneRun(defined, definitions, count)) {
      present = new Uint8Array(count);
      readHybrid(defined, bitsOf(definitions), present);
      for (const [index, level] of present.entries()) present[index] = level === definitions ? 1 : 0;
      // Missing and empty lists are told from each other elsewhere.
      if (this.#lists.length > 0 && present.includes(0)) return 'other';
    }
    const filled = present === undefined ? count : present.reduce((sum, one) => sum + one, 0);
    let stored: Numbers;
    if (encoding === 'PLAIN') stored = this.#plain(bytes, at, filled);
    else if (encoding === 'RLE_DICTIONARY' || encoding === 'PLAIN_DICTIONARY') stored = this.#words(bytes, at, filled);
    else return 'other';
    if (present === undefined || filled === count) return { page, values: stored, missing: undefined };
    const values = new array(count);
    const missing = new Uint8Array(count);
    for (let index = 0, next = 0; index < count; index++) {
      if (present[index] === 1) values[index] = stored[next++] as never;
      else missing[index] = 1;
    }
    return { page, values, missing };
  }

  /** Whether each list has the expected length, by the repetition levels: 0 begins a row, 1 a list in it, and so on. */
  #areEven(levels: Uint8Array, first: number, count: number): boolean {
    const depth = this.#lists.length;
    const found = new Uint8Array(count);
    readHybrid(levels, bitsOf(depth), found);
    // How many values there are in a row, in a list of the next level, and so on.
    const sizes = this.#lists.map((_, level) => this.#lists.slice(level).reduce((product, size) => product * size, 1));
    const inner = sizes[depth - 1] as number;
    let place = first % inner;
    for (let index = 0; index < count; index++) {
      const level = place > 0 ? depth : sizes.findIndex((size) => (first + index) % size === 0);
      if (found[index] !== level) return false;
      place = place + 1 === inner ? 0 : place + 1;
    }
    return true;
  }

  /** Numbers as they are stored. */
  #plain(bytes: Uint8Array, at: number, count: number): Numbers {
    const array = ARRAYS[this.#chunk.type as keyof typeof ARRAYS];
    const length = count * array.BYTES_PER_ELEMENT;
    if (at + length > bytes.length)
      throw new RangeError(`expected ${length} bytes of values, got ${bytes.length - at}`);
    return new array(bytes.slice(at, at + length).buffer);
  }

  /** Numbers of the dictionary. */
  #words(bytes: Uint8Array, at: number, count: number): Numbers {
    const dictionary = this.#dictionary;
    const width = bytes[at] ?? 0;
    if (dictionary === undefined || width > 32) throw new RangeError('expected a dictionary');
    const indices = new Int32Array(count);
    if (width > 0) readHybrid(bytes.subarray(at + 1), width, indices);
    const values = new ARRAYS[this.#chunk.type as keyof typeof ARRAYS](count);
    for (let index = 0; index < count; index++) {
      const word = dictionary[indices[index] as number];
      if (word === undefined)
        throw new RangeError(`expected an index below ${dictionary.length}, got ${indices[index]}`);
      values[index] = word as never;
    }
    return values;
  }

  /** The bytes of a page; the first `raw` are never compressed. */
  async #decompress(position: number, header: PageHeader, raw: number): Promise<Uint8Array> {
    const { decompressPage } = await loadPeer(
      () => import('hyparquet/src/datapage.js'),
      'hyparquet',
      'Reading Parquet files',
    );
    const bytes = await this.#bytes(position, header.compressed_page_size);
    if (raw < 0 || raw > bytes.length) throw new RangeError('the levels of a page are longer than the page');
    if (header.data_page_header_v2?.is_compressed === false) return bytes;
    const size = header.uncompressed_page_size - raw;
    const rest = decompressPage(bytes.subarray(raw), size, this.#chunk.codec, this.#file.compressors);
    if (raw === 0) return rest;
    const all = new Uint8Array(raw + rest.length);
    all.set(bytes.subarray(0, raw));
    all.set(rest, raw);
    return all;
  }

  /** Bytes of the chunk. Those that follow are read with them. */
  async #bytes(start: number, length: number): Promise<Uint8Array> {
    const { start: begin, bytes } = this.#window;
    if (start >= begin && start + length <= begin + bytes.length)
      return bytes.subarray(start - begin, start - begin + length);
    const end = Math.min(this.#end, start + Math.max(length, this.#file.ahead));
    const read = new Uint8Array(await this.#file.buffer.slice(start, end));
    this.#window = { start, bytes: read };
    return read.subarray(0, length);
  }
}

function bitsOf(most: number): number {
  return 32 - Math.clz32(most);
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
