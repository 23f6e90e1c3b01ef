/** torch.utils.data: Python's order, batches, and iteration in both forms. */
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { libtorch } from '../../lib/addon/native.js';
import { compareVersions } from '../../lib/base/compare_versions.js';
import { type Tensor, torch } from '../../lib/index.js';
import { replayLoading } from '../../lib/parity/replay/loading.js';

const { data } = torch.utils;
const { DataLoader, TensorDataset } = data;
const before = torch.get_rng_state();
afterAll(() => torch.set_rng_state(before));

const range = (n: number) => Array.from({ length: n }, (_, index) => index);
const lists = (batches: Iterable<unknown>) => Array.from(batches, (batch) => (batch as Tensor).tolist());

async function later<T>(batches: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const batch of batches) all.push(batch);
  return all;
}

describe('recorded orders', () => {
  const version = compareVersions(libtorch().version, '2.13.0') < 0 ? '1.13.1' : '2.13.0';
  const folder = fileURLToPath(new URL(`../fixtures/conformance/checkpoints-pytorch-${version}`, import.meta.url));

  it(`are those of PyTorch ${version}`, () => {
    const results = replayLoading(folder);
    expect(results.length).toBe(65);
    expect(results.filter(({ passed }) => !passed).map(({ id, error }) => `${id}: ${error}`)).toEqual([]);
  });
});

describe('a DataLoader', () => {
  const x = torch.arange(0, 12).reshape([6, 2]);
  const y = torch.tensor([0n, 1n, 2n, 3n, 4n, 5n]);
  const dataset = new TensorDataset(x, y);

  it('returns batches of tensors, with the rest in the last one', () => {
    const batches = [...new DataLoader(dataset, { batch_size: 4 })];
    expect(batches.map(([a, b]) => [a.tolist(), b.toTypedArray()])).toEqual([
      [
        [
          [0, 1],
          [2, 3],
          [4, 5],
          [6, 7],
        ],
        BigInt64Array.of(0n, 1n, 2n, 3n),
      ],
      [
        [
          [8, 9],
          [10, 11],
        ],
        BigInt64Array.of(4n, 5n),
      ],
    ]);
    expect(new DataLoader(dataset, { batch_size: 4, drop_last: true }).length).toBe(1);
  });

  it('takes leading options by position', () => {
    torch.manual_seed(3);
    const named = lists(new DataLoader(range(10), { batch_size: 4, shuffle: true }));
    torch.manual_seed(3);
    expect(lists(new DataLoader(range(10), 4, true))).toEqual(named);
    expect(new DataLoader(range(10), 4, { drop_last: true }).length).toBe(2);
    expect(() => new DataLoader(range(10), 4, { batch_size: 2 })).toThrow(/^batch_size: expected one value/);
  });

  it('returns the same from a dataset that collates batches itself', () => {
    const plain = { length: 6, getItem: (index: number) => dataset.getItem(index) };
    for (const options of [{ batch_size: 4 }, { batch_size: 3, shuffle: true }]) {
      const [direct, stacked] = [dataset, plain].map((source) => {
        torch.manual_seed(11);
        return Array.from(new DataLoader(source, options), (batch) =>
          (batch as Tensor[]).map((item) => [item.dtype, item.tolist()]),
        );
      });
      expect(direct).toEqual(stacked);
    }
    const subset = new data.Subset(dataset, [5, 0, 3]);
    expect([...new DataLoader(subset, { batch_size: 2 })].map((batch: any) => batch[1].toTypedArray())).toEqual([
      BigInt64Array.of(5n, 0n),
      BigInt64Array.of(3n),
    ]);
  });

  it('passes gradients through its batches', () => {
    const weight = torch.ones([4, 2], { requires_grad: true });
    const [[rows]] = [...new DataLoader(new TensorDataset(weight), { batch_size: 2 })] as [[Tensor]];
    rows.sum().backward();
    expect(weight.grad?.tolist()).toEqual([
      [1, 1],
      [1, 1],
      [0, 0],
      [0, 0],
    ]);
  });

  it('returns plain samples without batching', () => {
    const loader = new DataLoader([{ a: 1, b: new Float32Array([1, 2]) }], { batch_size: null });
    const [sample] = [...loader] as unknown as [{ a: number; b: Tensor }];
    expect([sample.a, sample.b.tolist()]).toEqual([1, [1, 2]]);
  });

  it('iterates asynchronously in the same order, with the same random draws', async () => {
    for (const num_workers of [0, 2]) {
      torch.manual_seed(5);
      const now = lists(new DataLoader(range(10), { batch_size: 3, shuffle: true }));
      torch.manual_seed(5);
      const batches = await later(new DataLoader(range(10), { batch_size: 3, shuffle: true, num_workers }));
      expect(lists(batches)).toEqual(now);
    }
  });

  it('reads iterable datasets, synchronous or asynchronous', async () => {
    const count = {
      *[Symbol.iterator]() {
        yield* range(7);
      },
    };
    const stream = {
      async *[Symbol.asyncIterator]() {
        for (const index of range(7)) yield index;
      },
    };
    const wanted = [[0, 1, 2], [3, 4, 5], [6]];
    expect(lists(new DataLoader(count, { batch_size: 3 }))).toEqual(wanted);
    expect(lists(await later(new DataLoader(count, { batch_size: 3 })))).toEqual(wanted);
    expect(lists(await later(new DataLoader(stream, { batch_size: 3, num_workers: 1 })))).toEqual(wanted);
    expect(lists(await later(new DataLoader(stream, { batch_size: 3, drop_last: true })))).toEqual(wanted.slice(0, 2));
    expect(() => [...new DataLoader(stream)]).toThrow(/for await/);
    expect(() => new DataLoader(count).length).toThrow(/^dataset: /);
    expect(() => new DataLoader(count, { shuffle: true })).toThrow(/^shuffle: /);
  });

  it('collates by a function of the caller, which may be asynchronous', async () => {
    const collate_fn = (samples: number[]) => samples.join('+');
    expect([...new DataLoader(range(5), { batch_size: 2, collate_fn })]).toEqual(['0+1', '2+3', '4']);
    const slow = async (samples: number[]) => delay(1, samples.join('+'));
    expect(await later(new DataLoader(range(3), { batch_size: 2, collate_fn: slow }))).toEqual(['0+1', '2']);
  });

  it('disposes of batches on request', () => {
    const batches = [...new DataLoader(dataset, { batch_size: 4, dispose: true })];
    expect(batches.flat().every((tensor) => (tensor as Tensor).disposed)).toBe(true);
    expect([...new DataLoader(dataset, { batch_size: 4 })].flat().some((tensor) => (tensor as Tensor).disposed)).toBe(
      false,
    );
    expect(() => new DataLoader(dataset, { batch_size: null, dispose: true })).toThrow(/^dispose: /);
  });
});

