/** The buffers of a record batch, read by ranges or decompressed whole. */
import * as zlib from 'node:zlib';
import { formatError } from '../../base/errors.js';
import type { DataFile } from '../file.js';
import { decodeLz4Frame } from '../lz4.js';
import { loadPeer } from '../optional_package.js';
import type { BatchHeader, Located } from './messages.js';

/** The codecs of Arrow's format. */
const CODECS = ['LZ4', 'ZSTD'] as const;
/** A compressed buffer starts with its uncompressed size, or -1 if it is not compressed. */
const SIZE_BYTES = 8;
/** The largest buffer that is decompressed, since all of it is in memory. */
const MAX_BUFFER = 2 ** 28;

/** Node's decoder, from version 22.15 on. */
const { zstdDecompressSync } = zlib as {
  zstdDecompressSync?: (bytes: Uint8Array, options: { maxOutputLength: number }) => Buffer;
};

/** The buffers of a record batch or a dictionary. */
export class BatchBuffers {
  readonly header: BatchHeader;
  readonly #file: DataFile;
  readonly #where: string;
  readonly #body: number;
  readonly #bodyLength: number;
  /** The decompressed buffers. */
  readonly #whole = new Map<number, Buffer>();

  /** @param header - the header of the batch within the message */
  constructor(file: DataFile, where: string, { message, body }: Located, header: BatchHeader) {
    this.#file = file;
    this.#where = where;
    this.header = header;
    this.#body = body;
    this.#bodyLength = message.bodyLength;
  }

  /** Whether a buffer is empty, as the validity buffer is if no value is missing. */
  isEmpty(index: number): boolean {
    return (this.header.buffers[index]?.length ?? 0) === 0;
  }

  /** Reads bytes of a buffer. */
  async bytes(index: number, start: number, length: number): Promise<Buffer> {
    if (length === 0) return Buffer.alloc(0);
    if (this.header.compression === null) {
      const { offset, length: size } = this.#region(index);
      if (start + length > size) throw this.#tooShort(start + length, size, offset);
      return this.#file.bytes(this.#body + offset + start, length);
    }
    const whole = await this.#decompress(index);
    if (start + length > whole.length) throw this.#tooShort(start + length, whole.length, 0);
    // Copied, since the caller may need aligned numbers.
    const bytes = Buffer.allocUnsafeSlow(length);
    whole.copy(bytes, 0, start, start + length);
    return bytes;
  }

  #region(index: number): { offset: number; length: number } {
    const { offset, length } = this.header.buffers[index] ?? { offset: 0, length: -1 };
    if (!Number.isSafeInteger(offset) || offset < 0 || length < 0 || offset + length > this.#bodyLength)
      throw this.#tooShort('some', length, offset);
    return { offset, length };
  }

  async #decompress(index: number): Promise<Buffer> {
    const known = this.#whole.get(index);
    if (known !== undefined) return known;
    const { offset, length } = this.#region(index);
    if (length < SIZE_BYTES) throw this.#tooShort(SIZE_BYTES, length, offset);
    if (length > MAX_BUFFER) throw this.#tooLarge(length);
    const packed = await this.#file.bytes(this.#body + offset, length);
    const size = Number(packed.readBigInt64LE(0));
    const content = packed.subarray(SIZE_BYTES);
    if (size > MAX_BUFFER) throw this.#tooLarge(size);
    if (size < -1) throw formatError(this.#where, `a buffer has a size of ${size} bytes`);
    const whole = size === -1 ? content : await this.#decode(content, size);
    this.#whole.set(index, whole);
    return whole;
  }

  async #decode(content: Buffer, size: number): Promise<Buffer> {
    const codec = CODECS[this.header.compression?.type ?? -1];
    if (codec === undefined) throw formatError(this.#where, 'unknown compression');
    try {
      if (codec === 'LZ4') return decodeLz4Frame(content, size);
      const output = await unpackZstd(content, size);
      if (output.length !== size) throw new RangeError(`expected ${size} bytes, got ${output.length}`);
      return output;
    } catch (cause) {
      if ((cause as { code?: string }).code === 'ERR_MISSING_PACKAGE') throw cause;
      throw formatError(this.#where, `the compressed data are damaged: ${(cause as Error).message}`, cause);
    }
  }

  #tooShort(expected: number | string, got: number, offset: number): Error {
    return formatError(this.#where, `expected ${expected} bytes in a record batch, got ${got} at ${offset}`);
  }

  #tooLarge(size: number): Error {
    const most = `compressed buffers of at most ${MAX_BUFFER} bytes`;
    return formatError(this.#where, `expected ${most}, got one of ${size}: write it in smaller record batches`);
  }
}

async function unpackZstd(content: Buffer, size: number): Promise<Buffer> {
  if (zstdDecompressSync !== undefined) return zstdDecompressSync(content, { maxOutputLength: Math.max(size, 1) });
  const load = () => import('hyparquet-compressors');
  const { decompressZstd } = await loadPeer(load, 'hyparquet-compressors', 'Reading Arrow files compressed by ZSTD');
  const output = decompressZstd(content, new Uint8Array(size));
  return Buffer.from(output.buffer, output.byteOffset, output.length);
}
