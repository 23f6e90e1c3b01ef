import { type Float, mindspore, type Shape, type Tensor, torch } from '../../lib/index.js';
import { is } from './equal.js';
import * as given from './given.js';

const {
  DiceLoss,
  FocalLoss,
  MAELoss,
  MultiClassDiceLoss,
  RMSELoss,
  SampledSoftmaxLoss,
  SoftmaxCrossEntropyWithLogits,
} = mindspore.nn;
const { logits, narrow, doubles, halves, labels, labels32, column } = given;

is<Tensor<readonly [], 'float32'>>()(new MAELoss()(logits, logits));
is<Tensor<readonly [8, 10], 'float64'>>()(new MAELoss({ reduction: 'none' })(doubles, column));
is<Tensor<readonly [], 'float64'>>()(new RMSELoss()(doubles, logits));
is<Tensor<readonly [], 'float32'>>()(new DiceLoss({ smooth: 1 })(logits, halves));
is<Tensor<readonly [], 'float32'>>()(new MultiClassDiceLoss({ activation: new torch.nn.Tanh() })(logits, logits));
is<Tensor<readonly [8], 'float32'>>()(new SoftmaxCrossEntropyWithLogits({ sparse: true })(logits, labels32));
is<Tensor<readonly [], 'float16'>>()(new SoftmaxCrossEntropyWithLogits({ reduction: 'mean' })(halves, halves));
const sampled = new SampledSoftmaxLoss({ num_sampled: 2, num_classes: 8, seed: 3 });
is<Tensor<readonly [number], Float>>()(sampled(logits, halves, labels32, logits));
const mean = new SampledSoftmaxLoss({ num_sampled: 2, num_classes: 8, reduction: 'mean' });
is<Tensor<readonly [], Float>>()(mean(logits, halves, labels, logits));
const focal: Tensor<Shape> = new FocalLoss({ reduction: 'none' })(logits, column);
void focal;

// @ts-expect-error 9 columns for 10
new DiceLoss()(logits, narrow);
// @ts-expect-error 9 columns for 10
new MAELoss()(logits, narrow);
// @ts-expect-error float64 labels
new FocalLoss()(logits, doubles);
// @ts-expect-error float64
new SoftmaxCrossEntropyWithLogits()(doubles, labels);
// @ts-expect-error no such activation
new MultiClassDiceLoss({ activation: 'Sigmoid' });
// @ts-expect-error no number of classes
new SampledSoftmaxLoss({ num_sampled: 2 });
// @ts-expect-error two dtypes
sampled(logits, logits, labels, doubles);
// @ts-expect-error two tensors
new SampledSoftmaxLoss({ num_sampled: 2, num_classes: 8, sampled_values: [labels, logits] });
// @ts-expect-error RMSELoss has no reduction
new RMSELoss({ reduction: 'sum' });
