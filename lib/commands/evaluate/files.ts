/** Opens the files given on the command line, and reads them in ranges of samples. */
import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { bytesPerRow, type Format, type OpenOptions, open, type Source } from '../../data/index.js';
import { TorchError } from '../../base/errors.js';
import type { ColumnSource } from '../../evaluate/index.js';
import type { RecordedFile } from '../../report/index.js';
import type { DType } from '../../base/types.js';
import { blame, usage } from './arguments.js';

/** An open file. */
export interface OpenedFile {
  readonly source: Source;
  readonly note: RecordedFile;
}

/** Parses `FILE` or `FILE#NAME`, optionally followed by `?dtype=float32&shape=-1,10` for a raw file. */
function readName(text: string, flag: string): { file: string; options: OpenOptions } {
  const [, file = text, query = ''] = /^(.*)\?((?:dtype|shape|format)=[^?]*)$/s.exec(text) ?? [];
  const options: OpenOptions = {};
  for (const [name, value] of new URLSearchParams(query)) {
    if (name === 'dtype') options.dtype = value as DType;
    else if (name === 'format') options.format = value as Format;
    else if (name !== 'shape') throw usage(`--${flag}: expected dtype, shape or format after '?', got '${name}'`);
    else {
      const sizes = value.split(',').filter((size) => size !== '');
      if (!sizes.every((size) => /^-?\d{1,15}$/.test(size)))
        throw usage(`--${flag}: expected a shape such as -1,10, got '${value}'`);
      options.shape = sizes.map(Number);
    }
  }
  return { file, options };
}

/** Opens the file of a flag. */
export async function openFile(text: string, flag: string): Promise<OpenedFile> {
  const { file, options } = readName(text, flag);
  let source: Source;
  try {
    source = await open(file, options);
  } catch (error) {
    const { code, message } = error as TorchError;
    if (code === 'ERR_FILE_READ') throw new TorchError(code, `--${flag}: ${message}`, { cause: error });
    throw blame(error, flag);
  }
  const path = resolve(existsSync(file) ? file : file.slice(0, file.lastIndexOf('#')));
  const { size, mtimeMs } = statSync(path);
  const { shape, dtype } = source;
  return { source, note: { file: text, path, bytes: size, modified: mtimeMs, shape, dtype } };
}

/** Open files, all closed at the end. */
export class OpenFiles {
  readonly #files: OpenedFile[] = [];

  async open(text: string, flag: string): Promise<OpenedFile> {
    const opened = await openFile(text, flag);
    this.#files.push(opened);
    return opened;
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

/** How many bytes a sample takes in the files. */
export function bytesPerSample(sources: Iterable<Source>): number {
  return [...sources].reduce((total, source) => total + bytesPerRow(source), 0);
}
