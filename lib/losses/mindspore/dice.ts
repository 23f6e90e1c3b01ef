import type { Float, Shape } from '../../base/types.js';
import type { AsyncRest, Mode, Outcome } from '../../loss/call_types.js';
import { real } from '../../loss/params.js';
import type { Deviation, LossRow } from '../../loss/row.js';
import type { Like, Promoted } from '../../tensor/shapes.js';
import type { Tensor } from '../../tensor/tensor.js';
import { notUint8, sameShape } from '../checks.js';
import { composed } from '../deviations.js';
import { deprecated } from '../releases.js';

/** Options of the Dice loss. */
export interface DiceOptions {
  /** A number above 0 added to the denominator, for predictions and labels that are all 0. Default 1e-5. */
  smooth?: number | undefined;
}

/** Calls `mindspore.nn.DiceLoss` with the options of the constructor. */
export interface DiceForward<A extends Mode = 'sync'> {
  /**
   * The Dice loss of all elements together: `1 - 2 Σ logits labels / (Σ logits² + Σ labels² + smooth)`.
   *
   * @param logits - predictions of any shape, usually probabilities, in a floating dtype
   * @param labels - the true values, usually 0 or 1, in the shape of `logits`
   * @returns the loss in the promoted dtype of `logits` and `labels`, a scalar
   * @throws TypeError for uint8
   * @throws RangeError if the shapes of `labels` and `logits` differ
   * @example
   * ```ts
   * const logits = torch.tensor([[0.2, 0.5], [0.3, 0.1], [0.9, 0.6]]);
   * const labels = torch.tensor([[0, 1], [1, 0], [0, 1]]);
   * new mindspore.nn.DiceLoss()(logits, labels).item();   // 0.38596...
   * ```
   */
  <S extends Shape, T extends Shape, D extends Float, E extends Float>(
    logits: Tensor<S, D>,
    labels: Tensor<Like<S, T>, E>,
    ...options: AsyncRest<A>
  ): Outcome<A, Tensor<readonly [], Promoted<D, E>>>;
}

/** Tensors without elements, for which MindSpore sums uninitialized memory. */
export const nothingToCompare: Deviation = {
  about: 'no elements, or a class without any',
  torch: 'a Dice loss of 1',
  mindspore: 'computed from uninitialized memory in 2.10 on the CPU; the backward pass may fail',
  explains: (call) =>
    call.framework === 'mindspore' &&
    call.ours === undefined &&
    call.inputs.some((input) => input?.shape.includes(0) === true),
};

/** Dice loss: how little a predicted region overlaps the true one. */
export const dice = {
  op: 'dice_loss',
  formula: 'loss = 1 - 2 Σ logits labels / (Σ logits² + Σ labels² + smooth)',
  tex: [String.raw`\ell=1-\frac{2\sum_i x_i\,y_i}{\sum_i x_i^2+\sum_i y_i^2+\text{smooth}}`],
  use: 'Use it for segmentation when the region of interest is a small part of the picture.',
  avoid:
    'It takes probabilities: apply a sigmoid first. The whole batch is one region; for several classes use `MultiClassDiceLoss`.',
  paper: {
    title:
      'Milletari et al., V-Net: Fully Convolutional Neural Networks for Volumetric Medical Image Segmentation, 2016',
    url: 'https://arxiv.org/abs/1606.04797',
  },
  params: { smooth: real(1e-5) },
  versions: [deprecated('MindSpore 2.8 and newer')],
  namespaces: {
    'mindspore.nn': {
      name: 'DiceLoss',
      inputs: ['logits', 'labels'],
      options: ['smooth'],
      limits: { smooth: { expected: 'a number above 0', holds: (smooth: number) => smooth > 0 } },
      prepare: (inputs, names) => notUint8(sameShape(inputs, names), names),
    },
  },
  deviations: [
    {
      about: 'smooth given as an integer',
      torch: 'accepted: JavaScript has one number type',
      mindspore: 'TypeError',
    },
    nothingToCompare,
    ...composed,
  ],
} satisfies LossRow<DiceOptions>;
