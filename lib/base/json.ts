/** JSON for other programs: keys in snake case, and numbers that JSON lacks as strings. */

/** JSON in which bigints, NaN and infinities are strings. */
export function toJson(value: unknown, indent?: number): string {
  const replacer = (_: string, item: unknown): unknown => {
    if (typeof item === 'bigint') return String(item);
    return typeof item === 'number' && !Number.isFinite(item) ? String(item) : item;
  };
  return JSON.stringify(value, replacer, indent);
}

/** Objects whose keys belong to somebody else: options of losses, and what `mergeResults` takes. */
const KEPT: readonly string[] = ['options', 'partial'];

/** The same value with keys such as `perSample` written `per_sample`, at any depth. */
export function snakeKeys(value: unknown): unknown {
  return mapKeys(value, (key) =>
    /^[a-z]+\d*(?:[A-Z][a-z\d]*)+$/.test(key) ? key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`) : key,
  );
}

/** The same value with some keys renamed, at any depth. */
export function renameKeys(value: unknown, names: Readonly<Record<string, string>>): unknown {
  return mapKeys(value, (key) => (Object.hasOwn(names, key) ? (names[key] as string) : key));
}

function mapKeys(value: unknown, rename: (key: string) => string): unknown {
  if (ArrayBuffer.isView(value) || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => mapKeys(item, rename));
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [rename(key), KEPT.includes(key) ? item : mapKeys(item, rename)]),
  );
}
