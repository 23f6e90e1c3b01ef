import { DTYPES } from '../tensor/dtypes.js';
import type { DType } from '../base/types.js';
import type { DataFile } from './file.js';
import { formatError } from '../base/errors.js';
import { byteSize, MAX_DIMENSIONS } from './layout.js';
import { openPlaced } from './raw.js';
import type { Source, SourceInfo } from './source.js';
import { widenUnsigned } from './unsigned.js';

/** The header of a `.npy` file. */
export interface NpyHeader extends Omit<SourceInfo, 'name'> {
  /** Whether the elements are unsigned integers of the dtype's width. */
  readonly isUnsigned: boolean;
  readonly bigEndian: boolean;
  readonly fortran: boolean;
  /** The position of the first element. */
  readonly offset: number;
}

/** A `.npy` file on its own, or as an entry of an archive. */
export interface NpyBytes {
  readonly size: number;
  bytes(position: number, length: number): Promise<Uint8Array>;
}

const MAGIC = '\u0093NUMPY';
/** Headers of plain arrays have about 100 bytes; only structured dtypes have long ones. */
const MAX_HEADER_BYTES = 2 ** 20;

/** NumPy's names of LibTorch's dtypes, without the byte order. */
const DTYPE_NAMES: Readonly<Record<string, DType>> = {
  f2: 'float16',
  f4: 'float32',
  f8: 'float64',
  i1: 'int8',
  u1: 'uint8',
  i2: 'int16',
  i4: 'int32',
  i8: 'int64',
  b1: 'bool',
};

/** Unsigned integers that LibTorch does not compute with, as signed ones of the same width. */
const UNSIGNED_NAMES: Readonly<Record<string, DType>> = { u2: 'int16', u4: 'int32', u8: 'int64' };

/**
 * Opens a NumPy `.npy` file, versions 1 to 3 of the format: C and Fortran order, either byte order.
 *
 * @param wanted - `'bfloat16'` reads dtype V2, as which NumPy stores it
 * @throws TorchError `ERR_FILE_FORMAT` for anything else, including trailing and missing bytes
 */
export async function openNpy(file: DataFile, name: string, wanted?: DType): Promise<Source> {
  const header = await readNpyHeader(file, name, wanted);
  const source = openPlaced(file, { name, ...header });
  return header.isUnsigned ? widenUnsigned(source) : source;
}

/** Reads the header of a `.npy` file and checks it against the size of the file. */
export async function readNpyHeader(file: NpyBytes, name: string, wanted?: DType): Promise<NpyHeader> {
  if (file.size < 12) throw formatError(name, 'not a .npy file');
  const prefix = Buffer.from(await file.bytes(0, 12));
  if (prefix.toString('latin1', 0, 6) !== MAGIC) throw formatError(name, 'not a .npy file');
  const version = prefix[6] as number;
  if (version < 1 || version > 3) throw formatError(name, `unknown version ${version} of the .npy format`);
  const start = version === 1 ? 10 : 12;
  const length = version === 1 ? prefix.readUInt16LE(8) : prefix.readUInt32LE(8);
  const offset = start + length;
  if (offset > file.size) throw formatError(name, 'the header is truncated');
  if (length > MAX_HEADER_BYTES)
    throw formatError(name, `header: expected at most ${MAX_HEADER_BYTES} bytes, got ${length}`);
  const text = Buffer.from(await file.bytes(start, length)).toString(version === 3 ? 'utf8' : 'latin1');

  const { descr, fortran_order, shape: sizes } = readFields(text, name);
  const { dtype, bigEndian, isUnsigned } = readDType(descr, name, wanted);
  const shape = readShape(sizes, name);
  const expected = byteSize(shape, dtype);
  if (file.size - offset !== expected) {
    const got = file.size - offset;
    if (expected !== undefined && got > expected) {
      const more = `${got - expected} bytes follow the array of shape [${shape.join(', ')}]`;
      throw formatError(name, `${more}: expected one array in the file (numpy.savez writes several into a .npz file)`);
    }
    throw formatError(
      name,
      `expected ${expected ?? 'an impossible number of'} bytes of data for shape [${shape.join(', ')}], got ${got}`,
    );
  }
  return { dtype, isUnsigned, shape, bigEndian, fortran: fortran_order === 'True', offset };
}

