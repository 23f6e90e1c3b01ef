/** Evaluations by the compiled program, and their records. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { Evaluation } from '../../lib/evaluate/index.js';
import { PACKAGE_ROOT } from '../../lib/libtorch/places.js';
import { type EvaluationRecord, withRecordKeys } from '../../lib/report/record.js';

/** The compiled program. */
export const CLI = join(PACKAGE_ROOT, 'dist', 'cli.js');

/** Runs the program to its end. */
export function runCli(...args: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [CLI, ...args], { encoding: 'utf8', maxBuffer: 2 ** 28 });
}

/** Runs `torchloss evaluate` to its end. */
export function runEvaluate(args: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  return runCli('evaluate', ...args);
}

/** The record that `torchloss evaluate --json` prints. */
export function evaluateJson(args: readonly string[]): EvaluationRecord {
  const { status, stdout, stderr } = runEvaluate([...args, '--json']);
  if (status !== 0) throw new Error(`exit code ${status}: ${stderr}`);
  return withRecordKeys(JSON.parse(stdout)) as EvaluationRecord;
}

/** The record of the digits that come with torchloss. */
export function evaluateDigits(args: readonly string[] = []): EvaluationRecord {
  return evaluateJson(['--example', ...args]);
}

/** The results of a record without what depends on the time and the parts of the computation. */
export function findingsOf(record: EvaluationRecord): unknown {
  const { results, done, complete, total } = withRecordKeys(record) as EvaluationRecord;
  const found = results.map((result) => {
    const kept: { -readonly [Name in keyof typeof result]: (typeof result)[Name] } = {
      ...result,
      seconds: 0,
      samplesPerSecond: 0,
      bytesPerSecond: 0,
    };
    delete kept.partial;
    return kept;
  });
  return { results: found, done, complete, total };
}

/** A record of a result that was not computed from files. */
export function recordOf(result: Evaluation, other: Partial<EvaluationRecord>): EvaluationRecord {
  return {
    version: 2,
    torchloss: '0.0.0',
    complete: true,
    total: result.samples,
    done: [[0, result.samples]],
    shard: null,
    device: 'cpu',
    files: {},
    group_by: null,
    libtorch: { version: '0', root: '/', source: 'LIBTORCH' },
    results: [{ loss_function: 'torch.nn.functional.l1_loss', options: {}, ...result }],
    ...other,
  };
}
