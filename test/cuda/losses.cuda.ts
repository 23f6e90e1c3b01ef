/** What a CUDA device gives is what the CPU gives: every loss, its options, dtypes and layouts. */
import { describe, expect, it } from 'vitest';
import type { DType } from '../../lib/base/types.js';
import type { Tensor } from '../../lib/tensor/tensor.js';
import * as torch from '../../lib/torch/index.js';
import { ENTRIES, type Entry, inputsOf, lossOf } from '../helpers/losses.js';
import { thrown } from '../helpers/recorded.js';
import { expectAlive, expectClose, gpu, KERNELS } from './machine.js';

const F = torch.nn.functional;

/** What finds a wrong label or probability is a kernel. */
const CHECKED = { validate: KERNELS };
const CASES = ENTRIES.map((entry) => [entry.path, entry] as const);
const FUNCTIONS = CASES.filter(([, { namespace }]) => namespace === 'torch.nn.functional');

/** Losses whose target LibTorch does not differentiate. */
const CONSTANT_TARGET: readonly string[] = ['soft_margin_loss', 'multilabel_margin_loss', 'ctc_loss'];

/**
 * How far a loss of a few elements of about 1 may be from the exact one: 16 roundings.
 */
const ROUNDED = { float64: 1e-12, float16: 16 * 2 ** -10, bfloat16: 16 * 2 ** -7 } as const;

/** The inputs, those of floats as leaves where the loss has a gradient for them. */
function leaves({ row }: Entry, inputs: readonly Tensor[]): Tensor[] {
  const count = CONSTANT_TARGET.includes(row.op) ? 1 : inputs.length;
  return inputs.map((input, index) =>
    index < count && input.is_floating_point() ? input.detach().requires_grad_() : input,
  );
}

/** Expects the loss and its gradients to be the same on the device. */
function expectSame(run: (inputs: readonly Tensor[]) => Tensor, inputs: readonly Tensor[]): void {
  const moved = inputs.map((input) => gpu(input));
  const [expected, actual] = [run(inputs), run(moved)];
  expectClose(actual, expected);
  if (!expected.requires_grad) return;
  expected.sum().backward();
  actual.sum().backward();
  for (const [index, { grad }] of inputs.entries()) {
    const there = moved[index]?.grad;
    expect(there === null).toBe(grad === null);
    if (grad != null && there != null) expectClose(there, grad);
  }
}

/** The same tensors with their elements spread in memory, every other one of a wider tensor. */
const spread = (tensor: Tensor): Tensor =>
  tensor.dim() === 0 ? tensor : torch.stack([tensor, tensor], { dim: -1 }).select(-1, 0);

describe('every loss', () => {
  it.each(CASES)('is that of the CPU: %s', (_, entry) => {
    expectSame((inputs) => lossOf(entry, inputs, CHECKED), leaves(entry, inputsOf(entry.row)));
  });

  it.each(CASES)('names what is elsewhere: %s', (_, entry) => {
    const [first, ...others] = inputsOf(entry.row);
    const run = () => lossOf(entry, [gpu(first as Tensor), ...others]);
    if (entry.row.op === 'ctc_loss') expectClose(run(), lossOf(entry, [first, ...others]));
    else expect(thrown(run)).toMatchObject({ kind: 'TorchError', code: 'ERR_TORCH', parameter: entry.entry.inputs[1] });
    expectAlive();
  });

  it.each(FUNCTIONS)('keeps each loss with reduction none: %s', (_, entry) => {
    expectSame(
      (inputs) => lossOf(entry, inputs, { reduction: 'none', ...CHECKED }),
      leaves(entry, inputsOf(entry.row)),
    );
  });

  it.each(FUNCTIONS)('reads elements wherever they lie: %s', (_, entry) => {
    const inputs = leaves(entry, inputsOf(entry.row).map(spread));
    expectSame((given) => lossOf(entry, given, CHECKED), inputs);
  });

  it.each(FUNCTIONS)('has second derivatives where the CPU has: %s', (_, entry) => {
    const second = (inputs: readonly Tensor[]) => {
      const [leaf] = inputs as [Tensor];
      const [grad] = torch.autograd.grad([lossOf(entry, inputs, CHECKED)], [leaf], { create_graph: true });
      return torch.autograd.grad([(grad as Tensor).pow(2).sum()], [leaf], { allow_unused: true })[0];
    };
    const inputs = leaves(entry, inputsOf(entry.row));
    const moved = inputs.map((input) => gpu(input));
    let expected: Tensor | null | undefined;
    try {
      expected = second(inputs);
    } catch {
      expect(thrown(() => second(moved)).kind).toMatch(/Error$/);
      expectAlive();
      return;
    }
    const actual = second(moved);
    expect(actual == null).toBe(expected == null);
    if (actual != null && expected != null) expectClose(actual, expected);
  });
});

