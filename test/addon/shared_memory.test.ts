/** Memory that JavaScript and LibTorch share: it stays valid, and the checked values are the ones used. */
import { execFile } from 'node:child_process';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { evaluate } from '../../lib/evaluate/index.js';
import * as torch from '../../lib/torch/index.js';
import { liveTensors } from '../helpers/memory.js';
import { rejected, thrown } from '../helpers/recorded.js';

const { functional: F } = torch.nn;
const PACKAGE = new URL('../../dist/index.js', import.meta.url).href;
const PROGRAM = fileURLToPath(new URL('../process/shared_memory.mjs', import.meta.url));
const NOT_RESIZABLE = 'ERR_TORCH: Trying to resize storage that is not resizable';
const LARGE = 2 ** 20;

/** Runs all cases with memory that returns to the system when it is freed. */
async function runCases(env: Record<string, string>): Promise<Record<string, unknown>> {
  const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, PACKAGE], {
    env: { ...process.env, ...env },
  });
  const lines = stdout.trim().split('\n');
  expect(lines.pop()).toBe('done');
  return Object.assign({}, ...lines.map((line) => JSON.parse(line)));
}

describe.each([
  ['the cache of memory', {}],
  ['the memory of the system', { TORCHLOSS_ALLOCATOR: 'system', MALLOC_MMAP_THRESHOLD_: '65536' }],
])('with %s', (_, env) => {
  it('stays valid whatever is done to a tensor, and refused calls leave tensors unchanged', {
    timeout: 120_000,
  }, async () => {
    const { labels, cases } = split(await runCases(env));
    const whole = { holds: true, shape: [LARGE], sum: LARGE };
    expect(cases).toEqual({
      'resize_ of a tensor with a view': { error: NOT_RESIZABLE, ...whole },
      'resize_ of its detached tensor': { error: NOT_RESIZABLE, ...whole },
      'resize_ of a part of it': { error: NOT_RESIZABLE, ...whole },
      'resize_ to less': { error: 'no error', holds: true, shape: [5], sum: 5 },
      'out= with more': { error: NOT_RESIZABLE, ...whole },
      'set_ to another tensor': { error: 'no error', holds: true, shape: [5], sum: 5 },
      'set_ to nothing': { error: 'no error', holds: true, shape: [0], sum: 0 },
      'disposing of it': { holds: true, shape: [0] },
      'writing to a lazy clone': { failed: true, holds: true },
      'out= larger than the memory of frombuffer': { error: NOT_RESIZABLE, shape: [10], sum: 10 },
      'out= of two results': { failed: true, shapes: [[2], [2]] },
      'resize_ to more memory than there is': { error: 'ERR_OUT_OF_MEMORY', shape: [2, 2], sum: 4 },
      'set_ to more memory than there is': { failed: true, shape: [2, 2], sum: 4 },
      'a list of results': { failed: true, shapes: [[1], [1]] },
      'sizes beyond the memory': ['ERR_INVALID_ARG_VALUE: result', 4],
    });
    expect(Object.keys(labels).length).toBeGreaterThan(20);
    for (const [name, right] of Object.entries(labels)) expect([name, right]).toEqual([name, [true, true, true]]);
  });
});

function split(all: Record<string, unknown>) {
  const entries = Object.entries(all);
  const isLabels = ([name]: [string, unknown]) => name.startsWith('labels of ');
  return {
    labels: Object.fromEntries(entries.filter(isLabels)),
    cases: Object.fromEntries(entries.filter((entry) => !isLabels(entry))),
  };
}

