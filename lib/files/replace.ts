/** Writes files so that readers find either the old or the new contents, whatever happens meanwhile. */
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fchmodSync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeSync,
} from 'node:fs';
import { open, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { fileProblem, TorchError } from '../base/errors.js';

/** The contents, piece by piece; `undefined` where other work may run. */
export type Pieces = Iterable<Uint8Array | undefined>;

/** The system does not write 2 GiB at once. */
const MAX_WRITE = 2 ** 28;

/**
 * Writes a file: to a temporary file next to it, which is synced and renamed when it is complete. A process that is
 * killed meanwhile leaves the old file, and the temporary one, `.NAME.*.tmp`.
 *
 * A symbolic link stays one, and a file keeps its permissions.
 *
 * @throws TorchError `ERR_FILE_WRITE` if the system refuses it or the path is not a regular file. The old file is then
 *   unchanged.
 */
export function replaceFile(path: string, pieces: Pieces): void {
  let temporary: string | undefined;
  try {
    const old = found(() => statSync(path));
    const target = old === undefined ? path : realpathSync(path);
    const name = temporaryFor(target, old);
    const file = openSync(name, 'wx', 0o666);
    temporary = name;
    try {
      if (old !== undefined) fchmodSync(file, old.mode & 0o7777);
      for (const piece of pieces) if (piece !== undefined) writeAll(file, piece);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(name, target);
    temporary = undefined;
    syncFolder(dirname(target));
  } catch (cause) {
    if (temporary !== undefined) rmSync(temporary, { force: true });
    throw writeError(path, cause);
  }
}

/** {@link replaceFile} without blocking: the pieces are created one by one between writes. */
export async function replaceFileAsync(path: string, pieces: Pieces): Promise<void> {
  let temporary: string | undefined;
  try {
    const old = await stat(path).catch(absent);
    const target = old === undefined ? path : await realpath(path);
    const name = temporaryFor(target, old);
    const file = await open(name, 'wx', 0o666);
    temporary = name;
    try {
      if (old !== undefined) await file.chmod(old.mode & 0o7777);
      for (const piece of joinSmall(pieces)) {
        if (piece === undefined) await setImmediate();
        else {
          for (let done = 0; done < piece.length; ) {
            const { bytesWritten } = await file.write(piece, done, Math.min(piece.length - done, MAX_WRITE));
            done += bytesWritten;
          }
        }
      }
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(name, target);
    temporary = undefined;
    await syncFolderAsync(dirname(target));
  } catch (cause) {
    if (temporary !== undefined) await rm(temporary, { force: true });
    throw writeError(path, cause);
  }
}

const BLOCK = 2 ** 16;
/** Each takes some microseconds to make. */
const MOST_IN_BLOCK = 32;

/** Joins small pieces, since each write is a job for another thread. A piece is to be written before the next is taken. */
function* joinSmall(pieces: Pieces): Generator<Uint8Array | undefined, void> {
  const block = Buffer.allocUnsafe(BLOCK);
  let [size, count] = [0, 0];
  for (const piece of pieces) {
    const joins = piece !== undefined && piece.length <= BLOCK - size && count < MOST_IN_BLOCK;
    if (!joins && count > 0) {
      yield block.subarray(0, size);
      [size, count] = [0, 0];
    }
    if (piece === undefined || piece.length > BLOCK) yield piece;
    else {
      block.set(piece, size);
      size += piece.length;
      count++;
    }
  }
  if (count > 0) yield block.subarray(0, size);
}

/** Joins the pieces in memory. */
export function joinPieces(pieces: Pieces): Buffer {
  return Buffer.concat([...pieces].filter((piece) => piece !== undefined));
}

function found(look: () => Stats): Stats | undefined {
  try {
    return look();
  } catch (error) {
    return absent(error);
  }
}

function absent(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
}

function temporaryFor(target: string, old: Stats | undefined): string {
  // A device or a pipe would be replaced by a file.
  if (old !== undefined && !old.isFile()) throw new Error('expected a regular file or none');
  return temporaryName(target);
}

/** In the same folder, since renaming works only within one file system. */
export function temporaryName(target: string): string {
  return join(dirname(target), `.${basename(target)}.${process.pid}.${randomBytes(6).toString('hex')}.tmp`);
}

function writeAll(file: number, piece: Uint8Array): void {
  for (let done = 0; done < piece.length; ) {
    done += writeSync(file, piece, done, Math.min(piece.length - done, MAX_WRITE));
  }
}

/** A rename is durable once its folder is synced. Windows cannot open folders, and need not sync them. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const opened = openSync(folder, 'r');
  try {
    fsyncSync(opened);
  } finally {
    closeSync(opened);
  }
}

/** Makes what was renamed or linked in a folder durable. */
export async function syncFolderAsync(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const opened = await open(folder, 'r');
  try {
    await opened.sync();
  } finally {
    await opened.close();
  }
}

function writeError(path: string, cause: unknown): unknown {
  if (cause instanceof TorchError || (cause as { code?: unknown }).code === 'ERR_INVALID_ARG_VALUE') return cause;
  return new TorchError('ERR_FILE_WRITE', `${path}: ${fileProblem(cause)}`, { cause });
}
