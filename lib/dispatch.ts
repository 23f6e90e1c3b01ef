import { invalidType } from './errors.js';
import { handleOf, isTensor } from './handle.js';
import { cudaProblem, type Handle, native, type OperatorValue, requireCuda } from './native.js';

/**
 * Calls an operator of LibTorch with tensors, plain values and arrays of them.
 *
 * @param name - with its namespace, as in `aten::add`
 * @param overload - the overload's name; empty to take the first that fits
 * @returns the operator's result as it comes from the addon: a handle, a plain value, or an array of them
 */
export function dispatch(
  name: string,
  overload: string,
  positional: readonly unknown[],
  named: object = {},
): OperatorValue {
  const values: Record<string, OperatorValue> = {};
  for (const [key, value] of Object.entries(named)) if (value !== undefined) values[key] = lower(value, key);
  if (typeof values.device === 'string' && values.device.startsWith('cuda')) requireCuda('device');
  // Whether a word in another place is a device is the schema's to say; LibTorch has its own error for a missing one.
  if (positional.some((value) => typeof value === 'string' && /^cuda(:\d+)?$/.test(value))) cudaProblem();
  const list = Array.from(positional, (value, index) => lower(value, `argument ${index}`));
  return native().call_operator(name, overload, list, values);
}

/** Calls an operator that has one tensor as its result. */
export function dispatchTensor(name: string, positional: readonly unknown[], named?: object): Handle {
  return dispatch(`aten::${name}`, '', positional, named) as Handle;
}

/** No schema has lists in lists in lists; arrays that contain themselves end here. */
const MAX_DEPTH = 3;

/** Tensors to handles, also in arrays; what is neither goes on to be judged by the operator's schema. */
function lower(value: unknown, parameter: string, depth = 0): OperatorValue {
  if (Array.isArray(value) && depth < MAX_DEPTH) {
    return Array.from(value, (item) => lower(item, parameter, depth + 1));
  }
  if (isTensor(value)) return handleOf(value, parameter);
  if (typeof value === 'object' && value !== null) {
    throw invalidType(parameter, 'a Tensor, a plain value or an array of them', value);
  }
  return value as OperatorValue;
}
