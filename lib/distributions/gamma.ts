import { callShape, readCall } from '../base/positional.js';
import { invalidType } from '../base/errors.js';
import { isTensor } from '../addon/handle.js';
import { op } from '../tensor/call.js';
import { finfo } from '../tensor/limits.js';
import type { Tensor } from '../tensor/tensor.js';
import { NONNEGATIVE, POSITIVE } from './constraints.js';
import { Distribution, type DistributionOptions, oneMinus, readParameters } from './distribution.js';

/** Options of {@link Gamma}. */
export interface GammaOptions extends DistributionOptions {
  /** The shape of the density, often called α. */
  concentration?: Tensor | number | undefined;
  /** The reciprocal of its scale, often called β. */
  rate?: Tensor | number | undefined;
}

const GAMMA = callShape('Gamma', 'concentration, rate, validate_args?');
const CHI2 = callShape('Chi2', 'df, validate_args?');

/** The gamma distribution, whose density is proportional to `x^(concentration - 1) · exp(-rate · x)`. */
export class Gamma extends Distribution {
  readonly concentration: Tensor;
  readonly rate: Tensor;

  constructor(
    concentration: Tensor | number | GammaOptions,
    rate?: Tensor | number | GammaOptions,
    validate_args?: boolean | null | GammaOptions,
  );
  constructor(...args: unknown[]) {
    const given = readCall<GammaOptions>(GAMMA, args);
    const { concentration, rate, batch_shape } = readParameters(given, { concentration: POSITIVE, rate: POSITIVE });
    super(batch_shape, given.validate_args);
    this.concentration = concentration;
    this.rate = rate;
  }

  get mean(): Tensor {
    return this.concentration.div(this.rate);
  }

  override get mode(): Tensor {
    return this.concentration.sub(1).div(this.rate).clamp({ min: 0 });
  }

  get variance(): Tensor {
    return this.concentration.div(this.rate.pow(2));
  }

  override rsample(sample_shape: readonly number[] = []): Tensor {
    const shape = this.extended(sample_shape);
    const value = op('_standard_gamma', this.concentration.expand(shape), null).div(this.rate.expand(shape));
    value.detach().clamp_({ min: finfo(value.dtype as 'float32').tiny });
    return value;
  }

  override log_prob(value: Tensor): Tensor {
    this.checkValue(value, NONNEGATIVE);
    const { concentration, rate } = this;
    return concentration
      .xlogy(rate)
      .add(concentration.sub(1).xlogy(value))
      .sub(rate.mul(value))
      .sub(concentration.lgamma());
  }

  override cdf(value: Tensor): Tensor {
    this.checkValue(value, NONNEGATIVE);
    return op('special_gammainc', this.concentration, this.rate.mul(value));
  }

  override entropy(): Tensor {
    const { concentration, rate } = this;
    return concentration
      .sub(rate.log())
      .add(concentration.lgamma())
      .add(oneMinus(concentration).mul(concentration.digamma()));
  }
}

/** Options of {@link Chi2}. */
export interface Chi2Options extends DistributionOptions {
  /** The degrees of freedom. */
  df?: Tensor | number | undefined;
}

/** The χ² distribution of `df` degrees of freedom: the gamma distribution of concentration `df / 2` and rate 1/2. */
export class Chi2 extends Gamma {
  constructor(df: Tensor | number | Chi2Options, validate_args?: boolean | null | Chi2Options);
  constructor(...args: unknown[]) {
    const { df, validate_args } = readCall<Chi2Options>(CHI2, args);
    if (!isTensor(df) && typeof df !== 'number') throw invalidType('df', 'a Tensor or a number', df);
    super(typeof df === 'number' ? 0.5 * df : (df as Tensor).mul(0.5), 0.5, validate_args ?? true);
  }

  /** The degrees of freedom. */
  get df(): Tensor {
    return this.concentration.mul(2);
  }
}
