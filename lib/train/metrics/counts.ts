/** Metrics of classes, all from one table of counts: whole numbers, which no order or grouping changes. */
import { checkOptions } from '../../addon/arguments.js';
import { invalidType, invalidValue } from '../../base/errors.js';
import { type ClassCounts, precisionOf, recallOf } from '../../evaluate/classification.js';
import { op } from '../../tensor/call.js';
import type { Tensor } from '../../tensor/tensor.js';
import { type ClassOptions, checkPair, classesOf, hasClassScores, type Metric, type MetricValue } from './metric.js';

/** How many samples of each true class (rows) were predicted as each class (columns). */
type Table = readonly (readonly number[])[];

/** What all metrics of classes do: count pairs of a true and a predicted class. */
abstract class Counted implements Metric {
  readonly best: 'greatest' | 'least' = 'greatest';
  readonly #options: ClassOptions;
  #counts: BigInt64Array | undefined;
  #classes = 0;

  constructor(options: ClassOptions, names: readonly string[]) {
    checkOptions(options, ['threshold', 'ignore_index', ...names]);
    const { threshold, ignore_index } = options;
    if (threshold !== undefined && typeof threshold !== 'number') throw invalidType('threshold', 'a number', threshold);
    if (ignore_index !== undefined && !Number.isSafeInteger(ignore_index))
      throw invalidType('ignore_index', 'an integer', ignore_index);
    this.#options = { threshold, ignore_index };
  }

