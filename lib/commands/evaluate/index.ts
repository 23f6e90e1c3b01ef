import { oneLine } from '../../base/printable.js';
import { existsSync } from 'node:fs';
import { relative } from 'node:path';
import { parseArgs } from 'node:util';
import type { Source } from '../../libtorch/places.js';
import { TorchError } from '../../base/errors.js';
import { terminal } from '../../terminal/markdown.js';
import { native } from '../../addon/native.js';
import { renderEvaluation, type EvaluationRecord, writeRecord, writeWhole } from '../../report/index.js';
import { FAILED_CONDITION, usage } from '../arguments.js';
import type { Options } from '../options.js';
import { checkPlace, Outputs } from '../outputs.js';
import { SIGNAL_CODES, SignalWatch } from '../signals.js';
import {
  ALL_FLAGS,
  type Chosen,
  FLAGS,
  type FailCondition,
  type Flags,
  readArguments,
  readConditions,
} from './arguments.js';
import { OpenFiles } from './files.js';
import { checkShared } from './places.js';
import { progressBar } from './progress.js';
import { describeWorst, lean, makeRecord, mergeRecords, readCheckpoint, withoutPartials } from './record.js';
import { checkQueueFlags, evaluateQueued, isQueued } from './queue.js';
import { openPlace, storeShard } from './results.js';
import { runTask, type RunState } from './run.js';
import { SampleFile } from './samples.js';
import { makeTask, type Task } from './task.js';
import { count, formatRecord, partialNote } from './text.js';
import { print, printError, printJson } from '../../terminal/print.js';

/** What `torchloss evaluate --help` prints. */
export const help = `torchloss evaluate --input FILE --target FILE [options]
torchloss evaluate --merge RESULT.json RESULT.json ... [options]

Computes losses over the saved outputs of a network, from files of any size.

  torchloss evaluate --example
  torchloss evaluate --input scores.parquet --target scores.parquet#label
  torchloss evaluate --input 'scores.csv#logit_*' --target scores.csv#species
      --group-by region,age:5 --missing skip --report report.html
  torchloss evaluate --loss huber_loss --option delta=2
      --input 'predictions-*.npy' --target truth.npy --json

Losses
  --loss NAME           a loss, by any of its names (default cross_entropy);
                        repeat it for several losses in one pass
  --api NAMESPACE       whose names and defaults apply: torch.nn.functional
                        (default), torch.nn, mindspore.nn or mindspore.ops
  --option NAME=VALUE   an option of every loss that has it, such as
                        label_smoothing=0.1, or of one loss, such as
                        huber_loss.delta=2; can be repeated
  --reduction WORD      mean, sum, or batchmean for kl_div
  --device DEVICE       cpu (default), cuda or cuda:N

Files (.npy, .npz, .safetensors, .arrow, .feather, .parquet, .csv, .tsv, .jsonl
or .bin; text also as .gz), with samples in the first dimension
  --input FILE          a tensor of the loss, by its name in the namespace or in
                        torch.nn.functional
  --target FILE         another one; other losses have --input1, --anchor,
                        --logits, --log_probs and so on
  --weight FILE         a tensor option of the loss; also --pos-weight
  --example             evaluate the digits that come with torchloss
  FILE                  a path; a pattern in quotes, such as 'part-*.npy'; an
                        https: or s3: URL; or - for standard input. The rows of
                        several files follow each other, also of a flag that is
                        given several times
  FILE#NAME             an array, or columns: a,b or x_0..x_9 or x_*; without a
                        name, all numeric columns that no other flag names
  'FILE?dtype=float32'  convert the elements; .bin also needs &shape=-1,10
  'FILE?header=false'   a .csv without names; also &separator=tab, &decimal=,
  --no-header           header=false for all .csv files
  --missing WORD        error (default), or skip samples with a missing value
  --classes A,B,C       names of the classes, in order; without them, text
                        labels follow the names of the score columns, or are
                        sorted

Computation
  --group-by COLUMNS    report each group: the name of an input, such as
                        target, or columns of its table or of FILE#COLUMNS;
                        age:5 makes five bins
  --top K               list the K worst samples (default 10 in JSON and the
                        report)
  --sample N            only the first N samples, for a first look
  --batch-size N        how many samples to read and compute at a time
  --shard I/N           evaluate the I-th of N shards. auto takes I and N from
                        Kubernetes, Slurm, AWS Batch, Google Batch or torchrun
  --results PLACE       also store the shard's result: in a folder,
                        s3://BUCKET/PREFIX or https://HOST/PATH; torchloss merge
                        PLACE merges them
  --allow-http          permit http: for --results
  --queue URL           have \`torchloss worker\`s of a queue compute the shards:
                        redis://[USER:PASSWORD@]HOST:PORT, or rediss: for TLS;
                        without it, what the variable TORCHLOSS_QUEUE holds
  --shards N            into how many shards, for a queue
  --merge               merge the --json output of shards exactly
  --checkpoint FILE     save progress every few seconds, and when stopped
  --resume              continue from the checkpoint, if it exists

Output
  --json                print only one JSON document to standard output
  --report FILE         write an HTML report with charts
  --images FILE         pictures of the samples for the report: [N, H, W],
                        [N, 3, H, W] or [N, H, W, 3]
  --per-sample FILE     write the loss of every sample to a .npy file; NaN for
                        skipped samples
  --fail-on WORDS       nan, empty or nan,empty: exit with 3 if a loss is NaN,
                        or if there are no samples
  --quiet, -q           no progress, no warnings, no line about LibTorch

Exit codes
  0         success
  1         the data, a file or LibTorch failed
  2         wrong usage; nothing was computed
  3         a --fail-on condition holds
  130, 143  stopped by SIGINT (Ctrl-C) or SIGTERM, with the result so far; a
            second signal quits at once`;

