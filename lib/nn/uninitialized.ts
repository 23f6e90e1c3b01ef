/** Parameters and buffers whose shape the first input tells. */
import { handleOf } from '../addon/handle.js';
import { native } from '../addon/native.js';
import { dispatchTensor } from '../tensor/dispatch.js';
import { Tensor } from '../tensor/tensor.js';
import { Parameter } from './parameter.js';

/** The tensors that wait for their shape. */
const waiting = new WeakSet<Tensor>();

/** A parameter of a lazy layer that has no shape yet. It is the same object, and a {@link Parameter}, once it has one. */
export class UninitializedParameter extends Parameter {
  /** What Python's `repr` prints. */
  override toString(): string {
    return '<UninitializedParameter>';
  }
}

/** Has a tensor wait for its shape. */
export function awaitShape<T extends Tensor>(tensor: T): T {
  waiting.add(tensor);
  return tensor;
}

/** Whether a tensor waits for its shape. */
export function awaitsShape(tensor: Tensor | null): tensor is Tensor {
  return tensor !== null && waiting.has(tensor);
}

/** Gives a waiting tensor its shape; its elements are anything until they are written. */
export function materialize(tensor: Tensor, shape: readonly number[]): void {
  if (!waiting.delete(tensor)) return;
  const { dtype, device } = tensor;
  const made = new Tensor(dispatchTensor('empty.memory_format', [[...shape]], { dtype, device }));
  native().set_data(handleOf(tensor, 'tensor'), handleOf(made, 'tensor'));
  made.dispose();
  if (tensor instanceof UninitializedParameter) Object.setPrototypeOf(tensor, Parameter.prototype);
}
