import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Tensor, torch } from '../lib/index.js';
import { callLoss, ENTRIES } from './helpers/losses.js';

/** A loss of some float64 tensors, by which it is to be differentiated. */
interface Case {
  readonly loss: (inputs: readonly Tensor[]) => Tensor;
  readonly inputs: readonly Values[];
}

interface Values {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

const STEP = 1e-6;
const TOLERANCE = 1e-5;
const RUNS = { seed: 20_260_401, numRuns: 60 };

const product = (shape: readonly number[]) => shape.reduce((total, size) => total * size, 1);

function make({ shape, data }: Values, requires_grad = false): Tensor {
  return torch.tensor(Float64Array.from(data), { shape, requires_grad });
}

/** Compares the gradients of the loss, weighted if there is more than one, with central differences. */
function checkGradients({ loss, inputs }: Case): void {
  const variables = inputs.map((values) => make(values, true));
  const result = loss(variables);
  const factors = Array.from({ length: result.numel() }, (_, index) => 0.5 + ((index * 7) % 5) / 4);
  result.backward({ gradient: make({ shape: result.shape, data: factors }) });

  const valueAt = (changed: readonly Values[]) => {
    const losses = loss(changed.map((values) => make(values))).toTypedArray() as Float64Array;
    return losses.reduce((sum, value, index) => sum + value * (factors[index] as number), 0);
  };
  for (const [position, variable] of variables.entries()) {
    const { shape, data } = inputs[position] as Values;
    const analytic = variable.grad?.toTypedArray() as Float64Array;
    expect(variable.grad?.shape).toEqual(shape);
    for (const [index, value] of data.entries()) {
      const moved = (by: number) => inputs.with(position, { shape, data: data.with(index, value + by) });
      const numeric = (valueAt(moved(STEP)) - valueAt(moved(-STEP))) / (2 * STEP);
      const difference = Math.abs((analytic[index] as number) - numeric);
      const scale = Math.max(1, Math.abs(numeric));
      if (!(difference <= TOLERANCE * scale)) {
        throw new Error(`input ${position}[${index}]: the gradient is ${analytic[index]}, differences give ${numeric}`);
      }
    }
  }
}

/** Evenly spread numbers: `fc.double` spreads its numbers over the exponents, so that most of them are next to 0. */
function between(min: number, max: number): fc.Arbitrary<number> {
  return fc.integer({ min: 0, max: 2 ** 24 }).map((step) => min + ((max - min) * step) / 2 ** 24);
}

/** Numbers that fill a shape. */
function fill(shape: readonly number[], min: number, max: number): fc.Arbitrary<Values> {
  const count = product(shape);
  const number = between(min, max);
  return fc.array(number, { minLength: count, maxLength: count }).map((data) => ({ shape, data }));
}

const anyShape = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 0, maxLength: 3 });
const reductions = ['none', 'mean', 'sum'] as const;

/** What stays the same while the inputs change: the namespace and the options, `undefined` ones left out. */
function callWith(op: string, refusing: readonly string[] = []): fc.Arbitrary<Caller> {
  const entries = ENTRIES.filter(({ row, path }) => row.op === op && !refusing.includes(path));
  return fc.constantFrom(...entries).map((entry) => (inputs, options) => {
    const known = Object.entries(options).filter(([name]) => entry.entry.options.includes(name));
    const [loss] = [callLoss(entry, inputs, Object.fromEntries(known))].flat();
    return loss as Tensor;
  });
}

type Caller = (inputs: readonly Tensor[], options: Readonly<Record<string, unknown>>) => Tensor;

