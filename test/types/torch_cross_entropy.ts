import { type Tensor, torch } from '../../lib/index.js';
import { is } from './equal.js';
import * as given from './given.js';

const { cross_entropy } = torch.nn.functional;
const { CrossEntropyLoss } = torch.nn;
const { logits, images, narrow, doubles, sized, ranked, plain, labels, weights, weights9 } = given;

// Results by reduction, rank and dtype.
is<Tensor<readonly [], 'float32'>>()(cross_entropy(logits, labels));
is<Tensor<readonly [], 'float32'>>()(cross_entropy(logits, given.labels8, { reduction: 'sum' }));
is<Tensor<readonly [8], 'float32'>>()(cross_entropy(logits, labels, { reduction: 'none' }));
is<Tensor<readonly [8], 'float64'>>()(cross_entropy(doubles, labels, { reduction: 'none' }));
is<Tensor<readonly [8], 'float64'>>()(cross_entropy(logits, doubles, { reduction: 'none' }));
is<Tensor<readonly [], 'float32'>>()(cross_entropy(given.halves, given.brains));
declare const pixels: Tensor<readonly [8, 4, 5], 'int64'>;
is<Tensor<readonly [8, 4, 5], 'float32'>>()(cross_entropy(images, pixels, { reduction: 'none' }));
declare const [row, label]: [Tensor<readonly [10], 'float32'>, Tensor<readonly [], 'int64'>];
is<Tensor<readonly [], 'float32'>>()(cross_entropy(row, label, { reduction: 'none', weight: weights }));
declare const either: 'none' | 'mean';
is<Tensor<readonly [] | readonly [8], 'float32'>>()(cross_entropy(logits, labels, { reduction: either }));
declare const unreduced: { reduction?: 'none' };
is<Tensor<readonly [8], 'float32'>>()(cross_entropy(logits, labels, unreduced));

// All options.
cross_entropy(logits, labels, { weight: weights, ignore_index: -1, reduction: 'mean', label_smoothing: 0.1 });
cross_entropy(logits, labels, { weight: null, size_average: false, reduce: null });
cross_entropy(logits, logits, { weight: given.someWeights });
cross_entropy(logits, labels, undefined);

// Sizes known only at run time are accepted, on either side.
is<Tensor<readonly [number], 'float32'>>()(cross_entropy(sized, labels, { reduction: 'none', weight: weights9 }));
is<Tensor<readonly [8], 'float32'>>()(cross_entropy(logits, given.someLabels, { reduction: 'none' }));
is<Tensor<readonly number[], 'float32'>>()(cross_entropy(ranked, labels, { reduction: 'none', weight: weights }));
cross_entropy(logits, sized);
cross_entropy(logits, ranked);
is<Tensor>()(cross_entropy(plain, plain, { reduction: 'none', weight: plain }));
cross_entropy(plain, labels, { weight: weights9 });
cross_entropy(logits, plain, { weight: plain });

// @ts-expect-error 7 labels for a batch of 8
cross_entropy(logits, given.labels7);
// @ts-expect-error a size that is known is checked beside one that is not
cross_entropy(given.batched, given.labels7);
// @ts-expect-error probabilities of 9 classes for 10
cross_entropy(logits, narrow);
// @ts-expect-error one label for each image rather than for each pixel
cross_entropy(images, labels);
// @ts-expect-error labels in int32
cross_entropy(logits, given.labels32);
// @ts-expect-error labels in float32, as torch.tensor makes them of numbers
cross_entropy(logits, torch.tensor([1, 2, 3, 4, 5, 6, 7, 8]));
// @ts-expect-error logits of integers
cross_entropy(given.integers, labels);
// @ts-expect-error 9 weights for 10 classes
cross_entropy(logits, labels, { weight: weights9 });
// @ts-expect-error labelsmoothing
cross_entropy(logits, labels, { labelsmoothing: 0.1 });
// @ts-expect-error batchmean is for kl_div alone
cross_entropy(logits, labels, { reduction: 'batchmean' });
// @ts-expect-error no target
cross_entropy(logits);
// @ts-expect-error options are an object
cross_entropy(logits, labels, 'mean');
// @ts-expect-error an array is no tensor
cross_entropy([[0.1, 0.9]], labels);

// Classes: the options fix the result, and the weights the number of classes.
const mean = new CrossEntropyLoss();
is<torch.nn.CrossEntropyLoss<'mean', number>>()(mean);
is<Tensor<readonly [], 'float32'>>()(mean(logits, labels));
is<Tensor<readonly [], 'float32'>>()(mean.forward(narrow, narrow));
const none = new CrossEntropyLoss({ reduction: 'none', label_smoothing: 0.1 });
is<Tensor<readonly [8, 4, 5], 'float32'>>()(none(images, pixels));
is<'none' | undefined>()(none.options.reduction);
const weighted = new CrossEntropyLoss({ weight: weights });
is<torch.nn.CrossEntropyLoss<'mean', 10>>()(weighted);
is<Tensor<readonly [], 'float32'>>()(weighted(logits, labels));
is<Tensor<readonly [], 'float32'>>()(weighted(sized, labels));
is<Tensor<readonly [], 'float32'>>()(weighted(images, pixels));
is<Tensor<readonly [], 'float32'>>()(weighted(ranked, labels));
weighted(row, label);
weighted(plain, plain);
new CrossEntropyLoss({ weight: given.someWeights })(logits, labels);
new CrossEntropyLoss({ weight: plain })(logits, labels);

const nine = new CrossEntropyLoss({ weight: weights9 });
// @ts-expect-error 9 weights for 10 classes
nine(logits, labels);
// @ts-expect-error 9 weights for the 10 classes of images
nine.forward(images, pixels);
// @ts-expect-error 9 weights for 10 classes without a batch
nine(row, label);
// @ts-expect-error 7 labels for a batch of 8
mean(logits, given.labels7);
// @ts-expect-error options are for the constructor
mean(logits, labels, { reduction: 'none' });
// @ts-expect-error label_smooth
new CrossEntropyLoss({ label_smooth: 0.1 });
// @ts-expect-error batchmean
new CrossEntropyLoss({ reduction: 'batchmean' });
// @ts-expect-error an instance of another reduction
const wrong: torch.nn.CrossEntropyLoss<'none'> = mean;