describe('reading ahead', () => {
  /** A dataset whose samples arrive when released. */
  class Slow extends data.Dataset<number> {
    readonly asked: number[] = [];
    readonly length = 12;
    async getItem(index: number) {
      this.asked.push(index);
      await delay(1);
      if (index === 7 && this.failing) throw new RangeError('sample 7 is broken');
      return index;
    }
    failing = false;
  }

  it.each([
    [{}, 1],
    [{ num_workers: 1 }, 2],
    [{ num_workers: 2, prefetch_factor: 3 }, 6],
  ])('with %o has %i batches in flight', async (options, ahead) => {
    const slow = new Slow();
    const loader = new DataLoader(slow, { batch_size: 2, ...options });
    const iterator = loader[Symbol.asyncIterator]();
    expect(slow.asked).toEqual([]);
    const first = await iterator.next();
    expect((first.value as Tensor).tolist()).toEqual([0, 1]);
    expect(slow.asked.length).toBe(Math.min(12, 2 + 2 * ahead));
    expect(lists(await later(iterator))).toEqual([
      [2, 3],
      [4, 5],
      [6, 7],
      [8, 9],
      [10, 11],
    ]);
  });

  it('reports a failing sample in its turn, and none after the end', async () => {
    const slow = new Slow();
    slow.failing = true;
    const seen: unknown[] = [];
    const reading = (async () => {
      for await (const batch of new DataLoader(slow, { batch_size: 2, num_workers: 4 })) seen.push(batch);
    })();
    await expect(reading).rejects.toThrow('sample 7 is broken');
    expect(seen.length).toBe(3);
    for await (const _ of new DataLoader(slow, { batch_size: 2, num_workers: 4 })) break;
    await delay(20);
  });

  it('waits no longer than its timeout', async () => {
    const never = { length: 1, getItem: () => new Promise<number>(() => undefined) };
    await expect(later(new DataLoader(never, { timeout: 0.02 }))).rejects.toThrow(
      /^timeout: no batch came within 0.02 s/,
    );
  });

  it('refuses promises in synchronous iteration', () => {
    expect(() => [...new DataLoader(new Slow())]).toThrow(/^dataset: expected samples at once, or `for await`/);
  });
});

