/** What evaluate takes and gives. */
import type { TensorLike } from '../tensor/creation.js';
import type { TypedArray } from '../tensor/dtypes.js';
import type { Tensor } from '../tensor/tensor.js';
import type { Device, DType, Shape } from '../base/types.js';

/** A loss: a function such as `torch.nn.functional.cross_entropy`, or an instance such as `new torch.nn.MSELoss()`. */
// biome-ignore lint/suspicious/noExplicitAny: each loss has its own types of tensors and options
export type EvaluatedLoss = (...args: any[]) => unknown;

/** A loss, or a function with its options: `[torch.nn.functional.cross_entropy, { label_smoothing: 0.1 }]`. */
export type LossChoice = EvaluatedLoss | readonly [loss: EvaluatedLoss, options: Readonly<Record<string, unknown>>];

/** One loss, or several by name or in a list, which are computed in one pass over the data. */
export type Losses = LossChoice | readonly LossChoice[] | Readonly<Record<string, LossChoice>>;

/** How the losses are joined; `'batchmean'`, the sum by the number of samples, for the Kullback-Leibler divergence alone. */
export type EvaluatedReduction = 'mean' | 'sum' | 'batchmean';

/** An array that is read by ranges of its first dimension, such as one in a file. */
export interface ColumnSource {
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: DType;
  /** The elements of the rows from `start` up to, and without, `end`; written to `into`, where it is given. */
  rows(start: number, end: number, into?: Uint8Array): Promise<TypedArray>;
}

/** The data of one of a loss's tensors, samples in the first dimension. */
export type Column = Tensor | TypedArray | TensorLike | ColumnSource | readonly unknown[];

/**
 * Some samples: the loss's tensors in order, or by the names that the loss or `torch.nn.functional` has for them. Further
 * fields may say the groups, or hold what the loss takes for each element, such as `weight`.
 */
export type Batch = readonly Column[] | Readonly<Record<string, Column>>;

/** The samples: a batch, or an iterable of batches. */
export type Batches = Batch | Iterable<Batch> | AsyncIterable<Batch>;

/** The name of a group of samples. */
export type Group = string | number;

/** How far an evaluation is. */
export interface EvaluationProgress {
  readonly samples: number;
  /** All samples there are, where that is known. */
  readonly total?: number;
  readonly seconds: number;
}

/** Options of {@link evaluate}. */
export interface EvaluateOptions {
  /** Where to compute; data that are elsewhere are brought there. Default: where the data are. */
  device?: Device | undefined;
  /** How the losses are joined. Default: what the loss's own options say. */
  reduction?: EvaluatedReduction | undefined;
  /** How many samples of a batch to read, transfer and compute at a time. Default: as many as are about 8 MB. */
  batch_size?: number | undefined;
  /** The dtype of the sums. */
  accumulate?: 'float64' | undefined;
  /** Give the loss of every sample as well, for which memory grows by 8 bytes a sample. Default false. */
  per_sample?: boolean | undefined;
  /**
   * The group of each sample: the name of a field, such as `'target'` for the classes, a list with the group of each, or
   * a function of the sample's number.
   */
  group_by?: string | ArrayLike<Group | bigint> | ((index: number) => Group) | undefined;
  /** Count where the largest score is that of the target's class, for losses of class indices. Default false. */
  accuracy?: boolean | undefined;
  /** How many of the worst samples to name. Default 10. */
  worst?: number | undefined;
  /** The number of the first sample, for a shard of a larger set. Default 0. */
  first_index?: number | undefined;
  /** Give what {@link mergeResults} joins with the results of other shards. Default false. */
  partial?: boolean | undefined;
  /** Ends the evaluation, whose promise then rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** Told of the progress, at most ten times a second and at the end. */
  onProgress?: ((progress: EvaluationProgress) => void) | undefined;
  /** How many pieces to read ahead while others are computed. Default 2. */
  prefetch?: number | undefined;
}

/** One sample. */
export interface SampleLoss {
  /** Its number, counted over all batches. */
  readonly index: number;
  readonly loss: number;
}

