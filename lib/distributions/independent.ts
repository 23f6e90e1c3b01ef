import { callShape, readCall } from '../base/positional.js';
import { invalidType, invalidValue } from '../base/errors.js';
import { isInstance } from '../base/plain_object.js';
import type { Tensor } from '../tensor/tensor.js';
import { Distribution, type DistributionOptions, sumRightmost } from './distribution.js';

/** Options of {@link Independent}. */
export interface IndependentOptions extends DistributionOptions {
  base_distribution?: Distribution | undefined;
  /** How many of the last dimensions of its batch become part of an event. */
  reinterpreted_batch_ndims?: number | undefined;
}

const SHAPE = callShape('Independent', 'base_distribution, reinterpreted_batch_ndims, validate_args?');

/**
 * Distributions side by side as one of vectors or matrices: `log_prob` and `entropy` are sums over the last dimensions.
 *
 * @example
 * ```ts
 * const normal = new torch.distributions.Normal(torch.zeros([3]), torch.ones([3]));
 * const m = new torch.distributions.Independent(normal, 1);
 * [m.batch_shape, m.event_shape];   // [[], [3]]
 * ```
 */
export class Independent extends Distribution {
  readonly base_dist: Distribution;
  readonly reinterpreted_batch_ndims: number;

  constructor(
    base_distribution: Distribution | IndependentOptions,
    reinterpreted_batch_ndims?: number | IndependentOptions,
    validate_args?: boolean | null | IndependentOptions,
  );
  constructor(...args: unknown[]) {
    const given = readCall<IndependentOptions>(SHAPE, args);
    const { base_distribution: base, reinterpreted_batch_ndims: count, validate_args } = given;
    if (!isInstance(base, Distribution)) throw invalidType('base_distribution', 'a Distribution', base);
    const batch = base.batch_shape;
    if (typeof count !== 'number' || !Number.isInteger(count) || count < 0 || count > batch.length)
      throw invalidValue(
        'reinterpreted_batch_ndims',
        `an integer from 0 to ${batch.length}, the dimensions of the batch`,
        count,
      );
    const cut = batch.length - count;
    super(batch.slice(0, cut), validate_args, [...batch.slice(cut), ...base.event_shape]);
    this.base_dist = base;
    this.reinterpreted_batch_ndims = count;
  }

  get mean(): Tensor {
    return this.base_dist.mean;
  }

  override get mode(): Tensor {
    return this.base_dist.mode;
  }

  get variance(): Tensor {
    return this.base_dist.variance;
  }

  override sample(sample_shape: readonly number[] = []): Tensor {
    return this.base_dist.sample(sample_shape);
  }

  override rsample(sample_shape: readonly number[] = []): Tensor {
    return this.base_dist.rsample(sample_shape);
  }

  override log_prob(value: Tensor): Tensor {
    return sumRightmost(this.base_dist.log_prob(value), this.reinterpreted_batch_ndims);
  }

  override entropy(): Tensor {
    return sumRightmost(this.base_dist.entropy(), this.reinterpreted_batch_ndims);
  }
}
