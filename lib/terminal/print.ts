/** Writing results to standard output, where a failure must not go unnoticed. */
import { writeSync } from 'node:fs';
import { fileProblem, TorchError } from '../base/errors.js';

const STANDARD_OUTPUT = 1;
/** How long to wait for a pipe that is full. */
const WAIT_MILLISECONDS = 5;

/**
 * Writes a text and a line feed to standard output, and returns when it is written. A pipe whose reader has gone takes no
 * more, which is no error.
 *
 * @throws TorchError `ERR_FILE_WRITE` where it cannot be written, as on a full disk
 */
export function print(text: string): void {
  write(text);
}

/** {@link print} for a document of JSON. */
export function printJson(json: string): void {
  write(json);
}

/** Prints text to the standard error. */
export function printError(text: string): void {
  console.error(text);
}

function write(text: string): void {
  const bytes = Buffer.from(`${text}\n`);
  for (let done = 0; done < bytes.length; ) {
    try {
      done += writeSync(STANDARD_OUTPUT, bytes, done);
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      if (code === 'EPIPE') return;
      if (code !== 'EAGAIN')
        throw new TorchError('ERR_FILE_WRITE', `standard output: ${fileProblem(cause)}`, { cause });
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, WAIT_MILLISECONDS);
    }
  }
}
