import type { LegacyOptions, LossRow } from '../loss/row.js';
import { boolean, real, reduction } from '../loss/params.js';
import { TORCH, halfOnCPU } from './releases.js';
import type { Like, PromotedBy } from '../tensor/shapes.js';
import type { Tensor } from '../tensor/tensor.js';
import type { Float, Integer, Shape } from '../base/types.js';
import type { AsyncRest, CallOptions, Mode, Outcome, Reduced, Reduction } from '../loss/call_types.js';
import { tensors } from './checks.js';
import { composed, inFloat32, madeOf, roughExponential } from './deviations.js';

/** Options of the Poisson loss in MindSpore's namespace. `R` is the reduction. */
export interface MindSporePoissonNLLOptions<R extends Reduction = Reduction> {
  /** Whether the input is the logarithm of the rate rather than the rate. Default true. */
  log_input?: boolean | undefined;
  /** Whether to add Stirling's approximation of the target's factorial, where the target is above 1. Default false. */
  full?: boolean | undefined;
  /** Added to the rate before taking its logarithm, with `log_input: false`. Default 1e-8. */
  eps?: number | undefined;
  /** How the losses of the elements are reduced. Default `'mean'`. */
  reduction?: R | undefined;
}

/** Options of the Poisson loss in PyTorch's namespaces. `R` is the reduction. */
export interface PoissonNLLOptions<R extends Reduction = Reduction>
  extends MindSporePoissonNLLOptions<R>,
    LegacyOptions {}

/** Calls a Poisson loss with the options of the constructor. */
export interface PoissonNLLForward<R extends Reduction, A extends Mode = 'sync'> {
  /**
   * The negative log-likelihood of counts under Poisson distributions.
   *
   * @param log_input - logarithms of the rates (or the rates, with `log_input: false`) of any shape, in a floating
   *   dtype
   * @param target - the observed counts, in any dtype, in the shape of `log_input`
   * @returns the loss in the promoted dtype of `log_input` and `target`: a scalar, or one value per count with
   *   reduction `'none'`
   * @throws TorchError if the shapes do not broadcast
   */
  <S extends Shape, T extends Shape, D extends Float, E extends Float | Integer>(
    log_input: Tensor<S, D>,
    target: Tensor<Like<S, T>, E>,
    ...options: AsyncRest<A>
  ): Outcome<A, Tensor<Reduced<S, R>, PromotedBy<D, E>>>;
}

/** Calls MindSpore's Poisson loss with the options of the constructor. */
export interface MindSporePoissonNLLForward<R extends Reduction, A extends Mode = 'sync'> {
  /**
   * The negative log-likelihood of counts under Poisson distributions.
   *
   * @param input - logarithms of the rates (or the rates, with `log_input: false`) of any shape, in a floating dtype
   * @param target - the observed counts, in the shape of `input`; they are converted to its dtype
   * @returns the loss in the dtype of `input`: a scalar, or one value per count with reduction `'none'`
   * @throws TorchError if the shapes do not broadcast
   */
  <S extends Shape, T extends Shape, D extends Float>(
    input: Tensor<S, D>,
    target: Tensor<Like<S, T>, Float | Integer>,
    ...options: AsyncRest<A>
  ): Outcome<A, Tensor<Reduced<S, R>, D>>;
}

/** `torch.nn.functional.poisson_nll_loss`. */
export interface PoissonNLLFunction<A extends Mode = 'sync'> {
  /**
   * The negative log-likelihood of counts under Poisson distributions: `exp(input) - target input`, or `input - target
   * log(input + eps)` with `log_input: false`.
   *
   * @param input - logarithms of the rates (or the rates, with `log_input: false`) of any shape, in a floating dtype
   * @param target - the observed counts, in any dtype, in the shape of `input`
   * @param options - `log_input`, `full`, `eps`, `reduction`
   * @returns the loss in the promoted dtype of `input` and `target`: a scalar, or one value per count with reduction
   *   `'none'`
   * @throws TypeError for a `reduction` that is not a string
   * @throws TorchError if the shapes do not broadcast
   * @example
   * ```ts
   * const input = torch.tensor([0, 1]);
   * const target = torch.tensor([1, 2]);
   * torch.nn.functional.poisson_nll_loss(input, target).item();   // 0.85914...
   * torch.nn.functional.poisson_nll_loss(input, target, { full: true }).item();   // 1.18504...
   * ```
   */
  <S extends Shape, T extends Shape, D extends Float, E extends Float | Integer, R extends Reduction = 'mean'>(
    input: Tensor<S, D>,
    target: Tensor<Like<S, T>, E>,
    options?: CallOptions<A, PoissonNLLOptions<R>>,
  ): Outcome<A, Tensor<Reduced<S, R>, PromotedBy<D, E>>>;
}

