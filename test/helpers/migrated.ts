/** Calls of all losses with options that are not their defaults, for the tests that translate calls between namespaces. */
import type { Tensor } from '../../lib/index.js';
import type { AnyLossRow, LossEntry } from '../../lib/loss/row.js';
import { entryOf, NAMESPACES } from '../../lib/losses/catalogue.js';
import { LOSSES } from '../../lib/losses/index.js';
import type { Literal } from '../../lib/migration/python.js';
import { pythonLiteral } from '../../lib/migration/write.js';
import * as mindspore from '../../lib/mindspore/index.js';
import * as torch from '../../lib/torch/index.js';
import { inputsOf, paramOf } from './losses.js';

const { tensor } = torch;

/** A non-default option: its text in Python, and the value that the call must have. */
export type Chosen = readonly [python: string, value: unknown];

export const weights = tensor([0.5, 2, 1.25]);
const elementWeights = tensor([
  [0.5, 2, 1.25],
  [1, 0.75, 3],
]);
const distance = (first: Tensor, second: Tensor) => first.sub(second).abs().sum({ dim: 1 });

/** The values of names in the calls. */
export const NAMES: Readonly<Record<string, unknown>> = {
  weights,
  elementWeights,
  distance,
  weightOfTwo: tensor([0.5, 2]),
  positives: tensor([3, 0.25]),
};

const sum: Chosen = ["'sum'", 'sum'];

/** Non-default options, by operator. Element weights have their own tests. */
export const OPTIONS: Readonly<Record<string, Readonly<Record<string, Chosen>>>> = {
  cross_entropy_loss: {
    weight: ['weights', weights],
    ignore_index: ['2', 2],
    reduction: sum,
    label_smoothing: ['0.125', 0.125],
  },
  ctc_loss: { blank: ['1', 1], reduction: ["'none'", 'none'], zero_infinity: ['True', true] },
  kl_div: { reduction: ["'batchmean'", 'batchmean'] },
  binary_cross_entropy_with_logits: {
    weight: ['weightOfTwo', NAMES.weightOfTwo],
    pos_weight: ['positives', NAMES.positives],
    reduction: sum,
  },
  nll_loss_nd: { weight: ['weights', weights], ignore_index: ['0', 0], reduction: sum },
  // MindSpore takes no broadcast weight here.
  binary_cross_entropy: { weight: ['elementWeights', elementWeights], reduction: sum },
  multilabel_margin_loss: { reduction: ["'none'", 'none'] },
  multilabel_soft_margin_loss: { weight: ['weights', weights], reduction: ["'none'", 'none'] },
  multi_margin_loss: { p: ['2', 2], margin: ['3', 3], weight: ['weights', weights], reduction: ["'none'", 'none'] },
  cosine_embedding_loss: { margin: ['-0.25', -0.25], reduction: ["'none'", 'none'] },
  triplet_margin_loss: {
    margin: ['1.5', 1.5],
    p: ['3', 3],
    eps: ['1e-3', 1e-3],
    swap: ['True', true],
    reduction: sum,
  },
  smooth_l1_loss: { beta: ['.5', 0.5], reduction: sum },
  triplet_margin_with_distance_loss: {
    distance_function: ['distance', distance],
    margin: ['2.5', 2.5],
    swap: ['True', true],
    reduction: ["'none'", 'none'],
  },
  l1_loss: { reduction: sum },
  mse_loss: { reduction: ["'none'", 'none'] },
  huber_loss: { reduction: sum, delta: ['0.25', 0.25] },
  soft_margin_loss: { reduction: ["'none'", 'none'] },
  hinge_embedding_loss: { margin: ['0.5', 0.5], reduction: sum },
  margin_ranking_loss: { margin: ['0.75', 0.75], reduction: ["'none'", 'none'] },
  poisson_nll_loss: { log_input: ['False', false], full: ['True', true], eps: ['0.5', 0.5], reduction: sum },
  gaussian_nll_loss: { full: ['True', true], eps: ['2.0', 2], reduction: ["'none'", 'none'] },
};

/** Inputs that suit the options: positive ones for a logarithm. */
export function inputsFor(row: AnyLossRow): Tensor[] {
  const [first, ...others] = inputsOf(row) as [Tensor, ...Tensor[]];
  return [row.op === 'poisson_nll_loss' ? first.exp() : first, ...others];
}

/** The names of the tensors in the calls. */
export function tensorNames(inputs: readonly Tensor[]): string[] {
  return inputs.map((_, index) => `tensor_${index}`);
}

/** A call in Python. */
export function pythonCall(path: string, options: readonly string[], tensors: readonly string[]): string {
  if (!/\.nn\.\w+$/.test(path)) return `${path}(${[...tensors, ...options].join(', ')})`;
  return `${path}(${options.join(', ')})(${tensors.join(', ')})`;
}

/** Runs the TypeScript that a migration wrote, with names for the tensors. */
export function evaluate(code: string, names: readonly string[], inputs: readonly Tensor[]): unknown {
  const tensors = Object.fromEntries(names.map((name, index) => [name, inputs[index]]));
  const scope = { torch, mindspore, ...NAMES, ...tensors };
  // oxlint-disable-next-line typescript/no-implied-eval -- the code under test
  return new Function(...Object.keys(scope), `return ${code};`)(...Object.values(scope));
}

/** The same for a call with the tensors' names from here; returns the loss only if the result is a pair. */
export function runWritten(code: string, inputs: readonly Tensor[]): Tensor {
  return [evaluate(code, tensorNames(inputs), inputs)].flat()[0] as Tensor;
}

/** The losses that both frameworks have. */
export const COMMON = LOSSES.filter((row) => entryOf(row, 'mindspore.nn') !== undefined);

/** Each of them, from each namespace that has it to each other. */
export const PAIRS = COMMON.flatMap((row) =>
  NAMESPACES.filter((from) => entryOf(row, from) !== undefined).flatMap((from) =>
    NAMESPACES.map((to) => ({ op: row.op, from, to, row })),
  ),
);

/** The ways to write an entry's options in Python, each with the resulting values. */
export function writings(row: AnyLossRow, { options, keywordOnly, ...entry }: LossEntry): [string[], object][] {
  const chosen = Object.entries(OPTIONS[row.op] ?? {});
  const values = Object.fromEntries(chosen.map(([name, [, value]]) => [name, value]));
  const list: [string[], object][] = [
    [[], {}],
    [chosen.map(([name, [python]]) => `${name}=${python}`), values],
  ];
  if (keywordOnly !== true) {
    const absent = (name: string) =>
      pythonLiteral((entry.defaults?.[name] ?? paramOf(row, name)?.shownDefault ?? null) as Literal);
    const stable = options.filter((name) => paramOf(row, name)?.since === undefined);
    list.push([stable.map((name) => OPTIONS[row.op]?.[name]?.[0] ?? absent(name)), values]);
  }
  if (options.includes('reduce')) {
    list.push([['size_average=False'], { reduction: 'sum' }]);
    list.push([["reduction='mean'", 'reduce=False', 'size_average=True'], { reduction: 'none' }]);
  }
  return list;
}
