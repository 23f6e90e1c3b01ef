/** Lanes: calls that run on their own native threads while the event loop goes on. */
import { types } from 'node:util';
import { checkOptions } from './arguments.js';
import { ArgumentTypeError, invalidType, invalidValue, TorchError } from '../base/errors.js';
import { native } from './native.js';
import { isAbortSignal, isRevoked, isThenable } from '../base/plain_object.js';
import { inScope, scopeOfCall } from './scope.js';
import { MOST_THREADS } from './thread_count.js';
import { warnOnce } from '../base/warnings.js';

/** Options of every call on a lane. */
export interface AsyncOptions {
  /**
   * Cancels the call: the promise rejects with the signal's reason, at once if the call has not started. A running
   * operator cannot be interrupted; its result is dropped when it is done.
   */
  signal?: AbortSignal | undefined;
  /** The lane to run on. Default: the lane shared by all calls without this option. */
  lane?: Lane | undefined;
}

/** The names of {@link AsyncOptions}. */
export const ASYNC_OPTIONS: readonly string[] = ['signal', 'lane'];

/**
 * Reads the options of a call on a lane, once: their getters may dispose of the tensors that the call reads next.
 *
 * @throws TypeError if they are not an object of such options
 */
export function readAsyncOptions(options: unknown): AsyncOptions {
  checkOptions(options, ASYNC_OPTIONS);
  const { signal, lane } = options as AsyncOptions;
  return { signal, lane };
}

/** A call that waits for its result. */
interface Job {
  readonly lane: Lane;
  settle(error: unknown, value: unknown): void;
}

const jobs = new Map<number, Job>();
let lastJob = 0;
let listening = false;
let backwardPasses = 0;

let idOf: (lane: Lane) => number;
let isLane: (value: unknown) => value is Lane;
let count: (lane: Lane, jobs: 1 | -1) => void;
const forgotten = new FinalizationRegistry<number>((id) => native().close_lane(id));

/**
 * A native thread that runs calls one after the other, in the order in which they were made.
 *
 * Calls on one lane never overlap, so a loss, its backward pass and the next step can be queued without awaiting each.
 * Calls on several lanes run side by side and share the threads of {@link set_num_threads} evenly.
 *
 * @example
 * ```ts
 * using lane = new torch.Lane();
 * const loss = await torch.nn.functional.cross_entropy.async(input, target, { lane });
 * await loss.backwardAsync({ lane });
 * ```
 */
export class Lane {
  static {
    idOf = (lane) => lane.#id;
    isLane = (value): value is Lane => typeof value === 'object' && value !== null && #id in value;
    count = (lane, jobs) => {
      lane.#pending += jobs;
      lane.#closeWhenIdle();
    };
  }

  readonly #id: number;
  #pending = 0;
  #disposed = false;

