/** Converts the contents of a pickle to JavaScript values. */
import type { Tensor } from '../tensor/tensor.js';
import { STORED_BY_NAME } from '../tensor/stored_dtypes.js';
import { mark } from '../base/python_marks.js';
import type { Refuse } from './pickle/globals.js';
import { Dict, Global, List, PythonSet, StorageNode, TensorNode, Tuple, WholeFloat } from './pickle/nodes.js';

/** The maximum nesting depth of values, in reading and in writing. */
export const MAX_DEPTH = 500;

/** The storages of the tensors in a value, by their names. */
export function collectStorages(root: unknown, refuse: Refuse): Map<string, StorageNode> {
  const storages = new Map<string, StorageNode>();
  const seen = new Set<unknown>();
  const left = [root];
  while (left.length > 0) {
    const node = left.pop();
    if (typeof node !== 'object' || node === null || seen.has(node)) continue;
    seen.add(node);
    if (node instanceof TensorNode) {
      const { storage } = node;
      const known = storages.get(storage.key);
      if (known !== undefined && (known.bytes !== storage.bytes || known.location !== storage.location))
        throw refuse(`two tensors describe storage '${storage.key}' differently`);
      storages.set(storage.key, storage);
    } else for (const child of childrenOf(node)) left.push(child);
  }
  return storages;
}

function childrenOf(node: object): unknown[] {
  if (node instanceof List || node instanceof Tuple) return [...node.items];
  if (node instanceof PythonSet) return [...node.items];
  if (node instanceof Dict) return [...node.entries.keys(), ...node.entries.values(), node.attributes];
  return [];
}

/**
 * Creates the JavaScript values: plain objects from dicts with only string keys, otherwise Maps; arrays from lists,
 * frozen ones from tuples. A value that occurs twice remains a single object.
 *
 * @param makeTensor - makes a tensor over its storage
 */
export function toValue(root: unknown, makeTensor: (node: TensorNode) => Tensor, refuse: Refuse): unknown {
  const made = new Map<object, unknown>();
  const open = new Set<object>();
  let depth = 0;

  function convert(node: unknown): unknown {
    if (node instanceof WholeFloat) return node.value;
    if (typeof node !== 'object' || node === null || node instanceof Uint8Array) return node;
    if (made.has(node)) return made.get(node);
    if (open.has(node)) throw refuse('a value contains itself');
    if (++depth > MAX_DEPTH) throw refuse(`it is nested deeper than ${MAX_DEPTH}`);
    open.add(node);
    const value = make(node);
    open.delete(node);
    depth--;
    made.set(node, value);
    return value;
  }

  function make(node: object): unknown {
    if (node instanceof TensorNode) return makeTensor(node);
    if (node instanceof List) return withFloats(node.items.map(convert), node.items.entries());
    if (node instanceof Tuple) {
      const items = Object.freeze(node.items.map(convert));
      return node.isSize ? mark(items, { kind: 'size' }) : withFloats(items, node.items.entries());
    }
    if (node instanceof PythonSet) {
      const set = new Set<unknown>();
      for (const item of node.items) set.add(convert(item));
      return set;
    }
    if (node instanceof Dict) return makeDict(node);
    if (node instanceof Global) {
      const dtype = node.name.replace(/^torch\./, '');
      if (STORED_BY_NAME.has(dtype)) return dtype;
      throw refuse(`it contains the class ${node.name}, which is not data`);
    }
    if (node instanceof StorageNode) throw refuse('it contains a storage without a tensor');
    throw refuse('it contains something that is not data');
  }

  function makeDict({ kind, entries, attributes }: Dict): object {
    const isObject = [...entries.keys()].every((key) => typeof key === 'string');
    const target: Map<unknown, unknown> | Record<string, unknown> = isObject ? {} : new Map<unknown, unknown>();
    for (const [key, value] of entries) {
      if (target instanceof Map) target.set(convert(key), convert(value));
      else setOwn(target, key as string, convert(value));
    }
    const known = {
      ...(kind !== 'dict' && { kind }),
      ...(attributes !== undefined && { attributes: convert(attributes) as Readonly<Record<string, unknown>> }),
    };
    return withFloats(target, entries, known);
  }

  return convert(root);
}

/** Sets a property of any name: an assignment to `__proto__` would set the prototype. */
export function setOwn(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
}

/** Records which numbers without a fraction in a container are floats. */
function withFloats<T extends object>(target: T, entries: Iterable<[unknown, unknown]>, known: object = {}): T {
  const floats = new Set<unknown>();
  for (const [key, value] of entries) if (value instanceof WholeFloat) floats.add(key);
  if (floats.size > 0) return mark(target, { ...known, floats });
  return Object.keys(known).length > 0 ? mark(target, known) : target;
}
