import { resolve } from 'node:path';
import type { FileHandle } from 'node:fs/promises';
import { TorchError } from '../base/errors.js';
import type { SourceFile } from './source_file.js';
import { LocalStore } from './storage/local.js';
import type { Store } from './storage/store.js';

/** The length of the pieces of {@link DataFile.pieces}. */
const PIECE = 2 ** 18;
/** The bytes of parsed values that a file, or several together, may keep in memory to avoid a second pass. */
export const KEPT_BYTES = 2 ** 26;

/** A memory budget, which several files can share. */
export interface Allowance {
  bytes: number;
}

/** Options of {@link DataFile}. */
export interface FileOptions {
  /** How {@link Source.files} reports it. Default: by its name and the store's size. */
  readonly origin?: SourceFile;
  /** For one of several files that are read as one: their shared budget. */
  readonly allowance?: Allowance | undefined;
}

/** A file, read by position. Changes to it are detected. */
export class DataFile {
  readonly name: string;
  readonly size: number;
  /** The file that was named, before it was unpacked. */
  readonly origin: SourceFile;
  /** How many bytes of parsed values may still be kept in memory. */
  readonly allowance: Allowance;
  readonly #store: Store;
  #closed = false;

  constructor(name: string, store: Store, { origin, allowance }: FileOptions = {}) {
    this.name = name;
    this.#store = store;
    this.size = store.size;
    this.origin = origin ?? { path: name, bytes: store.size, modified: store.modified, etag: store.etag };
    this.allowance = allowance ?? { bytes: KEPT_BYTES };
  }

  /**
   * Opens a file.
   *
   * @param file - its path, or an open file, which the caller has to close
   * @param allowance - for one of several files: their shared budget. Its descriptor may then be closed while it is idle
   * @throws TorchError `ERR_FILE_READ` if it cannot be opened or is not a regular file
   */
  static async open(file: string | FileHandle, allowance?: Allowance): Promise<DataFile> {
    if (typeof file !== 'string') {
      const name = `file descriptor ${file.fd}`;
      return new DataFile(name, LocalStore.ofHandle(file, name));
    }
    const store = await LocalStore.open(file, allowance !== undefined);
    const origin = { path: resolve(file), bytes: store.size, modified: store.modified };
    return new DataFile(file, store, { origin, allowance });
  }

  /**
   * Copies a stream to a temporary file, which is deleted when it is closed.
   *
   * @param name - its name in errors
   */
  static async ofStream(name: string, pieces: AsyncIterable<Uint8Array>, options?: FileOptions): Promise<DataFile> {
    return new DataFile(name, await LocalStore.ofStream(name, pieces, options?.allowance !== undefined), options);
  }

  /** Fills `bytes` from a position. The file must be long enough. */
  read(bytes: Uint8Array, position: number): Promise<void> {
    return this.#store.read(bytes, position);
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
   * Checks that the file is unchanged since it was opened.
   *
   * @throws TorchError `ERR_FILE_CHANGED`
   */
  checkUnchanged(): void {
    this.checkOpen();
    this.#store.checkUnchanged();
  }

  /** @throws TorchError `ERR_DISPOSED` after {@link DataFile.close} */
  checkOpen(): void {
    if (this.#closed) throw new TorchError('ERR_DISPOSED', `${this.name}: the file was closed`);
  }

  /** Frees cached data. */
  release(): void {
    this.#store.release?.();
  }

  /** Closes the file, unless it is the caller's. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#store.close();
  }
}
