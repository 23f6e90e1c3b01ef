import type { LegacyOptions, LossRow } from '../loss/row.js';
import { optionalTensor, reduction } from '../loss/params.js';
import { TORCH } from './releases.js';
import type { Like } from '../tensor/shapes.js';
import type { Tensor } from '../tensor/tensor.js';
import type { DType, Float, Shape } from '../base/types.js';
import type { AsyncRest, CallOptions, Mode, Outcome, Reduced, Reduction } from '../loss/call_types.js';
import { dtypeAmong, sameShape } from './checks.js';
import { broadcastOption, composed, inMindSpore, isTimes, madeOf, someElement, weRefuse } from './deviations.js';

/** Options of binary cross entropy in MindSpore's namespaces. `R` is the reduction. */
export interface MindSporeBCEOptions<R extends Reduction = Reduction> {
  /**
   * Weights of the elements, broadcast to the input; the mean still divides by the number of elements. Default: none.
   */
  weight?: Tensor<Shape, DType> | null | undefined;
  /** How the losses of the elements are reduced. Default `'mean'`. */
  reduction?: R | undefined;
}

/** Options of binary cross entropy in PyTorch's namespaces. `R` is the reduction. */
export interface BCEOptions<R extends Reduction = Reduction> extends MindSporeBCEOptions<R>, LegacyOptions {}

/** Calls a binary cross entropy with the options of the constructor. */
export interface BCEForward<R extends Reduction, A extends Mode = 'sync'> {
  /**
   * Binary cross entropy of probabilities.
   *
   * @param input - probabilities of any shape, in a floating dtype
   * @param target - probabilities, usually 0 or 1, in the shape and dtype of `input`
   * @returns the loss in the dtype of `input`: a scalar, or one value per element with reduction `'none'`
   * @throws RangeError if the shapes of `target` and `input` differ
   * @throws TorchError if the dtypes differ, for integers, for a `weight` that does not broadcast, and for elements of
   *   `input` that are NaN or outside 0 to 1; newer LibTorch versions check `target`, too
   */
  <S extends Shape, T extends Shape, D extends Float>(
    input: Tensor<S, D>,
    target: Tensor<Like<S, T>, NoInfer<D>>,
    ...options: AsyncRest<A>
  ): Outcome<A, Tensor<Reduced<S, R>, D>>;
}

/** Calls MindSpore's binary cross entropy with the options of the constructor. */
export interface MindSporeBCEForward<R extends Reduction, A extends Mode = 'sync'> {
  /**
   * Binary cross entropy of probabilities.
   *
   * @param logits - probabilities of any shape, in float16 or float32
   * @param labels - probabilities, usually 0 or 1, in the shape and dtype of `logits`
   * @returns the loss in the dtype of `logits`: a scalar, or one value per element with reduction `'none'`
   * @throws TypeError for a dtype other than float16 and float32
   * @throws RangeError if the shapes of `labels` and `logits` differ
   * @throws TorchError if the dtypes differ, for a `weight` that does not broadcast, and for elements of `logits` that
   *   are NaN or outside 0 to 1; newer LibTorch versions check `labels`, too
   */
  <S extends Shape, T extends Shape, D extends 'float16' | 'float32'>(
    logits: Tensor<S, D>,
    labels: Tensor<Like<S, T>, NoInfer<D>>,
    ...options: AsyncRest<A>
  ): Outcome<A, Tensor<Reduced<S, R>, D>>;
}

/** `torch.nn.functional.binary_cross_entropy`. */
export interface BCEFunction<A extends Mode = 'sync'> {
  /**
   * Binary cross entropy of probabilities: `-(y log x + (1 - y) log(1 - x))`, with logarithms clamped at -100.
   *
   * @param input - probabilities of any shape, in a floating dtype
   * @param target - probabilities, usually 0 or 1, in the shape and dtype of `input`
   * @param options - `weight`, `reduction`
   * @returns the loss in the dtype of `input`: a scalar, or one value per element with reduction `'none'`
   * @throws RangeError if the shapes of `target` and `input` differ
   * @throws TorchError if the dtypes differ, for integers, for a `weight` that does not broadcast, and for elements of
   *   `input` that are NaN or outside 0 to 1; newer LibTorch versions check `target`, too
   * @example
   * ```ts
   * const input = torch.tensor([0.2, 0.7, 0.1]);
   * const target = torch.tensor([0, 1, 0]);
   * torch.nn.functional.binary_cross_entropy(input, target).item();   // 0.22839...
   * torch.nn.functional.binary_cross_entropy(torch.tensor([0]), torch.tensor([1])).item();   // 100
   * ```
   */
  <S extends Shape, T extends Shape, D extends Float, R extends Reduction = 'mean'>(
    input: Tensor<S, D>,
    target: Tensor<Like<S, T>, NoInfer<D>>,
    options?: CallOptions<A, BCEOptions<R>>,
  ): Outcome<A, Tensor<Reduced<S, R>, D>>;
}

