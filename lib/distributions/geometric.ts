import { callShape, readCall } from '../base/positional.js';
import { no_grad } from '../tensor/autograd.js';
import { op } from '../tensor/call.js';
import { finfo } from '../tensor/limits.js';
import type { Tensor } from '../tensor/tensor.js';
import { COUNT, POSITIVE } from './constraints.js';
import { broadcastAll, demand } from './distribution.js';
import { BinaryDistribution, type BinaryOptions, BinaryParameters } from './binary.js';

const SHAPE = callShape('Geometric', 'probs?, logits?, validate_args?');
const NO_REDUCTION = 0;

/** The number of failures before the first success: `P(k) = (1 - probs)^k · probs` for `k` from 0. */
export class Geometric extends BinaryDistribution {
  constructor(
    probs?: Tensor | number | null | BinaryOptions,
    logits?: Tensor | number | null | BinaryOptions,
    validate_args?: boolean | null,
  );
  constructor(...args: unknown[]) {
    const given = readCall<BinaryOptions>(SHAPE, args);
    const parameters = new BinaryParameters(given);
    super(parameters, given.validate_args);
    if (this.checks && given.probs != null) demand('probs', parameters.probs, POSITIVE);
  }

  get mean(): Tensor {
    return this.probs.reciprocal().sub(1);
  }

  override get mode(): Tensor {
    return this.probs.new_zeros(this.probs.shape);
  }

  get variance(): Tensor {
    return this.probs.reciprocal().sub(1).div(this.probs);
  }

  override sample(sample_shape: readonly number[] = []): Tensor {
    const shape = this.extended(sample_shape);
    return no_grad(() => {
      const u = this.probs.new_empty(shape).uniform_(finfo(this.probs.dtype as 'float32').tiny, 1);
      return u.log().div(this.probs.neg().log1p()).floor();
    });
  }

  override log_prob(value: Tensor): Tensor {
    this.checkValue(value, COUNT);
    const [counts, probs] = broadcastAll({ value, probs: this.probs }) as [Tensor, Tensor];
    const failing = probs.masked_fill(probs.eq(1).logical_and(counts.eq(0)), 0);
    return counts.mul(failing.neg().log1p()).add(this.probs.log());
  }

  override entropy(): Tensor {
    return op('binary_cross_entropy_with_logits', this.logits, this.probs, null, null, NO_REDUCTION).div(this.probs);
  }
}
