import { callShape, readCall } from '../base/positional.js';
import { invalidType, invalidValue } from '../base/errors.js';
import { isTensor } from '../addon/handle.js';
import { full } from '../tensor/creation.js';
import { finfo } from '../tensor/limits.js';
import type { Tensor } from '../tensor/tensor.js';
import { REAL } from './constraints.js';
import {
  broadcastShape,
  clampProbs,
  demand,
  Distribution,
  type DistributionOptions,
  either,
  lazily,
} from './distribution.js';

/** Options of {@link Categorical}. */
export interface CategoricalOptions extends DistributionOptions {
  /** What each class weighs, along the last dimension; need not sum to 1. */
  probs?: Tensor | null | undefined;
  /** The logarithms of that, up to a constant. */
  logits?: Tensor | null | undefined;
}

const SHAPE = callShape('Categorical', 'probs?, logits?, validate_args?');

/**
 * One of the classes 0 to K - 1: `P(k) = probs[k]`, or `softmax(logits)[k]`.
 *
 * @example
 * ```ts
 * const m = new torch.distributions.Categorical(torch.tensor([0.25, 0.75]));
 * const action = m.sample();
 * m.log_prob(action).shape;   // []
 * m.entropy().item().toFixed(4);   // '0.5623'
 * ```
 */
export class Categorical extends Distribution {
  readonly #probs: () => Tensor;
  readonly #logits: () => Tensor;
  readonly #classes: number;

  constructor(
    probs?: Tensor | null | CategoricalOptions,
    logits?: Tensor | null | CategoricalOptions,
    validate_args?: boolean | null,
  );
  constructor(...args: unknown[]) {
    const { probs, logits, validate_args } = readCall<CategoricalOptions>(SHAPE, args);
    const which = either(probs, logits);
    const given = (probs ?? logits) as Tensor;
    if (!isTensor(given)) throw invalidType(which, 'a Tensor', given);
    const shape = given.shape as readonly number[];
    if (shape.length === 0) throw invalidValue(which, 'at least one dimension', given);
    super(shape.slice(0, -1), validate_args);
    this.#classes = shape.at(-1) as number;
    if (which === 'probs') {
      if (this.checks) {
        demand('probs', given, { fits: (each) => each.ge(0), expected: 'no negative weights' });
        demand('probs', given, { fits: (each) => each.sum(-1).gt(0), expected: 'weights whose sum is positive' });
      }
      const normalized = given.div(given.sum(-1, { keepdim: true }));
      this.#probs = () => normalized;
      this.#logits = lazily(() => clampProbs(normalized).log());
    } else {
      if (this.checks) demand('logits', given, REAL);
      const normalized = given.sub(given.logsumexp(-1, { keepdim: true }));
      this.#logits = () => normalized;
      this.#probs = lazily(() => normalized.softmax(-1));
    }
  }

  /** The probabilities, which sum to 1. */
  get probs(): Tensor {
    return this.#probs();
  }

  /** Their logarithms. */
  get logits(): Tensor {
    return this.#logits();
  }

  /** There is no mean of classes: NaN everywhere. */
  get mean(): Tensor {
    const { dtype, device } = this.probs;
    return full(this.extended([]), Number.NaN, { dtype, device: device as never });
  }

  /** Likewise. */
  get variance(): Tensor {
    return this.mean;
  }

  override get mode(): Tensor {
    return this.probs.argmax(-1);
  }

  override sample(sample_shape: readonly number[] = []): Tensor {
    const shape = this.extended(sample_shape);
    const samples = shape.slice(0, shape.length - this.batch_shape.length);
    const count = samples.reduce((total, size) => total * size, 1);
    const rows = this.probs.reshape([-1, this.#classes]);
    return rows.multinomial(count, true).t().reshape(shape);
  }

  override log_prob(value: Tensor): Tensor {
    this.checkValue(value, {
      fits: (each) => each.ge(0).logical_and(each.le(this.#classes - 1)),
      expected: `classes from 0 to ${this.#classes - 1}`,
    });
    const place = value.long().unsqueeze(-1);
    const { logits } = this;
    const shape = broadcastShape(place.shape, logits.shape);
    const column = place.expand(shape).narrow(-1, 0, 1);
    return logits.expand(shape).gather(-1, column).squeeze(-1);
  }

  override entropy(): Tensor {
    const { min } = finfo(this.logits.dtype as 'float32');
    return this.logits.clamp({ min }).mul(this.probs).sum(-1).neg();
  }

  /** Every class, `[K, ...batch_shape]`. */
  enumerate_support(expand = true): Tensor {
    const values = this.probs.new_tensor(
      Array.from({ length: this.#classes }, (_, at) => at),
      { dtype: 'int64' },
    );
    const column = values.view([-1, ...this.batch_shape.map(() => 1)]);
    return expand ? column.expand([-1, ...this.batch_shape]) : column;
  }
}
