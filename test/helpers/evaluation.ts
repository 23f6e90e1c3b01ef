/** Calls of all losses on small batches, for tests of computation in parts. */
import type { Tensor } from '../../lib/tensor/tensor.js';
import * as torch from '../../lib/torch/index.js';

const { functional: F } = torch.nn;

/** A loss with options and the tensors of a batch. */
export interface EvaluationCase {
  readonly name: string;
  // biome-ignore lint/suspicious/noExplicitAny: each loss has its own types of tensors and options
  readonly loss: (...args: any[]) => Tensor;
  readonly inputs: readonly Tensor[];
  readonly options?: Readonly<Record<string, unknown>>;
  /** The names of options with values per sample. */
  readonly perSample?: readonly string[];
  readonly reductions?: readonly string[];
}

/** Losses with matrix products: a sample's last bits depend on its neighbours in the call and on the memory layout. */
export const isProduct = ({ loss }: EvaluationCase): boolean => loss.name === 'linear_cross_entropy';

/** Samples per case, unless more are needed. */
export const N = 23;

/** The cases in one dtype. The tensors are the same on every call. */
export function evaluationCases(dtype: 'float32' | 'float64', n = N): EvaluationCase[] {
  torch.manual_seed(20);
  const randn = (...shape: number[]) => torch.randn(shape).to(dtype);
  const rand = (...shape: number[]) => torch.rand(shape).to(dtype);
  const labels = (classes: number, ...shape: number[]) => torch.randint(0, classes, shape);
  const signs = (...shape: number[]) => torch.randint(0, 2, shape).to(dtype).mul(2).sub(1);
  const weights = (...shape: number[]) => rand(...shape).add(0.25);
  const image = [randn(n, 3, 4, 5), randn(n, 3, 4, 5)] as const;
  const scores = randn(n, 7);
  const classes = labels(7, n);
  const long = torch.tensor([...Array(n).keys()].map((i) => BigInt(1 + (i % 4))));
  const ends = torch.tensor([...Array(n).keys()].map((i) => BigInt(9 + (i % 3))));
  const flatTargets = torch.randint(1, 6, [[...Array(n).keys()].reduce((sum, i) => sum + 1 + (i % 4), 0)]);
  const logProbs = randn(11, n, 6).log_softmax({ dim: 2 });
  const triplet = [randn(n, 8), randn(n, 8), randn(n, 8)] as const;
  const manhattan = (a: Tensor, b: Tensor) => a.sub(b).abs().sum({ dim: 1 });
  const divergence = [randn(n, 6).log_softmax({ dim: 1 }), randn(n, 6).softmax({ dim: 1 })] as const;
  const all = ['mean', 'sum', 'batchmean'];
  return [
    { name: 'l1', loss: F.l1_loss, inputs: image },
    { name: 'mse', loss: F.mse_loss, inputs: image },
    { name: 'mse of one element a sample', loss: F.mse_loss, inputs: [randn(n), randn(n)] },
    { name: 'mse of a spread target', loss: F.mse_loss, inputs: [randn(n, 4), randn(4)] },
    {
      name: 'mse of as many columns as samples',
      loss: F.mse_loss,
      inputs: [randn(n, Math.min(n, N)), randn(Math.min(n, N))],
    },
    { name: 'huber', loss: F.huber_loss, inputs: image, options: { delta: 0.5 } },
    { name: 'smooth_l1', loss: F.smooth_l1_loss, inputs: image, options: { beta: 0.3 } },
    { name: 'cross_entropy', loss: F.cross_entropy, inputs: [scores, classes] },
    {
      name: 'cross_entropy with weights, smoothing and an ignored class',
      loss: F.cross_entropy,
      inputs: [scores, classes],
      options: { weight: weights(7), label_smoothing: 0.15, ignore_index: 3 },
    },
    {
      name: 'cross_entropy of images with weights',
      loss: F.cross_entropy,
      inputs: [randn(n, 4, 3, 2), labels(4, n, 3, 2)],
      options: { weight: weights(4), ignore_index: 1 },
    },
    {
      name: 'cross_entropy of probabilities',
      loss: F.cross_entropy,
      inputs: [randn(n, 5, 2), randn(n, 5, 2).softmax({ dim: 1 })],
      options: { weight: weights(5), label_smoothing: 0.1 },
    },
    {
      name: 'nll of images',
      loss: F.nll_loss,
      inputs: [randn(n, 4, 3, 2).log_softmax({ dim: 1 }), labels(4, n, 3, 2)],
      options: { weight: weights(4), ignore_index: 2 },
    },
    {
      name: 'poisson_nll',
      loss: F.poisson_nll_loss,
      inputs: [rand(n, 3), rand(n, 3).mul(4)],
      options: { log_input: false, full: true, eps: 1e-3 },
    },
    {
      name: 'gaussian_nll',
      loss: F.gaussian_nll_loss,
      inputs: [randn(n, 3), randn(n, 3), rand(n)],
      options: { full: true },
    },
    {
      name: 'gaussian_nll of full variances',
      loss: F.gaussian_nll_loss,
      inputs: [randn(n, 3), randn(n, 3), rand(n, 3)],
    },
    { name: 'kl_div', loss: F.kl_div, inputs: divergence, reductions: all },
    {
      name: 'kl_div of log targets',
      loss: F.kl_div,
      inputs: [divergence[0], divergence[1].log()],
      options: { log_target: true },
      reductions: all,
    },
    {
      name: 'binary_cross_entropy',
      loss: F.binary_cross_entropy,
      inputs: [rand(n, 3), rand(n, 3)],
      options: { weight: weights(n, 3) },
      perSample: ['weight'],
    },
    {
      name: 'binary_cross_entropy_with_logits',
      loss: F.binary_cross_entropy_with_logits,
      inputs: [randn(n, 3), rand(n, 3)],
      options: { weight: weights(n, 1), pos_weight: weights(3) },
      perSample: ['weight'],
    },
    {
      name: 'margin_ranking',
      loss: F.margin_ranking_loss,
      inputs: [randn(n), randn(n), signs(n)],
      options: { margin: 0.2 },
    },
    {
      name: 'hinge_embedding',
      loss: F.hinge_embedding_loss,
      inputs: [randn(n, 3), signs(n, 3)],
      options: { margin: 0.7 },
    },
    {
      name: 'cosine_embedding',
      loss: F.cosine_embedding_loss,
      inputs: [randn(n, 8), randn(n, 8), signs(n)],
      options: { margin: 0.1 },
    },
    { name: 'soft_margin', loss: F.soft_margin_loss, inputs: [randn(n, 3), signs(n, 3)] },
    {
      name: 'multilabel_soft_margin',
      loss: F.multilabel_soft_margin_loss,
      inputs: [randn(n, 3), rand(n, 3)],
      options: { weight: weights(3) },
    },
    { name: 'multilabel_margin', loss: F.multilabel_margin_loss, inputs: [randn(n, 4), labels(4, n, 4)] },
    {
      name: 'multi_margin',
      loss: F.multi_margin_loss,
      inputs: [scores, classes],
      options: { p: 2, margin: 0.6, weight: weights(7) },
    },
    {
      name: 'triplet_margin',
      loss: F.triplet_margin_loss,
      inputs: triplet,
      options: { swap: true, margin: 0.8, p: 1 },
    },
    { name: 'triplet_margin_with_distance', loss: F.triplet_margin_with_distance_loss, inputs: triplet },
    {
      name: 'triplet_margin_with_distance of a function',
      loss: F.triplet_margin_with_distance_loss,
      inputs: triplet,
      options: { distance_function: manhattan, swap: true },
    },
    {
      name: 'ctc',
      loss: F.ctc_loss,
      inputs: [logProbs, torch.randint(1, 6, [n, 4]), ends, long],
      options: { zero_infinity: true },
    },
    { name: 'ctc of targets one after the other', loss: F.ctc_loss, inputs: [logProbs, flatTargets, ends, long] },
    { name: 'linear_cross_entropy', loss: F.linear_cross_entropy, inputs: [randn(n, 6), randn(9, 6), labels(9, n)] },
    {
      name: 'linear_cross_entropy with a bias, weights and an ignored class',
      loss: F.linear_cross_entropy,
      inputs: [randn(n, 3), randn(N, 2, 3), labels(N, n, 2)],
      options: { linear_bias: randn(N, 2), weight: weights(N), ignore_index: 3, label_smoothing: 0.15 },
    },
  ];
}

