import { type Tensor, torch } from '../../lib/index.js';
import { is } from './equal.js';
import * as given from './given.js';

const { smooth_l1_loss } = torch.nn.functional;
const { SmoothL1Loss } = torch.nn;
const { logits, narrow, doubles, sized, plain, ranked } = given;

is<Tensor<readonly [], 'float32'>>()(smooth_l1_loss(logits, logits));
is<Tensor<readonly [8, 10], 'float32'>>()(smooth_l1_loss(logits, logits, { reduction: 'none', beta: 0 }));
is<Tensor<readonly [], 'float64'>>()(smooth_l1_loss(logits, doubles, { reduction: 'sum' }));
is<Tensor<readonly [8, 10], 'float32'>>()(smooth_l1_loss(given.brains, given.halves, { reduction: 'none' }));
is<Tensor<readonly [], 'bfloat16'>>()(smooth_l1_loss(given.brains, given.brains));
smooth_l1_loss(logits, logits, { size_average: true, reduce: false });

is<Tensor<readonly [number, number], 'float32'>>()(smooth_l1_loss(sized, logits, { reduction: 'none' }));
is<Tensor<readonly [8, 10], 'float32'>>()(smooth_l1_loss(logits, sized, { reduction: 'none' }));
is<Tensor<readonly [8, 10], 'float32'>>()(smooth_l1_loss(logits, ranked, { reduction: 'none' }));
is<Tensor<readonly number[], 'float32'>>()(smooth_l1_loss(ranked, logits, { reduction: 'none' }));
is<Tensor>()(smooth_l1_loss(plain, plain, { reduction: 'none' }));
is<Tensor<readonly [8, 10]>>()(smooth_l1_loss(logits, plain, { reduction: 'none' }));
smooth_l1_loss(plain, logits);

/** Functions for any shape and dtype can be written. */
export function twice<S extends readonly number[]>(input: Tensor<S, 'float32'>, target: Tensor<S, 'float32'>) {
  return smooth_l1_loss(input, target).add(smooth_l1_loss(target, input));
}

const none = new SmoothL1Loss({ reduction: 'none' });
is<torch.nn.SmoothL1Loss<'none'>>()(none);
is<Tensor<readonly [8, 10], 'float32'>>()(none(logits, logits));
is<Tensor<readonly [], 'float32'>>()(new SmoothL1Loss()(logits, logits));
is<Tensor<readonly [], 'float64'>>()(new SmoothL1Loss({ beta: 0.5 }).forward(doubles, logits));
is<number | undefined>()(none.options.beta);

// @ts-expect-error 9 columns for 10
smooth_l1_loss(logits, narrow);
// @ts-expect-error a batch of 7 for 8
smooth_l1_loss(logits, given.short);
// @ts-expect-error a batch of 7 for 8, beside an unknown size
smooth_l1_loss(given.batched, given.short);
// @ts-expect-error another rank
smooth_l1_loss(logits, given.weights);
// @ts-expect-error integers
smooth_l1_loss(given.integers, given.integers);
// @ts-expect-error a target of integers
smooth_l1_loss(logits, given.integers);
// @ts-expect-error betta
smooth_l1_loss(logits, logits, { betta: 1 });
// @ts-expect-error beta is a number
smooth_l1_loss(logits, logits, { beta: '1' });
// @ts-expect-error batchmean
smooth_l1_loss(logits, logits, { reduction: 'batchmean' });
// @ts-expect-error betta
new SmoothL1Loss({ betta: 1 });
// @ts-expect-error 9 columns for 10
none(logits, narrow);
// @ts-expect-error PyTorch's classes have forward
none.construct(logits, logits);
// @ts-expect-error the options of an instance stay
none.options.beta = 2;
