import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { libtorch } from '../../lib/addon/native.js';
import * as torch from '../../lib/torch/index.js';
import { callLoss, ENTRIES, hasClasses, inputsOf, MODULES } from '../helpers/losses.js';
import { liveTensors } from '../helpers/memory.js';
import { rejected } from '../helpers/recorded.js';

const F = torch.nn.functional;
const logits = () =>
  torch.tensor(
    [
      [0.1, 0.7, -0.2],
      [1.5, -0.3, 0.4],
    ],
    { requires_grad: true },
  );
const labels = () => torch.tensor([2n, 0n]);
/** A loss that takes some milliseconds, so that what is queued behind it does not start yet. */
const slow = (options: torch.AsyncOptions = {}) => {
  const x = torch.ones([2000, 2000]);
  return F.binary_cross_entropy_with_logits.async(x, x, options);
};

type AsyncLoss = (...args: unknown[]) => Promise<torch.Tensor | [torch.Tensor, torch.Tensor]>;

describe('a loss on a lane', () => {
  it.each(ENTRIES.map((entry) => [entry.path, entry] as const))('equals the synchronous loss: %s', async (_, entry) => {
    const { namespace, row } = entry;
    const inputs = inputsOf(row);
    const reduction = 'reduction' in row.params ? [{ reduction: 'sum' }] : [];
    const callable = MODULES[namespace][entry.entry.name] as { async: AsyncLoss } & (new (
      ...options: unknown[]
    ) => { async: AsyncLoss });
    const given = hasClasses(namespace)
      ? await new callable(...reduction).async(...inputs)
      : await callable.async(...inputs, ...reduction);
    const expected = callLoss(entry, inputs, ...reduction);
    const data = (result: unknown) =>
      [result].flat().map((tensor) => [(tensor as torch.Tensor).shape, (tensor as torch.Tensor).toTypedArray()]);
    expect(data(given)).toEqual(data(expected));
  });

  it('has the gradient of the synchronous loss', async () => {
    const [x, y] = [logits(), logits()];
    const loss = await F.cross_entropy.async(x, labels(), { label_smoothing: 0.1 });
    await loss.backwardAsync();
    F.cross_entropy(y, labels(), { label_smoothing: 0.1 }).backward();
    expect(x.grad?.tolist()).toEqual(y.grad?.tolist());
    expect(await loss.itemAsync()).toBe(loss.item());
  });

  it('takes a weight in the call if the class does', async () => {
    const { MultiMarginLoss } = (await import('../../lib/mindspore/index.js')).nn;
    const [x, target, weight] = [logits(), labels(), torch.tensor([1, 2, 3])];
    const loss = new MultiMarginLoss();
    const { signal } = new AbortController();
    expect((await loss.async(x, target, weight, { signal })).item()).toBe(loss(x, target, weight).item());
    expect((await loss.async(x, target, undefined, { signal })).item()).toBe(loss(x, target).item());
  });

  it('rejects with the errors of the synchronous call', async () => {
    const x = logits();
    expect(await rejected(() => F.cross_entropy.async(x, torch.tensor([2n, 9n])))).toMatchObject({
      kind: 'RangeError',
      code: 'ERR_TORCH',
      message: 'Target 9 is out of bounds.',
    });
    expect(await rejected(() => Reflect.apply(F.cross_entropy.async, null, [x]))).toMatchObject({
      kind: 'TypeError',
      parameter: 'target',
    });
    const wrong = () => Reflect.apply(F.cross_entropy.async, null, [x, labels(), { smoothing: 1 }]);
    expect(await rejected(wrong)).toMatchObject({
      kind: 'TypeError',
      code: 'ERR_UNKNOWN_OPTION',
      parameter: 'smoothing',
    });
    const wrongOption = () => Reflect.apply(new torch.nn.MSELoss().async, null, [x, x, { sgnal: 1 }]);
    expect(await rejected(wrongOption)).toMatchObject({ code: 'ERR_UNKNOWN_OPTION', parameter: 'sgnal' });
    const wrongSignal = () => Reflect.apply(F.mse_loss.async, null, [x, x, { signal: {} }]);
    expect(await rejected(wrongSignal)).toMatchObject({ kind: 'TypeError', parameter: 'signal' });
    const wrongLane = () => Reflect.apply(F.mse_loss.async, null, [x, x, { lane: {} }]);
    expect(await rejected(wrongLane)).toMatchObject({ kind: 'TypeError', parameter: 'lane' });
  });

  it('keeps its inputs alive until it is done', async () => {
    const first = slow();
    const [x, target] = [torch.tensor([1, 2, 3]), torch.tensor([1, 1, 1])];
    const loss = F.mse_loss.async(x, target);
    x.dispose();
    target.dispose();
    expect((await loss).item()).toBeCloseTo(5 / 3, 6);
    await first;
  });

  it('records a graph according to the grad mode at the call', async () => {
    const x = logits();
    const without = await torch.no_grad(() => F.cross_entropy.async(x, labels()));
    const withGraph = await F.cross_entropy.async(x, labels());
    expect([without.requires_grad, withGraph.requires_grad]).toEqual([false, true]);
    const error = await rejected(() => torch.no_grad(async () => F.cross_entropy(x, labels())));
    expect(error).toMatchObject({ kind: 'TypeError', parameter: 'fn' });
  });

  it('passes warnings on', async () => {
    const warnings: string[] = [];
    const listen = ({ message }: Error) => warnings.push(message);
    process.on('warning', listen);
    const x = torch.ones([5, 1]);
    const y: torch.Tensor = torch.ones([1]);
    const loss = F.l1_loss.async(x, y);
    await loss;
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', listen);
    expect(warnings).toEqual([expect.stringMatching(/^Using a target size .*\[1\].* that is different/)]);
  });
});

