import { type Tensor, torch } from '../../lib/index.js';
import { is } from './equal.js';
import * as given from './given.js';

const { binary_cross_entropy } = torch.nn.functional;
const { BCELoss } = torch.nn;
const { logits, narrow, doubles, sized, ranked, plain, weights } = given;

is<Tensor<readonly [], 'float32'>>()(binary_cross_entropy(logits, logits));
is<Tensor<readonly [8, 10], 'float64'>>()(
  binary_cross_entropy(doubles, doubles, { reduction: 'none', weight: given.integers }),
);
is<Tensor<readonly [8, 10], 'float32'>>()(binary_cross_entropy(logits, sized, { reduction: 'none', weight: weights }));
is<Tensor<readonly number[], 'float32'>>()(binary_cross_entropy(ranked, logits, { reduction: 'none' }));
binary_cross_entropy(plain, plain, { size_average: false });

const sum = new BCELoss({ reduction: 'sum' });
is<torch.nn.BCELoss<'sum'>>()(sum);
is<Tensor<readonly [], 'float32'>>()(sum(logits, logits));
is<Tensor<readonly [], 'bfloat16'>>()(new BCELoss().forward(given.brains, given.brains));

// @ts-expect-error 9 columns for 10
binary_cross_entropy(logits, narrow);
// @ts-expect-error the target has the dtype of the input
binary_cross_entropy(logits, doubles);
// @ts-expect-error a target of integers
binary_cross_entropy(logits, given.integers);
// @ts-expect-error pos_weight is an option of the loss with logits
binary_cross_entropy(logits, logits, { pos_weight: weights });
// @ts-expect-error a weight is a tensor
binary_cross_entropy(logits, logits, { weight: 2 });
// @ts-expect-error a batch of 7 for 8
sum(logits, given.short);
// @ts-expect-error batchmean
new BCELoss({ reduction: 'batchmean' });
