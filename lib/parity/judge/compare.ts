import { type Tolerance, readPlain, readTolerance } from './plain.js';
import type { PlainTensor } from '../wire/plain_tensor.js';
import { isFloat } from '../../tensor/dtypes.js';
import { invalidType } from '../../base/errors.js';
import { isTensor } from '../../addon/handle.js';
import { isRevoked } from '../../base/plain_object.js';
import type { Tensor } from '../../tensor/tensor.js';
import type { DType, Shape } from '../../base/types.js';
import { ulpDistance } from '../wire/bits.js';

/** A tensor of torchloss, or of another library with its elements in C order. */
export interface ReadableTensor {
  readonly dtype: DType;
  readonly shape: Shape;
  toTypedArray(): ArrayLike<number | bigint>;
}

/** The arguments of {@link compareTensors}. */
export type Comparable = PlainTensor | ReadableTensor;

/** A pair of elements and its position. */
export interface WorstElement {
  /** The index in C order. */
  readonly index: number;
  /** The index along each dimension. */
  readonly at: readonly number[];
  readonly actual: number | bigint;
  readonly expected: number | bigint;
}

/** The result of {@link compareTensors}. */
export interface Comparison {
  readonly equal: boolean;
  /** Whether all elements are identical, including the sign of zero; NaNs are equal to each other. */
  readonly identical: boolean;
  /** The largest absolute difference; infinite if NaN or an infinity differs from the other side. */
  readonly max_abs_error: number;
  /** The largest difference relative to the expected value, over the elements whose expected value is not zero. */
  readonly max_rel_error: number;
  /** The largest difference in steps between neighbouring numbers of the dtype; of integers, the difference itself. */
  readonly max_ulp_error: number;
  /** The cosine of the angle between the tensors, over the elements that are finite in both; 1 for two of zeros. */
  readonly cosine_similarity: number;
  /** The element that exceeds its bound by most, or comes closest to it; `null` if there are no elements. */
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

/** The thresholds of MindSpore's precision tools: below the first pair both must fail, the second pair each alone. */
const COSINE_RULE = { cosine: 0.99, absolute: 1e-3, leastCosine: 0.9, mostAbsolute: 1 };

/**
 * Compares a tensor with the expected one like `torch.testing.assert_close`: same dtype, same shape and
 * for each element `|actual - expected| <= atol + rtol * |expected|`. NaN equals NaN; infinities must have
 * the same sign.
 *
 * @param tolerance - `rtol`, `atol` or both, which override the defaults of the expected dtype.
 * @example
 * ```ts
 * const expected = torch.tensor([1, 2, 3]);
 * const found = compareTensors(torch.tensor([1, 2.5, 3]), expected);
 * found.equal;                // false
 * found.worst?.at;            // [ 1 ]
 * found.max_abs_error;        // 0.5
 * ```
 */
export function compareTensors(given: Comparable, wanted: Comparable, tolerance?: Partial<Tolerance>): Comparison {
  const [actual, expected] = [plainOf(given, 'actual'), plainOf(wanted, 'expected')];
  const mismatch = describeMismatch(actual, expected);
  if (mismatch !== null) return { ...UNCOMPARED, reason: mismatch };
  const { dtype, shape } = expected;
  const { rtol, atol } = readTolerance(tolerance, TOLERANCES[dtype]);
  const floating = isFloat(dtype);
  let identical = true;
  let maxAbs = 0;
  let maxRel = 0;
  let maxUlp = 0;
  let worst: Omit<WorstElement, 'at'> | null = null;
  let worstExcess = Number.NEGATIVE_INFINITY;
  let failures = 0;
  for (let index = 0; index < expected.data.length; index++) {
    const a = actual.data[index] as number | bigint;
    const e = expected.data[index] as number | bigint;
    const difference = distance(a, e);
    const magnitude = Math.abs(Number(e));
    const bound = boundOf(magnitude, { rtol, atol });
    if (difference > bound) failures++;
    if (!Object.is(a, e)) {
      identical = false;
      maxAbs = Math.max(maxAbs, difference);
      if (magnitude > 0 && difference > 0) maxRel = Math.max(maxRel, relative(difference, magnitude));
      maxUlp = Math.max(maxUlp, floating ? ulpDistance(Number(a), Number(e), dtype) : difference);
    }
    if (difference - bound > worstExcess) {
      worstExcess = difference - bound;
      worst = { index, actual: a, expected: e };
    }
  }
  const found = {
    identical,
    max_abs_error: maxAbs,
    max_rel_error: maxRel,
    max_ulp_error: maxUlp,
    cosine_similarity: identical ? 1 : cosineSimilarity(actual.data, expected.data),
    worst: worst === null ? null : { ...worst, at: placeOf(worst.index, shape) },
  };
  if (failures === 0 || found.worst === null) return { equal: true, ...found };
  const count = `${failures} of ${expected.data.length} elements differ`;
  const reason = `${count} by more than rtol ${rtol}, atol ${atol}; worst is ${describeWorst(found.worst)}`;
  return { equal: false, ...found, reason };
}

/** Which elements differ by more than their dtype's tolerances; `null` where the dtypes or shapes do. */
export function elementsApart(actual: PlainTensor, expected: PlainTensor): number[] | null {
  if (describeMismatch(actual, expected) !== null) return null;
  const tolerance = TOLERANCES[expected.dtype];
  return Array.from(expected.data, (_, index) => index).filter(
    (index) => !withinBound(actual.data[index] as number | bigint, expected.data[index] as number | bigint, tolerance),
  );
}

/** Whether two elements agree. */
export function withinBound(actual: number | bigint, expected: number | bigint, tolerance: Tolerance): boolean {
  return distance(actual, expected) <= boundOf(Math.abs(Number(expected)), tolerance);
}

/**
 * Whether a comparison passes the rule of MindSpore's precision tools: it fails with a cosine below 0.99 and an absolute
 * error above 0.001, and with a cosine below 0.9 or an absolute error above 1 alone.
 */
export function passesCosineRule(comparison: Comparison): boolean {
  if (typeof comparison !== 'object' || comparison === null || isRevoked(comparison)) {
    throw invalidType('comparison', 'what compareTensors gives', comparison);
  }
  const { cosine_similarity, max_abs_error } = comparison;
  const { cosine, absolute, leastCosine, mostAbsolute } = COSINE_RULE;
  if (cosine_similarity < cosine && max_abs_error > absolute) return false;
  return cosine_similarity >= leastCosine && max_abs_error <= mostAbsolute;
}

/** The result for tensors that cannot be compared element by element. */
const UNCOMPARED: Comparison = {
  equal: false,
  identical: false,
  max_abs_error: 0,
  max_rel_error: 0,
  max_ulp_error: 0,
  cosine_similarity: 0,
  worst: null,
};

/** A tensor's dtype, shape and elements. */
function plainOf(value: Comparable, parameter: string): PlainTensor {
  if (!isTensor(value)) return readPlain(value, parameter);
  const { dtype, shape } = value as Tensor;
  return { dtype, shape, data: (value as Tensor).toTypedArray() };
}

/** An infinite expected value has no tolerance: it must match exactly. */
function boundOf(magnitude: number, { rtol, atol }: Tolerance): number {
  return Number.isFinite(magnitude) ? atol + rtol * magnitude : 0;
}

function describeWorst({ index, at, actual, expected }: WorstElement): string {
  const place = at.length > 1 ? `${index} at [${at.join(', ')}]` : `${index}`;
  return `element ${place}: expected ${expected}, got ${actual}`;
}

function placeOf(index: number, shape: Shape): number[] {
  let rest = index;
  return shape
    .toReversed()
    .map((size) => {
      const at = rest % size;
      rest = Math.floor(rest / size);
      return at;
    })
    .toReversed();
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

/** The absolute difference: 0 for equal infinities and for two NaNs, infinite if only one side is NaN or infinite. */
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

function cosineSimilarity(first: ArrayLike<number | bigint>, second: ArrayLike<number | bigint>): number {
  const pairs: [number, number][] = [];
  let [largest, largestOther] = [0, 0];
  for (let index = 0; index < first.length; index++) {
    const [a, b] = [Number(first[index]), Number(second[index])];
    if (!Number.isFinite(a) || !Number.isFinite(b)) continue;
    pairs.push([a, b]);
    largest = Math.max(largest, Math.abs(a));
    largestOther = Math.max(largestOther, Math.abs(b));
  }
  if (largest === 0 || largestOther === 0) return largest === largestOther ? 1 : 0;
  let [product, square, squareOther] = [0, 0, 0];
  for (const [a, b] of pairs) {
    // Scaled, so that no square overflows.
    const [x, y] = [a / largest, b / largestOther];
    product += x * y;
    square += x * x;
    squareOther += y * y;
  }
  return product / Math.sqrt(square * squareOther);
}