/** Also `--merge`, whose files are positional. */
export const options: Options = { ...ALL_FLAGS, merge: { type: 'boolean' } };

const SOURCES: Readonly<Record<Source, string>> = {
  LIBTORCH: 'from LIBTORCH',
  process: 'loaded by another addon',
  setup: 'set up by torchloss',
  python: 'from the active Python environment',
  system: 'from the system',
};

/** The seconds between checkpoints. */
const CHECKPOINT_SECONDS = 10;

/** Evaluates and prints. */
export async function run(args: string[]): Promise<number> {
  if (args.includes('--merge')) return merge(args);
  const chosen = readArguments(args);
  const { flags } = chosen;
  checkFlags(flags);
  const store =
    flags.results === undefined ? undefined : await openPlace(flags.results, '--results', flags['allow-http']);
  await using files = new OpenFiles(isQueued(flags) ? checkShared : undefined);
  const task = await makeTask(chosen, files);
  if (isQueued(flags)) {
    const outputs = new Outputs();
    const { record, signal, failures } = await evaluateQueued(task, chosen, outputs);
    for (const failure of failures) outputs.add(failure);
    const code = finish(record, flags, outputs);
    return signal === undefined || record.complete ? code : SIGNAL_CODES[signal];
  }
  const from = await readEarlier(task, chosen);
  const { state, signal, outputs } = await evaluateTask(task, chosen, from);
  const record = await describeWorst(task, makeRecord(task, chosen, state));
  if (store !== undefined && flags.shard !== undefined && record.complete)
    await storeShard(store, flags.shard, lean(record)).catch((error: unknown) => outputs.add(error));
  const code = finish(record, flags, outputs);
  return signal === undefined ? code : SIGNAL_CODES[signal];
}

/** What the output depends on. */
type Output = Pick<Flags, 'json' | 'quiet' | 'top' | 'report' | 'fail-on'>;

/** The options of the output, for results that are merged. */
export const OUTPUT = {
  json: { ...FLAGS.json, default: false },
  quiet: { ...FLAGS.quiet, default: false },
  report: FLAGS.report,
  'fail-on': FLAGS['fail-on'],
} as const satisfies Options;

