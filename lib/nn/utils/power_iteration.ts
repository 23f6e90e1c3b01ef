/** What both kinds of weight and spectral norms compute. */
import { composed } from '../../tensor/surface/bound.js';
import { op } from '../../tensor/call.js';
import type { Tensor } from '../../tensor/tensor.js';

const normalize = composed('torch.nn.functional', 'normalize') as unknown as (
  input: Tensor,
  options: { dim: number; eps: number; out?: Tensor },
) => Tensor;

/** A vector of length 1 in the direction of another one, in `out` where it is given. */
export function unit(vector: Tensor, eps: number, out?: Tensor): Tensor {
  return normalize(vector, { dim: 0, eps, ...(out !== undefined && { out }) });
}

/** A weight as a matrix, whose rows lie along `dim`. */
export function asMatrix(weight: Tensor, dim: number): Tensor {
  const rank = weight.dim();
  const others = Array.from({ length: rank }, (_, at) => at).filter((at) => at !== dim);
  return dim === 0 ? weight : op('permute', weight, [dim, ...others]);
}

/** Random numbers of the standard normal distribution, like another tensor's. */
export function drawnLike(like: Tensor, size: number): Tensor {
  return op('normal_', op('new_empty', like, [size]), 0, 1);
}

/** `v / ‖v‖ · g`, the norm over all dimensions but `dim`, or all for -1. */
export function weightOf(v: Tensor, g: Tensor, dim: number): Tensor {
  return op('_weight_norm', v, g, dim);
}
