/** Parses the arguments of `torchloss evaluate`: the losses, their options and the files. */
import { parseArgs } from 'node:util';
import { entryOf, findLoss, NAMESPACES, suggestion } from '../../losses/catalogue.js';
import type { TorchError } from '../../base/errors.js';
import type { AnyLossRow, LossEntry } from '../../loss/row.js';
import type { Namespace } from '../../loss/call_types.js';
import type { Param } from '../../loss/params.js';
import { nearest } from '../../base/nearest.js';
import type { ShardNumber } from '../../distributed/internal.js';
import { arrayTask } from '../../distributed/index.js';
import { meantFlag, readOption, usage, type WrittenOption } from '../arguments.js';
import { LOSS_NAMES, type Options, tensorFlags } from '../options.js';
import { DIGITS } from './digits.js';
import { type ArgumentToken, sharedArguments } from './shared_arguments.js';

/** A loss given on the command line. */
export interface ChosenLoss {
  readonly row: AnyLossRow;
  readonly entry: LossEntry;
  /** Its options, without tensors. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Its tensor options: files by option name. */
  readonly tensors: Readonly<Record<string, string>>;
}

/** One tensor of the losses. */
export interface ChosenInput {
  /** Its name in `torch.nn.functional`, which is the field in the batches for evaluate. */
  readonly field: string;
  /** The flag that gave the file, without dashes. */
  readonly flag: string;
  readonly file: string;
  /** Further files, whose rows follow. */
  readonly more: readonly string[];
}

/** The parsed arguments of an evaluation. */
export interface Chosen {
  readonly api: Namespace;
  readonly losses: readonly ChosenLoss[];
  readonly inputs: readonly ChosenInput[];
  /** The field of an input, or the file with the groups. */
  readonly groupBy: { readonly field: string } | { readonly file: string } | undefined;
  readonly flags: Flags;
  /** The arguments as given, without those about shards and output. */
  readonly args: readonly string[];
}

/** The values of the options that do not depend on the losses. */
export interface Flags {
  readonly device?: string;
  readonly reduction?: string;
  readonly 'batch-size'?: number;
  readonly 'per-sample'?: string;
  readonly top?: number;
  /** How many samples to evaluate, from the first one on. */
  readonly sample?: number;
  readonly shard?: ShardNumber;
  /** Where the shard's result is stored. */
  readonly results?: string;
  readonly 'allow-http': boolean;
  /** The URL of the queue, and into how many shards the samples are divided for it. */
  readonly queue?: string;
  readonly shards?: number;
  readonly images?: string;
  readonly checkpoint?: string;
  readonly resume: boolean;
  readonly 'no-header': boolean;
  /** The names of the classes, in order. */
  readonly classes?: readonly string[];
  readonly missing?: 'error' | 'skip';
  readonly report?: string;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly 'fail-on'?: readonly FailCondition[];
}

/** What `--fail-on` takes. */
export type FailCondition = 'nan' | 'empty';

/** The options that do not depend on the losses. */
export const FLAGS = {
  loss: { type: 'string', multiple: true, values: LOSS_NAMES },
  api: { type: 'string', values: NAMESPACES },
  option: { type: 'string', multiple: true },
  reduction: { type: 'string', values: ['mean', 'sum', 'batchmean'] },
  device: { type: 'string', values: ['cpu', 'cuda'] },
  'batch-size': { type: 'string' },
  'group-by': { type: 'string' },
  top: { type: 'string' },
  sample: { type: 'string' },
  'per-sample': { type: 'string' },
  images: { type: 'string' },
  shard: { type: 'string', values: ['auto'] },
  results: { type: 'string' },
  'allow-http': { type: 'boolean' },
  queue: { type: 'string' },
  shards: { type: 'string' },
  checkpoint: { type: 'string' },
  resume: { type: 'boolean' },
  'no-header': { type: 'boolean' },
  classes: { type: 'string' },
  missing: { type: 'string', values: ['error', 'skip'] },
  report: { type: 'string' },
  json: { type: 'boolean' },
  quiet: { type: 'boolean', short: 'q' },
  'fail-on': { type: 'string', values: ['nan', 'empty', 'nan,empty'] },
  example: { type: 'boolean' },
} as const satisfies Options;

