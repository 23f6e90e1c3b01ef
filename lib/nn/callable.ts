/** How a module is called: as a function, with the hooks around its `forward`. */
import { checkBoolean, checkOptions } from '../addon/arguments.js';
import { ArgumentRangeError, invalidType, invalidValue } from '../base/errors.js';
import { isArray, isFunction } from '../base/plain_object.js';
import { BackwardCalls } from './backward_hooks.js';
import { Hooks, type RemovableHandle } from './hooks.js';

// biome-ignore lint/suspicious/noExplicitAny: a module takes and gives what its forward does
type Any = any;

/** Runs before `forward` with its arguments; a returned value replaces them. */
export type ForwardPreHook = (module: Any, args: unknown[]) => unknown;
/** Runs after `forward` with its arguments and result; a returned value replaces the result. */
export type ForwardHook = (module: Any, args: unknown[], output: Any) => unknown;
/** Runs in a backward pass with the gradients of the results; an array that it returns takes their place. */
export type BackwardPreHook = (module: Any, grad_output: Any[]) => unknown;
/** Runs in a backward pass with the gradients of arguments and results; an array takes the place of the first. */
export type BackwardHook = (module: Any, grad_input: Any[], grad_output: Any[]) => unknown;

/** Runs before the entries of a module are put into a state. */
export type StatePreHook = (module: Any, prefix: string, keep_vars: boolean) => void;
/** Runs once a module and those in it have put their entries into a state, which it may change. */
export type StateHook = (module: Any, state_dict: Any, prefix: string, local_metadata: LocalMetadata) => void;
/** Runs before a module reads its entries of a state, which it may change; the arrays are those of the whole load. */
export type LoadPreHook = (
  module: Any,
  state_dict: Any,
  prefix: string,
  local_metadata: Readonly<Partial<LocalMetadata>>,
  strict: boolean,
  missing_keys: string[],
  unexpected_keys: string[],
  error_msgs: string[],
) => void;
/** Runs once a module and those in it have read their entries; may change which names count as missing or unexpected. */
export type LoadHook = (module: Any, incompatible_keys: { missing_keys: string[]; unexpected_keys: string[] }) => void;

/** What a state tells of each module beside its tensors. */
export interface LocalMetadata {
  version: number;
}

/** What a module stores besides its fields. */
export class Registry {
  /** The names of buffers, and whether each is part of the state. */
  readonly buffers: Map<string, boolean>;
  /** The names under which parameters and modules have been seen: there nothing else may come. */
  readonly seen: Map<string, 'a Parameter' | 'a Module'>;
  readonly before: Hooks<ForwardPreHook>;
  readonly after: Hooks<ForwardHook>;
  readonly backwardBefore: Hooks<BackwardPreHook>;
  readonly backwardAfter: Hooks<BackwardHook>;
  readonly saveBefore: Hooks<StatePreHook>;
  readonly saveAfter: Hooks<StateHook>;
  readonly loadBefore: Hooks<LoadPreHook>;
  readonly loadAfter: Hooks<LoadHook>;

  /** @param other - what to begin with */
  constructor(other?: Registry) {
    this.buffers = new Map(other?.buffers);
    this.seen = new Map(other?.seen);
    this.before = other?.before.clone() ?? new Hooks();
    this.after = other?.after.clone() ?? new Hooks();
    this.backwardBefore = other?.backwardBefore.clone() ?? new Hooks();
    this.backwardAfter = other?.backwardAfter.clone() ?? new Hooks();
    this.saveBefore = other?.saveBefore.clone() ?? new Hooks();
    this.saveAfter = other?.saveAfter.clone() ?? new Hooks();
    this.loadBefore = other?.loadBefore.clone() ?? new Hooks();
    this.loadAfter = other?.loadAfter.clone() ?? new Hooks();
  }
}

/** The kinds of hooks. */
export type HookKind = Exclude<keyof Registry, 'buffers' | 'seen'>;

export const registries = new WeakMap<object, Registry>();

export function registryOf(module: object): Registry {
  let registry = registries.get(module);
  if (registry === undefined) registries.set(module, (registry = new Registry()));
  return registry;
}

/** What a module is told before it gets its first hook; losses, which look for none by themselves, have it. */
export const HOOKED: unique symbol = Symbol('hooked');

/** Calls `forward` with a module's hooks around it. */
export function callWithHooks(module: object, forward: (...args: Any[]) => unknown, args: unknown[]): unknown {
  const { before, after, backwardBefore, backwardAfter } = registryOf(module);
  let inputs = args;
  for (const hook of before.all()) {
    const changed = hook(module, inputs);
    if (changed !== undefined) inputs = isArray(changed) ? [...changed] : [changed];
  }
  const backward =
    backwardBefore.any || backwardAfter.any
      ? new BackwardCalls(module, backwardBefore.all(), backwardAfter.all())
      : undefined;
  if (backward !== undefined) inputs = backward.watchInputs(inputs);
  let output = forward(...inputs);
  for (const hook of after.all()) output = hook(module, inputs, output) ?? output;
  return backward === undefined ? output : backward.watchOutputs(output);
}

/** A function that calls its own `forward`, with a registry of its own. */
export function makeCallable(prototype: object, name: string, registry = new Registry()): object {
  const { before, after, backwardBefore, backwardAfter } = registry;
  const call = (...args: unknown[]): unknown => {
    const module = call as unknown as { forward(...args: unknown[]): unknown };
    if (!before.any && !after.any && !backwardBefore.any && !backwardAfter.any) return module.forward(...args);
    return callWithHooks(module, (...inputs) => module.forward(...inputs), args);
  };
  Object.defineProperty(call, 'name', { value: name, writable: true });
  Object.setPrototypeOf(call, prototype);
  registries.set(call, registry);
  return call;
}

/** A module is a function, so that it is called as in Python. Its own `name` and `length` are left to fields. */
// oxlint-disable-next-line typescript/no-extraneous-class -- the base of a class whose constructor gives a function
export class Callable {
  constructor() {
    // biome-ignore lint/correctness/noConstructorReturn: an instance is a function with the class's prototype
    return makeCallable(new.target.prototype, new.target.name);
  }
}

/** Adds a hook to a module. */
export function addHook(module: object, when: HookKind, hook: unknown, options: unknown = {}): RemovableHandle {
  checkOptions(options, ['prepend']);
  const { prepend = false } = options as { prepend?: boolean };
  checkBoolean(prepend, 'prepend');
  if (!isFunction(hook)) throw invalidType('hook', 'a function', hook);
  (module as Any)[HOOKED]?.();
  return registryOf(module)[when].add(hook, prepend);
}

/** Checks the name of a new field of a module. */
export function checkName(module: object, name: unknown, parameter: string): asserts name is string {
  if (typeof name !== 'string') throw invalidType(parameter, 'a string', name);
  if (name === '' || name.includes('.'))
    throw invalidValue(parameter, 'a name that is not empty and contains no dot', name);
  if (name === 'name' || name === 'length') return;
  if (name in module && !Object.hasOwn(module, name)) {
    throw new ArgumentRangeError(parameter, 'a name that the module does not have yet', `'${name}'`);
  }
}
