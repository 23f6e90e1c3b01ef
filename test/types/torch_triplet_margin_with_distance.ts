import { type Tensor, torch } from '../../lib/index.js';
import { is } from './equal.js';
import * as given from './given.js';

const { triplet_margin_with_distance_loss } = torch.nn.functional;
const { TripletMarginWithDistanceLoss } = torch.nn;
const { logits: a, logits: p, narrow, doubles, sized, plain } = given;

declare const apart: (first: Tensor, second: Tensor) => Tensor<readonly [8], 'float32'>;
/** A distance over a dimension unknown to its type. */
const columns = (first: Tensor, second: Tensor): Tensor<readonly number[], 'float32'> =>
  first.sub(second).abs().sum({ dim: 0 });

is<Tensor<readonly [], 'float32'>>()(triplet_margin_with_distance_loss(a, p, p));
is<Tensor<readonly [8], 'float32'>>()(triplet_margin_with_distance_loss(a, p, p, { reduction: 'none' }));
is<Tensor<readonly [8], 'float64'>>()(
  triplet_margin_with_distance_loss(a, doubles, doubles, { reduction: 'none', margin: 0.5, swap: true }),
);
is<Tensor<readonly [8], 'float32'>>()(
  triplet_margin_with_distance_loss(given.images, given.images, given.images, {
    reduction: 'none',
    distance_function: apart,
  }),
);
// Without a known shape of the distances, the loss has none.
is<Tensor<readonly number[], 'float32'>>()(
  triplet_margin_with_distance_loss(a, p, p, { reduction: 'none', distance_function: columns }),
);
is<Tensor<readonly [8], 'float32'>>()(triplet_margin_with_distance_loss(a, sized, given.ranked, { reduction: 'none' }));
triplet_margin_with_distance_loss(plain, plain, plain, { distance_function: null });

const rows = new TripletMarginWithDistanceLoss({ reduction: 'none', margin: 2 });
is<torch.nn.TripletMarginWithDistanceLoss<'none', never>>()(rows);
is<Tensor<readonly [8], 'float32'>>()(rows(a, p, p));
const custom = new TripletMarginWithDistanceLoss({ reduction: 'none', distance_function: apart });
is<Tensor<readonly [8], 'float32'>>()(custom(given.images, given.images, given.images));
const unknown = new TripletMarginWithDistanceLoss({ reduction: 'none', distance_function: columns });
is<Tensor<readonly number[], 'float32'>>()(unknown(a, p, p));
is<Tensor<readonly [], 'float32'>>()(new TripletMarginWithDistanceLoss().forward(a, p, p));

// @ts-expect-error 9 columns for 10
triplet_margin_with_distance_loss(a, narrow, p);
// @ts-expect-error 9 columns for 10
triplet_margin_with_distance_loss(a, p, narrow);
// @ts-expect-error integers
triplet_margin_with_distance_loss(a, given.integers, p);
// @ts-expect-error p is an option of another loss
triplet_margin_with_distance_loss(a, p, p, { p: 2 });
// @ts-expect-error batchmean
triplet_margin_with_distance_loss(a, p, p, { reduction: 'batchmean' });
// @ts-expect-error a distance gives a tensor
triplet_margin_with_distance_loss(a, p, p, { distance_function: () => 1 });
// @ts-expect-error no negative
triplet_margin_with_distance_loss(a, p);
// @ts-expect-error a batch of 7 for 8
rows(a, p, given.short);
// @ts-expect-error swop
new TripletMarginWithDistanceLoss({ swop: true });
