import { checkBoolean, checkCount, checkDevice, checkOptions, itemsOf } from '../addon/arguments.js';
import { types } from 'node:util';
import { no_grad } from '../tensor/autograd.js';
import { ArgumentRangeError, ArgumentTypeError, invalidType, invalidValue } from '../base/errors.js';
import { get_num_threads, Lane, onLane } from '../addon/lane.js';
import { type Named, withTensors } from '../loss/explain.js';
import type { Lowered } from '../loss/row.js';
import { native, type PartsFunction, type PartsResult, type PartsSettings } from '../addon/native.js';
import { isAbortSignal, isArray, isFunction, isPlainObject, isRevoked } from '../base/plain_object.js';
import { scope } from '../addon/scope.js';
import { isFloat } from '../tensor/dtypes.js';
import type { Tensor } from '../tensor/tensor.js';
import { Accumulator } from './accumulate.js';
import { ahead, type Block, countSamples, listBatches, readBlocks } from './blocks.js';
import { partOf, type PlannedCall, type PlannedLoss, planLoss, SCORES } from './plans.js';
import type {
  Batch,
  Batches,
  EvaluateOptions,
  Evaluation,
  EvaluationProgress,
  Group,
  LossChoice,
  Losses,
} from './interface.js';

const PROGRESS_SECONDS = 0.1;

const OPTIONS = [
  'device',
  'reduction',
  'batch_size',
  'accumulate',
  'per_sample',
  'group_by',
  'accuracy',
  'classification',
  'worst',
  'first_index',
  'partial',
  'signal',
  'onProgress',
  'prefetch',
];

/**
 * Computes the loss of a whole data set, without gradients: the same loss as one call with all samples, however they
 * are split into batches, with sums in float64.
 *
 * The losses are LibTorch's, computed without a reduction in parts that fit into the processor's caches. Those of
 * `cross_entropy` of rows of scores with class indices, `binary_cross_entropy_with_logits` and `kl_div` are computed here if
 * the data is float32 or 16-bit, within 1 ulp of float32 of each row's or element's exact loss. Each
 * sample's elements are summed in float64 in a fixed order, and the samples' sums are added without rounding, so every
 * split into batches gives the same bits (close numbers for `linear_cross_entropy`: a matrix product rounds by its size). A
 * mean has the divisor of the loss's own mean: the class weights of the targets that are not ignored, the element weights,
 * the number of elements, or the number of samples. Data is read ahead of the computation, and memory does not grow with
 * its size. 16-bit floats are computed in float32.
 *
 * @param loss - a function, an instance, or a function and its options; several, by name or in a list, are computed in
 *   one pass over the data
 * @param batches - a batch, or an iterable of batches: the loss's tensors in order or by name, as tensors, typed arrays or
 *   sources, which are read by ranges. Samples are in the first dimension, in the second of `ctc_loss`'s log_probs
 * @returns a result, or one per loss, by their names or in a list
 * @throws TypeError and RangeError for invalid data, with the batch and the field
 * @example
 * ```ts
 * const batches = [
 *   { input: torch.tensor([[2, 0], [0, 1]]), target: new BigInt64Array([0n, 1n]) },
 *   { input: torch.tensor([[1, 3]]), target: new BigInt64Array([0n]) },
 * ];
 * const { loss, samples, worst } = await evaluate(torch.nn.functional.cross_entropy, batches);
 * loss;             // 0.8557059...
 * samples;          // 3
 * worst[0]?.index;  // 2
 * ```
 */
