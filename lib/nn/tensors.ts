/** Operations on all tensors of a module at once. */
import { checkBoolean, checkOptions } from '../addon/arguments.js';
import { handleOf } from '../addon/handle.js';
import { native } from '../addon/native.js';
import { behaviour } from '../addon/versions.js';
import { invalidType } from '../base/errors.js';
import type { Device, DType } from '../base/types.js';
import { withoutGrad } from '../tensor/call.js';
import type { Tensor } from '../tensor/tensor.js';

/** Moves tensors and their gradients; they stay the same objects. */
export function moveTensors(
  tensors: Iterable<Tensor>,
  wanted: (tensor: Tensor) => { device?: Device; dtype?: DType },
): void {
  withoutGrad(() => {
    for (const tensor of tensors) {
      move(tensor, wanted);
      const { grad } = tensor;
      if (grad === null) continue;
      move(grad, wanted);
      grad.dispose();
    }
  });
}

function move(tensor: Tensor, wanted: (tensor: Tensor) => { device?: Device; dtype?: DType }): void {
  const target = wanted(tensor);
  if (Object.keys(target).length === 0) return;
  const moved = tensor.to(target) as Tensor;
  native().set_data(handleOf(tensor, 'tensor'), handleOf(moved, 'tensor'));
  moved.dispose();
}

/** Reads `set_to_none`, given by position or by name; its default is that of the LibTorch in use. */
export function readClears(given: unknown): boolean {
  if (typeof given === 'boolean') return given;
  if (given !== undefined) checkOptions(given, ['set_to_none']);
  const { set_to_none = behaviour().clearsGradients } = (given ?? {}) as { set_to_none?: boolean };
  checkBoolean(set_to_none, 'set_to_none');
  return set_to_none;
}

/** Clears the gradients of parameters, or fills them with zeros. */
export function zeroGrad(parameters: readonly Tensor[], set_to_none: boolean): void {
  if (typeof set_to_none !== 'boolean') throw invalidType('set_to_none', 'a boolean', set_to_none);
  native().zero_grads(
    parameters.map((parameter) => handleOf(parameter, 'parameters')),
    set_to_none,
  );
}
