/** The example calls of the known deviations, as cases: both sides must return the numbers in the row. */
import { entryOf, pageOf } from '../../losses/catalogue.js';
import type { AnyLossRow, Deviation, DeviationExample, LossEntry } from '../../loss/row.js';
import type { DType, Float } from '../../base/types.js';
import { encode } from '../wire/bits.js';
import type { CaseTensor, CaseValue, ParityCase } from './cases.js';

/** The call of a deviation. */
export interface KnownCase {
  readonly given: ParityCase;
  readonly deviation: Deviation;
  readonly example: DeviationExample;
}

/** The calls of these losses' deviations. */
export function knownCases(losses: readonly AnyLossRow[]): KnownCase[] {
  return losses.flatMap((row) =>
    row.deviations.flatMap((deviation) =>
      (deviation.examples ?? []).map((example, number) => ({
        given: exampleCase(row, example, `${pageOf(row)}/${deviation.about}/${number}`),
        deviation,
        example,
      })),
    ),
  );
}

/** A row's call in MindSpore. */
export function exampleCase(row: AnyLossRow, example: DeviationExample, id: string): ParityCase {
  const { dtype = 'float32', inputs, options = {}, gradient } = example;
  const api = example.namespace ?? (entryOf(row, 'mindspore.ops') === undefined ? 'mindspore.nn' : 'mindspore.ops');
  const entry = entryOf(row, api) as LossEntry;
  const names = entry.inputs.map((name, index) => ({ name, value: inputs[index] }));
  const args = names.map(({ name, value }) => ({ name, value: tensorOf(value, dtype, name === gradient) }));
  const kwargs = Object.fromEntries(Object.entries(options).map(([name, value]) => [name, optionOf(value, dtype)]));
  return { id, loss: pageOf(row), api, name: entry.name, dtype: dtype as Float, note: 'known', args, kwargs };
}

/** Nested numbers in the call's dtype, or an integer tensor as `{ int32: [...] }`. */
function tensorOf(given: unknown, own: DType, requires_grad: boolean): CaseTensor {
  const [dtype, values] =
    Array.isArray(given) || typeof given === 'number'
      ? [own, given]
      : (Object.entries(given as object)[0] as [DType, unknown]);
  const shape: number[] = [];
  for (let part: unknown = values; Array.isArray(part); part = part[0]) shape.push(part.length);
  return { dtype, shape, data: encode([values].flat(Number.POSITIVE_INFINITY) as number[], dtype), requires_grad };
}

/** A number is a float in Python; a list is a tensor in the call's dtype. */
function optionOf(value: unknown, dtype: DType): CaseValue {
  if (typeof value === 'number') return { float: value };
  return Array.isArray(value) ? tensorOf(value, dtype, false) : (value as CaseValue);
}
