/** Checks of plain data that callers hand in for comparison. */
import { itemsOf, readSizes } from '../arguments.js';
import { codeOfDType } from '../dtypes.js';
import { inspectArray } from '../elements.js';
import { invalidType } from '../errors.js';
import { isArray, isRevoked } from '../plain_object.js';
import type { PlainTensor, Tolerance } from './compare.js';

/**
 * Reads a tensor as plain data, each property once.
 *
 * @throws TypeError or RangeError that names what does not fit
 */
export function readPlain(value: unknown, parameter: string): PlainTensor {
  if (typeof value !== 'object' || value === null || isRevoked(value)) {
    throw invalidType(parameter, 'an object with dtype, shape and data', value);
  }
  const { dtype, shape, data } = value as PlainTensor;
  codeOfDType(dtype, `${parameter}.dtype`);
  return { dtype, shape: readSizes(shape, `${parameter}.shape`), data: readData(data, `${parameter}.data`) };
}

function readData(data: unknown, parameter: string): ArrayLike<number | bigint> {
  if (ArrayBuffer.isView(data) && inspectArray(data).kind !== '') return data as unknown as ArrayLike<number | bigint>;
  if (!isArray(data)) throw invalidType(parameter, 'an array of numbers or bigints', data);
  const items = itemsOf(data, parameter);
  for (const [index, item] of items.entries()) {
    if (typeof item !== 'number' && typeof item !== 'bigint') {
      throw invalidType(`${parameter}[${index}]`, 'a number or a bigint', item);
    }
  }
  return items as (number | bigint)[];
}

/** Reads a tolerance. */
export function readTolerance(value: unknown): Tolerance {
  if (typeof value !== 'object' || value === null || isRevoked(value)) {
    throw invalidType('tolerance', 'an object with rtol and atol', value);
  }
  const { rtol, atol } = value as Tolerance;
  if (typeof rtol !== 'number') throw invalidType('rtol', 'a number', rtol);
  if (typeof atol !== 'number') throw invalidType('atol', 'a number', atol);
  return { rtol, atol };
}
