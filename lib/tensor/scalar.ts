/** Numbers that Python distinguishes and JavaScript does not. */
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

  /** Its real part: its value in JavaScript arithmetic. */
  valueOf(): number {
    return this.real;
  }

  static {
    markedOf = (value) => (typeof value === 'object' && value !== null && #marked in value ? value.#marked : undefined);
  }
}

/** The form in which a marked number crosses to the addon, or `undefined` for any other value. */
export function markOf(value: unknown): Float64Array | undefined {
  return markedOf(value);
}

/**
 * Marks a float or a complex number for an operator. Otherwise a number without a fraction is an int, like `2` in
 * Python, which decides dtypes: `ints.mul(2)` is int64, `ints.mul(torch.scalar(2))` float32, like `ints * 2.0`.
 *
 * @param real - its value, or its real part
 * @param imag - the imaginary part of a complex number
 */
export function scalar(real: number, imag?: number): PythonNumber {
  if (typeof real !== 'number') throw invalidType('real', 'a number', real);
  if (imag !== undefined && typeof imag !== 'number') throw invalidType('imag', 'a number', imag);
  return new PythonNumber(real, imag);
}
