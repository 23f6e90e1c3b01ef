import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addAllExactly, addExactly, canonical, rounded } from '../../lib/evaluate/exact.js';
import { type ColumnSource, evaluate, mergeResults } from '../../lib/evaluate/index.js';
import { torch } from '../../lib/index.js';
import type { Tensor } from '../../lib/tensor/tensor.js';
import { liveTensors } from '../helpers/memory.js';

const { functional: F } = torch.nn;

/** A source over an array that records what is read. */
function source(data: Float32Array, width: number, reads: [number, number][] = []): ColumnSource {
  return {
    name: 'array',
    shape: [data.length / width, width],
    dtype: 'float32',
    async rows(start, end, into) {
      reads.push([start, end]);
      await new Promise((resolve) => setImmediate(resolve));
      const rows = data.subarray(start * width, end * width);
      if (into === undefined) return rows.slice();
      const copy = new Float32Array(into.buffer, into.byteOffset, rows.length);
      copy.set(rows);
      return copy;
    },
  };
}

const numbers = (count: number, seed: number) => {
  torch.manual_seed(seed);
  return torch.randn([count]).toTypedArray();
};

describe('data come in many forms', () => {
  const [a, b] = [numbers(600, 1), numbers(600, 2)];
  const [x, y] = [a, b].map((data) => torch.tensor(data, { shape: [200, 3] })) as [Tensor, Tensor];
  const whole = F.mse_loss(x.to('float64'), y.to('float64')).item();
  const close = ({ loss }: { loss: number }) => expect(Math.abs(loss - whole)).toBeLessThanOrEqual(1e-7 * whole);

  test('typed arrays with shapes, nested arrays and names of another namespace', async () => {
    close(await evaluate(F.mse_loss, { input: { data: a, shape: [200, 3] }, target: { data: b, dims: [200, 3] } }));
    close(
      await evaluate(F.mse_loss, {
        input: x.tolist() as number[][],
        target: y.tolist() as number[][],
        name: ['not', 'needed'],
      }),
    );
    const { loss } = await evaluate(F.mse_loss, [[a, b]]);
    close({ loss });
  });

  test('sources are read in ranges, ahead of the computation, into reused memory', async () => {
    const reads: [number, number][] = [];
    const batch = { input: source(a, 3, reads), target: source(b, 3) };
    close(await evaluate(F.mse_loss, batch, { batch_size: 64, prefetch: 3 }));
    expect(reads).toEqual([
      [0, 64],
      [64, 128],
      [128, 192],
      [192, 200],
    ]);
  });

  test('batches may be made one after the other', async () => {
    async function* batches() {
      for (let at = 0; at < 200; at += 40) {
        yield [a, b].map((data) => ({ data: data.subarray(at * 3, at * 3 + 120), shape: [40, 3] }));
      }
    }
    close(await evaluate(F.mse_loss, batches()));
  });

  test('labels of a smaller dtype are widened, and probabilities are not labels', async () => {
    const labels = Int32Array.from({ length: 200 }, (_, i) => i % 3);
    const wide = BigInt64Array.from(labels, BigInt);
    const narrow = await evaluate(F.cross_entropy, [x, labels]);
    expect(narrow.loss).toBe((await evaluate(F.cross_entropy, [x, wide])).loss);
    expect(narrow.weight).toBe(200);
    const options = { weight: torch.tensor([0.5, 1, 2]) };
    expect((await evaluate([F.cross_entropy, options], [x, labels])).weight).toBe(67 * 0.5 + 67 + 66 * 2);
    const soft = y.softmax({ dim: 1 });
    expect((await evaluate([F.cross_entropy, options], [x, soft])).weight).toBe(200);
  });

  test('a sample of many elements is summed in the same blocks whatever its layout', async () => {
    const size = 200_000;
    const [u, v] = [numbers(2 * size, 3), numbers(2 * size, 4)].map((data) =>
      torch.tensor(data, { shape: [2, size] }),
    ) as [Tensor, Tensor];
    const { loss, perSample } = await evaluate(F.mse_loss, [u, v], { per_sample: true });
    const turned = [u, v].map((t) => torch.ops.aten.t?.(torch.ops.aten.t(t).contiguous()) as Tensor);
    expect((await evaluate(F.mse_loss, turned as [Tensor, Tensor], { per_sample: true })).perSample).toEqual(perSample);
    const exact = F.mse_loss(u.to('float64'), v.to('float64')).item();
    expect(Math.abs(loss - exact)).toBeLessThanOrEqual(1e-7 * exact);
  });

  test('no data at all', async () => {
    expect(await evaluate(F.mse_loss, [])).toMatchObject({ loss: Number.NaN, samples: 0, least: null, quantiles: [] });
    const empty = torch.tensor(new Float32Array(0), { shape: [0, 3] });
    expect(await evaluate(F.mse_loss, [empty, empty], { reduction: 'sum' })).toMatchObject({ loss: 0, samples: 0 });
  });
});

