import { dispatchTensor } from '../tensor/dispatch.js';
import { isFloat } from '../tensor/dtypes.js';
import { invalidType } from '../base/errors.js';
import type { LossRow } from '../loss/row.js';
import { boolean, real, reduction } from '../loss/params.js';
import { TORCH, halfOnCPU } from './releases.js';
import type { Like, LikeOrOne, Promoted, PromotedBy } from '../tensor/shapes.js';
import { Tensor } from '../tensor/tensor.js';
import type { Float, Integer, Shape } from '../base/types.js';
import type { AsyncRest, CallOptions, Mode, Outcome, Reduced, Reduction } from '../loss/call_types.js';
import { behaviour } from '../addon/versions.js';
import { tensors } from './checks.js';
import { composed, inMindSpore, weRefuse } from './deviations.js';

/** What variances of shape `V` are held against for an input of shape `S`: `S`, sizes of 1, or no last size. */
type Variance<S extends Shape, V extends Shape> = number extends S['length'] | V['length']
  ? V
  : S['length'] extends V['length']
    ? LikeOrOne<S, V>
    : S extends readonly [...infer Head extends Shape, number]
      ? Like<Head, V>
      : S;

/** Options of the Gaussian loss. `R` is the reduction. */
export interface GaussianNLLOptions<R extends Reduction = Reduction> {
  /** Whether the constant half of the logarithm of 2π is added. Default false. */
  full?: boolean | undefined;
  /** What variances are raised to at least. MindSpore wants it above 0. Default 1e-6. */
  eps?: number | undefined;
  /** How the losses of the elements are joined. Default `'mean'`. */
  reduction?: R | undefined;
}

