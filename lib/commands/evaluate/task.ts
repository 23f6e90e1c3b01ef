/** Prepares an evaluation: constructs the losses and finds the samples in the files. */
import { largestOf } from '../../base/extremes.js';
import { existsSync } from 'node:fs';
import { type OpenOptions, readTensor, type Source } from '../../data/index.js';
import { isFloat } from '../../tensor/dtypes.js';
import { type ErrorCode, TorchError } from '../../base/errors.js';
import type { ShardNumber } from '../../distributed/internal.js';
import { countSamples, fitSource, fitSources, type PlannedLoss, planLoss } from '../../evaluate/internal.js';
import type { ColumnSource, EvaluatedLoss, EvaluateOptions, LossChoice } from '../../evaluate/index.js';
import type { Namespace } from '../../loss/call_types.js';
import * as nn from '../../mindspore/nn.js';
import * as ops from '../../mindspore/ops.js';
import { layoutOf, type RecordedFile } from '../../report/index.js';
import type { Tensor } from '../../tensor/tensor.js';
import * as functional from '../../torch/functional.js';
import * as torchNN from '../../torch/nn.js';
import type { Device } from '../../base/types.js';
import { blame, usage } from '../arguments.js';
import type { Chosen, ChosenLoss } from './arguments.js';
import { classesInOrder } from './classes.js';
import { asColumn, columnsOfOthers, type OpenFiles, readName, rowsOf, shownName, splitName } from './files.js';
import { type GroupColumn, GroupSource, makePart, parseGroups } from './groups.js';

const MODULES = {
  'torch.nn': torchNN,
  'torch.nn.functional': functional,
  'mindspore.nn': nn,
  'mindspore.ops': ops,
} as const;

/** The field of groups from a separate file. */
const GROUP = 'group';

/** An evaluation, ready to run. */
export interface Task {
  readonly losses: readonly LossChoice[];
  /** The number of samples in the files. */
  readonly total: number;
  /** The samples to evaluate: from `first` up to but not including `end`. */
  readonly first: number;
  readonly end: number;
  /** How many samples the shard has; `--sample` evaluates fewer. */
  readonly whole: number;
  /** Whether ranges of samples can be read; otherwise all samples are one batch. */
  readonly divisible: boolean;
  /** Whether samples with a missing value are skipped. */
  readonly skipsMissing: boolean;
  readonly options: EvaluateOptions;
  /** The flags, by field. */
  readonly flagOf: ReadonlyMap<string, string>;
  /** The files, by flag. */
  readonly files: Readonly<Record<string, RecordedFile>>;
  /** The versions of files on servers, by flag. */
  readonly etags: ReadonlyMap<string, readonly string[]>;
  /** The files that are read sample by sample, by field. */
  readonly sources: ReadonlyMap<string, Source>;
  /** The groups. */
  readonly groups: Source | undefined;
  /** The names of the groups, unless they are integers. */
  readonly groupNames: GroupSource | undefined;
  /** The names of the classes. */
  readonly classNames: readonly string[] | undefined;
  /** The scores and class indices, for losses that have them. */
  readonly classes: { readonly scores: Source; readonly target: Source } | undefined;
  /** The pictures of the samples. */
  readonly images: Source | undefined;
  /** The fields of the samples from `start` up to but not including `end`. */
  batch(start: number, end: number): Record<string, ColumnSource>;
  /** Which of these samples have a missing value: 1 for each that does; `undefined` if none does. */
  missing(start: number, end: number): Promise<Uint8Array | undefined>;
}

