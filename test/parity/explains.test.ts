/** What each known deviation explains, and what it must not: other elements, and other numbers. */
import { describe, expect, it } from 'vitest';
import { behaviour } from '../../lib/addon/versions.js';
import { findLoss } from '../../lib/losses/catalogue.js';
import { judgeCase } from '../../lib/parity/judge/judge.js';
import { exampleCase } from '../../lib/parity/cases/known.js';
import { runCase, type SideResult } from '../../lib/parity/sides/own.js';
import type { AnyLossRow, DeviationExample } from '../../lib/loss/row.js';
import type { DType } from '../../lib/base/types.js';

/** What MindSpore may return instead of the output or the gradient: numbers, or an error message. */
type There = readonly number[] | string;

interface Expectation extends DeviationExample {
  readonly loss: string;
  /** A part of the deviation's name. */
  readonly about: string;
  readonly known: There;
  /** The dtype of MindSpore's output, if it differs. */
  readonly thereDType?: DType;
  /** torchloss's result, if that is meant to be wrong. */
  readonly here?: readonly number[];
  readonly wrong: readonly There[];
}

const none = { reduction: 'none' };
const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
/** Where our gradient is 0 at a bound, half of MindSpore's is not known, only its largest size. */
const STOPS = behaviour().clampStopsAtBound;
const ELEMENTS = Array.from({ length: 2500 }, () => 1);

