import { checkOptions, itemsOf } from '../addon/arguments.js';
import { ArgumentRangeError, ArgumentTypeError, invalidType, invalidValue } from '../base/errors.js';
import { isArray, isPlainObject } from '../base/plain_object.js';
import { callShape, readCall } from '../base/positional.js';
import type { Device, Float, Shape } from '../base/types.js';
import type { AsyncOptions } from '../addon/lane.js';
import { AS_LOSS, internalsOf, type LossFunction, type LossInternals, lossFunction } from '../loss/call.js';
import type { Outcome, Mode, Reduced, Reduction } from '../loss/call_types.js';
import { checkInteger } from '../nn/layers/layer.js';
import { Linear } from '../nn/layers/linear.js';
import { Module } from '../nn/module.js';
import { op } from '../tensor/call.js';
import type { Tensor } from '../tensor/tensor.js';
import {
  linearCrossEntropy,
  type LinearCrossEntropyCallOptions,
  type LinearCrossEntropyFunction,
} from './linear_cross_entropy.js';
import type { LinearCrossEntropyOptions } from './linear_cross_entropy_options.js';

const linear_cross_entropy: LossFunction<
  LinearCrossEntropyFunction,
  LinearCrossEntropyFunction<'async'>
> = lossFunction(linearCrossEntropy, 'torch.nn.functional');

const OF_FUNCTION = internalsOf(linear_cross_entropy) as LossInternals;

/** Options of {@link LinearCrossEntropyLoss}: those of the function, and those of its layer. */
export interface LinearCrossEntropyLossOptions<R extends Reduction = Reduction>
  extends Omit<LinearCrossEntropyCallOptions<R>, 'linear_bias'> {
  /** The sizes `d1, ...` of outputs of more dimensions. Default: none. */
  out_features?: readonly number[] | undefined;
  /** Learn a bias of the logits. Default false. */
  bias?: boolean | undefined;
  /** The device of the layer. Default: the CPU. */
  device?: Device | undefined;
  /** The dtype of the layer. Default: the default dtype. */
  dtype?: Float | undefined;
}

const CALL = callShape(
  'LinearCrossEntropyLoss',
  'in_features, num_classes, out_features?, bias?, device?, dtype?, reduction?, weight?, ignore_index?, label_smoothing?, options?',
);
/** How many of them can be given by position. */
const POSITIONAL = 2;