export function evaluate(loss: LossChoice, batches: Batches, options?: EvaluateOptions): Promise<Evaluation>;
export function evaluate(
  losses: readonly LossChoice[],
  batches: Batches,
  options?: EvaluateOptions,
): Promise<Evaluation[]>;
export function evaluate<Name extends string>(
  losses: Readonly<Record<Name, LossChoice>>,
  batches: Batches,
  options?: EvaluateOptions,
): Promise<Record<Name, Evaluation>>;
export async function evaluate(
  loss: Losses,
  batches: Batches,
  options: EvaluateOptions = {},
): Promise<Evaluation | Evaluation[] | Record<string, Evaluation>> {
  checkOptions(options, OPTIONS);
  const settings = readOptions(options);
  const choices = listLosses(loss);
  const plans = choices.map(([parameter, choice]) => planLoss(choice, parameter, options.reduction));
  const results = await run(plans, batches, settings);
  if (isPlainObject(loss))
    return Object.fromEntries(choices.map(([name], index) => [name, results[index] as Evaluation]));
  return isList(loss) ? results : (results[0] as Evaluation);
}

/** Whether it is a list of losses, rather than one with its options. */
function isList(loss: Losses): loss is readonly LossChoice[] {
  return isArray(loss) && !(loss.length === 2 && isPlainObject(loss[1]));
}

function listLosses(loss: Losses): [parameter: string, choice: LossChoice][] {
  const list: [string, LossChoice][] = isPlainObject(loss)
    ? Object.entries(loss as Record<string, LossChoice>)
    : isList(loss)
      ? itemsOf(loss, 'loss').map((choice, index) => [`loss[${index}]`, choice as LossChoice])
      : [['loss', loss]];
  if (list.length === 0) throw new ArgumentRangeError('loss', 'at least one loss', 'none');
  return list;
}

type Settings = Required<
  Pick<EvaluateOptions, 'per_sample' | 'accuracy' | 'classification' | 'worst' | 'first_index' | 'partial'>
> &
  Required<Pick<EvaluateOptions, 'prefetch'>> &
  Pick<EvaluateOptions, 'device' | 'batch_size' | 'group_by' | 'signal' | 'onProgress'>;

function readOptions(options: EvaluateOptions): Settings {
  const { accumulate = 'float64', per_sample = false, accuracy = false, partial = false } = options;
  const { classification = false } = options;
  const { worst = 10, first_index = 0, prefetch = 2, device, batch_size, group_by, signal, onProgress } = options;
  if (accumulate !== 'float64') throw invalidValue('accumulate', "'float64'", accumulate);
  for (const [name, value] of Object.entries({ per_sample, accuracy, classification, partial }))
    checkBoolean(value, name);
  for (const [name, value] of Object.entries({ worst, first_index, prefetch })) checkCount(value, name, 0);
  if (batch_size !== undefined) checkCount(batch_size, 'batch_size', 1);
  if (device !== undefined) checkDevice(device);
  if (signal !== undefined && !isAbortSignal(signal)) throw invalidType('signal', 'an AbortSignal', signal);
  if (onProgress !== undefined && !isFunction(onProgress)) throw invalidType('onProgress', 'a function', onProgress);
  if (group_by !== undefined) checkGroups(group_by);
  return {
    per_sample,
    accuracy,
    classification,
    partial,
    worst,
    first_index,
    prefetch,
    device,
    batch_size,
    group_by,
    signal,
    onProgress,
  };
}

function checkGroups(value: unknown): void {
  const isList = typeof value === 'object' && value !== null && !isRevoked(value);
  if (!isList && typeof value !== 'string' && !isFunction(value))
    throw invalidType('group_by', 'the name of a field, a list of groups or a function', value);
}

/** The statistics of one loss. */
interface Kept {
  readonly number: number;
  readonly plan: PlannedLoss;
  readonly sums: Accumulator;
  readonly perSample: Float64Array[];
}

