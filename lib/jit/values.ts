/** What TorchScript takes and gives, as JavaScript has it. */
import { types } from 'node:util';
import { itemsOf } from '../addon/arguments.js';
import { FROM_ADDON, handleOf, isTensor } from '../addon/handle.js';
import type { Handle, ScriptValue } from '../addon/native.js';
import { invalidType, invalidValue } from '../base/errors.js';
import { isArray, isInstance, isPlainObject } from '../base/plain_object.js';
import { Tensor } from '../tensor/tensor.js';

/** Deeper values than this contain themselves. */
const MAX_DEPTH = 64;

/** A value for the addon: tensors as handles, Maps as arrays of pairs. */
export function lowerValue(value: unknown, name: string, depth = 0): ScriptValue {
  if (value === null || typeof value === 'undefined') return null;
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return value;
  if (typeof value === 'string') return value;
  if (isTensor(value)) return handleOf(value, name);
  if (depth > MAX_DEPTH) throw invalidValue(name, 'a value that does not contain itself', value);
  if (isArray(value))
    return itemsOf(value, name).map((item, index) => lowerValue(item, `${name}[${index}]`, depth + 1));
  if (isInstance(value, Map)) {
    const pairs = [...(value as ReadonlyMap<unknown, unknown>)];
    return pairs.map(([key, item]) => [
      lowerValue(key, name, depth + 1),
      lowerValue(item, `${name}[${key}]`, depth + 1),
    ]);
  }
  if (isPlainObject(value)) {
    const entries = Object.entries(value);
    return Object.fromEntries(entries.map(([key, item]) => [key, lowerValue(item, `${name}.${key}`, depth + 1)]));
  }
  throw invalidType(name, 'a Tensor, a plain value, or arrays, objects and Maps of them', value);
}

/** What the addon gives: handles as tensors. */
export function raiseValue(value: ScriptValue | undefined): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (types.isExternal(value)) return new Tensor(value as Handle, FROM_ADDON);
  if (Array.isArray(value)) return value.map(raiseValue);
  if (types.isMap(value)) {
    const pairs = [...(value as unknown as ReadonlyMap<ScriptValue, ScriptValue>)];
    return new Map(pairs.map(([key, item]) => [key, raiseValue(item)]));
  }
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, raiseValue(item as ScriptValue)]));
}

/** All tensors in a value that is made of arrays, objects and Maps. */
export function tensorsIn(value: unknown): Tensor[] {
  if (isTensor(value)) return [value as Tensor];
  if (isArray(value)) return value.flatMap(tensorsIn);
  if (isInstance(value, Map)) return [...(value as ReadonlyMap<unknown, unknown>).values()].flatMap(tensorsIn);
  return isPlainObject(value) ? Object.values(value).flatMap(tensorsIn) : [];
}
