import { itemsOf } from '../../addon/arguments.js';
import { handleOf, isTensor } from '../../addon/handle.js';
import type { Primitive } from '../../addon/native.js';
import { scope } from '../../addon/scope.js';
import { ArgumentRangeError, invalidType } from '../../base/errors.js';
import { isArray } from '../../base/plain_object.js';
import type { DType, Float, Shape } from '../../base/types.js';
import type { AsyncRest, Mode, Outcome, Reduced, Reduction } from '../../loss/call_types.js';
import { boolean, integer, type Param, reduction, requiredInteger } from '../../loss/params.js';
import type { Lowered, LossRow } from '../../loss/row.js';
import { ones, tensor } from '../../tensor/creation.js';
import { Generator } from '../../tensor/generator.js';
import { randint } from '../../tensor/random.js';
import type { Tensor } from '../../tensor/tensor.js';
import { dtypeAmong, rankWithin } from '../checks.js';
import { composed, roughExponential } from '../deviations.js';
import { deprecated } from '../releases.js';

/** Classes that were sampled elsewhere, and how often each is expected in such a sample. */
export type SampledValues = readonly [
  /** The sampled classes, of shape `[S]`. */
  sampled_candidates: Tensor<readonly [number], DType>,
  /** How often the classes of the labels are expected, in a shape that broadcasts with `[N, num_true]`. */
  true_expected_count: Tensor<Shape, Float>,
  /** How often the sampled classes are expected, in a shape that broadcasts with `[N, S]`. */
  sampled_expected_count: Tensor<Shape, Float>,
];

/** Options of the sampled softmax loss. `R` is the reduction. */
export interface SampledSoftmaxOptions<R extends Reduction = Reduction> {
  /** How many classes are sampled for a batch, from 1 to `num_classes`. Not used if `sampled_values` are given. */
  num_sampled: number;
  /** The number of classes. */
  num_classes: number;
  /** The number of labels of a sample. Default 1. */
  num_true?: number | undefined;
  /** The sampled classes and the expected counts. Default: `num_sampled` different classes, drawn for each call. */
  sampled_values?: SampledValues | null | undefined;
  /** Whether the labels of the batch are not drawn, as long as enough other classes are left. Default true. */
  remove_accidental_hits?: boolean | undefined;
  /**
   * The seed of the generator that the classes are drawn from; with 0 they are drawn from the default generator, which
   * `torch.manual_seed` seeds. MindSpore draws other classes: its generator differs. Default 0.
   */
  seed?: number | undefined;
  /** How the losses of the samples are reduced. Default `'none'`. */
  reduction?: R | undefined;
}

/** Calls `mindspore.nn.SampledSoftmaxLoss` with the options of the constructor. */
export interface SampledSoftmaxForward<R extends Reduction, A extends Mode = 'sync'> {
  /**
   * Cross entropy among the labels of a sample and the sampled classes `s`, where a class has the score
   * `weights[class] · logits + biases[class] - log(expected count of class)`.
   *
   * @param weights - the weights of the classes, of shape `[C, D]`, in a floating dtype
   * @param biases - the biases of the classes, of shape `[C]`
   * @param labels - the classes of each sample, in int32 or int64: `N × num_true` of them in any shape, usually
   *   `[N, num_true]`
   * @param logits - the inputs of the classifier, of shape `[N, D]`, in the dtype of `weights`
   * @returns the loss: a scalar, or one value per sample, of shape `[N]`, with reduction `'none'`; in the promoted dtype of
   *   the tensors and the expected counts, which are float32 if they are not given
   * @throws TypeError for another dtype of `labels`
   * @throws RangeError for any other shape, a class out of range, and a `num_classes` above the number of rows of `weights`
   *   if the classes are drawn
   * @throws TorchError if the dtypes of `weights` and `logits` differ
   * @example
   * ```ts
   * const weights = torch.tensor([[0.5, -1], [1, 0.5], [-0.5, 2], [0, 1]]);
   * const biases = torch.tensor([0.1, 0, -0.2, 0]);
   * const labels = mindspore.Tensor([[0], [2]], mindspore.int32);
   * const logits = torch.tensor([[1, 2], [-1, 0.5]]);
   * const sampled_values = [mindspore.Tensor([1, 3], mindspore.int32), torch.tensor([[0.5]]), torch.tensor([0.5])] as const;
   * const loss = new mindspore.nn.SampledSoftmaxLoss({ num_sampled: 2, num_classes: 4, sampled_values });
   * loss(weights, biases, labels, logits).tolist();   // [4.1096..., 0.45619...]
   * ```
   */
  <D extends Float>(
    weights: Tensor<Shape, D>,
    biases: Tensor<Shape, Float>,
    labels: Tensor<Shape, 'int32' | 'int64'>,
    logits: Tensor<Shape, NoInfer<D>>,
    ...options: AsyncRest<A>
  ): Outcome<A, Tensor<Reduced<readonly [number], R>, Float>>;
}

