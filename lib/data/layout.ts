/** Sizes of arrays, for all formats. */
import { STORED_BY_NAME, type StoredDType } from '../tensor/stored_dtypes.js';
import type { Shape } from '../base/types.js';

/** The number of rows: the first size. */
export function rowCount(shape: Shape): number {
  return shape.length === 0 ? 1 : (shape[0] as number);
}

/**
 * The size of an array in bytes, or `undefined` if it is too large for an exact number. That holds for empty arrays, too:
 * their strides must not overflow either.
 */
export function byteSize(shape: Shape, dtype: StoredDType): number | undefined {
  const width = STORED_BY_NAME.get(dtype)?.bytes as number;
  const extent = shape.reduce((total, size) => total * Math.max(size, 1), width);
  if (!Number.isSafeInteger(extent)) return undefined;
  return shape.includes(0) ? 0 : extent;
}

/** The most dimensions an array may have; NumPy has no more. */
export const MAX_DIMENSIONS = 64;
