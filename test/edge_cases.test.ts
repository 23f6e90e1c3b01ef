import { beforeAll, describe, expect, it } from 'vitest';
import { type Tensor, torch } from '../lib/index.js';

const { tensor } = torch;

describe('edge cases', () => {
  const { functional: F } = torch.nn;
  const every = ['none', 'mean', 'sum'] as const;
  const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
  const lists = (loss: (reduction: (typeof every)[number]) => Tensor) =>
    every.map((reduction) => loss(reduction).tolist());
  const empty = torch.zeros([0, 3]);
  const x = tensor([
    [0.1, 0.7, -0.2],
    [1.5, -0.3, 0.4],
  ]);

  it('an empty batch', () => {
    const labels = torch.zeros([0], { dtype: 'int64' });
    expect(lists((reduction) => F.cross_entropy(empty, labels, { reduction }))).toEqual([[], nan, 0]);
    expect(lists((reduction) => F.smooth_l1_loss(empty, empty, { reduction }))).toEqual([[], nan, 0]);
    expect(lists((reduction) => F.kl_div(empty, empty, { reduction }))).toEqual([[], nan, 0]);
    expect(F.kl_div(empty, empty, { reduction: 'batchmean' }).item()).toBeNaN();
    expect(lists((reduction) => F.binary_cross_entropy_with_logits(empty, empty, { reduction }))).toEqual([[], nan, 0]);
    expect(lists((reduction) => F.triplet_margin_with_distance_loss(empty, empty, empty, { reduction }))).toEqual([
      [],
      nan,
      0,
    ]);
  });

  it('cross entropy without a sample that counts', () => {
    const ignored = tensor([1n, 1n]);
    expect(lists((reduction) => F.cross_entropy(x, ignored, { reduction, ignore_index: 1 }))).toEqual([[0, 0], nan, 0]);
    const weight = tensor([1, 0, 1]);
    expect(F.cross_entropy(x, ignored, { weight }).item()).toBeNaN();
    expect(F.cross_entropy(x, ignored, { weight, reduction: 'sum' }).item()).toBe(0);
  });

  it('tensors without a batch', () => {
    const expected = Math.log(Math.exp(0.1) + Math.exp(0.7) + Math.exp(-0.2)) - 0.7;
    for (const loss of lists((reduction) => F.cross_entropy(tensor([0.1, 0.7, -0.2]), tensor(1n), { reduction }))) {
      expect(loss).toBeCloseTo(expected, 6);
    }
    const zero = torch.tensor(0.5);
    expect(lists((reduction) => F.smooth_l1_loss(zero, tensor(2.5), { reduction }))).toEqual([1.5, 1.5, 1.5]);
    const [p, q] = [tensor(Math.log(0.5)), tensor(0.25)];
    const divergence = 0.25 * (Math.log(0.25) - Math.log(0.5));
    for (const reduction of [...every, 'batchmean'] as const) {
      expect(F.kl_div(p, q, { reduction }).item()).toBeCloseTo(divergence, 6);
    }
  });

  it('large and infinite logits', () => {
    expect(F.cross_entropy(tensor([[1000, 0]]), tensor([1n])).item()).toBe(1000);
    const target = tensor([0, 1]);
    expect(F.binary_cross_entropy_with_logits(tensor([100, 1000]), target, { reduction: 'none' }).tolist()).toEqual([
      100, 0,
    ]);
    expect(F.binary_cross_entropy_with_logits(tensor([inf]), tensor([1])).item()).toBeNaN();
    expect(F.binary_cross_entropy_with_logits(tensor([-inf]), tensor([0])).item()).toBeNaN();
    expect(F.binary_cross_entropy_with_logits(tensor([0.5]), tensor([2])).item()).toBeLessThan(0.5);
  });

  it('NaN', () => {
    const bad = tensor([nan, 1]);
    expect(F.smooth_l1_loss(bad, tensor([1, 1]), { reduction: 'none' }).tolist()).toEqual([nan, 0]);
    expect(F.kl_div(bad, tensor([0.5, 0]), { reduction: 'none' }).tolist()).toEqual([nan, 0]);
    expect(F.binary_cross_entropy_with_logits(bad, tensor([1, 1])).item()).toBeNaN();
    expect(F.cross_entropy(tensor([[nan, 1]]), tensor([1n])).item()).toBeNaN();
  });

  it('divergence of targets of 0, below 0 and of -infinity', () => {
    const none = { reduction: 'none' } as const;
    expect(F.kl_div(tensor([-1]), tensor([0]), none).tolist()).toEqual([0]);
    expect(F.kl_div(tensor([-inf]), tensor([0]), none).tolist()).toEqual([nan]);
    expect(F.kl_div(tensor([-1]), tensor([-0.5]), none).tolist()).toEqual([nan]);
    expect(F.kl_div(tensor([-1]), tensor([-inf]), { ...none, log_target: true }).tolist()).toEqual([nan]);
  });

  it('smooth L1 with a beta of 0 or infinite', () => {
    const [a, b] = [tensor([1, 2, 3]), tensor([1, 0, 3.5])];
    expect(F.smooth_l1_loss(a, b, { beta: 0, reduction: 'none' }).tolist()).toEqual([0, 2, 0.5]);
    expect(F.smooth_l1_loss(a, b, { beta: inf, reduction: 'none' }).tolist()).toEqual([0, 0, 0]);
  });

  describe('CTC', () => {
    let logProbs: Tensor<readonly [3, 2, 3], 'float32'>;
    beforeAll(() => {
      logProbs = torch.zeros([3, 2, 3]).log_softmax({ dim: 2 }).detach().requires_grad_();
    });
    const none = { reduction: 'none' } as const;
    // Two equal labels need a blank between them.
    const doubled = tensor([
      [1n, 1n],
      [1n, 2n],
    ]);

    it('of a target that does not fit its input', () => {
      const losses = F.ctc_loss(logProbs, doubled, [2, 2], [2, 2], none);
      expect(losses.tolist()[0]).toBe(inf);
      // One alignment of nine.
      expect(losses.tolist()[1]).toBeCloseTo(Math.log(9), 5);
      const zeroed = F.ctc_loss(logProbs, doubled, [2, 2], [2, 2], { ...none, zero_infinity: true });
      expect(zeroed.tolist()[0]).toBe(0);
      const [gradient] = torch.autograd.grad(zeroed.sum(), logProbs);
      expect((gradient as typeof logProbs).tolist().map((step) => step[0])).toEqual([
        [0, 0, 0],
        [0, 0, 0],
        [0, 0, 0],
      ]);
      expect(F.ctc_loss(logProbs, doubled, [2, 2], [2, 2], { zero_infinity: true }).item()).toBeCloseTo(
        Math.log(9) / 4,
        5,
      );
    });

    it('of an empty target, and of padding', () => {
      const losses = F.ctc_loss(logProbs, doubled, [3, 3], [0, 1], none).tolist();
      expect(losses[0]).toBeCloseTo(3 * Math.log(3), 5);
      const padded = tensor([
        [1n, 1n],
        [1n, 0n],
      ]);
      expect(F.ctc_loss(logProbs, padded, [3, 3], [0, 1], none).tolist()).toEqual(losses);
    });

    it('without a batch', () => {
      const one = torch.zeros([3, 3]).log_softmax({ dim: 1 });
      const loss = F.ctc_loss(one, tensor([1n, 2n]), [3], [2], none);
      expect(loss.shape).toEqual([]);
      // Of 27 paths five give the labels: 1 2 and a blank in three places, 1 1 2, 1 2 2.
      expect(loss.item()).toBeCloseTo(Math.log(27 / 5), 5);
    });
  });

  it('triplets of equal points', () => {
    const points = torch.zeros([2, 4], { dtype: 'float64' });
    const far = torch.full([2, 4], 10, { dtype: 'float64' });
    const run = (margin: number) =>
      F.triplet_margin_with_distance_loss(points, points, far, { margin, reduction: 'none' });
    // The distance of equal points is 1e-6 times the root of their 4 dimensions, that of the others about 20.
    expect(run(20.5).tolist()[0]).toBeCloseTo(0.5 + 2e-6 + 2e-6, 9);
    const cube = torch.zeros([2, 3, 4]);
    expect(F.triplet_margin_with_distance_loss(cube, cube, cube, { reduction: 'none' }).shape).toEqual([2, 3]);
  });
});
