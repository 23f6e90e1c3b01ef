import type { FileHandle } from 'node:fs/promises';
import { checkOptions } from '../addon/arguments.js';
import { ArgumentRangeError, invalidType, invalidValue } from '../base/errors.js';
import { isArray, isURL } from '../base/plain_object.js';
import { convertSource } from './convert.js';
import { type Allowance, type DataFile, KEPT_BYTES } from './file.js';
import {
  checkValues,
  detectFormat,
  entryOf,
  type Format,
  type FormatEntry,
  FORMATS,
  OPTION_NAMES,
  type OpenOptions,
} from './format.js';
import { adviceOn, listExtensions, type Location, type Named, nameOfLocation, readLocation } from './location.js';
import { findFiles, isPattern } from './several/find.js';
import { joinSources } from './several/join.js';
import type { ReleasableSource, Source } from './source.js';
import { openLocation } from './storage/open.js';
import { TableSource } from './table/source.js';
import type { Table } from './table/table.js';
import { isGzip, unpackGzip } from './unpack.js';

/** A file, or several. */
export type FileName = string | URL | FileHandle | readonly (string | URL)[];

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
 * | JSON Lines | `.jsonl` `.ndjson` `.json` | `#columns` | one object per line |
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
 * **Several files** are read as one array, their rows one after another: `part-*.parquet` in natural order (`part-2` before
 * `part-10`), or an array of paths in the given order. They must have the same columns, dtypes and row shapes; dtypes of CSV
 * and JSON Lines files may differ, and are promoted. Errors name the file. Only a few files are open at a time.
 *
 * **Standard input** is `-`. It is copied to a temporary file; its format is detected by the first bytes unless `format` is
 * set.
 *
 * **URLs.** `https:` and `s3:` files are read by ranges; if the server does not support them, the file is copied to a
 * temporary file. Failed requests are retried, and broken connections resumed. It is an error if the file changes on the
 * server. `s3:` needs the package @aws-sdk/client-s3 and credentials. Messages never contain the query of a URL, which may
 * be secret.
 *
 * A `.gz` file is first unpacked into a temporary file. Files are read by position into reused buffers, so memory does not
 * grow with the size of the file.
 *
 * @param file - the path, with `#name` for one of several arrays; a pattern with `*`, `?`, `**`, `[abc]` or `{a,b}`; a URL;
 *   an array of paths or URLs; `-`; or an open file, which requires `format` and which the caller has to close
 * @throws TorchError `ERR_FILE_READ` if the file cannot be read, `ERR_FILE_FORMAT` if it is damaged or not supported, or if
 *   several files do not match, `ERR_MISSING_PACKAGE` if the format needs a package that is not installed
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
export async function open(file: FileName, options: OpenOptions = {}): Promise<Source> {
  return openInput(file, options);
}

/**
 * Opens a file as {@link open} does.
 *
 * @param more - further options; those that the format does not have are ignored
 */
export async function openInput(file: FileName, options: OpenOptions, more: OpenOptions = {}): Promise<Source> {
  const { files, name } = await readFiles(file, options);
  const { dtype } = options;
  let source: Source;
  if (files.length === 1) source = await openOne(files[0] as NamedFile, options, more);
  else {
    const allowance: Allowance = { bytes: KEPT_BYTES };
    const parts: Source[] = [];
    try {
      for (const each of files) {
        const isAlike = each.named.format === files[0]?.named.format;
        const dialect = isAlike && parts[0] instanceof TableSource ? parts[0].dialect : undefined;
        const part: ReleasableSource = await openOne(each, options, { ...more, ...dialect }, allowance);
        parts.push(part);
        part.release?.();
      }
      source = joinSources(parts as [Source, ...Source[]], name, dtype);
    } catch (error) {
      await Promise.all(parts.map((part) => part.close()));
      throw error;
    }
  }
  return dtype === undefined ? source : convertSource(source, dtype);
}

async function openOne(
  { named, key }: NamedFile,
  options: OpenOptions,
  more: OpenOptions,
  allowance?: Allowance,
): Promise<Source> {
  const how = { ...options, key };
  return withFile(named, options, allowance, async (opened, format) => {
    const entry = entryOf(format, how);
    const source = await entry.open(opened, opened.name, { ...takenBy(entry, more), ...given(how) });
    // The header could have changed while it was read, as the rows could.
    opened.checkUnchanged();
    return source;
  });
}

/** An open file with columns. */
export interface OpenTable {
  /** The table. For several files it is the first one, except that rows are counted in all. */
  readonly table: Table;
  close(): Promise<void>;
}

/**
 * Opens a file with columns without selecting any.
 *
 * @returns `undefined` for a format without columns
 */
