import fc from 'fast-check';
import { describe, it } from 'vitest';
import { type Tensor, torch } from '../../lib/index.js';
import {
  anyShape,
  between,
  type Case,
  callWith,
  checkGradients,
  fill,
  fillWithSteps,
  make,
  product,
  reductions,
  RUNS,
  type Values,
} from '../helpers/gradients.js';

/** A margin at least a sixteenth away from all differences of eighths. */
const marginBetween = fc.integer({ min: -8, max: 24 }).map((index) => index / 8 + 1 / 16);

/** Numbers of a list that fill a shape. */
function fillFrom(shape: readonly number[], numbers: readonly number[]): fc.Arbitrary<Values> {
  const count = product(shape);
  const items = fc.array(fc.constantFrom(...numbers), { minLength: count, maxLength: count });
  return items.map((data) => ({ shape, data }));
}

/** The names of a loss in MindSpore's namespaces. */
const mindsporeOf = (ofClass: string, ofFunction: string) => [`mindspore.nn.${ofClass}`, `mindspore.ops.${ofFunction}`];

const labelsOf = (shape: readonly number[], data: readonly number[]) =>
  torch.tensor(BigInt64Array.from(data.map(BigInt)), { shape });

const marginRanking = fc
  .tuple(anyShape, fc.constantFrom(...reductions), marginBetween)
  .chain(([shape, reduction, margin]) =>
    fc
      .tuple(
        callWith('margin_ranking_loss'),
        fillWithSteps(shape, 1 / 8),
        fillWithSteps(shape, 1 / 8),
        // The loss is differentiated with respect to these too, whatever their values.
        fillFrom(shape, [1, -1, 2, 0]),
      )
      .map(([call, ...inputs]): Case => ({ inputs, loss: (tensors) => call(tensors, { reduction, margin }) })),
  );

const hingeEmbedding = fc
  .tuple(anyShape, fc.constantFrom(...reductions), marginBetween)
  .chain(([shape, reduction, margin]) =>
    fc
      .tuple(callWith('hinge_embedding_loss'), fillWithSteps(shape, 1 / 8), fillFrom(shape, [1, -1, 0.5]))
      .map(([call, input, targets]): Case => {
        const target = make(targets);
        return { inputs: [input], loss: ([x]) => call([x as Tensor, target], { reduction, margin }) };
      }),
  );

const softMargin = fc.tuple(anyShape, fc.constantFrom(...reductions)).chain(([shape, reduction]) =>
  fc
    .tuple(callWith('soft_margin_loss'), fill(shape, -4, 4), fillFrom(shape, [1, -1, 0.5]))
    .map(([call, input, targets]): Case => {
      const target = make(targets);
      return { inputs: [input], loss: ([x]) => call([x as Tensor, target], { reduction }) };
    }),
);

/** `[C]` or `[N, C]`. */
const samplesShape = fc
  .tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 1, max: 5 }))
  .map(([batch, classes]) => (batch === 0 ? [classes] : [batch, classes]));

/** Differences of multiples of 3/16 are never 1, this loss's margin. */
const multiLabelMargin = fc.tuple(samplesShape, fc.constantFrom(...reductions)).chain(([shape, reduction]) => {
  const classes = shape.at(-1) as number;
  const rows = product(shape) / classes;
  // Labels, which end at the first -1.
  const label = fc.integer({ min: -1, max: classes - 1 });
  return fc
    .tuple(
      callWith('multilabel_margin_loss'),
      fillWithSteps(shape, 3 / 16),
      fc.array(label, { minLength: rows * classes, maxLength: rows * classes }),
    )
    .map(([call, input, labels]): Case => {
      const target = labelsOf(shape, labels);
      return { inputs: [input], loss: ([x]) => call([x as Tensor, target], { reduction }) };
    });
});

