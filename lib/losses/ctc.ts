import { itemsOf } from '../addon/arguments.js';
import { tensor } from '../tensor/creation.js';
import { ArgumentRangeError, invalidType } from '../base/errors.js';
import type { LossRow } from '../loss/row.js';
import { boolean, integer, reduction } from '../loss/params.js';
import { TORCH } from './releases.js';
import { isArray } from '../base/plain_object.js';
import type { Like } from '../tensor/shapes.js';
import type { Tensor } from '../tensor/tensor.js';
import type { DType, Integer, Shape } from '../base/types.js';
import type { AsyncRest, CallOptions, Mode, Outcome, Reduced, Reduction } from '../loss/call_types.js';
import { dtypeAmong, tensors } from './checks.js';
import { composedInKernel, inMindSpore, madeOf, weRefuse } from './deviations.js';

/** The dtypes that CTC supports. */
type CTCFloat = 'float32' | 'float64';

/** The dtypes of MindSpore's class indices and lengths. */
type Index = 'int32' | 'int64';

/** The shape of the batch: `[T, N, C]` gives `[N]`, `[T, C]` gives `[]`; unknown rank stays unknown. */
type Batch<S extends Shape> = Shape extends S
  ? S
  : S extends readonly [number, infer N extends number, number]
    ? readonly [N]
    : S extends readonly [number, number]
      ? readonly []
      : Shape;

/** The number of sequences of a batch. */
type BatchSize<S extends Shape> = S extends readonly [number, infer N extends number, number] ? N : number;

/** The shape of targets `T`: one padded row per sequence, or all concatenated. */
type Targets<S extends Shape, T extends Shape> = T extends readonly [number, infer L extends number]
  ? Like<readonly [BatchSize<S>, L], T>
  : T;

/** The shape of targets `T` in MindSpore, where batches are padded. */
type PaddedTargets<S extends Shape, T extends Shape> = S extends readonly [number, infer N extends number, number]
  ? Like<readonly [N, number], T>
  : T;

/** The shape of lengths `L`: one per sequence; a single length may also be in a 1-element array. */
type Lengths<S extends Shape, L extends Shape> = S extends readonly [number, number]
  ? L extends readonly []
    ? L
    : Like<readonly [1], L>
  : Like<Batch<S>, L>;

/** `[T, N, C]`, as MindSpore's function requires; an unknown rank passes. */
type Batched<S extends Shape> = Shape extends S
  ? S
  : S extends readonly [number, number, number]
    ? S
    : readonly [number, number, number];

/** The shape of log_alpha. */
type Alpha<S extends Shape> = S extends readonly [infer T extends number, infer N extends number, number]
  ? readonly [N, T, number]
  : readonly [number, number, number];

/** Options of CTC, the same in both frameworks. `R` is the reduction. */
export interface CTCOptions<R extends Reduction = Reduction> {
  /** The index of the blank label. Default 0. */
  blank?: number | undefined;
  /**
   * How the losses of the sequences are reduced; `'mean'` first divides each loss by the length of its target. Default
   * `'mean'`.
   */
  reduction?: R | undefined;
  /**
   * Whether to zero infinite losses, which targets too long for their input have, and their gradients. Default false.
   */
  zero_infinity?: boolean | undefined;
}

/** Calls a CTC loss with the options of the constructor. */
export interface CTCForward<R extends Reduction, A extends Mode = 'sync'> {
  /**
   * The connectionist temporal classification loss.
   *
   * @param log_probs - log-probabilities of shape `[T, N, C]` or `[T, C]`, in float32 or float64
   * @param targets - class indices in any dtype, of shape `[N, S]`, or concatenated in shape `[sum(target_lengths)]`
   * @param input_lengths - the length of each input, at most T: integers in an array, or in a tensor of shape `[N]`,
   *   `[]` for one sequence
   * @param target_lengths - the length of each target, given in the same way
   * @returns the loss in the dtype of `log_probs`: a scalar, or one value per sequence with reduction `'none'`
   * @throws TypeError for an array of lengths that are not integers
   * @throws RangeError for a class index out of range, a negative length, a wrong number of dimensions of `log_probs`,
   *   and, with older LibTorch versions, an input of length 0
   * @throws TorchError for lengths beyond T or S, a number of lengths that is not the batch size, lengths that are not
   *   integers, `log_probs` of another dtype, a `blank` that is not a class, and, with newer LibTorch versions, an
   *   empty batch
   */
  <S extends Shape, T extends Shape, L extends Shape, M extends Shape, D extends CTCFloat>(
    log_probs: Tensor<S, D>,
    targets: Tensor<Targets<S, T>, DType>,
    input_lengths: Tensor<Lengths<S, L>, Integer> | readonly number[],
    target_lengths: Tensor<Lengths<S, M>, Integer> | readonly number[],
    ...options: AsyncRest<A>
  ): Outcome<A, Tensor<Reduced<Batch<S>, R>, D>>;
}

