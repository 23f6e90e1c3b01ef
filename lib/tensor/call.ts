/** How layers call operators. */
import { type Handle, native, type OperatorValue } from '../addon/native.js';
import { handleOf } from '../addon/handle.js';
import { Tensor } from './tensor.js';

/** What an operator takes here: tensors, plain values, and arrays of them that are our own. */
export type Value = Tensor | number | bigint | boolean | string | null | undefined | readonly Value[];

const NO_NAMES = Object.freeze({});

function lower(value: Value, index: number): OperatorValue {
  if (typeof value !== 'object' || value === null) return value as OperatorValue;
  if (Array.isArray(value)) return value.map(lower);
  return handleOf(value, index === 0 ? 'input' : `argument ${index}`);
}

function call(name: string, overload: string, values: readonly Value[]): OperatorValue {
  return native().call_operator(`aten::${name}`, overload, values.map(lower), NO_NAMES);
}

/** Calls an operator of LibTorch that gives one tensor. */
export function op(name: string, ...values: Value[]): Tensor {
  return new Tensor(call(name, '', values) as Handle);
}

/** Calls one overload of an operator that gives one tensor. */
export function overload(name: string, which: string, ...values: Value[]): Tensor {
  return new Tensor(call(name, which, values) as Handle);
}

/** Calls an operator that gives several tensors. */
export function ops(name: string, ...values: Value[]): Tensor[] {
  return (call(name, '', values) as Handle[]).map((handle) => new Tensor(handle));
}

/** Calls an operator for what it does to its first argument, of which no new tensor is made. */
export function inPlace(name: string, ...values: Value[]): void {
  native().dispose(call(name, '', values) as Handle);
}

/** Runs `fn` without a graph. */
export function withoutGrad<T>(fn: () => T): T {
  const before = native().set_grad_enabled(false);
  try {
    return fn();
  } finally {
    native().set_grad_enabled(before);
  }
}
