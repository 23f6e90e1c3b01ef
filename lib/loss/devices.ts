import { TorchError } from '../base/errors.js';
import type { Tensor } from '../tensor/tensor.js';

/** A tensor of a call and its parameter. */
export type Placed = readonly [name: string, tensor: Tensor];

/**
 * Checks that the tensors of a call are on one device. Some operators of LibTorch also take tensors without dimensions
 * from the CPU, so these pass.
 *
 * @throws TorchError that names the one which is elsewhere
 */
export function checkSameDevice(tensors: readonly Placed[]): void {
  const elsewhere = findElsewhere(tensors, (tensor) => tensor.device === 'cpu' && tensor.dim() === 0);
  if (elsewhere !== undefined) throw elsewhere;
}

/** LibTorch's complaint that the tensors of a call are on different devices. */
const DIFFERENT_DEVICES = /Expected all tensors to be on the same device|is on cpu, different from other tensors/;

/** The error of a call, with the tensor that is elsewhere by name if that is what LibTorch complains about. */
export function withElsewhere(error: unknown, tensors: readonly Placed[]): unknown {
  if (!(error instanceof TorchError) || error.parameter !== undefined) return error;
  return DIFFERENT_DEVICES.test(error.message) ? (findElsewhere(tensors, () => false) ?? error) : error;
}

function findElsewhere(tensors: readonly Placed[], mayBe: (tensor: Tensor) => boolean): TorchError | undefined {
  const reference = tensors.find(([, tensor]) => !mayBe(tensor));
  if (reference === undefined) return undefined;
  const [first, { device: expected }] = reference;
  for (const [parameter, tensor] of tensors) {
    const { device: got } = tensor;
    if (got === expected || mayBe(tensor)) continue;
    const message = `${parameter}: expected a Tensor on ${expected}, the device of ${first}, got one on ${got}`;
    return new TorchError('ERR_TORCH', message, { parameter, expected, got });
  }
  return undefined;
}
