/** Correctly rounded numbers from decimal digits. */

/** The powers of ten that are exact in float64: products and quotients of two exact numbers are rounded only once. */
const POWERS = Float64Array.from({ length: 23 }, (_, exponent) => 10 ** exponent);
const MAX_POWER = 22;

/** The digits of a number are collected in two 32-bit integers of up to nine digits. */
export const LOW_DIGITS = 9;
export const MAX_DIGITS = 2 * LOW_DIGITS;

/** Splits a float64 into two halves of at most 26 bits (Veltkamp). */
const SPLIT = 2 ** 27 + 1;
/** A bound of the relative error of the second part of a quotient, far above the actual rounding error. */
const ERROR = 2 ** -40;

/** The number of four ASCII digits, the first in the lowest byte, or -1 if they are not digits. */
export function fourDigits(bytes: number): number {
  // Digits have a 3 in their upper half, even with 6 added.
  const halves = (bytes & 0xf0f0f0f0) | (((bytes + 0x06060606) & 0xf0f0f0f0) >>> 4);
  if (halves !== 0x33333333) return -1;
  // Two digits in each of two 16-bit lanes, then all four.
  const pairs = (Math.imul(bytes & 0x0f0f0f0f, 10 * 2 ** 8 + 1) >>> 8) & 0x00ff00ff;
  return Math.imul(pairs, 100 * 2 ** 16 + 1) >>> 16;
}

/**
 * The float64 nearest to `digits * 10 ** power`, or NaN if this arithmetic cannot tell.
 *
 * @param high - the first nine digits, or all of them
 * @param low - the digits after these
 * @param count - the number of digits
 */
export function numberOf(high: number, low: number, count: number, power: number): number {
  const factor = count <= LOW_DIGITS ? 1 : (POWERS[count - LOW_DIGITS] as number);
  const mantissa = high * factor + low;
  if (!(power >= -MAX_POWER && power <= MAX_POWER)) return mantissa === 0 && power === power ? 0 : Number.NaN;
  const scale = POWERS[power < 0 ? -power : power] as number;
  if (mantissa <= Number.MAX_SAFE_INTEGER) return power < 0 ? mantissa / scale : mantissa * scale;
  return power < 0 ? quotient(high, factor, low, scale) : Number.NaN;
}

/**
 * The float64 nearest to `(high * factor + low) / divisor`, or NaN in the rare case that the quotient is too close to a
 * midpoint. The mantissa is the exact sum of two float64, the quotient the sum of two with a small error.
 */
function quotient(high: number, factor: number, low: number, divisor: number): number {
  // The product has at most 60 bits, its parts at most 45.
  const upper = (high >> 15) * factor * 2 ** 15;
  const lower = (high & 0x7fff) * factor + low;
  const sum = upper + lower;
  const rest = lower - (sum - upper);
  const first = sum / divisor;
  // The remainder of a division is exact in float64. It follows from the exact product (Dekker).
  const product = first * divisor;
  const [a, b] = [first * SPLIT, divisor * SPLIT];
  const [firstHigh, divisorHigh] = [a - (a - first), b - (b - divisor)];
  const [firstLow, divisorLow] = [first - firstHigh, divisor - divisorHigh];
  const error =
    firstHigh * divisorHigh - product + firstHigh * divisorLow + firstLow * divisorHigh + firstLow * divisorLow;
  const second = (sum - product - error + rest) / divisor;
  const value = first + second * (1 - ERROR);
  return value === first + second * (1 + ERROR) ? value : Number.NaN;
}
