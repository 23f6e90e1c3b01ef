import { mindspore, type Tensor } from '../../lib/index.js';
import { is } from './equal.js';
import * as given from './given.js';

const { kl_div } = mindspore.ops;
const { KLDivLoss } = mindspore.nn;
const { logits, narrow, doubles, sized, plain } = given;

is<Tensor<readonly [], 'float32'>>()(kl_div(logits, logits));
is<Tensor<readonly [], 'float64'>>()(kl_div(doubles, doubles, { reduction: 'batchmean' }));
is<Tensor<readonly [8, 10], 'float32'>>()(kl_div(logits, sized, { reduction: 'none' }));
kl_div(plain, logits);

const none = new KLDivLoss({ reduction: 'none' });
is<Tensor<readonly [8, 10], 'float16'>>()(none(given.halves, given.halves));
is<Tensor<readonly [], 'float32'>>()(new KLDivLoss().construct(logits, logits));

// @ts-expect-error log_target is PyTorch's alone
kl_div(logits, logits, { log_target: true });
// @ts-expect-error log_target is PyTorch's alone
new KLDivLoss({ log_target: true });
// @ts-expect-error 9 classes for 10
kl_div(logits, narrow);
// @ts-expect-error the dtypes have to be one
kl_div(logits, doubles);
// @ts-expect-error bfloat16
kl_div(given.brains, given.brains);
// @ts-expect-error reducton
kl_div(logits, logits, { reducton: 'sum' });
// @ts-expect-error 9 classes for 10
none(logits, narrow);
// @ts-expect-error an unknown reduction
new KLDivLoss({ reduction: 'batch' });
