import { types } from 'node:util';
import { DTYPES } from '../tensor/dtypes.js';
import { regionOf } from '../tensor/elements.js';
import type { StoredDType } from '../tensor/stored_dtypes.js';
import { formatError, invalidType } from '../base/errors.js';
import { isPlainObject } from '../base/plain_object.js';
import type { DType, Shape } from '../base/types.js';
import type { TensorEntry } from './entry.js';
import type { DataFile } from './file.js';
import { byteSize, MAX_DIMENSIONS } from './layout.js';
import { parseStrictJson } from './json.js';
import { chooseArray } from './name.js';
import { openPlaced } from './raw.js';
import type { Source } from './source.js';
import { widenUnsigned } from './unsigned.js';

/** The contents of a safetensors file. */
export interface TensorFile {
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: ReadonlyMap<string, TensorEntry>;
}

/** A tensor in the header, with the start and end of its bytes relative to the end of the header. */
export interface TensorSpan {
  readonly dtype: StoredDType;
  readonly shape: Shape;
  readonly begin: number;
  readonly end: number;
}

/** The header of a file. */
export interface Header {
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: ReadonlyMap<string, TensorSpan>;
}

/** The format's limit of the header. */
const MAX_HEADER_BYTES = 100_000_000;
export const PREFIX_BYTES = 8;
export const METADATA = '__metadata__';
/** The header is an object of objects of arrays. */
const HEADER_DEPTH = 3;

