/** Metrics as lines of JSON: one for each step, one for each epoch. */
import { type FileHandle, mkdir, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileProblem, TorchError } from '../../base/errors.js';
import { check } from '../../files/json.js';
import { replaceFileAsync } from '../../files/replace.js';
import type { FitStep } from '../options.js';
import type { EpochRecord } from '../progress.js';
import { epochRecord, fitStep } from '../records.js';

/** A line of the log. */
export type LogLine = ({ readonly kind: 'step' } & FitStep) | ({ readonly kind: 'epoch' } & EpochRecord);

/** A log that a resumed run goes on with. */
export class StepLog {
  readonly path: string;
  readonly #file: FileHandle;
  #lines: string[] = [];

  private constructor(path: string, file: FileHandle) {
    this.path = path;
    this.#file = file;
  }

  /** Opens a log, without what a run before wrote of steps and epochs after its last checkpoint. */
  static async open(path: string, { steps, epochs }: { steps: number; epochs: number }): Promise<StepLog> {
    try {
      await mkdir(dirname(path), { recursive: true });
      const kept = (await readLog(path)).filter((line) =>
        line.kind === 'step' ? line.step <= steps : line.epoch <= epochs,
      );
      await replaceFileAsync(path, [Buffer.from(kept.map((line) => `${JSON.stringify(line)}\n`).join(''))]);
      return new StepLog(path, await open(path, 'a'));
    } catch (cause) {
      if (cause instanceof TorchError) throw cause;
      throw new TorchError('ERR_FILE_WRITE', `${path}: ${fileProblem(cause)}`, { cause });
    }
  }

  /** Adds a line, which is in the file after {@link flush}. */
  add(line: LogLine): void {
    this.#lines.push(`${JSON.stringify(line)}\n`);
  }

  async flush(): Promise<void> {
    const lines = this.#lines.join('');
    this.#lines = [];
    try {
      if (lines !== '') await this.#file.appendFile(lines);
    } catch (cause) {
      throw new TorchError('ERR_FILE_WRITE', `${this.path}: ${fileProblem(cause)}`, { cause });
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

/**
 * The lines of a log; none where there is no file. A line that a killed process left half written is no line.
 *
 * @throws TorchError `ERR_FILE_FORMAT` for a step or an epoch whose figures are none
 */
export async function readLog(path: string): Promise<LogLine[]> {
  let content: string;
  try {
    content = await readFile(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new TorchError('ERR_FILE_READ', `${path}: ${fileProblem(cause)}`, { cause });
  }
  return content.split('\n').flatMap((text, at): LogLine[] => {
    let line: unknown;
    try {
      line = JSON.parse(text);
    } catch {
      return [];
    }
    const kind = (line as { kind?: unknown } | null)?.kind;
    const name = `${path}: line ${at + 1}`;
    if (kind === 'step') return [{ kind, ...check(line, name, fitStep) }];
    return kind === 'epoch' ? [{ kind, ...check(line, name, epochRecord) }] : [];
  });
}
