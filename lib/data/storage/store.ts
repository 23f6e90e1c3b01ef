/** Where the bytes of a file are. */
export interface Store {
  readonly size: number;
  /** The time of the last modification, in milliseconds since 1970, if it is known. */
  readonly modified: number | undefined;
  /** The version, if it is on a server that names it. */
  readonly etag?: string | undefined;
  /**
   * Fills `bytes` from a position.
   *
   * @throws TorchError `ERR_FILE_READ`, `ERR_FILE_CHANGED`, or `ERR_FILE_FORMAT` if the file is too short
   */
  read(bytes: Uint8Array, position: number): Promise<void>;
  /** @throws TorchError `ERR_FILE_CHANGED` */
  checkUnchanged(): void;
  /** Frees cached data. */
  release?(): void;
  close(): Promise<void>;
}
