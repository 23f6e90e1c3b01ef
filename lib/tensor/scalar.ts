/** Numbers as Python tells them apart, where JavaScript's do not. */
import { invalidType } from '../base/errors.js';

let markedOf: (value: unknown) => Float64Array | undefined;

/** A number that is a float or a complex number in Python, whatever its value; made by {@link scalar}. */
export class PythonNumber {
  readonly #marked: Float64Array;
  readonly real: number;
  readonly imag: number | undefined;

  constructor(real: number, imag?: number) {
    this.real = real;
    this.imag = imag;
    this.#marked = imag === undefined ? Float64Array.of(real) : Float64Array.of(real, imag);
  }

  /** Its real part: what arithmetic of JavaScript's takes it for. */
  valueOf(): number {
    return this.real;
  }

  static {
    markedOf = (value) => (typeof value === 'object' && value !== null && #marked in value ? value.#marked : undefined);
  }
}

/** What a marked number crosses to the addon as, or `undefined` for any other value. */
export function markOf(value: unknown): Float64Array | undefined {
  return markedOf(value);
}

/**
 * A float or a complex number for an operator. A number without a fraction is an int otherwise, as `2` is in Python,
 * which decides dtypes: `ints.mul(2)` is int64, `ints.mul(torch.scalar(2))` float32, as `ints * 2.0` is.
 *
 * @param real - its value, or its real part
 * @param imag - the imaginary part of a complex number
 */
export function scalar(real: number, imag?: number): PythonNumber {
  if (typeof real !== 'number') throw invalidType('real', 'a number', real);
  if (imag !== undefined && typeof imag !== 'number') throw invalidType('imag', 'a number', imag);
  return new PythonNumber(real, imag);
}
