/** Hooks: functions that a backward pass calls with gradients. */
import { isFunction } from '../base/plain_object.js';
import { handleOf, isTensor } from '../addon/handle.js';
import { ignoreRejection } from '../addon/lane.js';
import { type Handle, native } from '../addon/native.js';
import { invalidType, invalidValue } from '../base/errors.js';
import { Tensor } from './tensor.js';

/** What a hook gives back: its removal. */
export interface RemovableHandle {
  /** Takes the hook away; doing it again does nothing. */
  remove(): void;
}

/** Gets a gradient; what it returns takes its place. */
export type TensorHook = (grad: Tensor) => Tensor | null | undefined | void;

/** Checks what a hook returned in the place of a gradient. */
export function replacement(result: unknown, gradient: Tensor | null, what: string): Tensor {
  if (!isTensor(result)) {
    ignoreRejection(result);
    throw invalidType(what, 'a Tensor or nothing from the hook', result);
  }
  const changed = result as Tensor;
  if (gradient === null) throw invalidValue(what, 'nothing from the hook, since there is no gradient', result);
  for (const [name, own, wanted] of [
    ['shape', `[${changed.shape.join(', ')}]`, `[${gradient.shape.join(', ')}]`],
    ['dtype', changed.dtype as string, gradient.dtype as string],
    ['device', changed.device, gradient.device],
  ] as const) {
    if (own !== wanted) throw invalidValue(what, `the gradient's ${name}, ${wanted}, from the hook`, own);
  }
  return changed;
}

/** `tensor.register_hook(hook)`. */
export function registerHook(tensor: Tensor, hook: unknown): RemovableHandle {
  checkHook(tensor, hook);
  const call = (gradients: (Handle | null)[]) => {
    const [handle] = gradients;
    if (handle == null) return undefined;
    const gradient = new Tensor(handle);
    const result: unknown = (hook as TensorHook)(gradient);
    return result == null ? undefined : [handleOf(replacement(result, gradient, 'grad'), 'grad')];
  };
  const number = native().add_hook(handleOf(tensor, 'tensor'), call);
  // The handle does not keep the tensor.
  const owner = new WeakRef(tensor);
  let isThere = true;
  return {
    remove: () => {
      const live = owner.deref();
      if (isThere && live !== undefined && !live.disposed) native().remove_hook(handleOf(live, 'tensor'), number);
      isThere = false;
    },
  };
}

/** The hooks of leaves that run once a gradient is added up. LibTorch has room for one, which calls them all. */
const accumulated = new WeakMap<Tensor, Set<{ readonly hook: (tensor: Tensor) => void }>>();

/** `tensor.register_post_accumulate_grad_hook(hook)`. */
export function registerAccumulatedHook(tensor: Tensor, hook: unknown): RemovableHandle {
  checkHook(tensor, hook);
  if (!tensor.is_leaf) throw invalidValue('tensor', 'a leaf of the graph', tensor);
  let hooks = accumulated.get(tensor);
  if (hooks === undefined) {
    const all = new Set<{ readonly hook: (tensor: Tensor) => void }>();
    const owner = new WeakRef(tensor);
    native().set_accumulated_hook(handleOf(tensor, 'tensor'), ([handle]) => {
      const again = new Tensor(handle as Handle);
      const known = owner.deref();
      const live = known === undefined || known.disposed ? again : known;
      for (const entry of Array.from(all)) if (all.has(entry)) entry.hook(live);
      if (live !== again) again.dispose();
      return undefined;
    });
    accumulated.set(tensor, (hooks = all));
  }
  const entry = { hook: hook as (tensor: Tensor) => void };
  hooks.add(entry);
  return { remove: () => void hooks.delete(entry) };
}

function checkHook(tensor: Tensor, hook: unknown): void {
  if (!isFunction(hook)) throw invalidType('hook', 'a function', hook);
  if (!tensor.requires_grad) throw invalidValue('tensor', 'one that requires grad, to have a hook', tensor);
}

/**
 * Tensors as made of others by a node of the graph whose backward pass is JavaScript.
 *
 * @param backward - gets the gradients of the outputs, `null` for those that have none; gives those of the inputs
 */
export function customNode(
  name: string,
  inputs: readonly Tensor[],
  outputs: readonly Tensor[],
  backward: (gradients: (Tensor | null)[]) => readonly (Tensor | null)[],
): Tensor[] {
  const handles = native().custom_node(
    name,
    inputs.map((tensor) => handleOf(tensor, 'inputs')),
    outputs.map((tensor) => handleOf(tensor, 'outputs')),
    (gradients) =>
      backward(gradients.map((handle) => (handle === null ? null : new Tensor(handle)))).map((gradient) =>
        gradient === null ? null : handleOf(gradient, 'gradients'),
      ),
  );
  return handles.map((handle) => new Tensor(handle));
}