/** One field of the header, a Python dictionary: a string, a boolean or a tuple of integers. */
const FIELD = /\s*(['"])(\w+)\1\s*:\s*(?:(\[)|(?:(['"])([^'"\\]*)\4|(True|False)|(\([\d\sL,]*\)))\s*(,|(?=\})))/y;

type FieldName = 'descr' | 'fortran_order' | 'shape';
const FIELD_NAMES: readonly FieldName[] = ['descr', 'fortran_order', 'shape'];

function readFields(text: string, name: string): Record<FieldName, string> {
  const fields = new Map<string, string>();
  const unknown = () => formatError(name, 'the header cannot be parsed');
  const opening = /^\s*\{/.exec(text);
  if (opening === null) throw unknown();
  FIELD.lastIndex = opening[0].length;
  let at = FIELD.lastIndex;
  for (let more = true; more; ) {
    const [whole, , key, list, , word, truth, tuple, comma] = FIELD.exec(text) ?? [];
    if (whole === undefined) break;
    if (key === 'descr' && list !== undefined) throw formatError(name, 'structured arrays are not supported');
    const value = key === 'descr' ? word : key === 'fortran_order' ? truth : tuple;
    if (value === undefined || fields.has(key as string)) throw unknown();
    fields.set(key as string, value);
    at += whole.length;
    FIELD.lastIndex = at;
    more = comma === ',';
  }
  const complete = fields.size === FIELD_NAMES.length && FIELD_NAMES.every((key) => fields.has(key));
  if (!complete || !/^\s*\}\s*$/.test(text.slice(at))) throw unknown();
  return Object.fromEntries(fields) as Record<FieldName, string>;
}

function readDType(
  descr: string,
  name: string,
  wanted?: DType,
): { dtype: DType; bigEndian: boolean; isUnsigned: boolean } {
  const [, order = '', kind = ''] = /^([<>|=]?)(.*)$/.exec(descr) ?? [];
  if (kind === 'V2' && order !== '>') {
    if (wanted === 'bfloat16') return { dtype: wanted, bigEndian: false, isUnsigned: false };
    throw formatError(name, `dtype '${descr}' could be anything: if it is bfloat16, set dtype to 'bfloat16'`);
  }
  const isUnsigned = Object.hasOwn(UNSIGNED_NAMES, kind);
  const dtype = isUnsigned ? UNSIGNED_NAMES[kind] : Object.hasOwn(DTYPE_NAMES, kind) ? DTYPE_NAMES[kind] : undefined;
  // NumPy marks the byte order of every dtype of more than one byte.
  if (dtype === undefined || (DTYPES[dtype].bytes > 1 && order !== '<' && order !== '>')) {
    throw formatError(
      name,
      `dtype '${descr}' is not supported (supported: ${[...Object.keys(DTYPE_NAMES), ...Object.keys(UNSIGNED_NAMES)].join(', ')})`,
    );
  }
  return { dtype, isUnsigned, bigEndian: order === '>' };
}

function readShape(tuple: string, name: string): number[] {
  const items = tuple.slice(1, -1).split(',');
  // A tuple of one must end with a comma, any other may.
  if (items.length > 1 || items[0]?.trim() === '') {
    if (items.at(-1)?.trim() === '') items.pop();
    const shape = items.map((item) => (/^\s*\d+L?\s*$/.test(item) ? Number.parseInt(item, 10) : Number.NaN));
    if (shape.length <= MAX_DIMENSIONS && shape.every((size) => Number.isSafeInteger(size))) return shape;
  }
  throw formatError(name, `shape: expected a tuple of at most ${MAX_DIMENSIONS} sizes, got ${tuple.slice(0, 80)}`);
}
