/** The claims that the losses' rows make about torchloss, run for each loss and dtype that they cover. */
import { describe, expect, it } from 'vitest';
import { ArgumentRangeError, mindspore, TorchError, torch } from '../../lib/index.js';
import { libtorch } from '../../lib/addon/native.js';
import { behaviour } from '../../lib/addon/versions.js';
import type { AnyLossRow } from '../../lib/loss/row.js';
import { pageOf } from '../../lib/losses/catalogue.js';
import { LOSSES } from '../../lib/losses/index.js';
import type { Tensor } from '../../lib/tensor/tensor.js';
import { thrownBy } from '../helpers/errors.js';
import { type EvaluationCase, evaluationCases } from '../helpers/evaluation.js';

// biome-ignore lint/suspicious/noExplicitAny: losses of any kind, called as their rows say
type Any = any;
const F: Any = torch.nn.functional;
const { tensor } = torch;
const { nn, ops }: Any = mindspore;
const aten: Any = torch.ops.aten;
/** LibTorch 1.13 lacks kernels that newer ones have. */
const NEW = !libtorch().version.startsWith('1.');
const HALVES = ['float16', 'bfloat16'] as const;
const EPSILON = { float16: 2 ** -10, bfloat16: 2 ** -7, float32: 2 ** -23 };

const isFloat = (value: unknown): value is Tensor => value instanceof torch.Tensor && /float/.test(value.dtype);
const numbers = (value: Tensor): number[] => Array.from(value.toTypedArray(), Number);

/** All cases with a number of samples, made once. */
const made = new Map<number, EvaluationCase[]>();

/** The calls of a loss in one dtype; `change` is applied to the floats. */
function callsOf(row: AnyLossRow, n: number, change: (value: Tensor) => Tensor = (value) => value) {
  const name = pageOf(row);
  const apply = (value: unknown) => (isFloat(value) ? change(value) : value);
  const cases = made.get(n) ?? evaluationCases('float32', n);
  made.set(n, cases);
  return cases
    .filter(({ loss, name: text }) => loss.name === name && !/spread|columns/.test(text))
    .map(({ loss, inputs, options = {}, ...rest }: EvaluationCase) => ({
      ...rest,
      loss: loss as Any,
      inputs: inputs.map(apply) as Tensor[],
      options: Object.fromEntries(Object.entries(options).map(([key, value]) => [key, apply(value)])),
    }));
}

/** The unreduced losses, after `change`. */
function lossesOf(row: AnyLossRow, n: number, change?: (value: Tensor) => Tensor, reduction = 'none'): number[][] {
  return callsOf(row, n, change).map(({ loss, inputs, options }) =>
    numbers(loss(...inputs, { ...options, reduction })),
  );
}

function expectNear(actual: number[], expected: number[], epsilon: number, smallest = 0): void {
  expect(actual).toHaveLength(expected.length);
  const apart = actual.findIndex((value, at) => {
    const wanted = expected[at] as number;
    return !(Math.abs(value - wanted) <= Math.max(epsilon * Math.max(1, Math.abs(wanted)), smallest));
  });
  expect(apart, `${actual[apart]} instead of ${expected[apart]}`).toBe(-1);
}

const refused = (call: () => unknown, kind: Any = TorchError) => expect(thrownBy(call)).toBeInstanceOf(kind);

/** Parts of a loss that are rounded to a dtype one after the other. */
const STEPS = 12;

function computes(row: AnyLossRow, half: 'float16' | 'bfloat16'): void {
  const narrow = lossesOf(row, 200, (value) => value.to(half));
  const wide = lossesOf(row, 200, (value) => value.to(half).to('float32'));
  for (const [at, losses] of narrow.entries()) expectNear(losses, wide[at] as number[], STEPS * EPSILON[half]);
}

