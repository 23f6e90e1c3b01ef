/** Files that grow by what is added to them, written when they are told to. */
import type { FileHandle } from 'node:fs/promises';
import { fileProblem, TorchError } from '../../base/errors.js';

/** The error of a file that cannot be written. */
export function writeError(path: string, cause: unknown): TorchError {
  return new TorchError('ERR_FILE_WRITE', `${path}: ${fileProblem(cause)}`, { cause });
}

/** An open file; what is added is in it after {@link flush}. */
export class AppendedFile {
  readonly path: string;
  readonly #file: FileHandle;
  #added: Uint8Array[] = [];

  constructor(path: string, file: FileHandle) {
    this.path = path;
    this.#file = file;
  }

  protected append(bytes: Uint8Array): void {
    this.#added.push(bytes);
  }

  async flush(): Promise<void> {
    const added = this.#added;
    this.#added = [];
    try {
      if (added.length > 0) await this.#file.appendFile(Buffer.concat(added));
    } catch (cause) {
      throw writeError(this.path, cause);
    }
  }

  async close(): Promise<void> {
    try {
      await this.flush();
    } finally {
      await this.#file.close();
    }
  }
}
