import { type Shape, type Tensor, torch } from '../../lib/index.js';
import { is } from './equal.js';
import * as given from './given.js';

const { hinge_embedding_loss } = torch.nn.functional;
const { HingeEmbeddingLoss } = torch.nn;
const { logits, narrow, doubles, plain } = given;

is<Tensor<readonly [], 'float32'>>()(hinge_embedding_loss(logits, given.integers));
is<Tensor<readonly [8, 10], 'float32'>>()(hinge_embedding_loss(logits, doubles, { reduction: 'none', margin: 2 }));
is<Tensor<readonly [8], 'float32'>>()(hinge_embedding_loss(torch.zeros([8]), given.labels, { reduction: 'none' }));
hinge_embedding_loss(plain, plain, { size_average: false });

// Each of the two may broadcast.
is<Tensor<readonly [], 'float32'>>()(hinge_embedding_loss(logits, given.weights));
is<Tensor<readonly [], 'float32'>>()(hinge_embedding_loss(given.weights, logits));
is<Tensor<readonly [8, 10], 'float32'>>()(hinge_embedding_loss(logits, given.column, { reduction: 'none' }));

const none = new HingeEmbeddingLoss({ reduction: 'none' });
is<torch.nn.HingeEmbeddingLoss<'none'>>()(none);
is<Tensor<readonly [8, 10], 'float32'>>()(none(logits, given.integers));
is<Tensor<readonly [], 'float64'>>()(new HingeEmbeddingLoss({ margin: 0.5 }).forward(doubles, logits));

// @ts-expect-error 9 columns for 10
hinge_embedding_loss(logits, narrow);
// @ts-expect-error 8 targets for 10 columns
hinge_embedding_loss(logits, given.labels);
// @ts-expect-error distances of integers
hinge_embedding_loss(given.integers, logits);
// @ts-expect-error margin is a number
hinge_embedding_loss(logits, logits, { margin: '1' });
// @ts-expect-error batchmean
hinge_embedding_loss(logits, logits, { reduction: 'batchmean' });
// @ts-expect-error magin
new HingeEmbeddingLoss({ magin: 1 });
// @ts-expect-error 9 columns for 10
none(logits, narrow);
