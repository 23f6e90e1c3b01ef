/** How a module is called: as a function, with the hooks around its `forward`. */
import { ArgumentRangeError, ArgumentTypeError, invalidType, invalidValue } from '../base/errors.js';
import { isArray } from '../base/plain_object.js';
import { callShape, readCall } from '../base/positional.js';
import { Hooks, type RemovableHandle } from './hooks.js';

// biome-ignore lint/suspicious/noExplicitAny: a module takes and gives what its forward does
type Any = any;

/** Runs before `forward` with its arguments; a returned value replaces them. */
export type ForwardPreHook = (module: Any, args: unknown[]) => unknown;
/** Runs after `forward` with its arguments and result; a returned value replaces the result. */
export type ForwardHook = (module: Any, args: unknown[], output: Any) => unknown;

/** What a module stores besides its fields. */
export class Registry {
  /** The names of buffers, and whether each is part of the state. */
  readonly buffers = new Map<string, boolean>();
  /** The names under which parameters and modules have been seen; they must keep their kind. */
  readonly seen = new Map<string, 'a Parameter' | 'a Module'>();
  readonly before = new Hooks<ForwardPreHook>();
  readonly after = new Hooks<ForwardHook>();
}

/** What each module stores. */
export const registries = new WeakMap<object, Registry>();

/** What a module stores besides its fields. */
export function registryOf(module: object): Registry {
  let registry = registries.get(module);
  if (registry === undefined) registries.set(module, (registry = new Registry()));
  return registry;
}

/** A module is a function, so it can be called as in Python. Its own `name` and `length` are free for fields. */
// oxlint-disable-next-line typescript/no-extraneous-class -- the base of a class whose constructor gives a function
export class Callable {
  constructor() {
    const registry = new Registry();
    const { before, after } = registry;
    const call = (...args: unknown[]): unknown => {
      const module = call as unknown as { forward(...args: unknown[]): unknown };
      if (!before.any && !after.any) return module.forward(...args);
      let inputs = args;
      for (const hook of before.all()) {
        const changed = hook(module, inputs);
        if (changed !== undefined) inputs = isArray(changed) ? [...changed] : [changed];
      }
      let output = module.forward(...inputs);
      for (const hook of after.all()) output = hook(module, inputs, output) ?? output;
      return output;
    };
    Object.defineProperty(call, 'name', { value: new.target.name, writable: true });
    Object.setPrototypeOf(call, new.target.prototype);
    registries.set(call, registry);
    // biome-ignore lint/correctness/noConstructorReturn: an instance is a function with the class's prototype
    return call;
  }
}

/** Marks the modules whose calls run hooks: all but losses. */
export const HOOKED = Symbol('hooked');
Object.defineProperty(Callable.prototype, HOOKED, { value: true });

const HOOK = callShape('register_forward_hook', 'prepend?');

/** Adds a hook to a module. */
export function addHook(
  module: { _get_name(): string },
  when: 'before' | 'after',
  hook: unknown,
  options: unknown,
): RemovableHandle {
  const { prepend = false } = readCall<{ prepend?: boolean }>(HOOK, [options]);
  if (typeof hook !== 'function') throw invalidType('hook', 'a function', hook);
  if (!(module as Any)[HOOKED]) {
    const what = 'a module that supports hooks: wrap the loss in your own Module';
    throw new ArgumentTypeError('hook', what, `one of ${module._get_name()}`);
  }
  return registryOf(module)[when].add(hook as never, prepend);
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
