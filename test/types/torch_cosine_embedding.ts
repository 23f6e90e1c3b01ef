import { type Tensor, torch } from '../../lib/index.js';
import { is } from './equal.js';
import * as given from './given.js';

const { cosine_embedding_loss } = torch.nn.functional;
const { CosineEmbeddingLoss } = torch.nn;
const { logits, narrow, doubles, sized, ranked, plain, labels } = given;

is<Tensor<readonly [], 'float32'>>()(cosine_embedding_loss(logits, logits, labels));
is<Tensor<readonly [8], 'float64'>>()(
  cosine_embedding_loss(logits, doubles, given.labels32, { reduction: 'none', margin: 0.5 }),
);
declare const [row, label]: [Tensor<readonly [10], 'float32'>, Tensor<readonly [], 'float32'>];
is<Tensor<readonly [], 'float32'>>()(cosine_embedding_loss(row, row, label, { reduction: 'none' }));
is<Tensor<readonly [number], 'float32'>>()(cosine_embedding_loss(sized, logits, labels, { reduction: 'none' }));
cosine_embedding_loss(ranked, logits, labels, { size_average: true });
cosine_embedding_loss(plain, plain, plain);

const none = new CosineEmbeddingLoss({ reduction: 'none' });
is<torch.nn.CosineEmbeddingLoss<'none'>>()(none);
is<Tensor<readonly [8], 'float32'>>()(none.forward(logits, logits, labels));

// @ts-expect-error vectors of 9 for 10
cosine_embedding_loss(logits, narrow, labels);
// @ts-expect-error 7 targets for 8 pairs
cosine_embedding_loss(logits, logits, given.labels7);
// @ts-expect-error integers
cosine_embedding_loss(given.integers, logits, labels);
// @ts-expect-error margin is a number
cosine_embedding_loss(logits, logits, labels, { margin: '0' });
// @ts-expect-error no target
cosine_embedding_loss(logits, logits);
// @ts-expect-error 7 pairs for 8
none(logits, given.short, labels);
