import { ArgumentRangeError, invalidType } from '../base/errors.js';
import { isArray } from '../base/plain_object.js';
import { Accumulator } from './accumulate.js';
import { listOf } from '../base/schema.js';
import { readPartial } from './partial.js';
import type { Evaluation, PartialEvaluation } from './interface.js';

/**
 * Joins the results of shards, to the bits that one evaluation of all their samples gives, in any order.
 *
 * @param results - what {@link evaluate} gave with `partial: true`, or its `partial` alone, which JSON keeps
 * @returns the result, with its own `partial`; `seconds` are those of all shards together
 * @throws TypeError for what is no result, RangeError for results of different losses or whose counts do not agree; the
 *   message says which result and field
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
