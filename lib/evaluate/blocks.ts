/** Reads batches in pieces that suit memory, ahead of the computation. */
import { allocate, checkRoom } from '../base/room.js';
import { largestOf } from '../base/extremes.js';
import { DTYPES, isFloat } from '../tensor/dtypes.js';
import { ArgumentRangeError, invalidType, invalidValue } from '../base/errors.js';
import { isArray, isPlainObject, isRevoked } from '../base/plain_object.js';
import type { Tensor } from '../tensor/tensor.js';
import type { DType, Shape } from '../base/types.js';
import type { Source } from '../data/index.js';
import { isColumn, isSource, type OpenColumn, openColumn } from './columns.js';
import { type Fit, fitSource, fitSources } from './dtypes.js';
import { broadcastSize, type PlannedLoss } from './plans.js';
import type { Batch, Batches, Group } from './interface.js';

/** Some samples of a batch. */
export interface Block {
  /** The tensors by the loss's own names, one list per loss. */
  readonly inputs: readonly (readonly Tensor[])[];
  /** Per-element options that the batch provides, by name. */
  readonly extra: Readonly<Record<string, Tensor>>;
  /** The groups of the samples, if a field contains them. */
  readonly groups: readonly Group[] | undefined;
  readonly samples: number;
  /** The index of the batch. */
  readonly batch: number;
  readonly bytes: number;
  /** Frees the tensors. */
  release(): void;
}

/** How to read the batches. */
export interface ReadOptions {
  readonly losses: readonly PlannedLoss[];
  /** The field with the groups. */
  readonly groupField: string | undefined;
  readonly batchSize: number | undefined;
  /** Copies a tensor to the device that computes. */
  bring(tensor: Tensor): Promise<Tensor>;
}

/** The approximate size of a piece. */
const BLOCK_BYTES = 8 * 2 ** 20;
/** Of blocks larger than this, whose samples are large themselves, there is one at a time. */
const LARGE_BYTES = 2 ** 27;
/** What computing with data takes, the data included: LibTorch makes a tensor or two of the same size. */
const COMPUTED = 3;
/** Pieces of tensors take no memory; their size leaves room for an abort and for progress. */
const BLOCK_ELEMENTS = 2 ** 24;

/** The batches one after the other, and the number of samples, if it is known. */
export function listBatches(batches: Batches): { list: Iterable<Batch> | AsyncIterable<Batch>; isOne: boolean } {
  if (isPlainObject(batches)) return { list: [batches as Batch], isOne: true };
  if (isArray(batches) && isColumn(batches[0])) return { list: [batches], isOne: true };
  if (typeof batches === 'object' && batches !== null && !isRevoked(batches)) {
    if (Symbol.asyncIterator in batches || (Symbol.iterator in batches && !ArrayBuffer.isView(batches))) {
      return { list: batches as Iterable<Batch>, isOne: false };
    }
  }
  throw invalidType('batches', 'a batch (an array or object of tensors) or an iterable of batches', batches);
}

/** The fields of one batch, opened. */
interface OpenBatch {
  readonly number: number;
  readonly columns: ReadonlyMap<string, OpenColumn>;
  /** The columns of each loss, by the names in `columns`. */
  readonly inputs: readonly (readonly string[])[];
  readonly extra: readonly string[];
  readonly samples: number;
  /** The columns that all samples share, which are read whole. */
  readonly shared: ReadonlySet<string>;
  /** Whether ranges of samples can be read from every column. */
  readonly divisible: boolean;
  /** The groups of the samples, or the column that holds them. */
  readonly groups: readonly Group[] | string | undefined;
}

/** The number of samples in a batch. */
export function countSamples(batch: Batch, options: ReadOptions): number {
  return openBatch(batch, 0, options).samples;
}

/** Reads the batches piece by piece. */
export async function* readBlocks(
  batches: Iterable<Batch> | AsyncIterable<Batch>,
  options: ReadOptions,
): AsyncGenerator<Block, void> {
  const pool = new BufferPool();
  let number = 0;
  for await (const batch of Symbol.asyncIterator in batches ? batches : awaitable(batches)) {
    const opened = openBatch(batch, number++, options);
    const step = opened.divisible ? (options.batchSize ?? usualStep(opened)) : opened.samples;
    for (let start = 0; start < opened.samples; start += step) {
      yield await readBlock(opened, start, Math.min(start + step, opened.samples), options, pool);
    }
  }
}

