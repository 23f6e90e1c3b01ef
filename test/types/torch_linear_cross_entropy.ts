import { type Tensor, torch } from '../../lib/index.js';
import { is } from './equal.js';
import * as given from './given.js';

const { linear_cross_entropy } = torch.nn.functional;
const { LinearCrossEntropyLoss, LinearCrossEntropyOptions } = torch.nn;
const { logits, sized, ranked, plain, labels, weights, weights9 } = given;
declare const weight: Tensor<readonly [12, 10], 'float32'>;
declare const images: Tensor<readonly [12, 4, 5, 10], 'float32'>;
declare const narrow: Tensor<readonly [12, 9], 'float32'>;
declare const bias: Tensor<readonly [12], 'float32'>;
declare const twelve: Tensor<readonly [12], 'float32'>;
declare const pixels: Tensor<readonly [8, 4, 5], 'int64'>;
declare const shares: Tensor<readonly [8, 12], 'float64'>;
const options = new LinearCrossEntropyOptions({ acc_policy: 'compact', chunking_method: 'aspect_ratio:4' });

// Results by reduction, rank and dtype.
is<Tensor<readonly [], 'float32'>>()(linear_cross_entropy(logits, weight, labels));
is<Tensor<readonly [8], 'float32'>>()(linear_cross_entropy(logits, weight, labels, { reduction: 'none' }));
is<Tensor<readonly [8, 4, 5], 'float32'>>()(linear_cross_entropy(logits, images, pixels, { reduction: 'none' }));
is<Tensor<readonly [], 'float64'>>()(linear_cross_entropy(logits, weight, shares));
declare const [row, label]: [Tensor<readonly [10], 'float32'>, Tensor<readonly [], 'int64'>];
is<Tensor<readonly [], 'float32'>>()(linear_cross_entropy(row, weight, label, { reduction: 'none' }));

// All options.
linear_cross_entropy(logits, weight, labels, {
  linear_bias: bias,
  weight: twelve,
  reduction: 'sum',
  ignore_index: 3,
  label_smoothing: 0.1,
  options,
});
linear_cross_entropy(logits, weight, labels, { linear_bias: null, weight: null, ignore_index: null, options: null });

// Sizes known only at run time are accepted.
linear_cross_entropy(sized, weight, labels);
linear_cross_entropy(ranked, weight, labels);
linear_cross_entropy(plain, plain, plain, { reduction: 'none', linear_bias: plain, weight: plain });
linear_cross_entropy(logits, new torch.nn.Linear(10, 12).weight, labels);

// @ts-expect-error 7 labels for a batch of 8
linear_cross_entropy(logits, weight, given.labels7);
// @ts-expect-error 9 features for 10
linear_cross_entropy(logits, narrow, labels);
// @ts-expect-error one label for each sample rather than for each output
linear_cross_entropy(logits, images, labels);
// @ts-expect-error 9 weights for 12 classes
linear_cross_entropy(logits, weight, labels, { weight: weights9 });
// @ts-expect-error a bias of 10 for 12 classes
linear_cross_entropy(logits, weight, labels, { linear_bias: weights });
// @ts-expect-error labels in int32
linear_cross_entropy(logits, weight, given.labels32);
// @ts-expect-error a plain object
linear_cross_entropy(logits, weight, labels, { options: {} });
// @ts-expect-error another policy
new LinearCrossEntropyOptions({ acc_policy: 'fast' });
// @ts-expect-error another method
new LinearCrossEntropyOptions({ chunking_method: 'rows' });

is<Tensor<readonly [], 'float32' | 'float64' | 'float16' | 'bfloat16'>>()(
  new LinearCrossEntropyLoss(10, 12, { bias: true, options })(logits, labels),
);
new LinearCrossEntropyLoss({ in_features: 10, num_classes: 12, out_features: [4, 5] });
// @ts-expect-error without a number of classes
new LinearCrossEntropyLoss(10);
