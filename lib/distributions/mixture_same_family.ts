import { callShape, readCall } from '../base/positional.js';
import { invalidType, invalidValue } from '../base/errors.js';
import { isInstance } from '../base/plain_object.js';
import { isTensor } from '../addon/handle.js';
import { no_grad } from '../tensor/autograd.js';
import { op } from '../tensor/call.js';
import type { Tensor } from '../tensor/tensor.js';
import { Categorical } from './categorical.js';
import { broadcastShape, Distribution, type DistributionOptions } from './distribution.js';

/** Options of {@link MixtureSameFamily}. */
export interface MixtureSameFamilyOptions extends DistributionOptions {
  /** Which component, with which probability. */
  mixture_distribution?: Categorical | undefined;
  /** The components, along the last dimension of its batch. */
  component_distribution?: Distribution | undefined;
}

const SHAPE = callShape('MixtureSameFamily', 'mixture_distribution, component_distribution, validate_args?');

/**
 * A mixture of distributions of one kind, such as of Gaussians.
 *
 * @example
 * ```ts
 * const { Categorical, MixtureSameFamily, Normal } = torch.distributions;
 * const m = new MixtureSameFamily(new Categorical(torch.ones([2])), new Normal(torch.tensor([-1, 1]), 1));
 * m.mean.item();   // 0
 * ```
 */
export class MixtureSameFamily extends Distribution {
  readonly mixture_distribution: Categorical;
  readonly component_distribution: Distribution;

  constructor(
    mixture_distribution: Categorical | MixtureSameFamilyOptions,
    component_distribution?: Distribution | MixtureSameFamilyOptions,
    validate_args?: boolean | null | MixtureSameFamilyOptions,
  );
  constructor(...args: unknown[]) {
    const given = readCall<MixtureSameFamilyOptions>(SHAPE, args);
    const { mixture_distribution: mixture, component_distribution: component, validate_args } = given;
    if (!isInstance(mixture, Categorical)) throw invalidType('mixture_distribution', 'a Categorical', mixture);
    if (!isInstance(component, Distribution)) throw invalidType('component_distribution', 'a Distribution', component);
    const [classes, batch] = [mixture.probs.shape.at(-1), component.batch_shape];
    if (batch.at(-1) !== classes)
      throw invalidValue(
        'component_distribution',
        `a batch of ${classes} along its last dimension, as the mixture has`,
        batch,
      );
    broadcastShape(mixture.batch_shape, batch.slice(0, -1));
    super(batch.slice(0, -1), validate_args, component.event_shape);
    this.mixture_distribution = mixture;
    this.component_distribution = component;
  }

  get mean(): Tensor {
    return this.#weighted(this.component_distribution.mean);
  }

  /** The mean of the components' variances, and the variance of their means. */
  get variance(): Tensor {
    const { mean, variance } = this.component_distribution;
    return this.#weighted(variance).add(this.#weighted(mean.sub(this.#beside(this.mean)).pow(2)));
  }

  override sample(sample_shape: readonly number[] = []): Tensor {
    return no_grad(() => {
      const which = this.mixture_distribution.sample(sample_shape);
      const drawn = this.component_distribution.sample(sample_shape);
      const dim = sample_shape.length + this.batch_shape.length;
      const column = which.reshape([...which.shape, 1, ...this.event_shape.map(() => 1)]);
      const index = column.repeat([...which.shape.map(() => 1), 1, ...this.event_shape]);
      return drawn.gather(dim, index).squeeze(dim);
    });
  }

  override log_prob(value: Tensor): Tensor {
    if (!isTensor(value)) throw invalidType('value', 'a Tensor', value);
    const each = this.component_distribution.log_prob(this.#beside(value));
    return each.add(this.mixture_distribution.logits.log_softmax(-1)).logsumexp(-1);
  }

  override cdf(value: Tensor): Tensor {
    if (!isTensor(value)) throw invalidType('value', 'a Tensor', value);
    return this.component_distribution.cdf(this.#beside(value)).mul(this.mixture_distribution.probs).sum(-1);
  }

  /** There is no closed form: a TorchError `ERR_NOT_IMPLEMENTED`, as in Python. */
  override entropy(): Tensor {
    throw this.lacks('entropy');
  }

  /** A value, once for all components. */
  #beside(value: Tensor): Tensor {
    return value.unsqueeze(-1 - this.event_shape.length);
  }

  /** The mean over the components, weighted with their probabilities. */
  #weighted(each: Tensor): Tensor {
    const { probs, batch_shape } = this.mixture_distribution;
    const between = batch_shape.length === 1 ? 0 : this.batch_shape.length - batch_shape.length;
    const shape = [
      ...probs.shape.slice(0, -1),
      ...ones(between),
      probs.shape.at(-1) as number,
      ...ones(this.event_shape.length),
    ];
    return op('sum.dim_IntList', probs.reshape(shape).mul(each), [-1 - this.event_shape.length]);
  }
}

function ones(count: number): number[] {
  return Array.from({ length: count }, () => 1);
}
