import { isFunction } from '../../base/plain_object.js';
import { handleOf } from '../../addon/handle.js';
import type { Primitive } from '../../addon/native.js';
import { invalidType, invalidValue } from '../../base/errors.js';
import type { Float, Shape } from '../../base/types.js';
import type { AsyncRest, Mode, Outcome } from '../../loss/call_types.js';
import { optionalInteger, optionalTensor, type Param } from '../../loss/params.js';
import type { Lowered, LossRow } from '../../loss/row.js';
import type { Like, Promoted } from '../../tensor/shapes.js';
import type { Tensor } from '../../tensor/tensor.js';
import { notUint8, rankWithin, sameShape } from '../checks.js';
import { composed, inMindSpore, NO_KERNEL, ofGradient, theyRefuse } from '../deviations.js';
import { deprecated } from '../releases.js';
import { nothingToCompare } from './dice.js';

/** The activations by name, with their numbers in `binding/losses/mindspore.h`. */
export const ACTIVATIONS = { none: 0, softmax: 1, logsoftmax: 2, relu: 3, relu6: 4, tanh: 5, sigmoid: 6 } as const;

/** The name of an activation. */
export type ActivationName = Exclude<keyof typeof ACTIVATIONS, 'none'>;

/** An activation of your own: a module, or a function that gives a tensor of the same shape. */
export type ActivationFunction = (logits: Tensor) => Tensor;

/** Options of the Dice loss of several classes. `W` is the shape of the result if there are weights. */
export interface MultiClassDiceOptions<W extends Shape = Shape> {
  /**
   * Factors of the losses of the classes, of shape `[C, M]`; the result then has the shape `[M]`. Default: none, for a
   * scalar.
   */
  weights?: Tensor<readonly [number, ...W], Float> | null | undefined;
  /** A class that does not count; the sum of the others is still divided by `C`. Spelt as in MindSpore. Default: none. */
  ignore_indiex?: number | null | undefined;
  /**
   * What is applied to the logits first: `'softmax'`, `'logsoftmax'` (both over the last dimension), `'relu'`,
   * `'relu6'`, `'tanh'`, `'sigmoid'`, a function or module, or `null` for nothing. Default `'softmax'`.
   */
  activation?: ActivationName | ActivationFunction | null | undefined;
}

/** Calls `mindspore.nn.MultiClassDiceLoss` with the options of the constructor. `W` is the shape of the result. */
export interface MultiClassDiceForward<W extends Shape, A extends Mode = 'sync'> {
  /**
   * The mean over the classes of the Dice losses of `activation(logits)`.
   *
   * @param logits - scores of shape `[N, C, ...]`, in a floating dtype
   * @param labels - the true shares of the classes, usually 0 or 1, in the shape of `logits`
   * @returns the loss in the promoted dtype of `logits` and `labels`: a scalar, or with `weights` of shape `[C, M]` one
   *   of shape `[M]`
   * @throws TypeError for uint8
   * @throws RangeError if the shapes of `labels` and `logits` differ or have less than two dimensions, if `weights` do
   *   not have a row for each class, and if no class is left
   * @throws TorchError for integers with an activation
   * @example
   * ```ts
   * const logits = torch.tensor([[0.2, 0.5, 0.7], [0.3, 0.1, 0.5], [0.9, 0.6, 0.3]]);
   * const labels = torch.tensor([[0, 1, 0], [1, 0, 0], [0, 0, 1]]);
   * new mindspore.nn.MultiClassDiceLoss()(logits, labels).item();   // 0.54958...
   * ```
   */
  <S extends Shape, T extends Shape, D extends Float, E extends Float>(
    logits: Tensor<S, D>,
    labels: Tensor<Like<S, T>, E>,
    ...options: AsyncRest<A>
  ): Outcome<A, Tensor<W, Promoted<D, E>>>;
}

const names = Object.keys(ACTIVATIONS).filter((name) => name !== 'none');
const expected = `${names.map((name) => `'${name}'`).join(', ')}, a function or null`;

