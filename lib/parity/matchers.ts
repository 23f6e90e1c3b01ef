import { AssertionError } from 'node:assert';
import { checkOptions, checkString } from '../addon/arguments.js';
import { type Comparable, type Comparison, compareTensors } from './judge/compare.js';
import type { Tolerance } from './judge/plain.js';

/** Options of {@link assertClose}. */
export interface CloseOptions extends Partial<Tolerance> {
  /** The tensor's name in the message. */
  readonly name?: string;
}

/** The matchers of {@link tensorMatchers} for `expect.extend`. */
interface MatcherResult {
  readonly pass: boolean;
  message(): string;
}

/**
 * Checks that a tensor is close to the expected one, like `torch.testing.assert_close`. Use it with `node:test`, or
 * wherever an exception fails a test.
 *
 * @param actual - a tensor, or `{ dtype, shape, data }`
 * @param expected - the expected tensor
 * @param options - `rtol` and `atol`, which override the defaults of the dtype, and `name`
 * @throws AssertionError that shows how many elements differ, the worst one with both values, and the largest errors
 * @example
 * ```ts
 * const loss = torch.nn.functional.mse_loss(torch.tensor([1, 2]), torch.tensor([1, 4]));
 * assertClose(loss, torch.tensor(2));
 * ```
 */
export function assertClose(actual: Comparable, expected: Comparable, options: CloseOptions = {}): void {
  const { comparison, message } = compareClose(actual, expected, options);
  if (comparison.equal) return;
  const { worst } = comparison;
  throw new AssertionError({
    message,
    actual: worst?.actual,
    expected: worst?.expected,
    operator: 'assertClose',
    stackStartFn: assertClose,
  });
}

/**
 * A matcher for vitest and jest. After `expect.extend(tensorMatchers)`, write
 * `expect(loss).toBeCloseToTensor(expected, { rtol, atol })`.
 *
 * @example
 * ```ts
 * const { pass, message } = tensorMatchers.toBeCloseToTensor(torch.tensor([1, 2]), torch.tensor([1, 2.5]));
 * pass;   // false
 * message();   // 'expected a tensor close to another: 1 of 2 elements differ by more than rtol 0.0000013, atol 0.00001; worst is element 1: expected 2.5, got 2 (largest errors: absolute 0.5, relative 0.2, 2097152 ULP)'
 * ```
 */
export const tensorMatchers = {
  toBeCloseToTensor(actual: Comparable, expected: Comparable, options: CloseOptions = {}): MatcherResult {
    const { comparison, message } = compareClose(actual, expected, options);
    const opposite = `expected ${options.name ?? 'a tensor'} not close to another, and every element is within its bound`;
    return { pass: comparison.equal, message: () => (comparison.equal ? opposite : message) };
  },
};

function compareClose(
  actual: Comparable,
  expected: Comparable,
  options: CloseOptions,
): { comparison: Comparison; message: string } {
  checkOptions(options, ['rtol', 'atol', 'name']);
  const { rtol, atol, name = 'a tensor' } = options;
  checkString(name, 'name');
  const tolerance = { ...(rtol !== undefined && { rtol }), ...(atol !== undefined && { atol }) };
  const comparison = compareTensors(actual, expected, tolerance);
  const { reason, worst, max_abs_error, max_rel_error, max_ulp_error } = comparison;
  const numbers = [`absolute ${show(max_abs_error)}`, `relative ${show(max_rel_error)}`, `${show(max_ulp_error)} ULP`];
  const errors = worst === null ? '' : ` (largest errors: ${numbers.join(', ')})`;
  return { comparison, message: `expected ${name} close to another: ${reason}${errors}` };
}

function show(number: number): string {
  return Number.isInteger(number) ? String(number) : String(Number(number.toPrecision(3)));
}
