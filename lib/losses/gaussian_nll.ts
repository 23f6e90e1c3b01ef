import { dispatchTensor } from '../tensor/dispatch.js';
import { isFloat } from '../tensor/dtypes.js';
import { invalidType } from '../base/errors.js';
import type { LossRow } from '../loss/row.js';
import { boolean, real, reduction } from '../loss/params.js';
import { TORCH, halfOnCPU, since } from './releases.js';
import type { Like, LikeOrOne, Promoted, PromotedBy } from '../tensor/shapes.js';
import { Tensor } from '../tensor/tensor.js';
import type { Float, Integer, Shape } from '../base/types.js';
import type { AsyncRest, CallOptions, Mode, Outcome, Reduced, Reduction } from '../loss/call_types.js';
import { behaviour } from '../addon/versions.js';
import { tensors } from './checks.js';
import { composed, inMindSpore, weRefuse } from './deviations.js';

/**
 * The shapes that a variance of shape `V` may have for an input of shape `S`: `S`, with sizes of 1, or without the last
 * dimension.
 */
type Variance<S extends Shape, V extends Shape> = number extends S['length'] | V['length']
  ? V
  : S['length'] extends V['length']
    ? LikeOrOne<S, V>
    : S extends readonly [...infer Head extends Shape, number]
      ? Like<Head, V>
      : S;

/** Options of the Gaussian loss. `R` is the reduction. */
export interface GaussianNLLOptions<R extends Reduction = Reduction> {
  /** Whether to add the constant term, half the logarithm of 2π. Default false. */
  full?: boolean | undefined;
  /** The lower bound of the variance, for stability. MindSpore requires it to be above 0. Default 1e-6. */
  eps?: number | undefined;
  /** How the losses of the elements are reduced. Default `'mean'`. */
  reduction?: R | undefined;
}

/** Calls a Gaussian loss with the options of the constructor. */
export interface GaussianNLLForward<R extends Reduction, A extends Mode = 'sync'> {
  /**
   * The negative log-likelihood of values under normal distributions.
   *
   * @param input - predicted means of any shape, in a floating dtype
   * @param target - the observed values, in any dtype, in the shape of `input` or broadcastable to it
   * @param variance - the predicted variance (`var` in PyTorch), 0 or above, in a floating dtype: in the shape of
   *   `input`, without its last dimension, or with size 1 there (with LibTorch 2.10 and newer, in any one dimension)
   * @returns the loss in the promoted dtype of `input`, `target` and `var`: a scalar, or one value per element with
   *   reduction `'none'`
   * @throws RangeError for a negative variance
   * @throws RangeError for a variance of the wrong shape
   * @throws TorchError if `target` does not broadcast
   * @throws TorchError for an integer variance
   */
  <
    S extends Shape,
    T extends Shape,
    V extends Shape,
    D extends Float,
    E extends Float | Integer,
    F extends Float | Integer,
  >(
    input: Tensor<S, D>,
    target: Tensor<LikeOrOne<S, T>, E>,
    variance: Tensor<Variance<S, V>, F>,
    ...options: AsyncRest<A>
  ): Outcome<A, Tensor<Reduced<S, R>, PromotedBy<PromotedBy<D, E>, F>>>;
  /**
   * The negative log-likelihood of values under normal distributions with the same variance.
   *
   * @param input - predicted means of any shape, in a floating dtype
   * @param target - the observed values, in any dtype, in the shape of `input` or broadcastable to it
   * @param variance - a number, 0 or above (with LibTorch 2.6 and newer)
   * @returns the loss in the promoted dtype of `input` and `target`: a scalar, or one value per element with reduction
   *   `'none'`
   * @throws TypeError for a variance given as a number with LibTorch older than 2.6
   * @throws RangeError for a negative variance
   * @throws TorchError if `target` does not broadcast
   */
  <S extends Shape, T extends Shape, D extends Float, E extends Float | Integer>(
    input: Tensor<S, D>,
    target: Tensor<LikeOrOne<S, T>, E>,
    variance: number,
    ...options: AsyncRest<A>
  ): Outcome<A, Tensor<Reduced<S, R>, PromotedBy<D, E>>>;
}

/** Calls MindSpore's Gaussian loss with the options of the constructor. */
export interface MindSporeGaussianNLLForward<R extends Reduction, A extends Mode = 'sync'> {
  /**
   * The negative log-likelihood of values under normal distributions.
   *
   * @param logits - predicted means of any shape, in a floating dtype
   * @param labels - the observed values, in a floating dtype, in the shape of `logits` or broadcastable to it
   * @param variance - the predicted variance (`var` in MindSpore), 0 or above, in a floating dtype: in the shape of
   *   `logits`, without its last dimension, or with size 1 there (with LibTorch 2.10 and newer, in any one dimension)
   * @returns the loss in the promoted dtype of `logits`, `labels` and `var`: a scalar, or one value per element with
   *   reduction `'none'`
   * @throws RangeError for a negative variance, or one of the wrong shape
   * @throws TorchError if `labels` does not broadcast, and for an integer variance
   */
  <S extends Shape, T extends Shape, V extends Shape, D extends Float, E extends Float, F extends Float>(
    logits: Tensor<S, D>,
    labels: Tensor<LikeOrOne<S, T>, E>,
    variance: Tensor<Variance<S, V>, F>,
    ...options: AsyncRest<A>
  ): Outcome<A, Tensor<Reduced<S, R>, Promoted<Promoted<D, E>, F>>>;
}

