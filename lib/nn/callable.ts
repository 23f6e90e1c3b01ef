/** How a module is called: as a function, with the hooks around its `forward`. */
import { ArgumentRangeError, ArgumentTypeError, invalidType, invalidValue } from '../base/errors.js';
import { isArray } from '../base/plain_object.js';
import { callShape, readCall } from '../base/positional.js';
import { Hooks, type RemovableHandle } from './hooks.js';

// biome-ignore lint/suspicious/noExplicitAny: a module takes and gives what its forward does
type Any = any;

/** Runs before `forward` with its arguments; what it returns takes their place. */
export type ForwardPreHook = (module: Any, args: unknown[]) => unknown;
/** Runs after `forward` with its arguments and its result; what it returns takes the result's place. */
export type ForwardHook = (module: Any, args: unknown[], output: Any) => unknown;

/** What a module keeps beside its fields. */
export class Registry {
  /** The names of buffers, and whether each is part of the state. */
  readonly buffers = new Map<string, boolean>();
  /** The names under which parameters and modules have been seen: there nothing else may come. */
  readonly seen = new Map<string, 'a Parameter' | 'a Module'>();
  readonly before = new Hooks<ForwardPreHook>();
  readonly after = new Hooks<ForwardHook>();
}

/** What each module keeps, by the module. */
export const registries = new WeakMap<object, Registry>();

/** What a module keeps. */
export function registryOf(module: object): Registry {
  let registry = registries.get(module);
  if (registry === undefined) registries.set(module, (registry = new Registry()));
  return registry;
}

/** A module is a function, so that it is called as in Python. Its own `name` and `length` are left to fields. */
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

/** Marks the modules whose calls go by their hooks: all but losses. */
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
    const what = 'a module whose call can be watched: wrap the loss in a Module of your own';
    throw new ArgumentTypeError('hook', what, `one of ${module._get_name()}`);
  }
  return registryOf(module)[when].add(hook as never, prepend);
}

/** Checks the name that a module's new field is to have. */
export function checkName(module: object, name: unknown, parameter: string): asserts name is string {
  if (typeof name !== 'string') throw invalidType(parameter, 'a string', name);
  if (name === '' || name.includes('.')) throw invalidValue(parameter, 'a name that has a letter and no dot', name);
  if (name === 'name' || name === 'length') return;
  if (name in module && !Object.hasOwn(module, name)) {
    throw new ArgumentRangeError(parameter, 'a name that the module does not have yet', `'${name}'`);
  }
}
