/** The only way of the program to its output: what is printed is shown, and never obeyed, by a terminal. */
import { randomUUID } from 'node:crypto';
import { writeSync } from 'node:fs';
import { fileProblem, TorchError } from '../base/errors.js';
import { printable, printableJson } from '../base/printable.js';

/** Marks that no text from outside can have. */
const KEY = randomUUID();
const [BOLD, PLAIN] = [`<${KEY}>`, `</${KEY}>`];

/** Text that a terminal shows in bold. */
export function bold(text: string): string {
  return `${BOLD}${text}${PLAIN}`;
}

/**
 * Prints text to the standard output, and returns when it is written.
 *
 * @throws TorchError `ERR_FILE_WRITE` where it cannot be written, as on a full disk
 */
export function print(text: string): void {
  write(`${shown(text)}\n`);
}

/** Prints text to the standard error. */
export function printError(text: string): void {
  console.error(shown(text));
}

/** Prints a document of JSON, as {@link JSON.stringify} wrote it, to the standard output. */
export function printJson(json: string): void {
  write(`${printableJson(json)}\n`);
}

/** Prints a patch: to a terminal like any text, and elsewhere as it is, so that it can be applied. */
export function printPatch(patch: string): void {
  write(process.stdout.isTTY ? shown(patch) : patch);
}

const STANDARD_OUTPUT = 1;
/** How long to wait for a pipe that is full. */
const WAIT_MILLISECONDS = 5;

/** Writes to the standard output. A pipe whose reader has gone takes no more, which is no error. */
function write(text: string): void {
  const bytes = Buffer.from(text);
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

/** The text as it goes to a terminal. Tables have any length, so that it is looked at line by line. */
export function shown(text: string): string {
  const lines = text.split('\n').map((line) => printable(line));
  return lines.join('\n').replaceAll(BOLD, '\u001b[1m').replaceAll(PLAIN, '\u001b[22m');
}
