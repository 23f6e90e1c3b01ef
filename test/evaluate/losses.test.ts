import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { evaluate, valueAndGrad, type EvaluatedReduction } from '../../lib/evaluate/index.js';
import { mindspore, torch } from '../../lib/index.js';
import type { Tensor } from '../../lib/tensor/tensor.js';
import { batchesOf, type EvaluationCase, evaluationCases, isProduct, N } from '../helpers/evaluation.js';

const REDUCTIONS = ['mean', 'sum'];
const cases = (dtype: 'float32' | 'float64') =>
  evaluationCases(dtype).flatMap((one) =>
    (one.reductions ?? REDUCTIONS).map((reduction) => [`${one.name}, ${reduction}`, one, reduction] as const),
  );

/** The options that are not part of the batches. */
function shared({ options = {}, perSample = [] }: EvaluationCase) {
  return Object.fromEntries(Object.entries(options).filter(([name]) => !perSample.includes(name)));
}

describe('evaluate returns the same as one call of the loss', () => {
  test.each(cases('float64'))('%s', async (_, one, reduction) => {
    const { loss, inputs, options = {} } = one;
    const whole: number = loss(...inputs, { ...options, reduction }).item();
    const given = { reduction: reduction as EvaluatedReduction };
    const at_once = await evaluate([loss, options], inputs, given);
    expect(Math.abs(at_once.loss - whole)).toBeLessThanOrEqual(1e-13 * Math.abs(whole));
    const split = await evaluate([loss, shared(one)], batchesOf(one, [1, 9, 17]), given);
    if (isProduct(one)) expect(Math.abs(split.loss - at_once.loss)).toBeLessThanOrEqual(1e-13 * Math.abs(whole));
    else expect(split.loss).toBe(at_once.loss);
    expect(split.samples).toBe(N);
    expect(split.weight).toBe(at_once.weight);
  });
});

describe('evaluate gives the same bits for every split', () => {
  test.each(cases('float32').filter(([, one]) => !isProduct(one)))('%s', async (_, one, reduction) => {
    const { loss, inputs, options = {} } = one;
    const given = { reduction: reduction as EvaluatedReduction, per_sample: true };
    const { seconds, samplesPerSecond, bytes, bytesPerSecond, ...expected } = await evaluate(
      [loss, options],
      inputs,
      given,
    );
    expect([seconds > 0, samplesPerSecond > 0, bytes > 0, bytesPerSecond > 0]).not.toContain(false);
    const cuts = fc.uniqueArray(fc.integer({ min: 1, max: N - 1 }), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(cuts, fc.integer({ min: 1, max: N }), async (points, batch_size) => {
        const batches = batchesOf(
          one,
          points.sort((a, b) => a - b),
        );
        const split = await evaluate([loss, shared(one)], batches, { ...given, batch_size });
        expect(split).toMatchObject(expected);
      }),
      { numRuns: 4 },
    );
    const whole: number = loss(...inputs, { ...options, reduction }).item();
    expect(Math.abs(expected.loss - whole)).toBeLessThanOrEqual(2e-6 * Math.abs(whole));
  });
});

test.each(cases('float32').filter(([, one]) => isProduct(one)))(
  'evaluate is close for every split: %s',
  async (_, one, reduction) => {
    const given = { reduction: reduction as EvaluatedReduction };
    const { loss } = await evaluate([one.loss, one.options ?? {}], one.inputs, given);
    for (const batch_size of [1, 2, 5, 22]) {
      const split = await evaluate([one.loss, shared(one)], batchesOf(one, [1, 9, 17]), { ...given, batch_size });
      expect(Math.abs(split.loss - loss)).toBeLessThanOrEqual(1e-6 * loss);
    }
  },
);

/**
 * Losses whose mean rounds differently in the backward pass: because of their own factors, because weights are summed in
 * float32, or because of matrix products.
 */
const ROUNDED_OTHERWISE = [
  'cross_entropy with weights, smoothing and an ignored class, mean',
  'cross_entropy of images with weights, mean',
  'linear_cross_entropy, mean',
  'linear_cross_entropy, sum',
  'linear_cross_entropy with a bias, weights and an ignored class, mean',
  'linear_cross_entropy with a bias, weights and an ignored class, sum',
  'nll of images, mean',
  'smooth_l1, mean',
  'soft_margin, mean',
  'multi_margin, mean',
  'multilabel_margin, mean',
];

