/** Memory for what a file says it holds: it may say anything. */
import { freemem, totalmem } from 'node:os';
import { TorchError } from './errors.js';

/** Up to this nobody asks the system. */
const SMALL = 2 ** 26;

/**
 * Bytes for data, zeros.
 *
 * @param what - whose bytes they are, as the beginning of the error
 * @throws TorchError `ERR_OUT_OF_MEMORY` if they do not fit, before any of them is taken: the system promises more memory
 *   than it has, and ends the process that uses it
 */
export function allocate(bytes: number, what: string): Uint8Array<ArrayBuffer> {
  checkRoom(bytes, what);
  try {
    return new Uint8Array(bytes);
  } catch (cause) {
    throw noRoom(bytes, what, 'than an array can have', cause);
  }
}

/** Checks that so many bytes are free. */
export function checkRoom(bytes: number, what: string): void {
  if (bytes <= SMALL) return;
  const free = freeBytes();
  if (bytes > free) throw noRoom(bytes, what, `than the ${free} that are free`);
}

/** What can be had. macOS does not count what it would give back, so that only the whole says something there. */
function freeBytes(): number {
  if (process.platform === 'darwin') return totalmem();
  // Bun and Deno may not have it.
  return (process.availableMemory as (() => number) | undefined)?.() ?? freemem();
}

function noRoom(bytes: number, what: string, limit: string, cause?: unknown): TorchError {
  return new TorchError('ERR_OUT_OF_MEMORY', `${what}: ${bytes} bytes do not fit into memory: more ${limit}`, {
    cause,
  });
}
