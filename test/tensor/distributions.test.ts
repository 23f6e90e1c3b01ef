/** Distributions compared with PyTorch 2.13; samples with its random streams. */
import { describe, expect, it } from 'vitest';
import { type Tensor, torch } from '../../lib/index.js';
import { libtorch } from '../../lib/addon/native.js';
import { thrownBy } from '../helpers/errors.js';

const { Bernoulli, Categorical, kl_divergence, Normal, Uniform } = torch.distributions;
const t = (...values: number[]) => torch.tensor(values);

function near(actual: Tensor, expected: readonly number[]): void {
  const values = [...actual.detach().toTypedArray()] as number[];
  expect(values.length).toBe(expected.length);
  for (const [at, value] of values.entries()) {
    const wanted = expected[at] as number;
    if (Number.isFinite(wanted))
      expect(Math.abs(value - wanted), `${at}: ${value}`).toBeLessThan(1e-5 * (1 + Math.abs(wanted)));
    else expect(value).toBe(wanted);
  }
}

const p = () =>
  torch.tensor([
    [1, 2, 3],
    [4, 0, 1],
  ]);
const q = () =>
  torch.tensor([
    [0.2, 0.3, 0.5],
    [0.6, 0.3, 0.1],
  ]);

describe('Categorical', () => {
  it('has PyTorch’s numbers', () => {
    const m = new Categorical(p());
    near(m.log_prob(t(2, 0)), [-0.693147, -0.223144]);
    near(m.entropy(), [1.011404, 0.500402]);
    near(kl_divergence(m, new Categorical({ probs: q() })), [0.004733, 0.368775]);
    expect(m.mode.tolist()).toEqual([2, 0]);
    near(
      new Categorical({ logits: p() }).log_prob(
        torch.tensor([
          [0, 1],
          [2, 2],
        ]),
      ),
      [-2.407606, -4.065884, -0.407606, -3.065884],
    );
    expect([m.batch_shape, m.event_shape, m.sample([4]).shape]).toEqual([[2], [], [4, 2]]);
    expect(m.enumerate_support().tolist()).toEqual([
      [0, 0],
      [1, 1],
      [2, 2],
    ]);
    expect(m.mean.tolist()).toEqual([Number.NaN, Number.NaN]);
  });

  it('passes gradients through log_prob, also within scopes', () => {
    const logits = torch.tensor([0, 0], { requires_grad: true });
    const m = new Categorical({ logits });
    torch.scope(() => void m.probs);
    torch.scope(() => m.log_prob(torch.tensor(1)).backward());
    near(logits.grad, [-0.5, 0.5]);
    expect(m.probs.tolist()).toEqual([0.5, 0.5]);
  });

  it('refuses invalid probabilities and classes', () => {
    expect(thrownBy(() => new Categorical())).toMatchObject({ parameter: 'probs' });
    expect(thrownBy(() => new Categorical(p(), p()))).toMatchObject({ parameter: 'probs' });
    expect(thrownBy(() => new Categorical(torch.tensor(1)))).toMatchObject({ parameter: 'probs' });
    expect(thrownBy(() => new Categorical(t(-1, 2)))).toMatchObject({ parameter: 'probs' });
    expect(thrownBy(() => new Categorical({ logits: t(Number.NaN) }))).toMatchObject({ parameter: 'logits' });
    expect(thrownBy(() => new Categorical(p()).log_prob(t(3, 0)))).toMatchObject({ parameter: 'value' });
    expect(thrownBy(() => new Categorical(p()).rsample())).toMatchObject({ code: 'ERR_NOT_IMPLEMENTED' });
    expect(thrownBy(() => kl_divergence(new Categorical(p()), new Normal(0, 1)))).toMatchObject({ parameter: 'q' });
  });
});

