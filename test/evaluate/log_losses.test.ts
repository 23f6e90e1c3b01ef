/**
 * Losses with exponentials or logarithms, which evaluate computes in one pass over the tensors: each element's loss is within
 * 1 ulp of float32 of the loss in float64, sums are the same for every split into batches, and what is not finite is what
 * LibTorch gives.
 */
import { describe, expect, it } from 'vitest';
import { libtorch } from '../../lib/addon/native.js';
import { evaluate } from '../../lib/evaluate/index.js';
import type { Tensor } from '../../lib/tensor/tensor.js';
import * as torch from '../../lib/torch/index.js';

const { binary_cross_entropy_with_logits, kl_div } = torch.nn.functional;
// biome-ignore lint/suspicious/noExplicitAny: losses with options of their own
type Any = any;

/** A loss with options, random targets of a shape, and the loss of an element in float64. */
interface Case {
  loss: (...args: Any[]) => Tensor;
  options: Readonly<Record<string, unknown>>;
  targets: (shape: number[]) => Tensor;
  exact: (input: number, target: number) => number;
}

const CASES: Readonly<Record<string, Case>> = {
  binary_cross_entropy_with_logits: {
    loss: binary_cross_entropy_with_logits,
    options: {},
    targets: (shape) => torch.rand(shape),
    exact: (x, t) => (x > 0 ? 1 - t : t) * Math.abs(x) + Math.log1p(Math.exp(-Math.abs(x))),
  },
  'binary_cross_entropy_with_logits of classes': {
    loss: binary_cross_entropy_with_logits,
    options: {},
    targets: (shape) => torch.rand(shape).round(),
    exact: (x, t) => (x > 0 ? 1 - t : t) * Math.abs(x) + Math.log1p(Math.exp(-Math.abs(x))),
  },
  kl_div: {
    loss: kl_div,
    options: { reduction: 'sum' },
    targets: (shape) => torch.rand(shape),
    exact: (x, t) => t * (Math.log(t) - x),
  },
  'kl_div of small probabilities': {
    loss: kl_div,
    options: { reduction: 'sum' },
    targets: (shape) => torch.exp(torch.randn(shape).abs().mul(-25)),
    exact: (x, t) => (t === 0 ? 0 : t * (Math.log(t) - x)),
  },
  'kl_div of logarithms': {
    loss: kl_div,
    options: { reduction: 'sum', log_target: true },
    targets: (shape) => torch.randn(shape).mul(20),
    exact: (x, t) => Math.exp(t) * (t - x),
  },
};

const numbers = (tensor: Tensor) => Array.from(tensor.toTypedArray(), Number);

/** The distance of neighboring float32 numbers at a size. */
const ulp = (size: number) => 2 ** (Math.max(-126, Math.floor(Math.log2(size))) - 23);

const perSample = async (
  [loss, options]: [Case['loss'], Readonly<Record<string, unknown>>],
  tensors: [Tensor, Tensor],
  batch_size = 100_000,
) => {
  const { perSample } = await evaluate([loss, options], tensors, { per_sample: true, reduction: 'sum', batch_size });
  return [...(perSample as Float64Array)];
};

