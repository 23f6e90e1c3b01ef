/** What a metric is, and how outputs and targets are read. */
import { isFloat } from '../../tensor/dtypes.js';
import { ArgumentRangeError, invalidType, invalidValue } from '../../base/errors.js';
import { isTensor } from '../../addon/handle.js';
import { op } from '../../tensor/call.js';
import type { Tensor } from '../../tensor/tensor.js';

/** A number; one for each class; or, of a confusion matrix, rows of them. */
export type MetricValue = number | readonly number[] | readonly (readonly number[])[];

/**
 * Something that is measured over batches: `update` takes the outputs and targets of a batch, `compute` gives the value
 * over all batches since the last `reset`. The value does not depend on where one batch ends and the next begins.
 */
export interface Metric {
  update(output: Tensor, target: Tensor): void;
  compute(): MetricValue;
  reset(): void;
  /** Which of two values is the better one. */
  readonly best: 'greatest' | 'least';
}

/** Checks what a metric is given. */
export function checkPair(output: unknown, target: unknown): void {
  if (!isTensor(output)) throw invalidType('output', 'a Tensor', output);
  if (!isTensor(target)) throw invalidType('target', 'a Tensor', target);
}

/** In float64, and apart from any graph. */
export function asDouble(tensor: Tensor): Tensor {
  return tensor.detach().to({ dtype: 'float64' });
}

/** The numbers of a tensor, in order. */
export function numbersOf(tensor: Tensor): Float64Array {
  return asDouble(tensor).contiguous().cpu().toTypedArray() as Float64Array;
}

/** How scores become classes. */
export interface ClassOptions {
  /**
   * With one score for a sample, the greatest score of class 0. Default 0, as for scores that no sigmoid was applied to;
   * 0.5 for probabilities.
   */
  threshold?: number | undefined;
  /** Targets that are left out, such as -100. Default none. */
  ignore_index?: number | undefined;
}

/** Classes as vectors of int64, and how many there are. */
export interface Classes {
  readonly predicted: Tensor;
  readonly target: Tensor;
  readonly count: number;
}

/** Whether the output has one score for each class, in its second dimension. */
export function hasClassScores(output: Tensor, target: Tensor): boolean {
  return output.dim() === target.dim() + 1 && !(output.dim() === 2 && output.size(1) === 1);
}

/**
 * The predicted and the true classes.
 *
 * @throws TypeError or RangeError for shapes that do not belong together, and for targets that are no class
 */
export function classesOf(output: Tensor, target: Tensor, { threshold = 0, ignore_index }: ClassOptions): Classes {
  checkPair(output, target);
  const scores = output.detach();
  let predicted: Tensor;
  let count = 2;
  if (hasClassScores(scores, target) && scores.numel() === target.numel() * scores.size(1)) {
    predicted = op('flatten', op('argmax', scores, 1));
    count = scores.size(1);
  } else if (output.numel() === target.numel()) {
    predicted = op('flatten', op('gt', scores, threshold)).to({ dtype: 'int64' });
  } else {
    throw new ArgumentRangeError(
      'output',
      `scores for a target of shape [${target.shape.join(', ')}]`,
      `[${output.shape.join(', ')}]`,
    );
  }
  let classes = op('flatten', target.detach());
  if (isFloat(target.dtype)) {
    const whole = op('eq', classes, op('round', classes));
    if (!op('all', whole).item()) throw new ArgumentRangeError('target', 'classes', 'numbers that are not whole');
  }
  classes = classes.to({ dtype: 'int64' });
  if (ignore_index !== undefined) {
    const counts = op('ne', classes, ignore_index);
    predicted = op('masked_select', predicted, counts);
    classes = op('masked_select', classes, counts);
  }
  if (classes.numel() > 0) {
    const [least, most] = [op('min', classes).item(), op('max', classes).item()];
    if (least < 0 || most >= count)
      throw invalidValue('target', `classes from 0 to ${count - 1}`, least < 0 ? least : most);
  }
  return { predicted, target: classes, count };
}