/** The claims made in many rows. */
const SHARED: Readonly<Record<string, (row: AnyLossRow) => void>> = {
  'bfloat16 on the CPU': (row) => NEW && computes(row, 'bfloat16'),
  'float16 on the CPU in older LibTorch versions': (row) => {
    if (NEW) return computes(row, 'float16');
    for (const { loss, inputs, options } of callsOf(row, 4, (value) => value.to('float16'))) {
      try {
        loss(...inputs, options);
      } catch (error) {
        expect(error).toBeInstanceOf(TorchError);
      }
    }
  },
  'the rounding of float16 and bfloat16 on the CPU': (row) => {
    if (NEW) for (const half of HALVES) computes(row, half);
  },
  'a tensor without elements': (row) => {
    const batch = (value: Tensor) => (value.dim() > 0 && value.shape[0] === 6 ? aten.narrow(value, 0, 0, 0) : value);
    for (const { loss, inputs, options } of callsOf(row, 6)) {
      const some = Object.fromEntries(
        Object.entries(options).map(([key, value]) => [key, value instanceof torch.Tensor ? batch(value) : value]),
      );
      const none = inputs.map(batch);
      expect(Math.abs(loss(...none, { ...some, reduction: 'sum' }).item())).toBe(0);
      expect(loss(...none, { ...some, reduction: 'mean' }).item()).toBe(Number.NaN);
    }
  },
  'subnormal numbers, below 1.2e-38 in float32': (row) => {
    const tiny = (value: Tensor) => value.mul(1e-40);
    const narrow = lossesOf(row, 1000, tiny);
    const wide = lossesOf(row, 1000, (value) => tiny(value).to('float64'));
    for (const [at, losses] of narrow.entries()) {
      expectNear(losses, wide[at] as number[], 4 * EPSILON.float32);
      // A value that is itself that small is not 0.
      const small = (wide[at] as number[]).map((value, index) => [value, losses[index] as number] as const);
      for (const [value, loss] of small) {
        if (Math.abs(value) > 1e-42 && Math.abs(value) < 1e-38) expect(Math.abs(loss / value - 1)).toBeLessThan(0.1);
      }
    }
  },
  'NaN or an infinity in the inputs': (row) => {
    for (const special of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const change = (dtype: 'float32' | 'float64') => (value: Tensor) => {
        const copy = value.to(dtype).clone();
        if (copy.dim() > 0) aten.fill_(aten.narrow(aten.reshape(copy, [-1]), 0, 0, 1), special);
        return copy;
      };
      // LibTorch's formula is the same in every dtype; its inputs must be probabilities.
      if (row.op === 'binary_cross_entropy') refused(() => lossesOf(row, 4, change('float32')));
      else
        expect(finiteness(lossesOf(row, 4, change('float32')))).toEqual(
          finiteness(lossesOf(row, 4, change('float64'))),
        );
    }
  },
  'numbers above 1e15, or 50 in float16': (row) => {
    if (row.op === 'binary_cross_entropy') return;
    const large = (value: Tensor) => value.mul(1e16);
    const wide = lossesOf(row, 4, (value) => large(value).to('float64'));
    for (const [at, losses] of lossesOf(row, 4, large).entries()) {
      const expected = wide[at] as number[];
      const most = Math.max(...expected.map(Math.abs), 1e16);
      // float32 results are accurate to its digits of the largest term.
      for (const [index, loss] of losses.entries())
        if (Number.isFinite(loss))
          expect(Math.abs(loss - (expected[index] as number))).toBeLessThanOrEqual(16 * EPSILON.float32 * most);
    }
  },
  'sums of thousands of elements in float32': (row) => {
    const sums = lossesOf(row, 1000, undefined, 'sum');
    for (const [at, losses] of lossesOf(row, 1000).entries()) {
      const [sum] = sums[at] as [number];
      const exact = losses.reduce((total, value) => total + value, 0);
      const size = losses.reduce((total, value) => total + Math.abs(value), 0);
      expect(Math.abs(sum - exact)).toBeLessThanOrEqual(2e-6 * size);
    }
  },
  'the exponential in float32 on the CPU': (row) => {
    const wide = lossesOf(row, 1000, (value) => value.to('float64'));
    for (const [at, losses] of lossesOf(row, 1000).entries())
      expectNear(losses, wide[at] as number[], 4 * EPSILON.float32);
  },
  'the CPU': (row) => {
    const wide = lossesOf(row, 30, (value) => value.to('float64'));
    for (const [at, losses] of lossesOf(row, 30).entries())
      expectNear(losses, wide[at] as number[], 8 * EPSILON.float32);
  },
};

/** Which numbers are finite, infinite or NaN. */
function finiteness(lists: number[][]): string[][] {
  return lists.map((list) => list.map((value) => (Number.isFinite(value) ? 'finite' : String(value))));
}

const scores = () =>
  tensor([
    [0.5, -1, 2],
    [0.1, 0.3, 0.2],
  ]);
const labels = () => tensor([2n, 0n]);
const shares = () =>
  tensor([
    [0.2, 0.3, 0.5],
    [0.1, 0.8, 0.1],
  ]);
