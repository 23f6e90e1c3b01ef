/** Statistics of the samples seen so far. They do not depend on how the samples are split, and can be merged. */
import type { PartsResult } from '../addon/native.js';
import { addAllExactly, canonical, type ExactSum } from './exact.js';
import { ClassCounter } from './classification.js';
import { GroupSums } from './groups.js';
import { joined } from './joining.js';
import { WEIGHINGS } from './plans.js';
import { addBuckets, type Buckets, describeSpread, EXACT_SAMPLES } from './sketch.js';
import type { EvaluatedReduction, Evaluation, Group, PartialEvaluation, SampleLoss } from './interface.js';

/** How the sums of a loss are combined. */
export interface Joining {
  readonly loss: string;
  readonly reduction: EvaluatedReduction;
  readonly weighing: number;
}

type Special = PartialEvaluation['special'][number];

/** The sums of one loss over the samples seen so far. */
export class Accumulator {
  readonly #named: number;
  #joining: Joining | undefined;
  #samples = 0;
  #elements = 0;
  #right: number | null = null;
  #counted = 0;
  readonly #sum: ExactSum = [];
  readonly #weight: ExactSum = [];
  #nan = 0;
  #infinite = 0;
  #negativeInfinite = 0;
  #least = Number.POSITIVE_INFINITY;
  #greatest = Number.NEGATIVE_INFINITY;
  #worst: SampleLoss[] = [];
  #special: Special[] = [];
  readonly #buckets: Buckets = new Map();
  #values: number[] | undefined = [];
  #groups: GroupSums | undefined;
  #classes: ClassCounter | undefined;
  #lacksClasses = false;
  seconds = 0;
  bytes = 0;

  /** @param named - the number of worst samples to keep */
  constructor(named: number) {
    this.#named = named;
  }

  /** Whether the next `samples` should come with their losses. */
  keepsValues(samples: number): boolean {
    return this.#values !== undefined && this.#samples + samples <= EXACT_SAMPLES;
  }

