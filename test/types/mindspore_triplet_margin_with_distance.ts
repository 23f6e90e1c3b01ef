import { mindspore, type Tensor } from '../../lib/index.js';
import { is } from './equal.js';
import * as given from './given.js';

const { TripletMarginWithDistanceLoss } = mindspore.nn;
const { logits: x, narrow, plain } = given;

declare const apart: (first: Tensor, second: Tensor) => Tensor<readonly [8], 'float32'>;

const mean = new TripletMarginWithDistanceLoss({ distance_function: apart, swap: true, margin: 0.5 });
is<mindspore.nn.TripletMarginWithDistanceLoss<'mean', readonly [8]>>()(mean);
is<Tensor<readonly [], 'float32'>>()(mean(x, x, x));
const none = new TripletMarginWithDistanceLoss({ reduction: 'none' });
is<Tensor<readonly [8], 'float32'>>()(none.construct(x, given.batched, given.sized));
none(plain, x, plain);

// @ts-expect-error 9 columns for 10
mean(x, narrow, x);
// @ts-expect-error a batch of 7 for 8
mean(x, x, given.short);
// @ts-expect-error integers
mean(x, x, given.integers);
// @ts-expect-error swop
new TripletMarginWithDistanceLoss({ swop: true });
// @ts-expect-error batchmean
new TripletMarginWithDistanceLoss({ reduction: 'batchmean' });
// @ts-expect-error not among MindSpore's functions
const absent: keyof typeof mindspore.ops = 'triplet_margin_with_distance_loss';