/** Calls MindSpore's CTC loss with the options of the constructor. */
export interface MindSporeCTCForward<R extends Reduction, A extends Mode = 'sync'> {
  /**
   * The connectionist temporal classification loss.
   *
   * @param log_probs - log-probabilities of shape `[T, N, C]` or `[T, C]`, in float32 or float64
   * @param targets - class indices (int32 or int64) of shape `[N, S]`, or `[S]` for one sequence
   * @param input_lengths - the length of each input, at most T and at least that of its target: integers in an array,
   *   or in an int32 or int64 tensor of shape `[N]`
   * @param target_lengths - the length of each target, given in the same way
   * @returns the loss in the dtype of `log_probs`: a scalar, or one value per sequence with reduction `'none'`
   * @throws TypeError for indices or lengths that are neither int32 nor int64, and for an array of lengths that are not
   *   integers
   * @throws RangeError for a class index out of range, a negative length, an input shorter than its target, and a wrong
   *   number of dimensions of `log_probs` or, in a batch, of `targets`
   * @throws TorchError for lengths beyond T or S, a number of lengths that is not the batch size, `log_probs` of
   *   another dtype, a `blank` that is not a class, and, with newer LibTorch versions, an empty batch
   */
  <S extends Shape, T extends Shape, L extends Shape, M extends Shape, D extends CTCFloat>(
    log_probs: Tensor<S, D>,
    targets: Tensor<PaddedTargets<S, T>, Index>,
    input_lengths: Tensor<Lengths<S, L>, Index> | readonly number[],
    target_lengths: Tensor<Lengths<S, M>, Index> | readonly number[],
    ...options: AsyncRest<A>
  ): Outcome<A, Tensor<Reduced<Batch<S>, R>, D>>;
}

/** `torch.nn.functional.ctc_loss`. */
export interface CTCFunction<A extends Mode = 'sync'> {
  /**
   * The connectionist temporal classification loss: the negative log of the probability of all ways to align the target
   * with the input.
   *
   * @param log_probs - log-probabilities of shape `[T, N, C]` or `[T, C]`, in float32 or float64
   * @param targets - class indices in any dtype, of shape `[N, S]`, or concatenated in shape `[sum(target_lengths)]`
   * @param input_lengths - the length of each input, at most T: integers in an array, or in a tensor of shape `[N]`,
   *   `[]` for one sequence
   * @param target_lengths - the length of each target, given in the same way
   * @param options - `blank`, `reduction`, `zero_infinity`
   * @returns the loss in the dtype of `log_probs`: a scalar, or one value per sequence with reduction `'none'`
   * @throws TypeError for an array of lengths that are not integers
   * @throws RangeError for a class index out of range, a negative length, a wrong number of dimensions of `log_probs`,
   *   and, with older LibTorch versions, an input of length 0
   * @throws TorchError for lengths beyond T or S, a number of lengths that is not the batch size, lengths that are not
   *   integers, `log_probs` of another dtype, a `blank` that is not a class, and, with newer LibTorch versions, an
   *   empty batch
   * @example
   * ```ts
   * const log_probs = torch.arange(0, 20).reshape([5, 2, 2]);
   * const targets = torch.tensor([[1n, 1n, 1n], [1n, 1n, 1n]]);
   * const loss = torch.nn.functional.ctc_loss(log_probs, targets, [5, 5], [2, 2], { reduction: 'none' });
   * loss.tolist();   // [-45.79497..., -55.79496...]
   * ```
   */
  <
    S extends Shape,
    T extends Shape,
    L extends Shape,
    M extends Shape,
    D extends CTCFloat,
    R extends Reduction = 'mean',
  >(
    log_probs: Tensor<S, D>,
    targets: Tensor<Targets<S, T>, DType>,
    input_lengths: Tensor<Lengths<S, L>, Integer> | readonly number[],
    target_lengths: Tensor<Lengths<S, M>, Integer> | readonly number[],
    options?: CallOptions<A, CTCOptions<R>>,
  ): Outcome<A, Tensor<Reduced<Batch<S>, R>, D>>;
}