/** The dtypes that torchloss computes with, by their names in the format. */
export const DTYPE_NAMES: Readonly<Record<string, DType>> = {
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

/** All dtypes that are saved and loaded. */
export const STORED_NAMES: Readonly<Record<string, StoredDType>> = {
  ...DTYPE_NAMES,
  U64: 'uint64',
  U32: 'uint32',
  U16: 'uint16',
  F8_E4M3: 'float8_e4m3fn',
  F8_E5M2: 'float8_e5m2',
  C64: 'complex64',
};

/**
 * Reads a safetensors file in memory, without copying its data.
 *
 * The reader is strict: the tensors must cover the data without gaps or overlaps, each must have the size that follows from
 * its dtype and shape, and names must be unique.
 *
 * @param file - the whole file.
 * @param name - the file's name in errors.
 * @throws TorchError with code `ERR_FILE_FORMAT`, naming the entry at fault.
 */
export function readSafetensors(file: Uint8Array, name = 'safetensors'): TensorFile {
  if (!types.isUint8Array(file)) throw invalidType('file', 'a Uint8Array with the whole file', file);
  if (typeof name !== 'string') throw invalidType('name', 'a string', name);
  const { memory, start, length } = regionOf(file);
  return readBytes(new Uint8Array(memory, start, length), name);
}

function readBytes(file: Uint8Array, name: string): TensorFile {
  const offset = PREFIX_BYTES + headerLength(file.subarray(0, PREFIX_BYTES), file.length, name);
  const { metadata, tensors } = readHeader(file.subarray(PREFIX_BYTES, offset), file.length - offset, name);
  const entries = Array.from(tensors, ([key, { dtype, shape, begin, end }]): [string, TensorEntry] => {
    const where = `${name}: ${key}`;
    return [key, { dtype: calculable(dtype, where), shape, bytes: file.subarray(offset + begin, offset + end) }];
  });
  return { metadata, tensors: new Map(entries) };
}

/**
 * Opens a tensor of a safetensors file. The whole header is checked as by {@link readSafetensors}.
 *
 * @param key - the tensor's name; required if the file has several
 */
export async function openSafetensors(file: DataFile, name: string, key?: string): Promise<Source> {
  const prefix = await file.bytes(0, Math.min(PREFIX_BYTES, file.size));
  const length = headerLength(prefix, file.size, name);
  const offset = PREFIX_BYTES + length;
  const { tensors } = readHeader(await file.bytes(PREFIX_BYTES, length), file.size - offset, name);
  const [chosen, { dtype, shape, begin }] = chooseArray(tensors, key, name, 'tensor');
  const where = `${name}#${chosen}`;
  const placement = { name: where, shape, offset: offset + begin };
  const signed = SIGNED[dtype];
  if (signed !== undefined) return widenUnsigned(openPlaced(file, { ...placement, dtype: signed }));
  return openPlaced(file, { ...placement, dtype: calculable(dtype, where) });
}

/** Unsigned integers, which are widened, as signed ones of the same width. */
const SIGNED: Readonly<Partial<Record<StoredDType, DType>>> = { uint16: 'int16', uint32: 'int32', uint64: 'int64' };

/** Checks that torchloss computes with a dtype. */
function calculable(dtype: StoredDType, where: string): DType {
  if (Object.hasOwn(DTYPES, dtype)) return dtype as DType;
  const [name] = Object.entries(STORED_NAMES).find(([, stored]) => stored === dtype) as [string, StoredDType];
  throw unknownDType(where, name, Object.keys(DTYPE_NAMES));
}

function unknownDType(where: string, got: unknown, names: readonly string[]): Error {
  return formatError(where, `dtype: expected one of ${names.join(', ')}, got ${shown(got)}`);
}

/** Reads and checks the length of the header. */
export function headerLength(prefix: Uint8Array, fileSize: number, name: string): number {
  if (prefix.length < PREFIX_BYTES)
    throw formatError(name, `header: expected ${PREFIX_BYTES} bytes of length, got ${prefix.length}`);
  const length = new DataView(prefix.buffer, prefix.byteOffset, PREFIX_BYTES).getBigUint64(0, true);
  if (length > MAX_HEADER_BYTES)
    throw formatError(name, `header: expected at most ${MAX_HEADER_BYTES} bytes, got ${length}`);
  if (PREFIX_BYTES + Number(length) > fileSize)
    throw formatError(name, `header: expected ${length} bytes, got ${fileSize - PREFIX_BYTES}`);
  return Number(length);
}

/** Parses and checks a header. */
export function readHeader(bytes: Uint8Array, dataLength: number, name: string): Header {
  let header: unknown;
  try {
    header = parseStrictJson(new TextDecoder('utf-8', { fatal: true }).decode(bytes), HEADER_DEPTH);
  } catch (cause) {
    throw formatError(name, `header: expected JSON in UTF-8: ${(cause as Error).message}`, cause);
  }
  if (!isPlainObject(header)) throw formatError(name, 'header: expected a JSON object');
  const tensors = new Map<string, TensorSpan>();
  let metadata: Readonly<Record<string, string>> = {};
  for (const [key, value] of Object.entries(header)) {
    if (key === METADATA) metadata = readMetadata(value, name);
    else tensors.set(key, readSpan(value, dataLength, `${name}: ${key}`));
  }
  checkCoverage(tensors, dataLength, name);
  return { metadata, tensors };
}

function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function readMetadata(value: unknown, name: string): Readonly<Record<string, string>> {
  if (value === null) return {}; // as the reference implementation does
  if (isPlainObject(value) && Object.values(value).every((item) => typeof item === 'string'))
    return value as Record<string, string>;
  throw formatError(name, `${METADATA}: expected an object of strings`);
}

function readSpan(value: unknown, dataLength: number, where: string): TensorSpan {
  const fail = (problem: string) => formatError(where, problem);
  if (!isPlainObject(value)) throw fail('expected an object with dtype, shape and data_offsets');
  const { dtype: dtypeName, shape, data_offsets: offsets } = value;
  if (typeof dtypeName !== 'string' || !Object.hasOwn(STORED_NAMES, dtypeName))
    throw unknownDType(where, dtypeName, Object.keys(STORED_NAMES));
  if (!Array.isArray(shape) || !shape.every(isSize) || shape.length > MAX_DIMENSIONS)
    throw fail(`shape: expected at most ${MAX_DIMENSIONS} sizes of 0 or more, got ${shown(shape)}`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize))
    throw fail(`data_offsets: expected two offsets of 0 or more, got ${shown(offsets)}`);
  const [begin, end] = offsets as [number, number];
  if (begin > end || end > dataLength)
    throw fail(`data_offsets: expected a range within ${dataLength} bytes, got ${begin} to ${end}`);
  const dtype = STORED_NAMES[dtypeName] as StoredDType;
  const size = byteSize(shape, dtype);
  if (end - begin !== size) {
    const expected = `${size ?? 'an impossible number of'} bytes for ${dtypeName} [${shape.join(', ')}]`;
    throw fail(`data_offsets: expected ${expected}, got ${end - begin}`);
  }
  return { dtype, shape, begin, end };
}

/** A value of the header as JSON, shortened. */
function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'none';
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

function checkCoverage(tensors: ReadonlyMap<string, TensorSpan>, length: number, name: string): void {
  let covered = 0;
  const spans = [...tensors].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  for (const [key, { begin, end }] of spans) {
    const fail = (problem: string) => formatError(`${name}: ${key}`, `data_offsets: ${problem}`);
    if (begin < covered) throw fail(`overlaps the tensor that ends at ${covered}`);
    if (begin > covered) throw fail(`leaves a gap from ${covered} to ${begin}`);
    covered = end;
  }
  if (covered < length)
    throw formatError(name, `expected the data to end at ${covered}, got ${length - covered} bytes more`);
}
