/** The plan of an evaluation in shards: what a coordinator asks of workers, and how these compute it. */
import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { dirname, isAbsolute, relative, resolve } from 'node:path';
import { libtorch } from '../../addon/native.js';
import { fileProblem, TorchError } from '../../base/errors.js';
import { count, listOf, object, oneOf, record, string } from '../../base/schema.js';
import { isElsewhere } from '../../data/internal.js';
import { parseJson } from '../../files/json.js';
import { PACKAGE_VERSION } from '../../libtorch/places.js';
import { writeRecord } from '../../report/index.js';
import { type Chosen, readArguments } from './arguments.js';
import { DIGITS } from './digits.js';
import { OpenFiles } from './files.js';
import { describeWorst, lean, makeRecord } from './record.js';
import { runTask } from './run.js';
import { makeTask, shardOf, type Task } from './task.js';

/** What workers compute. */
export interface Plan {
  readonly version: 1;
  /** The versions whose bits are wanted. */
  readonly torchloss: string;
  readonly libtorch: string;
  /** The arguments of `torchloss evaluate`, without those about shards and output. */
  readonly args: readonly string[];
  readonly shards: number;
  /** The number of samples in the files. */
  readonly total: number;
  /** The files by flag, as the coordinator found them: a worker's copies must have the same sizes. */
  readonly files: Readonly<
    Record<string, { readonly bytes: number; readonly dtype: string; readonly shape: readonly number[] }>
  >;
  /** What tells the coordinator's files from earlier ones: their times. */
  readonly modified: string;
}

const readPlan = object({
  version: oneOf([1] as const),
  torchloss: string,
  libtorch: string,
  args: listOf(string),
  shards: count,
  total: count,
  files: record(object({ bytes: count, dtype: string, shape: listOf(count) })),
  modified: string,
});

/** Makes the plan of a task. */
export function makePlan(task: Task, chosen: Chosen, shards: number): Plan {
  return {
    version: 1,
    torchloss: PACKAGE_VERSION,
    libtorch: libtorch().version,
    args: chosen.args,
    shards,
    total: task.total,
    files: filesOf(task),
    modified: Object.values(task.files)
      .map(({ modified }) => modified)
      .join(' '),
  };
}

/** The name of a plan's run: of the same losses over the same files in the same shards. */
export function runOf(plan: string): string {
  return createHash('sha256').update(plan).digest('hex').slice(0, 32);
}

function filesOf(task: Task): Plan['files'] {
  return Object.fromEntries(
    Object.entries(task.files).map(([flag, { bytes, dtype, shape }]) => [flag, { bytes, dtype, shape }]),
  );
}

/** An evaluation whose files are open. */
interface OpenPlan {
  readonly text: string;
  readonly plan: Plan;
  readonly chosen: Chosen;
  readonly task: Task;
  readonly files: OpenFiles;
}

/** Computes shards of plans, from files in certain folders alone. The files of the last plan stay open. */
export class PlanWorker {
  readonly #folders: readonly string[];
  #open: OpenPlan | undefined;

  /**
   * @param folders - the only folders to read from
   * @throws TorchError `ERR_FILE_READ` for one that is not there
   */
  constructor(folders: readonly string[]) {
    this.#folders = folders.map(realPath);
  }

  /**
   * Computes a shard, and gives its record as JSON.
   *
   * @throws TorchError `ERR_USAGE` for a plan that asks for files elsewhere, `ERR_SHARDS` for one that this machine cannot
   *   compute to the same bits, and what an evaluation throws
   */
  async compute(text: string, index: number, signal: AbortSignal): Promise<string> {
    if (this.#open?.text !== text) {
      await this.close();
      this.#open = await this.#openPlan(text);
    }
    const { task, chosen, plan } = this.#open;
    const shard = { index, count: plan.shards };
    if (index > plan.shards) throw new TorchError('ERR_SHARDS', `shard ${index} of ${plan.shards}`);
    const part = shardOf(task, shard);
    const state = await runTask(part, { stopped: () => signal.aborted });
    signal.throwIfAborted();
    const own = { ...chosen, flags: { ...chosen.flags, shard } };
    return writeRecord(lean(await describeWorst(part, makeRecord(part, own, state))));
  }

  async #openPlan(text: string): Promise<OpenPlan> {
    const plan: Plan = parseJson(text, 'the plan', readPlan);
    checkVersions(plan);
    const chosen = readArguments([...plan.args]);
    if (chosen.args.join('\0') !== plan.args.join('\0'))
      throw new TorchError('ERR_USAGE', 'the plan has arguments that are none of a shard');
    const files = new OpenFiles((path, flag) => this.#check(path, flag));
    try {
      const task = await makeTask(chosen, files);
      checkFiles(plan, task);
      return { text, plan, chosen, task, files };
    } catch (error) {
      await files[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Refuses files outside the folders, whatever their names or links say. */
  #check(path: string, flag: string): void {
    checkSingle(path, flag);
    const real = realPath(path);
    const own = dirname(DIGITS.logits);
    const isWithin = (folder: string) => {
      const rest = relative(folder, real);
      return rest !== '' && rest.split(/[\\/]/)[0] !== '..' && !isAbsolute(rest);
    };
    if (![...this.#folders, realPath(own)].some(isWithin))
      throw new TorchError('ERR_USAGE', `--${flag}: ${path} is outside the folders of this worker (--data)`);
  }

  /** Closes the files. */
  async close(): Promise<void> {
    await this.#open?.files[Symbol.asyncDispose]();
    this.#open = undefined;
  }
}

/** Refuses what is not one file of this machine: a plan must not have workers open URLs. */
export function checkSingle(path: string, flag: string): void {
  if (isElsewhere(path))
    throw new TorchError('ERR_USAGE', `--${flag}: with a queue, expected a single file that all workers have`);
}

function realPath(path: string): string {
  try {
    return realpathSync(resolve(path));
  } catch (cause) {
    throw new TorchError('ERR_FILE_READ', `${path}: ${fileProblem(cause)}`, { cause });
  }
}

function checkVersions({ torchloss, libtorch: wanted }: Plan): void {
  const { version } = libtorch();
  if (torchloss === PACKAGE_VERSION && wanted === version) return;
  throw new TorchError(
    'ERR_SHARDS',
    `this worker has torchloss ${PACKAGE_VERSION} and LibTorch ${version}, the coordinator ${torchloss} and ${wanted}: other versions may give other bits`,
  );
}

function checkFiles(plan: Plan, task: Task): void {
  const own = filesOf(task);
  for (const flag of new Set([...Object.keys(plan.files), ...Object.keys(own)])) {
    const [wanted, found] = [plan.files[flag], own[flag]].map((file) =>
      file === undefined ? 'none' : `${file.bytes} bytes, ${file.dtype} [${file.shape.join(', ')}]`,
    );
    if (wanted !== found)
      throw new TorchError(
        'ERR_SHARDS',
        `--${flag}: the file here is another one: ${found}, at the coordinator ${wanted}`,
      );
  }
  if (plan.total !== task.total)
    throw new TorchError('ERR_SHARDS', `there are ${task.total} samples here, ${plan.total} at the coordinator`);
}
