/** Runs an evaluation that can be stopped, saved and resumed. */
import { evaluate, type Evaluation, type Group, type GroupResult, mergeResults } from '../../evaluate/index.js';
import { samplesOf } from './failing.js';
import { bytesPerSample } from './files.js';
import { SkippedRows, withoutMissing } from './missing.js';
import { batchOf, inFiles, type Task } from './task.js';

/** The bytes of a batch passed to evaluate, and the most that is still computed after a signal. */
const BATCH_BYTES = 8e6;
const MOST_SAMPLES = 2 ** 20;
/** The most per-sample losses kept in memory before they are written. */
const MOST_KEPT = 2 ** 22;

/** The state of an evaluation. */
export interface RunState {
  /** The number of samples done, counted from the task's first. */
  readonly done: number;
  /** How many of these were skipped because a value is missing. */
  readonly skipped: number;
  /** The result of each loss, with `partial`. */
  readonly results: readonly Evaluation[];
}

/** How a run is observed and controlled. */
export interface RunOptions {
  /** The state of an earlier run to continue from. */
  readonly from?: RunState | undefined;
  /** The seconds between calls of {@link onState}. Default: one call at the end. */
  readonly every?: number | undefined;
  /** Whether to stop after the current batch. */
  stopped?(): boolean;
  /** Called with the samples done by this run and its seconds so far. */
  onProgress?(samples: number, seconds: number): void;
  /** Called with the state and, if they are wanted, the per-sample losses since the last call. */
  onState?(state: RunState, perSample: readonly Float64Array[]): Promise<void>;
}

/** Evaluates the samples of a task. */
export async function runTask(task: Task, options: RunOptions = {}): Promise<RunState> {
  const { from, every = Number.POSITIVE_INFINITY, stopped = () => false, onProgress, onState } = options;
  const step = stepOf(task);
  const begun = from?.done ?? 0;
  const start = performance.now();
  let state = from;
  let done = begun;
  while (state === undefined || (task.first + done < task.end && !stopped())) {
    const before = done;
    const deadline = performance.now() + every * 1000;
    const most = task.options.per_sample ? MOST_KEPT : Number.POSITIVE_INFINITY;
    const skipped = new SkippedRows(task.first + before);
    const ranges: [start: number, end: number][] = [];
    const batches = async function* () {
      while (task.first + done < task.end && done - before < most && !stopped()) {
        const at = task.first + done;
        const end = task.divisible ? Math.min(at + step, task.end) : task.end;
        done += end - at;
        for await (const batch of task.skipsMissing ? withoutMissing(task, at, end, skipped) : [task.batch(at, end)]) {
          ranges.push([at, end]);
          yield batch;
        }
        // Checked last so that every round makes progress.
        if (performance.now() >= deadline) return;
      }
    };
    const found = await evaluate(task.losses, batches(), {
      ...task.options,
      first_index: task.first + before,
      partial: true,
      onProgress: ({ samples }) => onProgress?.(before - begun + samples, (performance.now() - start) / 1000),
    }).catch(async (error: unknown) => {
      const range = ranges[batchOf(error) ?? -1];
      throw inFiles(error, task.flagOf, range && (await samplesOf(task, ...range)));
    });
    const perSample = found.flatMap((result) =>
      result.perSample === undefined ? [] : [skipped.fill(result.perSample)],
    );
    const results = found.map((result, index) => {
      const earlier = state?.results[index];
      const named = nameGroups(skipped.number(result), task);
      return inOrder(earlier === undefined ? named : mergeResults([earlier, named]), task);
    });
    state = { done, skipped: (state?.skipped ?? 0) + skipped.count, results };
    await onState?.(state, perSample);
  }
  return state;
}

/** Replaces the numbers of groups by their names, and class indices by class names if there are any. */
function nameGroups(result: Evaluation, { groupNames, classNames, options }: Task): Evaluation {
  const isByClass = options.group_by === 'target' && classNames !== undefined;
  if (groupNames === undefined && !isByClass) return result;
  const nameOf = (group: Group) =>
    groupNames !== undefined ? groupNames.groupOf(Number(group)) : (classNames?.[Number(group)] ?? group);
  const named = <T extends { readonly group: Group }>(groups: readonly T[]): T[] =>
    groups.map((row) => ({ ...row, group: nameOf(row.group) }));
  const { groups, partial } = result;
  return {
    ...result,
    ...(groups !== undefined && { groups: named(groups) }),
    ...(partial !== undefined && {
      partial: { ...partial, groups: partial.groups === null ? null : named(partial.groups) },
    }),
  };
}

/** The same result with its groups in order: bins by their bounds, classes as their names are given. */
export function inOrder<T extends { readonly groups?: readonly GroupResult[] }>(
  result: T,
  { groupNames, classNames, options }: Task,
): T {
  const { groups } = result;
  if (groups === undefined) return result;
  if (groupNames !== undefined)
    return { ...result, groups: groups.toSorted((a, b) => groupNames.compare(a.group, b.group)) };
  if (options.group_by !== 'target' || classNames === undefined) return result;
  const place = ({ group }: GroupResult) => {
    const at = classNames.indexOf(String(group));
    return at === -1 ? classNames.length : at;
  };
  return { ...result, groups: groups.toSorted((a, b) => place(a) - place(b)) };
}

function stepOf({ options, sources }: Task): number {
  const bytes = bytesPerSample(sources.values());
  return options.batch_size ?? Math.max(1, Math.min(MOST_SAMPLES, Math.floor(BATCH_BYTES / bytes)));
}
