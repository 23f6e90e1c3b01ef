import { mindspore, type Tensor } from '../../lib/index.js';
import { is } from './equal.js';
import * as given from './given.js';

const { multilabel_soft_margin_loss } = mindspore.ops;
const { MultiLabelSoftMarginLoss } = mindspore.nn;
const { logits, narrow, doubles, integers, sized, plain, weights } = given;

is<Tensor<readonly [], 'float32'>>()(multilabel_soft_margin_loss(logits, logits, { weight: 2 }));
is<Tensor<readonly [8], 'float64'>>()(multilabel_soft_margin_loss(doubles, integers, { reduction: 'none' }));
is<Tensor<readonly [number], 'float32'>>()(multilabel_soft_margin_loss(sized, logits, { reduction: 'none' }));
multilabel_soft_margin_loss(plain, plain, { weight: weights });

const none = new MultiLabelSoftMarginLoss({ reduction: 'none', weight: weights });
is<mindspore.nn.MultiLabelSoftMarginLoss<'none'>>()(none);
is<Tensor<readonly [8], 'float32'>>()(none.construct(logits, logits));

// @ts-expect-error 9 classes for 10
multilabel_soft_margin_loss(logits, narrow);
// @ts-expect-error one label for each sample
multilabel_soft_margin_loss(logits, given.labels);
// @ts-expect-error size_average is PyTorch's
multilabel_soft_margin_loss(logits, logits, { size_average: true });
// @ts-expect-error a weight is a tensor or a number
new MultiLabelSoftMarginLoss({ weight: '2' });
// @ts-expect-error a batch of 7 for 8
none(logits, given.short);
