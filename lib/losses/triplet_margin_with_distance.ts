import { largestOf, norm } from '../base/extremes.js';
import type { ComparedCall, SampleTest } from '../loss/compared_call.js';
import { TorchError } from '../base/errors.js';
import { handleOf } from '../addon/handle.js';
import { ignoreRejection } from '../addon/lane.js';
import type { Lowered, LossRow } from '../loss/row.js';
import { boolean, optionalFunction, type Param, real, reduction } from '../loss/params.js';
import { PairwiseDistance } from '../nn/layers/shape.js';
import { TORCH, halfOnCPU, positiveMargin, since } from './releases.js';
import type { Like, Promoted, Rows } from '../tensor/shapes.js';
import type { Tensor } from '../tensor/tensor.js';
import type { Float, Shape } from '../base/types.js';
import type { AsyncRest, CallOptions, Mode, Outcome, Reduced, Reduction } from '../loss/call_types.js';
import { behaviour, CHANGES } from '../addon/versions.js';
import { composed, inFloat32, inMindSpore, madeOf, NO_KERNEL, ofGradient, theyRefuse } from './deviations.js';

/** The shape of the distances: `T`, or without a distance function that of the input without its last dimension. */
type Distances<S extends Shape, T extends Shape> = [T] extends [never] ? Rows<S> : T;

/** A distance function: takes two tensors of the inputs' shape and returns one distance per pair. */
export type DistanceFunction<S extends Shape = Shape> = (first: Tensor, second: Tensor) => Tensor<S, Float>;

/** Options of the triplet loss with a distance function. `R` is the reduction, `T` the shape of the distances. */
export interface TripletMarginWithDistanceOptions<R extends Reduction = Reduction, T extends Shape = Shape> {
  /**
   * The distance; gradients flow through it. It is called for anchor and positive, anchor and negative and, with
   * `swap`, positive and negative. Default: the 2-norm of the difference plus 1e-6 over the last dimension.
   */
  distance_function?: DistanceFunction<T> | null | undefined;
  /**
   * How much farther than the positive the negative has to be. Newer PyTorch releases require it to be above 0. Default
   * 1.
   */
  margin?: number | undefined;
  /**
   * Whether to use the distance between positive and negative where it is smaller than that between anchor and
   * negative. Default false.
   */
  swap?: boolean | undefined;
  /** How the losses of the triplets are reduced. Default `'mean'`. */
  reduction?: R | undefined;
}

/**
 * Calls a triplet loss with the options of the constructor. `T` is the shape of the distances, `never` for the default.
 */
export interface TripletMarginWithDistanceForward<R extends Reduction, T extends Shape, A extends Mode = 'sync'> {
  /**
   * The triplet loss: `max(0, d(anchor, positive) - d(anchor, negative) + margin)`.
   *
   * @param anchor - the anchors, in a floating dtype; the default distance is taken over the last dimension
   * @param positive - samples that should be close to the anchors, in the shape of `anchor`, in a floating dtype
   * @param negative - samples that should be far from the anchors, in the shape of `anchor`, in a floating dtype
   * @returns the loss in the promoted dtype of `anchor`, `positive` and `negative`: a scalar, or one value per triplet
   *   with reduction `'none'`
   * @throws TypeError if `distance_function` does not return a tensor; what it throws is passed on
   * @throws TorchError if the numbers of dimensions differ (older LibTorch versions broadcast them) or the sizes do not
   *   broadcast
   */
  <S extends Shape, P extends Shape, N extends Shape, D extends Float, E extends Float>(
    anchor: Tensor<S, D>,
    positive: Tensor<Like<S, P>, E>,
    negative: Tensor<Like<S, N>, E>,
    ...options: AsyncRest<A>
  ): Outcome<A, Tensor<Reduced<Distances<S, T>, R>, Promoted<D, E>>>;
}

/**
 * Calls MindSpore's triplet loss with the options of the constructor. `T` is the shape of the distances, `never` for
 * the default.
 */
export interface MindSporeTripletMarginWithDistanceForward<
  R extends Reduction,
  T extends Shape,
  A extends Mode = 'sync',
