import { mindspore, type Tensor } from '../../lib/index.js';
import { is } from './equal.js';
import * as given from './given.js';

const { binary_cross_entropy } = mindspore.ops;
const { BCELoss } = mindspore.nn;
const { logits, narrow, doubles, halves, sized, plain, weights } = given;

is<Tensor<readonly [], 'float32'>>()(binary_cross_entropy(logits, logits));
is<Tensor<readonly [8, 10], 'float16'>>()(binary_cross_entropy(halves, halves, { reduction: 'none' }));
is<Tensor<readonly [8, 10], 'float32'>>()(binary_cross_entropy(logits, sized, { reduction: 'none', weight: weights }));
binary_cross_entropy(plain, logits);

const sum = new BCELoss({ reduction: 'sum' });
is<mindspore.nn.BCELoss<'sum'>>()(sum);
is<Tensor<readonly [], 'float32'>>()(sum.construct(logits, logits));

// @ts-expect-error 9 columns for 10
binary_cross_entropy(logits, narrow);
// @ts-expect-error float64, which only PyTorch takes
binary_cross_entropy(doubles, doubles);
// @ts-expect-error the dtypes have to be one
binary_cross_entropy(logits, halves);
// @ts-expect-error reduce is PyTorch's
binary_cross_entropy(logits, logits, { reduce: false });
// @ts-expect-error MindSpore's classes have construct
sum.forward(logits, logits);
// @ts-expect-error wheight
new BCELoss({ wheight: weights });
