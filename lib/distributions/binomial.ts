import { TorchError } from '../base/errors.js';
import { callShape, readCall } from '../base/positional.js';
import { no_grad } from '../tensor/autograd.js';
import { op } from '../tensor/call.js';
import { arange } from '../tensor/creation.js';
import type { Tensor } from '../tensor/tensor.js';
import { BinaryDistribution, type BinaryOptions, BinaryParameters } from './binary.js';
import { COUNT, countUpTo } from './constraints.js';
import { demand, oneMinus } from './distribution.js';

/** Options of {@link Binomial}. */
export interface BinomialOptions extends BinaryOptions {
  /** The number of trials. Default 1. */
  total_count?: Tensor | number | undefined;
}

const SHAPE = callShape('Binomial', 'total_count?, probs?, logits?, validate_args?');

/** How many of `total_count` independent trials succeed, each with probability `probs`. */
export class Binomial extends BinaryDistribution {
  /** The number of trials. */
  readonly total_count: Tensor;
  constructor(
    total_count?: Tensor | number | BinomialOptions,
    probs?: Tensor | number | null | BinomialOptions,
    logits?: Tensor | number | null | BinomialOptions,
    validate_args?: boolean | null | BinomialOptions,
  );
  constructor(...args: unknown[]) {
    const { total_count = 1, ...given } = readCall<BinomialOptions>(SHAPE, args);
    const parameters = new BinaryParameters(given, total_count);
    super(parameters, given.validate_args);
    this.total_count = parameters.total_count as Tensor;
    if (this.checks) demand('total_count', this.total_count, COUNT);
  }

  get mean(): Tensor {
    return this.total_count.mul(this.probs);
  }

  override get mode(): Tensor {
    return op('clamp.Tensor', this.total_count.add(1).mul(this.probs).floor(), null, this.total_count);
  }

  get variance(): Tensor {
    return this.total_count.mul(this.probs).mul(oneMinus(this.probs));
  }

  override sample(sample_shape: readonly number[] = []): Tensor {
    const shape = this.extended(sample_shape);
    return no_grad(() => op('binomial', this.total_count.expand(shape), this.probs.expand(shape), null));
  }

  override log_prob(value: Tensor): Tensor {
    this.checkValue(value, countUpTo(this.total_count));
    return this.#logProb(value);
  }

  /**
   * The entropy of each distribution.
   *
   * @throws TorchError `ERR_NOT_IMPLEMENTED` where the numbers of trials differ
   */
  override entropy(): Tensor {
    const logs = this.#logProb(this.enumerate_support(false));
    return logs.exp().mul(logs).sum(0).neg();
  }

  /** Every count, `[total_count + 1, ...batch_shape]`. */
  enumerate_support(expand = true): Tensor {
    const [least, most] = no_grad(() => [this.total_count.min().item(), this.total_count.max().item()]);
    if (least !== most)
      throw new TorchError('ERR_NOT_IMPLEMENTED', 'Binomial: counts are listed only where all total_count are equal');
    const { dtype, device } = this.total_count;
    const values = arange(most + 1, { dtype, device: device as never });
    const column = values.view([-1, ...this.batch_shape.map(() => 1)]);
    return expand ? column.expand([-1, ...this.batch_shape]) : column;
  }

  #logProb(value: Tensor): Tensor {
    const { logits, total_count: n } = this;
    // In Python's order, in which gradients are added up.
    const ways = n.add(1).lgamma();
    const successes = value.add(1).lgamma();
    const failures = n.sub(value).add(1).lgamma();
    // As clamp(min=0), but with a gradient of 1/2 at 0.
    const clamped = logits
      .clamp({ min: 0 })
      .add(logits)
      .sub(logits.clamp({ max: 0 }))
      .div(2);
    const normalizer = n.mul(clamped).add(n.mul(logits.abs().neg().exp().log1p())).sub(ways);
    return value.mul(logits).sub(successes).sub(failures).sub(normalizer);
  }
}
