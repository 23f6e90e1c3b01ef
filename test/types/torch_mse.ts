import { type Tensor, torch } from '../../lib/index.js';
import { is } from './equal.js';
import * as given from './given.js';

const { mse_loss } = torch.nn.functional;
const { MSELoss } = torch.nn;
const { logits, narrow, doubles, sized, plain, ranked } = given;

is<Tensor<readonly [], 'float32'>>()(mse_loss(logits, logits));
is<Tensor<readonly [8, 10], 'float32'>>()(mse_loss(logits, logits, { reduction: 'none' }));
is<Tensor<readonly [], 'float64'>>()(mse_loss(logits, doubles, { reduction: 'sum' }));
mse_loss(logits, logits, { size_average: true, reduce: false });

is<Tensor<readonly [8, 10], 'float32'>>()(mse_loss(logits, logits, { reduction: 'none', weight: logits }));
is<Tensor<readonly [8, 10], 'float32'>>()(mse_loss(logits, logits, { reduction: 'none', weight: sized }));
is<Tensor<readonly [], 'float32'>>()(mse_loss(logits, logits, { weight: null }));
is<Tensor<readonly [], 'float32'>>()(mse_loss(ranked, logits, { weight: logits }));
is<Tensor<readonly [], 'float64'>>()(mse_loss(logits, doubles, { weight: given.logits }));

is<Tensor<readonly [number, number], 'float32'>>()(mse_loss(sized, logits, { reduction: 'none' }));
is<Tensor<readonly [8, 10], 'float32'>>()(mse_loss(logits, sized, { reduction: 'none' }));
is<Tensor>()(mse_loss(plain, plain, { reduction: 'none' }));
mse_loss(plain, logits, { weight: plain });

const none = new MSELoss({ reduction: 'none' });
is<torch.nn.MSELoss<'none'>>()(none);
is<Tensor<readonly [8, 10], 'float32'>>()(none(logits, logits));
is<Tensor<readonly [], 'float64'>>()(new MSELoss().forward(doubles, logits));

// @ts-expect-error 9 columns for 10
mse_loss(logits, narrow);
// @ts-expect-error one value for each row broadcasts, which PyTorch warns of
mse_loss(logits, given.column);
// @ts-expect-error another rank
mse_loss(logits, given.weights);
// @ts-expect-error integers
mse_loss(given.integers, given.integers);
// @ts-expect-error weights of 9 columns
mse_loss(logits, logits, { weight: narrow });
// @ts-expect-error one weight for each column
mse_loss(logits, logits, { weight: given.weights });
// @ts-expect-error weights of another dtype
mse_loss(logits, logits, { weight: doubles });
// @ts-expect-error batchmean
mse_loss(logits, logits, { reduction: 'batchmean' });
// @ts-expect-error weigth
mse_loss(logits, logits, { weigth: logits });
// @ts-expect-error the class has no weight
new MSELoss({ weight: logits });
// @ts-expect-error 9 columns for 10
none(logits, narrow);
