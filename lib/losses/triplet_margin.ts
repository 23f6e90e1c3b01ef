import { CHANGES } from '../addon/versions.js';
import { ArgumentRangeError } from '../base/errors.js';
import type { LegacyOptions, LossRow } from '../loss/row.js';
import { boolean, real, reduction, scalar } from '../loss/params.js';
import { halfOnCPU, positiveMargin } from './releases.js';
import type { Like, Promoted, Rows } from '../tensor/shapes.js';
import type { Tensor } from '../tensor/tensor.js';
import type { DType, Float, Shape } from '../base/types.js';
import type { AsyncRest, CallOptions, Mode, Outcome, Reduced, Reduction } from '../loss/call_types.js';
import { rankWithin, sameDType } from './checks.js';
import { composed, inFloat32, NO_KERNEL, theyRefuse } from './deviations.js';

/** Options of the triplet loss in MindSpore's namespaces. `R` is the reduction. */
export interface MindSporeTripletMarginOptions<R extends Reduction = Reduction> {
  /**
   * How much farther than the positive the negative has to be: a number or a 0-dimensional tensor. Newer PyTorch
   * releases require it to be above 0. Default 1.
   */
  margin?: number | Tensor<readonly [], DType> | undefined;
  /** The degree of the norm. MindSpore requires an integer. Default 2. */
  p?: number | undefined;
  /** Added to the difference, for stability. Default 1e-6. */
  eps?: number | undefined;
  /**
   * Whether to use the distance between positive and negative where it is smaller than that between anchor and
   * negative. Default false.
   */
  swap?: boolean | undefined;
  /** How the losses of the triplets are reduced. Default `'mean'`. */
  reduction?: R | undefined;
}

/** Options of the triplet loss in PyTorch's namespaces. `R` is the reduction. */
export interface TripletMarginOptions<R extends Reduction = Reduction>
  extends MindSporeTripletMarginOptions<R>,
    LegacyOptions {}

/** Calls a triplet loss with the options of the constructor. */
export interface TripletMarginForward<R extends Reduction, A extends Mode = 'sync'> {
  /**
   * The triplet loss: `max(0, d(anchor, positive) - d(anchor, negative) + margin)`.
   *
   * @param anchor - the anchors, in a floating dtype; distances are taken over the last dimension
   * @param positive - samples that should be close to the anchors, in the shape of `anchor`, in a floating dtype
   * @param negative - samples that should be far from the anchors, in the shape of `anchor`, in a floating dtype
   * @returns the loss in the promoted dtype of `anchor`, `positive` and `negative`: a scalar, or one value per triplet
   *   with reduction `'none'`
   * @throws TorchError if the numbers of dimensions differ or the sizes do not broadcast
   */
  <S extends Shape, P extends Shape, N extends Shape, D extends Float, E extends Float>(
    anchor: Tensor<S, D>,
    positive: Tensor<Like<S, P>, E>,
    negative: Tensor<Like<S, N>, E>,
    ...options: AsyncRest<A>
  ): Outcome<A, Tensor<Reduced<Rows<S>, R>, Promoted<D, E>>>;
}

/** Calls MindSpore's triplet loss with the options of the constructor. */
export interface MindSporeTripletMarginForward<R extends Reduction, A extends Mode = 'sync'> {
  /**
   * The triplet loss: `max(0, d(x, positive) - d(x, negative) + margin)`.
   *
   * @param x - the anchors, of 2 to 7 dimensions, in a floating dtype; distances are taken over the last dimension
   * @param positive - samples that should be close to the anchors, in the shape and dtype of `x`
   * @param negative - samples that should be far from the anchors, in the shape and dtype of `x`
   * @param margin - how much farther than the positive the negative has to be; used if the constructor's margin is 1
   * @returns the loss in the dtype of `x`: a scalar, or one value per triplet with reduction `'none'`
   * @throws TypeError if the dtypes differ, and for a `margin` that is neither a number nor a tensor
   * @throws RangeError for more than 7 dimensions, and for fewer than 2 in all three tensors; for a `margin` with
   *   dimensions
   * @throws TorchError if the numbers of dimensions differ or the sizes do not broadcast
   */
  <S extends Shape, P extends Shape, N extends Shape, D extends Float>(
    x: Tensor<S, D>,
    positive: Tensor<Like<S, P>, NoInfer<D>>,
    negative: Tensor<Like<S, N>, NoInfer<D>>,
    margin?: number | Tensor<readonly [], DType>,
    ...options: AsyncRest<A>
  ): Outcome<A, Tensor<Reduced<Rows<S>, R>, D>>;
}

