import { types } from 'node:util';
import { isTensor } from '../addon/handle.js';
import { ignoreRejection } from '../addon/lane.js';
import { leaveScopes } from '../addon/scope.js';
import { ArgumentTypeError, describe, invalidType, TorchError } from '../base/errors.js';
import { asOrderedDict, attributesOf } from '../base/python_marks.js';
import { isPlainObject } from '../base/plain_object.js';
import type { Tensor } from '../tensor/tensor.js';
import { inPlace, op, withoutGrad } from '../tensor/call.js';
import { type LocalMetadata, registryOf } from './callable.js';
import { ownBuffers, ownParameters } from './fields.js';
import { Parameter } from './parameter.js';
import { awaitsShape, materialize } from './uninitialized.js';

/** Tensors by name, in Python's order. */
export type StateDict = Record<string, Tensor>;

/** What `load_state_dict` gives. */
export interface LoadResult {
  readonly missing_keys: string[];
  readonly unexpected_keys: string[];
}

/** A module, as its state sees it. */
interface Part {
  readonly _version: number;
}

/** The modules in a module, by name. */
type Children = (module: object) => readonly (readonly [string, object])[];

/** The entries that a module itself has in a state: its parameters, then its persistent buffers. */
function ownState(module: object): [string, Tensor][] {
  const { buffers } = registryOf(module);
  return [...ownParameters(module), ...ownBuffers(module).filter(([key]) => buffers.get(key) === true)];
}

/** The state of a module and of those in it, shared ones twice. */
export function saveState(module: object, children: Children, prefix: string, keep_vars: boolean): StateDict {
  const state: StateDict = {};
  const _metadata = asOrderedDict(new Map<string, LocalMetadata>());
  Object.defineProperty(state, '_metadata', { value: _metadata, configurable: true, writable: true });
  const save = (part: object, start: string): void => {
    const { saveBefore, saveAfter } = registryOf(part);
    const own = { version: (part as Part)._version };
    _metadata.set(start.slice(0, -1), own);
    for (const hook of saveBefore.all()) returnsNothing('register_state_dict_pre_hook', hook(part, start, keep_vars));
    for (const [key, tensor] of ownState(part)) state[start + key] = keep_vars ? tensor : tensor.detach();
    for (const [key, child] of children(part)) save(child, `${start}${key}.`);
    for (const hook of saveAfter.all()) returnsNothing('register_state_dict_post_hook', hook(part, state, start, own));
  };
  save(module, prefix);
  return asOrderedDict(state, { _metadata });
}

/** What a hook changes it changes in place. */
function returnsNothing(name: string, result: unknown): void {
  if (result === undefined) return;
  if (types.isPromise(result)) ignoreRejection(result);
  throw invalidType(`the hook of ${name}`, 'nothing to be returned', result);
}

/** What a state says of a module beside its tensors. */
function metadataIn(state: unknown, module: string): Partial<LocalMetadata> {
  const all = (state as { _metadata?: unknown })._metadata ?? attributesOf(state as object)?._metadata;
  const own = types.isMap(all)
    ? (all as Map<string, unknown>).get(module)
    : (all as Record<string, unknown> | undefined)?.[module];
  return types.isMap(own) ? Object.fromEntries(own as Map<string, never>) : ((own as LocalMetadata | undefined) ?? {});
}

/** The counter of batches, which states of before version 2 do not have: the module keeps its own. */
const COUNTER = 'num_batches_tracked';

/** One tensor of a state, and its place. */
interface Entry {
  readonly module: object;
  readonly key: string;
  readonly own: Tensor;
  readonly tensor: Tensor;
}

/** What was found before anything is copied. */
class Plan {
  readonly entries: Entry[] = [];
  readonly missing_keys: string[] = [];
  readonly unexpected_keys: string[] = [];
  readonly error_msgs: string[] = [];
  /** The modules, the inner ones first. */
  readonly modules: object[] = [];

  readonly #given: unknown;
  readonly #children: Children;

  constructor(given: unknown, children: Children) {
    this.#given = given;
    this.#children = children;
  }

