/** The plan of an evaluation in shards: what a coordinator asks of workers, and how these compute it. */
import { createHash } from 'node:crypto';
import { libtorch } from '../../addon/native.js';
import { TorchError } from '../../base/errors.js';
import { boolean, count, listOf, object, oneOf, record, string } from '../../base/schema.js';
import { parseJson } from '../../files/json.js';
import { PACKAGE_VERSION } from '../../libtorch/places.js';
import { writeRecord } from '../../report/index.js';
import { type Chosen, readArguments } from './arguments.js';
import { OpenFiles } from './files.js';
import { Places } from './places.js';
import { describeWorst, lean, makeRecord } from './record.js';
import { runTask } from './run.js';
import { CollectedLosses, writeResult } from './shard_result.js';
import { makeTask, shardOf, type Task } from './task.js';

/** The files of a flag. */
interface PlannedFile {
  readonly bytes: number;
  readonly dtype: string;
  readonly shape: readonly number[];
  /** The versions of those on servers. */
  readonly etags: readonly string[];
}

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
  /** How many of them are evaluated: the first ones. */
  readonly samples: number;
  /** Whether the loss of each sample is wanted. */
  readonly perSample: boolean;
  /** The files by flag, as the coordinator found them. Those of a worker must be alike. */
  readonly files: Readonly<Record<string, PlannedFile>>;
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
  samples: count,
  perSample: boolean,
  files: record(object({ bytes: count, dtype: string, shape: listOf(count), etags: listOf(string) })),
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
    samples: task.end,
    perSample: task.options.per_sample === true,
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
    Object.entries(task.files).map(([flag, { bytes, dtype, shape }]) => [
      flag,
      { bytes, dtype, shape, etags: task.etags.get(flag) ?? [] },
    ]),
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

/** Computes shards of plans, from files in certain places alone. The files of the last plan stay open. */
export class PlanWorker {
  readonly #places: Places;
  #open: OpenPlan | undefined;

  /** @param places - the only places to read from, as for {@link Places} */
  constructor(places: readonly string[]) {
    this.#places = new Places(places);
  }

  /**
   * Computes a shard, and gives its result as {@link readResult} reads it.
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
    const part = shardOf(task, shard, plan.samples);
    const perSample = new CollectedLosses(task.losses.length);
    const state = await runTask(
      { ...part, options: { ...part.options, per_sample: plan.perSample } },
      { stopped: () => signal.aborted, onState: async (_, losses) => perSample.add(losses) },
    );
    signal.throwIfAborted();
    // A shard of fewer samples than there are is no shard of the files.
    const own = plan.samples < plan.total ? chosen : { ...chosen, flags: { ...chosen.flags, shard } };
    const found = writeRecord(lean(await describeWorst(part, makeRecord(part, own, state))));
    return writeResult({ record: found, perSample: plan.perSample ? perSample.columns() : [] });
  }

  async #openPlan(text: string): Promise<OpenPlan> {
    const plan: Plan = parseJson(text, 'the plan', readPlan);
    if (plan.samples > plan.total)
      throw new TorchError('ERR_SHARDS', `the plan has ${plan.samples} samples, its files ${plan.total}`);
    checkVersions(plan);
    const chosen = readArguments([...plan.args]);
    if (chosen.args.join('\0') !== plan.args.join('\0'))
      throw new TorchError('ERR_USAGE', 'the plan has arguments that a shard does not take');
    const files = new OpenFiles((location, flag) => this.#places.check(location, flag));
    try {
      const task = await makeTask(chosen, files);
      checkFiles(plan, task);
      return { text, plan, chosen, task, files };
    } catch (error) {
      await files[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Closes the files. */
  async close(): Promise<void> {
    await this.#open?.files[Symbol.asyncDispose]();
    this.#open = undefined;
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
      file === undefined
        ? 'none'
        : [`${file.bytes} bytes`, `${file.dtype} [${file.shape.join(', ')}]`, ...file.etags].join(', '),
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