describe('statistics', () => {
  const losses = Float64Array.from({ length: 1000 }, (_, i) => ((i * 7919) % 1000) / 8);
  const zeros = new Float64Array(1000);

  test("quantiles, the histogram and the worst samples are NumPy's for few samples", async () => {
    const result = await evaluate(F.l1_loss, [losses, zeros], { worst: 2 });
    // numpy.quantile(numpy.arange(1000) / 8, shares)
    expect(result.quantiles.map(({ loss }) => loss)).toEqual(
      [1.24875, 6.24375, 12.4875, 31.21875, 62.4375, 93.65625, 112.3875, 118.63125, 123.62625, 124.750125].map(
        (value) => expect.closeTo(value, 10) as number,
      ),
    );
    expect(result.worst).toEqual([
      { index: losses.indexOf(124.875), loss: 124.875 },
      { index: losses.indexOf(124.75), loss: 124.75 },
    ]);
    expect([result.least, result.greatest]).toEqual([0, 124.875]);
    // numpy.histogram(numpy.arange(1000) / 8, bins=32)
    expect(result.histogram.counts).toEqual(
      Array.from(
        { length: 32 },
        (_, i) => Math.ceil(((i + 1) * 999) / 32) - Math.ceil((i * 999) / 32) + (i === 31 ? 1 : 0),
      ),
    );
    expect(result.histogram.edges).toHaveLength(33);
  });

  test('for many samples they are close, and independent of how the samples come', async () => {
    const many = Float64Array.from({ length: 100_000 }, (_, i) => (((i * 7919) % 100_000) + 1) / 64);
    const none = new Float64Array(many.length);
    const whole = await evaluate(F.l1_loss, [many, none]);
    for (const { share, loss } of whole.quantiles) {
      const exact = (share * 99_999 + 1) / 64;
      expect(Math.abs(loss - exact)).toBeLessThanOrEqual(0.004 * exact + 1 / 64);
    }
    expect(whole.histogram.counts.reduce((sum, count) => sum + count, 0)).toBe(100_000);
    const split = await evaluate(F.l1_loss, [many, none], { batch_size: 9999 });
    expect(split.quantiles).toEqual(whole.quantiles);
    expect(split.histogram).toEqual(whole.histogram);
    expect(split.loss).toBe(50_000.5 / 64);
  });

  test('non-finite losses are counted, named and part of the loss', async () => {
    const some = Float64Array.from(losses);
    some[3] = Number.NaN;
    some[700] = Number.POSITIVE_INFINITY;
    const { loss, nonFinite, greatest, worst } = await evaluate(F.l1_loss, [some, zeros], { batch_size: 300 });
    expect(loss).toBeNaN();
    expect(nonFinite).toEqual({
      nan: 1,
      infinite: 1,
      negativeInfinite: 0,
      first: [
        { index: 3, loss: 'NaN' },
        { index: 700, loss: 'Infinity' },
      ],
    });
    expect(greatest).toBe(124.875);
    expect(worst[0]?.loss).toBe(124.875);
    some[3] = 0;
    expect((await evaluate(F.l1_loss, [some, zeros])).loss).toBe(Number.POSITIVE_INFINITY);
  });

  test('groups come from a field, a list or a function', async () => {
    const group = losses.map((_, i) => i % 2);
    const byList = await evaluate(F.l1_loss, [losses, zeros], { group_by: group, reduction: 'sum' });
    const odd = losses.reduce((sum, loss, i) => sum + (i % 2) * loss, 0);
    expect(byList.groups?.map(({ group, loss }) => [group, loss])).toEqual([
      [0, byList.loss - odd],
      [1, odd],
    ]);
    const word = (index: number) => (index % 2 === 0 ? 'even' : 'odd');
    const names = { input: losses, target: zeros, word: [...losses.keys()].map(word) };
    const options = { group_by: 'word', batch_size: 128 };
    const byField = await evaluate(F.l1_loss, names, options);
    expect(byField.groups).toEqual((await evaluate(F.l1_loss, [losses, zeros], { group_by: word })).groups);
    expect(byField.groups?.[1]).toMatchObject({ group: 'odd', samples: 500, loss: odd / 500 });
  });
});

