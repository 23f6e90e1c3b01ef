import { largestOf } from '../base/extremes.js';
import { ArgumentRangeError, ArgumentTypeError, invalidType } from '../base/errors.js';
import { checkOptions } from '../addon/arguments.js';
import { ASYNC_OPTIONS, type AsyncOptions, onLane } from '../addon/lane.js';
import { type GradientsResult, native, type PartsFunction } from '../addon/native.js';
import { isTensor } from '../addon/handle.js';
import { isPlainObject } from '../base/plain_object.js';
import { type Named, withTensors } from '../loss/explain.js';
import { Tensor } from '../tensor/tensor.js';
import type { DType, Shape } from '../base/types.js';
import { addAllExactly, type ExactSum, rounded } from './exact.js';
import {
  broadcastSize,
  LAYOUTS,
  partOf,
  type PlannedCall,
  type PlannedLoss,
  planLoss,
  SCORES,
  WEIGHINGS,
} from './plans.js';
import type { EvaluatedReduction, LossChoice } from './interface.js';

/** Options of {@link valueAndGrad}. */
export interface GradientOptions extends AsyncOptions {
  /** The reduction of the losses. Default: that of the loss's own options. */
  reduction?: EvaluatedReduction | undefined;
}

/** The result of {@link valueAndGrad}. */
export interface ValueAndGrad {
  /** The loss, summed up in float64. */
  readonly value: number;
  /** The gradient of the first input that has one. */
  readonly grad: Tensor;
  /** The gradients by the names of the inputs. */
  readonly grads: Readonly<Record<string, Tensor>>;
}

/**
 * Computes the loss of a large batch and its gradient in parts that fit into the processor's caches: forward and
 * backward pass of one part after the other, each into its slice of one gradient. No graph is kept and no `grad` is
 * changed; `output.backward({ gradient: grad })` continues from there.
 *
 * For nearly all losses the gradients have the same bits as with `loss(...).backward()`. With class weights and a mean
 * they may differ in the last bit, since the weights are summed in float64 here.
 *
 * @param loss - a function, an instance, or a function and its options
 * @param inputs - the loss's tensors, then optionally `reduction`, `signal` or `lane`. There is a gradient for each
 *   input that requires grad, otherwise for the first
 * @throws RangeError for reduction `'none'`, and for an input that is broadcast over the samples of others
 * @example
 * ```ts
 * const output = torch.tensor([[1, 2], [3, 5]]);
 * const target = torch.tensor([[1, 1], [1, 1]]);
 * const { value, grad } = await valueAndGrad(torch.nn.functional.mse_loss, output, target);
 * value;           // 5.25
 * grad.tolist();   // [[0, 0.5], [1, 2]]
 * ```
 */
export async function valueAndGrad(
  loss: LossChoice,
  ...inputs: readonly (Tensor | GradientOptions | readonly number[])[]
): Promise<ValueAndGrad> {
  const last = inputs.at(-1);
  const options: GradientOptions = isPlainObject(last) ? last : {};
  const tensors = isPlainObject(last) ? inputs.slice(0, -1) : inputs;
  checkOptions(options, ['reduction', ...ASYNC_OPTIONS]);
  const plan = planLoss(loss, 'loss', options.reduction);
  if (tensors.length !== plan.inputs.length) {
    const expected = `${plan.inputs.length} tensors (${plan.inputs.join(', ')})`;
    throw new ArgumentTypeError('inputs', expected, String(tensors.length));
  }
  const wanted = wantedInputs(plan, tensors);
  const result = await differentiate(plan, tensors, wanted, options).catch((error: unknown) => {
    throw withTensors(
      error,
      plan.inputs.map((name, at): Named => [name, tensors[at]]),
    );
  });
  const sum: ExactSum = [];
  addAllExactly(sum, result.sum);
  const whole = rounded(sum) + result.special;
  const gradients = result.gradients.map((handle) => new Tensor(handle));
  return {
    value: plan.reduction === 'sum' ? whole : whole / result.weight,
    grad: gradients[0] as Tensor,
    grads: Object.fromEntries(wanted.map((at, index) => [plan.inputs[at], gradients[index] as Tensor])),
  };
}

