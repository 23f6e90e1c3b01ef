/** Values in Python's notation, for the text of modules. */

/** A float: `1.0`, `1e-05`. */
export function float(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e16)) {
    const [digits, exponent] = value.toExponential().split('e') as [string, string];
    return `${digits}e${exponent[0]}${exponent.slice(1).padStart(2, '0')}`;
  }
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

/** A number as Python would print it, a tuple of integers, True, None or a bare word. */
export function plain(value: unknown): string {
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : float(value);
  if (Array.isArray(value)) return `(${value.map(plain).join(', ')}${value.length === 1 ? ',' : ''})`;
  return value as string;
}

/** `a=1, b=True`, for the named fields. */
export function fields(module: object, ...names: string[]): string {
  return names.map((name) => `${name}=${plain((module as Record<string, unknown>)[name])}`).join(', ');
}

/** Equal modules in a row as one line: `(0-5): 6 x Linear(...)`. */
export function repeats(shown: readonly (readonly [string, string])[]): string[] {
  const groups: { first: number; last: number; text: string }[] = [];
  for (const [at, [, text]] of shown.entries()) {
    const group = groups.at(-1);
    if (group?.text === text) group.last = at;
    else groups.push({ first: at, last: at, text });
  }
  return groups.map(({ first, last, text }) =>
    first === last ? `(${first}): ${indented(text)}` : `(${first}-${last}): ${last - first + 1} x ${indented(text)}`,
  );
}

/** Indents all lines but the first. */
export function indented(text: string): string {
  return text.split('\n').join('\n  ');
}
