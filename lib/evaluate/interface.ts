/** The arguments and results of evaluate. */
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

/**
 * The reduction of the losses. `'batchmean'` divides the sum by the number of samples; only for the Kullback-Leibler
 * divergence.
 */
export type EvaluatedReduction = 'mean' | 'sum' | 'batchmean';

/** An array that is read by ranges of its first dimension, such as an array in a file. */
export interface ColumnSource {
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: DType;
  /** The elements of the rows from `start` up to but not including `end`; written to `into`, if it is given. */
  rows(start: number, end: number, into?: Uint8Array): Promise<TypedArray>;
}

/** The data for one of a loss's tensors, with samples in the first dimension. */
export type Column = Tensor | TypedArray | TensorLike | ColumnSource | readonly unknown[];

/**
 * Some samples: the loss's tensors in order, or by their names in the loss or in `torch.nn.functional`. Further fields
 * can contain the groups, or a loss's per-element options such as `weight`.
 */
export type Batch = readonly Column[] | Readonly<Record<string, Column>>;

/** The samples: a batch, or an iterable of batches. */
export type Batches = Batch | Iterable<Batch> | AsyncIterable<Batch>;

/** The name of a group of samples. */
export type Group = string | number;

/** The progress of an evaluation. */
export interface EvaluationProgress {
  readonly samples: number;
  /** The total number of samples, if it is known. */
  readonly total?: number;
  readonly seconds: number;
}

/** Options of {@link evaluate}. */
export interface EvaluateOptions {
  /** The device to compute on; other data, and weights of the loss, are copied there. Default: the device of the data. */
  device?: Device | undefined;
  /** The reduction of the losses. Default: that of the loss's own options. */
  reduction?: EvaluatedReduction | undefined;
  /** The number of samples of a batch to read, transfer and compute at a time. Default: as many as take about 8 MiB. */
  batch_size?: number | undefined;
  /** The dtype of the sums. */
  accumulate?: 'float64' | undefined;
  /** Also return the loss of every sample, which takes 8 bytes per sample. Default false. */
  per_sample?: boolean | undefined;
  /**
   * The group of each sample: the name of a field, such as `'target'` for the classes, a list with the group of each
   * sample, or a function of the sample's index.
   */
  group_by?: string | ArrayLike<Group | bigint> | ((index: number) => Group) | undefined;
  /** Count the targets whose class has the largest score, for losses of class indices. Default false. */
  accuracy?: boolean | undefined;
  /**
   * Count targets and predictions of each class, pairs of them, and how well probabilities agree with the targets; for losses
   * whose targets are class indices, and the binary cross entropies. Default false.
   */
  classification?: boolean | undefined;
  /** The number of worst samples to report. Default 10. */
  worst?: number | undefined;
  /** The index of the first sample, for a shard of a larger set. Default 0. */
  first_index?: number | undefined;
  /** Return the data that {@link mergeResults} merges with the results of other shards. Default false. */
  partial?: boolean | undefined;
  /** Aborts the evaluation; its promise then rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** Called with the progress, at most ten times a second and at the end. */
  onProgress?: ((progress: EvaluationProgress) => void) | undefined;
  /** The number of pieces to read ahead while others are computed. Default 2. */
  prefetch?: number | undefined;
}

/** One sample. */
export interface SampleLoss {
  /** Its index, counted over all batches. */
  readonly index: number;
  readonly loss: number;
}

/** The samples of one group. */
export interface GroupResult {
  readonly group: Group;
  readonly samples: number;
  /** The loss of these samples, with the reduction of the whole; `NaN` if one of their losses is. */
  readonly loss: number;
  /** The divisor of the sum of their losses for the mean. */
  readonly weight: number;
  /** The fraction of their targets whose class has the largest score. */
  readonly accuracy?: number;
}

/** A quantile of the samples' losses. */
export interface Quantile {
  /** From 0 to 1. */
  readonly share: number;
  readonly loss: number;
}

/** A histogram of the samples' losses with ranges of equal width. */
export interface Histogram {
  /** The bounds of the ranges, including the end of the last. */
  readonly edges: readonly number[];
  readonly counts: readonly number[];
}

/** One class of {@link Classification}. */
export interface ClassResult {
  readonly class: number;
  /** Targets of this class, predictions of it, and targets of it that are predicted as such. */
  readonly targets: number;
  readonly predicted: number;
  readonly correct: number;
  /** `correct` divided by `predicted`, and by `targets`; 0 for 0 / 0. */
  readonly precision: number;
  readonly recall: number;
}

