/**
 * Calls for which LibTorch would return uninitialised memory, read outside of a tensor, or report no error: torchloss refuses
 * them, or LibTorch's own check is known to work. All of them run in this one process.
 */
import { describe, expect, it } from 'vitest';
import { mindspore, TorchError, torch } from '../../lib/index.js';
import { thrownBy } from '../helpers/errors.js';
import { entriesOf, lossOf } from '../helpers/losses.js';

const { tensor } = torch;
const { functional: F } = torch.nn;
const anything = (value: unknown) => value as never;
const every = ['none', 'mean', 'sum'] as const;

const rows = () =>
  tensor([
    [0.1, 0.7, -0.2],
    [1.5, -0.3, 0.4],
  ]);
const logProbs = () => rows().log_softmax({ dim: 1 });
const indices = (...values: readonly bigint[]) => tensor(values);

describe('an empty batch', () => {
  it.each([...entriesOf('multi_margin_loss'), ...entriesOf('multilabel_margin_loss')])('$path', (entry) => {
    const input = torch.zeros([0, 3], { requires_grad: true });
    const ofOne = entry.row.op === 'multi_margin_loss';
    const target = torch.zeros(ofOne ? [0] : [0, 3], { dtype: 'int64' });
    for (const reduction of ['mean', 'sum'] as const) {
      expect(thrownBy(() => lossOf(entry, [input, target], { reduction }))).toMatchObject({
        code: 'ERR_INVALID_ARG_VALUE',
        message: 'input: expected a batch of at least 1 sample to reduce, got [0, 3]',
        constructor: expect.objectContaining({ prototype: expect.any(RangeError) }),
      });
    }
    const losses = lossOf(entry, [input, target], { reduction: 'none' });
    expect(losses.shape).toEqual([0]);
    expect(torch.autograd.grad(losses.sum(), input)[0]?.shape).toEqual([0, 3]);
  });

  it('without classes, where 0 samples do not count as a batch', () => {
    const labels = torch.zeros([0], { dtype: 'int64' });
    for (const reduction of every) {
      expect(() => F.multi_margin_loss(torch.zeros([0]), anything(indices(0n)), { reduction })).toThrow(TorchError);
      expect(() => F.multi_margin_loss(torch.zeros([2, 0]), indices(0n, 0n), { reduction })).toThrow(TorchError);
      expect(() => F.multilabel_margin_loss(torch.zeros([0]), labels, { reduction })).toThrow(TorchError);
      expect(() => F.cross_entropy(torch.zeros([2, 0]), indices(0n, 0n), { reduction })).toThrow(RangeError);
      expect(() => F.nll_loss(torch.zeros([2, 0]), indices(0n, 0n), { reduction })).toThrow(RangeError);
    }
  });
});

