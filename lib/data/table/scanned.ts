/** Parsers of text formats. */

/** The result of parsing some bytes. */
export interface Scanned {
  /** The bytes of complete rows. */
  readonly bytes: number;
  readonly rows: number;
  /** The lines of these bytes: more than rows if fields have line breaks. */
  readonly lines: number;
}

/** Parses the rows of a format. */
export interface RecordScanner {
  /**
   * Parses the complete rows of some bytes.
   *
   * @param bytes - with room for one more byte
   * @param isLast - whether the file ends with them, so that the last row is complete
   * @param row - the index of the first row, and its line
   */
  scan(bytes: Buffer, length: number, isLast: boolean, row: number, line: number): Scanned;
  /** The line of a row in some bytes, which start with a row. */
  lineOf(target: number, bytes: Buffer, length: number, row: number, line: number): number;
}