/**
 * A linear layer and the cross entropy of its outputs in one: the last layer and loss of a model with very many classes.
 *
 * `linear` is the layer: its `weight` is `[num_classes * d1 * ..., in_features]`. With `options` the logits of all rows
 * are never in memory at once.
 *
 * @example
 * ```ts
 * const loss = new torch.nn.LinearCrossEntropyLoss(16, 1000, {
 *   options: new torch.nn.LinearCrossEntropyOptions(),
 * });
 * const output = loss(torch.randn([8, 16]), torch.randint(0, 1000, [8]));
 * output.backward();
 * loss.linear.weight.grad?.shape;   // [1000, 16]
 * ```
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: Module's constructor gives a function
export class LinearCrossEntropyLoss<R extends Reduction = 'mean'> extends Module {
  declare num_classes: number;
  declare out_features: readonly number[];
  declare reduction: R;
  declare weight: Tensor | null;
  declare ignore_index: number | null;
  declare label_smoothing: number;
  declare options: LinearCrossEntropyOptions | null;
  declare linear: Linear;

  /**
   * @param in_features - the size of each input sample
   * @param num_classes - the number of classes
   * @throws RangeError for a `weight` of another shape than `[num_classes]` and a `label_smoothing` outside 0 to 1
   */
  constructor(in_features: number, num_classes: number, options?: LinearCrossEntropyLossOptions<R>);
  /** All by name. */
  constructor(options: LinearCrossEntropyLossOptions<R> & { in_features: number; num_classes: number });
  constructor(...args: unknown[]) {
    super();
    const given = readCall<LinearCrossEntropyLossOptions<R> & { in_features: number; num_classes: number }>(CALL, args);
    const count = args.length - (isPlainObject(args.at(-1)) ? 1 : 0);
    if (count > POSITIONAL) {
      const expected = `at most ${POSITIONAL} arguments (in_features, num_classes) and one options object`;
      throw new ArgumentTypeError(CALL.name, expected, `${args.length}`);
    }
    const { in_features, num_classes, bias = false, device, dtype } = given;
    const { weight = null, reduction = 'mean', ignore_index = null, label_smoothing = 0, options = null } = given;
    checkInteger(in_features, 'in_features');
    checkInteger(num_classes, 'num_classes');
    if (!isArray(given.out_features ?? []))
      throw invalidType('out_features', 'an array of integers', given.out_features);
    const out_features = itemsOf(given.out_features ?? [], 'out_features') as number[];
    for (const [at, size] of out_features.entries()) checkInteger(size, `out_features[${at}]`);
    // Refuses a wrong value here rather than in the first call.
    OF_FUNCTION.resolve({ weight, reduction, ignore_index, label_smoothing, options });
    if (weight !== null && String(weight.shape) !== String(num_classes)) {
      throw new ArgumentRangeError('weight', `the shape [${num_classes}]`, `[${weight.shape.join(', ')}]`);
    }
    if (!(label_smoothing >= 0 && label_smoothing <= 1)) {
      throw invalidValue('label_smoothing', 'a number from 0 to 1', label_smoothing);
    }
    this.register_buffer('weight', weight);
    Object.assign(this, { reduction, num_classes, out_features, ignore_index, label_smoothing });
    const outputs = out_features.reduce((product, size) => product * size, num_classes);
    this.linear = new Linear(in_features, outputs, { bias, device, dtype });
    this.options = options;
  }

  /**
   * The loss of a batch.
   *
   * @param input - the features of the samples, of shape `[N, in_features]` or `[in_features]`
   * @param target - class indices of shape `[N]`, `[N, d1, ...]` or `[]`, or class probabilities of shape `[N, C]`,
   *   `[N, C, d1, ...]` or `[C]`
   * @returns a scalar, or one value per output with reduction `'none'`
   */
  override forward(input: Tensor, target: Tensor): Tensor<Reduced<Shape, R>, Float> {
    return compute<R, 'sync'>(linear_cross_entropy, this, input, target);
  }

  /** The same on a {@link Lane}. */
  async(input: Tensor, target: Tensor, options?: AsyncOptions): Promise<Tensor<Reduced<Shape, R>, Float>> {
    return compute<R, 'async'>(linear_cross_entropy.async, this, input, target, options);
  }

  /** What `evaluate` and its like compute with: a loss of two tensors. */
  get [AS_LOSS](): LossInternals {
    const { linear_weight, ...values } = callOf(this);
    const { entry, resolve, lowered, ...rest } = OF_FUNCTION;
    return {
      ...rest,
      entry: { ...entry, name: CALL.name, inputs: linearCrossEntropy.module.inputs },
      resolve,
      values: resolve(values),
      lowered: ([input, target], values, use) => lowered([input, linear_weight, target], values, use),
    };
  }
}

/** Calls the function with the tensors of a loss, in one of its modes. */
function compute<R extends Reduction, A extends Mode>(
  call: LinearCrossEntropyFunction<A>,
  loss: LinearCrossEntropyLoss<R>,
  input: Tensor,
  target: Tensor,
  more?: AsyncOptions,
): Outcome<A, Tensor<Reduced<Shape, R>, Float>> {
  if (more !== undefined) checkOptions(more, ['signal', 'lane']);
  const { linear_weight, ...values } = callOf(loss);
  const result = call(input, linear_weight, target, { ...values, ...more } as never);
  return result as Outcome<A, Tensor<Reduced<Shape, R>, Float>>;
}

/** What the function is called with beside input and target. */
function callOf(loss: LinearCrossEntropyLoss<Reduction>): LinearCrossEntropyCallOptions & { linear_weight: Tensor } {
  const { linear, num_classes, out_features, weight, reduction, ignore_index, label_smoothing, options } = loss;
  const outputs = [num_classes, ...out_features];
  return {
    linear_weight: op('reshape', linear.weight, [...outputs, linear.in_features]),
    linear_bias: linear.bias === null ? null : op('reshape', linear.bias, outputs),
    weight,
    reduction,
    ignore_index,
    label_smoothing,
    options,
  };
}
