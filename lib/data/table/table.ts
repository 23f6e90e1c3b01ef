/** What the formats with columns have in common. */
import type { TypedArray } from '../../tensor/dtypes.js';
import type { DType } from '../../base/types.js';

/** What a column holds: numbers or booleans, one or a list of them to a row; texts; or what is not read. */
export type ColumnKind = 'numbers' | 'text' | 'other';

/** A column as the file describes it. */
export interface TableColumn {
  readonly name: string;
  /** Its type in the words of the format. */
  readonly type: string;
  readonly kind: ColumnKind;
  /** Whether it only numbers the rows, as the index does that pandas writes. */
  readonly isIndex?: boolean;
}

/** A column that is ready to be read. */
export interface ReadableColumn {
  readonly name: string;
  /** The dtype of its numbers; `undefined` for texts. */
  readonly dtype: DType | undefined;
  /** The sizes of one row. */
  readonly rowShape: readonly number[];
}

/** Some rows of a column. */
export interface ColumnPart {
  /** The elements in C order. What stands where a row is missing means nothing. */
  readonly values: TypedArray | readonly string[];
  /** 1 for each row that is missing, or of which a part is; nothing where none is. */
  readonly missing?: Uint8Array | undefined;
}

/** Columns of a table that are read together. */
export interface Reading {
  readonly rows: number;
  readonly columns: readonly ReadableColumn[];
  /** How many bytes a row takes in memory while it is read. */
  readonly bytesPerRow?: number;
  /** Reads the rows from `start` up to, and without, `end` of each column. */
  read(start: number, end: number): Promise<readonly ColumnPart[]>;
  /** The first text of a column of texts, where that is known before it is read. */
  readonly firstText?: { readonly place: string; readonly text: string };
  /** The first row without a value, where that is known before it is read. */
  readonly firstMissing?: { readonly column: string; readonly place: string };
  /** Where a row is in the file, for errors: `row 12 (line 14)`. */
  placeOf?(row: number): Promise<string>;
}

/** A file of columns. */
export interface Table {
  /** The columns' names, in order. */
  readonly names: readonly string[];
  /** What the columns hold. It may take a pass over the file. */
  describe(): Promise<readonly TableColumn[]>;
  /**
   * Prepares columns for reading, by their indices.
   *
   * @throws TorchError `ERR_FILE_FORMAT` for types that are not read
   */
  read(columns: readonly number[]): Promise<Reading>;
  /** The number of rows. It may take a pass over the file. */
  countRows(): Promise<number>;
  /** How the file was understood, for people: `comma-separated, with a header`. */
  readonly remark?: string;
}

/** The place of a row in errors, the same in every format: rows are counted from 0, as samples are. */
export function placeOfRow(row: number, line?: number): string {
  return line === undefined ? `row ${row}` : `row ${row} (line ${line})`;
}
