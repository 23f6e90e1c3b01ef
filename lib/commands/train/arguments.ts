/** Parses the arguments of `torchloss train`. */
import { parseArgs } from 'node:util';
import type { AnyLossRow } from '../../loss/row.js';
import { findLoss, suggestion } from '../../losses/catalogue.js';
import { meantFlag, readOption, spell, usage } from '../arguments.js';
import type { Options } from '../options.js';
import { checkPlace } from '../outputs.js';
import { isTrainable, LOSSES, METRICS, OPTIMIZERS } from './choices.js';

/** The parsed arguments of a run. */
export interface TrainArguments {
  readonly model: ModelChoice;
  readonly loss: AnyLossRow;
  readonly lossOptions: Readonly<Record<string, unknown>>;
  readonly optimizer: string;
  readonly optimizerOptions: Readonly<Record<string, unknown>>;
  readonly schedule: 'constant' | 'cosine';
  readonly clipGradNorm: number | undefined;
  readonly autocast: 'bfloat16' | 'float16' | undefined;
  readonly input: string;
  readonly target: string;
  readonly epochs: number;
  readonly batchSize: number;
  readonly accumulate: number;
  /** The share of the samples to hold out. */
  readonly validation: number;
  readonly metrics: readonly string[] | undefined;
  readonly monitor: string;
  readonly patience: number | undefined;
  readonly seed: number;
  readonly checkpoint: string | undefined;
  readonly every: number | undefined;
  readonly keep: number;
  readonly resume: boolean;
  readonly report: string | undefined;
  /** Where the trained TorchScript module goes. */
  readonly save: string | undefined;
  readonly json: boolean;
  /** Whether to stop when a loss is NaN. */
  readonly failOnNaN: boolean;
  /** All flags as they were given, for the record. */
  readonly given: Readonly<Record<string, string>>;
}

/** A new model of linear layers, or a file. */
export type ModelChoice = { readonly hidden: readonly number[] } | { readonly file: string };

export const FLAGS = {
  model: { type: 'string' },
  loss: { type: 'string', values: LOSSES },
  option: { type: 'string', multiple: true },
  optimizer: { type: 'string', values: Object.keys(OPTIMIZERS).map((name) => name.toLowerCase()) },
  lr: { type: 'string' },
  'weight-decay': { type: 'string' },
  momentum: { type: 'string' },
  schedule: { type: 'string', values: ['constant', 'cosine'] },
  'clip-grad-norm': { type: 'string' },
  autocast: { type: 'string', values: ['bfloat16', 'float16'] },
  input: { type: 'string' },
  target: { type: 'string' },
  epochs: { type: 'string' },
  'batch-size': { type: 'string' },
  accumulate: { type: 'string' },
  validation: { type: 'string' },
  metric: { type: 'string', multiple: true, values: Object.keys(METRICS) },
  monitor: { type: 'string', values: ['loss', ...Object.keys(METRICS)] },
  patience: { type: 'string' },
  seed: { type: 'string' },
  checkpoint: { type: 'string' },
  every: { type: 'string' },
  keep: { type: 'string' },
  resume: { type: 'boolean' },
  report: { type: 'string' },
  save: { type: 'string' },
  json: { type: 'boolean' },
  'fail-on': { type: 'string', values: ['nan'] },
} as const satisfies Options;