describe('tensors on a lane', () => {
  it('return their elements', async () => {
    const x = torch
      .tensor([
        [1.5, -2],
        [3, 4],
      ])
      .to('bfloat16');
    expect(await x.toTypedArrayAsync()).toEqual(new Float32Array([1.5, -2, 3, 4]));
    expect(await x.tolistAsync()).toEqual([
      [1.5, -2],
      [3, 4],
    ]);
    expect(await torch.tensor([[1n], [2n]]).tolistAsync()).toEqual([[1], [2]]);
    expect(await torch.tensor([[1n], [2n]]).tolistAsync({ bigint: true })).toEqual([[1n], [2n]]);
    expect(await torch.tensor([true, false]).tolistAsync()).toEqual([true, false]);
    expect(await torch.tensor([1, 2, 3]).as_strided([2], [2]).toTypedArrayAsync()).toEqual(new Float32Array([1, 3]));
    expect(await torch.empty([0, 3]).toTypedArrayAsync()).toEqual(new Float32Array(0));
    expect(await torch.tensor(7n).itemAsync()).toBe(7);
    expect(await torch.tensor(7n).itemAsync({ bigint: true })).toBe(7n);
    await expect(torch.tensor(2n ** 53n).itemAsync()).rejects.toThrow(/bigint: true/);
    expect(await torch.tensor(true).itemAsync()).toBe(true);
  });

  it('change their dtype', async () => {
    const x = await torch.tensor([1.5, -2.5]).toAsync({ dtype: 'int64' });
    expect([x.dtype, x.tolist()]).toEqual(['int64', [1, -2]]);
    const wrong = () => Reflect.apply(x.toAsync, x, [{ dtype: 'int128' }]);
    expect(await rejected(wrong)).toMatchObject({ parameter: 'dtype' });
  });

  it('refuse to return a gradient during a backward pass', async () => {
    const x = torch.ones([1000, 1000], { requires_grad: true });
    const loss = F.mse_loss(x, torch.zeros([1000, 1000]));
    const done = loss.backwardAsync({ retain_graph: true });
    const busy = { kind: 'TorchError', code: 'ERR_BUSY' };
    for (const use of [
      () => x.grad,
      () => (x.grad = null),
      () => x.zero_grad(),
      () => loss.backward(),
      () => torch.autograd.grad(loss, x),
    ]) {
      expect(await rejected(use)).toMatchObject(busy);
    }
    await done;
    expect(x.grad?.as_strided([2], [1]).tolist()).toEqual([Math.fround(2e-6), Math.fround(2e-6)]);
  });
});

