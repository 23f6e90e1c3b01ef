import { FROM_ADDON } from '../addon/handle.js';
import type { OperatorValue } from '../addon/native.js';
import type { BoundOperator, Prepared } from './dispatch.js';
import { Tensor } from './tensor.js';

/** The result of an operator: a tensor, a plain value, or an array of results. */
export type OperatorResult = Tensor | number | bigint | boolean | string | null | undefined | OperatorResult[];

/**
 * The arguments of an operator that writes to some of them: one whose name says so, or any that is given `out`. Its
 * results are then the very objects that were passed.
 */
export function givenBack({ writes }: BoundOperator, { names, given }: Prepared): readonly unknown[] | undefined {
  return writes || (names !== undefined && names.split(',').includes('out')) ? given : undefined;
}

/**
 * Makes tensors of handles; besides arrays, they are the only objects that the addon returns.
 *
 * @param given - the arguments, if the operator writes to some: for these the result has only the position
 */
export function wrap(value: OperatorValue, given?: readonly unknown[]): OperatorResult {
  if (typeof value === 'object' && value !== null)
    return Array.isArray(value) ? wrapAll(value, given) : new Tensor(value as never, FROM_ADDON);
  if (typeof value === 'number' && given !== undefined) return placed(value, given);
  return value as OperatorResult;
}

/** Several results; if they have names, these are properties too. */
function wrapAll(values: readonly OperatorValue[], given: readonly unknown[] | undefined): OperatorResult[] {
  const names = values.at(-1);
  if (typeof names !== 'string') return values.map((item) => wrap(item, given));
  const results = values.slice(0, -1).map((item) => wrap(item, given));
  for (const [index, name] of names.split(',').entries()) {
    Object.defineProperty(results, name, { value: results[index], configurable: true, writable: true });
  }
  return results;
}

/** The argument at a position: 1, or 1 + 2/256 for the second item of an array. */
function placed(place: number, given: readonly unknown[]): Tensor {
  const index = Math.floor(place);
  const item = (place - index) * 256;
  return (item === 0 ? given[index] : (given[index] as unknown[])[item - 1]) as Tensor;
}