/** Reads and checks the values of {@link OUTPUT}. */
export function readOutput(values: {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly report?: string | undefined;
  readonly 'fail-on'?: string | undefined;
}): Output {
  const { json, quiet, report, 'fail-on': conditions } = values;
  const output = {
    json,
    quiet,
    ...(report !== undefined && { report }),
    ...(conditions !== undefined && { 'fail-on': readConditions(conditions) }),
  };
  checkPlace(report, 'report');
  return output;
}

/**
 * Prints a result and writes the report; neither depends on the other. A result of all samples is neither merged nor
 * resumed, and goes without what only that needs.
 *
 * @param outputs - those of the run, some of which may have failed
 * @returns the exit code
 */
export function finish(found: EvaluationRecord, flags: Output, outputs = new Outputs()): number {
  const record = found.complete && found.shard === null ? withoutPartials(found) : found;
  const { report } = flags;
  warn(record, flags);
  outputs.write(() => printRecord(record, flags));
  if (report !== undefined) outputs.write(() => writeWhole(report, renderEvaluation(record, { date: new Date() })));
  outputs.finish();
  const met = (flags['fail-on'] ?? []).filter((condition) => CONDITIONS[condition].holds(record));
  for (const condition of met) printError(`torchloss: --fail-on ${condition}: ${CONDITIONS[condition].says}`);
  return met.length > 0 ? FAILED_CONDITION : 0;
}

/** The conditions of `--fail-on`. */
const CONDITIONS: Readonly<Record<FailCondition, { holds(record: EvaluationRecord): boolean; says: string }>> = {
  nan: {
    holds: ({ results }) => results.some(({ loss, nonFinite }) => Number.isNaN(loss) || nonFinite.nan > 0),
    says: 'a loss is NaN',
  },
  empty: { holds: ({ results }) => results.some(({ samples }) => samples === 0), says: 'there are no samples' },
};

/** Checks the flags before anything is computed. */
function checkFlags(flags: Flags): void {
  const { device, resume, checkpoint } = flags;
  if (device !== undefined && !/^(cpu|cuda(:\d{1,3})?)$/.test(device))
    throw usage(`--device: expected cpu, cuda or cuda:N, got '${device}'`);
  if (resume && checkpoint === undefined) throw usage('--resume needs --checkpoint FILE');
  if (flags.results !== undefined && flags.shard === undefined) throw usage('--results needs --shard I/N, or auto');
  if (flags.results !== undefined && flags.sample !== undefined)
    throw usage('--results stores whole shards: leave out --sample');
  checkQueueFlags(flags);
  const samples = flags['per-sample'];
  if (samples !== undefined && !/\.npy$/i.test(samples))
    throw usage(`--per-sample: expected the name of a .npy file, got '${samples}'`);
  for (const name of ['report', 'checkpoint', 'per-sample'] as const) checkPlace(flags[name], name);
}

/** The state of an earlier run, from its checkpoint. */
async function readEarlier(task: Task, chosen: Chosen): Promise<RunState | undefined> {
  const { resume, checkpoint } = chosen.flags;
  if (checkpoint === undefined) return undefined;
  if (!resume) {
    await checkOverwrite(checkpoint, task, chosen);
    return undefined;
  }
  if (!existsSync(checkpoint)) {
    printError(`torchloss: no checkpoint at ${checkpoint} yet; starting from the beginning`);
    return undefined;
  }
  const empty = await runTask(task, { stopped: () => true });
  return readCheckpoint(checkpoint, task, chosen, empty);
}

/** Checks that an existing file at the checkpoint's place is a checkpoint of the same evaluation. */
async function checkOverwrite(checkpoint: string, task: Task, chosen: Chosen): Promise<void> {
  if (!existsSync(checkpoint)) return;
  const empty = await runTask(task, { stopped: () => true });
  try {
    readCheckpoint(checkpoint, task, chosen, empty);
  } catch (cause) {
    const why = (cause as Error).message.replace(/^--resume: /, '');
    throw new TorchError('ERR_USAGE', `--checkpoint: will not overwrite ${checkpoint}: ${why}`, { cause });
  }
}

