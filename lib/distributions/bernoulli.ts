import { callShape, readCall } from '../base/positional.js';
import { no_grad } from '../tensor/autograd.js';
import { op } from '../tensor/call.js';
import type { Tensor } from '../tensor/tensor.js';
import {
  broadcastAll,
  clampProbs,
  demand,
  Distribution,
  type DistributionOptions,
  either,
  lazily,
  oneMinus,
} from './distribution.js';

/** Options of {@link Bernoulli}. */
export interface BernoulliOptions extends DistributionOptions {
  /** The probability of 1. */
  probs?: Tensor | number | null | undefined;
  /** The logarithm of its odds. */
  logits?: Tensor | number | null | undefined;
}

const SHAPE = callShape('Bernoulli', 'probs?, logits?, validate_args?');
const NO_REDUCTION = 0;

/** 1 with probability `probs`, else 0. */
export class Bernoulli extends Distribution {
  readonly #probs: () => Tensor;
  readonly #logits: () => Tensor;

  constructor(
    probs?: Tensor | number | null | BernoulliOptions,
    logits?: Tensor | number | null | BernoulliOptions,
    validate_args?: boolean | null,
  );
  constructor(...args: unknown[]) {
    const { probs, logits, validate_args } = readCall<BernoulliOptions>(SHAPE, args);
    const which = either(probs, logits);
    const [given] = broadcastAll({ [which]: probs ?? logits }) as [Tensor];
    super(given.shape, validate_args);
    if (which === 'probs') {
      if (this.checks)
        demand('probs', given, (each) => each.ge(0).logical_and(each.le(1)), 'probabilities between 0 and 1');
      this.#probs = () => given;
      this.#logits = lazily(() => {
        const clamped = clampProbs(given);
        return clamped.log().sub(clamped.neg().log1p());
      });
    } else {
      if (this.checks) demand('logits', given, (each) => each.eq(each), 'numbers, none of them NaN');
      this.#logits = () => given;
      this.#probs = lazily(() => given.sigmoid());
    }
  }

  /** The probability of 1. */
  get probs(): Tensor {
    return this.#probs();
  }

  /** The logarithm of its odds. */
  get logits(): Tensor {
    return this.#logits();
  }

  get mean(): Tensor {
    return this.probs;
  }

  get variance(): Tensor {
    return this.probs.mul(oneMinus(this.probs));
  }

  override get mode(): Tensor {
    const { probs } = this;
    return probs.ge(0.5).to(probs).masked_fill(probs.eq(0.5), Number.NaN);
  }

  override sample(sample_shape: readonly number[] = []): Tensor {
    const shape = this.extended(sample_shape);
    return no_grad(() => this.probs.expand(shape).bernoulli());
  }

  override log_prob(value: Tensor): Tensor {
    this.checkValue(value, (each) => each.eq(0).logical_or(each.eq(1)), '0 or 1');
    const [logits, target] = broadcastAll({ logits: this.logits, value }) as [Tensor, Tensor];
    return op('binary_cross_entropy_with_logits', logits, target, null, null, NO_REDUCTION).neg();
  }

  override entropy(): Tensor {
    return op('binary_cross_entropy_with_logits', this.logits, this.probs, null, null, NO_REDUCTION);
  }
}
