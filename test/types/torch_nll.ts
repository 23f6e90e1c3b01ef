import { type Tensor, torch } from '../../lib/index.js';
import { is } from './equal.js';
import * as given from './given.js';

const { nll_loss } = torch.nn.functional;
const { NLLLoss } = torch.nn;
const { logits, narrow, doubles, images, sized, ranked, plain, labels, weights, weights9 } = given;

is<Tensor<readonly [], 'float32'>>()(nll_loss(logits, labels));
is<Tensor<readonly [8], 'float64'>>()(nll_loss(doubles, given.labels8, { reduction: 'none', weight: weights }));
declare const pixels: Tensor<readonly [8, 4, 5], 'int64'>;
is<Tensor<readonly [8, 4, 5], 'float32'>>()(nll_loss(images, pixels, { reduction: 'none', ignore_index: 255 }));
declare const [row, label]: [Tensor<readonly [10], 'bfloat16'>, Tensor<readonly [], 'int64'>];
is<Tensor<readonly [], 'bfloat16'>>()(nll_loss(row, label, { reduction: 'none' }));
is<Tensor<readonly [number], 'float32'>>()(nll_loss(sized, labels, { reduction: 'none', weight: weights9 }));
is<Tensor<readonly [8], 'float32'>>()(nll_loss(logits, given.someLabels, { reduction: 'none' }));
nll_loss(ranked, labels, { weight: weights, size_average: true });
nll_loss(plain, plain, { weight: plain });

const none = new NLLLoss({ reduction: 'none', weight: weights });
is<torch.nn.NLLLoss<'none', 10>>()(none);
is<Tensor<readonly [8], 'float32'>>()(none(logits, labels));
is<Tensor<readonly [], 'float32'>>()(new NLLLoss().forward(narrow, labels));

// @ts-expect-error 7 labels for a batch of 8
nll_loss(logits, given.labels7);
// @ts-expect-error labels in int32, which only MindSpore takes
nll_loss(logits, given.labels32);
// @ts-expect-error probabilities as the target, which only cross entropy takes
nll_loss(logits, logits);
// @ts-expect-error 9 weights for 10 classes
nll_loss(logits, labels, { weight: weights9 });
// @ts-expect-error label_smoothing is MindSpore's
nll_loss(logits, labels, { label_smoothing: 0.1 });
// @ts-expect-error logits of integers
nll_loss(given.integers, labels);
// @ts-expect-error batchmean
new NLLLoss({ reduction: 'batchmean' });
// @ts-expect-error 9 classes for 10 weights
none(narrow, labels);
