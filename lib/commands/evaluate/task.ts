/** Prepares an evaluation: constructs the losses and finds the samples in the files. */
import { largestOf } from '../../base/extremes.js';
import { readTensor, type Source } from '../../data/index.js';
import { isFloat } from '../../tensor/dtypes.js';
import { type ErrorCode, TorchError } from '../../base/errors.js';
import { countSamples, type PlannedLoss, planLoss } from '../../evaluate/internal.js';
import type { ColumnSource, EvaluatedLoss, EvaluateOptions, LossChoice } from '../../evaluate/index.js';
import type { Namespace } from '../../loss/call_types.js';
import * as nn from '../../mindspore/nn.js';
import * as ops from '../../mindspore/ops.js';
import { layoutOf, type RecordedFile } from '../../report/index.js';
import type { Tensor } from '../../tensor/tensor.js';
import * as functional from '../../torch/functional.js';
import * as torchNN from '../../torch/nn.js';
import type { Device } from '../../base/types.js';
import { blame, type Chosen, type ChosenLoss, usage } from './arguments.js';
import { type OpenFiles, rowsOf } from './files.js';

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
  /** Whether ranges of samples can be read; otherwise all samples are one batch. */
  readonly divisible: boolean;
  readonly options: EvaluateOptions;
  /** The flags, by field. */
  readonly flagOf: ReadonlyMap<string, string>;
  /** The files, by flag. */
  readonly files: Readonly<Record<string, RecordedFile>>;
  /** The files that are read sample by sample, by field. */
  readonly sources: ReadonlyMap<string, Source>;
  /** The groups. */
  readonly groups: Source | undefined;
  /** The scores and class indices, for losses that have them. */
  readonly classes: { readonly scores: Source; readonly target: Source } | undefined;
  /** The pictures of the samples. */
  readonly images: Source | undefined;
  /** The fields of the samples from `start` up to but not including `end`. */
  batch(start: number, end: number): Record<string, ColumnSource>;
}

/** Opens the files and constructs the losses. */
export async function makeTask(chosen: Chosen, files: OpenFiles): Promise<Task> {
  const { api, flags } = chosen;
  const { sources, tensors, groupField, images, flagOf, notes } = await openAll(chosen, files);
  const plans = chosen.losses.map((loss) => plan(makeLoss(api, loss, {}), flags.reduction));
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
  if (sliced.size === 0 && flags.shard !== undefined)
    throw usage(`--shard: these tensors of ${chosen.losses[0]?.entry.name} have no samples in the first dimension`);
  const { index = 1, count: shards = 1 } = flags.shard ?? {};
  const [scores, target] = ['input', 'target'].map((name) => sources.get(name));
  const hasClasses = plans.every(({ classes }) => classes) && target !== undefined && !isFloat(target.dtype);
  const hasRows = hasClasses && scores?.shape.length === 2 && target.shape.length === 1;
  return {
    losses,
    total,
    first: Math.floor((total * (index - 1)) / shards),
    end: Math.floor((total * index) / shards),
    divisible: sliced.size > 0,
    options: {
      accuracy: hasClasses,
      per_sample: flags['per-sample'] !== undefined,
      worst: flags.top,
      device: flags.device as Device | undefined,
      batch_size: flags['batch-size'],
      reduction: flags.reduction as EvaluateOptions['reduction'],
      group_by: groupField,
    },
    flagOf,
    files: notes,
    sources,
    groups: groupField === undefined ? undefined : sources.get(groupField),
    classes: hasRows ? { scores, target } : undefined,
    images,
    batch(start, end) {
      const columns = Array.from(sources, ([name, source]): [string, ColumnSource] => [
        name,
        sliced.has(name) ? rowsOf(source, start, end) : source,
      ]);
      return Object.fromEntries(columns);
    },
  };
}

/** The opened files of an evaluation. */
interface Opened {
  /** The files that are read sample by sample, by field. */
  readonly sources: Map<string, Source>;
  /** Tensor options, by name. */
  readonly tensors: ReadonlyMap<string, Source>;
  /** The field of the groups. */
  readonly groupField: string | undefined;
  readonly images: Source | undefined;
  readonly flagOf: ReadonlyMap<string, string>;
  readonly notes: Readonly<Record<string, RecordedFile>>;
}

async function openAll({ inputs, losses, groupBy, flags }: Chosen, files: OpenFiles): Promise<Opened> {
  const notes: Record<string, RecordedFile> = {};
  const flagOf = new Map<string, string>();
  const open = async (field: string, file: string, flag: string) => {
    const { source, note } = await files.open(file, flag);
    notes[flag] = note;
    flagOf.set(field, flag);
    return source;
  };
  const sources = new Map<string, Source>();
  for (const { field, flag, file } of inputs) sources.set(field, await open(field, file, flag));
  const tensors = new Map<string, Source>();
  for (const [name, file] of losses.flatMap(({ tensors }) => Object.entries(tensors))) {
    if (!tensors.has(name)) tensors.set(name, await open(name, file, name));
  }
  const hasGroups = groupBy !== undefined && 'file' in groupBy;
  if (hasGroups) sources.set(GROUP, await open(GROUP, groupBy.file, 'group-by'));
  return {
    sources,
    tensors,
    groupField: hasGroups ? GROUP : groupBy?.field,
    images: flags.images === undefined ? undefined : await open('images', flags.images, 'images'),
    flagOf,
    notes,
  };
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

/** Checks that all files have the same number of samples; LibTorch could not name the file. */
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

/**
 * Turns an error about a batch into one about the file of a flag.
 *
 * @param samplesOf - names the samples of a batch, given its number
 */
export function inFiles(
  error: unknown,
  flagOf: ReadonlyMap<string, string>,
  samplesOf?: (batch: number) => string,
): unknown {
  const { code, message } = error as { code?: ErrorCode; message: string };
  const [start, batch, field = ''] = /^batches\[(\d+)\](?:\.(\w+))?: /.exec(message) ?? [];
  if (start === undefined || code === undefined) return error;
  const flag = flagOf.get(field);
  const place = [...(flag === undefined ? [] : [`--${flag}`]), ...(samplesOf ? [samplesOf(Number(batch))] : [])];
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
