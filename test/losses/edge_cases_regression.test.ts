import { describe, expect, it } from 'vitest';
import { type Tensor, torch } from '../../lib/index.js';
import { libtorch } from '../../lib/addon/native.js';
import { behaviour } from '../../lib/addon/versions.js';

const { tensor } = torch;
const { functional: F } = torch.nn;
const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
const none = { reduction: 'none' } as const;
/** Losses of two tensors with the same kind of call. */
type ErrorLoss = (input: Tensor, target: Tensor, options?: { reduction: 'none' | 'sum' }) => Tensor;
const l1 = F.l1_loss as ErrorLoss;
const mse = F.mse_loss as ErrorLoss;
const huber = F.huber_loss as ErrorLoss;
const smoothL1 = F.smooth_l1_loss as ErrorLoss;
const doubles = (values: readonly number[], requires_grad = false) =>
  tensor(values, { dtype: 'float64', requires_grad });

/** The gradient of the sum of losses with respect to one of their inputs. */
function gradientOf(losses: Tensor, by: Tensor): number[] {
  const [gradient] = torch.autograd.grad(losses.sum(), by);
  return Array.from((gradient as Tensor).toTypedArray(), Number);
}

describe('edge cases of regression losses', () => {
  it('NaN and infinity propagate', () => {
    const [input, target] = [tensor([nan, inf, -inf, inf, 1]), tensor([1, 1, 1, inf, 1])];
    expect(F.l1_loss(input, target, none).tolist()).toEqual([nan, inf, inf, nan, 0]);
    expect(F.mse_loss(input, target, none).tolist()).toEqual([nan, inf, inf, nan, 0]);
    expect(F.huber_loss(input, target, none).tolist()).toEqual([nan, inf, inf, nan, 0]);
    for (const loss of [l1, mse, huber]) {
      expect(loss(input, target).item()).toBeNaN();
      expect(loss(tensor([inf]), tensor([0]), { reduction: 'sum' }).item()).toBe(inf);
    }
  });

  it('the gradient where the inputs agree is 0', () => {
    for (const loss of [l1, mse, huber, smoothL1]) {
      const [input, target] = [doubles([1, -2], true), doubles([1, -2], true)];
      const losses = loss(input, target, none);
      expect(losses.tolist()).toEqual([0, 0]);
      expect(gradientOf(losses, input).map(Math.abs)).toEqual([0, 0]);
      expect(gradientOf(loss(input, target, none), target).map(Math.abs)).toEqual([0, 0]);
    }
    // LibTorch itself gives 1 or -1, as did PyTorch before 2.1.
    const input = doubles([0.5], true);
    const [gradient] = gradientOf(F.smooth_l1_loss(input, doubles([0.5]), { beta: 0 }), input);
    expect(Math.abs(gradient as number)).toBe(/^(1|2\.0)\./.test(libtorch().version) ? 1 : 0);
  });

  it('float64 keeps its precision', () => {
    const [zero, tenth] = [doubles([0]), doubles([0.1])];
    expect(F.l1_loss(tenth, zero, none).tolist()).toEqual([0.1]);
    expect(F.mse_loss(tenth, zero, none).tolist()).toEqual([0.1 * 0.1]);
    expect(F.huber_loss(doubles([2.1]), zero, none).tolist()).toEqual([2.1 - 0.5]);
    expect(F.smooth_l1_loss(doubles([2.1]), zero, none).tolist()).toEqual([2.1 - 0.5]);
    expect(F.poisson_nll_loss(tenth, zero, { log_input: false, ...none }).tolist()).toEqual([0.1]);
    expect(F.gaussian_nll_loss(doubles([0.3]), zero, doubles([1]), none).tolist()[0]).toBe(0.5 * (0.3 * 0.3));
    for (const reduction of ['mean', 'sum'] as const) {
      expect(F.l1_loss(tenth, zero, { reduction }).item()).toBe(0.1);
      expect(F.poisson_nll_loss(tenth, zero, { log_input: false, reduction }).item()).toBe(0.1);
    }
  });

  it('Huber changes from quadratic to linear at delta', () => {
    for (const delta of [0.5, 1, 2]) {
      const input = doubles([-delta, delta, 2 * delta, -delta / 2], true);
      const losses = F.huber_loss(input, doubles([0, 0, 0, 0]), { delta, ...none });
      const square = delta * delta;
      expect(losses.tolist()).toEqual([square / 2, square / 2, 1.5 * square, square / 8]);
      expect(gradientOf(losses, input)).toEqual([-delta, delta, delta, -delta / 2]);
    }
    const infinite = F.huber_loss(doubles([3]), doubles([0]), { delta: inf });
    expect(infinite.item()).toBe(4.5);
  });

  describe('Poisson', () => {
    it('of rates whose logarithm is undefined', () => {
      const rates = { log_input: false, eps: 0, ...none } as const;
      expect(F.poisson_nll_loss(tensor([-1]), tensor([1]), { ...rates, eps: 1e-8 }).tolist()).toEqual([nan]);
      expect(F.poisson_nll_loss(tensor([0]), tensor([1]), rates).tolist()).toEqual([inf]);
      expect(F.poisson_nll_loss(tensor([0]), tensor([0]), rates).tolist()).toEqual([nan]);
      expect(F.poisson_nll_loss(doubles([0]), doubles([1]), { log_input: false }).item()).toBeCloseTo(
        -Math.log(1e-8),
        12,
      );
    });

    it("with Stirling's term only above 1", () => {
      const counts = [0, 0.5, 1, 1.5, 2, 5];
      const run = (full: boolean) =>
        F.poisson_nll_loss(doubles(counts.map(() => 0)), doubles(counts), { full, ...none });
      expect(run(false).tolist()).toEqual(counts.map(() => 1));
      const terms = run(true)
        .tolist()
        .map((loss) => loss - 1);
      const stirling = (n: number) => n * Math.log(n) - n + 0.5 * Math.log(2 * Math.PI * n);
      for (const [index, count] of counts.entries()) {
        expect(terms[index]).toBeCloseTo(count > 1 ? stirling(count) : 0, 12);
      }
      // The term of 2 is 0.65181, the exact logarithm of the factorial 0.69315.
      expect(terms[4]).toBeCloseTo(0.651806, 6);
    });
  });

  describe('Gauss', () => {
    it('with a variance of 0, and with one below eps', () => {
      const [input, target] = [doubles([0, 0], true), doubles([2, 2])];
      const variances = doubles([0, 1e-9], true);
      const losses = F.gaussian_nll_loss(input, target, variances, none);
      const expected = 0.5 * (Math.log(1e-6) + 4 / 1e-6);
      for (const loss of losses.tolist()) expect(loss / expected).toBeCloseTo(1, 12);
      // As if nothing had been clamped: (1 / v - 4 / v²) / 2 at the clamped variance. For two, -4e12.
      const gradients = gradientOf(losses, variances);
      expect(gradients[0]).toBe(gradients[1]);
      expect((gradients[0] as number) + (gradients[1] as number)).toBeCloseTo(1e6 - 4e12, -3);
      expect(variances.tolist()).toEqual([0, 1e-9]);
      const larger = F.gaussian_nll_loss(input, target, variances, { eps: 4, ...none }).tolist();
      expect(larger[0]).toBeCloseTo(0.5 * (Math.log(4) + 1), 12);
    });

    it('with a variance of 1e-9 for the sum of two errors of 2', () => {
      const variance = doubles([1e-9], true);
      const grid = (values: readonly (readonly number[])[]) => tensor(values, { dtype: 'float64' });
      const loss = F.gaussian_nll_loss(grid([[0, 0]]), grid([[2, 2]]), variance, { reduction: 'sum' });
      expect((gradientOf(loss, variance)[0] as number) / -4e12).toBeCloseTo(1, 6);
    });

    it('with a negative variance, which is refused, and with a number', () => {
      const run = (variance: unknown) => F.gaussian_nll_loss(tensor([0.5]), tensor([1]), variance as Tensor<[1]>);
      expect(() => run(tensor([-1e-9]))).toThrow(RangeError);
      if (behaviour().numberAsVariance) {
        expect(run(2).item()).toBe(run(tensor([2])).item());
        expect(() => run(-1)).toThrow(RangeError);
      } else {
        expect(() => run(2)).toThrow(TypeError);
      }
    });

    it('adds half the logarithm of 2π with full', () => {
      const run = (full: boolean) => F.gaussian_nll_loss(doubles([1]), doubles([1]), doubles([1]), { full }).item();
      expect([run(false), run(true)]).toEqual([0, 0.5 * Math.log(2 * Math.PI)]);
    });
  });
});
