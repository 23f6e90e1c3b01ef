/** A file that a {@link Source} reads. */
export interface SourceFile {
  /** Its absolute path, `-` for standard input, or its URL without the query. */
  readonly path: string;
  /** Its size. */
  readonly bytes: number;
  /** The time of its last modification, in milliseconds since 1970, if it is known. */
  readonly modified: number | undefined;
  /** By what its server tells its versions, if it is on one that does. */
  readonly etag?: string | undefined;
}