/** `mindspore.ops.binary_cross_entropy`. */
export interface MindSporeBCEFunction<A extends Mode = 'sync'> {
  /**
   * Binary cross entropy of probabilities.
   *
   * @param logits - probabilities of any shape, in float16 or float32
   * @param labels - probabilities, usually 0 or 1, in the shape and dtype of `logits`
   * @param options - `weight`, `reduction` (case-insensitive)
   * @returns the loss in the dtype of `logits`: a scalar, or one value per element with reduction `'none'`
   * @throws TypeError for a dtype other than float16 and float32
   * @throws RangeError if the shapes of `labels` and `logits` differ
   * @throws TorchError if the dtypes differ, for a `weight` that does not broadcast, and for elements of `logits` that
   *   are NaN or outside 0 to 1; newer LibTorch versions check `labels`, too
   */
  <S extends Shape, T extends Shape, D extends 'float16' | 'float32', R extends Reduction = 'mean'>(
    logits: Tensor<S, D>,
    labels: Tensor<Like<S, T>, NoInfer<D>>,
    options?: CallOptions<A, MindSporeBCEOptions<R>>,
  ): Outcome<A, Tensor<Reduced<S, R>, D>>;
}

const torchOptions = ['weight', 'size_average', 'reduce', 'reduction'] as const;
const mindspore = {
  inputs: ['logits', 'labels'],
  options: ['weight', 'reduction'],
  prepare: (inputs: readonly unknown[], names: readonly string[]) =>
    sameShape(dtypeAmong(inputs, names, ['float16', 'float32']), names),
} as const;

/** The loss of one element, with the given logarithm. */
function entropy(log: (value: number) => number) {
  return ([p = 0]: readonly number[], [target = 0]: readonly number[], [weight = 1]: readonly number[] = []): number =>
    -weight * (target * log(p) + (1 - target) * log(1 - p));
}

/** How PyTorch and MindSpore bound the logarithm. */
const clamped = entropy((value) => Math.max(Math.log(value), -100));
const floored = entropy((value) => Math.log(value + 1e-12));

/** Binary cross entropy of probabilities. */
export const bce = {
  op: 'binary_cross_entropy',
  formula: 'loss = -weight (target log(input) + (1 - target) log(1 - input)), logarithms at least -100',
  tex: [String.raw`\ell=-w\,\bigl(y\log x+(1-y)\log(1-x)\bigr)`, String.raw`\text{logarithms at least }-100`],
  use: 'Use it for yes-or-no targets, one or several per sample, when the network already returns probabilities.',
  avoid:
    'If the network returns logits, use `BCEWithLogitsLoss`: it is more stable than a sigmoid followed by this loss.',
  params: { weight: optionalTensor, reduction: reduction() },
  versions: [
    {
      namespaces: ['mindspore.nn'],
      releases: 'MindSpore 2.0.0-alpha',
      note: "the reduction defaults to 'none'; 'mean' since 2.0.0-rc1",
    },
    {
      namespaces: ['mindspore.nn'],
      releases: 'MindSpore 2.6 and newer',
      note: 'the class calls mindspore.ops.binary_cross_entropy, and no longer checks the tensors itself',
    },
    {
      namespaces: TORCH,
      releases: 'PyTorch after 1.13',
      note: 'a target outside 0 to 1 is a RuntimeError; float16 and bfloat16 are computed on the CPU',
    },
  ],
  namespaces: {
    'torch.nn': { name: 'BCELoss', inputs: ['input', 'target'], options: torchOptions },
    'torch.nn.functional': { name: 'binary_cross_entropy', inputs: ['input', 'target'], options: torchOptions },
    'mindspore.nn': { name: 'BCELoss', ...mindspore },
    'mindspore.ops': { name: 'binary_cross_entropy', ...mindspore, anyCase: true },
  },
  deviations: [
    {
      about: 'a probability of 0 where the target is 1, or of 1 where it is 0',
      torch: '100: logarithms are clamped at -100',
      mindspore: '27.631021: 1e-12 is added to the argument of the logarithm',
      examples: [
        {
          inputs: [
            [0, 1],
            [1, 0],
          ],
          options: { reduction: 'none' },
          torch: [100, 100],
          mindspore: [27.631021, 27.631021],
        },
      ],
      explains: (call) =>
        madeOf(call, (value) => value < 1e-6 || value > 1 - 1e-6, 0) &&
        (call.differs !== 'output' || call.gives('theirs', floored)),
    },
    {
      about: 'NaN in the input',
      torch: 'a TorchError',
      mindspore: 'not checked on the CPU',
      explains: (call) => weRefuse(call, /between 0 and 1/) && call.inputs[0]?.values().some(Number.isNaN) === true,
    },
    {
      about: 'a target outside 0 to 1',
      torch: 'a TorchError in newer LibTorch versions',
      mindspore: 'taken',
      explains: (call) =>
        weRefuse(call, /between 0 and 1/) && someElement(call, (value) => !(value >= 0 && value <= 1)),
    },
    {
      about: 'a weight that is broadcast',
      torch: 'each element times its weight',
      mindspore: 'read out of bounds by the CPU kernel',
      explains: (call) =>
        inMindSpore(call) &&
        broadcastOption(call, 'weight') &&
        (call.differs !== 'output' || call.gives('ours', clamped)),
    },
    {
      about: "a single element with 'mean' or 'sum'",
      torch: 'the loss: 0.6931472 for 0.5 and a target of 1',
      mindspore: 'twice the loss in 2.10 on the CPU: 1.3862944',
      examples: [{ inputs: [[0.5], [1]], torch: [Math.LN2], mindspore: [2 * Math.LN2] }],
      explains: (call) =>
        inMindSpore(call) &&
        call.options.reduction !== 'none' &&
        call.inputs[0]?.shape.every((size) => size === 1) === true &&
        (call.differs === 'output'
          ? call.gives('theirs', (input, target, weight) => 2 * floored(input, target, weight))
          : isTimes(call, 2)),
    },
    ...composed,
  ],
} satisfies LossRow<BCEOptions>;