const EXPECTATIONS: readonly Expectation[] = [
  {
    loss: 'l1_loss',
    about: 'NaN or an infinity',
    inputs: [
      [nan, 1, 3],
      [0, 0, 1],
    ],
    options: none,
    known: [7, 1, 2],
    wrong: [
      [nan, 1, 2.01],
      [nan, nan, 2],
    ],
  },
  {
    loss: 'l1_loss',
    about: 'NaN or an infinity',
    inputs: [
      [nan, 1, 3],
      [0, 0, 1],
    ],
    options: { reduction: 'sum' },
    gradient: 'input',
    known: [7, 1, 1],
    wrong: [[7, 1, -1]],
  },
  {
    loss: 'nll_loss',
    about: 'NaN or an infinity',
    inputs: [
      [
        [nan, -1],
        [-2, -3],
      ],
      { int32: [1, 0] },
    ],
    options: none,
    known: [nan, 2],
    wrong: [[1, nan]],
  },
  {
    loss: 'mse_loss',
    about: 'subnormal numbers',
    inputs: [
      [1e-40, 1],
      [0, 0],
    ],
    options: none,
    known: [3, 1],
    wrong: [[0, 1.1]],
  },
  {
    loss: 'mse_loss',
    about: 'numbers above 1e15',
    inputs: [
      [1e30, 1],
      [0, 0],
    ],
    options: none,
    known: [1e30, 1],
    wrong: [[inf, 1.1]],
  },
  {
    loss: 'l1_loss',
    about: 'sums of thousands',
    inputs: [ELEMENTS, ELEMENTS.map((_, at) => at % 7)],
    options: { reduction: 'sum' },
    known: [5713 * (1 + 2e-5)],
    wrong: [[5713 * 1.001]],
  },
  {
    loss: 'l1_loss',
    about: 'a tensor without elements',
    inputs: [[], []],
    options: { reduction: 'sum' },
    known: [123],
    wrong: [],
  },
  {
    loss: 'mse_loss',
    about: 'the rounding of float16',
    dtype: 'float16',
    inputs: [
      [1, 2],
      [0.5, 0.3],
    ],
    options: none,
    known: [0.251, 2.89],
    wrong: [
      [0.25, 3],
      [0.25, inf],
    ],
  },
  {
    loss: 'poisson_nll_loss',
    about: 'the exponential',
    inputs: [
      [3, 1],
      [0, 0],
    ],
    options: none,
    known: [20.0858, Math.E],
    wrong: [[20.0855, 2.72]],
  },
  {
    loss: 'binary_cross_entropy',
    about: 'a probability of 0',
    inputs: [
      [0, 0.5],
      [1, 1],
    ],
    options: none,
    known: [27.631021, Math.LN2],
    wrong: [
      [50, Math.LN2],
      [27.631021, 0.7],
    ],
  },
  {
    loss: 'binary_cross_entropy',
    about: 'NaN in the input',
    inputs: [[nan], [1]],
    options: none,
    known: [1],
    wrong: [],
  },
  {
    loss: 'binary_cross_entropy',
    about: "a single element with 'mean'",
    inputs: [[0.5], [1]],
    known: [1.3862944],
    wrong: [[2]],
  },
  {
    loss: 'cosine_embedding_loss',
    about: 'a vector of zeros',
    inputs: [
      [
        [0, 0],
        [1, 2],
      ],
      [
        [1, 2],
        [2, 1],
      ],
      [1, 1],
    ],
    options: none,
    known: [nan, 0.2],
    wrong: [[nan, nan]],
  },
  {
    loss: 'cosine_embedding_loss',
    about: 'squared norms overflow',
    inputs: [
      [
        [1e10, 0],
        [1, 2],
      ],
      [
        [1e10, 0],
        [2, 1],
      ],
      [1, 1],
    ],
    options: none,
    known: [0, 0.2],
    wrong: [[0, 0]],
  },
  {
    loss: 'cosine_embedding_loss',
    about: 'vectors of one element in float16',
    dtype: 'float16',
    inputs: [
      [[2.5], [0.3]],
      [[0.7], [0.9]],
      [1, 1],
    ],
    options: { reduction: 'sum' },
    gradient: 'input1',
    here: [0.001, 0],
    known: [0, 0],
    wrong: [[1, 0]],
  },
  {
    loss: 'cosine_embedding_loss',
    about: 'the gradient at a cosine of exactly margin',
    inputs: [
      [
        [1, 0],
        [1, 1],
      ],
      [
        [0, 1],
        [0, 1],
      ],
      [-1, -1],
    ],
    options: { reduction: 'sum' },
    gradient: 'input1',
    known: [0, 0.5, -0.35355339, 0.35355339],
    wrong: [
      [0, 0.5, -0.1767767, 0.35355339],
      [0, STOPS ? 1.25 : 0.25, -0.35355339, 0.35355339],
    ],
  },
  {
    loss: 'cross_entropy',
    about: 'labels in int64',
    namespace: 'mindspore.nn',
    inputs: [[[1, 2]], { int64: [1] }],
    known: "the 'labels' should be Int32, but got 'mindspore.int64'",
    wrong: ['out of memory'],
  },
  {
    loss: 'ctc_loss',
    about: 'zero_infinity',
    inputs: [[[[-0.7, -0.7]], [[-0.7, -0.7]]], { int32: [[1, 1]] }, { int32: [2] }, { int32: [2] }],
    options: { reduction: 'none', zero_infinity: true },
    known: [inf],
    wrong: [[5]],
  },
  {
    loss: 'gaussian_nll_loss',
    about: 'the gradient of a variance below eps',
    inputs: [
      [2, 2],
      [0, 0],
      [1e-9, 1],
    ],
    options: { reduction: 'sum' },
    gradient: 'var',
    known: [0, -1.5],
    wrong: [
      [-1, -1.5],
      [0, 0],
    ],
  },
  {
    loss: 'gaussian_nll_loss',
    about: 'a negative variance',
    inputs: [[2], [0], [-1]],
    known: [1999993.1],
    wrong: [],
  },
  {
    loss: 'hinge_embedding_loss',
    about: 'neither 1 nor -1',
    inputs: [
      [0.3, 0.5],
      [0, 1],
    ],
    options: none,
    known: [0, 0.5],
    wrong: [
      [0.3, 0.5],
      [0, 0.6],
    ],
  },
  {
    loss: 'hinge_embedding_loss',
    about: 'the gradient at an input of exactly margin',
    inputs: [
      [1, 0.3],
      [-1, -1],
    ],
    options: { reduction: 'sum' },
    gradient: 'inputs',
    known: [-0.5, -1],
    wrong: [
      [STOPS ? -1.1 : -0.9, -1],
      [-0.5, -0.5],
    ],
  },
  {
    loss: 'kl_div',
    about: 'a negative target',
    inputs: [
      [-1, -1],
      [-0.5, 0.5],
    ],
    options: none,
    known: [0, 0.15342641],
    wrong: [
      [1, 0.15342641],
      [0, 0],
    ],
  },
  {
    loss: 'kl_div',
    about: 'the gradient of the target',
    inputs: [
      [-1, -1],
      [0.5, 0.5],
    ],
    options: { reduction: 'sum' },
    gradient: 'labels',
    known: [0, 0],
    wrong: [[0, 1]],
  },
  {
    loss: 'multilabel_soft_margin_loss',
    about: 'scores beyond about 88',
    inputs: [
      [[100], [1]],
      [[0], [1]],
    ],
    options: none,
    known: [inf, 0.3132617],
    wrong: [
      [90, 0.3132617],
      [inf, inf],
    ],
  },
  {
    loss: 'poisson_nll_loss',
    about: 'the gradient of a target of 0',
    inputs: [
      [1, 1],
      [0, 3],
    ],
    options: { full: true, reduction: 'sum' },
    gradient: 'target',
    known: [-1, 0.2652789],
    wrong: [[-1, -1]],
  },
  {
    loss: 'binary_cross_entropy',
    about: 'a weight that is broadcast',
    inputs: [
      [0.5, 0.25],
      [1, 1],
    ],
    options: { reduction: 'none', weight: [2] },
    known: [1.3862944, 123],
    wrong: [],
  },
  {
    loss: 'huber_loss',
    about: 'float16 without dimensions',
    dtype: 'float16',
    inputs: [2, 0],
    known: [1.5],
    thereDType: 'float32',
    wrong: [[2]],
  },
  {
    loss: 'l1_loss',
    about: 'bfloat16 on the CPU',
    dtype: 'bfloat16',
    inputs: [[1], [0]],
    known: 'Select CPU operator[Abs] fail! Unsupported data type!',
    wrong: ['out of memory'],
  },
  {
    loss: 'multi_margin_loss',
    about: 'float16 on the CPU',
    dtype: 'float16',
    inputs: [[[1, 2]], { int64: [1] }],
    known: [0],
    wrong: [],
  },
  {
    loss: 'soft_margin_loss',
    about: 'the CPU',
    inputs: [[1], [1]],
    known: 'The kernel SoftMarginLoss unregistered.',
    wrong: ['out of memory', [5]],
  },
  {
    loss: 'triplet_margin_with_distance_loss',
    about: 'the default distance',
    inputs: [[[[3], [4]]], [[[0], [0]]], [[[3], [4]]]],
    options: { reduction: 'sum' },
    known: [6],
    wrong: [[5]],
  },
  {
    loss: 'triplet_margin_with_distance_loss',
    about: 'a distance function at ties',
    inputs: [
      [
        [1, 1],
        [3, 0.5],
      ],
      [
        [0, 0],
        [0, 0.5],
      ],
      [
        [3, 0.5],
        [2, 0.5],
      ],
    ],
    options: { distance_function: { function: 'chebyshev_distance', kwargs: {} }, reduction: 'sum' },
    gradient: 'x',
    known: [1, 1, 0, 0],
    wrong: [[1, 1, 1, 0]],
  },
];

