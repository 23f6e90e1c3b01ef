import { mindspore, type Tensor } from '../../lib/index.js';
import { is } from './equal.js';
import * as given from './given.js';

const { multilabel_margin_loss } = mindspore.ops;
const { MultilabelMarginLoss, MultiLabelMarginLoss } = mindspore.nn;
const { logits, integers, sized, plain } = given;
declare const integers32: Tensor<readonly [8, 10], 'int32'>;

is<Tensor<readonly [], 'float32'>>()(multilabel_margin_loss(logits, integers32));
is<Tensor<readonly [8], 'float32'>>()(multilabel_margin_loss(logits, integers, { reduction: 'none' }));
is<Tensor<readonly [number], 'float32'>>()(multilabel_margin_loss(sized, integers32, { reduction: 'none' }));
multilabel_margin_loss(plain, plain);

// One class under two names.
const none = new MultiLabelMarginLoss({ reduction: 'none' });
is<mindspore.nn.MultilabelMarginLoss<'none'>>()(none);
is<mindspore.nn.MultiLabelMarginLoss<'none'>>()(none);
is<Tensor<readonly [8], 'float32'>>()(none(logits, integers32));
is<Tensor<readonly [], 'float32'>>()(new MultilabelMarginLoss().construct(logits, integers32));

// @ts-expect-error one label for each sample
multilabel_margin_loss(logits, given.labels32);
// @ts-expect-error a target of floats
multilabel_margin_loss(logits, logits);
// @ts-expect-error size_average is PyTorch's
multilabel_margin_loss(logits, integers32, { size_average: true });
// @ts-expect-error labels for 10 classes rather than 9
none(given.narrow, integers32);
// @ts-expect-error reducton
new MultilabelMarginLoss({ reducton: 'mean' });
