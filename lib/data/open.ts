import type { FileHandle } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { checkOptions, readSizes } from '../addon/arguments.js';
import { codeOfDType } from '../tensor/dtypes.js';
import { invalidType, invalidValue } from '../base/errors.js';
import { isRevoked, isURL } from '../base/plain_object.js';
import type { DType, Shape } from '../base/types.js';
import { openArrow } from './arrow.js';
import { openCsv } from './csv.js';
import { DataFile } from './file.js';
import { openNpy } from './npy.js';
import { openNpz } from './npz.js';
import { openParquet } from './parquet.js';
import { openRaw } from './raw.js';
import { openSafetensors } from './safetensors.js';
import type { FileSource, Source } from './source.js';

/** A format of files that {@link open} reads. */
export type Format = 'npy' | 'npz' | 'safetensors' | 'arrow' | 'parquet' | 'csv' | 'bin';

/** Options of {@link open}. */
export interface OpenOptions {
  /** The format. Default: what the extension says. Needed for an open file. */
  format?: Format | undefined;
  /** The array, tensor or column of a file that holds several; the same as what follows `#`. */
  key?: string | undefined;
  /**
   * The dtype of a `.bin` file, which needs it, or of the numbers of a `.csv` file. For `.npy` and `.npz`: `'bfloat16'` for
   * arrays of two bytes without a name, as which NumPy stores it.
   */
  dtype?: DType | undefined;
  /** The sizes of a `.bin` file, which needs them; one may be -1. */
  shape?: Shape | undefined;
}

type Opener = (file: DataFile, name: string, options: OpenOptions) => Promise<FileSource>;

interface FormatEntry {
  readonly extensions: readonly string[];
  /** The options it takes beside the format. */
  readonly options: readonly (keyof OpenOptions)[];
  readonly open: Opener;
}

const FORMATS: Readonly<Record<Format, FormatEntry>> = {
  npy: {
    extensions: ['npy'],
    options: ['dtype'],
    open: (file, name, { dtype }) => openNpy(file, name, dtype),
  },
  npz: {
    extensions: ['npz'],
    options: ['key', 'dtype'],
    open: (file, name, { key, dtype }) => openNpz(file, name, key, dtype),
  },
  safetensors: {
    extensions: ['safetensors'],
    options: ['key'],
    open: (file, name, { key }) => openSafetensors(file, name, key),
  },
  arrow: {
    extensions: ['arrow', 'arrows', 'feather', 'ipc'],
    options: ['key'],
    open: (file, name, { key }) => openArrow(file, name, key),
  },
  parquet: {
    extensions: ['parquet'],
    options: ['key'],
    open: (file, name, { key }) => openParquet(file, name, key),
  },
  csv: {
    extensions: ['csv'],
    options: ['key', 'dtype'],
    open: (file, name, { key, dtype }) => openCsv(file, name, key, dtype),
  },
  bin: {
    extensions: ['bin'],
    options: ['dtype', 'shape'],
    open: async (file, name, options) => openRaw(file, { name, ...readLayout(options) }),
  },
};

/**
 * Opens an array in a file, for reading ranges of its rows.
 *
 * | Format | Extension | Array | Notes |
 * | --- | --- | --- | --- |
 * | NumPy | `.npy` | | versions 1 to 3, C and Fortran order, both byte orders |
 * | NumPy | `.npz` | `#name` | deflated arrays are read forwards; going back begins again |
 * | safetensors | `.safetensors` | `#name` | |
 * | Arrow, Feather 2 | `.arrow` `.arrows` `.feather` `.ipc` | `#column` | uncompressed; needs the package apache-arrow |
 * | Parquet | `.parquet` | `#column` | needs the package hyparquet, and hyparquet-compressors beyond Snappy |
 * | CSV | `.csv` | `#column` | a column of numbers, by name or index; kept in memory |
 * | raw | `.bin` | | little-endian; needs `shape` and `dtype` |
 *
 * What follows `#` may be left out where a file holds a single array. Node has no memory maps: files are read by position
 * into buffers that serve again and again, which takes the same memory for files of any size.
 *
 * @param file - the path, with `#name` for one of several arrays, a `file:` URL, or an open file, which stays the caller's
 *   to close and needs `format`
 * @throws TorchError `ERR_FILE_READ` if the system cannot read the file, `ERR_FILE_FORMAT` with the file, what was expected
 *   and what was found if it is damaged or of a kind that is not read, `ERR_MISSING_PACKAGE` for formats that need a package
 * @example
 * ```ts
 * const source = await open('examples/digits/logits.npy');
 * source.shape;                                                  // [540, 10]
 * source.dtype;                                                  // 'float32'
 * (await source.rows(100, 104)).length;                          // 40
 * (await readTensor(source, 100, 104)).shape;                    // [4, 10]
 * await source.close();
 * ```
 */
