/** Replays recorded orders of samples: the data sets, samplers and loaders in `utils.json` of a folder. */
import { string } from '../../base/schema.js';
import { isPlainObject } from '../../base/plain_object.js';
import * as torch from '../../torch/index.js';
import { type CaseResult, describeThrown, type ExpectedError, isTensor, judgeError } from '../sides/calls.js';
import { readRecordedCases } from './files.js';

interface LoadingCase {
  readonly id: string;
  readonly function: string;
  readonly n: number;
  readonly seed?: number;
  readonly kwargs?: Readonly<Record<string, unknown>>;
  readonly lengths?: readonly number[];
  readonly generator?: number | null;
  readonly num_replicas?: number;
  readonly rank?: number;
  /** The number of iterations of a loader, or the epochs of a sampler. */
  readonly epochs?: number | readonly number[];
  readonly expect: {
    readonly error?: ExpectedError;
    readonly batches?: unknown;
    readonly indices?: unknown;
    readonly length?: number;
    readonly probe?: readonly number[];
  };
}

const REPLAYS: Readonly<Record<string, (recorded: LoadingCase) => object>> = {
  DataLoader: replayLoader,
  random_split: replaySplit,
  DistributedSampler: replayDistributed,
};

/**
 * Replays the recorded orders of samples of a folder: which samples came in which batch, and the state of the random
 * numbers afterwards.
 *
 * @param folder - with `utils.json`, packed (`.gz`) or plain
 * @returns one result for each case of DataLoader, random_split and DistributedSampler, in the order of the file
 * @throws TorchError with code `ERR_FILE_FORMAT` if the folder cannot be read
 */
export function replayLoading(folder: string): CaseResult[] {
  const before = torch.get_rng_state();
  try {
    const cases = readRecordedCases<LoadingCase>(folder, 'utils.json', { function: string });
    return cases.filter((recorded) => Object.hasOwn(REPLAYS, recorded.function)).map(replayCase);
  } finally {
    torch.set_rng_state(before);
    before.dispose();
  }
}

function replayCase(recorded: LoadingCase): CaseResult {
  const { id, function: loss, expect } = recorded;
  const run = REPLAYS[loss] as (recorded: LoadingCase) => object;
  let error: string | null;
  if (expect.error !== undefined) error = judgeError(() => run(recorded), expect.error);
  else {
    try {
      const [own, other] = [run(recorded), expect].map((value) => JSON.stringify(value));
      error = own === other ? null : `expected ${other}, got ${own}`;
    } catch (thrown) {
      error = describeThrown(thrown);
    }
  }
  return { id, loss, passed: error === null, ...(error === null ? {} : { error }) };
}

/** A data set whose samples are its own indices. */
function samples(n: number): number[] {
  return Array.from({ length: n }, (_, index) => index);
}

/** A recorded argument; samplers that go through a data set are given this one. */
function readValue(value: unknown, n: number): unknown {
  if (Array.isArray(value)) return value.map((item) => readValue(item, n));
  if (!isPlainObject(value)) return value;
  if ('generator' in value && Object.keys(value).length === 1)
    return new torch.Generator().manual_seed(value.generator as number);
  if (!('sampler' in value)) return value;
  const { sampler, args, kwargs } = value as { sampler: string; args: unknown[]; kwargs: Record<string, unknown> };
  const source = sampler === 'RandomSampler' || sampler === 'SequentialSampler' ? [samples(n)] : [];
  const Kind = Reflect.get(torch.utils.data, sampler) as new (...all: unknown[]) => unknown;
  return new Kind(...source, ...args.map((item) => readValue(item, n)), readAll(kwargs, n));
}

function readAll(values: Readonly<Record<string, unknown>>, n: number): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, readValue(value, n)]));
}

function seedOf({ seed }: LoadingCase): number {
  return seed as number;
}

function replayLoader(recorded: LoadingCase): object {
  const { n, kwargs = {}, epochs } = recorded;
  torch.manual_seed(seedOf(recorded));
  const options = readAll(kwargs, n);
  const loader = new torch.utils.data.DataLoader<number[], unknown>(samples(n), options);
  const batches = Array.from({ length: epochs as number }, () =>
    Array.from(loader, (batch) => (isTensor(batch) ? (batch.tolist() as unknown) : batch)),
  );
  return { batches, length: loader.length, probe: probe() };
}

function replaySplit(recorded: LoadingCase): object {
  const { n, lengths = [], generator: seed } = recorded;
  const generator = typeof seed === 'number' ? new torch.Generator().manual_seed(seed) : undefined;
  torch.manual_seed(seedOf(recorded));
  const parts = torch.utils.data.random_split(samples(n), lengths, generator);
  return { indices: parts.map(({ indices }) => Array.from(indices)), probe: probe() };
}

function replayDistributed({ n, num_replicas, rank, kwargs = {}, epochs }: LoadingCase): object {
  const options = { num_replicas, rank, ...kwargs };
  const sampler = new torch.utils.data.DistributedSampler(samples(n), options);
  const indices = (epochs as readonly number[]).map((epoch) => {
    sampler.set_epoch(epoch);
    return [...sampler];
  });
  return { indices, length: sampler.length };
}

/** The next numbers of the default stream. */
function probe(): number[] {
  const drawn = torch.randint(0, 1_000_000, [4]);
  const numbers = Array.from(drawn.toTypedArray(), Number);
  drawn.dispose();
  return numbers;
}