const three = 'an array of three tensors or null';

/** Classes sampled by the caller. */
const sampledValues: Param = {
  kind: 'tensors',
  default: undefined,
  shownDefault: null,
  read(value, name) {
    if (value === null) return undefined;
    if (!isArray(value)) throw invalidType(name, three, value);
    const list = itemsOf(value, name);
    if (list.length !== 3) throw new ArgumentRangeError(name, three, `${list.length} of them`);
    for (const [at, item] of list.entries()) {
      if (!isTensor(item)) throw invalidType(`${name}[${at}]`, 'a Tensor', item);
    }
    return list;
  },
};

/** The seed of an instance's own generator, made when it is read; none for 0. */
const seed: Param = {
  ...integer(0),
  default: undefined,
  read(value, name, reading) {
    const given = integer(0).read(value, name, reading) as number;
    if (given < 0) throw new ArgumentRangeError(name, 'an integer of at least 0', String(given));
    return given === 0 ? undefined : new Generator().manual_seed(given);
  },
};

/** What MindSpore checks of two options together. */
function checkOptions([num_sampled, num_classes, num_true]: readonly unknown[]): void {
  for (const [name, value] of Object.entries({ num_sampled, num_true })) {
    if ((value as number) <= (num_classes as number)) continue;
    throw new ArgumentRangeError(name, `at most num_classes, ${num_classes}`, String(value));
  }
}

/** The number of classes drawn at once. */
const BLOCK = 256;

/** Draws different classes with equal probabilities: one that was drawn before or that is taken is drawn again. */
function drawClasses(
  count: number,
  classes: number,
  taken: ReadonlySet<number>,
  generator: Generator | undefined,
): readonly number[] {
  const drawn = new Set<number>();
  while (drawn.size < count) {
    const block = scope(() =>
      randint(classes, [Math.max(count - drawn.size, BLOCK)], { generator, device: 'cpu' }).tolist(),
    );
    for (const next of block) {
      if (drawn.size < count && !taken.has(next)) drawn.add(next);
    }
  }
  return [...drawn];
}

/** Samples classes for a batch, as `UniformCandidateSampler` of MindSpore does. */
function sample(labels: Tensor, rows: number, params: readonly unknown[]): SampledValues {
  const [count, classes, , , removesHits, generator] = params as [number, number, number, unknown, boolean, Generator?];
  if (classes > rows) throw new ArgumentRangeError('num_classes', `at most the rows of weights, ${rows}`, `${classes}`);
  const hits = new Set(removesHits ? Array.from(labels.toTypedArray(), Number) : []);
  const taken = classes - hits.size >= count ? hits : new Set<number>();
  const drawn = drawClasses(count, classes, taken, generator);
  // Each class is as likely as any other: the expected counts cancel, whatever they are.
  const expected = ones([1], { device: 'cpu', dtype: 'float32' });
  return [tensor([...drawn], { device: 'cpu', dtype: 'int64' }), expected, expected];
}

function lower(tensors: readonly Tensor[], params: readonly unknown[]): Lowered {
  const [weights, biases, labels, logits] = tensors as readonly [Tensor, Tensor, Tensor, Tensor];
  const [, , numTrue, given, , , reduction] = params;
  const sampled = (given ?? sample(labels, weights.size(0), params)) as SampledValues;
  const handles = sampled.map((value, at) => handleOf(value, `sampled_values[${at}]`));
  return {
    op: 'sampled_softmax_loss',
    args: [
      handleOf(weights, 'weights'),
      handleOf(biases, 'biases'),
      handleOf(labels, 'labels'),
      handleOf(logits, 'logits'),
      numTrue,
      ...handles,
      reduction,
    ] as Primitive[],
    ...(given === undefined && { made: sampled }),
  };
}

