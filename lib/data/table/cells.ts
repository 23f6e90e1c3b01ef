/** What the fields of a column hold. */

/** Fields that stand for a value that is missing, as pandas, R and databases write them. */
const MISSING: ReadonlySet<string> = new Set([
  '',
  'NA',
  'N/A',
  'n/a',
  '#N/A',
  '<NA>',
  'null',
  'NULL',
  'Null',
  'None',
  'NaT',
  '\\N',
]);
const BOOLEANS: ReadonlyMap<string, number> = new Map([
  ['true', 1],
  ['True', 1],
  ['TRUE', 1],
  ['false', 0],
  ['False', 0],
  ['FALSE', 0],
]);
const SPECIAL = /^([+-]?)(?:(nan)|inf(?:inity)?)$/i;
const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,4})?$/;
const INTEGER = /^[+-]?\d+$/;
/** No number, and no word for one, is longer. */
const MAX_VALUE = 400;

/** A field, as text. */
export type TextKind = 'number' | 'boolean' | 'list' | 'missing' | 'text';

/** What a field is taken for. */
export function classifyText(field: string): TextKind {
  const text = field.trim();
  if (MISSING.has(text)) return 'missing';
  if (BOOLEANS.has(text)) return 'boolean';
  if (text.startsWith('[') && text.endsWith(']')) return 'list';
  return text.length < MAX_VALUE && (NUMBER.test(text) || SPECIAL.test(text)) ? 'number' : 'text';
}

/** Where something was found first. */
export interface Found {
  readonly row: number;
  readonly line: number;
  readonly text: string;
}

/** How the fields of a column are read. */
export type CellMode = 'number' | 'text' | 'list';

const GROWTH = 2 ** 12;

/** The fields of a column in some rows, and what is known of all that were added. */
export class Cells {
  readonly mode: CellMode;
  /** How many fields of each kind there were. */
  numbers = 0;
  booleans = 0;
  texts = 0;
  lists = 0;
  missings = 0;
  /** Whether all numbers were written as integers. */
  integers = true;
  firstText: Found | undefined;
  firstMissing: Found | undefined;
  /** The first integer that float64 does not hold. */
  firstInexact: Found | undefined;
  /** The sizes of the first list. */
  listShape: readonly number[] | undefined;
  #values = new Float64Array(GROWTH);
  #texts: string[] = [];
  #missing: Uint8Array | undefined;
  #length = 0;
  /** How many values a row has. */
  #width = 1;

  constructor(mode: CellMode, listShape?: readonly number[]) {
    this.mode = mode;
    if (listShape === undefined) return;
    this.listShape = listShape;
    this.#width = listShape.reduce((total, size) => total * size, 1);
  }

  /** Adds a number. */
  add(value: number, isInteger: boolean): void {
    this.numbers += 1;
    if (!isInteger) this.integers = false;
    if (this.#length === this.#values.length) this.#grow();
    this.#values[this.#length++] = value;
  }

  /** Notes an integer that is not held exactly. */
  noteInexact(found: Found): void {
    this.firstInexact ??= found;
  }

  /** Adds a field that is not plainly a number. */
  addText(text: string, row: number, line: number, decimal = '.'): void {
    if (this.mode === 'text') {
      if (MISSING.has(text.trim())) this.addMissing(row, line);
      else {
        this.#texts[this.#length++] = text;
        this.texts += 1;
      }
      return;
    }
    const trimmed = text.trim();
    const truth = BOOLEANS.get(trimmed);
    const special = trimmed.length < 12 ? SPECIAL.exec(trimmed) : null;
    const written = decimal === '.' ? trimmed : trimmed.replace(decimal, '.');
    if (MISSING.has(trimmed)) this.addMissing(row, line);
    else if (truth !== undefined) {
      this.add(truth, true);
      this.numbers -= 1;
      this.booleans += 1;
    } else if (special !== null) {
      const [, sign, nan] = special;
      this.add(
        nan !== undefined ? Number.NaN : sign === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY,
        false,
      );
    } else if (written.length < MAX_VALUE && NUMBER.test(written) && Number.isFinite(Number(written))) {
      const value = Number(written);
      const isInteger = INTEGER.test(written);
      if (isInteger && !Number.isSafeInteger(value)) this.noteInexact({ row, line, text: trimmed });
      this.add(value, isInteger);
    } else if (trimmed.startsWith('[')) this.#addListText(trimmed, row, line);
    else this.#addOther(text, row, line);
  }

  /** Adds a text that stands for itself, whatever it looks like; but NaN and infinities are written so in JSON. */
  addWord(text: string, row: number, line: number): void {
    if (this.mode !== 'text' && SPECIAL.test(text)) this.addText(text, row, line);
    else if (this.mode !== 'text') this.#addOther(text, row, line);
    else {
      this.#texts[this.#length++] = text;
      this.texts += 1;
    }
  }

  #addOther(text: string, row: number, line: number): void {
    this.texts += 1;
    this.firstText ??= { row, line, text };
    this.#placeholder();
  }

