/** Opens the files given on the command line, and reads them in ranges of samples. */
import { resolve } from 'node:path';
import { largestOf } from '../../base/extremes.js';
import { bytesPerRow, type Format, type OpenOptions, type Source } from '../../data/index.js';
import { adviceOn, findLocations, type Location, openInput, splitFile } from '../../data/internal.js';
import { TorchError } from '../../base/errors.js';
import type { ColumnSource } from '../../evaluate/index.js';
import type { RecordedFile } from '../../report/index.js';
import type { DType } from '../../base/types.js';
import { blame, usage } from '../arguments.js';

/** An open file. */
export interface OpenedFile {
  readonly source: Source;
  readonly note: RecordedFile;
}

/** The options that may follow a file after `?`. */
const QUERY = ['dtype', 'shape', 'format', 'header', 'separator', 'decimal', 'allow_http'] as const;
const QUERY_PATTERN = new RegExp(`^(.*)\\?((?:${QUERY.join('|')})=[^?]*)$`, 's');

/** Names for separators that are special in a shell or a query. */
const SEPARATORS: Readonly<Record<string, string>> = {
  tab: '\t',
  comma: ',',
  semicolon: ';',
  space: ' ',
  bar: '|',
};

/** Parses `FILE` or `FILE#COLUMNS`, optionally followed by options such as `?dtype=float32&shape=-1,10`. */
export function readName(text: string, flag: string): { file: string; options: OpenOptions } {
  const [, file = text, query = ''] = QUERY_PATTERN.exec(text) ?? [];
  const options: OpenOptions = {};
  for (const [name, value] of new URLSearchParams(query)) {
    if (name === 'dtype') options.dtype = value as DType;
    else if (name === 'format') options.format = value as Format;
    else if (name === 'separator') options.separator = SEPARATORS[value] ?? value;
    else if (name === 'decimal') options.decimal = value as '.' | ',';
    else if (name === 'header' || name === 'allow_http') {
      if (value !== 'true' && value !== 'false')
        throw usage(`--${flag}: ${name}: expected true or false, got '${value}'`);
      options[name] = value === 'true';
    } else if (name !== 'shape') {
      throw usage(`--${flag}: expected ${QUERY.slice(0, -1).join(', ')} or ${QUERY.at(-1)} after '?', got '${name}'`);
    } else {
      const sizes = value.split(',').filter((size) => size !== '');
      if (!sizes.every((size) => /^-?\d{1,15}$/.test(size)))
        throw usage(`--${flag}: expected a shape such as -1,10, got '${value}'`);
      options.shape = sizes.map(Number);
    }
  }
  return { file, options };
}

/** The parts of `FILE#COLUMNS?OPTIONS`. */
export function splitName(text: string, flag: string): ReturnType<typeof splitFile> {
  const { file, options } = readName(text, flag);
  return splitFile(file, options);
}

/** A text in which URLs have neither a password nor a query, which may be secret. */
export function shownName(text: string): string {
  const [scheme = '', ...rest] = text.split('://');
  if (rest.length === 0) return text;
  const [address = '', ...key] = rest.join('://').split('#');
  const [place = ''] = address.split('?');
  const [host = '', ...path] = place.split('/');
  const shown = [host.slice(host.lastIndexOf('@') + 1), ...path].join('/');
  return `${scheme}://${[shown, ...key].join('#')}`;
}

/** A flag and the file it gives. */
export interface FlagFile {
  readonly flag: string;
  readonly text: string;
}

/**
 * For each flag that names a table without columns: the columns of that table that other flags name. If only the target
 * is named, the input is all the other columns.
 */
export function columnsOfOthers(files: readonly FlagFile[]): Map<string, readonly string[]> {
  const named = files.map(({ flag, text }) => ({ flag, ...splitName(text, flag) }));
  return new Map(
    named.flatMap(({ flag, path, key, isTable }) => {
      if (!isTable || key !== undefined) return [];
      const others = named.filter((other) => other.flag !== flag && resolve(other.path) === resolve(path));
      const twin = others.find((other) => other.key === undefined);
      if (twin !== undefined)
        throw usage(
          `--${flag} and --${twin.flag} both name ${path}: name the columns of one of them, such as '${path}#label'`,
        );
      return others.length === 0 ? [] : [[flag, others.map((other) => other.key as string)] as const];
    }),
  );
}

