/** Scopes: what is made in one is disposed of at its end. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { types } from 'node:util';
import { invalidType } from '../base/errors.js';
import { type HandleOwner, isTensor, onBirth } from './handle.js';
import { isArray, isPlainObject, isRevoked } from '../base/plain_object.js';

/** The tensors made in a scope so far. */
class Scope {
  #owners: HandleOwner[] = [];
  #room = 1024;
  #closed = false;
  readonly parent: Scope | undefined;

  constructor(parent: Scope | undefined) {
    this.parent = parent;
  }

  /** A tensor that comes after the end, by a call that nobody awaited, is disposed of at once. */
  add(owner: HandleOwner): void {
    if (this.#closed) {
      owner.dispose();
      return;
    }
    // A long scope in which the caller disposes of things is not to remember all of them.
    if (this.#owners.length === this.#room) {
      this.#owners = this.#owners.filter(({ disposed }) => !disposed);
      this.#room = Math.max(1024, 2 * this.#owners.length);
    }
    this.#owners.push(owner);
  }

  /** Disposes of all but `kept`, which go to the scope around this one. */
  close(kept: ReadonlySet<HandleOwner>): void {
    this.#closed = true;
    for (const owner of this.#owners) {
      if (!kept.has(owner)) owner.dispose();
      else this.parent?.add(owner);
    }
    this.#owners = [];
  }
}

/** The scope of the code that runs now, while it runs without an `await`. */
let current: Scope | undefined;
/** How many scopes are open; only then does a new tensor look for its own. */
let open = 0;
/** Carries the scope over each `await`. */
const storage = new AsyncLocalStorage<Scope>();

/** The scope in which a call is made, for its result to come. */
export function scopeOfCall(): Scope | undefined {
  return current ?? (open > 0 ? storage.getStore() : undefined);
}

/** Runs `fn` as a part of a scope, which may have ended. */
export function inScope<T>(scope: Scope | undefined, fn: () => T): T {
  if (scope === undefined) return fn();
  const before = current;
  current = scope;
  enter();
  try {
    return fn();
  } finally {
    current = before;
    leave();
  }
}

function enter(): void {
  if (open++ === 0) onBirth('scope', (owner) => scopeOfCall()?.add(owner));
}

function leave(): void {
  if (--open === 0) onBirth('scope', undefined);
}

/**
 * Runs `fn` and disposes of every tensor that was made meanwhile, but for those in what it returns: a tensor, or arrays,
 * plain objects, Maps and Sets that hold them. `fn` may be asynchronous; its scope then ends when its promise settles,
 * and what other code makes meanwhile is not part of it.
 *
 * A loop that never awaits needs this, or {@link Tensor.dispose}: the garbage collector frees tensors only between turns
 * of the event loop.
 *
 * @param fn - gets `keep`, which takes a tensor out of the scope, such as one that is stored elsewhere
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
export function scope<T>(fn: (keep: <O extends HandleOwner>(tensor: O) => O) => T): T {
  if (typeof fn !== 'function') throw invalidType('fn', 'a function', fn);
  const own = new Scope(scopeOfCall());
  const kept = new Set<HandleOwner>();
  const keep = <O extends HandleOwner>(tensor: O): O => {
    if (!isTensor(tensor)) throw invalidType('tensor', 'a Tensor', tensor);
    kept.add(tensor);
    return tensor;
  };
  const end = () => {
    own.close(kept);
    leave();
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
