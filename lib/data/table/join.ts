import type { TypedArray } from '../../tensor/dtypes.js';
import type { ColumnPart } from './table.js';

/**
 * Joins the parts of a column.
 *
 * @param width - values per row
 */
export function joinParts(parts: readonly ColumnPart[], width: number): ColumnPart {
  const [first] = parts;
  if (parts.length === 1 && first !== undefined) return first;
  const total = parts.reduce((sum, { values }) => sum + values.length, 0);
  const missing = parts.some((part) => part.missing !== undefined) ? new Uint8Array(total / width) : undefined;
  const numbers =
    first === undefined || Array.isArray(first.values)
      ? undefined
      : new ((first.values as TypedArray).constructor as { new (length: number): TypedArray })(total);
  let at = 0;
  for (const part of parts) {
    if (part.missing !== undefined) missing?.set(part.missing, at / width);
    numbers?.set(part.values as never, at);
    at += part.values.length;
  }
  return { values: numbers ?? parts.flatMap(({ values }) => values as string[]), missing };
}

/** The number of values per row. */
export function widthOfShape(rowShape: readonly number[]): number {
  return rowShape.reduce((total, size) => total * size, 1);
}
