/** 16-bit data: evaluate computes in float32, so that no step of a loss rounds to 16 bits or overflows. */
import { describe, expect, it } from 'vitest';
import { evaluate } from '../../lib/evaluate/index.js';
import { torch } from '../../lib/index.js';
import { libtorch } from '../../lib/addon/native.js';
import type { Tensor } from '../../lib/tensor/tensor.js';
import { type EvaluationCase, evaluationCases, isProduct } from '../helpers/evaluation.js';
import { rejected } from '../helpers/recorded.js';

const { functional: F } = torch.nn;
const HALVES = ['float16', 'bfloat16'] as const;
type Half = (typeof HALVES)[number];
// biome-ignore lint/suspicious/noExplicitAny: tensors of any dtype and losses of any kind
type Any = any;

const isFloat = (value: unknown): value is Tensor => value instanceof torch.Tensor && /float/.test(value.dtype);

/** The same case with its floats rounded to `half`; if `dtype` is another one, it holds the rounded values. */
function rounded({ inputs, options = {}, ...rest }: EvaluationCase, half: Half, dtype: Half | 'float32' = half) {
  const round = (value: unknown) => (isFloat(value) ? value.to(half).to(dtype) : value);
  return {
    ...rest,
    inputs: inputs.map(round) as Tensor[],
    options: Object.fromEntries(Object.entries(options).map(([name, value]) => [name, round(value)])),
  };
}

const cases = evaluationCases('float32').flatMap((one) =>
  HALVES.flatMap((half) =>
    (one.reductions ?? ['mean', 'sum']).map(
      (reduction) => [`${one.name}, ${reduction}`, half, one, reduction] as const,
    ),
  ),
);

describe('evaluate returns the same for 16-bit data as for the same numbers in float32', () => {
  it.each(cases)('%s in %s', async (_, half, one, reduction) => {
    const settings = { reduction, per_sample: true, batch_size: 9 } as Any;
    const run = ({ loss, inputs, options }: Pick<EvaluationCase, 'loss' | 'inputs' | 'options'>) =>
      evaluate([loss, options ?? {}], inputs, settings);
    const narrow = await run(rounded(one, half));
    const wide = await run(rounded(one, half, 'float32'));
    expect(Number.isFinite(wide.loss)).toBe(true);
    // Logits of six products round by a few units of 2^-24 of their terms.
    const apart = isProduct(one) ? 1e-6 * Math.abs(wide.loss) : 0;
    expect(Math.abs(narrow.loss - wide.loss)).toBeLessThanOrEqual(apart);
    expect(narrow.weight).toBe(wide.weight);
    for (const [index, loss] of (wide.perSample ?? []).entries()) {
      expect(Math.abs((narrow.perSample?.[index] as number) - loss)).toBeLessThanOrEqual(apart);
    }
    expect(narrow.bytes).toBeLessThan(wide.bytes);
  });
});

describe('a step that overflows float16 does not spoil the loss', () => {
  const half = (data: Any): Any => torch.tensor(data, { dtype: 'float16' });
  it.each<[string, Any, Tensor[], object, number]>([
    ['the square of 300', F.gaussian_nll_loss, [half([300]), half([0]), half([100])], {}, 450 + Math.log(100) / 2],
    [
      'the squared norm of [100, ...]',
      F.cosine_embedding_loss,
      [...Array(2)].map(() => half([Array(8).fill(100)])).concat(half([1])),
      {},
      0,
    ],
    ['the exponential of 20', F.soft_margin_loss, [half([-20]), half([1])], {}, 20],
    [
      'the sum of 20,000 logarithms',
      F.cross_entropy,
      [torch.zeros([1, 20_000], { dtype: 'float16' }), torch.tensor([7n])],
      { label_smoothing: 0.1 },
      Math.log(20_000),
    ],
    ['the exponential of 12', F.poisson_nll_loss, [half([12]), half([3])], {}, Math.exp(12) - 36],
  ])('%s', async (_, loss, inputs, options, expected) => {
    const { loss: found } = await evaluate([loss, options] as Any, inputs);
    // float32 keeps 7 digits in each step; 1 minus the cosine of two equal vectors is 0 up to the last digit.
    expect(Math.abs(found - expected)).toBeLessThanOrEqual(2e-6 * Math.max(1, Math.abs(expected)));
  });

  it('nor do samples that are large for 16 bits', async () => {
    const { loss } = await evaluate(F.mse_loss, [
      torch.full([3, 400], 1000).to('float16'),
      torch.zeros([3, 400]).to('float16'),
    ]);
    expect(loss).toBe(1e6);
  });
});

describe('different dtypes', () => {
  const input = () =>
    torch.tensor([
      [1, 2],
      [3, 1],
    ]);
  // LibTorch 1.x has no float16 losses on the CPU, so it refuses most of these.
  it.skipIf(libtorch().version.startsWith('1.'))(
    'are accepted where the loss accepts them, and widened too',
    async () => {
      const [narrow, wide] = [torch.full([2, 2], 12).to('float16'), torch.full([2, 2], 3)];
      const { loss } = await evaluate(F.poisson_nll_loss, [narrow, wide]);
      expect(Math.abs(loss - (Math.exp(12) - 36))).toBeLessThanOrEqual(2e-6 * Math.exp(12));
    },
  );

  it.each<[string, Any, () => Tensor[], object]>([
    [
      'the weight of cross_entropy',
      F.cross_entropy,
      () => [input().to('float16'), torch.tensor([0n, 1n])],
      { weight: torch.ones([2]) },
    ],
    [
      'the target of binary_cross_entropy',
      F.binary_cross_entropy,
      () => [torch.full([2], 0.5).to('float16'), torch.ones([2])],
      {},
    ],
  ])('are refused where the loss refuses them: %s', async (_, loss, inputs, options) => {
    const error = await rejected(() => evaluate([loss, options], inputs()));
    expect(error.kind).toBe('TorchError');
    const { message } = await rejected(async () => loss(...inputs(), options));
    // The loss's own error continues with its tensors.
    expect(`batches[0]: ${message}`.startsWith(error.message), message).toBe(true);
  });
});
