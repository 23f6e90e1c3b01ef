import { mindspore, type Tensor } from '../../lib/index.js';
import { is } from './equal.js';
import * as given from './given.js';

const { cross_entropy } = mindspore.ops;
const { CrossEntropyLoss } = mindspore.nn;
const { logits, narrow, doubles, sized, plain, labels, labels32, weights, weights9 } = given;

is<Tensor<readonly [], 'float32'>>()(cross_entropy(logits, labels32));
is<Tensor<readonly [8], 'float64'>>()(cross_entropy(doubles, labels, { reduction: 'none', weight: weights }));
is<Tensor<readonly [], 'float32'>>()(cross_entropy(logits, logits, { label_smoothing: 0.1, ignore_index: 3 }));
is<Tensor<readonly [number], 'float32'>>()(cross_entropy(sized, labels32, { reduction: 'none' }));
is<Tensor<readonly [8], 'float32'>>()(cross_entropy(logits, given.someLabels, { reduction: 'none' }));
cross_entropy(plain, plain, { weight: plain });
cross_entropy(given.ranked, labels32);
cross_entropy(logits, mindspore.Tensor([1, 0, 4, 1, 2, 3, 0, 9], mindspore.int32));

const none = new CrossEntropyLoss({ reduction: 'none' });
is<mindspore.nn.CrossEntropyLoss<'none', number>>()(none);
is<Tensor<readonly [8], 'float32'>>()(none(logits, labels32));
is<Tensor<readonly [8], 'float32'>>()(none.construct(logits, labels));
is<Tensor<readonly [], 'float16'>>()(new CrossEntropyLoss({ weight: weights })(given.halves, labels32));
new CrossEntropyLoss()(plain, labels32);

// @ts-expect-error 7 labels for a batch of 8
cross_entropy(logits, given.labels7);
// @ts-expect-error probabilities of 9 classes for 10
cross_entropy(logits, narrow);
// @ts-expect-error labels in uint8, which only PyTorch takes
cross_entropy(logits, given.labels8);
// @ts-expect-error logits in bfloat16
cross_entropy(given.brains, labels32);
// @ts-expect-error 9 weights for 10 classes
cross_entropy(logits, labels32, { weight: weights9 });
// @ts-expect-error size_average is PyTorch's
cross_entropy(logits, labels32, { size_average: true });
// @ts-expect-error batchmean
cross_entropy(logits, labels32, { reduction: 'batchmean' });
// @ts-expect-error the class takes no float64
none(doubles, labels32);
// @ts-expect-error probabilities in float64
none(logits, doubles);
// @ts-expect-error 9 weights for 10 classes
new CrossEntropyLoss({ weight: weights9 })(logits, labels32);
// @ts-expect-error ignoreindex
new CrossEntropyLoss({ ignoreindex: 1 });
// @ts-expect-error MindSpore's classes have construct
none.forward(logits, labels32);
