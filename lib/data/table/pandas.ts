/** What pandas writes beside its columns. */

/** The columns that were the index of pandas' rows, by what it says of itself in a file: JSON, or anything else. */
export function pandasIndexColumns(metadata: string | undefined): ReadonlySet<string> {
  if (metadata === undefined) return new Set();
  try {
    const { index_columns } = JSON.parse(metadata) as { index_columns?: unknown };
    return new Set(Array.isArray(index_columns) ? index_columns.filter((name) => typeof name === 'string') : []);
  } catch {
    return new Set();
  }
}
