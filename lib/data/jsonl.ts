import { formatError } from '../base/errors.js';
import type { DataFile } from './file.js';
import type { Cells } from './table/cells.js';
import { RecordTable } from './table/records.js';
import type { RecordScanner, Scanned } from './table/scanned.js';

const LINE_FEED = 0x0a;
/** The names of the columns come from at most so many bytes and rows. */
const SAMPLE = 2 ** 20;
const SAMPLE_ROWS = 100;

/**
 * Opens a file with one JSON object per line. Names are columns; absent names and `null` are missing values.
 *
 * @throws TorchError `ERR_FILE_FORMAT`
 */
export async function openJsonl(file: DataFile, name: string): Promise<RecordTable> {
  const sample = await file.bytes(0, Math.min(file.size, SAMPLE));
  const mark = sample.subarray(0, 3).equals(Buffer.of(0xef, 0xbb, 0xbf)) ? 3 : 0;
  const names = new Set<string>();
  let start = mark;
  for (let line = 1; line <= SAMPLE_ROWS && start < sample.length; line++) {
    let end = sample.indexOf(LINE_FEED, start);
    if (end === -1 && sample.length < file.size) {
      if (line === 1) throw formatError(name, `line 1 is longer than ${SAMPLE} bytes`);
      break;
    }
    if (end === -1) end = sample.length;
    const text = sample.toString('utf8', start, end).trim();
    if (text !== '') for (const key of Object.keys(parseLine(text, name, line))) names.add(key);
    start = end + 1;
  }
  if (names.size === 0) throw formatError(name, 'expected at least one row, got an empty file');
  const columns = [...names];
  return new RecordTable(file, name, {
    names: columns,
    offset: mark,
    line: 1,
    remark: 'one JSON object per line',
    dialect: {},
    scanner: (cells) => new JsonScanner(name, columns, cells),
  });
}

function parseLine(text: string, name: string, line: number): Record<string, unknown> {
  if (text.startsWith('['))
    throw formatError(
      name,
      `line ${line} begins an array: expected one object per line, as pandas writes with orient='records', lines=True`,
    );
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw formatError(name, `line ${line} is not JSON: ${(cause as Error).message}`, cause);
  }
  if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  throw formatError(name, `line ${line}: expected a JSON object, got ${JSON.stringify(value).slice(0, 40)}`);
}

/** Parses lines of JSON. */
class JsonScanner implements RecordScanner {
  readonly #name: string;
  readonly #wanted: readonly (readonly [name: string, cells: Cells])[];

  constructor(name: string, names: readonly string[], cells: readonly (Cells | undefined)[]) {
    this.#name = name;
    this.#wanted = names.flatMap((column, index) => {
      const found = cells[index];
      return found === undefined ? [] : [[column, found] as const];
    });
  }

  scan(bytes: Buffer, length: number, isLast: boolean, row: number, line: number): Scanned {
    const limit = isLast ? length : bytes.lastIndexOf(LINE_FEED, length - 1) + 1;
    let [rows, lines] = [0, 0];
    for (let start = 0; start < limit; lines++) {
      let end = bytes.indexOf(LINE_FEED, start);
      if (end === -1 || end > limit) end = limit;
      const text = bytes.toString('utf8', start, end).trim();
      start = end + 1;
      if (text === '') continue;
      const record = parseLine(text, this.#name, line + lines);
      for (const [name, cells] of this.#wanted) addValue(cells, own(record, name), row + rows, line + lines);
      rows += 1;
    }
    return { bytes: limit, rows, lines };
  }

  lineOf(target: number, bytes: Buffer, length: number, row: number, line: number): number {
    for (let [start, at, next] = [0, row, line]; start < length; next++) {
      let end = bytes.indexOf(LINE_FEED, start);
      if (end === -1 || end > length) end = length;
      if (bytes.toString('latin1', start, end).trim() !== '') {
        if (at === target) return next;
        at += 1;
      }
      start = end + 1;
    }
    return line;
  }
}

function own(record: Record<string, unknown>, name: string): unknown {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

function addValue(cells: Cells, value: unknown, row: number, line: number): void {
  if (value === null || value === undefined) cells.addMissing(row, line);
  else if (typeof value === 'number' && cells.mode === 'number') {
    if (Number.isInteger(value) && !Number.isSafeInteger(value)) cells.noteInexact({ row, line, text: String(value) });
    cells.add(value, Number.isInteger(value));
  } else if (Array.isArray(value)) cells.addList(value, row, line);
  else if (typeof value === 'string') cells.addWord(value, row, line);
  else cells.addText(JSON.stringify(value), row, line);
}