async function run(plans: readonly PlannedLoss[], batches: Batches, settings: Settings): Promise<Evaluation[]> {
  const { signal, device, group_by, onProgress, first_index } = settings;
  signal?.throwIfAborted();
  for (const plan of plans) {
    if (settings.accuracy && !plan.classes)
      throw new ArgumentRangeError('accuracy', 'false for a loss that takes no class indices', 'true');
    if (settings.accuracy && plan.layout === 'projected')
      throw new ArgumentRangeError('accuracy', 'false for a loss that makes its scores itself', 'true');
    if (settings.classification && plan.scores === SCORES.none)
      throw new ArgumentRangeError('classification', 'false for a loss whose targets are not classes', 'true');
  }
  const all: Kept[] = plans.map((plan, number) => ({
    number,
    plan,
    sums: new Accumulator(settings.worst),
    perSample: [],
  }));
  if (settings.accuracy) for (const { sums } of all) sums.countRight();
  if (settings.classification) for (const { plan, sums } of all) sums.countClasses(plan.scores);
  using lane = new Lane({ threads: get_num_threads() });
  using transfers = new Transfers(device, signal);
  for (const plan of plans) await plan.bringOptions((tensor) => transfers.keep(tensor));
  const reading = {
    losses: plans,
    groupField: typeof group_by === 'string' ? group_by : undefined,
    batchSize: settings.batch_size,
    bring: (tensor: Tensor) => transfers.bring(tensor),
  };
  const { list, isOne } = listBatches(batches);
  const total = isOne ? countSamples((list as Batch[])[0] as Batch, reading) : undefined;
  const start = performance.now();
  let samples = 0;
  let told = 0;
  const tell = (seconds: number) => {
    told = seconds;
    onProgress?.({ samples, ...(total !== undefined && { total }), seconds } satisfies EvaluationProgress);
  };
  const elapsed = () => (performance.now() - start) / 1000;
  let bytes = 0;
  for await (const block of ahead(readBlocks(list, reading), settings.prefetch)) {
    try {
      signal?.throwIfAborted();
      const groups = block.groups ?? groupsAt(group_by, samples, block.samples, first_index);
      for (const kept of all) await addBlock(kept, block, { ...settings, lane, groups, index: first_index + samples });
      samples += block.samples;
      bytes += block.bytes;
    } finally {
      block.release();
    }
    const seconds = elapsed();
    if (seconds - told >= PROGRESS_SECONDS) tell(seconds);
  }
  signal?.throwIfAborted();
  const seconds = elapsed();
  tell(seconds);
  return all.map(({ plan, sums, perSample }) => {
    Object.assign(sums, { seconds, bytes });
    return {
      ...sums.result(plan.reduction),
      ...(settings.per_sample && { perSample: joinArrays(perSample) }),
      ...(settings.partial && { partial: sums.toJSON(plan.name, plan.reduction) }),
    };
  });
}

/** The groups of samples, from a list or a function. */
function groupsAt(
  groupBy: EvaluateOptions['group_by'],
  start: number,
  count: number,
  first: number,
): readonly Group[] | undefined {
  if (groupBy === undefined || typeof groupBy === 'string') return undefined;
  return Array.from({ length: count }, (_, i) => {
    const group = typeof groupBy === 'function' ? groupBy(first + start + i) : groupBy[start + i];
    if (typeof group === 'string' || typeof group === 'number') return group;
    if (typeof group === 'bigint') return Number(group);
    throw invalidType(`group_by of sample ${first + start + i}`, 'a string or a number', group);
  });
}

interface BlockOptions extends Settings {
  readonly lane: Lane;
  readonly groups: readonly Group[] | undefined;
  readonly index: number;
}

