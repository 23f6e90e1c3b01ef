import { type Tensor, torch } from '../../lib/index.js';
import { is } from './equal.js';
import * as given from './given.js';

const { soft_margin_loss } = torch.nn.functional;
const { SoftMarginLoss } = torch.nn;
const { logits, narrow, doubles, sized, plain } = given;

is<Tensor<readonly [], 'float32'>>()(soft_margin_loss(logits, logits));
is<Tensor<readonly [8, 10], 'float32'>>()(soft_margin_loss(logits, given.integers, { reduction: 'none' }));
// The input's dtype stays.
is<Tensor<readonly [], 'float32'>>()(soft_margin_loss(logits, doubles, { reduction: 'sum' }));
is<Tensor<readonly [number, number], 'float32'>>()(soft_margin_loss(sized, logits, { reduction: 'none' }));
soft_margin_loss(plain, plain, { size_average: false });

const none = new SoftMarginLoss({ reduction: 'none' });
is<torch.nn.SoftMarginLoss<'none'>>()(none);
is<Tensor<readonly [8, 10], 'float32'>>()(none(logits, logits));
is<Tensor<readonly [], 'float64'>>()(new SoftMarginLoss().forward(doubles, given.integers));

// @ts-expect-error 9 columns for 10
soft_margin_loss(logits, narrow);
// @ts-expect-error another rank
soft_margin_loss(given.weights, logits);
// @ts-expect-error scores of integers
soft_margin_loss(given.integers, logits);
// @ts-expect-error batchmean
soft_margin_loss(logits, logits, { reduction: 'batchmean' });
// @ts-expect-error there is no margin
new SoftMarginLoss({ margin: 1 });
// @ts-expect-error 9 columns for 10
none(logits, narrow);
