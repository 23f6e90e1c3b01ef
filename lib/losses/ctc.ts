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
import { composedInKernel, inMindSpore, madeOf } from './deviations.js';

/** The dtypes CTC computes in. */
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

/** The shape of targets `T`: padded rows, one for each sequence, or all in one dimension. */
type Targets<S extends Shape, T extends Shape> = T extends readonly [number, infer L extends number]
  ? Like<readonly [BatchSize<S>, L], T>
  : T;

/** The shape of targets `T` in MindSpore, whose batches are padded. */
type PaddedTargets<S extends Shape, T extends Shape> = S extends readonly [number, infer N extends number, number]
  ? Like<readonly [N, number], T>
  : T;

/** The shape of lengths `L`: one for each sequence of the batch; the only one may be in an array of its own. */
type Lengths<S extends Shape, L extends Shape> = S extends readonly [number, number]
  ? L extends readonly []
    ? L
    : Like<readonly [1], L>
  : Like<Batch<S>, L>;

/** `[T, N, C]`, which MindSpore's function wants; unknown rank passes. */
type Batched<S extends Shape> = Shape extends S
  ? S
  : S extends readonly [number, number, number]
    ? S
    : readonly [number, number, number];

/** The shape of log_alpha. */
type Alpha<S extends Shape> = S extends readonly [infer T extends number, infer N extends number, number]
  ? readonly [N, T, number]
  : readonly [number, number, number];

/** Options of CTC, alike in both frameworks. `R` is the reduction. */
export interface CTCOptions<R extends Reduction = Reduction> {
  /** The class that stands for no label. Default 0. */
  blank?: number | undefined;
  /** How the losses of the sequences are joined; `'mean'` first divides each by its target's length. Default `'mean'`. */
  reduction?: R | undefined;
  /** Count infinite losses, of targets too long for their input, and their gradients as 0. Default false. */
  zero_infinity?: boolean | undefined;
}

/** The call of a CTC loss whose options are set. */
export interface CTCForward<R extends Reduction, A extends Mode = 'sync'> {
  /**
   * The connectionist temporal classification loss.
   *
   * @param log_probs - log-probabilities of shape `[T, N, C]` or `[T, C]`, in float32 or float64
   * @param targets - class indices in any dtype, of shape `[N, S]`, or `[sum(target_lengths)]` one after the other
   * @param input_lengths - the length of each input, at most T: integers in an array, or in a tensor of shape `[N]`,
   *   `[]` for one sequence
   * @param target_lengths - the length of each target, in the same form
   * @returns the loss in the dtype of `log_probs`: one number, or one for each sequence with reduction `'none'`
   * @throws TypeError for lengths in an array of other than integers
   * @throws RangeError for a class index out of range, a negative length, another number of dimensions of `log_probs`,
   *   and with older LibTorchs an input of length 0
   * @throws TorchError for lengths beyond T or S, another number of them than of sequences, lengths that are no
   *   integers, `log_probs` in another dtype, a `blank` that is no class, and with newer LibTorchs an empty batch
   */
  <S extends Shape, T extends Shape, L extends Shape, M extends Shape, D extends CTCFloat>(
    log_probs: Tensor<S, D>,
    targets: Tensor<Targets<S, T>, DType>,
    input_lengths: Tensor<Lengths<S, L>, Integer> | readonly number[],
    target_lengths: Tensor<Lengths<S, M>, Integer> | readonly number[],
    ...options: AsyncRest<A>
  ): Outcome<A, Tensor<Reduced<Batch<S>, R>, D>>;
}

