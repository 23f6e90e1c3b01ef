// What the losses throw: calls according to their doc comments, options according to the rows.
import { CHANGES } from '../../dist/addon/versions.js';

/** The errors, in display order. */
export const ERRORS = ['TypeError', 'RangeError', 'TorchError'];

/** What every loss throws for its arguments, as text after `@throws`. */
export const OF_ARGUMENTS = 'TypeError for an argument of the wrong type';

/** What every loss throws for its options, as text after `@throws`. */
const OF_OPTIONS = [
  'TypeError for an unknown option, or an option of the wrong type',
  'RangeError for an unknown `reduction`',
];

/** What a loss throws for its options, as text after `@throws`. */
export function optionThrows(entry) {
  return [...limitThrows(entry), ...OF_OPTIONS];
}

/** What a loss throws for its options in addition to `OF_OPTIONS`, as text after `@throws`. */
export function limitThrows({ limits = {} }) {
  return Object.entries(limits).flatMap(([option, { expected, kind, holds, applies }]) => {
    const where = applies === undefined ? '' : `, with LibTorch ${CHANGES[applies]} and newer`;
    const unless = `unless \`${option}\` is ${expected}${where}`;
    if (kind === undefined) return [`RangeError ${unless}`];
    return holds === undefined
      ? [`TypeError ${unless}`]
      : [`TypeError for a \`${option}\` of the wrong type`, `RangeError ${unless}`];
  });
}

/** Splits text after `@throws` into the error and when it is thrown. */
export function readThrows(text) {
  const [, error, when] = /^(\w+) (.*)$/.exec(text) ?? [];
  if (!ERRORS.includes(error)) throw new Error(`@throws must begin with one of ${ERRORS.join(', ')}: ${text}`);
  return { error, when };
}
