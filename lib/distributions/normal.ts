import { checkTensorArgument } from '../tensor/composed/steps.js';
import { callShape } from '../base/positional.js';
import { no_grad } from '../tensor/autograd.js';
import { normal } from '../tensor/random.js';
import type { Tensor } from '../tensor/tensor.js';
import { REAL } from './constraints.js';
import { type LocationOptions, LocationScale } from './location.js';

const SHAPE = callShape('Normal', 'loc, scale, validate_args?');

/**
 * The normal distribution of mean `loc` and standard deviation `scale`.
 *
 * @example
 * ```ts
 * const m = new torch.distributions.Normal(0, 1);
 * m.log_prob(torch.tensor(0)).item().toFixed(4);   // '-0.9189'
 * ```
 */
export class Normal extends LocationScale {
  constructor(
    loc: Tensor | number | LocationOptions,
    scale?: Tensor | number | LocationOptions,
    validate_args?: boolean | null | LocationOptions,
  );
  constructor(...args: unknown[]) {
    super(SHAPE, args);
  }

  get mean(): Tensor {
    return this.loc;
  }

  override get stddev(): Tensor {
    return this.scale;
  }

  get variance(): Tensor {
    return this.scale.pow(2);
  }

  override sample(sample_shape: readonly number[] = []): Tensor {
    const shape = this.extended(sample_shape);
    return no_grad(() => normal(this.loc.expand(shape), this.scale.expand(shape)));
  }

  override rsample(sample_shape: readonly number[] = []): Tensor {
    const noise = this.loc.new_empty(this.extended(sample_shape)).normal_();
    return this.loc.add(noise.mul(this.scale));
  }

  override log_prob(value: Tensor): Tensor {
    this.checkValue(value, REAL);
    const squares = value.sub(this.loc).pow(2).neg();
    const spread = this.scale.pow(2).mul(2);
    return squares
      .div(spread)
      .sub(this.scale.log())
      .sub(Math.log(Math.sqrt(2 * Math.PI)));
  }

  override cdf(value: Tensor): Tensor {
    this.checkValue(value, REAL);
    const z = value.sub(this.loc).mul(this.scale.reciprocal()).div(Math.sqrt(2));
    return z.erf().add(1).mul(0.5);
  }

  override icdf(value: Tensor): Tensor {
    checkTensorArgument(value, 'value');
    return this.loc.add(this.scale.mul(value.mul(2).sub(1).erfinv()).mul(Math.sqrt(2)));
  }

  override entropy(): Tensor {
    return this.scale.log().add(0.5 + 0.5 * Math.log(2 * Math.PI));
  }
}
