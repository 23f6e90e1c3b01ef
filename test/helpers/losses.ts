import * as mindspore from '../../lib/mindspore/index.js';
import type { AnyLossRow, LossEntry } from '../../lib/loss/row.js';
import type { Namespace } from '../../lib/loss/call_types.js';
import { LOSSES } from '../../lib/losses/index.js';
import { MINDSPORE_LOSSES } from '../../lib/losses/mindspore/index.js';
import type { Param } from '../../lib/loss/params.js';
import type { Tensor } from '../../lib/tensor/tensor.js';
import * as torch from '../../lib/torch/index.js';

/** The modules of the namespaces. */
export const MODULES: Readonly<Record<Namespace, Readonly<Record<string, unknown>>>> = {
  'torch.nn': torch.nn,
  'torch.nn.functional': torch.nn.functional,
  'mindspore.nn': mindspore.nn,
  'mindspore.ops': mindspore.ops,
};

/** A loss in a namespace. */
export interface Entry {
  readonly namespace: Namespace;
  readonly entry: LossEntry;
  readonly row: AnyLossRow;
  /** Its full name. */
  readonly path: string;
}

function entriesAmong(rows: readonly AnyLossRow[]): readonly Entry[] {
  return rows.flatMap((row) =>
    (Object.keys(MODULES) as Namespace[]).flatMap((namespace) => {
      const entry = row.namespaces[namespace];
      return entry === undefined ? [] : [{ namespace, entry, row, path: `${namespace}.${entry.name}` }];
    }),
  );
}

/** Every loss of PyTorch in every namespace. */
export const ENTRIES: readonly Entry[] = entriesAmong(LOSSES);

/** Every loss that only MindSpore has. */
export const MINDSPORE_ENTRIES: readonly Entry[] = entriesAmong(MINDSPORE_LOSSES);

/** Whether the namespace has classes, whose instances are called like functions. */
export function hasClasses(namespace: Namespace): boolean {
  return namespace.endsWith('.nn');
}

/** A parameter of a loss, by name. */
export function paramOf(row: AnyLossRow, name: string): Param | undefined {
  return Object.entries<Param>(row.params).find(([key]) => key === name)?.[1];
}

/** Values for the options that have no default, by the loss's operator. */
const REQUIRED: Readonly<Record<string, object>> = {
  sampled_softmax_loss: { num_sampled: 1, num_classes: 4 },
};

/** The options that a loss cannot do without; `undefined` if there are none. */
export function requiredOf(row: AnyLossRow): object | undefined {
  return REQUIRED[row.op];
}

/**
 * Calls a loss with anything: a function with the options last, a class by its constructor and the instance. Without
 * options it gets those that it cannot do without.
 */
export function callLoss({ namespace, entry, row }: Entry, inputs: readonly unknown[], ...given: unknown[]): unknown {
  const options = given.length === 0 && requiredOf(row) !== undefined ? [requiredOf(row)] : given;
  const callable = MODULES[namespace][entry.name] as (...args: unknown[]) => unknown;
  if (!hasClasses(namespace)) return callable(...inputs, ...options);
  const instance: (...args: readonly unknown[]) => unknown = Reflect.construct(callable, options);
  return instance(...inputs);
}

/** A loss in each of its namespaces. */
export function entriesOf(op: string): Entry[] {
  return ENTRIES.filter(({ row }) => row.op === op);
}

/** Calls a loss with anything, and returns the loss only if the result is a pair. */
export function lossOf(entry: Entry, inputs: readonly unknown[], ...options: unknown[]): Tensor {
  return [callLoss(entry, inputs, ...options)].flat()[0] as Tensor;
}

const { tensor } = torch;

const scores = () =>
  tensor([
    [0.1, 0.7, -0.2],
    [1.5, -0.3, 0.4],
  ]);
const probabilities = () =>
  tensor([
    [0.2, 0.3, 0.5],
    [0.1, 0.8, 0.1],
  ]);
const anchor = () =>
  tensor([
    [0.3, 0.7],
    [0.5, 0.5],
  ]);
const positive = () =>
  tensor([
    [0.4, 0.6],
    [0.4, 0.6],
  ]);
const negative = () =>
  tensor([
    [0.2, 0.9],
    [0.3, 0.7],
  ]);

