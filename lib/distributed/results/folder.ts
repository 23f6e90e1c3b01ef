/** Results in a folder, which machines may share. */
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileProblem, TorchError } from '../../base/errors.js';
import { createFile } from '../../files/create.js';
import type { ResultStore } from './store.js';

/** A folder, which is made when the first result comes. */
export function folderStore(folder: string): ResultStore {
  const readError = (path: string, cause: unknown) =>
    new TorchError('ERR_FILE_READ', `${path}: ${fileProblem(cause)}`, { cause });
  const isAbsent = (error: unknown) => (error as NodeJS.ErrnoException).code === 'ENOENT';
  return {
    name: folder,
    async create(name, text) {
      await mkdir(folder, { recursive: true }).catch((cause: unknown) => {
        throw new TorchError('ERR_FILE_WRITE', `${folder}: ${fileProblem(cause)}`, { cause });
      });
      return createFile(join(folder, name), text);
    },
    async read(name) {
      const path = join(folder, name);
      return readFile(path, 'utf8').catch((cause: unknown) => {
        if (isAbsent(cause)) return undefined;
        throw readError(path, cause);
      });
    },
    async list() {
      return readdir(folder).catch((cause: unknown) => {
        if (isAbsent(cause)) return [];
        throw readError(folder, cause);
      });
    },
  };
}
