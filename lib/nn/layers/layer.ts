/** What layers have in common: reading arguments and making parameters. */
import { get_default_dtype } from '../../tensor/default_dtype.js';
import { isTensor } from '../../addon/handle.js';
import { checkOptions, itemsOf, readSizes } from '../../addon/arguments.js';
import { ArgumentRangeError, ArgumentTypeError, describe, invalidType, invalidValue } from '../../base/errors.js';
import { isArray, isPlainObject } from '../../base/plain_object.js';
import type { Device, DType } from '../../base/types.js';
import { dispatchTensor } from '../../tensor/dispatch.js';
import { Tensor } from '../../tensor/tensor.js';
import { Parameter } from '../parameter.js';

/** Device and dtype of the parameters of a layer. */
export interface FactoryOptions {
  /** Default `'cpu'`. */
  device?: Device | null | undefined;
  /** Default {@link torch.get_default_dtype}, `'float32'`. */
  dtype?: DType | null | undefined;
}

/** One integer for all dimensions, or one for each. */
export type Size = number | readonly number[];

/** An optional argument: given by position, or in an options object in any place. */
export type Or<T, O> = T | O;

/** Makes a tensor for a layer that is not yet a parameter. */
export function make(name: string, shape: readonly number[], { device, dtype }: FactoryOptions): Tensor {
  return new Tensor(dispatchTensor(name, [shape], { device: device ?? 'cpu', dtype: dtype ?? get_default_dtype() }));
}

/** A parameter of that shape: uninitialized, or filled with ones or zeros. */
export function parameter(
  shape: readonly number[],
  factory: FactoryOptions,
  fill: 'empty' | 'ones' | 'zeros' = 'empty',
): Parameter {
  const made = make(fill, shape, factory);
  const result = new Parameter(made);
  made.dispose();
  return result;
}

/** Sizes as an array of `count` integers. */
export function sizes(value: unknown, count: number, name: string): number[] {
  if (typeof value === 'number') return Array.from({ length: count }, () => checkInteger(value, name));
  if (!isArray(value)) throw invalidType(name, 'an integer or an array of them', value);
  if (value.length !== count) {
    throw new ArgumentTypeError(name, `an integer or an array of ${count}`, describe(value));
  }
  return itemsOf(value, name).map((item) => checkInteger(item, name));
}

/** Sizes as they were given, for layers that print them that way. */
export function sizeAsGiven(value: unknown, name: string): number | number[] {
  if (typeof value === 'number') return checkInteger(value, name);
  if (!isArray(value)) throw invalidType(name, 'an integer or an array of them', value);
  return itemsOf(value, name).map((item) => checkInteger(item, name));
}

/** The `output_size` of a call by position or by name, of one size for each dimension or of the whole shape. */
export type OutputSize = readonly number[] | { readonly output_size?: readonly number[] | null | undefined } | null;

/** Reads the last `dims` sizes of an `output_size`, before which there may be `before` others. */
export function outputSize(value: unknown, dims: number, before: number): number[] | undefined {
  let given = value;
  if (isPlainObject(value)) {
    checkOptions(value, ['output_size']);
    given = value['output_size'];
  }
  if (given == null) return undefined;
  const read = readSizes(given, 'output_size', Number.MIN_SAFE_INTEGER);
  if (read.length === dims) return read;
  if (read.length === before + dims) return read.slice(before);
  throw invalidValue('output_size', `${dims} or ${before + dims} elements`, read.length);
}

export function checkInteger(value: unknown, name: string): number {
  if (!Number.isSafeInteger(value)) throw invalidType(name, 'an integer', value);
  return value as number;
}

/** Checks a number of layers: fewer than any memory has room for. */
export function checkCount(value: unknown, name: string): void {
  checkInteger(value, name);
  if ((value as number) < 0 || (value as number) > 2 ** 20) throw invalidValue(name, `from 0 to ${2 ** 20}`, value);
}

/** Checks an input that is read before it is passed to an operator. */
export function checkInput(value: unknown, name = 'input'): void {
  if (!isTensor(value)) throw invalidType(name, 'a Tensor', value);
}

export function checkProbability(p: unknown): number {
  if (typeof p !== 'number') throw invalidType('p', 'a number', p);
  if (!(p >= 0 && p <= 1)) throw invalidValue('p', 'a probability between 0 and 1', p);
  return p;
}

/** Checks that each channel has more than one value to normalize over. */
export function checkBatch(shape: readonly number[]): void {
  const [batch = 1, , ...rest] = shape;
  if (rest.reduce((product, size) => product * size, batch) === 1) {
    throw new ArgumentRangeError('input', 'more than 1 value per channel when training', `shape [${shape.join(', ')}]`);
  }
}