describe('shards', () => {
  test('merge to the bits of one evaluation, also as JSON, in any order', async () => {
    const [input, target] = [numbers(5000, 5), numbers(5000, 6)].map((data) =>
      torch.tensor(data, { shape: [500, 10] }),
    );
    const labels = BigInt64Array.from({ length: 500 }, (_, i) => BigInt(i % 10));
    const loss = [F.cross_entropy, { weight: torch.rand([10]), ignore_index: 2 }] as const;
    const options = { group_by: 'target', accuracy: true, partial: true };
    const { partial, ...whole } = await evaluate(loss, [input as Tensor, labels], options);
    const part = async (first_index: number, end: number) => {
      const rows = torch.ops.aten.narrow?.(input, 0, first_index, end - first_index) as Tensor;
      const batch = [rows, labels.subarray(first_index, end)];
      return JSON.parse(JSON.stringify(await evaluate(loss, batch, { ...options, first_index })));
    };
    const { partial: joined, ...result } = mergeResults([await part(333, 500), await part(0, 7), await part(7, 333)]);
    const timeless = { seconds: 0, samplesPerSecond: 0, bytesPerSecond: 0 };
    expect({ ...result, ...timeless }).toEqual({ ...whole, ...timeless });
    expect({ ...joined, seconds: 0, values: 0 }).toMatchObject({ samples: partial?.samples, worst: partial?.worst });
    const other = await evaluate(F.mse_loss, [input as Tensor, target as Tensor], { partial: true });
    expect(() => mergeResults([result, whole])).toThrow('results[0]: expected a result of evaluate');
    expect(() => mergeResults([mergeResults([other]), partial as never])).toThrow(
      "results[1]: expected one of mse_loss with 'mean', got cross_entropy with 'mean'",
    );
  });
});

describe('exact sums', () => {
  test('do not depend on the order, and round like one exact number', () => {
    const doubles = fc.array(fc.double({ noNaN: true, min: -1e300, max: 1e300 }), { maxLength: 40 });
    fc.assert(
      fc.property(doubles, (values) => {
        const forward: number[] = [];
        const backward: number[] = [];
        addAllExactly(forward, values);
        addAllExactly(backward, values.toReversed());
        expect(rounded(forward)).toBe(rounded(backward) + 0);
        expect(canonical(forward)).toEqual(canonical(backward));
        // The exact sum, as an integer of multiples of the least positive number.
        const scaled = values.reduce((sum, value) => sum + exact(value), 0n);
        expect(canonical(forward).reduce((sum, value) => sum + exact(value), 0n) === scaled).toBe(true);
        expect(exact(rounded(forward)) === scaled || near(rounded(forward), scaled)).toBe(true);
      }),
    );
  });

  test('of samples are exact, whatever their magnitudes', async () => {
    const doubles = fc.array(fc.double({ noNaN: true, min: -1e300, max: 1e300 }), { minLength: 1, maxLength: 300 });
    await fc.assert(
      fc.asyncProperty(doubles, fc.integer({ min: 1, max: 300 }), async (values, batch_size) => {
        const data = Float64Array.from(values, Math.abs);
        const sum: number[] = [];
        for (const value of data) addExactly(sum, value);
        const zeros = new Float64Array(data.length);
        const options = { reduction: 'sum', batch_size } as const;
        expect((await evaluate(F.l1_loss, [data, zeros], options)).loss).toBe(rounded(sum));
      }),
      { numRuns: 30 },
    );
  });

  /** A number in units of 2^-1074. */
  function exact(value: number): bigint {
    const view = new DataView(new ArrayBuffer(8));
    view.setFloat64(0, value);
    const bits = view.getBigUint64(0);
    const power = (bits >> 52n) & 0x7ffn;
    const fraction = bits & 0xfffffffffffffn;
    const size = power === 0n ? fraction : (fraction | (1n << 52n)) << (power - 1n);
    return bits >> 63n === 1n ? -size : size;
  }

  /** Whether no other float64 is nearer. */
  function near(value: number, scaled: bigint): boolean {
    const view = new DataView(new ArrayBuffer(8));
    const distance = (other: number) => (exact(other) > scaled ? exact(other) - scaled : scaled - exact(other));
    view.setFloat64(0, value);
    const bits = view.getBigInt64(0);
    return [1n, -1n].every((step) => {
      view.setBigInt64(0, bits + step);
      return distance(view.getFloat64(0)) >= distance(value);
    });
  }
});

