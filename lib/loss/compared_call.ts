import type { Namespace } from './call_types.js';
import type { DType, Shape } from '../base/types.js';

/** A tensor that went into a call. */
export interface ComparedTensor {
  readonly dtype: DType;
  readonly shape: Shape;
  /** Its elements in C order. */
  values(): readonly number[];
}

/** How far a difference may exceed a dtype's tolerances. */
export interface Allowance {
  /** How many times the tolerances. Default 1. */
  readonly times?: number;
  /** Whether the relative tolerance refers to the largest element, as for a sum of numbers that cancel. Default false. */
  readonly ofLargest?: boolean;
  /** Whether it refers to the largest finite number of the samples. Default false. */
  readonly ofInputs?: boolean;
  /** The minimum of the absolute tolerance. Default 0. */
  readonly absolute?: number;
  /** Whether an element that is non-finite on one side counts as equal. Default false. */
  readonly overflow?: boolean;
}

/** The numbers of one sample in each input, then in each option that is a tensor; of a loss of each element, one of each. */
export type Sample = readonly (readonly number[])[];

/** A test of one sample. */
export type SampleTest = (...sample: Sample) => boolean;

/** An element that differs, or a call that only one side rejected, for a row's deviation to explain. */
export interface ComparedCall {
  /** The other side. */
  readonly framework: 'pytorch' | 'mindspore';
  readonly namespace: Namespace;
  /** The dtype of the first tensor. */
  readonly dtype: DType;
  /** The tensors, in order; `undefined` for anything else. */
  readonly inputs: readonly (ComparedTensor | undefined)[];
  /** The options given: plain values, and tensors. */
  readonly options: Readonly<Record<string, unknown>>;
  /** torchloss's error, if it rejected the call or its backward pass. */
  readonly ours?: string | undefined;
  /** The other side's error. */
  readonly theirs?: string | undefined;
  /** The tensor that differs: `output`, `gradient of input`. None if a side rejected the call. */
  readonly differs?: string | undefined;
  /** The element that differs, on both sides. None if the dtypes or shapes of the tensors differ. */
  readonly element?: { readonly ours: number; readonly theirs: number } | undefined;
  /** Whether the element, or without one all elements, agree to the tolerances of this dtype, rounded to it. */
  within(dtype: DType, allowance?: Allowance): boolean;
  /** Whether one of the samples that the element depends on has such inputs. */
  madeOf(test: SampleTest): boolean;
  /** Whether a side's element is the reduction of these losses of the samples, up to rounding. */
  gives(side: 'ours' | 'theirs', lossOf: (...sample: Sample) => number): boolean;
  /** How many samples the element depends on. */
  samples(): number;
}
