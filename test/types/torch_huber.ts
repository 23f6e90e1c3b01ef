import { type Tensor, torch } from '../../lib/index.js';
import { is } from './equal.js';
import * as given from './given.js';

const { huber_loss } = torch.nn.functional;
const { HuberLoss } = torch.nn;
const { logits, narrow, doubles, sized, plain } = given;

is<Tensor<readonly [], 'float32'>>()(huber_loss(logits, logits));
is<Tensor<readonly [8, 10], 'float32'>>()(huber_loss(logits, logits, { reduction: 'none', delta: 2 }));
// The input's dtype stays.
is<Tensor<readonly [], 'float32'>>()(huber_loss(logits, doubles));
is<Tensor<readonly [], 'float64'>>()(huber_loss(doubles, logits));
is<Tensor<readonly [8, 10], 'float32'>>()(huber_loss(logits, logits, { reduction: 'none', weight: logits }));
is<Tensor<readonly [number, number], 'float32'>>()(huber_loss(sized, logits, { reduction: 'none' }));
huber_loss(plain, logits, { weight: plain });

const none = new HuberLoss({ reduction: 'none', delta: 0.5 });
is<torch.nn.HuberLoss<'none'>>()(none);
is<Tensor<readonly [8, 10], 'float32'>>()(none(logits, logits));
is<Tensor<readonly [], 'float64'>>()(new HuberLoss().forward(doubles, doubles));

// @ts-expect-error 9 columns for 10
huber_loss(logits, narrow);
// @ts-expect-error integers
huber_loss(given.integers, logits);
// @ts-expect-error weights of 9 columns
huber_loss(logits, logits, { weight: narrow });
// @ts-expect-error beta is another loss's
huber_loss(logits, logits, { beta: 1 });
// @ts-expect-error delta is a number
huber_loss(logits, logits, { delta: '1' });
// @ts-expect-error the Huber loss has none of the old options
huber_loss(logits, logits, { reduce: false });
// @ts-expect-error the class has no weight
new HuberLoss({ weight: logits });
// @ts-expect-error 9 columns for 10
none(logits, narrow);
