import { describe, expect, it } from 'vitest';
import { behaviour } from '../../lib/addon/versions.js';
import { type Tensor, torch } from '../../lib/index.js';

const { tensor } = torch;
const { functional: F } = torch.nn;
const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
const every = ['none', 'mean', 'sum'] as const;
const none = { reduction: 'none' } as const;
const doubles = (values: readonly number[], requires_grad = false) =>
  tensor(values, { dtype: 'float64', requires_grad });
const labels = (values: readonly bigint[]) => tensor(values);

function gradientOf(loss: Tensor, by: Tensor): number[] {
  const [gradient] = torch.autograd.grad(loss.sum(), by);
  return Array.from((gradient as Tensor).toTypedArray(), Number);
}

describe('edge cases of margin losses', () => {
  it('margin ranking with a target of 0, and with ties', () => {
    const [first, second] = [doubles([1, 2], true), doubles([1, 2], true)];
    for (const margin of [0, 0.5, -0.5]) {
      const losses = F.margin_ranking_loss(doubles([3, -3]), second, doubles([0, 0]), { margin, ...none });
      expect(losses.tolist()).toEqual([Math.max(0, margin), Math.max(0, margin)]);
    }
    const target = doubles([1, -1]);
    const tie = () => F.margin_ranking_loss(first, second, target, { margin: 0, ...none });
    expect(tie().tolist().map(Math.abs)).toEqual([0, 0]);
    const stops = behaviour().clampStopsAtBound;
    expect(gradientOf(tie(), first)).toEqual(stops ? [-0, 0] : [-1, 1]);
    expect(gradientOf(tie(), second)).toEqual(stops ? [0, -0] : [1, -1]);
    expect(F.margin_ranking_loss(doubles([0]), doubles([0.1]), doubles([1]), none).tolist()).toEqual([0.1]);
  });

  it('hinge embedding with targets other than 1 and -1, and with an input of -infinity', () => {
    const input = doubles([0.25, 0.25, 2, -3]);
    expect(F.hinge_embedding_loss(input, doubles([0, 0.5, 0, 0]), none).tolist()).toEqual([1, 1, 2, 1]);
    expect(F.hinge_embedding_loss(input, doubles([0, 0, 0, 0]), { margin: -1, ...none }).tolist()).toEqual([
      0.25, 0.25, 2, -1,
    ]);
    expect(F.hinge_embedding_loss(tensor([-inf, inf]), tensor([1, -1]), none).tolist()).toEqual([-inf, 0]);
    expect(F.hinge_embedding_loss(tensor([nan, nan]), tensor([1, -1]), none).tolist()).toEqual([nan, nan]);
  });

  it('soft margin beyond the largest exponential, and with arbitrary targets', () => {
    const [input, target] = [tensor([88, 89, 1000, 1000]), tensor([-1, -1, -1, 1])];
    const losses = F.soft_margin_loss(input, target, none).tolist();
    expect(losses[0]).toBeCloseTo(88, 4);
    expect(losses.slice(1)).toEqual([inf, inf, 0]);
    const numbers = F.soft_margin_loss(doubles([2, 2, 2]), doubles([0, 0.5, -3]), none).tolist();
    for (const [index, product] of [0, 1, -6].entries()) {
      expect(numbers[index]).toBeCloseTo(Math.log1p(Math.exp(-product)), 12);
    }
  });

  describe('margin of several labels', () => {
    const scores = doubles([0.1, 0.2, 0.4, 0.8]);
    const run = (target: readonly bigint[]) => F.multilabel_margin_loss(scores, labels(target)).item();

    it('none, all or some of the classes', () => {
      expect(run([-1n, -1n, -1n, -1n])).toBe(0);
      expect(run([0n, 1n, 2n, 3n])).toBe(0);
      expect(run([3n, 0n, -1n, 1n])).toBeCloseTo(0.85, 12);
    });

    it('with one repeated, or after the first -1', () => {
      const once = (0.3 + 0.4 + 0.6) / 4;
      expect(run([3n, -1n, -1n, -1n])).toBeCloseTo(once, 12);
      expect(run([3n, 3n, -1n, -1n])).toBeCloseTo(2 * once, 12);
      expect(run([3n, -1n, 0n, 1n])).toBeCloseTo(once, 12);
    });

    it('with and without a batch', () => {
      const target = labels([3n, 0n, -1n, 1n]);
      for (const reduction of every) expect(F.multilabel_margin_loss(scores, target, { reduction }).shape).toEqual([]);
      expect(F.multilabel_margin_loss(tensor(0.5), tensor(0n)).item()).toBe(0);
      const input = tensor([
        [0.1, 0.2, 0.3, 0.4],
        [0.1, 0.2, 0.4, 0.8],
      ]);
      const both = F.multilabel_margin_loss(
        input,
        tensor([
          [2n, 1n, -1n, 1n],
          [3n, 0n, -1n, 1n],
        ]),
        none,
      ).tolist();
      expect(both[0]).toBeCloseTo(1, 6);
      expect(both[1]).toBeCloseTo(0.85, 6);
    });
  });

  describe('soft margin of several labels', () => {
    it('of large scores', () => {
      const [input, target] = [
        tensor([
          [100, -100],
          [1000, -1000],
        ]),
        tensor([
          [0, 1],
          [0, 1],
        ]),
      ];
      expect(F.multilabel_soft_margin_loss(input, target, none).tolist()).toEqual([100, 1000]);
      const right = F.multilabel_soft_margin_loss(
        input,
        tensor([
          [1, 0],
          [1, 0],
        ]),
        none,
      );
      for (const loss of right.tolist()) expect(loss).toBeCloseTo(0, 40);
    });

    it('without classes', () => {
      const empty = torch.zeros([0]);
      for (const reduction of every) {
        expect(F.multilabel_soft_margin_loss(empty, empty, { reduction }).item()).toBeNaN();
      }
    });

    it('in float64', () => {
      const loss = F.multilabel_soft_margin_loss(doubles([0.1]), doubles([0]), none).item();
      expect(loss).toBeCloseTo(Math.log1p(Math.exp(0.1)), 15);
    });
  });

  describe('margin of one label', () => {
    const scores = doubles([0.1, 0.2, 0.4, 0.8]);

    it('that is negative', () => {
      const run = (label: bigint, margin: number, p: 1 | 2 = 1) =>
        F.multi_margin_loss(scores, tensor(label), { margin, p }).item();
      expect(run(3n, -0.1)).toBe(0);
      expect(run(0n, -0.15)).toBeCloseTo((0.15 + 0.55) / 4, 12);
      expect(run(0n, -0.15, 2)).toBeCloseTo((0.15 ** 2 + 0.55 ** 2) / 4, 12);
    });

    it('without a batch', () => {
      expect(F.multi_margin_loss(scores, tensor(3n), none).shape).toEqual([]);
      expect(F.multi_margin_loss(scores, tensor([3n]) as never, none).shape).toEqual([1]);
      expect(F.multi_margin_loss(scores, tensor(3n)).item()).toBeCloseTo((0.3 + 0.4 + 0.6) / 4, 12);
    });

    it('of a single class, or NaN', () => {
      expect(F.multi_margin_loss(tensor([[0.5]]), labels([0n])).item()).toBe(0);
      expect(F.multi_margin_loss(tensor([[-inf, 0]]), labels([0n])).item()).toBe(inf);
    });
  });

  describe('cosine embedding', () => {
    const [a, b] = [
      [
        [0.3, 0.8],
        [0.4, 0.3],
      ],
      [
        [0.4, 1.2],
        [-0.4, -0.9],
      ],
    ];
    const pair = (x: Tensor, y: Tensor, target: number, options = {}) =>
      F.cosine_embedding_loss(x as Tensor<[1, 2]>, y as Tensor<[1, 2]>, tensor([target]), options).item();

    it('of zeros and of short vectors', () => {
      const zeros = torch.zeros([1, 2]);
      expect(pair(zeros, zeros, 1)).toBe(1);
      expect(pair(zeros, torch.ones([1, 2]), 1)).toBe(1);
      expect(pair(zeros, zeros, -1)).toBe(0);
      const short = tensor([[1e-7, 0]], { dtype: 'float64' });
      expect(pair(short, short, 1)).toBeCloseTo(0.990099, 6);
    });

    it('with targets other than 1 and -1', () => {
      for (const target of [0, 0.5, 2]) expect(pair(torch.ones([1, 2]), torch.ones([1, 2]), target)).toBe(0);
    });

    it('with margins beyond the range of cosines', () => {
      const ones = tensor([[3, 4]], { dtype: 'float64' });
      expect(pair(ones, ones, -1, { margin: -2 })).toBeCloseTo(3, 11);
      expect(pair(ones, ones, -1, { margin: 2 })).toBe(0);
    });

    it("of MindSpore's example, whose cosine is nearly 1, to the precision of the dtype", () => {
      for (const [dtype, epsilon] of [
        ['float64', 2 ** -52],
        ['float32', 2 ** -23],
      ] as const) {
        const loss = F.cosine_embedding_loss(tensor(a, { dtype }), tensor(b, { dtype }), tensor([1, -1]));
        expect(loss.dtype).toBe(dtype);
        // Half of 1 - cos, where the cosine is off by a few units in the last place.
        expect(Math.abs(loss.item() - 0.00034258311711488076)).toBeLessThanOrEqual(2 * epsilon);
      }
    });
  });

  describe('triplets', () => {
    const [anchor, positive, negative] = [doubles([1, 2, 3]), doubles([1, 2, 4]), doubles([0, 2, 0])];

    it('of three dimensions, with the distance over the last', () => {
      const cube = torch.zeros([2, 3, 4]);
      const losses = F.triplet_margin_loss(cube, cube, cube, none);
      expect(losses.shape).toEqual([2, 3]);
      expect(losses.tolist()).toEqual([
        [1, 1, 1],
        [1, 1, 1],
      ]);
    });

    it('with p = 0, which counts the elements that differ, or infinite p', () => {
      const run = (p: number, eps: number, margin: number) =>
        F.triplet_margin_loss(anchor, positive, negative, { p, eps, margin }).item();
      expect(run(0, 0, 3)).toBe(1 - 2 + 3);
      // All elements differ by at least eps.
      expect(run(0, 1e-6, 3)).toBe(3);
      expect(run(inf, 0, 3)).toBe(1 - 3 + 3);
      expect(run(1, 0, 4)).toBe(1 - 4 + 4);
    });

    it('of equal points, with a finite gradient', () => {
      const [x, y, z] = [1, 2, 3].map(() => doubles([1, 1, 1, 1], true)) as [Tensor<[4]>, Tensor<[4]>, Tensor<[4]>];
      const run = (eps?: number) => F.triplet_margin_loss(x, y, z, { eps });
      expect(run().item()).toBe(1);
      for (const [by, expected] of [
        [x, 0],
        [y, -0.5],
        [z, 0.5],
      ] as const) {
        for (const gradient of gradientOf(run(), by)) expect(gradient).toBeCloseTo(expected, 6);
        expect(gradientOf(run(0), by).map(Math.abs)).toEqual([0, 0, 0, 0]);
      }
    });

    it('with an explicit distance function, in float64', () => {
      const distance_function = (a: Tensor, b: Tensor) => a.sub(b).abs().sum({ dim: -1 });
      const [x, y] = [doubles([0.1, 0]), doubles([0, 0])];
      const loss = F.triplet_margin_with_distance_loss(x, y, y, { distance_function, margin: 0.3 });
      expect(loss.item()).toBeCloseTo(0.3, 15);
      expect(loss.dtype).toBe('float64');
    });
  });
});