const multiMargin = fc
  .record({
    batch: fc.integer({ min: 0, max: 4 }),
    classes: fc.integer({ min: 1, max: 5 }),
    weighted: fc.boolean(),
    p: fc.constantFrom(1, 2),
    // Not a multiple of 3/16; MindSpore's function only takes integers.
    margin: fc.constantFrom(1, 2, -1, 0.5, 1.25, -0.25),
    reduction: fc.constantFrom(...reductions),
  })
  .chain(({ batch, classes, weighted, p, margin, reduction }) => {
    const samples = batch === 0 ? [] : [batch];
    const count = product(samples);
    const torchOnly = batch === 0 || !Number.isInteger(margin);
    return fc
      .tuple(
        callWith('multi_margin_loss', torchOnly ? mindsporeOf('MultiMarginLoss', 'multi_margin_loss') : []),
        fillWithSteps([...samples, classes], 3 / 16),
        fc.array(fc.integer({ min: 0, max: classes - 1 }), { minLength: count, maxLength: count }),
        fill([classes], 0.1, 3),
      )
      .map(([call, input, labels, factors]): Case => {
        const target = labelsOf(samples, labels);
        const weight = weighted ? make(factors) : null;
        return { inputs: [input], loss: ([x]) => call([x as Tensor, target], { p, margin, weight, reduction }) };
      });
  });

const multiLabelSoftMargin = fc
  .tuple(samplesShape, fc.constantFrom(...reductions), fc.constantFrom('none', 'whole', 'classes'))
  .chain(([shape, reduction, weights]) =>
    fc
      .tuple(
        callWith('multilabel_soft_margin_loss'),
        fill(shape, -5, 5),
        fill(shape, -0.5, 1.5),
        fill(weights === 'whole' ? shape : shape.slice(-1), 0.1, 3),
      )
      .map(
        ([call, input, target, factors]): Case => ({
          inputs: weights === 'none' ? [input, target] : [input, target, factors],
          loss: ([x, y, weight = null]) => call([x, y] as Tensor[], { reduction, weight }),
        }),
      ),
  );

/** The rows of values, or the single row. */
function rowsOf({ shape, data }: Values): number[][] {
  const width = shape.at(-1) as number;
  return Array.from({ length: data.length / width }, (_, row) => data.slice(row * width, (row + 1) * width));
}

function cosine(a: readonly number[], b: readonly number[]): number {
  const dot = (x: readonly number[], y: readonly number[]) =>
    x.reduce((sum, value, index) => sum + value * (y[index] as number), 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

const cosineEmbedding = fc
  .tuple(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 2, max: 4 }), fc.constantFrom(...reductions), between(-1, 1))
  .chain(([batch, width, reduction, margin]) => {
    const samples = batch === 0 ? [] : [batch];
    return fc
      .tuple(
        // MindSpore takes no pair without a batch.
        callWith(
          'cosine_embedding_loss',
          batch === 0 ? mindsporeOf('CosineEmbeddingLoss', 'cosine_embedding_loss') : [],
        ),
        // None is close to 0, where the cosine jumps.
        fillWithSteps([...samples, width], 1 / 4, 1 / 8),
        fillWithSteps([...samples, width], 1 / 4, 1 / 8),
        fillFrom(samples, [1, -1]),
      )
      .filter(([, first, second]) =>
        rowsOf(first).every((row, index) => Math.abs(cosine(row, rowsOf(second)[index] as number[]) - margin) > 0.01),
      )
      .map(([call, first, second, targets]): Case => {
        const target = make(targets);
        return {
          inputs: [first, second],
          loss: ([x, y]) => call([x as Tensor, y as Tensor, target], { reduction, margin }),
        };
      });
  });

type Distance = (a: readonly number[], b: readonly number[]) => number;