export async function openTable(file: FileName, options: OpenOptions = {}): Promise<OpenTable | undefined> {
  const { files } = await readFiles(file, options);
  const [first, ...others] = files;
  const opened = await openOneTable(first as NamedFile, options);
  if (opened === undefined || others.length === 0) return opened;
  const { table, close } = opened;
  const countRows = async () => {
    let rows = await table.countRows();
    for (const other of others) {
      const dialect = other.named.format === first?.named.format ? table.dialect : undefined;
      const next = await openOneTable(other, { ...dialect, ...given(options) });
      try {
        rows += (await next?.table.countRows()) ?? 0;
      } finally {
        await next?.close();
      }
    }
    return rows;
  };
  const { names, remark = '' } = table;
  const rest = { names, describe: () => table.describe(), read: (columns: readonly number[]) => table.read(columns) };
  return { table: { ...rest, remark: `${files.length} files; the first: ${remark}`, countRows }, close };
}

function openOneTable({ named, key }: NamedFile, options: OpenOptions): Promise<OpenTable | undefined> {
  const how = { ...options, key };
  return withFile(named, options, undefined, async (opened, format) => {
    const { table } = entryOf(format, how);
    if (table !== undefined)
      return { table: await table(opened, opened.name, given(how)), close: () => opened.close() };
    await opened.close();
    return undefined;
  });
}

/** The parts of a file's name, whether it has columns, and whether it is a CSV: for standard input, a guess. */
export function splitFile(
  file: string,
  options: OpenOptions = {},
): { path: string; key?: string; isTable: boolean; isCsv: boolean } {
  const { location, key, format: found } = readLocation(file);
  const path = key === undefined ? file : file.slice(0, file.lastIndexOf(`#${key}`));
  const guess = location.kind === 'path' || location.kind === 'handle' ? undefined : 'csv';
  const format = options.format ?? found ?? guess;
  const entry = format !== undefined && Object.hasOwn(FORMATS, format) ? FORMATS[format] : undefined;
  const isTable = entry?.table !== undefined;
  return { path, isTable, isCsv: entry?.options.includes('header') === true, ...(key !== undefined && { key }) };
}

/**
 * Where the files of a name are: those that match it, if it is a pattern.
 *
 * @throws TorchError `ERR_FILE_READ` if no file matches
 */
export async function findLocations(file: string | URL): Promise<Location[]> {
  return locationsOf(readLocation(file).location);
}

async function locationsOf(location: Location): Promise<Location[]> {
  if (location.kind !== 'path' || !isPattern(location.path)) return [location];
  return (await findFiles(location.path)).map((path) => ({ kind: 'path', path }));
}

/** One file, and the array or the columns to read from it. */
interface NamedFile {
  readonly named: Named;
  readonly key: string | undefined;
}

/** The files of an argument, and their common name in errors. */
async function readFiles(file: FileName, options: OpenOptions): Promise<{ files: NamedFile[]; name: string }> {
  checkOptions(options, OPTION_NAMES);
  checkValues(options);
  const all = isArray(file) ? file : [file];
  if (all.length === 0) throw new ArgumentRangeError('file', 'at least one file', 'none');
  const files: NamedFile[] = [];
  for (const one of all) {
    if (isArray(file) && typeof one !== 'string' && !isURL(one)) throw invalidType('file', 'paths and URLs', one);
    const named = readLocation(one);
    const key = options.key ?? named.key;
    checkNamed(named, { ...options, key });
    for (const location of await locationsOf(named.location)) files.push({ named: { ...named, location }, key });
  }
  const name = nameOf(all[0] as string | URL | FileHandle);
  return { files, name: all.length === 1 ? name : `${name} and ${all.length - 1} more` };
}

function nameOf(file: string | URL | FileHandle): string {
  const { location, key } = readLocation(file);
  const name = nameOfLocation(location);
  return key === undefined ? name : `${name}#${key}`;
}

/** Checks what can be checked before a file is opened. */
function checkNamed({ location, format: found }: Named, options: OpenOptions): void {
  const format = options.format ?? found;
  if (format !== undefined) entryOf(format, options);
  else if (location.kind === 'handle') throw invalidType('format', 'the format of the open file', undefined);
  else if (location.kind === 'path')
    throw invalidValue(
      'file',
      adviceOn(location.path) === undefined
        ? `a file whose extension is one of ${listExtensions()}, or the option format`
        : `a format that is read (${adviceOn(location.path)})`,
      location.path,
    );
}

/** Opens a file, unpacked if necessary, and closes it if `work` fails. */
async function withFile<T>(
  { location, format: found, isPacked }: Named,
  { format, allow_http }: OpenOptions,
  allowance: Allowance | undefined,
  work: (file: DataFile, format: Format) => Promise<T>,
): Promise<T> {
  let opened = await openLocation(location, allow_http === true, allowance);
  try {
    const mayBePacked = location.kind !== 'path' && location.kind !== 'handle' && format !== 'bin';
    if (isPacked || (mayBePacked && (await isGzip(opened)))) opened = await unpackGzip(opened);
    return await work(opened, format ?? found ?? (await detectFormat(opened)));
  } catch (error) {
    await opened.close();
    throw error;
  }
}

/** The options that a format has. */
function takenBy(entry: FormatEntry, options: OpenOptions): OpenOptions {
  return Object.fromEntries(Object.entries(given(options)).filter(([name]) => entry.options.includes(name as never)));
}

/** The options that are set. */
function given(options: OpenOptions): OpenOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
