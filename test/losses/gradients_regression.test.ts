import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Tensor, torch } from '../../lib/index.js';
import { libtorch } from '../../lib/addon/native.js';
import { behaviour } from '../../lib/addon/versions.js';
import {
  anyShape,
  between,
  type Case,
  callWith,
  checkGradients,
  fill,
  fillWithSteps,
  make,
  reductions,
  RUNS,
} from '../helpers/gradients.js';

const smoothL1 = fc.tuple(anyShape, fc.constantFrom(...reductions), between(0.1, 2)).chain(([shape, reduction, beta]) =>
  fc.tuple(callWith('smooth_l1_loss'), fill(shape, -3, 3), fill(shape, -2, 2)).map(([call, input, apart]): Case => {
    // The inputs differ by at least 0.03.
    const away = (value: number, index: number) => value + ((apart.data[index] as number) < 0 ? -0.03 : 0.03);
    const target = {
      shape,
      data: apart.data.map((value, index) => (input.data[index] as number) + away(value, index)),
    };
    return { inputs: [input, target], loss: (inputs) => call(inputs, { reduction, beta }) };
  }),
);

/** With a beta of 0, the absolute error, which has a kink where the inputs agree. */
const absolute = fc.tuple(anyShape, fc.constantFrom(...reductions)).chain(([shape, reduction]) =>
  fc.tuple(fill(shape, -3, 3), fill(shape, 0.01, 2)).map(([input, apart]): Case => {
    const data = apart.data.map((value, index) => (input.data[index] as number) + (index % 2 === 0 ? value : -value));
    const options = { reduction, beta: 0 };
    return {
      inputs: [input, { shape, data }],
      loss: ([x, y]) => torch.nn.functional.smooth_l1_loss(x as Tensor, y as Tensor, options),
    };
  }),
);

/** A few pairs of shapes. The first two broadcast; LibTorch warns about each such pair. */
const pairOfShapes = fc.oneof(
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      [[3, 2], [2]] as const,
      [
        [2, 1],
        [1, 3],
      ] as const,
    ),
  },
  { weight: 3, arbitrary: anyShape.map((shape) => [shape, shape] as const) },
);

/** An error, never 0: the inputs are at least a sixteenth apart. */
function errors(op: string, options: Readonly<Record<string, unknown>> = {}): fc.Arbitrary<Case> {
  return fc.tuple(pairOfShapes, fc.constantFrom(...reductions)).chain(([[shape, other], reduction]) =>
    fc.tuple(callWith(op), fillWithSteps(shape, 1 / 8), fillWithSteps(other, 1 / 8, 1 / 16)).map(
      ([call, input, target]): Case => ({
        inputs: [input, target],
        loss: (inputs) => call(inputs, { ...options, reduction }),
      }),
    ),
  );
}

type Weighted = (input: Tensor, target: Tensor, options: { reduction: 'sum'; weight: Tensor | null }) => Tensor;

/** An error with a weight for each element; the loss is also differentiated with respect to the weights. */
function weightedErrors(loss: Weighted, options: Readonly<Record<string, unknown>> = {}): fc.Arbitrary<Case> {
  return fc.tuple(anyShape, fc.constantFrom(...reductions)).chain(([shape, reduction]) =>
    fc.tuple(fillWithSteps(shape, 1 / 8), fillWithSteps(shape, 1 / 8, 1 / 16), fill(shape, 0.2, 2)).map(
      (inputs): Case => ({
        inputs,
        loss: ([x, y, weight]) =>
          loss(x as Tensor, y as Tensor, { ...options, reduction, weight: weight as Tensor } as never),
      }),
    ),
  );
}

/** A boundary between the quadratic and the linear part that no error comes close to. */
const delta = fc.integer({ min: 1, max: 24 }).map((eighths) => eighths / 8);

