/** Copies, lanes, workers and memory. */
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import * as torch from '../../lib/torch/index.js';
import { rejected, thrown } from '../helpers/recorded.js';
import { expectAlive, expectNumber, gpu, KERNELS } from './machine.js';

const F = torch.nn.functional;

describe('copies', () => {
  it('that nobody waits for bring the elements as they were', () => {
    const data = torch.randn([2 ** 20]);
    const expected = data.tolist();
    const there = data.to({ device: 'cuda', non_blocking: true });
    data.zero_();
    expect(there.cpu().tolist()).toEqual(expected);
  });

  it('of other dtypes and layouts are those of the CPU', async () => {
    const wide = torch.randn([3, 4, 5]);
    for (const given of [wide, wide.transpose(0, 2), wide.narrow(2, 0, 3), torch.zeros([0, 3]), torch.tensor(2)]) {
      for (const dtype of ['float32', 'float64', 'bfloat16', 'int64'] as const) {
        const expected = given.to(dtype, false, true);
        const there = given.to({ device: 'cuda', dtype });
        expect([there.device, there.dtype, there.stride()]).toEqual(['cuda:0', dtype, expected.stride()]);
        expectNumber(there.cpu().tolist(), expected.tolist());
        for (const sent of [
          given.to({ device: 'cuda', dtype, non_blocking: true }),
          await given.toAsync({ device: 'cuda', dtype }),
        ]) {
          expect([sent.device, sent.dtype, sent.stride()]).toEqual(['cuda:0', dtype, expected.stride()]);
          expect(sent.cpu().tolist()).toEqual(expected.tolist());
        }
      }
    }
  });

  it('have a gradient', () => {
    const x = torch.ones([2, 2], { requires_grad: true });
    const there = x.to({ device: 'cuda', dtype: 'float64', non_blocking: true });
    expect(there.requires_grad).toBe(true);
    there.backward({ gradient: torch.ones([2, 2], { device: 'cuda', dtype: 'float64' }) });
    expect([x.grad?.device, x.grad?.dtype]).toEqual(['cpu', 'float32']);
    expectNumber(x.grad?.tolist(), [
      [1, 1],
      [1, 1],
    ]);
  });
});

describe('lanes', () => {
  it('move tensors, compute and hand values out', async () => {
    const x = await torch
      .tensor([
        [1, 2],
        [3, 4],
      ])
      .toAsync({ device: 'cuda' });
    expect([x.device, await x.tolistAsync()]).toEqual([
      'cuda:0',
      [
        [1, 2],
        [3, 4],
      ],
    ]);
    const leaf = x.requires_grad_();
    const loss = await F.mse_loss.async(leaf, gpu(torch.zeros([2, 2])));
    await loss.backwardAsync();
    expectNumber(
      [await loss.itemAsync(), leaf.grad?.cpu().tolist()],
      [
        7.5,
        [
          [0.5, 1],
          [1.5, 2],
        ],
      ],
    );
    expect((await x.toAsync({ device: 'cpu' })).device).toBe('cpu');
  });

  it.runIf(KERNELS)('reject with the errors of the call at once', async () => {
    const wrong = gpu(torch.tensor([1n, 99n]));
    expect(await rejected(() => F.cross_entropy.async(gpu(torch.zeros([2, 3])), wrong))).toMatchObject({
      kind: 'RangeError',
    });
    expectAlive();
  });

  it('reject what is elsewhere, by name', async () => {
    const error = await rejected(() => F.mse_loss.async(gpu(torch.zeros([2])), torch.zeros([2])));
    expect(error).toMatchObject({ kind: 'TorchError', parameter: 'target' });
  });

  it('go on after a cancelled call, and after one for which the memory did not suffice', async () => {
    const controller = new AbortController();
    const x = gpu(torch.ones([4]));
    const calls = [1, 2, 3].map(() => F.mse_loss.async(x, x, { signal: controller.signal }));
    controller.abort();
    expect((await Promise.allSettled(calls)).at(-1)).toMatchObject({ status: 'rejected' });
    const full = torch.zeros([1], { device: 'cuda' }).expand([2 ** 42]);
    expect(await rejected(() => F.mse_loss.async(full, full, { reduction: 'none' }))).toMatchObject({
      code: 'ERR_OUT_OF_MEMORY',
    });
    expect(await (await F.mse_loss.async(x, x)).itemAsync()).toBe(0);
    expectAlive();
  });

  it('work in several workers at once', async () => {
    const url = new URL('../../dist/index.js', import.meta.url).href;
    const program = `
      const { parentPort } = require('node:worker_threads');
      import(${JSON.stringify(url)}).then(async ({ torch }) => {
        const data = torch.arange(0, 1000, { dtype: 'float32' });
        const there = await Promise.all([1, 2, 3].map(() => data.toAsync({ device: 'cuda' })));
        const loss = torch.nn.functional.mse_loss(there[0], there[1]);
        const back = await Promise.all(there.map((tensor) => tensor.tolistAsync()));
        parentPort.postMessage([loss.item(), back.map((list) => list.reduce((sum, value) => sum + value, 0))]);
      });`;
    const answers = await Promise.all(
      [1, 2, 3].map(
        () =>
          new Promise((resolve, reject) => {
            const worker = new Worker(program, { eval: true });
            worker.once('message', resolve);
            worker.once('error', reject);
          }),
      ),
    );
    const sums = [499500, 499500, 499500];
    expect(answers).toEqual([
      [0, sums],
      [0, sums],
      [0, sums],
    ]);
  });
});

describe('memory', () => {
  it('is counted by device', () => {
    const before = torch.memory().bytes['cuda:0'] ?? 0;
    const x = torch.zeros([2 ** 20], { device: 'cuda' });
    expect((torch.memory().bytes['cuda:0'] ?? 0) - before).toBeGreaterThanOrEqual(4 * 2 ** 20);
    x.dispose();
  });
});

describe.runIf(torch.cuda.device_count() > 1)('two devices', () => {
  it('hold tensors of their own, and a call with both is refused by name', () => {
    const [first, second] = [torch.ones([3]).to('cuda:0'), torch.ones([3]).to('cuda:1')];
    expect([second.device, second.to('cuda:0').device, second.cpu().tolist()]).toEqual(['cuda:1', 'cuda:0', [1, 1, 1]]);
    expect(F.mse_loss(second, second).device).toBe('cuda:1');
    expect(thrown(() => F.mse_loss(first, second)).message).toBe(
      'target: expected a Tensor on cuda:0, the device of input, got one on cuda:1',
    );
    expectAlive();
  });
});
