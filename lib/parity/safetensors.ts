import { DTYPES, type TypedArray } from '../dtypes.js';
import { TorchError } from '../errors.js';
import type { DType } from '../types.js';

/** One tensor of a file: its bytes are a view of the file's own. */
export interface TensorEntry {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** The elements, little-endian and in C order. */
  readonly bytes: Uint8Array;
}

/** What a safetensors file holds. */
export interface TensorFile {
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: ReadonlyMap<string, TensorEntry>;
}

/** The longest header that is read, in bytes, as the format prescribes. */
const MAX_HEADER_BYTES = 100_000_000;
const PREFIX_BYTES = 8;
const METADATA = '__metadata__';

const DTYPE_NAMES: Readonly<Record<string, DType>> = {
  F64: 'float64',
  F32: 'float32',
  F16: 'float16',
  BF16: 'bfloat16',
  I64: 'int64',
  I32: 'int32',
  I16: 'int16',
  I8: 'int8',
  U8: 'uint8',
  BOOL: 'bool',
};

/**
 * Reads a safetensors file without copying its data.
 *
 * The reader is strict: the tensors must cover the data exactly, without holes or overlaps, and each must
 * have the size that its dtype and shape ask for.
 *
 * @param file - the whole file.
 * @param name - what errors call the file.
 * @throws TorchError with code `ERR_FILE_FORMAT`, naming the entry at fault.
 */
export function readSafetensors(file: Uint8Array, name = 'safetensors'): TensorFile {
  const { header, data } = splitFile(file, name);
  const tensors = new Map<string, TensorEntry>();
  const spans: { key: string; begin: number; end: number }[] = [];
  let metadata: Readonly<Record<string, string>> = {};
  for (const [key, value] of Object.entries(header)) {
    if (key === METADATA) {
      metadata = readMetadata(value, name);
      continue;
    }
    const { begin, end, ...entry } = readEntry(value, data, `${name}: ${key}`);
    tensors.set(key, entry);
    spans.push({ key, begin, end });
  }
  checkCoverage(spans, data.length, name);
  return { metadata, tensors };
}

/**
 * Gives an entry's elements as a typed array: float16 and bfloat16 as their bits, bool as 0 and 1. The array
 * lies over the file's own bytes where they are aligned for it.
 */
export function typedArrayOf({ dtype, bytes }: TensorEntry): TypedArray {
  const { array: ArrayType, bytes: size } = DTYPES[dtype];
  const aligned = bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes);
  return new ArrayType(aligned.buffer as ArrayBuffer, aligned.byteOffset, aligned.length / size);
}

/** Gives an entry's elements as numbers or bigints: the 16-bit floats, too, by value. */
export function elementsOf(entry: TensorEntry): ArrayLike<number | bigint> {
  const data = typedArrayOf(entry);
  if (entry.dtype === 'float16') return Float32Array.from(data as Uint16Array, halfToNumber);
  if (entry.dtype === 'bfloat16') return bfloatsToNumbers(data as Uint16Array);
  return data;
}

function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** A bfloat16 is the upper half of a float32. */
function bfloatsToNumbers(bits: Uint16Array): Float32Array {
  return new Float32Array(Uint32Array.from(bits, (half) => half * 0x10000).buffer);
}

function fail(where: string, what: string, cause?: unknown): never {
  throw new TorchError('ERR_FILE_FORMAT', `${where}: ${what}`, { cause });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function splitFile(file: Uint8Array, name: string): { header: Record<string, unknown>; data: Uint8Array } {
  if (file.length < PREFIX_BYTES) fail(name, `header: expected ${PREFIX_BYTES} bytes of length, got ${file.length}`);
  const length = new DataView(file.buffer, file.byteOffset, PREFIX_BYTES).getBigUint64(0, true);
  if (length > MAX_HEADER_BYTES) fail(name, `header: expected at most ${MAX_HEADER_BYTES} bytes, got ${length}`);
  const end = PREFIX_BYTES + Number(length);
  if (end > file.length) fail(name, `header: expected ${length} bytes, got ${file.length - PREFIX_BYTES}`);
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(file.subarray(PREFIX_BYTES, end)));
  } catch (cause) {
    fail(name, 'header: expected JSON in UTF-8', cause);
  }
  if (!isRecord(header)) fail(name, 'header: expected a JSON object');
  return { header, data: new Uint8Array(file.buffer, file.byteOffset + end, file.length - end) };
}

function readMetadata(value: unknown, name: string): Readonly<Record<string, string>> {
  if (!isRecord(value)) fail(name, `${METADATA}: expected an object of strings`);
  for (const item of Object.values(value)) {
    if (typeof item !== 'string') fail(name, `${METADATA}: expected an object of strings`);
  }
  return value as Record<string, string>;
}

function readEntry(value: unknown, data: Uint8Array, where: string): TensorEntry & { begin: number; end: number } {
  if (!isRecord(value)) fail(where, 'expected an object with dtype, shape and data_offsets');
  const { dtype: dtypeName, shape, data_offsets: offsets } = value;
  if (typeof dtypeName !== 'string' || !Object.hasOwn(DTYPE_NAMES, dtypeName)) {
    fail(where, `dtype: expected one of ${Object.keys(DTYPE_NAMES).join(', ')}, got ${JSON.stringify(dtypeName)}`);
  }
  if (!Array.isArray(shape) || !shape.every(isSize)) {
    fail(where, `shape: expected sizes of 0 or more, got ${JSON.stringify(shape)}`);
  }
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize)) {
    fail(where, `data_offsets: expected two offsets of 0 or more, got ${JSON.stringify(offsets)}`);
  }
  const [begin, end] = offsets as [number, number];
  if (begin > end || end > data.length) {
    fail(where, `data_offsets: expected a range within ${data.length} bytes, got ${begin} to ${end}`);
  }
  const dtype = DTYPE_NAMES[dtypeName] as DType;
  const size = shape.reduce((product: number, length: number) => product * length, DTYPES[dtype].bytes);
  if (end - begin !== size) {
    fail(where, `data_offsets: expected ${size} bytes for ${dtypeName} [${shape.join(', ')}], got ${end - begin}`);
  }
  return { dtype, shape, bytes: data.subarray(begin, end), begin, end };
}

function checkCoverage(spans: { key: string; begin: number; end: number }[], length: number, name: string): void {
  let covered = 0;
  for (const { key, begin, end } of spans.sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin < covered) fail(`${name}: ${key}`, `data_offsets: overlaps the tensor that ends at ${covered}`);
    if (begin > covered) fail(`${name}: ${key}`, `data_offsets: leaves a hole from ${covered} to ${begin}`);
    covered = end;
  }
  if (covered < length) fail(name, `expected the data to end at ${covered}, got ${length - covered} bytes more`);
}
