import { type Tensor, torch } from '../../lib/index.js';
import { is } from './equal.js';
import * as given from './given.js';

const { multi_margin_loss } = torch.nn.functional;
const { MultiMarginLoss } = torch.nn;
const { logits, narrow, doubles, sized, ranked, plain, labels, weights, weights9 } = given;

is<Tensor<readonly [], 'float32'>>()(multi_margin_loss(logits, labels));
is<Tensor<readonly [8], 'float64'>>()(multi_margin_loss(doubles, labels, { reduction: 'none', p: 2, margin: 0.5 }));
declare const [row, label]: [Tensor<readonly [10], 'float32'>, Tensor<readonly [], 'int64'>];
is<Tensor<readonly [], 'float32'>>()(multi_margin_loss(row, label, { reduction: 'none', weight: weights }));
is<Tensor<readonly [number], 'float32'>>()(multi_margin_loss(sized, labels, { reduction: 'none', weight: weights9 }));
multi_margin_loss(ranked, labels);
multi_margin_loss(plain, plain, { weight: plain });

const none = new MultiMarginLoss({ reduction: 'none', weight: weights });
is<torch.nn.MultiMarginLoss<'none', 10>>()(none);
is<Tensor<readonly [8], 'float32'>>()(none(logits, labels));
is<Tensor<readonly [], 'float32'>>()(new MultiMarginLoss().forward(narrow, labels));

// @ts-expect-error 7 labels for a batch of 8
multi_margin_loss(logits, given.labels7);
// @ts-expect-error labels in uint8
multi_margin_loss(logits, given.labels8);
// @ts-expect-error p is 1 or 2
multi_margin_loss(logits, labels, { p: 3 });
// @ts-expect-error 9 weights for 10 classes
multi_margin_loss(logits, labels, { weight: weights9 });
// @ts-expect-error a label for each class, which multilabel_margin_loss takes
multi_margin_loss(logits, given.integers);
// @ts-expect-error 9 classes for 10 weights
none(narrow, labels);
// @ts-expect-error PyTorch takes no weight at the call
new MultiMarginLoss()(logits, labels, weights);