/** The verdict on a call for this result of MindSpore. */
function judge({ loss, thereDType, here, ...example }: Expectation, there: There) {
  const row = findLoss(loss) as AnyLossRow;
  const given = exampleCase(row, example, loss);
  const computed = runCase(given);
  const ours = here === undefined ? computed : replaceTensor(computed, here, example);
  const refused = { error: { type: 'TypeError', message: `${there}` }, gradients: new Map() };
  const theirs = typeof there === 'string' ? refused : replaceTensor(computed, there, example, thereDType);
  return judgeCase(given, row, 'mindspore', ours, theirs);
}

/** The result with other numbers in the tensor of an example. */
function replaceTensor(
  { output, gradients }: SideResult,
  data: readonly number[],
  { dtype = 'float32', gradient }: DeviationExample,
  other: DType = dtype,
): SideResult {
  const own = gradient === undefined ? output : gradients.get(gradient);
  const tensor = { dtype: other, shape: own?.shape ?? [data.length], data };
  if (gradient === undefined) return { gradients: new Map(), output: tensor };
  return { ...(output && { output }), gradients: new Map([[gradient, tensor]]) };
}

describe('explains', () => {
  it.each(EXPECTATIONS)('$loss: $about', (expectation) => {
    const { about, known, wrong } = expectation;
    const found = judge(expectation, known);
    expect(found).toMatchObject({ judgement: 'deviation', deviation: { about: expect.stringContaining(about) } });
    for (const there of wrong) {
      expect(judge(expectation, there).judgement, `${there}`).toBe('wrong');
    }
  });

  it("a wrong number of torchloss where MindSpore's is arbitrary", () => {
    const weighted = {
      inputs: [
        [0.5, 0.5],
        [1, 1],
      ],
      options: { ...none, weight: [2] },
    };
    const empty = { inputs: [[], []], options: { reduction: 'sum' } };
    for (const { here, there, ...call } of [
      { loss: 'binary_cross_entropy', ...weighted, here: [1.5, 1.3862944], there: [9, 9] },
      { loss: 'l1_loss', ...empty, here: [1], there: [9] },
    ]) {
      const expectation = { ...call, about: '', known: there, wrong: [] };
      expect(judge(expectation, there).judgement).toBe('deviation');
      expect(judge({ ...expectation, here }, there).judgement).toBe('wrong');
    }
  });

  it("ctc_loss's refusal of log_probs without elements", () => {
    const row = findLoss('ctc_loss') as AnyLossRow;
    const inputs = [[[[]], [[]]], { int32: [[1]] }, { int32: [2] }, { int32: [1] }];
    const given = exampleCase(row, { inputs, options: { reduction: 'none' } }, 'ctc_loss');
    const theirs = { gradients: new Map(), output: { dtype: 'float32' as const, shape: [1], data: [-0] } };
    const judged = (message: string) =>
      judgeCase(
        given,
        row,
        'mindspore',
        { error: { type: 'TorchError', message, code: 'ERR_TORCH' }, gradients: new Map() },
        theirs,
      );
    expect(judged('log_probs tensor must not be empty')).toMatchObject({
      judgement: 'deviation',
      deviation: { about: 'log_probs without elements' },
    });
    expect(judged('something else').judgement).toBe('wrong');
  });
});
