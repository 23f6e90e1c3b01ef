/** Which task of a job array this process is, from the variables that schedulers set. */
import { TorchError } from '../base/errors.js';

/** The variables that processes get from their environment. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A task of a job array. */
export interface ArrayTask {
  /** What started the array. */
  readonly scheduler: string;
  /** Which task it is, counted from 1. */
  readonly index: number;
  /** How many tasks the array has. */
  readonly count: number;
}

/** The variables of a scheduler. */
interface Scheduler {
  readonly name: string;
  readonly index: string;
  readonly count: string;
  /** The numbers of the first and the last task, and the step between two; without them tasks are numbered from 0. */
  readonly range?: { readonly first: string; readonly last: string; readonly step: string };
  /** What to do where the count is missing. */
  readonly fix?: string;
}

const SCHEDULERS: readonly Scheduler[] = [
  {
    name: 'Kubernetes indexed Job',
    index: 'JOB_COMPLETION_INDEX',
    count: 'TORCHLOSS_SHARDS',
    fix: "Kubernetes sets no count: give the container TORCHLOSS_SHARDS with the Job's completions",
  },
  {
    name: 'Slurm array',
    index: 'SLURM_ARRAY_TASK_ID',
    count: 'SLURM_ARRAY_TASK_COUNT',
    range: { first: 'SLURM_ARRAY_TASK_MIN', last: 'SLURM_ARRAY_TASK_MAX', step: 'SLURM_ARRAY_TASK_STEP' },
  },
  { name: 'AWS Batch array', index: 'AWS_BATCH_JOB_ARRAY_INDEX', count: 'AWS_BATCH_JOB_ARRAY_SIZE' },
  { name: 'Google Batch', index: 'BATCH_TASK_INDEX', count: 'BATCH_TASK_COUNT' },
  { name: 'torchrun', index: 'RANK', count: 'WORLD_SIZE' },
];

/** A task that was found, or why its variables do not name one. */
export type FoundTask = ArrayTask | { readonly scheduler: string; readonly problem: string };

/** What each scheduler whose variables are set says. */
export function findArrayTasks(env: Environment = process.env): FoundTask[] {
  return SCHEDULERS.filter(({ index }) => isSet(env[index])).map((scheduler) => {
    try {
      return readTask(scheduler, env);
    } catch (error) {
      return { scheduler: scheduler.name, problem: (error as Error).message };
    }
  });
}

/**
 * Which task of a job array this process is: of a Kubernetes indexed Job, a Slurm array, an AWS Batch array, a Google
 * Batch job or `torchrun`.
 *
 * Kubernetes sets no count; the variable `TORCHLOSS_SHARDS` has to hold it.
 *
 * @param env - the environment. Default: that of this process
 * @throws TorchError `ERR_USAGE` if no scheduler has set its variables, if one of them is missing or makes no sense, or if
 *   two schedulers say different things
 * @example
 * ```ts
 * const env = { SLURM_ARRAY_TASK_ID: '7', SLURM_ARRAY_TASK_MIN: '1', SLURM_ARRAY_TASK_COUNT: '16' };
 * arrayTask(env);   // { scheduler: 'Slurm array', index: 7, count: 16 }
 * ```
 */
export function arrayTask(env: Environment = process.env): ArrayTask {
  const found = findArrayTasks(env);
  const [first] = found;
  if (first === undefined) {
    const known = SCHEDULERS.map(({ name, index, count }) => `${name} (${index}, ${count})`);
    throw usage(`found the variables of no scheduler: expected those of one of ${known.join(', ')}`);
  }
  for (const task of found) if ('problem' in task) throw usage(`${task.scheduler}: ${task.problem}`);
  const tasks = found as ArrayTask[];
  const [one] = tasks as [ArrayTask];
  const other = tasks.find(({ index, count }) => index !== one.index || count !== one.count);
  if (other !== undefined) throw usage(`${named(one)}, but ${named(other)}`);
  return one;
}

function named({ scheduler, index, count }: ArrayTask): string {
  return `${scheduler} says ${index}/${count}`;
}

function readTask({ name, index, count, range, fix }: Scheduler, env: Environment): ArrayTask {
  if (!isSet(env[count])) throw new Error(`${index} is set, ${count} is not${fix === undefined ? '' : `; ${fix}`}`);
  const [number, total] = [readCount(index, env), readCount(count, env)];
  let place = number;
  if (range !== undefined) {
    const first = isSet(env[range.first]) ? readCount(range.first, env) : 0;
    const step = isSet(env[range.step]) ? readCount(range.step, env) : 1;
    const last = isSet(env[range.last]) ? readCount(range.last, env) : first + (total - 1) * step;
    place = (number - first) / step;
    if ((last - first) / step + 1 !== total)
      throw new Error(
        `the ${total} tasks from ${first} to ${last} leave some out, so their shards are not known; write --shard "$${index}/N"`,
      );
  }
  if (!Number.isInteger(place) || place < 0 || place >= total)
    throw new Error(`${index} is ${number}, which is none of its ${total} tasks`);
  return { scheduler: name, index: place + 1, count: total };
}

function readCount(name: string, env: Environment): number {
  const text = env[name] as string;
  if (!/^\d{1,9}$/.test(text)) throw new Error(`${name}: expected an integer of 0 or more, got '${text}'`);
  return Number(text);
}

function isSet(value: string | undefined): value is string {
  return value !== undefined && value !== '';
}

function usage(message: string): TorchError {
  return new TorchError('ERR_USAGE', message);
}
