/** Computes a loss from sums over samples. */
import { type ExactSum, rounded } from './exact.js';
import { WEIGHINGS } from './plans.js';
import type { EvaluatedReduction } from './interface.js';

/** The sums over some samples. */
export interface Joinable {
  readonly samples: number;
  readonly elements: number;
  readonly sum: ExactSum;
  readonly weight: ExactSum;
  readonly nan: number;
  readonly infinite: number;
  readonly negativeInfinite: number;
}

/** The loss, and the divisor of the mean. */
export function joined(
  sums: Joinable,
  reduction: EvaluatedReduction,
  weighing: number,
): { loss: number; weight: number } {
  const weight = divisor(sums, weighing);
  const sum = withSpecial(sums);
  return { loss: reduction === 'sum' ? sum : sum / weight, weight };
}

function divisor({ samples, elements, weight }: Joinable, weighing: number): number {
  if (weighing === WEIGHINGS.classWeights || weighing === WEIGHINGS.elementWeights) return rounded(weight);
  return weighing === WEIGHINGS.count ? elements : samples;
}

/** The sum of losses, some of which are not finite, under the rules of float64. */
function withSpecial({ sum, nan, infinite, negativeInfinite }: Joinable): number {
  if (nan > 0 || (infinite > 0 && negativeInfinite > 0)) return Number.NaN;
  if (infinite > 0) return Number.POSITIVE_INFINITY;
  return negativeInfinite > 0 ? Number.NEGATIVE_INFINITY : rounded(sum);
}
