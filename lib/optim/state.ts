import { op } from '../tensor/call.js';
import type { Tensor } from '../tensor/tensor.js';

/** Zeros in the shape, dtype and memory order of a parameter. */
export function zerosLike(param: Tensor): Tensor {
  return op('zeros_like', param);
}