describe.each(Object.entries(CASES))('%s', (_, { loss, options, targets, exact }) => {
  it.each([0.1, 1, 10, 80])('of inputs of about %d', async (scale) => {
    torch.manual_seed(3);
    const input = torch.randn([5001]).mul(scale);
    const target = targets([5001]);
    const losses = await perSample([loss, options], [input, target]);
    const given = numbers(target);
    for (const [index, x] of numbers(input).entries()) {
      const expected = exact(x, given[index] as number);
      expect(Math.abs((losses[index] as number) - expected)).toBeLessThanOrEqual(ulp(Math.abs(expected)));
    }
  });

  it.each([[[33, 5]], [[9, 1000]], [[2, 3, 41]], [[3, 70_001]]])('of a shape of %j', async (shape) => {
    torch.manual_seed(4);
    const tensors: [Tensor, Tensor] = [torch.randn(shape), targets(shape)];
    const losses = await perSample([loss, options], tensors);
    const [inputs, given] = tensors.map(numbers) as [number[], number[]];
    const width = inputs.length / losses.length;
    const each = inputs.map((x, index) => exact(x, given[index] as number));
    for (const [sample, sum] of losses.entries()) {
      const elements = each.slice(sample * width, (sample + 1) * width);
      const size = elements.reduce((total, element) => total + Math.abs(element), 0);
      const expected = elements.reduce((total, element) => total + element, 0);
      expect(Math.abs(sum - expected)).toBeLessThanOrEqual(1e-7 * size);
    }
    expect(await perSample([loss, options], tensors, 2)).toEqual(losses);
  });

  it('gives what LibTorch gives where infinities and other odd numbers meet', async () => {
    const odd = [0, 1, -1, 0.5, 2, 89, 1e3, -1e3, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN];
    const pairs = odd.flatMap((x) => odd.map((t) => [x, t] as const));
    const tensors: [Tensor, Tensor] = [torch.tensor(pairs.map(([x]) => x)), torch.tensor(pairs.map(([, t]) => t))];
    const losses = await perSample([loss, options], tensors);
    const expected = numbers(loss(...tensors, { ...options, reduction: 'none' }));
    // LibTorch 1.13 subtracts one infinity from another where newer ones have infinity: a logit of -Infinity, and a target that
    // is no probability.
    const older = libtorch().minor === '1.13' && loss === binary_cross_entropy_with_logits;
    for (const [index, value] of expected.entries()) {
      const title = `${pairs[index]}`;
      const [x, t] = pairs[index] as readonly [number, number];
      if (older && x === Number.NEGATIVE_INFINITY && t > 1) {
        expect(value, title).toBe(Number.NaN);
        expect(losses[index], title).toBe(Number.POSITIVE_INFINITY);
      } else if (Number.isFinite(value)) {
        expect(Math.abs((losses[index] as number) - value), title).toBeLessThanOrEqual(4e-6 + 1e-6 * Math.abs(value));
      } else {
        expect(losses[index], title).toBe(value);
      }
    }
  });
});

describe('the weights of binary_cross_entropy_with_logits', () => {
  it.each([
    [[40], []],
    [[40], [1]],
    [[40], [40]],
    [[40, 5], [5]],
    [
      [40, 5],
      [1, 5],
    ],
    [
      [40, 5],
      [40, 1],
    ],
    [
      [40, 5],
      [40, 5],
    ],
    [[40, 700], [700]],
    [[40, 700], [1]],
    [
      [40, 700],
      [40, 700],
    ],
    [
      [6, 7, 30],
      [7, 30],
    ],
    [[6, 7, 30], [30]],
    [[2, 70_001], [70_001]],
    [
      [2, 70_001],
      [2, 70_001],
    ],
  ])('of a shape of %j may have the shape %j', async (shape, own) => {
    torch.manual_seed(5);
    const tensors: [Tensor, Tensor] = [torch.randn(shape), torch.rand(shape)];
    for (const names of [['weight'], ['pos_weight'], ['weight', 'pos_weight']]) {
      const options = Object.fromEntries(names.map((name) => [name, torch.rand(own).add(0.5)]));
      const losses = await perSample([binary_cross_entropy_with_logits, options], tensors);
      const wide = Object.fromEntries(Object.entries(options).map(([name, weight]) => [name, weight.double()]));
      const [input, target] = tensors.map((tensor) => tensor.double()) as [Tensor, Tensor];
      const each = binary_cross_entropy_with_logits(input, target, { ...wide, reduction: 'none' });
      const expected = numbers(each.reshape([shape[0] as number, -1]).sum(1));
      for (const [index, value] of expected.entries()) {
        expect(Math.abs((losses[index] as number) - value)).toBeLessThanOrEqual(1e-7 * value);
      }
      expect(await perSample([binary_cross_entropy_with_logits, options], tensors, 1 + (losses.length >> 1))).toEqual(
        losses,
      );
    }
  });
});

it('also classifies logits', async () => {
  const input = torch.tensor([
    [2, -1],
    [-3, 1],
    [0.5, 4],
  ]);
  const target = torch.tensor(
    [
      [1, 0],
      [1, 1],
      [0, 1],
    ],
    { dtype: 'float32' },
  );
  const { loss, classification } = await evaluate(binary_cross_entropy_with_logits, [input, target], {
    classification: true,
  });
  expect(loss).toBeCloseTo(binary_cross_entropy_with_logits(input, target).item(), 6);
  const counts = classification?.classes.map(({ class: label, targets, predicted, correct }) => [
    label,
    targets,
    predicted,
    correct,
  ]);
  expect(counts).toEqual([
    [0, 2, 2, 1],
    [1, 4, 4, 3],
  ]);
});
