/** Counts of classes, and the reliability of probabilities. */
import { describe, expect, it } from 'vitest';
import type { PartsResult } from '../../lib/addon/native.js';
import { open } from '../../lib/data/index.js';
import { ClassCounter } from '../../lib/evaluate/classification.js';
import { evaluate, mergeResults, type Classification, type PartialEvaluation } from '../../lib/evaluate/index.js';
import { SCORES } from '../../lib/evaluate/plans.js';
import { torch } from '../../lib/index.js';

const F = torch.nn.functional;
const options = { classification: true, partial: true } as const;

describe('classification of the digits', async () => {
  const input = await open('examples/digits/logits.npy');
  const target = await open('examples/digits/labels.npy');
  const { classification } = await evaluate(F.cross_entropy, { input, target }, options);
  const { classes, confusion, calibration, ...rest } = classification as Classification;

  // From NumPy and PyTorch: np.add.at(C, (y, x.argmax(1)), 1), and softmax(x, 1).max(1) in 15 bins.
  it('counts as NumPy does', () => {
    expect(rest).toEqual({ count: 10, targets: 540 });
    const matrix = Array.from({ length: 10 }, () => Array<number>(10).fill(0));
    for (const [row, column, many] of confusion ?? []) (matrix[row] as number[])[column] = many;
    expect(matrix).toEqual([
      [54, 0, 0, 0, 0, 0, 0, 0, 0, 0],
      [0, 53, 0, 0, 0, 0, 0, 0, 1, 1],
      [0, 1, 52, 0, 0, 0, 0, 0, 0, 0],
      [0, 0, 0, 54, 0, 1, 0, 0, 0, 0],
      [0, 0, 0, 0, 53, 0, 0, 0, 1, 0],
      [0, 1, 0, 1, 0, 53, 0, 0, 0, 0],
      [0, 1, 0, 0, 0, 0, 53, 0, 0, 0],
      [0, 0, 0, 0, 0, 0, 0, 53, 0, 1],
      [0, 3, 0, 0, 0, 0, 0, 0, 48, 1],
      [0, 0, 0, 0, 0, 1, 0, 0, 0, 53],
    ]);
    expect(classes[1]).toEqual({
      class: 1,
      targets: 55,
      predicted: 59,
      correct: 53,
      precision: 53 / 59,
      recall: 53 / 55,
    });
    expect(classes[8]).toEqual({
      class: 8,
      targets: 52,
      predicted: 50,
      correct: 48,
      precision: 48 / 50,
      recall: 48 / 52,
    });
  });

  it('has the calibration that PyTorch and NumPy compute', () => {
    const { bins = [], error, of } = calibration ?? {};
    expect(of).toBe('predicted class');
    expect(bins.map(({ targets }) => targets)).toEqual([0, 0, 0, 0, 0, 0, 1, 2, 2, 3, 3, 5, 5, 10, 509]);
    expect(bins.map(({ share }) => share)).toEqual([
      null,
      null,
      null,
      null,
      null,
      null,
      1,
      1 / 2,
      1,
      2 / 3,
      2 / 3,
      3 / 5,
      2 / 5,
      8 / 10,
      505 / 509,
    ]);
    // float32 probabilities, whose last digits may vary between processors
    expect(bins[14]?.confidence).toBeCloseTo(0.9983991701851191, 6);
    expect(error).toBeCloseTo(0.01660999147980308, 6);
  });

  it('is the same in batches of any size, in shards, and through JSON', async () => {
    for (const batch_size of [1, 7, 100])
      expect((await evaluate(F.cross_entropy, { input, target }, { ...options, batch_size })).classification).toEqual(
        classification,
      );
    const parts = await Promise.all(
      [
        [0, 100],
        [100, 101],
        [101, 540],
      ].map(async ([first = 0, end = 0]) => {
        const rows = async (file: typeof input) =>
          torch.tensor(await file.rows(first, end), { shape: [end - first, ...file.shape.slice(1)] });
        const batch = [await rows(input), await rows(target)];
        const { partial } = await evaluate(F.cross_entropy, batch, { ...options, first_index: first });
        return JSON.parse(JSON.stringify(partial)) as PartialEvaluation;
      }),
    );
    expect(mergeResults(parts.toReversed()).classification).toEqual(classification);
  });
});

