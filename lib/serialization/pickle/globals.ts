/**
 * The Python names that a pickle may refer to, the same as with `weights_only=True`, and the results of calling them.
 * Each creates data; none runs code from the file.
 */
import { STORED_BY_CLASS, STORED_BY_CODE, STORED_BY_NAME } from '../../tensor/stored_dtypes.js';
import { Dict, Global, List, PythonSet, StorageNode, TensorNode, Tuple, WholeFloat } from './nodes.js';

/** Creates the error for a refused pickle. */
export type Refuse = (problem: string) => Error;

type Call = (args: readonly unknown[], refuse: Refuse) => unknown;

const CALLS: Readonly<Record<string, Call>> = {
  'collections.OrderedDict': (args, refuse) => fillDict(new Dict('ordered_dict'), args, refuse),
  'collections.Counter': (args, refuse) => fillDict(new Dict('counter'), args, refuse),
  'builtins.set': ([items], refuse) => makeSet(items, refuse),
  'builtins.frozenset': ([items], refuse) => makeSet(items, refuse),
  'builtins.bytearray': ([bytes = new Uint8Array(0)], refuse) => {
    if (!(bytes instanceof Uint8Array)) throw refuse('bytearray is called with something other than bytes');
    return bytes;
  },
  '_codecs.encode': ([text, encoding], refuse) => {
    if (typeof text !== 'string' || encoding !== 'latin1' || /[^\0-\xff]/.test(text))
      throw refuse('_codecs.encode is called with something other than latin1 bytes');
    return new Uint8Array(Buffer.from(text, 'latin1'));
  },
  'torch.Size': ([sizes], refuse) => new Tuple(integers(sizes, 'torch.Size', refuse), true),
  'torch.device': (args, refuse) => {
    const [kind, index] = args;
    if (typeof kind !== 'string' || (index !== undefined && typeof index !== 'number'))
      throw refuse('torch.device is called with something other than a device');
    return index === undefined ? kind : `${kind}:${index}`;
  },
  'torch._utils._rebuild_tensor': ([storage, offset, size, strides], refuse) =>
    makeTensor({ storage, offset, size, strides }, refuse),
  'torch._utils._rebuild_tensor_v2': ([storage, offset, size, strides, requires_grad, , metadata], refuse) =>
    makeTensor({ storage, offset, size, strides, requires_grad, metadata }, refuse),
  'torch._utils._rebuild_tensor_v3': ([storage, offset, size, strides, requires_grad, , dtype, metadata], refuse) =>
    makeTensor({ storage, offset, size, strides, requires_grad, dtype, metadata }, refuse),
  'torch._utils._rebuild_parameter': ([data, requires_grad], refuse) => makeParameter(data, requires_grad, refuse),
  // Attributes that Python code added to a parameter are dropped.
  'torch._utils._rebuild_parameter_with_state': ([data, requires_grad], refuse) =>
    makeParameter(data, requires_grad, refuse),
  'torch.nn.parameter.Parameter': ([data, requires_grad = true], refuse) => makeParameter(data, requires_grad, refuse),
  'torch._tensor._rebuild_from_type_v2': ([rebuild, type, args], refuse) => {
    if (!(rebuild instanceof Global) || !(type instanceof Global) || !(args instanceof Tuple))
      throw refuse('torch._tensor._rebuild_from_type_v2 is called with something other than a tensor');
    return callGlobal(rebuild, args.items, refuse);
  },
};

/** Known names of types that JavaScript or torchloss does not have. */
const MISSING: Readonly<Record<string, string>> = {
  'builtins.complex': 'complex numbers of Python',
  'torch._utils._rebuild_sparse_tensor': 'sparse tensors',
  'torch.serialization._get_layout': 'sparse tensors',
  'torch._utils._rebuild_qtensor': 'quantized tensors',
  'torch._utils._rebuild_nested_tensor': 'nested tensors',
  'torch._utils._rebuild_meta_tensor_no_storage': 'tensors without data (device meta)',
  'torch._utils._rebuild_wrapper_subclass': 'subclasses of Tensor',
  'torch._utils._rebuild_device_tensor_from_numpy': 'tensors of other devices',
  'torch._utils._rebuild_device_tensor_from_cpu_tensor': 'tensors of other devices',
};

/** Classes that are values themselves. */
const CLASSES: ReadonlySet<string> = new Set([
  'torch.Tensor',
  'torch.storage.UntypedStorage',
  'torch.storage.TypedStorage',
]);

/**
 * Looks up a name. That is all that GLOBAL does here; in Python it imports.
 *
 * @throws the error of `refuse` if it is not on the list
 */
export function findGlobal(module: string, name: string, refuse: Refuse): unknown {
  const full = `${module === '__builtin__' ? 'builtins' : module}.${name}`;
  if (Object.hasOwn(CALLS, full) || CLASSES.has(full)) return new Global(full);
  if (Object.hasOwn(MISSING, full)) throw refuse(`it contains ${MISSING[full]}, which torchloss cannot load`);
  if (module === 'torch' && (STORED_BY_CLASS.has(name) || STORED_BY_NAME.has(name))) return new Global(full);
  throw refuse(
    `it refers to ${shown(full)}, which is not data. torch.load makes tensors, numbers, strings and containers of them, and runs no code: save a state_dict() rather than a whole module`,
  );
}

/** Calls a function that {@link findGlobal} found. */
export function callGlobal(global: unknown, args: readonly unknown[], refuse: Refuse): unknown {
  const name = global instanceof Global ? global.name : '';
  if (!Object.hasOwn(CALLS, name))
    throw refuse(
      `it calls ${name === '' ? 'something that is not a function' : shown(name)}, which does not create data`,
    );
  return (CALLS[name] as Call)(args, refuse);
}