describe('default_collate', () => {
  it('collates what Python collates', () => {
    const batch = data.default_collate([
      {
        x: torch.ones([2]),
        n: 1,
        big: 2n,
        flag: true,
        name: 'a',
        pair: [1, [2]] as const,
        bytes: new Uint8Array([1, 2]),
      },
      {
        x: torch.zeros([2]),
        n: 2.5,
        big: 3n,
        flag: false,
        name: 'b',
        pair: [3, [4]] as const,
        bytes: new Uint8Array([3, 4]),
      },
    ]);
    expect([batch.x.shape, batch.n.dtype, batch.big.dtype, batch.flag.dtype]).toEqual([
      [2, 2],
      'float32',
      'int64',
      'bool',
    ]);
    expect([batch.n.tolist(), batch.name, batch.pair[1][0].tolist()]).toEqual([
      [1, 2.5],
      ['a', 'b'],
      [2, 4],
    ]);
    expect([batch.bytes.dtype, batch.bytes.tolist()]).toEqual([
      'uint8',
      [
        [1, 2],
        [3, 4],
      ],
    ]);
  });

  it.each<[string, unknown[], RegExp]>([
    ['nothing', [], /^batch: expected at least one sample/],
    ['null', [null], /^batch: expected tensors/],
    ['instances', [new Date()], /^batch: expected tensors/],
    ['arrays of different lengths', [[1], [1, 2]], /^batch\[1\]: expected an array of length 1/],
    ['objects with different keys', [{ a: 1 }, { b: 1 }], /^batch\[1\]: expected an object with a/],
    ['tensors of different shapes', [torch.ones([1]), torch.ones([2])], /equal size/],
  ])('refuses %s', (_, batch, message) => {
    expect(() => data.default_collate(batch)).toThrow(message);
  });
});

describe('datasets', () => {
  it('are concatenated and stacked', async () => {
    const concat = new data.ConcatDataset([[1, 2], [3], [4, 5]]);
    expect([
      concat.length,
      concat.cumulative_sizes,
      range(5).map((index) => concat.getItem(index)),
      concat.getItem(-1),
    ]).toEqual([5, [2, 3, 5], [1, 2, 3, 4, 5], 5]);
    const pairs = new data.StackDataset<[number, string]>([
      [1, 2],
      ['a', 'b'],
    ]);
    expect(pairs.getItem(1)).toEqual([2, 'b']);
    const named = new data.StackDataset({ x: [1], y: { length: 1, getItem: async () => 'later' } });
    expect(await named.getItem(0)).toEqual({ x: 1, y: 'later' });
  });

  it('of tensors return their rows', () => {
    const set = new TensorDataset(
      torch.tensor([
        [1, 2],
        [3, 4],
      ]),
    );
    expect([set.length, set.getItem(1)[0]?.tolist()]).toEqual([2, [3, 4]]);
  });

  it.each<[string, () => unknown, RegExp]>([
    ['no tensors', () => new TensorDataset(), /^tensors: /],
    ['no tensor', () => new TensorDataset(5 as never), /^tensors\[0\]: expected a Tensor/],
    ['no rows', () => new TensorDataset(torch.tensor(1)), /^tensors\[0\]: /],
    ['other rows', () => new TensorDataset(torch.ones([2]), torch.ones([3])), /^tensors\[1\]: expected 2 rows/],
    ['no dataset', () => new DataLoader(5 as never), /^dataset: expected a dataset/],
    ['an index out of range', () => new TensorDataset(torch.ones([2])).getItem(2), /^index: expected -2 to 1/],
    ['no datasets', () => new data.ConcatDataset([]), /^datasets: /],
    ['datasets of different lengths', () => new data.StackDataset([[1], [1, 2]]), /^datasets: /],
    ['a wrong option', () => new DataLoader([1], { batchSize: 2 } as never), /^batchSize: expected one of the options/],
    ['worker processes', () => new DataLoader([1], { worker_init_fn: (() => 1) as never }), /^worker_init_fn: /],
    ['a split by negative lengths', () => data.random_split([1, 2], [3, -1]), /^lengths\[1\]: /],
    ['an invalid generator', () => new DataLoader([1], { generator: 5 as never }), /^generator: /],
  ])('are refused with %s', (_, make, message) => {
    expect(make).toThrow(message);
  });
});
