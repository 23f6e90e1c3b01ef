import type { Shape } from '../../base/types.js';
import type { AsyncRest, Mode, Outcome, Reduced, Reduction } from '../../loss/call_types.js';
import { boolean, reduction } from '../../loss/params.js';
import type { LossRow } from '../../loss/row.js';
import type { Samples } from '../../tensor/shapes.js';
import type { Tensor } from '../../tensor/tensor.js';
import { dtypeAmong, rankWithin } from '../checks.js';
import { composed, inMindSpore, ofGradient, roughExponential, theyRefuse } from '../deviations.js';
import { deprecated } from '../releases.js';

/** The dtypes that MindSpore accepts. */
type MindSporeFloat = 'float16' | 'float32';

/** Options of the softmax cross entropy. `R` is the reduction. */
export interface SoftmaxCrossEntropyWithLogitsOptions<R extends Reduction = Reduction> {
  /** Whether the labels are class indices, rather than a probability for each class. Default false. */
  sparse?: boolean | undefined;
  /** How the losses of the samples are reduced. Default `'none'`. */
  reduction?: R | undefined;
}

/** Calls `mindspore.nn.SoftmaxCrossEntropyWithLogits` with the options of the constructor. */
export interface SoftmaxCrossEntropyWithLogitsForward<R extends Reduction, A extends Mode = 'sync'> {
  /**
   * Cross entropy: `-log(softmax(logits)[labels])`, or `-Σ labels log(softmax(logits))` for probabilities.
   *
   * @param logits - scores of shape `[N, C]`, in float16 or float32
   * @param labels - with `sparse` class indices (int32 or int64) of shape `[N]`, otherwise probabilities in the shape and
   *   dtype of `logits`
   * @returns the loss in the dtype of `logits`: a scalar, or one value per sample with reduction `'none'`
   * @throws TypeError for another dtype of `logits` or `labels`
   * @throws RangeError for any other shape, and a class index out of range
   * @example
   * ```ts
   * const logits = torch.tensor([[3, 5, 6, 9, 12, 33, 42, 12, 32, 72]]);
   * const labels = mindspore.Tensor([1], mindspore.int32);
   * new mindspore.nn.SoftmaxCrossEntropyWithLogits({ sparse: true })(logits, labels).tolist();   // [67]
   * ```
   */
  <S extends Shape, T extends Shape, D extends MindSporeFloat>(
    logits: Tensor<S, D>,
    labels: Tensor<T, NoInfer<D> | 'int32' | 'int64'>,
    ...options: AsyncRest<A>
  ): Outcome<A, Tensor<Reduced<Samples<S>, R>, D>>;
}

/** MindSpore's checks of the logits; those of the labels depend on `sparse` and are the addon's. */
function prepare(inputs: readonly unknown[], names: readonly string[]): readonly unknown[] {
  const [logits, name] = [inputs.slice(0, 1), names.slice(0, 1)];
  rankWithin(dtypeAmong(logits, name, ['float16', 'float32']), name, { least: 2, most: 2 });
  return inputs;
}

/** Cross entropy of softmax scores, the older class of MindSpore. */
export const softmaxCrossEntropyWithLogits = {
  op: 'softmax_cross_entropy_with_logits',
  formula: 'sparse: loss = -log(softmax(logits)[labels])\notherwise: loss = -Σ_c labels[c] log(softmax(logits)[c])',
  tex: [
    String.raw`\text{sparse: }\;\ell=-\log\operatorname{softmax}(x)_y`,
    String.raw`\text{otherwise: }\;\ell=-\sum_c y_c\,\log\operatorname{softmax}(x)_c`,
  ],
  use: 'Use it to run a MindSpore program that has it.',
  avoid:
    "New programs use `CrossEntropyLoss`, which is in both frameworks; note that its reduction is `'mean'` by default, and this one's `'none'`.",
  params: { sparse: boolean(false), reduction: reduction() },
  versions: [deprecated('MindSpore 2.10')],
  namespaces: {
    'mindspore.nn': {
      name: 'SoftmaxCrossEntropyWithLogits',
      inputs: ['logits', 'labels'],
      options: ['sparse', 'reduction'],
      defaults: { reduction: 'none' },
      prepare,
    },
  },
  sampleDims: [1],
  deviations: [
    {
      about: "class indices with float16 logits, unless they are reduced with 'mean'",
      torch: 'computed',
      mindspore: 'TypeError: it makes one-hot vectors in float32',
      explains: (call) => call.dtype === 'float16' && theyRefuse(call, /the input type must be same/),
    },
    {
      about: 'a class index out of range',
      torch: 'a RangeError',
      mindspore: "a loss of 0 in 2.10, or an error for one below 0 with 'mean'",
    },
    {
      about: 'the gradient of logits for labels that do not add up to 1',
      torch: 'Σ labels softmax(logits) - labels: 0, 0 for the logits 0, 0 and the labels 1, 1',
      mindspore: 'softmax(logits) - labels: -0.5, -0.5',
      examples: [{ inputs: [[[0, 0]], [[1, 1]]], gradient: 'logits', torch: [0, 0], mindspore: [-0.5, -0.5] }],
      explains: (call) =>
        inMindSpore(call) &&
        ofGradient(call, 'logits') &&
        call.options.sparse !== true &&
        call.madeOf((_, labels) => Math.abs(labels.reduce((sum, label) => sum + label, 0) - 1) > 1e-3),
    },
    {
      about: 'the gradient of labels',
      torch: '-log(softmax(logits)): 0.6931472, 0.6931472 for the logits 0, 0',
      mindspore: '0, 0',
      examples: [
        {
          inputs: [[[0, 0]], [[1, 0]]],
          gradient: 'labels',
          torch: [0.6931472, 0.6931472],
          mindspore: [0, 0],
        },
      ],
      explains: (call) => inMindSpore(call) && ofGradient(call, 'labels') && call.element?.theirs === 0,
    },
    roughExponential,
    ...composed,
  ],
} satisfies LossRow<SoftmaxCrossEntropyWithLogitsOptions>;
