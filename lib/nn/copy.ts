/** Copies of modules with all that is in them, as Python's `copy.deepcopy` makes them. */
import { types } from 'node:util';
import { isTensor } from '../addon/handle.js';
import { leaveScopes } from '../addon/scope.js';
import { TorchError } from '../base/errors.js';
import { isArray, isInstance, isPlainObject } from '../base/plain_object.js';
import { op, withoutGrad } from '../tensor/call.js';
import type { Tensor } from '../tensor/tensor.js';
import { Callable, makeCallable, Registry, registries } from './callable.js';
import { Parameter } from './parameter.js';

/** What every function has of its own, which is no field of a module. */
const OF_FUNCTIONS = new Set<PropertyKey>(['length', 'name', 'prototype', 'arguments', 'caller']);

/** A copy of a module: its parameters, buffers, modules and plain fields are copied, all else is shared. */
export function copyModule<T extends object>(module: T): T {
  return new Copier().copy(module) as T;
}

class Copier {
  /** What has been copied already: what is shared stays shared. */
  readonly #made = new Map<unknown, unknown>();

  copy(value: unknown): unknown {
    if (this.#made.has(value)) return this.#made.get(value);
    if (isTensor(value))
      return this.#keep(
        value,
        withoutGrad(() => copyTensor(value as Tensor)),
      );
    if (isInstance(value, Callable)) return this.#copyModule(value);
    if (isArray(value)) {
      const list = this.#keep(value, [] as unknown[]);
      for (const item of value as readonly unknown[]) list.push(this.copy(item));
      return list;
    }
    if (types.isMap(value)) {
      const map = this.#keep(value, new Map<unknown, unknown>());
      for (const [key, item] of value as Map<unknown, unknown>) map.set(key, this.copy(item));
      return map;
    }
    if (isPlainObject(value)) return this.#copyFields(value, this.#keep(value, {}));
    return value;
  }

  #keep<T>(value: unknown, copy: T): T {
    this.#made.set(value, copy);
    return copy;
  }

  #copyModule(module: object): object {
    const registry = registries.get(module);
    // Losses have no registry until they are given something; they do not change, and are shared.
    if (registry === undefined) return module;
    const { name } = module as { name: string };
    const copy = makeCallable(Object.getPrototypeOf(module) as object, name, new Registry(registry));
    delete (copy as { length?: number }).length;
    return this.#copyFields(module, this.#keep(module, copy));
  }

  #copyFields<T extends object>(from: object, to: T): T {
    for (const key of Reflect.ownKeys(from)) {
      const field = Object.getOwnPropertyDescriptor(from, key) as PropertyDescriptor;
      if (OF_FUNCTIONS.has(key) && typeof from === 'function' && !field.enumerable) {
        if (key === 'length') Object.defineProperty(to, key, field);
      } else Object.defineProperty(to, key, 'value' in field ? { ...field, value: this.copy(field.value) } : field);
    }
    return to;
  }
}

function copyTensor(tensor: Tensor): Tensor {
  if (!tensor.is_leaf) {
    const cause = 'only tensors that a caller has made can be copied with a module, not the result of a graph';
    throw new TorchError('ERR_INVALID_ARG_VALUE', `clone: ${cause}`);
  }
  const { requires_grad, grad } = tensor;
  const data = op('clone', tensor);
  const copy = isInstance(tensor, Parameter) ? new Parameter(data, requires_grad) : data.requires_grad_(requires_grad);
  if (copy !== data) data.dispose();
  leaveScopes(copy);
  if (grad !== null) copy.grad = op('clone', grad);
  return copy;
}
