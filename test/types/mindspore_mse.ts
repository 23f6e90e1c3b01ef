import { mindspore, type Shape, type Tensor } from '../../lib/index.js';
import { is } from './equal.js';
import * as given from './given.js';

const { mse_loss } = mindspore.ops;
const { MSELoss } = mindspore.nn;
const { logits, narrow, doubles, sized, plain } = given;

is<Tensor<readonly [], 'float32'>>()(mse_loss(logits, logits));
is<Tensor<readonly [8, 10], 'float32'>>()(mse_loss(logits, logits, { reduction: 'none' }));
is<Tensor<readonly [], 'float64'>>()(mse_loss(logits, doubles, { reduction: 'sum' }));
is<Tensor<readonly [], 'float32'>>()(mse_loss(sized, logits));
mse_loss(plain, logits);
mse_loss(logits, plain);

// MindSpore's documents broadcast.
is<Tensor<readonly [], 'float32'>>()(mse_loss(logits, given.weights));
is<Tensor<readonly [], 'float32'>>()(mse_loss(given.weights, logits));
is<Tensor<readonly [8, 10], 'float32'>>()(mse_loss(logits, given.column, { reduction: 'none' }));
is<Tensor<readonly [], 'float32'>>()(mse_loss(logits, given.batched));

const none = new MSELoss({ reduction: 'none' });
is<mindspore.nn.MSELoss<'none'>>()(none);
is<Tensor<readonly [8, 10], 'float32'>>()(none(logits, logits));
is<Tensor<readonly [], 'float64'>>()(new MSELoss().construct(doubles, logits));

// @ts-expect-error 9 columns for 10
mse_loss(logits, narrow);
// @ts-expect-error 9 values for 10 columns
mse_loss(logits, given.weights9);
// @ts-expect-error 10 columns for 9 values
mse_loss(given.weights9, logits);
// @ts-expect-error integers
mse_loss(logits, given.integers);
// @ts-expect-error weight is PyTorch's
mse_loss(logits, logits, { weight: logits });
// @ts-expect-error reduce is PyTorch's
mse_loss(logits, logits, { reduce: false });
// @ts-expect-error batchmean
new MSELoss({ reduction: 'batchmean' });
// @ts-expect-error 9 columns for 10
none(logits, narrow);
