import { no_grad } from './autograd.js';
import { ArgumentRangeError, invalidType } from './errors.js';
import { isTensor } from './handle.js';
import { ignoreRejection } from './lane.js';
import type { Tensor } from './tensor.js';

/** A loss function of any namespace that takes an input and a target. */
// biome-ignore lint/suspicious/noExplicitAny: each loss has its own types of tensors and options
export type EvaluatedLoss = (input: any, target: any, options?: any) => Tensor;

/** The samples of one class. */
export interface ClassResult {
  readonly label: number;
  readonly samples: number;
  /** The mean of the samples' losses. */
  readonly loss: number;
  /** The share of samples whose largest score is that of their class, 0 to 1. */
  readonly accuracy: number;
}

/** What {@link evaluate} finds. */
export interface Evaluation {
  /** The loss over all samples, as the loss function itself gives it. */
  readonly loss: number;
  readonly samples: number;
  /** The share of samples whose largest score is that of their class; absent without class indices. */
  readonly accuracy?: number;
  /** One row for each class that occurs, in order; absent without class indices. */
  readonly classes?: readonly ClassResult[];
  /** The time the loss over all samples took. */
  readonly milliseconds: number;
}

/**
 * The loss of a network's outputs over a whole data set, without gradients, and where the target holds class indices a
 * row for each class.
 *
 * @param loss - a loss function such as `torch.nn.functional.cross_entropy`
 * @param input - the outputs, samples in the first dimension
 * @param target - what the loss wants of them; class indices of shape `[N]` give the classes' rows
 * @param options - options of the loss; its `reduction` has to give one number
 * @throws RangeError for reduction `'none'`
 * @example
 * ```ts
 * const { loss, accuracy } = evaluate(torch.nn.functional.cross_entropy, logits, labels);
 * ```
 */
export function evaluate(
  loss: EvaluatedLoss,
  input: Tensor,
  target: Tensor,
  options: Record<string, unknown> = {},
): Evaluation {
  if (typeof loss !== 'function') throw invalidType('loss', 'a loss function', loss);
  return no_grad(() => {
    const start = performance.now();
    const whole = loss(input, target, options);
    ignoreRejection(whole);
    if (!isTensor(whole)) throw invalidType('the result of loss', 'a Tensor', whole);
    if (whole.dim() !== 0)
      throw new ArgumentRangeError('reduction', 'one that gives a single number', `shape [${whole.shape.join(', ')}]`);
    const result = {
      loss: Number(whole.item()),
      samples: input.shape[0] ?? 1,
      milliseconds: performance.now() - start,
    };
    if (!hasClassIndices(input, target)) return result;
    return { ...result, ...byClass(loss(input, target, { ...options, reduction: 'none' }), input, target) };
  });
}

function hasClassIndices(input: Tensor, target: Tensor): boolean {
  return input.dim() === 2 && target.dim() === 1 && ['int64', 'int32', 'uint8'].includes(target.dtype);
}

function byClass(losses: Tensor, input: Tensor, target: Tensor): Pick<Evaluation, 'accuracy' | 'classes'> {
  const labels = target.to('int32').toTypedArray();
  const values = losses.to('float64').toTypedArray();
  const predicted = input.argmax({ dim: 1 }).to('int32').toTypedArray();
  const sums = new Map<number, { samples: number; loss: number; right: number }>();
  for (const [index, label] of labels.entries()) {
    const sum = sums.get(label) ?? { samples: 0, loss: 0, right: 0 };
    sum.samples += 1;
    sum.loss += values[index] as number;
    sum.right += predicted[index] === label ? 1 : 0;
    sums.set(label, sum);
  }
  const classes = [...sums]
    .sort(([a], [b]) => a - b)
    .map(([label, { samples, loss, right }]) => ({ label, samples, loss: loss / samples, accuracy: right / samples }));
  const right = [...sums.values()].reduce((total, sum) => total + sum.right, 0);
  return { accuracy: right / labels.length, classes };
}
