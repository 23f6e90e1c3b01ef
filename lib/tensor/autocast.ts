/** `torch.autocast`: operators in a lower precision where that does no harm. */
import { checkBoolean, checkOptions } from '../addon/arguments.js';
import { callSynchronously } from '../addon/lane.js';
import { native, requireCuda } from '../addon/native.js';
import { invalidType, invalidValue } from '../base/errors.js';
import { isFunction, isPlainObject } from '../base/plain_object.js';
import type { DType } from '../base/types.js';
import { DTYPES } from './dtypes.js';

/** Options of {@link autocast}. */
export interface AutocastOptions {
  /** In which precision. Default `'bfloat16'` on the CPU, `'float16'` on CUDA. */
  dtype?: 'bfloat16' | 'float16' | undefined;
  /** Default true; `false` switches it off within another call. */
  enabled?: boolean | undefined;
  /** Cast each weight once. Default true. */
  cache_enabled?: boolean | undefined;
}

/**
 * Runs `fn` in mixed precision: LibTorch casts the inputs of matrix products, convolutions and the like down, and those
 * of losses, norms and the like up to float32. Call backward passes outside of it, as in Python: gradients have the
 * precision of what they belong to. A call on a lane that `fn` makes takes the mode along.
 *
 * @param device_type - the tensors' device: `'cpu'` or `'cuda'`
 * @param options - `dtype`, `enabled`, `cache_enabled`; may be left out
 * @param fn - a synchronous function, or one that returns the promise of one call on a lane
 * @returns what `fn` returns
 * @throws TypeError if `fn` returns another promise; RangeError for a dtype that LibTorch does not compute in
 * @example
 * ```ts
 * const layer = new torch.nn.Linear(4, 2);
 * const output = torch.autocast('cpu', { dtype: 'bfloat16' }, () => layer(torch.ones([1, 4])));
 * output.dtype;   // 'bfloat16'
 * ```
 */
export function autocast<T>(device_type: 'cpu' | 'cuda', fn: () => T): T;
export function autocast<T>(device_type: 'cpu' | 'cuda', options: AutocastOptions, fn: () => T): T;
export function autocast<T>(
  device_type: 'cpu' | 'cuda',
  ...rest: [fn: () => T] | [options: AutocastOptions, fn: () => T]
): T {
  const [options, fn] = rest.length === 1 ? [{}, rest[0]] : rest;
  const run = readOptions(device_type, options);
  if (!isFunction(fn)) throw invalidType('fn', 'a function', fn);
  return run(() => callSynchronously(fn));
}

/** Runs a function in mixed precision, up to its first `await`. */
export type Casting = <T>(fn: () => T) => T;

function readOptions(device_type: 'cpu' | 'cuda', options: AutocastOptions): Casting {
  checkDeviceType(device_type);
  checkOptions(options, ['dtype', 'enabled', 'cache_enabled']);
  const { dtype = device_type === 'cpu' ? 'bfloat16' : 'float16', enabled = true, cache_enabled = true } = options;
  checkDtype(dtype, 'dtype');
  checkBoolean(enabled, 'enabled');
  checkBoolean(cache_enabled, 'cache_enabled');
  if (device_type === 'cuda' && enabled) requireCuda('device_type');
  return (fn) => {
    const before = native().enter_autocast(device_type, enabled, DTYPES[dtype satisfies DType].code, cache_enabled);
    try {
      return fn();
    } finally {
      native().leave_autocast(before);
    }
  };
}

/** Mixed precision as an option: a dtype, or the options of {@link autocast} with its device. */
export type MixedPrecision =
  | 'bfloat16'
  | 'float16'
  | (AutocastOptions & {
      /** The tensors' device. Default: that of the model's parameters. */
      device_type?: 'cpu' | 'cuda' | undefined;
    });

/**
 * Reads the option `autocast` of what trains.
 *
 * @param deviceOf - the device of the model's parameters
 */
export function readPrecision(value: MixedPrecision | undefined, deviceOf: () => string): Casting {
  if (value === undefined) return (fn) => fn();
  if (typeof value === 'string') checkDtype(value, 'autocast');
  else if (!isPlainObject(value)) throw invalidType('autocast', 'a dtype, or the options of torch.autocast', value);
  const given: Exclude<MixedPrecision, string> = typeof value === 'string' ? { dtype: value } : value;
  const { device_type, ...options } = given;
  if (device_type != null) return readOptions(device_type, options);
  const onModel = () => readOptions(deviceOf().startsWith('cuda') ? 'cuda' : 'cpu', options);
  onModel();
  // The model may be moved between two calls.
  return (fn) => onModel()(fn);
}

/** Whether {@link autocast} is on for a device. */
export function is_autocast_enabled(device_type: 'cpu' | 'cuda' = 'cuda'): boolean {
  checkDeviceType(device_type);
  return native().autocast_enabled(device_type);
}

function checkDtype(value: unknown, parameter: string): void {
  if (value !== 'bfloat16' && value !== 'float16') throw invalidValue(parameter, "'bfloat16' or 'float16'", value);
}

function checkDeviceType(value: unknown): void {
  if (typeof value !== 'string') throw invalidType('device_type', "'cpu' or 'cuda'", value);
  if (value !== 'cpu' && value !== 'cuda') throw invalidValue('device_type', "'cpu' or 'cuda'", value);
}
