/** Sparse tensors in COO format. */
import { isTensor } from '../addon/handle.js';
import { checkBoolean, readSizes } from '../addon/arguments.js';
import { invalidType, invalidValue } from '../base/errors.js';
import type { Device, DType } from '../base/types.js';
import { readArguments, readSignature } from './composed/steps.js';
import { as_tensor } from './as_tensor.js';
import { make, type TensorOptions } from './creation.js';
import { dispatch, prepare } from './dispatch.js';
import { codeOfDType, isFloat } from './dtypes.js';
import type { Nested } from './shapes.js';
import { wrap } from './results.js';
import type { Tensor } from './tensor.js';

/** Options of {@link sparse_coo_tensor}. */
export interface SparseOptions<D extends DType = DType> extends TensorOptions<D> {
  /** Whether the indices are sorted and unique. Needs LibTorch 2.1. */
  is_coalesced?: boolean | null | undefined;
}

const SIGNATURE = readSignature(
  'indices, values=None, size=None, *, dtype=None, device=None, requires_grad=False, is_coalesced=None',
);

/**
 * A sparse tensor in COO format: `indices` has a row for each dimension and a column for each stored element, and `values`
 * has the elements. All others are zero; elements with equal indices are added up. `values` may have further, dense
 * dimensions. Indices are always checked; PyTorch 2 checks them only on request.
 *
 * @param size - by default the smallest that has all indices
 * @param options - `dtype`: by default that of `values`; `device`; `requires_grad`; `is_coalesced`
 * @throws TypeError for indices that are not integers, TorchError for indices outside `size`
 * @example
 * ```ts
 * const x = torch.sparse_coo_tensor([[0, 1, 1], [2, 0, 2]], [3, 4, 5], [2, 3]);
 * x.to_dense().tolist();   // [[0, 0, 3], [4, 0, 5]]
 * x.coalesce().values().tolist();   // [3, 4, 5]
 * ```
 */
export function sparse_coo_tensor(
  indices: Tensor | Nested<number>,
  values: Tensor | Nested,
  size?: readonly number[] | null | SparseOptions,
  options?: SparseOptions,
): Tensor;
/** A sparse tensor of the given size without elements. */
export function sparse_coo_tensor(size: readonly number[], options?: SparseOptions): Tensor;
export function sparse_coo_tensor(...args: unknown[]): Tensor {
  const [indices, values, size, dtype, device, requires_grad, is_coalesced] = readArguments(
    'sparse_coo_tensor',
    SIGNATURE,
    args,
  ) as [unknown, unknown, unknown, DType | null, unknown, boolean, boolean | null];
  if (dtype !== null) codeOfDType(dtype);
  checkBoolean(requires_grad, 'requires_grad');
  const placed = { ...(dtype !== null && { dtype }), ...(device !== null && { device: device as Device }) };
  const result =
    values === null
      ? make('sparse_coo_tensor.size', [readSizes(indices, 'size')], placed, { layout: 'sparse_coo' })
      : ofElements(indices, as_tensor(values as Tensor, placed), size, is_coalesced);
  return requires_grad ? result.requires_grad_() : result;
}

function ofElements(given: unknown, values: Tensor, size: unknown, is_coalesced: boolean | null): Tensor {
  const options = isTensor(given) ? {} : { dtype: 'int64' as const };
  const whole: Tensor = as_tensor(given as Tensor, options);
  if (isFloat(whole.dtype) || whole.dtype === 'bool' || whole.is_complex())
    throw invalidType('indices', 'integers', given);
  const indices = as_tensor(whole, { dtype: 'int64', device: values.device as Device });
  if (indices.dim() !== 2) throw invalidValue('indices', 'a row for each dimension, a column for each element', given);
  if (values.shape[0] !== indices.shape[1])
    throw invalidValue('values', `an element for each of the ${indices.shape[1]} columns of indices`, values);
  const named = is_coalesced === null ? {} : { is_coalesced };
  const positional = size === null ? [indices, values] : [indices, values, readSizes(size, 'size')];
  const overload = size === null ? 'indices' : 'indices_size';
  return wrap(dispatch(`aten::sparse_coo_tensor.${overload}`, prepare(positional, named))) as Tensor;
}
