import { describe, formatError } from '../base/errors.js';

/** How many names an error lists. */
const MAX_LISTED = 20;

/** `'a', 'b' and 3 more`. */
export function listNames(names: readonly string[]): string {
  const more = names.length > MAX_LISTED ? ` and ${names.length - MAX_LISTED} more` : '';
  return `${names.slice(0, MAX_LISTED).map(describe).join(', ')}${more}`;
}

/**
 * Finds an array of a file by name. The name may be omitted if the file has only one.
 *
 * @param kind - what the format calls its arrays: `tensor`, `array`
 */
export function chooseArray<T>(
  arrays: ReadonlyMap<string, T>,
  key: string | undefined,
  name: string,
  kind: string,
): [string, T] {
  const only = arrays.size === 1 ? [...arrays.keys()][0] : undefined;
  const chosen = key ?? only;
  const found = chosen === undefined ? undefined : arrays.get(chosen);
  if (chosen !== undefined && found !== undefined) return [chosen, found];
  const listed = arrays.size === 0 ? `the file has no ${kind}s` : `${kind}s: ${listNames([...arrays.keys()])}`;
  throw formatError(
    name,
    key === undefined
      ? `expected the name of the ${kind} after '#'; ${listed}`
      : `no ${kind} ${describe(key)}; ${listed}`,
  );
}
