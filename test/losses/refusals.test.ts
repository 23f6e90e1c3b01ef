import { describe, expect, it } from 'vitest';
import { ArgumentRangeError, ArgumentTypeError, mindspore, type Tensor, TorchError, torch } from '../../lib/index.js';
import { expectWrong, thrownBy } from '../helpers/errors.js';

const { tensor } = torch;

/** Calls of MindSpore's losses that MindSpore refuses and PyTorch accepts, or refuses for other reasons. */
describe("MindSpore's own checks", () => {
  const { nn, ops } = mindspore;
  const x = tensor([
    [0.1, 0.7, -0.2],
    [1.5, -0.3, 0.4],
  ]);
  const row = tensor([0.5, 0.2, 0.1]);
  const labels = mindspore.Tensor([2, 0], mindspore.int32);
  const anything = (value: unknown) => value as never;

  it('labels of cross entropy are int32 or int64, and the class takes no float64', () => {
    const of64 = torch.nn.functional.cross_entropy(x, labels.to('int64')).item();
    expect(ops.cross_entropy(x, labels).item()).toBe(of64);
    expect(new nn.CrossEntropyLoss()(x, labels).item()).toBe(of64);
    expect(labels.disposed).toBe(false);
    expectWrong(() => new nn.CrossEntropyLoss()(anything(x.to('float64')), labels), ArgumentTypeError, {
      parameter: 'logits',
      expected: 'a Tensor of float16, float32',
      got: 'float64',
    });
    expectWrong(() => ops.cross_entropy(anything(x.to('bfloat16')), labels), ArgumentTypeError, {
      parameter: 'input',
      expected: 'a Tensor of float16, float32, float64',
      got: 'bfloat16',
    });
    expect(thrownBy(() => torch.nn.functional.cross_entropy(x, anything(labels)))).toMatchObject({ code: 'ERR_TORCH' });
  });

  it('label_smoothing has different ranges', () => {
    const parameter = 'label_smoothing';
    for (const label_smoothing of [-0.1, 1.1, Number.NaN]) {
      expectWrong(() => new nn.CrossEntropyLoss({ label_smoothing }), ArgumentRangeError, {
        parameter,
        expected: 'a number from 0 to 1',
        got: String(label_smoothing),
      });
    }
    expectWrong(() => ops.cross_entropy(x, labels, { label_smoothing: -0.1 }), ArgumentRangeError, {
      parameter,
      expected: 'a number of 0 or more',
      got: '-0.1',
    });
    // PyTorch ignores a negative one, and checks the others at the call.
    const { cross_entropy } = torch.nn.functional;
    expect(cross_entropy(x, tensor([2n, 0n]), { label_smoothing: -0.1 }).item()).toBe(
      ops.cross_entropy(x, labels).item(),
    );
    expect(() => new torch.nn.CrossEntropyLoss({ label_smoothing: 1.1 })).not.toThrow();
    expect(() => cross_entropy(x, tensor([2n, 0n]), { label_smoothing: 1.1 })).toThrow(TorchError);
  });

  it.each([nn.SmoothL1Loss, ops.smooth_l1_loss])(
    'smooth L1 needs a beta above 0 and equal shapes and dtypes',
    (loss) => {
      const isClass = loss === nn.SmoothL1Loss;
      const run = (a: Tensor, b: Tensor, options?: { beta: number }) =>
        isClass ? new nn.SmoothL1Loss(options)(a, b) : ops.smooth_l1_loss(a, b, options);
      for (const beta of [0, -1, Number.NaN]) {
        expectWrong(() => run(x, x, { beta }), ArgumentRangeError, {
          parameter: 'beta',
          expected: 'a number above 0',
          got: String(beta),
        });
      }
      const [first, second] = isClass ? ['logits', 'labels'] : ['input', 'target'];
      expectWrong(() => run(x, row), ArgumentRangeError, {
        parameter: second,
        expected: `the shape of ${first}, [2, 3]`,
        got: '[3]',
      });
      expectWrong(() => run(x, x.to('float64')), ArgumentTypeError, {
        parameter: second,
        expected: `the dtype of ${first}, float32`,
        got: 'float64',
      });
      expect(torch.nn.functional.smooth_l1_loss(x, anything(row), { beta: 0, reduction: 'none' }).shape).toEqual([
        2, 3,
      ]);
    },
  );

  it('the divergence needs equal shapes and no bfloat16', () => {
    for (const run of [ops.kl_div, anything(new nn.KLDivLoss()) as typeof ops.kl_div]) {
      expectWrong(() => run(x, anything(row)), ArgumentRangeError, {
        parameter: 'labels',
        expected: 'the shape of logits, [2, 3]',
        got: '[3]',
      });
      for (const dtype of ['bfloat16', 'int64'] as const) {
        expectWrong(() => run(anything(x.to(dtype)), anything(x.to(dtype))), ArgumentTypeError, {
          parameter: 'logits',
          expected: 'a Tensor of float16, float32, float64',
          got: dtype,
        });
      }
    }
    expect(torch.nn.functional.kl_div(x, anything(row), { reduction: 'none' }).shape).toEqual([2, 3]);
  });

  it('binary cross entropy takes no float64, and a reduction in any letter case', () => {
    const run = ops.binary_cross_entropy_with_logits;
    expectWrong(() => run(anything(x.to('float64')), x), ArgumentTypeError, {
      parameter: 'input',
      expected: 'a Tensor of float16, bfloat16, float32',
      got: 'float64',
    });
    expectWrong(() => new nn.BCEWithLogitsLoss()(x, anything(x.to('int64'))), ArgumentTypeError, {
      parameter: 'target',
      expected: 'a Tensor of float16, bfloat16, float32',
      got: 'int64',
    });
    expect(run(x, x, { reduction: anything('SUM') }).item()).toBe(run(x, x, { reduction: 'sum' }).item());
    expect(() => new nn.SmoothL1Loss({ reduction: anything('SUM') })).toThrow(ArgumentRangeError);
    expect(() => torch.nn.functional.smooth_l1_loss(x, x, { reduction: anything('Mean') })).toThrow(ArgumentRangeError);
    // MindSpore does not know PyTorch's old word for the mean either.
    expect(() => ops.kl_div(x, x, { reduction: anything('elementwise_mean') })).toThrow(ArgumentRangeError);
    expect(torch.nn.functional.kl_div(x, x, { reduction: anything('elementwise_mean') }).item()).toBe(
      torch.nn.functional.kl_div(x, x).item(),
    );
  });

  it('CTC needs inputs at least as long as their targets, and padded batches', () => {
    const logProbs = torch.zeros([3, 2, 4]).log_softmax({ dim: 2 });
    const targets = mindspore.Tensor(
      [
        [1, 2],
        [3, 1],
      ],
      mindspore.int32,
    );
    const joined = mindspore.Tensor([1, 2, 3, 1], mindspore.int32);
    for (const run of [ops.ctc_loss, anything(new nn.CTCLoss()) as typeof ops.ctc_loss]) {
      expectWrong(() => run(logProbs, targets, [3, 1], [2, 2]), ArgumentRangeError, {
        parameter: 'input_lengths',
        expected: 'lengths of at least those of the targets (2 at [1])',
        got: '1',
      });
      expectWrong(() => run(logProbs, anything(joined), [3, 3], [2, 2]), ArgumentRangeError, {
        parameter: 'targets',
        expected: 'a shape of (N, S)',
        got: '[4]',
      });
    }
    const one = torch.zeros([3, 4]).log_softmax({ dim: 1 });
    expectWrong(() => ops.ctc_loss(anything(one), targets, [3], [2]), ArgumentRangeError, {
      parameter: 'log_probs',
      expected: 'a shape of (T, N, C)',
      got: '[3, 4]',
    });
    const { ctc_loss } = torch.nn.functional;
    expect(ctc_loss(logProbs, joined, [3, 3], [2, 2]).item()).toBe(
      ops.ctc_loss(logProbs, targets, [3, 3], [2, 2])[0].item(),
    );
    expect(ctc_loss(logProbs, targets, [3, 1], [2, 2], { reduction: 'none' }).tolist()[1]).toBe(
      Number.POSITIVE_INFINITY,
    );
  });

  it('CTC takes indices and lengths only in int32 or int64', () => {
    const logProbs = torch.zeros([3, 1, 4]).log_softmax({ dim: 2 });
    const whole = [tensor([[1n, 2n]]), tensor([2n]), tensor([2n])];
    const real = [tensor([[1, 2]]), tensor([2]), tensor([2])];
    for (const call of [ops.ctc_loss, new nn.CTCLoss()] as unknown as ((...inputs: unknown[]) => Tensor)[]) {
      for (const [index, parameter] of ['targets', 'input_lengths', 'target_lengths'].entries()) {
        const args = whole.with(index, real[index] as never);
        expectWrong(() => call(logProbs, ...args), ArgumentTypeError, {
          parameter,
          expected: 'a Tensor of int32, int64',
          got: 'float32',
        });
      }
    }
  });

  it('the triplet loss needs at least 2 dimensions in one of the tensors, with and without options', () => {
    const point = anything(row);
    for (const options of [undefined, {}]) {
      expectWrong(() => ops.triplet_margin_loss(point, point, point, options), ArgumentRangeError, {
        parameter: 'anchor',
        expected: 'at least 2 dimensions in one of the tensors',
        got: '1, 1, 1',
      });
    }
  });

  it('the triplet loss is called with x', () => {
    const run = anything(new nn.TripletMarginWithDistanceLoss()) as (...inputs: unknown[]) => Tensor;
    expect(thrownBy(() => run(1, x, x))).toMatchObject({ parameter: 'x' });
  });
});

