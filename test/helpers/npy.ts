/** Writes files of arrays like NumPy. */
import { writeFileSync } from 'node:fs';

const DESCRIPTIONS = {
  Float32Array: '<f4',
  Float64Array: '<f8',
  BigInt64Array: '<i8',
  Int32Array: '<i4',
  Int16Array: '<i2',
  Int8Array: '|i1',
  Uint8Array: '|u1',
} as const;

/** Writes a `.npy` file and returns its name. */
export function writeNpy(
  file: string,
  data: Float32Array | Float64Array | BigInt64Array | Int32Array | Int16Array | Int8Array | Uint8Array,
  shape: readonly number[],
): string {
  const descr = DESCRIPTIONS[data.constructor.name as keyof typeof DESCRIPTIONS];
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const header = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${sizes}), }`.padEnd(117);
  const start = Buffer.from('\x93NUMPY\x01\x00\x76\x00', 'latin1');
  writeFileSync(file, Buffer.concat([start, Buffer.from(`${header}\n`), Buffer.from(data.buffer)]));
  return file;
}
