import { mindspore, type Tensor } from '../../lib/index.js';
import { is } from './equal.js';
import * as given from './given.js';

const { triplet_margin_loss } = mindspore.ops;
const { TripletMarginLoss } = mindspore.nn;
const { logits: a, narrow, doubles, sized, plain } = given;
declare const margin: Tensor<readonly [], 'float32'>;

is<Tensor<readonly [], 'float32'>>()(triplet_margin_loss(a, a, a, { margin, p: 1 }));
is<Tensor<readonly [8], 'float64'>>()(triplet_margin_loss(doubles, doubles, doubles, { reduction: 'none' }));
is<Tensor<readonly [number], 'float32'>>()(triplet_margin_loss(sized, a, a, { reduction: 'none' }));
triplet_margin_loss(plain, plain, plain);

// A call takes the margin, too.
const none = new TripletMarginLoss({ reduction: 'none', swap: true });
is<mindspore.nn.TripletMarginLoss<'none'>>()(none);
is<Tensor<readonly [8], 'float32'>>()(none(a, a, a));
is<Tensor<readonly [8], 'float32'>>()(none(a, a, a, 2));
is<Tensor<readonly [8], 'float32'>>()(none.construct(a, a, a, margin));

// @ts-expect-error 9 columns for 10
triplet_margin_loss(a, narrow, a);
// @ts-expect-error the dtypes have to be one
triplet_margin_loss(a, doubles, a);
// @ts-expect-error size_average is PyTorch's
triplet_margin_loss(a, a, a, { size_average: true });
// @ts-expect-error a margin for each triplet
none(a, a, a, given.weights);
// @ts-expect-error the margin of a call is no option
none(a, a, a, { margin: 2 });
// @ts-expect-error a batch of 7 for 8
none(a, a, given.short);
