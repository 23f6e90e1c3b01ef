import { beforeAll, describe, expect, it } from 'vitest';
import { mindspore, type Tensor, TorchError, torch } from '../../lib/index.js';

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

  describe('an empty batch', () => {
    const labels = torch.zeros([0], { dtype: 'int64' });
    const targets = torch.zeros([0]);
    type Options = { reduction: (typeof every)[number] };
    it.each<[string, (options: Options) => Tensor]>([
      ['cross_entropy', (options) => F.cross_entropy(empty, labels, options)],
      ['nll_loss', (options) => F.nll_loss(empty, labels, options)],
      ['kl_div', (options) => F.kl_div(empty, empty, options)],
      ['binary_cross_entropy', (options) => F.binary_cross_entropy(empty, empty, options)],
      ['binary_cross_entropy_with_logits', (options) => F.binary_cross_entropy_with_logits(empty, empty, options)],
      ['l1_loss', (options) => F.l1_loss(empty, empty, options)],
      ['mse_loss', (options) => F.mse_loss(empty, empty, options)],
      ['huber_loss', (options) => F.huber_loss(empty, empty, options)],
      ['smooth_l1_loss', (options) => F.smooth_l1_loss(empty, empty, options)],
      ['poisson_nll_loss', (options) => F.poisson_nll_loss(empty, empty, options)],
      ['gaussian_nll_loss', (options) => F.gaussian_nll_loss(empty, empty, empty, options)],
      ['margin_ranking_loss', (options) => F.margin_ranking_loss(targets, targets, targets, options)],
      ['hinge_embedding_loss', (options) => F.hinge_embedding_loss(empty, empty, options)],
      ['soft_margin_loss', (options) => F.soft_margin_loss(empty, empty, options)],
      ['multilabel_soft_margin_loss', (options) => F.multilabel_soft_margin_loss(empty, empty, options)],
      ['cosine_embedding_loss', (options) => F.cosine_embedding_loss(empty, empty, targets, options)],
      ['triplet_margin_loss', (options) => F.triplet_margin_loss(empty, empty, empty, options)],
      [
        'triplet_margin_with_distance_loss',
        (options) => F.triplet_margin_with_distance_loss(empty, empty, empty, options),
      ],
    ])('of %s', (_, loss) => {
      expect(lists((reduction) => loss({ reduction }))).toEqual([[], nan, 0]);
    });

    it('has no batchmean', () => {
      expect(F.kl_div(empty, empty, { reduction: 'batchmean' }).item()).toBeNaN();
    });
  });

  it('cross entropy with all samples ignored', () => {
    const ignored = tensor([1n, 1n]);
    expect(lists((reduction) => F.cross_entropy(x, ignored, { reduction, ignore_index: 1 }))).toEqual([[0, 0], nan, 0]);
    const weight = tensor([1, 0, 1]);
    expect(F.cross_entropy(x, ignored, { weight }).item()).toBeNaN();
    expect(F.cross_entropy(x, ignored, { weight, reduction: 'sum' }).item()).toBe(0);
  });

  it('negative log-likelihood with all samples ignored, and without a batch', () => {
    const ignored = tensor([1n, 1n]);
    expect(lists((reduction) => F.nll_loss(x, ignored, { reduction, ignore_index: 1 }))).toEqual([[0, 0], nan, 0]);
    const weight = tensor([1, 0, 1]);
    const weighted = lists((reduction) => F.nll_loss(x, ignored, { reduction, weight }));
    expect(weighted.map((loss) => (Array.isArray(loss) ? loss.map(Math.abs) : loss))).toEqual([[0, 0], nan, 0]);
    const row = tensor([-0.5, -1.25, -2]);
    expect(lists((reduction) => F.nll_loss(row, tensor(1n), { reduction }))).toEqual([1.25, 1.25, 1.25]);
  });

  it('cross entropy of probabilities that do not sum to 1, or are negative', () => {
    const zeros = torch.zeros([1, 2], { dtype: 'float64' });
    const loss = F.cross_entropy(zeros, tensor([[3, -1]], { dtype: 'float64' }));
    expect(loss.item()).toBeCloseTo(2 * Math.log(2), 12);
    expect(F.cross_entropy(zeros, tensor([[0, 0]], { dtype: 'float64' })).item()).toBeCloseTo(0, 12);
  });

  it('binary cross entropy where the logarithm is undefined', () => {
    const input = tensor([0, 1, 0, 1], { requires_grad: true });
    const target = tensor([1, 0, 0, 1]);
    const losses = F.binary_cross_entropy(input, target, { reduction: 'none' });
    expect(losses.tolist().map(Math.abs)).toEqual([100, 100, 0, 0]);
    const [gradient] = torch.autograd.grad(losses.sum(), input);
    expect((gradient as typeof input).tolist().map(Math.abs)).toEqual([Math.fround(1e12), Math.fround(1e12), 0, 0]);
    expect((gradient as typeof input).tolist().map(Math.sign).slice(0, 2)).toEqual([-1, 1]);
    expect(F.binary_cross_entropy(tensor([0, 0.5]), tensor([1, 0.5])).item()).toBeCloseTo((100 + Math.LN2) / 2, 5);
    expect(() => F.binary_cross_entropy(tensor([nan]), tensor([1]))).toThrow(TorchError);
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

  it('divergence with targets of 0, below 0 and -infinity', () => {
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

    it('of a target that does not fit into its input', () => {
      const losses = F.ctc_loss(logProbs, doubled, [2, 2], [2, 2], none);
      expect(losses.tolist()[0]).toBe(inf);
      // One alignment out of nine.
      expect(losses.tolist()[1]).toBeCloseTo(Math.log(9), 5);
      const [undefinedGradient] = torch.autograd.grad(losses.sum(), logProbs);
      expect((undefinedGradient as typeof logProbs).tolist()[0]?.[0]).toEqual([nan, nan, nan]);
      expect((undefinedGradient as typeof logProbs).tolist()[0]?.[1]).not.toContain(nan);
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
      // Five of 27 paths give the labels: 1 2 and a blank in three places, 1 1 2, 1 2 2.
      expect(loss.item()).toBeCloseTo(Math.log(27 / 5), 5);
    });
  });

  it('triplets of equal points', () => {
    const points = torch.zeros([2, 4], { dtype: 'float64' });
    const far = torch.full([2, 4], 10, { dtype: 'float64' });
    const run = (margin: number) =>
      F.triplet_margin_with_distance_loss(points, points, far, { margin, reduction: 'none' });
    // The distance of equal points is 1e-6 times the square root of the 4 dimensions, that of the others about 20.
    expect(run(20.5).tolist()[0]).toBeCloseTo(0.5 + 2e-6 + 2e-6, 9);
    const cube = torch.zeros([2, 3, 4]);
    expect(F.triplet_margin_with_distance_loss(cube, cube, cube, { reduction: 'none' }).shape).toEqual([2, 3]);
  });
});

describe("MindSpore's label_smoothing of nll_loss", () => {
  // From MindSpore 2.0.0, 2.7.0 and 2.10.0 on the CPU: the mean of the smoothed part is weighted, too.
  it.each([
    [0.5, -100, 1.8012886],
    [0.5, 2, 1.8013201],
    [1, -100, 1.8364716],
    [1, 2, 1.300055],
  ])('%d with ignored label %d gives the mean %d', (label_smoothing, ignore_index, mean) => {
    const probabilities = [
      [0.2, 0.3, 0.5],
      [0.1, 0.8, 0.1],
    ];
    const input = torch.tensor(probabilities).log();
    const target = torch.tensor([2, 0], { dtype: 'int32' });
    const weight = torch.tensor([1, 2, 0.5]);
    const loss = mindspore.ops.nll_loss(input, target, { weight, ignore_index, label_smoothing });
    expect(Math.abs(loss.item() - mean)).toBeLessThan(5e-7);
  });
});
