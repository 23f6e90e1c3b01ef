/** What a collective or a transfer gives: a promise, or with `async_op` a handle as in Python. */
import { types } from 'node:util';
import { checkBoolean } from '../addon/arguments.js';
import { ArgumentTypeError } from '../base/errors.js';
import { type CallShape, readCall } from '../base/positional.js';
import { isPlainObject } from '../base/plain_object.js';
import { type Group, groupOf, type GroupOrNone, warnNotInGroup } from './group.js';

/**
 * A call in progress, as Python's `async_op=True`, `isend` and `irecv` give one. Its tensors must neither be changed nor
 * read before {@link Work.wait} resolves. An error is reported by `wait` alone, so call it in any case.
 */
export class Work {
  readonly #done: Promise<unknown>;
  #state: 'running' | 'done' | 'failed' = 'running';
  #error: unknown = null;

  /** @param done - settles with the call */
  constructor(done: Promise<unknown>) {
    if (!types.isPromise(done)) throw new ArgumentTypeError('Work', 'a call with async_op', 'new Work');
    this.#done = done;
    done.then(
      () => {
        this.#state = 'done';
      },
      (error: unknown) => {
        this.#state = 'failed';
        this.#error = error;
      },
    );
  }

  /** Resolves with `true` once the call is done, and rejects with its error. */
  async wait(): Promise<true> {
    await this.#done;
    return true;
  }

  /** Whether the call is done, with or without success. It changes only while the event loop runs. */
  is_completed(): boolean {
    return this.#state !== 'running';
  }

  /** Whether the call has succeeded. */
  is_success(): boolean {
    return this.#state === 'done';
  }

  /** The call's error; `null` if there is none, so far. */
  exception(): unknown {
    return this.#error;
  }
}

/** Options of all collectives. */
export interface CollectiveOptions<A extends boolean = boolean> {
  /** The group whose ranks make the call. Default: the default group. */
  group?: GroupOrNone | null | undefined;
  /** Give a {@link Work} instead of a promise; `null` in a process that is not in the group. Default false. */
  async_op?: A | undefined;
}

/** What a collective gives. */
export type Outcome<A extends boolean> = A extends true ? Work | null : Promise<void>;

/** The parameters of a collective; the other functions of this file add these two. */
export interface Given {
  readonly group?: unknown;
  readonly async_op?: unknown;
}

/** Makes a collective. What is wrong with its arguments is thrown where a Work is asked for, and rejects otherwise. */
export function launch<T extends Given>(
  shape: CallShape,
  args: readonly unknown[],
  call: (group: Group, given: T) => Promise<void>,
): Work | Promise<void> | null {
  const last = args[args.length - 1];
  let givesWork = isPlainObject(last) && last.async_op === true;
  try {
    const given = readCall<T>(shape, args);
    const { async_op = false } = given;
    checkBoolean(async_op, 'async_op');
    givesWork = async_op;
    const group = groupOf(given.group, shape.name);
    if (group !== null) {
      const done = call(group, given);
      return givesWork ? new Work(done) : done;
    }
    warnNotInGroup(shape.name);
    return givesWork ? null : Promise.resolve();
  } catch (error) {
    if (givesWork) throw error;
    return Promise.reject(error);
  }
}