/** How well probabilities agree with the targets. */
export interface Calibration {
  /** Whose probability: that of the predicted class, or of class 1 of two. */
  readonly of: 'predicted class' | 'class 1';
  /** The expected calibration error: the mean over all targets of the difference between `share` and `confidence`. */
  readonly error: number;
  /** Ranges of probabilities, each with its first number and without its last, but for 1. */
  readonly bins: readonly {
    readonly from: number;
    readonly to: number;
    readonly targets: number;
    /** The mean probability; `null` without targets. Each is rounded to 32 bits after the point. */
    readonly confidence: number | null;
    /** The share of targets that are of the predicted class, or of class 1. */
    readonly share: number | null;
  }[];
}

/** Targets and predictions by class. */
export interface Classification {
  /** The number of classes. */
  readonly count: number;
  /** The targets that count: all but ignored ones. */
  readonly targets: number;
  /** The classes that occur as targets or predictions, in order. */
  readonly classes: readonly ClassResult[];
  /** How many targets of a class are predicted as each class, if any are; `null` for more than 1,024 classes. */
  readonly confusion: readonly (readonly [target: number, predicted: number, targets: number])[] | null;
  /** `null` for scores that are not probabilities. */
  readonly calibration: Calibration | null;
}

/** The result of {@link evaluate} for one loss: plain data, as in JSON except for `perSample`. */
export interface Evaluation {
  /** The loss of all samples: the same as in one call, with sums in float64. */
  readonly loss: number;
  readonly reduction: EvaluatedReduction;
  readonly samples: number;
  /** The number of unreduced losses: several per sample if it has several elements or targets. */
  readonly elements: number;
  /** The divisor of the sum of the losses for the mean. */
  readonly weight: number;
  /** The fraction of targets, without ignored ones, whose class has the largest score; with the option `accuracy`. */
  readonly accuracy?: number;
  /**
   * Counts of classes, without ignored targets and without weights; with the option `classification`. `null` without targets,
   * and if a target of a binary cross entropy is neither 0 nor 1.
   */
  readonly classification?: Classification | null;
  /** One row per group, in order; with the option `group_by`. */
  readonly groups?: readonly GroupResult[];
  /** The samples with the largest losses, the worst first. */
  readonly worst: readonly SampleLoss[];
  /** The smallest and the largest finite loss of a sample; `null` if there is none. */
  readonly least: number | null;
  readonly greatest: number | null;
  /**
   * Of the samples' finite losses: NumPy's linear method up to 65,536 samples; for more, within 0.4 % of a sample's
   * loss.
   */
  readonly quantiles: readonly Quantile[];
  readonly histogram: Histogram;
  /** The number of samples whose loss is not finite, and the first of them. */
  readonly nonFinite: {
    readonly nan: number;
    readonly infinite: number;
    readonly negativeInfinite: number;
    readonly first: readonly { readonly index: number; readonly loss: 'NaN' | 'Infinity' | '-Infinity' }[];
  };
  readonly seconds: number;
  readonly samplesPerSecond: number;
  /** The bytes of the tensors, as they were passed. */
  readonly bytes: number;
  readonly bytesPerSecond: number;
  /** The loss of each sample, in order; with the option `per_sample`. */
  readonly perSample?: Float64Array;
  /** The argument of {@link mergeResults}, plain JSON; with the option `partial`. */
  readonly partial?: PartialEvaluation;
}

/** The exact sums over a shard, for {@link mergeResults}: plain JSON. */
export interface PartialEvaluation {
  readonly version: 1;
  readonly loss: string;
  readonly reduction: EvaluatedReduction;
  readonly weighing: number;
  readonly samples: number;
  readonly elements: number;
  /** Targets whose class has the largest score, and targets that count, which are those not ignored. */
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
  readonly classification?: PartialClassification | null;
  readonly seconds: number;
  readonly bytes: number;
}

/** The counts behind a {@link Classification}. */
export interface PartialClassification {
  readonly scores: number;
  readonly count: number;
  readonly targets: number;
  readonly soft: number;
  readonly classes: readonly (readonly [index: number, targets: number, predicted: number, correct: number])[];
  readonly pairs: readonly (readonly [target: number, predicted: number, targets: number])[];
  readonly bins: readonly { readonly targets: number; readonly right: number; readonly sum: readonly number[] }[];
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
