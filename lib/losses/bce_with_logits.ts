import type { LegacyOptions, LossRow } from '../loss/row.js';
import { optionalTensor, reduction } from '../loss/params.js';
import { MINDSPORE, halfOnCPU } from './releases.js';
import type { Like } from '../tensor/shapes.js';
import type { Tensor } from '../tensor/tensor.js';
import type { Float, Shape } from '../base/types.js';
import type { AsyncRest, CallOptions, Mode, Outcome, Reduced, Reduction } from '../loss/call_types.js';
import { dtypeAmong } from './checks.js';
import { composed, roughExponential } from './deviations.js';

/** The dtypes that MindSpore computes this loss in. */
type MindSporeFloat = Exclude<Float, 'float64'>;

/** Options of binary cross entropy with logits in MindSpore's namespaces. `R` is the reduction. */
export interface MindSporeBCEWithLogitsOptions<R extends Reduction = Reduction> {
  /** Weights of the elements, broadcast to the input. Default: none. */
  weight?: Tensor<Shape, Float> | null | undefined;
  /**
   * Weights of the positive examples, usually one per class, broadcast to the input; above 1 raises recall, below 1
   * raises precision. Default: none.
   */
  pos_weight?: Tensor<Shape, Float> | null | undefined;
  /** How the losses of the elements are reduced. Default `'mean'`. */
  reduction?: R | undefined;
}

/** Options of binary cross entropy with logits in PyTorch's namespaces. `R` is the reduction. */
export interface BCEWithLogitsOptions<R extends Reduction = Reduction>
  extends MindSporeBCEWithLogitsOptions<R>,
    LegacyOptions {}

/** Calls a binary cross entropy with logits with the options of the constructor. */
export interface BCEWithLogitsForward<R extends Reduction, A extends Mode = 'sync'> {
  /**
   * Binary cross entropy of logits: combines a sigmoid and binary cross entropy.
   *
   * @param input - logits of any shape, in a floating dtype
   * @param target - probabilities, usually 0 or 1, in the shape of `input`, in a floating dtype
   * @returns the loss in the dtype of `target`: a scalar, or one value per element with reduction `'none'`
   * @throws RangeError if the shapes of `target` and `input` differ
   * @throws TorchError for integers, and a `weight` or `pos_weight` that does not broadcast
   */
  <S extends Shape, T extends Shape, D extends Float>(
    input: Tensor<S, Float>,
    target: Tensor<Like<S, T>, D>,
    ...options: AsyncRest<A>
  ): Outcome<A, Tensor<Reduced<S, R>, D>>;
}

/** Calls MindSpore's binary cross entropy with logits with the options of the constructor. */
export interface MindSporeBCEWithLogitsForward<R extends Reduction, A extends Mode = 'sync'> {
  /**
   * Binary cross entropy of logits: combines a sigmoid and binary cross entropy.
   *
   * @param input - logits of any shape, in float16, bfloat16 or float32 (`logits` before MindSpore 2.3)
   * @param target - probabilities, usually 0 or 1, in the shape of `input`, in one of those dtypes (`labels` before
   *   MindSpore 2.3)
   * @returns the loss in the dtype of `target`: a scalar, or one value per element with reduction `'none'`
   * @throws TypeError for a dtype other than float16, bfloat16 and float32
   * @throws RangeError if the shapes of `target` and `input` differ
   * @throws TorchError for a `weight` or `pos_weight` that does not broadcast
   */
  <S extends Shape, T extends Shape, D extends MindSporeFloat>(
    input: Tensor<S, MindSporeFloat>,
    target: Tensor<Like<S, T>, D>,
    ...options: AsyncRest<A>
  ): Outcome<A, Tensor<Reduced<S, R>, D>>;
}

/** `torch.nn.functional.binary_cross_entropy_with_logits`. */
export interface BCEWithLogitsFunction<A extends Mode = 'sync'> {
  /**
   * Binary cross entropy of logits: combines a sigmoid and binary cross entropy, stably for logits of any size.
   *
   * @param input - logits of any shape, in a floating dtype
   * @param target - probabilities, usually 0 or 1, in the shape of `input`, in a floating dtype
   * @param options - `weight`, `reduction`, `pos_weight`
   * @returns the loss in the dtype of `target`: a scalar, or one value per element with reduction `'none'`
   * @throws RangeError if the shapes of `target` and `input` differ
   * @throws TorchError for integers, and a `weight` or `pos_weight` that does not broadcast
   * @example
   * ```ts
   * const input = torch.tensor([[-0.8, 1.2, 0.7], [-0.1, -0.4, 0.7]]);
   * const target = torch.tensor([[0.3, 0.8, 1.2], [-0.6, 0.1, 2.2]]);
   * torch.nn.functional.binary_cross_entropy_with_logits(input, target).item();   // 0.34636...
   * ```
   */
  <S extends Shape, T extends Shape, D extends Float, R extends Reduction = 'mean'>(
    input: Tensor<S, Float>,
    target: Tensor<Like<S, T>, D>,
    options?: CallOptions<A, BCEWithLogitsOptions<R>>,
  ): Outcome<A, Tensor<Reduced<S, R>, D>>;
}

