/** Creates files that appear whole, and only where there is none yet. */
import { access, link, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileProblem, TorchError } from '../base/errors.js';
import { syncFolderAsync, temporaryName } from './replace.js';

/** What file systems without hard links answer. */
const NO_LINKS: readonly unknown[] = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'];

/**
 * Creates a file: it is written to a temporary file next to it, `.NAME.*.tmp`, synced, and linked to its name, which
 * fails where the name is taken. Of several processes that create the same file, one succeeds. On file systems without
 * hard links, two that do so at the same moment may both succeed, and the later one's file remains.
 *
 * @returns whether it was created; `false` where there is a file already, which stays as it is
 * @throws TorchError `ERR_FILE_WRITE` if the system refuses it
 */
export async function createFile(path: string, contents: string): Promise<boolean> {
  const temporary = temporaryName(path);
  try {
    const file = await open(temporary, 'wx', 0o666);
    try {
      await file.writeFile(contents);
      await file.sync();
    } finally {
      await file.close();
    }
    const isNew = await link(temporary, path).then(
      () => true,
      async (error: NodeJS.ErrnoException) => {
        if (error.code === 'EEXIST') return false;
        if (!NO_LINKS.includes(error.code)) throw error;
        if (await exists(path)) return false;
        await rename(temporary, path);
        return true;
      },
    );
    if (isNew) await syncFolderAsync(dirname(path));
    return isNew;
  } catch (cause) {
    throw new TorchError('ERR_FILE_WRITE', `${path}: ${fileProblem(cause)}`, { cause });
  } finally {
    await rm(temporary, { force: true });
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
