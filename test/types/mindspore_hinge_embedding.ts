import { mindspore, type Tensor } from '../../lib/index.js';
import { is } from './equal.js';
import * as given from './given.js';

const { hinge_embedding_loss } = mindspore.ops;
const { HingeEmbeddingLoss } = mindspore.nn;
const { logits, narrow, doubles, plain } = given;

is<Tensor<readonly [], 'float32'>>()(hinge_embedding_loss(logits, logits));
is<Tensor<readonly [8, 10], 'float32'>>()(hinge_embedding_loss(logits, doubles, { reduction: 'none', margin: 2 }));
is<Tensor<readonly [], 'float32'>>()(hinge_embedding_loss(logits, given.weights));
hinge_embedding_loss(plain, logits);

const none = new HingeEmbeddingLoss({ reduction: 'none' });
is<mindspore.nn.HingeEmbeddingLoss<'none'>>()(none);
is<Tensor<readonly [8, 10], 'float32'>>()(none(logits, logits));
is<Tensor<readonly [], 'float32'>>()(new HingeEmbeddingLoss().construct(logits, logits));

// @ts-expect-error 9 columns for 10
hinge_embedding_loss(logits, narrow);
// @ts-expect-error targets of integers
hinge_embedding_loss(logits, given.integers);
// @ts-expect-error reduce is PyTorch's
hinge_embedding_loss(logits, logits, { reduce: false });
// @ts-expect-error targets of integers
none(logits, given.integers);
// @ts-expect-error magin
new HingeEmbeddingLoss({ magin: 1 });
