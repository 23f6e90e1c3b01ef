/** `torchloss train`. */
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { record as recordOf, string } from '../../base/schema.js';
import { shellWord } from '../../base/shell.js';
import { readJson } from '../../files/json.js';
import { replaceFileAsync } from '../../files/replace.js';
import { print, printError } from '../../terminal/print.js';
import { manual_seed } from '../../tensor/generator.js';
import type { Module } from '../../nn/module.js';
import { load as loadModule, save as saveModule, ScriptModule } from '../../jit/index.js';
import { optim } from '../../torch/index.js';
import { type EpochRecord, type FitResult, Trainer } from '../../train/index.js';
import { lastCheckpoint } from '../../train/internal.js';
import { renderTraining, writeWhole } from '../../report/index.js';
import { FAILED_CONDITION, usage } from '../arguments.js';
import { printDocument } from '../document.js';
import { Outputs } from '../outputs.js';
import { SIGNAL_CODES, SignalWatch, type StopSignal } from '../signals.js';
import { FLAGS, readArguments, type TrainArguments } from './arguments.js';
import { type Data, openData } from './data.js';
import { type Logs, openLogs } from './logs.js';
import { hasClasses, makeLoss, makeMetrics, makeMlp, makeOptimizer } from './parts.js';
import { TrainingBar } from './progress.js';

/** What `torchloss train --help` prints. */
export const help = `torchloss train --model MODEL --input FILE --target FILE [options]

Trains a model on samples in files, with validation after each epoch,
checkpoints and a report.

  torchloss train --model mlp:256,128 --input 'x.parquet#f*'
      --target x.parquet#label --checkpoint run/ --report run.html
  torchloss train --model net.pt --loss mse_loss --optimizer sgd --lr 0.01
      --input x.npy --target y.npy --save trained.pt

Model and loss
  --model mlp:SIZES     linear layers with ReLU between them and these hidden
                        sizes: mlp:256,128; mlp for no hidden layer
  --model FILE          a TorchScript module, saved here or in Python
  --loss NAME           a loss of an output and a target, by any of its names
                        (default cross_entropy)
  --option NAME=VALUE   an option of the loss, such as label_smoothing=0.1; can
                        be repeated

Files (.npy, .npz, .safetensors, .arrow, .feather, .parquet, .csv, .tsv, .jsonl
or .bin; text also with .gz behind), with samples in the first dimension
  --input FILE          the input of the model; converted to float32
  --target FILE         the target of the loss: class indices from 0, or numbers
  FILE#NAME             an array, or columns: a,b or x_0..x_9 or x_*
  --validation SHARE    the share of samples to hold out, chosen at random
                        (default 0.1; 0 for none)

Training
  --epochs N            the total number of epochs, including those before
                        --resume (default 10)
  --batch-size N        samples per batch (default 32)
  --accumulate N        batches per step (default 1)
  --optimizer NAME      an optimizer of torch.optim, in any case (default adamw)
  --lr NUMBER           the learning rate (default: that of the optimizer)
  --weight-decay NUMBER, --momentum NUMBER
                        options of the optimizer (default: its own)
  --schedule WORD       the learning rate schedule: constant (default), or
                        cosine from --lr to 0 over all epochs
  --clip-grad-norm N    the largest norm of all gradients together
  --autocast DTYPE      mixed precision: bfloat16 or float16, by torch.autocast
  --metric NAME         accuracy, top5, precision, recall, f1, auc, mae, mse or
                        r2; can be repeated (default: accuracy for classes, mae
                        and r2 for numbers)
  --monitor NAME        the metric that decides the best epoch (default loss)
  --patience N          stop after N epochs without improvement
  --seed N              the seed of the initial weights, the order of samples
                        and the held-out samples (default 0)

Output
  --save FILE           save the trained TorchScript module, with the weights of
                        the last epoch
  --checkpoint FOLDER   write a checkpoint after each epoch; best.pt, the
                        weights of the best epoch; metrics.jsonl, a line per
                        step and epoch; and an event file for TensorBoard
  --every N             also write a checkpoint every N steps
  --keep N              the number of checkpoints to keep (default 3)
  --resume              continue from the last checkpoint, with the same bits as
                        an uninterrupted run
  --report FILE         write an HTML report with curves
  --json                print only one JSON document to standard output
  --fail-on nan         stop at the first loss that is NaN, with exit code 3

Python opens a checkpoint with torch.load; the weights are under 'model'.

Exit codes
  0         success
  1         the data, a file or LibTorch failed
  2         wrong usage; nothing was trained
  3         a loss is NaN, with --fail-on nan
  130, 143  stopped by SIGINT (Ctrl-C) or SIGTERM, after a checkpoint; a second
            signal quits at once`;

export { FLAGS as options };

/** The number of worst samples in the report. */
const WORST = 10;