/** The call of MindSpore's CTC loss whose options are set. */
export interface MindSporeCTCForward<R extends Reduction, A extends Mode = 'sync'> {
  /**
   * The connectionist temporal classification loss.
   *
   * @param log_probs - log-probabilities of shape `[T, N, C]` or `[T, C]`, in float32 or float64
   * @param targets - class indices (int32 or int64) of shape `[N, S]`, or `[S]` for one sequence
   * @param input_lengths - the length of each input, at most T and at least that of its target: integers in an array,
   *   or in an int32 or int64 tensor of shape `[N]`
   * @param target_lengths - the length of each target, in the same form
   * @returns the loss in the dtype of `log_probs`: one number, or one for each sequence with reduction `'none'`
   * @throws TypeError for indices or lengths that are neither int32 nor int64, and lengths in an array of other than
   *   integers
   * @throws RangeError for a class index out of range, a negative length, an input shorter than its target, and another
   *   number of dimensions of `log_probs` or, in a batch, of `targets`
   * @throws TorchError for lengths beyond T or S, another number of them than of sequences, `log_probs` in another
   *   dtype, a `blank` that is no class, and with newer LibTorchs an empty batch
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
   * @param targets - class indices in any dtype, of shape `[N, S]`, or `[sum(target_lengths)]` one after the other
   * @param input_lengths - the length of each input, at most T: integers in an array, or in a tensor of shape `[N]`,
   *   `[]` for one sequence
   * @param target_lengths - the length of each target, in the same form
   * @param options - `blank`, `reduction`, `zero_infinity`
   * @returns the loss in the dtype of `log_probs`: one number, or one for each sequence with reduction `'none'`
   * @throws TypeError for lengths in an array of other than integers
   * @throws RangeError for a class index out of range, a negative length, another number of dimensions of `log_probs`,
   *   and with older LibTorchs an input of length 0
   * @throws TorchError for lengths beyond T or S, another number of them than of sequences, lengths that are no
   *   integers, `log_probs` in another dtype, a `blank` that is no class, and with newer LibTorchs an empty batch
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

/** `mindspore.ops.ctc_loss`, which gives a pair. */
export interface MindSporeCTCFunction<A extends Mode = 'sync'> {
  /**
   * The connectionist temporal classification loss, and the log-probabilities of the prefixes that it sums over.
   *
   * @param log_probs - log-probabilities of shape `[T, N, C]`, in float32 or float64
   * @param targets - class indices (int32 or int64) of shape `[N, S]`
   * @param input_lengths - the length of each input, at most T and at least that of its target: integers in an array,
   *   or in an int32 or int64 tensor of shape `[N]`
   * @param target_lengths - the length of each target, in the same form
   * @param options - `blank`, `reduction`, `zero_infinity`
   * @returns the loss, one number or one for each sequence with reduction `'none'`, and log_alpha of shape
   *   `[N, T, 2 S + 1]`, through which no gradient flows; both in the dtype of `log_probs`
   * @throws TypeError for indices or lengths that are neither int32 nor int64, and lengths in an array of other than
   *   integers
   * @throws RangeError for a class index out of range, a negative length, an input shorter than its target, and another
   *   number of dimensions of `log_probs` or `targets`
   * @throws TorchError for lengths beyond T or S, another number of them than of sequences, `log_probs` in another
   *   dtype, a `blank` that is no class, and with newer LibTorchs an empty batch
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

/** Lengths may be arrays of integers: they become tensors. */
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
 * MindSpore takes two dtypes of indices and lengths. Its CPU kernel wants inputs at least as long as their targets, and the
 * function batches of padded rows.
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

/** Connectionist temporal classification: sequences of labels without alignment. */
export const ctc = {
  op: 'ctc_loss',
  formula:
    'loss = -log Σ over the alignments of target and blanks of Π_t exp(log_probs[t, label of the alignment at t])',
  params: { blank: integer(0), reduction: reduction(), zero_infinity: boolean(false) },
  prepare: lengthsToTensors,
  versions: [
    {
      namespaces: TORCH,
      releases: 'PyTorch after 1.13',
      note: 'negative lengths are refused; an input of length 0 gives inf, or 0 where the target is empty, too: 1.13 reads memory that is not its own',
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
      about: 'targets one after the other in a batch',
      torch: 'taken by torch.nn',
      mindspore: 'documented for the class, refused by its kernel',
    },
    { about: 'a tuple of lengths with reduction mean', torch: 'taken', mindspore: 'an AttributeError' },
    {
      about: 'a sequence without time steps',
      torch: 'inf, or 0 where the target is empty, too; older LibTorchs read memory that is not theirs: a RangeError',
      mindspore: 'memory that is not its own: another number each time in 2.10 on the CPU',
      explains: (call) =>
        madeOf(call, (length) => length === 0, 2) ||
        (/input_lengths/.test(call.ours ?? '') && call.inputs[2]?.values().includes(0) === true),
    },
    ...composedInKernel,
  ],
} satisfies LossRow<CTCOptions>;
