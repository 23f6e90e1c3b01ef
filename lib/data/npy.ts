import { TorchError } from '../errors.js';
import type { DType } from '../types.js';

/** An array as a file holds it: its elements' bytes in C order, little-endian. */
export interface StoredArray {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const MAGIC = '\u0093NUMPY';

/** NumPy's names of the dtypes that LibTorch has, little-endian or of one byte. */
const DTYPES: Readonly<Record<string, readonly [DType, number]>> = {
  '<f2': ['float16', 2],
  '<f4': ['float32', 4],
  '<f8': ['float64', 8],
  '|i1': ['int8', 1],
  '|u1': ['uint8', 1],
  '<i2': ['int16', 2],
  '<i4': ['int32', 4],
  '<i8': ['int64', 8],
  '|b1': ['bool', 1],
};

/**
 * Reads the bytes of a NumPy `.npy` file, versions 1 to 3 of the format, in C order and little-endian.
 *
 * @param file - what the bytes are called in errors
 * @throws TorchError `ERR_FILE_FORMAT` for anything else, trailing and missing bytes included
 */
export function readNpy(bytes: Uint8Array, file = 'the file'): StoredArray {
  const fail = (problem: string) => new TorchError('ERR_FILE_FORMAT', `${file}: ${problem}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 12 || Buffer.from(bytes.subarray(0, 6)).toString('latin1') !== MAGIC)
    throw fail('not a .npy file');
  const version = bytes[6] as number;
  if (version < 1 || version > 3) throw fail(`version ${version} of the .npy format is not known`);
  const start = version === 1 ? 10 : 12;
  const end = start + (version === 1 ? view.getUint16(8, true) : view.getUint32(8, true));
  if (end > bytes.length) throw fail('the header is cut off');
  const header = Buffer.from(bytes.subarray(start, end)).toString(version === 3 ? 'utf8' : 'latin1');

  const descr = /'descr'\s*:\s*'([^']*)'/.exec(header)?.[1];
  const fortran = /'fortran_order'\s*:\s*(True|False)/.exec(header)?.[1];
  const sizes = /'shape'\s*:\s*\(([\d\s,]*)\)/.exec(header)?.[1];
  if (descr === undefined) throw fail('structured and object arrays are not read');
  if (fortran === undefined || sizes === undefined) throw fail('the header cannot be understood');
  const entry = DTYPES[descr];
  if (entry === undefined) throw fail(`dtype '${descr}' is not read (read are ${Object.keys(DTYPES).join(', ')})`);
  const shape = sizes
    .split(',')
    .filter((size) => size.trim() !== '')
    .map(Number);
  if (fortran === 'True' && shape.length > 1)
    throw fail('Fortran order is not read: save it with numpy.ascontiguousarray');

  const [dtype, width] = entry;
  const expected = shape.reduce((total, size) => total * size, width);
  if (bytes.length - end !== expected)
    throw fail(`expected ${expected} bytes of data for shape [${shape.join(', ')}], got ${bytes.length - end}`);
  // A copy, so that the elements are aligned wherever the header ends.
  return { dtype, shape, bytes: Uint8Array.from(bytes.subarray(end)) };
}
