import { type Tensor, torch } from '../../lib/index.js';
import { is } from './equal.js';
import * as given from './given.js';

const { poisson_nll_loss } = torch.nn.functional;
const { PoissonNLLLoss } = torch.nn;
const { logits, narrow, doubles, integers, sized, plain } = given;

is<Tensor<readonly [], 'float32'>>()(poisson_nll_loss(logits, integers));
is<Tensor<readonly [8, 10], 'float64'>>()(poisson_nll_loss(logits, doubles, { reduction: 'none', full: true }));
is<Tensor<readonly [], 'float32'>>()(poisson_nll_loss(logits, logits, { log_input: false, eps: 0 }));
is<Tensor<readonly [number, number], 'float32'>>()(poisson_nll_loss(sized, logits, { reduction: 'none' }));
poisson_nll_loss(plain, plain, { size_average: false });

const none = new PoissonNLLLoss({ reduction: 'none' });
is<torch.nn.PoissonNLLLoss<'none'>>()(none);
is<Tensor<readonly [8, 10], 'float32'>>()(none(logits, integers));
is<Tensor<readonly [], 'float64'>>()(new PoissonNLLLoss({ full: true }).forward(doubles, integers));

// @ts-expect-error 9 columns for 10
poisson_nll_loss(logits, narrow);
// @ts-expect-error rates of integers
poisson_nll_loss(integers, integers);
// @ts-expect-error full is a boolean
poisson_nll_loss(logits, logits, { full: 1 });
// @ts-expect-error PyTorch does not take null here
poisson_nll_loss(logits, logits, { reduction: null });
// @ts-expect-error log_inputs
new PoissonNLLLoss({ log_inputs: false });
// @ts-expect-error 9 columns for 10
none(logits, narrow);
