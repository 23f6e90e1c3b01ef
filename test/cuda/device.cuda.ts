/** What a CUDA device gives is what the CPU gives, and a mistake never costs the process its device. */
import { describe, expect, it } from 'vitest';
import { cudaProblem } from '../../lib/native.js';
import * as torch from '../../lib/torch/index.js';
import { callLoss, ENTRIES, inputsOf, lossOf } from '../helpers/losses.js';
import { rejected, thrown } from '../helpers/recorded.js';

const problem = cudaProblem();
if (problem !== undefined) throw new Error(`these tests need a CUDA device: ${problem}`);

const F = torch.nn.functional;
const gpu = <T extends torch.Tensor>(tensor: T): T => tensor.to('cuda') as T;
const logits = () =>
  gpu(
    torch.tensor([
      [0.1, 0.7, -0.2],
      [1.5, -0.3, 0.4],
    ]),
  );
/** Proof that the device still works. */
const isAlive = () =>
  expect(
    gpu(torch.tensor([1, 2]))
      .sum()
      .item(),
  ).toBe(3);

describe('every loss', () => {
  it.each(ENTRIES.map((entry) => [entry.path, entry] as const))('is that of the CPU: %s', (_, entry) => {
    const inputs = inputsOf(entry.row);
    const moved = inputs.map(gpu);
    const leaf = (tensor: torch.Tensor) => (tensor.dtype === 'float32' ? tensor.requires_grad_() : tensor);
    const [expected, actual] = [lossOf(entry, inputs.map(leaf)), lossOf(entry, moved.map(leaf))];
    const close = (a: torch.Tensor, b: torch.Tensor) => {
      const [x, y] = [a.cpu().detach().toTypedArray(), b.detach().toTypedArray()];
      expect(x.length).toBe(y.length);
      // torch.testing.assert_close for float32.
      for (const [i, value] of y.entries()) {
        expect(Math.abs(Number(x[i]) - Number(value))).toBeLessThanOrEqual(1e-5 + 1.3e-6 * Math.abs(Number(value)));
      }
    };
    expect(actual.device).toBe('cuda:0');
    close(actual, expected);
    actual.sum().backward();
    expected.sum().backward();
    for (const [index, input] of inputs.entries()) {
      if (input.grad !== null) close((moved[index] as torch.Tensor).grad as torch.Tensor, input.grad);
    }
  });

  it.each(ENTRIES.map((entry) => [entry.path, entry] as const))('names what is elsewhere: %s', (_, entry) => {
    const [first, ...others] = inputsOf(entry.row);
    const error = thrown(() => callLoss(entry, [gpu(first as torch.Tensor), ...others]));
    expect(error.kind).toBe('TorchError');
    if (entry.row.op !== 'ctc_loss') expect(error.parameter).toBe(entry.entry.inputs[1]);
    isAlive();
  });
});

describe('a mistake', () => {
  it('in the labels is an error before the kernel', () => {
    const wrong = gpu(torch.tensor([1n, 99n]));
    for (const run of [
      () => F.cross_entropy(logits(), wrong),
      () => F.nll_loss(logits(), wrong),
      () => F.multi_margin_loss(logits(), wrong),
    ]) {
      expect(thrown(run)).toMatchObject({ kind: 'RangeError', parameter: 'target' });
      isAlive();
    }
    const sets = gpu(
      torch.tensor([
        [0n, 99n, -1n],
        [1n, -1n, 0n],
      ]),
    );
    expect(thrown(() => F.multilabel_margin_loss(logits(), sets)).kind).toBe('RangeError');
    isAlive();
  });

  it('in probabilities is an error before the kernel', () => {
    const outside = gpu(
      torch.tensor([
        [2, 0, 0],
        [0, 0, 1],
      ]),
    );
    expect(thrown(() => F.binary_cross_entropy(outside, outside)).message).toMatch(/between 0 and 1/);
    isAlive();
  });

  it('is not looked for in what the caller vouches for', () => {
    const target = gpu(torch.tensor([1n, 0n]));
    const loss = F.cross_entropy(logits(), target, { validate: false });
    expect(loss.item()).toBe(F.cross_entropy(logits(), target).item());
  });

  it('of too much memory is an error, and the device goes on', () => {
    const error = thrown(() => torch.zeros([2 ** 42], { device: 'cuda' }));
    expect(error).toMatchObject({ kind: 'TorchError', code: 'ERR_OUT_OF_MEMORY' });
    isAlive();
  });

  it('in a device is named', () => {
    expect(thrown(() => torch.zeros([1], { device: 'cuda:99' })).kind).toBe('TorchError');
    isAlive();
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
    expect([await loss.itemAsync(), leaf.grad?.cpu().tolist()]).toEqual([
      7.5,
      [
        [0.5, 1],
        [1.5, 2],
      ],
    ]);
    expect((await x.toAsync({ device: 'cpu' })).device).toBe('cpu');
  });

  it('reject with the errors of the call at once', async () => {
    const wrong = gpu(torch.tensor([1n, 99n]));
    expect(await rejected(() => F.cross_entropy.async(logits(), wrong))).toMatchObject({ kind: 'RangeError' });
    isAlive();
  });

  it('count memory by device', () => {
    const before = torch.memory().bytes['cuda:0'] ?? 0;
    const x = torch.zeros([2 ** 20], { device: 'cuda' });
    expect((torch.memory().bytes['cuda:0'] ?? 0) - before).toBeGreaterThanOrEqual(4 * 2 ** 20);
    x.dispose();
  });
});