describe('labels out of range', () => {
  const FAR = [3n, -1n, 255n, 2n ** 31n, -(2n ** 40n), 2n ** 52n];

  it.each([...entriesOf('cross_entropy_loss'), ...entriesOf('nll_loss_nd')])('$path: a RangeError', (entry) => {
    const image = torch.zeros([1, 3, 2, 2]);
    for (const reduction of every) {
      for (const label of FAR) {
        for (const [input, target] of [
          [logProbs(), indices(0n, label)],
          [torch.zeros([3]), tensor(label)],
          [
            image,
            tensor([
              [
                [0n, 1n],
                [label, 2n],
              ],
            ]),
          ],
        ] as const) {
          expect(() => lossOf(entry, [input, target], { reduction })).toThrow(RangeError);
          // It is valid if it is the ignored index.
          expect(() => lossOf(entry, [input, target], { reduction, ignore_index: Number(label) })).not.toThrow();
        }
      }
    }
    if (entry.entry.options.includes('label_smoothing')) {
      expect(() => lossOf(entry, [logProbs(), indices(0n, 3n)], { label_smoothing: 0.1 })).toThrow(RangeError);
    }
  });

  it('of uint8, which PyTorch also takes', () => {
    const target = torch.tensor(Uint8Array.of(0, 200), { shape: [2] });
    expect(() => F.cross_entropy(logProbs(), target)).toThrow(RangeError);
    expect(() => F.nll_loss(logProbs(), target)).toThrow(RangeError);
  });

  it('of int32, which becomes int64 in MindSpore', () => {
    const target = mindspore.Tensor([0, 3], mindspore.int32);
    expect(() => mindspore.ops.cross_entropy(logProbs(), target)).toThrow(RangeError);
    expect(() => mindspore.ops.nll_loss(logProbs(), target)).toThrow(RangeError);
    const row = mindspore.Tensor([3, -1, -1], mindspore.int32);
    expect(() => mindspore.ops.multilabel_margin_loss(torch.zeros([3]), row)).toThrow(TorchError);
  });

  it.each(entriesOf('multi_margin_loss'))('$path: a TorchError', (entry) => {
    for (const reduction of every) {
      for (const label of FAR) {
        for (const p of [1, 2]) {
          const call = () => lossOf(entry, [rows(), indices(0n, label)], { reduction, p });
          expect(thrownBy(call)).toMatchObject({ name: 'TorchError', code: 'ERR_TORCH' });
        }
      }
    }
  });

  it.each(entriesOf('multilabel_margin_loss'))('$path: a TorchError, after the first -1 too', (entry) => {
    for (const reduction of every) {
      for (const label of [...FAR.filter((far) => far !== -1n), -2n]) {
        for (const row of [
          [label, 0n, -1n],
          [0n, label, -1n],
          [0n, -1n, label],
        ]) {
          for (const target of [tensor(row), tensor([[0n, 1n, -1n], row])]) {
            const input = target.dim() === 1 ? torch.zeros([3]) : rows();
            const call = () => lossOf(entry, [input, target], { reduction });
            expect(thrownBy(call)).toMatchObject({ name: 'TorchError', code: 'ERR_TORCH' });
          }
        }
      }
    }
  });

  it('of another number than samples', () => {
    for (const target of [indices(0n), indices(0n, 1n, 2n), tensor([[0n], [1n]])]) {
      expect(() => F.cross_entropy(rows(), anything(target))).toThrow(Error);
      expect(() => F.nll_loss(logProbs(), anything(target))).toThrow(Error);
      expect(() => F.multi_margin_loss(rows(), anything(target))).toThrow(TorchError);
      expect(() => F.multilabel_margin_loss(rows(), anything(target))).toThrow(TorchError);
    }
  });
});

describe('weights of another number than classes', () => {
  const weights = [0, 1, 2, 4, 1000].map((count) => torch.ones([count]));

  it.each([...entriesOf('multi_margin_loss'), ...entriesOf('cross_entropy_loss'), ...entriesOf('nll_loss_nd')])(
    '$path',
    (entry) => {
      for (const reduction of every) {
        for (const weight of weights) {
          const call = () => lossOf(entry, [logProbs(), indices(2n, 2n)], { weight, reduction });
          expect(thrownBy(call)).toMatchObject({ name: 'TorchError', code: 'ERR_TORCH' });
        }
        for (const weight of [torch.ones([1, 3]), torch.ones([3, 1])]) {
          expect(() => lossOf(entry, [logProbs(), indices(2n, 2n)], { weight, reduction })).toThrow(Error);
        }
      }
    },
  );

  it('with probabilities, and smoothed labels', () => {
    for (const weight of weights) {
      const target = torch.full([2, 3], 1 / 3);
      expect(() => F.cross_entropy(rows(), target, { weight: anything(weight) })).toThrow(TorchError);
      const smoothed = { weight: anything(weight), label_smoothing: 0.1 };
      expect(() => F.cross_entropy(rows(), indices(0n, 2n), smoothed)).toThrow(TorchError);
      expect(() => mindspore.ops.nll_loss(logProbs(), indices(0n, 2n), smoothed)).toThrow(TorchError);
    }
  });

  it.each([
    ...entriesOf('binary_cross_entropy'),
    ...entriesOf('binary_cross_entropy_with_logits'),
    ...entriesOf('multilabel_soft_margin_loss'),
  ])('$path: one that does not broadcast', (entry) => {
    const half = torch.full([2, 3], 0.5);
    for (const shape of [[2], [4], [3, 3], [0]]) {
      expect(() => lossOf(entry, [half, half], { weight: torch.ones(shape) })).toThrow(TorchError);
    }
    expect(lossOf(entry, [half, half], { weight: torch.ones([3]) }).item()).toBeCloseTo(
      lossOf(entry, [half, half]).item(),
      6,
    );
  });
});

