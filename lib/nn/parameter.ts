import { checkBoolean } from '../addon/arguments.js';
import { checkTensor, handleOf, isTensor } from '../addon/handle.js';
import { type Handle, native } from '../addon/native.js';
import { leaveScopes } from '../addon/scope.js';
import { invalidType } from '../base/errors.js';
import { isPlainObject } from '../base/plain_object.js';
import type { DType, Shape } from '../base/types.js';
import { Tensor } from '../tensor/tensor.js';

/**
 * A tensor that a module learns: a leaf that requires grad. As a field of a module it is one of its `parameters()`.
 *
 * It shares the memory of `data`, belongs to no scope, and lives until it is disposed of or collected.
 *
 * @example
 * ```ts
 * const { nn } = torch;
 * class Scale extends nn.Module {
 *   factor = new nn.Parameter(torch.ones([3]));
 *   override forward(x: Tensor): Tensor {
 *     return x.mul(this.factor);
 *   }
 * }
 * new Scale().parameters().length;   // 1
 * ```
 */
// biome-ignore lint/suspicious/noExplicitAny: an unknown shape or dtype must fit everywhere, as in Array<any>
export class Parameter<out S extends Shape = any, out D extends DType = any> extends Tensor<S, D> {
  /**
   * @param data - the initial values
   * @param requires_grad - whether gradients are computed for it. Default true
   */
  constructor(data: Tensor<S, D>, requires_grad: boolean | { requires_grad?: boolean | undefined } = true) {
    const wanted = isPlainObject(requires_grad) ? (requires_grad.requires_grad ?? true) : requires_grad;
    checkBoolean(wanted, 'requires_grad');
    super(aliasOf(data));
    leaveScopes(this);
    if (wanted) native().set_requires_grad(handleOf(this, 'data'), true);
  }

  /** Python's `repr`. */
  override toString(): string {
    checkTensor(this);
    return `Parameter containing:\n${super.toString()}`;
  }
}

/** Makes a tensor itself a parameter, for a module of LibTorch's that refers to that very tensor in other places too. */
export function asParameter(tensor: Tensor): Parameter {
  leaveScopes(tensor);
  return Object.setPrototypeOf(tensor, Parameter.prototype) as Parameter;
}

/**
 * A parameter, or `null` if the layer was made without it, which depends on its options and is not visible in its type.
 */
// biome-ignore lint/suspicious/noExplicitAny: programs that asked for the parameter need not check that it is there
export type MaybeParameter = any;

function aliasOf(data: unknown): Handle {
  if (!isTensor(data)) throw invalidType('data', 'a Tensor', data);
  return native().detach(handleOf(data, 'data'));
}
