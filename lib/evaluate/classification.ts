/** Counts of classes and predicted classes, and the reliability of probabilities. All of it is exact and can be merged. */
import { addAllExactly, addExactly, type ExactSum, rounded } from './exact.js';
import { SCORES } from './plans.js';
import type { PartsResult } from '../addon/native.js';
import type { Calibration, Classification, ClassResult, PartialClassification } from './interface.js';

/** The most classes that are counted: the indices of a list. */
export const MOST_CLASSES = 2 ** 32 - 2;
/** The most classes whose pairs of target and prediction are counted. */
export const MOST_PAIRED = 1024;
/** The number of ranges of probabilities, each as wide as the others. */
export const BINS = 15;
/** Probabilities are added as multiples of this number, so that their sums are exact. */
const UNIT = 2 ** -32;
/** How many of these multiples float64 adds exactly. */
const MOST_ADDED = 2 ** 20;

/** Of a class: its targets, its predictions, and the targets that are predicted. */
export interface ClassCounts {
  readonly targets: number;
  readonly predicted: number;
  readonly correct: number;
}

/** Of the targets predicted as a class, the share that is; 0 if there are none. */
export function precisionOf({ correct, predicted }: ClassCounts): number {
  return correct === 0 ? 0 : correct / predicted;
}

/** Of the targets of a class, the share that is predicted; 0 if there are none. */
export function recallOf({ correct, targets }: ClassCounts): number {
  return correct === 0 ? 0 : correct / targets;
}

interface Bin {
  targets: number;
  right: number;
  readonly sum: ExactSum;
}

type Counts = { -readonly [Name in keyof ClassCounts]: number };

/** Whether a loss gives the probability of class 1 of two. */
export function isBinary(scores: number): boolean {
  return scores === SCORES.probabilities || scores === SCORES.binaryLogits;
}

/** What is counted of one loss. */
export class ClassCounter {
  readonly #scores: number;
  /** One more than the largest class that can be. */
  #count: number;
  #targets = 0;
  /** Targets between the classes: probabilities, which belong to no class. */
  #soft = 0;
  /** By class. */
  readonly #classes: Counts[] = [];
  /** By target and prediction: a row for each target of up to {@link MOST_PAIRED} classes. */
  readonly #pairs: Float64Array[] = [];
  readonly #bins: readonly Bin[] = Array.from({ length: BINS }, () => ({ targets: 0, right: 0, sum: [] }));

  /** @param scores - one of {@link SCORES} */
  constructor(scores: number) {
    this.#scores = scores;
    this.#count = isBinary(scores) ? 2 : 0;
  }

  /** Adds the addon's labels of some samples. */
  add({ targets, predicted, confidences }: PartsResult, count: number, ignore_index: number): void {
    if (targets === undefined || predicted === undefined || confidences === undefined) return;
    const binary = isBinary(this.#scores);
    this.#count = Math.max(this.#count, binary ? 2 : count);
    const sums = new Float64Array(BINS);
    const flush = () => {
      for (const [at, { sum }] of this.#bins.entries()) addExactly(sum, (sums[at] as number) * UNIT);
      sums.fill(0);
    };
    for (let at = 0; at < targets.length; at++) {
      if (at % MOST_ADDED === MOST_ADDED - 1) flush();
      const [target, guess] = [targets[at] as number, predicted[at] as number];
      if (target === ignore_index) continue;
      if (binary && target !== 0 && target !== 1) {
        this.#soft += 1;
        continue;
      }
      this.#targets += 1;
      const own = this.#class(target);
      own.targets += 1;
      if (target === guess) {
        own.predicted += 1;
        own.correct += 1;
      } else this.#class(guess).predicted += 1;
      if (this.#count <= MOST_PAIRED) this.#addPair(target, guess, 1);
      const confidence = confidences[at];
      if (confidence === undefined || Number.isNaN(confidence)) continue;
      const place = Math.max(0, Math.min(BINS - 1, Math.floor(confidence * BINS)));
      const bin = this.#bins[place] as Bin;
      bin.targets += 1;
      bin.right += (binary ? target === 1 : target === guess) ? 1 : 0;
      sums[place] = (sums[place] as number) + Math.round(confidence / UNIT);
    }
    flush();
  }

  /** Adds the {@link toJSON} of other samples. */
  merge(other: PartialClassification): void {
    this.#count = Math.max(this.#count, other.count);
    this.#targets += other.targets;
    this.#soft += other.soft;
    for (const [index, targets, predicted, correct] of other.classes) {
      const own = this.#class(index);
      own.targets += targets;
      own.predicted += predicted;
      own.correct += correct;
    }
    for (const [target, guess, many] of other.pairs) if (many > 0) this.#addPair(target, guess, many);
    for (const [index, { targets, right, sum }] of other.bins.entries()) {
      const own = this.#bins[index] as Bin;
      own.targets += targets;
      own.right += right;
      addAllExactly(own.sum, sum);
    }
  }

  /** The result so far; `null` if there are targets between the classes, or none at all. */
  result(): Classification | null {
    if (this.#soft > 0 || this.#targets === 0) return null;
    const classes = entriesOf(this.#classes).map(
      ([index, counts]): ClassResult => ({
        class: index,
        ...counts,
        precision: precisionOf(counts),
        recall: recallOf(counts),
      }),
    );
    return {
      count: this.#count,
      targets: this.#targets,
      classes,
      confusion: this.#count <= MOST_PAIRED ? this.#counted() : null,
      calibration: this.#scores === SCORES.plain ? null : this.#calibration(),
    };
  }

  #calibration(): Calibration {
    const all = this.#bins.reduce((sum, { targets }) => sum + targets, 0);
    const bins = this.#bins.map(({ targets, right, sum }, index) => ({
      from: index / BINS,
      to: (index + 1) / BINS,
      targets,
      confidence: targets === 0 ? null : rounded(sum) / targets,
      share: targets === 0 ? null : right / targets,
    }));
    const error = bins.reduce(
      (sum, { targets, confidence, share }) => sum + (targets / all) * Math.abs((share ?? 0) - (confidence ?? 0)),
      0,
    );
    return { of: isBinary(this.#scores) ? 'class 1' : 'predicted class', error, bins };
  }

  toJSON(): PartialClassification {
    return {
      scores: this.#scores,
      count: this.#count,
      targets: this.#targets,
      soft: this.#soft,
      classes: entriesOf(this.#classes).map(([index, { targets, predicted, correct }]) => [
        index,
        targets,
        predicted,
        correct,
      ]),
      pairs: this.#counted(),
      bins: this.#bins.map(({ targets, right, sum }) => ({ targets, right, sum: [...sum] })),
    };
  }

  #class(index: number): Counts {
    return (this.#classes[index] ??= { targets: 0, predicted: 0, correct: 0 });
  }

  #addPair(target: number, guess: number, many: number): void {
    const row = (this.#pairs[target] ??= new Float64Array(MOST_PAIRED));
    row[guess] = (row[guess] as number) + many;
  }

  /** The pairs that occur, in order. */
  #counted(): [target: number, predicted: number, targets: number][] {
    const found: [number, number, number][] = [];
    for (const [target, row] of entriesOf(this.#pairs))
      row.forEach((many, guess) => {
        if (many > 0) found.push([target, guess, many]);
      });
    return found;
  }
}

/** The items of a sparse list, each with its index. */
function entriesOf<T>(list: readonly T[]): [number, T][] {
  const entries: [number, T][] = [];
  list.forEach((item, index) => entries.push([index, item]));
  return entries;
}