  /** Adds the addon's statistics of some samples. */
  add(joining: Joining, result: PartsResult, values: Float64Array | undefined): void {
    this.#joining ??= joining;
    const [samples, elements, right, counted] = result.counts as unknown as [number, number, number, number];
    const [nan, infinite, negativeInfinite, least, greatest] = result.special_counts as unknown as number[];
    this.#count({ samples, elements, right, counted });
    addAllExactly(this.#sum, result.sum);
    addAllExactly(this.#weight, result.weight);
    this.#nan += nan as number;
    this.#infinite += infinite as number;
    this.#negativeInfinite += negativeInfinite as number;
    this.#least = Math.min(this.#least, least as number);
    this.#greatest = Math.max(this.#greatest, greatest as number);
    this.#name(pairs(result.worst), pairs(result.special).map(special));
    addBuckets(this.#buckets, result.sketch);
    this.#keep(values);
  }

  /** Adds samples to their groups. */
  addGroups(groups: readonly Group[], result: PartsResult): void {
    this.#groups ??= new GroupSums();
    this.#groups.add(groups, result);
  }

  /** Counts classes from now on. */
  countClasses(scores: number): void {
    this.#classes ??= new ClassCounter(scores);
  }

  /** Adds the classes of some samples. */
  addClasses(result: PartsResult, count: number, ignore_index: number): void {
    this.#classes?.add(result, count, ignore_index);
  }

  /** Counts correct targets from now on. */
  countRight(): void {
    this.#right ??= 0;
  }

  /** Adds the {@link toJSON} of other samples. */
  merge(other: PartialEvaluation): void {
    const { loss, reduction, weighing } = other;
    if (other.samples > 0 || this.#joining === undefined) this.#joining = { loss, reduction, weighing };
    if (other.right !== null) this.countRight();
    const { samples, elements, right, counted } = other;
    this.#count({ samples, elements, right: right ?? 0, counted });
    addAllExactly(this.#sum, other.sum);
    addAllExactly(this.#weight, other.weight);
    this.#nan += other.nan;
    this.#infinite += other.infinite;
    this.#negativeInfinite += other.negativeInfinite;
    this.#least = Math.min(this.#least, other.least ?? Number.POSITIVE_INFINITY);
    this.#greatest = Math.max(this.#greatest, other.greatest ?? Number.NEGATIVE_INFINITY);
    this.#name(other.worst, other.special);
    addBuckets(this.#buckets, other.buckets.flat());
    this.#keep(other.values ?? undefined);
    if (other.groups !== null) {
      this.#groups ??= new GroupSums();
      this.#groups.merge(other.groups);
    }
    this.#mergeClasses(other);
    this.seconds += other.seconds;
    this.bytes += other.bytes;
  }

  /** Counts that do not cover all samples would mislead. */
  #mergeClasses({ classification, samples }: PartialEvaluation): void {
    if (classification) {
      this.countClasses(classification.scores);
      this.#classes?.merge(classification);
    } else if (samples > 0) this.#lacksClasses = true;
  }

  #count({ samples, elements, right, counted }: Record<'samples' | 'elements' | 'right' | 'counted', number>): void {
    this.#samples += samples;
    this.#elements += elements;
    if (this.#right !== null) this.#right += right;
    this.#counted += counted;
  }

  #name(worst: readonly SampleLoss[], first: readonly Special[]): void {
    if (worst.length > 0) {
      const all = [...this.#worst, ...worst].sort((a, b) => b.loss - a.loss || a.index - b.index);
      this.#worst = all.slice(0, this.#named);
    }
    if (first.length > 0)
      this.#special = [...this.#special, ...first].sort((a, b) => a.index - b.index).slice(0, this.#named);
  }

  #keep(values: ArrayLike<number> | undefined): void {
    if (values === undefined || this.#values === undefined || this.#samples > EXACT_SAMPLES) {
      if (values !== undefined || this.#samples > 0) this.#values = undefined;
      return;
    }
    // Non-finite losses are counted separately, since JSON cannot represent them.
    for (let i = 0; i < values.length; i++) {
      const value = values[i] as number;
      if (Number.isFinite(value)) this.#values.push(value);
    }
  }

  /** The result so far. */
  result(reduction: EvaluatedReduction): Evaluation {
    const weighing = this.#joining?.weighing ?? WEIGHINGS.count;
    const sums = {
      samples: this.#samples,
      elements: this.#elements,
      sum: this.#sum,
      weight: this.#weight,
      nan: this.#nan,
      infinite: this.#infinite,
      negativeInfinite: this.#negativeInfinite,
    };
    const hasFinite = this.#least <= this.#greatest;
    const per = (count: number) => (this.seconds > 0 ? count / this.seconds : 0);
    return {
      ...joined(sums, reduction, weighing),
      reduction,
      samples: this.#samples,
      elements: this.#elements,
      ...(this.#right !== null && { accuracy: this.#right / this.#counted }),
      ...(this.#classes && !this.#lacksClasses && { classification: this.#classes.result() }),
      ...(this.#groups && { groups: this.#groups.results(reduction, weighing, this.#right !== null) }),
      worst: this.#worst,
      least: hasFinite ? this.#least : null,
      greatest: hasFinite ? this.#greatest : null,
      ...describeSpread(this.#values, this.#buckets, this.#least, this.#greatest),
      nonFinite: {
        nan: this.#nan,
        infinite: this.#infinite,
        negativeInfinite: this.#negativeInfinite,
        first: this.#special,
      },
      seconds: this.seconds,
      samplesPerSecond: per(this.#samples),
      bytes: this.bytes,
      bytesPerSecond: per(this.bytes),
    };
  }

  /** All of it as plain JSON. */
  toJSON(loss: string, reduction: EvaluatedReduction): PartialEvaluation {
    const hasFinite = this.#least <= this.#greatest;
    return {
      version: 1,
      loss,
      reduction,
      weighing: this.#joining?.weighing ?? WEIGHINGS.count,
      samples: this.#samples,
      elements: this.#elements,
      right: this.#right,
      counted: this.#counted,
      sum: canonical(this.#sum),
      weight: canonical(this.#weight),
      nan: this.#nan,
      infinite: this.#infinite,
      negativeInfinite: this.#negativeInfinite,
      least: hasFinite ? this.#least : null,
      greatest: hasFinite ? this.#greatest : null,
      named: this.#named,
      worst: this.#worst,
      special: this.#special,
      buckets: [...this.#buckets].sort(([a], [b]) => a - b),
      values: this.#values ?? null,
      groups: this.#groups?.toJSON() ?? null,
      classification: this.#lacksClasses ? null : (this.#classes?.toJSON() ?? null),
      seconds: this.seconds,
      bytes: this.bytes,
    };
  }
}

function pairs(flat: Float64Array): SampleLoss[] {
  return Array.from({ length: flat.length / 2 }, (_, i) => ({
    index: flat[2 * i + 1] as number,
    loss: flat[2 * i] as number,
  }));
}

function special({ index, loss }: SampleLoss): Special {
  return { index, loss: String(loss) as Special['loss'] };
}
