/**
 * `torch.cuda`: CUDA devices, their memory and their random numbers. Without CUDA, functions that need a device throw
 * an error that says why there is none.
 */
import { ArgumentRangeError, invalidType, invalidValue } from '../base/errors.js';
import type { Device } from '../base/types.js';
import { cudaProblem, native, requireCuda } from '../addon/native.js';
import { defaultGeneratorOf, type Generator, type GeneratorState } from '../tensor/generator.js';

export { empty_cache } from '../addon/cache.js';

/** A CUDA device: its number, `'cuda:1'`, or `'cuda'` for the current one. */
export type CudaDevice = number | Exclude<Device, 'cpu'>;

/** Whether a CUDA device can be used. */
export function is_available(): boolean {
  return cudaProblem() === undefined;
}

/** The number of CUDA devices; 0 if none is usable. */
export function device_count(): number {
  return is_available() ? native().cuda_device_count() : 0;
}

/**
 * The number of the current device, which `'cuda'` means.
 *
 * @throws TorchError `ERR_NO_CUDA` without CUDA
 */
export function current_device(): number {
  requireCuda('device');
  return native().cuda_current_device();
}

/**
 * The name of a device, such as `NVIDIA H200`.
 *
 * @param device - default: the current one
 * @throws TorchError `ERR_NO_CUDA` without CUDA, RangeError for a device that does not exist
 */
export function get_device_name(device?: CudaDevice | null): string {
  return native().cuda_device_name(indexOf(device));
}

/**
 * Waits until a device has finished all of its work.
 *
 * @param device - default: the current one
 * @throws TorchError `ERR_NO_CUDA` without CUDA, RangeError for a device that does not exist
 */
export function synchronize(device?: CudaDevice | null): void {
  native().cuda_synchronize(indexOf(device));
}

/**
 * The bytes allocated to tensors on a device; 0 without CUDA.
 *
 * @param device - default: the current one
 * @throws TorchError `ERR_NOT_IMPLEMENTED` with LibTorch before 2.9
 */
export function memory_allocated(device?: CudaDevice | null): number {
  return memoryOf(device)[0];
}

/** The peak of {@link memory_allocated}, or since {@link reset_peak_memory_stats}; 0 without CUDA. */
export function max_memory_allocated(device?: CudaDevice | null): number {
  return memoryOf(device)[1];
}

/** The bytes reserved by LibTorch on a device, for current and later tensors; 0 without CUDA. */
export function memory_reserved(device?: CudaDevice | null): number {
  return memoryOf(device)[2];
}

/** The peak of {@link memory_reserved}, or since {@link reset_peak_memory_stats}; 0 without CUDA. */
export function max_memory_reserved(device?: CudaDevice | null): number {
  return memoryOf(device)[3];
}

/** Resets the peaks of {@link max_memory_allocated} and {@link max_memory_reserved}. */
export function reset_peak_memory_stats(device?: CudaDevice | null): void {
  if (is_available()) native().cuda_reset_peak_memory(indexOf(device));
}

/** Seeds the random numbers of the current device. Does nothing without CUDA, as in Python. */
export function manual_seed(seed: number | bigint): void {
  if (is_available()) generatorOf('cuda').manual_seed(seed);
}

/** Seeds the random numbers of all devices. Does nothing without CUDA, as in Python. */
export function manual_seed_all(seed: number | bigint): void {
  for (let index = 0; index < device_count(); index++) generatorOf(index).manual_seed(seed);
}

/** The seed of the current device's random numbers, as an unsigned 64-bit integer. */
export function initial_seed(): bigint {
  return generatorOf('cuda').initial_seed();
}

/** The current state of a device's random numbers, for {@link set_rng_state}. */
export function get_rng_state(device: CudaDevice = 'cuda'): GeneratorState {
  return generatorOf(device).get_state();
}

/** Sets a device's random numbers back to a saved state. */
export function set_rng_state(new_state: GeneratorState, device: CudaDevice = 'cuda'): void {
  generatorOf(device).set_state(new_state);
}

function generatorOf(device: CudaDevice): Generator {
  return defaultGeneratorOf(`cuda:${indexOf(device)}`);
}

function memoryOf(device: CudaDevice | null | undefined): readonly [number, number, number, number] {
  return is_available() ? native().cuda_memory(indexOf(device)) : [0, 0, 0, 0];
}

/** The number of an existing device. */
function indexOf(device: CudaDevice | null | undefined): number {
  const index = readIndex(device);
  requireCuda('device');
  if (index === undefined) return native().cuda_current_device();
  const count = native().cuda_device_count();
  if (index < count) return index;
  const expected = `one of ${count} CUDA ${count === 1 ? 'device' : 'devices'}, counted from 0`;
  throw new ArgumentRangeError('device', expected, `${index}`);
}

/** The given number, or `undefined` for the current device. */
function readIndex(device: unknown): number | undefined {
  if (device == null || device === 'cuda') return undefined;
  if (typeof device !== 'string' && !Number.isInteger(device))
    throw invalidType('device', "a number, 'cuda' or 'cuda:N'", device);
  const index = typeof device === 'string' ? /^cuda:(\d{1,3})$/.exec(device)?.[1] : device;
  if (index === undefined) throw invalidValue('device', "a number, 'cuda' or 'cuda:N'", device);
  if (Number(index) < 0) throw invalidValue('device', 'a number of at least 0', device);
  return Number(index);
}
