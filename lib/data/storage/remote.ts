/** Files on servers, read by ranges. */
import { setTimeout as wait } from 'node:timers/promises';
import { formatError, TorchError } from '../../base/errors.js';
import { LocalStore } from './local.js';
import type { Store } from './store.js';

/** A server's answer to a request for a range of a file. */
export interface Answer {
  /** The position of the first byte of the body. */
  readonly start: number;
  /** The size of the file; `undefined` if it is unknown, and the body is the whole file. */
  readonly size: number | undefined;
  /** Whether the server ignored the range, and the body is the whole file. */
  readonly isWhole: boolean;
  readonly etag: string | undefined;
  readonly modified: number | undefined;
  readonly body: AsyncIterable<Uint8Array>;
}

/** The answer for an empty file, of which no range can be requested. */
export function emptyFile(version: Pick<Answer, 'etag' | 'modified'>): Answer {
  return { ...version, start: 0, size: 0, isWhole: false, body: nothing() };
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

/** A range of bytes, from `start` up to but not including `end`. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** A file on a server. */
export interface Remote {
  /** Its name in errors, without secrets. */
  readonly name: string;
  /**
   * Requests a range.
   *
   * @param etag - the answer must be of this version of the file
   * @throws Interrupted if trying again may help, TorchError otherwise
   */
  get(range: Range, etag: string | undefined, signal: AbortSignal): Promise<Answer>;
}

/** A failure after which it is worth trying again. */
export class Interrupted extends Error {
  /** How long the server asks to wait, in milliseconds. */
  readonly delay: number | undefined;

  constructor(message: string, delay?: number, cause?: unknown) {
    super(message, { cause });
    this.delay = delay;
  }
}

/** The bytes that are requested at once, at least, and kept together. */
const BLOCK = 2 ** 21;
/** The blocks that are kept. */
const MAX_BLOCKS = 8;
/** The number of attempts without progress. */
const ATTEMPTS = 5;
/** An attempt that received this many bytes made progress. */
const PROGRESS = 2 ** 16;
/** The pause before the second attempt, in milliseconds. It doubles with each attempt; up to half of it is added at random. */
const FIRST_PAUSE = 200;
/** The longest pause, whatever the server asks for. */
const MAX_PAUSE = 30_000;
/** A connection that is silent for this long is aborted. */
const MAX_SILENCE = 30_000;

/** The version of a file, by the first answer. */
interface Version {
  readonly size: number;
  readonly etag: string | undefined;
  readonly modified: number | undefined;
}

/**
 * Opens a file on a server and reads it by ranges. If the server does not support ranges, the whole file is copied to a
 * temporary file.
 *
 * @param isOneOfMany - as for {@link LocalStore.open}
 * @throws TorchError `ERR_FILE_READ` if the server refuses the request, or every attempt fails
 */
export async function openRemote(remote: Remote, isOneOfMany = false): Promise<Store> {
  const closing = new AbortController();
  const first = await attempts(remote.name, async () => {
    const request = new Request(closing.signal);
    const answer = await request.run(() => remote.get({ start: 0, end: BLOCK }, undefined, request.signal));
    if (answer.isWhole) return { store: await copyWhole(remote.name, answer, request, isOneOfMany) };
    const { size, etag, modified } = answer;
    if (answer.start !== 0 || size === undefined) throw wrongRange(remote.name, 0, answer);
    // If the connection breaks, the store continues from here.
    const bytes = Buffer.allocUnsafeSlow(Math.min(size, BLOCK));
    const done = await collect(answer, request, bytes, 0, remote.name);
    return { version: { size, etag, modified }, bytes, done };
  });
  if (first.store !== undefined) return first.store;
  const store = new RemoteStore(remote, first.version, closing);
  await store.begin(first.bytes, first.done);
  return store;
}

/** A request that is aborted after a silence, or when the file is closed. */
class Request {
  readonly #silence = new AbortController();
  readonly signal: AbortSignal;

  constructor(closing: AbortSignal) {
    this.signal = AbortSignal.any([closing, this.#silence.signal]);
  }

  /** Waits for the server, but not longer than {@link MAX_SILENCE}. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    const timer = setTimeout(() => this.#silence.abort(), MAX_SILENCE);
    try {
      return await work();
    } catch (cause) {
      if (this.#silence.signal.aborted) throw new Interrupted(`the server sent nothing for ${MAX_SILENCE / 1000} s`);
      throw cause;
    } finally {
      clearTimeout(timer);
    }
  }

  /** The pieces of a body. */
  async *pieces(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    const pieces = body[Symbol.asyncIterator]();
    try {
      for (;;) {
        const next = await this.run(() => pieces.next());
        if (next.done === true) return;
        yield next.value;
      }
    } catch (cause) {
      if (cause instanceof Interrupted || cause instanceof TorchError) throw cause;
      throw new Interrupted(`the connection broke: ${reasonOf(cause)}`, undefined, cause);
    } finally {
      // Frees the connection if the body was not read to its end.
      this.#silence.abort();
    }
  }
}

/** Copies a whole file to a temporary one. */
async function copyWhole(
  name: string,
  { body, size }: Answer,
  request: Request,
  isOneOfMany: boolean,
): Promise<LocalStore> {
  const store = await LocalStore.ofStream(name, request.pieces(body), isOneOfMany);
  if (size === undefined || store.size === size) return store;
  await store.close();
  throw new Interrupted(`the connection broke after ${store.size} of ${size} bytes`);
}

/** Fills `bytes` with the body and returns the position reached: the end, unless the connection breaks. */
async function collect(
  { body }: Answer,
  request: Request,
  bytes: Uint8Array,
  start: number,
  name: string,
): Promise<number> {
  let done = start;
  try {
    for await (const piece of request.pieces(body)) {
      if (done + piece.length > bytes.length)
        throw new TorchError('ERR_FILE_READ', `${name}: the server sent more bytes than were asked for`);
      bytes.set(piece, done);
      done += piece.length;
    }
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
  }
  return done;
}

/** Repeats `work` until it succeeds or has failed too often. */
async function attempts<T>(name: string, work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (cause) {
      if (!(cause instanceof Interrupted)) throw cause;
      await pauseAfter(cause, attempt, name);
    }
  }
}

/** Waits before the next attempt, or throws after the last one. */
async function pauseAfter({ message, delay, cause }: Interrupted, attempt: number, name: string): Promise<void> {
  if (attempt >= ATTEMPTS)
    throw new TorchError('ERR_FILE_READ', `${name}: ${message}, ${ATTEMPTS} times in a row`, { cause });
  const own = FIRST_PAUSE * 2 ** (attempt - 1) * (1 + Math.random() / 2);
  await wait(Math.min(MAX_PAUSE, Math.max(own, delay ?? 0)));
}

class RemoteStore implements Store {
  readonly size: number;
  readonly modified: number | undefined;
  readonly etag: string | undefined;
  readonly #remote: Remote;
  readonly #closing: AbortController;
  /** Recently used and requested blocks, the latest at the end. */
  readonly #blocks = new Map<number, Promise<Buffer>>();
  /** The block that was read last. */
  #last = -1;

  constructor(remote: Remote, { size, etag, modified }: Version, closing: AbortController) {
    this.#remote = remote;
    this.size = size;
    this.modified = modified;
    this.etag = etag;
    this.#closing = closing;
  }

  /** Completes and keeps the first block, of which `done` bytes were received. */
  async begin(bytes: Buffer, done: number): Promise<void> {
    await this.#fetch(bytes, 0, done);
    this.#keep(0, Promise.resolve(bytes));
  }

  async read(bytes: Uint8Array, position: number): Promise<void> {
    const { name } = this.#remote;
    const end = position + bytes.length;
    if (end > this.size)
      throw formatError(
        name,
        `expected ${bytes.length} bytes at ${position}, got ${Math.max(0, this.size - position)}`,
      );
    for (let at = position; at < end; ) {
      const block = Math.floor(at / BLOCK);
      // Whole blocks are read directly into the target and not kept.
      let length = this.#unknownFrom(block, at, end);
      if (length > 0) await this.#fetch(bytes.subarray(at - position, at - position + length), at, 0);
      else {
        const known = this.#block(block);
        // In sequential reading, the next block is requested in advance.
        if (block === this.#last + 1 && (block + 1) * BLOCK < this.size) void this.#block(block + 1);
        this.#last = block;
        const from = at - block * BLOCK;
        const part = (await known).subarray(from, from + end - at);
        bytes.set(part, at - position);
        length = part.length;
      }
      at += length;
    }
  }

  /** Returns a block from memory or the server. */
  #block(block: number): Promise<Buffer> {
    const known = this.#blocks.get(block);
    if (known !== undefined) {
      this.#keep(block, known);
      return known;
    }
    const start = block * BLOCK;
    const bytes = Buffer.allocUnsafeSlow(Math.min(BLOCK, this.size - start));
    const fetched = this.#fetch(bytes, start, 0).then(() => bytes);
    fetched.catch(() => this.#blocks.delete(block));
    this.#keep(block, fetched);
    return fetched;
  }

  /** The bytes from `at` to `end` that are whole blocks not in memory. */
  #unknownFrom(first: number, at: number, end: number): number {
    if (at !== first * BLOCK) return 0;
    let block = first;
    while ((block + 1) * BLOCK <= end && !this.#blocks.has(block)) block += 1;
    return (block - first) * BLOCK;
  }

  #keep(block: number, bytes: Promise<Buffer>): void {
    this.#blocks.delete(block);
    this.#blocks.set(block, bytes);
    for (const oldest of this.#blocks.keys()) {
      if (this.#blocks.size <= MAX_BLOCKS) break;
      this.#blocks.delete(oldest);
    }
  }

  /** Fills `bytes` from a position. After a broken connection it continues where that ended. */
  async #fetch(bytes: Uint8Array, position: number, start: number): Promise<void> {
    const { name } = this.#remote;
    let [done, attempt] = [start, 0];
    while (done < bytes.length) {
      const before = done;
      let failure = new Interrupted('the connection broke');
      try {
        const request = new Request(this.#closing.signal);
        const range = { start: position + done, end: position + bytes.length };
        const answer = await request.run(() => this.#remote.get(range, this.etag, request.signal));
        this.#check(answer, range.start);
        done = await collect(answer, request, bytes, done, name);
      } catch (error) {
        this.#checkOpen();
        if (!(error instanceof Interrupted)) throw error;
        failure = error;
      }
      this.#checkOpen();
      if (done === bytes.length) return;
      attempt = done - before >= PROGRESS ? 1 : attempt + 1;
      await pauseAfter(failure, attempt, name);
    }
  }

  #check(answer: Answer, start: number): void {
    const { name } = this.#remote;
    const { etag, modified, size } = answer;
    const isOther = etag !== this.etag || (etag === undefined && modified !== this.modified);
    if (isOther || size !== this.size) throw changed(name);
    if (answer.isWhole || answer.start !== start) throw wrongRange(name, start, answer);
  }

  #checkOpen(): void {
    if (this.#closing.signal.aborted) throw new TorchError('ERR_DISPOSED', `${this.#remote.name}: the file was closed`);
  }

  /** Changes are detected when an answer arrives. */
  checkUnchanged(): void {
    this.#checkOpen();
  }

  release(): void {
    this.#blocks.clear();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#blocks.clear();
  }
}

/** The error for a file that has changed. */
export function changed(name: string): TorchError {
  return new TorchError('ERR_FILE_CHANGED', `${name}: the file changed on the server while it was read`);
}

function wrongRange(name: string, expected: number, { isWhole, start }: Answer): TorchError {
  const got = isWhole ? 'the whole file' : `bytes from ${start} on`;
  return new TorchError('ERR_FILE_READ', `${name}: asked for bytes from ${expected} on, the server sent ${got}`);
}

/** Why a connection failed, without URLs. */
export function reasonOf(cause: unknown): string {
  const { code, message, cause: deeper } = cause as { code?: unknown; message?: unknown; cause?: unknown };
  if (deeper !== undefined && deeper !== null) return reasonOf(deeper);
  return typeof code === 'string' ? code : String(message);
}
