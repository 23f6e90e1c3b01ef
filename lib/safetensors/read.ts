/** Reads tensors from a safetensors file. */
import { native } from '../addon/native.js';
import { type Header, headerLength, PREFIX_BYTES, readHeader, type TensorSpan } from '../data/safetensors.js';
import { bytesAt, type ReadFile, type Reading } from '../files/reading.js';
import { newStorage } from '../serialization/storage.js';
import { setOwn } from '../serialization/values.js';
import { STORED_BY_NAME, type StoredEntry } from '../tensor/stored_dtypes.js';
import { Tensor } from '../tensor/tensor.js';
import type { Device, Shape } from '../base/types.js';

/** The header of a file, and where the data begins. */
export interface Opened extends Header {
  readonly start: number;
}

/** Reads the header and checks it. */
export function* readOpened(file: ReadFile): Reading<Opened> {
  const prefix = yield* bytesAt(file, 0, Math.min(PREFIX_BYTES, file.size));
  const length = headerLength(prefix, file.size, file.name);
  const start = PREFIX_BYTES + length;
  const bytes = yield* bytesAt(file, PREFIX_BYTES, length);
  return { ...readHeader(bytes, file.size - start, file.name), start };
}

/** Reads some rows of a tensor, or all of it. */
export function* readTensor(
  start: number,
  { dtype, shape, begin, end }: TensorSpan,
  device: Device,
  rows?: readonly [start: number, end: number],
): Reading<Tensor> {
  const { code } = STORED_BY_NAME.get(dtype) as StoredEntry;
  const sizes = rows === undefined ? shape : [rows[1] - rows[0], ...shape.slice(1)];
  const row = rows === undefined || shape[0] === 0 ? 0 : (end - begin) / (shape[0] as number);
  const length = rows === undefined ? end - begin : row * (rows[1] - rows[0]);
  const storage = newStorage(length, device);
  if (length > 0) yield { kind: 'read', into: storage.memory, position: start + begin + row * (rows?.[0] ?? 0) };
  const strides = stridesOf(sizes);
  return new Tensor(native().over_storage(storage.place(), code, sizes, strides, 0, false, false));
}

/** Reads all tensors of a file. */
export function* readAll(file: ReadFile, device: Device): Reading<Record<string, Tensor>> {
  const { tensors, start } = yield* readOpened(file);
  const all: Record<string, Tensor> = {};
  try {
    for (const [name, span] of tensors) setOwn(all, name, yield* readTensor(start, span, device));
  } catch (error) {
    for (const tensor of Object.values(all)) tensor.dispose();
    throw error;
  }
  return all;
}

/** The strides of elements in C order. */
function stridesOf(sizes: Shape): number[] {
  const strides: number[] = [];
  let step = 1;
  for (const size of sizes.toReversed()) {
    strides.unshift(step);
    step *= Math.max(1, size);
  }
  return strides;
}
