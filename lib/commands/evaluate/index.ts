import { oneLine } from '../../base/printable.js';
import { print, printError, printJson } from '../../terminal/print.js';
import { accessSync, constants, existsSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Source } from '../../libtorch/places.js';
import { fileProblem, TorchError } from '../../base/errors.js';
import { terminal } from '../../terminal/markdown.js';
import { native } from '../../addon/native.js';
import { renderEvaluation, type EvaluationRecord, writeRecord, writeWhole } from '../../report/index.js';
import { type Chosen, type Flags, readArguments, usage } from './arguments.js';
import { bytesPerSample, OpenFiles } from './files.js';
import { ProgressBar } from './progress.js';
import { describeWorst, makeRecord, mergeRecords, readCheckpoint, withoutPartials } from './record.js';
import { runTask, type RunState, SIGNAL_CODES, SignalWatch } from './run.js';
import { SampleFile } from './samples.js';
import { makeTask, type Task } from './task.js';
import { count, formatRecord, partialNote } from './text.js';

/** What `torchloss evaluate --help` prints. */
export const help = `torchloss evaluate [options]
torchloss evaluate --merge RESULT.json RESULT.json ... [--json] [--report FILE]

Computes losses over the saved outputs of a network, from files of any size. Without input files, it evaluates the
handwritten digits that come with torchloss.

torchloss evaluate --loss cross_entropy --input logits.npy --target labels.npy --group-by target --report report.html

Losses
  --loss NAME           a loss, by any of its names (default cross_entropy); repeat it for several losses in one pass
  --api NAMESPACE       whose names and defaults apply: torch.nn.functional (default), torch.nn, mindspore.nn or
                        mindspore.ops
  --option NAME=VALUE   an option of every loss that has it, such as label_smoothing=0.1, or of one loss, such as
                        huber_loss.delta=2; can be repeated
  --reduction WORD      mean, sum, or batchmean for kl_div
  --device DEVICE       cpu (default), cuda or cuda:N

Files (.npy, .npz, .safetensors, .arrow, .parquet, .csv or .bin, with samples in the first dimension)
  --input FILE          a tensor of the loss, by its name in the namespace or in torch.nn.functional
  --target FILE         another one; other losses have --input1, --anchor, --logits, --log_probs and so on
  --weight FILE         an option that is a tensor; also --pos_weight
  FILE#NAME             one of several arrays or columns in a file
  'FILE?dtype=float32&shape=-1,10'
                        the dtype and shape of a .bin file

Computation
  --group-by NAME       report each class or group: the name of an input, such as target, or a FILE of integers
  --top K               list the K worst samples (default 10 in JSON and the report)
  --batch-size N        how many samples to read and compute at a time
  --shard I/N           evaluate the I-th of N shards; --merge merges their --json output exactly
  --checkpoint FILE     save progress every few seconds, and when stopped
  --resume              continue from the checkpoint, if it exists

Output
  --json                print only one JSON document to standard output
  --report FILE         write an HTML report with charts
  --images FILE         pictures of the samples for the report: [N, H, W], [N, 3, H, W] or [N, H, W, 3]
  --per-sample FILE     write the loss of every sample to a .npy file

Exit codes: 0 success; 1 the data, a file or LibTorch failed; 2 wrong usage; 130 or 143 stopped by SIGINT (Ctrl-C) or
SIGTERM, with the result so far. A second signal quits at once.`;

const SOURCES: Readonly<Record<Source, string>> = {
  LIBTORCH: 'from LIBTORCH',
  process: 'loaded by another addon',
  setup: 'set up by torchloss',
  python: 'from the active Python environment',
  system: 'from the system',
};

/** How often a checkpoint is written. */
const CHECKPOINT_SECONDS = 10;

/** Evaluates and prints. */
export async function run(args: string[]): Promise<number> {
  if (args.includes('--merge')) return merge(args);
  const chosen = readArguments(args);
  const { flags } = chosen;
  checkFlags(flags);
  await using files = new OpenFiles();
  const task = await makeTask(chosen, files);
  const from = await readEarlier(task, chosen);
  const { state, signal } = await evaluateTask(task, chosen, from);
  let record = await describeWorst(task, makeRecord(task, chosen, state));
  if (flags.shard === undefined && record.complete) record = withoutPartials(record);
  warn(record, flags);
  if (flags.report !== undefined) writeWhole(flags.report, renderEvaluation(record, { date: new Date() }));
  printResult(record, flags);
  return signal === undefined ? 0 : SIGNAL_CODES[signal];
}

