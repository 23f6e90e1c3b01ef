import type { FileHandle } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { checkOptions, readSizes } from '../addon/arguments.js';
import { codeOfDType } from '../tensor/dtypes.js';
import { invalidType, invalidValue } from '../base/errors.js';
import { isArray, isRevoked, isURL } from '../base/plain_object.js';
import type { DType, Shape } from '../base/types.js';
import { openArrow } from './arrow/table.js';
import { convertSource } from './convert.js';
import { openCsv } from './csv/table.js';
import { DataFile } from './file.js';
import { openNpy } from './npy.js';
import { openNpz } from './npz.js';
import { openJsonl } from './jsonl.js';
import { openParquet } from './parquet/table.js';
import { openRaw } from './raw.js';
import { openSafetensors } from './safetensors.js';
import type { Source } from './source.js';
import { openColumns } from './table/source.js';
import type { Table } from './table/table.js';
import { unpackGzip } from './unpack.js';

/** A format of files that {@link open} reads. */
export type Format = 'npy' | 'npz' | 'safetensors' | 'arrow' | 'parquet' | 'csv' | 'tsv' | 'jsonl' | 'bin';

/** Options of {@link open}. */
export interface OpenOptions {
  /** The format. Default: what the extension says. Needed for an open file. */
  format?: Format | undefined;
  /**
   * The array, tensor or column of a file that holds several, or several columns of a table; the same as what follows `#`.
   */
  key?: string | undefined;
  /**
   * The dtype of a `.bin` file, which needs it; else what the elements are converted to. Integers are checked: values that
   * are not whole or beyond the dtype are refused. For `.npy` and `.npz`, `'bfloat16'` also reads arrays of two bytes
   * without a name, as which NumPy stores it.
   */
  dtype?: DType | undefined;
  /** The sizes of a `.bin` file, which needs them; one may be -1. */
  shape?: Shape | undefined;
  /** Whether the first row of a `.csv` file names the columns. Default: what all of its fields and the rows below say. */
  header?: boolean | undefined;
  /** What separates the fields of a `.csv` file; a space stands for any number of them. Default: what fits the rows. */
  separator?: string | undefined;
  /** What begins the fraction of a number in a `.csv` file. Default `'.'`. */
  decimal?: '.' | ',' | undefined;
  /** Columns that are left out where a table is opened without a `key`, each as a `key` would name them. */
  except?: readonly string[] | undefined;
  /**
   * Reads a column of texts as the indices of classes: of these, in this order, or of all that occur, `'sorted'`. The
   * source's `classes` then says what the indices stand for. Columns of numbers stay what they are.
   */
  classes?: readonly string[] | 'sorted' | undefined;
  /** Whether a missing value in a table is an error, or a row of which {@link Source.missing} tells. Default `'error'`. */
  missing?: 'error' | 'keep' | undefined;
}

type Opener = (file: DataFile, name: string, options: OpenOptions) => Promise<Source>;
type TableOpener = (file: DataFile, name: string, options: OpenOptions) => Promise<Table>;

interface FormatEntry {
  readonly extensions: readonly string[];
  /** The options it takes beside the format. */
  readonly options: readonly (keyof OpenOptions)[];
  readonly open: Opener;
  /** Opens a format of columns. */
  readonly table?: TableOpener;
}

/** A format of columns. */
function tableFormat(
  extensions: readonly string[],
  options: readonly (keyof OpenOptions)[],
  table: TableOpener,
): FormatEntry {
  return {
    extensions,
    options: ['key', 'dtype', 'except', 'classes', 'missing', ...options],
    table,
    open: async (file, name, how) => openColumns(file, name, await table(file, name, how), how),
  };
}

const CSV = ['header', 'separator', 'decimal'] as const;

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
    options: ['key', 'dtype'],
    open: (file, name, { key }) => openSafetensors(file, name, key),
  },
  arrow: tableFormat(['arrow', 'arrows', 'feather', 'ipc'], [], openArrow),
  parquet: tableFormat(['parquet'], [], openParquet),
  csv: tableFormat(['csv'], CSV, openCsv),
  tsv: tableFormat(['tsv'], CSV, (file, name, options) => openCsv(file, name, { separator: '\t', ...options })),
  jsonl: tableFormat(['jsonl', 'ndjson'], [], openJsonl),
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
 * | Arrow, Feather 2 | `.arrow` `.arrows` `.feather` `.ipc` | `#columns` | plain, LZ4 or zstd; needs the package apache-arrow |
 * | Parquet | `.parquet` | `#columns` | needs the package hyparquet, and hyparquet-compressors beyond Snappy |
 * | CSV, TSV | `.csv` `.tsv` | `#columns` | UTF-8; any separator, with a header or without |
 * | JSON Lines | `.jsonl` `.ndjson` | `#columns` | an object in each line |
 * | raw | `.bin` | | little-endian; needs `shape` and `dtype` |
 *
 * What follows `#` may be left out where a file holds a single array.
 *
 * **Columns.** `#a,b` are several columns of a table side by side, `#logit_0..logit_9` those between two, `#logit_*` those
 * that match, `#0` the first one; without `#`, the only column, or all that hold numbers. One column gives its own sizes:
 * `[rows]`, or `[rows, n]` for lists of n numbers. Several give `[rows, columns]`, in the dtype to which
 * `torch.promote_types` brings them. Lists, lists of lists and dictionaries are read alike in all formats, booleans as
 * `bool`, decimals as float64, unsigned integers beyond uint8 in the next signed dtype.
 *
 * **Missing values** (empty or `NA` in a CSV, null elsewhere) are errors with the row, counted from 0, and the column.
 *
 * A file whose name goes on with `.gz` is unpacked into a temporary file first. Node has no memory maps: files are read by
 * position into buffers that serve again and again, which takes the same memory for files of any size.
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
  const { path, how, format } = readChoice(file, options);
  return withFile(path, async (opened, name) => {
    const source: Source = await format.open(opened, name, how);
    // What has been read so far counts as much as the rows.
    opened.checkUnchanged();
    return how.dtype === undefined ? source : convertSource(source, how.dtype);
  });
}

