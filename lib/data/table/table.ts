/** Tables, for all formats with columns. */
import type { TypedArray } from '../../tensor/dtypes.js';
import type { DType } from '../../base/types.js';

/** What a column has: numbers or booleans, or lists of them; text; or a type that is not supported. */
export type ColumnKind = 'numbers' | 'text' | 'other';

/** A column of a file. */
export interface TableColumn {
  readonly name: string;
  /** The format's name of its type. */
  readonly type: string;
  readonly kind: ColumnKind;
  /** Whether it is an index, as pandas writes it. */
  readonly isIndex?: boolean;
  /** Whether a value is missing in every row. */
  readonly isEmpty?: boolean;
}

/** A column that is open for reading. */
export interface ReadableColumn {
  readonly name: string;
  /** The dtype of its numbers; `undefined` for text. */
  readonly dtype: DType | undefined;
  /** The shape of a row. */
  readonly rowShape: readonly number[];
}

/** Some rows of a column. */
export interface ColumnPart {
  /** The elements in C order; arbitrary where a row is missing. */
  readonly values: TypedArray | readonly string[];
  /** 1 for each row with a missing value; `undefined` if there is none. */
  readonly missing?: Uint8Array | undefined;
}

/** Columns of a table that are open for reading. */
export interface Reading {
  readonly rows: number;
  readonly columns: readonly ReadableColumn[];
  /** The bytes that a row takes while it is read. */
  readonly bytesPerRow?: number;
  /** Reads the rows from `start` up to but not including `end` of each column. */
  read(start: number, end: number): Promise<readonly ColumnPart[]>;
  /** Where the rows end that lie together with this one: reading them alone needs no copy. */
  endOfPart?(row: number): number;
  /** The first text of a text column, if it is known in advance. */
  readonly firstText?: { readonly place: string; readonly text: string };
  /** The first row with a missing value, if it is known in advance. */
  readonly firstMissing?: { readonly column: string; readonly place: string };
  /** The place of a row for errors: `row 12 (line 14)`. */
  placeOf?(row: number): Promise<string>;
  /** Frees cached data. */
  release?(): void;
}

/** A file with columns. */
export interface Table {
  /** The names of the columns, in order. */
  readonly names: readonly string[];
  /** The types of the columns. This may need a pass over the file. */
  describe(): Promise<readonly TableColumn[]>;
  /**
   * Opens columns for reading, by their indices.
   *
   * @throws TorchError `ERR_FILE_FORMAT` if a type is not supported
   */
  read(columns: readonly number[]): Promise<Reading>;
  /** The number of rows. This may need a pass over the file. */
  countRows(): Promise<number>;
  /** How the file was read, for people: `separated by commas, with a header`. */
  readonly remark?: string;
  /** For text formats, whose types are inferred: the options that read similar files in the same way. */
  readonly dialect?: Dialect;
}

/** How a text file was read. */
export interface Dialect {
  readonly header?: boolean;
  readonly separator?: string;
}

/** The place of a row in errors. Rows are counted from 0 in every format, as samples are. */
export function placeOfRow(row: number, line?: number): string {
  return line === undefined ? `row ${row}` : `row ${row} (line ${line})`;
}
