/** A recorded call in its file. */
import type { TensorEntry } from '../../data/entry.js';
import type { Namespace } from '../../loss/call_types.js';
import type { Tolerance } from '../judge/plain.js';
import type { ExpectedError } from '../sides/calls.js';

/** A tensor in the recorded file. */
export interface TensorReference {
  readonly file: string;
  readonly key: string;
}

/** A recorded tensor, and its memory layout. */
export interface RecordedTensor {
  readonly tensor: TensorReference;
  readonly requires_grad?: boolean;
  readonly strided?: { readonly storage: TensorReference; readonly strides: number[]; readonly offset: number };
}

/** An argument of a recorded call. */
export interface RecordedArgument extends Partial<RecordedTensor> {
  readonly name: string;
  readonly value?: number | number[];
}

/** The outcome of a recorded call. */
export interface ExpectedOutput {
  readonly output: TensorReference;
  readonly grads?: Readonly<Record<string, TensorReference | null>>;
  readonly grad_error?: unknown;
  readonly cotangent?: TensorReference;
  readonly tolerance?: Tolerance;
}

/** A recorded call: its arguments in PyTorch and its results. */
export interface RecordedCase {
  readonly id: string;
  readonly loss: string;
  readonly api: Namespace;
  readonly name: string;
  readonly args: readonly RecordedArgument[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly expect: ExpectedOutput | { readonly error: ExpectedError };
}

/** Finds a recorded tensor. */
export type LookUp = (reference: TensorReference) => TensorEntry;
