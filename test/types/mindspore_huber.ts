import { mindspore, type Tensor } from '../../lib/index.js';
import { is } from './equal.js';
import * as given from './given.js';

const { huber_loss } = mindspore.ops;
const { HuberLoss } = mindspore.nn;
const { logits, narrow, doubles, plain } = given;

is<Tensor<readonly [], 'float32'>>()(huber_loss(logits, logits));
is<Tensor<readonly [8, 10], 'float64'>>()(huber_loss(doubles, doubles, { reduction: 'none', delta: 2 }));
// MindSpore's documents broadcast.
is<Tensor<readonly [], 'float32'>>()(huber_loss(given.weights, logits));
huber_loss(plain, logits);

const none = new HuberLoss({ reduction: 'none' });
is<mindspore.nn.HuberLoss<'none'>>()(none);
is<Tensor<readonly [8, 10], 'float32'>>()(none(logits, logits));
is<Tensor<readonly [], 'float32'>>()(new HuberLoss({ delta: 0.5 }).construct(logits, logits));

// @ts-expect-error 9 columns for 10
huber_loss(logits, narrow);
// @ts-expect-error the dtypes have to be one
huber_loss(logits, doubles);
// @ts-expect-error weight is PyTorch's
huber_loss(logits, logits, { weight: logits });
// @ts-expect-error dleta
new HuberLoss({ dleta: 1 });
// @ts-expect-error 9 columns for 10
none(logits, narrow);