/** Trains and prints. */
export async function run(args: string[]): Promise<number> {
  const chosen = readArguments(args);
  await checkFolder(chosen);
  await using data = await openData(chosen, hasClasses(chosen.loss), 'hidden' in chosen.model);
  manual_seed(chosen.seed);
  const model = makeModel(chosen, data);
  const optimizer = makeOptimizer(model, chosen);
  const scheduler =
    chosen.schedule === 'cosine'
      ? new optim.lr_scheduler.CosineAnnealingLR(optimizer, Math.max(1, chosen.epochs))
      : undefined;
  using trainer = new Trainer({
    model,
    loss: makeLoss(chosen),
    optimizer,
    scheduler,
    clip_grad_norm: chosen.clipGradNorm,
    autocast: chosen.autocast,
  });
  await resume(trainer, chosen);
  const bar = new TrainingBar();
  const outputs = new Outputs(() => bar.clear());
  await using log = await openLogs(trainer, chosen.checkpoint, outputs);
  const { stopped, signal } = await fit(trainer, data, chosen, { log, outputs, bar });
  await log.flush();
  const isDone = stopped === 'epochs' || stopped === 'early_stopping';
  const worst = isDone ? await worstSamples(trainer, data) : [];
  const record = await describe(trainer, chosen, log, worst, signal ?? stopped);
  const { json, report, save } = chosen;
  if (json) {
    const { epochs, best, monitor, ended } = record;
    outputs.write(() => printDocument({ epochs, best, monitor, ended, steps: trainer.steps, worst: record.worst }));
  }
  if (report !== undefined) outputs.write(() => writeWhole(report, renderTraining(record, { date: new Date() })));
  if (save !== undefined && model instanceof ScriptModule && stopped !== 'nan')
    outputs.write(() => saveModule(model, save));
  outputs.finish();
  if (stopped === 'nan') {
    const last = chosen.checkpoint && lastCheckpoint(chosen.checkpoint);
    printError(
      `torchloss: --fail-on nan: a loss is NaN${last === undefined ? '' : `; the last checkpoint is ${last}`}`,
    );
    return FAILED_CONDITION;
  }
  if (signal === undefined) return 0;
  printError(advice(chosen, args));
  return SIGNAL_CODES[signal];
}

function makeModel(chosen: TrainArguments, { inputs, targets, classes }: Data): Module {
  if ('file' in chosen.model) return loadModule(chosen.model.file);
  return makeMlp(chosen.model.hidden, { inputs, outputs: classes ?? targets }, chosen.loss);
}

/** The flags that decide the bits of a run and must not change when it is resumed. */
const DECISIVE = [
  'model',
  'loss',
  'option',
  'optimizer',
  'lr',
  'weight-decay',
  'momentum',
  'schedule',
  'clip-grad-norm',
  'autocast',
  'input',
  'target',
  'batch-size',
  'accumulate',
  'validation',
  'monitor',
  'seed',
];

/** Saves the settings beside the checkpoints, and checks those of a resumed run. */
async function checkFolder({ checkpoint, resume, given, epochs, schedule }: TrainArguments): Promise<void> {
  if (checkpoint === undefined) return;
  const file = join(checkpoint, 'settings.json');
  const settings = Object.fromEntries(
    DECISIVE.filter((name) => given[name] !== undefined).map((name) => [name, given[name] as string]),
  );
  if (schedule === 'cosine') settings['epochs'] = String(epochs);
  const earlier = lastCheckpoint(checkpoint);
  if (earlier !== undefined && !resume)
    throw usage(`--checkpoint: ${checkpoint} has checkpoints of another run; --resume continues it`);
  if (earlier !== undefined && existsSync(file)) {
    const before: Readonly<Record<string, string | undefined>> = readJson(file, recordOf(string));
    for (const name of [...DECISIVE, 'epochs']) {
      if (isSame(before[name], settings[name])) continue;
      const said = (value: string | undefined) => (value === undefined ? `no --${name}` : `--${name} ${value}`);
      throw usage(`--resume: the run in ${checkpoint} has ${said(before[name])}, not ${said(settings[name])}`);
    }
  }
  await mkdir(checkpoint, { recursive: true });
  await replaceFileAsync(file, [Buffer.from(`${JSON.stringify(settings, null, 2)}\n`)]);
}

/** Whether two settings are the same, such as 1e-3 and 0.001. */
function isSame(one: string | undefined, other: string | undefined): boolean {
  return one === other || (one !== undefined && other !== undefined && Number(one) === Number(other));
}

async function resume(trainer: Trainer, { resume, checkpoint }: TrainArguments): Promise<void> {
  if (!resume || checkpoint === undefined) return;
  if (lastCheckpoint(checkpoint) === undefined) {
    printError(`torchloss: no checkpoint in ${checkpoint} yet; starting from the beginning`);
    return;
  }
  const file = await trainer.restore(checkpoint);
  const epochs = `${trainer.epochs} ${trainer.epochs === 1 ? 'epoch' : 'epochs'}`;
  printError(`torchloss: resuming from ${file}: step ${trainer.steps}, ${epochs} done`);
}

/** Why a run has ended: `'nan'` by `--fail-on`, `'error'` by an error after an epoch. */
type Stopped = FitResult['stopped'] | 'nan' | 'error';
type Ending = { readonly stopped: Stopped | undefined; readonly signal: StopSignal | undefined };