/** Checks the flags before anything is computed. */
function checkFlags(flags: Flags): void {
  const { device, resume, checkpoint } = flags;
  if (device !== undefined && !/^(cpu|cuda(:\d{1,3})?)$/.test(device))
    throw usage(`--device: expected cpu, cuda or cuda:N, got '${device}'`);
  if (resume && checkpoint === undefined) throw usage('--resume needs --checkpoint FILE');
  for (const name of ['report', 'checkpoint', 'per-sample'] as const) checkPlace(flags[name], name);
}

function checkPlace(file: string | undefined, flag: string): void {
  if (file === undefined) return;
  try {
    accessSync(dirname(resolve(file)), constants.W_OK);
  } catch (error) {
    throw new TorchError('ERR_FILE_WRITE', `--${flag}: ${file}: ${fileProblem(error)}`, { cause: error });
  }
}

/** The state of an earlier run, from its checkpoint. */
async function readEarlier(task: Task, chosen: Chosen): Promise<RunState | undefined> {
  const { resume, checkpoint } = chosen.flags;
  if (!resume || checkpoint === undefined) return undefined;
  if (!existsSync(checkpoint)) {
    printError(`torchloss: no checkpoint at ${checkpoint} yet; starting from the beginning`);
    return undefined;
  }
  const empty = await runTask(task, { stopped: () => true });
  return readCheckpoint(checkpoint, task, chosen, empty);
}

async function evaluateTask(task: Task, chosen: Chosen, from: RunState | undefined) {
  const { checkpoint, 'per-sample': samplesFile } = chosen.flags;
  const bar = new ProgressBar({
    total: task.end - task.first,
    before: from?.done ?? 0,
    bytes: bytesPerSample(task.sources.values()),
  });
  using perSample =
    samplesFile === undefined ? undefined : new SampleFile(samplesFile, task.losses.length, from?.done ?? 0);
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
        // Losses first: a checkpoint must never cover samples whose losses are not yet written.
        perSample?.append(losses);
        if (checkpoint !== undefined) writeWhole(checkpoint, writeRecord(makeRecord(task, chosen, state)));
      },
    });
    const isDone = task.first + state.done === task.end;
    return { state, signal: isDone ? undefined : watch.signal };
  } finally {
    bar.clear();
  }
}

function merge(args: string[]): number {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { merge: { type: 'boolean' }, json: { type: 'boolean', default: false }, report: { type: 'string' } },
  });
  if (positionals.length === 0) throw usage('--merge: expected the JSON files of the shards');
  checkPlace(values.report, 'report');
  const record = mergeRecords(positionals);
  warn(record, values);
  if (values.report !== undefined) writeWhole(values.report, renderEvaluation(record, { date: new Date() }));
  printResult(record.complete ? withoutPartials(record) : record, values);
  return 0;
}

/** Prints warnings to standard error. */
function warn(record: EvaluationRecord, { json }: { json: boolean }): void {
  // The text output says so itself.
  if (json) for (const line of partialNote(record)) printError(`torchloss: ${line}`);
  for (const { loss_function, nonFinite } of record.results) {
    const { nan, infinite, negativeInfinite, first } = nonFinite;
    const samples = nan + infinite + negativeInfinite;
    if (samples === 0) continue;
    const named = first.map(({ index, loss }) => `${index} (${loss})`).join(', ');
    printError(`torchloss: ${loss_function} is not finite for ${count(samples, 'sample')}: ${named}`);
  }
}

function printResult(record: EvaluationRecord, { json, top }: { json: boolean; top?: number }): void {
  if (json) {
    printJson(writeRecord(record));
    return;
  }
  const { version, root, source } = record.libtorch;
  const files = Object.entries(record.files)
    .filter(([flag]) => flag !== 'images')
    .map(([, { file, path }]) => oneLine(file === path ? relative(process.cwd(), path) : file));
  print(`${record.results.map(({ loss_function }) => loss_function).join(', ')} of ${files.join(', ')}`);
  print(formatRecord(record, terminal(), top !== undefined && top > 0));
  const { cpu_capability, num_threads } = native().info();
  print(
    `LibTorch ${version} ${SOURCES[source as Source]}, in ${root} (CPU ${cpu_capability}, ${count(num_threads, 'thread')})`,
  );
}
