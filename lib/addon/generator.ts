import { describeWith, invalidType, TorchError } from '../base/errors.js';
import type { GeneratorHandle } from './native.js';

/**
 * Reads the handle of a generator.
 *
 * @param parameter - the name of the argument, for the errors
 * @throws TypeError if `value` is not a generator, TorchError `ERR_DISPOSED` if it has been disposed
 */
export let generatorHandleOf: (value: unknown, parameter: string) => GeneratorHandle;

/** Whether `value` is a generator, disposed or not. */
export let isGenerator: (value: unknown) => boolean;

/** Owns the handle of a generator: the base of `Generator`, separate so that lower layers can read handles. */
export class GeneratorOwner {
  /** The handle, or a function that makes it when it is first needed. */
  #source: GeneratorHandle | (() => GeneratorHandle) | undefined;

  protected constructor(source: GeneratorHandle | (() => GeneratorHandle)) {
    this.#source = source;
  }

  /** Whether {@link dispose} has been called. */
  get disposed(): boolean {
    if (!isGenerator(this)) throw invalidType('generator', 'a Generator', this);
    return this.#source === undefined;
  }

  /** Releases the generator now. Using it afterwards is a TorchError with code `ERR_DISPOSED`. */
  dispose(): void {
    if (!isGenerator(this)) throw invalidType('generator', 'a Generator', this);
    this.#source = undefined;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  static {
    isGenerator = (value) => typeof value === 'object' && value !== null && #source in value;
    generatorHandleOf = (value, parameter) => {
      if (typeof value !== 'object' || value === null || !(#source in value)) {
        throw invalidType(parameter, 'a Generator', value);
      }
      const source = value.#source;
      if (source === undefined) {
        throw new TorchError(
          'ERR_DISPOSED',
          `${parameter}: expected a live Generator, got one that has been disposed`,
          {
            parameter,
            expected: 'a live Generator',
            got: 'one that has been disposed',
          },
        );
      }
      if (typeof source !== 'function') return source;
      const handle = source();
      value.#source = handle;
      return handle;
    };
  }
}

describeWith((value) => (isGenerator(value) ? 'a Generator' : undefined));
