/** Checks of the arguments of tensors and of the functions that make them. */
import { ArgumentRangeError, ArgumentTypeError, invalidType, invalidValue, outOfMemory } from '../base/errors.js';
import { isGenerator } from './generator.js';
import { isTensor } from './handle.js';
import { requireCuda } from './native.js';
import { didYouMean } from '../base/nearest.js';
import { isArray, isIterable, isRevoked } from '../base/plain_object.js';
import type { Device } from '../base/types.js';

/**
 * Checks an options object, so that a misspelt name is not taken for an absent one.
 *
 * @param names - the known options
 * @throws TypeError if it is not an options object, or has an unknown option
 */
export function checkOptions(options: unknown, names: readonly string[]): void {
  if (
    typeof options !== 'object' ||
    options === null ||
    isRevoked(options) ||
    isArray(options) ||
    isTensor(options) ||
    isGenerator(options)
  ) {
    throw invalidType('options', `an object with options (${names.join(', ')})`, options);
  }
  for (const name of Object.keys(options)) {
    if (names.includes(name)) continue;
    throw new ArgumentTypeError(
      name,
      `one of the options (${names.join(', ')})`,
      `'${name}'`,
      'ERR_UNKNOWN_OPTION',
      didYouMean(name, names),
    );
  }
}

/** Checks a number. */
export function checkNumber(value: unknown, parameter: string): asserts value is number {
  if (typeof value !== 'number') throw invalidType(parameter, 'a number', value);
}

/** Checks a string. */
export function checkString(value: unknown, parameter: string): asserts value is string {
  if (typeof value !== 'string') throw invalidType(parameter, 'a string', value);
}

/** Checks a boolean. */
export function checkBoolean(value: unknown, parameter: string): asserts value is boolean {
  if (typeof value !== 'boolean') throw invalidType(parameter, 'a boolean', value);
}

/** Checks a number of things. */
export function checkCount(value: unknown, parameter: string, least: number): asserts value is number {
  if (!Number.isSafeInteger(value)) throw invalidType(parameter, 'an integer', value);
  if ((value as number) < least) throw invalidValue(parameter, `at least ${least}`, value);
}

/** More items than any operator takes; JavaScript's longest array would fill the memory. */
const MAX_ITEMS = 2 ** 20;

/** Copies the caller's array first, so its getters have run before any item is used. */
export function itemsOf(list: readonly unknown[], parameter: string): unknown[] {
  const { length } = list;
  if (length > MAX_ITEMS) throw new ArgumentRangeError(parameter, `at most ${MAX_ITEMS} items`, String(length));
  return Array.from({ length }, (_, index) => list[index]);
}

/** Copies an iterable; an array by its indices. Endless ones are refused. */
export function listOf(values: unknown, parameter: string, expected: string): unknown[] {
  if (isArray(values)) return itemsOf(values, parameter);
  if (!isIterable(values)) throw invalidType(parameter, expected, values);
  const list: unknown[] = [];
  for (const value of values) {
    if (list.push(value) > MAX_ITEMS) throw new ArgumentRangeError(parameter, `at most ${MAX_ITEMS} items`, 'more');
  }
  return list;
}

/**
 * Checks sizes and copies them, so later changes by the caller have no effect.
 *
 * @param least - the smallest allowed size
 */
export function readSizes(sizes: unknown, parameter: string, least = 0): number[] {
  if (!isArray(sizes)) throw invalidType(parameter, 'an array of integers', sizes);
  const copy = itemsOf(sizes, parameter).map((size, dim) => {
    if (!Number.isSafeInteger(size) || (size as number) < least) {
      throw invalidValue(`${parameter}[${dim}]`, `an integer of at least ${least}`, size);
    }
    return size as number;
  });
  // LibTorch multiplies sizes as 64-bit integers, including those next to a 0.
  const elements = copy.reduce((product, size) => product * Math.max(1, size), 1);
  if (elements > Number.MAX_SAFE_INTEGER) throw outOfMemory(`${parameter}: tensors of shape [${copy.join(', ')}]`);
  return copy;
}

/** Checks a device, and loads LibTorch's CUDA libraries if it is a CUDA device. */
export function checkDevice(device: unknown, parameter = 'device'): asserts device is Device {
  if (typeof device !== 'string') throw invalidType(parameter, "'cpu', 'cuda' or 'cuda:N'", device);
  if (device === 'cpu') return;
  if (!/^cuda(:\d{1,3})?$/.test(device)) throw invalidValue(parameter, "'cpu', 'cuda' or 'cuda:N'", device);
  requireCuda(parameter);
}
