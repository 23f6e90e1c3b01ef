import { type CallShape, readCall } from '../base/positional.js';
import type { Tensor } from '../tensor/tensor.js';
import { POSITIVE, REAL } from './constraints.js';
import { Distribution, type DistributionOptions, readParameters } from './distribution.js';

/** Options of distributions that are moved and scaled. */
export interface LocationOptions extends DistributionOptions {
  /** Where the distribution is: the mean of those that have one. */
  loc?: Tensor | number | undefined;
  /** How wide it is. */
  scale?: Tensor | number | undefined;
}

/** A distribution of real numbers with its mode at `loc`, as wide as `scale`. */
export abstract class LocationScale extends Distribution {
  readonly loc: Tensor;
  readonly scale: Tensor;

  /** @param args - `loc, scale, validate_args?`, by position or by name */
  protected constructor(shape: CallShape, args: readonly unknown[]) {
    const given = readCall<LocationOptions>(shape, args);
    const { loc, scale, batch_shape } = readParameters(given, { loc: REAL, scale: POSITIVE });
    super(batch_shape, given.validate_args);
    this.loc = loc;
    this.scale = scale;
  }

  override get mode(): Tensor {
    return this.loc;
  }
}