  /** Counts the samples of a batch. */
  update(output: Tensor, target: Tensor): void {
    const { predicted, target: classes, count } = classesOf(output, target, this.#options);
    if (this.#counts !== undefined && count !== this.#classes)
      throw invalidValue('output', `scores of ${this.#classes} classes, as before`, count);
    this.#counts ??= new BigInt64Array(count * count);
    this.#classes = count;
    const pairs = op('add', op('mul', classes, count), predicted);
    const counted = op('bincount', pairs, undefined, count * count)
      .cpu()
      .toTypedArray() as BigInt64Array;
    for (const [at, many] of counted.entries()) this.#counts[at] = (this.#counts[at] as bigint) + many;
  }

  reset(): void {
    this.#counts = undefined;
    this.#classes = 0;
  }

  abstract compute(): MetricValue;

  protected table(): Table {
    const [counts, classes] = [this.#counts, this.#classes];
    if (counts === undefined) return [];
    return Array.from({ length: classes }, (_, row) =>
      Array.from(counts.subarray(row * classes, (row + 1) * classes), Number),
    );
  }
}

/**
 * The share of samples whose predicted class is the true one: that with the greatest score, or by `threshold` where there
 * is one score for a sample. NaN without samples.
 *
 * @example
 * ```ts
 * const accuracy = new Accuracy();
 * accuracy.update(torch.tensor([[2, 1], [0, 3]]), torch.tensor([0n, 0n]));
 * accuracy.compute();   // 0.5
 * ```
 */
export class Accuracy extends Counted {
  constructor(options: ClassOptions = {}) {
    super(options, []);
  }

  override compute(): number {
    const table = this.table();
    return sum(table.map((row, at) => row[at] as number)) / sum(table.map(sum));
  }
}

/** Options of {@link ConfusionMatrix}. */
export interface ConfusionMatrixOptions extends ClassOptions {
  /** Divide each count by those of its true class, of its predicted class, or by all. Default: whole counts. */
  normalize?: 'true' | 'pred' | 'all' | undefined;
}

/** How many samples of each true class (rows) were predicted as each class (columns). */
export class ConfusionMatrix extends Counted {
  readonly #normalize: ConfusionMatrixOptions['normalize'];

  constructor(options: ConfusionMatrixOptions = {}) {
    super(options, ['normalize']);
    const { normalize } = options;
    if (normalize !== undefined && !['true', 'pred', 'all'].includes(normalize))
      throw invalidValue('normalize', "'true', 'pred' or 'all'", normalize);
    this.#normalize = normalize;
  }

  override compute(): number[][] {
    const table = this.table();
    const rows = table.map(sum);
    const columns = table.map((_, at) => sum(table.map((row) => row[at] as number)));
    const all = sum(rows);
    const over = (row: number, column: number): number => {
      if (this.#normalize === undefined) return 1;
      return { true: rows[row] as number, pred: columns[column] as number, all }[this.#normalize];
    };
    return table.map((row, at) => row.map((count, column) => (count === 0 ? 0 : count / over(at, column))));
  }
}

/** How the values of the classes become one. */
export type Average = 'binary' | 'macro' | 'micro' | 'weighted' | null;

/** Options of {@link Precision}, {@link Recall} and {@link F1}. */
export interface AverageOptions extends ClassOptions {
  /**
   * `'binary'`: that of class 1, the default where there are two classes. `'macro'`: the mean of the classes, the default
   * where there are more. `'micro'`: from the counts of all classes. `'weighted'`: the mean, each class counted by its
   * samples. `null`: one value for each class. Classes that are neither true nor predicted anywhere do not count.
   */
  average?: Average | undefined;
}

abstract class Averaged extends Counted {
  readonly #average: Average | undefined;

  constructor(options: AverageOptions = {}) {
    super(options, ['average']);
    const { average } = options;
    if (average !== undefined && average !== null && !['binary', 'macro', 'micro', 'weighted'].includes(average))
      throw invalidValue('average', "'binary', 'macro', 'micro', 'weighted' or null", average);
    this.#average = average;
  }

  /** Of one class; 0 where it would be 0 / 0. */
  protected abstract of(counts: ClassCounts): number;

  override compute(): number | number[] {
    const table = this.table();
    const counts = table.map(
      (row, at): ClassCounts => ({
        correct: row[at] as number,
        predicted: sum(table.map((other) => other[at] as number)),
        targets: sum(row),
      }),
    );
    const average = this.#average === undefined ? (counts.length === 2 ? 'binary' : 'macro') : this.#average;
    const values = counts.map((one) => this.of(one));
    if (average === null) return values;
    if (counts.length === 0) return Number.NaN;
    if (average === 'binary') {
      if (counts.length !== 2) throw invalidValue('average', `one for ${counts.length} classes`, 'binary');
      return values[1] as number;
    }
    if (average === 'micro') {
      const total = (name: keyof ClassCounts) => sum(counts.map((one) => one[name]));
      return this.of({ correct: total('correct'), predicted: total('predicted'), targets: total('targets') });
    }
    const weights = counts.map(({ predicted, targets }) =>
      average === 'weighted' ? targets : Number(predicted + targets > 0),
    );
    return sum(values.map((value, at) => value * (weights[at] as number))) / sum(weights);
  }
}

/** Of the samples predicted to be of a class, the share that is. */
export class Precision extends Averaged {
  protected override of(counts: ClassCounts): number {
    return precisionOf(counts);
  }
}

/** Of the samples of a class, the share that is predicted to be. */
export class Recall extends Averaged {
  protected override of(counts: ClassCounts): number {
    return recallOf(counts);
  }
}

/** The harmonic mean of precision and recall. */
export class F1 extends Averaged {
  protected override of({ correct, predicted, targets }: ClassCounts): number {
    return correct === 0 ? 0 : (2 * correct) / (predicted + targets);
  }
}

/** Options of {@link TopKAccuracy}. */
export interface TopKOptions {
  /** How many of the greatest scores count. Default 5. */
  k?: number | undefined;
  /** Targets that are left out, such as -100. Default none. */
  ignore_index?: number | undefined;
}

/** The share of samples whose true class has one of the `k` greatest scores. A score that ties with it counts as no greater. */
export class TopKAccuracy implements Metric {
  readonly best = 'greatest';
  readonly #k: number;
  readonly #ignored: number | undefined;
  #right = 0;
  #samples = 0;

  constructor(options: TopKOptions = {}) {
    checkOptions(options, ['k', 'ignore_index']);
    const { k = 5, ignore_index } = options;
    if (!Number.isSafeInteger(k)) throw invalidType('k', 'an integer', k);
    if (k < 1) throw invalidValue('k', 'at least 1', k);
    if (ignore_index !== undefined && !Number.isSafeInteger(ignore_index))
      throw invalidType('ignore_index', 'an integer', ignore_index);
    this.#k = k;
    this.#ignored = ignore_index;
  }

  update(output: Tensor, target: Tensor): void {
    checkPair(output, target);
    if (!hasClassScores(output, target)) throw invalidType('output', 'a score for each class in dimension 1', output);
    // Checks the classes.
    const { count } = classesOf(output, target, { ignore_index: this.#ignored });
    if (this.#k > count) throw invalidValue('k', `at most the ${count} classes`, this.#k);
    const scores = output.detach();
    const classes = target.detach().to({ dtype: 'int64' });
    const counted = this.#ignored === undefined ? undefined : op('ne', classes, this.#ignored);
    const known = counted === undefined ? classes : op('masked_fill', classes, op('logical_not', counted), 0);
    const own = op('gather', scores, 1, op('unsqueeze', known, 1));
    const greater = op('sum.dim_IntList', op('gt', scores, own), [1]);
    const within = op('lt', greater, this.#k);
    const right = counted === undefined ? within : op('logical_and', within, counted);
    this.#right += op('sum', right).item();
    this.#samples += counted === undefined ? classes.numel() : op('sum', counted).item();
  }

  compute(): number {
    return this.#right / this.#samples;
  }

  reset(): void {
    this.#right = 0;
    this.#samples = 0;
  }
}

/** Whole numbers below 2^53, and few others. */
function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
