import { callShape, readCall } from '../base/positional.js';
import { invalidType, invalidValue } from '../base/errors.js';
import { isTensor } from '../addon/handle.js';
import { op } from '../tensor/call.js';
import { AutogradFunction, type FunctionContext } from '../tensor/function.js';
import type { Tensor } from '../tensor/tensor.js';
import { POSITIVE, SIMPLEX } from './constraints.js';
import { demand, Distribution, type DistributionOptions, minusFrom } from './distribution.js';

/** Options of {@link Dirichlet}. */
export interface DirichletOptions extends DistributionOptions {
  /** What each part weighs, along the last dimension; often called α. */
  concentration?: Tensor | undefined;
}

const SHAPE = callShape('Dirichlet', 'concentration, validate_args?');

/** Samples, through which the gradients are those of the inverse distribution function. */
class Drawn extends AutogradFunction {
  static override forward(ctx: FunctionContext, concentration: Tensor): Tensor {
    const x = op('_sample_dirichlet', concentration, null);
    ctx['x'] = x.detach();
    ctx.save_for_backward(concentration);
    return x;
  }

  static override backward(ctx: FunctionContext, grad: Tensor): Tensor {
    const [concentration] = ctx.saved_tensors as [Tensor];
    const x = ctx['x'] as Tensor;
    const total = concentration.sum(-1, true).expand_as(concentration);
    const slope = op('_dirichlet_grad', x, concentration, total);
    return slope.mul(grad.sub(x.mul(grad).sum(-1, true)));
  }
}

/** The Dirichlet distribution of vectors of parts of 1, with the density `∏ x_k^(concentration_k - 1)` up to a factor. */
export class Dirichlet extends Distribution {
  readonly concentration: Tensor;

  constructor(concentration: Tensor | DirichletOptions, validate_args?: boolean | null | DirichletOptions);
  constructor(...args: unknown[]) {
    const { concentration, validate_args } = readCall<DirichletOptions>(SHAPE, args);
    if (!isTensor(concentration)) throw invalidType('concentration', 'a Tensor', concentration);
    const given = concentration as Tensor;
    const shape = given.shape as readonly number[];
    if (shape.length === 0) throw invalidValue('concentration', 'at least one dimension', given);
    super(shape.slice(0, -1), validate_args, shape.slice(-1));
    if (this.checks) demand('concentration', given, POSITIVE);
    this.concentration = given;
  }

  get mean(): Tensor {
    return this.concentration.div(this.concentration.sum(-1, true));
  }

  /** Where all concentrations are below 1, the corner of the greatest. */
  override get mode(): Tensor {
    const above = this.concentration.sub(1).clamp({ min: 0 });
    const mode = above.div(above.sum(-1, true));
    const corner = op('one_hot', mode.argmax(-1), this.event_shape[0] as number).to(mode);
    return op('where.self', this.concentration.lt(1).all(-1).unsqueeze(-1), corner, mode);
  }

  get variance(): Tensor {
    const { concentration } = this;
    const total = concentration.sum(-1, true);
    return concentration.mul(total.sub(concentration)).div(total.pow(2).mul(total.add(1)));
  }

  override rsample(sample_shape: readonly number[] = []): Tensor {
    return Drawn.apply(this.concentration.expand(this.extended(sample_shape)));
  }

  override log_prob(value: Tensor): Tensor {
    this.checkValue(value, SIMPLEX);
    const { concentration } = this;
    return concentration
      .sub(1)
      .xlogy(value)
      .sum(-1)
      .add(concentration.sum(-1).lgamma())
      .sub(concentration.lgamma().sum(-1));
  }

  override entropy(): Tensor {
    const { concentration } = this;
    const total = concentration.sum(-1);
    return concentration
      .lgamma()
      .sum(-1)
      .sub(total.lgamma())
      .sub(minusFrom(this.event_shape[0] as number, total).mul(total.digamma()))
      .sub(concentration.sub(1).mul(concentration.digamma()).sum(-1));
  }
}
