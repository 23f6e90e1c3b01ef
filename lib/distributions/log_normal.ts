import { callShape, readCall } from '../base/positional.js';
import { checkTensorArgument } from '../tensor/composed/steps.js';
import { no_grad } from '../tensor/autograd.js';
import type { Tensor } from '../tensor/tensor.js';
import { POSITIVE } from './constraints.js';
import { Distribution, minusFrom } from './distribution.js';
import { Normal } from './normal.js';
import type { LocationOptions } from './location.js';

const SHAPE = callShape('LogNormal', 'loc, scale, validate_args?');

/** What has a logarithm of the normal distribution of mean `loc` and standard deviation `scale`. */
export class LogNormal extends Distribution {
  /** The distribution of the logarithm. */
  readonly base_dist: Normal;

  constructor(
    loc: Tensor | number | LocationOptions,
    scale?: Tensor | number | LocationOptions,
    validate_args?: boolean | null | LocationOptions,
  );
  constructor(...args: unknown[]) {
    const given = readCall<LocationOptions>(SHAPE, args);
    const base = new Normal(given);
    super(base.batch_shape, given.validate_args);
    this.base_dist = base;
  }

  get loc(): Tensor {
    return this.base_dist.loc;
  }

  get scale(): Tensor {
    return this.base_dist.scale;
  }

  get mean(): Tensor {
    return this.loc.add(this.scale.pow(2).div(2)).exp();
  }

  override get mode(): Tensor {
    return this.loc.sub(this.scale.square()).exp();
  }

  get variance(): Tensor {
    const squares = this.scale.pow(2);
    return squares.expm1().mul(this.loc.mul(2).add(squares).exp());
  }

  override sample(sample_shape: readonly number[] = []): Tensor {
    return no_grad(() => this.base_dist.sample(sample_shape).exp());
  }

  override rsample(sample_shape: readonly number[] = []): Tensor {
    return this.base_dist.rsample(sample_shape).exp();
  }

  override log_prob(value: Tensor): Tensor {
    this.checkValue(value, POSITIVE);
    const log = value.log();
    return minusFrom(0, log).add(this.base_dist.log_prob(log));
  }

  override cdf(value: Tensor): Tensor {
    checkTensorArgument(value, 'value');
    return this.base_dist.cdf(value.log());
  }

  override icdf(value: Tensor): Tensor {
    checkTensorArgument(value, 'value');
    return this.base_dist.icdf(value).exp();
  }

  override entropy(): Tensor {
    return this.base_dist.entropy().add(this.loc);
  }
}
