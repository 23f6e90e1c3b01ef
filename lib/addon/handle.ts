import { types } from 'node:util';
import { describeWith, invalidType, TorchError } from '../base/errors.js';
import { isRevoked } from '../base/plain_object.js';
import { type Handle, native } from './native.js';

/**
 * Reads the handle of a tensor.
 *
 * @param parameter - the name of the argument, for the errors
 * @throws TypeError if `value` is not a tensor, TorchError `ERR_DISPOSED` if it has been disposed
 */
export let handleOf: (value: unknown, parameter: string) => Handle;

/** The handle of a live tensor that has one; otherwise `undefined`. */
export let knownHandle: (value: unknown) => Handle | undefined;

/** The value of a tensor that has no handle yet; otherwise `undefined`. */
export let numberOf: (value: HandleOwner) => number | undefined;

/** Whether `value` is a tensor, disposed or not. */
export let isTensor: (value: unknown) => boolean;

/**
 * Checks that a method is called on a tensor.
 *
 * @throws TypeError if it is not a tensor
 */
export function checkTensor(value: unknown): void {
  if (!isTensor(value)) throw invalidType('tensor', 'a Tensor', value);
}

/** Called for each new tensor: the scopes, and the trace of where tensors are made. */
const listeners = new Map<string, (owner: HandleOwner) => void>();
let born: ((owner: HandleOwner) => void) | undefined;

/** Calls `listener` for each new tensor from now on. It replaces the previous listener of that name. */
export function onBirth(name: string, listener: ((owner: HandleOwner) => void) | undefined): void {
  if (listener === undefined) listeners.delete(name);
  else listeners.set(name, listener);
  const all = [...listeners.values()];
  born = all.length < 2 ? all[0] : (owner) => all.forEach((tell) => tell(owner));
}

/** Says that a handle comes from the addon: checking that costs as much as a small operator. */
export const FROM_ADDON: unique symbol = Symbol('a handle of the addon');

/** The only check that `new Tensor([1, 2])` needs. */
function checkHandle(value: unknown): void {
  if (!isHandle(value)) throw invalidType('data', 'torch.tensor(data) instead of new Tensor(data)', value);
}

/** Makes structured clones of a tensor fail; its text becomes part of the error. */
const ONE_THREAD = Symbol('a Tensor of one thread: send tensor.toTransferable() instead, which');

/**
 * Owns a handle of the addon: the base of `Tensor`, separate so that lower layers can read handles.
 *
 * A loss that is a plain number comes without a handle: most such losses are only read, and a number costs the garbage
 * collector nothing. The handle is made when it is first needed.
 */
export class HandleOwner {
  #handle: Handle | undefined;
  #number: number | undefined;
  /** Keeps `postMessage` from sending an empty object instead of the tensor. */
  protected readonly thread: symbol = ONE_THREAD;

  /** Not for callers: the constructor takes what only the addon can provide. */
  constructor(handle: Handle | undefined, number?: number | typeof FROM_ADDON) {
    if (number === FROM_ADDON) {
      this.#handle = handle;
    } else {
      if (handle !== undefined || typeof number !== 'number') checkHandle(handle);
      this.#handle = handle;
      this.#number = number;
    }
    if (born !== undefined) born(this);
  }

  /** Whether {@link dispose} has been called. */
  get disposed(): boolean {
    checkTensor(this);
    return this.#handle === undefined && this.#number === undefined;
  }

  /**
   * Frees the tensor's memory now rather than when it is collected. A second call does nothing; using the tensor
   * afterwards is a TorchError with code `ERR_DISPOSED`. A graph that still needs its values keeps them.
   */
  dispose(): void {
    checkTensor(this);
    this.#number = undefined;
    if (this.#handle === undefined) return;
    native().dispose(this.#handle);
    this.#handle = undefined;
  }

  [Symbol.dispose](): void {
    checkTensor(this);
    this.dispose();
  }

  static {
    handleOf = (value, parameter) => {
      if (typeof value !== 'object' || value === null || !(#handle in value))
        throw invalidType(parameter, 'a Tensor', value);
      const handle = value.#handle;
      if (handle !== undefined) return handle;
      if (value.#number === undefined) {
        throw new TorchError('ERR_DISPOSED', `${parameter}: expected a live Tensor, got one that has been disposed`, {
          parameter,
          expected: 'a live Tensor',
          got: 'one that has been disposed',
        });
      }
      value.#handle = native().from_number(value.#number);
      value.#number = undefined;
      return value.#handle;
    };
    knownHandle = (value) =>
      typeof value === 'object' && value !== null && #handle in value ? value.#handle : undefined;
    numberOf = (value) => value.#number;
    isTensor = (value) => typeof value === 'object' && value !== null && #handle in value;
  }
}

/**
 * Whether a value comes from the addon: an external, which in Deno is recognized only by not being an instance of
 * Object.
 */
export function isHandle(value: unknown): boolean {
  if (types.isExternal !== undefined) return types.isExternal(value);
  return typeof value === 'object' && value !== null && !isRevoked(value) && !(value instanceof Object);
}

describeWith((value) => (isTensor(value) ? 'a Tensor' : undefined));
