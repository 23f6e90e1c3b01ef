import { type Tensor, torch } from '../../lib/index.js';
import { is } from './equal.js';
import * as given from './given.js';

const { margin_ranking_loss } = torch.nn.functional;
const { MarginRankingLoss } = torch.nn;
const { logits, narrow, doubles, integers, sized, plain } = given;

is<Tensor<readonly [], 'float32'>>()(margin_ranking_loss(logits, logits, integers));
is<Tensor<readonly [8, 10], 'float32'>>()(
  margin_ranking_loss(logits, logits, logits, { reduction: 'none', margin: 1 }),
);
is<Tensor<readonly [], 'float64'>>()(margin_ranking_loss(logits, doubles, integers));
is<Tensor<readonly [], 'float64'>>()(margin_ranking_loss(logits, logits, doubles));
// Sizes of 1 broadcast.
is<Tensor<readonly [8, 10], 'float32'>>()(margin_ranking_loss(logits, given.column, integers, { reduction: 'none' }));
is<Tensor<readonly [8, 10], 'float32'>>()(margin_ranking_loss(logits, sized, integers, { reduction: 'none' }));
margin_ranking_loss(plain, plain, plain, { size_average: false });

const none = new MarginRankingLoss({ reduction: 'none' });
is<torch.nn.MarginRankingLoss<'none'>>()(none);
is<Tensor<readonly [8, 10], 'float32'>>()(none(logits, logits, integers));
is<Tensor<readonly [], 'float64'>>()(new MarginRankingLoss({ margin: 0.5 }).forward(doubles, doubles, doubles));

// @ts-expect-error 9 columns for 10
margin_ranking_loss(logits, narrow, integers);
// @ts-expect-error 9 columns for 10
margin_ranking_loss(logits, logits, narrow);
// @ts-expect-error another number of dimensions
margin_ranking_loss(logits, logits, given.labels);
// @ts-expect-error no target
margin_ranking_loss(logits, logits);
// @ts-expect-error batchmean
margin_ranking_loss(logits, logits, integers, { reduction: 'batchmean' });
// @ts-expect-error margin is a number
new MarginRankingLoss({ margin: true });
// @ts-expect-error another number of dimensions
none(logits, logits, given.labels);
