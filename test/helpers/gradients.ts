import fc from 'fast-check';
import { expect } from 'vitest';
import { type Tensor, torch } from '../../lib/index.js';
import { entriesOf, lossOf } from './losses.js';

/** A loss of some float64 tensors, with respect to which it is differentiated. */
export interface Case {
  readonly loss: (inputs: readonly Tensor[]) => Tensor;
  readonly inputs: readonly Values[];
}

/** The elements of a tensor. */
export interface Values {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

const STEP = 1e-6;
const TOLERANCE = 1e-5;
/** How every property is run. */
export const RUNS = { seed: 20_260_401, numRuns: 60 };

/** How many elements a shape has. */
export const product = (shape: readonly number[]) => shape.reduce((total, size) => total * size, 1);

/** A tensor of float64. */
export function make({ shape, data }: Values, requires_grad = false): Tensor {
  return torch.tensor(Float64Array.from(data), { shape, requires_grad });
}

/** Compares the gradients of the loss, weighted if there is more than one, with central differences. */
export function checkGradients({ loss, inputs }: Case): void {
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

/** Uniformly distributed numbers: those of `fc.double` are uniform in the exponent, so most of them are close to 0. */
export function between(min: number, max: number): fc.Arbitrary<number> {
  return fc.integer({ min: 0, max: 2 ** 24 }).map((step) => min + ((max - min) * step) / 2 ** 24);
}

/**
 * Multiples of `step`, shifted by `offset`, that fill a shape. Differences between such grids stay away from values that are
 * not on the grid of differences: from 0 if the offsets differ, from a margin between the multiples.
 */
export function fillWithSteps(shape: readonly number[], step: number, offset = 0): fc.Arbitrary<Values> {
  const count = product(shape);
  const number = fc.integer({ min: -16, max: 16 }).map((index) => index * step + offset);
  return fc.array(number, { minLength: count, maxLength: count }).map((data) => ({ shape, data }));
}

/** Numbers that fill a shape. */
export function fill(shape: readonly number[], min: number, max: number): fc.Arbitrary<Values> {
  const count = product(shape);
  const number = between(min, max);
  return fc.array(number, { minLength: count, maxLength: count }).map((data) => ({ shape, data }));
}

/** Up to three sizes. */
export const anyShape = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 0, maxLength: 3 });
/** The reductions of most losses. */
export const reductions = ['none', 'mean', 'sum'] as const;

/** Calls a loss. */
export type Caller = (inputs: readonly Tensor[], options: Readonly<Record<string, unknown>>) => Tensor;

/** What stays the same while the inputs change: the namespace and the options, without `undefined` ones. */
export function callWith(op: string, refusing: readonly string[] = []): fc.Arbitrary<Caller> {
  const entries = entriesOf(op).filter(({ path }) => !refusing.includes(path));
  return fc.constantFrom(...entries).map((entry) => (inputs, options) => {
    const known = Object.entries(options).filter(([name]) => entry.entry.options.includes(name));
    return lossOf(entry, inputs, Object.fromEntries(known));
  });
}