describe.each(['float64', 'float16', 'bfloat16'] as const)('%s', (dtype) => {
  it.each(FUNCTIONS)('%s', (_, entry) => {
    const cast = (to: DType) => (input: Tensor) => (input.is_floating_point() ? input.to(to) : input);
    const inputs = inputsOf(entry.row).map(cast(dtype));
    let actual: Tensor;
    try {
      actual = lossOf(
        entry,
        inputs.map((input) => gpu(input)),
        CHECKED,
      );
    } catch (error) {
      // Not every operator has a kernel for 16 bits.
      expect((error as { code?: string }).code).toMatch(/^ERR_(TORCH|NOT_IMPLEMENTED)$/);
      expect(dtype).not.toBe('float64');
      expectAlive();
      return;
    }
    const exact = lossOf(entry, inputs.map(cast('float64')), CHECKED);
    expectClose(actual, exact.to(dtype), ROUNDED[dtype]);
  });
});

describe('options', () => {
  const logits = () =>
    torch
      .tensor([
        [0.1, 0.7, -0.2],
        [1.5, -0.3, 0.4],
      ])
      .requires_grad_();
  const labels = () => torch.tensor([2n, 0n]);
  const weight = () => torch.tensor([0.2, 1, 3]);

  it.each(['none', 'mean', 'sum'] as const)('of classes: weights, an ignored one and smoothing, %s', (reduction) => {
    for (const options of [
      {},
      { ignore_index: 2 },
      { label_smoothing: 0.1 },
      { ignore_index: 0, label_smoothing: 0.3 },
    ]) {
      for (const weighted of [false, true]) {
        expectSame(
          ([input, target, weight]) =>
            F.cross_entropy(input as Tensor, target as Tensor, { ...options, reduction, ...(weighted && { weight }) }),
          [logits(), labels(), weight()],
        );
      }
    }
    expectSame(
      ([input, target, weight]) =>
        F.nll_loss(input as Tensor, target as Tensor, { weight, ignore_index: 0, reduction }),
      [logits().log_softmax({ dim: 1 }).detach().requires_grad_(), labels(), weight()],
    );
    expectSame(
      ([input, target, weight]) => F.multi_margin_loss(input as Tensor, target as Tensor, { weight, p: 2, reduction }),
      [logits(), labels(), weight()],
    );
  });

  it('of probabilities: weights', () => {
    const target = torch.rand([2, 3]);
    expectSame(
      ([input, target, weight, pos_weight]) =>
        F.binary_cross_entropy_with_logits(input as Tensor, target as Tensor, { weight, pos_weight }),
      [logits(), target, weight(), weight()],
    );
    expectSame(
      ([input, target, weight]) => F.binary_cross_entropy(input as Tensor, target as Tensor, { weight, ...CHECKED }),
      [torch.rand([2, 3]).requires_grad_(), target, weight()],
    );
    expectSame(
      ([input, target, weight]) => F.multilabel_soft_margin_loss(input as Tensor, target as Tensor, { weight }),
      [logits(), target.round(), weight()],
    );
  });

  it('that are tensors are named if they are elsewhere', () => {
    for (const name of ['weight', 'pos_weight'] as const) {
      const run = () =>
        F.binary_cross_entropy_with_logits(gpu(logits()), gpu(torch.rand([2, 3])), { [name]: weight() });
      expect(thrown(run)).toMatchObject({ kind: 'TorchError', parameter: name });
    }
    const loss = new torch.nn.CrossEntropyLoss({ weight: weight() });
    expect(thrown(() => loss(gpu(logits()), gpu(labels())))).toMatchObject({ parameter: 'weight' });
    expectAlive();
  });
});

