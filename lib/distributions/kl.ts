import { invalidType, invalidValue, TorchError } from '../base/errors.js';
import { isInstance } from '../base/plain_object.js';
import { no_grad } from '../tensor/autograd.js';
import { op } from '../tensor/call.js';
import type { Tensor } from '../tensor/tensor.js';
import { Bernoulli } from './bernoulli.js';
import { Beta } from './beta.js';
import { Binomial } from './binomial.js';
import { Categorical } from './categorical.js';
import { Cauchy } from './cauchy.js';
import { Dirichlet } from './dirichlet.js';
import { Distribution, oneMinus, sumRightmost } from './distribution.js';
import { Exponential } from './exponential.js';
import { Gamma } from './gamma.js';
import { Geometric } from './geometric.js';
import { HalfNormal } from './half_normal.js';
import { Independent } from './independent.js';
import { Laplace } from './laplace.js';
import { LogNormal } from './log_normal.js';
import { divergenceOfNormals, MultivariateNormal } from './multivariate_normal.js';
import { Normal } from './normal.js';
import { OneHotCategorical } from './one_hot_categorical.js';
import { Poisson } from './poisson.js';
import { Uniform } from './uniform.js';

// biome-ignore lint/suspicious/noExplicitAny: each class has parameters of its own
type Any = any;
type Divergence<D> = (p: D, q: D) => Tensor;

function of<D>(kind: abstract new (...args: Any[]) => D, divergence: Divergence<D>): [Any, Divergence<Any>] {
  return [kind, divergence];
}

/** The divergence of two distributions of each class. */
const DIVERGENCES = [
  of(Bernoulli, ofBernoulli),
  of(Beta, ofBeta),
  of(Binomial, ofBinomial),
  of(Categorical, ofCategorical),
  of(Cauchy, (p, q) => {
    const apart = p.scale.add(q.scale).pow(2).add(p.loc.sub(q.loc).pow(2));
    return apart.log().sub(p.scale.mul(4).mul(q.scale).log());
  }),
  of(Dirichlet, ofDirichlet),
  of(Exponential, (p, q) => {
    const ratio = q.rate.div(p.rate);
    return ratio.log().neg().add(ratio).sub(1);
  }),
  of(Gamma, (p, q) =>
    q.concentration
      .mul(p.rate.div(q.rate).log())
      .add(q.concentration.lgamma().sub(p.concentration.lgamma()))
      .add(p.concentration.sub(q.concentration).mul(p.concentration.digamma()))
      .add(q.rate.sub(p.rate).mul(p.concentration.div(p.rate))),
  ),
  of(Geometric, (p, q) => p.entropy().neg().sub(q.probs.neg().log1p().div(p.probs)).sub(q.logits)),
  of(HalfNormal, (p, q) => ofNormal(p.base_dist, q.base_dist)),
  of(Independent, (p, q) => {
    const count = p.reinterpreted_batch_ndims;
    if (q.reinterpreted_batch_ndims !== count)
      throw invalidValue('q', `reinterpreted_batch_ndims of ${count}, as p has`, q.reinterpreted_batch_ndims);
    return sumRightmost(kl_divergence(p.base_dist, q.base_dist), count);
  }),
  of(Laplace, (p, q) => {
    const [ratio, apart] = [p.scale.div(q.scale), p.loc.sub(q.loc).abs()];
    return ratio
      .log()
      .neg()
      .add(apart.div(q.scale))
      .add(ratio.mul(apart.neg().div(p.scale).exp()))
      .sub(1);
  }),
  of(LogNormal, (p, q) => ofNormal(p.base_dist, q.base_dist)),
  of(MultivariateNormal, divergenceOfNormals),
  of(Normal, ofNormal),
  // OneHotCategorical has the probabilities of a Categorical.
  of(OneHotCategorical, ofCategorical),
  of(Poisson, (p, q) => p.rate.mul(p.rate.log().sub(q.rate.log())).sub(p.rate.sub(q.rate))),
  of(Uniform, (p, q) => {
    const ratio = q.high.sub(q.low).div(p.high.sub(p.low)).log();
    return ratio.masked_fill(q.low.gt(p.low).logical_or(q.high.lt(p.high)), Number.POSITIVE_INFINITY);
  }),
];

/**
 * The Kullback-Leibler divergence `KL(p ‖ q)` of each pair of distributions, which are of one class.
 *
 * @throws TypeError for distributions of two classes, and TorchError `ERR_NOT_IMPLEMENTED` for a class whose divergence
 *   has no closed form
 */
export function kl_divergence(p: Distribution, q: Distribution): Tensor {
  if (!isInstance(p, Distribution)) throw invalidType('p', 'a Distribution', p);
  if (!isInstance(q, Distribution)) throw invalidType('q', 'a Distribution', q);
  const found = DIVERGENCES.find(([kind]) => isInstance(p, kind) && isInstance(q, kind));
  if (found !== undefined) return found[1](p, q);
  if (p.constructor !== q.constructor) throw invalidType('q', `a ${p.constructor.name}, as p is`, q);
  throw new TorchError('ERR_NOT_IMPLEMENTED', `kl_divergence has no formula for ${p.constructor.name}`);
}

function ofNormal(p: Normal, q: Normal): Tensor {
  const ratio = p.scale.div(q.scale).pow(2);
  const shift = p.loc.sub(q.loc).div(q.scale).pow(2);
  return ratio.add(shift).sub(1).sub(ratio.log()).mul(0.5);
}

function ofCategorical(p: Categorical | OneHotCategorical, q: Categorical | OneHotCategorical): Tensor {
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

function ofBeta(p: Beta, q: Beta): Tensor {
  const [p1, p0, q1, q0] = [p.concentration1, p.concentration0, q.concentration1, q.concentration0];
  const [sumP, sumQ] = [p1.add(p0), q1.add(q0)];
  const own = q1.lgamma().add(q0.lgamma()).add(sumP.lgamma());
  const other = p1.lgamma().add(p0.lgamma()).add(sumQ.lgamma());
  return own
    .sub(other)
    .add(p1.sub(q1).mul(p1.digamma()))
    .add(p0.sub(q0).mul(p0.digamma()))
    .add(sumQ.sub(sumP).mul(sumP.digamma()));
}

function ofDirichlet(p: Dirichlet, q: Dirichlet): Tensor {
  const [sumP, sumQ] = [p.concentration.sum(-1), q.concentration.sum(-1)];
  const slopes = p.concentration.digamma().sub(sumP.digamma().unsqueeze(-1));
  return sumP
    .lgamma()
    .sub(sumQ.lgamma())
    .sub(p.concentration.lgamma().sub(q.concentration.lgamma()).sum(-1))
    .add(p.concentration.sub(q.concentration).mul(slopes).sum(-1));
}

function ofBinomial(p: Binomial, q: Binomial): Tensor {
  if (no_grad(() => p.total_count.lt(q.total_count).any().item()))
    throw new TorchError('ERR_NOT_IMPLEMENTED', 'kl_divergence of Binomials: q has more trials than p');
  const each = p.probs.mul(p.logits.sub(q.logits)).add(p.probs.neg().log1p()).sub(q.probs.neg().log1p());
  return p.total_count.mul(each).masked_fill(p.total_count.gt(q.total_count), Number.POSITIVE_INFINITY);
}
