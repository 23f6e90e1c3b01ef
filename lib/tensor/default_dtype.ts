/** The dtype of floating tensors that are made without one. */
import { native } from '../addon/native.js';
import { invalidValue } from '../base/errors.js';
import type { Float } from '../base/types.js';
import { codeOfDType, dtypeOfCode, isFloat } from './dtypes.js';

/** The dtype of new tensors where none is given and their elements are numbers: float32, or what was set. */
export function get_default_dtype(): Float {
  return dtypeOfCode(native().default_dtype()) as Float;
}

/**
 * Sets the dtype of new floating tensors, parameters of layers included, where none is given. It holds for all threads
 * of the process. Types go on saying `'float32'`: they cannot know what was set.
 *
 * @throws TypeError or RangeError unless it is a floating dtype
 * @example
 * ```ts
 * torch.set_default_dtype(torch.float64);
 * torch.tensor([1.5]).dtype;   // 'float64'
 * torch.set_default_dtype(torch.float32);
 * ```
 */
export function set_default_dtype(d: Float): void {
  const code = codeOfDType(d, 'd');
  if (!isFloat(d)) throw invalidValue('d', 'a floating dtype', d);
  native().set_default_dtype(code);
}
