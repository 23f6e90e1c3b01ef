import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { open, readTensor } from '../../lib/data/index.js';
import { evaluate } from '../../lib/evaluate/index.js';
import { torch } from '../../lib/index.js';
import { PACKAGE_ROOT } from '../../lib/libtorch/places.js';
import type { Tensor } from '../../lib/tensor/tensor.js';

const DIGITS = join(PACKAGE_ROOT, 'examples', 'digits');
const expected = JSON.parse(readFileSync(join(DIGITS, 'expected.json'), 'utf8'));
const { functional: F } = torch.nn;

async function load(name: string) {
  const source = await open(join(DIGITS, name));
  try {
    return await readTensor(source);
  } finally {
    await source.close();
  }
}
const logits = await load('logits.npy');
const labels = await load('labels.npy');
const labelList = Array.from(labels.toTypedArray(), Number);
const guesses = Array.from(logits.argmax({ dim: 1 }).toTypedArray(), Number);

const CASES: readonly [key: string, options: Record<string, unknown>][] = [
  ['cross_entropy.mean', {}],
  ['cross_entropy.sum', { reduction: 'sum' }],
  ['cross_entropy.mean.label_smoothing=0.1', { label_smoothing: 0.1 }],
  ['cross_entropy.mean.weight=linspace(0.5,1.5,10)', { weight: torch.linspace(0.5, 1.5, 10) }],
  ['cross_entropy.mean.ignore_index=3', { ignore_index: 3 }],
];

describe("evaluate gives PyTorch's numbers for the digits", () => {
  test.each(CASES)('%s', async (key, options) => {
    const { float32, float64 } = expected[key];
    const given = { accuracy: true, batch_size: 100 };
    const { loss, samples, accuracy } = await evaluate([F.cross_entropy, options], [logits, labels], given);
    expect(Math.abs(loss - float32)).toBeLessThanOrEqual(1e-5 + 1.3e-6 * Math.abs(float32));
    expect(samples).toBe(expected.samples);
    // PyTorch's count of correct answers includes all labels; ignored ones count in neither number.
    const { ignore_index } = options;
    const counted = labelList.filter((label) => label !== ignore_index).length;
    const right = guesses.filter((guess, i) => guess === labelList[i] && guess !== ignore_index).length;
    if (ignore_index === undefined) expect(accuracy).toBeCloseTo(expected.accuracy, 7);
    expect(accuracy).toBe(right / counted);
    const wide = Object.fromEntries(
      Object.entries(options).map(([name, value]) => [
        name,
        value instanceof torch.Tensor ? value.to('float64') : value,
      ]),
    );
    const exact = (await evaluate([F.cross_entropy, wide], [logits.to('float64'), labels])).loss;
    expect(Math.abs(exact - float64)).toBeLessThanOrEqual(1e-7 + 1e-7 * Math.abs(float64));
  });

  test('the classes add up to the whole', async () => {
    const options = { group_by: 'target', accuracy: true };
    const { loss, samples, accuracy, groups = [] } = await evaluate(F.cross_entropy, [logits, labels], options);
    expect(groups.map((row) => row.group)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const total = (value: (row: (typeof groups)[number]) => number) =>
      groups.reduce((sum, row) => sum + row.samples * value(row), 0) / samples;
    expect(groups.reduce((sum, row) => sum + row.samples, 0)).toBe(samples);
    expect(total((row) => row.loss)).toBeCloseTo(loss, 12);
    expect(total((row) => row.accuracy as number)).toBeCloseTo(accuracy as number, 12);
  });

  test('several losses in one pass equal each one alone', async () => {
    const probabilities = logits.softmax({ dim: 1 });
    const oneHot = torch.ops.aten.one_hot?.(labels, 10).to('float32') as Tensor;
    const losses = { mse: F.mse_loss, smooth: new torch.nn.SmoothL1Loss({ beta: 0.5 }) };
    const { mse, smooth } = await evaluate(losses, [probabilities, oneHot]);
    expect(mse.loss).toBeCloseTo(expected['mse_loss.mean.softmax_vs_one_hot'].float32, 8);
    expect(smooth.loss).toBe((await evaluate(losses.smooth, [probabilities, oneHot])).loss);
    const list = await evaluate([F.mse_loss, [F.smooth_l1_loss, { beta: 0.5 }]], [probabilities, oneHot]);
    expect(list.map(({ loss }) => loss)).toEqual([mse.loss, smooth.loss]);
  });
});