describe('Bernoulli, Normal and Uniform', () => {
  it('have PyTorch’s numbers', () => {
    const b = new Bernoulli(t(0.2, 0.5, 1));
    near(b.log_prob(t(1, 0, 1)), [-1.609438, -0.693147, 0]);
    near(b.entropy(), [0.500402, 0.693147, 0]);
    near(kl_divergence(b, new Bernoulli(t(0.3, 0.3, 0.3))), [0.025732, 0.087177, 1.203973]);
    near(b.mode, [0, Number.NaN, 1]);
    near(b.variance, [0.16, 0.25, 0]);
    near(new Bernoulli({ logits: t(0.5, -1) }).probs, [0.622459, 0.268941]);
    const n = new Normal(t(0, 1), 2);
    near(n.log_prob(t(0.5, -1)), [-1.643336, -2.112086]);
    near(n.entropy(), [2.112086, 2.112086]);
    near(n.cdf(t(0.5, 2)), [0.598706, 0.691462]);
    near(n.icdf(t(0.1, 0.9)), [-2.563103, 3.563103]);
    near(kl_divergence(n, new Normal(t(0.5, 0.5), t(1, 3))), [0.931853, 0.141576]);
    const u = new Uniform({ low: t(0, 1), high: t(2, 5) });
    near(u.log_prob(t(1, 5)), [-0.693147, Number.NEGATIVE_INFINITY]);
    near(u.entropy(), [0.693147, 1.386294]);
    near(u.cdf(t(1, 2)), [0.5, 0.25]);
    near(u.mean, [1, 3]);
    near(u.variance, [0.333333, 1.333333]);
    near(u.stddev, [0.57735, 1.154701]);
    near(kl_divergence(u, new Uniform(t(-1, 2), t(3, 9))), [0.693147, Number.POSITIVE_INFINITY]);
  });

  it('refuse invalid parameters', () => {
    expect(thrownBy(() => new Normal(0, -1))).toMatchObject({ parameter: 'scale' });
    expect(thrownBy(() => new Uniform(1, 1))).toMatchObject({ parameter: 'high' });
    expect(thrownBy(() => new Bernoulli(2))).toMatchObject({ parameter: 'probs' });
    expect(thrownBy(() => new Normal('0' as never, 1))).toMatchObject({ parameter: 'loc' });
    expect(new Normal(0, -1, false).scale.item()).toBe(-1);
  });

  it('pass gradients through rsample', () => {
    const loc = torch.tensor([0, 0], { requires_grad: true });
    new Normal(loc, 1).rsample([3]).sum().backward();
    expect(loc.grad.tolist()).toEqual([3, 3]);
    expect(new Normal(loc, 1).sample().requires_grad).toBe(false);
  });
});