describe('control', () => {
  const big = torch.randn([300, 1000]);

  test('an abort ends it and its reads', async () => {
    const controller = new AbortController();
    let ended = false;
    async function* endless() {
      try {
        for (;;) yield [big, big];
      } finally {
        ended = true;
      }
    }
    const reason = new Error('enough');
    const options = { signal: controller.signal, onProgress: () => controller.abort(reason) };
    await expect(evaluate(F.mse_loss, endless(), options)).rejects.toBe(reason);
    expect(ended).toBe(true);
    await expect(evaluate(F.mse_loss, [big, big], { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  test('progress is reported at the end', async () => {
    const told: object[] = [];
    await evaluate(F.mse_loss, [big, big], { onProgress: (progress) => told.push(progress) });
    expect(told.at(-1)).toMatchObject({ samples: 300, total: 300 });
  });

  test('no tensors are left behind', async () => {
    const before = await liveTensors();
    const batch = { input: source(numbers(30, 1), 3), target: source(numbers(30, 2), 3) };
    await evaluate([F.mse_loss, F.l1_loss], batch, { batch_size: 4 });
    const rows = new Float32Array(12);
    await evaluate(F.mse_loss, [[rows, rows]], { batch_size: 5 });
    expect(await liveTensors()).toBe(before);
  });

  test('the event loop turns meanwhile', async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    await evaluate(F.cross_entropy, [torch.randn([2000, 4000]), torch.randint(0, 4000, [2000])]);
    clearInterval(timer);
    expect(turns).toBeGreaterThan(0);
  });
});

describe('errors name the cause', () => {
  const x = torch.randn([4, 3]);
  const labels = torch.tensor([0n, 1n, 2n, 0n]);
  const few = torch.tensor([0n, 1n, 2n]);
  const outside = torch.tensor([0n, 1n, 2n, 9n]);

  test.each([
    [
      'no field',
      F.cross_entropy,
      [{ input: x, target: labels }, { input: x }],
      {},
      'batches[1].target: expected a tensor',
    ],
    [
      'another number of samples',
      F.cross_entropy,
      [
        [x, labels],
        [x, few],
      ],
      {},
      'batches[1].1: expected 4 samples, as 0 has, got 3',
    ],
    ['shapes that LibTorch refuses', F.mse_loss, [[x, torch.randn([4, 5])]], {}, 'batches[0]: '],
    [
      'a class out of range',
      F.cross_entropy,
      [
        [x, labels],
        [x, outside],
      ],
      {},
      'batches[1]: Target 9 is out of bounds',
    ],
    [
      'too few tensors',
      F.cross_entropy,
      [[x]],
      {},
      'batches[0]: expected 2 tensors (input, target), got an array of length 1',
    ],
    ['no batch', F.cross_entropy, 3, {}, 'batches: expected a batch'],
    ['no loss', () => x, [[x, labels]], {}, 'loss: expected a loss of torchloss'],
    ['an unknown option', F.cross_entropy, [[x, labels]], { batchsize: 3 }, 'batchsize: expected one of the options'],
    [
      'no reduction',
      [F.cross_entropy, { reduction: 'none' }],
      [[x, labels]],
      {},
      'reduction: expected one that gives a single number',
    ],
    ['a size of 0', F.cross_entropy, [[x, labels]], { batch_size: 0 }, 'batch_size: expected at least 1, got 0'],
    [
      'another dtype of the sums',
      F.cross_entropy,
      [[x, labels]],
      { accumulate: 'float32' },
      "accumulate: expected 'float64'",
    ],
    ['accuracy without classes', F.mse_loss, [[x, x]], { accuracy: true }, 'accuracy: expected false'],
    [
      'groups of another length',
      F.mse_loss,
      [{ input: x, target: x, g: ['a'] }],
      { group_by: 'g' },
      'batches[0].g: expected 4 groups, got 1',
    ],
    [
      'invalid groups',
      F.mse_loss,
      [{ input: x, target: x }],
      { group_by: () => null },
      'group_by of sample 0: expected a string or a number',
    ],
    [
      'class weights in a batch',
      F.cross_entropy,
      [{ input: x, target: labels, weight: x }],
      {},
      'batches[0].weight: expected none',
    ],
  ])('%s', async (_, loss, batches, options, message) => {
    await expect(evaluate(loss as never, batches as never, options as never)).rejects.toThrow(message);
  });
});