const ones = (...shape: number[]): Any => torch.ones(shape);
const item = (value: Any): number => [value].flat()[0].item();
const taken = (call: () => Any) => expect(Number.isFinite(item(call()))).toBe(true);
const none = { reduction: 'none' };

/** The claims of one loss. */
const OWN: Readonly<Record<string, () => void>> = {
  'cross_entropy_loss: labels in int64 in the class': () =>
    expect(item(new nn.CrossEntropyLoss()(scores(), labels()))).toBe(item(F.cross_entropy(scores(), labels()))),
  'cross_entropy_loss: float64 probabilities in mindspore.ops.cross_entropy': () => {
    const [wide, parts] = [scores().to('float64'), shares().to('float64')];
    const expected = numbers(F.log_softmax(wide, { dim: 1 }).mul(parts).sum({ dim: 1 }).mul(-1));
    expectNear(
      [item(ops.cross_entropy(wide, parts))],
      [((expected[0] as number) + (expected[1] as number)) / 2],
      1e-14,
    );
  },
  'cross_entropy_loss: ignore_index of 0 or above with probabilities': () =>
    refused(() => F.cross_entropy(scores(), shares(), { ignore_index: 0 })),
  'cross_entropy_loss: label_smoothing given as an integer': () =>
    taken(() => ops.cross_entropy(scores(), tensor([2, 0], { dtype: 'int32' }), { label_smoothing: 1 })),
  'nll_loss_nd: label_smoothing given as an integer': () =>
    taken(() => ops.nll_loss(scores(), tensor([2, 0], { dtype: 'int32' }), { label_smoothing: 1 })),
  'ctc_loss: concatenated targets in a batch': () => {
    const logProbs = F.log_softmax(torch.linspace(-1, 1, 40).reshape([5, 2, 4]), { dim: 2 });
    const run = (targets: Any) => item(new torch.nn.CTCLoss()(logProbs, targets, [5, 5] as Any, [2, 1] as Any));
    expect(run(tensor([1n, 2n, 3n]))).toBe(
      run(
        tensor([
          [1n, 2n],
          [3n, 0n],
        ]),
      ),
    );
  },
  'ctc_loss: a tuple of lengths with reduction mean': () =>
    taken(() => F.ctc_loss(F.log_softmax(ones(4, 1, 3), { dim: 2 }), tensor([[1n]]), [4], [1], { reduction: 'mean' })),
  'ctc_loss: log_probs without elements': () => {
    const lengths = tensor([], { dtype: 'int64' });
    const run = () => F.ctc_loss(ones(3, 0, 4), ones(0, 2).to('int64'), lengths, lengths, { reduction: 'sum' });
    if (NEW) refused(run);
    else taken(run);
  },
  'ctc_loss: a sequence without time steps': () => {
    const run = (targets: Any, lengths: number[]) => F.ctc_loss(ones(3, 1, 3), targets, [0], lengths, none);
    if (!NEW) return refused(() => run(tensor([[1n]]), [1]), ArgumentRangeError);
    expect(numbers(run(tensor([[1n]]), [1]))).toEqual([Number.POSITIVE_INFINITY]);
    expect(Math.abs(item(run(tensor([[1n]]), [0])))).toBe(0);
  },
  "kl_div: 0-d tensors with 'batchmean'": () =>
    expect(item(F.kl_div(tensor(-1), tensor(0.5), { reduction: 'batchmean' }))).toBe(
      item(F.kl_div(tensor(-1), tensor(0.5), { reduction: 'sum' })),
    ),
  'binary_cross_entropy_with_logits: float16 on the CPU': () => {
    const run = () => F.binary_cross_entropy_with_logits(scores().to('float16'), shares().to('float16'));
    if (NEW) taken(run);
    else refused(run);
  },
  'nll_loss_nd: an unknown reduction in mindspore.ops.nll_loss': () =>
    refused(() => ops.nll_loss(scores(), tensor([2, 0], { dtype: 'int32' }), { reduction: 'avg' }), ArgumentRangeError),
  'nll_loss_nd: a weight whose length is not the number of classes': () =>
    refused(() => F.nll_loss(scores(), labels(), { weight: ones(2) })),
  'binary_cross_entropy: NaN in the input': () => refused(() => F.binary_cross_entropy(tensor([Number.NaN]), ones(1))),
  'binary_cross_entropy: a target outside 0 to 1': () => {
    const run = () => F.binary_cross_entropy(tensor([0.5]), tensor([1.5]));
    if (NEW) refused(run);
    else taken(run);
  },
  'binary_cross_entropy: a weight that is broadcast': () => {
    const plain = numbers(F.binary_cross_entropy(shares(), shares(), none));
    const weighted = numbers(F.binary_cross_entropy(shares(), shares(), { ...none, weight: tensor([1, 2, 4]) }));
    expect(weighted).toEqual(plain.map((value, at) => value * 2 ** (at % 3)));
  },
  'multilabel_margin_loss: labels in int64 in MindSpore': () =>
    taken(() =>
      ops.multilabel_margin_loss(
        scores(),
        tensor([
          [2n, -1n, 0n],
          [0n, 1n, -1n],
        ]),
      ),
    ),
  'multilabel_margin_loss: a label below -1 or beyond the classes, even after the first -1': () => {
    for (const wrong of [-2n, 3n]) {
      const error = thrownBy(() =>
        F.multilabel_margin_loss(
          scores(),
          tensor([
            [2n, -1n, wrong],
            [0n, -1n, 0n],
          ]),
        ),
      );
      expect(error['code']).toMatch(/^ERR_/);
    }
  },
  'multilabel_margin_loss: float16': () =>
    refused(() =>
      F.multilabel_margin_loss(
        scores().to('float16'),
        tensor([
          [2n, -1n, 0n],
          [0n, 1n, -1n],
        ]),
      ),
    ),
  "multilabel_margin_loss: an empty batch with 'mean' or 'sum'": () => {
    for (const reduction of ['mean', 'sum'])
      refused(
        () => F.multilabel_margin_loss(torch.zeros([0, 3]), torch.zeros([0, 3], { dtype: 'int64' }), { reduction }),
        ArgumentRangeError,
      );
  },
  'multilabel_soft_margin_loss: a weight that cannot be broadcast': () =>
    refused(() => F.multilabel_soft_margin_loss(scores(), shares(), { weight: ones(2) })),
  'multi_margin_loss: an index out of range': () => refused(() => F.multi_margin_loss(scores(), tensor([3n, 0n]))),
  'multi_margin_loss: a weight whose length is not the number of classes': () =>
    refused(() => F.multi_margin_loss(scores(), labels(), { weight: ones(2) })),
  'multi_margin_loss: float16 on the CPU': () => refused(() => F.multi_margin_loss(scores().to('float16'), labels())),
  "multi_margin_loss: an empty batch with 'mean' or 'sum'": () => {
    for (const reduction of ['mean', 'sum'])
      refused(
        () => F.multi_margin_loss(torch.zeros([0, 3]), torch.zeros([0], { dtype: 'int64' }), { reduction }),
        ArgumentRangeError,
      );
  },
  'multi_margin_loss: margin given as an integer to the class, and as 1.0 to the function': () => {
    taken(() => new nn.MultiMarginLoss({ margin: 2 })(scores(), labels()));
    taken(() => ops.multi_margin_loss(scores(), labels(), { margin: 1.0 }));
  },
  'cosine_embedding_loss: the gradient of vectors of one element in float16': () => {
    if (!NEW) return;
    const input: Any = tensor([[0.7], [-1.3]], { dtype: 'float16', requires_grad: true });
    F.cosine_embedding_loss(input, tensor([[2], [0.4]]).to('float16'), tensor([1, 1]), { reduction: 'sum' }).backward();
    for (const gradient of numbers(input.grad)) expect(Math.abs(gradient)).toBeLessThan(4 * EPSILON.float16);
  },
  'cosine_embedding_loss: three dimensions or more': () =>
    refused(() => F.cosine_embedding_loss(ones(2, 3, 2), ones(2, 3, 2), ones(2, 2))),
  'cosine_embedding_loss: integers': () =>
    expect(F.cosine_embedding_loss(tensor([[1n, 2n]]), tensor([[2n, 1n]]), ones(1)).dtype).toBe('float32'),
  'cosine_embedding_loss: margin given as an integer to the class': () =>
    taken(() => new nn.CosineEmbeddingLoss({ margin: 1 })(scores(), shares(), ones(2))),
  'triplet_margin_loss: different numbers of dimensions': () =>
    refused(() => F.triplet_margin_loss(ones(2, 3), ones(3), ones(2, 3))),
  'triplet_margin_loss: a margin of 0 or below': () => margins(F.triplet_margin_loss),
  'triplet_margin_with_distance_loss: a margin of 0 or below': () => margins(F.triplet_margin_with_distance_loss),
  'triplet_margin_loss: margin or eps given as an integer': () =>
    taken(() => ops.triplet_margin_loss(scores(), shares(), scores(), { margin: 2, eps: 1 })),
  'smooth_l1_loss: beta given as an integer': () =>
    taken(() => new nn.SmoothL1Loss({ beta: 2, reduction: 'mean' })(scores(), shares())),
  'triplet_margin_with_distance_loss: margin given as an integer': () =>
    taken(() => F.triplet_margin_with_distance_loss(scores(), shares(), scores(), { margin: 2 })),
  'triplet_margin_with_distance_loss: a distance function at ties, at a distance of 0, and where squares overflow':
    () => {
      const anchor: Any = tensor([[1, 2]], { requires_grad: true });
      const distance_function = (x: Any, y: Any) => x.sub(y).abs().sum({ dim: 1 });
      F.triplet_margin_with_distance_loss(anchor, tensor([[1, 2]]), tensor([[1, 2]]), { distance_function }).backward();
      // LibTorch's abs has gradient 0 at 0.
      expect(numbers(anchor.grad)).toEqual([0, 0]);
    },
  'huber_loss: the dtype of the loss when the dtypes differ': () => {
    expect(F.huber_loss(scores(), shares().to('float64')).dtype).toBe('float32');
    expect(F.huber_loss(scores().to('float64'), shares()).dtype).toBe('float64');
  },
  'huber_loss: float16 without dimensions': () => {
    if (NEW) expect(F.huber_loss(tensor(1).to('float16'), tensor(3).to('float16')).dtype).toBe('float16');
  },
  'margin_ranking_loss: different numbers of dimensions': () =>
    refused(() => F.margin_ranking_loss(ones(2, 2), ones(2), ones(2))),
  'margin_ranking_loss: margin given as an integer': () =>
    taken(() => ops.margin_ranking_loss(ones(2), ones(2), ones(2), { margin: 1 })),
  'margin_ranking_loss: the gradient where target (input1 - input2) is exactly margin': () => {
    const [first, second] = [tensor([1, 2]).requires_grad_(), tensor([1, 2])];
    F.margin_ranking_loss(first, second, tensor([1, -1]), { reduction: 'sum' }).backward();
    expect(numbers(first.grad)).toEqual(behaviour().clampStopsAtBound ? [-0, 0] : [-1, 1]);
  },
  'gaussian_nll_loss: variances that broadcast in any other way, such as [2] for [4, 2]': () =>
    refused(() => F.gaussian_nll_loss(ones(4, 2), ones(4, 2), ones(2)), ArgumentRangeError),
  'gaussian_nll_loss: eps given as an integer': () =>
    taken(() => ops.gaussian_nll_loss(ones(2), ones(2), ones(2), { eps: 1 })),
};

