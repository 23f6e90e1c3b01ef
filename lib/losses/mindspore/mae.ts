import type { Float, Shape } from '../../base/types.js';
import type { AsyncRest, Mode, Outcome, Reduced, Reduction } from '../../loss/call_types.js';
import { reduction } from '../../loss/params.js';
import type { LossRow } from '../../loss/row.js';
import type { Broadcast, Broadcastable, Promoted } from '../../tensor/shapes.js';
import type { Tensor } from '../../tensor/tensor.js';
import { l1 } from '../l1.js';
import { deprecated } from '../releases.js';

/** Options of the mean absolute error. `R` is the reduction. */
export interface MAEOptions<R extends Reduction = Reduction> {
  /** How the errors of the elements are reduced. Default `'mean'`. */
  reduction?: R | undefined;
}

/** Calls `mindspore.nn.MAELoss` with the options of the constructor. */
export interface MAEForward<R extends Reduction, A extends Mode = 'sync'> {
  /**
   * The absolute error: `|logits - labels|`.
   *
   * @param logits - predictions of any shape, in a floating dtype
   * @param labels - the target values, in a shape that broadcasts with `logits`
   * @returns the loss in the promoted dtype of `logits` and `labels`: a scalar, or one value per element with reduction
   *   `'none'`
   * @throws TorchError if the shapes do not broadcast, and for integers with reduction `'mean'`
   * @example
   * ```ts
   * const logits = torch.tensor([1, 2, 3]);
   * const labels = torch.tensor([1, 2, 2]);
   * new mindspore.nn.MAELoss()(logits, labels).item();   // 0.33333...
   * ```
   */
  <S extends Shape, T extends Shape, D extends Float, E extends Float>(
    logits: Tensor<S, D>,
    labels: Tensor<Broadcastable<S, T>, E>,
    ...options: AsyncRest<A>
  ): Outcome<A, Tensor<Reduced<Broadcast<S, T>, R>, Promoted<D, E>>>;
}

/** Mean absolute error, the older name of L1Loss in MindSpore. */
export const mae = {
  op: 'mae_loss',
  formula: 'loss = |logits - labels|',
  tex: [String.raw`\ell=\lvert x-y\rvert`],
  use: 'Use it to run a MindSpore program that has it.',
  avoid: 'New programs use `L1Loss`, which is the same, is in both frameworks and can be evaluated on whole data sets.',
  params: { reduction: reduction() },
  versions: [deprecated('MindSpore 2.10')],
  namespaces: {
    'mindspore.nn': { name: 'MAELoss', inputs: ['logits', 'labels'], options: ['reduction'] },
  },
  deviations: l1.deviations,
} satisfies LossRow<MAEOptions>;
