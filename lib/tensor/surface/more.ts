/** Functions of `torch` that are more than an operator with Python's arguments. */
import { isTensor } from '../../addon/handle.js';
import { operatorFunction } from '../calls.js';
import { checkTensorArgument, readArguments, readSignature } from '../composed/steps.js';
import { BoundOperator, dispatch, prepare } from '../dispatch.js';
import type { Tensor } from '../tensor.js';
import type { DTypeName, OperatorFunction, Scalar } from './types.js';

/** Whether a value is a tensor. */
export function is_tensor(value: unknown): value is Tensor {
  return isTensor(value);
}

/** The number of elements. */
export function numel(input: Tensor): number {
  checkTensorArgument(input, 'input');
  return input.numel();
}

/** The number of the CUDA device that a tensor is on, or -1. */
export function get_device(input: Tensor): number {
  checkTensorArgument(input, 'input');
  return input.get_device();
}

/** Whether elements of one dtype can be converted to another under PyTorch's promotion rules. */
export const can_cast: OperatorFunction<(from_: DTypeName, to: DTypeName) => boolean, boolean> = operatorFunction(
  new BoundOperator('torch.can_cast', ['aten::can_cast'], 'function'),
) as never;

/** The indices of all nonzero elements: one row each or, with `as_tuple`, one tensor per dimension. */
export function nonzero(
  input: Tensor,
  options?: { as_tuple?: false; out?: Tensor | null | undefined },
): Tensor<readonly [number, number], 'int64'>;
export function nonzero(input: Tensor, options: { as_tuple: true }): Tensor<readonly [number], 'int64'>[];
export function nonzero(...args: unknown[]): Tensor | Tensor[] {
  const [input, as_tuple, out] = readArguments('nonzero', readSignature('input, *, as_tuple=False, out=None'), args);
  checkTensorArgument(input, 'input');
  if (out !== null) {
    dispatch('aten::nonzero', prepare([input], { out }));
    return out as Tensor;
  }
  return input.nonzero({ as_tuple: as_tuple as true });
}

/** ELU of each element, in place: `alpha * (exp(x) - 1)` where it is negative. */
export const elu_: OperatorFunction<
  <T extends Tensor>(input: T, alpha?: number, scale?: Scalar, input_scale?: Scalar) => T,
  Tensor
> = operatorFunction(new BoundOperator('torch.nn.functional.elu_', ['aten::elu_'], 'function')) as never;