/** `mindspore.ops.ctc_loss`, which returns a pair. */
export interface MindSporeCTCFunction<A extends Mode = 'sync'> {
  /**
   * The connectionist temporal classification loss, together with the log-probabilities of the prefixes that it sums
   * over.
   *
   * @param log_probs - log-probabilities of shape `[T, N, C]`, in float32 or float64
   * @param targets - class indices (int32 or int64) of shape `[N, S]`
   * @param input_lengths - the length of each input, at most T and at least that of its target: integers in an array,
   *   or in an int32 or int64 tensor of shape `[N]`
   * @param target_lengths - the length of each target, given in the same way
   * @param options - `blank`, `reduction`, `zero_infinity`
   * @returns the loss (a scalar, or one value per sequence with reduction `'none'`) and log_alpha of shape `[N, T, 2 S
   *   + 1]`, which carries no gradient; both in the dtype of `log_probs`
   * @throws TypeError for indices or lengths that are neither int32 nor int64, and for an array of lengths that are not
   *   integers
   * @throws RangeError for a class index out of range, a negative length, an input shorter than its target, and a wrong
   *   number of dimensions of `log_probs` or `targets`
   * @throws TorchError for lengths beyond T or S, a number of lengths that is not the batch size, `log_probs` of
   *   another dtype, a `blank` that is not a class, and, with newer LibTorch versions, an empty batch
   * @example
   * ```ts
   * const log_probs = torch.arange(0, 20).reshape([5, 2, 2]);
   * const targets = torch.tensor([[1n, 1n, 1n], [1n, 1n, 1n]]);
   * const [loss, log_alpha] = mindspore.ops.ctc_loss(log_probs, targets, [5, 5], [2, 2], { reduction: 'none' });
   * loss.tolist();      // [-45.79497..., -55.79496...]
   * log_alpha.shape;    // [2, 5, 5]
   * ```
   */
  <
    S extends Shape,
    T extends Shape,
    L extends Shape,
    M extends Shape,
    D extends CTCFloat,
    R extends Reduction = 'mean',
  >(
    log_probs: Tensor<Batched<S>, D>,
    targets: Tensor<PaddedTargets<S, T>, Index>,
    input_lengths: Tensor<Lengths<S, L>, Index> | readonly number[],
    target_lengths: Tensor<Lengths<S, M>, Index> | readonly number[],
    options?: CallOptions<A, CTCOptions<R>>,
  ): Outcome<A, [loss: Tensor<Reduced<Batch<S>, R>, D>, log_alpha: Tensor<Alpha<S>, D>]>;
}

/** Converts lengths given as arrays of integers to tensors. */
function lengthsToTensors(inputs: readonly unknown[], names: readonly string[]): readonly unknown[] {
  return inputs.slice(0, names.length).map((value, index) => {
    const name = names[index] as string;
    if (!name.endsWith('_lengths') || !isArray(value)) return value;
    const lengths = itemsOf(value, name);
    if (!lengths.every((length) => Number.isSafeInteger(length)))
      throw invalidType(name, 'a Tensor or an array of integers', value);
    return tensor(lengths as readonly number[], { dtype: 'int64' });
  });
}

/**
 * MindSpore accepts two dtypes of indices and lengths. Its CPU kernel requires inputs at least as long as their
 * targets, and its function requires padded batches.
 */
function mindsporeChecks(batchesOnly: boolean) {
  return (inputs: readonly unknown[], names: readonly string[]): readonly Tensor[] => {
    const list = tensors(inputs, names);
    dtypeAmong(list.slice(1), names.slice(1), ['int32', 'int64']);
    const [logProbs, targets, inputLengths, targetLengths] = list as readonly [Tensor, Tensor, Tensor, Tensor];
    if (batchesOnly && logProbs.dim() !== 3) throw wrongShape(names[0], 'a shape of (T, N, C)', logProbs);
    if (logProbs.dim() === 3 && targets.dim() !== 2) throw wrongShape(names[1], 'a shape of (N, S)', targets);
    const [ofInputs, ofTargets] = [valuesOf(inputLengths), valuesOf(targetLengths)];
    const short = ofInputs.findIndex((length, index) => length < (ofTargets[index] ?? 0));
    if (short >= 0) {
      throw new ArgumentRangeError(
        names[2] as string,
        `lengths of at least those of the targets (${ofTargets[short]} at [${short}])`,
        String(ofInputs[short]),
      );
    }
    return list;
  };
}

