// The plots of the losses: curves over one variable, computed by torchloss with autograd.
import { mindspore, torch } from '../../dist/index.js';
import { drawPicture } from './svg.mjs';

const F = torch.nn.functional;
const M = mindspore.nn;
const { aten } = torch.ops;

/** The number of points on a curve. They avoid round numbers, where the kinks are. */
const POINTS = 248;

const none = { reduction: 'none' };
/** A tensor of one value, in the shape of `x`. */
const like = (x, value) => torch.full([x.numel()], value, { dtype: 'float64' });
/** Joins columns, each a tensor or a number. */
const columns = (x, ...values) =>
  aten.stack(
    values.map((value) => (typeof value === 'number' ? like(x, value) : value)),
    1,
  );
/** One row for each point. */
const rows = (x, row, dtype = 'float64') => torch.tensor(Array(x.numel()).fill(row), { dtype });

/**
 * The plots by the losses' main names: what x is, its range, and for each curve its label and the loss at
 * each x. `clip` limits the range of the loss and of its gradient that is shown.
 */
export const FIGURES = {
  l1_loss: {
    x: 'input − target',
    range: [-3, 3],
    curves: { '': (x) => F.l1_loss(x, like(x, 0), none) },
  },
  mse_loss: {
    x: 'input − target',
    range: [-3, 3],
    curves: { '': (x) => F.mse_loss(x, like(x, 0), none) },
  },
  smooth_l1_loss: {
    x: 'input − target',
    range: [-3, 3],
    curves: over('beta', [0.5, 1, 2], (x, beta) => F.smooth_l1_loss(x, like(x, 0), { ...none, beta })),
  },
  huber_loss: {
    x: 'input − target',
    range: [-3, 3],
    curves: over('delta', [0.5, 1, 2], (x, delta) => F.huber_loss(x, like(x, 0), { ...none, delta })),
  },
  cross_entropy: {
    x: 'logit of the correct class, two others at 0',
    range: [-6, 6],
    curves: over('label_smoothing', [0, 0.1, 0.3], (x, label_smoothing) =>
      F.cross_entropy(columns(x, x, 0, 0), rows(x, 0, 'int64'), { ...none, label_smoothing }),
    ),
  },
  linear_cross_entropy: {
    x: 'input, whose logits are x, 0 and −x',
    range: [-6, 6],
    curves: Object.fromEntries(
      [0, 1, 2].map((label) => [
        `target ${label}`,
        (x) =>
          F.linear_cross_entropy(
            columns(x, x),
            torch.tensor([[1], [0], [-1]], { dtype: 'float64' }),
            rows(x, label, 'int64'),
            none,
          ),
      ]),
    ),
  },
  nll_loss: {
    x: 'log-probability of the correct class',
    range: [-5, 0],
    curves: over('weight of the class', [0.5, 1, 2], (x, weight) =>
      F.nll_loss(columns(x, x, -1), rows(x, 0, 'int64'), {
        ...none,
        weight: torch.tensor([weight, 1], { dtype: 'float64' }),
      }),
    ),
  },
  poisson_nll_loss: {
    x: 'input, the log of the rate',
    range: [-2, 3],
    curves: over('target', [1, 3, 6], (x, target) => F.poisson_nll_loss(x, like(x, target), none)),
  },
  gaussian_nll_loss: {
    x: 'var',
    range: [0, 4],
    clip: [
      [-1.6, 4.2],
      [-4.2, 4.2],
    ],
    curves: over('|input − target|', [0, 1, 2], (x, error) => F.gaussian_nll_loss(like(x, error), like(x, 0), x, none)),
  },
  kl_div: {
    x: 'probability given to the first of two outcomes',
    range: [0, 1],
    clip: [
      [-0.1, 2.4],
      [-6, 6],
    ],
    curves: over('its true probability', [0.2, 0.5, 0.9], (x, p) =>
      F.kl_div(columns(x, x, x.neg().add(1)).log(), rows(x, [p, 1 - p]), none).sum({ dim: 1 }),
    ),
  },
  binary_cross_entropy: {
    x: 'input, a probability',
    range: [0, 1],
    clip: [
      [-0.2, 4.2],
      [-8.4, 8.4],
    ],
    curves: over('target', [0, 0.5, 1], (x, target) => F.binary_cross_entropy(x, like(x, target), none)),
  },
  binary_cross_entropy_with_logits: {
    x: 'input, a logit',
    range: [-6, 6],
    curves: {
      'target 0': (x) => F.binary_cross_entropy_with_logits(x, like(x, 0), none),
      'target 1': (x) => F.binary_cross_entropy_with_logits(x, like(x, 1), none),
      'target 1, pos_weight 2': (x) =>
        F.binary_cross_entropy_with_logits(x, like(x, 1), { ...none, pos_weight: like(x, 2) }),
    },
  },
  margin_ranking_loss: {
    x: 'input1 − input2, with target 1',
    range: [-3, 3],
    curves: over('margin', [0, 0.5, 1], (x, margin) =>
      F.margin_ranking_loss(x, like(x, 0), like(x, 1), { ...none, margin }),
    ),
  },
  hinge_embedding_loss: {
    x: 'input',
    range: [-1, 4],
    curves: {
      'target 1': (x) => F.hinge_embedding_loss(x, like(x, 1), none),
      'target −1, margin 1': (x) => F.hinge_embedding_loss(x, like(x, -1), none),
      'target −1, margin 2': (x) => F.hinge_embedding_loss(x, like(x, -1), { ...none, margin: 2 }),
    },
  },
  multilabel_margin_loss: {
    x: 'score of the only label',
    range: [-3, 4],
    curves: {
      'two others at 0': (x) => F.multilabel_margin_loss(columns(x, x, 0, 0), rows(x, [0, -1, -1], 'int64'), none),
      'two others at −1 and 1': (x) =>
        F.multilabel_margin_loss(columns(x, x, -1, 1), rows(x, [0, -1, -1], 'int64'), none),
    },
  },
  soft_margin_loss: {
    x: 'input',
    range: [-6, 6],
    curves: {
      'target 1': (x) => F.soft_margin_loss(x, like(x, 1), none),
      'target −1': (x) => F.soft_margin_loss(x, like(x, -1), none),
    },
  },
  multilabel_soft_margin_loss: {
    x: 'logit of the first of two classes, the other at 0',
    range: [-6, 6],
    curves: {
      'target 1': (x) => F.multilabel_soft_margin_loss(columns(x, x, 0), rows(x, [1, 1]), none),
      'target 0': (x) => F.multilabel_soft_margin_loss(columns(x, x, 0), rows(x, [0, 1]), none),
      'target 1, weight 2': (x) =>
        F.multilabel_soft_margin_loss(columns(x, x, 0), rows(x, [1, 1]), {
          ...none,
          weight: torch.tensor([2, 1], { dtype: 'float64' }),
        }),
    },
  },
  cosine_embedding_loss: {
    x: 'angle between the vectors, in radians',
    range: [0, 3.14],
    curves: {
      'target 1': (x) => cosine(x, 1, 0),
      'target −1, margin 0': (x) => cosine(x, -1, 0),
      'target −1, margin 0.5': (x) => cosine(x, -1, 0.5),
    },
  },
  multi_margin_loss: {
    x: 'score of the correct class, two others at 0',
    range: [-2, 3],
    curves: {
      'p 1, margin 1': (x) => F.multi_margin_loss(columns(x, x, 0, 0), rows(x, 0, 'int64'), none),
      'p 2, margin 1': (x) => F.multi_margin_loss(columns(x, x, 0, 0), rows(x, 0, 'int64'), { ...none, p: 2 }),
      'p 1, margin 2': (x) => F.multi_margin_loss(columns(x, x, 0, 0), rows(x, 0, 'int64'), { ...none, margin: 2 }),
    },
  },
  triplet_margin_loss: {
    x: 'distance of the negative, the positive at 1',
    range: [0, 4],
    curves: over('margin', [0.5, 1, 2], (x, margin) =>
      F.triplet_margin_loss(columns(x, 0), columns(x, 1), columns(x, x), { ...none, margin }),
    ),
  },
  triplet_margin_with_distance_loss: {
    x: 'how far the negative is; the positive is at (0.8, 0.6)',
    range: [0, 3],
    curves: {
      'the default distance': (x) => triplet(x, null),
      'sum of absolute differences': (x) => triplet(x, (first, second) => first.sub(second).abs().sum({ dim: 1 })),
      'squared distance': (x) => triplet(x, (first, second) => first.sub(second).pow(2).sum({ dim: 1 })),
    },
  },
  ctc_loss: {
    x: 'probability of the only label at each step, else the blank',
    range: [0, 1],
    clip: [
      [-0.2, 6.2],
      [-12, 4],
    ],
    curves: over('steps', [1, 3, 6], (x, steps) => {
      const step = columns(x, x.neg().add(1), x).log();
      const lengths = (value) => Array(x.numel()).fill(value);
      return F.ctc_loss(aten.stack(Array(steps).fill(step)), rows(x, [1], 'int64'), lengths(steps), lengths(1), none);
    }),
  },
  MAELoss: {
    x: 'logits − labels',
    range: [-3, 3],
    curves: { '': (x) => new M.MAELoss(none)(x, like(x, 0)) },
  },
  RMSELoss: {
    x: 'error of one of two values',
    range: [-3, 3],
    curves: over('error of the other', [0.5, 1, 2], (x, other) =>
      each(x, (value) => new M.RMSELoss()(columns(value, value, other), columns(value, 0, 0))),
    ),
  },
  DiceLoss: {
    x: 'probability of the first of two elements, whose labels are 1 and 0',
    range: [0, 1],
    curves: over('probability of the second', [0, 0.5, 1], (x, other) =>
      each(x, (value) => new M.DiceLoss()(columns(value, value, other), columns(value, 1, 0))),
    ),
  },
  MultiClassDiceLoss: {
    x: 'logit of the right class, two others at 0',
    range: [-6, 6],
    curves: over('activation', ['softmax', 'sigmoid'], (x, activation) =>
      each(x, (value) =>
        new M.MultiClassDiceLoss({ activation })(columns(value, value, 0, 0), columns(value, 1, 0, 0)),
      ),
    ),
  },
  FocalLoss: {
    x: 'logit of the right class, two others at 0',
    range: [-4, 6],
    curves: over('gamma', [0, 1, 2], (x, gamma) =>
      new M.FocalLoss({ ...none, gamma })(columns(x, x, 0, 0), rows(x, [0], 'int32')),
    ),
  },
  SampledSoftmaxLoss: {
    x: 'score of the label, those of the sampled classes at 0',
    range: [-6, 6],
    curves: over('sampled classes', [1, 4, 16], (x, count) => {
      const zeros = torch.zeros([count + 1], { dtype: 'float64' });
      const sampled_values = [torch.arange(1, count + 1), torch.ones([1]), torch.ones([1])];
      const loss = new M.SampledSoftmaxLoss({ num_sampled: count, num_classes: count + 1, sampled_values });
      return loss(torch.eye(count + 1, 1, { dtype: 'float64' }), zeros, rows(x, [0], 'int64'), columns(x, x));
    }),
  },
  SoftmaxCrossEntropyWithLogits: {
    x: 'logit of the right class, two others at 0',
    range: [-6, 6],
    curves: {
      sparse: (x) =>
        new M.SoftmaxCrossEntropyWithLogits({ sparse: true })(columns(x, x, 0, 0).to('float32'), rows(x, 0, 'int32')),
      'labels 0.8, 0.1 and 0.1': (x) =>
        new M.SoftmaxCrossEntropyWithLogits()(columns(x, x, 0, 0).to('float32'), rows(x, [0.8, 0.1, 0.1], 'float32')),
    },
  },
};

