import { mindspore, type Tensor } from '../../lib/index.js';
import { is } from './equal.js';
import * as given from './given.js';

const { smooth_l1_loss } = mindspore.ops;
const { SmoothL1Loss } = mindspore.nn;
const { logits, narrow, doubles, sized, plain } = given;

// MindSpore's default is not PyTorch's.
is<Tensor<readonly [8, 10], 'float32'>>()(smooth_l1_loss(logits, logits));
is<Tensor<readonly [], 'float64'>>()(smooth_l1_loss(doubles, doubles, { reduction: 'mean', beta: 0.5 }));
is<Tensor<readonly [8, 10], 'float32'>>()(smooth_l1_loss(logits, sized));
is<Tensor<readonly [number, number], 'float32'>>()(smooth_l1_loss(sized, logits));
smooth_l1_loss(plain, logits);
smooth_l1_loss(logits, plain);

const none = new SmoothL1Loss();
is<mindspore.nn.SmoothL1Loss<'none'>>()(none);
is<Tensor<readonly [8, 10], 'float32'>>()(none(logits, logits));
is<Tensor<readonly [], 'float32'>>()(new SmoothL1Loss({ reduction: 'sum' }).construct(logits, logits));

// @ts-expect-error 9 columns for 10
smooth_l1_loss(logits, narrow);
// @ts-expect-error the dtypes have to be one
smooth_l1_loss(logits, doubles);
// @ts-expect-error betta
smooth_l1_loss(logits, logits, { betta: 1 });
// @ts-expect-error batchmean
smooth_l1_loss(logits, logits, { reduction: 'batchmean' });
// @ts-expect-error reduce is PyTorch's
smooth_l1_loss(logits, logits, { reduce: false });
// @ts-expect-error 9 columns for 10
none(logits, narrow);
// @ts-expect-error the dtypes have to be one
none(doubles, logits);
// @ts-expect-error reducton
new SmoothL1Loss({ reducton: 'mean' });