const poisson = fc
  .record({
    shape: anyShape,
    log_input: fc.boolean(),
    full: fc.boolean(),
    eps: fc.constantFrom(1e-8, 0.1),
    reduction: fc.constantFrom(...reductions),
  })
  .chain(({ shape, ...options }) =>
    fc
      .tuple(
        callWith('poisson_nll_loss'),
        options.log_input ? fill(shape, -3, 3) : fill(shape, 0.2, 4),
        fill(shape, 0.05, 3),
      )
      .map(([call, input, { data }]): Case => {
        // Stirling's term begins above 1.
        const target = { shape, data: data.map((count) => (count > 0.95 ? count + 0.1 : count)) };
        return { inputs: [input, target], loss: (inputs) => call(inputs, options) };
      }),
  );

/** The shapes that variances may have for an input. */
function variancesOf(shape: readonly number[]): (readonly number[])[] {
  if (shape.length === 0) return [shape];
  const known = [shape, shape.slice(0, -1), [...shape.slice(0, -1), 1]];
  // PyTorch 2.10 is the first release to accept a size of 1 other than the last one.
  const [major = 0, minor = 0] = libtorch().minor.split('.').map(Number);
  return major > 2 || (major === 2 && minor >= 10) ? [...known, shape.with(0, 1)] : known;
}

const gaussianOptions = fc.record({
  full: fc.boolean(),
  eps: fc.constantFrom(1e-6, 0.5),
  reduction: fc.constantFrom(...reductions),
});

const gaussian = fc
  .tuple(anyShape, gaussianOptions)
  .chain(([shape, options]) =>
    fc.tuple(fc.constant(shape), fc.constant(options), fc.constantFrom(...variancesOf(shape))),
  )
  .chain(([shape, options, variances]) =>
    fc
      // All variances are above eps: below, the gradient is not the loss's.
      .tuple(callWith('gaussian_nll_loss'), fill(shape, -2, 2), fill(shape, -2, 2), fill(variances, 0.6, 3))
      .map(([call, ...inputs]): Case => ({ inputs, loss: (tensors) => call(tensors, options) })),
  );

/** With one variance for all elements: a number if LibTorch is new enough, else a filled tensor. */
const gaussianOfOneVariance = fc.tuple(anyShape, gaussianOptions, between(0.1, 3)).chain(([shape, options, variance]) =>
  fc.tuple(fill(shape, -2, 2), fill(shape, -2, 2)).map((inputs): Case => {
    const gaussian_nll_loss = torch.nn.functional.gaussian_nll_loss as Caller3;
    const third = behaviour().numberAsVariance ? variance : make({ shape, data: inputs[0].data.map(() => variance) });
    return { inputs, loss: ([x, y]) => gaussian_nll_loss(x as Tensor, y as Tensor, third, options) };
  }),
);

type Caller3 = (input: Tensor, target: Tensor, variance: unknown, options: object) => Tensor;

describe('gradients of regression losses agree with finite differences', () => {
  const { functional: F } = torch.nn;
  const cases: Readonly<Record<string, fc.Arbitrary<Case>>> = {
    'absolute error': errors('l1_loss'),
    'squared error': errors('mse_loss'),
    Huber: delta.chain((value) => errors('huber_loss', { delta: value })),
    'smooth L1': smoothL1,
    'smooth L1 with a beta of 0': absolute,
    Poisson: poisson,
    Gauss: gaussian,
    'Gauss with one variance': gaussianOfOneVariance,
  };
  it.each(Object.entries(cases))('%s', (_, arbitrary) => fc.assert(fc.property(arbitrary, checkGradients), RUNS));

  it('absolute, squared and Huber error with weights, where LibTorch has them', () => {
    const weighted = {
      l1: weightedErrors(F.l1_loss as Weighted),
      mse: weightedErrors(F.mse_loss as Weighted),
      huber: delta.chain((value) => weightedErrors(F.huber_loss as Weighted, { delta: value })),
    };
    for (const arbitrary of Object.values(weighted)) {
      if (behaviour().elementWeights) {
        fc.assert(fc.property(arbitrary, checkGradients), RUNS);
        continue;
      }
      for (const { loss, inputs } of fc.sample(arbitrary, { ...RUNS, numRuns: 3 })) {
        expect(() => loss(inputs.map((values) => make(values)))).toThrow('weight: expected LibTorch 2.6 or newer');
      }
    }
  });
});
