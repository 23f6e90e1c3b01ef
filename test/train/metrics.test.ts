import { describe, expect, it } from 'vitest';
import { type Tensor, torch } from '../../lib/index.js';
import {
  Accuracy,
  AUC,
  ConfusionMatrix,
  F1,
  MeanAbsoluteError,
  MeanSquaredError,
  type Metric,
  Precision,
  R2Score,
  Recall,
  TopKAccuracy,
} from '../../lib/train/index.js';
import { thrownBy } from '../helpers/errors.js';
import { liveTensors } from '../helpers/memory.js';

const ints = (values: readonly number[]) => torch.tensor(BigInt64Array.from(values, BigInt));

/** Scores that are largest for the given classes. */
const scoresOf = (classes: readonly number[], count: number) =>
  torch.tensor(classes.map((own) => Array.from({ length: count }, (_, index) => (index === own ? 1 : 0))));

function valueOf(metric: Metric, output: Tensor, target: Tensor) {
  metric.update(output, target);
  return metric.compute();
}

/** The examples of scikit-learn's documentation (1.5). */
describe('metrics of classes', () => {
  const truth = [0, 1, 2, 0, 1, 2];
  const guess = [0, 2, 1, 0, 0, 1];
  const of = (metric: Metric) => valueOf(metric, scoresOf(guess, 3), ints(truth));

  it.each<[string, Metric, number | number[]]>([
    ['precision, macro', new Precision({ average: 'macro' }), 0.2222222222222222],
    ['precision, micro', new Precision({ average: 'micro' }), 0.3333333333333333],
    ['precision, weighted', new Precision({ average: 'weighted' }), 0.2222222222222222],
    ['precision of each class', new Precision({ average: null }), [0.6666666666666666, 0, 0]],
    ['recall, macro', new Recall(), 0.3333333333333333],
    ['recall, micro', new Recall({ average: 'micro' }), 0.3333333333333333],
    ['recall, weighted', new Recall({ average: 'weighted' }), 0.3333333333333333],
    ['recall of each class', new Recall({ average: null }), [1, 0, 0]],
    ['F1, macro', new F1(), 0.26666666666666666],
    ['F1, micro', new F1({ average: 'micro' }), 0.3333333333333333],
    ['F1, weighted', new F1({ average: 'weighted' }), 0.26666666666666666],
    ['F1 of each class', new F1({ average: null }), [0.8, 0, 0]],
  ])('%s', (_, metric, expected) => {
    const value = of(metric);
    for (const [at, one] of [value].flat(2).entries()) expect(one).toBeCloseTo([expected].flat()[at] as number, 15);
    expect([value].flat()).toHaveLength([expected].flat().length);
  });

  it('accuracy_score([0, 1, 2, 3], [0, 2, 1, 3])', () => {
    expect(valueOf(new Accuracy(), scoresOf([0, 2, 1, 3], 4), ints([0, 1, 2, 3]))).toBe(0.5);
  });

  it('confusion_matrix of three classes, and of two', () => {
    const metric = new ConfusionMatrix();
    expect(valueOf(metric, scoresOf([0, 0, 2, 2, 0, 2], 3), ints([2, 0, 2, 2, 0, 1]))).toEqual([
      [2, 0, 0],
      [0, 0, 1],
      [1, 0, 2],
    ]);
    expect(valueOf(new ConfusionMatrix(), torch.tensor([1, -1, 1, 1]), ints([0, 1, 0, 1]))).toEqual([
      [0, 2],
      [1, 1],
    ]);
    const shares = valueOf(new ConfusionMatrix({ normalize: 'true' }), torch.tensor([1, -1, 1, 1]), ints([0, 1, 0, 1]));
    expect(shares).toEqual([
      [0, 1],
      [0.5, 0.5],
    ]);
  });

  it('top_k_accuracy_score with k = 2', () => {
    const scores = torch.tensor([
      [0.5, 0.2, 0.2],
      [0.3, 0.4, 0.2],
      [0.2, 0.4, 0.3],
      [0.7, 0.2, 0.1],
    ]);
    expect(valueOf(new TopKAccuracy({ k: 2 }), scores, ints([0, 1, 2, 2]))).toBe(0.75);
  });

  it('take one score per sample with a threshold', () => {
    const probabilities = torch.tensor([[0.4], [0.6], [0.9]]);
    expect(valueOf(new Accuracy({ threshold: 0.5 }), probabilities, torch.tensor([[0], [1], [0]]))).toBeCloseTo(
      2 / 3,
      15,
    );
    // All are above 0, the threshold for scores.
    expect(valueOf(new Recall(), probabilities, ints([0, 1, 0]).view(3, 1))).toBe(1);
    expect(valueOf(new Precision(), probabilities, torch.tensor([[0], [1], [0]]))).toBeCloseTo(1 / 3, 15);
  });

  it('leave out ignored targets, and take scores per pixel', () => {
    const scores = scoresOf([0, 1, 1, 0], 2).view(2, 2, 2).transpose(1, 2);
    const target = ints([0, -100, 1, 1]).view(2, 2);
    expect(valueOf(new Accuracy({ ignore_index: -100 }), scores, target)).toBeCloseTo(2 / 3, 15);
    expect(valueOf(new TopKAccuracy({ k: 1, ignore_index: -100 }), scores, target)).toBeCloseTo(2 / 3, 15);
  });
});

