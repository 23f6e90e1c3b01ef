import { ArgumentRangeError, invalidType } from '../base/errors.js';
import { isArray } from '../base/plain_object.js';
import { Accumulator } from './accumulate.js';
import { listOf } from '../base/schema.js';
import { readPartial } from './partial.js';
import type { Evaluation, PartialEvaluation } from './interface.js';

/**
 * Merges the results of shards, in any order, into the result of one evaluation of all their samples, with the same
 * bits.
 *
 * @param results - results of {@link evaluate} with `partial: true`, or only their `partial`, which JSON preserves
 * @returns the result, with its own `partial`; `seconds` is the total of all shards
 * @throws TypeError for a value that is not a result, RangeError for results of different losses or with inconsistent
 *   counts; the message names the result and the field
 * @example
 * ```ts
 * const input = torch.tensor([[1, 2], [3, 4], [5, 6]]);
 * const target = torch.tensor([[0, 0], [0, 0], [0, 0]]);
 * const shard = (first: number, end: number) => {
 *   const options = { first_index: first, partial: true };
 *   const rows = (tensor: Tensor) => torch.ops.aten.narrow(tensor, 0, first, end - first);
 *   return evaluate(torch.nn.functional.mse_loss, [rows(input), rows(target)], options);
 * };
 * const { loss, samples } = mergeResults([await shard(1, 3), await shard(0, 1)]);
 * loss;      // 15.166666666666666
 * samples;   // 3
 * ```
 */
export function mergeResults(results: readonly (Evaluation | PartialEvaluation)[]): Evaluation {
  if (!isArray(results) || results.length === 0)
    throw invalidType('results', 'an array of at least one result', results);
  const partials = listOf(readPartial)(results, 'results');
  const [{ loss, reduction, named }] = partials as [PartialEvaluation];
  const all = new Accumulator(named);
  for (const [index, partial] of partials.entries()) {
    if (partial.loss !== loss || partial.reduction !== reduction) {
      const got = `${partial.loss} with '${partial.reduction}'`;
      throw new ArgumentRangeError(`results[${index}]`, `one of ${loss} with '${reduction}'`, got);
    }
    all.merge(partial);
  }
  return { ...all.result(reduction), partial: all.toJSON(loss, reduction) };
}