/** Opens the file of a flag, or the files, which are read as one. */
export async function openFile(
  texts: string | readonly string[],
  flag: string,
  more: OpenOptions = {},
): Promise<OpenedFile> {
  const named = [texts].flat().map((text) => ({ text, ...readName(text, flag) }));
  const [first, ...others] = named as [(typeof named)[number], ...typeof named];
  const how = JSON.stringify(first.options);
  const apart = others.find(({ options }) => JSON.stringify(options) !== how);
  if (apart !== undefined)
    throw usage(`--${flag}: expected the same options after '?' for all files, got ${shownName(apart.text)}`);
  let source: Source;
  try {
    source = await openInput(others.length === 0 ? first.file : named.map(({ file }) => file), first.options, more);
  } catch (error) {
    const { code, message } = error as TorchError;
    if (code === 'ERR_FILE_READ') throw new TorchError(code, `--${flag}: ${message}`, { cause: error });
    const { path, key } = splitName(first.text, flag);
    const isUnknown = (error as { parameter?: string }).parameter === 'file' && code === 'ERR_INVALID_ARG_VALUE';
    const advice = adviceOn(path);
    if (isUnknown && advice !== undefined) throw usage(`--${flag}: ${path} is not in a format that is read: ${advice}`);
    if (isUnknown && /\.\w+$/.test(path) && first.options.format === undefined)
      throw usage(
        `--${flag}: unknown extension of ${path}; name the format, as in '${path}${key === undefined ? '' : `#${key}`}?format=csv'`,
      );
    throw blame(error, flag);
  }
  const { shape, dtype, files = [], columns = [] } = source;
  const isChosen = splitName(first.text, flag).key === undefined && columns.length > 1;
  const names = named.map(({ text }) => shownName(text)).join(' ');
  const isOne = others.length === 0 && files.length === 1;
  const note = {
    file: names,
    path: isOne ? (files[0]?.path as string) : names,
    bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
    modified: largestOf(
      files.map(({ modified = 0 }) => modified),
      0,
    ),
    shape,
    dtype,
    ...(isChosen && { columns }),
  };
  return { source, note };
}

/** Open files, all closed at the end. */
export class OpenFiles {
  readonly #files: { readonly flag: string; readonly source: Source }[] = [];
  readonly #check: ((location: Location, flag: string) => void) | undefined;

  /** @param check - called with each file before it is opened; throws for one that must not be */
  constructor(check?: (location: Location, flag: string) => void) {
    this.#check = check;
  }

  async open(text: string | readonly string[], flag: string, more?: OpenOptions): Promise<OpenedFile> {
    if (this.#check !== undefined) {
      for (const one of [text].flat())
        for (const location of await findLocations(readName(one, flag).file)) this.#check(location, flag);
    }
    const opened = await openFile(text, flag, more);
    this.#files.push({ flag, source: opened.source });
    return opened;
  }

  /** The versions of files on servers, by flag. */
  etags(): Map<string, string[]> {
    const found = new Map<string, string[]>();
    for (const { flag, source } of this.#files) {
      const etags = (source.files ?? []).flatMap(({ etag }) => (etag === undefined ? [] : [etag]));
      found.set(flag, [...(found.get(flag) ?? []), ...etags]);
    }
    return found;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { source } of this.#files) await source.close();
  }
}

/** The rows of a source from `start` up to but not including `end`. */
export function rowsOf(source: Source, start: number, end: number): ColumnSource {
  return {
    name: source.name,
    shape: [end - start, ...source.shape.slice(1)],
    dtype: source.dtype,
    rows: (from, to, into) => source.rows(start + from, start + to, into),
  };
}

/** A whole source. */
export function asColumn(source: Source): ColumnSource {
  const { name, shape, dtype } = source;
  return { name, shape, dtype, rows: (start, end, into) => source.rows(start, end, into) };
}

/** How many bytes a sample takes in the files. */
export function bytesPerSample(sources: Iterable<Source>): number {
  return [...sources].reduce((total, source) => total + bytesPerRow(source), 0);
}
