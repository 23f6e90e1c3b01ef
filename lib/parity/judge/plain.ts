/** Checks plain data that callers pass for comparison. */
import { itemsOf, readSizes } from '../../addon/arguments.js';
import { codeOfDType } from '../../tensor/dtypes.js';
import { inspectArray } from '../../tensor/elements.js';
import { invalidType } from '../../base/errors.js';
import { isArray, isRevoked } from '../../base/plain_object.js';
import type { PlainTensor } from '../wire/plain_tensor.js';

/** The tolerance for an element: `atol + rtol * |expected|`. */
export interface Tolerance {
  readonly rtol: number;
  readonly atol: number;
}

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

/** Reads a tolerance; missing parts default to `standard`. */
export function readTolerance(value: unknown, standard: Tolerance): Tolerance {
  if (value === undefined) return standard;
  if (typeof value !== 'object' || value === null || isRevoked(value)) {
    throw invalidType('tolerance', 'an object with rtol and atol', value);
  }
  const { rtol = standard.rtol, atol = standard.atol } = value as Partial<Tolerance>;
  if (typeof rtol !== 'number') throw invalidType('rtol', 'a number', rtol);
  if (typeof atol !== 'number') throw invalidType('atol', 'a number', atol);
  return { rtol, atol };
}
