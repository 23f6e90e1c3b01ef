import { mindspore, type Tensor } from '../../lib/index.js';
import { is } from './equal.js';
import * as given from './given.js';

const { margin_ranking_loss } = mindspore.ops;
const { MarginRankingLoss } = mindspore.nn;
const { logits, narrow, doubles, integers, plain } = given;

is<Tensor<readonly [], 'float32'>>()(margin_ranking_loss(logits, logits, logits));
is<Tensor<readonly [8, 10], 'float64'>>()(margin_ranking_loss(doubles, doubles, doubles, { reduction: 'none' }));
margin_ranking_loss(plain, logits, logits, { margin: 0.5 });

const none = new MarginRankingLoss({ reduction: 'none' });
is<mindspore.nn.MarginRankingLoss<'none'>>()(none);
is<Tensor<readonly [8, 10], 'float32'>>()(none(logits, logits, logits));
is<Tensor<readonly [], 'float32'>>()(new MarginRankingLoss().construct(logits, logits, logits));

// @ts-expect-error 9 columns for 10
margin_ranking_loss(logits, narrow, logits);
// @ts-expect-error the dtypes have to be one
margin_ranking_loss(logits, doubles, logits);
// @ts-expect-error the dtypes have to be one
margin_ranking_loss(logits, logits, integers);
// @ts-expect-error reduce is PyTorch's
margin_ranking_loss(logits, logits, logits, { reduce: false });
// @ts-expect-error the dtypes have to be one
none(logits, logits, integers);
