/** Random tensors for each loss. */
import { behaviour } from '../../addon/versions.js';
import { ACC_POLICIES } from '../../losses/linear_cross_entropy_options.js';
import type { Framework } from '../wire/protocol.js';
import type { CaseTensor, CaseValue, PlainValue, RecordedObject } from './cases.js';
import type { Draw } from './draw.js';
import type { RecordedDistance } from './distances.js';

/** The arguments of a loss, before its options. */
export interface Ingredients {
  /** The tensors, in order. */
  readonly inputs: readonly (CaseTensor | PlainValue)[];
  /** Values for options that are not plain numbers: tensors and indices that fit the inputs. */
  readonly options?: Readonly<Record<string, () => Exclude<CaseValue, PlainValue> | number | undefined>>;
  /** Options that the inputs were made for. */
  readonly always?: Readonly<Record<string, CaseValue>>;
}

/** Draws the inputs of one loss. */
export type Recipe = (draw: Draw, framework: Framework) => Ingredients;

/** Two tensors of one shape, or of shapes that broadcast. */
const pair: Recipe = (draw) => {
  const shape = draw.shape(0, 4);
  const input = draw.real(shape);
  const targetShape = draw.is('broadcast') ? draw.broadcast(shape) : shape;
  const target = draw.real(targetShape, { grad: draw.random.chance(0.4) });
  return { inputs: [input, target], options: { weight: () => draw.positive(shape, false) } };
};

/** Scores and a sign for each. */
const signed: Recipe = (draw) => {
  const shape = draw.shape(0, 4);
  return { inputs: [draw.real(shape), draw.sign(draw.is('broadcast') ? draw.broadcast(shape) : shape)] };
};

/** The dtype of class indices: PyTorch requires int64. */
function indexDType(draw: Draw, framework: Framework): 'int32' | 'int64' {
  return framework === 'pytorch' || draw.random.chance(0.2) ? 'int64' : 'int32';
}

/** The sizes of a batch of classes: `[C]`, `[N, C]` or `[N, C, ...]`. */
function classShape(draw: Draw, most = 4): number[] {
  const classes = draw.size(2, 7);
  if (draw.is('unbatched')) return [classes];
  const rest = draw.is('long') ? [] : Array.from({ length: draw.random.integer(0, most - 2) }, () => draw.size(1, 4));
  return [draw.batch(), classes, ...rest];
}

/** The dimension of the classes. */
function classDim(shape: readonly number[]): number {
  return shape.length === 1 ? 0 : 1;
}

/** Class scores or log-probabilities, and an index for each sample. */
function classified(logarithms: boolean): Recipe {
  return (draw, framework) => {
    const { random } = draw;
    const shape = classShape(draw);
    const dim = classDim(shape);
    const classes = shape[dim] as number;
    const ignored = random.integer(0, classes - 1);
    const ignores = draw.is('options', 'edges') || random.chance(0.3);
    const input = logarithms ? draw.logProbability(shape, dim) : draw.real(shape, { scale: 3 });
    const samples = shape.toSpliced(dim, 1);
    const probabilities = !logarithms && random.chance(0.3);
    const dtype = indexDType(draw, framework);
    const target = probabilities
      ? draw.probability(shape, random.chance(0.3))
      : draw.labels(samples, classes, dtype, ignores ? [-100, ignored] : []);
    return {
      inputs: [input, target],
      options: { weight: () => draw.positive([classes], false), ignore_index: () => (probabilities ? -100 : ignored) },
    };
  };
}

/** Features, a linear layer and the class of each output. */
const projected: Recipe = (draw) => {
  const { random } = draw;
  const [features, classes] = [draw.size(1, 9), draw.size(2, 12)];
  const alone = draw.is('unbatched');
  const batch = alone ? [] : [Math.min(draw.batch(), 200)];
  const more = !alone && random.chance(0.15) ? [draw.size(1, 3)] : [];
  const ignored = random.integer(0, classes - 1);
  const probabilities = random.chance(0.2);
  const target = probabilities
    ? draw.probability([...batch, classes, ...more], random.chance(0.3))
    : draw.labels([...batch, ...more], classes, 'int64', random.chance(0.5) ? [-100, ignored] : []);
  return {
    inputs: [draw.real([...batch, features]), draw.real([classes, ...more, features]), target],
    options: {
      linear_bias: () => draw.real([classes, ...more], { grad: false }),
      weight: () => draw.positive([classes], false),
      ignore_index: () => (probabilities ? undefined : ignored),
      options: () => chunking(draw),
    },
  };
};

