/** Taking rows of text apart. */

/** What came of some bytes. */
export interface Scanned {
  /** How many bytes are whole rows. */
  readonly bytes: number;
  readonly rows: number;
  /** The lines in these bytes: more than rows where fields have line breaks. */
  readonly lines: number;
}

/** What takes a format's rows apart. */
export interface RecordScanner {
  /**
   * Takes the rows of some bytes, but for a last one that may not be whole.
   *
   * @param bytes - with room for one more byte
   * @param isLast - whether the file ends with them
   * @param row - the number of the first row, and its line
   */
  scan(bytes: Buffer, length: number, isLast: boolean, row: number, line: number): Scanned;
  /** The line of a row among some bytes that begin with a row. */
  lineOf(target: number, bytes: Buffer, length: number, row: number, line: number): number;
}
