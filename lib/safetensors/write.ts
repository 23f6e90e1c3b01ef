/** The contents of a safetensors file for given tensors. */
import { types } from 'node:util';
import { handleOf, isTensor } from '../addon/handle.js';
import { type Handle, native } from '../addon/native.js';
import { ArgumentTypeError, describe, invalidType, invalidValue, TorchError } from '../base/errors.js';
import { isPlainObject } from '../base/plain_object.js';
import { METADATA, PREFIX_BYTES, STORED_NAMES } from '../data/safetensors.js';
import { PIECE } from '../files/crc.js';
import type { Pieces } from '../files/replace.js';
import { elementBytes, layoutOf } from '../serialization/storage.js';
import { STORED_BY_CODE } from '../tensor/stored_dtypes.js';
import type { Tensor } from '../tensor/tensor.js';

/** Tensors by name. */
export type NamedTensors = Readonly<Record<string, Tensor>> | ReadonlyMap<string, Tensor>;

interface Item {
  readonly name: string;
  readonly tensor: Handle;
  readonly version: number;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly width: number;
  readonly bytes: number;
}

/** The pieces of the file; the header is created before the first is requested. */
export function piecesOf(tensors: NamedTensors, metadata: Readonly<Record<string, string>> | null | undefined): Pieces {
  const items = readItems(tensors);
  // The widest elements first, so that each tensor is aligned to its element size without gaps.
  const ordered = items.toSorted((a, b) => b.width - a.width);
  const begins = new Map<Item, number>();
  let end = 0;
  for (const item of ordered) {
    begins.set(item, end);
    end += item.bytes;
  }
  const entries = items.map((item): [string, unknown] => {
    const begin = begins.get(item) as number;
    return [item.name, { dtype: item.dtype, shape: item.shape, data_offsets: [begin, begin + item.bytes] }];
  });
  return pieces(header(entries, readMetadata(metadata)), ordered);
}

function readItems(tensors: NamedTensors): Item[] {
  if (!types.isMap(tensors) && !isPlainObject(tensors))
    throw invalidType('tensors', 'an object or a Map of tensors by their names', tensors);
  const entries: [unknown, unknown][] = types.isMap(tensors) ? [...tensors] : Object.entries(tensors);
  return entries.map(([name, tensor]) => {
    if (typeof name !== 'string') throw invalidType('tensors', 'names that are strings', name);
    const where = `tensors[${describe(name)}]`;
    if (name === METADATA) throw invalidValue(where, 'another name: this one is reserved for the metadata', name);
    if (!isTensor(tensor)) throw invalidType(where, 'a Tensor', tensor);
    const handle = handleOf(tensor, where);
    const layout = layoutOf(handle);
    const stored = STORED_BY_CODE.get(native().dtype(handle));
    const [dtype] = Object.entries(STORED_NAMES).find(([, known]) => known === stored?.name) ?? [];
    if (layout === undefined || stored === undefined || dtype === undefined) {
      const got = layout === undefined ? 'a sparse or quantized one' : `one of ${stored?.name ?? 'another dtype'}`;
      throw new ArgumentTypeError(where, 'a dense tensor of a dtype that safetensors has', got);
    }
    const [shape, bytes] = [native().shape(handle), native().numel(handle) * stored.bytes];
    const own = native().detach(handle);
    return { name, tensor: own, version: layout.version, dtype, shape, width: stored.bytes, bytes };
  });
}

function readMetadata(metadata: unknown): Readonly<Record<string, string>> | undefined {
  if (metadata === undefined || metadata === null) return undefined;
  if (!isPlainObject(metadata)) throw invalidType('metadata', 'an object of strings', metadata);
  for (const [key, value] of Object.entries(metadata))
    if (typeof value !== 'string') throw invalidType(`metadata.${key}`, 'a string', value);
  return metadata as Readonly<Record<string, string>>;
}

/** The header in the order of the tensors, which an object would not preserve for numeric names. */
function header(entries: readonly [string, unknown][], metadata: Readonly<Record<string, string>> | undefined): Buffer {
  const all: [string, unknown][] = metadata === undefined ? [...entries] : [[METADATA, metadata], ...entries];
  const text = `{${all.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`;
  const length = Buffer.byteLength(text);
  const padded = Math.ceil(length / 8) * 8;
  const bytes = Buffer.alloc(PREFIX_BYTES + padded, ' ');
  bytes.writeBigUInt64LE(BigInt(padded), 0);
  bytes.write(text, PREFIX_BYTES);
  return bytes;
}

function* pieces(head: Buffer, items: readonly Item[]): Pieces {
  try {
    yield head;
    for (const { name, tensor, version } of items) {
      const bytes = elementBytes(tensor);
      for (let start = 0; start < bytes.length; start += PIECE) yield bytes.subarray(start, start + PIECE);
      if (layoutOf(tensor)?.version !== version)
        throw new TorchError(
          'ERR_BUSY',
          `tensors[${describe(name)}] was changed while it was being saved; the file is unchanged`,
        );
    }
  } finally {
    for (const { tensor } of items) native().dispose(tensor);
  }
}
