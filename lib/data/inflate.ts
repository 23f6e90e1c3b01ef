import { allocate } from '../base/room.js';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32, createInflateRaw } from 'node:zlib';
import { formatError, TorchError } from '../base/errors.js';
import type { DataFile } from './file.js';
import { Turns } from './source.js';

/** The size of the blocks that are inflated at once. */
const BLOCK = 2 ** 18;

/** Deflated bytes in a file, and what they must inflate to. */
interface Deflated {
  readonly start: number;
  readonly end: number;
  /** The inflated size. */
  readonly size: number;
  readonly crc32: number;
}

/** Deflated bytes in a file, read in one pass forwards. Going back starts over. */
export class Inflated {
  readonly size: number;
  readonly #file: DataFile;
  readonly #name: string;
  readonly #deflated: Deflated;
  readonly #turns = new Turns();
  #blocks: AsyncIterator<Buffer> | undefined;
  /** The rest of the last block, and its position. */
  #rest: Buffer = Buffer.alloc(0);
  #position = 0;
  #checksum = 0;

  constructor(file: DataFile, name: string, deflated: Deflated) {
    this.#file = file;
    this.#name = name;
    this.#deflated = deflated;
    this.size = deflated.size;
  }

  async bytes(position: number, length: number): Promise<Uint8Array> {
    const bytes = allocate(length, this.#name);
    await this.read(bytes, position);
    return bytes;
  }

  /** Fills `bytes` from a position. The checksum is checked when the end is reached. */
  read(bytes: Uint8Array, position: number): Promise<void> {
    return this.#turns.take(async () => {
      try {
        await this.#fill(bytes, position);
      } catch (error) {
        await this.close();
        throw error;
      }
    });
  }

  /** Drops the position: the next read starts over. */
  release(): void {
    void this.#turns.take(() => this.close());
  }

  async close(): Promise<void> {
    await this.#blocks?.return?.();
    this.#blocks = undefined;
  }

  async #fill(bytes: Uint8Array, position: number): Promise<void> {
    if (this.#blocks === undefined || position < this.#position) await this.#begin();
    while (this.#position < position) await this.#take(position - this.#position);
    for (let done = 0; done < bytes.length; ) {
      const part = await this.#take(bytes.length - done);
      bytes.set(part, done);
      done += part.length;
    }
    if (this.#position === this.size) await this.#checkEnd();
  }

  async #begin(): Promise<void> {
    await this.close();
    const { start, end } = this.#deflated;
    const inflate = createInflateRaw({ chunkSize: BLOCK });
    // The iterator throws the errors; the promise only must not be unhandled.
    pipeline(Readable.from(this.#file.pieces(start, end)), inflate).catch(() => undefined);
    this.#blocks = inflate[Symbol.asyncIterator]();
    this.#rest = Buffer.alloc(0);
    this.#position = 0;
    this.#checksum = 0;
  }

  /** Takes from 1 to `most` bytes. */
  async #take(most: number): Promise<Buffer> {
    if (this.#rest.length === 0) this.#rest = await this.#next();
    if (this.#rest.length === 0)
      throw formatError(this.#name, `expected ${this.size} bytes, got ${this.#position} from the compressed data`);
    const part = this.#rest.subarray(0, most);
    this.#rest = this.#rest.subarray(part.length);
    this.#position += part.length;
    return part;
  }

  /** The next block; empty at the end. */
  async #next(): Promise<Buffer> {
    try {
      const { value, done } = await (this.#blocks as AsyncIterator<Buffer>).next();
      if (done) return Buffer.alloc(0);
      this.#checksum = crc32(value, this.#checksum);
      return value;
    } catch (cause) {
      if (cause instanceof TorchError) throw cause;
      throw formatError(this.#name, `the compressed data are damaged: ${(cause as Error).message}`, cause);
    }
  }

  async #checkEnd(): Promise<void> {
    if (this.#rest.length === 0) this.#rest = await this.#next();
    if (this.#rest.length > 0)
      throw formatError(this.#name, `expected ${this.size} bytes, got more from the compressed data`);
    const expected = this.#deflated.crc32;
    if (this.#checksum !== expected)
      throw formatError(this.#name, `expected the checksum ${expected}, got ${this.#checksum}`);
  }
}
