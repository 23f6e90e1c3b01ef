import { type Tensor, torch } from '../../lib/index.js';
import { is } from './equal.js';
import * as given from './given.js';

const { multilabel_soft_margin_loss } = torch.nn.functional;
const { MultiLabelSoftMarginLoss } = torch.nn;
const { logits, narrow, doubles, integers, images, sized, ranked, plain, weights } = given;

is<Tensor<readonly [], 'float32'>>()(multilabel_soft_margin_loss(logits, logits));
is<Tensor<readonly [8], 'float64'>>()(multilabel_soft_margin_loss(logits, doubles, { reduction: 'none' }));
is<Tensor<readonly [8], 'float32'>>()(
  multilabel_soft_margin_loss(logits, integers, { reduction: 'none', weight: weights }),
);
is<Tensor<readonly [8, 10, 4], 'float32'>>()(multilabel_soft_margin_loss(images, images, { reduction: 'none' }));
is<Tensor<readonly [number], 'float32'>>()(multilabel_soft_margin_loss(sized, logits, { reduction: 'none' }));
multilabel_soft_margin_loss(ranked, logits, { weight: 2 });
multilabel_soft_margin_loss(plain, plain, { weight: null, reduce: false });

const none = new MultiLabelSoftMarginLoss({ reduction: 'none', weight: 0.5 });
is<torch.nn.MultiLabelSoftMarginLoss<'none'>>()(none);
is<Tensor<readonly [8], 'float32'>>()(none.forward(logits, logits));

// @ts-expect-error 9 classes for 10
multilabel_soft_margin_loss(logits, narrow);
// @ts-expect-error one label for each sample
multilabel_soft_margin_loss(logits, given.labels);
// @ts-expect-error truth values
multilabel_soft_margin_loss(logits, torch.zeros([8, 10], { dtype: 'bool' }));
// @ts-expect-error a weight is a tensor or a number
multilabel_soft_margin_loss(logits, logits, { weight: [1, 2] });
// @ts-expect-error elementwise_mean
multilabel_soft_margin_loss(logits, logits, { reduction: 'elementwise_mean' });
// @ts-expect-error a batch of 7 for 8
none(logits, given.short);
