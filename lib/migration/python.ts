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
  /** The arguments of the second call, as in `L1Loss()(input, target)` or `L1Loss().cuda()(input, target)`. */
  readonly second?: readonly PythonArgument[];
  /** Methods of the module between the two calls, such as `.cuda()`; `''` for none. */
  readonly between: string;
  /** The column where the arguments end, for what is missing there. */
  readonly end: number;
  /** Where what follows the call starts, counted from 0. */
  readonly rest: number;
}

const CLOSING: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };
const DIGITS = String.raw`\d(?:_?\d)*`;
const NUMBER = new RegExp(String.raw`^[+-]?\s*(?:(?:${DIGITS})?\.${DIGITS}|${DIGITS}\.?)(?:e[+-]?${DIGITS})?$`, 'i');
const INFINITE =
  /^([+-]?)\s*(?:float\(\s*(['"])\s*([+-]?)(inf|infinity|nan)\s*\2\s*\)|(?:math|np|numpy|torch)\.(inf|nan))$/i;
const STRING = /^(['"])((?:\\.|(?!\1)[^\\\n])*)\1$/;
/** Methods that give the module itself. */
const OF_MODULE = /\.\s*(?:cuda|cpu|npu|to|half|float|double|bfloat16|train|eval|requires_grad_|set_train)\s*(?=\()/y;
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
 * Reads the call that starts at a place of a text; what follows it is left alone.
 *
 * @throws TorchError `ERR_USAGE` that names the column, what was expected there and what came
 */
export function parseCall(text: string, start = 0): PythonCall {
  const reader = new Reader(text, start);
  reader.skipSpace();
  const column = reader.column;
  const name = reader.take(/[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*/y);
  if (name === undefined) throw reader.wrong('the name of a loss');
  const args = reader.readArguments();
  let end = reader.column - 1;
  let rest = reader.column - 1;
  while (reader.peek() === '.' && reader.take(OF_MODULE) !== undefined) reader.readArguments();
  const between = text.slice(rest, reader.column - 1).trim();
  if (reader.peek() !== '(') return { name, column, args, between: '', end, rest };
  const second = reader.readArguments();
  end = reader.column - 1;
  rest = end;
  return { name, column, args, second, between, end, rest };
}

/** The arguments by the names of the parameters, of which the first `byPlace` may be given by their places. */
export function bindArguments(
  args: readonly PythonArgument[],
  names: readonly string[],
  loss: string,
  byPlace = names.length,
): Map<string, PythonArgument> {
  const given = new Map<string, PythonArgument>();
  for (const [index, argument] of args.entries()) {
    const { name = names[index], column, text } = argument;
    if (argument.name === undefined && index >= byPlace) {
      const list = names.slice(0, byPlace).join(', ');
      const most = `at most ${byPlace} arguments by place${byPlace > 0 ? ` (${list})` : ''}`;
      throw wrongCall(column, most, `\`${text}\``);
    }
    if (name === undefined || !names.includes(name)) {
      throw wrongCall(column, `a parameter of ${loss} (${names.join(', ')})`, `\`${name}\``);
    }
    if (given.has(name)) throw wrongCall(column, `${name} once`, 'it again');
    given.set(name, argument);
  }
  return given;
}

class Reader {
  readonly #text: string;
  #at: number;
  /** The comments inside of arguments. */
  readonly #comments: { from: number; to: number }[] = [];

  constructor(text: string, start: number) {
    this.#text = text;
    this.#at = start;
  }

  get column(): number {
    return this.#at + 1;
  }

  /** The next character that is neither space nor comment, `''` at the end. */
  peek(): string {
    this.skipSpace();
    return this.#text[this.#at] ?? '';
  }

  /** Goes past spaces, line ends with or without a backslash, and comments. */
  skipSpace(): void {
    do this.take(/\s*/y);
    while (this.take(/#.*|\\\r?\n/y) !== undefined);
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
      if (argument.name !== undefined) {
        if (names.has(argument.name)) throw wrongCall(argument.column, `${argument.name} once`, 'it again');
        names.add(argument.name);
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
    const text = this.#withoutComments(start, this.#at);
    if (text === '') throw this.wrong('a value', start);
    return { ...(name !== undefined && { name }), text, value: readValue(text), column };
  }

  /** A part of the text on one line, without its comments. */
  #withoutComments(start: number, end: number): string {
    const kept = this.#comments.filter(({ from }) => from >= start && from < end);
    let text = '';
    let at = start;
    for (const { from, to } of kept) {
      text += this.#text.slice(at, from);
      at = to;
    }
    const lines = (text + this.#text.slice(at, end)).split('\n').map((line) => line.trim());
    return lines
      .map((line) => (line.endsWith('\\') && lines.length > 1 ? line.slice(0, -1).trim() : line))
      .filter((line) => line !== '')
      .join(' ');
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
      } else if (letter === '#') {
        const from = this.#at;
        this.take(/.*/y);
        this.#comments.push({ from, to: this.#at });
        this.#at--;
      } else if (open.length > 0) continue;
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
  const values = readIntegers(text);
  return values === undefined ? { kind: 'expression' } : { kind: 'integers', values };
}

/** The integers of a list or tuple; `undefined` for anything else. */
function readIntegers(text: string): number[] | undefined {
  const brackets = `${text[0]}${text.at(-1)}`;
  if (brackets !== '[]' && brackets !== '()') return undefined;
  const items = text
    .slice(1, -1)
    .split(',')
    .map((item) => item.trim());
  // One item in round brackets is a tuple only with a comma after it.
  if (brackets === '()' && items.length < 2) return undefined;
  if (items.at(-1) === '') items.pop();
  return items.every((item) => /^-?\d+$/.test(item)) ? items.map(Number) : undefined;
}
