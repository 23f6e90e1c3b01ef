/** Scopes: what is made in one is disposed of at its end. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { checkOptions } from './arguments.js';
import { types } from 'node:util';
import { invalidType } from '../base/errors.js';
import { type HandleOwner, isTensor, onBirth } from './handle.js';
import { isArray, isPlainObject, isRevoked } from '../base/plain_object.js';

/** What has been taken out of all scopes. */
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

  /** What a call on a lane gives after the end of the scope that it was made in is disposed of at once. */
  add(owner: HandleOwner): void {
    if (this.ended) {
      owner.dispose();
      return;
    }
    // A long scope in which the caller disposes of things is not to remember all of them.
    if (this.#owners.length === this.#room) {
      this.#owners = this.#owners.filter((other) => !other.disposed && !outside.has(other));
      this.#room = Math.max(1024, 2 * this.#owners.length);
    }
    this.#owners.push(owner);
  }

  /** Disposes of all but `kept`, which go to the scope around this one. */
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

/** The scope of what belongs to none. */
class Nowhere extends Scope {
  override add(): void {}
}

const nowhere = new Nowhere(undefined);

/** The scope of the code that runs now, while it runs without an `await`. */
let current: Scope | undefined;
/** How many scopes are open; only then does a new tensor look for its own. */
let open = 0;
/** Carries the scope over each `await`. Timers and sockets made in a scope carry it on after its end. */
const storage = new AsyncLocalStorage<Scope>();

/** A scope that has ended takes nothing that later code makes: that belongs to the nearest one around it. */
function nearestOpen(scope: Scope | undefined): Scope | undefined {
  let found = scope;
  while (found?.ended) found = found.parent;
  return found;
}

/** The scope in which a call is made, for its result to come. */
export function scopeOfCall(): Scope | undefined {
  return current ?? (open > 0 ? nearestOpen(storage.getStore()) : undefined);
}

/** Runs `fn` as a part of the scope that a call was made in, which may have ended since; of none without one. */
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

/** Runs `fn` so that the tensors made in it, also after an `await`, belong to no scope. */
export function outsideScopes<T>(fn: () => T): T {
  return open === 0 ? fn() : storage.run(nowhere, () => inScope(nowhere, fn));
}

/** Takes a tensor out of the scope it was made in and of all around it. */
export function leaveScopes(owner: HandleOwner): void {
  outside.add(owner);
}

function enter(): void {
  if (open++ === 0) onBirth('scope', (owner) => scopeOfCall()?.add(owner));
}

function leave(): void {
  if (--open === 0) onBirth('scope', undefined);
}

/** What became of the tensors that were made in a scope and not disposed of there. */
export interface ScopeSummary {
  /** How many its end disposed of. */
  readonly freed: number;
  /** How many outlive it. */
  readonly kept: number;
}

/** Options of {@link scope}. */
export interface ScopeOptions {
  /** Told once, when the scope has ended, also by an error. */
  onEnd?: ((summary: ScopeSummary) => void) | undefined;
}

/**
 * Runs `fn` and disposes of every tensor that was made meanwhile, but for those in what it returns: a tensor, or arrays,
 * plain objects, Maps and Sets that hold them. `fn` may be asynchronous; its scope then ends when its promise settles,
 * and what other code makes meanwhile is not part of it. A scope that has ended takes nothing that is made later, such as
 * by a timer that was started in it; but what a call on a lane that was made in it still gives is disposed of.
 *
 * {@link Tensor.keep} takes a tensor out of all scopes, the `keep` that `fn` gets out of this one alone.
 *
 * A loop that never awaits needs this, or {@link Tensor.dispose}: the garbage collector frees tensors only between turns
 * of the event loop.
 *
 * @param fn - gets `keep`, which passes a tensor on to the scope around this one, as returning it does
 * @param options - `onEnd` is told how many tensors the end of the scope freed
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
  if (typeof fn !== 'function') throw invalidType('fn', 'a function', fn);
  checkOptions(options, ['onEnd']);
  const { onEnd } = options;
  if (onEnd !== undefined && typeof onEnd !== 'function') throw invalidType('onEnd', 'a function', onEnd);
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
    // What the caller returns may throw where it is read.
    if (typeof (result as { then?: unknown } | null | undefined)?.then === 'function') {
      return settle(result as PromiseLike<unknown>, kept, end) as T;
    }
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

/** Adds the tensors in `value` to `found`. By a list of what is left, since arrays may be nested deeper than calls. */
function collect(value: unknown, found: Set<HandleOwner>): void {
  const seen = new Set<unknown>();
  const left = [value];
  while (left.length > 0) {
    const next = left.pop();
    if (typeof next !== 'object' || next === null || seen.has(next) || isRevoked(next)) continue;
    seen.add(next);
    if (isTensor(next)) found.add(next as HandleOwner);
    // By its keys: a sparse array may be longer than a loop can go.
    else if (isArray(next) || isPlainObject(next)) for (const item of Object.values(next)) left.push(item);
    else if (types.isSet(next)) for (const item of next) left.push(item);
    else if (types.isMap(next)) for (const item of [...next.keys(), ...next.values()]) left.push(item);
  }
}
