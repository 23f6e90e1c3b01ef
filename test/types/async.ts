import { mindspore, type Tensor, torch } from '../../lib/index.js';
import { is } from './equal.js';
import * as given from './given.js';

const { cross_entropy, l1_loss, mse_loss } = torch.nn.functional;
const { logits, labels, labels32, narrow, weights, weights9 } = given;
const { signal } = new AbortController();
const lane = new torch.Lane({ threads: 2 });

is<Promise<Tensor<readonly [], 'float32'>>>()(cross_entropy.async(logits, labels));
is<Promise<Tensor<readonly [8], 'float32'>>>()(cross_entropy.async(logits, labels, { reduction: 'none', signal }));
is<Promise<Tensor<readonly [], 'float32'>>>()(cross_entropy.async(logits, labels, { weight: weights, lane }));
is<Promise<Tensor<readonly [8], 'float32'>>>()(
  new torch.nn.CrossEntropyLoss({ reduction: 'none' }).async(logits, labels, { signal, lane }),
);
is<Promise<Tensor<readonly [], 'float32'>>>()(mindspore.ops.cross_entropy.async(logits, labels32));
is<Promise<Tensor<readonly [8, 10], 'float32'>>>()(new mindspore.nn.SmoothL1Loss().async(logits, logits));
is<Promise<number>>()(torch.ones([]).itemAsync({ lane }));
is<Promise<void>>()(torch.ones([]).backwardAsync({ retain_graph: true, signal }));
is<Promise<Float32Array>>()(logits.toTypedArrayAsync());
is<Promise<Tensor<readonly [8, 10], 'float64'>>>()(logits.toAsync({ dtype: 'float64' }));

// @ts-expect-error int32 labels
void cross_entropy.async(logits, labels32);
// @ts-expect-error seven labels for eight samples
void cross_entropy.async(logits, given.labels7);
// @ts-expect-error weights for nine classes
void cross_entropy.async(logits, labels, { weight: weights9 });
// @ts-expect-error no such option
void cross_entropy.async(logits, labels, { sgnal: signal });
// @ts-expect-error options of a call on a lane
void mse_loss(logits, logits, { signal });
// @ts-expect-error nine columns for ten
void l1_loss.async(logits, narrow);
// @ts-expect-error one value for each row
void l1_loss.async(logits, given.column);
// @ts-expect-error an option of the loss belongs to its constructor
void new torch.nn.MSELoss().async(logits, logits, { reduction: 'sum' });
// @ts-expect-error no signal
void cross_entropy.async(logits, labels, { signal: 'stop' });

// A scope returns what its function returns.
is<Tensor<readonly [], 'float32'>>()(torch.scope(() => mse_loss(logits, logits)));
is<Promise<number>>()(torch.scope(async () => mse_loss(logits, logits).item()));
