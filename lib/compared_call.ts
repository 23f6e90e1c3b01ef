import type { Namespace } from './row.js';
import type { DType, Shape } from './types.js';

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
  /** Whether it is one of the largest finite input. Default false. */
  readonly ofInputs?: boolean;
  /** How much the absolute tolerance is at least. Default 0. */
  readonly absolute?: number;
  /** Whether an element that is not finite on one side counts as agreeing. Default false. */
  readonly overflow?: boolean;
}

/** A call that came out differently on both sides: what a row's deviation is asked about. */
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
  readonly ours?: string;
  /** What the other side refused it with. */
  readonly theirs?: string;
  /** What differs: `output`, `gradient of input`. */
  readonly differs: readonly string[];
  /** Whether all that differs agrees, rounded to this dtype, to its tolerances. */
  within(dtype: DType, allowance?: Allowance): boolean;
  /** Whether each element that differs is there `factor` times what it is here. */
  scaled(factor: number): boolean;
}
