import type { Namespace } from './call_types.js';
import type { DType, Shape } from '../base/types.js';

/** A tensor that went into a call. */
export interface ComparedTensor {
  readonly dtype: DType;
  readonly shape: Shape;
  /** Its elements in C order. */
  values(): readonly number[];
}

/** What a difference may be beyond a dtype's tolerances. */
export interface Allowance {
  /** How many times the tolerances. Default 1. */
  readonly times?: number;
  /** Whether the relative tolerance is one of the largest element, as of a sum of numbers that cancel. Default false. */
  readonly ofLargest?: boolean;
  /** Whether it is one of the largest finite number of the samples. Default false. */
  readonly ofInputs?: boolean;
  /** How much the absolute tolerance is at least. Default 0. */
  readonly absolute?: number;
  /** Whether an element that is not finite on one side counts as agreeing. Default false. */
  readonly overflow?: boolean;
}

/** The numbers of one sample in each input, then in each option that is a tensor; of a loss of each element, one of each. */
export type Sample = readonly (readonly number[])[];

/** A test of one sample. */
export type SampleTest = (...sample: Sample) => boolean;

/** One element that differs, or a call that one side alone refused: what a row's deviation is asked about. */
export interface ComparedCall {
  /** The other side. */
  readonly framework: 'pytorch' | 'mindspore';
  readonly namespace: Namespace;
  /** The dtype of the first tensor. */
  readonly dtype: DType;
  /** The tensors, in order; `undefined` for what is none. */
  readonly inputs: readonly (ComparedTensor | undefined)[];
  /** The options given: plain values, and tensors. */
  readonly options: Readonly<Record<string, unknown>>;
  /** What torchloss refused the call or its backward pass with. */
  readonly ours?: string | undefined;
  /** What the other side refused it with. */
  readonly theirs?: string | undefined;
  /** The tensor that differs: `output`, `gradient of input`. None where a side refused. */
  readonly differs?: string | undefined;
  /** The element that differs, on both sides. None where the tensors have other dtypes or shapes. */
  readonly element?: { readonly ours: number; readonly theirs: number } | undefined;
  /** Whether the element, or else every one, agrees, rounded to this dtype, to its tolerances. */
  within(dtype: DType, allowance?: Allowance): boolean;
  /** Whether one of the samples that the element is made of has such inputs. */
  madeOf(test: SampleTest): boolean;
  /** Whether a side's element is what these losses of the samples come to by the reduction, but for rounding. */
  gives(side: 'ours' | 'theirs', lossOf: (...sample: Sample) => number): boolean;
  /** Of how many samples the element is made. */
  samples(): number;
}