/** `mindspore.ops.binary_cross_entropy_with_logits`. */
export interface MindSporeBCEWithLogitsFunction<A extends Mode = 'sync'> {
  /**
   * Binary cross entropy of logits: combines a sigmoid and binary cross entropy.
   *
   * @param input - logits of any shape, in float16, bfloat16 or float32 (`logits` before MindSpore 2.3)
   * @param target - probabilities, usually 0 or 1, in the shape of `input`, in one of those dtypes (`label` before
   *   MindSpore 2.3)
   * @param options - `weight`, `pos_weight`, `reduction`
   * @returns the loss in the dtype of `target`: a scalar, or one value per element with reduction `'none'`
   * @throws TypeError for a dtype other than float16, bfloat16 and float32
   * @throws RangeError if the shapes of `target` and `input` differ
   * @throws TorchError for a `weight` or `pos_weight` that does not broadcast
   */
  <S extends Shape, T extends Shape, D extends MindSporeFloat, R extends Reduction = 'mean'>(
    input: Tensor<S, MindSporeFloat>,
    target: Tensor<Like<S, T>, D>,
    options?: CallOptions<A, MindSporeBCEWithLogitsOptions<R>>,
  ): Outcome<A, Tensor<Reduced<S, R>, D>>;
}

const torchOptions = ['weight', 'size_average', 'reduce', 'reduction', 'pos_weight'] as const;
const inputs = ['input', 'target'] as const;
const mindspore = {
  inputs,
  anyCase: true,
  prepare: (given: readonly unknown[], names: readonly string[]) =>
    dtypeAmong(given, names, ['float16', 'bfloat16', 'float32']),
} as const;

/** Binary cross entropy of logits: sigmoid and binary cross entropy in one step. */
export const bceWithLogits = {
  op: 'binary_cross_entropy_with_logits',
  formula: 'loss = -weight (pos_weight target log σ(input) + (1 - target) log(1 - σ(input))), σ(x) = 1 / (1 + exp(-x))',
  tex: [
    String.raw`\ell=-w\,\bigl(p\,y\log\sigma(x)+(1-y)\log(1-\sigma(x))\bigr)`,
    String.raw`p=\texttt{pos\_weight},\quad\sigma(x)=\frac{1}{1+e^{-x}}`,
  ],
  use: 'Use it for yes-or-no targets, one or several per sample; pass raw logits, and use `pos_weight` to balance rare positives.',
  avoid: 'Do not apply a sigmoid first, and if each sample has exactly one class, use `CrossEntropyLoss`.',
  params: { weight: optionalTensor, pos_weight: optionalTensor, reduction: reduction() },
  versions: [
    {
      namespaces: ['mindspore.ops'],
      releases: 'MindSpore 2.0 and 2.1',
      note: 'the parameters are logits, label, weight, pos_weight, reduction, with weight and pos_weight required; they are optional since 2.2',
    },
    {
      namespaces: ['mindspore.nn'],
      releases: 'MindSpore 2.0 to 2.3.0-rc2',
      note: 'the tensors are called logits and labels',
    },
    {
      namespaces: ['mindspore.ops'],
      releases: 'MindSpore 2.0 to 2.3.0-rc2',
      note: 'the tensors are called logits and label',
    },
    {
      namespaces: MINDSPORE,
      releases: 'MindSpore 2.3 and newer',
      note: 'the tensors are called input and target; the Chinese documentation of 2.7 still has the older names',
    },
    {
      namespaces: MINDSPORE,
      releases: 'MindSpore 2.4.10 and newer',
      note: 'bfloat16 is computed on some Ascend hardware',
    },
    halfOnCPU,
  ],
  namespaces: {
    'torch.nn': { name: 'BCEWithLogitsLoss', inputs, options: torchOptions },
    'torch.nn.functional': { name: 'binary_cross_entropy_with_logits', inputs, options: torchOptions },
    'mindspore.nn': { name: 'BCEWithLogitsLoss', ...mindspore, options: ['reduction', 'weight', 'pos_weight'] },
    'mindspore.ops': {
      name: 'binary_cross_entropy_with_logits',
      ...mindspore,
      options: ['weight', 'pos_weight', 'reduction'],
    },
  },
  deviations: [
    {
      about: 'float16 on the CPU',
      torch: 'computed by newer LibTorch versions',
      mindspore: 'no kernel in 2.3, computed by 2.10',
    },
    roughExponential,
    ...composed,
  ],
} satisfies LossRow<BCEWithLogitsOptions>;