> {
  /**
   * The triplet loss: `max(0, d(x, positive) - d(x, negative) + margin)`.
   *
   * @param x - the anchors, in a floating dtype; the default distance is taken over the last dimension
   * @param positive - samples that should be close to the anchors, in the shape of `x`, in a floating dtype
   * @param negative - samples that should be far from the anchors, in the shape of `x`, in a floating dtype
   * @returns the loss in the promoted dtype of `x`, `positive` and `negative`: a scalar, or one value per triplet with
   *   reduction `'none'`
   * @throws TypeError if `distance_function` does not return a tensor; what it throws is passed on
   * @throws TorchError if the numbers of dimensions differ (older LibTorch versions broadcast them) or the sizes do not
   *   broadcast
   */
  <S extends Shape, P extends Shape, N extends Shape, D extends Float, E extends Float>(
    x: Tensor<S, D>,
    positive: Tensor<Like<S, P>, E>,
    negative: Tensor<Like<S, N>, E>,
    ...options: AsyncRest<A>
  ): Outcome<A, Tensor<Reduced<Distances<S, T>, R>, Promoted<D, E>>>;
}

/** `torch.nn.functional.triplet_margin_with_distance_loss`. */
export interface TripletMarginWithDistanceFunction<A extends Mode = 'sync'> {
  /**
   * The triplet loss with your own distance: `max(0, d(anchor, positive) - d(anchor, negative) + margin)`.
   *
   * @param anchor - the anchors, in a floating dtype; the default distance is taken over the last dimension
   * @param positive - samples that should be close to the anchors, in the shape of `anchor`, in a floating dtype
   * @param negative - samples that should be far from the anchors, in the shape of `anchor`, in a floating dtype
   * @param options - `distance_function`, `margin`, `swap`, `reduction`
   * @returns the loss in the promoted dtype of `anchor`, `positive` and `negative`: a scalar, or one value per triplet
   *   with reduction `'none'`
   * @throws TypeError if `distance_function` does not return a tensor; what it throws is passed on
   * @throws TorchError if the numbers of dimensions differ (older LibTorch versions broadcast them) or the sizes do not
   *   broadcast
   * @example
   * ```ts
   * const anchor = torch.tensor([[0.3, 0.7], [0.5, 0.5]]);
   * const positive = torch.tensor([[0.4, 0.6], [0.4, 0.6]]);
   * const negative = torch.tensor([[0.2, 0.9], [0.3, 0.7]]);
   * const l1 = (a: Tensor, b: Tensor) => a.sub(b).abs().sum({ dim: 1 });
   * torch.nn.functional.triplet_margin_with_distance_loss(anchor, positive, negative, { distance_function: l1 }).item();   // 0.85...
   * ```
   */
  <
    S extends Shape,
    P extends Shape,
    N extends Shape,
    D extends Float,
    E extends Float,
    R extends Reduction = 'mean',
    T extends Shape = Rows<S>,
  >(
    anchor: Tensor<S, D>,
    positive: Tensor<Like<S, P>, E>,
    negative: Tensor<Like<S, N>, E>,
    options?: CallOptions<A, TripletMarginWithDistanceOptions<R, T>>,
  ): Outcome<A, Tensor<Reduced<T, R>, Promoted<D, E>>>;
}

/** Calls the addon's loss with LibTorch's own distance, or with the distances that `distance_function` returns. */
function lower(tensors: readonly Tensor[], params: readonly unknown[]): Lowered {
  const [anchor, positive, negative] = tensors as readonly [Tensor, Tensor, Tensor];
  const [distance, margin, swap, code] = params as [DistanceFunction | undefined, number, boolean, number];
  const triplet = [anchor, positive, negative];
  check(triplet);
  if (distance === undefined) {
    const handles = triplet.map((tensor, index) => handleOf(tensor, inputs[index] as string));
    return { op: 'triplet_margin_with_pairwise_distance_loss', args: [...handles, margin, swap, code] };
  }
  const distances = [distance(anchor, positive), distance(anchor, negative)];
  if (swap) distances.push(distance(positive, negative));
  for (const value of distances) ignoreRejection(value);
  const [first, second, third] = distances.map((value) => handleOf(value, 'the result of distance_function'));
  return { op: 'triplet_margin_with_distance_loss', args: [first, second, third, margin, code] };
}

function check(inputs: readonly Tensor[]): void {
  if (!behaviour().equalTripletRanks) return;
  const ranks = inputs.map((input) => input.dim());
  if (new Set(ranks).size > 1) {
    const message = `anchor, positive and negative: expected the same number of dimensions, got ${ranks.join(', ')}`;
    throw new TorchError('ERR_TORCH', message, { parameter: 'anchor' });
  }
}

