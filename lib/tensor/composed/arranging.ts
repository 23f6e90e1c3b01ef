/** Splitting, joining and arranging tensors, where Python's code does more than call an operator. */
import { isTensor } from '../../addon/handle.js';
import { invalidType, invalidValue, TorchError } from '../../base/errors.js';
import { isArray } from '../../base/plain_object.js';
import type { Tensor } from '../tensor.js';
import { type Body, checkTensorArgument, op, step, type Steps } from './steps.js';

/** Tensors given one by one, or in a list. */
function listed(tensors: readonly unknown[]): readonly unknown[] {
  return tensors.length === 1 && isArray(tensors[0]) ? tensors[0] : tensors;
}

const split: Body = (tensor, split_size, dim: number) => {
  if (isArray(split_size)) return step('split_with_sizes', tensor, split_size, dim);
  const size = isTensor(split_size) ? (split_size as Tensor).item() : split_size;
  return step('split.Tensor', tensor, size, dim);
};

/** A single tensor is returned as itself, not as a list. */
const atLeast =
  (dims: number): Body =>
  (tensors: readonly unknown[]) =>
    tensors.length === 1 && isTensor(tensors[0])
      ? step(`atleast_${dims}d`, tensors[0])
      : step(`atleast_${dims}d.Sequence`, listed(tensors));

function* unique(
  input: Tensor,
  sorted: boolean,
  return_inverse: boolean,
  return_counts: boolean,
  dim: number | null,
): Steps {
  const all =
    dim === null
      ? yield* op<Tensor[]>('_unique2', input, sorted, return_inverse, return_counts)
      : yield* op<Tensor[]>('unique_dim', input, dim, sorted, return_inverse, return_counts);
  return chosen(all, return_inverse, return_counts);
}

function* consecutive(input: Tensor, return_inverse: boolean, return_counts: boolean, dim: number | null): Steps {
  const all = yield* op<Tensor[]>('unique_consecutive', input, return_inverse, return_counts, dim);
  return chosen(all, return_inverse, return_counts);
}

function chosen([output, inverse, counts]: Tensor[], wants_inverse: boolean, wants_counts: boolean): unknown {
  const results = [output, ...(wants_inverse ? [inverse] : []), ...(wants_counts ? [counts] : [])];
  return results.length === 1 ? output : results;
}

/** The shape to which several shapes broadcast. */
function broadcastShapes(shapes: readonly (number | readonly number[])[]): number[] {
  const result: number[] = [];
  for (const shape of shapes) {
    const sizes = typeof shape === 'number' ? [shape] : shape;
    if (!isArray(sizes)) throw invalidType('shapes', 'arrays of integers', shape);
    for (const [index, size] of sizes.toReversed().entries()) {
      if (!Number.isInteger(size) || size < 0) throw invalidValue('shapes', 'sizes of at least 0', size);
      const before = result[index] ?? 1;
      if (before !== 1 && size !== 1 && before !== size) {
        throw new TorchError('ERR_TORCH', 'Shape mismatch: objects cannot be broadcast to a single shape');
      }
      result[index] = before === 1 ? size : before;
    }
  }
  return result.toReversed();
}

function* unravel(indices: Tensor, shape: number | readonly number[]): Steps {
  checkTensorArgument(indices, 'indices');
  if (!/^u?int/.test(indices.dtype as string)) throw invalidType('indices', 'an integer dtype', indices.dtype);
  const sizes = isArray(shape) ? shape : [shape];
  if (!sizes.every(Number.isInteger)) throw invalidType('shape', 'an integer or an array of integers', shape);
  if (sizes.some((size) => size < 0)) throw invalidValue('shape', 'sizes of at least 0', shape);
  const lengths = [...sizes];
  const factors = lengths.map((_, index) => lengths.slice(index + 1).reduce((product, size) => product * size, 1));
  const options = { dtype: 'int64', device: indices.device };
  const places = [];
  const wide = yield* op('unsqueeze', indices, -1);
  // An integer tensor has one column for each dimension.
  const [divisors, moduli] = [factors, lengths].map((values) =>
    values.map((value) => step('full', [1], value, options)),
  );
  for (const index of lengths.keys()) {
    const divisor = (yield divisors?.[index] as never) as Tensor;
    const modulus = (yield moduli?.[index] as never) as Tensor;
    places.push(yield* op('remainder.Tensor', yield* op('floor_divide', wide, divisor), modulus));
  }
  if (places.length === 0) return [];
  return yield* op('unbind.int', yield* op('cat', places, -1), -1);
}

export const arranging: Record<string, Body> = {
  split,
  atleast_1d: atLeast(1),
  atleast_2d: atLeast(2),
  atleast_3d: atLeast(3),
  unique,
  unique_consecutive: consecutive,
  block_diag: (tensors) => step('block_diag', listed(tensors)),
  broadcast_tensors: (tensors) => step('broadcast_tensors', listed(tensors)),
  cartesian_prod: (tensors) => step('cartesian_prod', listed(tensors)),
  broadcast_shapes: broadcastShapes,
  meshgrid: (tensors, indexing: string | null) =>
    indexing === null ? step('meshgrid', listed(tensors)) : step('meshgrid.indexing', listed(tensors), { indexing }),
  unravel_index: unravel,
  unflatten(input, dim: number, sizes: readonly number[]) {
    if (isArray(sizes) && sizes.length === 0) throw new TorchError('ERR_TORCH', 'unflatten: sizes must be non-empty');
    return step('unflatten.int', input, dim, sizes);
  },
};