/** All options: those above, and a file for every tensor of every loss. */
export const ALL_FLAGS: Options = {
  ...Object.fromEntries(tensorFlags().map((name) => [name, { type: 'string' as const }])),
  ...FLAGS,
};

/** Parses the arguments of an evaluation. */
export function readArguments(args: string[]): Chosen {
  // The losses are read first because they determine the other flags.
  const { values: first } = parseArgs({ args, options: FLAGS, strict: false });
  const api = readApi(first.api);
  const names = (first.loss ?? []).filter((name) => typeof name === 'string');
  const chosen = (names.length === 0 ? ['cross_entropy'] : names).map((name) => chooseLoss(api, name));
  for (const [index, { entry }] of chosen.entries()) {
    if (chosen.findIndex((other) => other.entry === entry) < index) throw usage(`--loss: ${entry.name} is given twice`);
  }
  const inputs = inputFlags(chosen.map(({ row, entry }) => ({ row, entry })));
  const tensors = tensorOptions(chosen);
  const { tokens } = parseArgs({ args, options: FLAGS, strict: false, tokens: true });
  for (const token of tokens) {
    if (token.kind !== 'option' || Object.hasOwn(FLAGS, token.name)) continue;
    if (!inputs.has(token.name) && !tensors.includes(token.name))
      throw unknownFlag(token.rawName, chosen, inputs, tensors);
  }
  const { values, tokens: all } = parseArgs({
    args,
    options: {
      ...FLAGS,
      ...Object.fromEntries([...inputs.keys()].map((name) => [name, { type: 'string' as const, multiple: true }])),
      ...Object.fromEntries(tensors.map((name) => [name, { type: 'string' as const }])),
    },
    tokens: true,
  }) as { values: Record<string, string | boolean | string[] | undefined>; tokens: readonly ArgumentToken[] };
  const text = (name: string) => values[name] as string | undefined;
  const files = (name: string) => values[name] as readonly string[] | undefined;
  const hasFiles = [...inputs.keys()].some((name) => values[name] !== undefined);
  const isExample = values['example'] === true;
  if (isExample && hasFiles) throw usage('--example uses its own files; remove --example or the other files');
  const options = ((values['option'] as string[] | undefined) ?? []).map(readOption);
  return {
    api,
    args: sharedArguments(all),
    losses: chosen.map(({ row, entry }) => ({
      row,
      entry,
      options: optionsOf(entry, row, chosen, options),
      tensors: Object.fromEntries(
        tensors
          .filter((name) => entry.options.includes(name))
          .flatMap((name) => {
            const file = text(name);
            return file === undefined ? [] : [[name, file]];
          }),
      ),
    })),
    inputs: chooseInputs(chosen, inputs, files, isExample),
    groupBy: readGroupBy(text('group-by') ?? (isExample ? 'target' : undefined), chosen),
    flags: {
      ...(isExample && { images: DIGITS.images }),
      ...pick(values, ['device', 'reduction', 'per-sample', 'images', 'checkpoint', 'report', 'results', 'queue']),
      ...pickCounts(values),
      ...(values['shard'] !== undefined && { shard: readShard(text('shard') as string) }),
      'allow-http': values['allow-http'] === true,
      resume: values['resume'] === true,
      'no-header': values['no-header'] === true,
      ...(values['classes'] !== undefined && { classes: readClasses(text('classes') as string) }),
      ...(values['missing'] !== undefined && { missing: readMissing(text('missing') as string) }),
      json: values['json'] === true,
      quiet: values['quiet'] === true,
      ...(values['fail-on'] !== undefined && { 'fail-on': readConditions(text('fail-on') as string) }),
    },
  };
}