describe('a lane', () => {
  it('runs its calls in order', async () => {
    using lane = new torch.Lane();
    const done: number[] = [];
    const x = logits();
    const calls = Array.from({ length: 20 }, async (_, index) => {
      await (index % 3 === 0 ? slow({ lane }) : F.cross_entropy.async(x, labels(), { lane }));
      done.push(index);
    });
    await Promise.all(calls);
    expect(done).toEqual(done.toSorted((a, b) => a - b));
  });

  it('runs in parallel with others', async () => {
    using other = new torch.Lane({ threads: 1 });
    const order: string[] = [];
    const first = Promise.all([slow(), slow(), slow(), slow()]).then(() => order.push('four slow ones'));
    const x = torch.tensor([1]);
    const second = F.mse_loss.async(x, x, { lane: other }).then(() => order.push('a quick one'));
    await Promise.all([first, second]);
    expect(order).toEqual(['a quick one', 'four slow ones']);
  });

  it('finishes what was queued before it was closed, and accepts nothing more', async () => {
    const lane = new torch.Lane();
    const x = torch.tensor([1, 2]);
    const loss = F.mse_loss.async(x, torch.tensor([1, 4]), { lane });
    lane.dispose();
    lane.dispose();
    expect((await loss).item()).toBe(2);
    expect(lane.disposed).toBe(true);
    expect(await rejected(() => F.mse_loss.async(x, x, { lane }))).toMatchObject({
      kind: 'TorchError',
      code: 'ERR_DISPOSED',
      parameter: 'lane',
    });
  });

  it('refuses other options', async () => {
    for (const threads of [0, -1, 1.5, Number.NaN, '2', 1e9, null]) {
      const error = await rejected(() => Reflect.construct(torch.Lane, [{ threads }]));
      expect([error.parameter, error.kind === 'TypeError' || error.kind === 'RangeError']).toEqual(['threads', true]);
    }
  });

  const gained = (...args: number[]) => {
    const program = fileURLToPath(new URL('../process/lane_threads.mjs', import.meta.url));
    const index = new URL('../../dist/index.js', import.meta.url).href;
    const { stdout } = spawnSync(process.execPath, [program, index, ...args.map(String)], { encoding: 'utf8' });
    return Number(stdout);
  };

  /** Each lane's own threads, one more that starts with the first lane, and the pool of LibTorch 1.x. */
  const expected = (lanes: number, total: number, each: number) => {
    // That pool keeps as many extra threads as were last set by any thread, and `total` were set before.
    const pool = libtorch().version.startsWith('1.') ? each - total : 0;
    return lanes * each + 1 + pool;
  };

  it.runIf(process.platform === 'linux')('shares the threads of the process with the others', () => {
    expect(gained(1, 1)).toBe(expected(1, 1, 1));
    expect(gained(1, 4)).toBe(expected(1, 4, 4));
    expect(gained(2, 4)).toBe(expected(2, 4, 2));
    expect(gained(4, 4)).toBe(expected(4, 4, 1));
    expect(gained(4, 2)).toBe(expected(4, 2, 1)); // one each, at least
  });

  it.runIf(process.platform === 'linux')('has the requested number, whatever the others have', () => {
    expect(gained(2, 4, 3)).toBe(expected(2, 4, 3));
  });

  it('does not change the number of the others', async () => {
    const before = torch.get_num_threads();
    torch.set_num_threads(before + 1);
    using lane = new torch.Lane({ threads: 1 });
    await F.mse_loss.async(logits(), logits(), { lane });
    expect(torch.get_num_threads()).toBe(before + 1);
    torch.set_num_threads(before);
    expect(torch.get_num_threads()).toBe(before);
  });
});

describe('a signal', () => {
  it('cancels jobs that have not started, at once', async () => {
    const controller = new AbortController();
    const first = slow();
    const x = logits();
    let settled = false;
    void first.then(() => (settled = true));
    const second = F.cross_entropy.async(x, labels(), { signal: controller.signal });
    controller.abort();
    expect(await rejected(() => second)).toMatchObject({ kind: 'AbortError' });
    expect(settled).toBe(false);
    await first;
  });

  it('drops the result of a running call, with its own reason', async () => {
    const controller = new AbortController();
    const before = await liveTensors();
    const x = torch.ones([5000, 5000], { requires_grad: true });
    const loss = F.binary_cross_entropy_with_logits.async(x, x, { signal: controller.signal });
    await new Promise((resolve) => setTimeout(resolve, 1));
    controller.abort(new RangeError('no longer wanted'));
    expect(await rejected(() => loss)).toMatchObject({ kind: 'RangeError', message: 'no longer wanted' });
    x.dispose();
    expect(torch.memory().tensors).toBe(before);
  });

  it('may be aborted before the call', async () => {
    const x = logits();
    await expect(F.mse_loss.async(x, x, { signal: AbortSignal.abort('stop') })).rejects.toBe('stop');
  });

  it('may be shared by many calls', async () => {
    const warnings: string[] = [];
    const listen = ({ message }: Error) => warnings.push(message);
    process.on('warning', listen);
    const { signal } = new AbortController();
    const x = torch.tensor([1]);
    await Promise.all(Array.from({ length: 100 }, () => F.mse_loss.async(x, x, { signal })));
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', listen);
    expect(warnings).toEqual([]);
  });
});
