import { mindspore, type Tensor } from '../../lib/index.js';
import { is } from './equal.js';
import * as given from './given.js';

const { ctc_loss } = mindspore.ops;
const { CTCLoss } = mindspore.nn;
const { logProbs, oneLogProbs, padded, joined, lengths, lengths3, someLengths, plain } = given;

// The function returns a pair, the class does not.
is<[Tensor<readonly [], 'float32'>, Tensor<readonly [4, 50, number], 'float32'>]>()(
  ctc_loss(logProbs, padded, lengths, lengths),
);
const [loss, alpha] = ctc_loss(logProbs, padded, [50, 50, 50, 50], someLengths, { reduction: 'none' });
is<Tensor<readonly [4], 'float32'>>()(loss);
is<Tensor<readonly [4, 50, number], 'float32'>>()(alpha);
is<Tensor<readonly [number, number, number], 'float32'>>()(ctc_loss(given.ranked, padded, lengths, lengths)[1]);
ctc_loss(plain, plain, plain, plain);

const none = new CTCLoss({ reduction: 'none' });
is<Tensor<readonly [4], 'float32'>>()(none(logProbs, padded, lengths, lengths));
is<Tensor<readonly [], 'float64'>>()(new CTCLoss({ blank: 1 }).construct(oneLogProbs, joined, [50], [31]));

// @ts-expect-error 3 lengths for a batch of 4
ctc_loss(logProbs, padded, lengths3, lengths);
// @ts-expect-error targets one after the other
ctc_loss(logProbs, joined, lengths, lengths);
// @ts-expect-error no batch
ctc_loss(oneLogProbs, padded, lengths, lengths);
// @ts-expect-error targets in float32
ctc_loss(logProbs, given.sized, lengths, lengths);
// @ts-expect-error zero_inf
ctc_loss(logProbs, padded, lengths, lengths, { zero_inf: true });
// @ts-expect-error batchmean
ctc_loss(logProbs, padded, lengths, lengths, { reduction: 'batchmean' });
// @ts-expect-error a pair has no backward
ctc_loss(logProbs, padded, lengths, lengths).backward();
// @ts-expect-error targets one after the other
none(logProbs, joined, lengths, lengths);
// @ts-expect-error lengths in uint8
none(logProbs, padded, mindspore.Tensor([1, 2, 3, 4], mindspore.uint8), lengths);
// @ts-expect-error blanc
new CTCLoss({ blanc: 1 });
