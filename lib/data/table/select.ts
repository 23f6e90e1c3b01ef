/** Selecting columns of a table. */
import { describe, formatError } from '../../base/errors.js';
import { nearest } from '../../base/nearest.js';
import { listNames } from '../name.js';
import type { Table, TableColumn } from './table.js';

const INDEX = /^\d{1,6}$/;
const NUMBERED = /^(.*?)(\d{1,9})$/s;

/** The indices of selected columns, and their name in errors. */
export interface Selection {
  readonly columns: readonly number[];
  readonly label: string;
}

/**
 * Finds the columns of a key: a name, an index from 0, a range (`logit_0..logit_9`), a pattern with `*` and `?`, or several
 * of these separated by commas. The exact name of a column comes first, whatever characters it has.
 *
 * @param key - default: the only column, or all columns of numbers, without an index and without columns that have no value
 * @param except - keys of columns to leave out if there is no key
 * @throws TorchError `ERR_FILE_FORMAT` if there are no such columns, or the key is ambiguous
 */
export async function selectColumns(
  table: Table,
  key: string | undefined,
  except: readonly string[],
  file: string,
): Promise<Selection> {
  if (key !== undefined) return { columns: resolveKey(table.names, key, file), label: key };
  if (table.names.length === 1 && except.length === 0) return { columns: [0], label: table.names[0] as string };
  const left = new Set(except.flatMap((other) => resolveKey(table.names, other, file)));
  const described = await table.describe();
  const isUsed = (column: TableColumn, index: number) =>
    column.kind === 'numbers' && column.isIndex !== true && column.isEmpty !== true && !left.has(index);
  const columns = described.flatMap((column, index) => (isUsed(column, index) ? [index] : []));
  if (columns.length === 0) {
    const which =
      left.size > 0 ? `no column of numbers besides ${except.map(describe).join(', ')}` : 'no column of numbers';
    const hint = table.dialect?.separator === ';' ? `${DECIMAL_HINT}; ` : '';
    throw formatError(file, `${which}; ${hint}${listed(table.names)}`);
  }
  const names = columns.map((index) => table.names[index] as string);
  return { columns, label: names.length <= 3 ? names.join(',') : `${names[0]},...,${names.at(-1)}` };
}

/** What to do about numbers such as 0,5. */
export const DECIMAL_HINT = "if its numbers have decimal commas, set the option `decimal` to ','";

/** The indices of the columns of a key. */
export function resolveKey(names: readonly string[], key: string, file: string): number[] {
  const exact = find(names, key, file);
  if (exact !== undefined) return [exact];
  const found = key.split(',').flatMap((part) => resolvePart(names, part.trim(), file));
  const twice = found.find((column, index) => found.indexOf(column) < index);
  if (twice !== undefined) throw formatError(file, `${describe(key)} names column ${describe(names[twice])} twice`);
  return found;
}

function resolvePart(names: readonly string[], part: string, file: string): number[] {
  const exact = find(names, part, file);
  if (exact !== undefined) return [exact];
  const [, first, last] = /^(.+?)\.\.(.+)$/s.exec(part) ?? [];
  if (first !== undefined && last !== undefined) return resolveRange(names, first, last, file);
  if (/[*?]/.test(part)) {
    const pattern = globPattern(part);
    const found = names.flatMap((name, index) => (pattern.test(name) ? [index] : []));
    if (found.length === 0) throw formatError(file, `no column matches ${describe(part)}; ${listed(names)}`);
    return found;
  }
  if (INDEX.test(part)) return [findIndex(names, part, file)];
  const { word, distance } = nearest(part, names);
  const hint = distance < 3 && distance < part.length ? `did you mean ${describe(word)}? ` : '';
  throw formatError(file, `no column ${describe(part)}; ${hint}${listed(names)}`);
}

/**
 * A range. If both names end in a number, it has those numbers in order; otherwise all columns from the first to the last in
 * the order of the file.
 */
function resolveRange(names: readonly string[], first: string, last: string, file: string): number[] {
  const [from, to] = [first, last].map((name) => resolvePart(names, name, file)[0] as number) as [number, number];
  const [, stem, low] = NUMBERED.exec(names[from] as string) ?? [];
  const [, other, high] = NUMBERED.exec(names[to] as string) ?? [];
  if (stem !== undefined && stem === other && Number(low) <= Number(high)) {
    const width = low?.startsWith('0') && low.length === high?.length ? low.length : 1;
    return Array.from({ length: Number(high) - Number(low) + 1 }, (_, index) => {
      const name = `${stem}${String(Number(low) + index).padStart(width, '0')}`;
      const column = find(names, name, file);
      if (column !== undefined) return column;
      throw formatError(file, `no column ${describe(name)}, which is in the range ${describe(`${first}..${last}`)}`);
    });
  }
  if (from > to) throw formatError(file, `column ${describe(last)} comes before ${describe(first)}`);
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

function find(names: readonly string[], name: string, file: string): number | undefined {
  const index = names.indexOf(name);
  if (index === -1) return undefined;
  if (names.indexOf(name, index + 1) !== -1) throw formatError(file, `there are several columns ${describe(name)}`);
  return index;
}

function findIndex(names: readonly string[], text: string, file: string): number {
  const index = Number(text);
  if (index < names.length) return index;
  throw formatError(file, `expected a column index below ${names.length}, got ${text}`);
}

/** A pattern as a regular expression: `*` matches any characters and `?` one. */
export function globPattern(pattern: string): RegExp {
  const source = Array.from(pattern, (character) =>
    character === '*' ? '.*' : character === '?' ? '.' : character.replace(/[\\^$.|+()[\]{}/-]/, '\\$&'),
  ).join('');
  return new RegExp(`^${source}$`, 'su');
}

/** `columns: 'a', 'b' and 3 more`. */
function listed(names: readonly string[]): string {
  return names.length === 0 ? 'it has no columns' : `columns: ${listNames(names)}`;
}