/** The elements of a tensor of any dtype. */
function valuesOf(tensor: Tensor): Float64Array {
  const copy = tensor.to('float64');
  try {
    return copy.toTypedArray();
  } finally {
    copy.dispose();
  }
}

function wrongShape(name = '', expected: string, { shape }: Tensor): ArgumentRangeError {
  return new ArgumentRangeError(name, expected, `[${shape.join(', ')}]`);
}

const inputs = ['log_probs', 'targets', 'input_lengths', 'target_lengths'] as const;
const options = ['blank', 'reduction', 'zero_infinity'] as const;

/** Connectionist temporal classification: label sequences without an alignment to the input. */
export const ctc = {
  op: 'ctc_loss',
  anywhere: [1, 2, 3],
  formula:
    'loss = -log Σ over the alignments of target and blanks of Π_t exp(log_probs[t, label of the alignment at t])',
  tex: [
    String.raw`\ell=-\log\sum_{\pi\in A(y)}\;\prod_t p_t(\pi_t)`,
    String.raw`A(y)\text{: alignments of }y\text{ with blanks}`,
    String.raw`\log p_t(c)=\texttt{log\_probs}[t,c]`,
  ],
  use: 'Use it to train on sequences whose labels are known in order but not in time, such as speech or handwriting.',
  avoid:
    'Do not use it when each step has its own label (use `CrossEntropyLoss`) or when targets can be longer than their inputs.',
  paper: {
    title:
      'Graves et al., Connectionist Temporal Classification: Labelling Unsegmented Sequence Data with Recurrent Neural Networks, 2006',
    url: 'https://www.cs.toronto.edu/~graves/icml_2006.pdf',
  },
  params: { blank: integer(0), reduction: reduction(), zero_infinity: boolean(false) },
  prepare: lengthsToTensors,
  versions: [
    {
      namespaces: TORCH,
      releases: 'PyTorch after 1.13',
      note: 'negative lengths are refused; an input of length 0 gives inf, or 0 if the target is empty as well: 1.13 reads out of bounds',
    },
    {
      namespaces: TORCH,
      releases: 'PyTorch after 1.13',
      note: 'an empty batch is a RuntimeError, where 1.13 gives an empty tensor or nan, and a dtype without a kernel a NotImplementedError',
    },
  ],
  namespaces: {
    'torch.nn': { name: 'CTCLoss', inputs, options },
    'torch.nn.functional': { name: 'ctc_loss', inputs, options },
    'mindspore.nn': { name: 'CTCLoss', inputs, options, prepare: mindsporeChecks(false) },
    'mindspore.ops': { name: 'ctc_loss', inputs, options, prepare: mindsporeChecks(true), pair: 'ctc_loss_with_alpha' },
  },
  sampleDims: [0, 2],
  deviations: [
    {
      about: 'the value of an infinite loss with zero_infinity',
      torch: '0',
      mindspore: 'inf: only its gradient is zeroed',
      examples: [
        {
          inputs: [[[[-0.7, -0.7]], [[-0.7, -0.7]]], { int32: [[1, 1]] }, { int32: [2] }, { int32: [2] }],
          options: { reduction: 'none', zero_infinity: true },
          torch: [0],
          mindspore: [Number.POSITIVE_INFINITY],
        },
      ],
      explains: (call) =>
        inMindSpore(call) && call.options.zero_infinity === true && call.element?.theirs === Number.POSITIVE_INFINITY,
    },
    {
      about: 'concatenated targets in a batch',
      torch: 'taken by torch.nn',
      mindspore: 'documented for the class, refused by its kernel',
    },
    { about: 'a tuple of lengths with reduction mean', torch: 'taken', mindspore: 'an AttributeError' },
    {
      about: 'a sequence without time steps',
      torch: 'inf, or 0 if the target is empty as well; older LibTorch versions read out of bounds: a RangeError',
      mindspore: 'memory out of bounds: a different number each time in 2.10 on the CPU',
      explains: (call) =>
        madeOf(call, (length) => length === 0, 2) ||
        (/input_lengths/.test(call.ours ?? '') && call.inputs[2]?.values().includes(0) === true),
    },
    {
      about: 'log_probs without elements',
      torch: 'a TorchError, as PyTorch raises a RuntimeError; 1.13 computes an empty batch',
      mindspore: '-0 for each sequence without time steps, an empty tensor for an empty batch',
      explains: (call) => weRefuse(call, /log_probs tensor must not be empty/),
    },
    ...composedInKernel,
  ],
} satisfies LossRow<CTCOptions>;
