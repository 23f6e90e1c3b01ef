import { type Tensor, torch } from '../../lib/index.js';
import { is } from './equal.js';
import * as given from './given.js';

const { multilabel_margin_loss } = torch.nn.functional;
const { MultiLabelMarginLoss } = torch.nn;
const { logits, doubles, integers, sized, ranked, plain } = given;

is<Tensor<readonly [], 'float32'>>()(multilabel_margin_loss(logits, integers));
is<Tensor<readonly [8], 'float64'>>()(multilabel_margin_loss(doubles, integers, { reduction: 'none' }));
declare const [row, few]: [Tensor<readonly [4], 'float32'>, Tensor<readonly [4], 'int64'>];
is<Tensor<readonly [], 'float32'>>()(multilabel_margin_loss(row, few, { reduction: 'none' }));
is<Tensor<readonly [number], 'float32'>>()(multilabel_margin_loss(sized, integers, { reduction: 'none' }));
multilabel_margin_loss(ranked, integers, { reduce: true });
multilabel_margin_loss(plain, plain);

const none = new MultiLabelMarginLoss({ reduction: 'none' });
is<torch.nn.MultiLabelMarginLoss<'none'>>()(none);
is<Tensor<readonly [8], 'float32'>>()(none(logits, integers));

// @ts-expect-error one label for each sample, which multi_margin_loss takes
multilabel_margin_loss(logits, given.labels);
// @ts-expect-error labels for 10 classes rather than 9
multilabel_margin_loss(given.narrow, integers);
// @ts-expect-error a target of floats
multilabel_margin_loss(logits, logits);
// @ts-expect-error labels in int32, which only MindSpore takes
multilabel_margin_loss(logits, torch.zeros([8, 10], { dtype: 'int32' }));
// @ts-expect-error margin is an option of other losses
multilabel_margin_loss(logits, integers, { margin: 1 });
// @ts-expect-error labels for 8 samples rather than 7
none(given.short, integers);
