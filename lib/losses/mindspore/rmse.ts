import type { Float, Shape } from '../../base/types.js';
import type { AsyncRest, Mode, Outcome } from '../../loss/call_types.js';
import type { LossRow } from '../../loss/row.js';
import type { Broadcastable, Promoted } from '../../tensor/shapes.js';
import type { Tensor } from '../../tensor/tensor.js';
import { notUint8 } from '../checks.js';
import { composed, inFloat32, weRefuse } from '../deviations.js';
import { deprecated } from '../releases.js';

/** Options of the root mean squared error: none of its own. */
export type RMSEOptions = Record<never, never>;

/** Calls `mindspore.nn.RMSELoss`. */
export interface RMSEForward<A extends Mode = 'sync'> {
  /**
   * The square root of the mean squared error: `sqrt(mean((logits - labels)²))`.
   *
   * @param logits - predictions of any shape, in a floating dtype
   * @param labels - the target values, in a shape that broadcasts with `logits`
   * @returns the loss in the promoted dtype of `logits` and `labels`, a scalar
   * @throws TypeError for uint8
   * @throws TorchError if the shapes do not broadcast, and for integers
   * @example
   * ```ts
   * const logits = torch.tensor([1, 2, 3]);
   * const labels = torch.tensor([1, 2, 2]);
   * new mindspore.nn.RMSELoss()(logits, labels).item();   // 0.57735...
   * ```
   */
  <S extends Shape, T extends Shape, D extends Float, E extends Float>(
    logits: Tensor<S, D>,
    labels: Tensor<Broadcastable<S, T>, E>,
    ...options: AsyncRest<A>
  ): Outcome<A, Tensor<readonly [], Promoted<D, E>>>;
}

/** Root mean squared error: the error in the unit of the values themselves. */
export const rmse = {
  op: 'rmse_loss',
  formula: 'loss = sqrt(mean((logits - labels)²))',
  tex: [String.raw`\ell=\sqrt{\operatorname{mean}\,(x-y)^2}`],
  use: 'Use it for regression when the loss should have the unit of the values.',
  avoid:
    'Its gradient is not defined at an error of 0, and the loss of a batch is not the mean over its samples; train with `MSELoss`, which has the same optimum.',
  params: {},
  versions: [deprecated('MindSpore 2.10')],
  namespaces: {
    'mindspore.nn': { name: 'RMSELoss', inputs: ['logits', 'labels'], options: [], prepare: notUint8 },
  },
  deviations: [
    {
      about: 'float64',
      torch: 'full precision: 0.1 for an error of 0.1',
      mindspore: 'the mean in float32: 0.0999999988824129',
      examples: [
        {
          dtype: 'float64',
          inputs: [[0.1], [0]],
          torch: [0.1],
          mindspore: [0.0999999988824129],
        },
      ],
      explains: inFloat32,
    },
    {
      about: 'integers, such as errors of 1, 0, 0 and 2',
      torch: 'a TorchError',
      mindspore: '1: the mean 1.25, truncated, before the root',
      explains: (call) => weRefuse(call, /could not infer output dtype/) && call.dtype.includes('int'),
      examples: [
        {
          dtype: 'int32',
          inputs: [
            [1, 2, 3, 4],
            [2, 2, 3, 2],
          ],
          mindspore: [1],
        },
      ],
    },
    ...composed,
  ],
} satisfies LossRow<RMSEOptions>;
