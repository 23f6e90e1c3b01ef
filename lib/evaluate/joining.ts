/** How sums over samples become a loss. */
import { addAllExactly, addExactly, type ExactSum, rounded } from './exact.js';
import { WEIGHINGS } from './plans.js';
import type { EvaluatedReduction } from './types.js';

/**
 * The part of a loss that class weights count for, where the rest counts by elements: MindSpore's label smoothing of
 * `nll_loss`. `share` is what the part counts in the whole.
 */
export interface Plain {
  readonly share: number;
  readonly sum: ExactSum;
  readonly weight: ExactSum;
}

/** The sums over some samples. */
export interface Joinable {
  readonly samples: number;
  readonly elements: number;
  readonly sum: ExactSum;
  readonly weight: ExactSum;
  readonly plain: Plain | null;
  readonly nan: number;
  readonly infinite: number;
  readonly negativeInfinite: number;
}

/** The loss, and what a mean divides by. */
export function joined(
  sums: Joinable,
  reduction: EvaluatedReduction,
  weighing: number,
): { loss: number; weight: number } {
  const weight = divisor(sums, weighing);
  const sum = withSpecial(sums);
  if (reduction === 'sum') return { loss: sum, weight };
  if (sums.plain === null || !Number.isFinite(sum)) return { loss: sum / weight, weight };
  const { share, sum: parts, weight: weights } = sums.plain;
  const plain = share * rounded(parts);
  const rest = [...sums.sum];
  addExactly(rest, -plain);
  return { loss: plain / rounded(weights) + rounded(rest) / weight, weight };
}

function divisor({ samples, elements, weight }: Joinable, weighing: number): number {
  if (weighing === WEIGHINGS.classWeights || weighing === WEIGHINGS.elementWeights) return rounded(weight);
  return weighing === WEIGHINGS.count ? elements : samples;
}

/** The sum of losses of which some are not finite, as float64 adds them up. */
function withSpecial({ sum, nan, infinite, negativeInfinite }: Joinable): number {
  if (nan > 0 || (infinite > 0 && negativeInfinite > 0)) return Number.NaN;
  if (infinite > 0) return Number.POSITIVE_INFINITY;
  return negativeInfinite > 0 ? Number.NEGATIVE_INFINITY : rounded(sum);
}

/** Joins such parts of other samples. */
export function mergePlain(
  own: Plain | null,
  other: { share: number; sum: Iterable<number>; weight: Iterable<number> } | null,
): Plain | null {
  if (other === null) return own;
  const all = own ?? { share: other.share, sum: [], weight: [] };
  addAllExactly(all.sum, other.sum);
  addAllExactly(all.weight, other.weight);
  return all;
}
