/** Storages as bytes: the memory of tensors, which files are read into and written from without another copy. */
import { type Handle, native, type OperatorValue, type StorageLayout } from '../addon/native.js';
import { operatorOf } from '../tensor/dispatch.js';
import { DTYPES } from '../tensor/dtypes.js';
import type { Device } from '../base/types.js';

/** A new storage that is filled from a file. */
export interface Storage {
  /** The memory for its bytes. */
  readonly memory: Uint8Array;
  /** The storage with these bytes, on its device. */
  place(): Handle;
}

/** Calls an operator on handles. */
function call(name: string, names: string | undefined, ...values: OperatorValue[]): Handle {
  const result = operatorOf(name).call({ names, values, given: values });
  // A result that is an argument comes as its position.
  return (typeof result === 'number' ? values[result] : result) as Handle;
}

/** Makes a LibTorch storage. */
export function newStorage(bytes: number, device: Device): Storage {
  const code = DTYPES.uint8.code;
  const made = call('aten::empty.memory_format', 'dtype', [bytes], 'uint8');
  return {
    memory: new Uint8Array(native().array_buffer(made)),
    place: () => (device === 'cpu' ? made : native().to(made, device, code, false)),
  };
}

/** The bytes of a tensor's storage: the memory itself, or a copy if it is on another device. */
export function storageBytes(tensor: Handle): Uint8Array {
  const bytes = native().storage_bytes(tensor);
  const near = native().device(bytes) === 'cpu' ? bytes : native().to(bytes, 'cpu', DTYPES.uint8.code, false);
  return new Uint8Array(native().array_buffer(near));
}

/** The elements of a tensor in C order: its own memory if they are in C order on the CPU, otherwise a copy. */
export function elementBytes(tensor: Handle): Uint8Array {
  let plain = tensor;
  for (const name of ['resolve_conj', 'resolve_neg', 'contiguous']) plain = call(`aten::${name}`, undefined, plain);
  if (native().device(plain) !== 'cpu') plain = native().to(plain, 'cpu', native().dtype(plain), false);
  return new Uint8Array(native().array_buffer(plain));
}

/** Where a tensor's elements lie, or `undefined` for a tensor without its own storage. */
export function layoutOf(tensor: Handle): Required<StorageLayout> | undefined {
  const layout = native().storage_layout(tensor);
  return layout.storage === undefined ? undefined : (layout as Required<StorageLayout>);
}
