/** pandas' metadata. */

/** The columns of pandas' index. The metadata should be JSON, but files can have anything. */
export function pandasIndexColumns(metadata: string | undefined): ReadonlySet<string> {
  if (metadata === undefined) return new Set();
  try {
    const { index_columns } = JSON.parse(metadata) as { index_columns?: unknown };
    return new Set(Array.isArray(index_columns) ? index_columns.filter((name) => typeof name === 'string') : []);
  } catch {
    return new Set();
  }
}
