/** Goes through Python source once, and finds what is called by a dotted name. */

/** A dotted name that is called. */
export interface NamedCall {
  readonly name: string;
  /** Where the name starts, counted from 0. */
  readonly start: number;
  /** Where the call ends: after its last bracket. */
  readonly end: number;
}

/** A logical line: brackets, triple quotes and backslashes join lines of the file. */
export interface LogicalLine {
  readonly start: number;
  readonly end: number;
}

export interface Scan {
  /** The calls in the order in which they start. */
  readonly calls: readonly NamedCall[];
  readonly lines: readonly LogicalLine[];
  /** Where brackets stop matching, if they do. */
  readonly mismatch?: number;
}

const CLOSING: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };
const NAME = /[\p{L}_][\p{L}\p{N}_]*(?:\.[\p{L}_][\p{L}\p{N}_]*)*/uy;
const QUOTE = /"""|'''|"|'/y;
const SPACE = /(?:[ \t\f]|\\\r?\n)*/y;

/** Reads Python source in one pass. Comments and strings are skipped; an unfinished string ends at its line's end. */
export function scan(text: string): Scan {
  const calls: { name: string; start: number; end: number }[] = [];
  const lines: LogicalLine[] = [];
  const open: { closing: string; call: (typeof calls)[number] | undefined }[] = [];
  let at = 0;
  let lineStart = 0;
  let mismatch: number | undefined;
  // The last thing read: a name after `def`, `class` or a dot is no call of a function that is imported.
  let before = '';
  const endLine = (end: number) => {
    if (text.slice(lineStart, end).trim() !== '') lines.push({ start: lineStart, end });
    lineStart = end + 1;
  };
  while (at < text.length) {
    const letter = text[at] as string;
    const quote = match(QUOTE, text, at);
    const name = quote === '' ? match(NAME, text, at) : '';
    if (quote !== '') {
      at = endOfString(text, at, quote);
      before = 'string';
    } else if (name !== '') {
      const start = at;
      at += name.length;
      const after = at + match(SPACE, text, at).length;
      // The letters before a string, such as f and rb, are part of it: what they say is none of ours.
      if (text[after] === '(' && !/^(def|class|\.)$/.test(before)) {
        const call = { name, start, end: text.length };
        calls.push(call);
        open.push({ closing: ')', call });
        at = after + 1;
        before = '(';
      } else before = name;
    } else if (letter === '#') {
      while (at < text.length && text[at] !== '\n') at++;
    } else if (letter === '\n') {
      if (open.length === 0) endLine(at);
      at++;
    } else if (letter === '\\') at += text[at + 1] === '\r' ? 3 : 2;
    else {
      if (letter in CLOSING) open.push({ closing: CLOSING[letter] as string, call: undefined });
      else if (letter === ')' || letter === ']' || letter === '}') {
        const opened = open.pop();
        if (opened?.closing !== letter) mismatch ??= at;
        if (opened?.call !== undefined) opened.call.end = at + 1;
      }
      at++;
      if (letter.trim() !== '') before = letter;
    }
  }
  endLine(text.length);
  if (open.length > 0) mismatch ??= text.length;
  return { calls, lines, ...(mismatch !== undefined && { mismatch }) };
}

/** What a sticky pattern finds at a place; `''` for nothing. */
function match(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? '';
}

/** Where a string ends: after its closing quote, or at the end of the line or text if that is missing. */
function endOfString(text: string, start: number, quote: string): number {
  for (let at = start + quote.length; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text.startsWith(quote, at)) return at + quote.length;
    else if (quote.length === 1 && text[at] === '\n') return at;
  }
  return text.length;
}