/** Values of LinearCrossEntropyOptions that agree with each other and with the dtype. */
function chunking({ random, dtype }: Draw): RecordedObject {
  const isHalf = dtype === 'float16' || dtype === 'bfloat16';
  return {
    class: 'LinearCrossEntropyOptions',
    kwargs: {
      acc_policy: random.pick(
        behaviour().autoChunksAreCapped ? ['auto', 'accurate', 'compact'] : Object.keys(ACC_POLICIES),
      ),
      allow_retain_graph: true,
      ...(isHalf && random.chance(0.5) && { acc_dtype: 'float32' }),
      ...(random.chance(0.5)
        ? { batch_chunk_size: random.integer(1, 8) }
        : { chunking_method: random.pick(['auto', 'aspect_ratio', 'aspect_ratio:2', 'aspect_ratio:3', null]) }),
    },
  };
}

/** Sequences and their targets, in one batch or alone. */
const sequences: Recipe = (draw, framework) => {
  const { random } = draw;
  const alone = draw.is('unbatched');
  const batch = alone ? 1 : Math.min(draw.batch(), 40);
  const classes = draw.size(3, 6);
  const blank = draw.is('options') ? random.integer(0, classes - 1) : 0;
  const longest = draw.size(1, 5);
  const time = draw.is('edges') ? longest : draw.size(2 * longest + 1, 2 * longest + 8);
  const targetLengths = Array.from({ length: batch }, () => random.integer(draw.is('edges') ? 0 : 1, longest));
  const inputLengths = Array.from(targetLengths, (least) => random.integer(Math.max(least, time - 3), time));
  const joined = !alone && framework === 'pytorch' && random.chance(0.4);
  const total = targetLengths.reduce((sum, length) => sum + length, 0);
  const dtype = framework === 'pytorch' ? 'int64' : random.pick(['int32', 'int64'] as const);
  const symbols = Array.from({ length: classes }, (_, symbol) => symbol).filter((symbol) => symbol !== blank);
  const targetShape = joined || alone ? [total] : [batch, longest];
  const count = targetShape.reduce((product, size) => product * size, 1);
  const targets = draw.given(
    targetShape,
    Array.from({ length: count }, () => random.pick(symbols)),
    dtype,
  );
  const listed = framework === 'pytorch' && random.chance(0.3);
  const lengths = (values: number[]): CaseTensor | PlainValue => (listed ? values : draw.given([batch], values, dtype));
  const log_probs = draw.logProbability(alone ? [time, classes] : [time, batch, classes], alone ? 1 : 2);
  return {
    inputs: [log_probs, targets, lengths(inputLengths), lengths(targetLengths)],
    options: { blank: () => blank },
  };
};

const probabilities: Recipe = (draw) => {
  const shape = draw.shape(0, 4);
  return {
    inputs: [draw.probability(shape), draw.probability(shape, draw.random.chance(0.4))],
    options: { weight: () => draw.positive(draw.is('broadcast') ? draw.broadcast(shape) : shape, false) },
  };
};

const logits: Recipe = (draw) => {
  const shape = draw.shape(0, 4);
  return {
    inputs: [draw.real(shape, { scale: 4 }), draw.probability(shape, draw.random.chance(0.4))],
    options: {
      weight: () => draw.positive(draw.is('broadcast') ? draw.broadcast(shape) : shape, false),
      pos_weight: () => draw.positive(shape.slice(-1), false),
    },
  };
};

const divergence: Recipe = (draw, framework) => {
  const shape = draw.shape(1, 4);
  const dim = shape.length - 1;
  // MindSpore has no log_target.
  const target = draw.random.chance(framework === 'pytorch' ? 0.5 : 0.9)
    ? draw.probability(shape, draw.random.chance(0.4))
    : draw.logProbability(shape, dim, false);
  return { inputs: [draw.logProbability(shape, dim), target] };
};

const poisson: Recipe = (draw) => {
  const shape = draw.shape(0, 4);
  const target = draw.is('broadcast') ? draw.broadcast(shape) : shape;
  const input = draw.random.chance(0.5) ? draw.real(shape) : draw.positive(shape);
  return { inputs: [input, draw.count(target, draw.random.chance(0.2))] };
};