describe('memory of frombuffer', () => {
  it('is released when its last tensor is disposed of', async () => {
    await liveTensors();
    const before = process.memoryUsage().arrayBuffers;
    const bytes = 64 * LARGE;
    // In a separate function, so that nothing on the stack keeps the array.
    const use = () => {
      const tensor = torch.frombuffer(new Float32Array(bytes / 4));
      const part = tensor.reshape([2, -1]);
      tensor.dispose();
      expect(process.memoryUsage().arrayBuffers - before).toBeGreaterThanOrEqual(bytes);
      part.dispose();
    };
    use();
    await liveTensors();
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(bytes / 2);
  });

  it('is released when a lane held its last tensor', async () => {
    await liveTensors();
    const before = process.memoryUsage().arrayBuffers;
    const bytes = 64 * LARGE;
    const use = () => {
      using tensor = torch.frombuffer(new Float32Array(bytes / 4));
      return F.l1_loss.async(tensor, tensor);
    };
    expect((await use()).item()).toBe(0);
    await liveTensors();
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(bytes / 2);
  });
});

describe('an exported view', () => {
  it('is refused for a tensor that requires grad, as by numpy()', () => {
    const x = torch.ones([2], { requires_grad: true });
    expect(thrown(() => x.toTypedArray({ copy: false }))).toMatchObject({
      kind: 'RangeError',
      parameter: 'tensor',
      message: /tensor\.detach\(\)/,
    });
    expect([...x.detach().toTypedArray({ copy: false })]).toEqual([1, 1]);
  });

  it('of the same tensor shares the same memory', () => {
    const x = torch.ones([3]);
    const [first, second] = [x.toTypedArray({ copy: false }), x.detach().toTypedArray({ copy: false })];
    first[1] = 5;
    x.dispose();
    expect([...second]).toEqual([1, 5, 1]);
  });
});

describe('indices that a backward pass reads', () => {
  const { aten } = torch.ops;
  const table = () => torch.arange(12, { dtype: 'float32' }).reshape([4, 3]).requires_grad_();
  const image = (dims: number) =>
    torch
      .arange(4 ** dims, { dtype: 'float32' })
      .reshape([1, 1, ...Array<number>(dims).fill(4)])
      .requires_grad_();
  const indices = () => torch.tensor([1n, 2n, 3n]);
  const offsets = () => torch.tensor([0n, 2n]);
  type Found = readonly [torch.Tensor, ...torch.Tensor[]];
  const pool = (name: string, dims: number) => (): [torch.Tensor, Found] => {
    const input = image(dims);
    return [input, (aten[name] as (...args: unknown[]) => Found)(input, Array(dims).fill(2))];
  };
  const fractional = (dims: number) => (): [torch.Tensor, Found] => {
    const input = image(dims);
    const size = Array<number>(dims).fill(2);
    return [
      input,
      (aten[`fractional_max_pool${dims}d`] as (...args: unknown[]) => Found)(
        input,
        size,
        size,
        torch.full([1, 1, dims], 0.5),
      ),
    ];
  };

  it.each<[string, () => [torch.Tensor, Found]]>([
    ...[0, 1, 2].map((mode): [string, () => [torch.Tensor, Found]] => [
      `the results of embedding_bag in mode ${mode}`,
      () => {
        const weight = table();
        return [weight, aten.embedding_bag(weight, indices(), offsets(), false, mode) as never];
      },
    ]),
    ...[1, 2, 3].flatMap((dims): [string, () => [torch.Tensor, Found]][] => [
      [`those of max_pool${dims}d`, pool(`max_pool${dims}d_with_indices`, dims)],
      [`those of adaptive_max_pool${dims}d`, pool(`adaptive_max_pool${dims}d`, dims)],
    ]),
    ['those of fractional_max_pool2d', fractional(2)],
    ['those of fractional_max_pool3d', fractional(3)],
    [
      'the rows of embedding',
      () => {
        const [weight, rows] = [table(), indices()];
        return [weight, [aten.embedding(weight, rows, -1, true) as torch.Tensor, rows]];
      },
    ],
    [
      'the rows and offsets of embedding_bag',
      () => {
        const [weight, rows, starts] = [table(), indices(), offsets()];
        const [bags] = aten.embedding_bag(weight, rows, starts) as unknown as Found;
        return [weight, [bags, rows, starts]];
      },
    ],
    [
      'the lengths of segment_reduce',
      () => {
        const [input, lengths] = [torch.ones([3]).requires_grad_(), torch.tensor([1n, 2n])];
        return [input, [aten.segment_reduce(input, 'sum', { lengths }) as torch.Tensor, lengths]];
      },
    ],
  ])('are not affected by later changes of the array that shares their memory: %s', (_, call) => {
    const gradient = (write: boolean) => {
      const [input, [result, ...integers]] = call();
      if (write) for (const each of integers) (each.toTypedArray({ copy: false }) as BigInt64Array).fill(10n ** 12n);
      result.backward({ gradient: torch.ones_like(result) });
      return input.grad?.tolist();
    };
    expect(gradient(true)).toEqual(gradient(false));
  });
});

