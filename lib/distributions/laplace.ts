import { callShape } from '../base/positional.js';
import { checkTensorArgument } from '../tensor/composed/steps.js';
import { finfo } from '../tensor/limits.js';
import type { Tensor } from '../tensor/tensor.js';
import { REAL } from './constraints.js';
import { minusFrom } from './distribution.js';
import { type LocationOptions, LocationScale } from './location.js';

const SHAPE = callShape('Laplace', 'loc, scale, validate_args?');

/** The Laplace distribution, of the density `exp(-|x - loc| / scale) / (2 · scale)`. */
export class Laplace extends LocationScale {
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
    return this.scale.mul(2 ** 0.5);
  }

  get variance(): Tensor {
    return this.scale.pow(2).mul(2);
  }

  override rsample(sample_shape: readonly number[] = []): Tensor {
    const { eps } = finfo(this.loc.dtype as 'float32');
    const u = this.loc.new_empty(this.extended(sample_shape)).uniform_(eps - 1, 1);
    return this.loc.sub(this.scale.mul(u.sign()).mul(u.abs().neg().log1p()));
  }

  override log_prob(value: Tensor): Tensor {
    this.checkValue(value, REAL);
    return this.scale.mul(2).log().neg().sub(value.sub(this.loc).abs().div(this.scale));
  }

  override cdf(value: Tensor): Tensor {
    this.checkValue(value, REAL);
    const away = value.sub(this.loc);
    return minusFrom(0.5, away.sign().mul(0.5).mul(away.abs().neg().div(this.scale).expm1()));
  }

  override icdf(value: Tensor): Tensor {
    checkTensorArgument(value, 'value');
    const away = value.sub(0.5);
    return this.loc.sub(this.scale.mul(away.sign()).mul(away.abs().mul(-2).log1p()));
  }

  override entropy(): Tensor {
    return this.scale.mul(2).log().add(1);
  }
}
