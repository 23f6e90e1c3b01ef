import { invalidValue } from '../../base/errors.js';
import { DataFile, type Allowance } from '../file.js';
import { type Location, nameOfLocation } from '../location.js';
import { openStdin } from './stdin.js';

/**
 * Opens a file, wherever it is.
 *
 * @param allowance - shared by the files that are read as one
 * @throws TorchError `ERR_FILE_READ` if it cannot be opened
 */
export async function openLocation(location: Location, allowance?: Allowance): Promise<DataFile> {
  const name = nameOfLocation(location);
  switch (location.kind) {
    case 'path':
      return DataFile.open(location.path, allowance);
    case 'handle':
      return DataFile.open(location.handle);
    case 'stdin': {
      const store = await openStdin(name);
      return new DataFile(name, store, { allowance, origin: { path: '-', bytes: store.size, modified: undefined } });
    }
    default:
      throw invalidValue('file', 'a path, a file: URL, - or an open file', name);
  }
}