/** Opens the files and constructs the losses. */
export async function makeTask(chosen: Chosen, files: OpenFiles): Promise<Task> {
  const { api, flags } = chosen;
  const plans = chosen.losses.map((loss) => plan(makeLoss(api, loss, {}), flags.reduction));
  const { sources, tensors, groupField, groups, images, flagOf, notes } = await openAll(chosen, plans, files);
  const rank = largestOf(Array.from(sources.values(), ({ shape }) => shape.length));
  checkSizes(plans, sources, rank, flagOf);
  const total = count(plans, sources, groupField, flagOf);
  if (images !== undefined) checkImages(images, total);

  const values: Record<string, Tensor> = {};
  for (const [name, source] of tensors) {
    const holders = plans.filter(({ elementOptions }) => elementOptions.includes(name));
    if (holders.length === 0 || total < 2 || source.shape.length !== rank || source.shape[0] !== total) {
      const tensor = await readTensor(source);
      values[name] = flags.device === undefined ? tensor : tensor.to({ device: flags.device as Device });
    } else if (holders.length < plans.length) {
      throw usage(
        `--${name}: has one row per sample, which not all of these losses accept; evaluate the losses one at a time`,
      );
    } else sources.set(name, source);
  }
  const losses = chosen.losses.map((loss) => makeLoss(api, loss, values));
  for (const loss of losses) plan(loss, flags.reduction);

  const sliced = slicedFields(plans, sources, total, rank);
  for (const [flag, is] of Object.entries({ shard: flags.shard !== undefined, missing: flags.missing === 'skip' }))
    if (sliced.size === 0 && is)
      throw usage(`--${flag}: these tensors of ${chosen.losses[0]?.entry.name} have no samples in the first dimension`);
  const { first, end } = rangeOf(total, flags.shard ?? { index: 1, count: 1 });
  const [scores, target] = ['input', 'target'].map((name) => sources.get(name));
  const hasClasses = plans.every(({ classes }) => classes) && target !== undefined && !isFloat(target.dtype);
  const hasRows = hasClasses && scores?.shape.length === 2 && target.shape.length === 1;
  return {
    losses,
    total,
    first,
    end: flags.sample === undefined ? end : Math.min(end, first + flags.sample),
    whole: end - first,
    divisible: sliced.size > 0,
    skipsMissing: flags.missing === 'skip',
    options: {
      accuracy: hasClasses,
      classification: plans.every(({ scores, classes }) => scores !== 0 && (!classes || hasClasses)),
      per_sample: flags['per-sample'] !== undefined,
      worst: flags.top,
      device: flags.device as Device | undefined,
      batch_size: flags['batch-size'],
      reduction: flags.reduction as EvaluateOptions['reduction'],
      group_by: groupField,
    },
    flagOf,
    files: notes,
    etags: files.etags(),
    sources,
    groups: groupField === undefined ? undefined : sources.get(groupField),
    groupNames: groups,
    classNames: flags.classes ?? target?.classes,
    classes: hasRows ? { scores, target } : undefined,
    images,
    batch(start, end) {
      const columns = Array.from(sources, ([name, source]): [string, ColumnSource] => [
        name,
        sliced.has(name) ? rowsOf(source, start, end) : asColumn(source),
      ]);
      return Object.fromEntries(columns);
    },
    async missing(start, end) {
      let all: Uint8Array | undefined;
      for (const [name, source] of sources) {
        if (!sliced.has(name) || source.missing === undefined) continue;
        const missing = await source.missing(start, end);
        if (missing === undefined) continue;
        all ??= new Uint8Array(end - start);
        for (const [index, one] of missing.entries()) if (one === 1) all[index] = 1;
      }
      return all;
    },
  };
}

/** The samples of a shard: from `first` up to but not including `end`. */
export function rangeOf(total: number, { index, count }: ShardNumber): { first: number; end: number } {
  return { first: Math.floor((total * (index - 1)) / count), end: Math.floor((total * index) / count) };
}

/** The same evaluation of one shard of the first samples alone. Such a part of fewer than all samples is never complete. */
export function shardOf(task: Task, shard: ShardNumber, samples: number): Task {
  const { first, end } = rangeOf(samples, shard);
  return { ...task, first, end, whole: samples < task.total ? task.total : end - first };
}

/** The opened files of an evaluation. */
interface Opened {
  /** The files that are read sample by sample, by field. */
  readonly sources: Map<string, Source>;
  /** Tensor options, by name. */
  readonly tensors: ReadonlyMap<string, Source>;
  /** The field of the groups, and their names. */
  readonly groupField: string | undefined;
  readonly groups: GroupSource | undefined;
  readonly images: Source | undefined;
  readonly flagOf: ReadonlyMap<string, string>;
  readonly notes: Readonly<Record<string, RecordedFile>>;
}