/** A file of columns, opened to be looked at. */
export interface OpenTable {
  readonly table: Table;
  close(): Promise<void>;
}

/**
 * Opens a file of columns without choosing any of them.
 *
 * @returns nothing for a format that has none
 */
export async function openTable(file: string, options: OpenOptions = {}): Promise<OpenTable | undefined> {
  const { path, how, format } = readChoice(file, options);
  const { table: opener } = format;
  if (opener === undefined) return undefined;
  return withFile(path, async (opened, name) => ({
    table: await opener(opened, name, how),
    close: () => opened.close(),
  }));
}

/** The path of a file without what follows its extension, whether it has columns, and whether it is separated text. */
export function splitFile(
  file: string,
  options: OpenOptions = {},
): { path: string; key?: string; isTable: boolean; isCsv: boolean } {
  const { path, key } = splitName(file) as { path: string; key?: string };
  const format = options.format ?? findFormat(path);
  const entry = format !== undefined && Object.hasOwn(FORMATS, format) ? FORMATS[format] : undefined;
  const isTable = entry?.table !== undefined;
  return { path, isTable, isCsv: entry?.options.includes('header') === true, ...(key !== undefined && { key }) };
}

function readChoice(
  file: string | URL | FileHandle,
  options: OpenOptions,
): { path: string | FileHandle; how: OpenOptions; format: FormatEntry } {
  checkOptions(options, OPTION_NAMES);
  const { path, key: named } = splitName(file);
  const key = options.key ?? named;
  const format = options.format ?? formatOf(path);
  if (!Object.hasOwn(FORMATS, format)) throw invalidValue('format', Object.keys(FORMATS).join(', '), format);
  const entry = FORMATS[format];
  for (const [name, value] of Object.entries({ ...options, key })) {
    if (name === 'format' || value === undefined || entry.options.includes(name as keyof OpenOptions)) continue;
    throw invalidValue(name, `none for the format ${format}`, value);
  }
  if (key !== undefined && typeof key !== 'string') throw invalidType('key', 'a string', key);
  if (options.dtype !== undefined) codeOfDType(options.dtype);
  checkColumnOptions(options);
  return { path, how: { ...options, key }, format: entry };
}

const OPTION_NAMES = ['format', 'key', 'dtype', 'shape', ...CSV, 'except', 'classes', 'missing'];

function checkColumnOptions({ except, classes, missing }: OpenOptions): void {
  const isTexts = (value: unknown) => isArray(value) && value.every((text) => typeof text === 'string');
  if (except !== undefined && !isTexts(except)) throw invalidType('except', 'a list of keys', except);
  if (classes !== undefined && classes !== 'sorted' && !isTexts(classes))
    throw invalidType('classes', "a list of texts, or 'sorted'", classes);
  if (missing !== undefined && missing !== 'error' && missing !== 'keep')
    throw invalidValue('missing', "'error' or 'keep'", missing);
}

/** Opens a file, unpacked if need be, and closes it where what is done with it fails. */
async function withFile<T>(path: string | FileHandle, work: (file: DataFile, name: string) => Promise<T>): Promise<T> {
  const packed = typeof path === 'string' && /\.gz$/i.test(path);
  const opened = packed ? await unpackGzip(path) : await DataFile.open(path);
  try {
    return await work(opened, opened.name);
  } catch (error) {
    await opened.close();
    throw error;
  }
}

const EXTENSIONS = new Map(
  Object.entries(FORMATS).flatMap(([format, { extensions }]) => extensions.map((name) => [name, format as Format])),
);
/** A `#` belongs to the file's own name unless it follows an extension. */
const NAMED = new RegExp(`^(.*\\.(?:${[...EXTENSIONS.keys()].join('|')})(?:\\.gz)?)#(.+)$`, 'is');

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
  const format = findFormat(path);
  if (format !== undefined) return format;
  const known = Array.from(EXTENSIONS.keys(), (name) => `.${name}`).join(', ');
  throw invalidValue('file', `a file whose extension is one of ${known}, or the option format`, path);
}

function findFormat(path: string): Format | undefined {
  const extension = /\.([^./\\]+?)(?:\.gz)?$/i.exec(path)?.[1]?.toLowerCase() ?? '';
  return EXTENSIONS.get(extension);
}

function readLayout({ shape, dtype }: OpenOptions): { shape: Shape; dtype: DType } {
  if (dtype === undefined) throw invalidType('dtype', 'the dtype of the file, which does not say it', dtype);
  if (shape === undefined) throw invalidType('shape', 'the sizes of the file, which does not say them', shape);
  const sizes = readSizes(shape, 'shape', -1);
  if (sizes.filter((size) => size === -1).length > 1)
    throw invalidValue('shape', 'at most one -1', `[${sizes.join(', ')}]`);
  return { shape: sizes, dtype };
}
