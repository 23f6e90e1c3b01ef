import { describe, formatError } from '../base/errors.js';

/** How many names an error lists. */
const MAX_LISTED = 20;

/**
 * Finds an array among those of a file; the only one needs no name.
 *
 * @param kind - what the file calls its arrays: `tensor`, `column`
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
  const names = Array.from(arrays.keys()).slice(0, MAX_LISTED).map(describe);
  const more = arrays.size > names.length ? ` and ${arrays.size - names.length} more` : '';
  const there = arrays.size === 0 ? 'it holds none' : `it holds ${names.join(', ')}${more}`;
  throw formatError(
    name,
    key === undefined
      ? `expected the name of the ${kind} after '#': ${there}`
      : `no ${kind} ${describe(key)}: ${there}`,
  );
}
