import { mindspore, type Tensor } from '../../lib/index.js';
import { is } from './equal.js';
import * as given from './given.js';

const { cosine_embedding_loss } = mindspore.ops;
const { CosineEmbeddingLoss } = mindspore.nn;
const { logits, narrow, doubles, sized, ranked, plain, labels, labels32 } = given;

is<Tensor<readonly [], 'float32'>>()(cosine_embedding_loss(logits, logits, labels32));
is<Tensor<readonly [8], 'float64'>>()(cosine_embedding_loss(doubles, doubles, labels, { reduction: 'none' }));
is<Tensor<readonly [number], 'float32'>>()(cosine_embedding_loss(sized, logits, labels, { reduction: 'none' }));
cosine_embedding_loss(ranked, logits, labels, { margin: -1 });
cosine_embedding_loss(plain, plain, plain);

const none = new CosineEmbeddingLoss({ reduction: 'none', margin: 0.5 });
is<mindspore.nn.CosineEmbeddingLoss<'none'>>()(none);
is<Tensor<readonly [8], 'float32'>>()(none.construct(logits, logits, labels32));

// @ts-expect-error vectors of 9 for 10
cosine_embedding_loss(logits, narrow, labels);
// @ts-expect-error the dtypes have to be one
cosine_embedding_loss(logits, doubles, labels);
// @ts-expect-error 7 targets for 8 pairs
cosine_embedding_loss(logits, logits, given.labels7);
// @ts-expect-error reduce is PyTorch's
cosine_embedding_loss(logits, logits, labels, { reduce: true });
// @ts-expect-error the dtypes have to be one
none(doubles, logits, labels);
