/** Detects the separator and the header of a CSV from its first rows. */
import { formatError } from '../../base/errors.js';
import { classifyText } from '../table/cells.js';

/** Options of a CSV. */
export interface CsvOptions {
  /** Whether the first row is a header. Default: decided by all its fields and the rows below. */
  readonly header?: boolean | undefined;
  /** One ASCII character; a space matches any number of spaces. Default: the one that fits the first rows. */
  readonly separator?: string | undefined;
  /** The decimal point. Default `.`. */
  readonly decimal?: ',' | '.' | undefined;
}

/** The dialect of a CSV. */
export interface Dialect {
  /** The byte that separates fields; a space matches any number of spaces. */
  readonly separator: number;
  /** The byte of the decimal point. */
  readonly decimal: number;
  readonly hasHeader: boolean;
  /** The names of the columns: their indices if there is no header. */
  readonly names: readonly string[];
  /** Whether the header has no name for the first column, as R's write.table writes it. */
  readonly namesLackFirst: boolean;
}

/** The separators that are detected, the least ambiguous first: commas also occur in numbers and text. */
const SEPARATORS = ['\t', ';', '|', ','] as const;
const SAMPLE_ROWS = 100;
const INDEX = /^(?:0|[1-9]\d*)$/;

/**
 * Detects the dialect of a file.
 *
 * @param sample - the start of the file
 * @param isWhole - whether that is the whole file
 */
export function findDialect(sample: string, isWhole: boolean, options: CsvOptions, file: string): Dialect {
  const comment = /^#[ \t]?/.exec(sample)?.[0].length ?? 0;
  const text = sample.slice(comment);
  const separator = options.separator ?? findSeparator(text, isWhole);
  const rows = splitRows(text, separator, isWhole);
  const [first] = rows;
  if (first === undefined)
    throw formatError(
      file,
      isWhole ? 'expected at least one row, got an empty file' : `line 1 is longer than ${text.length} bytes`,
    );
  const below = rows.slice(1);
  const lacksFirst =
    below.length > 0 && below.every((row) => row.length === first.length + 1) && options.header !== false;
  const hasHeader = options.header ?? (comment > 0 || lacksFirst || isHeader(first, below));
  const names = hasHeader ? first.map((field) => field.trim()) : first.map((_, index) => String(index));
  return {
    separator: separator.charCodeAt(0),
    decimal: (options.decimal ?? '.').charCodeAt(0),
    hasHeader,
    names: lacksFirst ? ['', ...names] : names,
    namesLackFirst: lacksFirst,
  };
}

/** The separator for which all rows have the same number of fields. */
function findSeparator(text: string, isWhole: boolean): string {
  for (const separator of SEPARATORS) if (isEven(splitRows(text, separator, isWhole))) return separator;
  const bySpaces = splitRows(text, ' ', isWhole);
  return !text.includes(',') && isEven(bySpaces) ? ' ' : ',';
}

function isEven(rows: readonly (readonly string[])[]): boolean {
  const filled = rows.filter((row) => row.length > 1 || row[0] !== '');
  const [first, ...below] = filled.map((row) => row.length);
  if (first === undefined) return false;
  const width = below[0] ?? first;
  return width > 1 && below.every((length) => length === width) && (first === width || first + 1 === width);
}

/** Splits the first rows leniently: mistakes in them are reported when they are read. */
function splitRows(text: string, separator: string, isWhole: boolean): string[][] {
  const rows: string[][] = [];
  const bySpaces = separator === ' ';
  let row: string[] = [];
  let field = '';
  let quoted = false;
  const endField = () => {
    if (!bySpaces || field !== '') row.push(field);
    field = '';
  };
  for (let at = 0; at < text.length && rows.length < SAMPLE_ROWS; at++) {
    const character = text[at] as string;
    if (quoted) {
      if (character !== '"') field += character;
      else if (text[at + 1] === '"') field += text[++at];
      else quoted = false;
    } else if (character === '"' && field.trim() === '') {
      quoted = true;
      field = '';
    } else if (character === separator) endField();
    else if (character === '\n') {
      endField();
      rows.push(row.length === 0 ? [''] : row);
      row = [];
    } else if (character !== '\r') field += character;
  }
  if (isWhole && rows.length < SAMPLE_ROWS && (field !== '' || row.length > 0)) {
    endField();
    rows.push(row);
  }
  while (rows.length > 1 && rows.at(-1)?.length === 1 && rows.at(-1)?.[0] === '') rows.pop();
  return rows;
}

/**
 * Whether the first row is a header: one of its fields is text above numbers, or text that does not occur again in its
 * column. A row without text is data, unless it counts the columns, which is how pandas writes columns without names.
 */
function isHeader(first: readonly string[], below: readonly (readonly string[])[]): boolean {
  const kinds = first.map(classifyText);
  if (!kinds.includes('text')) return isCount(first, below);
  let recurs = false;
  for (const [column, field] of first.entries()) {
    if (kinds[column] !== 'text') continue;
    const values = below.map((row) => row[column] ?? '');
    const others = values.map(classifyText).filter((kind) => kind !== 'missing');
    if (others.length > 0 && others.every((kind) => kind !== 'text')) return true;
    if (values.includes(field)) recurs = true;
  }
  return !recurs;
}

/** Whether a row is 0, 1, 2 and so on, possibly after the empty name of an index. */
function isCount(first: readonly string[], below: readonly (readonly string[])[]): boolean {
  const hasIndex = first.length > 1 && first[0] === '';
  const counted = hasIndex ? first.slice(1) : first;
  if (!counted.every((field, index) => INDEX.test(field) && Number(field) === index)) return false;
  if (hasIndex) return true;
  if (first.length > 2) return below.length > 0;
  // 0 and 1 alone could as well be data.
  return first.length === 2 && below.some((row) => row.some((field) => /[.e]/i.test(field)));
}
