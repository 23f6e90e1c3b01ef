import { callShape, readCall } from '../base/positional.js';
import { checkTensorArgument } from '../tensor/composed/steps.js';
import { no_grad } from '../tensor/autograd.js';
import { op } from '../tensor/call.js';
import type { Tensor } from '../tensor/tensor.js';
import { NONNEGATIVE, POSITIVE } from './constraints.js';
import { Distribution, type DistributionOptions, readParameters } from './distribution.js';
import { Normal } from './normal.js';

/** Options of {@link HalfNormal}. */
export interface HalfNormalOptions extends DistributionOptions {
  /** The standard deviation of the normal distribution. */
  scale?: Tensor | number | undefined;
}

const SHAPE = callShape('HalfNormal', 'scale, validate_args?');

/** The absolute value of what has the normal distribution of mean 0 and standard deviation `scale`. */
export class HalfNormal extends Distribution {
  /** The normal distribution. */
  readonly base_dist: Normal;

  constructor(scale: Tensor | number | HalfNormalOptions, validate_args?: boolean | null | HalfNormalOptions);
  constructor(...args: unknown[]) {
    const given = readCall<HalfNormalOptions>(SHAPE, args);
    const { scale, batch_shape } = readParameters(given, { scale: POSITIVE });
    super(batch_shape, given.validate_args);
    this.base_dist = new Normal(0, scale, false);
  }

  get scale(): Tensor {
    return this.base_dist.scale;
  }

  get mean(): Tensor {
    return this.scale.mul(Math.sqrt(2 / Math.PI));
  }

  override get mode(): Tensor {
    return this.scale.new_zeros(this.scale.shape);
  }

  get variance(): Tensor {
    return this.scale.pow(2).mul(1 - 2 / Math.PI);
  }

  override sample(sample_shape: readonly number[] = []): Tensor {
    return no_grad(() => this.base_dist.sample(sample_shape).abs());
  }

  override rsample(sample_shape: readonly number[] = []): Tensor {
    return this.base_dist.rsample(sample_shape).abs();
  }

  override log_prob(value: Tensor): Tensor {
    this.checkValue(value, NONNEGATIVE);
    const log = this.base_dist.log_prob(value).add(Math.log(2));
    return op('where.ScalarOther', value.ge(0), log, Number.NEGATIVE_INFINITY);
  }

  override cdf(value: Tensor): Tensor {
    this.checkValue(value, NONNEGATIVE);
    return this.base_dist.cdf(value).mul(2).sub(1);
  }

  override icdf(value: Tensor): Tensor {
    checkTensorArgument(value, 'value');
    return this.base_dist.icdf(value.add(1).div(2));
  }

  override entropy(): Tensor {
    return this.base_dist.entropy().sub(Math.log(2));
  }
}