/** A loss that gives one number for all its inputs, at each point of x. */
function each(x, loss) {
  return aten.stack(Array.from({ length: x.numel() }, (_, at) => loss(x.narrow(0, at, 1))));
}

/** Curves that differ in one parameter. */
function over(name, values, loss) {
  return Object.fromEntries(values.map((value) => [`${name} ${value}`, (x) => loss(x, value)]));
}

function cosine(x, target, margin) {
  const turned = aten.stack([aten.cos(x), aten.sin(x)], 1);
  return F.cosine_embedding_loss(columns(x, 1, 0), turned, like(x, target), { ...none, margin });
}

function triplet(x, distance_function) {
  const negative = columns(x, x.mul(0.8), x.mul(0.6));
  return F.triplet_margin_with_distance_loss(columns(x, 0, 0), columns(x, 0.8, 0.6), negative, {
    ...none,
    distance_function,
  });
}

/** Describes the plot of a loss in a sentence. */
export function describeFigure(name) {
  const { x, curves } = FIGURES[name];
  const labels = Object.keys(curves).filter((label) => label !== '');
  return `The loss and its gradient over: ${x}${labels.length > 0 ? `; curves: ${labels.join('; ')}` : ''}.`;
}

/** The plot of a loss, as SVG. */
export function drawFigure(name, title) {
  const { x, range, clip = [], curves } = FIGURES[name];
  const at = Array.from({ length: POINTS }, (_, index) => range[0] + ((index + 0.5) / POINTS) * (range[1] - range[0]));
  const computed = Object.values(curves).map((loss) => {
    const variable = torch.tensor(at, { dtype: 'float64', requires_grad: true });
    const values = loss(variable);
    values.sum().backward();
    return [values, variable.grad].map((tensor) => ({ x: at, y: Array.from(tensor.toTypedArray(), settle) }));
  });
  return drawPicture({
    title,
    description: describeFigure(name),
    panels: ['Loss', 'Gradient'].map((panel, index) => ({
      title: panel,
      x,
      range,
      clip: clip[index],
      curves: computed.map((curve) => curve[index]),
    })),
    legend: Object.keys(curves).filter((label) => label !== ''),
  });
}

/** Rounds off the last digits, which differ between machines and releases of LibTorch. */
function settle(value) {
  return Number(value.toFixed(8));
}
