import { mindspore, type Tensor } from '../../lib/index.js';
import { is } from './equal.js';
import * as given from './given.js';

const { binary_cross_entropy_with_logits } = mindspore.ops;
const { BCEWithLogitsLoss } = mindspore.nn;
const { logits, narrow, doubles, sized, plain, weights } = given;

is<Tensor<readonly [], 'float32'>>()(binary_cross_entropy_with_logits(logits, logits));
is<Tensor<readonly [8, 10], 'float16'>>()(
  binary_cross_entropy_with_logits(logits, given.halves, { reduction: 'none', pos_weight: weights }),
);
is<Tensor<readonly [number, number], 'float32'>>()(
  binary_cross_entropy_with_logits(sized, sized, { reduction: 'none' }),
);
binary_cross_entropy_with_logits(plain, logits, { weight: plain });

const none = new BCEWithLogitsLoss({ reduction: 'none' });
is<Tensor<readonly [8, 10], 'float32'>>()(none(logits, logits));
is<Tensor<readonly [], 'float32'>>()(new BCEWithLogitsLoss({ weight: logits }).construct(logits, sized));

// @ts-expect-error 9 columns for 10
binary_cross_entropy_with_logits(logits, narrow);
// @ts-expect-error labels of integers
binary_cross_entropy_with_logits(logits, given.integers);
// @ts-expect-error float64
binary_cross_entropy_with_logits(doubles, doubles);
// @ts-expect-error reduce is PyTorch's
binary_cross_entropy_with_logits(logits, logits, { reduce: false });
// @ts-expect-error batchmean
binary_cross_entropy_with_logits(logits, logits, { reduction: 'batchmean' });
// @ts-expect-error 9 columns for 10
none(logits, narrow);
// @ts-expect-error float64
none(logits, doubles);
// @ts-expect-error posweight
new BCEWithLogitsLoss({ posweight: weights });