function readApi(given: unknown): Namespace {
  const api = given === undefined ? 'torch.nn.functional' : NAMESPACES.find((known) => known === given);
  if (api === undefined) throw usage(`--api: expected one of ${NAMESPACES.join(', ')}, got '${given}'`);
  return api;
}

function chooseLoss(api: Namespace, name: string): { row: AnyLossRow; entry: LossEntry } {
  const row = findLoss(name);
  if (row === undefined) throw usage(`--loss: unknown loss '${name}'${suggestion(name)}`);
  const entry = entryOf(row, api);
  if (entry === undefined) throw usage(`--loss: ${api} has no '${name}'`);
  return { row, entry };
}

/** The flags for tensors, by their names in the namespace and in `torch.nn.functional`, with the field of each. */
function inputFlags(losses: readonly { row: AnyLossRow; entry: LossEntry }[]): Map<string, string> {
  const flags = new Map<string, string>();
  for (const { row, entry } of losses) {
    for (const [index, field] of row.namespaces['torch.nn.functional'].inputs.entries()) {
      for (const name of [field, entry.inputs[index] as string]) if (!flags.has(name)) flags.set(name, field);
    }
  }
  return flags;
}

/** The tensor options of the losses: flags that take a file. */
function tensorOptions(losses: readonly { row: AnyLossRow; entry: LossEntry }[]): string[] {
  const names = losses.flatMap(({ row, entry }) => entry.options.filter((name) => kindOf(row, name) === 'tensor'));
  return [...new Set(names)];
}

function kindOf(row: AnyLossRow, option: string): Param['kind'] | undefined {
  return (row.params as Record<string, Param>)[option]?.kind;
}

function unknownFlag(
  name: string,
  losses: readonly { entry: LossEntry }[],
  inputs: ReadonlyMap<string, string>,
  tensors: readonly string[],
): TorchError {
  const names = losses.map(({ entry }) => entry.name).join(' and ');
  const flags = [...inputs.keys(), ...tensors];
  const option = name.replace(/^--/, '').replaceAll('-', '_');
  const meant = meantFlag(name, [...Object.keys(FLAGS), ...flags]);
  let fix = `${names} takes ${flags.map((flag) => `--${flag}`).join(', ')}; \`torchloss evaluate --help\` lists the others`;
  if (losses.some(({ entry }) => entry.options.includes(option)) && !tensors.includes(option))
    fix = `write --option ${option}=VALUE`;
  else if (meant !== undefined) fix = meant;
  return usage(`unknown option ${name}: ${fix}`);
}

function chooseInputs(
  losses: readonly { row: AnyLossRow; entry: LossEntry }[],
  flags: ReadonlyMap<string, string>,
  files: (name: string) => readonly string[] | undefined,
  isExample: boolean,
): ChosenInput[] {
  const fields = [...new Set(flags.values())];
  const chosen = fields.flatMap((field) => {
    const given = [...flags].filter(([flag, of]) => of === field && files(flag) !== undefined).map(([flag]) => flag);
    if (given.length > 1) throw usage(`--${given[1]}: means the same as --${given[0]}; give only one of them`);
    return given.map((flag) => {
      const [file, ...more] = files(flag) as [string, ...string[]];
      return { field, flag, file, more };
    });
  });
  if (isExample) {
    const digits: Readonly<Record<string, string>> = { input: DIGITS.logits, target: DIGITS.labels };
    if (fields.every((field) => digits[field] !== undefined))
      return fields.map((field) => ({ field, flag: field, file: digits[field] as string, more: [] }));
    throw usage(
      `--example: the digits have an input and a target, but ${losses[0]?.entry.name} needs ${fields.join(', ')}`,
    );
  }
  for (const { row, entry } of losses) {
    for (const [index, field] of row.namespaces['torch.nn.functional'].inputs.entries()) {
      if (chosen.some((input) => input.field === field)) continue;
      throw usage(
        `--${entry.inputs[index]}: expected a file; ${entry.name} needs ${entry.inputs.map((name) => `--${name}`).join(' and ')}${chosen.length === 0 ? '; --example evaluates the digits that come with torchloss' : ''}`,
      );
    }
  }
  return chosen;
}

