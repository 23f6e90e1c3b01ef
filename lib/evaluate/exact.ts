/** Sums of float64 numbers without rounding, so neither order nor grouping matters. */

/**
 * A sum kept as a few numbers that add up to it exactly: Shewchuk's expansions, the smallest first. It is exact as long
 * as no partial sum leaves float64's range, and plain JSON.
 */
export type ExactSum = number[];

/** Adds a finite number to a sum, in place. */
export function addExactly(sum: ExactSum, number: number): void {
  let value = number;
  let kept = 0;
  for (let part of sum) {
    if (Math.abs(value) < Math.abs(part)) [value, part] = [part, value];
    const high = value + part;
    if (!Number.isFinite(high)) {
      sum.splice(0, sum.length, high);
      return;
    }
    const low = part - (high - value);
    if (low !== 0) sum[kept++] = low;
    value = high;
  }
  sum.length = kept;
  if (value !== 0) sum.push(value);
}

/** Adds all of `numbers` to a sum, in place. */
export function addAllExactly(sum: ExactSum, numbers: Iterable<number>): void {
  for (const number of numbers) addExactly(sum, number);
}

/** The nearest number to a sum; ties are rounded to even, as in all of float64. */
export function rounded(sum: ExactSum): number {
  let index = sum.length - 1;
  if (index < 0) return 0;
  let high = sum[index] as number;
  let low = 0;
  while (index > 0 && low === 0) {
    const before = high;
    const part = sum[--index] as number;
    high = before + part;
    low = part - (high - before);
  }
  // The rest is below `low`; it decides the rounding if `low` is exactly half of the last place.
  const rest = sum[index - 1] ?? 0;
  if ((low > 0 && rest > 0) || (low < 0 && rest < 0)) {
    const twice = low * 2;
    const next = high + twice;
    if (next - high === twice) return next;
  }
  return high;
}

/** The same sum in the one way in which each number is the nearest to what the larger ones leave. */
export function canonical(sum: ExactSum): ExactSum {
  const rest = [...sum];
  const parts: ExactSum = [];
  for (let most = rounded(rest); most !== 0; most = rounded(rest)) {
    if (!Number.isFinite(most)) return [...sum];
    parts.unshift(most);
    addExactly(rest, -most);
  }
  return parts;
}
