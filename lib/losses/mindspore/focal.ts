import { ArgumentRangeError } from '../../base/errors.js';
import type { Float, Shape } from '../../base/types.js';
import type { AsyncRest, Mode, Outcome, Reduced, Reduction } from '../../loss/call_types.js';
import { optionalTensor, real, reduction } from '../../loss/params.js';
import type { LossRow } from '../../loss/row.js';
import type { Tensor } from '../../tensor/tensor.js';
import { dtypeAmong, rankWithin } from '../checks.js';
import { composed, inFloat32, roughExponential } from '../deviations.js';
import { deprecated } from '../releases.js';

/** Options of the focal loss. `R` is the reduction. */
export interface FocalOptions<R extends Reduction = Reduction> {
  /** A weight for each class, of shape `[C]`. Default: all 1. */
  weight?: Tensor<readonly [number], Float> | null | undefined;
  /** How much less well-classified samples count; 0 makes it cross entropy. Default 2. */
  gamma?: number | undefined;
  /** How the losses of the samples are reduced. Default `'mean'`. */
  reduction?: R | undefined;
}

/** Calls `mindspore.nn.FocalLoss` with the options of the constructor. */
export interface FocalForward<R extends Reduction, A extends Mode = 'sync'> {
  /**
   * The focal loss: `-weight (1 - p)^gamma log(p)`, where `p` is the probability of the true class, averaged over the
   * positions of a sample.
   *
   * @param logits - scores of shape `[N, C]`, `[N, C, H]` or `[N, C, H, W]` with more than one class, in a floating dtype
   * @param labels - class indices of shape `[N, 1]`, `[N, 1, H]` or `[N, 1, H, W]`, where -1 is the last class, or shares
   *   of the classes in the shape of `logits`; in int32, int64, float16 or float32
   * @returns the loss in the promoted dtype of `logits`, `weight` and shares: a scalar, or with reduction `'none'` one
   *   value per sample, of shape `[N]`, or with shares one per sample and class, of shape `[N, C]`
   * @throws TypeError for another dtype of `labels`
   * @throws RangeError for any other shape, a class index out of range, and a `weight` without an element for each class
   * @throws TorchError for integer `logits`
   * @example
   * ```ts
   * const logits = torch.tensor([[0.8, 1.4], [0.5, 0.9], [1.2, 0.9]]);
   * const labels = mindspore.Tensor([[1], [1], [0]], mindspore.int32);
   * const weight = torch.tensor([1, 2]);
   * new mindspore.nn.FocalLoss({ weight, gamma: 2 })(logits, labels).item();   // 0.12516...
   * ```
   */
  <S extends Shape, T extends Shape, D extends Float>(
    logits: Tensor<S, D>,
    labels: Tensor<T, 'int32' | 'int64' | 'float16' | 'float32'>,
    ...options: AsyncRest<A>
  ): Outcome<A, Tensor<Reduced<Shape, R>, Float>>;
}

/** MindSpore's checks of the labels, and that each sample and each position has one. */
function prepare(inputs: readonly unknown[], names: readonly string[]): readonly Tensor[] {
  const list = rankWithin(inputs, names, { least: 2, most: 4 });
  const [logits, labels] = list as readonly [Tensor, Tensor];
  dtypeAmong([labels], names.slice(1), ['int32', 'int64', 'float16', 'float32']);
  const classes = logits.shape[1] as number;
  if (classes === 1) throw new ArgumentRangeError('logits', 'more than one class', `[${logits.shape.join(', ')}]`);
  const samples = logits.shape.toSpliced(1, 1, 1);
  const got = labels.shape.join(', ');
  if (got !== samples.join(', ') && got !== logits.shape.join(', ')) {
    const expected = `the shape [${samples.join(', ')}] or that of logits, [${logits.shape.join(', ')}]`;
    throw new ArgumentRangeError('labels', expected, `[${got}]`);
  }
  return list;
}

/** Focal loss: cross entropy in which the samples count less the better they are classified. */
export const focal = {
  op: 'focal_loss',
  formula: 'p = softmax(logits)[labels]\nloss = -weight[labels] (1 - p)^gamma log(p)',
  tex: [String.raw`p=\operatorname{softmax}(x)_y`, String.raw`\ell=-w_y\,(1-p)^{\gamma}\,\log p`],
  use: 'Use it for classification when most samples are easy and of one class, as in object detection.',
  avoid: 'With balanced classes, `CrossEntropyLoss` is simpler and its probabilities are better calibrated.',
  paper: {
    title: 'Lin et al., Focal Loss for Dense Object Detection, 2017',
    url: 'https://arxiv.org/abs/1708.02002',
  },
  params: { weight: optionalTensor, gamma: real(2), reduction: reduction() },
  versions: [deprecated('MindSpore 2.8 and newer')],
  namespaces: {
    'mindspore.nn': {
      name: 'FocalLoss',
      inputs: ['logits', 'labels'],
      options: ['weight', 'gamma', 'reduction'],
      limits: {
        weight: {
          expected: 'a Tensor of one dimension',
          holds: (weight: Tensor | undefined) => weight === undefined || weight.dim() === 1,
        },
      },
      prepare,
    },
  },
  sampleDims: [1, 2, 3],
  deviations: [
    {
      about: 'labels of fewer samples or positions than the logits, or a weight of more classes',
      torch: 'a RangeError',
      mindspore: 'the loss of the first ones',
    },
    {
      about: 'gamma given as an integer',
      torch: 'accepted: JavaScript has one number type',
      mindspore: 'TypeError',
    },
    {
      about: 'float64',
      torch: 'computed in float64: 0.4042443445592379 for the logits 1.5, -0.3 and 0.4, the label 0 and gamma 0',
      mindspore: 'reduced in float32: 0.4042443335056305',
      examples: [
        {
          dtype: 'float64',
          inputs: [[[1.5, -0.3, 0.4]], { int32: [[0]] }],
          options: { gamma: 0 },
          torch: [0.4042443445592379],
          mindspore: [0.4042443335056305],
        },
      ],
      explains: inFloat32,
    },
    roughExponential,
    ...composed,
  ],
} satisfies LossRow<FocalOptions>;
