/** A mistake never costs the process its device. */
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import * as mindspore from '../../lib/mindspore/index.js';
import * as torch from '../../lib/torch/index.js';
import { thrown } from '../helpers/recorded.js';
import { expectAlive, gpu, KERNELS } from './machine.js';

const F = torch.nn.functional;
const logits = () =>
  gpu(
    torch.tensor([
      [0.1, 0.7, -0.2],
      [1.5, -0.3, 0.4],
    ]),
  );

/** More than half of the device's memory, as a power of two. */
function mostBytes(): number {
  let bytes = 2 ** 26;
  for (;;) {
    try {
      torch.zeros([2 * bytes], { device: 'cuda', dtype: 'uint8' }).dispose();
      bytes *= 2;
    } catch {
      return bytes;
    }
  }
}

// What finds a bad label is a kernel.
describe.runIf(KERNELS)('a mistake', () => {
  it('in the labels is an error before the kernel', () => {
    const wrong = gpu(torch.tensor([1n, 99n]));
    for (const run of [
      () => F.cross_entropy(logits(), wrong),
      () => F.nll_loss(logits(), wrong),
      () => F.multi_margin_loss(logits(), wrong),
    ]) {
      expect(thrown(run)).toMatchObject({ kind: 'RangeError', parameter: 'target' });
      expectAlive();
    }
    const sets = gpu(
      torch.tensor([
        [0n, 99n, -1n],
        [1n, -1n, 0n],
      ]),
    );
    expect(thrown(() => F.multilabel_margin_loss(logits(), sets)).kind).toBe('RangeError');
    expectAlive();
  });

  it('in the labels of an operator that is called by name is one too', () => {
    const { aten } = torch.ops;
    const wrong = gpu(torch.tensor([1n, 99n]));
    for (const name of ['cross_entropy_loss', 'nll_loss_nd', 'multi_margin_loss']) {
      expect(thrown(() => aten[name]?.(logits(), wrong))).toMatchObject({ kind: 'RangeError', parameter: 'target' });
      expectAlive();
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
      expectAlive();
    }
  });

  it('that nobody looks for costs the process its device: the error says so, and the CPU goes on', () => {
    const program = `
      const { torch } = await import(${JSON.stringify(new URL('../../dist/index.js', import.meta.url).href)});
      const F = torch.nn.functional;
      const x = torch.zeros([2, 3], { device: 'cuda' });
      const codes = [];
      const attempt = (run) => { try { codes.push(run()); } catch (error) { codes.push(error.code); } };
      attempt(() => F.cross_entropy(x, torch.tensor([1n, 99n]).cuda(), { validate: false }).item());
      attempt(() => x.sum().item());
      attempt(() => torch.ones([2]).cuda());
      attempt(() => F.mse_loss(torch.ones([2]), torch.zeros([2])).item());
      x.dispose();
      torch.empty_cache();
      console.log(JSON.stringify(codes));`;
    const { stdout, status } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
      encoding: 'utf8',
    });
    const lost = 'ERR_DEVICE_LOST';
    expect([JSON.parse(stdout), status]).toEqual([[lost, lost, lost, 1], 0]);
  });
});

describe('a mistake', () => {
  it('in the labels of CTC, or in their lengths, is an error before the kernel', () => {
    const scores = gpu(torch.zeros([4, 1, 3]).log_softmax({ dim: 2 }));
    const labels = (...values: bigint[]) => gpu(torch.tensor([values]));
    for (const [targets, lengths] of [
      [labels(1n, 3n), [2]],
      [labels(-1n, 1n), [2]],
      [labels(1n, 2n), [-1]],
    ] as const) {
      expect(thrown(() => F.ctc_loss(scores, targets, [4], lengths)).kind).toBe('RangeError');
      expectAlive();
    }
    const known = F.ctc_loss(scores, labels(1n, 2n), [4], [2]);
    expect(F.ctc_loss(scores, labels(1n, 2n), [4], [2], { validate: false }).item()).toBe(known.item());
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
    expectAlive();
  });

  it('of memory that the device keeps for reuse is none: it is given back and the call goes on', () => {
    // More than half of the device at a time: the second fits only once the first is really free.
    const bytes = mostBytes();
    torch.zeros([bytes], { device: 'cuda', dtype: 'uint8' }).dispose();
    const second = torch.zeros([bytes / 4, 4], { device: 'cuda', dtype: 'uint8' });
    expect(second.numel()).toBe(bytes);
    second.dispose();
    torch.empty_cache();
    expectAlive();
  });

  it('of memory in a loss, or in its backward pass, is an error that names what is alive', () => {
    const elements = mostBytes() / 4;
    const x = torch.zeros([elements], { device: 'cuda', requires_grad: true });
    const full = { kind: 'TorchError', code: 'ERR_OUT_OF_MEMORY' };
    const error = thrown(() => F.mse_loss(x, x.detach(), { reduction: 'none' }));
    expect(error).toMatchObject(full);
    expect(error.message).toMatch(
      /tensors are alive in this thread, with \d+ MiB on cuda:0: free them with dispose\(\)/,
    );
    const sum = x.sum();
    expect(thrown(() => sum.backward())).toMatchObject(full);
    expect(x.grad).toBe(null);
    x.dispose();
    torch.empty_cache();
    expectAlive();
  });

  it('in a device is named', () => {
    expect(thrown(() => torch.zeros([1], { device: 'cuda:99' })).kind).toBe('TorchError');
    expectAlive();
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
  const there = KERNELS ? third : 0;
  expect([stdout, stderr]).toEqual([`${JSON.stringify([Array(3).fill(third), Array(3).fill(there)])}\n`, '']);
});
