import { mindspore, type Tensor } from '../../lib/index.js';
import { is } from './equal.js';
import * as given from './given.js';

const { PoissonNLLLoss } = mindspore.nn;
const { logits, narrow, doubles, integers, plain } = given;

const none = new PoissonNLLLoss({ reduction: 'none' });
is<mindspore.nn.PoissonNLLLoss<'none'>>()(none);
is<Tensor<readonly [8, 10], 'float32'>>()(none(logits, integers));
// The counts are converted to the input's dtype.
is<Tensor<readonly [8, 10], 'float32'>>()(none(logits, doubles));
is<Tensor<readonly [], 'float64'>>()(new PoissonNLLLoss({ full: true, eps: 1e-6 }).construct(doubles, logits));
none(plain, logits);

// @ts-expect-error there is no such function
const absent: keyof typeof mindspore.ops = 'poisson_nll_loss';
// @ts-expect-error 9 columns for 10
none(logits, narrow);
// @ts-expect-error rates of integers
none(integers, logits);
// @ts-expect-error reduce is PyTorch's
new PoissonNLLLoss({ reduce: false });
// @ts-expect-error batchmean
new PoissonNLLLoss({ reduction: 'batchmean' });