  #placeholder(): void {
    for (let index = 0; index < this.#width; index++) {
      if (this.#length === this.#values.length) this.#grow();
      this.#values[this.#length++] = 0;
    }
  }

  /** Adds a field without a value. */
  addMissing(row: number, line: number): void {
    this.missings += 1;
    this.firstMissing ??= { row, line, text: '' };
    const at = this.mode === 'text' ? this.#length : this.#length / this.#width;
    if (this.#missing === undefined || this.#missing.length <= at) {
      const larger = new Uint8Array(Math.max(GROWTH, 2 * at));
      larger.set(this.#missing ?? []);
      this.#missing = larger;
    }
    this.#missing[at] = 1;
    if (this.mode === 'text') this.#texts[this.#length++] = '';
    else this.#placeholder();
  }

  #addListText(text: string, row: number, line: number): void {
    let list: unknown;
    try {
      list = JSON.parse(text.replaceAll(/\b(?:nan|NaN)\b/g, 'null'));
    } catch {
      list = undefined;
    }
    this.addList(list, text, row, line);
  }

  /** Adds a list of numbers, or of lists of them. */
  addList(list: unknown, text: string, row: number, line: number): void {
    const shape = shapeOfList(list);
    const fits = this.listShape === undefined || String(shape) === String(this.listShape);
    if (shape === undefined || !fits) {
      this.#addOther(text, row, line);
      return;
    }
    this.listShape ??= shape;
    this.lists += 1;
    if (this.mode !== 'list') this.#placeholder();
    else
      for (const value of (list as unknown[]).flat(shape.length) as (number | boolean)[]) {
        if (this.#length === this.#values.length) this.#grow();
        if (typeof value === 'number' && !Number.isInteger(value)) this.integers = false;
        this.#values[this.#length++] = Number(value);
      }
    if (this.mode !== 'list' && this.integers)
      this.integers = (list as unknown[]).flat(shape.length).every(Number.isInteger);
  }

  #grow(): void {
    const larger = new Float64Array(2 * this.#values.length);
    larger.set(this.#values);
    this.#values = larger;
  }

  /** Takes out what was added since the last time. */
  take(): { values: Float64Array | string[]; missing: Uint8Array | undefined } {
    const rows = this.mode === 'text' ? this.#length : this.#length / this.#width;
    const values = this.mode === 'text' ? this.#texts.slice(0, rows) : this.#values.slice(0, this.#length);
    const missing = this.#missing === undefined ? undefined : new Uint8Array(rows);
    missing?.set((this.#missing as Uint8Array).subarray(0, rows));
    this.#texts = [];
    this.#missing = undefined;
    this.#length = 0;
    return { values, missing };
  }

  /** Forgets what was added since the last time: the rows come again, whole. */
  drop(before: CellsState): void {
    Object.assign(this, before);
    this.#missing = undefined;
    this.#length = 0;
  }

  /** What {@link drop} goes back to. */
  state(): CellsState {
    const { numbers, booleans, texts, lists, missings, integers, firstText, firstMissing, firstInexact, listShape } =
      this;
    return { numbers, booleans, texts, lists, missings, integers, firstText, firstMissing, firstInexact, listShape };
  }
}

/** What is known of a column's fields. */
export type CellsState = Pick<
  Cells,
  | 'numbers'
  | 'booleans'
  | 'texts'
  | 'lists'
  | 'missings'
  | 'integers'
  | 'firstText'
  | 'firstMissing'
  | 'firstInexact'
  | 'listShape'
>;

/** The sizes of nested lists of numbers, or `undefined` where they are empty, not even or hold something else. */
function shapeOfList(list: unknown): number[] | undefined {
  if (!Array.isArray(list) || list.length === 0) return undefined;
  const [first] = list as unknown[];
  if (!Array.isArray(first))
    return list.every((value) => typeof value === 'number' || typeof value === 'boolean') ? [list.length] : undefined;
  const inner = shapeOfList(first);
  const even = inner !== undefined && list.every((other) => String(shapeOfList(other)) === String(inner));
  return even ? [list.length, ...inner] : undefined;
}