describe('what LibTorch refuses', () => {
  const { functional: F } = torch.nn;
  const x = tensor([
    [0.1, 0.7, -0.2],
    [1.5, -0.3, 0.4],
  ]);
  const anything = (value: unknown) => value as never;

  it.each([
    ['an index out of range', () => F.cross_entropy(x, tensor([3n, 0n])), RangeError],
    ['a negative index', () => F.cross_entropy(x, tensor([-1n, 0n])), RangeError],
    ['another batch size', () => F.cross_entropy(x, anything(tensor([1n]))), RangeError],
    [
      'a weight of another length',
      () => F.cross_entropy(x, tensor([1n, 0n]), { weight: torch.ones([2]) as never }),
      TorchError,
    ],
    ['labels in float32', () => F.cross_entropy(x, anything(tensor([1, 0]))), TorchError],
    ['ignore_index with probabilities', () => F.cross_entropy(x, x, { ignore_index: 0 }), TorchError],
    ['a negative beta', () => F.smooth_l1_loss(x, x, { beta: -1 }), TorchError],
    ['integers', () => F.smooth_l1_loss(anything(tensor([1n])), anything(tensor([2n]))), TorchError],
    ['integers in a divergence', () => F.kl_div(anything(tensor([1n])), anything(tensor([2n]))), TorchError],
    ['different shapes', () => F.binary_cross_entropy_with_logits(x, anything(tensor([0.1, 0.2, 0.3]))), RangeError],
    [
      'a weight that does not fit',
      () => F.binary_cross_entropy_with_logits(x, x, { weight: torch.ones([2]) }),
      TorchError,
    ],
  ] as const)('%s', (_, call, kind) => {
    const error = thrownBy(call);
    expect(error).toBeInstanceOf(kind);
    expect(error.code).toMatch(/^ERR_/);
    expect(error.message).not.toMatch(/Exception raised from|frame #/);
  });

  describe('in CTC, most of which only torchloss checks', () => {
    const logProbs = torch.zeros([3, 2, 4]).log_softmax({ dim: 2 });
    const targets = tensor([
      [1n, 2n],
      [3n, 1n],
    ]);
    it.each([
      ['blank out of range', () => F.ctc_loss(logProbs, targets, [3, 3], [2, 2], { blank: 4 })],
      ['a negative blank', () => F.ctc_loss(logProbs, targets, [3, 3], [2, 2], { blank: -1 })],
      ['an input longer than T', () => F.ctc_loss(logProbs, targets, [4, 3], [2, 2])],
      ['a target longer than S', () => F.ctc_loss(logProbs, targets, [3, 3], [3, 2])],
      ['a negative input length', () => F.ctc_loss(logProbs, targets, [-1, 3], [2, 2])],
      ['a negative target length', () => F.ctc_loss(logProbs, targets, [3, 3], [2, -2])],
      ['too few lengths', () => F.ctc_loss(logProbs, targets, [3], [2, 2])],
      [
        'a class out of range',
        () =>
          F.ctc_loss(
            logProbs,
            tensor([
              [1n, 4n],
              [3n, 1n],
            ]),
            [3, 3],
            [2, 2],
          ),
      ],
      [
        'a negative class',
        () =>
          F.ctc_loss(
            logProbs,
            tensor([
              [1n, -1n],
              [3n, 1n],
            ]),
            [3, 3],
            [2, 2],
          ),
      ],
      ['lengths in float32', () => F.ctc_loss(logProbs, targets, anything(tensor([3, 3])), [2, 2])],
    ] as const)('%s', (_, call) => {
      const error = thrownBy(call);
      expect(error.code).toMatch(/^ERR_/);
      expect(error.message).not.toMatch(/Exception raised from|frame #/);
    });
  });

  it('a distance function that throws or returns no tensor', () => {
    const run = (distance_function: unknown) =>
      F.triplet_margin_with_distance_loss(x, x, x, { distance_function: anything(distance_function) });
    for (const value of [1, null, undefined, [1], 'x']) {
      expect(thrownBy(() => run(() => value))).toMatchObject({
        code: 'ERR_INVALID_ARG_TYPE',
        parameter: 'the result of distance_function',
      });
    }
    const own = new Error('mine');
    const throwing = () => {
      throw own;
    };
    expect(thrownBy(() => run(throwing))).toBe(own);
    const disposed = torch.ones([2]);
    disposed.dispose();
    expect(thrownBy(() => run(() => disposed))).toMatchObject({ code: 'ERR_DISPOSED' });
  });
});
