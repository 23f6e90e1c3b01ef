import { mindspore, type Shape, type Tensor } from '../../lib/index.js';
import { is } from './equal.js';
import * as given from './given.js';

const { l1_loss } = mindspore.ops;
const { L1Loss } = mindspore.nn;
const { logits, narrow, doubles, sized, plain } = given;

is<Tensor<readonly [], 'float32'>>()(l1_loss(logits, logits));
is<Tensor<readonly [8, 10], 'float32'>>()(l1_loss(logits, logits, { reduction: 'none' }));
is<Tensor<readonly [], 'float64'>>()(l1_loss(logits, doubles, { reduction: 'sum' }));
is<Tensor<readonly [], 'float32'>>()(l1_loss(sized, logits));
l1_loss(plain, logits);
l1_loss(logits, plain);

// MindSpore's documents broadcast.
is<Tensor<readonly [], 'float32'>>()(l1_loss(logits, given.weights));
is<Tensor<readonly [], 'float32'>>()(l1_loss(given.weights, logits));
is<Tensor<readonly [8, 10], 'float32'>>()(l1_loss(logits, given.column, { reduction: 'none' }));
is<Tensor<readonly [], 'float32'>>()(l1_loss(logits, given.batched));

const none = new L1Loss({ reduction: 'none' });
is<mindspore.nn.L1Loss<'none'>>()(none);
is<Tensor<readonly [8, 10], 'float32'>>()(none(logits, logits));
is<Tensor<readonly [], 'float64'>>()(new L1Loss().construct(doubles, logits));

// @ts-expect-error 9 columns for 10
l1_loss(logits, narrow);
// @ts-expect-error 9 values for 10 columns
l1_loss(logits, given.weights9);
// @ts-expect-error 10 columns for 9 values
l1_loss(given.weights9, logits);
// @ts-expect-error integers
l1_loss(logits, given.integers);
// @ts-expect-error weight is PyTorch's
l1_loss(logits, logits, { weight: logits });
// @ts-expect-error reduce is PyTorch's
l1_loss(logits, logits, { reduce: false });
// @ts-expect-error batchmean
new L1Loss({ reduction: 'batchmean' });
// @ts-expect-error 9 columns for 10
none(logits, narrow);
