/** The only way of the program to its output: what is printed is shown, and never obeyed, by a terminal. */
import { randomUUID } from 'node:crypto';
import { printable, printableJson } from '../base/printable.js';

/** Marks that no text from outside can have. */
const KEY = randomUUID();
const [BOLD, PLAIN] = [`<${KEY}>`, `</${KEY}>`];

/** Text that a terminal shows in bold. */
export function bold(text: string): string {
  return `${BOLD}${text}${PLAIN}`;
}

/** Prints text to the standard output. */
export function print(text: string): void {
  console.log(shown(text));
}

/** Prints text to the standard error. */
export function printError(text: string): void {
  console.error(shown(text));
}

/** Prints a document of JSON, as {@link JSON.stringify} wrote it, to the standard output. */
export function printJson(json: string): void {
  console.log(printableJson(json));
}

/** Prints a patch: to a terminal like any text, and elsewhere as it is, so that it can be applied. */
export function printPatch(patch: string): void {
  process.stdout.write(process.stdout.isTTY ? shown(patch) : patch);
}

/** The text as it goes to a terminal. Tables have any length, so that it is looked at line by line. */
export function shown(text: string): string {
  const lines = text.split('\n').map((line) => printable(line));
  return lines.join('\n').replaceAll(BOLD, '\u001b[1m').replaceAll(PLAIN, '\u001b[22m');
}
