import { type Tensor, torch } from '../../lib/index.js';
import { is } from './equal.js';
import * as given from './given.js';

const { kl_div } = torch.nn.functional;
const { KLDivLoss } = torch.nn;
const { logits, narrow, doubles, sized, plain } = given;

is<Tensor<readonly [], 'float32'>>()(kl_div(logits, logits));
is<Tensor<readonly [], 'float32'>>()(kl_div(logits, logits, { reduction: 'batchmean', log_target: true }));
is<Tensor<readonly [8, 10], 'float64'>>()(kl_div(logits, doubles, { reduction: 'none' }));
is<Tensor<readonly [8, 10], 'float32'>>()(kl_div(logits, sized, { reduction: 'none' }));
kl_div(given.ranked, logits);
kl_div(plain, plain, { reduction: 'batchmean' });

const batchmean = new KLDivLoss({ reduction: 'batchmean' });
is<torch.nn.KLDivLoss<'batchmean'>>()(batchmean);
is<Tensor<readonly [], 'float32'>>()(batchmean(logits, logits));
is<Tensor<readonly [8, 10], 'float32'>>()(new KLDivLoss({ reduction: 'none', log_target: true })(logits, logits));

// @ts-expect-error 9 classes for 10
kl_div(logits, narrow);
// @ts-expect-error a batch of 7 for 8
kl_div(logits, given.short);
// @ts-expect-error a target of integers
kl_div(logits, given.integers);
// @ts-expect-error logtarget
kl_div(logits, logits, { logtarget: true });
// @ts-expect-error log_target is a boolean
kl_div(logits, logits, { log_target: 1 });
// @ts-expect-error batch_mean
kl_div(logits, logits, { reduction: 'batch_mean' });
// @ts-expect-error 9 classes for 10
batchmean(logits, narrow);
// @ts-expect-error target_log
new KLDivLoss({ target_log: true });
