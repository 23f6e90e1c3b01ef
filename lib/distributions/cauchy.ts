import { callShape } from '../base/positional.js';
import { checkTensorArgument } from '../tensor/composed/steps.js';
import { full } from '../tensor/creation.js';
import type { Tensor } from '../tensor/tensor.js';
import { REAL } from './constraints.js';
import { minusFrom } from './distribution.js';
import { type LocationOptions, LocationScale } from './location.js';

const SHAPE = callShape('Cauchy', 'loc, scale, validate_args?');

/** The Cauchy distribution of median `loc` and half width at half maximum `scale`. It has no mean: NaN everywhere. */
export class Cauchy extends LocationScale {
  constructor(
    loc: Tensor | number | LocationOptions,
    scale?: Tensor | number | LocationOptions,
    validate_args?: boolean | null | LocationOptions,
  );
  constructor(...args: unknown[]) {
    super(SHAPE, args);
  }

  get mean(): Tensor {
    return this.#everywhere(Number.NaN);
  }

  /** Infinity everywhere. */
  get variance(): Tensor {
    return this.#everywhere(Number.POSITIVE_INFINITY);
  }

  override rsample(sample_shape: readonly number[] = []): Tensor {
    const noise = this.loc.new_empty(this.extended(sample_shape)).cauchy_();
    return this.loc.add(noise.mul(this.scale));
  }

  override log_prob(value: Tensor): Tensor {
    this.checkValue(value, REAL);
    return minusFrom(-Math.log(Math.PI), this.scale.log()).sub(value.sub(this.loc).div(this.scale).pow(2).log1p());
  }

  override cdf(value: Tensor): Tensor {
    this.checkValue(value, REAL);
    return value.sub(this.loc).div(this.scale).atan().div(Math.PI).add(0.5);
  }

  override icdf(value: Tensor): Tensor {
    checkTensorArgument(value, 'value');
    return value.sub(0.5).mul(Math.PI).tan().mul(this.scale).add(this.loc);
  }

  override entropy(): Tensor {
    return this.scale.log().add(Math.log(4 * Math.PI));
  }

  #everywhere(value: number): Tensor {
    const { dtype, device } = this.loc;
    return full(this.extended([]), value, { dtype, device: device as never });
  }
}
