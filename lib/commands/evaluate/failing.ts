/** Names the sample that a batch fails for. */
import { evaluate } from '../../evaluate/index.js';
import { SkippedRows, withoutMissing } from './missing.js';
import type { Task } from './task.js';

/**
 * Which samples an error about those from `start` up to `end` is about, for its message: one of them, if the batch fails
 * for it alone, or all. If their rows come from several files, the file and the row in it are named too.
 */
export async function samplesOf(task: Task, start: number, end: number): Promise<string> {
  if (!task.divisible) return 'all samples';
  const sample = await findFailing(task, start, end);
  if (sample === undefined) return `samples ${start} to ${end - 1}`;
  const rows = new Map<string, string[]>();
  for (const source of task.sources.values()) {
    if ((source.files ?? []).length < 2) continue;
    const found = await source.placeOf?.(sample);
    if (found !== undefined) rows.set(found.place, [...(rows.get(found.place) ?? []), found.name]);
  }
  const places = Array.from(rows, ([place, names]) => `${place} of ${names.join(' and ')}`);
  return [`sample ${sample}`, ...places].join(', ');
}

/** The first sample that fails, unless all of them seem to. */
async function findFailing(task: Task, start: number, end: number): Promise<number | undefined> {
  if (end - start === 1) return start;
  if ((await fails(task, start, start + 1)) && (await fails(task, end - 1, end))) return undefined;
  let [from, to] = [start, end];
  while (to - from > 1) {
    const middle = Math.floor((from + to) / 2);
    if (await fails(task, from, middle)) to = middle;
    else from = middle;
  }
  return (await fails(task, from, to)) ? from : undefined;
}

async function fails(task: Task, start: number, end: number): Promise<boolean> {
  const batches = task.skipsMissing
    ? withoutMissing(task, start, end, new SkippedRows(start))
    : [task.batch(start, end)];
  return evaluate(task.losses, batches, { ...task.options, first_index: start }).then(
    () => false,
    () => true,
  );
}