describe('valueAndGrad returns the same as the loss and its backward pass', () => {
  const whole = evaluationCases('float32', 10_007).filter(
    ({ name }) => !name.includes('of a function') && !name.includes('spread') && !name.includes('columns'),
  );
  const runs = whole.flatMap((one) =>
    (one.reductions ?? REDUCTIONS).map((reduction) => [`${one.name}, ${reduction}`, one, reduction] as const),
  );
  test.each(runs)('%s', async (name, { loss, inputs, options = {} }, reduction) => {
    const input = (inputs[0] as Tensor).detach().clone().requires_grad_();
    const result = loss(input, ...inputs.slice(1), { ...options, reduction });
    result.backward();
    const { value, grad } = await valueAndGrad([loss, options], ...inputs, {
      reduction: reduction as EvaluatedReduction,
    });
    expect(Math.abs(value - result.item())).toBeLessThanOrEqual(1e-6 * Math.abs(value));
    const got = grad.contiguous().toTypedArray();
    const expected = input.grad?.contiguous().toTypedArray() as Float32Array;
    if (!ROUNDED_OTHERWISE.includes(name)) {
      expect(Buffer.from(got.buffer).equals(Buffer.from(expected.buffer))).toBe(true);
      return;
    }
    const largest = expected.reduce((most, one) => Math.max(most, Math.abs(one)), 0);
    const apart = expected.reduce((most, one, index) => Math.max(most, Math.abs(one - (got[index] as number))), 0);
    expect(apart).toBeLessThanOrEqual((name.startsWith('linear') ? 1e-6 : 2.4e-7) * largest);
  });

  test('inputs that require gradients get them', async () => {
    const [a, b, c] = [1, 2, 3].map((seed) => {
      torch.manual_seed(seed);
      return torch.randn([4, 3]);
    }) as [Tensor, Tensor, Tensor];
    for (const tensor of [a, c]) tensor.requires_grad_();
    const loss = new torch.nn.TripletMarginLoss({ margin: 3 });
    (loss(a, b, c) as Tensor).backward();
    const { grad, grads } = await valueAndGrad(loss, a, b, c);
    expect(Object.keys(grads)).toEqual(['anchor', 'negative']);
    expect(grad.tolist()).toEqual(a.grad.tolist());
    expect(grads['negative']?.tolist()).toEqual(c.grad.tolist());
  });

  test('losses whose gradient cannot be computed in parts are refused', async () => {
    const input = torch.randn([4, 3]);
    const row = torch.randn([1, 3]).requires_grad_();
    await expect(valueAndGrad(torch.nn.functional.mse_loss, row, input)).rejects.toThrow(
      'input 0: expected an input with its own samples, to compute its gradient',
    );
    await expect(valueAndGrad(torch.nn.functional.mse_loss, input)).rejects.toThrow('inputs: expected 2 tensors');
    await expect(
      valueAndGrad(torch.nn.functional.mse_loss, input, input, { reduction: 'none' } as never),
    ).rejects.toThrow(RangeError);
    const distance_function = (x: Tensor, y: Tensor) => x.sub(y).abs().sum({ dim: 1 });
    const distances = new torch.nn.TripletMarginWithDistanceLoss({ distance_function });
    await expect(valueAndGrad(distances, input, input, input)).rejects.toThrow('loss: expected one that');
  });
});

describe('MindSpore', () => {
  test('label smoothing of nll_loss, which PyTorch lacks', async () => {
    torch.manual_seed(3);
    const input = torch.randn([N, 5]).to('float64').log_softmax({ dim: 1 });
    const target = torch.randint(0, 5, [N]);
    const weight = torch.rand([5]).to('float64');
    const options = { weight, label_smoothing: 0.2, ignore_index: 2 };
    const whole = mindspore.ops.nll_loss(input, target, options).item();
    const { loss } = await evaluate([mindspore.ops.nll_loss, options], [input, target], { batch_size: 4 });
    expect(Math.abs(loss - whole)).toBeLessThanOrEqual(1e-13 * Math.abs(whole));
  });

  test('unreduced losses of pairs and classes are concatenated', async () => {
    const input = torch.tensor([
      [1, 3],
      [2, 5],
    ]);
    const target = torch.tensor([
      [1, 1],
      [1, 1],
    ]);
    const { loss } = await evaluate(new mindspore.nn.SmoothL1Loss(), [input, target], { reduction: 'sum' });
    expect(loss).toBe(1.5 + 0.5 + 3.5);
    const logProbs = torch.randn([6, 2, 4]).log_softmax({ dim: 2 });
    const targets = torch.tensor([
      [1n, 2n],
      [3n, 1n],
    ]);
    const [whole] = mindspore.ops.ctc_loss(logProbs, targets, [6, 5], [2, 2]);
    const ctc = await evaluate(mindspore.ops.ctc_loss, [[logProbs, targets, [6, 5], [2, 2]]]);
    expect(ctc.loss).toBeCloseTo(whole.item(), 6);
  });
});
