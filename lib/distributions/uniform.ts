import { checkTensorArgument } from '../tensor/composed/steps.js';
import { callShape, readCall } from '../base/positional.js';
import type { Tensor } from '../tensor/tensor.js';
import { REAL } from './constraints.js';
import { demand, Distribution, type DistributionOptions, readParameters } from './distribution.js';

/** Options of {@link Uniform}. */
export interface UniformOptions extends DistributionOptions {
  /** The lower end, which samples may be. */
  low?: Tensor | number | undefined;
  /** The upper end, which they are not. */
  high?: Tensor | number | undefined;
}

const SHAPE = callShape('Uniform', 'low, high, validate_args?');

/** The uniform distribution from `low` up to, and without, `high`. */
export class Uniform extends Distribution {
  readonly low: Tensor;
  readonly high: Tensor;

  constructor(
    low: Tensor | number | UniformOptions,
    high?: Tensor | number | UniformOptions,
    validate_args?: boolean | null | UniformOptions,
  );
  constructor(...args: unknown[]) {
    const given = readCall<UniformOptions>(SHAPE, args);
    const { low, high, batch_shape } = readParameters(given, { low: REAL, high: REAL });
    super(batch_shape, given.validate_args);
    if (this.checks) demand('high', high, { fits: (each) => each.gt(low), expected: 'more than low' });
    this.low = low;
    this.high = high;
  }

  get mean(): Tensor {
    return this.high.add(this.low).div(2);
  }

  /** All values are as probable: NaN everywhere. */
  override get mode(): Tensor {
    return this.high.mul(Number.NaN);
  }

  override get stddev(): Tensor {
    return this.high.sub(this.low).div(12 ** 0.5);
  }

  get variance(): Tensor {
    return this.high.sub(this.low).pow(2).div(12);
  }

  override rsample(sample_shape: readonly number[] = []): Tensor {
    const share = this.low.new_empty(this.extended(sample_shape)).uniform_(0, 1);
    return this.low.add(share.mul(this.high.sub(this.low)));
  }

  override log_prob(value: Tensor): Tensor {
    this.checkValue(value, {
      fits: (each) => each.ge(this.low).logical_and(each.le(this.high)),
      expected: 'values from low to high',
    });
    const inside = this.low.le(value).type_as(this.low).mul(this.high.gt(value).type_as(this.low));
    return inside.log().sub(this.high.sub(this.low).log());
  }

  override cdf(value: Tensor): Tensor {
    checkTensorArgument(value, 'value');
    return value.sub(this.low).div(this.high.sub(this.low)).clamp({ min: 0, max: 1 });
  }

  override icdf(value: Tensor): Tensor {
    checkTensorArgument(value, 'value');
    return value.mul(this.high.sub(this.low)).add(this.low);
  }

  override entropy(): Tensor {
    return this.high.sub(this.low).log();
  }
}
