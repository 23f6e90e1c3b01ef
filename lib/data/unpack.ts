import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { formatError } from '../base/errors.js';
import { DataFile } from './file.js';
import { asReadError } from './storage/local.js';

/** The first bytes of a gzip file. */
const MAGIC = Buffer.of(0x1f, 0x8b);

/** Whether a file is compressed with gzip, by its first bytes. */
export async function isGzip(file: DataFile): Promise<boolean> {
  return file.size >= MAGIC.length && (await file.bytes(0, MAGIC.length)).equals(MAGIC);
}

/**
 * Unpacks a gzip file into a temporary file, since gzip has no random access, and closes it.
 *
 * @throws TorchError `ERR_FILE_READ` or `ERR_FILE_FORMAT`
 */
export async function unpackGzip(file: DataFile): Promise<DataFile> {
  const { name, origin, allowance } = file;
  try {
    const unpacked = await DataFile.ofStream(name, gunzipped(file), { origin, allowance });
    file.checkUnchanged();
    return unpacked;
  } finally {
    await file.close();
  }
}

/** The unpacked bytes. */
async function* gunzipped(file: DataFile): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip({ chunkSize: 2 ** 18 });
  // The iterator throws the errors.
  pipeline(Readable.from(file.pieces()), gunzip, () => undefined);
  try {
    yield* gunzip as AsyncIterable<Uint8Array>;
  } catch (cause) {
    const { code = '' } = cause as NodeJS.ErrnoException;
    if (code.startsWith('Z_'))
      throw formatError(file.name, `the compressed data are damaged: ${(cause as Error).message}`, cause);
    throw asReadError(cause, file.name);
  }
}
