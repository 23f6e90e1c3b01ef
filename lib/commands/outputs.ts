/** Where the results of a command go. An output that fails must not keep the others from being written. */
import { accessSync, constants, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileProblem, TorchError } from '../base/errors.js';
import { printError } from '../terminal/print.js';

/** Checks that the file of a flag can be written, before anything is computed. */
export function checkPlace(file: string | undefined, flag: string): void {
  if (file === undefined) return;
  try {
    const folder = dirname(resolve(file));
    if (statSync(file, { throwIfNoEntry: false })?.isDirectory() === true)
      throw Object.assign(new Error(), { code: 'EISDIR' });
    accessSync(folder, constants.W_OK);
  } catch (error) {
    throw new TorchError('ERR_FILE_WRITE', `--${flag}: ${file}: ${fileProblem(error)}`, { cause: error });
  }
}

/** The outputs of a run: each is tried, and what failed is reported at the end. */
export class Outputs {
  readonly #errors: unknown[] = [];
  readonly #failed = new Set<string>();
  readonly #clear: () => void;

  /** @param clear - called before an error is printed during the run, for instance to remove a progress bar */
  constructor(clear: () => void = () => undefined) {
    this.#clear = clear;
  }

  /** Whether this output has failed. */
  hasFailed(output: string): boolean {
    return this.#failed.has(output);
  }

  /** Keeps an error for the end. */
  add(error: unknown): void {
    this.#errors.push(error);
  }

  /** Writes an output; an error is kept for the end. */
  write(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.add(error);
    }
  }

  /** Writes to an output that grows during the run. If that fails, the run continues without it. */
  async append(output: string, work: () => void | Promise<void>): Promise<void> {
    if (this.#failed.has(output)) return;
    try {
      await work();
    } catch (error) {
      this.add(error);
      this.#failed.add(output);
      this.#clear();
      printError(`torchloss: ${(error as Error).message}; continuing without it`);
    }
  }

  /** Throws the first error, and prints the others. */
  finish(): void {
    const [first, ...others] = this.#errors;
    for (const error of others) printError(`torchloss: ${(error as Error).message}`);
    if (first !== undefined) throw first;
  }
}
