import { mindspore, type Tensor } from '../../lib/index.js';
import { is } from './equal.js';
import * as given from './given.js';

const { nll_loss } = mindspore.ops;
const { NLLLoss } = mindspore.nn;
const { logits, doubles, sized, ranked, plain, labels, labels32, weights, weights9 } = given;

is<Tensor<readonly [], 'float32'>>()(nll_loss(logits, labels32));
is<Tensor<readonly [8], 'float64'>>()(nll_loss(doubles, labels, { reduction: 'none', weight: weights }));
is<Tensor<readonly [], 'float32'>>()(nll_loss(logits, labels32, { label_smoothing: 0.1, ignore_index: 3 }));
is<Tensor<readonly [number], 'float32'>>()(nll_loss(sized, labels32, { reduction: 'none' }));
nll_loss(ranked, labels32);
nll_loss(plain, plain, { weight: plain });

const none = new NLLLoss({ reduction: 'none' });
is<mindspore.nn.NLLLoss<'none', number>>()(none);
is<Tensor<readonly [8], 'float32'>>()(none.construct(logits, labels32));

// @ts-expect-error 7 labels for a batch of 8
nll_loss(logits, given.labels7);
// @ts-expect-error labels in uint8, which only PyTorch takes
nll_loss(logits, given.labels8);
// @ts-expect-error 9 weights for 10 classes
nll_loss(logits, labels32, { weight: weights9 });
// @ts-expect-error size_average is PyTorch's
nll_loss(logits, labels32, { size_average: true });
// @ts-expect-error only the function smooths labels
new NLLLoss({ label_smoothing: 0.1 });
// @ts-expect-error 9 classes for 10 weights
new NLLLoss({ weight: weights })(given.narrow, labels32);
