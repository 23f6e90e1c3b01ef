import { callShape, readCall } from '../base/positional.js';
import { no_grad } from '../tensor/autograd.js';
import { op } from '../tensor/call.js';
import type { Tensor } from '../tensor/tensor.js';
import { COUNT, NONNEGATIVE } from './constraints.js';
import { broadcastAll, Distribution, type DistributionOptions, readParameters } from './distribution.js';

/** Options of {@link Poisson}. */
export interface PoissonOptions extends DistributionOptions {
  /** The mean number of events. */
  rate?: Tensor | number | undefined;
}

const SHAPE = callShape('Poisson', 'rate, validate_args?');

/** The Poisson distribution of counts: `P(k) = rate^k · exp(-rate) / k!`. */
export class Poisson extends Distribution {
  readonly rate: Tensor;

  constructor(rate: Tensor | number | PoissonOptions, validate_args?: boolean | null | PoissonOptions);
  constructor(...args: unknown[]) {
    const given = readCall<PoissonOptions>(SHAPE, args);
    const { rate, batch_shape } = readParameters(given, { rate: NONNEGATIVE });
    super(batch_shape, given.validate_args);
    this.rate = rate;
  }

  get mean(): Tensor {
    return this.rate;
  }

  override get mode(): Tensor {
    return this.rate.floor();
  }

  get variance(): Tensor {
    return this.rate;
  }

  override sample(sample_shape: readonly number[] = []): Tensor {
    const shape = this.extended(sample_shape);
    return no_grad(() => op('poisson', this.rate.expand(shape), null));
  }

  override log_prob(value: Tensor): Tensor {
    this.checkValue(value, COUNT);
    const [rate, counts] = broadcastAll({ rate: this.rate, value }) as [Tensor, Tensor];
    return counts.xlogy(rate).sub(rate).sub(counts.add(1).lgamma());
  }

  /** There is no closed form: a TorchError `ERR_NOT_IMPLEMENTED`, as in Python. */
  override entropy(): Tensor {
    throw this.lacks('entropy');
  }
}
