import { callShape, readCall } from '../base/positional.js';
import { no_grad } from '../tensor/autograd.js';
import { op } from '../tensor/call.js';
import type { Tensor } from '../tensor/tensor.js';
import { BinaryDistribution, type BinaryOptions, BinaryParameters } from './binary.js';
import { ZERO_OR_ONE } from './constraints.js';
import { broadcastAll, oneMinus } from './distribution.js';

const SHAPE = callShape('Bernoulli', 'probs?, logits?, validate_args?');
const NO_REDUCTION = 0;

/** 1 with probability `probs`, else 0. */
export class Bernoulli extends BinaryDistribution {
  constructor(
    probs?: Tensor | number | null | BinaryOptions,
    logits?: Tensor | number | null | BinaryOptions,
    validate_args?: boolean | null,
  );
  constructor(...args: unknown[]) {
    const given = readCall<BinaryOptions>(SHAPE, args);
    super(new BinaryParameters(given), given.validate_args);
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
    this.checkValue(value, ZERO_OR_ONE);
    const [logits, target] = broadcastAll({ logits: this.logits, value }) as [Tensor, Tensor];
    return op('binary_cross_entropy_with_logits', logits, target, null, null, NO_REDUCTION).neg();
  }

  override entropy(): Tensor {
    return op('binary_cross_entropy_with_logits', this.logits, this.probs, null, null, NO_REDUCTION);
  }
}
