import { mindspore, type Tensor } from '../../lib/index.js';
import { is } from './equal.js';
import * as given from './given.js';

const { multi_margin_loss } = mindspore.ops;
const { MultiMarginLoss } = mindspore.nn;
const { logits, narrow, doubles, sized, ranked, plain, labels, weights, weights9 } = given;

is<Tensor<readonly [], 'float32'>>()(multi_margin_loss(logits, labels));
is<Tensor<readonly [8], 'float64'>>()(multi_margin_loss(doubles, labels, { reduction: 'none', p: 2, margin: 2 }));
is<Tensor<readonly [number], 'float32'>>()(multi_margin_loss(sized, labels, { reduction: 'none', weight: weights9 }));
multi_margin_loss(ranked, labels);
multi_margin_loss(plain, plain, { weight: plain });

// A call takes weights, too.
const none = new MultiMarginLoss({ reduction: 'none', margin: 0.5 });
is<mindspore.nn.MultiMarginLoss<'none', number>>()(none);
is<Tensor<readonly [8], 'float32'>>()(none(logits, labels));
is<Tensor<readonly [8], 'float32'>>()(none(logits, labels, weights));
is<Tensor<readonly [8], 'float32'>>()(none.construct(narrow, labels, weights9));
none(logits, labels, null);
none(plain, labels, plain);

// @ts-expect-error 7 labels for a batch of 8
multi_margin_loss(logits, given.labels7);
// @ts-expect-error labels in int32
multi_margin_loss(logits, given.labels32);
// @ts-expect-error p is 1 or 2
multi_margin_loss(logits, labels, { p: 3 });
// @ts-expect-error 9 weights for 10 classes
multi_margin_loss(logits, labels, { weight: weights9 });
// @ts-expect-error 9 weights for 10 classes
none(logits, labels, weights9);
// @ts-expect-error the weights of a call are a tensor
none(logits, labels, { weight: weights });
// @ts-expect-error 9 classes for 10 weights
new MultiMarginLoss({ weight: weights })(narrow, labels);
