import { callShape, readCall } from '../base/positional.js';
import { checkTensorArgument } from '../tensor/composed/steps.js';
import type { Tensor } from '../tensor/tensor.js';
import { NONNEGATIVE, POSITIVE } from './constraints.js';
import { Distribution, type DistributionOptions, minusFrom, oneMinus, readParameters } from './distribution.js';

/** Options of {@link Exponential}. */
export interface ExponentialOptions extends DistributionOptions {
  /** How many events there are in a unit of time. */
  rate?: Tensor | number | undefined;
}

const SHAPE = callShape('Exponential', 'rate, validate_args?');

/**
 * The exponential distribution, of the density `rate · exp(-rate · x)` for `x ≥ 0`.
 *
 * @example
 * ```ts
 * const m = new torch.distributions.Exponential(2);
 * m.log_prob(torch.tensor(1)).item().toFixed(4);   // '-1.3069'
 * ```
 */
export class Exponential extends Distribution {
  readonly rate: Tensor;

  constructor(rate: Tensor | number | ExponentialOptions, validate_args?: boolean | null | ExponentialOptions);
  constructor(...args: unknown[]) {
    const given = readCall<ExponentialOptions>(SHAPE, args);
    const { rate, batch_shape } = readParameters(given, { rate: POSITIVE });
    super(batch_shape, given.validate_args);
    this.rate = rate;
  }

  get mean(): Tensor {
    return this.rate.reciprocal();
  }

  override get mode(): Tensor {
    return this.rate.new_zeros(this.rate.shape);
  }

  override get stddev(): Tensor {
    return this.rate.reciprocal();
  }

  get variance(): Tensor {
    return this.rate.pow(-2);
  }

  override rsample(sample_shape: readonly number[] = []): Tensor {
    return this.rate.new_empty(this.extended(sample_shape)).exponential_().div(this.rate);
  }

  override log_prob(value: Tensor): Tensor {
    this.checkValue(value, NONNEGATIVE);
    return this.rate.log().sub(this.rate.mul(value));
  }

  override cdf(value: Tensor): Tensor {
    this.checkValue(value, NONNEGATIVE);
    return oneMinus(this.rate.neg().mul(value).exp());
  }

  override icdf(value: Tensor): Tensor {
    checkTensorArgument(value, 'value');
    return value.neg().log1p().neg().div(this.rate);
  }

  override entropy(): Tensor {
    return minusFrom(1, this.rate.log());
  }
}