/** Opens the files and converts them to the dtypes that the losses take. */
async function openAll(chosen: Chosen, plans: readonly PlannedLoss[], files: OpenFiles): Promise<Opened> {
  const { inputs, losses, groupBy, flags } = chosen;
  const notes: Record<string, RecordedFile> = {};
  const flagOf = new Map<string, string>();
  const options = new Map(losses.flatMap(({ tensors }) => Object.entries(tensors)));
  const groupColumns = groupBy !== undefined && 'file' in groupBy ? groupColumnsOf(groupBy.file, inputs) : [];
  const others = columnsOfOthers([
    ...inputs.map(({ flag, file }) => ({ flag, text: file })),
    ...Array.from(options, ([flag, text]) => ({ flag, text })),
    ...groupColumns.map(({ text }) => ({ flag: 'group-by', text })),
  ]);
  const missing = flags.missing === 'skip' ? 'keep' : 'error';
  const open = async (field: string, file: string | readonly string[], flag: string, more: OpenOptions = {}) => {
    const how = { except: others.get(flag), ...(flags['no-header'] && { header: false }), ...more };
    const { source, note } = await files.open(file, flag, how);
    notes[flag] ??= note;
    flagOf.set(field, flag);
    return source;
  };
  const fixed = new Set<string>();
  const sources = new Map<string, Source>();
  for (const { field, flag, file, more } of inputs) {
    const holdsClasses = plans.some(({ aliases, indices }) => indices.some((index) => aliases[index] === field));
    const classes = holdsClasses ? (flags.classes ?? 'sorted') : undefined;
    sources.set(
      field,
      await open(field, [file, ...more], flag, { missing, ...(classes !== undefined && { classes }) }),
    );
    if (readName(file, flag).options.dtype !== undefined) fixed.add(field);
    const source = sources.get(field) as Source;
    const [scores] = inputs;
    if (classes !== 'sorted' || source.classes === undefined || scores === undefined || scores.field === field)
      continue;
    const order = classesInOrder(source.classes, flag, {
      flag: scores.flag,
      source: sources.get(scores.field) as Source,
      isNamed: splitName(scores.file, scores.flag).key !== undefined,
    });
    if (String(order) !== String(source.classes))
      sources.set(field, await open(field, [file, ...more], flag, { missing, classes: order }));
  }
  const given = new Map(sources);
  const fits = fitSources(plans, (loss, index) => loss.aliases[index], sources);
  for (const [field, fit] of fits)
    if (!fixed.has(field)) sources.set(field, fitSource(given.get(field) as Source, fit));
  const first = sources.get(plans[0]?.aliases[0] as string) as Source;
  const tensors = new Map<string, Source>();
  for (const [name, file] of options) {
    const source = await open(name, file, name);
    const isFixed = readName(file, name).options.dtype !== undefined || !isFloat(first.dtype);
    tensors.set(name, isFixed ? source : fitSource(source, { dtype: first.dtype, reason: 'the loss' }));
  }
  let groupField = groupBy !== undefined && 'field' in groupBy ? groupBy.field : undefined;
  let groups: GroupSource | undefined;
  if (groupColumns.length > 0) {
    const parts = [];
    for (const { text, bins } of groupColumns)
      parts.push(await makePart(await open(GROUP, text, 'group-by', { missing, classes: 'sorted' }), bins));
    const [only] = parts;
    const isPlain = parts.length === 1 && groupColumns[0]?.bins === undefined && only?.source.classes === undefined;
    groups = isPlain ? undefined : new GroupSource(parts);
    sources.set(GROUP, groups ?? (only?.source as Source));
    groupField = GROUP;
    notes['group-by'] = { ...(notes['group-by'] as RecordedFile), file: shownName((groupBy as { file: string }).file) };
  }
  // Labels that a loss takes as floats are still grouped as integers.
  const labels = groupField === undefined ? undefined : given.get(groupField);
  const taken = groupField === undefined ? undefined : sources.get(groupField);
  if (labels?.shape.length === 1 && taken !== undefined && isFloat(taken.dtype)) {
    sources.set(GROUP, fitSource(labels, { dtype: 'int64', reason: 'groups' }));
    groupField = GROUP;
  }
  return {
    sources,
    tensors,
    groupField,
    groups,
    images: flags.images === undefined ? undefined : await open('images', flags.images, 'images'),
    flagOf,
    notes,
  };
}

/** The columns of `--group-by`: in a file of their own, or in the table of the target or the input. */
function groupColumnsOf(text: string, inputs: Chosen['inputs']): GroupColumn[] {
  const isFile = (name: string) => {
    const { path } = splitName(name, 'group-by');
    return path === '-' || path.includes('://') || existsSync(path);
  };
  const tables = inputs.filter(({ file, flag }) => splitName(file, flag).isTable);
  const table = tables.find(({ field }) => field === 'target') ?? tables[0];
  if (table === undefined) return parseGroups(text, undefined, isFile);
  const query = table.file.slice(readName(table.file, table.flag).file.length);
  const columns = parseGroups(text, splitName(table.file, table.flag).path, isFile);
  return columns.map((column) => (column.text.includes('?') ? column : { ...column, text: `${column.text}${query}` }));
}