const gaussian: Recipe = (draw) => {
  const { random } = draw;
  const shape = draw.shape(1, 3);
  const shapes = [shape, [...shape.slice(0, -1), 1], shape.slice(0, -1)];
  const variance = draw.positive(draw.is('broadcast') ? random.pick(shapes) : shape, random.chance(0.6));
  return { inputs: [draw.real(shape), draw.real(shape, { grad: random.chance(0.4) }), variance] };
};

const ranking: Recipe = (draw) => {
  const shape = draw.shape(0, 3);
  const other = draw.is('broadcast') ? shape.map((size) => (draw.random.chance(0.5) ? 1 : size)) : shape;
  return { inputs: [draw.real(shape), draw.real(other, { grad: true }), draw.sign(shape)] };
};

const cosine: Recipe = (draw) => {
  const [batch, width] = [draw.batch(), draw.size(1, 20)];
  const shape = draw.is('unbatched') ? [width] : [batch, width];
  return { inputs: [draw.real(shape), draw.real(shape), draw.sign(shape.slice(0, -1))] };
};

/** Scores of classes; the labels of each sample first, then -1. */
const severalLabels: Recipe = (draw, framework) => {
  const { random } = draw;
  const classes = draw.size(1, 7);
  const batch = draw.batch();
  const shape = draw.is('unbatched') ? [classes] : [batch, classes];
  const rows = draw.is('unbatched') ? 1 : batch;
  const labels = Array.from({ length: rows }, () => {
    const count = random.integer(0, classes);
    return Array.from({ length: classes }, (_, at) => (at < count ? random.integer(0, classes - 1) : -1));
  });
  return { inputs: [draw.real(shape), draw.given(shape, labels.flat(), indexDType(draw, framework))] };
};

const softLabels: Recipe = (draw) => {
  const shape = draw.shape(1, 3);
  const classes = shape.at(-1) as number;
  const grad = draw.random.chance(0.2);
  return {
    inputs: [draw.real(shape, { scale: 4 }), draw.bit(shape, grad)],
    options: { weight: () => draw.positive([classes], false) },
  };
};

const oneLabel: Recipe = (draw) => {
  const classes = draw.size(2, 7);
  const batch = draw.batch();
  const alone = draw.is('unbatched');
  return {
    inputs: [draw.real(alone ? [classes] : [batch, classes]), draw.labels(alone ? [] : [batch], classes, 'int64')],
    options: { weight: () => draw.positive([classes], false) },
  };
};

const triplet: Recipe = (draw) => {
  const shape = draw.is('unbatched') ? [draw.size(2, 8)] : [draw.batch(), draw.size(1, 20)];
  if (draw.random.chance(0.2) && !draw.is('unbatched')) shape.push(draw.size(2, 5));
  const distance = (): RecordedDistance => ({
    function: draw.random.pick(['pairwise_distance', 'cosine_distance', 'chebyshev_distance']),
    kwargs: {},
  });
  return {
    inputs: [draw.real(shape), draw.real(shape), draw.real(shape)],
    options: { distance_function: distance },
  };
};

/** Predictions and labels from 0 to 1. */
const overlap: Recipe = (draw) => {
  const shape = draw.shape(0, 4);
  return { inputs: [draw.probability(shape), draw.bit(shape, draw.random.chance(0.2))] };
};

/** Scores and labels of classes, in dimension 1. */
const overlaps: Recipe = (draw) => {
  const { random } = draw;
  const classes = draw.size(2, 5);
  const shape = [draw.batch(), classes, ...(draw.is('long') || random.chance(0.5) ? [] : [draw.size(1, 4)])];
  return {
    inputs: [draw.real(shape), draw.bit(shape, random.chance(0.2))],
    options: {
      weights: () => draw.positive([classes, draw.size(1, 3)], false),
      ignore_indiex: () => random.integer(0, classes - 1),
    },
  };
};

/** Class scores, and an index for each position or a share for each class. */
const focused: Recipe = (draw) => {
  const { random } = draw;
  const [batch, classes] = [draw.batch(), draw.size(2, 7)];
  const rest = draw.is('long') ? [] : Array.from({ length: random.integer(0, 2) }, () => draw.size(1, 4));
  const shape = [batch, classes, ...rest];
  const isShares = random.chance(0.3) && ['float16', 'float32'].includes(draw.dtype);
  const labels = isShares
    ? draw.probability(shape, random.chance(0.3))
    : draw.labels([batch, 1, ...rest], classes, random.pick(['int32', 'int64']), [-1]);
  return {
    inputs: [draw.real(shape, { scale: 3 }), labels],
    options: { weight: () => draw.positive([classes], false) },
  };
};

