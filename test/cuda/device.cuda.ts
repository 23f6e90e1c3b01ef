/** What a CUDA device gives is what the CPU gives, and a mistake never costs the process its device. */
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { evaluate, valueAndGrad } from '../../lib/evaluate/index.js';
import * as mindspore from '../../lib/mindspore/index.js';
import { cudaProblem } from '../../lib/addon/native.js';
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
      if (input.grad !== null) close((moved[index] as torch.Tensor).grad, input.grad);
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

it('works after a backward pass on the CPU, which asks LibTorch for its devices once for all', () => {
  const program = `
    const { torch } = await import(${JSON.stringify(new URL('../../dist/index.js', import.meta.url).href)});
    const loss = (device) => {
      const x = torch.ones([3], { device, requires_grad: true });
      torch.nn.functional.mse_loss(x, torch.zeros([3], { device })).backward();
      return x.grad.cpu().tolist();
    };
    torch.manual_seed(1);
    torch.empty_cache();
    console.log(JSON.stringify([loss('cpu'), loss('cuda')]));`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
  const third = Math.fround(2 / 3);
  expect([stdout, stderr]).toEqual([`${JSON.stringify([Array(3).fill(third), Array(3).fill(third)])}\n`, '']);
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

  it('in the labels of CTC, or in their lengths, is one too', () => {
    const scores = gpu(torch.zeros([4, 1, 3]).log_softmax({ dim: 2 }));
    const labels = (...values: bigint[]) => gpu(torch.tensor([values]));
    for (const [targets, lengths] of [
      [labels(1n, 3n), [2]],
      [labels(-1n, 1n), [2]],
      [labels(1n, 2n), [-1]],
    ] as const) {
      expect(thrown(() => F.ctc_loss(scores, targets, [4], lengths)).kind).toBe('RangeError');
      isAlive();
    }
    const known = F.ctc_loss(scores, labels(1n, 2n), [4], [2]);
    expect(F.ctc_loss(scores, labels(1n, 2n), [4], [2], { validate: false }).item()).toBe(known.item());
  });

  it('in the labels of an operator that is called by name is one too', () => {
    const { aten } = torch.ops;
    const wrong = gpu(torch.tensor([1n, 99n]));
    for (const name of ['cross_entropy_loss', 'nll_loss_nd', 'multi_margin_loss']) {
      expect(thrown(() => aten[name]?.(logits(), wrong))).toMatchObject({ kind: 'RangeError', parameter: 'target' });
      isAlive();
    }
  });

  it('in probabilities is an error before the kernel', () => {
    const outside = gpu(
      torch.tensor([
        [2, 0, 0],
        [0, 0, 1],
      ]),
    );
    const half = gpu(torch.full([2, 3], 0.5));
    for (const [input, target] of [
      [outside, half],
      [half, outside],
    ] as const) {
      expect(thrown(() => F.binary_cross_entropy(input, target)).message).toMatch(/between 0 and 1/);
      isAlive();
    }
  });

  it('is not looked for in what the caller vouches for', () => {
    const target = gpu(torch.tensor([1n, 0n]));
    const loss = F.cross_entropy(logits(), target, { validate: false });
    const expected = F.cross_entropy(logits(), target).item();
    expect(loss.item()).toBe(expected);
    expect(new torch.nn.CrossEntropyLoss({ validate: false })(logits(), target).item()).toBe(expected);
    expect(mindspore.ops.cross_entropy(logits(), target, { validate: false }).item()).toBe(expected);
  });

  it('of too much memory is an error, and the device goes on', () => {
    const error = thrown(() => torch.zeros([2 ** 42], { device: 'cuda' }));
    expect(error).toMatchObject({ kind: 'TorchError', code: 'ERR_OUT_OF_MEMORY' });
    isAlive();
  });

  it('of memory that the device keeps for reuse is none: it is given back and the call goes on', () => {
    // More than half of the device at a time: the second fits only once the first is really free.
    let bytes = 2 ** 30;
    for (;;) {
      try {
        torch.zeros([2 * bytes], { device: 'cuda', dtype: 'uint8' }).dispose();
        bytes *= 2;
      } catch {
        break;
      }
    }
    torch.zeros([bytes], { device: 'cuda', dtype: 'uint8' }).dispose();
    const second = torch.zeros([bytes / 4, 4], { device: 'cuda', dtype: 'uint8' });
    expect(second.numel()).toBe(bytes);
    second.dispose();
    torch.empty_cache();
    isAlive();
  });

  it('in a device is named', () => {
    expect(thrown(() => torch.zeros([1], { device: 'cuda:99' })).kind).toBe('TorchError');
    isAlive();
  });
});

describe('whole data sets', () => {
  it.each(['cross_entropy', 'mse_loss', 'kl_div', 'binary_cross_entropy_with_logits'] as const)(
    '%s is that of the CPU, from either place',
    async (name) => {
      const rows = 1000;
      const input = torch.randn([rows, 7]).log_softmax({ dim: 1 });
      const target = name === 'cross_entropy' ? torch.randint(0, 7, [rows]) : torch.rand([rows, 7]).softmax({ dim: 1 });
      const loss = F[name] as (...args: unknown[]) => torch.Tensor;
      const { loss: expected } = await evaluate(loss, [input, target]);
      const close = (value: number) =>
        expect(Math.abs(value - expected)).toBeLessThanOrEqual(1e-5 * Math.abs(expected));
      close((await evaluate(loss, [input, target], { device: 'cuda', batch_size: 64 })).loss);
      close((await evaluate(loss, [gpu(input), gpu(target)])).loss);
      const { value, grad } = await valueAndGrad(loss, gpu(input), gpu(target));
      close(value);
      const leaf = input.detach().requires_grad_();
      loss(leaf, target).backward();
      const wanted = leaf.grad?.toTypedArray();
      for (const [index, got] of grad.cpu().toTypedArray().entries()) {
        expect(Math.abs(Number(got) - (wanted[index] as number))).toBeLessThanOrEqual(1e-5);
      }
    },
  );
});

describe('copies', () => {
  it('that nobody waits for bring the elements all the same', () => {
    const data = torch.randn([2 ** 20]);
    const there = data.to({ device: 'cuda', non_blocking: true });
    expect(there.cpu().toTypedArray()).toEqual(data.toTypedArray());
    expect(there.to({ device: 'cpu', dtype: 'float64' }).sum().item()).toBeCloseTo(data.to('float64').sum().item(), 6);
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
