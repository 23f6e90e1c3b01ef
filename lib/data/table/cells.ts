/** The fields of a column of a text format. */

/** How pandas, R and databases write missing values. */
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
/** Longer fields are not numbers. */
const MAX_VALUE = 400;

/** The kind of a field. */
export type TextKind = 'number' | 'boolean' | 'list' | 'missing' | 'text';

/** The kind of a field by its text. */
export function classifyText(field: string): TextKind {
  const text = field.trim();
  if (MISSING.has(text)) return 'missing';
  if (BOOLEANS.has(text)) return 'boolean';
  if (text.startsWith('[') && text.endsWith(']')) return 'list';
  return text.length < MAX_VALUE && (NUMBER.test(text) || SPECIAL.test(text)) ? 'number' : 'text';
}

/** The first place of something in a column. */
export interface Found {
  readonly row: number;
  readonly line: number;
  readonly text: string;
}

/** How a column is read. */
export type CellMode = 'number' | 'text' | 'list';

const GROWTH = 2 ** 12;

/** Collects the fields of a column, and keeps statistics of all that were ever added. */
export class Cells {
  readonly mode: CellMode;
  /** The number of fields of each kind. */
  numbers = 0;
  booleans = 0;
  texts = 0;
  lists = 0;
  missings = 0;
  /** Whether all numbers are integers as written. */
  integers = true;
  firstText: Found | undefined;
  firstMissing: Found | undefined;
  /** The first integer that is not exact in float64. */
  firstInexact: Found | undefined;
  /** The shape of the first list. */
  listShape: readonly number[] | undefined;
  #values = new Float64Array(GROWTH);
  #texts: string[] = [];
  #missing: Uint8Array | undefined;
  #length = 0;
  /** Values per row. */
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

  /** Notes an integer that is not exact. */
  noteInexact(found: Found): void {
    this.firstInexact ??= found;
  }

  /** Adds a field by its text. */
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

  /** Adds a string of JSON, which is text whatever it looks like, except for NaN and infinities. */
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

  /** Adds a missing value. */
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
    this.addList(list, row, line, text);
  }

  /** Adds a list of numbers or of lists; `text` is what errors show, by default its JSON. */
  addList(list: unknown, row: number, line: number, text?: string): void {
    const shape = shapeOfList(list);
    const fits = this.listShape === undefined || String(shape) === String(this.listShape);
    if (shape === undefined || !fits) {
      this.#addOther(text ?? JSON.stringify(list), row, line);
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

  /** Takes the fields added since the last call. */
  take(): { values: Float64Array | string[]; missing: Uint8Array | undefined } {
    const rows = this.mode === 'text' ? this.#length : this.#length / this.#width;
    const values = this.mode === 'text' ? this.#texts.slice(0, rows) : this.#values.slice(0, this.#length);
    const missing = this.#missing === undefined ? undefined : new Uint8Array(rows);
    missing?.set((this.#missing as Uint8Array).subarray(0, rows));
    this.clear();
    return { values, missing };
  }

  /** Drops the fields added since the last call. The statistics keep counting them. */
  clear(): void {
    this.#texts = [];
    this.#missing = undefined;
    this.#length = 0;
  }

  /** Drops the fields added since the last {@link take}: their rows will be added again. */
  drop(before: CellsState): void {
    Object.assign(this, before);
    this.clear();
  }

  /** The state that {@link drop} returns to. */
  state(): CellsState {
    const { numbers, booleans, texts, lists, missings, integers, firstText, firstMissing, firstInexact, listShape } =
      this;
    return { numbers, booleans, texts, lists, missings, integers, firstText, firstMissing, firstInexact, listShape };
  }
}

/** The statistics of a column. */
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

/** The shape of nested lists of numbers, or `undefined` if they are empty, ragged or have other values. */
function shapeOfList(list: unknown): number[] | undefined {
  if (!Array.isArray(list) || list.length === 0) return undefined;
  const [first] = list as unknown[];
  if (!Array.isArray(first))
    return list.every((value) => typeof value === 'number' || typeof value === 'boolean') ? [list.length] : undefined;
  const inner = shapeOfList(first);
  const even = inner !== undefined && list.every((other) => String(shapeOfList(other)) === String(inner));
  return even ? [list.length, ...inner] : undefined;
}
