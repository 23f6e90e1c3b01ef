import { mindspore, type Tensor } from '../../lib/index.js';
import { is } from './equal.js';
import * as given from './given.js';

const { soft_margin_loss } = mindspore.ops;
const { SoftMarginLoss } = mindspore.nn;
const { logits, narrow, doubles, plain } = given;

is<Tensor<readonly [], 'float32'>>()(soft_margin_loss(logits, logits));
is<Tensor<readonly [8, 10], 'float64'>>()(soft_margin_loss(doubles, doubles, { reduction: 'none' }));
soft_margin_loss(plain, logits);

const none = new SoftMarginLoss({ reduction: 'none' });
is<mindspore.nn.SoftMarginLoss<'none'>>()(none);
is<Tensor<readonly [8, 10], 'float16'>>()(none(given.halves, given.halves));
is<Tensor<readonly [], 'float32'>>()(new SoftMarginLoss().construct(logits, logits));

// @ts-expect-error 9 columns for 10
soft_margin_loss(logits, narrow);
// @ts-expect-error the dtypes have to be one
soft_margin_loss(logits, doubles);
// @ts-expect-error the dtypes have to be one
soft_margin_loss(logits, given.integers);
// @ts-expect-error bfloat16
soft_margin_loss(given.brains, given.brains);
// @ts-expect-error reduce is PyTorch's
soft_margin_loss(logits, logits, { reduce: false });
// @ts-expect-error 9 columns for 10
none(logits, narrow);
