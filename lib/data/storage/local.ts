/** Files on this machine. */
import { fstatSync, rmSync, statSync } from 'node:fs';
import { type FileHandle, mkdtemp, open, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileProblem, formatError, TorchError } from '../../base/errors.js';
import type { Store } from './store.js';

/** The longest single read: systems reject reads of 2 GiB or more. */
const MAX_READ = 2 ** 28;
/** The most idle files that are kept open, of those that can be reopened. */
const MAX_IDLE = 16;

/** What changes when a file is written to. */
interface Stamp {
  readonly size: number;
  readonly mtime: bigint;
}

/** Idle files that can be reopened, the least recently used first. */
const idle = new Set<LocalStore>();

/** A regular file, read by position. */
export class LocalStore implements Store {
  readonly size: number;
  readonly modified: number;
  readonly #name: string;
  readonly #mtime: bigint;
  readonly #owned: boolean;
  /** The path of a file that may be closed while it is idle. */
  readonly #path: string | undefined;
  #handle: FileHandle | undefined;
  #users = 0;
  #closed = false;
  /** The folder of a temporary file. */
  #folder: string | undefined;

  private constructor(name: string, handle: FileHandle, owned: boolean, path?: string) {
    const { size, mtime } = stampOf(handle, name);
    this.#name = name;
    this.#handle = handle;
    this.#owned = owned;
    this.#path = path;
    this.size = size;
    this.#mtime = mtime;
    this.modified = Number(mtime / 1000n) / 1000;
  }

  /** An open file, which the caller has to close. */
  static ofHandle(handle: FileHandle, name: string): LocalStore {
    return new LocalStore(name, handle, false);
  }

  /**
   * Opens a file.
   *
   * @param isOneOfMany - whether its descriptor may be closed while it is idle, and reopened for the next read
   * @throws TorchError `ERR_FILE_READ` if it cannot be opened or is not a regular file
   */
  static async open(path: string, isOneOfMany = false): Promise<LocalStore> {
    // Checked before it is opened: opening a pipe waits for its other end.
    await attemptAsync(async () => checkRegular(await stat(path), path), path);
    const handle = await attemptAsync(() => open(path, 'r'), path);
    try {
      const store = new LocalStore(path, handle, true, isOneOfMany ? path : undefined);
      await store.#release();
      return store;
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /**
   * Copies a stream to a temporary file, which is deleted when it is closed.
   *
   * @param isOneOfMany - as for {@link LocalStore.open}
   */
  static async ofStream(name: string, pieces: AsyncIterable<Uint8Array>, isOneOfMany = false): Promise<LocalStore> {
    const folder = await attemptAsync(() => mkdtemp(join(tmpdir(), 'torchloss-')), name);
    const path = join(folder, 'data');
    const handle = await attemptAsync(() => open(path, 'wx+', 0o600), name);
    try {
      // Deleted at once, so that no failure leaves it behind. It stays readable while it is open; on Windows, its name stays, too.
      if (isOneOfMany) deleteAtExit(folder);
      else await rm(folder, { recursive: true, force: true }).catch(() => undefined);
      for await (const piece of pieces) {
        for (let done = 0; done < piece.length; )
          done += (await attemptAsync(() => handle.write(piece, done), name)).bytesWritten;
      }
      const store = new LocalStore(name, handle, true, isOneOfMany ? path : undefined);
      store.#folder = folder;
      await store.#release();
      return store;
    } catch (error) {
      await handle.close();
      await deleteFolder(folder);
      throw error;
    }
  }

  async read(bytes: Uint8Array, position: number): Promise<void> {
    const handle = await this.#acquire();
    try {
      for (let done = 0; done < bytes.length; ) {
        const length = Math.min(bytes.length - done, MAX_READ);
        const { bytesRead } = await attemptAsync(() => handle.read(bytes, done, length, position + done), this.#name);
        if (bytesRead === 0) {
          this.checkUnchanged();
          throw formatError(this.#name, `expected ${bytes.length} bytes at ${position}, got ${done}`);
        }
        done += bytesRead;
      }
    } finally {
      this.#users -= 1;
      await this.#release();
    }
  }

  /**
   * Checks that the size and the modification time are those of when the file was opened. It does not matter whether the
   * file was replaced under its name: the open one stays as it was.
   */
  checkUnchanged(): void {
    if (this.#closed) throw new TorchError('ERR_DISPOSED', `${this.#name}: the file was closed`);
    const { size, mtime } = stampOf(this.#handle ?? (this.#path as string), this.#name);
    if (size === this.size && mtime === this.#mtime) return;
    const what = size === this.size ? 'was written to' : `changed from ${this.size} to ${size} bytes`;
    throw new TorchError('ERR_FILE_CHANGED', `${this.#name}: the file ${what} while it was read`);
  }

  /** Closes the file, unless it is the caller's. */
  async close(): Promise<void> {
    idle.delete(this);
    this.#closed = true;
    const handle = this.#handle;
    this.#handle = undefined;
    if (this.#owned) await handle?.close();
    if (this.#folder !== undefined) await deleteFolder(this.#folder);
  }

  async #acquire(): Promise<FileHandle> {
    if (this.#closed) throw new TorchError('ERR_DISPOSED', `${this.#name}: the file was closed`);
    this.#users += 1;
    idle.delete(this);
    if (this.#handle !== undefined) return this.#handle;
    const path = this.#path as string;
    try {
      const handle = await attemptAsync(() => open(path, 'r'), path);
      // Another read may have opened it meanwhile, or it may have been closed.
      if (this.#handle === undefined && !this.#closed) this.#handle = handle;
      else await handle.close();
      this.checkUnchanged();
      return this.#handle as FileHandle;
    } catch (error) {
      this.#users -= 1;
      throw error;
    }
  }

  /** Marks the file as idle if no read is pending, and closes the oldest idle files if there are too many. */
  async #release(): Promise<void> {
    if (this.#path === undefined || this.#users > 0 || this.#handle === undefined) return;
    idle.add(this);
    for (const oldest of idle) {
      if (idle.size <= MAX_IDLE) break;
      idle.delete(oldest);
      const handle = oldest.#handle;
      oldest.#handle = undefined;
      await handle?.close();
    }
  }
}

/** Folders of temporary files to delete when the process exits. */
const folders = new Set<string>();

function deleteAtExit(folder: string): void {
  if (folders.size === 0) process.once('exit', deleteFolders);
  folders.add(folder);
}

function deleteFolders(): void {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
}

async function deleteFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  if (folders.delete(folder) && folders.size === 0) process.off('exit', deleteFolders);
}

/** Synchronous, since `fstat` of an open file takes less time than a trip to another thread. */
function stampOf(file: FileHandle | string, name: string): Stamp {
  try {
    const found = typeof file === 'string' ? statSync(file, { bigint: true }) : fstatSync(file.fd, { bigint: true });
    checkRegular(found, name);
    return { size: Number(found.size), mtime: found.mtimeNs };
  } catch (cause) {
    throw asReadError(cause, name);
  }
}

function checkRegular(found: { isFile(): boolean }, name: string): void {
  if (!found.isFile()) throw new TorchError('ERR_FILE_READ', `${name}: expected a regular file`);
}

/** Turns errors of the system into errors of ours. */
async function attemptAsync<T>(work: () => Promise<T>, name: string): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw asReadError(cause, name);
  }
}

/** An error of the system as one of ours. */
export function asReadError(cause: unknown, name: string): TorchError {
  return cause instanceof TorchError
    ? cause
    : new TorchError('ERR_FILE_READ', `${name}: ${fileProblem(cause)}`, { cause });
}
