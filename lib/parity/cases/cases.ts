/** A call of a loss as both sides of a comparison make it: what goes in, as raw elements. */
import type { TypedArray } from '../../tensor/dtypes.js';
import type { Namespace } from '../../loss/call_types.js';
import type { DType, Float, Shape } from '../../base/types.js';
import type { RecordedDistance } from './distances.js';

/** How a tensor lies in a larger storage. */
export interface Strided {
  readonly storage: TypedArray;
  readonly strides: readonly number[];
  readonly offset: number;
}

/** A tensor that goes in: its elements in C order, those of the 16-bit floats as their bits. */
export interface CaseTensor {
  readonly dtype: DType;
  readonly shape: Shape;
  readonly data: TypedArray;
  readonly requires_grad?: boolean;
  readonly strided?: Strided;
}

/** A value that is no tensor. `float` keeps a whole number from becoming an integer in Python. */
export type PlainValue = string | number | boolean | null | readonly number[] | { readonly float: number | string };

/** Anything that goes in. */
export type CaseValue = CaseTensor | RecordedDistance | PlainValue;

/** A positional argument. */
export interface CaseArgument {
  readonly name: string;
  readonly value: CaseTensor | PlainValue;
}

/** One call of one loss. */
export interface ParityCase {
  /** `loss/dtype/number/flavour`. */
  readonly id: string;
  /** The loss, by its function in `torch.nn.functional`. */
  readonly loss: string;
  readonly api: Namespace;
  /** The function or the class. */
  readonly name: string;
  readonly dtype: Float;
  /** What is particular about the inputs. */
  readonly note: string;
  readonly args: readonly CaseArgument[];
  readonly kwargs: Readonly<Record<string, CaseValue>>;
  /** The gradient that the backward pass starts from, in place of the usual one. */
  readonly cotangent?: CaseTensor;
}

/** The gradient that a backward pass starts from, repeated over the elements; every floating dtype holds it exactly. */
export const COTANGENT: readonly number[] = [1, -0.5, 0.25, 2, 0, -1, 1.5];

/** Whether a value is a tensor. */
export function isCaseTensor(value: CaseValue): value is CaseTensor {
  return typeof value === 'object' && value !== null && 'dtype' in value;
}

/** Whether a value is a distance function. */
export function isDistance(value: CaseValue): value is RecordedDistance {
  return typeof value === 'object' && value !== null && 'function' in value;
}

/** A value that is no tensor, as JavaScript has it. */
export function plainValue(value: PlainValue): unknown {
  return typeof value === 'object' && value !== null && 'float' in value ? readFloat(value.float) : value;
}

/** A number, or `'inf'`, `'-inf'` and `'nan'`, which JSON has no numbers for. */
export function readFloat(value: unknown): number {
  return Number(String(value).replace('inf', 'Infinity'));
}
