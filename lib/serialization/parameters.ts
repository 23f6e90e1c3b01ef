/** Parameters, which are defined in a higher layer. */
import type { Tensor } from '../tensor/tensor.js';

/** How to recognize and make parameters. */
export interface ParameterKind {
  /** Whether a tensor is a parameter. */
  readonly is: (tensor: Tensor) => boolean;
  /** Makes a parameter from a tensor, which is disposed of afterwards unless it is the parameter. */
  readonly make: (data: Tensor, requires_grad: boolean) => Tensor;
}

/** Without modules there are no parameters: those in files become tensors. */
let known: ParameterKind = {
  is: () => false,
  make: (data, requires_grad) => (requires_grad ? data.requires_grad_() : data),
};

/** Defines what a parameter is. */
export function registerParameter(kind: ParameterKind): void {
  known = kind;
}

/** Whether a tensor is a parameter. */
export function isParameter(tensor: Tensor): boolean {
  return known.is(tensor);
}

/** Makes a parameter. */
export function makeParameter(data: Tensor, requires_grad: boolean): Tensor {
  return known.make(data, requires_grad);
}