const smoothL1 = fc.tuple(anyShape, fc.constantFrom(...reductions), between(0.1, 2)).chain(([shape, reduction, beta]) =>
  fc.tuple(callWith('smooth_l1_loss'), fill(shape, -3, 3), fill(shape, -2, 2)).map(([call, input, apart]): Case => {
    // The inputs differ everywhere, for the second derivative jumps where they do by beta.
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

const klDiv = fc
  .tuple(anyShape, fc.constantFrom(...reductions, 'batchmean'), fc.boolean())
  .chain(([shape, reduction, log_target]) =>
    fc
      .tuple(callWith('kl_div'), fill(shape, -4, 0), log_target ? fill(shape, -4, 0) : fill(shape, 0.01, 1))
      .map(([call, input, target]): Case => {
        const torchOnly = torch.nn.functional.kl_div;
        const options = { reduction, log_target };
        // MindSpore has no log_target.
        return {
          inputs: [input, target],
          loss: (inputs) =>
            log_target ? torchOnly(inputs[0] as Tensor, inputs[1] as Tensor, options) : call(inputs, options),
        };
      }),
  );

const bceWithLogits = fc
  .tuple(anyShape, fc.constantFrom(...reductions), fc.boolean(), fc.boolean())
  .chain(([shape, reduction, weighted, positive]) =>
    fc
      .tuple(
        // MindSpore's entries take no float64.
        callWith('binary_cross_entropy_with_logits', [
          'mindspore.nn.BCEWithLogitsLoss',
          'mindspore.ops.binary_cross_entropy_with_logits',
        ]),
        fill(shape, -6, 6),
        fill(shape, -0.5, 1.5),
        fill(shape, 0.1, 3),
        fill(shape.slice(-1), 0.1, 3),
      )
      // The formula turns at 0.
      .filter(([, input]) => input.data.every((value) => Math.abs(value) > 1e-4))
      .map(([call, input, target, factors, classes]): Case => {
        const weight = weighted ? make(factors) : null;
        const pos_weight = positive ? make(classes) : undefined;
        return { inputs: [input, target], loss: (inputs) => call(inputs, { reduction, weight, pos_weight }) };
      }),
  );

const crossEntropyShape = fc.tuple(
  fc.integer({ min: 1, max: 4 }),
  fc.integer({ min: 2, max: 5 }),
  fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 2 }),
  fc.boolean(),
);
const crossEntropyOptions = fc.record({
  reduction: fc.constantFrom(...reductions),
  label_smoothing: fc.constantFrom(0, 0.1, 0.75, 1),
});

const crossEntropyOfIndices = fc
  .tuple(crossEntropyShape, crossEntropyOptions, fc.boolean(), fc.constantFrom(-100, -1, 0))
  .chain(([[batch, classes, rest, unbatched], options, weighted, ignore_index]) => {
    const shape = unbatched ? [classes] : [batch, classes, ...rest];
    const samples = unbatched ? [] : [batch, ...rest];
    const count = product(samples);
    const index = fc.integer({ min: 0, max: classes - 1 });
    return fc
      .tuple(
        callWith('cross_entropy_loss', ['mindspore.nn.CrossEntropyLoss']),
        fill(shape, -5, 5),
        fc.array(index, { minLength: count, maxLength: count }),
        fill([classes], 0.1, 3),
      )
      .map(([call, input, indices, factors]): Case => {
        // The first sample always counts: without any the mean is 0 / 0.
        const labels = indices.map((label, position) =>
          position === 0 && label === ignore_index ? classes - 1 : label,
        );
        const target = torch.tensor(BigInt64Array.from(labels.map(BigInt)), { shape: samples });
        const weight = weighted ? make(factors) : null;
        return { inputs: [input], loss: ([x]) => call([x as Tensor, target], { ...options, weight, ignore_index }) };
      });
  });

const crossEntropyOfProbabilities = fc
  .tuple(crossEntropyShape, crossEntropyOptions, fc.boolean())
  .chain(([[batch, classes, rest, unbatched], options, weighted]) => {
    const shape = unbatched ? [classes] : [batch, classes, ...rest];
    return fc
      .tuple(
        callWith('cross_entropy_loss', ['mindspore.nn.CrossEntropyLoss']),
        fill(shape, -5, 5),
        fill(shape, 0, 1),
        fill([classes], 0.1, 3),
      )
      .map(([call, input, target, factors]): Case => {
        const weight = weighted ? make(factors) : null;
        return { inputs: [input, target], loss: (inputs) => call(inputs, { ...options, weight }) };
      });
  });

/** By the logits: LibTorch's gradient by the log-probabilities is that of log-probabilities which stay normalised. */
const ctc = fc
  .record({
    steps: fc.integer({ min: 2, max: 6 }),
    batch: fc.integer({ min: 0, max: 3 }),
    classes: fc.integer({ min: 2, max: 4 }),
    blank: fc.integer({ min: 0, max: 1 }),
    reduction: fc.constantFrom(...reductions),
    zero_infinity: fc.boolean(),
    joined: fc.boolean(),
  })
  .chain(({ steps, batch, classes, joined, ...options }) => {
    const { blank } = options;
    const rows = batch || 1;
    const length = Math.max(1, Math.floor(steps / 2));
    // Twice as many steps as labels suffice for repeated labels.
    const label = fc.integer({ min: 0, max: classes - 2 }).map((index) => (index >= blank ? index + 1 : index));
    const row = fc.array(label, { minLength: length, maxLength: length });
    const rowsOf = <T>(item: fc.Arbitrary<T>) => fc.array(item, { minLength: rows, maxLength: rows });
    return fc
      .tuple(
        callWith('ctc_loss', ['mindspore.nn.CTCLoss', 'mindspore.ops.ctc_loss']),
        fill(batch === 0 ? [steps, classes] : [steps, batch, classes], -2, 2),
        rowsOf(row),
        rowsOf(fc.integer({ min: 2 * length, max: Math.max(steps, 2 * length) })),
        rowsOf(fc.integer({ min: 0, max: length })),
      )
      .map(([call, logits, labels, inputLengths, targetLengths]): Case => {
        const inOne = joined || batch === 0;
        const flat = inOne ? labels.flatMap((row, index) => row.slice(0, targetLengths[index])) : labels.flat();
        const shape = inOne ? [flat.length] : [rows, length];
        const targets = torch.tensor(Int32Array.from(flat), { shape });
        return {
          inputs: [logits],
          loss: ([x]) =>
            call([(x as Tensor).log_softmax({ dim: -1 }), targets, inputLengths, targetLengths] as never, options),
        };
      });
  });

/** A distance that is written in JavaScript, and through which gradients flow. */
const squares = (first: Tensor, second: Tensor) => first.sub(second).pow(2).sum({ dim: -1 });

function distance(a: readonly number[], b: readonly number[], custom: boolean): number {
  const sum = a.reduce((total, value, index) => total + (value - (b[index] as number) + (custom ? 0 : 1e-6)) ** 2, 0);
  return custom ? sum : Math.sqrt(sum);
}

const triplet = fc
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
      // Away from the kinks: equal points, the hinge, and the two distances of a swap being one.
      .filter(([, ...points]) =>
        Array.from({ length: rows }, (_, row) => {
          const [a, p, n] = points.map(({ data }) => data.slice(row * width, (row + 1) * width));
          const [ap, an, pn] = [
            distance(a as number[], p as number[], custom),
            distance(a as number[], n as number[], custom),
            distance(p as number[], n as number[], custom),
          ];
          const hinge = ap - (options.swap ? Math.min(an, pn) : an) + options.margin;
          return Math.min(ap, an, pn, Math.abs(hinge), Math.abs(an - pn)) > 0.01;
        }).every(Boolean),
      )
      .map(([call, ...inputs]): Case => {
        const distance_function = custom ? squares : null;
        return { inputs, loss: (tensors) => call(tensors, { ...options, distance_function }) };
      }),
  );

