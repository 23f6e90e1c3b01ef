import type { LossRow } from '../loss/row.js';
import { elementWeight, real, reduction } from '../loss/params.js';
import type { Broadcast, Broadcastable, Like } from '../tensor/shapes.js';
import type { Tensor } from '../tensor/tensor.js';
import type { Float, Shape } from '../base/types.js';
import type { AsyncRest, CallOptions, Mode, Outcome, Reduced, Reduction } from '../loss/call_types.js';
import { composed, inFloat32 } from './deviations.js';
import { since } from './releases.js';

/** Options of the Huber loss. `R` is the reduction. */
export interface HuberOptions<R extends Reduction = Reduction> {
  /** How the losses of the elements are reduced. Default `'mean'`. */
  reduction?: R | undefined;
  /** The error at which the loss changes from quadratic to linear; above 0. Default 1. */
  delta?: number | undefined;
}

/**
 * Options of `torch.nn.functional.huber_loss`. `R` is the reduction; `W` and `D` are the shape and dtype of the
 * weights.
 */
export interface HuberFunctionOptions<R extends Reduction = Reduction, W extends Shape = Shape, D extends Float = Float>
  extends HuberOptions<R> {
  /**
   * A weight for each element, in the shape of the input; `'mean'` divides by the number of elements. A TypeError with
   * LibTorch older than 2.6. Default: all 1.
   */
  weight?: Tensor<W, D> | null | undefined;
}

/** Calls a Huber loss with the options of the constructor. */
export interface HuberForward<R extends Reduction, A extends Mode = 'sync'> {
  /**
   * The Huber loss: quadratic below `delta`, linear above.
   *
   * @param input - predictions of any shape, in a floating dtype; the loss has the same dtype
   * @param target - the target values, in the shape of `input`; another shape that broadcasts causes a warning
   * @returns the loss in the dtype of `input`: a scalar, or one value per element with reduction `'none'`
   * @throws TorchError if the shapes do not broadcast, for an integer `input`, and for a `delta` of 0 or below
   */
  <S extends Shape, T extends Shape, D extends Float>(
    input: Tensor<S, D>,
    target: Tensor<Like<S, T>, Float>,
    ...options: AsyncRest<A>
  ): Outcome<A, Tensor<Reduced<S, R>, D>>;
}

/** Calls MindSpore's Huber loss with the options of the constructor. */
export interface MindSporeHuberForward<R extends Reduction, A extends Mode = 'sync'> {
  /**
   * The Huber loss: quadratic below `delta`, linear above.
   *
   * @param logits - predictions of any shape, in a floating dtype
   * @param labels - the target values, in the dtype of `logits`, in a shape that broadcasts with it
   * @returns the loss in the dtype of `logits`: a scalar, or one value per element with reduction `'none'`
   * @throws TorchError if the shapes do not broadcast, and for an integer `logits`
   */
  <S extends Shape, T extends Shape, D extends Float>(
    logits: Tensor<S, D>,
    labels: Tensor<Broadcastable<S, T>, NoInfer<D>>,
    ...options: AsyncRest<A>
  ): Outcome<A, Tensor<Reduced<Broadcast<S, T>, R>, D>>;
}

/** `torch.nn.functional.huber_loss`. */
export interface HuberFunction<A extends Mode = 'sync'> {
  /**
   * The Huber loss, quadratic below `delta` and linear above: `0.5 d²` where `|d| < delta`, else `delta (|d| - 0.5
   * delta)`.
   *
   * @param input - predictions of any shape, in a floating dtype; the loss has the same dtype
   * @param target - the target values, in the shape of `input`; another shape that broadcasts causes a warning
   * @param options - `reduction`, `delta`, `weight` (with LibTorch 2.6 and newer)
   * @returns the loss in the dtype of `input`: a scalar, or one value per element with reduction `'none'`
   * @throws TypeError for a `weight` with LibTorch older than 2.6
   * @throws RangeError if the shapes of `weight` and `input` differ
   * @throws TorchError if the shapes do not broadcast, for an integer `input`, and for a `delta` of 0 or below
   * @example
   * ```ts
   * const input = torch.tensor([1, 2, 4]);
   * const target = torch.tensor([1, 1, 1]);
   * torch.nn.functional.huber_loss(input, target).item();   // 1
   * torch.nn.functional.huber_loss(input, target, { reduction: 'none', delta: 2 }).tolist();   // [0, 0.5, 4]
   * ```
   */
  <
    S extends Shape,
    T extends Shape,
    D extends Float,
    E extends Float,
    R extends Reduction = 'mean',
    W extends Shape = Shape,
  >(
    input: Tensor<S, D>,
    target: Tensor<Like<S, T>, E>,
    options?: CallOptions<A, HuberFunctionOptions<R, Like<S, W>, NoInfer<D>>>,
  ): Outcome<A, Tensor<Reduced<S, R>, D>>;
}

