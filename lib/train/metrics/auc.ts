/** The area under the ROC curve. */
import { checkBoolean, checkOptions } from '../../addon/arguments.js';
import { outsideScopes, scope } from '../../addon/scope.js';
import { ArgumentRangeError, invalidValue } from '../../base/errors.js';
import { op, ops } from '../../tensor/call.js';
import type { Tensor } from '../../tensor/tensor.js';
import { asDouble, checkPair, classesOf, hasClassScores, type Metric } from './metric.js';

/** Options of {@link AUC}. */
export interface AUCOptions {
  /**
   * With more than two classes, each is compared with the rest. `'macro'`, the default: the mean of the classes;
   * `'weighted'`: each counted by its samples; `null`: one value for each class.
   */
  average?: 'macro' | 'weighted' | null | undefined;
  /** Whether the scores of several classes are probabilities already; a softmax is applied to them otherwise. Default false. */
  probabilities?: boolean | undefined;
}

/**
 * The area under the ROC curve: how likely a sample of a class has a greater score than one of another, ties counting half.
 *
 * It is exact, from the ranks of all scores, which are kept until `reset`: 16 bytes for each sample, and 8 more for each
 * class beyond one score. NaN where a class has no sample, or all.
 *
 * @example
 * ```ts
 * const auc = new AUC();
 * auc.update(torch.tensor([0.1, 0.4, 0.35, 0.8]), torch.tensor([0n, 0n, 1n, 1n]));
 * auc.compute();   // 0.75
 * ```
 */
export class AUC implements Metric {
  readonly best = 'greatest';
  readonly #average: 'macro' | 'weighted' | null;
  readonly #probabilities: boolean;
  #scores: Tensor[] = [];
  #targets: Tensor[] = [];

  constructor(options: AUCOptions = {}) {
    checkOptions(options, ['average', 'probabilities']);
    const { average = 'macro', probabilities = false } = options;
    if (average !== null && average !== 'macro' && average !== 'weighted')
      throw invalidValue('average', "'macro', 'weighted' or null", average);
    checkBoolean(probabilities, 'probabilities');
    this.#average = average;
    this.#probabilities = probabilities;
  }

  update(output: Tensor, target: Tensor): void {
    checkPair(output, target);
    const { target: classes, count } = classesOf(output, target, {});
    // The metric's own: what it is made of ends with the caller's scope.
    const [scores, kept] = outsideScopes(() => [this.#scoresOf(output, target), scope(() => classes.cpu().clone())]);
    const known = this.#scores[0];
    if (known !== undefined && known.size(1) !== scores.size(1))
      throw invalidValue('output', `scores of ${known.size(1)} classes, as before`, count);
    this.#scores.push(scores);
    this.#targets.push(kept);
  }

  /** The scores as rows, one column for each class, or one for two classes. */
  #scoresOf(output: Tensor, target: Tensor): Tensor {
    return scope(() => {
      const scores = asDouble(output);
      if (!hasClassScores(scores, target)) return op('clone', op('reshape', scores, [-1, 1])).cpu();
      const count = scores.size(1);
      const rows = op('reshape', op('movedim', scores, 1, -1), [-1, count]);
      const shares = this.#probabilities ? rows : op('softmax', rows, 1);
      return op('clone', count === 2 ? op('slice', shares, 1, 1, 2) : shares).cpu();
    });
  }

  compute(): number | number[] {
    const width = this.#scores[0]?.size(1);
    if (width === undefined) return Number.NaN;
    return scope(() => {
      const scores = op('cat', this.#scores, 0);
      const targets = op('cat', this.#targets, 0);
      if (width === 1) return areaOf(op('select', scores, 1, 0), op('eq', targets, 1));
      const classes = Array.from({ length: width }, (_, index) => op('eq', targets, index));
      const areas = classes.map((isClass, index) => areaOf(op('select', scores, 1, index), isClass));
      if (this.#average === null) return areas;
      const weights = classes.map((isClass) => (this.#average === 'weighted' ? op('sum', isClass).item() : 1));
      const total = weights.reduce((all, weight) => all + weight, 0);
      return areas.reduce((all, area, index) => all + area * (weights[index] as number), 0) / total;
    });
  }

  reset(): void {
    for (const tensor of [...this.#scores, ...this.#targets]) tensor.dispose();
    this.#scores = [];
    this.#targets = [];
  }
}

/** From the ranks, in whole numbers until the last division. */
function areaOf(scores: Tensor, isPositive: Tensor): number {
  if (op('any', op('isnan', scores)).item()) throw new ArgumentRangeError('output', 'scores that are numbers', 'NaN');
  const [values, order] = ops('sort', scores) as [Tensor, Tensor];
  const positive = op('index_select', isPositive, 0, order).to({ dtype: 'int64' });
  // Equal scores are one group: its positives beat the negatives of all groups before, and half of its own.
  const [, group, sizes] = ops('unique_consecutive', values, true, true) as [Tensor, Tensor, Tensor];
  const positives = op('scatter_add', op('zeros_like', sizes), 0, group, positive);
  const negatives = op('sub', sizes, positives);
  const below = op('sub', op('cumsum', negatives, 0), negatives);
  const twice = op('sum', op('mul', positives, op('add', op('mul', below, 2), negatives)));
  const [all, positiveCount] = [scores.numel(), op('sum', positives).item()];
  return twice.item() / (2 * positiveCount * (all - positiveCount));
}
