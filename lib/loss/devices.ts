import { TorchError } from '../base/errors.js';
import type { Tensor } from '../tensor/tensor.js';

/** Inputs that LibTorch reads from the CPU, wherever the others are. */
const ANYWHERE: ReadonlySet<string> = new Set(['targets', 'input_lengths', 'target_lengths']);

/**
 * Checks that tensors are on the device of the first. LibTorch takes those without dimensions from the CPU, too.
 *
 * @throws TorchError that names the one which is elsewhere
 */
export function checkSameDevice(tensors: readonly (readonly [name: string, tensor: Tensor])[]): void {
  const [[first, { device: expected }], ...others] = tensors as [[string, Tensor], ...[string, Tensor][]];
  for (const [parameter, tensor] of others) {
    const { device: got } = tensor;
    if (got === expected || ANYWHERE.has(parameter) || (got === 'cpu' && tensor.dim() === 0)) continue;
    throw new TorchError(
      'ERR_TORCH',
      `${parameter}: expected a Tensor on ${expected}, the device of ${first}, got one on ${got}`,
      { parameter, expected, got },
    );
  }
}
