import { type Tensor, torch } from '../../lib/index.js';
import { is } from './equal.js';
import * as given from './given.js';

const { gaussian_nll_loss } = torch.nn.functional;
const { GaussianNLLLoss } = torch.nn;
const { logits, narrow, doubles, column, sized, ranked, plain } = given;
const rows = torch.ones([8]);

is<Tensor<readonly [], 'float32'>>()(gaussian_nll_loss(logits, logits, logits));
is<Tensor<readonly [8, 10], 'float32'>>()(gaussian_nll_loss(logits, logits, column, { reduction: 'none', full: true }));
is<Tensor<readonly [8, 10], 'float32'>>()(gaussian_nll_loss(logits, column, rows, { reduction: 'none', eps: 0 }));
is<Tensor<readonly [], 'float32'>>()(gaussian_nll_loss(logits, logits, torch.ones([1, 10])));
is<Tensor<readonly [], 'float64'>>()(gaussian_nll_loss(logits, logits, doubles));
is<Tensor<readonly [], 'float64'>>()(gaussian_nll_loss(logits, doubles, logits));
is<Tensor<readonly [8, 10], 'float32'>>()(gaussian_nll_loss(logits, logits, sized, { reduction: 'none' }));
is<Tensor<readonly [], 'float32'>>()(gaussian_nll_loss(logits, logits, ranked));
gaussian_nll_loss(plain, plain, plain);

// One variance for all, which newer LibTorch versions accept.
is<Tensor<readonly [8, 10], 'float32'>>()(gaussian_nll_loss(logits, logits, 0.5, { reduction: 'none' }));

const none = new GaussianNLLLoss({ reduction: 'none' });
is<torch.nn.GaussianNLLLoss<'none'>>()(none);
is<Tensor<readonly [8, 10], 'float32'>>()(none(logits, logits, column));
is<Tensor<readonly [8, 10], 'float32'>>()(none(logits, logits, 0.5));
is<Tensor<readonly [], 'float64'>>()(new GaussianNLLLoss({ full: true }).forward(doubles, doubles, rows));

// @ts-expect-error 9 columns for 10
gaussian_nll_loss(logits, narrow, logits);
// @ts-expect-error variances of 9 columns
gaussian_nll_loss(logits, logits, narrow);
// @ts-expect-error one variance for each column
gaussian_nll_loss(logits, logits, given.weights);
// @ts-expect-error no variance
gaussian_nll_loss(logits, logits);
// @ts-expect-error expectations of integers
gaussian_nll_loss(given.integers, logits, logits);
// @ts-expect-error the Gaussian loss has none of the old options
gaussian_nll_loss(logits, logits, logits, { size_average: true });
// @ts-expect-error full is a boolean
new GaussianNLLLoss({ full: 1 });
// @ts-expect-error one variance for each column
none(logits, logits, given.weights);