/** MindSpore converts the counts to the input's dtype. */
function convertTarget(inputs: readonly unknown[], names: readonly string[]): readonly Tensor[] {
  const [input, target] = tensors(inputs, names) as readonly [Tensor, Tensor];
  return [input, target.dtype === input.dtype ? target : target.to(input.dtype)];
}

const torchOptions = ['log_input', 'full', 'size_average', 'eps', 'reduce', 'reduction'] as const;

/** Negative log-likelihood of counts under Poisson distributions. */
export const poissonNLL = {
  op: 'poisson_nll_loss',
  formula:
    'loss = exp(input) - target input, with log_input false: input - target log(input + eps)\n' +
    'with full, where target > 1: + target log(target) - target + 0.5 log(2π target)',
  tex: [
    String.raw`\ell=e^{x}-y\,x`,
    String.raw`\text{log\_input false: }\;\ell=x-y\log(x+\epsilon)`,
    String.raw`\text{full, }y>1\text{: }\;+\,y\log y-y+\tfrac12\log(2\pi y)`,
  ],
  use: 'Use it to predict counts, such as events in an interval, with the log of the expected count as the output.',
  avoid: 'Avoid it when the counts vary much more than their mean (overdispersion), or when the target is not a count.',
  params: {
    log_input: boolean(true),
    full: boolean(false),
    eps: real(1e-8),
    reduction: reduction(undefined, { exact: true }),
  },
  versions: [
    {
      namespaces: ['mindspore.nn'],
      releases: 'MindSpore 2.0',
      note: '0-dimensional inputs are a ValueError; 2.3 accepts them',
    },
    halfOnCPU,
    { namespaces: TORCH, releases: 'PyTorch after 1.13', note: 'the error message for an unknown reduction differs' },
  ],
  namespaces: {
    'torch.nn': { name: 'PoissonNLLLoss', inputs: ['log_input', 'target'], options: torchOptions },
    'torch.nn.functional': { name: 'poisson_nll_loss', inputs: ['input', 'target'], options: torchOptions },
    'mindspore.nn': {
      name: 'PoissonNLLLoss',
      inputs: ['input', 'target'],
      options: ['log_input', 'full', 'eps', 'reduction'],
      prepare: convertTarget,
    },
  },
  deviations: [
    {
      about: 'float64',
      torch: 'full precision: a loss of 0.1 stays 0.1',
      mindspore: 'cast to float32 and back for every reduction: 0.10000000149011612',
      examples: [
        {
          dtype: 'float64',
          inputs: [[0.1], [0]],
          options: { log_input: false, reduction: 'none' },
          torch: [0.1],
          mindspore: [0.10000000149011612],
        },
      ],
      explains: inFloat32,
    },
    {
      about: 'the gradient of a target of 0 with full',
      torch: 'nan for an input of 1',
      mindspore: 'without that term: -1',
      examples: [
        {
          inputs: [[1], [0]],
          options: { full: true, reduction: 'sum' },
          gradient: 'target',
          torch: [Number.NaN],
          mindspore: [-1],
        },
      ],
      explains: (call) =>
        call.options.full === true &&
        call.differs === 'gradient of target' &&
        Number.isNaN(call.element?.ours) &&
        madeOf(call, (count) => count === 0, 1),
    },
    roughExponential,
    ...composed,
  ],
} satisfies LossRow<PoissonNLLOptions>;