const inputs = ['anchor', 'positive', 'negative'] as const;
const torch = {
  inputs,
  options: ['distance_function', 'margin', 'swap', 'reduction'],
  limits: {
    margin: {
      expected: 'a number above 0',
      holds: (margin: number) => !(margin <= 0),
      applies: 'positiveTripletMargin',
    },
  },
  keywordOnly: true,
} as const;

/** Whether MindSpore's number is that of its default distance: the 2-norm over dimension 1, with no constant added. */
function byDefault(call: ComparedCall): boolean {
  if (call.differs === undefined || call.inputs.length !== 3) return false;
  const shape = call.inputs[0]?.shape ?? [];
  // [N, A, B] gives [N, B] there and [N, A] here, which only a reduction makes comparable.
  if (call.element === undefined) return shape.length > 2;
  if (ofGradient(call)) return shape.length > 2 || call.madeOf(atTie(call)) || call.within('float32', { times: 25 });
  const inner = shape.slice(2).reduce((count, size) => count * size, 1);
  const margin = Number(call.options.margin ?? 1);
  return call.gives('theirs', (anchor, positive, negative) => {
    const losses = Array.from({ length: inner }, (_, at) => {
      const column = (values: readonly number[]) => values.filter((__, index) => index % inner === at);
      const [a, p, n] = [column(anchor), column(positive), column(negative)];
      const far = call.options.swap === true ? Math.min(distance(a, n), distance(p, n)) : distance(a, n);
      return Math.max(0, distance(a, p) - far + margin);
    });
    const sum = losses.reduce((total, loss) => total + loss, 0);
    return call.options.reduction === 'sum' ? sum : sum / inner;
  });
}

function distance(a: readonly number[], b: readonly number[]): number {
  return norm(differences(a, b));
}

/**
 * Recognises triplets with a zero vector or distance, with two equal largest differences, or with a loss of exactly 0.
 */
function atTie({ dtype, inputs, options }: ComparedCall): SampleTest {
  const [, width = 1, ...inner] = inputs[0]?.shape ?? [];
  const margin = Number(options.margin ?? 1);
  const near = (first: number, second: number): boolean =>
    Math.abs(first - second) <= (dtype === 'float16' ? 4e-3 : 1e-5) * Math.max(1, Math.abs(second));
  const odd = (a: readonly number[], b: readonly number[]): boolean => {
    const [most = 0, next = 0] = differences(a, b).toSorted((x, y) => y - x);
    return most < 1e-3 || near(most, next) || Math.min(norm(a), norm(b)) < 1e-3;
  };
  const largest = (a: readonly number[], b: readonly number[]): number => largestOf(differences(a, b));
  return (...triplet) =>
    vectorsOf(triplet, width, inner.length === 0 ? 1 : (inner[0] as number)).some(([a = [], p = [], n = []]) => {
      const swap = options.swap === true;
      const kinks = [distance, largest].flatMap((measure) => {
        const [far, other] = [measure(a, n), measure(p, n)];
        return [near(measure(a, p) + margin, swap ? Math.min(far, other) : far), swap && near(far, other)];
      });
      return odd(a, p) || odd(a, n) || (swap && odd(p, n)) || kinks.includes(true);
    });
}

function differences(a: readonly number[], b: readonly number[]): number[] {
  return a.map((value, at) => Math.abs(value - (b[at] as number)));
}

/**
 * The vectors of a triplet's samples, along dimension 1 and along the last; which one matters depends on the distance.
 */
function vectorsOf(triplet: readonly (readonly number[])[], width: number, inner: number) {
  const columns = Array.from({ length: inner }, (_, column) =>
    triplet.map((values) => values.filter((__, index) => index % inner === column)),
  );
  if (inner === 1) return columns;
  const rows = Array.from({ length: width }, (_, row) =>
    triplet.map((values) => values.slice(row * inner, (row + 1) * inner)),
  );
  return [...columns, ...rows];
}

/** A distance; the class has Python's default as a module. */
const distance_function: Param = { ...optionalFunction, ofClass: () => new PairwiseDistance() };