/** `torch.nn.functional.gaussian_nll_loss`. */
export interface GaussianNLLFunction<A extends Mode = 'sync'> {
  /**
   * The negative log-likelihood of values under normal distributions: half of `log(v) + (input - target)² / v`, where
   * `v` is the variance, at least `eps`.
   *
   * @param input - predicted means of any shape, in a floating dtype
   * @param target - the observed values, in any dtype, in the shape of `input` or broadcastable to it
   * @param variance - the predicted variance (`var` in PyTorch), 0 or above, in a floating dtype: in the shape of
   *   `input`, without its last dimension, or with size 1 there (with LibTorch 2.10 and newer, in any one dimension)
   * @param options - `full`, `eps`, `reduction`
   * @returns the loss in the promoted dtype of `input`, `target` and `var`: a scalar, or one value per element with
   *   reduction `'none'`
   * @throws TypeError for a `reduction` that is not a string
   * @throws RangeError for a negative variance
   * @throws RangeError for a variance of the wrong shape
   * @throws TorchError if `target` does not broadcast
   * @throws TorchError for an integer variance
   * @example
   * ```ts
   * const input = torch.tensor([1, 2]);
   * const target = torch.tensor([1, 4]);
   * const variance = torch.tensor([1, 1]);
   * torch.nn.functional.gaussian_nll_loss(input, target, variance).item();   // 1
   * torch.nn.functional.gaussian_nll_loss(input, target, variance, { full: true }).item();   // 1.91893...
   * ```
   */
  <
    S extends Shape,
    T extends Shape,
    V extends Shape,
    D extends Float,
    E extends Float | Integer,
    F extends Float | Integer,
    R extends Reduction = 'mean',
  >(
    input: Tensor<S, D>,
    target: Tensor<LikeOrOne<S, T>, E>,
    variance: Tensor<Variance<S, V>, F>,
    options?: CallOptions<A, GaussianNLLOptions<R>>,
  ): Outcome<A, Tensor<Reduced<S, R>, PromotedBy<PromotedBy<D, E>, F>>>;
  /**
   * The negative log-likelihood of values under normal distributions with the same variance.
   *
   * @param input - predicted means of any shape, in a floating dtype
   * @param target - the observed values, in any dtype, in the shape of `input` or broadcastable to it
   * @param variance - a number, 0 or above (with LibTorch 2.6 and newer)
   * @param options - `full`, `eps`, `reduction`
   * @returns the loss in the promoted dtype of `input` and `target`: a scalar, or one value per element with reduction
   *   `'none'`
   * @throws TypeError for a `reduction` that is not a string
   * @throws TypeError for a variance given as a number with LibTorch older than 2.6
   * @throws RangeError for a negative variance
   * @throws TorchError if `target` does not broadcast
   */
  <S extends Shape, T extends Shape, D extends Float, E extends Float | Integer, R extends Reduction = 'mean'>(
    input: Tensor<S, D>,
    target: Tensor<LikeOrOne<S, T>, E>,
    variance: number,
    options?: CallOptions<A, GaussianNLLOptions<R>>,
  ): Outcome<A, Tensor<Reduced<S, R>, PromotedBy<D, E>>>;
}

/** `mindspore.ops.gaussian_nll_loss`. */
export interface MindSporeGaussianNLLFunction<A extends Mode = 'sync'> {
  /**
   * The negative log-likelihood of values under normal distributions.
   *
   * @param x - predicted means of any shape, in a floating dtype
   * @param target - the observed values, in a floating dtype, in the shape of `x` or broadcastable to it
   * @param variance - the predicted variance (`var` in MindSpore), 0 or above, in a floating dtype: in the shape of
   *   `x`, without its last dimension, or with size 1 there (with LibTorch 2.10 and newer, in any one dimension)
   * @param options - `full`, `eps` (above 0), `reduction`
   * @returns the loss in the promoted dtype of `x`, `target` and `var`: a scalar, or one value per element with
   *   reduction `'none'`
   * @throws RangeError for a negative variance, or one of the wrong shape
   * @throws TorchError if `target` does not broadcast, and for an integer variance
   */
  <
    S extends Shape,
    T extends Shape,
    V extends Shape,
    D extends Float,
    E extends Float,
    F extends Float,
    R extends Reduction = 'mean',
  >(
    x: Tensor<S, D>,
    target: Tensor<LikeOrOne<S, T>, E>,
    variance: Tensor<Variance<S, V>, F>,
    options?: CallOptions<A, GaussianNLLOptions<R>>,
  ): Outcome<A, Tensor<Reduced<S, R>, Promoted<Promoted<D, E>, F>>>;
}