export async function open(file: string | URL | FileHandle, options: OpenOptions = {}): Promise<Source> {
  checkOptions(options, ['format', 'key', 'dtype', 'shape']);
  const { path, key: named } = splitName(file);
  const key = options.key ?? named;
  const format = options.format ?? formatOf(path);
  if (!Object.hasOwn(FORMATS, format)) throw invalidValue('format', Object.keys(FORMATS).join(', '), format);
  const { options: taken, open: opener } = FORMATS[format];
  for (const [name, value] of Object.entries({ ...options, key })) {
    if (name === 'format' || value === undefined || taken.includes(name as keyof OpenOptions)) continue;
    throw invalidValue(name, `none for the format ${format}`, value);
  }
  if (key !== undefined && typeof key !== 'string') throw invalidType('key', 'a string', key);
  if (options.dtype !== undefined) codeOfDType(options.dtype);
  const opened = await DataFile.open(path);
  try {
    const source = await opener(opened, opened.name, { ...options, key });
    // What has been read so far counts as much as the rows.
    opened.checkUnchanged();
    return source;
  } catch (error) {
    await opened.close();
    throw error;
  }
}

const EXTENSIONS = new Map(
  Object.entries(FORMATS).flatMap(([format, { extensions }]) => extensions.map((name) => [name, format as Format])),
);
/** A `#` belongs to the file's own name unless it follows an extension. */
const NAMED = new RegExp(`^(.*\\.(?:${[...EXTENSIONS.keys()].join('|')}))#(.+)$`, 'is');

function splitName(file: string | URL | FileHandle): { path: string | FileHandle; key?: string } {
  if (isRevoked(file)) throw invalidType('file', 'a path, a file: URL or an open file', file);
  if (isURL(file)) {
    const { hash } = file;
    const path = fileURLToPath(file.href);
    return hash === '' ? { path } : { path, key: decodeURIComponent(hash.slice(1)) };
  }
  if (typeof file === 'string') {
    const [, path, key] = NAMED.exec(file) ?? [];
    return path === undefined || key === undefined ? { path: file } : { path, key };
  }
  if (typeof file !== 'object' || file === null || isRevoked(file) || typeof file.fd !== 'number')
    throw invalidType('file', 'a path, a file: URL or an open file', file);
  return { path: file };
}

function formatOf(path: string | FileHandle): Format {
  if (typeof path !== 'string') throw invalidType('format', 'the format of the open file', undefined);
  const extension = /\.([^./\\]+)$/.exec(path)?.[1]?.toLowerCase() ?? '';
  const format = EXTENSIONS.get(extension);
  if (format !== undefined) return format;
  const known = Array.from(EXTENSIONS.keys(), (name) => `.${name}`).join(', ');
  throw invalidValue('file', `a file whose extension is one of ${known}, or the option format`, path);
}

function readLayout({ shape, dtype }: OpenOptions): { shape: Shape; dtype: DType } {
  if (dtype === undefined) throw invalidType('dtype', 'the dtype of the file, which does not say it', dtype);
  if (shape === undefined) throw invalidType('shape', 'the sizes of the file, which does not say them', shape);
  const sizes = readSizes(shape, 'shape', -1);
  if (sizes.filter((size) => size === -1).length > 1)
    throw invalidValue('shape', 'at most one -1', `[${sizes.join(', ')}]`);
  return { shape: sizes, dtype };
}
