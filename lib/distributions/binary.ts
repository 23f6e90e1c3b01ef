import type { Tensor } from '../tensor/tensor.js';
import { PROBABILITIES, REAL } from './constraints.js';
import {
  broadcastAll,
  clampProbs,
  demand,
  Distribution,
  type DistributionOptions,
  either,
  lazily,
} from './distribution.js';

/** Options of distributions of what happens or does not. */
export interface BinaryOptions extends DistributionOptions {
  /** The probability that it happens. */
  probs?: Tensor | number | null | undefined;
  /** The logarithm of its odds. */
  logits?: Tensor | number | null | undefined;
}

/** A probability, or the logarithm of its odds: one is given, the other computed when it is asked for. */
export class BinaryParameters {
  readonly shape: readonly number[];
  /** The number of trials, where one was given. */
  readonly total_count: Tensor | undefined;
  readonly #probs: () => Tensor;
  readonly #logits: () => Tensor;

  constructor({ probs, logits, validate_args }: BinaryOptions, total_count?: Tensor | number) {
    const which = either(probs, logits);
    const own = { [which]: probs ?? logits };
    const tensors = broadcastAll(total_count === undefined ? own : { total_count, ...own });
    const given = tensors.at(-1) as Tensor;
    this.total_count = total_count === undefined ? undefined : (tensors[0] as Tensor).type_as(given);
    this.shape = given.shape;
    if (validate_args ?? true) demand(which, given, which === 'probs' ? PROBABILITIES : REAL);
    if (which === 'probs') {
      this.#probs = () => given;
      this.#logits = lazily(() => {
        const clamped = clampProbs(given);
        return clamped.log().sub(clamped.neg().log1p());
      });
    } else {
      this.#logits = () => given;
      this.#probs = lazily(() => given.sigmoid());
    }
  }

  get probs(): Tensor {
    return this.#probs();
  }

  get logits(): Tensor {
    return this.#logits();
  }
}

/** A distribution of what happens or does not. */
export abstract class BinaryDistribution extends Distribution {
  readonly #parameters: BinaryParameters;

  protected constructor(parameters: BinaryParameters, validate_args: boolean | null | undefined) {
    super(parameters.shape, validate_args);
    this.#parameters = parameters;
  }

  /** The probability of a success. */
  get probs(): Tensor {
    return this.#parameters.probs;
  }

  /** The logarithm of its odds. */
  get logits(): Tensor {
    return this.#parameters.logits;
  }
}