describe('the other distributions', () => {
  const {
    Beta,
    Binomial,
    Chi2,
    Dirichlet,
    Gamma,
    Geometric,
    Independent,
    Laplace,
    MixtureSameFamily,
    MultivariateNormal,
    OneHotCategorical,
    Poisson,
    StudentT,
  } = torch.distributions;
  const eye = () => torch.eye(2);

  it('refuse parameters that make no distribution', () => {
    const wrong: [() => unknown, string][] = [
      [() => new Gamma(1, 0), 'rate'],
      [() => new Gamma(t(-1), 1), 'concentration'],
      [() => new Chi2('1' as never), 'df'],
      [() => new StudentT(-1), 'df'],
      [() => new Beta(1, t(0)), 'concentration0'],
      [() => new Dirichlet(torch.tensor(1)), 'concentration'],
      [() => new Dirichlet(t(1, -1)), 'concentration'],
      [() => new Geometric(0), 'probs'],
      [() => new Binomial(1.5, 0.5), 'total_count'],
      [() => new Poisson(-1), 'rate'],
      [() => new Laplace(0, 0), 'scale'],
      [() => new OneHotCategorical(t(0, 0)), 'probs'],
      [() => new Independent(new Normal(0, 1), 1), 'reinterpreted_batch_ndims'],
      [() => new Independent(1 as never, 0), 'base_distribution'],
      [() => new MultivariateNormal(torch.tensor(1), eye()), 'loc'],
      [() => new MultivariateNormal(t(0, 0)), 'covariance_matrix'],
      [() => new MultivariateNormal(t(0, 0), eye(), eye()), 'covariance_matrix'],
      [() => new MultivariateNormal(t(0, 0, 0), eye()), 'covariance_matrix'],
      [() => new MultivariateNormal(t(0, 0), eye().sub(2)), 'covariance_matrix'],
      [
        () => new MultivariateNormal(t(0, 0), { precision_matrix: eye().triu().add(eye().roll(1, 0).triu()) }),
        'precision_matrix',
      ],
      [() => new MultivariateNormal(t(0, 0), { scale_tril: eye().neg() }), 'scale_tril'],
      [() => new MixtureSameFamily(new Normal(0, 1) as never, new Normal(0, 1)), 'mixture_distribution'],
      [() => new MixtureSameFamily(new Categorical(t(1, 1)), new Normal(t(0, 0, 0), 1)), 'component_distribution'],
    ];
    for (const [make, parameter] of wrong) expect(thrownBy(make), String(make)).toMatchObject({ parameter });
  });

  it('refuse values that they cannot give', () => {
    const wrong: (() => unknown)[] = [
      () => new Gamma(1, 1).log_prob(t(-1)),
      () => new Beta(1, 1).log_prob(t(1.5)),
      () => new Dirichlet(t(1, 1)).log_prob(t(0.5, 0.6)),
      () => new Dirichlet(t(1, 1)).log_prob(t(1, 0, 0)),
      () => new Geometric(0.5).log_prob(t(0.5)),
      () => new Binomial(3, t(0.5)).log_prob(t(4)),
      () => new Poisson(1).log_prob(t(-1)),
      () => new OneHotCategorical(t(1, 1)).log_prob(t(1, 1)),
      () => new MultivariateNormal(t(0, 0), eye()).log_prob(t(0, 0, 0)),
      () => new Normal(t(0, 0), 1).log_prob(t(0, 0, 0)),
    ];
    for (const call of wrong) expect(thrownBy(call), String(call)).toMatchObject({ parameter: 'value' });
    expect(new Poisson({ rate: 1, validate_args: false }).log_prob(t(-1)).item()).toBe(Number.NEGATIVE_INFINITY);
  });

  it('say which functions they do not have', () => {
    const lacking: (() => unknown)[] = [
      () => new Poisson(1).entropy(),
      () => new Poisson(1).rsample(),
      () => new Binomial(t(1, 2), t(0.5, 0.5)).entropy(),
      () => kl_divergence(new StudentT(1), new StudentT(2)),
      () => kl_divergence(new Binomial(1, t(0.5)), new Binomial(2, t(0.5))),
    ];
    for (const call of lacking) expect(thrownBy(call), String(call)).toMatchObject({ code: 'ERR_NOT_IMPLEMENTED' });
  });

  it('keep the graph of what was first computed without one', () => {
    const logits = torch.tensor([0.5], { requires_grad: true });
    const m = new Bernoulli({ logits });
    m.sample();
    m.probs.sum().backward();
    near(logits.grad, [0.235004]);
  });
});

it.runIf(libtorch().version.startsWith('2.13'))('draws PyTorch’s samples', () => {
  torch.manual_seed(4);
  expect(new Categorical(p()).sample([2]).tolist()).toEqual([
    [1, 0],
    [2, 2],
  ]);
  expect(new Bernoulli(t(0.2, 0.5, 1)).sample().tolist()).toEqual([0, 0, 1]);
  const n = new Normal(t(0, 1), 2);
  near(n.rsample([2]), [-0.690069, -2.455194, -2.074801, 3.363848]);
  near(n.sample(), [-0.927426, 3.41173]);
  near(new Uniform(t(0, 1), t(2, 5)).sample([2]), [1.046524, 4.705073, 1.086127, 4.00229]);
});
