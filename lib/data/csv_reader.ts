import { formatError } from '../base/errors.js';

const [QUOTE, COMMA, LINE_FEED, CARRIAGE_RETURN] = [0x22, 0x2c, 0x0a, 0x0d];

/** The names are kept up to this many bytes, all together. */
const MAX_NAMES = 2 ** 20;
/** No number is longer. */
const MAX_NUMBER = 64;

/** Where in a field the reader is: `closed` after its closing quote, `return` after a carriage return. */
type State = 'start' | 'plain' | 'quoted' | 'closed' | 'return';

/** What is done with the fields. */
export interface CsvHandler {
  /** Takes the first row and gives the index of the column that is wanted. */
  first(fields: readonly string[]): number;
  /** Takes the field of that column, in each row after the first. */
  field(text: string, row: number): void;
}

/**
 * Takes CSV apart as it comes in, in pieces of any length. It keeps nothing but the names of the first row and the field it
 * is in, so that other columns may hold texts of any length, and refuses what RFC 4180 has no meaning for.
 */
export class CsvReader {
  readonly #name: string;
  readonly #handler: CsvHandler;
  readonly #text = Buffer.alloc(MAX_NAMES);
  #length = 0;
  #state: State = 'start';
  #row = 1;
  #column = 0;
  /** The fields of the first row, while it is read. */
  #names: string[] | undefined = [];
  #namesLength = 0;
  #columns = 0;
  #wanted = -1;

  constructor(name: string, handler: CsvHandler) {
    this.#name = name;
    this.#handler = handler;
  }

  /** Takes the next bytes of the file. */
  push(bytes: Uint8Array): void {
    for (let index = 0; index < bytes.length; index++) {
      const byte = bytes[index] as number;
      if (this.#state === 'return') {
        if (byte !== LINE_FEED) throw this.#fail('a carriage return without a line feed');
        this.#endRow();
      } else if (this.#state === 'quoted') {
        if (byte === QUOTE) this.#state = 'closed';
        else this.#keep(byte);
      } else if (byte === COMMA) this.#endField();
      else if (byte === LINE_FEED) this.#endRow();
      else if (byte === CARRIAGE_RETURN) this.#state = 'return';
      else if (byte === QUOTE) this.#quote();
      else if (this.#state === 'closed') throw this.#fail('text after a closing quote');
      else {
        this.#state = 'plain';
        this.#keep(byte);
      }
    }
  }

  /** Ends the last row, which needs no line feed. */
  end(): void {
    if (this.#state === 'quoted') throw this.#fail('a quote that is not closed');
    if (this.#state === 'return') throw this.#fail('a carriage return without a line feed');
    if (this.#state !== 'start' || this.#column > 0) this.#endRow();
  }

  #quote(): void {
    if (this.#state === 'plain') throw this.#fail('a quote inside a field that does not begin with one');
    // Two quotes in a row stand for one.
    if (this.#state === 'closed') this.#keep(QUOTE);
    this.#state = 'quoted';
  }

  #keep(byte: number): void {
    if (this.#names === undefined) {
      if (this.#column !== this.#wanted) return;
      if (this.#length === MAX_NUMBER) throw this.#fail(`more than ${MAX_NUMBER} characters where a number should be`);
      this.#text[this.#length++] = byte;
      return;
    }
    this.#countName();
    this.#text[this.#length++] = byte;
  }

  #countName(): void {
    this.#namesLength += 1;
    if (this.#namesLength > MAX_NAMES) throw this.#fail(`names of more than ${MAX_NAMES} bytes`);
  }

  /** Numbers are, and what is not is shown in an error. */
  #isAscii(): boolean {
    for (let at = 0; at < this.#length; at++) if ((this.#text[at] as number) > 127) return false;
    return true;
  }

  #endField(): void {
    if (this.#names !== undefined) {
      this.#countName();
      this.#names.push(this.#text.toString('utf8', 0, this.#length));
    } else if (this.#column === this.#wanted) {
      this.#handler.field(this.#text.toString(this.#isAscii() ? 'latin1' : 'utf8', 0, this.#length), this.#row);
    }
    this.#length = 0;
    this.#column += 1;
    this.#state = 'start';
  }

  #endRow(): void {
    this.#endField();
    if (this.#names !== undefined) {
      this.#columns = this.#column;
      const names = this.#names;
      this.#names = undefined;
      this.#wanted = this.#handler.first(names);
    } else if (this.#column !== this.#columns) {
      throw formatError(this.#name, `expected ${this.#columns} fields in row ${this.#row}, got ${this.#column}`);
    }
    this.#row += 1;
    this.#column = 0;
  }

  #fail(problem: string): Error {
    return formatError(this.#name, `row ${this.#row} has ${problem}`);
  }
}
