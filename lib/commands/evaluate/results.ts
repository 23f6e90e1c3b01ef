/** Stores the results of shards, and finds them again. */
import { setTimeout as delay } from 'node:timers/promises';
import { TorchError } from '../../base/errors.js';
import { oneLine } from '../../base/printable.js';
import { openResults, type ResultStore } from '../../distributed/index.js';
import { shardName, type ShardNumber, shardOfName } from '../../distributed/internal.js';
import { type EvaluationRecord, parseRecord, type RecordedResult, writeRecord } from '../../report/index.js';
import { usage } from '../arguments.js';
import { difference, type Facts, factsOf } from './record.js';
import { rangeOf } from './task.js';

/** Opens the place of a flag or an argument. */
export async function openPlace(place: string, flag: string, allowHttp: boolean): Promise<ResultStore> {
  try {
    return await openResults(place, { allowHttp });
  } catch (error) {
    if ((error as TorchError).code === 'ERR_USAGE') throw usage(`${flag}: ${(error as Error).message}`);
    throw error;
  }
}

/**
 * Stores the record of a shard. Where the same result is stored already, nothing is done.
 *
 * @throws TorchError `ERR_SHARDS` if another result of the shard is stored
 */
export async function storeShard(store: ResultStore, shard: ShardNumber, record: EvaluationRecord): Promise<void> {
  const name = shardName(shard);
  const written = writeRecord(record);
  if (await store.create(name, written)) return;
  const text = await store.read(name);
  if (text === undefined) throw new TorchError('ERR_FILE_READ', `${store.name}: ${name} has just been removed`);
  const [there, here] = [text, written].map((json) => findingsOf(parseRecord(json, `${store.name}: ${name}`)));
  const apart = difference(there as Facts, here as Facts);
  if (apart === undefined) return;
  const [first, second] = [apart.first, apart.second].map((value) => oneLine(value, 60));
  throw new TorchError(
    'ERR_SHARDS',
    `${store.name}: has another result of shard ${shard.index}/${shard.count}, which stays: ${apart.flag} is ${first} there, ${second} here`,
  );
}

/** What no two computations have in common. */
const TIMES: readonly string[] = ['seconds', 'samplesPerSecond', 'bytesPerSecond'];

/** What two computations of the same shard must agree in: all but times and places. */
function findingsOf(record: EvaluationRecord): Facts {
  const found = ({ partial, ...result }: RecordedResult) =>
    Object.entries({ ...result, ...partial })
      .filter(([name]) => !TIMES.includes(name))
      .map(([name, value]): [string, string] => [`${name} of ${result.loss_function}`, JSON.stringify(value)]);
  return new Map([...factsOf(record), ['--shard', String(record.shard)], ...record.results.flatMap(found)]);
}

/** The shards of an evaluation that are stored somewhere. */
export interface StoredShards {
  /** How many shards the evaluation has; 0 where nothing is stored. */
  readonly count: number;
  readonly records: readonly EvaluationRecord[];
  /** Where each record came from. */
  readonly names: readonly string[];
  /** The shards that are not there. */
  readonly missing: readonly number[];
}

/** How shards are waited for. */
export interface WaitOptions {
  /** How many shards there are, where the store cannot say. */
  readonly count: number | undefined;
  /** For how long to wait, in milliseconds. */
  readonly wait: number;
  stopped(): boolean;
  onProgress(found: number, count: number): void;
}

const POLL_MILLISECONDS = 1000;
/** How many shards are read at the same time. */
const READ_AT_ONCE = 16;

/**
 * Reads the shards that are stored, and waits for those that are missing.
 *
 * @throws TorchError `ERR_SHARDS` if there are shards of several divisions, `ERR_FILE_FORMAT` for what is no shard
 */
export async function readShards(store: ResultStore, options: WaitOptions): Promise<StoredShards> {
  const end = performance.now() + options.wait;
  const texts = new Map<number, string>();
  let { count = 0 } = options;
  for (;;) {
    const listed = await store.list();
    if (listed === undefined && count === 0)
      throw usage(`${store.name} cannot be listed: say with --shards N how many shards there are`);
    const shards = listed?.map(shardOfName).filter((shard) => shard !== undefined);
    count ||= shards?.[0]?.count ?? 0;
    const other = shards?.find((shard) => shard.count !== count);
    if (other !== undefined)
      throw new TorchError('ERR_SHARDS', `${store.name}: has results of ${count} shards and of ${other.count}`);
    const there = shards === undefined ? range(count) : shards.map(({ index }) => index);
    const unread = there.filter((index) => !texts.has(index));
    for (let at = 0; at < unread.length; at += READ_AT_ONCE) {
      const read = unread.slice(at, at + READ_AT_ONCE).map(async (index) => {
        const text = await store.read(shardName({ index, count }));
        if (text !== undefined) texts.set(index, text);
      });
      await Promise.all(read);
    }
    options.onProgress(texts.size, count);
    const isComplete = count > 0 && texts.size === count;
    if (isComplete || performance.now() >= end || options.stopped()) break;
    await delay(Math.min(POLL_MILLISECONDS, end - performance.now()));
  }
  const found = [...texts].toSorted(([a], [b]) => a - b);
  const names = found.map(([index]) => `${store.name}: ${shardName({ index, count })}`);
  return {
    count,
    names,
    records: found.map(([index, text], at) => readShard(text, names[at] as string, { index, count })),
    missing: range(count).filter((index) => !texts.has(index)),
  };
}

/**
 * Reads the record of one shard, and checks that it is of this shard and complete.
 *
 * @param samples - how many samples the shards have together. Default: all in the files
 */
export function readShard(
  text: string,
  name: string,
  { index, count }: ShardNumber,
  samples?: number,
): EvaluationRecord {
  const record = parseRecord(text, name);
  const isOfSome = samples !== undefined && samples < record.total;
  const { first, end } = rangeOf(samples ?? record.total, { index, count });
  const [start, stop] = record.done[0] ?? [first, first];
  const isMarked = isOfSome ? record.shard === null : record.shard === `${index}/${count}` && record.complete;
  if (!isMarked || start !== first || stop !== end)
    throw new TorchError('ERR_FILE_FORMAT', `${name}: expected the complete result of shard ${index}/${count}`);
  return record;
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}