async function addBlock({ number, plan, sums, perSample }: Kept, block: Block, options: BlockOptions): Promise<void> {
  const { groups, lane, signal, index, accuracy, classification, worst } = options;
  const inputs = block.inputs[number] as readonly Tensor[];
  const keepsValues = sums.keepsValues(block.samples);
  const settings = (call: PlannedCall): PartsSettings => ({
    layout: call.layout,
    weighing: call.weighing,
    inputs: call.inputs,
    ignore_index: call.ignore_index,
    part: partOf(call, isOnCpu(inputs)),
    worst,
    first: index,
    means: plan.reduction === 'mean',
    wants_samples: keepsValues || groups !== undefined || options.per_sample,
    wants_right: accuracy,
    scores: classification && !hasProbabilities(plan, inputs) ? plan.scores : SCORES.none,
    on_cpu: isOnCpu(inputs),
    wanted: 0,
    count: 0,
    divides: false,
  });
  const start = ({ op, args }: Lowered, settings: PartsSettings) =>
    onLane(
      (id, job) => (native().evaluate[op] as PartsFunction)(id, job, settings, ...args),
      (result: PartsResult) => result,
      { lane, signal },
    );
  try {
    const { joining, ignore_index, job } = scope(() =>
      no_grad(() =>
        plan.call(inputs, block.extra, (call) => ({
          joining: { loss: plan.name, reduction: plan.reduction, weighing: call.weighing },
          ignore_index: call.ignore_index,
          job: start(call, settings(call)),
        })),
      ),
    );
    const result = await job;
    const [samples] = result.counts as unknown as [number];
    if (samples !== block.samples)
      throw new ArgumentRangeError(plan.inputs[0] as string, `${block.samples} samples`, String(samples));
    const values = valuesOf(result, plan.reduction === 'mean');
    sums.add(joining, result, keepsValues ? values : undefined);
    if (groups !== undefined) sums.addGroups(groups, result);
    if (classification) sums.addClasses(result, classesOf(inputs), ignore_index);
    if (options.per_sample && values !== undefined) perSample.push(values);
  } catch (error) {
    const named = plan.inputs.map((name, at): Named => [name, inputs[at]]);
    throw inBatch(withTensors(error, [...named, ...Object.entries(block.extra)]), block.batch);
  }
}

/** The losses of samples as they are reported: the mean of a sample's elements where all are joined by their mean. */
function valuesOf({ counts, losses }: PartsResult, means: boolean): Float64Array | undefined {
  const width = (counts[1] as number) / (counts[0] as number);
  return means && width !== 1 ? losses?.map((loss) => loss / width) : losses;
}

/** Whether the targets are probabilities of classes rather than indices. */
function hasProbabilities({ takesProbabilities }: PlannedLoss, [, target]: readonly Tensor[]): boolean {
  return takesProbabilities && target !== undefined && isFloat(target.dtype);
}

/** The number of classes that scores are for. */
function classesOf([scores]: readonly Tensor[]): number {
  const { shape = [] } = scores ?? {};
  return (shape.length === 1 ? shape[0] : shape[1]) ?? 0;
}

function isOnCpu(inputs: readonly Tensor[]): boolean {
  return inputs[0]?.device === 'cpu';
}

/** The same error with the batch in its message. */
function inBatch(error: unknown, batch: number): unknown {
  if (error instanceof ArgumentTypeError || error instanceof ArgumentRangeError) {
    const { parameter, expected, got, code } = error;
    const Kind = error instanceof ArgumentTypeError ? ArgumentTypeError : ArgumentRangeError;
    return new Kind(`batches[${batch}].${parameter}`, expected, got, code);
  }
  if (types.isNativeError(error) && 'code' in error) error.message = `batches[${batch}]: ${error.message}`;
  return error;
}

function joinArrays(parts: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Copies tensors to a device, on its own lane. */
class Transfers {
  readonly #device: EvaluateOptions['device'];
  readonly #signal: AbortSignal | undefined;
  readonly #kept: Tensor[] = [];
  #lane: Lane | undefined;

  constructor(device: EvaluateOptions['device'], signal: AbortSignal | undefined) {
    this.#device = device;
    this.#signal = signal;
  }

  async bring(tensor: Tensor): Promise<Tensor> {
    if (this.#device === undefined || tensor.device === this.#device) return tensor;
    if (this.#device === 'cuda' && tensor.device.startsWith('cuda')) return tensor;
    this.#lane ??= new Lane({ threads: 1 });
    return tensor.toAsync({ device: this.#device, lane: this.#lane, ...(this.#signal && { signal: this.#signal }) });
  }

  /** The same for the whole evaluation. */
  async keep(tensor: Tensor): Promise<Tensor> {
    const there = await this.bring(tensor);
    if (there !== tensor) this.#kept.push(there);
    return there;
  }

  [Symbol.dispose](): void {
    for (const tensor of this.#kept) tensor.dispose();
    this.#lane?.dispose();
  }
}