function margins(loss: Any): void {
  for (const margin of [0, -1]) {
    const run = () => loss(scores(), shares(), scores(), { margin });
    if (NEW) refused(run, ArgumentRangeError);
    else taken(run);
  }
}

/** The claims without an example; deviations.test.ts runs those with one. */
const CLAIMS = LOSSES.flatMap((row) =>
  row.deviations.filter(({ examples }) => examples === undefined).map(({ about }) => [row.op, about, row] as const),
);

describe('the claims of a row about', () => {
  it.each(CLAIMS)('%s: %s', (op, about, row) => {
    const check = OWN[`${op}: ${about}`] ?? SHARED[about];
    if (check === undefined) throw new Error('no test runs this claim');
    check(row);
  });

  it('nothing else is claimed', () => {
    const claimed = new Set(CLAIMS.flatMap(([op, about]) => [about, `${op}: ${about}`]));
    expect([...Object.keys(OWN), ...Object.keys(SHARED)].filter((key) => !claimed.has(key))).toEqual([]);
  });

  it.runIf(NEW)('half precision on the CPU, where PyTorch has it since 1.13', () => {
    const rows = LOSSES.filter(({ versions }) =>
      versions.some(({ note }) => note.startsWith('float16 is computed on the CPU')),
    );
    expect(rows.length).toBeGreaterThan(9);
    for (const row of rows) computes(row, 'float16');
  });

  it('16 bits without a kernel', () => {
    for (const op of ['ctc_loss', 'multi_margin_loss', 'multilabel_margin_loss']) {
      const row = LOSSES.find((one) => one.op === op) as AnyLossRow;
      expect(row.deviations.map(({ about }) => about)).not.toContain('bfloat16 on the CPU');
      for (const half of HALVES)
        expect(thrownBy(() => lossesOf(row, 4, (value) => value.to(half)))).toMatchObject({
          code: 'ERR_NOT_IMPLEMENTED',
        });
    }
  });
});
