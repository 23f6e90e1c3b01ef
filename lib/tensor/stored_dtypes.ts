/** Every dtype in files, including those that torchloss stores and loads without computing in them. */
import { DTYPES } from './dtypes.js';
import type { DType } from '../base/types.js';

/** The name of a dtype in a file. */
export type StoredDType =
  | DType
  | 'complex64'
  | 'complex128'
  | 'uint16'
  | 'uint32'
  | 'uint64'
  | 'float8_e4m3fn'
  | 'float8_e5m2'
  | 'float8_e4m3fnuz'
  | 'float8_e5m2fnuz';

/** How a dtype is stored. */
export interface StoredEntry {
  readonly name: StoredDType;
  /** LibTorch's `ScalarType` number. */
  readonly code: number;
  readonly bytes: number;
  /** The number of bytes that are reversed together in a file of the other byte order. */
  readonly word: number;
  /** The class of its storage in Python. Dtypes without one were added when there was a single class, of bytes. */
  readonly storage?: string;
}

const EXTRA: readonly StoredEntry[] = [
  { name: 'complex64', code: 9, bytes: 8, word: 4, storage: 'ComplexFloatStorage' },
  { name: 'complex128', code: 10, bytes: 16, word: 8, storage: 'ComplexDoubleStorage' },
  { name: 'float8_e5m2', code: 23, bytes: 1, word: 1 },
  { name: 'float8_e4m3fn', code: 24, bytes: 1, word: 1 },
  { name: 'float8_e5m2fnuz', code: 25, bytes: 1, word: 1 },
  { name: 'float8_e4m3fnuz', code: 26, bytes: 1, word: 1 },
  { name: 'uint16', code: 27, bytes: 2, word: 2 },
  { name: 'uint32', code: 28, bytes: 4, word: 4 },
  { name: 'uint64', code: 29, bytes: 8, word: 8 },
];

const STORAGES: Readonly<Record<DType, string>> = {
  uint8: 'ByteStorage',
  int8: 'CharStorage',
  int16: 'ShortStorage',
  int32: 'IntStorage',
  int64: 'LongStorage',
  float16: 'HalfStorage',
  float32: 'FloatStorage',
  float64: 'DoubleStorage',
  bool: 'BoolStorage',
  bfloat16: 'BFloat16Storage',
};

const ALL: readonly StoredEntry[] = [
  ...Object.entries(STORAGES).map(([key, storage]): StoredEntry => {
    const name = key as DType;
    const { code, bytes } = DTYPES[name];
    return { name, code, bytes, word: bytes, storage };
  }),
  ...EXTRA,
];

/** The dtypes by their names, their numbers and the classes of their storages. */
export const STORED_BY_NAME: ReadonlyMap<string, StoredEntry> = new Map(ALL.map((entry) => [entry.name, entry]));
export const STORED_BY_CODE: ReadonlyMap<number, StoredEntry> = new Map(ALL.map((entry) => [entry.code, entry]));
export const STORED_BY_CLASS: ReadonlyMap<string, StoredEntry> = new Map(
  ALL.filter(({ storage }) => storage !== undefined).map((entry) => [entry.storage as string, entry]),
);
