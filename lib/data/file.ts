import { fstatSync } from 'node:fs';
import { type FileHandle, mkdtemp, open, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { formatError, TorchError, fileProblem } from '../base/errors.js';
import { isURL } from '../base/plain_object.js';

/** The longest single read: systems reject reads of 2 GiB or more. */
const MAX_READ = 2 ** 28;

/** The length of the pieces of {@link DataFile.pieces}. */
const PIECE = 2 ** 18;

/** What changes when a file is written to. */
interface Stamp {
  readonly size: number;
  readonly mtime: bigint;
}

/** A regular file, read by position. Changes to it are detected. */
export class DataFile {
  readonly name: string;
  readonly size: number;
  readonly #handle: FileHandle;
  readonly #owned: boolean;
  readonly #mtime: bigint;
  /** The folder of a temporary file. */
  #folder: string | undefined;
  #closed = false;

  private constructor(name: string, handle: FileHandle, owned: boolean, stamp: Stamp) {
    this.name = name;
    this.#handle = handle;
    this.#owned = owned;
    this.size = stamp.size;
    this.#mtime = stamp.mtime;
  }

  /**
   * Opens a file.
   *
   * @param file - its path or URL, or an open file, which the caller has to close
   * @throws TorchError `ERR_FILE_READ` if it cannot be opened or is not a regular file
   */
  static async open(file: string | URL | FileHandle): Promise<DataFile> {
    if (typeof file !== 'string' && !isURL(file)) {
      const name = `file descriptor ${file.fd}`;
      return new DataFile(name, file, false, stampOf(file, name));
    }
    const path = typeof file === 'string' ? file : fileURLToPath(file.href);
    // Checked before it is opened: opening a pipe waits for its other end.
    await attemptAsync(async () => checkRegular(await stat(path), path), path);
    const handle = await attemptAsync(() => open(path, 'r'), path);
    try {
      return new DataFile(path, handle, true, stampOf(handle, path));
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /**
   * Copies a stream to a temporary file, which is deleted when it is closed.
   *
   * @param name - its name in errors
   */
  static async ofStream(name: string, pieces: AsyncIterable<Uint8Array>): Promise<DataFile> {
    const folder = await attemptAsync(() => mkdtemp(join(tmpdir(), 'torchloss-')), name);
    const path = join(folder, 'data');
    const handle = await attemptAsync(() => open(path, 'wx+', 0o600), name);
    try {
      // Deleted at once, so that no failure leaves it behind. It stays readable while it is open; on Windows, its name stays, too.
      await rm(folder, { recursive: true, force: true }).catch(() => undefined);
      for await (const piece of pieces) {
        for (let done = 0; done < piece.length; )
          done += (await attemptAsync(() => handle.write(piece, done), name)).bytesWritten;
      }
      const file = new DataFile(name, handle, true, stampOf(handle, name));
      file.#folder = folder;
      return file;
    } catch (error) {
      await handle.close();
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** The file descriptor. */
  get fd(): number {
    return this.#handle.fd;
  }

  /** Fills `bytes` from a position. The file must be long enough. */
  async read(bytes: Uint8Array, position: number): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      const length = Math.min(bytes.length - done, MAX_READ);
      const { bytesRead } = await attemptAsync(
        () => this.#handle.read(bytes, done, length, position + done),
        this.name,
      );
      if (bytesRead === 0) {
        this.checkUnchanged();
        throw formatError(this.name, `expected ${bytes.length} bytes at ${position}, got ${done}`);
      }
      done += bytesRead;
    }
  }

  /** Reads `length` bytes at a position into a new buffer. */
  async bytes(position: number, length: number): Promise<Buffer> {
    const bytes = Buffer.allocUnsafeSlow(length);
    await this.read(bytes, position);
    return bytes;
  }

  /** Reads a range in pieces. */
  async *pieces(start = 0, end = this.size): AsyncGenerator<Buffer> {
    for (let position = start; position < end; position += PIECE)
      yield await this.bytes(position, Math.min(PIECE, end - position));
  }

  /**
   * Checks that the size and the modification time are those of when the file was opened. It does not matter whether the
   * file was replaced under its name: the open one stays as it was.
   *
   * @throws TorchError `ERR_FILE_CHANGED`
   */
  checkUnchanged(): void {
    this.checkOpen();
    const { size, mtime } = stampOf(this.#handle, this.name);
    if (size === this.size && mtime === this.#mtime) return;
    const what = size === this.size ? 'was written to' : `changed from ${this.size} to ${size} bytes`;
    throw new TorchError('ERR_FILE_CHANGED', `${this.name}: the file ${what} while it was read`);
  }

  /** @throws TorchError `ERR_DISPOSED` after {@link DataFile.close} */
  checkOpen(): void {
    if (this.#closed) throw new TorchError('ERR_DISPOSED', `${this.name}: the file was closed`);
  }

  /** Closes the file, unless it is the caller's. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#owned) await this.#handle.close();
    if (this.#folder !== undefined) await rm(this.#folder, { recursive: true, force: true });
  }
}

/** Synchronous, since `fstat` of an open file takes less time than a trip to another thread. */
function stampOf(handle: FileHandle, name: string): Stamp {
  const found = attempt(() => fstatSync(handle.fd, { bigint: true }), name);
  checkRegular(found, name);
  return { size: Number(found.size), mtime: found.mtimeNs };
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

function attempt<T>(work: () => T, name: string): T {
  try {
    return work();
  } catch (cause) {
    throw asReadError(cause, name);
  }
}

function asReadError(cause: unknown, name: string): TorchError {
  return cause instanceof TorchError
    ? cause
    : new TorchError('ERR_FILE_READ', `${name}: ${fileProblem(cause)}`, { cause });
}