/** The storage of a persistent id. */
export function makeStorage(id: unknown, refuse: Refuse): StorageNode {
  const items = id instanceof Tuple ? id.items : [];
  const [tag, type, key, location, count, view] = items;
  if (tag !== 'storage') throw refuse('it has a persistent id that is not a storage');
  if (view !== undefined && view !== null)
    throw refuse('it contains views of storages, a format of PyTorch before 0.4');
  const name = type instanceof Global ? type.name : '';
  const dtype = STORED_BY_CLASS.get(name.replace(/^torch\./, ''));
  if (dtype === undefined && name !== 'torch.storage.UntypedStorage')
    throw refuse(`a storage has the type ${name === '' ? 'that is not a class' : shown(name)}`);
  if (typeof key !== 'string' || typeof location !== 'string' || !isSize(count))
    throw refuse('a storage has no name, location or number of elements');
  const bytes = count * (dtype?.bytes ?? 1);
  if (!Number.isSafeInteger(bytes)) throw refuse(`a storage claims ${count} elements`);
  return new StorageNode({ key, location, bytes, dtype: dtype?.code });
}

interface TensorParts {
  readonly storage: unknown;
  readonly offset: unknown;
  readonly size: unknown;
  readonly strides: unknown;
  readonly requires_grad?: unknown;
  readonly dtype?: unknown;
  readonly metadata?: unknown;
}

/** NumPy's limit; LibTorch's own is higher than is useful. */
const MAX_DIMENSIONS = 64;

function makeTensor({ storage, offset, size, strides, ...rest }: TensorParts, refuse: Refuse): TensorNode {
  const { requires_grad = false, dtype, metadata } = rest;
  if (!(storage instanceof StorageNode)) throw refuse('a tensor has no storage');
  const named = dtype instanceof Global ? STORED_BY_NAME.get(dtype.name.replace(/^torch\./, '')) : undefined;
  const code = dtype === undefined ? storage.dtype : named?.code;
  const entry = code === undefined ? undefined : STORED_BY_CODE.get(code);
  if (entry === undefined) throw refuse('a tensor has an unknown dtype');
  const sizes = integers(size, 'the size of a tensor', refuse);
  const steps = integers(strides, 'the strides of a tensor', refuse);
  if (sizes.length !== steps.length || sizes.length > MAX_DIMENSIONS || !isSize(offset))
    throw refuse(`a tensor has ${sizes.length} sizes, ${steps.length} strides and the offset ${String(offset)}`);
  const last = sizes.reduce((sum, length, dim) => sum + (length - 1) * (steps[dim] as number), offset);
  const reach = sizes.includes(0) ? 0 : (last + 1) * entry.bytes;
  const elements = sizes.reduce((product, length) => product * Math.max(1, length), 1);
  if (!Number.isSafeInteger(elements) || !(reach <= storage.bytes))
    throw refuse(`a tensor of shape [${sizes.join(', ')}] reaches beyond its storage of ${storage.bytes} bytes`);
  if (typeof requires_grad !== 'boolean') throw refuse('requires_grad of a tensor is not a boolean');
  const flags = metadata instanceof Dict ? metadata.entries : new Map<unknown, unknown>();
  const [conj, neg] = [flags.get('conj') === true, flags.get('neg') === true];
  const placed = { storage, dtype: entry.code, offset, size: sizes, strides: steps };
  return new TensorNode({ ...placed, requires_grad, conj, neg, isParameter: false });
}

function makeParameter(data: unknown, requires_grad: unknown, refuse: Refuse): TensorNode {
  if (!(data instanceof TensorNode) || typeof requires_grad !== 'boolean')
    throw refuse('a parameter is not made of a tensor');
  const { storage, dtype, offset, size, strides, conj, neg } = data;
  return new TensorNode({ storage, dtype, offset, size, strides, conj, neg, requires_grad, isParameter: true });
}

function fillDict(dict: Dict, [items]: readonly unknown[], refuse: Refuse): Dict {
  if (items === undefined) return dict;
  if (items instanceof Dict) for (const [key, value] of items.entries) dict.entries.set(key, value);
  else if (items instanceof List) {
    for (const pair of items.items) {
      const [key, value] = pair instanceof Tuple || pair instanceof List ? pair.items : [];
      dict.entries.set(checkKey(key, refuse), value);
    }
  } else throw refuse('a dict is not made of pairs');
  return dict;
}

function makeSet(items: unknown, refuse: Refuse): PythonSet {
  const set = new PythonSet();
  if (items === undefined) return set;
  if (!(items instanceof List || items instanceof Tuple)) throw refuse('a set is not made of a list');
  for (const item of items.items) set.items.add(checkKey(item, refuse));
  return set;
}

/** The identity of a dict key or set item in Python; equal numbers are the same. */
export function checkKey(key: unknown, refuse: Refuse): unknown {
  if (key instanceof WholeFloat) return key.value;
  if (key === undefined || key instanceof List || key instanceof Dict || key instanceof PythonSet)
    throw refuse('a dict or set has a key that Python does not take, such as a list');
  return key;
}

function integers(value: unknown, what: string, refuse: Refuse): number[] {
  const items = value instanceof Tuple || value instanceof List ? value.items : [Number.NaN];
  if (!items.every(isSize)) throw refuse(`${what} is not made of integers of 0 or more`);
  return [...items];
}

function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function shown(name: string): string {
  return name.length > 80 ? `${name.slice(0, 80)}…` : name;
}