/** MindSpore's checks of the tensors; those that depend on the options are the addon's. */
function prepare(inputs: readonly unknown[], names: readonly string[]): readonly Tensor[] {
  const check = (at: number, rank: number): Tensor =>
    rankWithin([inputs[at]], [names[at] as string], { least: rank, most: rank })[0] as Tensor;
  const [weights, biases] = [check(0, 2), check(1, 1)];
  const [labels] = dtypeAmong([inputs[2]], [names[2] as string], ['int32', 'int64']) as readonly [Tensor];
  const logits = check(3, 2);
  const [classes, width] = weights.shape as readonly [number, number];
  for (const [name, expected, got] of [
    ['biases', `[${classes}], a bias for each row of weights`, biases.shape],
    ['logits', `[${logits.shape[0]}, ${width}], as wide as weights`, logits.shape],
  ] as const) {
    const size = name === 'biases' ? classes : width;
    if (got.at(-1) !== size) throw new ArgumentRangeError(name, `the shape ${expected}`, `[${got.join(', ')}]`);
  }
  return [weights, biases, labels, logits];
}

/** Sampled softmax loss: cross entropy among the labels and a few sampled classes. */
export const sampledSoftmax = {
  op: 'sampled_softmax_loss',
  formula:
    'z[c] = weights[c] · logits + biases[c] - log(expected count of c)\np = softmax(z) over the labels and the sampled classes\nloss = -mean over the labels of log(p[label] + 1e-20)',
  tex: [
    String.raw`z_c=w_c\cdot x+b_c-\log q_c`,
    String.raw`p=\operatorname{softmax}(z_{y_1},\dots,z_{y_T},z_{s_1},\dots,z_{s_S})`,
    String.raw`\ell=-\frac1T\sum_{t=1}^{T}\log\,(p_{y_t}+10^{-20})`,
  ],
  use: 'Use it to train a classifier of very many classes, where the scores of all of them are too expensive.',
  avoid:
    'It is lower than the cross entropy of all classes: evaluate with `CrossEntropyLoss`, and train with it if the classes are few, or with `LinearCrossEntropyLoss` if only memory is short.',
  paper: {
    title: 'Jean et al., On Using Very Large Target Vocabulary for Neural Machine Translation, 2015',
    url: 'https://arxiv.org/abs/1412.2007',
  },
  params: {
    num_sampled: requiredInteger,
    num_classes: requiredInteger,
    num_true: integer(1),
    sampled_values: sampledValues,
    remove_accidental_hits: boolean(true),
    seed,
    reduction: reduction(),
  },
  lower,
  checkOptions,
  versions: [deprecated('MindSpore 2.8 and newer')],
  namespaces: {
    'mindspore.nn': {
      name: 'SampledSoftmaxLoss',
      inputs: ['weights', 'biases', 'labels', 'logits'],
      options: [
        'num_sampled',
        'num_classes',
        'num_true',
        'sampled_values',
        'remove_accidental_hits',
        'seed',
        'reduction',
      ],
      defaults: { reduction: 'none' },
      limits: {
        num_sampled: { expected: 'an integer above 0', holds: (count: number) => count > 0 },
        num_true: { expected: 'an integer above 0', holds: (count: number) => count > 0 },
      },
      prepare,
    },
  },
  sampleDims: [0, 1],
  deviations: [
    {
      about: 'the classes that are drawn without sampled_values',
      torch: "drawn from LibTorch's generator",
      mindspore: "drawn from MindSpore's generator, so other ones",
    },
    {
      about: "reduction 'mean' and 'sum'",
      torch: 'applied, as documented',
      mindspore: 'ignored in 2.10: one value per sample',
      explains: (call) =>
        call.framework === 'mindspore' &&
        call.theirs === undefined &&
        (call.options.reduction ?? 'none') !== 'none' &&
        // A recorded gradient of the losses does not fit their mean.
        (call.ours === undefined || call.ours.startsWith('gradient: expected shape')),
    },
    {
      about: 'a class below 0',
      torch: 'a RangeError',
      mindspore: 'counted from the last class, but without a gradient in 2.10',
    },
    {
      about: 'biases of another length than weights',
      torch: 'a RangeError',
      mindspore: 'computed if the classes that are used have one',
    },
    roughExponential,
    ...composed,
  ],
} satisfies LossRow<SampledSoftmaxOptions>;
