/** Evaluates in shards that workers compute. */
import { TorchError } from '../../base/errors.js';
import { coordinate, type ShardFailure } from '../../distributed/index.js';
import type { EvaluationRecord } from '../../report/index.js';
import { printError } from '../../terminal/print.js';
import { usage } from '../arguments.js';
import type { Outputs } from '../outputs.js';
import { openQueue } from '../queue.js';
import { type StopSignal, SignalWatch } from '../signals.js';
import type { Chosen, Flags } from './arguments.js';
import { makePlan, runOf } from './plan.js';
import { progressBar } from './progress.js';
import { lean, makeRecord, mergeParts } from './record.js';
import { readShard } from './results.js';
import { inOrder, runTask } from './run.js';
import { SampleFile } from './samples.js';
import { readResult } from './shard_result.js';
import { rangeOf, type Task } from './task.js';

/** How many results are merged in one go. */
const BATCH = 256;

/** Whether shards are to be computed by workers. */
export function isQueued({ queue, shards }: Flags): boolean {
  return queue !== undefined || shards !== undefined;
}

/** Checks the flags that go with a queue. */
export function checkQueueFlags(flags: Flags): void {
  if (!isQueued(flags)) return;
  if (flags.shards === undefined) throw usage('--queue needs --shards N: into how many shards the samples are divided');
  for (const name of ['shard', 'results', 'checkpoint'] as const)
    if (flags[name] !== undefined) throw usage(`--${name}: not with a queue, whose workers compute all shards`);
}

/** What came of a run. */
export interface QueuedEvaluation {
  readonly record: EvaluationRecord;
  readonly signal: StopSignal | undefined;
  /** The error to end with, where shards have failed. */
  readonly failures: readonly TorchError[];
}

/**
 * Has workers evaluate a task, and merges what they found. The losses of samples are written as their shards come.
 *
 * @param outputs - keeps the errors of files that cannot be written
 */
export async function evaluateQueued(task: Task, chosen: Chosen, outputs: Outputs): Promise<QueuedEvaluation> {
  const { flags } = chosen;
  const shards = flags.shards as number;
  if (shards > task.end) throw usage(`--shards: expected at most the ${task.end} samples, got ${shards}`);
  if (!task.divisible) throw usage('--shards: these tensors have no samples in the first dimension');
  const plan = JSON.stringify(makePlan(task, chosen, shards));
  const bar = progressBar(task, 0, flags.quiet);
  const stop = new AbortController();
  const file = flags['per-sample'];
  using perSample = file === undefined ? undefined : new SampleFile(file, task.losses.length, 0);
  const queue = await openQueue(flags.queue, '--queue', () => bar.clear());
  using watch = new SignalWatch(() => {
    bar.clear();
    printError('torchloss: gathering what is done; press Ctrl-C again to quit now');
    stop.abort();
  });
  // An empty record, to which all others are added.
  const nothing = { ...task, end: task.first, whole: 0 };
  let merged = lean({ ...makeRecord(nothing, chosen, await runTask(nothing)), complete: false });
  let waiting: EvaluationRecord[] = [];
  let samples = 0;
  const merge = () => {
    merged = mergeParts(
      [merged, ...waiting],
      [queue.name, ...waiting.map(({ shard }) => `${queue.name}: shard ${shard}`)],
    );
    waiting = [];
  };
  const start = performance.now();
  try {
    const { failures } = await coordinate(
      queue,
      { id: runOf(plan), plan, shards },
      {
        signal: stop.signal,
        async onResult(index, text) {
          const shard = { index, count: shards };
          const name = `${queue.name}: shard ${index}`;
          const { first, end } = rangeOf(task.end, shard);
          const columns = perSample === undefined ? 0 : task.losses.length;
          const found = readResult(text, name, columns, end - first);
          waiting.push(readShard(found.record, name, shard, task.end));
          await outputs.append('per-sample', () => perSample?.put(first, found.perSample));
          samples += end - first;
          if (waiting.length >= BATCH) merge();
        },
        onProgress: () => bar.show(samples, (performance.now() - start) / 1000),
      },
    );
    merge();
    // The shards that are missing at the end have rows as well.
    await outputs.append('per-sample', () => perSample?.put(task.end, noLosses(task)));
    return {
      record: { ...merged, results: merged.results.map((result) => inOrder(result, task)) },
      signal: watch.signal,
      failures: failures.length === 0 ? [] : [failureOf(failures, shards)],
    };
  } finally {
    bar.clear();
    await queue.close();
  }
}

/** No samples: an empty column per loss. */
function noLosses({ losses }: Task): Float64Array[] {
  return losses.map(() => new Float64Array());
}

/** How many failed shards are named in full. */
const MOST_NAMED = 10;

function failureOf(failures: readonly ShardFailure[], shards: number): TorchError {
  const named = failures.slice(0, MOST_NAMED).map(({ shard, error }) => `  shard ${shard}/${shards}: ${error}`);
  const more = failures.length > MOST_NAMED ? [`  and ${failures.length - MOST_NAMED} more`] : [];
  const have = failures.length === 1 ? 'has' : 'have';
  return new TorchError(
    'ERR_SHARDS',
    [`${failures.length} of ${shards} shards ${have} failed:`, ...named, ...more].join('\n'),
  );
}
