import { type Tensor, torch } from '../../lib/index.js';
import { is } from './equal.js';
import * as given from './given.js';

const { l1_loss } = torch.nn.functional;
const { L1Loss } = torch.nn;
const { logits, narrow, doubles, sized, plain, ranked } = given;

is<Tensor<readonly [], 'float32'>>()(l1_loss(logits, logits));
is<Tensor<readonly [8, 10], 'float32'>>()(l1_loss(logits, logits, { reduction: 'none' }));
is<Tensor<readonly [], 'float64'>>()(l1_loss(logits, doubles, { reduction: 'sum' }));
l1_loss(logits, logits, { size_average: true, reduce: false });

is<Tensor<readonly [8, 10], 'float32'>>()(l1_loss(logits, logits, { reduction: 'none', weight: logits }));
is<Tensor<readonly [8, 10], 'float32'>>()(l1_loss(logits, logits, { reduction: 'none', weight: sized }));
is<Tensor<readonly [], 'float32'>>()(l1_loss(logits, logits, { weight: null }));
is<Tensor<readonly [], 'float32'>>()(l1_loss(ranked, logits, { weight: logits }));
is<Tensor<readonly [], 'float64'>>()(l1_loss(logits, doubles, { weight: given.logits }));

is<Tensor<readonly [number, number], 'float32'>>()(l1_loss(sized, logits, { reduction: 'none' }));
is<Tensor<readonly [8, 10], 'float32'>>()(l1_loss(logits, sized, { reduction: 'none' }));
is<Tensor>()(l1_loss(plain, plain, { reduction: 'none' }));
l1_loss(plain, logits, { weight: plain });

const none = new L1Loss({ reduction: 'none' });
is<torch.nn.L1Loss<'none'>>()(none);
is<Tensor<readonly [8, 10], 'float32'>>()(none(logits, logits));
is<Tensor<readonly [], 'float64'>>()(new L1Loss().forward(doubles, logits));

// @ts-expect-error 9 columns for 10
l1_loss(logits, narrow);
// @ts-expect-error one value for each row broadcasts, which PyTorch warns of
l1_loss(logits, given.column);
// @ts-expect-error another rank
l1_loss(logits, given.weights);
// @ts-expect-error integers
l1_loss(given.integers, given.integers);
// @ts-expect-error weights of 9 columns
l1_loss(logits, logits, { weight: narrow });
// @ts-expect-error one weight for each column
l1_loss(logits, logits, { weight: given.weights });
// @ts-expect-error weights of another dtype
l1_loss(logits, logits, { weight: doubles });
// @ts-expect-error batchmean
l1_loss(logits, logits, { reduction: 'batchmean' });
// @ts-expect-error weigth
l1_loss(logits, logits, { weigth: logits });
// @ts-expect-error the class has no weight
new L1Loss({ weight: logits });
// @ts-expect-error 9 columns for 10
none(logits, narrow);
