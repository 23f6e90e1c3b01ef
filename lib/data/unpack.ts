import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { fileProblem, formatError, TorchError } from '../base/errors.js';
import { DataFile } from './file.js';

/**
 * Unpacks a gzip file into a temporary file, since gzip has no random access.
 *
 * @throws TorchError `ERR_FILE_READ` or `ERR_FILE_FORMAT`
 */
export async function unpackGzip(path: string): Promise<DataFile> {
  // Fails as for other files if it cannot be opened.
  await (await DataFile.open(path)).close();
  const gunzip = createGunzip({ chunkSize: 2 ** 18 });
  // The iterator throws the errors.
  pipeline(createReadStream(path, { highWaterMark: 2 ** 18 }), gunzip, () => undefined);
  return DataFile.ofStream(path, typedErrors(gunzip, path));
}

/** The same pieces, with errors of ours. */
async function* typedErrors(pieces: AsyncIterable<Uint8Array>, path: string): AsyncGenerator<Uint8Array> {
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