/** Parses the arguments and checks what can be checked without the files. */
export function readArguments(given: readonly string[]): TrainArguments {
  const args = spell(given, Object.keys(FLAGS));
  const { tokens } = parseArgs({ args, options: FLAGS, strict: false, tokens: true });
  for (const token of tokens) {
    if (token.kind !== 'option' || Object.hasOwn(FLAGS, token.name)) continue;
    const fix = meantFlag(token.name, Object.keys(FLAGS)) ?? '`torchloss train --help` lists them';
    throw usage(`unknown option ${token.rawName}: ${fix}`);
  }
  const { values } = parseArgs({ args, options: FLAGS });
  const needed = (name: 'input' | 'target') => {
    const file = values[name];
    if (file === undefined) throw usage(`--${name}: expected a file; training needs --input and --target`);
    return file;
  };
  const [input, target] = [needed('input'), needed('target')];
  const whole = (name: keyof typeof values, least: number, usual: number) => {
    const text = values[name] as string | undefined;
    if (text === undefined) return usual;
    if (!/^\d{1,15}$/.test(text) || Number(text) < least)
      throw usage(`--${name}: expected an integer of ${least} or more, got '${text}'`);
    return Number(text);
  };
  const number = (name: 'lr' | 'weight-decay' | 'momentum' | 'clip-grad-norm' | 'validation') => {
    const text = values[name];
    if (text === undefined) return undefined;
    const read = Number(text);
    if (text.trim() === '' || !Number.isFinite(read) || read < 0)
      throw usage(`--${name}: expected a number of 0 or more, got '${text}'`);
    return read;
  };
  const optional = (name: 'every' | 'patience') => (values[name] === undefined ? undefined : whole(name, 1, 1));
  const validation = number('validation') ?? 0.1;
  if (validation >= 1)
    throw usage(`--validation: expected a share of at least 0 and below 1, got '${values.validation}'`);
  const schedule = values.schedule ?? 'constant';
  if (schedule !== 'constant' && schedule !== 'cosine')
    throw usage(`--schedule: expected constant or cosine, got '${schedule}'`);
  const clipGradNorm = number('clip-grad-norm');
  if (clipGradNorm === 0) throw usage("--clip-grad-norm: expected a number above 0, got '0'");
  const { checkpoint, resume = false, monitor = 'loss', autocast } = values;
  if (autocast !== undefined && autocast !== 'bfloat16' && autocast !== 'float16')
    throw usage(`--autocast: expected bfloat16 or float16, got '${autocast}'`);
  if (values['fail-on'] !== undefined && values['fail-on'] !== 'nan')
    throw usage(`--fail-on: expected nan, got '${values['fail-on']}'`);
  const measures = values.metric?.[0] ?? (monitor === 'loss' ? undefined : monitor);
  if (validation === 0 && measures !== undefined)
    throw usage(
      `--${values.metric === undefined ? 'monitor' : 'metric'}: ${measures} needs held-out samples, but --validation is 0`,
    );
  if (resume && checkpoint === undefined) throw usage('--resume needs --checkpoint FOLDER');
  const model = readModel(values.model);
  if (values.save !== undefined && 'hidden' in model)
    throw usage('--save: expected a --model that is a TorchScript file; use --checkpoint for the weights of others');
  for (const name of ['every', 'keep'] as const)
    if (values[name] !== undefined && checkpoint === undefined) throw usage(`--${name} needs --checkpoint FOLDER`);
  for (const name of ['report', 'save'] as const) checkPlace(values[name], name);
  return {
    model,
    loss: readLoss(values.loss ?? 'cross_entropy'),
    lossOptions: readOptions(values.option ?? []),
    optimizer: values.optimizer ?? 'adamw',
    optimizerOptions: Object.fromEntries(
      [
        ['lr', number('lr')],
        ['weight_decay', number('weight-decay')],
        ['momentum', number('momentum')],
      ].filter(([, value]) => value !== undefined),
    ),
    schedule,
    clipGradNorm,
    autocast,
    input,
    target,
    epochs: whole('epochs', 0, 10),
    batchSize: whole('batch-size', 1, 32),
    accumulate: whole('accumulate', 1, 1),
    validation,
    metrics: values.metric,
    monitor,
    patience: optional('patience'),
    seed: whole('seed', 0, 0),
    checkpoint,
    every: optional('every'),
    keep: whole('keep', 1, 3),
    resume,
    report: values.report,
    save: values.save,
    json: values.json ?? false,
    failOnNaN: values['fail-on'] === 'nan',
    given: Object.fromEntries(
      Object.entries(values).map(([name, value]) => [name, Array.isArray(value) ? value.join(' ') : String(value)]),
    ),
  };
}

function readModel(text: string | undefined): ModelChoice {
  if (text === undefined) throw usage('--model: expected mlp:SIZES, such as mlp:256,128, or a TorchScript file');
  if (text === 'mlp') return { hidden: [] };
  if (!text.startsWith('mlp:')) return { file: text };
  const sizes = text.slice('mlp:'.length).split(',');
  if (!sizes.every((size) => /^[1-9]\d{0,6}$/.test(size)))
    throw usage(`--model: expected sizes of hidden layers such as mlp:256,128, got '${text}'`);
  return { hidden: sizes.map(Number) };
}

/** Losses of one output and one target. */
function readLoss(name: string): AnyLossRow {
  const row = findLoss(name);
  if (row === undefined) throw usage(`--loss: unknown loss '${name}'${suggestion(name)}`);
  if (isTrainable(row)) return row;
  throw usage(`--loss: expected one of an output and a target (${LOSSES.join(', ')}), got '${name}'`);
}

function readOptions(texts: readonly string[]): Record<string, unknown> {
  const options: Record<string, unknown> = {};
  for (const text of texts) {
    const { loss, name, value } = readOption(text);
    if (loss !== undefined) throw usage(`--option: expected NAME=VALUE, got '${text}'`);
    if (name === 'reduction' && value === 'none')
      throw usage('--option: reduction: expected one that gives one number, mean or sum, got none');
    options[name] = value;
  }
  return options;
}
