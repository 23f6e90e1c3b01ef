import { formatError } from '../../base/errors.js';
import type { Cells } from '../table/cells.js';
import type { Scanned } from '../table/scanned.js';
import type { Dialect } from './dialect.js';
import { fourDigits, LOW_DIGITS, MAX_DIGITS, numberOf } from './number.js';

const [QUOTE, LINE_FEED, CARRIAGE_RETURN, SPACE] = [0x22, 0x0a, 0x0d, 0x20];
const [PLUS, MINUS, ZERO, LOWER_E] = [0x2b, 0x2d, 0x30, 0x65];

/**
 * Parses rows of separated values directly from bytes, without strings for numbers, and skips the fields of other columns.
 * Input that RFC 4180 does not allow is an error.
 */
export class CsvScanner {
  readonly #name: string;
  readonly #separator: number;
  readonly #bySpaces: boolean;
  readonly #decimal: number;
  readonly #columns: number;
  /** The cells of each requested column. */
  readonly #cells: readonly (Cells | undefined)[];
  readonly #wanted: readonly Cells[];
  #bytes: Buffer = Buffer.alloc(0);
  #view: DataView = new DataView(new ArrayBuffer(0));
  #limit = 0;
  /** The position. */
  #at = 0;
  #row = 0;
  #line = 0;

  constructor(name: string, { separator, decimal, names }: Dialect, cells: readonly (Cells | undefined)[]) {
    this.#name = name;
    this.#separator = separator;
    this.#bySpaces = separator === SPACE;
    this.#decimal = decimal;
    this.#columns = names.length;
    this.#cells = cells;
    this.#wanted = cells.filter((found) => found !== undefined);
  }