/** `mindspore.ops.huber_loss`. */
export interface MindSporeHuberFunction<A extends Mode = 'sync'> {
  /**
   * The Huber loss: quadratic below `delta`, linear above.
   *
   * @param input - predictions of any shape, in a floating dtype
   * @param target - the target values, in the dtype of `input`, in a shape that broadcasts with it
   * @param options - `reduction`, `delta` (above 0)
   * @returns the loss in the dtype of `input`: a scalar, or one value per element with reduction `'none'`
   * @throws TorchError if the shapes do not broadcast, and for an integer `input`
   */
  <S extends Shape, T extends Shape, D extends Float, R extends Reduction = 'mean'>(
    input: Tensor<S, D>,
    target: Tensor<Broadcastable<S, T>, NoInfer<D>>,
    options?: CallOptions<A, HuberOptions<R>>,
  ): Outcome<A, Tensor<Reduced<Broadcast<S, T>, R>, D>>;
}

const inputs = ['input', 'target'] as const;
const options = ['reduction', 'delta'] as const;
const mindspore = {
  options,
  limits: { delta: { expected: 'a number above 0', holds: (value: number) => value > 0 } },
} as const;

/** Huber loss: quadratic for small errors, linear for large ones. */
export const huber = {
  op: 'huber_loss',
  formula: 'd = input - target\nloss = 0.5 d² where |d| < delta, else delta (|d| - 0.5 delta)',
  tex: [
    String.raw`d=x-y`,
    String.raw`\ell=\begin{cases}\tfrac12 d^2&\lvert d\rvert<\delta\\\delta\,(\lvert d\rvert-\tfrac12\delta)&\text{otherwise}\end{cases}`,
  ],
  use: 'Use it for regression with outliers; `delta` is the size of error beyond which a sample counts as one.',
  avoid:
    "If there are no outliers, `MSELoss` is simpler; with `delta` far from your errors' scale it is just MSE or scaled L1.",
  paper: {
    title: 'Huber, Robust Estimation of a Location Parameter, 1964',
    url: 'https://doi.org/10.1214/aoms/1177703732',
  },
  params: { reduction: reduction(), delta: real(1), weight: elementWeight },
  versions: [
    {
      namespaces: ['torch.nn.functional'],
      releases: since('elementWeights'),
      note: "weight follows the other parameters: one per element, in the shape of input; 'mean' still divides by the number of elements, unlike that of l1_loss and mse_loss; the class has none",
    },
  ],
  namespaces: {
    'torch.nn': { name: 'HuberLoss', inputs, options },
    'torch.nn.functional': { name: 'huber_loss', inputs, options: [...options, 'weight'] },
    'mindspore.nn': { name: 'HuberLoss', inputs: ['logits', 'labels'], ...mindspore },
    'mindspore.ops': { name: 'huber_loss', inputs, ...mindspore },
  },
  deviations: [
    {
      about: 'float64',
      torch: 'full precision: an error of 2.1 gives 1.6',
      mindspore: 'cast to float32 and back for every reduction: 1.600000023841858',
      examples: [
        {
          dtype: 'float64',
          inputs: [[2.1], [0]],
          options: { reduction: 'none' },
          torch: [1.6],
          mindspore: [1.600000023841858],
        },
      ],
      explains: inFloat32,
    },
    {
      about: 'the dtype of the loss when the dtypes differ',
      torch: 'that of the input',
      mindspore: 'that of the difference',
    },
    {
      about: 'float16 without dimensions',
      torch: 'a loss in float16',
      mindspore: 'a loss in float32 in 2.10',
      explains: (call) =>
        call.framework === 'mindspore' &&
        call.dtype === 'float16' &&
        call.element === undefined &&
        call.differs !== undefined &&
        call.inputs.every((input) => input?.shape.length === 0) &&
        call.within('float16', { times: 16, ofLargest: true, overflow: true }),
    },
    ...composed,
  ],
} satisfies LossRow<HuberFunctionOptions>;
