/** The formats that are read, and how each is opened. */
import { readSizes } from '../addon/arguments.js';
import { codeOfDType } from '../tensor/dtypes.js';
import { ArgumentRangeError, formatError, invalidType, invalidValue } from '../base/errors.js';
import { isArray } from '../base/plain_object.js';
import type { DType, Shape } from '../base/types.js';
import { openArrow } from './arrow/table.js';
import { openCsv } from './csv/table.js';
import type { DataFile } from './file.js';
import { openNpy } from './npy.js';
import { openNpz } from './npz.js';
import { openJsonl } from './jsonl.js';
import { openParquet } from './parquet/table.js';
import { openRaw } from './raw.js';
import { openSafetensors } from './safetensors.js';
import type { Source } from './source.js';
import { openColumns } from './table/source.js';
import type { Table } from './table/table.js';

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
  /** Whether an `http:` URL may be read from another machine, unencrypted. Default false. */
  allow_http?: boolean | undefined;
}

type Opener = (file: DataFile, name: string, options: OpenOptions) => Promise<Source>;
type TableOpener = (file: DataFile, name: string, options: OpenOptions) => Promise<Table>;

export interface FormatEntry {
  /** The options it takes besides the format. */
  readonly options: readonly (keyof OpenOptions)[];
  readonly open: Opener;
  /** Opens a file with columns. */
  readonly table?: TableOpener;
}

/** A format with columns. */
function tableFormat(options: readonly (keyof OpenOptions)[], table: TableOpener): FormatEntry {
  return {
    options: ['key', 'dtype', 'except', 'classes', 'missing', ...options],
    table,
    open: async (file, name, how) => openColumns(file, name, await table(file, name, how), how),
  };
}

const CSV = ['header', 'separator', 'decimal'] as const;

export const FORMATS: Readonly<Record<Format, FormatEntry>> = {
  npy: {
    options: ['dtype'],
    open: (file, name, { dtype }) => openNpy(file, name, dtype),
  },
  npz: {
    options: ['key', 'dtype'],
    open: (file, name, { key, dtype }) => openNpz(file, name, key, dtype),
  },
  safetensors: {
    options: ['key', 'dtype'],
    open: (file, name, { key }) => openSafetensors(file, name, key),
  },
  arrow: tableFormat([], openArrow),
  parquet: tableFormat([], openParquet),
  csv: tableFormat(CSV, openCsv),
  tsv: tableFormat(CSV, (file, name, options) => openCsv(file, name, { separator: '\t', ...options })),
  jsonl: tableFormat([], openJsonl),
  bin: {
    options: ['dtype', 'shape'],
    open: async (file, name, options) => openRaw(file, { name, ...readLayout(options) }),
  },
};

/** The names of all options. */
export const OPTION_NAMES: readonly string[] = [
  'format',
  'key',
  'dtype',
  'shape',
  ...CSV,
  'except',
  'classes',
  'missing',
  'allow_http',
];
/** Options that apply to every format. */
const COMMON: ReadonlySet<string> = new Set(['format', 'allow_http']);

/**
 * The entry of a format, if it takes the options.
 *
 * @throws TypeError or RangeError
 */
export function entryOf(format: Format, options: OpenOptions): FormatEntry {
  if (!Object.hasOwn(FORMATS, format)) throw invalidValue('format', Object.keys(FORMATS).join(', '), format);
  const entry = FORMATS[format];
  for (const [name, value] of Object.entries(options)) {
    if (COMMON.has(name) || value === undefined || entry.options.includes(name as keyof OpenOptions)) continue;
    throw invalidValue(name, `none for the format ${format}`, value);
  }
  return entry;
}

/** Checks what does not depend on the format. */
export function checkValues(options: OpenOptions): void {
  const { key, dtype, allow_http } = options;
  if (key !== undefined && typeof key !== 'string') throw invalidType('key', 'a string', key);
  if (dtype !== undefined) codeOfDType(dtype);
  if (allow_http !== undefined && typeof allow_http !== 'boolean')
    throw invalidType('allow_http', 'true or false', allow_http);
  checkColumnOptions(options);
}

function checkColumnOptions({ except, classes, missing }: OpenOptions): void {
  const isTexts = (value: unknown) => isArray(value) && value.every((text) => typeof text === 'string');
  if (except !== undefined && !isTexts(except)) throw invalidType('except', 'an array of keys', except);
  if (classes !== undefined && classes !== 'sorted' && !isTexts(classes))
    throw invalidType('classes', "an array of strings, or 'sorted'", classes);
  if (missing !== undefined && missing !== 'error' && missing !== 'keep')
    throw invalidValue('missing', "'error' or 'keep'", missing);
}

/** The first bytes of a zip archive. */
const ZIP = 'PK\u0003\u0004';

/**
 * Detects the format of a file without an extension by its first bytes.
 *
 * @throws TorchError `ERR_FILE_FORMAT` if it is none of them
 */
export async function detectFormat(file: DataFile): Promise<Format> {
  const bytes = await file.bytes(0, Math.min(file.size, 4096));
  const start = bytes.toString('latin1');
  if (start.startsWith('\u0093NUMPY')) return 'npy';
  if (start.startsWith(ZIP)) return 'npz';
  if (start.startsWith('PAR1')) return 'parquet';
  if (start.startsWith('ARROW1') || start.startsWith('\u00ff\u00ff\u00ff\u00ff')) return 'arrow';
  if (start[8] === '{' && bytes.readBigUInt64LE(0) <= BigInt(file.size)) return 'safetensors';
  if (start.includes('\0'))
    throw formatError(file.name, `unknown format: set the option format to one of ${Object.keys(FORMATS).join(', ')}`);
  return /^(?:\u00ef\u00bb\u00bf)?\s*\{/.test(start) ? 'jsonl' : 'csv';
}

function readLayout({ shape, dtype }: OpenOptions): { shape: Shape; dtype: DType } {
  if (dtype === undefined) throw invalidType('dtype', 'a dtype, which a raw file needs', dtype);
  if (shape === undefined) throw invalidType('shape', 'a shape, which a raw file needs', shape);
  const sizes = readSizes(shape, 'shape', -1);
  if (sizes.filter((size) => size === -1).length > 1)
    throw new ArgumentRangeError('shape', 'at most one -1', `[${sizes.join(', ')}]`);
  return { shape: sizes, dtype };
}
