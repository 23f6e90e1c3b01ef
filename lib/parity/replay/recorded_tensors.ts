/** The tensors of a folder of recorded calls, each read on demand. */
import { count, either, listOf, object, pairOf, record, string } from '../../base/schema.js';
import { MAX_JSON, parseJson } from '../../files/json.js';
import { join } from 'node:path';
import { TorchError } from '../../base/errors.js';
import type { TensorEntry } from '../../data/entry.js';
import { DTYPE_NAMES } from '../../data/safetensors.js';
import { readRecorded } from './files.js';

/** A tensor in the file: its dtype, its shape and its bytes. */
export interface RecordedSpan {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
  readonly path: string;
}

const HEADER = record(
  either(
    object({ dtype: string, shape: listOf(count), data_offsets: pairOf(count, 'where its bytes begin and end') }),
    record(string), // __metadata__
  ),
);

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

/** {@link openRecordedTensors} as the file has them. */
export function openSpans(folder: string): (key: string) => RecordedSpan {
  const name = 'tensors.safetensors';
  const file = readRecorded(folder, name);
  const path = join(folder, name);
  const length = file.length < 8 ? 0 : Number(file.readBigUInt64LE(0));
  if (length > Math.min(file.length - 8, MAX_JSON))
    throw new TorchError(
      'ERR_FILE_FORMAT',
      `${path}: expected a header in its ${file.length} bytes, got one of ${length}`,
    );
  const header = parseJson(file.toString('utf8', 8, 8 + length), path, HEADER);
  return (key: string) => {
    const span = Object.hasOwn(header, key) ? header[key] : undefined;
    if (span === undefined || !('data_offsets' in span) || typeof span.shape === 'string')
      throw new TorchError('ERR_FILE_FORMAT', `${path}: expected a tensor ${key}`);
    const { dtype, shape, data_offsets } = span as { dtype: string; shape: number[]; data_offsets: [number, number] };
    const [begin, end] = data_offsets.map((offset) => 8 + length + offset) as [number, number];
    if (begin > end || end > file.length)
      throw new TorchError(
        'ERR_FILE_FORMAT',
        `${path}: ${key}: expected bytes up to ${file.length}, got ${begin} to ${end}`,
      );
    return { dtype, shape, bytes: file.subarray(begin, end), path };
  };
}
