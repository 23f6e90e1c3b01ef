import { invalidType } from '../base/errors.js';
import { isInstance } from '../base/plain_object.js';
import { op } from '../tensor/call.js';
import type { Tensor } from '../tensor/tensor.js';
import { Bernoulli } from './bernoulli.js';
import { Categorical } from './categorical.js';
import { Distribution, oneMinus } from './distribution.js';
import { Normal } from './normal.js';
import { Uniform } from './uniform.js';

/**
 * The Kullback-Leibler divergence `KL(p ‖ q)` of each pair of distributions, which are of one class.
 *
 * @throws TypeError for distributions of two classes
 */
export function kl_divergence(p: Distribution, q: Distribution): Tensor {
  if (isInstance(p, Categorical) && isInstance(q, Categorical)) return ofCategorical(p, q);
  if (isInstance(p, Bernoulli) && isInstance(q, Bernoulli)) return ofBernoulli(p, q);
  if (isInstance(p, Normal) && isInstance(q, Normal)) {
    const ratio = p.scale.div(q.scale).pow(2);
    const shift = p.loc.sub(q.loc).div(q.scale).pow(2);
    return ratio.add(shift).sub(1).sub(ratio.log()).mul(0.5);
  }
  if (isInstance(p, Uniform) && isInstance(q, Uniform)) {
    const ratio = q.high.sub(q.low).div(p.high.sub(p.low)).log();
    return ratio.masked_fill(q.low.gt(p.low).logical_or(q.high.lt(p.high)), Number.POSITIVE_INFINITY);
  }
  if (!isInstance(p, Distribution)) throw invalidType('p', 'a Distribution', p);
  throw invalidType('q', `a ${p.constructor.name}, as p is`, q);
}

function ofCategorical(p: Categorical, q: Categorical): Tensor {
  const terms = p.probs.mul(p.logits.sub(q.logits));
  const never = (probs: Tensor) => probs.eq(0).expand_as(terms);
  return terms.masked_fill(never(q.probs), Number.POSITIVE_INFINITY).masked_fill(never(p.probs), 0).sum(-1);
}

function ofBernoulli(p: Bernoulli, q: Bernoulli): Tensor {
  const softplus = (logits: Tensor) => op('softplus', logits);
  const ones = p.probs
    .mul(softplus(q.logits.neg()).sub(softplus(p.logits.neg())))
    .masked_fill(q.probs.eq(0), Number.POSITIVE_INFINITY)
    .masked_fill(p.probs.eq(0), 0);
  const zeros = oneMinus(p.probs)
    .mul(softplus(q.logits).sub(softplus(p.logits)))
    .masked_fill(q.probs.eq(1), Number.POSITIVE_INFINITY)
    .masked_fill(p.probs.eq(1), 0);
  return ones.add(zeros);
}
