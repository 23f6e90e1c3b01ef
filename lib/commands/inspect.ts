import { parseArgs } from 'node:util';
import type { Options } from './options.js';
import { TorchError } from '../base/errors.js';
import { oneLine } from '../base/printable.js';
import { open, type Source } from '../data/index.js';
import { type ColumnPart, openTable, type Table, type TableColumn } from '../data/internal.js';
import { formatTable, terminal } from '../terminal/markdown.js';
import { readName, shownName } from './evaluate/files.js';
import { printDocument } from './document.js';
import { print } from '../terminal/print.js';

/** What `torchloss inspect --help` prints. */
export const help = `torchloss inspect FILE [options]

Shows how a file is read: its columns or array, dtypes, sizes and first rows,
and the tensor that \`torchloss evaluate\` would use.

  torchloss inspect scores.parquet
  torchloss inspect 'scores.csv#logit_*'
  torchloss inspect 'data.csv?header=false&separator=tab'

  --rows N   how many rows to show (default 5)
  --json     print one JSON document`;

export const options = { json: { type: 'boolean' }, rows: { type: 'string' } } as const satisfies Options;
export const words = 'file';

/** How many columns the text output shows. */
const MOST_COLUMNS = 200;
/** Longer text and lists are cut. */
const MOST_CHARACTERS = 40;

/** What is known about a column. */
interface ColumnReport {
  readonly name: string;
  readonly type: string;
  readonly kind: TableColumn['kind'];
  readonly is_index: boolean;
  readonly first: readonly unknown[];
}

/** What is known about a file. */
interface FileReport {
  readonly file: string;
  readonly format: string | null;
  readonly rows: number | null;
  readonly columns: readonly ColumnReport[] | null;
  readonly tensor: {
    readonly dtype: string;
    readonly shape: readonly number[];
    readonly first: readonly unknown[];
  } | null;
  /** Why it cannot become a tensor. */
  readonly problem: string | null;
}

/** Prints what a file contains. */
export async function run(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options });
  const [text, ...others] = positionals;
  if (text === undefined || others.length > 0) throw new TorchError('ERR_USAGE', 'inspect: expected one FILE');
  const { rows = '5' } = values;
  if (!/^\d{1,4}$/.test(rows))
    throw new TorchError('ERR_USAGE', `--rows: expected an integer from 0 to 9999, got '${rows}'`);
  const report = await inspect(text, Number(rows));
  if (values.json) printDocument(report);
  else print(formatReport(report).join('\n'));
  return 0;
}

async function inspect(text: string, most: number): Promise<FileReport> {
  const { file, options } = readName(text, 'FILE');
  const name = shownName(text);
  const { dtype: _, ...forTable } = options;
  const opened = await openTable(file, forTable);
  try {
    const table = opened?.table;
    const columns = table === undefined ? null : await describeColumns(table, most);
    const format = table?.remark ?? null;
    const rows = table === undefined ? null : await table.countRows();
    let source: Source | undefined;
    try {
      source = await open(file, options);
      const [count = 1] = source.shape;
      const first = await firstRows(source, Math.min(most, count));
      const { dtype, shape } = source;
      return { file: name, format, rows: rows ?? count, columns, tensor: { dtype, shape, first }, problem: null };
    } catch (error) {
      if (table === undefined) throw error;
      return { file: name, format, rows, columns, tensor: null, problem: (error as Error).message };
    } finally {
      await source?.close();
    }
  } finally {
    await opened?.close();
  }
}

async function describeColumns(table: Table, most: number): Promise<ColumnReport[]> {
  const described = await table.describe();
  const columns: ColumnReport[] = [];
  for (const [index, { name, type, kind, isIndex = false }] of described.entries()) {
    const first = kind === 'other' ? [] : await firstValues(table, index, most);
    columns.push({ name, type, kind, is_index: isIndex, first });
  }
  return columns;
}

/** The first values of a column for JSON: `null` for a missing one, none at all if they cannot be read. */
async function firstValues(table: Table, column: number, most: number): Promise<unknown[]> {
  try {
    const reading = await table.read([column]);
    const count = Math.min(most, reading.rows);
    const [part] = await reading.read(0, count);
    const { values, missing } = part as ColumnPart;
    const width = values.length / Math.max(count, 1);
    return Array.from({ length: count }, (_, row) => {
      if (missing?.[row] === 1) return null;
      const own = Array.from(values.slice(row * width, (row + 1) * width) as ArrayLike<unknown>, plain);
      return (reading.columns[0]?.rowShape.length ?? 0) === 0 ? own[0] : own;
    });
  } catch {
    return [];
  }
}

async function firstRows(source: Source, count: number): Promise<unknown[]> {
  const values = await source.rows(0, count);
  const width = values.length / Math.max(count, 1);
  return Array.from({ length: count }, (_, row) => {
    const own = Array.from(values.slice(row * width, (row + 1) * width) as ArrayLike<unknown>, plain);
    return source.shape.length < 2 ? own[0] : own;
  });
}

/** A value for JSON. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}

function formatReport({ file, format, rows, columns, tensor, problem }: FileReport): string[] {
  const lines = [`${file}: ${rows === 1 ? '1 row' : `${rows} rows`}${format === null ? '' : `, ${format}`}`, ''];
  if (columns !== null) {
    const shown = columns.slice(0, MOST_COLUMNS);
    const table = shown.map(({ name, type, is_index, first }) => [
      name === '' ? "''" : oneLine(name, 60),
      `${type}${is_index ? ' (index)' : ''}`,
      cut(first.map((value) => (value === null ? 'missing' : JSON.stringify(value))).join(', ')),
    ]);
    for (const line of formatTable([['column', 'type', 'first rows'], ...table], terminal().width)) lines.push(line);
    if (shown.length < columns.length) lines.push(`and ${columns.length - shown.length} more columns; --json has all`);
    lines.push('');
  }
  if (tensor !== null) {
    lines.push(`as a tensor: ${tensor.dtype} [${tensor.shape.join(', ')}]`);
    if (columns === null) {
      lines.push('');
      for (const row of tensor.first) lines.push(cut(JSON.stringify(row)));
    }
  }
  if (problem !== null) lines.push(`as a tensor: ${problem}`);
  return lines;
}

function cut(text: string): string {
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text;
}
