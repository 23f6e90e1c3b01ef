import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Tensor, torch } from '../../lib/index.js';
import {
  anyShape,
  type Case,
  callWith,
  checkGradients,
  fill,
  make,
  product,
  reductions,
  RUNS,
} from '../helpers/gradients.js';

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
      // The formula changes at 0.
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

/** A target of class indices. The first sample is never ignored: the mean of no samples is 0 / 0. */
function labelsOf(indices: readonly number[], samples: readonly number[], classes: number, ignore_index: number) {
  const labels = indices.map((label, position) => (position === 0 && label === ignore_index ? classes - 1 : label));
  return torch.tensor(BigInt64Array.from(labels.map(BigInt)), { shape: samples });
}

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
        const target = labelsOf(indices, samples, classes, ignore_index);
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

const nll = fc
  .tuple(
    crossEntropyShape,
    fc.constantFrom(...reductions),
    fc.boolean(),
    fc.constantFrom(-100, -1, 0),
    fc.constantFrom(0, 0.25),
  )
  .chain(([[batch, classes, rest, unbatched], reduction, weighted, ignore_index, label_smoothing]) => {
    const shape = unbatched ? [classes] : [batch, classes, ...rest];
    const samples = unbatched ? [] : [batch, ...rest];
    const count = product(samples);
    const index = fc.integer({ min: 0, max: classes - 1 });
    return fc
      .tuple(
        // The class wants weights in float32, and the input in their dtype.
        callWith('nll_loss_nd', weighted ? ['mindspore.nn.NLLLoss'] : []),
        fill(shape, -5, 0),
        fc.array(index, { minLength: count, maxLength: count }),
        fill([classes], 0.1, 3),
      )
      .map(([call, input, indices, factors]): Case => {
        const target = labelsOf(indices, samples, classes, ignore_index);
        const weight = weighted ? make(factors) : null;
        const options = { reduction, weight, ignore_index, label_smoothing };
        return { inputs: [input], loss: ([x]) => call([x as Tensor, target], options) };
      });
  });

const bce = fc
  .tuple(anyShape, fc.constantFrom(...reductions), fc.constantFrom('none', 'whole', 'last size'))
  .chain(([shape, reduction, weights]) =>
    fc
      .tuple(
        callWith('binary_cross_entropy', ['mindspore.nn.BCELoss', 'mindspore.ops.binary_cross_entropy']),
        fill(shape, 0.05, 0.95),
        fill(shape, 0.01, 0.99),
        fill(weights === 'whole' ? shape : shape.slice(-1), 0.1, 3),
      )
      .map(([call, input, target, factors]): Case => {
        const weight = weights === 'none' ? null : make(factors);
        return { inputs: [input, target], loss: (inputs) => call(inputs, { reduction, weight }) };
      }),
  );

/** With respect to the logits: LibTorch's gradient for the log-probabilities assumes that they stay normalised. */
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
    // Twice as many steps as labels are enough for repeated labels.
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

describe('gradients of classification losses agree with finite differences', () => {
  const cases: Readonly<Record<string, fc.Arbitrary<Case>>> = {
    'cross entropy of class indices': crossEntropyOfIndices,
    'cross entropy of probabilities': crossEntropyOfProbabilities,
    'negative log-likelihood': nll,
    'binary cross entropy': bce,
    'binary cross entropy with logits': bceWithLogits,
    'Kullback-Leibler divergence': klDiv,
    'connectionist temporal classification': ctc,
  };
  it.each(Object.entries(cases))('%s', (_, arbitrary) => fc.assert(fc.property(arbitrary, checkGradients), RUNS));

  it("reach the tensors that a loss's inputs were computed from", () => {
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