/** Converts a variance given as a number to a tensor like the input. */
function expandVariance(inputs: readonly unknown[], names: readonly string[]): readonly unknown[] {
  const variance = inputs[2];
  if (typeof variance !== 'number') return inputs;
  if (!behaviour().numberAsVariance) throw invalidType(names[2] as string, 'a Tensor with this LibTorch', variance);
  const [input] = tensors(inputs, names.slice(0, 1)) as readonly [Tensor];
  const dtype = isFloat(input.dtype) ? input.dtype : 'float32';
  return [input, inputs[1], new Tensor(dispatchTensor('full_like', [input, variance], { dtype }))];
}

const options = ['full', 'eps', 'reduction'] as const;
const torch = { inputs: ['input', 'target', 'var'], options, prepare: expandVariance } as const;
const mindspore = {
  options,
  limits: { eps: { expected: 'a number above 0', holds: (value: number) => value > 0 } },
} as const;

/** Negative log-likelihood of values under normal distributions with predicted variances. */
export const gaussianNLL = {
  op: 'gaussian_nll_loss',
  formula: 'v = max(var, eps)\nloss = 0.5 (log(v) + (input - target)² / v), with full: + 0.5 log(2π)',
  tex: [
    String.raw`v=\max(\text{var},\epsilon)`,
    String.raw`\ell=\tfrac12\left(\log v+\frac{(x-y)^2}{v}\right)`,
    String.raw`\text{full: }\;+\tfrac12\log 2\pi`,
  ],
  use: 'Use it for regression when the network predicts a mean and a variance, so that noisy samples count less.',
  avoid:
    'If the variance is not predicted, use `MSELoss`; and keep predicted variances positive, since negative ones are an error.',
  paper: {
    title: 'Nix and Weigend, Estimating the Mean and Variance of the Target Probability Distribution, 1994',
    url: 'https://doi.org/10.1109/ICNN.1994.374138',
  },
  params: { full: boolean(false), eps: real(1e-6), reduction: reduction(undefined, { exact: true }) },
  versions: [
    {
      namespaces: ['mindspore.ops'],
      releases: 'MindSpore 2.0',
      note: 'var must have the shape of x, that shape without the last dimension, or with size 1 there; anything else is a ValueError, which 2.3 leaves to broadcasting',
    },
    { namespaces: TORCH, releases: since('numberAsVariance'), note: 'var may be a number' },
    {
      namespaces: TORCH,
      releases: since('varianceBroadcastsAnywhere'),
      note: 'one dimension of var, whichever it is, may have size 1: (1, 2) goes with an input of (4, 2), (1, 1) does not',
    },
    halfOnCPU,
  ],
  namespaces: {
    'torch.nn': { name: 'GaussianNLLLoss', ...torch, keywordOnly: true },
    'torch.nn.functional': { name: 'gaussian_nll_loss', ...torch },
    'mindspore.nn': {
      name: 'GaussianNLLLoss',
      inputs: ['logits', 'labels', 'var'],
      ...mindspore,
      keywordOnly: true,
    },
    'mindspore.ops': { name: 'gaussian_nll_loss', inputs: ['x', 'target', 'var'], ...mindspore },
  },
  deviations: [
    {
      about: 'a negative variance',
      torch: 'a RangeError',
      mindspore: 'clamped to eps: 1999993.1 for -1 and an error of 2',
      examples: [{ inputs: [[2], [0], [-1]], options: { reduction: 'none' }, mindspore: [1999993.1] }],
      explains: (call) => weRefuse(call, /negative/) && call.inputs[2]?.values().some((value) => value < 0) === true,
    },
    {
      about: 'the gradient of a variance below eps',
      torch: 'as if it had not been clamped: -4e12 for 1e-9 and the sum of two errors of 2',
      mindspore: '0',
      examples: [
        {
          inputs: [[2, 2], [0, 0], [1e-9]],
          options: { reduction: 'sum' },
          gradient: 'var',
          torch: [-4e12],
          mindspore: [0],
        },
      ],
      explains: (call) =>
        inMindSpore(call) &&
        call.differs === 'gradient of var' &&
        call.element?.theirs === 0 &&
        call.madeOf((_, __, variances) => variances.some((variance) => variance < Number(call.options.eps ?? 1e-6))),
    },
    {
      about: 'variances that broadcast in any other way, such as [2] for [4, 2]',
      torch: 'a RangeError',
      mindspore: 'taken by 2.3, a ValueError in 2.0',
    },
    { about: 'eps given as an integer', torch: 'accepted: JavaScript has one number type', mindspore: 'an error' },
    ...composed,
  ],
} satisfies LossRow<GaussianNLLOptions>;
