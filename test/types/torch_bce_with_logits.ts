import { type Tensor, torch } from '../../lib/index.js';
import { is } from './equal.js';
import * as given from './given.js';

const { binary_cross_entropy_with_logits } = torch.nn.functional;
const { BCEWithLogitsLoss } = torch.nn;
const { logits, narrow, doubles, sized, plain, weights } = given;

is<Tensor<readonly [], 'float32'>>()(binary_cross_entropy_with_logits(logits, logits));
is<Tensor<readonly [8, 10], 'float32'>>()(binary_cross_entropy_with_logits(logits, logits, { reduction: 'none' }));
// The loss takes the dtype of the target.
is<Tensor<readonly [], 'float64'>>()(binary_cross_entropy_with_logits(logits, doubles, { reduction: 'sum' }));
is<Tensor<readonly [], 'float32'>>()(binary_cross_entropy_with_logits(doubles, logits));
binary_cross_entropy_with_logits(logits, logits, { weight: logits, pos_weight: weights });
binary_cross_entropy_with_logits(logits, logits, { weight: null, pos_weight: plain, reduce: true });
is<Tensor<readonly [8, 10], 'float32'>>()(binary_cross_entropy_with_logits(logits, sized, { reduction: 'none' }));
binary_cross_entropy_with_logits(plain, plain);

const none = new BCEWithLogitsLoss({ reduction: 'none', pos_weight: weights });
is<torch.nn.BCEWithLogitsLoss<'none'>>()(none);
is<Tensor<readonly [8, 10], 'float32'>>()(none(logits, logits));
is<Tensor<readonly [], 'float64'>>()(new BCEWithLogitsLoss().forward(logits, doubles));

// @ts-expect-error 9 columns for 10
binary_cross_entropy_with_logits(logits, narrow);
// @ts-expect-error a batch of 7 for 8
binary_cross_entropy_with_logits(logits, given.short);
// @ts-expect-error labels of integers
binary_cross_entropy_with_logits(logits, given.integers);
// @ts-expect-error posweight
binary_cross_entropy_with_logits(logits, logits, { posweight: weights });
// @ts-expect-error a weight of integers
binary_cross_entropy_with_logits(logits, logits, { weight: given.labels });
// @ts-expect-error a weight that is no tensor
binary_cross_entropy_with_logits(logits, logits, { weight: [1, 2] });
// @ts-expect-error batchmean
binary_cross_entropy_with_logits(logits, logits, { reduction: 'batchmean' });
// @ts-expect-error 9 columns for 10
none(logits, narrow);
// @ts-expect-error label_smoothing is for cross entropy
new BCEWithLogitsLoss({ label_smoothing: 0.1 });
