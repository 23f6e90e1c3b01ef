/** The sums of groups of samples. */
import type { PartsResult } from '../addon/native.js';
import { addAllExactly, addExactly, canonical, type ExactSum } from './exact.js';
import { joined } from './joining.js';
import type { EvaluatedReduction, Group, GroupResult, PartialGroup } from './interface.js';

interface Sums {
  samples: number;
  elements: number;
  right: number;
  counted: number;
  readonly sum: ExactSum;
  readonly weight: ExactSum;
  nan: number;
  infinite: number;
  negativeInfinite: number;
}

/** The sums of each group seen so far. */
export class GroupSums {
  readonly #groups = new Map<Group, Sums>();

  /** Adds samples with the addon's sums for each. */
  add(groups: readonly Group[], { counts, losses, weights, right, counted }: PartsResult): void {
    const width = (counts[1] as number) / (counts[0] as number);
    for (const [index, group] of groups.entries()) {
      const sums = this.#of(group);
      sums.samples += 1;
      sums.elements += width;
      sums.right += right?.[index] ?? 0;
      sums.counted += counted?.[index] ?? 0;
      const loss = losses?.[index] as number;
      if (Number.isFinite(loss)) addExactly(sums.sum, loss);
      else if (Number.isNaN(loss)) sums.nan += 1;
      else if (loss > 0) sums.infinite += 1;
      else sums.negativeInfinite += 1;
      const weight = weights?.[index];
      if (weight !== undefined) addExactly(sums.weight, weight);
    }
  }

  /** Adds the groups of other samples. */
  merge(groups: readonly PartialGroup[]): void {
    for (const other of groups) {
      const sums = this.#of(other.group);
      for (const key of ['samples', 'elements', 'right', 'counted', 'nan', 'infinite', 'negativeInfinite'] as const) {
        sums[key] += other[key];
      }
      addAllExactly(sums.sum, other.sum);
      addAllExactly(sums.weight, other.weight);
    }
  }

  #of(group: Group): Sums {
    const found = this.#groups.get(group);
    if (found !== undefined) return found;
    const sums: Sums = {
      samples: 0,
      elements: 0,
      right: 0,
      counted: 0,
      sum: [],
      weight: [],
      nan: 0,
      infinite: 0,
      negativeInfinite: 0,
    };
    this.#groups.set(group, sums);
    return sums;
  }

  /** One row per group, numbers first, in order. */
  results(reduction: EvaluatedReduction, weighing: number, hasRight: boolean): GroupResult[] {
    return this.#sorted().map(([group, sums]) => {
      return {
        group,
        samples: sums.samples,
        ...joined(sums, reduction, weighing),
        ...(hasRight && { accuracy: sums.right / sums.counted }),
      };
    });
  }

  toJSON(): PartialGroup[] {
    return this.#sorted().map(([group, sums]) => ({
      group,
      ...sums,
      sum: canonical(sums.sum),
      weight: canonical(sums.weight),
    }));
  }

  #sorted(): [Group, Sums][] {
    return [...this.#groups].sort(([a], [b]) => {
      if (typeof a === 'number' && typeof b === 'number') return a - b;
      if (typeof a !== typeof b) return typeof a === 'number' ? -1 : 1;
      return a < b ? -1 : 1;
    });
  }
}
