import { DTYPES, isFloat } from '../../tensor/dtypes.js';
import type { DType } from '../../base/types.js';

/** The common dtype of two, by `torch.promote_types`. */
export function promote(first: DType, second: DType): DType {
  if (first === second) return first;
  if (isFloat(first) || isFloat(second)) {
    if (!isFloat(first)) return second;
    if (!isFloat(second)) return first;
    const [a, b] = [DTYPES[first].bytes, DTYPES[second].bytes];
    // float16 and bfloat16 have no 16-bit dtype in common.
    return a === b ? 'float32' : a > b ? first : second;
  }
  if (first === 'bool') return second;
  if (second === 'bool') return first;
  const [a, b] = [DTYPES[first].bytes, DTYPES[second].bytes];
  const larger = a >= b ? first : second;
  if (first !== 'uint8' && second !== 'uint8') return larger;
  return larger === 'uint8' || a === b ? 'int16' : larger;
}
