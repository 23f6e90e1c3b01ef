import { itemsOf } from '../addon/arguments.js';
import { invalidType } from '../base/errors.js';
import { generatorHandleOf, isGenerator } from '../addon/generator.js';
import { handleOf, isTensor } from '../addon/handle.js';
import { cudaProblem, type Handle, native, type OperatorValue, requireCuda } from '../addon/native.js';
import { isArray } from '../base/plain_object.js';

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
  // All that is the caller's is read before the first handle, since its getters may dispose of tensors.
  const given = Object.entries(named).map(([key, value]) => [key, read(value, key)] as const);
  const places = positional.map((value, index) => read(value, `argument ${index}`));
  const values: Record<string, OperatorValue> = Object.create(null);
  for (const [key, value] of given) if (value !== undefined) values[key] = lower(value, key);
  if (typeof values.device === 'string' && values.device.startsWith('cuda')) requireCuda('device');
  // Whether a word in another place is a device is the schema's to say; LibTorch has its own error for a missing one.
  if (positional.some((value) => typeof value === 'string' && /^cuda(:\d+)?$/.test(value))) cudaProblem();
  const list = places.map((value, index) => lower(value, `argument ${index}`));
  return native().call_operator(name, overload, list, values);
}

/** Calls an operator that has one tensor as its result. */
export function dispatchTensor(name: string, positional: readonly unknown[], named?: object): Handle {
  return dispatch(`aten::${name}`, '', positional, named) as Handle;
}

/** No schema has lists in lists in lists; arrays that contain themselves end here. */
const MAX_DEPTH = 3;

/** A copy of the caller's arrays. */
function read(value: unknown, parameter: string, depth = 0): unknown {
  if (depth === MAX_DEPTH || !isArray(value)) return value;
  return itemsOf(value, parameter).map((item) => read(item, parameter, depth + 1));
}

/** Tensors and generators to handles, also in arrays; what is neither goes on to be judged by the operator's schema. */
function lower(value: unknown, parameter: string, depth = 0): OperatorValue {
  if (depth < MAX_DEPTH && isArray(value)) return value.map((item) => lower(item, parameter, depth + 1));
  if (isTensor(value)) return handleOf(value, parameter);
  if (isGenerator(value)) return generatorHandleOf(value, parameter);
  if (typeof value === 'object' && value !== null) {
    throw invalidType(parameter, 'a Tensor, a plain value or an array of them', value);
  }
  return value as OperatorValue;
}
