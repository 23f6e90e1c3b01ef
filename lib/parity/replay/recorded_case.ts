/** A recorded call in its file. */
import {
  amount,
  any,
  boolean,
  count,
  having,
  integer,
  listOf,
  oneOf,
  optional,
  orNull,
  record,
  string,
} from '../../base/schema.js';
import { NAMESPACES } from '../../losses/catalogue.js';
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

const reference = having({ file: string, key: string }, 'the file and the key of a tensor');

/** What a recorded call must be like: the readers of its fields. */
export const CASE_FIELDS = {
  loss: string,
  api: oneOf(NAMESPACES),
  name: string,
  args: listOf(
    having({
      name: string,
      tensor: optional(reference),
      requires_grad: optional(boolean),
      strided: optional(having({ storage: reference, strides: listOf(integer), offset: count })),
    }),
  ),
  kwargs: record(any),
  expect: having({
    output: optional(reference),
    grads: optional(record(orNull(reference))),
    cotangent: optional(reference),
    tolerance: optional(having({ rtol: amount, atol: amount })),
  }),
};

/** Finds a recorded tensor. */
export type LookUp = (reference: TensorReference) => TensorEntry;