describe('the area under the ROC curve', () => {
  it('roc_auc_score([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])', () => {
    expect(valueOf(new AUC(), torch.tensor([0.1, 0.4, 0.35, 0.8]), ints([0, 0, 1, 1]))).toBe(0.75);
  });

  it('counts pairs, ties as half', () => {
    torch.manual_seed(0);
    const scores = torch.randint(0, 5, [40]).to({ dtype: 'float32' });
    const labels = torch.randint(0, 2, [40]);
    const [s, l] = [scores, labels].map((tensor) => Array.from(tensor.toTypedArray(), Number)) as [number[], number[]];
    let won = 0;
    let pairs = 0;
    for (const [i, a] of s.entries())
      for (const [j, b] of s.entries()) {
        if (l[i] !== 1 || l[j] !== 0) continue;
        pairs++;
        won += a > b ? 1 : a === b ? 0.5 : 0;
      }
    expect(valueOf(new AUC(), scores, labels)).toBe(won / pairs);
  });

  it('of several classes is one-versus-rest', () => {
    torch.manual_seed(1);
    const scores = torch.randn([30, 3]);
    const labels = torch.randint(0, 3, [30]);
    const shares = torch.softmax(scores.to({ dtype: 'float64' }), 1);
    const each = [0, 1, 2].map((own) =>
      valueOf(new AUC(), shares.select(1, own), labels.eq(own).to({ dtype: 'int64' })),
    );
    expect(valueOf(new AUC({ average: null }), scores, labels)).toEqual(each);
    const mean = (each as number[]).reduce((all, one) => all + one, 0) / 3;
    expect(valueOf(new AUC(), scores, labels)).toBeCloseTo(mean, 14);
    expect(valueOf(new AUC({ probabilities: true }), shares, labels)).toBeCloseTo(mean, 14);
  });

  it('is NaN if a class has no samples', () => {
    expect(valueOf(new AUC(), torch.tensor([0.1, 0.4]), ints([1, 1]))).toBeNaN();
    expect(new AUC().compute()).toBeNaN();
  });
});

describe('metrics of numbers', () => {
  const truth = torch.tensor([3, -0.5, 2, 7]);
  const guess = torch.tensor([2.5, 0, 2, 8]);

  it('mean_absolute_error, mean_squared_error and r2_score', () => {
    expect(valueOf(new MeanAbsoluteError(), guess, truth)).toBe(0.5);
    expect(valueOf(new MeanSquaredError(), guess, truth)).toBe(0.375);
    expect(valueOf(new R2Score(), guess, truth)).toBeCloseTo(0.9486081370449679, 15);
  });

  it('r2_score of special cases, as documented', () => {
    const r2 = (target: number[], output: number[]) =>
      valueOf(new R2Score(), torch.tensor(output), torch.tensor(target));
    expect(r2([1, 2, 3], [1, 2, 3])).toBe(1);
    expect(r2([1, 2, 3], [2, 2, 2])).toBe(0);
    expect(r2([1, 2, 3], [3, 2, 1])).toBe(-3);
    expect(r2([-2, -2, -2], [-2, -2, -2])).toBe(1);
    expect(r2([-2, -2, -2], [-2, -2, -2 + 1e-6])).toBe(0);
    expect(r2([5], [5])).toBeNaN();
  });

  it('for two outputs, r2_score is the mean of both, and mean_absolute_error the mean over all elements', () => {
    const target = torch.tensor([
      [0.5, 1],
      [-1, 1],
      [7, -6],
    ]);
    const output = torch.tensor([
      [0, 2],
      [-1, 2],
      [8, -5],
    ]);
    expect(valueOf(new MeanAbsoluteError(), output, target)).toBe(0.75);
    const of = (column: number) => valueOf(new R2Score(), output.select(1, column), target.select(1, column)) as number;
    expect(valueOf(new R2Score(), output, target)).toBe((of(0) + of(1)) / 2);
  });

  it('R² does not lose digits if the mean is far from 0', () => {
    const far = 2 ** 30;
    const target = torch.tensor([far, far + 1, far + 2, far + 3], { dtype: 'float64' });
    const output = torch.tensor([far, far + 1, far + 2, far + 4], { dtype: 'float64' });
    expect(valueOf(new R2Score(), output, target)).toBeCloseTo(1 - 1 / 5, 15);
  });

  it('are NaN or infinite if a number is', () => {
    expect(valueOf(new MeanAbsoluteError(), torch.tensor([1, Number.NaN]), torch.tensor([1, 1]))).toBeNaN();
    expect(valueOf(new MeanSquaredError(), torch.tensor([1, Number.POSITIVE_INFINITY]), torch.tensor([1, 1]))).toBe(
      Number.POSITIVE_INFINITY,
    );
    expect(valueOf(new R2Score(), torch.tensor([1, Number.NaN]), torch.tensor([1, 2]))).toBeNaN();
  });
});

