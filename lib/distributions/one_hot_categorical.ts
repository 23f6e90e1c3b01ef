import { callShape, readCall } from '../base/positional.js';
import { op } from '../tensor/call.js';
import type { Tensor } from '../tensor/tensor.js';
import { Categorical, type CategoricalOptions } from './categorical.js';
import { ONE_HOT } from './constraints.js';
import { Distribution, oneMinus } from './distribution.js';

const SHAPE = callShape('OneHotCategorical', 'probs?, logits?, validate_args?');

/** One of K classes, as {@link Categorical}, whose samples are vectors with a single 1. */
export class OneHotCategorical extends Distribution {
  /** The same distribution of classes. */
  readonly #categorical: Categorical;

  constructor(
    probs?: Tensor | null | CategoricalOptions,
    logits?: Tensor | null | CategoricalOptions,
    validate_args?: boolean | null,
  );
  constructor(...args: unknown[]) {
    const given = readCall<CategoricalOptions>(SHAPE, args);
    const categorical = new Categorical(given);
    const classes = categorical.probs.shape.slice(-1);
    super(categorical.batch_shape, given.validate_args, classes);
    this.#categorical = categorical;
  }

  /** The probabilities, which sum to 1. */
  get probs(): Tensor {
    return this.#categorical.probs;
  }

  /** Their logarithms. */
  get logits(): Tensor {
    return this.#categorical.logits;
  }

  get mean(): Tensor {
    return this.probs;
  }

  override get mode(): Tensor {
    return this.#oneHot(this.probs.argmax(-1));
  }

  get variance(): Tensor {
    return this.probs.mul(oneMinus(this.probs));
  }

  override sample(sample_shape: readonly number[] = []): Tensor {
    return this.#oneHot(this.#categorical.sample(sample_shape));
  }

  override log_prob(value: Tensor): Tensor {
    this.checkValue(value, ONE_HOT);
    return this.#categorical.log_prob(value.max(-1).indices);
  }

  override entropy(): Tensor {
    return this.#categorical.entropy();
  }

  /** Every vector, `[K, ...batch_shape, K]`. */
  enumerate_support(expand = true): Tensor {
    const classes = this.event_shape[0] as number;
    const all = op('eye', classes).to(this.probs);
    const column = all.view([classes, ...this.batch_shape.map(() => 1), classes]);
    return expand ? column.expand([classes, ...this.batch_shape, classes]) : column;
  }

  #oneHot(classes: Tensor): Tensor {
    return op('one_hot', classes, this.event_shape[0] as number).to(this.probs);
  }
}

/** {@link OneHotCategorical} with `rsample`: the gradient of a sample is taken to be that of the probabilities. */
export class OneHotCategoricalStraightThrough extends OneHotCategorical {
  override rsample(sample_shape: readonly number[] = []): Tensor {
    return this.sample(sample_shape).add(this.probs.sub(this.probs.detach()));
  }
}
