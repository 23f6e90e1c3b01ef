import { tensor } from '../tensor/creation.js';
import type { TypedArray } from '../tensor/dtypes.js';
import type { ArrayDType, DTypeOf, FlatShape, Nested, ShapeOf } from '../tensor/shapes.js';
import { Tensor as TorchTensor } from '../tensor/tensor.js';
import type { DType } from '../base/types.js';

/** MindSpore's way to create a tensor. */
export interface TensorConstructor {
  /**
   * Creates a tensor from a copy of `data`, with or without `new`.
   *
   * @param data - nested arrays, a typed array or a single value
   * @param dtype - the dtype; float32 for numbers, int64 for bigints, bool for booleans and a typed array's own unless
   *   given
   * @returns a tensor; both frameworks share one tensor class
   * @example
   * ```ts
   * const labels = mindspore.Tensor([1, 0, 4], mindspore.int32);
   * labels instanceof torch.Tensor;   // true
   * ```
   */
  <const T extends Nested, D extends DType = DTypeOf<T>>(data: T, dtype?: D): TorchTensor<ShapeOf<T>, NoInfer<D>>;
  <A extends TypedArray, D extends DType = ArrayDType<A>>(data: A, dtype?: D): TorchTensor<FlatShape<A>, NoInfer<D>>;
  new <const T extends Nested, D extends DType = DTypeOf<T>>(data: T, dtype?: D): TorchTensor<ShapeOf<T>, NoInfer<D>>;
  new <A extends TypedArray, D extends DType = ArrayDType<A>>(
    data: A,
    dtype?: D,
  ): TorchTensor<FlatShape<A>, NoInfer<D>>;
  readonly prototype: TorchTensor;
}

function makeTensor(data: Nested, dtype?: DType): TorchTensor {
  return tensor(data, { dtype });
}
// Makes `value instanceof mindspore.Tensor` true for every tensor.
makeTensor.prototype = TorchTensor.prototype;

/** `mindspore.Tensor`. */
export const Tensor = makeTensor as unknown as TensorConstructor;
// biome-ignore lint/suspicious/noExplicitAny: an unknown shape or dtype must fit everywhere, as in Array<any>
export type Tensor<S extends readonly number[] = any, D extends DType = any> = TorchTensor<S, D>;