/** The same batches. The engine awaits each, which throws its own error for a revoked proxy. */
function* awaitable(batches: Iterable<Batch>): Generator<Batch, void> {
  let number = 0;
  for (const batch of batches) {
    if (isRevoked(batch)) throw invalidType(`batches[${number}]`, 'an array or an object of tensors', batch);
    number++;
    yield batch;
  }
}

/** The number of samples to read at a time. */
function usualStep({ columns, samples, shared }: OpenBatch): number {
  let step = Number.POSITIVE_INFINITY;
  for (const [name, column] of columns) {
    if (shared.has(name)) continue;
    const width = column.shape.slice(1).reduce((total, size) => total * size, 1);
    const most = column.isInMemory ? BLOCK_ELEMENTS / width : BLOCK_BYTES / (width * DTYPES[column.dtype].bytes);
    step = Math.min(step, most);
  }
  return Math.max(1, Math.min(samples, Math.floor(step)));
}

async function readBlock(
  batch: OpenBatch,
  start: number,
  end: number,
  { bring }: ReadOptions,
  pool: BufferPool,
): Promise<Block> {
  const made: Tensor[] = [];
  const buffers: Uint8Array[] = [];
  const release = () => {
    for (const tensor of made) tensor.dispose();
    for (const buffer of buffers) pool.give(buffer);
  };
  const read = async (name: string, column: OpenColumn): Promise<[string, Tensor]> => {
    const rows = batch.divisible && !batch.shared.has(name) ? [start, end] : [0, column.shape[0] ?? 1];
    const [from, to] = rows as [number, number];
    const size = column.bytesInto(to - from);
    const into = size > 0 ? pool.take(size, `batches[${batch.number}].${name}`) : undefined;
    if (into !== undefined) buffers.push(into);
    const tensor = await column.read(from, to, into);
    made.push(tensor);
    return [name, tensor];
  };
  const rows = batch.divisible ? end - start : undefined;
  let bytes = 0;
  for (const [name, column] of batch.columns) {
    bytes += column.bytesInto((batch.shared.has(name) ? undefined : rows) ?? column.shape[0] ?? 1);
  }
  checkRoom(COMPUTED * bytes, `batches[${batch.number}]: reading and computing with ${counted(end - start)}`);
  try {
    const entries = await settled([...batch.columns].map(([name, column]) => read(name, column)));
    const here = new Map(entries);
    const groups =
      typeof batch.groups === 'string' ? groupsOf(here.get(batch.groups) as Tensor) : batch.groups?.slice(start, end);
    const brought = new Map<string, Tensor>();
    for (const [name, tensor] of here) {
      const there = await bring(tensor);
      if (there !== tensor) made.push(there);
      brought.set(name, there);
    }
    const tensorOf = (name: string) => brought.get(name) as Tensor;
    return {
      inputs: batch.inputs.map((names) => names.map(tensorOf)),
      extra: Object.fromEntries(batch.extra.map((name) => [name, tensorOf(name)])),
      groups,
      samples: end - start,
      batch: batch.number,
      bytes: made
        .slice(0, here.size)
        .reduce((sum, tensor: Tensor<Shape, DType>) => sum + tensor.numel() * DTYPES[tensor.dtype].bytes, 0),
      release,
    };
  } catch (error) {
    release();
    throw error;
  }
}

function counted(samples: number): string {
  return samples === 1 ? 'one sample' : `${samples} samples`;
}

/** Waits for all, even if one fails: memory that others are still writing to cannot be reused before. */
async function settled<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  const results = await Promise.allSettled(promises);
  return results.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}

function groupsOf(tensor: Tensor): Group[] {
  return Array.from(tensor.toTypedArray(), Number);
}

/** Memory into which one piece after another is read. */
class BufferPool {
  readonly #free: Uint8Array[] = [];

  take(bytes: number, what: string): Uint8Array {
    const index = this.#free.findIndex(({ length }) => length >= bytes && length <= 2 * bytes);
    if (index < 0) return allocate(bytes, what);
    return this.#free.splice(index, 1)[0] as Uint8Array;
  }

