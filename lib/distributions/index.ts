/** `torch.distributions`: the probability distributions that policies and losses need. */
export { Bernoulli, type BernoulliOptions } from './bernoulli.js';
export { Categorical, type CategoricalOptions } from './categorical.js';
export { Distribution, type DistributionOptions } from './distribution.js';
export { kl_divergence } from './kl.js';
export { Normal, type NormalOptions } from './normal.js';
export { Uniform, type UniformOptions } from './uniform.js';