/** Triplet loss with a distance function of your own. */
export const tripletMarginWithDistance = {
  op: 'triplet_margin_with_distance_loss',
  formula:
    'loss = max(0, d(anchor, positive) - d(anchor, negative) + margin)\n' +
    'with swap: min(d(anchor, negative), d(positive, negative)) in place of d(anchor, negative)',
  tex: [
    String.raw`\ell=\max\bigl(0,\,d(a,p)-d(a,n)+\text{margin}\bigr)`,
    String.raw`\text{swap: }\;\min\bigl(d(a,n),\,d(p,n)\bigr)\text{ for }d(a,n)`,
  ],
  use: 'Use it like `TripletMarginLoss`, when the distance is not a p-norm: for instance a cosine distance or a learned one.',
  avoid: 'If a p-norm will do, use `TripletMarginLoss`, whose distance LibTorch computes itself.',
  paper: {
    title:
      'Balntas et al., Learning Local Feature Descriptors with Triplets and Shallow Convolutional Neural Networks, 2016',
    url: 'http://www.bmva.org/bmvc/2016/papers/paper119/index.html',
  },
  params: { distance_function, margin: real(1), swap: boolean(false), reduction: reduction() },
  lower,
  versions: [
    {
      namespaces: ['mindspore.nn'],
      releases: 'MindSpore 2.0',
      note: 'there is no such class; it was added in 2.1, and up to 2.7 no release lists it in the public API',
    },
    positiveMargin,
    {
      namespaces: TORCH,
      releases: since('equalTripletRanks'),
      note: 'tensors of different numbers of dimensions are a RuntimeError',
    },
    halfOnCPU,
  ],
  namespaces: {
    'torch.nn': { name: 'TripletMarginWithDistanceLoss', ...torch },
    'torch.nn.functional': { name: 'triplet_margin_with_distance_loss', ...torch },
    'mindspore.nn': {
      name: 'TripletMarginWithDistanceLoss',
      inputs: ['x', 'positive', 'negative'],
      options: ['distance_function', 'swap', 'reduction', 'margin'],
      undocumented: true,
    },
  },
  sampleDims: [1, 2, 3],
  deviations: [
    {
      about: 'the default distance',
      torch:
        'the 2-norm of the difference plus 1e-6, over the last dimension: 1.0000029 for [1, 1], [0, 0] and [2, 2], and ' +
        '[[4, 5]] for [[[3], [4]]] near zeros',
      mindspore: 'the 2-norm of the difference, at least 1e-12, over dimension 1: 1, and [[6]]',
      examples: [
        { inputs: [[[1, 1]], [[0, 0]], [[2, 2]]], options: { reduction: 'none' }, torch: [1.0000029], mindspore: [1] },
        {
          inputs: [[[[3], [4]]], [[[0], [0]]], [[[3], [4]]]],
          options: { reduction: 'none' },
          torch: [4, 5],
          mindspore: [6],
        },
      ],
      explains: (call) =>
        call.framework === 'mindspore' &&
        call.options.distance_function === undefined &&
        (theyRefuse(call, /LpNorm/) || byDefault(call)),
    },
    {
      about: 'float64',
      torch: 'computed in float64: 1.1 for [0.3, 0], [0, 0.1] and [0.1, 0.2] and the largest differences',
      mindspore:
        'refused by the default distance and by ops.cosine_similarity; the distances of another one reduced in float32: ' +
        '1.100000023841858',
      examples: [
        {
          dtype: 'float64',
          inputs: [[[0.3, 0]], [[0, 0.1]], [[0.1, 0.2]]],
          options: { distance_function: { function: 'chebyshev_distance', kwargs: {} }, reduction: 'none' },
          torch: [1.1],
          mindspore: [1.100000023841858],
        },
      ],
      explains: (call) => call.dtype === 'float64' && (theyRefuse(call, NO_KERNEL) || inFloat32(call)),
    },
    {
      about: 'a margin of 0 or below',
      torch: `a RangeError with LibTorch ${CHANGES.positiveTripletMargin} and newer`,
      mindspore: 'taken',
    },
    { about: 'margin given as an integer', torch: 'accepted: JavaScript has one number type', mindspore: 'TypeError' },
    {
      about: 'a distance function at ties, at a distance of 0, and where squares overflow',
      torch: "what LibTorch's operators return",
      mindspore: "what MindSpore's operators return: other gradients",
      explains: (call) =>
        call.options.distance_function !== undefined &&
        ((inMindSpore(call) && ofGradient(call) && call.madeOf(atTie(call))) ||
          madeOf(call, (value) => Math.abs(value) > (call.dtype === 'float16' ? 50 : 1e15))),
    },
    ...composed,
  ],
} satisfies LossRow<TripletMarginWithDistanceOptions>;
