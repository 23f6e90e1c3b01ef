/**
 * The largest and the least of any number of values. `Math.max(...values)` takes each value as an argument, and there are
 * fewer places for arguments than users have classes, samples and pixels.
 */

/** The largest number; NaN if there is one among them. */
export function largestOf(values: Iterable<number>, start = Number.NEGATIVE_INFINITY): number {
  let largest = start;
  for (const value of values) largest = Math.max(largest, value);
  return largest;
}

/** The least number; NaN if there is one among them. */
export function leastOf(values: Iterable<number>, start = Number.POSITIVE_INFINITY): number {
  let least = start;
  for (const value of values) least = Math.min(least, value);
  return least;
}

/** The largest finite number; minus infinity if there is none. */
export function largestFinite(values: Iterable<number>): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (const value of values) if (Number.isFinite(value) && value > largest) largest = value;
  return largest;
}

/** The Euclidean norm. Numbers are scaled first, as squares leave the range of float64 earlier than the norm does. */
export function norm(values: readonly number[]): number {
  const scale = largestOf(values.map(Math.abs), 0);
  if (!Number.isFinite(scale)) return values.some((value) => Math.abs(value) === Infinity) ? Infinity : Number.NaN;
  if (scale === 0) return 0;
  return scale * Math.sqrt(values.reduce((sum, value) => sum + (value / scale) ** 2, 0));
}
