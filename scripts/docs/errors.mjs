// What the losses throw: by the doc comments of their calls, and by their rows of their options.

/** The errors in the order in which they are shown. */
export const ERRORS = ['TypeError', 'RangeError', 'TorchError'];

/** What the call of each loss throws, as a text behind `@throws`. */
export const OF_ARGUMENTS = 'TypeError for an argument of another kind';

/** What the options of each loss throw, as texts behind `@throws`. */
const OF_OPTIONS = ['TypeError for an unknown option, or one of another kind', 'RangeError for an unknown `reduction`'];

/** What the options of a loss throw, as texts behind `@throws`. */
export function optionThrows(entry) {
  return [...limitThrows(entry), ...OF_OPTIONS];
}

/** What the options of a loss throw beyond what those of all do, as texts behind `@throws`. */
export function limitThrows({ limits = {} }) {
  return Object.entries(limits).flatMap(([option, { expected, kind, holds, applies }]) => {
    const where = applies === undefined ? '' : ', with newer LibTorchs';
    const unless = `unless \`${option}\` is ${expected}${where}`;
    if (kind === undefined) return [`RangeError ${unless}`];
    return holds === undefined
      ? [`TypeError ${unless}`]
      : [`TypeError for a \`${option}\` of another kind`, `RangeError ${unless}`];
  });
}

/** An error and when it is thrown, of a text behind `@throws`. */
export function readThrows(text) {
  const [, error, when] = /^(\w+) (.*)$/.exec(text) ?? [];
  if (!ERRORS.includes(error)) throw new Error(`@throws begins with none of ${ERRORS.join(', ')}: ${text}`);
  return { error, when };
}
