/** Checks for the code blocks of the documentation (see snippets.test.ts). */
import { deepStrictEqual } from 'node:assert';
import { inspect } from 'node:util';

const printed: string[] = [];

/** Compares a value, as Node prints it, with the block's text; `...` stands for any digits. */
export function check(value: unknown, expected: string): void {
  const actual = inspect(value, { breakLength: Number.POSITIVE_INFINITY, depth: 10 });
  const plain = (text: string) => text.replaceAll(/\[ /g, '[').replaceAll(/ \]/g, ']');
  const pattern = plain(expected)
    .replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replaceAll('\\.\\.\\.', '\\d*');
  if (!new RegExp(`^${pattern}$`).test(plain(actual))) deepStrictEqual(plain(actual), expected);
}

/** Stands for `console.log` in a block. */
export function logged(...values: unknown[]): void {
  printed.push(
    ...values
      .map((value) => (typeof value === 'string' ? value : inspect(value)))
      .join(' ')
      .split('\n'),
  );
}

/** Compares everything that the block printed with its comment lines. */
logged.expect = (lines: readonly string[]): void => {
  if (lines.length > 0) deepStrictEqual(printed, lines);
  printed.length = 0;
};