/** A range of samples of a case, as a batch of named fields. */
export function batchesOf({ loss, inputs, options = {}, perSample = [] }: EvaluationCase, cuts: readonly number[]) {
  const names = NAMES[loss.name] ?? ['input', 'target'];
  const bounds = [0, ...cuts, N];
  return bounds.slice(1).map((end, i) => {
    const start = bounds[i] as number;
    const fields = names.map((name, index) => [name, rowsOf(loss.name, inputs, index, start, end)] as const);
    const extra = perSample.map((name) => [name, rows(options[name] as Tensor, 0, start, end)] as const);
    return Object.fromEntries([...fields, ...extra]);
  });
}

const NAMES: Readonly<Record<string, readonly string[]>> = {
  linear_cross_entropy: ['input', 'linear_weight', 'target'],
  gaussian_nll_loss: ['input', 'target', 'var'],
  margin_ranking_loss: ['input1', 'input2', 'target'],
  cosine_embedding_loss: ['input1', 'input2', 'target'],
  triplet_margin_loss: ['anchor', 'positive', 'negative'],
  triplet_margin_with_distance_loss: ['anchor', 'positive', 'negative'],
  ctc_loss: ['log_probs', 'targets', 'input_lengths', 'target_lengths'],
};

function rows(tensor: Tensor, dim: number, start: number, end: number): Tensor {
  return torch.ops.aten.narrow?.(tensor, dim, start, end - start) as Tensor;
}

function rowsOf(loss: string, inputs: readonly Tensor[], index: number, start: number, end: number): Tensor {
  const tensor = inputs[index] as Tensor;
  if (loss === 'ctc_loss' && index === 0) return rows(tensor, 1, start, end);
  if (loss === 'ctc_loss' && index === 1 && tensor.dim() === 1) {
    const lengths = Array.from((inputs[3] as Tensor).toTypedArray(), Number);
    const until = (count: number) => lengths.slice(0, count).reduce((sum, length) => sum + length, 0);
    return rows(tensor, 0, until(start), until(end));
  }
  if (loss === 'linear_cross_entropy' && index === 1) return tensor;
  return tensor.dim() < (inputs[0] as Tensor).dim() && loss === 'mse_loss' ? tensor : rows(tensor, 0, start, end);
}
