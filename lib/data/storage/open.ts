import { DataFile, type Allowance } from '../file.js';
import { type Location, nameOfLocation } from '../location.js';
import { httpFile } from './http.js';
import { openRemote } from './remote.js';
import { s3File } from './s3.js';
import { openStdin } from './stdin.js';

/**
 * Opens a file, wherever it is.
 *
 * @param allowHttp - whether `http:` may be used beyond this machine
 * @param allowance - shared by the files that are read as one
 * @throws TorchError `ERR_FILE_READ` if it cannot be opened
 */
export async function openLocation(location: Location, allowHttp: boolean, allowance?: Allowance): Promise<DataFile> {
  const name = nameOfLocation(location);
  const isOneOfMany = allowance !== undefined;
  switch (location.kind) {
    case 'path':
      return DataFile.open(location.path, allowance);
    case 'handle':
      return DataFile.open(location.handle);
    case 'http':
      return new DataFile(name, await openRemote(httpFile(location.url, allowHttp), isOneOfMany), { allowance });
    case 's3':
      return new DataFile(name, await openRemote(await s3File(location.bucket, location.object, name), isOneOfMany), {
        allowance,
      });
    default: {
      const store = await openStdin(name);
      return new DataFile(name, store, { allowance, origin: { path: '-', bytes: store.size, modified: undefined } });
    }
  }
}
