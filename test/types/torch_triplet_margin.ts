import { type Tensor, torch } from '../../lib/index.js';
import { is } from './equal.js';
import * as given from './given.js';

const { triplet_margin_loss } = torch.nn.functional;
const { TripletMarginLoss } = torch.nn;
const { logits: a, narrow, doubles, images, sized, ranked, plain } = given;
declare const margin: Tensor<readonly [], 'float32'>;

is<Tensor<readonly [], 'float32'>>()(triplet_margin_loss(a, a, a));
is<Tensor<readonly [8], 'float64'>>()(
  triplet_margin_loss(a, doubles, doubles, { reduction: 'none', margin: 0.5, p: 1.5, eps: 0, swap: true }),
);
is<Tensor<readonly [8, 10, 4], 'float32'>>()(triplet_margin_loss(images, images, images, { reduction: 'none' }));
is<Tensor<readonly [number], 'float32'>>()(triplet_margin_loss(sized, a, ranked, { reduction: 'none' }));
triplet_margin_loss(plain, plain, plain, { margin });

const none = new TripletMarginLoss({ reduction: 'none', p: 1 });
is<torch.nn.TripletMarginLoss<'none'>>()(none);
is<Tensor<readonly [8], 'float32'>>()(none.forward(a, a, a));

// @ts-expect-error 9 columns for 10
triplet_margin_loss(a, narrow, a);
// @ts-expect-error a batch of 7 for 8
triplet_margin_loss(a, a, given.short);
// @ts-expect-error integers
triplet_margin_loss(a, given.integers, a);
// @ts-expect-error distance_function is an option of another loss
triplet_margin_loss(a, a, a, { distance_function: null });
// @ts-expect-error swap is a boolean
triplet_margin_loss(a, a, a, { swap: 1 });
// @ts-expect-error a margin for each triplet
triplet_margin_loss(a, a, a, { margin: given.weights });
// @ts-expect-error PyTorch takes no margin at the call
none(a, a, a, 2);
