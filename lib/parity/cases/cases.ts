/** A call of a loss for both sides of a comparison: its arguments as raw elements. */
import type { TypedArray } from '../../tensor/dtypes.js';
import type { Namespace } from '../../loss/call_types.js';
import type { DType, Float, Shape } from '../../base/types.js';
import { LinearCrossEntropyOptions } from '../../losses/linear_cross_entropy_options.js';
import type { RecordedDistance } from './distances.js';

/** The position of a tensor in a larger storage. */
export interface Strided {
  readonly storage: TypedArray;
  readonly strides: readonly number[];
  readonly offset: number;
}

/** A tensor argument: its elements in C order, those of 16-bit floats as bits. */
export interface CaseTensor {
  readonly dtype: DType;
  readonly shape: Shape;
  readonly data: TypedArray;
  readonly requires_grad?: boolean;
  readonly strided?: Strided;
}

/** An argument that is not a tensor. `float` keeps a number without a fraction from becoming an integer in Python. */
export type PlainValue = string | number | boolean | null | readonly number[] | { readonly float: number | string };

/** An object of a class of `torch.nn`, with what it is made of; dtypes by their names. */
export interface RecordedObject {
  readonly class: 'LinearCrossEntropyOptions';
  readonly kwargs: Readonly<Record<string, string | number | boolean | null>>;
}

/** Any argument. */
export type CaseValue = CaseTensor | readonly CaseTensor[] | RecordedDistance | RecordedObject | PlainValue;

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
  /** What is special about the inputs. */
  readonly note: string;
  readonly args: readonly CaseArgument[];
  readonly kwargs: Readonly<Record<string, CaseValue>>;
  /** The initial gradient of the backward pass, instead of the usual one. */
  readonly cotangent?: CaseTensor;
}

/** The initial gradient of a backward pass, repeated over the elements; every floating dtype represents it exactly. */
export const COTANGENT: readonly number[] = [1, -0.5, 0.25, 2, 0, -1, 1.5];

/** Whether a value is a tensor. */
export function isCaseTensor(value: CaseValue): value is CaseTensor {
  return typeof value === 'object' && value !== null && 'dtype' in value;
}

/** Whether a value is a list of tensors. */
export function isCaseTensors(value: CaseValue): value is readonly CaseTensor[] {
  return Array.isArray(value) && value.length > 0 && value.every(isCaseTensor);
}

/** Whether a value is a distance function. */
export function isDistance(value: CaseValue): value is RecordedDistance {
  return typeof value === 'object' && value !== null && 'function' in value;
}

/** Whether a value is an object of a class. */
export function isRecordedObject(value: CaseValue): value is RecordedObject {
  return typeof value === 'object' && value !== null && 'class' in value;
}

/** The object that was recorded. */
export function makeObject({ kwargs }: RecordedObject): LinearCrossEntropyOptions {
  return new LinearCrossEntropyOptions(kwargs);
}

/** A value that is not a tensor, in JavaScript. */
export function plainValue(value: PlainValue): unknown {
  return typeof value === 'object' && value !== null && 'float' in value ? readFloat(value.float) : value;
}

/** A number, or `'inf'`, `'-inf'` and `'nan'`, which JSON has no numbers for. */
export function readFloat(value: unknown): number {
  return typeof value === 'number' ? value : Number(String(value).replace('inf', 'Infinity'));
}
