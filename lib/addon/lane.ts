/** Lanes: calls that run apart from JavaScript, on native threads of their own, while the event loop turns. */
import { types } from 'node:util';
import { checkOptions } from './arguments.js';
import { invalidType, invalidValue, TorchError } from '../base/errors.js';
import { native } from './native.js';
import { isAbortSignal, isRevoked } from '../base/plain_object.js';
import { inScope, scopeOfCall } from './scope.js';
import { MOST_THREADS } from './thread_count.js';
import { warnOnce } from '../base/warnings.js';

/** Options of every call on a lane. */
export interface AsyncOptions {
  /**
   * Cancels the call: the promise rejects with the signal's reason, at once if the call has not started. An operator
   * that runs cannot be stopped; its result is dropped when it is done.
   */
  signal?: AbortSignal | undefined;
  /** The lane to run on. Default: the one that all calls without this option share. */
  lane?: Lane | undefined;
}

/** The names of {@link AsyncOptions}. */
export const ASYNC_OPTIONS: readonly string[] = ['signal', 'lane'];

/**
 * Reads the options of a call on a lane, once: their getters may dispose of the tensors that the call then reads.
 *
 * @throws TypeError if they are no object of such options
 */
export function readAsyncOptions(options: unknown): AsyncOptions {
  checkOptions(options, ASYNC_OPTIONS);
  const { signal, lane } = options as AsyncOptions;
  return { signal, lane };
}

/** What waits for its result. */
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
 * Calls on one lane never overlap, so that a loss, its backward pass and the next step can be queued without awaiting
 * each. Calls on several lanes run side by side and share the threads of {@link set_num_threads} evenly.
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
   * @param options - `threads`: how many threads an operator on this lane uses. Default: an even part of the threads
   *   that {@link set_num_threads} says, by the number of lanes
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

  /** Ends the lane and its thread once the calls made so far are done; further ones are refused. */
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
 * @param start - hands the call to the addon
 * @param finish - makes the result of what the addon gives, in the scope of the caller
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

/** What waits for each signal: one listener a signal, since Node warns of more than ten. */
const waiting = new WeakMap<AbortSignal, Set<() => void>>();

/** Calls `cancel` when the signal aborts, unless what this gives is called before. */
function onAbort(signal: AbortSignal, cancel: () => void): () => void {
  let all = waiting.get(signal);
  if (all === undefined) {
    const cancels = new Set<() => void>();
    all = cancels;
    waiting.set(signal, cancels);
    // Without a prototype, on which other code may have put a `signal` or a `once`.
    const once = Object.assign(Object.create(null), { once: true });
    signal.addEventListener('abort', () => cancels.forEach((cancel) => cancel()), once);
  }
  all.add(cancel);
  return () => all.delete(cancel);
}

/** Gives what `call` throws as a rejection, and marks its promise as that of a call on a lane. */
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

/** Whether a value is the promise of one call on a lane, which is made already: nothing of it runs later. */
export function isLaneCall(value: unknown): boolean {
  return laneCalls.has(value as object);
}

const laneCalls = new WeakSet<object>();

/**
 * Keeps the promise of a function that was to be synchronous from ending the process by what it rejects with: the error
 * about the function is the one to see.
 */
export function ignoreRejection(value: unknown): void {
  if (types.isPromise(value)) value.catch(() => undefined);
}

/** As {@link onLane}, for a backward pass, during which no gradient can be read. */
export async function backwardOnLane(start: (lane: number, job: number) => void, options: AsyncOptions): Promise<void> {
  const done = onLane(start, () => undefined, options);
  backwardPasses++;
  try {
    await done;
  } finally {
    backwardPasses--;
  }
}

/**
 * Checks that no backward pass runs on a lane, which writes gradients while it does.
 *
 * @throws TorchError `ERR_BUSY` if one does
 */
export function checkNoBackward(what: string): void {
  if (backwardPasses === 0) return;
  throw new TorchError('ERR_BUSY', `${what}: a backward pass runs on a lane; await it first`);
}

/** Told by the addon of each call that is done. */
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
 * @throws TypeError if they are no object of options
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
 * How many threads an operator may use outside of lanes, and all lanes together. At first that is
 * `TORCHLOSS_NUM_THREADS`, or else as many as LibTorch takes by itself (`OMP_NUM_THREADS`, `MKL_NUM_THREADS`, the cores),
 * but no more than the processors that a container's CPU quota comes to.
 */
export function get_num_threads(): number {
  return native().get_num_threads();
}

/**
 * Sets how many threads an operator may use outside of lanes, and all lanes together. Numbers do not depend on it where
 * LibTorch's do not: sums over large tensors are split among the threads. Losses too small to gain from threads use one.
 */
export function set_num_threads(threads: number): void {
  checkThreads(threads, 'threads');
  native().set_num_threads(threads);
}

function checkThreads(value: unknown, parameter: string): void {
  if (!Number.isInteger(value)) throw invalidType(parameter, 'an integer', value);
  if ((value as number) < 1 || (value as number) > MOST_THREADS)
    throw invalidValue(parameter, `1 to ${MOST_THREADS}`, value);
}
