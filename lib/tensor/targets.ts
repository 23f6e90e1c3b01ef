/** The arguments of `Tensor.to`. */
import { checkBoolean, checkDevice, checkOptions } from '../addon/arguments.js';
import { isTensor } from '../addon/handle.js';
import type { Device, DType } from '../base/types.js';
import { codeOfAnyDType, COMPLEX, DTYPES } from './dtypes.js';

/** Options of `Tensor.to`. */
export interface ToOptions<D extends DType = DType> {
  dtype?: D | undefined;
  device?: Device | undefined;
  /** Let a copy from pinned memory to a CUDA device run while other code runs. Default false. */
  non_blocking?: boolean | undefined;
  /** Copy even if nothing changes. Default false. */
  copy?: boolean | undefined;
  /** The memory layout of the result. Default: that of this tensor. */
  memory_format?: 'contiguous_format' | 'preserve_format' | 'channels_last' | 'channels_last_3d' | undefined;
}

/** Reads the arguments of `to`: dtypes and devices by name, another tensor, two booleans, and options. */
export function readTargets(targets: readonly unknown[]): ToOptions {
  const options: Record<string, unknown> = {};
  for (const [index, target] of (targets.length === 0 ? [undefined] : targets).entries()) {
    if (typeof target === 'string') options[isDType(target) ? 'dtype' : 'device'] = target;
    else if (typeof target === 'boolean' && index > 0)
      options[options.non_blocking === undefined ? 'non_blocking' : 'copy'] = target;
    else if (isTensor(target))
      Object.assign(options, { dtype: (target as Held).dtype, device: (target as Held).device });
    else if (target !== undefined || index === 0) {
      checkOptions(target, ['dtype', 'device', 'non_blocking', 'copy', 'memory_format']);
      Object.assign(options, target);
    }
  }
  return options;
}

function isDType(name: string): boolean {
  return Object.hasOwn(DTYPES, name) || Object.hasOwn(COMPLEX, name);
}

/** A tensor, as far as it is looked at here. */
interface Held {
  readonly dtype: DType;
  readonly device: string;
}

/** Reads the target dtype and device; they default to the tensor's own. */
export function readTarget(
  tensor: Held,
  target: { dtype?: DType; device?: Device; non_blocking?: boolean },
  names: readonly string[],
): { dtype: DType; device: Device; non_blocking: boolean } {
  checkOptions(target, names);
  const { dtype = tensor.dtype, device = tensor.device as Device, non_blocking = false } = target;
  codeOfAnyDType(dtype);
  checkDevice(device);
  checkBoolean(non_blocking, 'non_blocking');
  return { dtype, device, non_blocking };
}