describe('classification', () => {
  const binary = async (
    loss: typeof F.binary_cross_entropy | typeof F.binary_cross_entropy_with_logits,
    input: number[],
    target: number[],
  ) => {
    const { classification } = await evaluate(loss, [torch.tensor(input), torch.tensor(target)], options);
    return classification;
  };

  it('of probabilities of class 1 is that of two classes', async () => {
    const found = await binary(F.binary_cross_entropy, [0.125, 0.875, 0.75, 0.25, 0.5], [0, 1, 0, 1, 0]);
    expect(found?.confusion).toEqual([
      [0, 0, 2],
      [0, 1, 1],
      [1, 0, 1],
      [1, 1, 1],
    ]);
    expect(found?.classes).toEqual([
      { class: 0, targets: 3, predicted: 3, correct: 2, precision: 2 / 3, recall: 2 / 3 },
      { class: 1, targets: 2, predicted: 2, correct: 1, precision: 1 / 2, recall: 1 / 2 },
    ]);
    // Five bins of one target each: the mean of |0 - 0.125|, |1 - 0.875|, |0 - 0.75|, |1 - 0.25| and |0 - 0.5|.
    expect(found?.calibration).toMatchObject({ of: 'class 1', error: expect.closeTo(0.45, 12) });
  });

  it('of logits goes through the sigmoid', async () => {
    const found = await binary(F.binary_cross_entropy_with_logits, [-1, 2, 0.5], [0, 1, 0]);
    expect(found?.confusion).toEqual([
      [0, 0, 1],
      [0, 1, 1],
      [1, 1, 1],
    ]);
    const mean = (0.2689414213699951 + (1 - 0.8807970779778825) + 0.6224593312018546) / 3;
    expect(found?.calibration?.error).toBeCloseTo(mean, 6);
  });

  it('is not computed from soft targets, from probabilities of classes, or without targets', async () => {
    expect(await binary(F.binary_cross_entropy, [0.5, 0.5], [0, 0.25])).toBeNull();
    const soft = [torch.tensor([[1, 2]]), torch.tensor([[0.5, 0.5]])];
    expect((await evaluate(F.cross_entropy, soft, options)).classification).toBeNull();
    const none = [torch.zeros([0, 3]), torch.tensor([], { dtype: 'int64' })];
    expect((await evaluate(F.cross_entropy, none, options)).classification).toBeNull();
  });

  it('leaves out ignored targets, and takes several targets per sample', async () => {
    const input = torch.tensor([
      [
        [3, 0],
        [0, 3],
      ],
      [
        [3, 3],
        [0, 0],
      ],
    ]);
    const target = torch.tensor([
      [0n, 0n],
      [-100n, 1n],
    ]);
    const { classification } = await evaluate(F.cross_entropy, [input, target], options);
    expect(classification?.confusion).toEqual([
      [0, 0, 1],
      [0, 1, 1],
      [1, 0, 1],
    ]);
    expect(classification?.targets).toBe(3);
  });

  it('of log-probabilities uses their exponentials, and of other scores has no probabilities', async () => {
    const target = torch.tensor([0n, 1n]);
    const logs = torch.log(
      torch.tensor([
        [0.75, 0.25],
        [0.875, 0.125],
      ]),
    );
    const { classification: found } = await evaluate(F.nll_loss, [logs, target], options);
    expect(found?.calibration?.error).toBeCloseTo((0.25 + 0.875) / 2, 6);
    const { classification: margins } = await evaluate(F.multi_margin_loss, [logs, target], options);
    expect(margins?.confusion).toEqual(found?.confusion);
    expect(margins?.calibration).toBeNull();
  });

  it.each(['float16', 'bfloat16'] as const)('takes %s', async (dtype) => {
    const input = torch.tensor(
      [
        [2, 1],
        [0, 4],
      ],
      { dtype },
    );
    const { classification } = await evaluate(F.cross_entropy, [input, torch.tensor([0n, 1n])], options);
    expect(classification?.confusion).toEqual([
      [0, 0, 1],
      [1, 1, 1],
    ]);
    expect(classification?.calibration?.error).toBeCloseTo((0.2689414 + 0.0179862) / 2, 5);
  });

  it('adds probabilities exactly, also if targets are ignored at regular places', () => {
    const [count, step] = [2 ** 22, 2 ** 19];
    const labels = {
      targets: new Float64Array(count).map((_, index) => (index % 2 ** 20 === 2 ** 20 - 1 ? -100 : 0)),
      predicted: new Float64Array(count),
      confidences: new Float64Array(count).map((_, index) => 1 - ((index * 2654435761) % 2 ** 20) * 2 ** -32),
    };
    const take = (start: number, end: number) =>
      Object.fromEntries(Object.entries(labels).map(([name, all]) => [name, all.subarray(start, end)]));
    const [whole, parts] = [new ClassCounter(SCORES.logits), new ClassCounter(SCORES.logits)];
    whole.add(take(0, count) as unknown as PartsResult, 2, -100);
    for (let start = 0; start < count; start += step)
      parts.add(take(start, start + step) as unknown as PartsResult, 2, -100);
    expect(whole.result()).toEqual(parts.result());
  });

  it('counts no pairs beyond 1,024 classes', async () => {
    const input = torch.zeros([2, 1025]);
    const { classification } = await evaluate(F.cross_entropy, [input, torch.tensor([0n, 1024n])], options);
    expect(classification?.confusion).toBeNull();
    expect(classification?.classes.map(({ class: index, targets, predicted }) => [index, targets, predicted])).toEqual([
      [0, 1, 2],
      [1024, 1, 0],
    ]);
  });

  it('is refused for losses without classes', async () => {
    const x = torch.zeros([2]);
    await expect(evaluate(F.mse_loss, [x, x], options)).rejects.toThrow(
      'classification: expected false for a loss whose targets are not classes, got true',
    );
  });

  it('is left out of a merge with results without it', async () => {
    const batch = [torch.zeros([1, 2]), torch.tensor([1n])];
    const [has, lacks] = await Promise.all(
      [options, { partial: true } as const].map((one) => evaluate(F.cross_entropy, batch, one)),
    );
    expect(mergeResults([has as never, lacks as never]).classification).toBeUndefined();
  });

  it.each<[string, object, RegExp]>([
    ['targets that are not classes', { targets: 3 }, /classification\.classes: expected 3 targets/],
    [
      'more correct than predicted',
      {
        classes: [
          [0, 1, 0, 1],
          [1, 0, 1, 0],
        ],
      },
      /classes\[0\]: expected at most 0 correct/,
    ],
    ['an unknown class', { classes: [[7, 1, 1, 1]] }, /classes\[0\]: expected a class below 2/],
    ['an extra pair', { pairs: [[0, 0, 2]] }, /pairs: expected pairs of 1 targets/],
    ['a pair of an unknown class', { pairs: [[0, 5, 1]] }, /pairs\[0\]: expected classes below 2/],
    ['half a pair', { pairs: [[0, 1]] }, /pairs\[0\]: expected 3 counts/],
    ['too few ranges', { bins: [] }, /bins: expected 15/],
  ])('is refused from a file with %s', async (_, change, message) => {
    const { partial } = await evaluate(F.cross_entropy, [torch.tensor([[1, 0]]), torch.tensor([0n])], options);
    const { classification } = partial as PartialEvaluation;
    const changed = { ...partial, classification: { ...classification, ...change } } as PartialEvaluation;
    expect(() => mergeResults([changed])).toThrow(message);
  });
});
