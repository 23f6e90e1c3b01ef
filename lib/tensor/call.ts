/** How layers call operators. */
import { type Handle, native, type OperatorValue } from '../addon/native.js';
import { itemsOf } from '../addon/arguments.js';
import { isArray } from '../base/plain_object.js';
import { FROM_ADDON, handleOf, knownHandle } from '../addon/handle.js';
import { type BoundOperator, dispatch, operatorOf, prepare } from './dispatch.js';
import { Tensor } from './tensor.js';

/** What an operator takes here: tensors, plain values, and arrays of them made by this package. */
export type Value = Tensor | number | bigint | boolean | string | null | undefined | readonly Value[];

/** No schema nests lists three deep; this also ends arrays that contain themselves. */
const MAX_DEPTH = 3;

function lower(value: Value, index: number, depth = 0): OperatorValue {
  if (typeof value !== 'object' || value === null) return value;
  const handle = knownHandle(value);
  if (handle !== undefined) return handle;
  if (depth < MAX_DEPTH && isArray(value))
    return itemsOf(value, `argument ${index}`).map((item, at) => lower(item as Value, at, depth + 1));
  return handleOf(value as Tensor, index === 0 ? 'input' : `argument ${index}`);
}

/** The operators that have been called, by their names without the namespace. */
const known = new Map<string, BoundOperator>();

function call(name: string, values: readonly Value[]): OperatorValue {
  let operator = known.get(name);
  if (operator === undefined) known.set(name, (operator = operatorOf(`aten::${name}`)));
  const lowered: OperatorValue[] = [];
  for (let index = 0; index < values.length; index++) lowered.push(lower(values[index], index));
  return operator.call({ names: undefined, values: lowered, given: values });
}

/** The tensor of a result; a result that is an argument comes as its position. */
function wrap(result: OperatorValue, values: readonly Value[]): Tensor {
  return typeof result === 'number' ? (values[result] as Tensor) : new Tensor(result as Handle, FROM_ADDON);
}

/** Calls an operator of LibTorch, or one of its overloads as `NAME.OVERLOAD`, that returns one tensor. */
export function op(name: string, ...values: Value[]): Tensor {
  return wrap(call(name, values), values);
}

/** Calls an operator that returns several tensors. */
export function ops(name: string, ...values: Value[]): Tensor[] {
  // The names of the results, which may follow them, are not needed here.
  const results = (call(name, values) as OperatorValue[]).filter((result) => typeof result !== 'string');
  return results.map((result) => wrap(result, values));
}

/** Calls an operator for its effect on its first argument. */
export function inPlace(name: string, ...values: Value[]): void {
  const result = call(name, values);
  if (typeof result !== 'number') native().dispose(result as Handle);
}

/** {@link inPlace} with named arguments, which may include generators. */
export function inPlaceWith(name: string, values: readonly unknown[], named: object): void {
  const result = dispatch(`aten::${name}`, prepare(values, named));
  if (typeof result !== 'number') native().dispose(result as Handle);
}

/** Runs `fn` without recording a graph. */
export function withoutGrad<T>(fn: () => T): T {
  const before = native().set_grad_enabled(false);
  try {
    return fn();
  } finally {
    native().set_grad_enabled(before);
  }
}