async function evaluateTask(task: Task, chosen: Chosen, from: RunState | undefined) {
  const { checkpoint, quiet, 'per-sample': samplesFile } = chosen.flags;
  const before = from?.done ?? 0;
  const bar = progressBar(task, before, quiet);
  const outputs = new Outputs(() => bar.clear());
  using perSample = samplesFile === undefined ? undefined : new SampleFile(samplesFile, task.losses.length, before);
  using watch = new SignalWatch(() => {
    bar.clear();
    printError('torchloss: finishing the current batch; press Ctrl-C again to quit now');
  });
  try {
    const state = await runTask(task, {
      from,
      every: checkpoint === undefined ? undefined : CHECKPOINT_SECONDS,
      stopped: () => watch.signal !== undefined,
      onProgress: (samples, seconds) => bar.show(samples, seconds),
      async onState(state, losses) {
        // Losses first: a checkpoint must not cover samples whose losses are not written yet.
        await outputs.append('per-sample', () => perSample?.append(losses));
        if (checkpoint !== undefined && !outputs.hasFailed('per-sample'))
          await outputs.append('checkpoint', () =>
            writeWhole(checkpoint, writeRecord(makeRecord(task, chosen, state))),
          );
      },
    });
    const isDone = task.first + state.done === task.end;
    return { state, signal: isDone ? undefined : watch.signal, outputs };
  } finally {
    bar.clear();
  }
}

function merge(args: string[]): number {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { merge: { type: 'boolean' }, ...OUTPUT },
  });
  if (positionals.length === 0) throw usage('--merge: expected the JSON files of the shards');
  const output = readOutput(values);
  return finish(mergeRecords(positionals), output);
}

/** Prints warnings to standard error. */
function warn(record: EvaluationRecord, { json, quiet }: Output): void {
  if (record.results.some(({ samples }) => samples === 0))
    printError('torchloss: there are no samples, so the loss is meaningless');
  if (quiet) return;
  // The text output has these lines itself.
  if (json) for (const line of partialNote(record)) printError(`torchloss: ${line}`);
  for (const { loss_function, nonFinite } of record.results) {
    const { nan, infinite, negativeInfinite, first } = nonFinite;
    const samples = nan + infinite + negativeInfinite;
    if (samples === 0) continue;
    const named = first.map(({ index, loss }) => `${index} (${loss})`).join(', ');
    printError(`torchloss: ${loss_function} is not finite for ${count(samples, 'sample')}: ${named}`);
  }
}

function printRecord(record: EvaluationRecord, { json, quiet, top }: Output): void {
  if (json) {
    printJson(writeRecord(record));
    return;
  }
  const { version, root, source } = record.libtorch;
  const files = Object.entries(record.files)
    .filter(([flag]) => flag !== 'images')
    .map(([, { file, path, columns }]) =>
      oneLine(`${file === path ? relative(process.cwd(), path) : file}${shownColumns(columns)}`),
    );
  print(`${record.results.map(({ loss_function }) => loss_function).join(', ')} of ${files.join(', ')}`);
  print(formatRecord(record, terminal(), top !== undefined && top > 0));
  if (quiet) return;
  const { cpu_capability, num_threads } = native().info();
  print(
    `LibTorch ${version} ${SOURCES[source as Source]}, in ${root} (CPU ${cpu_capability}, ${count(num_threads, 'thread')})`,
  );
}

/** The most columns that are listed. */
const MOST_COLUMNS = 6;

/** The columns that were taken: `#a,b`, or `#a_0,...,a_9 (10 columns)`. */
function shownColumns(columns: readonly string[] = []): string {
  if (columns.length === 0) return '';
  if (columns.length <= MOST_COLUMNS) return `#${columns.join(',')}`;
  return `#${columns[0]},...,${columns.at(-1)} (${columns.length} columns)`;
}