/** `torch.nn.functional.triplet_margin_loss`. */
export interface TripletMarginFunction<A extends Mode = 'sync'> {
  /**
   * The triplet loss: `max(0, d(anchor, positive) - d(anchor, negative) + margin)`, where `d` is the `p`-norm of the
   * difference plus `eps`.
   *
   * @param anchor - the anchors, in a floating dtype; distances are taken over the last dimension
   * @param positive - samples that should be close to the anchors, in the shape of `anchor`, in a floating dtype
   * @param negative - samples that should be far from the anchors, in the shape of `anchor`, in a floating dtype
   * @param options - `margin`, `p`, `eps`, `swap`, `reduction`
   * @returns the loss in the promoted dtype of `anchor`, `positive` and `negative`: a scalar, or one value per triplet
   *   with reduction `'none'`
   * @throws TorchError if the numbers of dimensions differ or the sizes do not broadcast
   * @example
   * ```ts
   * const anchor = torch.tensor([[0.3, 0.7], [0.5, 0.5]]);
   * const positive = torch.tensor([[0.4, 0.6], [0.4, 0.6]]);
   * const negative = torch.tensor([[0.2, 0.9], [0.3, 0.7]]);
   * torch.nn.functional.triplet_margin_loss(anchor, positive, negative).item();   // 0.8881968...
   * ```
   */
  <S extends Shape, P extends Shape, N extends Shape, D extends Float, E extends Float, R extends Reduction = 'mean'>(
    anchor: Tensor<S, D>,
    positive: Tensor<Like<S, P>, E>,
    negative: Tensor<Like<S, N>, E>,
    options?: CallOptions<A, TripletMarginOptions<R>>,
  ): Outcome<A, Tensor<Reduced<Rows<S>, R>, Promoted<D, E>>>;
}

/** `mindspore.ops.triplet_margin_loss`. */
export interface MindSporeTripletMarginFunction<A extends Mode = 'sync'> {
  /**
   * The triplet loss: `max(0, d(anchor, positive) - d(anchor, negative) + margin)`.
   *
   * @param anchor - the anchors, of 2 to 7 dimensions, in a floating dtype; distances are taken over the last dimension
   * @param positive - samples that should be close to the anchors, in the shape and dtype of `anchor`
   * @param negative - samples that should be far from the anchors, in the shape and dtype of `anchor`
   * @param options - `margin`, `p` (an integer), `eps`, `swap`, `reduction`
   * @returns the loss in the dtype of `anchor`: a scalar, or one value per triplet with reduction `'none'`
   * @throws TypeError if the dtypes differ, and for a `margin` that is neither a number nor a tensor
   * @throws RangeError for more than 7 dimensions, and for fewer than 2 in all three tensors; for a `margin` with
   *   dimensions
   * @throws TorchError if the numbers of dimensions differ or the sizes do not broadcast
   */
  <S extends Shape, P extends Shape, N extends Shape, D extends Float, R extends Reduction = 'mean'>(
    anchor: Tensor<S, D>,
    positive: Tensor<Like<S, P>, NoInfer<D>>,
    negative: Tensor<Like<S, N>, NoInfer<D>>,
    options?: CallOptions<A, MindSporeTripletMarginOptions<R>>,
  ): Outcome<A, Tensor<Reduced<Rows<S>, R>, D>>;
}

/** MindSpore requires equal dtypes, at most 7 dimensions, and at least 2 in one of the tensors. */
function prepare(inputs: readonly unknown[], names: readonly string[]): readonly Tensor[] {
  const list = sameDType(rankWithin(inputs, names, { most: 7 }), names);
  if (list.some((tensor) => tensor.dim() >= 2)) return list;
  const ranks = list.map((tensor) => tensor.dim()).join(', ');
  throw new ArgumentRangeError(names[0] as string, 'at least 2 dimensions in one of the tensors', ranks);
}

const torchOptions = ['margin', 'p', 'eps', 'swap', 'size_average', 'reduce', 'reduction'] as const;
const torchLimits = {
  margin: { expected: 'a number above 0', holds: (margin: number) => !(margin <= 0), applies: 'positiveTripletMargin' },
} as const;
const mindsporeLimits = { p: { expected: 'an integer', kind: Number.isInteger } };

