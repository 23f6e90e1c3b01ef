/** All output of the program. A terminal shows whatever is printed and never obeys it. */
import { randomUUID } from 'node:crypto';
import { writeSync } from 'node:fs';
import { fileProblem, TorchError } from '../base/errors.js';
import { printable, printableJson } from '../base/printable.js';

/** Marks that no outside text can contain. */
const KEY = randomUUID();
const [BOLD, PLAIN] = [`<${KEY}>`, `</${KEY}>`];

/** Text that a terminal shows in bold. */
export function bold(text: string): string {
  return `${BOLD}${text}${PLAIN}`;
}

/**
 * Prints text to standard output and returns once it is written.
 *
 * @throws TorchError `ERR_FILE_WRITE` if it cannot be written, for instance on a full disk
 */
export function print(text: string): void {
  write(`${shown(text)}\n`);
}

/** Prints text to standard error. */
export function printError(text: string): void {
  console.error(shown(text));
}

/** Prints a JSON document, as written by {@link JSON.stringify}, to standard output. */
export function printJson(json: string): void {
  write(`${printableJson(json)}\n`);
}

/** Prints a patch: to a terminal like other text, elsewhere unchanged so that it can be applied. */
export function printPatch(patch: string): void {
  write(process.stdout.isTTY ? shown(patch) : patch);
}

const STANDARD_OUTPUT = 1;
/** How long to wait before writing to a full pipe again. */
const WAIT_MILLISECONDS = 5;

/** Writes to standard output. A closed pipe is not an error. */
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

/** The text as a terminal gets it. Handled line by line, since tables may be long. */
export function shown(text: string): string {
  const lines = text.split('\n').map((line) => printable(line));
  return lines.join('\n').replaceAll(BOLD, '\u001b[1m').replaceAll(PLAIN, '\u001b[22m');
}