/** Class scores, with a probability for each class; `sparse` takes indices instead. */
const softmaxed: Recipe = (draw, framework) => {
  const { random } = draw;
  const [batch, classes] = [draw.batch(), draw.size(2, 7)];
  const sparse = random.chance(0.5);
  const oneHot = (): CaseTensor => {
    const rows = Array.from({ length: batch }, () => {
      const label = random.integer(0, classes - 1);
      return Array.from({ length: classes }, (_, at) => Number(at === label));
    });
    return draw.given([batch, classes], rows.flat(), draw.dtype);
  };
  const shares = (): CaseTensor => draw.probability([batch, classes], random.chance(0.5));
  const labels = sparse
    ? draw.labels([batch], classes, indexDType(draw, framework))
    : random.chance(0.7)
      ? oneHot()
      : shares();
  return { inputs: [draw.real([batch, classes], { scale: 3 }), labels], always: { sparse } };
};

/** A linear layer of classes, its inputs and their labels; and classes sampled among the others. */
const sampled: Recipe = (draw) => {
  const { random } = draw;
  const [batch, width, classes] = [Math.min(draw.batch(), 200), draw.size(1, 9), draw.size(4, 12)];
  const [perSample, candidates] = [random.integer(1, 2), random.integer(1, 4)];
  const expected = (...shape: number[]): CaseTensor => {
    const count = shape.reduce((product, size) => product * size, 1);
    return draw.given(
      shape,
      Array.from({ length: count }, () => random.uniform(0.05, 1)),
      'float32',
    );
  };
  return {
    inputs: [
      draw.real([classes, width]),
      draw.real([classes]),
      draw.labels([batch, perSample], classes, random.pick(['int32', 'int64'])),
      draw.real([batch, width]),
    ],
    options: { seed: () => random.integer(1, 1000) },
    always: {
      num_sampled: candidates,
      num_classes: classes,
      num_true: perSample,
      sampled_values: [
        draw.labels([candidates], classes, random.pick(['int32', 'int64'])),
        expected(batch, random.chance(0.5) ? perSample : 1),
        expected(candidates),
      ],
      // MindSpore does not reduce the losses, so that little is compared otherwise.
      ...(random.chance(0.7) && { reduction: 'none' }),
    },
  };
};

/** A recipe for every loss, by its main name. */
export const RECIPES: Readonly<Record<string, Recipe>> = {
  l1_loss: pair,
  mse_loss: pair,
  huber_loss: pair,
  smooth_l1_loss: pair,
  soft_margin_loss: signed,
  hinge_embedding_loss: signed,
  cross_entropy: classified(false),
  linear_cross_entropy: projected,
  nll_loss: classified(true),
  ctc_loss: sequences,
  binary_cross_entropy: probabilities,
  binary_cross_entropy_with_logits: logits,
  kl_div: divergence,
  poisson_nll_loss: poisson,
  gaussian_nll_loss: gaussian,
  margin_ranking_loss: ranking,
  cosine_embedding_loss: cosine,
  multilabel_margin_loss: severalLabels,
  multilabel_soft_margin_loss: softLabels,
  multi_margin_loss: oneLabel,
  triplet_margin_loss: triplet,
  triplet_margin_with_distance_loss: triplet,
  SoftmaxCrossEntropyWithLogits: softmaxed,
  MAELoss: pair,
  RMSELoss: pair,
  FocalLoss: focused,
  DiceLoss: overlap,
  MultiClassDiceLoss: overlaps,
  SampledSoftmaxLoss: sampled,
};

/** Values other than the default for options, by name. */
export const NUMBERS: Readonly<Record<string, readonly number[]>> = {
  margin: [0.5, 2, 0.1, 0.25],
  beta: [0.5, 2, 0.1, 0],
  delta: [0.5, 2, 1.5],
  eps: [1e-3, 1e-5, 1e-6, 0.5],
  p: [1, 2, 3],
  label_smoothing: [0.1, 0.5, 1],
  smooth: [1e-3, 0.5, 1],
  gamma: [0.5, 1, 3],
};