async function differentiate(
  plan: PlannedLoss,
  inputs: readonly unknown[],
  wanted: readonly number[],
  { signal, lane }: GradientOptions,
): Promise<GradientsResult> {
  return plan.call(inputs, {}, (call) => {
    if (call.op === 'triplet_margin_with_distance_loss')
      throw new ArgumentRangeError('loss', 'one that is computed as a whole by LibTorch', `${plan.name} so`);
    return onLane(
      (lane, job) =>
        (native().differentiate[call.op] as PartsFunction)(
          lane,
          job,
          settingsOf(plan, call, inputs, wanted),
          ...call.args,
        ),
      (found: GradientsResult) => found,
      { signal, lane },
    );
  });
}

/** The inputs that require grad, or the first. */
function wantedInputs(plan: PlannedLoss, inputs: readonly unknown[]): number[] {
  const wanted = inputs.flatMap((input, index) => (isTensor(input) && (input as Tensor).requires_grad ? [index] : []));
  for (const index of wanted) {
    const name = plan.inputs[index] as string;
    if (!plan.shared.includes(name)) continue;
    throw new ArgumentRangeError(name, 'a tensor that does not require grad: all samples share it', 'one that does');
  }
  if (!isTensor(inputs[0])) throw invalidType(plan.inputs[0] as string, 'a Tensor', inputs[0]);
  return wanted.length > 0 ? wanted : [0];
}

function settingsOf(plan: PlannedLoss, call: PlannedCall, inputs: readonly unknown[], wanted: readonly number[]) {
  const shapes = inputs.map((input) => (isTensor(input) ? (input as Tensor<Shape, DType>).shape : []));
  const isOnCpu = (inputs[0] as Tensor).device === 'cpu';
  return {
    layout: call.layout,
    weighing: call.weighing,
    inputs: call.inputs,
    ignore_index: call.ignore_index,
    part: partOf(call, isOnCpu),
    worst: 0,
    first: 0,
    means: plan.reduction !== 'sum',
    wants_samples: false,
    wants_right: false,
    scores: SCORES.none,
    on_cpu: isOnCpu,
    wanted: wanted.reduce((bits, index) => bits | (1 << index), 0),
    count: lossCount(plan, call, shapes),
    divides: plan.divides && plan.reduction !== 'sum',
  };
}

/** The number of unreduced losses, or of samples where those count. */
function lossCount(
  plan: PlannedLoss,
  { layout, weighing }: PlannedCall,
  shapes: readonly (readonly number[])[],
): number {
  const [first = []] = shapes;
  if (layout === LAYOUTS.sequences) return first.length === 3 ? (first[1] as number) : 1;
  if (layout === LAYOUTS.projected) {
    // Weights of classes are summed up elsewhere, so these are probabilities.
    const target = shapes.at(-1) ?? [];
    return first.length < 2 ? 1 : product(target.filter((_, dim) => dim !== 1));
  }
  if (layout === LAYOUTS.rows) {
    // cosine_embedding_loss broadcasts a size of 1 to the others'.
    if (first.length < 2) return 1;
    if (!plan.classes) return broadcastSize(shapes.map(([size = 1]) => size));
    return product(first.filter((_, dim) => dim !== 1));
  }
  const whole = broadcastShape(layout === LAYOUTS.variance ? shapes.slice(0, 2) : shapes);
  if (weighing === WEIGHINGS.batch) return first[0] ?? 1;
  return product(layout === LAYOUTS.vectors ? whole.slice(0, -1) : whole);
}

function product(sizes: readonly number[]): number {
  return sizes.reduce((total, size) => total * size, 1);
}

function broadcastShape(shapes: readonly (readonly number[])[]): number[] {
  const dims = largestOf(shapes.map(({ length }) => length));
  return Array.from({ length: dims }, (_, dim) => {
    return broadcastSize(shapes.map((shape) => shape[dim - dims + shape.length] ?? 1));
  });
}
