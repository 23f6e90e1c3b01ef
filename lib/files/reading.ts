/**
 * Reads a format with one code for both forms of a call: a reader is a generator that says what it needs next, and its
 * driver provides that synchronously or without blocking.
 */
import {
  close,
  closeSync,
  fstat,
  fstatSync,
  open,
  openSync,
  read,
  readSync,
  type Stats,
  stat,
  statSync,
} from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { promisify } from 'node:util';
import { inflateRaw, inflateRawSync } from 'node:zlib';
import { fileProblem, formatError, TorchError } from '../base/errors.js';

/** A request of a reader. */
export type Step =
  /** Fill `into` from a position of the file. */
  | { readonly kind: 'read'; readonly into: Uint8Array; readonly position: number }
  /** Inflate bytes to `size` at most; the answer is the inflated bytes. */
  | { readonly kind: 'inflate'; readonly packed: Uint8Array; readonly size: number }
  /** Let other work run. */
  | { readonly kind: 'pause' };

/** A reader that results in a `T`. */
export type Reading<T> = Generator<Step, T, Uint8Array>;

/** A file, as a reader knows it. */
export interface ReadFile {
  /** Its name in errors. */
  readonly name: string;
  readonly size: number;
}

/** Reads bytes at a position. */
export function* bytesAt({ name, size }: ReadFile, position: number, length: number): Reading<Buffer> {
  if (position < 0 || length < 0 || position + length > size)
    throw formatError(name, `expected ${length} bytes at ${position} of ${size}: the file is truncated or damaged`);
  const into = Buffer.allocUnsafeSlow(length);
  yield { kind: 'read', into, position };
  return into;
}

/** The longest single read: the system does not read 2 GiB at once. */
const MAX_READ = 2 ** 28;

const NOTHING = new Uint8Array(0);
const openLater = promisify(open);
const statLater = promisify(stat);
const fstatLater = promisify(fstat);
const readBytesLater = promisify(read);
const closeLater = promisify(close);
const inflateLater = promisify<Uint8Array, object, Uint8Array>(inflateRaw);

/** A file that is open or in memory, which runs readers. */
export class OpenFile {
  readonly file: ReadFile;
  readonly #source: number | Uint8Array;
  #closed = false;

  private constructor(name: string, size: number, source: number | Uint8Array) {
    this.file = { name, size };
    this.#source = source;
  }

  /**
   * Opens a file.
   *
   * @throws TorchError `ERR_FILE_READ` if the system cannot open it or it is not a regular file
   */
  static open(source: string | Uint8Array): OpenFile {
    if (typeof source !== 'string') return new OpenFile('buffer', source.length, source);
    return attempt(source, () => {
      // Checked before it is opened: opening a pipe would wait for its other end.
      checkRegular(statSync(source));
      const descriptor = openSync(source, 'r');
      return new OpenFile(source, fstatSync(descriptor).size, descriptor);
    });
  }

  /** {@link OpenFile.open} without blocking. */
  static async openAsync(source: string | Uint8Array): Promise<OpenFile> {
    if (typeof source !== 'string') return OpenFile.open(source);
    return attemptLater(source, async () => {
      checkRegular(await statLater(source));
      const descriptor = await openLater(source, 'r');
      return new OpenFile(source, (await fstatLater(descriptor)).size, descriptor);
    });
  }

  /** Runs a reader. */
  run<T>(read: (file: ReadFile) => Reading<T>): T {
    this.#checkOpen();
    const reading = read(this.file);
    let next = reading.next();
    while (next.done !== true) {
      const step = next.value;
      try {
        next = reading.next(this.#answer(step));
      } catch (error) {
        if (!(error instanceof Failed)) throw error;
        next = reading.throw(error.cause);
      }
    }
    return next.value;
  }

  #answer(step: Step): Uint8Array {
    if (step.kind === 'read') this.#fill(step.into, step.position);
    if (step.kind !== 'inflate') return NOTHING;
    try {
      return inflateRawSync(step.packed, { maxOutputLength: Math.max(step.size, 1) });
    } catch (cause) {
      throw new Failed(cause);
    }
  }

  #fill(into: Uint8Array, position: number): void {
    const source = this.#source;
    if (typeof source !== 'number') {
      into.set(source.subarray(position, position + into.length));
      return;
    }
    attempt(this.file.name, () => {
      for (let done = 0; done < into.length; ) {
        const count = readSync(source, into, done, Math.min(into.length - done, MAX_READ), position + done);
        if (count === 0) throw cutOff(this.file.name);
        done += count;
      }
    });
  }

  /** Runs a reader without blocking. */
  async runAsync<T>(read: (file: ReadFile) => Reading<T>): Promise<T> {
    this.#checkOpen();
    const reading = read(this.file);
    let next = reading.next();
    while (next.done !== true) {
      const step = next.value;
      let answer: Uint8Array = NOTHING;
      if (step.kind === 'read') await this.#fillLater(step.into, step.position);
      if (step.kind === 'pause') await setImmediate();
      if (step.kind === 'inflate') {
        try {
          answer = await inflateLater(step.packed, { maxOutputLength: Math.max(step.size, 1) });
        } catch (cause) {
          next = reading.throw(cause);
          continue;
        }
      }
      next = reading.next(answer);
    }
    return next.value;
  }

  async #fillLater(into: Uint8Array, position: number): Promise<void> {
    const source = this.#source;
    if (typeof source !== 'number') {
      this.#fill(into, position);
      return;
    }
    await attemptLater(this.file.name, async () => {
      for (let done = 0; done < into.length; ) {
        const length = Math.min(into.length - done, MAX_READ);
        const { bytesRead } = await readBytesLater(source, into, done, length, position + done);
        if (bytesRead === 0) throw cutOff(this.file.name);
        done += bytesRead;
      }
    });
  }

  #checkOpen(): void {
    if (this.#closed) throw new TorchError('ERR_DISPOSED', `${this.file.name}: the file was closed`);
  }

  /** Closes the file; a second call does nothing. */
  close(): void {
    if (!this.#closed && typeof this.#source === 'number') closeSync(this.#source);
    this.#closed = true;
  }

  /** {@link close} without blocking. */
  async closeAsync(): Promise<void> {
    const wasOpen = !this.#closed;
    this.#closed = true;
    if (wasOpen && typeof this.#source === 'number') await closeLater(this.#source);
  }
}

/** The failure of a step that its reader is told of. */
class Failed extends Error {
  constructor(cause: unknown) {
    super('a step failed', { cause });
  }
}

/** Reads a file by its path, or one in memory. */
export function readNow<T>(source: string | Uint8Array, read: (file: ReadFile) => Reading<T>): T {
  const opened = OpenFile.open(source);
  try {
    return opened.run(read);
  } finally {
    opened.close();
  }
}

/** {@link readNow} without blocking. */
export async function readLater<T>(source: string | Uint8Array, read: (file: ReadFile) => Reading<T>): Promise<T> {
  const opened = await OpenFile.openAsync(source);
  try {
    return await opened.runAsync(read);
  } finally {
    await opened.closeAsync();
  }
}

function checkRegular(found: Stats): void {
  if (!found.isFile()) throw new Error('expected a regular file');
}

function cutOff(path: string): TorchError {
  return new TorchError('ERR_FILE_CHANGED', `${path}: the file became shorter while it was read`);
}

function attempt<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw readError(path, cause);
  }
}

async function attemptLater<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw readError(path, cause);
  }
}

function readError(path: string, cause: unknown): TorchError {
  if (cause instanceof TorchError) return cause;
  return new TorchError('ERR_FILE_READ', `${path}: ${fileProblem(cause)}`, { cause });
}