/** Whether triplets stay away from the kinks: equal points, the hinge, and equal distances in a swap. */
function isSmooth(points: readonly Values[], distance: Distance, { margin, swap }: { margin: number; swap: boolean }) {
  const [anchors, positives, negatives] = points.map(rowsOf) as [number[][], number[][], number[][]];
  return anchors.every((anchor, row) => {
    const [positive, negative] = [positives[row] as number[], negatives[row] as number[]];
    const [ap, an, pn] = [distance(anchor, positive), distance(anchor, negative), distance(positive, negative)];
    const hinge = ap - (swap ? Math.min(an, pn) : an) + margin;
    return Math.min(ap, an, pn, Math.abs(hinge), Math.abs(an - pn)) > 0.01;
  });
}

/** The p-norm of the difference and eps. */
const normOf =
  (p: number, eps: number): Distance =>
  (a, b) =>
    a.reduce((total, value, index) => total + Math.abs(value - (b[index] as number) + eps) ** p, 0) ** (1 / p);

const tripletMargin = fc
  .record({
    rows: fc.integer({ min: 0, max: 4 }),
    width: fc.integer({ min: 1, max: 4 }),
    reduction: fc.constantFrom(...reductions),
    margin: between(0.2, 3),
    p: fc.constantFrom(1, 1.5, 2, 3),
    eps: fc.constantFrom(1e-6, 0.1),
    swap: fc.boolean(),
  })
  .chain(({ rows, width, ...options }) => {
    const shape = rows === 0 ? [width] : [rows, width];
    const torchOnly = rows === 0 || !Number.isInteger(options.p);
    return fc
      .tuple(
        callWith('triplet_margin_loss', torchOnly ? mindsporeOf('TripletMarginLoss', 'triplet_margin_loss') : []),
        // No difference is 0 or -0.1.
        fillWithSteps(shape, 1 / 8),
        fillWithSteps(shape, 1 / 8, 1 / 24),
        fillWithSteps(shape, 1 / 8, 1 / 12),
      )
      .filter(([, ...points]) => isSmooth(points, normOf(options.p, options.eps), options))
      .map(([call, ...inputs]): Case => ({ inputs, loss: (tensors) => call(tensors, options) }));
  });

/** A distance written in JavaScript, through which gradients flow. */
const squares = (first: Tensor, second: Tensor) => first.sub(second).pow(2).sum({ dim: -1 });

const tripletMarginWithDistance = fc
  .record({
    rows: fc.integer({ min: 1, max: 4 }),
    width: fc.integer({ min: 1, max: 4 }),
    reduction: fc.constantFrom(...reductions),
    margin: between(0.2, 3),
    swap: fc.boolean(),
    custom: fc.boolean(),
  })
  .chain(({ rows, width, custom, ...options }) =>
    fc
      .tuple(
        callWith('triplet_margin_with_distance_loss'),
        fill([rows, width], -2, 2),
        fill([rows, width], -2, 2),
        fill([rows, width], -2, 2),
      )
      .filter(([, ...points]) => {
        const norm = normOf(2, custom ? 0 : 1e-6);
        return isSmooth(points, custom ? (a, b) => norm(a, b) ** 2 : norm, options);
      })
      .map(([call, ...inputs]): Case => {
        const distance_function = custom ? squares : null;
        return { inputs, loss: (tensors) => call(tensors, { ...options, distance_function }) };
      }),
  );

describe('gradients of margin losses agree with finite differences', () => {
  const cases: Readonly<Record<string, fc.Arbitrary<Case>>> = {
    'margin ranking': marginRanking,
    'hinge embedding': hingeEmbedding,
    'cosine embedding': cosineEmbedding,
    'soft margin': softMargin,
    'margin of several labels': multiLabelMargin,
    'soft margin of several labels': multiLabelSoftMargin,
    'margin of one label': multiMargin,
    'triplet margin': tripletMargin,
    'triplet margin with distance': tripletMarginWithDistance,
  };
  it.each(Object.entries(cases))('%s', (_, arbitrary) => fc.assert(fc.property(arbitrary, checkGradients), RUNS));
});