describe('gradients agree with differences', () => {
  const cases: Readonly<Record<string, fc.Arbitrary<Case>>> = {
    'cross entropy of class indices': crossEntropyOfIndices,
    'cross entropy of probabilities': crossEntropyOfProbabilities,
    'binary cross entropy with logits': bceWithLogits,
    'Kullback-Leibler divergence': klDiv,
    'smooth L1': smoothL1,
    'smooth L1 with a beta of 0': absolute,
    'connectionist temporal classification': ctc,
    'triplet margin with distance': triplet,
  };
  it.each(Object.entries(cases))('%s', (_, arbitrary) => fc.assert(fc.property(arbitrary, checkGradients), RUNS));

  it('reach what a loss is computed from', () => {
    const x = torch.tensor(
      [
        [0.5, -1],
        [2, 0.25],
      ],
      { dtype: 'float64', requires_grad: true },
    );
    const loss = torch.nn.functional.cross_entropy(x.mul(x), torch.tensor([1n, 0n]));
    const [gradient] = torch.autograd.grad(loss, x);
    const direct = torch.tensor(x.mul(x).tolist(), { dtype: 'float64', requires_grad: true });
    torch.nn.functional.cross_entropy(direct, torch.tensor([1n, 0n])).backward();
    const expected = direct.grad?.mul(x.detach()).mul(2) as Tensor;
    expect(gradient?.tolist()).toEqual(expected.tolist());
  });
});
