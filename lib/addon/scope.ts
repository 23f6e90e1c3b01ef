/** Scopes: tensors made in one are disposed of at its end. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { checkOptions } from './arguments.js';
import { types } from 'node:util';
import { invalidType } from '../base/errors.js';
import { type HandleOwner, isTensor, onBirth } from './handle.js';
import { isArray, isFunction, isPlainObject, isRevoked, isThenable } from '../base/plain_object.js';

/** The tensors that have been taken out of all scopes. */
const outside = new WeakSet<HandleOwner>();

/** The tensors made in a scope so far. */
class Scope {
  #owners: HandleOwner[] = [];
  #room = 1024;
  ended = false;
  readonly parent: Scope | undefined;

  constructor(parent: Scope | undefined) {
    this.parent = parent;
  }

  /** The result of a call on a lane is disposed of at once if the scope in which it was made has ended. */
  add(owner: HandleOwner): void {
    if (this.ended) {
      owner.dispose();
      return;
    }
    // A long scope in which the caller disposes of tensors should not remember them all.
    if (this.#owners.length === this.#room) {
      this.#owners = this.#owners.filter((other) => !other.disposed && !outside.has(other));
      this.#room = Math.max(1024, 2 * this.#owners.length);
    }
    this.#owners.push(owner);
  }

  /** Disposes of all but `kept`, which go to the enclosing scope. */
  close(kept: ReadonlySet<HandleOwner>): ScopeSummary {
    this.ended = true;
    const around = nearestOpen(this.parent);
    const summary = { freed: 0, kept: 0 };
    for (const owner of this.#owners) {
      if (owner.disposed) continue;
      if (outside.has(owner)) {
        summary.kept++;
      } else if (kept.has(owner)) {
        summary.kept++;
        around?.add(owner);
      } else {
        owner.dispose();
        summary.freed++;
      }
    }
    this.#owners = [];
    return summary;
  }
}

/** Stands for being in no scope. */
class Nowhere extends Scope {
  override add(): void {}
}

const nowhere = new Nowhere(undefined);

/** The scope of the running code, until its first `await`. */
let current: Scope | undefined;
/** The number of open scopes; tensors are tracked only while it is above 0. */
let open = 0;
/** Carries the scope across `await`. Timers and sockets created in a scope carry it on after its end. */
const storage = new AsyncLocalStorage<Scope>();

/** A scope that has ended takes no tensors of later code: they belong to the nearest enclosing one. */
function nearestOpen(scope: Scope | undefined): Scope | undefined {
  let found = scope;
  while (found?.ended) found = found.parent;
  return found;
}

/** The scope in which a call is made, for its later result. */
export function scopeOfCall(): Scope | undefined {
  return current ?? (open > 0 ? nearestOpen(storage.getStore()) : undefined);
}

/** Runs `fn` in the scope in which a call was made, which may have ended since; in no scope if there was none. */
export function inScope<T>(scope: Scope | undefined, fn: () => T): T {
  if (scope === undefined && open === 0) return fn();
  const before = current;
  current = scope ?? nowhere;
  enter();
  try {
    return fn();
  } finally {
    current = before;
    leave();
  }
}

/** Runs `fn` so that tensors made in it, also after an `await`, belong to no scope. */
export function outsideScopes<T>(fn: () => T): T {
  return open === 0 ? fn() : storage.run(nowhere, () => inScope(nowhere, fn));
}

/** Takes a tensor out of its scope and all enclosing ones. */
export function leaveScopes(owner: HandleOwner): void {
  outside.add(owner);
}

function enter(): void {
  if (open++ === 0) onBirth('scope', (owner) => scopeOfCall()?.add(owner));
}

function leave(): void {
  if (--open === 0) onBirth('scope', undefined);
}

/** What happened to the tensors that were made in a scope and not disposed of there. */
export interface ScopeSummary {
  /** How many were disposed of at its end. */
  readonly freed: number;
  /** How many outlive it. */
  readonly kept: number;
}

