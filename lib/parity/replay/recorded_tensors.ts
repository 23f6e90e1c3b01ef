/** The tensors of a folder of recorded calls, each read on demand. */
import { join } from 'node:path';
import { TorchError } from '../../base/errors.js';
import type { TensorEntry } from '../../data/entry.js';
import { DTYPE_NAMES } from '../../data/safetensors.js';
import { readRecorded } from './files.js';

interface Span {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

/**
 * Opens `tensors.safetensors` of a folder. It may contain dtypes that torchloss does not support: only reading such a
 * tensor is an error.
 *
 * @returns a lookup of tensors by key
 * @throws TorchError with code `ERR_FILE_FORMAT` if the file cannot be read
 */
export function openRecordedTensors(folder: string): (key: string) => TensorEntry {
  const find = openSpans(folder);
  return (key) => {
    const { dtype: name, shape, bytes, path } = find(key);
    const dtype = DTYPE_NAMES[name];
    if (dtype === undefined) throw new TorchError('ERR_FILE_FORMAT', `${path}: expected a tensor ${key}`);
    return { dtype, shape, bytes };
  };
}

/** {@link openRecordedTensors} for all dtypes: a lookup of the bytes of a tensor. */
export function openRecordedBytes(folder: string): (key: string) => Uint8Array {
  const find = openSpans(folder);
  return (key) => find(key).bytes;
}

function openSpans(folder: string) {
  const name = 'tensors.safetensors';
  const file = readRecorded(folder, name);
  const path = join(folder, name);
  const length = file.length < 8 ? 0 : Number(file.readBigUInt64LE(0));
  let header: Readonly<Record<string, Span>>;
  try {
    header = JSON.parse(file.toString('utf8', 8, 8 + length));
  } catch (cause) {
    throw new TorchError('ERR_FILE_FORMAT', `${path}: ${(cause as Error).message}`, { cause });
  }
  return (key: string) => {
    const span = Object.hasOwn(header, key) ? header[key] : undefined;
    if (span === undefined) throw new TorchError('ERR_FILE_FORMAT', `${path}: expected a tensor ${key}`);
    const [begin, end] = span.data_offsets.map((offset) => 8 + length + offset) as [number, number];
    return { dtype: span.dtype, shape: span.shape, bytes: file.subarray(begin, end), path };
  };
}