describe('a listener of warnings', () => {
  afterEach(() => void vi.restoreAllMocks());

  it('runs after the call, which computes with the tensors it was given', () => {
    const x: torch.Tensor = torch.ones([4, 3]);
    const target: torch.Tensor = torch.zeros([3]);
    let other: torch.Tensor | undefined;
    vi.spyOn(process, 'emitWarning').mockImplementation(() => {
      x.dispose();
      other = torch.full([4, 3], 100);
    });
    expect(F.huber_loss(x, target, { delta: 10 }).item()).toBe(0.5);
    expect([x.disposed, other?.mean().item()]).toEqual([true, 100]);
  });

  it('may throw without harm to later calls', async () => {
    vi.spyOn(process, 'emitWarning').mockImplementation(() => {
      throw new RangeError('on purpose');
    });
    // Every LibTorch warns about this, once per pair of shapes.
    const huber = () => F.huber_loss(torch.ones([5, 3]) as torch.Tensor, torch.zeros([3]), { delta: 10 });
    expect(thrown(huber).message).toBe('on purpose');
    expect(torch.ones([2]).sum().item()).toBe(2);
  });

  it('runs after the error of its call is thrown', () => {
    const order: string[] = [];
    vi.spyOn(process, 'emitWarning').mockImplementation((message) => void order.push(String(message).slice(0, 9)));
    const out = torch.frombuffer(new Float32Array(2));
    const error = thrown(() => torch.ops.aten.add?.(torch.ones([77]), 1, { out }));
    expect([error.code, error.message]).toEqual(['ERR_TORCH', 'Trying to resize storage that is not resizable']);
    expect(order.filter((text) => text === 'An output')).toHaveLength(1);
  });
});

describe('a source of rows', () => {
  const rows = 3_000_000;
  const source = (arrayOf: (length: number) => Float32Array) => ({
    name: 'rows',
    shape: [rows],
    dtype: 'float32' as const,
    rows: async (start: number, end: number) => {
      const array = arrayOf(end - start);
      for (let row = start; row < end; row++) array[row - start] = row / rows;
      return array;
    },
  });

  it('may return the same array each time', async () => {
    const scratch = new Float32Array(rows);
    const zeros = {
      ...source(() => scratch),
      rows: async (start: number, end: number) => new Float32Array(end - start),
    };
    const loss = async (input: ReturnType<typeof source>, prefetch: number) =>
      (await evaluate(F.l1_loss, [{ input, target: zeros }], { prefetch })).loss;
    const right = await loss(
      source((length) => new Float32Array(length)),
      2,
    );
    expect(right).toBeCloseTo(0.5, 6);
    expect(
      await loss(
        source((length) => scratch.subarray(0, length)),
        2,
      ),
    ).toBe(right);
    expect(
      await loss(
        source((length) => scratch.subarray(0, length)),
        0,
      ),
    ).toBe(right);
    const tensors = async function* (reuse: boolean) {
      const [memory, count] = [new Float32Array(100), 20];
      const shared = torch.frombuffer(memory);
      for (let batch = 0; batch < count; batch++) {
        memory.fill(batch / count);
        yield { input: reuse ? shared : torch.tensor(memory), target: torch.zeros([100]) };
      }
    };
    const ofOwn = (await evaluate(F.l1_loss, tensors(false))).loss;
    expect(ofOwn).toBeCloseTo(0.475, 6);
    expect((await evaluate(F.l1_loss, tensors(true))).loss).toBe(ofOwn);
    // It still belongs to the caller, who can transfer it.
    expect(structuredClone(scratch, { transfer: [scratch.buffer] })).toHaveLength(rows);
    expect(scratch).toHaveLength(0);
  });
});