/** What shows the course of a run. */
interface Shown {
  readonly log: Logs;
  readonly outputs: Outputs;
  readonly bar: TrainingBar;
}

async function fit(
  trainer: Trainer,
  data: Data,
  chosen: TrainArguments,
  { log, outputs, bar }: Shown,
): Promise<Ending> {
  const control = new AbortController();
  const reason = new Error('stopped by a signal');
  const nanLoss = new Error('a loss is NaN');
  const check = (...losses: (number | undefined)[]) => {
    if (chosen.failOnNaN && losses.some(Number.isNaN)) throw nanLoss;
  };
  using watch = new SignalWatch(() => control.abort(reason));
  const { validationLoader: validation } = data;
  const metrics = validation === undefined ? {} : makeMetrics(chosen);
  const before = trainer.history.length;
  let shown = before;
  const show = async (record: EpochRecord) => {
    shown++;
    if (!chosen.json) await outputs.append('standard output', () => print(lineOf(record, chosen.epochs)));
    log.epoch(record);
    await log.flush();
  };
  const { checkpoint, keep, every, epochs, accumulate, patience, monitor } = chosen;
  try {
    const { stopped } = await trainer.fit(data.loader, {
      epochs,
      accumulate,
      validation,
      metrics,
      every,
      checkpoint: checkpoint === undefined ? undefined : { folder: checkpoint, keep },
      early_stopping: { patience: patience ?? Number.MAX_SAFE_INTEGER, monitor },
      signal: control.signal,
      onProgress: (progress) => bar.show(progress),
      onStep: (step) => {
        log.step(step);
        check(step.loss);
      },
      onEpoch: async (record) => {
        bar.clear();
        await show(record);
        check(record.loss, record.validation?.loss);
      },
    });
    bar.clear();
    return { stopped, signal: undefined };
  } catch (error) {
    bar.clear();
    if (error === nanLoss) return { stopped: 'nan', signal: undefined };
    if (error === reason) return { stopped: undefined, signal: watch.signal };
    if (trainer.history.length === before) throw error;
    outputs.add(error);
    // A checkpoint is written before its epoch is shown.
    for (const record of trainer.history.slice(shown)) await show(record);
    return { stopped: 'error', signal: undefined };
  }
}

/** `epoch  3/10  loss 0.1234  validation 0.2345  accuracy 0.97  1.2 s`. */
function lineOf({ epoch, loss, validation, seconds }: EpochRecord, epochs: number): string {
  const figures = Object.entries(validation?.metrics ?? {})
    .filter(([, value]) => typeof value === 'number')
    .map(([name, value]) => `${name} ${(value as number).toFixed(4)}`);
  return [
    `epoch ${String(epoch).padStart(String(epochs).length)}/${epochs}`,
    `loss ${loss.toPrecision(4)}`,
    ...(validation === null ? [] : [`validation ${validation.loss.toPrecision(4)}`]),
    ...figures,
    `${seconds.toFixed(1)} s`,
  ].join('  ');
}

async function worstSamples(trainer: Trainer, { validation, validationLoader }: Data) {
  if (validation === undefined || validationLoader === undefined) return [];
  const { worst } = await trainer.evaluate(validationLoader, { worst: WORST });
  const samples = await Promise.all(
    worst.map(async ({ index, loss }) => {
      const [, target] = await validation.getItem(index);
      const numbers = Array.from(target?.toTypedArray() ?? [], Number);
      const shown = numbers.slice(0, 8).map((number) => String(Number(number.toPrecision(6))));
      return {
        row: validation.rows[index] as number,
        loss,
        target: `${shown.join(', ')}${numbers.length > shown.length ? ', …' : ''}`,
      };
    }),
  );
  return samples;
}

async function describe(
  trainer: Trainer,
  chosen: TrainArguments,
  log: Logs,
  worst: Awaited<ReturnType<typeof worstSamples>>,
  why: StopSignal | Stopped | undefined,
) {
  const words = {
    epochs: 'completed',
    early_stopping: 'stopped early',
    nan: 'stopped by a loss that is NaN',
    error: 'stopped by an error',
  };
  const ended = words[why as Stopped] ?? `stopped by ${why}`;
  return {
    title: `${chosen.given['model']} on ${basename(chosen.input)}`,
    loss: chosen.loss.namespaces['torch.nn.functional'].name,
    steps: log.steps,
    epochs: trainer.history,
    best: trainer.best,
    monitor: chosen.monitor,
    worst,
    settings: chosen.given,
    ended,
  };
}

/** How to continue after a signal. */
function advice({ checkpoint, resume }: TrainArguments, args: readonly string[]): string {
  if (checkpoint === undefined) return 'torchloss: stopped; nothing was saved: saving needs --checkpoint FOLDER';
  const words = [...args, ...(resume ? [] : ['--resume'])].map(shellWord);
  return `torchloss: stopped and saved in ${checkpoint}; continue with\n  torchloss train ${words.join(' ')}`;
}
