import { mindspore, type Tensor } from '../../lib/index.js';
import { is } from './equal.js';
import * as given from './given.js';

const { gaussian_nll_loss } = mindspore.ops;
const { GaussianNLLLoss } = mindspore.nn;
const { logits, narrow, doubles, column, plain } = given;

is<Tensor<readonly [], 'float32'>>()(gaussian_nll_loss(logits, logits, logits));
is<Tensor<readonly [8, 10], 'float32'>>()(gaussian_nll_loss(logits, logits, column, { reduction: 'none', full: true }));
is<Tensor<readonly [], 'float64'>>()(gaussian_nll_loss(logits, logits, doubles));
gaussian_nll_loss(plain, logits, logits);

const none = new GaussianNLLLoss({ reduction: 'none' });
is<mindspore.nn.GaussianNLLLoss<'none'>>()(none);
is<Tensor<readonly [8, 10], 'float32'>>()(none(logits, logits, column));
is<Tensor<readonly [], 'float32'>>()(new GaussianNLLLoss({ eps: 1e-4 }).construct(logits, logits, logits));

// @ts-expect-error 9 columns for 10
gaussian_nll_loss(logits, narrow, logits);
// @ts-expect-error variances of 9 columns
gaussian_nll_loss(logits, logits, narrow);
// @ts-expect-error a number is PyTorch's
gaussian_nll_loss(logits, logits, 0.5);
// @ts-expect-error a number is PyTorch's
none(logits, logits, 0.5);
// @ts-expect-error ful
new GaussianNLLLoss({ ful: true });