  /**
   * @param options - `threads`: how many threads an operator on this lane uses. Default: an equal share of the threads
   *   that {@link set_num_threads} sets
   */
  constructor(options: { threads?: number | undefined } = {}) {
    checkOptions(options, ['threads']);
    const { threads } = options;
    if (threads !== undefined) checkThreads(threads, 'threads');
    if (!listening) {
      native().on_settled(settled);
      listening = true;
    }
    this.#id = native().open_lane(threads ?? 0);
    forgotten.register(this, this.#id, this);
  }

  /** Whether {@link dispose} has been called. */
  get disposed(): boolean {
    checkLane(this);
    return this.#disposed;
  }

  /** Ends the lane and its thread once the calls made so far are done; further calls are refused. */
  dispose(): void {
    checkLane(this);
    this.#disposed = true;
    this.#closeWhenIdle();
  }

  [Symbol.dispose](): void {
    checkLane(this);
    this.dispose();
  }

  #closeWhenIdle(): void {
    if (!this.#disposed || this.#pending > 0) return;
    forgotten.unregister(this);
    native().close_lane(this.#id);
  }
}

function checkLane(value: unknown): asserts value is Lane {
  if (!isLane(value)) throw invalidType('lane', 'a Lane', value);
}

let shared: Lane | undefined;

/**
 * Makes a call on a lane.
 *
 * @param start - passes the call to the addon
 * @param finish - converts the addon's result, in the caller's scope
 */
export function onLane<V, T>(
  start: (lane: number, job: number) => void,
  finish: (value: V) => T,
  { signal, lane = (shared ??= new Lane()) }: AsyncOptions,
): Promise<T> {
  if (signal !== undefined && !isAbortSignal(signal)) {
    throw invalidType('signal', 'an AbortSignal', signal);
  }
  checkLane(lane);
  if (lane.disposed) {
    throw new TorchError('ERR_DISPOSED', 'lane: expected a live Lane, got one that has been disposed', {
      parameter: 'lane',
    });
  }
  if (signal?.aborted) return Promise.reject(signal.reason);
  return new Promise<T>((resolve, reject) => {
    const id = ++lastJob;
    const scope = scopeOfCall();
    jobs.set(id, {
      lane,
      settle(error, value) {
        forget?.();
        if (error !== undefined) {
          reject(error);
          return;
        }
        try {
          const result = inScope(scope, () => finish(value as V));
          if (!signal?.aborted) {
            resolve(result);
            return;
          }
          (result as { dispose?: () => void } | undefined)?.dispose?.();
          reject(signal.reason);
        } catch (reason) {
          reject(reason);
        }
      },
    });
    count(lane, 1);
    try {
      start(idOf(lane), id);
    } catch (error) {
      jobs.delete(id);
      count(lane, -1);
      throw error;
    }
    // Settling comes in a later turn, when this is set.
    const forget =
      signal &&
      onAbort(signal, () => {
        if (native().cancel_job(idOf(lane), id)) settled(id, [], signal.reason);
      });
  });
}

/** The calls waiting on each signal: one listener per signal, since Node warns about more than ten. */
const waiting = new WeakMap<AbortSignal, Set<() => void>>();

/** Calls `cancel` when the signal aborts, unless the returned function is called first. */
function onAbort(signal: AbortSignal, cancel: () => void): () => void {
  let all = waiting.get(signal);
  if (all === undefined) {
    const cancels = new Set<() => void>();
    all = cancels;
    waiting.set(signal, cancels);
    // Without a prototype, to which other code may have added a `signal` or a `once`.
    const once = Object.assign(Object.create(null), { once: true });
    signal.addEventListener('abort', () => cancels.forEach((cancel) => cancel()), once);
  }
  all.add(cancel);
  return () => all.delete(cancel);
}

/** Turns what `call` throws into a rejection, and marks its promise as that of a call on a lane. */
export function attempt<T>(call: () => Promise<T>): Promise<T> {
  let promise: Promise<T>;
  try {
    promise = call();
  } catch (error) {
    promise = Promise.reject(error);
  }
  laneCalls.add(promise);
  return promise;
}

/**
 * Whether a value is the promise of a single call on a lane, which has already been made: none of its code runs later.
 */
function isLaneCall(value: unknown): boolean {
  return laneCalls.has(value as object);
}

const laneCalls = new WeakSet<object>();

/**
 * Keeps the rejection of a function that should have been synchronous from ending the process: the error about the
 * function itself is the one to report.
 */
export function ignoreRejection(value: unknown): void {
  if (types.isPromise(value)) value.catch(() => undefined);
}

/**
 * Calls a function during which this thread has another mode, which must not last over an `await`.
 *
 * @throws TypeError if it returns a promise, unless that is of one call on a lane, which has taken the mode along
 */
export function callSynchronously<T>(fn: () => T): T {
  const result = fn();
  if (isThenable(result) && !isLaneCall(result)) {
    ignoreRejection(result);
    throw new ArgumentTypeError('fn', 'a synchronous function, or one call on a lane', 'one that returns a promise');
  }
  return result;
}

/** Like {@link onLane}, for a backward pass, during which no gradient can be read. */
export async function backwardOnLane<V, T>(
  start: (lane: number, job: number) => void,
  finish: (value: V) => T,
  options: AsyncOptions,
): Promise<T> {
  const done = onLane(start, finish, options);
  backwardPasses++;
  try {
    return await done;
  } finally {
    backwardPasses--;
    if (backwardPasses === 0) for (const fn of afterBackward.splice(0)) fn();
  }
}

const afterBackward: (() => void)[] = [];

/** Calls `fn` as soon as no backward pass runs on a lane: at once if none does. */
export function whenNoBackward(fn: () => void): void {
  if (backwardPasses === 0) fn();
  else afterBackward.push(fn);
}

/**
 * Checks that no backward pass is running on a lane, since it writes gradients.
 *
 * @throws TorchError `ERR_BUSY` if one is running
 */
export function checkNoBackward(what: string): void {
  if (backwardPasses === 0) return;
  throw new TorchError('ERR_BUSY', `${what}: a backward pass is running on a lane; await it first`);
}

/** Called by the addon for each finished call. */
function settled(id: number, warnings: readonly string[], error: unknown, value?: unknown): void {
  const job = jobs.get(id) as Job;
  jobs.delete(id);
  try {
    for (const warning of warnings) warnOnce(warning);
  } finally {
    job.settle(error, value);
    count(job.lane, -1);
  }
}

/**
 * Splits the options of a call on a lane into the lane's and the others.
 *
 * @throws TypeError if they are not an options object
 */
export function splitOptions(options: unknown): { own: AsyncOptions; rest: object | undefined } {
  if (options === undefined) return { own: {}, rest: undefined };
  if (typeof options !== 'object' || options === null || isRevoked(options)) {
    throw invalidType('options', 'an object with options', options);
  }
  const { signal, lane, ...rest } = options as AsyncOptions;
  return { own: { signal, lane }, rest };
}

/**
 * How many threads an operator may use outside of lanes, and all lanes together. The initial number is
 * `TORCHLOSS_NUM_THREADS`; otherwise LibTorch's own default (`OMP_NUM_THREADS`, `MKL_NUM_THREADS`, the cores), but at
 * most the CPU quota of a container.
 */
export function get_num_threads(): number {
  return native().get_num_threads();
}

/**
 * Sets how many threads an operator may use outside of lanes, and all lanes together. Results depend on it only where
 * LibTorch's do: sums over large tensors are split among the threads. Losses too small to gain from threads use one.
 */
export function set_num_threads(threads: number): void {
  checkThreads(threads, 'threads');
  native().set_num_threads(threads);
}

/** Checks a number of threads: no process starts more than so many. */
export function checkThreads(value: unknown, parameter: string): void {
  if (!Number.isInteger(value)) throw invalidType(parameter, 'an integer', value);
  if ((value as number) < 1 || (value as number) > MOST_THREADS)
    throw invalidValue(parameter, `1 to ${MOST_THREADS}`, value);
}
