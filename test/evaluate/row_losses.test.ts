/**
 * Losses of rows of scores that evaluate computes in one pass over each row, the same for every split into batches: cross
 * entropy within 1 ulp of float32 of the loss in float64, and `nll_loss` with the bits of LibTorch's operator.
 */
import { describe, expect, it } from 'vitest';
import { evaluate } from '../../lib/evaluate/index.js';
import type { Tensor } from '../../lib/tensor/tensor.js';
import * as torch from '../../lib/torch/index.js';

const { cross_entropy, nll_loss } = torch.nn.functional;

/** The losses in float64: with the target's score subtracted from each, the logarithm of 1 plus the others' exponentials. */
function reference(rows: readonly number[][], targets: readonly number[]): number[] {
  return rows.map((row, index) => {
    const target = targets[index] as number;
    const own = row[target] as number;
    const most = Math.max(...row);
    const others = row.filter((_, column) => column !== target);
    if (own === most) return Math.log1p(others.reduce((sum, score) => sum + Math.exp(score - own), 0));
    return Math.log(row.reduce((sum, score) => sum + Math.exp(score - most), 0)) + (most - own);
  });
}

/** The distance of neighboring float32 numbers at a size. */
const ulp = (size: number) => 2 ** (Math.max(-126, Math.floor(Math.log2(size))) - 23);

/** Random scores, of which the largest of some rows is the target's, by far in some. */
function makeRows(classes: number, scale: number): [Tensor, Tensor] {
  const rows = 40;
  torch.manual_seed(classes);
  const input = torch.randn([rows, classes], { dtype: 'float32' }).mul(scale);
  const target = torch.randint(0, classes, [rows]);
  const best = input.argmax({ dim: 1 }).narrow(0, 0, 20);
  target.narrow(0, 0, 20).copy_(best);
  input.narrow(0, 0, 10).scatter_add_(1, best.narrow(0, 0, 10).unsqueeze(1), torch.full([10, 1], 20));
  return [input, target];
}

const perSample = async (
  tensors: [Tensor, Tensor],
  options: { weight?: Tensor; ignore_index?: number } = {},
  batch_size = 1000,
) => {
  const { perSample } = await evaluate([cross_entropy, options], tensors, { per_sample: true, batch_size });
  return [...(perSample as Float64Array)];
};

describe.each([2, 10, 16, 33, 257, 4001])('cross_entropy of %i classes', (classes) => {
  it.each([1, 10, 60, 1e4])('of scores of about %d', async (scale) => {
    const tensors = makeRows(classes, scale);
    const [input, target] = tensors;
    const losses = await perSample(tensors);
    const targets = [...target.toTypedArray()].map(Number);
    const expected = reference(input.tolist() as number[][], targets);
    for (const [index, loss] of losses.entries()) {
      const exact = expected[index] as number;
      expect(Math.abs(loss - exact)).toBeLessThanOrEqual(ulp(exact));
    }
    expect(await perSample(tensors, {}, 7)).toEqual(losses);
  });

  it('with weights and an ignored class, as LibTorch computes them', async () => {
    const [input, target] = makeRows(classes, 3);
    const options = { weight: torch.rand([classes]), ignore_index: 1 };
    const losses = await perSample([input, target], options);
    const expected = cross_entropy(input, target, { ...options, reduction: 'none' }).toTypedArray() as Float32Array;
    for (const [index, loss] of losses.entries()) {
      expect(Math.abs(loss - (expected[index] as number))).toBeLessThanOrEqual(1e-6 + 1e-6 * Math.abs(loss));
    }
  });
});

it.each([
  [[Number.NaN, 0, 1], 1],
  [[0, 1, 2, Number.NaN, ...Array.from({ length: 30 }, () => 1)], 17],
  [[0, Number.POSITIVE_INFINITY, 1], 0],
  [[0, Number.POSITIVE_INFINITY, 1], 1],
  [[0, Number.NEGATIVE_INFINITY, 1], 1],
  [[0, Number.NEGATIVE_INFINITY, 1], 2],
  [[Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY], 0],
  [[-1e9, 3, -1e9], 1],
  [[5], 0],
])('gives what LibTorch gives for %j and the class %i', async (row, target) => {
  const tensors: [Tensor, Tensor] = [torch.tensor([row]), torch.tensor([target], { dtype: 'int64' })];
  const [loss] = await perSample(tensors);
  const expected = cross_entropy(...tensors).item();
  if (Number.isNaN(expected)) expect(loss).toBeNaN();
  else expect(loss).toBeCloseTo(expected, 6);
});

describe('nll_loss', () => {
  it.each([
    [1, 1],
    [300, 7],
    [9000, 3],
  ])('of %i rows of %i classes has the bits of the operator', async (rows, classes) => {
    torch.manual_seed(rows);
    const input = torch.log_softmax(torch.randn([rows, classes]), 1);
    const target = torch.randint(0, classes, [rows]);
    for (const options of [{}, { weight: torch.rand([classes]) }, { weight: torch.rand([classes]), ignore_index: 1 }]) {
      const run = async (scores: Tensor, batch_size: number) => {
        const { perSample, loss } = await evaluate([nll_loss, options], [scores, target], {
          per_sample: true,
          batch_size,
        });
        return [loss, ...(perSample as Float64Array)];
      };
      const [loss, ...losses] = await run(input, rows);
      expect(losses).toEqual(nll_loss(input, target, { ...options, reduction: 'none' }).tolist());
      const spreadOut = torch.stack([input, input], -1).select(-1, 0);
      expect(await run(spreadOut, rows)).toEqual([loss, ...losses]);
      expect(await run(input, 1 + (rows >> 1))).toEqual([loss, ...losses]);
    }
  });

  it('refuses classes that do not exist', async () => {
    const tensors: [Tensor, Tensor] = [torch.zeros([2, 3]), torch.tensor([-1, 0], { dtype: 'int64' })];
    await expect(evaluate(nll_loss, tensors)).rejects.toThrow(/-1/);
  });
});

it('refuses classes that do not exist', async () => {
  const tensors: [Tensor, Tensor] = [torch.zeros([2, 3]), torch.tensor([0, 3], { dtype: 'int64' })];
  await expect(perSample(tensors)).rejects.toThrow(/3/);
});