describe('every metric', () => {
  torch.manual_seed(4);
  const scores = torch.randn([57, 4]).mul(torch.randn([57, 1]).mul(5).exp());
  const classes = torch.randint(0, 4, [57]);
  const numbers = scores.select(1, 0);
  const others = scores.select(1, 1);
  const all: [Metric, Tensor, Tensor][] = [
    ...[
      new Accuracy(),
      new ConfusionMatrix(),
      new Precision(),
      new Recall(),
      new F1(),
      new AUC(),
      new TopKAccuracy({ k: 2 }),
    ].map((metric): [Metric, Tensor, Tensor] => [metric, scores, classes]),
    ...[new MeanAbsoluteError(), new MeanSquaredError(), new R2Score()].map((metric): [Metric, Tensor, Tensor] => [
      metric,
      numbers,
      others,
    ]),
  ];

  it.each(all.map((entry): [string, ...typeof entry] => [entry[0].constructor.name, ...entry]))(
    '%s gives the same bits whatever the batches and their order',
    (_, metric, output, target) => {
      const splits = [[0, 57], [0, 1, 2, 50, 57], Array.from({ length: 58 }, (_, at) => at)];
      const values = splits.map((ends) => {
        metric.reset();
        const batches = ends.slice(1).map((end, at) => [ends[at] as number, end] as const);
        for (const [start, end] of batches.toReversed())
          metric.update(output.slice(start, end), target.slice(start, end));
        return metric.compute();
      });
      for (const value of values) expect(value).toEqual(values[0]);
      metric.reset();
      expect([metric.compute()].flat(2).filter((value) => !Number.isNaN(value))).toEqual([]);
    },
  );

  it('keeps no tensors, except for AUC until it is reset', async () => {
    torch.scope(() => {
      for (const [metric, output, target] of all) metric.update(output, target);
    });
    const before = await liveTensors();
    torch.scope(() => {
      for (const [metric, output, target] of all) metric.update(output, target);
    });
    expect(torch.memory().tensors).toBe(before + 2);
    for (const [metric] of all) metric.reset();
    expect(torch.memory().tensors).toBe(before - 2);
  });
});

describe('what metrics refuse', () => {
  it.each<[string, () => unknown, string]>([
    [
      'targets that are not classes',
      () => new Accuracy().update(torch.zeros([2, 3]), ints([0, 3])),
      'target: expected classes from 0 to 2, got 3',
    ],
    [
      'fractional classes',
      () => new Accuracy().update(torch.zeros([2]), torch.tensor([0.5, 1])),
      'target: expected classes, got',
    ],
    [
      'shapes that do not match',
      () => new Accuracy().update(torch.zeros([2, 3]), ints([0, 1, 2])),
      'output: expected scores for a target of shape [3]',
    ],
    [
      'another number of classes than before',
      () => {
        const metric = new F1();
        metric.update(torch.zeros([1, 3]), ints([0]));
        metric.update(torch.zeros([1, 4]), ints([0]));
      },
      'output: expected scores of 3 classes, as before, got 4',
    ],
    [
      'k above the number of classes',
      () => new TopKAccuracy({ k: 4 }).update(torch.zeros([1, 3]), ints([0])),
      'k: expected at most the 3 classes, got 4',
    ],
    [
      'no tensor',
      () => new R2Score().update([1] as never, ints([1])),
      'output: expected a Tensor, got an array of length 1',
    ],
    [
      'another number of outputs',
      () => new MeanSquaredError().update(torch.zeros([2, 2]), torch.zeros([2])),
      "output: expected the target's shape [2]",
    ],
    [
      'NaN among the scores of AUC',
      () => valueOf(new AUC(), torch.tensor([Number.NaN, 1]), ints([0, 1])),
      'output: expected scores that are numbers, got NaN',
    ],
    [
      'another average',
      () => new F1({ average: 'all' as never }),
      "average: expected 'binary', 'macro', 'micro', 'weighted' or null, got 'all'",
    ],
    [
      'the binary average of three classes',
      () => valueOf(new F1({ average: 'binary' }), torch.zeros([1, 3]), ints([0])),
      "average: expected one for 3 classes, got 'binary'",
    ],
    ['another option', () => new Accuracy({ top: 1 } as never), 'top: expected one of the options'],
  ])('%s', (_, call, message) => {
    expect(thrownBy(call).message).toContain(message);
  });
});