describe('shapes', () => {
  it('without elements give what the CPU gives', () => {
    const empty = torch.zeros([0, 3]);
    for (const reduction of ['none', 'mean', 'sum'] as const) {
      expectSame(
        ([x, y]) => F.mse_loss(x as Tensor, y as Tensor, { reduction }),
        [empty.clone().requires_grad_(), empty],
      );
      expectSame(
        ([x, y]) => F.cross_entropy(x as Tensor, y as Tensor, { reduction }),
        [empty.clone().requires_grad_(), torch.zeros([0], { dtype: 'int64' })],
      );
    }
  });

  it('that are broadcast give what the CPU gives', () => {
    const [wide, row] = [torch.randn([4, 5]), torch.randn([5])];
    for (const loss of [F.mse_loss, F.l1_loss, F.smooth_l1_loss, F.huber_loss]) {
      expectSame(
        ([x, y]) => loss(x as Tensor, y as Tensor),
        [wide.clone().requires_grad_(), row.clone().requires_grad_()],
      );
    }
  });

  it('without dimensions may be on the CPU only where LibTorch takes them from there', () => {
    const x: Tensor = gpu(torch.ones([3]));
    const one: Tensor = torch.tensor(1);
    expect(thrown(() => F.mse_loss(x, one))).toMatchObject({ kind: 'TorchError', parameter: 'target' });
    expect(thrown(() => F.mse_loss(one, x))).toMatchObject({ kind: 'TorchError', parameter: 'target' });
    expectAlive();
  });
});

describe('CTC', () => {
  const scores = () => torch.randn([6, 2, 4]).log_softmax({ dim: 2 }).detach().requires_grad_();
  const targets = () =>
    torch.tensor([
      [1n, 2n, 3n],
      [2n, 1n, 1n],
    ]);

  it('takes lengths and targets from anywhere', () => {
    const [input, target] = [scores(), targets()];
    const lengths = [torch.tensor([6n, 5n]), torch.tensor([3n, 2n])] as const;
    const expected = F.ctc_loss(input, target, ...lengths);
    const there = gpu(input);
    for (const labels of [target, gpu(target), target.to('int32'), gpu(target.to('int32'))]) {
      for (const [a, b] of [
        lengths,
        lengths.map((length) => gpu(length)),
        [
          [6, 5],
          [3, 2],
        ],
      ] as never[][]) {
        expectClose(F.ctc_loss(there, labels, a as never, b as never), expected);
      }
    }
  });

  it.runIf(KERNELS)("has cuDNN's kernel for concatenated int32 targets on the CPU", () => {
    const input = torch.randn([6, 2, 4]).log_softmax({ dim: 2 }).detach().requires_grad_();
    const joined = torch.tensor([1n, 2n, 3n, 2n, 1n]).to('int32');
    const there = gpu(input);
    const lengths = [torch.tensor([6n, 6n]).to('int32'), torch.tensor([3n, 2n]).to('int32')] as const;
    const expected = F.ctc_loss(input, joined, ...lengths);
    const actual = F.ctc_loss(there, joined, ...lengths);
    expectClose(actual, expected);
    expected.backward();
    actual.backward();
    expectClose(there.grad as Tensor, input.grad as Tensor);
  });
});

it('goes backward twice through a graph that is kept', () => {
  const run = (x: Tensor) => {
    const loss = F.cross_entropy(x, torch.tensor([2n]).to(x.device as 'cpu'));
    loss.backward({ retain_graph: true });
    loss.backward();
    return x.grad;
  };
  const x = torch.tensor([[0.1, 0.7, -0.2]]);
  expectClose(run(gpu(x).requires_grad_()), run(x.clone().requires_grad_()));
});
