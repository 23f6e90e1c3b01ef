/** Hooks around the steps of optimizers. */
import { isFunction } from '../base/plain_object.js';
import { invalidType } from '../base/errors.js';
import { Hooks, type RemovableHandle } from '../nn/hooks.js';

// biome-ignore lint/suspicious/noExplicitAny: an optimizer of any kind
type Any = any;

/** Runs around a step with the optimizer and the arguments of `step`. */
export type StepHook = (optimizer: Any, args: readonly unknown[]) => void;

const hooks = new WeakMap<object, { readonly before: Hooks<StepHook>; readonly after: Hooks<StepHook> }>();

export function addStepHook(optimizer: object, when: 'before' | 'after', hook: unknown): RemovableHandle {
  if (!isFunction(hook)) throw invalidType('hook', 'a function', hook);
  const own = hooks.get(optimizer) ?? { before: new Hooks<StepHook>(), after: new Hooks<StepHook>() };
  hooks.set(optimizer, own);
  return own[when].add(hook as StepHook, false);
}

/** Whether an optimizer has hooks, which are JavaScript. */
export function hasStepHooks(optimizer: object): boolean {
  const own = hooks.get(optimizer);
  return own !== undefined && (own.before.any || own.after.any);
}

/** Makes a step with the optimizer's hooks around it. */
export function withStepHooks<T>(optimizer: object, closure: unknown, step: () => T): T {
  const own = hooks.get(optimizer);
  if (own === undefined) return step();
  const args = closure === undefined ? [] : [closure];
  for (const hook of own.before.all()) hook(optimizer, args);
  const result = step();
  for (const hook of own.after.all()) hook(optimizer, args);
  return result;
}