function optionsOf(
  own: LossEntry,
  row: AnyLossRow,
  losses: readonly { entry: LossEntry }[],
  options: readonly WrittenOption[],
): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (const { loss, name, value } of options) {
    const meant = loss === undefined ? losses : losses.filter(({ entry }) => entry.name === loss);
    if (meant.length === 0) throw usage(`--option: ${loss}.${name} needs --loss ${loss}`);
    if (!meant.some(({ entry }) => entry.options.includes(name))) {
      const known = meant.map(({ entry }) => `${entry.name} has ${entry.options.join(', ')}`);
      const { word, distance } = nearest(
        name,
        meant.flatMap(({ entry }) => entry.options),
      );
      const hint = distance < 3 ? `did you mean '${word}'? ` : '';
      throw usage(`--option: unknown option '${name}': ${hint}${known.join('; ')}`);
    }
    if (!own.options.includes(name) || !meant.some(({ entry }) => entry === own)) continue;
    const kind = kindOf(row, name);
    if (kind === 'function') throw usage(`--option: ${name} is a function and cannot be given on the command line`);
    if (kind === 'tensor' && typeof value !== 'number')
      throw usage(`--option: ${name} is a tensor; use --${name} FILE`);
    found[name] = value;
  }
  return found;
}

function readGroupBy(given: string | undefined, losses: readonly { row: AnyLossRow }[]): Chosen['groupBy'] {
  if (given === undefined) return undefined;
  for (const { row } of losses) {
    for (const [index, field] of row.namespaces['torch.nn.functional'].inputs.entries()) {
      if (NAMESPACES.some((namespace) => entryOf(row, namespace)?.inputs[index] === given)) return { field };
    }
  }
  return { file: given };
}

/** Parses `3/16`, the third of sixteen shards, or `auto`, the one that a scheduler has set. */
function readShard(text: string): ShardNumber {
  if (text === 'auto') {
    try {
      return arrayTask();
    } catch (error) {
      throw usage(`--shard auto: ${(error as Error).message}; or write --shard I/N`);
    }
  }
  const [, index, count] = (/^(\d{1,9})\/(\d{1,9})$/.exec(text) ?? []).map(Number);
  if (index === undefined || count === undefined || index < 1 || index > count)
    throw usage(`--shard: expected auto, or I/N with I from 1 to N, got '${text}'`);
  return { index, count };
}

/** Parses `nan,empty`. */
export function readConditions(text: string): FailCondition[] {
  return text.split(',').map((word) => {
    const condition = word.trim();
    if (condition === 'nan' || condition === 'empty') return condition;
    throw usage(`--fail-on: expected nan, empty, or both separated by a comma, got '${text}'`);
  });
}

/** Parses the names of classes: `cat,dog,eel`. */
function readClasses(text: string): string[] {
  const names = text.split(',').map((name) => name.trim());
  const twice = names.find((name, index) => name === '' || names.indexOf(name) < index);
  if (twice !== undefined) throw usage(`--classes: expected different names separated by commas, got '${text}'`);
  return names;
}

function readMissing(text: string): 'error' | 'skip' {
  if (text === 'error' || text === 'skip') return text;
  throw usage(`--missing: expected error or skip, got '${text}'`);
}

function pick(values: Readonly<Record<string, unknown>>, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => (values[name] === undefined ? [] : [[name, values[name] as string]])),
  );
}

function pickCounts(values: Readonly<Record<string, unknown>>): {
  top?: number;
  'batch-size'?: number;
  sample?: number;
  shards?: number;
} {
  const counts = Object.entries({ top: 0, 'batch-size': 1, sample: 1, shards: 1 }).flatMap(([name, least]) => {
    const text = values[name] as string | undefined;
    if (text === undefined) return [];
    if (!/^\d{1,15}$/.test(text) || Number(text) < least)
      throw usage(`--${name}: expected an integer of ${least} or more, got '${text}'`);
    return [[name, Number(text)]];
  });
  return Object.fromEntries(counts);
}