/** Valid inputs of each loss, by its operator. */
export const INPUTS: Readonly<Record<string, () => Tensor[]>> = {
  cross_entropy_loss: () => [
    tensor([
      [0.1, 0.7, -0.2],
      [1.5, -0.3, 0.4],
    ]),
    tensor([2n, 0n]),
  ],
  linear_cross_entropy: () => [
    tensor([
      [0.1, 0.7],
      [1.5, -0.3],
    ]),
    tensor([
      [0.2, -1],
      [0.4, 0.3],
      [-0.6, 0.5],
    ]),
    tensor([2n, 0n]),
  ],
  smooth_l1_loss: () => [
    tensor([
      [0.2, 0.7],
      [2.5, -1],
    ]),
    tensor([
      [1, 0.5],
      [0, 0.25],
    ]),
  ],
  kl_div: () => [
    tensor([
      [0.2, 0.3, 0.5],
      [0.1, 0.8, 0.1],
    ]).log(),
    tensor([
      [0.1, 0.4, 0.5],
      [0.3, 0.3, 0.4],
    ]),
  ],
  binary_cross_entropy_with_logits: () => [
    tensor([
      [0.2, -0.7],
      [1.1, 3],
    ]),
    tensor([
      [1, 0],
      [0.5, 0.25],
    ]),
  ],
  ctc_loss: () => [
    tensor([
      [
        [0.1, 0.5, 0.9],
        [0.4, 0.3, 0.2],
      ],
      [
        [0.7, 0.1, 0],
        [0.3, 0.3, 0.3],
      ],
      [
        [1, 2, 3],
        [0, 1, 0],
      ],
    ]).log_softmax({ dim: 2 }),
    tensor([
      [1n, 2n],
      [2n, 1n],
    ]),
    tensor([3n, 2n]),
    tensor([2n, 1n]),
  ],
  triplet_margin_with_distance_loss: () => [anchor(), positive(), negative()],
  triplet_margin_loss: () => [anchor(), positive(), negative()],
  nll_loss_nd: () => [probabilities().log(), tensor([2n, 0n])],
  binary_cross_entropy: () => [
    probabilities(),
    tensor([
      [1, 0, 0.5],
      [0, 0.25, 1],
    ]),
  ],
  multilabel_margin_loss: () => [
    scores(),
    tensor(
      [
        [2, 0, -1],
        [1, -1, 0],
      ],
      { dtype: 'int64' },
    ),
  ],
  multilabel_soft_margin_loss: () => [
    scores(),
    tensor([
      [1, 0, 1],
      [0, 1, 0],
    ]),
  ],
  multi_margin_loss: () => [scores(), tensor([2n, 0n])],
  cosine_embedding_loss: () => [scores(), probabilities(), tensor([1, -1])],
  l1_loss: () => [scores(), probabilities()],
  mse_loss: () => [scores(), probabilities()],
  huber_loss: () => [scores(), probabilities()],
  soft_margin_loss: () => [
    scores(),
    tensor([
      [1, -1, 1],
      [-1, 1, 1],
    ]),
  ],
  hinge_embedding_loss: () => [
    scores(),
    tensor([
      [1, -1, 1],
      [-1, 1, 1],
    ]),
  ],
  margin_ranking_loss: () => [tensor([0.1, 0.7]), tensor([0.4, -0.2]), tensor([1, -1])],
  poisson_nll_loss: () => [
    scores(),
    tensor([
      [1, 0, 2],
      [3, 1, 0],
    ]),
  ],
  gaussian_nll_loss: () => [scores(), probabilities(), torch.ones([2, 3])],
  softmax_cross_entropy_with_logits: () => [scores(), probabilities()],
  mae_loss: () => [scores(), probabilities()],
  rmse_loss: () => [scores(), probabilities()],
  focal_loss: () => [scores(), tensor([[2n], [0n]])],
  dice_loss: () => [probabilities(), scores()],
  multi_class_dice_loss: () => [scores(), probabilities()],
  sampled_softmax_loss: () => [
    tensor([
      [0.5, -1],
      [1, 0.5],
      [-0.5, 2],
      [0, 1],
    ]),
    tensor([0.1, 0, -0.2, 0]),
    tensor([[0n], [2n]]),
    tensor([
      [1, 2],
      [-1, 0.5],
    ]),
  ],
};

/** Inputs for one loss. */
export function inputsOf(row: AnyLossRow): Tensor[] {
  const make = INPUTS[row.op];
  if (make === undefined) throw new Error(`no inputs for ${row.op}`);
  return make();
}