  read(module: object, state: StateDict, prefix: string): void {
    const { missing_keys, unexpected_keys, error_msgs } = this;
    const metadata = metadataIn(this.#given, prefix.slice(0, -1));
    for (const hook of registryOf(module).loadBefore.all()) {
      const result: unknown = hook(module, state, prefix, metadata, true, missing_keys, unexpected_keys, error_msgs);
      returnsNothing('register_load_state_dict_pre_hook', result);
    }
    const own = ownState(module);
    for (const [key, tensor] of own) {
      const name = prefix + key;
      if (name in state) this.#place({ module, key, own: tensor, tensor: state[name] as Tensor }, name);
      else if (key !== COUNTER || (metadata.version ?? 0) >= 2) missing_keys.push(name);
    }
    const children = this.#children(module);
    const keys = new Set(own.map(([key]) => key));
    const parts = new Set(children.map(([key]) => key));
    for (const name of Object.keys(state)) {
      const [first, ...rest] = name.slice(prefix.length).split('.') as [string, ...string[]];
      if (!(rest.length > 0 ? parts : keys).has(first)) unexpected_keys.push(name);
    }
    for (const [key, child] of children) {
      const start = `${prefix}${key}.`;
      this.read(child, copyOf(Object.entries(state).filter(([name]) => name.startsWith(start))), start);
    }
    this.modules.push(module);
  }

  #place(entry: Entry, name: string): void {
    const { own, tensor } = entry;
    if (!isTensor(tensor)) throw new ArgumentTypeError(name, 'a Tensor', describe(tensor));
    const [from, to] = [tensor.shape, own.shape] as [readonly number[], readonly number[]];
    const isScalar = to.length === 0 && from.length === 1 && from[0] === 1;
    if (String(from) === String(to) || isScalar || awaitsShape(own)) {
      this.entries.push(entry);
      return;
    }
    const shapes = `copying a param with shape [${from.join(', ')}] from checkpoint, the shape in current model is [${to.join(', ')}].`;
    this.error_msgs.push(`size mismatch for ${name}: ${shapes}`);
  }

  /** Throws what is wrong with the state, if anything is. */
  check(name: string, strict: boolean): void {
    const quoted = (keys: readonly string[]) => keys.map((key) => `"${key}"`).join(', ');
    const named = (what: string, keys: readonly string[]) =>
      strict && keys.length > 0 ? [`${what} key(s) in state_dict: ${quoted(keys)}.`] : [];
    const { missing_keys, unexpected_keys, error_msgs } = this;
    const problems = [...named('Missing', missing_keys), ...named('Unexpected', unexpected_keys), ...error_msgs];
    if (problems.length === 0) return;
    throw new TorchError(
      'ERR_INVALID_ARG_VALUE',
      `Error(s) in loading state_dict for ${name}:\n\t${problems.join('\n\t')}`,
      { parameter: 'state_dict' },
    );
  }
}

/** Copies a state to its places, after all of it has been checked. */
export function loadState(
  module: object,
  children: Children,
  state: unknown,
  { name, strict = true, assign = false }: { name: string; strict?: boolean; assign?: boolean },
): LoadResult {
  const plan = new Plan(state, children);
  plan.read(module, readState(state), '');
  const hooks = plan.modules.flatMap((part) =>
    registryOf(part)
      .loadAfter.all()
      .map((hook) => () => hook(part, incompatible)),
  );
  const { entries, missing_keys, unexpected_keys } = plan;
  const incompatible = { missing_keys, unexpected_keys };
  // The hooks may change what is missing or unexpected, but not what does not fit.
  plan.check(name, strict && hooks.length === 0);
  const undo = hooks.length === 0 ? () => {} : restoring(entries, assign);
  withoutGrad(() => {
    for (const entry of entries) {
      if (assign) assignTo(entry);
      else copyTo(entry.own, entry.tensor);
    }
  });
  try {
    for (const hook of hooks) returnsNothing('register_load_state_dict_post_hook', hook());
    if (hooks.length > 0) plan.check(name, strict);
  } catch (error) {
    undo();
    throw error;
  }
  return incompatible;
}

/** Gives the places back what they hold now. */
function restoring(entries: readonly Entry[], assign: boolean): () => void {
  const before = entries
    .filter(({ own }) => !awaitsShape(own))
    .map((entry) => {
      return { ...entry, tensor: assign ? entry.own : op('clone', entry.own.detach()) };
    });
  return () => {
    for (const { module, key, own, tensor } of before) {
      if (assign) (module as Record<string, Tensor>)[key] = own;
      else withoutGrad(() => copyTo(own, tensor));
    }
  };
}

/** A copy of the state, which hooks may change. */
function readState(state: unknown): StateDict {
  if (types.isMap(state)) return copyOf([...(state as ReadonlyMap<string, Tensor>)]);
  if (isPlainObject(state)) return copyOf(Object.entries(state) as [string, Tensor][]);
  throw new ArgumentTypeError('state_dict', 'an object or a Map of tensors by name', describe(state));
}

/** Without a prototype, so that no name is one of Object's. */
function copyOf(entries: readonly (readonly [string, Tensor])[]): StateDict {
  const state = Object.create(null) as StateDict;
  for (const [name, tensor] of entries) state[name] = tensor;
  return state;
}

function copyTo(own: Tensor, tensor: Tensor): void {
  if (awaitsShape(own)) materialize(own, tensor.shape);
  if (tensor.dim() === own.dim()) {
    inPlace('copy_', own, tensor);
    return;
  }
  const element = op('select', tensor, 0, 0);
  inPlace('copy_', own, element);
  element.dispose();
}

function assignTo({ module, key, own, tensor }: Entry): void {
  const target = module as Record<string, Tensor>;
  if (own instanceof Parameter) {
    target[key] = tensor instanceof Parameter ? tensor : new Parameter(tensor, own.requires_grad);
  } else {
    leaveScopes(tensor);
    target[key] = tensor;
  }
}
