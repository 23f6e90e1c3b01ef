/** Inputs for which parts of a batch are not simply fewer samples: each is compared with one call on the whole batch. */
import { describe, expect, it } from 'vitest';
import { evaluate, valueAndGrad } from '../../lib/evaluate/index.js';
import { torch } from '../../lib/index.js';
import { libtorch } from '../../lib/addon/native.js';
import type { Tensor } from '../../lib/tensor/tensor.js';
import { rejected } from '../helpers/recorded.js';

const { functional: F } = torch.nn;
const { tensor } = torch;
const random = (...shape: number[]) => torch.randn(shape).to('float64');
// biome-ignore lint/suspicious/noExplicitAny: losses of any kind, whose shapes are chosen to be odd
type Any = any;

/** The value and the gradient of one call and of a call in parts. */
async function both(loss: Any, options: object, ...inputs: Any[]) {
  const leaf = inputs[0].detach().requires_grad_();
  const whole = loss(leaf, ...inputs.slice(1), options);
  whole.backward();
  const { value, grad } = await valueAndGrad([loss, options] as Any, leaf, ...inputs.slice(1));
  return {
    whole: [whole.item(), leaf.grad.tolist()] as const,
    parts: [value, grad.tolist()] as const,
  };
}

describe('cosine_embedding_loss', () => {
  const target = tensor([1n, -1n, 1n, 1n, -1n, 1n]);

  it.each<[string, Tensor, Tensor, Tensor]>([
    ['its first input', random(1, 4), random(6, 4), target],
    ['its second input', random(6, 4), random(1, 4), target],
    ['its target', random(6, 4), random(6, 4), tensor([1n])],
  ])('broadcasts %s over the samples', async (_, a, b, signs) => {
    const whole = F.cosine_embedding_loss(a as Any, b as Any, signs as Any).item();
    const { loss, samples } = await evaluate(F.cosine_embedding_loss, [a, b, signs], { batch_size: 4 });
    expect(samples).toBe(6);
    expect(loss).toBeCloseTo(whole, 13);
    const groups = ['x', 'y', 'x', 'x', 'y', 'x'];
    const grouped = await evaluate(F.cosine_embedding_loss, [a, b, signs], { group_by: groups });
    const [x, y] = (grouped.groups ?? []).map(({ loss }) => loss) as [number, number];
    expect((4 * x + 2 * y) / 6).toBeCloseTo(whole, 13);
  });

  it('has the gradient of the mean over all samples', async () => {
    const { whole, parts } = await both(F.cosine_embedding_loss, {}, random(6, 4), random(1, 4), target);
    expect(parts[0]).toBeCloseTo(whole[0], 13);
    expect(parts[1]).toEqual(whole[1]);
  });
});

it('a distance of vectors without a batch is one loss, however small the parts', async () => {
  const [a, b, c] = [tensor([1, 2, 3, 4]), tensor([1, 2, 3, 4.5]), tensor([5, 5, 5, 5])];
  const whole = F.triplet_margin_with_distance_loss(a, b, c, { margin: 8 }).item();
  const options = { reduction: 'sum', batch_size: 2 } as const;
  const { loss, samples } = await evaluate([F.triplet_margin_with_distance_loss, { margin: 8 }], [[a, b, c]], options);
  expect([loss, samples]).toEqual([whole, 1]);
});

describe('what cannot be split by samples is refused', () => {
  it('weights shared by all samples', async () => {
    const weight = tensor([[1, 2, 3]]);
    const call = () => evaluate([F.mse_loss as Any, { weight }], [torch.zeros([1, 3]), torch.ones([4, 3])]);
    // Older PyTorch releases have no weight here.
    expect((await rejected(call)).parameter).toMatch(/weight$/);
  });

  it('losses that do not divide evenly among the samples', async () => {
    const call = () =>
      evaluate(F.multilabel_soft_margin_loss as Any, [[tensor([0.5]), tensor([[1], [0]])]], { reduction: 'sum' });
    expect(await rejected(call)).toMatchObject({ kind: 'RangeError', parameter: 'batches[0].input' });
  });

  it("an input broadcast over the samples with 'batchmean', which PyTorch divides by its size of 1", async () => {
    const call = () =>
      evaluate([F.kl_div as Any, { reduction: 'batchmean' }], [random(1, 3), torch.rand([4, 3]).to('float64')]);
    expect(await rejected(call)).toMatchObject({ kind: 'RangeError', parameter: 'batches[0].input' });
  });
});