/** Triplet loss with a p-norm as the distance. */
export const tripletMargin = {
  op: 'triplet_margin_loss',
  formula:
    'loss = max(0, d(anchor, positive) - d(anchor, negative) + margin), d(u, v) = p-norm of u - v + eps\n' +
    'with swap: min(d(anchor, negative), d(positive, negative)) in place of d(anchor, negative)',
  tex: [
    String.raw`\ell=\max\bigl(0,\,d(a,p)-d(a,n)+\text{margin}\bigr)`,
    String.raw`d(u,v)=\lVert u-v+\epsilon\rVert_{\texttt{p}}`,
    String.raw`\text{swap: }\;\min\bigl(d(a,n),\,d(p,n)\bigr)\text{ for }d(a,n)`,
  ],
  use: 'Use it to learn embeddings from triplets in which the anchor should be closer to the positive than to the negative.',
  avoid:
    'With easy triplets the loss is 0 and nothing is learned, so choose hard ones; for labelled pairs use `CosineEmbeddingLoss`.',
  paper: {
    title:
      'Balntas et al., Learning Local Feature Descriptors with Triplets and Shallow Convolutional Neural Networks, 2016',
    url: 'http://www.bmva.org/bmvc/2016/papers/paper119/index.html',
  },
  params: { margin: scalar(1), p: real(2), eps: real(1e-6), swap: boolean(false), reduction: reduction() },
  versions: [
    {
      namespaces: ['mindspore.nn'],
      releases: 'MindSpore 2.0.0-alpha',
      note: 'the constructor has no margin: the call takes it last, and requires it',
    },
    {
      namespaces: ['mindspore.nn'],
      releases: 'MindSpore 2.0.0-rc1 to 2.7',
      note: 'as here; the comparison in its documentation still has the form of the alpha with margin first, an order of no release',
    },
    {
      namespaces: ['mindspore.nn'],
      releases: 'MindSpore 2.9',
      note: 'announces that after 2.9 the order becomes margin, p, eps, swap, ...; the documentation of 2.11 still has the older one',
    },
    positiveMargin,
    halfOnCPU,
  ],
  namespaces: {
    'torch.nn': {
      name: 'TripletMarginLoss',
      inputs: ['anchor', 'positive', 'negative'],
      options: torchOptions,
      limits: torchLimits,
    },
    'torch.nn.functional': {
      name: 'triplet_margin_loss',
      inputs: ['anchor', 'positive', 'negative'],
      options: torchOptions,
      limits: torchLimits,
    },
    'mindspore.nn': {
      name: 'TripletMarginLoss',
      inputs: ['x', 'positive', 'negative'],
      options: ['p', 'swap', 'eps', 'reduction', 'margin'],
      limits: mindsporeLimits,
      atCall: 'margin',
      prepare,
    },
    'mindspore.ops': {
      name: 'triplet_margin_loss',
      inputs: ['anchor', 'positive', 'negative'],
      options: ['margin', 'p', 'eps', 'swap', 'reduction'],
      limits: mindsporeLimits,
      prepare,
    },
  },
  sampleDims: [1, 2, 3],
  deviations: [
    {
      about: 'the dimension of the distance, with other than 2 dimensions',
      torch: 'the last: [N, A, B] gives [N, A], and [[[3], [4]]] near zeros [[4, 5]]',
      mindspore: 'dimension 1: [N, A, B] gives [N, B], by its source [[6]]; not measured: no kernel on the CPU',
      examples: [{ inputs: [[[[3], [4]]], [[[0], [0]]], [[[3], [4]]]], options: { reduction: 'none' }, torch: [4, 5] }],
    },
    { about: 'different numbers of dimensions', torch: 'a TorchError', mindspore: 'broadcast' },
    {
      about: 'float64',
      torch: 'computed in float64: 0.8763946494645916 for [0.1, 0], [0, 0] and [0, 0.2]',
      mindspore: 'a result in float32, by its source 0.8763946; not measured: no kernel on the CPU',
      explains: inFloat32,
      examples: [
        {
          dtype: 'float64',
          inputs: [[[0.1, 0]], [[0, 0]], [[0, 0.2]]],
          options: { reduction: 'none' },
          torch: [0.8763946494645916],
        },
      ],
    },
    {
      about: 'a margin of 0 or below',
      torch: `a RangeError with LibTorch ${CHANGES.positiveTripletMargin} and newer`,
      mindspore: 'taken',
    },
    { about: 'the CPU', torch: 'computed', mindspore: 'no kernel', explains: (call) => theyRefuse(call, NO_KERNEL) },
    {
      about: 'margin or eps given as an integer',
      torch: 'accepted: JavaScript has one number type',
      mindspore: 'TypeError',
    },
    ...composed,
  ],
} satisfies LossRow<TripletMarginOptions>;
