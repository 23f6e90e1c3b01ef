import { expect, test } from 'vitest';
import { mindspore, torch } from '../../lib/index.js';

torch.manual_seed(7);
const log_probs = torch.randn([6, 2, 4], { dtype: 'float64' }).log_softmax({ dim: 2 });
const targets = torch.tensor([
  [1n, 2n, 3n],
  [1n, 0n, 0n],
]);
const lengths = { inputs: [6, 4], targets: [3, 1] };

function pair(options: { reduction?: 'none' | 'mean' | 'sum'; zero_infinity?: boolean } = {}) {
  return mindspore.ops.ctc_loss(log_probs, targets, lengths.inputs, lengths.targets, options);
}

test.each(['none', 'mean', 'sum'] as const)(
  'the loss of the pair has the bits of ctc_loss with reduction %s',
  (reduction) => {
    const alone = torch.nn.functional.ctc_loss(log_probs, targets, lengths.inputs, lengths.targets, { reduction });
    const [loss] = pair({ reduction });
    expect(loss.tolist()).toEqual(alone.tolist());
  },
);

test('log_alpha has the forward probabilities, and no path beyond the end of an input or a target', () => {
  const [loss, alpha] = pair({ reduction: 'none' });
  expect(alpha.shape).toEqual([2, 6, 7]);
  const values = alpha.tolist() as number[][][];
  const probs = log_probs.tolist() as number[][][];
  for (const [n, label] of [[1, 2, 3], [1]].entries()) {
    const path = [0, ...label.flatMap((l) => [l, 0])];
    const steps = lengths.inputs[n] as number;
    const forward = forwardVariables(
      probs.slice(0, steps).map((frame) => frame[n] as number[]),
      path,
    );
    for (let t = 0; t < 6; t++) {
      for (let s = 0; s < 7; s++) {
        const expected = t < steps && s < path.length ? (forward[t]?.[s] as number) : Number.NEGATIVE_INFINITY;
        const actual = values[n]?.[t]?.[s] as number;
        if (Number.isFinite(expected)) expect(actual).toBeCloseTo(expected, 10);
        else expect(actual).toBe(Number.NEGATIVE_INFINITY);
      }
    }
    const last = forward[steps - 1] as number[];
    expect((loss.tolist() as number[])[n]).toBeCloseTo(-logSum(last.slice(-2)), 10);
  }
});

test('the pair is the same as in MindSpore 2.10', () => {
  const probabilities = [
    [
      [0.5, 0.3, 0.2],
      [0.1, 0.6, 0.3],
    ],
    [
      [0.2, 0.5, 0.3],
      [0.4, 0.4, 0.2],
    ],
    [
      [0.6, 0.1, 0.3],
      [0.3, 0.3, 0.4],
    ],
    [
      [0.25, 0.25, 0.5],
      [0.7, 0.2, 0.1],
    ],
  ];
  const none = Number.NEGATIVE_INFINITY;
  const recorded = [
    [
      [-0.6931472, -1.2039728, none, none, none],
      [-2.3025851, -0.9162908, -2.8134108, none, none],
      [-2.8134108, -2.9957323, -1.2873545, -5.1159959, none],
      [-4.1997051, -3.5935693, -2.5071523, -2.6521425, -6.5022902],
    ],
    [
      [-2.3025851, -1.2039728, none, none, none],
      [-3.2188759, -2.5257287, -2.1202636, none, none],
      [-4.4228487, -3.0365543, -2.8134108, none, none],
      [none, none, none, none, none],
    ],
  ];
  const labels = torch.tensor(
    [
      [1, 1],
      [2, 0],
    ],
    { dtype: 'int32' },
  );
  const [loss, alpha] = mindspore.ops.ctc_loss(torch.tensor(probabilities).log(), labels, [4, 3], [2, 1]);
  expect(loss.item()).toBeCloseTo(1.7705843448638916, 6);
  for (const [n, rows] of (alpha.tolist() as number[][][]).entries()) {
    for (const [t, row] of rows.entries()) {
      for (const [s, value] of row.entries()) expect(value).toBeCloseTo(recorded[n]?.[t]?.[s] as number, 5);
    }
  }
});

test('gradients flow through the loss of the pair', () => {
  const leaf = log_probs.clone().detach().requires_grad_();
  const [loss, alpha] = mindspore.ops.ctc_loss(leaf, targets, lengths.inputs, lengths.targets);
  loss.backward();
  const other = log_probs.clone().detach().requires_grad_();
  torch.nn.functional.ctc_loss(other, targets, lengths.inputs, lengths.targets).backward();
  expect(leaf.grad?.tolist()).toEqual(other.grad?.tolist());
  expect(alpha.requires_grad).toBe(false);
});

/** Graves' forward variables, in logarithms: the textbook recursion, independent of LibTorch's. */
function forwardVariables(frames: number[][], path: number[]): number[][] {
  const rows: number[][] = [];
  for (const frame of frames) {
    const before = rows.at(-1);
    rows.push(
      path.map((symbol, s) => {
        const emit = frame[symbol] as number;
        if (before === undefined) return s < 2 ? emit : Number.NEGATIVE_INFINITY;
        const skip = symbol !== 0 && s >= 2 && path[s - 2] !== symbol;
        const from = [before[s], before[s - 1], skip ? before[s - 2] : undefined];
        return emit + logSum(from.filter((value) => value !== undefined));
      }),
    );
  }
  return rows;
}

function logSum(values: number[]): number {
  return Math.log(values.reduce((sum, value) => sum + Math.exp(value), 0));
}
