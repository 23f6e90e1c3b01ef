import { invalidType, invalidValue } from '../base/errors.js';
import type { Device } from '../base/types.js';

/**
 * Names a device: `torch.device('cuda:1')`, `torch.device('cuda', 1)` or `torch.device(1)`. Devices are plain strings,
 * which every function accepts. Whether the device exists is checked where it is used.
 *
 * @throws RangeError for a value that does not name a device
 * @example
 * ```ts
 * const device = torch.device(torch.cuda.is_available() ? 'cuda:0' : 'cpu');
 * torch.zeros([2], { device }).device === device;   // true
 * ```
 */
export function device(name: number): `cuda:${number}`;
export function device<const D extends Device>(name: D): D;
export function device<const D extends 'cpu' | 'cuda'>(
  type: D,
  index: number,
): D extends 'cuda' ? `cuda:${number}` : 'cpu';
export function device(name: unknown, index?: unknown): Device {
  const expected = "'cpu', 'cuda', 'cuda:N' or the number of a CUDA device";
  if (typeof name !== 'string' && typeof name !== 'number') throw invalidType('device', expected, name);
  const text = typeof name === 'number' ? `cuda:${name}` : name;
  if (!/^(cpu|cuda(:\d{1,3})?)$/.test(text)) throw invalidValue('device', expected, name);
  if (index === undefined) return text as Device;
  const most = text === 'cpu' ? 0 : 999;
  if (text.includes(':') || !Number.isInteger(index) || (index as number) < 0 || (index as number) > most) {
    throw invalidValue('index', "the number of a device, beside 'cpu' or 'cuda'", index);
  }
  return text === 'cpu' ? 'cpu' : `cuda:${index as number}`;
}