  /**
   * Parses the complete rows of some bytes.
   *
   * @param bytes - with room for one more byte
   * @param isLast - whether the file ends with them, so that the last row is complete
   * @param row - the index of the first row, and its line
   */
  scan(bytes: Buffer, length: number, isLast: boolean, row: number, line: number): Scanned {
    this.#begin(bytes, length, isLast, row, line);
    const limit = this.#limit;
    const before = this.#wanted.map((cells) => cells.state());
    let done = 0;
    let [rows, lines] = [row, line];
    let blank = 0;
    while (this.#at < limit) {
      if (this.#isBlank()) {
        blank += 1;
        continue;
      }
      if (blank > 0) this.#takeBlanks(blank);
      blank = 0;
      if (!this.#scanRow(isLast)) {
        // The row needs more bytes: what was added is dropped, and all rows are parsed again with them.
        for (const [index, cells] of this.#wanted.entries()) cells.drop(before[index] as never);
        return { bytes: 0, rows: 0, lines: 0 };
      }
      done = this.#at;
      [rows, lines] = [this.#row, this.#line];
    }
    return { bytes: isLast ? length : done, rows: rows - row, lines: lines - line };
  }

  /** Where the first row of some bytes ends, if it is complete. */
  endOfRow(bytes: Buffer, length: number, isLast: boolean): { bytes: number; lines: number } | undefined {
    this.#begin(bytes, length, isLast, 0, 1);
    if (this.#limit === 0 || !this.#scanRow(isLast)) return undefined;
    return { bytes: Math.min(this.#at, length), lines: this.#line - 1 };
  }

  /** The line of a row in some bytes, which start with a row. */
  lineOf(target: number, bytes: Buffer, length: number, row: number, line: number): number {
    this.#begin(bytes, length, true, row, line);
    while (this.#at < length && this.#row < target)
      if (this.#isBlank()) this.#row += this.#columns === 1 ? 1 : 0;
      else this.#scanRow(true);
    return this.#line;
  }

  /** Moves to the first row of some bytes, of which those up to the last line feed are parsed. */
  #begin(bytes: Buffer, length: number, isLast: boolean, row: number, line: number): void {
    let limit = length;
    // Every loop stops at a line feed, so every row must end with one.
    if (isLast && length > 0 && bytes[length - 1] !== LINE_FEED) bytes[limit++] = LINE_FEED;
    if (!isLast) limit = bytes.lastIndexOf(LINE_FEED, length - 1) + 1;
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#limit = limit;
    this.#at = 0;
    this.#row = row;
    this.#line = line;
  }

  /** Skips a blank line. */
  #isBlank(): boolean {
    const bytes = this.#bytes;
    let at = this.#at;
    if (this.#bySpaces) while (bytes[at] === SPACE) at += 1;
    if (bytes[at] === CARRIAGE_RETURN && bytes[at + 1] === LINE_FEED) at += 1;
    if (bytes[at] !== LINE_FEED) return false;
    this.#at = at + 1;
    this.#line += 1;
    return true;
  }

  /** Blank lines between rows: missing values of a single column, otherwise an error. */
  #takeBlanks(count: number): void {
    const first = this.#line - count;
    if (this.#columns > 1) throw formatError(this.#name, `line ${first} is blank: expected ${this.#columns} fields`);
    for (let index = 0; index < count; index++) {
      this.#cells[0]?.addMissing(this.#row, first + index);
      this.#row += 1;
    }
  }

  /** Parses a row; false if a quoted field continues beyond the bytes. */
  #scanRow(isLast: boolean): boolean {
    const bytes = this.#bytes;
    const separator = this.#separator;
    const columns = this.#columns;
    const cells = this.#cells;
    const decimal = this.#decimal;
    const view = this.#view;
    const limit = this.#limit;
    const row = this.#row;
    const line = this.#line;
    let column = 0;
    let at = this.#at;
    for (;;) {
      if (this.#bySpaces) while (bytes[at] === SPACE) at += 1;
      const found = column < columns ? cells[column] : undefined;
      if (bytes[at] === QUOTE) {
        const end = this.#quoted(at, found, isLast);
        if (end === -1) return false;
        at = end;
      } else if (found === undefined || found.mode !== 'number') {
        const start = at;
        let byte = bytes[at] as number;
        while (byte !== separator && byte !== LINE_FEED && byte !== CARRIAGE_RETURN) {
          if (byte === QUOTE) throw this.#fail('a quote inside a field that does not begin with one');
          byte = bytes[++at] as number;
        }
        if (found !== undefined) this.#addText(found, bytes.toString('utf8', start, at));
      } else {
        // Inlined: a call would cost as much as parsing the number.
        let next = at;
        while (bytes[next] === SPACE && !this.#bySpaces) next += 1;
        const first = next;
        const negative = bytes[next] === MINUS;
        if (negative || bytes[next] === PLUS) next += 1;
        let [high, low, count] = [0, 0, 0];
        let digits = next;
        let digit = ((bytes[next] as number) - ZERO) >>> 0;
        while (digit <= 9) {
          if (count < LOW_DIGITS) high = high * 10 + digit;
          else low = low * 10 + digit;
          count += 1;
          digit = ((bytes[++next] as number) - ZERO) >>> 0;
        }
        digits = next - digits;
        let power = 0;
        let isInteger = true;
        if (bytes[next] === decimal) {
          isInteger = false;
          const point = ++next;
          if (high === 0 && low === 0) {
            // Leading zeros do not count.
            count = 0;
            while (bytes[next] === ZERO) next += 1;
          }
          // Four digits at a time.
          while (count <= LOW_DIGITS - 4 && next + 4 <= limit) {
            const four = fourDigits(view.getInt32(next, true));
            if (four < 0) break;
            high = high * 10_000 + four;
            count += 4;
            next += 4;
          }
          digit = ((bytes[next] as number) - ZERO) >>> 0;
          while (digit <= 9 && count < LOW_DIGITS) {
            high = high * 10 + digit;
            count += 1;
            digit = ((bytes[++next] as number) - ZERO) >>> 0;
          }
          if (count >= LOW_DIGITS) {
            while (count <= MAX_DIGITS - 4 && next + 4 <= limit) {
              const four = fourDigits(view.getInt32(next, true));
              if (four < 0) break;
              low = low * 10_000 + four;
              count += 4;
              next += 4;
            }
            digit = ((bytes[next] as number) - ZERO) >>> 0;
            while (digit <= 9) {
              low = low * 10 + digit;
              count += 1;
              digit = ((bytes[++next] as number) - ZERO) >>> 0;
            }
          }
          power = point - next;
          digits -= power;
        }
        if (((bytes[next] as number) | 0x20) === LOWER_E && digits > 0) {
          isInteger = false;
          const exponent = this.#exponent(next + 1);
          next = this.#at;
          power += exponent;
        }
        while (bytes[next] === SPACE && !this.#bySpaces) next += 1;
        const end = bytes[next] as number;
        let value = Number.NaN;
        if (digits > 0 && (end === separator || end === LINE_FEED || end === CARRIAGE_RETURN)) {
          if (count <= MAX_DIGITS) value = numberOf(high, low, count, power);
          // Inexact integers and numbers such as 1e999 are handled by their text.
          if (value !== value && !isInteger) value = this.#slowNumber(first, next);
          else if (negative) value = -value;
        }
        if (value === value) {
          found.add(value, isInteger);
          at = next;
        } else at = this.#other(at, found);
      }
      column += 1;
      let byte = bytes[at] as number;
      if (byte === separator) {
        at += 1;
        if (!this.#bySpaces) continue;
        while (bytes[at] === SPACE) at += 1;
        byte = bytes[at] as number;
        if (byte !== LINE_FEED && byte !== CARRIAGE_RETURN) continue;
      }
      if (byte === CARRIAGE_RETURN) {
        at += 1;
        if (bytes[at] !== LINE_FEED) throw this.#fail('a carriage return without a line feed');
      }
      break;
    }
    if (column !== columns)
      throw formatError(this.#name, `line ${line} has ${column} fields: expected ${columns}, as in the first row`);
    this.#at = at + 1;
    this.#row = row + 1;
    this.#line += 1;
    return true;
  }

  /** An exponent of up to four digits, or NaN; moves {@link CsvScanner.#at} to its end. */
  #exponent(start: number): number {
    const bytes = this.#bytes;
    let at = start;
    const isNegative = bytes[at] === MINUS;
    if (isNegative || bytes[at] === PLUS) at += 1;
    const from = at;
    let power = 0;
    let digit = ((bytes[at] as number) - ZERO) >>> 0;
    while (digit <= 9 && at - from < 4) {
      power = power * 10 + digit;
      digit = ((bytes[++at] as number) - ZERO) >>> 0;
    }
    this.#at = at;
    return at === from ? Number.NaN : isNegative ? -power : power;
  }

  /** The number of a field by its text, if {@link numberOf} cannot tell; NaN if it is not finite. */
  #slowNumber(start: number, end: number): number {
    const text = this.#bytes.toString('latin1', start, end);
    const value = Number(this.#decimal === 0x2e ? text : text.replace(',', '.'));
    return Number.isFinite(value) ? value : Number.NaN;
  }

  /** Adds a field that is not a plain number, and returns its end. */
  #other(start: number, cells: Cells): number {
    const bytes = this.#bytes;
    let at = start;
    let byte = bytes[at] as number;
    while (byte !== this.#separator && byte !== LINE_FEED && byte !== CARRIAGE_RETURN) {
      if (byte === QUOTE) throw this.#fail('a quote inside a field that does not begin with one');
      byte = bytes[++at] as number;
    }
    if (at === start) cells.addMissing(this.#row, this.#line);
    else this.#addText(cells, bytes.toString('utf8', start, at));
    return at;
  }

  /** Adds a quoted field, and returns its end, or -1 if that is beyond the bytes. */
  #quoted(start: number, cells: Cells | undefined, isLast: boolean): number {
    const bytes = this.#bytes;
    let [end, doubled, lines] = [start, false, 0];
    for (;;) {
      const from = end + 1;
      end = bytes.indexOf(QUOTE, from);
      if (end === -1 || end >= this.#limit) {
        if (!isLast) return -1;
        throw this.#fail('a quote that is not closed');
      }
      for (let index = from; index < end; index++) if (bytes[index] === LINE_FEED) lines += 1;
      if (bytes[end + 1] !== QUOTE) break;
      doubled = true;
      end += 1;
    }
    if (cells !== undefined) {
      const text = bytes.toString('utf8', start + 1, end);
      this.#addText(cells, doubled ? text.replaceAll('""', '"') : text);
    }
    this.#line += lines;
    const after = bytes[end + 1] as number;
    if (after !== this.#separator && after !== LINE_FEED && after !== CARRIAGE_RETURN)
      throw this.#fail('text after a closing quote');
    return end + 1;
  }

  #addText(cells: Cells, text: string): void {
    cells.addText(text, this.#row, this.#line, this.#decimal === 0x2e ? '.' : ',');
  }

  #fail(problem: string): Error {
    return formatError(this.#name, `line ${this.#line} has ${problem}`);
  }
}
