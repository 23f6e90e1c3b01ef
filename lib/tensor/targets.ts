/** What `Tensor.to` is given. */
import { checkBoolean, checkDevice, checkOptions } from '../addon/arguments.js';
import { isTensor } from '../addon/handle.js';
import type { Device, DType } from '../base/types.js';
import { codeOfAnyDType, COMPLEX, DTYPES } from './dtypes.js';

/** What `Tensor.to` leads to. */
export interface ToOptions<D extends DType = DType> {
  dtype?: D | undefined;
  device?: Device | undefined;
  /** Lets a copy from pinned memory to a CUDA device go on while other code runs. Default false. */
  non_blocking?: boolean | undefined;
  /** Makes a copy even where nothing changes. Default false. */
  copy?: boolean | undefined;
  /** How the elements of the result lie: as they do here, unless told otherwise. */
  memory_format?: 'contiguous_format' | 'preserve_format' | 'channels_last' | 'channels_last_3d' | undefined;
}

/** Reads where `to` leads to: dtypes and devices by their names, another tensor, two booleans, and options. */
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

/** Reads dtype and device of a tensor's target; those of the tensor itself where none are given. */
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
