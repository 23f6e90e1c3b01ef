import type { DType, Shape } from '../../base/types.js';

/** A tensor as plain data: the argument of {@link compareTensors}. */
export interface PlainTensor {
  readonly dtype: DType;
  readonly shape: Shape;
  /** The elements in C order; bool as 0 and 1. */
  readonly data: ArrayLike<number | bigint>;
}
