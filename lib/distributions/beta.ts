import { callShape, readCall } from '../base/positional.js';
import { op } from '../tensor/call.js';
import type { Tensor } from '../tensor/tensor.js';
import { POSITIVE, UNIT_INTERVAL } from './constraints.js';
import { Dirichlet } from './dirichlet.js';
import { Distribution, type DistributionOptions, oneMinus, readParameters } from './distribution.js';

/** Options of {@link Beta}. */
export interface BetaOptions extends DistributionOptions {
  /** The power of x, plus 1; often called α. */
  concentration1?: Tensor | number | undefined;
  /** The power of 1 - x, plus 1; often called β. */
  concentration0?: Tensor | number | undefined;
}

const SHAPE = callShape('Beta', 'concentration1, concentration0, validate_args?');

/** The beta distribution, whose density is proportional to `x^(concentration1 - 1) · (1 - x)^(concentration0 - 1)`. */
export class Beta extends Distribution {
  readonly #dirichlet: Dirichlet;

  constructor(
    concentration1: Tensor | number | BetaOptions,
    concentration0?: Tensor | number | BetaOptions,
    validate_args?: boolean | null | BetaOptions,
  );
  constructor(...args: unknown[]) {
    const given = readCall<BetaOptions>(SHAPE, args);
    const constraints = { concentration1: POSITIVE, concentration0: POSITIVE };
    const { concentration1, concentration0, batch_shape } = readParameters(given, constraints);
    super(batch_shape, given.validate_args);
    this.#dirichlet = new Dirichlet(op('stack', [concentration1, concentration0], -1), false);
  }

  get concentration1(): Tensor {
    return this.#dirichlet.concentration.select(-1, 0);
  }

  get concentration0(): Tensor {
    return this.#dirichlet.concentration.select(-1, 1);
  }

  get mean(): Tensor {
    const { concentration1, concentration0 } = this;
    return concentration1.div(concentration1.add(concentration0));
  }

  override get mode(): Tensor {
    return this.#dirichlet.mode.select(-1, 0);
  }

  get variance(): Tensor {
    const { concentration1, concentration0 } = this;
    const total = concentration1.add(concentration0);
    return concentration1.mul(concentration0).div(total.pow(2).mul(total.add(1)));
  }

  override rsample(sample_shape: readonly number[] = []): Tensor {
    return this.#dirichlet.rsample(sample_shape).select(-1, 0);
  }

  override log_prob(value: Tensor): Tensor {
    this.checkValue(value, UNIT_INTERVAL);
    return this.#dirichlet.log_prob(op('stack', [value, oneMinus(value)], -1));
  }

  override entropy(): Tensor {
    return this.#dirichlet.entropy();
  }
}