describe('four-dimensional log_probs of ctc_loss', () => {
  it("throw the operator's error", async () => {
    const lengths = torch.tensor([2, 2], { dtype: 'int64' });
    const targets = torch.ones([2, 2], { dtype: 'int64' });
    const log_probs = torch.zeros([4, 2, 3, 2]);
    const expected = { code: 'ERR_TORCH', message: /^Expected 3-dimensional tensor, but got 5-dimensional tensor/ };
    expect(thrown(() => F.ctc_loss(log_probs, targets, lengths, lengths))).toMatchObject(expected);
    expect(await rejected(() => F.ctc_loss.async(log_probs, targets, lengths, lengths))).toMatchObject(expected);
    for (const shape of [[], [3]]) {
      expect(thrown(() => F.ctc_loss(torch.zeros(shape), targets, lengths, lengths)).code).toBe('ERR_TORCH');
    }
  });
});

describe('a typed array without a dtype', () => {
  it.each<[ArrayBufferView, RegExp]>([
    [new Uint16Array(2), /such as Int32Array\.from\(data\), or dtype 'float16'/],
    [new Uint32Array(2), /such as BigInt64Array\.from\(data, BigInt\)/],
    [new BigUint64Array(2), /such as BigInt64Array\.from\(data\), for numbers below/],
  ])('is refused with a suggestion: %o', async (data, message) => {
    expect(thrown(() => torch.tensor(data as never))).toMatchObject({ kind: 'TypeError', parameter: 'data', message });
    expect(thrown(() => torch.frombuffer(data))).toMatchObject({ kind: 'TypeError', parameter: 'dtype' });
  });

  it.runIf('Float16Array' in globalThis)('is not an array of halves', () => {
    const { Float16Array: Halves } = globalThis as unknown as { Float16Array: typeof Float32Array };
    const data = new Halves([1.5, -2, 65504]);
    for (const tensor of [torch.tensor(data), torch.frombuffer(data)]) {
      expect([tensor.dtype, tensor.tolist()]).toEqual(['float16', [1.5, -2, 65504]]);
      expect(tensor.toTypedArray({ copy: false })).toEqual(data);
    }
  });
});

it('settles each call on a lane independently, even if a listener of warnings throws', async () => {
  await setImmediate();
  const heard: unknown[] = [];
  const listeners = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  process.on('uncaughtException', (error) => heard.push(error.message));
  const mock = vi.spyOn(process, 'emitWarning').mockImplementation(() => {
    throw new RangeError('by a listener');
  });
  try {
    const lane = new torch.Lane();
    const x: torch.Tensor = torch.ones([2, 5]);
    const [row, same, wrong]: torch.Tensor[] = [[5], [2, 5], [2, 4]].map((size) => torch.zeros(size));
    const results = await Promise.allSettled([
      F.l1_loss.async(x, row as torch.Tensor, { lane }),
      F.l1_loss.async(x, same as torch.Tensor, { lane }),
      F.l1_loss.async(x, wrong as torch.Tensor, { lane }),
    ]);
    lane.dispose();
    const found = results.map((result) =>
      result.status === 'fulfilled' ? result.value.item() : (result.reason as Error).message.slice(0, 12),
    );
    expect(found.slice(0, 2)).toEqual([1, 1]);
    expect(found[2]).toBe('The size of ');
    for (const message of heard) expect(message).toBe('by a listener');
  } finally {
    mock.mockRestore();
    process.removeAllListeners('uncaughtException');
    for (const listener of listeners) process.on('uncaughtException', listener);
  }
});
