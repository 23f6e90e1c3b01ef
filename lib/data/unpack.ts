import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { fileProblem, formatError, TorchError } from '../base/errors.js';
import { DataFile } from './file.js';

/**
 * Unpacks a gzip file into a temporary file, as rows in the middle of one cannot be found.
 *
 * @throws TorchError `ERR_FILE_READ` or `ERR_FILE_FORMAT`
 */
export async function unpackGzip(path: string): Promise<DataFile> {
  // What cannot be opened is said in the same words as of other files.
  await (await DataFile.open(path)).close();
  const gunzip = createGunzip({ chunkSize: 2 ** 18 });
  // Errors come out of the iterator.
  pipeline(createReadStream(path, { highWaterMark: 2 ** 18 }), gunzip, () => undefined);
  return DataFile.ofStream(path, said(gunzip, path));
}

/** The same pieces, with errors that say what failed. */
async function* said(pieces: AsyncIterable<Uint8Array>, path: string): AsyncGenerator<Uint8Array> {
  try {
    yield* pieces;
  } catch (cause) {
    const { code = '' } = cause as NodeJS.ErrnoException;
    if (code.startsWith('Z_'))
      throw formatError(path, `the compressed data are damaged: ${(cause as Error).message}`, cause);
    throw cause instanceof TorchError
      ? cause
      : new TorchError('ERR_FILE_READ', `${path}: ${fileProblem(cause)}`, { cause });
  }
}