/** The samples of one group. */
export interface GroupResult {
  readonly group: Group;
  readonly samples: number;
  /** The loss of these samples, with the reduction of the whole; `NaN` where one of theirs is. */
  readonly loss: number;
  /** What the sum of their losses is divided by for the mean. */
  readonly weight: number;
  /** The share of their targets whose class has the largest score. */
  readonly accuracy?: number;
}

/** A loss below or at which a share of the samples' losses lie. */
export interface Quantile {
  /** From 0 to 1. */
  readonly share: number;
  readonly loss: number;
}

/** Counts of the samples' losses in ranges of one width. */
export interface Histogram {
  /** Where the ranges begin, and the last one ends. */
  readonly edges: readonly number[];
  readonly counts: readonly number[];
}

/** What {@link evaluate} finds of one loss: plain data, as JSON has it but for `perSample`. */
export interface Evaluation {
  /** The loss of all samples: what one call would give, with sums in float64. */
  readonly loss: number;
  readonly reduction: EvaluatedReduction;
  readonly samples: number;
  /** The losses without reduction that were joined: several for a sample with several elements or targets. */
  readonly elements: number;
  /** What the sum of the losses is divided by for the mean. */
  readonly weight: number;
  /** The share of targets, without ignored ones, whose class has the largest score; with the option `accuracy`. */
  readonly accuracy?: number;
  /** One row for each group, in order; with the option `group_by`. */
  readonly groups?: readonly GroupResult[];
  /** The samples with the largest losses, the worst first. */
  readonly worst: readonly SampleLoss[];
  /** The least and the greatest finite loss of a sample; `null` where there is none. */
  readonly least: number | null;
  readonly greatest: number | null;
  /** Of the samples' finite losses: NumPy's (linear) up to 65,536 samples, beyond within 0.4 % of a sample's loss. */
  readonly quantiles: readonly Quantile[];
  readonly histogram: Histogram;
  /** Samples whose loss is not finite, and the first of them. */
  readonly nonFinite: {
    readonly nan: number;
    readonly infinite: number;
    readonly negativeInfinite: number;
    readonly first: readonly { readonly index: number; readonly loss: 'NaN' | 'Infinity' | '-Infinity' }[];
  };
  readonly seconds: number;
  readonly samplesPerSecond: number;
  /** The bytes of the tensors, as they were given. */
  readonly bytes: number;
  readonly bytesPerSecond: number;
  /** The loss of each sample, in order; with the option `per_sample`. */
  readonly perSample?: Float64Array;
  /** What {@link mergeResults} takes, plain JSON; with the option `partial`. */
  readonly partial?: PartialEvaluation;
}

/** The sums over a shard, exact, for {@link mergeResults}: plain JSON. */
export interface PartialEvaluation {
  readonly version: 1;
  readonly loss: string;
  readonly reduction: EvaluatedReduction;
  readonly weighing: number;
  readonly samples: number;
  readonly elements: number;
  /** Targets whose class has the largest score, and those that count, which are not ignored. */
  readonly right: number | null;
  readonly counted: number;
  readonly sum: readonly number[];
  readonly weight: readonly number[];
  readonly nan: number;
  readonly infinite: number;
  readonly negativeInfinite: number;
  readonly least: number | null;
  readonly greatest: number | null;
  readonly named: number;
  readonly worst: readonly SampleLoss[];
  readonly special: readonly { readonly index: number; readonly loss: 'NaN' | 'Infinity' | '-Infinity' }[];
  readonly buckets: readonly (readonly [bucket: number, count: number])[];
  readonly values: readonly number[] | null;
  readonly groups: readonly PartialGroup[] | null;
  readonly seconds: number;
  readonly bytes: number;
}

/** A group of {@link PartialEvaluation}. */
export interface PartialGroup {
  readonly group: Group;
  readonly samples: number;
  readonly elements: number;
  readonly right: number;
  readonly counted: number;
  readonly sum: readonly number[];
  readonly weight: readonly number[];
  readonly nan: number;
  readonly infinite: number;
  readonly negativeInfinite: number;
}
