import { type Tensor, torch } from '../../lib/index.js';
import { is } from './equal.js';
import * as given from './given.js';

const { ctc_loss } = torch.nn.functional;
const { CTCLoss } = torch.nn;
const { logProbs, oneLogProbs, padded, joined, lengths, lengths3, someLengths, plain } = given;

is<Tensor<readonly [], 'float32'>>()(ctc_loss(logProbs, padded, lengths, lengths));
is<Tensor<readonly [4], 'float32'>>()(ctc_loss(logProbs, padded, [50, 50, 50, 50], lengths, { reduction: 'none' }));
is<Tensor<readonly [4], 'float32'>>()(ctc_loss(logProbs, joined, someLengths, lengths, { reduction: 'none' }));
// Without a batch a length is a number, or an array of one.
declare const [scalar, single]: [Tensor<readonly [], 'int64'>, Tensor<readonly [1], 'int64'>];
is<Tensor<readonly [], 'float64'>>()(ctc_loss(oneLogProbs, joined, scalar, single, { reduction: 'none' }));
ctc_loss(oneLogProbs, joined, someLengths, [12], { blank: 1, zero_infinity: true });
ctc_loss(plain, plain, plain, plain);
ctc_loss(given.ranked, padded, lengths3, lengths);
declare const someLogProbs: Tensor<readonly [number, number, number], 'float32'>;
is<Tensor<readonly [number], 'float32'>>()(ctc_loss(someLogProbs, padded, lengths, lengths, { reduction: 'none' }));
ctc_loss(logProbs, plain, plain, plain);

const none = new CTCLoss({ reduction: 'none', blank: 19 });
is<torch.nn.CTCLoss<'none'>>()(none);
is<Tensor<readonly [4], 'float32'>>()(none(logProbs, padded, lengths, lengths));
is<Tensor<readonly [], 'float32'>>()(new CTCLoss().forward(logProbs, joined, lengths, [3, 4, 5, 6]));

// @ts-expect-error 3 lengths for a batch of 4
ctc_loss(logProbs, padded, lengths3, lengths);
// @ts-expect-error 3 lengths for a batch of 4
ctc_loss(logProbs, padded, lengths, lengths3);
// @ts-expect-error a single length for a batch of 4
ctc_loss(logProbs, padded, single, lengths);
// @ts-expect-error 3 targets for a batch of 4
ctc_loss(logProbs, torch.zeros([3, 12], { dtype: 'int32' }), lengths, lengths);
// @ts-expect-error lengths in float32
ctc_loss(logProbs, padded, given.realLengths, lengths);
// @ts-expect-error lengths for a batch where there is none
ctc_loss(oneLogProbs, joined, lengths, lengths);
// @ts-expect-error float16
ctc_loss(torch.zeros([50, 4, 20], { dtype: 'float16' }), padded, lengths, lengths);
// @ts-expect-error zero_infinite
ctc_loss(logProbs, padded, lengths, lengths, { zero_infinite: true });
// @ts-expect-error batchmean
ctc_loss(logProbs, padded, lengths, lengths, { reduction: 'batchmean' });
// @ts-expect-error no lengths
ctc_loss(logProbs, padded);
// @ts-expect-error 3 lengths for a batch of 4
none(logProbs, padded, lengths3, lengths);
// @ts-expect-error blanc
new CTCLoss({ blanc: 1 });
