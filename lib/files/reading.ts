/**
 * Reading a format once for both forms of a call: a reader is a generator that says what it needs next, and what drives
 * it gets that at once or without blocking.
 */
import { closeSync, fstatSync, openSync, readSync, type Stats, statSync } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { promisify } from 'node:util';
import { inflateRaw, inflateRawSync } from 'node:zlib';
import { formatError, TorchError } from '../base/errors.js';

/** What a reader asks for. */
export type Step =
  /** Fill `into` from a position of the file. */
  | { readonly kind: 'read'; readonly into: Uint8Array; readonly position: number }
  /** Inflate bytes to `size` at most: the answer are the inflated ones. */
  | { readonly kind: 'inflate'; readonly packed: Uint8Array; readonly size: number }
  /** Let other work have its turn. */
  | { readonly kind: 'pause' };

/** A reader on its way to a `T`. */
export type Reading<T> = Generator<Step, T, Uint8Array>;

/** A file, as a reader knows it. */
export interface ReadFile {
  /** What errors call it. */
  readonly name: string;
  readonly size: number;
}

/** Reads bytes at a position. */
export function* bytesAt({ name, size }: ReadFile, position: number, length: number): Reading<Buffer> {
  if (position < 0 || length < 0 || position + length > size)
    throw formatError(name, `expected ${length} bytes at ${position} of ${size}: the file is cut off or damaged`);
  const into = Buffer.allocUnsafeSlow(length);
  yield { kind: 'read', into, position };
  return into;
}

/** The longest single read: the system takes no 2 GiB at once. */
const MAX_READ = 2 ** 28;

/** Reads a file at its path, or one that is in memory. */
export function readNow<T>(source: string | Uint8Array, read: (file: ReadFile) => Reading<T>): T {
  if (typeof source !== 'string') return drive(read({ name: 'buffer', size: source.length }), source);
  const path = source;
  const opened = attempt(path, () => {
    // Asked before it is opened: the opening of a pipe waits for its other end.
    checkRegular(statSync(path));
    return openSync(path, 'r');
  });
  try {
    const { size } = attempt(path, () => checkRegular(fstatSync(opened)));
    return drive(read({ name: path, size }), (into, position) =>
      attempt(path, () => {
        for (let done = 0; done < into.length; ) {
          const count = readSync(opened, into, done, Math.min(into.length - done, MAX_READ), position + done);
          if (count === 0) throw cutOff(path);
          done += count;
        }
      }),
    );
  } finally {
    closeSync(opened);
  }
}

type Fill = (into: Uint8Array, position: number) => void;

function drive<T>(reading: Reading<T>, source: Uint8Array | Fill): T {
  const fill: Fill =
    typeof source === 'function'
      ? source
      : (into, position) => into.set(source.subarray(position, position + into.length));
  let next = reading.next();
  while (next.done !== true) {
    const step = next.value;
    let answer: Uint8Array = NOTHING;
    if (step.kind === 'read') fill(step.into, step.position);
    if (step.kind === 'inflate') {
      try {
        answer = inflateRawSync(step.packed, { maxOutputLength: Math.max(step.size, 1) });
      } catch (cause) {
        next = reading.throw(cause);
        continue;
      }
    }
    next = reading.next(answer);
  }
  return next.value;
}

const NOTHING = new Uint8Array(0);
const inflate = promisify<Uint8Array, object, Uint8Array>(inflateRaw);

/** {@link readNow} without blocking. */
export async function readLater<T>(source: string | Uint8Array, read: (file: ReadFile) => Reading<T>): Promise<T> {
  if (typeof source !== 'string') {
    return driveLater(read({ name: 'buffer', size: source.length }), async (into, position) => {
      into.set(source.subarray(position, position + into.length));
    });
  }
  const path = source;
  const opened = await attemptLater(path, async () => {
    checkRegular(await stat(path));
    return open(path, 'r');
  });
  try {
    const { size } = await attemptLater(path, async () => checkRegular(await opened.stat()));
    return await driveLater(read({ name: path, size }), (into, position) =>
      attemptLater(path, async () => {
        for (let done = 0; done < into.length; ) {
          const length = Math.min(into.length - done, MAX_READ);
          const { bytesRead } = await opened.read(into, done, length, position + done);
          if (bytesRead === 0) throw cutOff(path);
          done += bytesRead;
        }
      }),
    );
  } finally {
    await opened.close();
  }
}

async function driveLater<T>(
  reading: Reading<T>,
  fill: (into: Uint8Array, position: number) => Promise<void>,
): Promise<T> {
  let next = reading.next();
  while (next.done !== true) {
    const step = next.value;
    let answer: Uint8Array = NOTHING;
    if (step.kind === 'read') await fill(step.into, step.position);
    if (step.kind === 'pause') await setImmediate();
    if (step.kind === 'inflate') {
      try {
        answer = await inflate(step.packed, { maxOutputLength: Math.max(step.size, 1) });
      } catch (cause) {
        next = reading.throw(cause);
        continue;
      }
    }
    next = reading.next(answer);
  }
  return next.value;
}

function checkRegular(found: Stats): Stats {
  if (!found.isFile()) throw new Error('expected a regular file');
  return found;
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
  return new TorchError('ERR_FILE_READ', `${path}: ${(cause as Error).message}`, { cause });
}