describe('labels and weights of classes', () => {
  it.each([10n ** 12n, -(10n ** 12n), 3n])('a label of %s is an error of the loss, with weights too', async (label) => {
    const input = torch.randn([2, 3]);
    const options = { weight: torch.ones([3]) };
    expect(await rejected(() => valueAndGrad([F.cross_entropy, options], input, tensor([0n, label])))).toMatchObject({
      message: expect.stringMatching(/out of bounds/),
    });
  });

  it('a weight that is too short is an error, too', async () => {
    const options = { weight: torch.ones([2]) };
    const call = () => valueAndGrad([F.cross_entropy, options], torch.randn([2, 3]), tensor([0n, 2n]));
    expect(await rejected(call)).toMatchObject({ message: expect.stringMatching(/weight/) });
  });

  it('probabilities have no accuracy', async () => {
    const target = torch.rand([4, 3]).softmax({ dim: 1 });
    const call = () => evaluate(F.cross_entropy, [torch.randn([4, 3]), target], { accuracy: true });
    expect(await rejected(call)).toMatchObject({ kind: 'RangeError', parameter: 'batches[0].target' });
  });

  it('ignored labels are neither correct nor wrong', async () => {
    const input = tensor([
      [3, 1],
      [1, 3],
      [3, 1],
      [3, 1],
    ]);
    const options = { accuracy: true, group_by: ['a', 'a', 'b', 'b'] };
    const padded = await evaluate(F.cross_entropy, [input, tensor([0n, 1n, -100n, -100n])], options);
    expect(padded.accuracy).toBe(1);
    expect(padded.groups?.map(({ accuracy }) => accuracy)).toEqual([1, Number.NaN]);
    const zero = await evaluate([F.cross_entropy, { ignore_index: 0 }], [input, tensor([0n, 0n, 1n, 0n])], options);
    expect(zero.accuracy).toBe(0);
    const margins = await evaluate(F.multi_margin_loss, [input, tensor([0n, 0n, 0n, 1n])], options);
    expect(margins.accuracy).toBe(0.5);
  });
});

describe('gradients', () => {
  // LibTorch 1.x has no float16 losses on the CPU.
  it.skipIf(libtorch().version.startsWith('1.'))(
    'of float16 are those of the mean, even of very many elements',
    async () => {
      const count = 3_000_000;
      const input = torch.full([count], 100).to('float16');
      const { grad } = await valueAndGrad(F.mse_loss, input, torch.zeros([count]).to('float16'));
      // 2 * 100 / 3e6; in this range float16 has multiples of 2^-24.
      expect(Math.abs((grad.toTypedArray()[7] as number) - 200 / count)).toBeLessThanOrEqual(2 ** -25);
    },
  );

  it('of ctc_loss without a batch equal those of one call', async () => {
    const scores = random(5, 4).log_softmax({ dim: 1 });
    const { whole, parts } = await both(F.ctc_loss, {}, scores, tensor([1n, 2n]), tensor([5n]), tensor([2n]));
    expect(parts[0]).toBeCloseTo(whole[0], 13);
    for (const [t, row] of (parts[1] as number[][]).entries())
      for (const [c, value] of row.entries()) expect(value).toBeCloseTo((whole[1] as number[][])[t]?.[c] as number, 13);
  });
});

describe('a source by the caller', () => {
  const source = (rows: unknown, dtype = 'float32') => ({ shape: [4, 3], dtype, rows: async () => rows }) as Any;
  const target = torch.zeros([4, 3]);

  it.each<[string, unknown, string, RegExp]>([
    [
      'too few elements',
      new Float32Array(1),
      'float32',
      /^batches\[0\]\.0\.rows: expected 12 elements for \[4, 3\], got 1$/,
    ],
    ['too many', new Float32Array(13), 'float32', /got 13$/],
    ['another kind', new Float32Array(24), 'float64', /expected a function that gives a Float64Array for float64/],
    ['nothing', undefined, 'float32', /got undefined$/],
    ['an array', [1, 2, 3], 'float32', /expected a function that gives a Float32Array/],
  ])('that returns %s is refused', async (_, rows, dtype, message) => {
    const error = await rejected(() => evaluate(F.mse_loss, [source(rows, dtype), target]));
    expect(error.message).toMatch(message);
    expect(error.kind).toMatch(/^(Type|Range)Error$/);
  });

  it('may transfer its array while a copy is in use', async () => {
    const rows = new Float32Array(12).fill(2);
    const evaluation = evaluate(F.mse_loss, [source(rows), target]);
    await Promise.resolve().then(() => new Promise((resolve) => setImmediate(resolve)));
    structuredClone(rows, { transfer: [rows.buffer] });
    expect(rows.length).toBe(0);
    expect((await evaluation).loss).toBe(4);
  });
});
