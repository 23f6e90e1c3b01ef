/** Finds the loss calls of a Python program, and what its imports say of their names. */
import { TorchError } from '../base/errors.js';
import type { Migration, SourceCall, SourceMigration } from './explanation.js';
import { type Imports, readImport } from './imports.js';
import { isLossName } from './names.js';
import { parseCall, type PythonCall, wrongCall } from './python.js';
import { type LogicalLine, scan } from './scan.js';

/** A call in a text. */
export interface Located {
  readonly text: string;
  readonly imports: Imports;
  /** Where the statement of the call starts, after the imports, counted from 0. */
  readonly statement: number;
  /** Where the call itself starts. */
  readonly start: number;
  /** Where brackets stop matching, if they do. */
  readonly mismatch?: number | undefined;
}

/** What may follow a call in Python. */
const CONTINUES = /^(?:[.,;:+\-*/%@<>=!&|^)\]}#[]|(?:if|else|for|and|or|in|is|not)\b)/;

/** Locates the first loss call of a text that starts with the import statements it needs, if any. */
export function readProgram(text: string): Located {
  const scanned = scan(text);
  const { imports, read } = readImports(text, scanned.lines, true);
  const statement = scanned.lines[read - 1]?.end ?? 0;
  const calls = scanned.calls.filter(({ start }) => start >= statement);
  // Of a call that is of no loss the name is what is wrong.
  const call = calls.find(({ name }) => isLossName(name, imports)) ?? calls[0];
  return { text, imports, statement, start: call?.start ?? statement, mismatch: scanned.mismatch };
}

/**
 * What stands around a call; `undefined` for nothing but spaces and brackets' ends.
 *
 * @throws TorchError `ERR_USAGE` for what cannot follow a call in Python
 */
export function setAsideOf({ text, statement, start, mismatch }: Located, call: PythonCall): Migration['setAside'] {
  const [before, after] = [text.slice(statement, start).trim(), text.slice(call.rest).trim()];
  const at = mismatch ?? (after === '' || CONTINUES.test(after) ? undefined : call.rest + leading(text, call.rest));
  if (at !== undefined) {
    const rest = text.slice(at, at + 20);
    const got = rest === '' ? 'the end' : `\`${rest}${at + 20 < text.length ? '…' : ''}\``;
    throw wrongCall(at + 1, at >= call.rest ? 'the end of the call' : 'brackets that match', got);
  }
  return before === '' && call.between === '' && after === '' ? undefined : { before, between: call.between, after };
}

/** How many spaces there are at a place. */
function leading(text: string, at: number): number {
  const rest = text.slice(at);
  return rest.length - rest.trimStart().length;
}

/** A call of a program with its answer, and where it starts, counted from 0. */
interface Answered {
  readonly start: number;
  readonly call: SourceCall;
}

/** Explains the loss calls of a program; those in the arguments of others are written with these. */
export function explainProgram(
  source: string,
  explain: (program: Located, call: PythonCall) => Migration,
): SourceMigration {
  const { calls, lines } = scan(source);
  const { imports, ends } = readImports(source, lines);
  const placeOf = linesOf(source);
  const answered: Answered[] = [];
  let line = 0;
  let at = 0;
  for (const { name, start, end } of calls) {
    if (start < at || !isLossName(name, imports)) continue;
    while ((lines[line] as LogicalLine).end < start) line++;
    const text = source.slice(start, (lines[line] as LogicalLine).end);
    at = end;
    try {
      const parsed = parseCall(text);
      const call = text.slice(0, parsed.rest);
      at = start + parsed.rest;
      const migration = explain({ text: call, imports, statement: 0, start: 0 }, parsed);
      answered.push({ start, call: { ...placeOf(start), call, migration } });
    } catch (error) {
      if (!(error instanceof TorchError)) throw error;
      const problem = error.message.replace(/^call: /, '');
      answered.push({ start, call: { ...placeOf(start), call: source.slice(start, at), problem } });
    }
  }
  return { calls: answered.map(({ call }) => call), python: replaceCalls(source, answered, imports, ends) };
}

/** The program with the target's calls in place of those that were understood, and an import of the framework. */
function replaceCalls(source: string, calls: readonly Answered[], imports: Imports, ends: readonly number[]): string {
  const pieces: string[] = [];
  const frameworks = new Set<string>();
  const margin = ends.findLast((end) => end <= (calls[0]?.start ?? 0)) ?? 0;
  let at = margin;
  for (const { start, call } of calls) {
    const { migration } = call;
    if (migration === undefined || migration.to.namespace === migration.from.namespace) continue;
    frameworks.add(migration.to.namespace.split('.')[0] as string);
    pieces.push(source.slice(at, start), asOperand(migration.to.python));
    at = start + call.call.length;
  }
  const missing = [...frameworks].filter((framework) => imports.names.get(framework) !== framework);
  const added = missing.map((framework) => `import ${framework}\n`);
  return [source.slice(0, margin), ...added, ...pieces, source.slice(at)].join('');
}

/** A written call as it stands in any expression: in brackets if it is more than a call and an index. */
function asOperand(python: string): string {
  const rest = python.startsWith('(') ? python : python.slice(parseCall(python).rest);
  return rest === '' || rest === '[0]' ? python : `(${python})`;
}

/**
 * The imports among lines, where each of those at the margin ends, and how many lines were read.
 *
 * @param leading - whether to end at the first line that is neither an import nor a comment
 */
function readImports(
  text: string,
  lines: readonly LogicalLine[],
  leading = false,
): { imports: Imports; ends: number[]; read: number } {
  const names = new Map<string, string>();
  const stars: string[] = [];
  const ends: number[] = [];
  let read = 0;
  for (const { start, end } of lines) {
    const line = text.slice(start, end);
    const isImport = readImport(line, names, stars);
    if (leading && !isImport && !line.trimStart().startsWith('#')) break;
    if (isImport && !/^\s/.test(line)) ends.push(Math.min(end + 1, text.length));
    read++;
  }
  return { imports: { names, stars }, ends, read };
}

/** Gives the line and the column of places in a text, in ascending order or not. */
function linesOf(text: string): (at: number) => { line: number; column: number } {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (at) => {
    let [low, high] = [0, starts.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((starts[middle] as number) <= at) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: at - (starts[low] as number) + 1 };
  };
}
