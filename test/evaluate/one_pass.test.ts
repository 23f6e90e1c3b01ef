/**
 * Losses of differences, which evaluate computes in one pass over the inputs: they have the bits of LibTorch's operator, added
 * up in a fixed order.
 */
import { describe, expect, it } from 'vitest';
import { evaluate } from '../../lib/evaluate/index.js';
import type { Tensor } from '../../lib/tensor/tensor.js';
import * as torch from '../../lib/torch/index.js';

const F = torch.nn.functional;
// biome-ignore lint/suspicious/noExplicitAny: losses with options of their own
type Any = any;

const LOSSES: [string, (...args: Any[]) => Tensor, Readonly<Record<string, number>>][] = [
  ['l1_loss', F.l1_loss, {}],
  ['mse_loss', F.mse_loss, {}],
  ['smooth_l1_loss', F.smooth_l1_loss, {}],
  ['smooth_l1_loss', F.smooth_l1_loss, { beta: 0.3 }],
  ['smooth_l1_loss', F.smooth_l1_loss, { beta: 0 }],
  ['smooth_l1_loss', F.smooth_l1_loss, { beta: 1e-60 }],
  ['smooth_l1_loss', F.smooth_l1_loss, { beta: Number.POSITIVE_INFINITY }],
  ['huber_loss', F.huber_loss, {}],
  ['huber_loss', F.huber_loss, { delta: 0.7 }],
  ['huber_loss', F.huber_loss, { delta: 1e300 }],
];

/** Narrow and wide samples, and samples of several blocks. */
const SHAPES = [[1], [9001], [33, 5], [9, 1000], [2, 3, 41], [3, 70_001]];

/** A sample's sum: in blocks of 65,536 elements, of which every eighth is added separately. */
function sumOf(losses: ArrayLike<number>): number {
  let sum = 0;
  for (let begin = 0; begin < losses.length; begin += 65_536) {
    const lanes = new Float64Array(8);
    const end = Math.min(losses.length, begin + 65_536);
    for (let i = begin; i < end; i++) lanes[i % 8] = (lanes[i % 8] as number) + (losses[i] as number);
    const [a, b, c, d, e, f, g, h] = lanes as unknown as [
      number,
      number,
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    sum += a + e + (c + g) + (b + f + (d + h));
  }
  return sum;
}

/** The same elements, not one after the other in memory. */
const spreadOut = (tensor: Tensor) => torch.stack([tensor, tensor], -1).select(-1, 0);

describe.each(LOSSES)('%s with %o', (_, loss, options) => {
  it.each(SHAPES.flatMap((shape) => (['float32', 'float64'] as const).map((dtype) => [shape, dtype] as const)))(
    'of a shape of %j in %s',
    async (shape, dtype) => {
      torch.manual_seed(9);
      const input = torch.randn(shape, { dtype });
      const target = torch.randn(shape, { dtype });
      // Differences of exactly beta or delta, none, too large ones and ones that are no numbers.
      const odd = [0.3, -0.7, 1, 0, 1e30, Number.NaN, Number.POSITIVE_INFINITY].slice(0, input.numel() - 1);
      const places = torch.arange(odd.length, { dtype: 'int64' });
      target.view(-1).index_fill_(0, places, 0);
      input.view(-1).index_copy_(0, places, torch.tensor(odd, { dtype }));
      const run = async (first: Tensor, batch_size?: number) => {
        const { perSample, ...result } = await evaluate([loss, options], [first, target], {
          per_sample: true,
          ...(batch_size !== undefined && { batch_size }),
        });
        const timeless = { ...result, seconds: 0, samplesPerSecond: 0, bytesPerSecond: 0 };
        return [timeless, perSample as Float64Array] as const;
      };
      const [result, losses] = await run(input);
      const each = loss(input, target, { ...options, reduction: 'none' }).toTypedArray() as Float64Array;
      const width = each.length / losses.length;
      const expected = losses.map((_, sample) => sumOf(each.subarray(sample * width, (sample + 1) * width)) / width);
      expect(losses.findIndex((value, sample) => !Object.is(value, expected[sample]))).toBe(-1);
      const strided = spreadOut(input);
      expect(strided.is_contiguous()).toBe(input.numel() === 1);
      for (const [other, found] of [await run(strided), await run(input, 1 + (losses.length >> 1))]) {
        expect(other).toEqual(result);
        expect(found.findIndex((value, sample) => !Object.is(value, losses[sample]))).toBe(-1);
      }
    },
  );
});