/** Options of {@link scope}. */
export interface ScopeOptions {
  /** Called once when the scope has ended, also by an error. */
  onEnd?: ((summary: ScopeSummary) => void) | undefined;
}

/**
 * Runs `fn` and disposes of every tensor made meanwhile, except those in its result: a tensor, or arrays, plain
 * objects, Maps and Sets that contain tensors. `fn` may be asynchronous; its scope then ends when its promise settles,
 * and tensors made by other code meanwhile are not part of it. A scope that has ended takes no later tensors, such as
 * those of a timer that was started in it. But the results of calls on a lane that were made in it are disposed of.
 *
 * {@link Tensor.keep} takes a tensor out of all scopes, the `keep` passed to `fn` only out of this one.
 *
 * A loop that never awaits needs this, or {@link Tensor.dispose}: the garbage collector frees tensors only between
 * turns of the event loop.
 *
 * @param fn - is passed `keep`, which hands a tensor to the enclosing scope, as returning it does
 * @param options - `onEnd` is called with the number of tensors that the end of the scope freed
 * @returns what `fn` returns
 * @example
 * ```ts
 * const input = torch.tensor([[1, 2], [3, 4]]);
 * const target = torch.tensor([[0], [1]]);
 * const weights = torch.tensor([[0.5], [0.5]], { requires_grad: true });
 * const losses: number[] = [];
 * for (let step = 0; step < 3; step++) {
 *   torch.scope(() => {
 *     const loss = torch.nn.functional.mse_loss(input.matmul(weights), target);
 *     loss.backward();
 *     losses.push(loss.item());
 *   });
 * }
 * losses;   // [4.25, 4.25, 4.25]
 * ```
 */
export function scope<T>(fn: (keep: <O extends HandleOwner>(tensor: O) => O) => T, options: ScopeOptions = {}): T {
  if (!isFunction(fn)) throw invalidType('fn', 'a function', fn);
  checkOptions(options, ['onEnd']);
  const { onEnd } = options;
  if (onEnd !== undefined && !isFunction(onEnd)) throw invalidType('onEnd', 'a function', onEnd);
  const own = new Scope(scopeOfCall());
  const kept = new Set<HandleOwner>();
  const keep = <O extends HandleOwner>(tensor: O): O => {
    if (!isTensor(tensor)) throw invalidType('tensor', 'a Tensor', tensor);
    kept.add(tensor);
    return tensor;
  };
  const end = () => {
    const summary = own.close(kept);
    leave();
    onEnd?.(summary);
  };
  enter();
  let result: T;
  try {
    result = storage.run(own, () => inScope(own, () => fn(keep)));
    // The caller's return value may throw when it is read.
    if (isThenable(result)) return settle(result, kept, end) as T;
    collect(result, kept);
  } catch (error) {
    end();
    throw error;
  }
  end();
  return result;
}

async function settle(promise: PromiseLike<unknown>, kept: Set<HandleOwner>, end: () => void): Promise<unknown> {
  try {
    const result = await promise;
    collect(result, kept);
    return result;
  } finally {
    end();
  }
}

/** Adds the tensors in `value` to `found`. Iterative, since arrays may be nested deeper than the call stack. */
function collect(value: unknown, found: Set<HandleOwner>): void {
  const seen = new Set<unknown>();
  const left = [value];
  while (left.length > 0) {
    const next = left.pop();
    if (typeof next !== 'object' || next === null || seen.has(next) || isRevoked(next)) continue;
    seen.add(next);
    if (isTensor(next)) found.add(next as HandleOwner);
    // By its keys: a sparse array may be too long for a loop over its indices.
    else if (isArray(next) || isPlainObject(next)) for (const item of Object.values(next)) left.push(item);
    else if (types.isSet(next)) for (const item of next) left.push(item);
    else if (types.isMap(next)) for (const item of [...next.keys(), ...next.values()]) left.push(item);
  }
}