/** The name of an activation, or a function. */
const activation: Param = {
  kind: 'word',
  default: 'softmax',
  shownDefault: 'softmax',
  words: names,
  read(value, name) {
    if (value === null || isFunction(value)) return value;
    if (typeof value !== 'string') throw invalidType(name, expected, value);
    if (!names.includes(value)) throw invalidValue(name, expected, value);
    return value;
  },
};

/** Applies an activation of the caller; the addon applies the others. */
function lower(tensors: readonly Tensor[], params: readonly unknown[]): Lowered {
  const [logits, labels] = tensors as readonly [Tensor, Tensor];
  const [weights, ignored, activation] = params;
  const own = typeof activation === 'function';
  const activated = own ? handleOf(activation(logits), 'the result of activation') : handleOf(logits, 'logits');
  return {
    op: 'multi_class_dice_loss',
    args: [
      activated,
      handleOf(labels, 'labels'),
      weights === undefined ? undefined : handleOf(weights, 'weights'),
      ignored,
      own ? ACTIVATIONS.none : ACTIVATIONS[(activation ?? 'none') as ActivationName],
    ] as Primitive[],
  };
}

/** Dice loss of several classes: the mean of the Dice losses of the classes. */
export const multiClassDice = {
  op: 'multi_class_dice_loss',
  formula: 'x = activation(logits)\nloss = (1 / C) Σ_c weights[c] dice(x[:, c], labels[:, c])',
  tex: [String.raw`a=\operatorname{activation}(x)`, String.raw`\ell=\frac1C\sum_c w_c\,\operatorname{dice}(a_c,\,y_c)`],
  use: 'Use it for segmentation into several classes of very different sizes, with labels as one-hot vectors.',
  avoid:
    'For logits of shape `[N, C, ...]` the named softmax is taken over the last dimension, not over the classes: give a `Softmax` over dimension 1 as `activation`.',
  paper: {
    title:
      'Milletari et al., V-Net: Fully Convolutional Neural Networks for Volumetric Medical Image Segmentation, 2016',
    url: 'https://arxiv.org/abs/1606.04797',
  },
  params: { weights: optionalTensor, ignore_indiex: optionalInteger, activation },
  lower,
  versions: [deprecated('MindSpore 2.8 and newer')],
  namespaces: {
    'mindspore.nn': {
      name: 'MultiClassDiceLoss',
      inputs: ['logits', 'labels'],
      options: ['weights', 'ignore_indiex', 'activation'],
      limits: {
        weights: {
          expected: 'a Tensor of two dimensions',
          holds: (weights: Tensor | undefined) => weights === undefined || weights.dim() === 2,
        },
      },
      prepare: (inputs, names) => rankWithin(notUint8(sameShape(inputs, names), names), names, { least: 2 }),
    },
  },
  sampleDims: [0, 1, 2, 3, 4],
  deviations: [
    {
      about: 'an ignored class that is the only one',
      torch: 'a RangeError',
      mindspore: 'an AttributeError',
    },
    {
      about: 'the gradient of logits of three dimensions or more, with softmax and an ignored class',
      torch: "LibTorch's, which agrees with finite differences",
      mindspore: 'another one for some inputs in 2.10 on the CPU',
      explains: (call) =>
        inMindSpore(call) &&
        ofGradient(call, 'logits') &&
        (call.inputs[0]?.shape.length ?? 0) > 2 &&
        call.options.ignore_indiex != null &&
        (call.options.activation ?? 'softmax') === 'softmax',
    },
    {
      about: 'float64',
      torch: 'computed in float64',
      mindspore: "activations to float32 precision, and no kernel for 'relu6'",
      explains: (call) =>
        call.dtype === 'float64' &&
        (theyRefuse(call, NO_KERNEL) ||
          (inMindSpore(call) && call.within('float32', { times: 100, ofLargest: true, ofInputs: true }))),
    },
    nothingToCompare,
    ...composed,
  ],
} satisfies LossRow<MultiClassDiceOptions>;
