/** Attention masks. */
import { isTensor } from '../../addon/handle.js';
import { ArgumentRangeError, invalidType, invalidValue } from '../../base/errors.js';
import { inPlace } from '../../tensor/call.js';
import { dispatchTensor } from '../../tensor/dispatch.js';
import { isFloat } from '../../tensor/dtypes.js';
import { Tensor } from '../../tensor/tensor.js';

/** Converts a mask to values that are added to the scores. */
export function additiveMask(mask: Tensor | null | undefined, name: string, like: Tensor): Tensor | null {
  if (mask == null) return null;
  if (!isTensor(mask)) throw invalidType(name, 'a Tensor or null', mask);
  if (isFloat(mask.dtype)) return mask;
  if (mask.dtype !== 'bool') throw invalidValue(name, 'a mask of dtype bool or a floating one', mask.dtype);
  const result = new Tensor(dispatchTensor('zeros_like', [mask], { dtype: like.dtype }));
  inPlace('masked_fill_', result, mask, Number.NEGATIVE_INFINITY);
  return result;
}

/** Checks the shape of a mask or another argument of attention. */
export function expectShape(tensor: Tensor, shape: readonly number[], name: string): void {
  const own = tensor.shape as readonly number[];
  if (String(own) !== String(shape))
    throw new ArgumentRangeError(name, `shape [${shape.join(', ')}]`, `[${own.join(', ')}]`);
}
