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
  /** The format. Default: by the extension. Required for an open file. */
  format?: Format | undefined;
  /**
   * The array, tensor or columns to read from a file with several: the same as what follows `#` in the path.
   */
  key?: string | undefined;
  /**
   * The dtype of a `.bin` file, for which it is required; otherwise the dtype to convert to. Conversions to integers are
   * checked: fractions and values out of range are errors. For `.npy` and `.npz`, `'bfloat16'` also reads arrays of dtype
   * `V2`, which is how NumPy stores it.
   */
  dtype?: DType | undefined;
  /** The shape of a `.bin` file, for which it is required; one size may be -1. */
  shape?: Shape | undefined;
  /** Whether the first row of a `.csv` file is a header. Default: decided by all its fields and the rows below. */
  header?: boolean | undefined;
  /** The separator of a `.csv` file; a space matches any number of spaces. Default: the one that fits the first rows. */
  separator?: string | undefined;
  /** The decimal point of a `.csv` file. Default `'.'`. */
  decimal?: '.' | ',' | undefined;
  /** Columns to leave out of a table that is opened without a `key`, in the syntax of `key`. */
  except?: readonly string[] | undefined;
  /**
   * Reads a text column as class indices: the classes in this order, or, with `'sorted'`, all texts of the column in sorted
   * order. {@link Source.classes} then has the names. Columns of numbers are read as usual.
   */
  classes?: readonly string[] | 'sorted' | undefined;
  /** What to do with missing values in a table: fail, or report their rows by {@link Source.missing}. Default `'error'`. */
  missing?: 'error' | 'keep' | undefined;
}

type Opener = (file: DataFile, name: string, options: OpenOptions) => Promise<Source>;
type TableOpener = (file: DataFile, name: string, options: OpenOptions) => Promise<Table>;

interface FormatEntry {
  readonly extensions: readonly string[];
  /** The options it takes besides the format. */
  readonly options: readonly (keyof OpenOptions)[];
  readonly open: Opener;
  /** Opens a file with columns. */
  readonly table?: TableOpener;
}

/** A format with columns. */
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
 * Opens an array in a file to read ranges of its rows.
 *
 * | Format | Extension | Array | Notes |
 * | --- | --- | --- | --- |
 * | NumPy | `.npy` | | versions 1 to 3, C and Fortran order, both byte orders |
 * | NumPy | `.npz` | `#name` | deflated arrays are read in one direction; going back starts over |
 * | safetensors | `.safetensors` | `#name` | |
 * | Arrow, Feather 2 | `.arrow` `.arrows` `.feather` `.ipc` | `#columns` | uncompressed, LZ4 or zstd; needs the package apache-arrow |
 * | Parquet | `.parquet` | `#columns` | needs the package hyparquet, and hyparquet-compressors for codecs other than Snappy |
 * | CSV, TSV | `.csv` `.tsv` | `#columns` | UTF-8; any separator, with or without a header |
 * | JSON Lines | `.jsonl` `.ndjson` | `#columns` | one object per line |
 * | raw | `.bin` | | little-endian; requires `shape` and `dtype` |
 *
 * The name may be omitted if a file has only one array.
 *
 * **Columns.** `#a,b` selects columns by name, `#logit_0..logit_9` a range, `#logit_*` a pattern, and `#0` the first column.
 * Without `#`, the only column is read, or all columns of numbers. One column has the shape `[rows]`, or `[rows, n]` for
 * lists of n numbers. Several columns are stacked to `[rows, columns]`, in their common dtype by `torch.promote_types`.
 * Lists, nested lists and dictionaries are read in every format; booleans as `bool`, decimals as float64, unsigned integers
 * wider than uint8 as the next larger signed dtype.
 *
 * **Missing values** (empty or `NA` in a CSV, null elsewhere) are errors that name the row, counted from 0, and the column.
 *
 * A `.gz` file is first unpacked into a temporary file. Files are read by position into reused buffers, so memory does not
 * grow with the size of the file.
 *
 * @param file - the path, with `#name` for one of several arrays, a `file:` URL, or an open file, which requires `format`
 *   and which the caller has to close
 * @throws TorchError `ERR_FILE_READ` if the file cannot be read, `ERR_FILE_FORMAT` if it is damaged or not supported,
 *   `ERR_MISSING_PACKAGE` if the format needs a package that is not installed
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
    // The header could have changed while it was read, as the rows could.
    opened.checkUnchanged();
    return how.dtype === undefined ? source : convertSource(source, how.dtype);
  });
}

/** An open file with columns. */
export interface OpenTable {
  readonly table: Table;
  close(): Promise<void>;
}

/**
 * Opens a file with columns without selecting any.
 *
 * @returns `undefined` for a format without columns
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

/** The parts of a file's name, whether it has columns, and whether it is a CSV. */
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
  if (except !== undefined && !isTexts(except)) throw invalidType('except', 'an array of keys', except);
  if (classes !== undefined && classes !== 'sorted' && !isTexts(classes))
    throw invalidType('classes', "an array of strings, or 'sorted'", classes);
  if (missing !== undefined && missing !== 'error' && missing !== 'keep')
    throw invalidValue('missing', "'error' or 'keep'", missing);
}

/** Opens a file, unpacked if necessary, and closes it if `work` fails. */
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
  if (dtype === undefined) throw invalidType('dtype', 'a dtype, which a raw file needs', dtype);
  if (shape === undefined) throw invalidType('shape', 'a shape, which a raw file needs', shape);
  const sizes = readSizes(shape, 'shape', -1);
  if (sizes.filter((size) => size === -1).length > 1)
    throw invalidValue('shape', 'at most one -1', `[${sizes.join(', ')}]`);
  return { shape: sizes, dtype };
}
