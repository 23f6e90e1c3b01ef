/** Reads a call as Python writes it: a dotted name, its arguments, and for a class the call of what it builds. */
import { TorchError } from '../base/errors.js';

/** What a literal may mean. */
export type Literal = number | string | boolean | null;

/** What a literal of an argument means; anything else is an expression, which is left as it stands. */
export type PythonValue =
  | { readonly kind: 'literal'; readonly value: Literal; readonly whole?: boolean }
  /** A list or tuple of integers: lengths. */
  | { readonly kind: 'integers'; readonly values: readonly number[] }
  | { readonly kind: 'expression' };

/** One argument of a call. */
export interface PythonArgument {
  /** Its name; absent where it is given by its place. */
  readonly name?: string;
  readonly text: string;
  readonly value: PythonValue;
  /** Where it starts, 1 for the first character of the call. */
  readonly column: number;
}

/** A call as it was written. */
export interface PythonCall {
  /** The dotted name of what is called. */
  readonly name: string;
  readonly column: number;
  readonly args: readonly PythonArgument[];
  /** The arguments of the second call, as in `L1Loss()(input, target)`. */
  readonly second?: readonly PythonArgument[];
  /** Where the arguments end, for what is missing there. */
  readonly end: number;
}

const CLOSING: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };
const DIGITS = String.raw`\d(?:_?\d)*`;
const NUMBER = new RegExp(String.raw`^[+-]?\s*(?:(?:${DIGITS})?\.${DIGITS}|${DIGITS}\.?)(?:e[+-]?${DIGITS})?$`, 'i');
const INFINITE =
  /^([+-]?)\s*(?:float\(\s*(['"])\s*([+-]?)(inf|infinity|nan)\s*\2\s*\)|(?:math|np|numpy|torch)\.(inf|nan))$/i;
const STRING = /^(['"])((?:\\.|(?!\1)[^\\\n])*)\1$/;
const WORDS = new Map<string, boolean | null>([
  ['True', true],
  ['False', false],
  ['None', null],
]);

/** Makes the error for a call that says something else than it must. */
export function wrongCall(column: number, expected: string, got: string): TorchError {
  return new TorchError('ERR_USAGE', `call: expected ${expected} at column ${column}, got ${got}`, {
    parameter: 'call',
    expected,
    got,
  });
}

/**
 * Reads a call.
 *
 * @throws TorchError `ERR_USAGE` that names the column, what was expected there and what came
 */
export function parseCall(text: string): PythonCall {
  const reader = new Reader(text);
  reader.skipSpace();
  const column = reader.column;
  const name = reader.take(/[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*/y);
  if (name === undefined) throw reader.wrong('the name of a loss');
  const args = reader.readArguments();
  const second = reader.peek() === '(' ? reader.readArguments() : undefined;
  const end = reader.column - 1;
  if (reader.peek() !== '') throw reader.wrong('the end of the call');
  return { name, column, args, ...(second !== undefined && { second }), end };
}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get column(): number {
    return this.#at + 1;
  }

  /** The next character that is no space, `''` at the end. */
  peek(): string {
    this.skipSpace();
    return this.#text[this.#at] ?? '';
  }

  skipSpace(): void {
    this.take(/\s*/y);
  }

  take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const [found] = pattern.exec(this.#text) ?? [];
    this.#at += found?.length ?? 0;
    return found;
  }

  wrong(expected: string, at = this.#at): TorchError {
    const rest = this.#text.slice(at, at + 20);
    return wrongCall(
      at + 1,
      expected,
      rest === '' ? 'the end' : `\`${rest}${at + 20 < this.#text.length ? '…' : ''}\``,
    );
  }

  readArguments(): PythonArgument[] {
    if (this.peek() !== '(') throw this.wrong("'('");
    this.#at++;
    const list: PythonArgument[] = [];
    const names = new Set<string>();
    while (this.peek() !== ')') {
      const argument = this.#readArgument();
      if (argument.name === undefined && list.at(-1)?.name !== undefined) {
        throw wrongCall(argument.column, 'a named argument after a named one', `\`${argument.text}\``);
      }
      if (argument.name !== undefined && names.has(argument.name)) {
        throw wrongCall(argument.column, `${argument.name} once`, 'it again');
      }
      list.push(argument);
      if (argument.name !== undefined) names.add(argument.name);
      if (this.peek() === ',') this.#at++;
      else if (this.peek() !== ')') throw this.wrong("',' or ')'");
    }
    this.#at++;
    return list;
  }

  #readArgument(): PythonArgument {
    const { column } = this;
    if (this.peek() === '*') throw this.wrong('arguments one by one, each written out');
    const name = this.take(/[A-Za-z_]\w*\s*=(?!=)/y)
      ?.slice(0, -1)
      .trim();
    this.skipSpace();
    const start = this.#at;
    this.#skipExpression();
    const text = this.#text.slice(start, this.#at).trim();
    if (text === '') throw this.wrong('a value', start);
    return { ...(name !== undefined && { name }), text, value: readValue(text), column };
  }

  /** Goes to the comma or the bracket that ends an argument. Commas of brackets, strings and lambdas are its own. */
  #skipExpression(): void {
    const open: string[] = [];
    let lambda = false;
    for (; this.#at < this.#text.length; this.#at++) {
      const letter = this.#text[this.#at] as string;
      if (open.length === 0 && !lambda && (letter === ',' || letter === ')')) return;
      if (letter === '"' || letter === "'") this.#skipString(letter);
      else if (letter in CLOSING) open.push(CLOSING[letter] as string);
      else if (letter === ')' || letter === ']' || letter === '}') {
        if (open.pop() !== letter) throw this.wrong('brackets that match');
      } else if (letter === '#') throw this.wrong('a call without comments');
      else if (open.length > 0) continue;
      else if (letter === ':') lambda = false;
      else if (/[\w=!<>]/.test(letter)) {
        const word = this.take(/[=!<>]=|\w+|[=!<>]/y);
        if (word === '=' && !lambda) throw this.wrong("',' or ')'", this.#at - 1);
        lambda ||= word === 'lambda';
        this.#at--;
      }
    }
    throw this.wrong(`'${open.at(-1) ?? ')'}'`);
  }

  /** Goes to the quote that ends a string. */
  #skipString(quote: string): void {
    const start = this.#at;
    const found = this.take(quote === '"' ? /"""[^]*?"""|"(?:\\.|[^"\\\n])*"/y : /'''[^]*?'''|'(?:\\.|[^'\\\n])*'/y);
    if (found === undefined) throw this.wrong('a string that ends', start);
    this.#at--;
  }
}

/** What an argument's text means. */
export function readValue(text: string): PythonValue {
  const word = WORDS.get(text);
  if (word !== undefined) return { kind: 'literal', value: word };
  if (NUMBER.test(text)) {
    const value = Number(text.replaceAll(/[_\s]/g, ''));
    return { kind: 'literal', value, whole: /^[+-]?[\s\d_]+$/.test(text) };
  }
  const string = STRING.exec(text);
  if (string !== null) return { kind: 'literal', value: (string[2] ?? '').replaceAll(/\\(.)/g, '$1') };
  const infinite = INFINITE.exec(text);
  if (infinite !== null) {
    const [, sign, , inner, first, second] = infinite;
    const size = /nan/i.test(first ?? second ?? '') ? Number.NaN : Number.POSITIVE_INFINITY;
    return { kind: 'literal', value: (sign === '-') !== (inner === '-') ? -size : size };
  }
  const integers = readIntegers(text);
  return integers === undefined ? { kind: 'expression' } : { kind: 'integers', values: integers };
}

/** The numbers of a list or a tuple of integers, which may end with a comma; a tuple of one has to. */
function readIntegers(text: string): number[] | undefined {
  const isTuple = text.startsWith('(') && text.endsWith(')');
  if (!isTuple && !(text.startsWith('[') && text.endsWith(']'))) return undefined;
  const items = text.slice(1, -1).split(',');
  if (isTuple && items.length < 2) return undefined;
  if (items.at(-1)?.trim() === '') items.pop();
  if (!items.every((item) => /^-?\d+$/.test(item.trim()))) return undefined;
  return items.map(Number);
}