function checkImages({ name, shape }: Source, total: number): void {
  if (shape[0] !== total) throw usage(`--images: expected ${total} pictures, got ${shape[0] ?? 'none'} in ${name}`);
  try {
    layoutOf(shape.slice(1), 'a row');
  } catch (error) {
    throw blame(error, 'images');
  }
}

/** Constructs a loss with its options and tensor options. */
function makeLoss(
  api: Namespace,
  { entry, options }: ChosenLoss,
  tensors: Readonly<Record<string, Tensor>>,
): LossChoice {
  const own = Object.fromEntries(Object.entries(tensors).filter(([name]) => entry.options.includes(name)));
  const loss = (MODULES[api] as Readonly<Record<string, unknown>>)[entry.name];
  const all = { ...options, ...own };
  if (api === 'torch.nn.functional' || api === 'mindspore.ops') return [loss as EvaluatedLoss, all];
  try {
    return new (loss as new (options: object) => EvaluatedLoss)(all);
  } catch (error) {
    throw blame(error, 'option');
  }
}

function plan(loss: LossChoice, reduction: string | undefined): PlannedLoss {
  try {
    return planLoss(loss, 'loss', reduction);
  } catch (error) {
    const { parameter } = error as { parameter?: string };
    throw blame(error, parameter === 'reduction' ? 'reduction' : 'option');
  }
}

/** Counts the samples, and checks that the fields match. */
function count(
  losses: readonly PlannedLoss[],
  sources: ReadonlyMap<string, Source>,
  groupField: string | undefined,
  flagOf: ReadonlyMap<string, string>,
): number {
  try {
    const batch = Object.fromEntries(sources);
    return countSamples(batch, { losses, groupField, batchSize: undefined, bring: async (tensor) => tensor });
  } catch (error) {
    throw inFiles(error, flagOf);
  }
}

/** Checks that all files have the same number of samples. LibTorch's own error would not name the file. */
function checkSizes(
  losses: readonly PlannedLoss[],
  sources: ReadonlyMap<string, Source>,
  rank: number,
  flagOf: ReadonlyMap<string, string>,
): void {
  const [first = ''] = sources.keys();
  const [samples = 1] = sources.get(first)?.shape ?? [];
  if (losses.some(({ layout }) => layout === 'sequences') || rank < 2 || samples === 1) return;
  for (const [field, { shape }] of sources) {
    const [size = 1] = shape;
    if (size === samples || size === 1 || (shape.length < rank && !isNarrow(losses))) continue;
    const message = `--${flagOf.get(field)}: expected ${samples} samples, as --${flagOf.get(first)} has, got ${size}`;
    throw new TorchError('ERR_INVALID_ARG_VALUE', message);
  }
}

/** Whether a tensor with one number per sample may have fewer dimensions than the others. */
function isNarrow(losses: readonly PlannedLoss[]): boolean {
  return losses.some(({ layout }) => layout === 'rows' || layout === 'variance');
}

/** The start of an error about a batch. */
const BATCH = /^batches\[(\d+)\](?:\.(\w+))?: /;

/** The number of the batch that an error is about. */
export function batchOf(error: unknown): number | undefined {
  const [, batch] = BATCH.exec((error as Error).message) ?? [];
  return batch === undefined ? undefined : Number(batch);
}

/**
 * Turns an error about a batch into one about the file of a flag.
 *
 * @param samples - names the samples of the batch
 */
export function inFiles(error: unknown, flagOf: ReadonlyMap<string, string>, samples?: string): unknown {
  const { code, message } = error as { code?: ErrorCode; message: string };
  const [start, , field = ''] = BATCH.exec(message) ?? [];
  if (start === undefined || code === undefined) return error;
  const flag = flagOf.get(field);
  const place = [...(flag === undefined ? [] : [`--${flag}`]), ...(samples === undefined ? [] : [samples])];
  return new TorchError(code, [...place, message.slice(start.length)].join(': '), { cause: error });
}

/** The fields with one row per sample. */
function slicedFields(
  losses: readonly PlannedLoss[],
  sources: ReadonlyMap<string, Source>,
  total: number,
  rank: number,
): Set<string> {
  if (losses.some(({ layout }) => layout === 'sequences')) return new Set();
  const rows = [...sources].filter(([name, { shape }]) => {
    return shape[0] === total && (shape.length === rank || isNarrow(losses) || name === GROUP);
  });
  const isSingle = losses.some(({ layout }) => layout !== 'elements') && rank < 2;
  return isSingle ? new Set() : new Set(rows.map(([name]) => name));
}