  give(buffer: Uint8Array): void {
    if (this.#free.length < 32) this.#free.push(buffer);
  }
}

/** Requests up to `count` further blocks while one is used, unless they are so large that one is enough. */
export async function* ahead(items: AsyncGenerator<Block, void>, count: number): AsyncGenerator<Block, void> {
  const waiting: Promise<IteratorResult<Block, void>>[] = [];
  const request = (most: number) => {
    while (waiting.length < most) {
      const next = items.next();
      next.catch(() => undefined); // it is thrown below, when its turn comes
      waiting.push(next);
    }
  };
  try {
    for (;;) {
      request(1);
      const { done, value } = await (waiting.shift() as Promise<IteratorResult<Block, void>>);
      if (done) return;
      if (value.bytes <= LARGE_BYTES) request(count);
      yield value;
    }
  } finally {
    for (const { status, ...rest } of await Promise.allSettled([items.return(), ...waiting])) {
      const result = (rest as { value?: IteratorResult<Block, void> }).value;
      if (status === 'fulfilled' && result?.value) result.value.release();
    }
  }
}

function openBatch(batch: Batch, number: number, { losses, groupField }: ReadOptions): OpenBatch {
  const place = (field: string | number) => `batches[${number}].${field}`;
  if (!isArray(batch) && !isPlainObject(batch)) {
    throw invalidType(`batches[${number}]`, 'an array or an object of tensors', batch);
  }
  const fields = isArray(batch) ? undefined : batch;
  const columns = new Map<string, OpenColumn>();
  const open = (name: string, value: unknown, isInteger = false) => {
    if (!columns.has(name)) columns.set(name, openColumn(value, place(name), isInteger));
    return name;
  };
  const inputs = losses.map((loss) => {
    if (fields === undefined) {
      const list = batch as readonly unknown[];
      if (list.length < loss.inputs.length)
        throw invalidValue(`batches[${number}]`, `${loss.inputs.length} tensors (${loss.inputs.join(', ')})`, batch);
      return loss.inputs.map((_, index) => open(String(index), list[index], holdsIntegers(loss, index)));
    }
    return loss.inputs.map((name, index) => {
      const alias = loss.aliases[index] as string;
      const key = [name, alias].find((candidate) => fields[candidate] !== undefined);
      if (key === undefined) throw invalidType(place(name), 'a tensor, a typed array or a source', undefined);
      return open(key, fields[key], holdsIntegers(loss, index));
    });
  });
  const names = [...new Set(losses.flatMap(({ elementOptions }) => elementOptions))];
  const extra = names.filter((name) => fields?.[name] !== undefined).map((name) => open(name, fields?.[name]));
  if (fields?.['weight'] !== undefined && !extra.includes('weight')) {
    throw invalidType(place('weight'), 'none for this loss: weights of classes are an option of it', fields['weight']);
  }
  const asGiven = fitColumns();
  const samples = sampleCount(losses, inputs, columns);
  checkSamples();
  const groups = groupField === undefined ? undefined : findGroups(groupField);
  const shared = new Set(
    losses.flatMap((loss, at) => {
      const own = inputs[at] as readonly string[];
      const others = ownNames(loss, own);
      return own.filter((name) => !others.includes(name));
    }),
  );
  return { number, columns, inputs, extra, samples, shared, divisible: isDivisible(), groups };

  /** Opens sources again in the dtypes that the losses take, and gives those that became another one. */
  function fitColumns(): Map<string, Source> {
    const nameOf = (loss: PlannedLoss, index: number) => inputs[losses.indexOf(loss)]?.[index];
    const fits = fitSources(losses, nameOf, columns);
    const { dtype } = columns.get(inputs[0]?.[0] as string) as OpenColumn;
    const option = { dtype: fits.get(inputs[0]?.[0] as string)?.dtype ?? dtype, reason: 'the loss' };
    const own = [...fits, ...extra.map((name): [string, Fit] => [name, option])];
    const changed = new Map<string, Source>();
    for (const [name, fit] of own) {
      const value = fields === undefined ? (batch as readonly unknown[])[Number(name)] : fields[name];
      if (!isFile(value) || fit.dtype === value.dtype) continue;
      columns.set(name, openColumn(fitSource(value, fit), place(name)));
      changed.set(name, value);
    }
    return changed;
  }

  function checkSamples(): void {
    for (const [index, loss] of losses.entries()) {
      if (loss.layout !== 'rows' && loss.layout !== 'projected') continue;
      const [first = '', ...others] = ownNames(loss, inputs[index] as readonly string[]);
      const [expected = 1, ...rest] = (columns.get(first) as OpenColumn).shape;
      if (rest.length === 0 || expected === 1) continue;
      for (const name of others) {
        const [size] = (columns.get(name) as OpenColumn).shape;
        if (size === expected || size === 1) continue;
        throw invalidValue(place(name), `${expected} samples, as ${first} has`, size ?? 'none');
      }
    }
  }

  function isDivisible(): boolean {
    return losses.every((loss, index) => {
      if (loss.layout === 'sequences' || loss.hasElementOptions) return false;
      const names = [...ownNames(loss, inputs[index] as readonly string[]), ...extra];
      const shapes = names.map((name) => shapeOf(columns, name));
      const [first = []] = shapes;
      return shapes.every((shape, at) => {
        if (first.length === 0 || shape[0] !== samples) return false;
        if (loss.layout === 'rows' || loss.layout === 'projected') return true;
        return shape.length === first.length || (loss.layout === 'variance' && at === 2);
      });
    });
  }

  function findGroups(field: string): readonly Group[] | string {
    const value = fields?.[field];
    if (isArray(value) && (value.length === 0 || isGroup(value[0]))) {
      if (value.length !== samples) throw invalidValue(place(field), `${samples} groups`, value.length);
      const wrong = value.findIndex((group) => !isGroup(group));
      if (wrong >= 0) throw invalidType(`${place(field)}[${wrong}]`, 'a string or a number', value[wrong]);
      return value as readonly Group[];
    }
    const [loss] = losses as readonly [PlannedLoss];
    const at = [loss.inputs, loss.aliases].map((names) => names.indexOf(field)).find((index) => index >= 0);
    let key = value !== undefined ? open(field, value) : at === undefined ? undefined : inputs[0]?.[at];
    if (key === undefined) throw invalidType(place(field), 'the groups of the samples', value);
    const given = asGiven.get(key);
    if (given !== undefined) key = open(`${key} as groups`, fitSource(given, { dtype: 'int64', reason: 'groups' }));
    const { shape, dtype } = columns.get(key) as OpenColumn;
    if (shape.length !== 1 || shape[0] !== samples)
      throw new ArgumentRangeError(place(field), `one group for each of ${samples} samples`, `[${shape.join(', ')}]`);
    if (isFloat(dtype)) throw invalidValue(place(field), 'groups in a dtype of integers', dtype);
    return key;
  }
}

/** Whether a value is an array in a file; a caller's own source has the dtype that the caller wants. */
function isFile(value: unknown): value is Source {
  return isSource(value) && 'close' in (value as object);
}

function isGroup(value: unknown): value is Group {
  return typeof value === 'string' || typeof value === 'number';
}

/** Whether nested arrays for an input become integers. */
function holdsIntegers({ layout, inputs }: PlannedLoss, index: number): boolean {
  return layout === 'sequences' && index > 0 && index < inputs.length;
}

function shapeOf(columns: ReadonlyMap<string, OpenColumn>, name: string): Shape {
  return (columns.get(name) as OpenColumn).shape;
}

/** The columns of a loss's tensors that have samples. */
function ownNames({ inputs, shared }: PlannedLoss, names: readonly string[]): readonly string[] {
  return names.filter((_, index) => !shared.includes(inputs[index] as string));
}

/** The samples of a batch, by its first loss; LibTorch checks other shapes. */
function sampleCount(
  losses: readonly PlannedLoss[],
  inputs: readonly (readonly string[])[],
  columns: ReadonlyMap<string, OpenColumn>,
): number {
  const [loss] = losses as readonly [PlannedLoss];
  const names = ownNames(loss, inputs[0] as readonly string[]);
  const shapes = names.map((name) => shapeOf(columns, name));
  const [first = []] = shapes;
  if (loss.layout === 'sequences') return first.length === 3 ? (first[1] as number) : 1;
  if (loss.layout === 'rows' || loss.layout === 'projected')
    return first.length < 2 ? 1 : broadcastSize(shapes.map(([size = 1]) => size));
  const dims = largestOf(shapes.map((shape) => shape.length));
  if (dims < (loss.layout === 'vectors' ? 2 : 1)) return 1;
  return broadcastSize(shapes.filter((shape) => shape.length === dims).map(([size]) => size as number));
}
