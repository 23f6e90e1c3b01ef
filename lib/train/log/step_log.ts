/** Metrics as lines of JSON: one for each step, one for each epoch. */
import { mkdir, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileProblem, TorchError } from '../../base/errors.js';
import { check } from '../../files/json.js';
import { replaceFileAsync } from '../../files/replace.js';
import type { EpochRecord, FitStep } from '../progress.js';
import { epochRecord, fitStep } from '../records.js';
import { AppendedFile, writeError } from './appended_file.js';

/** A line of the log. */
export type LogLine = ({ readonly kind: 'step' } & FitStep) | ({ readonly kind: 'epoch' } & EpochRecord);

/** A log that a resumed run goes on with. */
export class StepLog extends AppendedFile {
  /** Opens a log, without what a run before wrote of steps and epochs after its last checkpoint. */
  static async open(path: string, { steps, epochs }: { steps: number; epochs: number }): Promise<StepLog> {
    try {
      await mkdir(dirname(path), { recursive: true });
      const kept = (await readLog(path)).filter((line) =>
        line.kind === 'step' ? line.step <= steps : line.epoch <= epochs,
      );
      await replaceFileAsync(path, [Buffer.concat(kept.map(lineOf))]);
      return new StepLog(path, await open(path, 'a'));
    } catch (cause) {
      throw cause instanceof TorchError ? cause : writeError(path, cause);
    }
  }

  add(line: LogLine): void {
    this.append(lineOf(line));
  }
}

function lineOf(line: LogLine): Buffer {
  return Buffer.from(`${JSON.stringify(line)}\n`);
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