describe('the operators by name', () => {
  // biome-ignore lint/suspicious/noExplicitAny: an operator may be missing, as far as the compiler knows
  const aten = torch.ops.aten as any;
  const single = torch.zeros([2, 1, 3]).log_softmax({ dim: 2 });
  const target = (...labels: bigint[]) => tensor([labels]);

  it('multi_margin_loss and multilabel_margin_loss of an empty batch, and a short weight', () => {
    const empty = torch.zeros([0, 3]);
    const message = 'input: expected a batch of at least 1 sample to reduce, got [0, 3]';
    for (const reduction of [1, 2]) {
      const margin = () => aten.multi_margin_loss(empty, torch.zeros([0], { dtype: 'int64' }), { reduction });
      const labels = torch.zeros([0, 3], { dtype: 'int64' });
      expect(thrownBy(margin)).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE', message });
      for (const name of ['multilabel_margin_loss', 'multilabel_margin_loss_forward'])
        expect(thrownBy(() => aten[name](empty, labels, reduction))).toMatchObject({ message });
    }
    expect(aten.multi_margin_loss(empty, torch.zeros([0], { dtype: 'int64' }), { reduction: 0 }).shape).toEqual([0]);
    const short = () => aten.multi_margin_loss(rows(), indices(2n, 2n), { weight: torch.ones([2]) });
    expect(thrownBy(short)).toMatchObject({ name: 'TorchError', code: 'ERR_TORCH' });
  });

  it.each([
    ['ctc_loss', [target(3n), [2], [1]], 'targets: expected class indices from 0 to 2, got 3 in sequence 0'],
    [
      'ctc_loss',
      [target(1n), indices(2n), indices(-1n)],
      'target_lengths: expected lengths of at least 0, got -1 at [0]',
    ],
    ['_ctc_loss', [target(-1n), [2], [1]], 'targets: expected class indices from 0 to 2, got -1 in sequence 0'],
  ])('%s %#', (name, args, message) => {
    expect(thrownBy(() => aten[name](single, ...args))).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE', message });
  });

  it('that are valid still work', () => {
    const expected = F.ctc_loss(single, target(1n), [2], [1]).item();
    expect(aten.ctc_loss(single, target(1n), [2], [1]).item()).toBe(expected);
    expect(aten.multi_margin_loss(rows(), indices(0n, 2n), { weight: torch.ones([3]) }).item()).toBe(
      F.multi_margin_loss(rows(), indices(0n, 2n), { weight: torch.ones([3]) }).item(),
    );
    expect(aten.cross_entropy_loss(rows(), indices(0n, 2n)).item()).toBe(
      F.cross_entropy(rows(), indices(0n, 2n)).item(),
    );
    expect(thrownBy(() => aten.nll_loss_forward(logProbs(), indices(0n, 3n), null, 1, -100))).toBeInstanceOf(Error);
  });
});

it('the process and the library keep working', () => {
  expect(F.cross_entropy(torch.zeros([1, 2]), tensor([0n])).item()).toBeCloseTo(Math.LN2, 6);
});
