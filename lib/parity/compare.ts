import type { DType, Shape } from '../types.js';
import { readPlain, readTolerance } from './plain.js';

/** A tensor as plain data: what {@link compareTensors} compares. */
export interface PlainTensor {
  readonly dtype: DType;
  readonly shape: Shape;
  /** The elements in C order; bool as 0 and 1. */
  readonly data: ArrayLike<number | bigint>;
}

/** How far an element may lie from the expected one: `atol + rtol * |expected|`. */
export interface Tolerance {
  readonly rtol: number;
  readonly atol: number;
}

/** One pair of elements and where it lies, in C order. */
export interface WorstElement {
  readonly index: number;
  readonly actual: number | bigint;
  readonly expected: number | bigint;
}

/** What {@link compareTensors} finds. */
export interface Comparison {
  readonly equal: boolean;
  /** The largest absolute difference; infinite where NaN or an infinity is met by something else. */
  readonly max_abs_error: number;
  /** The largest difference relative to the expected value, over the elements whose expected value is not zero. */
  readonly max_rel_error: number;
  /** The element that goes furthest beyond its bound or comes nearest to it; `null` without elements to compare. */
  readonly worst: WorstElement | null;
  /** Why the tensors are not equal. */
  readonly reason?: string;
}

const EXACT: Tolerance = { rtol: 0, atol: 0 };

/** The tolerances of `torch.testing.assert_close`: integers and bool must be the same. */
export const TOLERANCES: Readonly<Record<DType, Tolerance>> = {
  float64: { rtol: 1e-7, atol: 1e-7 },
  float32: { rtol: 1.3e-6, atol: 1e-5 },
  bfloat16: { rtol: 1.6e-2, atol: 1e-5 },
  float16: { rtol: 1e-3, atol: 1e-5 },
  int8: EXACT,
  uint8: EXACT,
  int16: EXACT,
  int32: EXACT,
  int64: EXACT,
  bool: EXACT,
};

/**
 * Compares a tensor with the expected one as `torch.testing.assert_close` does: same dtype, same shape and
 * for each element `|actual - expected| <= atol + rtol * |expected|`. NaN equals NaN; infinities must have
 * the same sign.
 *
 * @param tolerance - in place of the default of the expected dtype.
 */
export function compareTensors(given: PlainTensor, wanted: PlainTensor, tolerance?: Tolerance): Comparison {
  const [actual, expected] = [readPlain(given, 'actual'), readPlain(wanted, 'expected')];
  const mismatch = describeMismatch(actual, expected);
  if (mismatch !== null) return { equal: false, max_abs_error: 0, max_rel_error: 0, worst: null, reason: mismatch };
  const { rtol, atol } = tolerance === undefined ? TOLERANCES[expected.dtype] : readTolerance(tolerance);
  let maxAbs = 0;
  let maxRel = 0;
  let worst: WorstElement | null = null;
  let worstExcess = Number.NEGATIVE_INFINITY;
  let failures = 0;
  for (let index = 0; index < expected.data.length; index++) {
    const a = actual.data[index] as number | bigint;
    const e = expected.data[index] as number | bigint;
    const difference = distance(a, e);
    const magnitude = Math.abs(Number(e));
    // An infinite expected value has no bound of its own: it must be met exactly.
    const bound = Number.isFinite(magnitude) ? atol + rtol * magnitude : 0;
    if (difference > bound) failures++;
    maxAbs = Math.max(maxAbs, difference);
    if (magnitude > 0 && difference > 0) maxRel = Math.max(maxRel, relative(difference, magnitude));
    if (difference - bound > worstExcess) {
      worstExcess = difference - bound;
      worst = { index, actual: a, expected: e };
    }
  }
  const found = { max_abs_error: maxAbs, max_rel_error: maxRel, worst };
  if (failures === 0 || worst === null) return { equal: true, ...found };
  const count = `${failures} of ${expected.data.length} elements differ`;
  const where = `element ${worst.index}: expected ${worst.expected}, got ${worst.actual}`;
  return { equal: false, ...found, reason: `${count} by more than rtol ${rtol}, atol ${atol}; worst is ${where}` };
}

function describeMismatch(actual: PlainTensor, expected: PlainTensor): string | null {
  if (actual.dtype !== expected.dtype) return `expected dtype ${expected.dtype}, got ${actual.dtype}`;
  const shapes = [actual.shape, expected.shape].map((shape) => `[${shape.join(', ')}]`);
  if (shapes[0] !== shapes[1]) return `expected shape ${shapes[1]}, got ${shapes[0]}`;
  if (actual.data.length !== expected.data.length) {
    return `expected ${expected.data.length} elements, got ${actual.data.length}`;
  }
  return null;
}

/** The absolute difference: 0 for equal infinities and for two NaNs, infinite where only one of them is one. */
function distance(actual: number | bigint, expected: number | bigint): number {
  if (typeof actual === 'bigint' && typeof expected === 'bigint') {
    return Number(actual > expected ? actual - expected : expected - actual);
  }
  if (Object.is(actual, expected)) return 0;
  const difference = Math.abs(Number(actual) - Number(expected));
  if (Number.isNaN(difference)) return Number.POSITIVE_INFINITY;
  return difference;
}

function relative(difference: number, magnitude: number): number {
  return Number.isFinite(difference) ? difference / magnitude : Number.POSITIVE_INFINITY;
}
