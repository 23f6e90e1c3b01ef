/** Data as a tensor, without a copy where none is needed. */
import { checkBoolean, checkDevice, checkOptions } from '../addon/arguments.js';
import { isTensor } from '../addon/handle.js';
import { invalidValue } from '../base/errors.js';
import type { Device, DType } from '../base/types.js';
import { frombuffer } from './buffer.js';
import { isHiddenDType, type NestedScalars, OPTIONS, tensor, type TensorOptions } from './creation.js';
import { codeOfDType, type TypedArray } from './dtypes.js';
import { ARRAY_DTYPES, inspectArray, noDType } from './elements.js';
import type { ShapeOf } from './shapes.js';
import type { Tensor } from './tensor.js';

/**
 * `data` as a tensor, without a copy where none is needed: a tensor of that dtype on that device is given back as it is,
 * with its graph; a typed array is shared, as {@link frombuffer} does. All else becomes a new tensor.
 */
export function as_tensor<T extends Tensor>(data: T, options?: { dtype?: undefined; device?: undefined }): T;
export function as_tensor<const T extends NestedScalars | TypedArray | Tensor, D extends DType = DType>(
  data: T,
  options?: Omit<TensorOptions<D>, 'requires_grad'>,
): Tensor<T extends Tensor ? T['shape'] : T extends TypedArray ? readonly [number] : ShapeOf<T>, D>;
export function as_tensor(data: unknown, options: TensorOptions = {}): Tensor {
  checkOptions(options, ['dtype', 'device']);
  return asarray(data as Tensor, { ...options, requires_grad: isTensor(data) && (data as Tensor).requires_grad });
}

/**
 * `obj` as a tensor; see {@link as_tensor}.
 *
 * @param options - `copy: true` always makes a copy, `copy: false` throws where one is needed; default as needed. A tensor
 *   loses its graph unless `requires_grad`
 */
export function asarray(
  obj: NestedScalars | TypedArray | Tensor,
  options: TensorOptions & { copy?: boolean | null | undefined } = {},
): Tensor {
  checkOptions(options, [...OPTIONS, 'copy']);
  const { copy, requires_grad = false, ...wanted } = options;
  checkDevice(wanted.device ?? 'cpu');
  checkBoolean(requires_grad, 'requires_grad');
  if (wanted.dtype !== undefined) codeOfDType(wanted.dtype);
  const shares = isTensor(obj) || ArrayBuffer.isView(obj);
  if (copy === false && !shares) throw invalidValue('copy', 'true or null for data that cannot be shared', copy);
  if (!shares) return tensor(obj as NestedScalars, { ...wanted, requires_grad });
  const source = isTensor(obj) ? (obj as Tensor) : shared(obj as TypedArray, wanted.dtype);
  const { dtype = source.dtype as DType, device = source.device as Device } = wanted;
  const isThere = dtype === source.dtype && device === source.device;
  if (copy === false && !isThere) throw invalidValue('copy', 'true or null for another dtype or device', copy);
  const moved = isThere && copy !== true ? source : source.to({ dtype, device, copy: copy === true });
  if (moved !== source && source !== obj) source.dispose();
  if (moved.requires_grad === requires_grad) return moved;
  const leaf = requires_grad ? moved : moved.detach();
  return requires_grad ? leaf.requires_grad_() : leaf;
}

/** A tensor over a typed array; a `Uint16Array` has no dtype of its own. */
function shared(data: TypedArray, dtype: DType | undefined): Tensor {
  const { kind } = inspectArray(data);
  const own = kind === 'Uint16Array' && isHiddenDType(dtype) ? dtype : ARRAY_DTYPES.get(kind);
  if (own === undefined) throw noDType('obj', kind, data);
  return frombuffer(data, { dtype: own });
}
