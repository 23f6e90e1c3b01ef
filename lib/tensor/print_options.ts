/** How tensors are printed. */
import { checkBoolean } from '../addon/arguments.js';
import { invalidValue } from '../base/errors.js';
import { callShape, readCall } from '../base/positional.js';

/** Options of {@link set_printoptions}. */
export interface PrintOptions {
  /** Digits after the point, 0 to 60. Default 4. */
  precision?: number | undefined;
  /** Tensors of more elements are summarized. Default 1000. */
  threshold?: number | undefined;
  /** Items at each edge of a dimension in a summary, at least 1. Default 3. */
  edgeitems?: number | undefined;
  /** Characters in a line. Default 80. */
  linewidth?: number | undefined;
  /** Sets the four options above first: `'full'` never summarizes, `'short'` prints two digits and two items. */
  profile?: 'default' | 'short' | 'full' | undefined;
  /** Print with exponents: always, never, or by default where the numbers need it. */
  sci_mode?: boolean | null | undefined;
}

const CALL = callShape('set_printoptions', 'precision?, threshold?, edgeitems?, linewidth?, profile?, sci_mode?');
const PROFILES = {
  default: { precision: 4, threshold: 1000, edgeitems: 3, linewidth: 80 },
  short: { precision: 2, threshold: 1000, edgeitems: 2, linewidth: 80 },
  full: { precision: 4, threshold: Infinity, edgeitems: 3, linewidth: 80 },
};

/** The most digits after the point: so many tell each tie from its neighbours. */
const MOST_DIGITS = 60;

/** The options in use. */
export const printOptions: typeof PROFILES.default & { sci_mode: boolean | null } = {
  ...PROFILES.default,
  sci_mode: null,
};

/**
 * Sets how tensors are printed, by `String(tensor)`, `console.log` and the like. What is not given stays as it was, except
 * `sci_mode`, which becomes the default again.
 *
 * @example
 * ```ts
 * torch.set_printoptions({ precision: 2 });
 * String(torch.tensor([1.12345]));   // 'tensor([1.12])'
 * torch.set_printoptions({ profile: 'default' });
 * ```
 */
export function set_printoptions(
  precision?: number | PrintOptions,
  threshold?: number | PrintOptions,
  edgeitems?: number | PrintOptions,
  linewidth?: number | PrintOptions,
  options?: PrintOptions,
): void;
export function set_printoptions(...args: unknown[]): void {
  const { profile, sci_mode = null, ...own } = readCall<PrintOptions>(CALL, args);
  if (profile !== undefined && (typeof profile !== 'string' || !Object.hasOwn(PROFILES, profile)))
    throw invalidValue('profile', "'default', 'short' or 'full'", profile);
  if (sci_mode !== null) checkBoolean(sci_mode, 'sci_mode');
  check(own.precision, 'precision', 0, MOST_DIGITS);
  if (own.threshold !== Infinity) check(own.threshold, 'threshold', 0);
  check(own.edgeitems, 'edgeitems', 1);
  check(own.linewidth, 'linewidth', 1);
  Object.assign(printOptions, profile === undefined ? {} : PROFILES[profile], own, { sci_mode });
}

function check(value: number | undefined, name: string, least: number, most: number = Number.MAX_SAFE_INTEGER): void {
  if (value === undefined || (Number.isInteger(value) && value >= least && value <= most)) return;
  const expected =
    most === Number.MAX_SAFE_INTEGER ? `an integer of at least ${least}` : `an integer from ${least} to ${most}`;
  throw invalidValue(name, expected, value);
}