/** The call of a Gaussian loss whose options are set. */
export interface GaussianNLLForward<R extends Reduction, A extends Mode = 'sync'> {
  /**
   * The negative log-likelihood of values under normal distributions.
   *
   * @param input - expectations of any shape, in a floating dtype
   * @param target - the values, in any dtype, in the shape of `input` or with sizes of 1
   * @param variance - `var` of PyTorch, 0 or above, in a floating dtype: in the shape of `input`, without its last size
   *   or with that as 1 (with LibTorch 2.10 and newer any one size as 1)
   * @returns the loss in the dtype that `input`, `target` and `var` promote to: one number, or one for each element
   *   with reduction `'none'`
   * @throws RangeError for a negative variance
   * @throws RangeError for variances of another shape
   * @throws TorchError if `target` does not broadcast
   * @throws TorchError for variances of integers
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
   * The negative log-likelihood of values under normal distributions of one variance.
   *
   * @param input - expectations of any shape, in a floating dtype
   * @param target - the values, in any dtype, in the shape of `input` or with sizes of 1
   * @param variance - a number, 0 or above, which LibTorch 2.6 and newer take
   * @returns the loss in the dtype that `input` and `target` promote to: one number, or one for each element with
   *   reduction `'none'`
   * @throws TypeError for a number as variance with a LibTorch older than 2.6
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

/** The call of MindSpore's Gaussian loss whose options are set. */
export interface MindSporeGaussianNLLForward<R extends Reduction, A extends Mode = 'sync'> {
  /**
   * The negative log-likelihood of values under normal distributions.
   *
   * @param logits - expectations of any shape, in a floating dtype
   * @param labels - the values, in a floating dtype, in the shape of `logits` or with sizes of 1
   * @param variance - `var` of MindSpore, 0 or above, in a floating dtype: in the shape of `logits`, without its last
   *   size or with that as 1 (with LibTorch 2.10 and newer any one size as 1)
   * @returns the loss in the dtype that `logits`, `labels` and `var` promote to: one number, or one for each element
   *   with reduction `'none'`
   * @throws RangeError for a negative variance, or variances of another shape
   * @throws TorchError if `labels` does not broadcast, and for variances of integers
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
   * The negative log-likelihood of values under normal distributions: half of `log(v) + (input - target)² / v`, with the
   * variance raised to at least `eps` as `v`.
   *
   * @param input - expectations of any shape, in a floating dtype
   * @param target - the values, in any dtype, in the shape of `input` or with sizes of 1
   * @param variance - `var` of PyTorch, 0 or above, in a floating dtype: in the shape of `input`, without its last size
   *   or with that as 1 (with LibTorch 2.10 and newer any one size as 1)
   * @param options - `full`, `eps`, `reduction`
   * @returns the loss in the dtype that `input`, `target` and `var` promote to: one number, or one for each element
   *   with reduction `'none'`
   * @throws TypeError for a `reduction` that is no string
   * @throws RangeError for a negative variance
   * @throws RangeError for variances of another shape
   * @throws TorchError if `target` does not broadcast
   * @throws TorchError for variances of integers
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
   * The negative log-likelihood of values under normal distributions of one variance.
   *
   * @param input - expectations of any shape, in a floating dtype
   * @param target - the values, in any dtype, in the shape of `input` or with sizes of 1
   * @param variance - a number, 0 or above, which LibTorch 2.6 and newer take
   * @param options - `full`, `eps`, `reduction`
   * @returns the loss in the dtype that `input` and `target` promote to: one number, or one for each element with
   *   reduction `'none'`
   * @throws TypeError for a `reduction` that is no string
   * @throws TypeError for a number as variance with a LibTorch older than 2.6
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
   * @param x - expectations of any shape, in a floating dtype
   * @param target - the values, in a floating dtype, in the shape of `x` or with sizes of 1
   * @param variance - `var` of MindSpore, 0 or above, in a floating dtype: in the shape of `x`, without its last size
   *   or with that as 1 (with LibTorch 2.10 and newer any one size as 1)
   * @param options - `full`, `eps` (above 0), `reduction`
   * @returns the loss in the dtype that `x`, `target` and `var` promote to: one number, or one for each element with
   *   reduction `'none'`
   * @throws RangeError for a negative variance, or variances of another shape
   * @throws TorchError if `target` does not broadcast, and for variances of integers
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

/** A variance given as a number becomes a tensor like the input. */
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

/** The negative log-likelihood of normal distributions. */
export const gaussianNLL = {
  op: 'gaussian_nll_loss',
  formula: 'v = max(var, eps)\nloss = 0.5 (log(v) + (input - target)² / v), with full: + 0.5 log(2π)',
  params: { full: boolean(false), eps: real(1e-6), reduction: reduction(undefined, { exact: true }) },
  versions: [
    {
      namespaces: ['mindspore.ops'],
      releases: 'MindSpore 2.0',
      note: 'a var that has neither the shape of x, nor that without its last size or with 1 for it, is a ValueError; 2.3 leaves it to broadcasting',
    },
    { namespaces: TORCH, releases: 'PyTorch 2.6 and newer', note: 'var may be a number' },
    {
      namespaces: TORCH,
      releases: 'PyTorch 2.10 and newer',
      note: 'a size of 1 may stand anywhere in the shape of var, once: (1, 2) goes with an input of (4, 2), (1, 1) does not',
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
      mindspore: 'raised to eps: 1999993.1 for -1 and an error of 2',
      examples: [{ inputs: [[2], [0], [-1]], options: { reduction: 'none' }, mindspore: [1999993.1] }],
      explains: (call) => weRefuse(call, /negative/) && call.inputs[2]?.values().some((value) => value < 0) === true,
    },
    {
      about: 'the gradient of a variance below eps',
      torch: 'as if it had not been raised: -4e12 for 1e-9 and the sum of two errors of 2',
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
      about: 'variances that broadcast in another way, such as [2] for [4, 2]',
      torch: 'a RangeError',
      mindspore: 'taken by 2.3, a ValueError in 2.0',
    },
    { about: 'eps given as an integer', torch: 'taken: JavaScript has one kind of number', mindspore: 'an error' },
    ...composed,
  ],
} satisfies LossRow<GaussianNLLOptions>;
