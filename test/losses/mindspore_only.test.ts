/** The losses that only MindSpore has: against its documents, finite differences, and what it refuses. */
import { describe, expect, it } from 'vitest';
import { ArgumentRangeError, ArgumentTypeError, mindspore, type Tensor, TorchError, torch } from '../../lib/index.js';
import { evaluate } from '../../lib/evaluate/index.js';
import { libtorch } from '../../lib/addon/native.js';
import type { Param } from '../../lib/loss/params.js';
import { MINDSPORE_LOSSES } from '../../lib/losses/mindspore/index.js';
import { sampledSoftmax } from '../../lib/losses/mindspore/sampled_softmax.js';
import { expectWrong, thrownBy } from '../helpers/errors.js';
import { checkGradients, type Values } from '../helpers/gradients.js';
import { callLoss, inputsOf, MINDSPORE_ENTRIES, paramOf, requiredOf, type Entry } from '../helpers/losses.js';

const { tensor } = torch;
const { nn } = mindspore;
const anything = (value: unknown) => value as never;
const int32 = (data: number[] | number[][]) => mindspore.Tensor(data, mindspore.int32);
const digits = (value: Tensor) => value.tolist() as unknown;

/** Stands for an option without a default. */
const NONE = Symbol('no default');

/** The signatures of mindspore.nn in MindSpore 2.10: the tensors, and the options with their defaults, in order. */
const SIGNATURES: Readonly<Record<string, readonly [inputs: readonly string[], options: object]>> = {
  SoftmaxCrossEntropyWithLogits: [['logits', 'labels'], { sparse: false, reduction: 'none' }],
  MAELoss: [['logits', 'labels'], { reduction: 'mean' }],
  RMSELoss: [['logits', 'labels'], {}],
  FocalLoss: [['logits', 'labels'], { weight: null, gamma: 2, reduction: 'mean' }],
  DiceLoss: [['logits', 'labels'], { smooth: 1e-5 }],
  MultiClassDiceLoss: [['logits', 'labels'], { weights: null, ignore_indiex: null, activation: 'softmax' }],
  SampledSoftmaxLoss: [
    ['weights', 'biases', 'labels', 'logits'],
    {
      num_sampled: NONE,
      num_classes: NONE,
      num_true: 1,
      sampled_values: null,
      remove_accidental_hits: true,
      seed: 0,
      reduction: 'none',
    },
  ],
};

const OPTIONS = MINDSPORE_ENTRIES.map((loss) => {
  const { entry, row } = loss;
  const defaults = entry.options.map((name) => {
    const { shownDefault, required } = paramOf(row, name) as Param;
    return [name, required ? NONE : (entry.defaults?.[name] ?? shownDefault)];
  });
  return { name: entry.name, loss, defaults };
});

describe('entries and the documents of MindSpore', () => {
  it.each(OPTIONS)('$name', ({ name, loss, defaults }) => {
    const [inputs, options] = SIGNATURES[name] as (typeof SIGNATURES)[string];
    expect(loss.entry.inputs).toEqual(inputs);
    expect(defaults).toEqual(Object.entries(options));
  });

  it('are all there', () => {
    expect(MINDSPORE_ENTRIES.map(({ entry }) => entry.name).toSorted()).toEqual(Object.keys(SIGNATURES).toSorted());
    expect(MINDSPORE_ENTRIES).toHaveLength(MINDSPORE_LOSSES.length);
    for (const { namespace } of MINDSPORE_ENTRIES) expect(namespace).toBe('mindspore.nn');
  });

  it.each(OPTIONS)('$name does the same with each default written out, and on a lane', async (given) => {
    const { loss, defaults, name } = given;
    const inputs = inputsOf(loss.row);
    const least = requiredOf(loss.row);
    const all = { ...Object.fromEntries(defaults.filter(([, value]) => value !== NONE)), ...least };
    torch.manual_seed(1);
    const without = callLoss(loss, inputs, least) as Tensor;
    torch.manual_seed(1);
    expect(digits(callLoss(loss, inputs, all) as Tensor)).toEqual(digits(without));
    const Class = Reflect.get(nn, name) as new (options?: object) => { async(...tensors: Tensor[]): Promise<Tensor> };
    torch.manual_seed(1);
    expect(digits(await new Class(least).async(...inputs))).toEqual(digits(without));
  });
});

describe('the examples of the documents of MindSpore', () => {
  const x = tensor([1, 2, 3]);
  const scores = tensor([[3, 5, 6, 9, 12, 33, 42, 12, 32, 72]]);
  const bits = tensor([
    [0, 1, 0],
    [1, 0, 0],
    [0, 0, 1],
  ]);

  it.each<[string, () => Tensor, unknown]>([
    ['RMSELoss', () => new nn.RMSELoss()(x, tensor([1, 2, 2])), 0.57735026],
    [
      'RMSELoss, broadcast',
      () =>
        new nn.RMSELoss()(
          anything(x),
          tensor([
            [1, 1, 1],
            [1, 2, 2],
          ]),
        ),
      1,
    ],
    ['MAELoss', () => new nn.MAELoss()(x, tensor([1, 2, 2])), 0.33333334],
    [
      'MAELoss, broadcast',
      () =>
        new nn.MAELoss({ reduction: 'none' })(
          anything(x),
          tensor([
            [1, 1, 1],
            [1, 2, 2],
          ]),
        ),
      [
        [0, 1, 2],
        [0, 0, 1],
      ],
    ],
    [
      'SoftmaxCrossEntropyWithLogits, sparse',
      () => new nn.SoftmaxCrossEntropyWithLogits({ sparse: true })(scores, int32([1])),
      [67],
    ],
    [
      'SoftmaxCrossEntropyWithLogits',
      () => new nn.SoftmaxCrossEntropyWithLogits()(scores, tensor([[0, 0, 0, 0, 0, 0, 1, 0, 0, 0]])),
      [30],
    ],
    [
      'DiceLoss',
      () =>
        new nn.DiceLoss()(
          tensor([
            [0.2, 0.5],
            [0.3, 0.1],
            [0.9, 0.6],
          ]),
          tensor([
            [0, 1],
            [1, 0],
            [0, 1],
          ]),
        ),
      0.38596618,
    ],
    [
      'MultiClassDiceLoss',
      () =>
        new nn.MultiClassDiceLoss()(
          tensor([
            [0.2, 0.5, 0.7],
            [0.3, 0.1, 0.5],
            [0.9, 0.6, 0.3],
          ]),
          bits,
        ),
      0.54958105,
    ],
    [
      'FocalLoss',
      () =>
        new nn.FocalLoss({ weight: tensor([1, 2]), gamma: 2, reduction: 'mean' })(
          tensor([
            [0.8, 1.4],
            [0.5, 0.9],
            [1.2, 0.9],
          ]),
          int32([[1], [1], [0]]),
        ),
      0.12516622,
    ],
  ])('%s', (_, call, expected) => {
    const numbers = (value: unknown): number[] => [value].flat(9) as number[];
    const [actual, wanted] = [numbers(digits(call())), numbers(expected)];
    expect(actual).toHaveLength(wanted.length);
    for (const [at, value] of wanted.entries()) expect(actual[at]).toBeCloseTo(value, 5);
  });
});

const logits: Values = { shape: [2, 3, 2], data: [0.1, 0.7, -0.2, 1.5, -0.3, 0.4, 2.1, -1.1, 0.6, 0.9, -0.8, 0.3] };
const shares: Values = { shape: [2, 3, 2], data: [0.2, 1, 0.5, 0.1, 0.3, 0, 0.7, 0.4, 0.9, 0.6, 0.8, 0.05] };
/** Labels of two positions of two samples. */
const labels = () => tensor([[[2, 0]], [[-1, 1]]], { dtype: 'int64' });

describe('gradients agree with finite differences', () => {
  const weights = () =>
    tensor(
      [
        [1, 2],
        [0.5, 3],
        [2, 1],
      ],
      { dtype: 'float64' },
    );
  const weight = () => tensor([1, 2, 0.5], { dtype: 'float64' });

  it.each(['none', 'mean', 'sum'] as const)('MAELoss and FocalLoss, %s', (reduction) => {
    checkGradients({
      inputs: [logits, shares],
      loss: ([x, y]) => new nn.MAELoss({ reduction })(x as Tensor, y as Tensor),
    });
    for (const options of [{}, { gamma: 0.5 }, { weight: weight(), gamma: 3 }]) {
      const loss = new nn.FocalLoss({ reduction, ...options });
      checkGradients({ inputs: [logits], loss: ([x]) => loss(x as Tensor, labels()) as Tensor });
      const soft = () => make32(shares);
      checkGradients({ inputs: [logits], loss: ([x]) => loss(x as Tensor, soft()) as Tensor });
    }
  });

  it('RMSELoss and DiceLoss', () => {
    for (const loss of [new nn.RMSELoss(), new nn.DiceLoss(), new nn.DiceLoss({ smooth: 0.5 })]) {
      checkGradients({ inputs: [logits, shares], loss: ([x, y]) => loss(x as Tensor, y as Tensor) as Tensor });
    }
  });

  it.each(['softmax', 'logsoftmax', 'relu', 'relu6', 'tanh', 'sigmoid', null] as const)(
    'MultiClassDiceLoss with %s',
    (activation) => {
      for (const options of [
        {},
        { ignore_indiex: 1 },
        { weights: weights() },
        { ignore_indiex: 0, weights: weights() },
      ]) {
        const loss = new nn.MultiClassDiceLoss<readonly number[]>({ activation, ...options });
        checkGradients({ inputs: [logits, shares], loss: ([x, y]) => loss(x as Tensor, y as Tensor) as Tensor });
      }
    },
  );

  function make32({ data, shape }: Values): Tensor<readonly number[], 'float32'> {
    return tensor(Float32Array.from(data), { shape });
  }
});

describe('the same losses by other names', () => {
  const x = () =>
    tensor(
      [
        [0.1, 0.7, -0.2],
        [1.5, -0.3, 0.4],
      ],
      { requires_grad: true },
    );
  const classes = int32([2, 0]);
  const probabilities = tensor([
    [0.2, 0.3, 0.5],
    [0.1, 0.8, 0.1],
  ]);

  it.each(['none', 'mean', 'sum'] as const)('SoftmaxCrossEntropyWithLogits is CrossEntropyLoss, %s', (reduction) => {
    const both = (sparse: boolean, target: Tensor, own: Tensor) => {
      const [first, second] = [x(), x()];
      const ours = new nn.SoftmaxCrossEntropyWithLogits({ sparse, reduction })(first, anything(own)) as Tensor;
      const theirs = torch.nn.functional.cross_entropy(second, anything(target), { reduction }) as Tensor;
      expect(digits(ours)).toEqual(digits(theirs));
      ours.sum().backward();
      theirs.sum().backward();
      expect(digits(first.grad as Tensor)).toEqual(digits(second.grad as Tensor));
    };
    both(true, classes.to('int64'), classes);
    both(false, probabilities, probabilities);
  });

  it('FocalLoss with gamma 0 is cross entropy', () => {
    const loss = new nn.FocalLoss({ gamma: 0, reduction: 'none' })(x(), int32([[2], [0]])) as Tensor;
    const other = torch.nn.functional.cross_entropy(x(), tensor([2n, 0n]), { reduction: 'none' });
    for (const [at, value] of other.tolist().entries()) expect((loss.tolist() as number[])[at]).toBeCloseTo(value, 6);
  });

  it('an activation of your own is applied to the logits', () => {
    const [scores, truth] = [x(), probabilities];
    const named = new nn.MultiClassDiceLoss({ activation: 'tanh' })(scores, truth);
    expect(new nn.MultiClassDiceLoss({ activation: new torch.nn.Tanh() })(scores, truth).item()).toBe(named.item());
    expect(new nn.MultiClassDiceLoss({ activation: (value) => value.tanh() })(scores, truth).item()).toBe(named.item());
    expect(String(new nn.MultiClassDiceLoss({ activation: 'tanh' }))).toBe("MultiClassDiceLoss(activation='tanh')");
  });
});

describe('what MindSpore refuses', () => {
  const x = tensor([
    [0.1, 0.7, -0.2],
    [1.5, -0.3, 0.4],
  ]);
  const few = tensor([[0.1, 0.7, -0.2]]);

  it.each<[string, () => unknown, typeof ArgumentRangeError | typeof ArgumentTypeError, string, string, string]>([
    [
      'uint8 for RMSELoss',
      () => new nn.RMSELoss()(anything(x.to('uint8')), x),
      ArgumentTypeError,
      'logits',
      'a Tensor of another dtype than uint8',
      'uint8',
    ],
    [
      'uint8 for DiceLoss',
      () => new nn.DiceLoss()(x, anything(x.to('uint8'))),
      ArgumentTypeError,
      'labels',
      'a Tensor of another dtype than uint8',
      'uint8',
    ],
    [
      'other shapes for DiceLoss',
      () => new nn.DiceLoss()(x, anything(few)),
      ArgumentRangeError,
      'labels',
      'the shape of logits, [2, 3]',
      '[1, 3]',
    ],
    ['smooth 0', () => new nn.DiceLoss({ smooth: 0 }), ArgumentRangeError, 'smooth', 'a number above 0', '0'],
    [
      'one dimension for MultiClassDiceLoss',
      () => new nn.MultiClassDiceLoss()(tensor([1, 2]), tensor([1, 2])),
      ArgumentRangeError,
      'logits',
      'a Tensor of at least 2 dimensions',
      'one of 1',
    ],
    [
      'weights of few classes',
      () => new nn.MultiClassDiceLoss({ weights: tensor([[1], [2]]) })(x, x),
      ArgumentRangeError,
      'weights',
      '3 rows, one for each class',
      '[2, 1]',
    ],
    [
      'no class left',
      () => new nn.MultiClassDiceLoss({ ignore_indiex: 0 })(tensor([[1], [2]]), tensor([[1], [2]])),
      ArgumentRangeError,
      'labels',
      'a class that is not ignored',
      '[2, 1]',
    ],
    [
      'float64 labels for FocalLoss',
      () => new nn.FocalLoss()(x, anything(x.to('float64'))),
      ArgumentTypeError,
      'labels',
      'a Tensor of int32, int64, float16, float32',
      'float64',
    ],
    [
      'one class for FocalLoss',
      () => new nn.FocalLoss()(tensor([[1]]), int32([[0]])),
      ArgumentRangeError,
      'logits',
      'more than one class',
      '[1, 1]',
    ],
    [
      'one label for two samples',
      () => new nn.FocalLoss()(x, int32([[0]])),
      ArgumentRangeError,
      'labels',
      'the shape [2, 1] or that of logits, [2, 3]',
      '[1, 1]',
    ],
    [
      'a label out of range',
      () => new nn.FocalLoss()(x, int32([[0], [3]])),
      ArgumentRangeError,
      'labels',
      'class indices from -3 to 2',
      '3',
    ],
    [
      'a label below the range',
      () => new nn.FocalLoss()(x, int32([[-4], [0]])),
      ArgumentRangeError,
      'labels',
      'class indices from -3 to 2',
      '-4',
    ],
    [
      'a weight of more classes',
      () => new nn.FocalLoss({ weight: tensor([1, 2, 3, 4]) })(x, int32([[0], [1]])),
      ArgumentRangeError,
      'weight',
      '3 elements, one for each class',
      '[4]',
    ],
    [
      'float64 for SoftmaxCrossEntropyWithLogits',
      () => new nn.SoftmaxCrossEntropyWithLogits()(anything(x.to('float64')), anything(x)),
      ArgumentTypeError,
      'logits',
      'a Tensor of float16, float32',
      'float64',
    ],
    [
      'integers without sparse',
      () => new nn.SoftmaxCrossEntropyWithLogits()(x, int32([0, 1])),
      ArgumentTypeError,
      'labels',
      'the dtype of logits, float32, if sparse is false',
      'int32',
    ],
    [
      'floats with sparse',
      () => new nn.SoftmaxCrossEntropyWithLogits({ sparse: true })(x, x),
      ArgumentTypeError,
      'labels',
      'class indices in int32 or int64 if sparse is true',
      'float32',
    ],
    [
      'a class index out of range',
      () => new nn.SoftmaxCrossEntropyWithLogits({ sparse: true })(x, int32([0, 3])),
      ArgumentRangeError,
      'labels',
      'class indices from 0 to 2',
      '3',
    ],
    [
      'a class index of -100',
      () => new nn.SoftmaxCrossEntropyWithLogits({ sparse: true })(x, int32([-100, 0])),
      ArgumentRangeError,
      'labels',
      'class indices from 0 to 2',
      '-100',
    ],
    [
      'one index for two samples',
      () => new nn.SoftmaxCrossEntropyWithLogits({ sparse: true })(x, int32([0])),
      ArgumentRangeError,
      'labels',
      'one class index for each row of logits, [2]',
      '[1]',
    ],
  ])('%s', (_, call, kind, parameter, expected, got) => {
    expectWrong(call, kind, { parameter, expected, got });
  });

  it('words that are no activation', () => {
    for (const [activation, kind] of [
      ['Sigmoid', ArgumentRangeError],
      [3, ArgumentTypeError],
    ] as const) {
      const error = thrownBy(() => new nn.MultiClassDiceLoss({ activation: anything(activation) }));
      expect(error).toBeInstanceOf(kind);
      expect(error.parameter).toBe('activation');
    }
    expect(thrownBy(() => new nn.MultiClassDiceLoss({ activation: anything(() => 3) })(x, x)).message).toContain(
      'the result of activation: expected a Tensor, got 3',
    );
  });

  it('a whole data set: evaluate names the loss', async () => {
    const wrong = evaluate(new nn.MAELoss(), [{ input: x, target: x }]);
    await expect(wrong).rejects.toMatchObject({ parameter: 'loss', got: 'mindspore.nn.MAELoss' });
    await expect(wrong).rejects.toBeInstanceOf(ArgumentTypeError);
  });
});

/** What the deviations without recorded numbers say of torchloss, by the loss and the deviation. */
const CLAIMS: Readonly<Record<string, () => void>> = {
  'DiceLoss: smooth given as an integer': () => {
    expect(new nn.DiceLoss({ smooth: 1 }).options).toEqual({ smooth: 1 });
  },
  'DiceLoss: no elements, or a class without any': () =>
    expect(new nn.DiceLoss()(torch.zeros([0, 3]), torch.zeros([0, 3])).item()).toBe(1),
  'FocalLoss: gamma given as an integer': () => {
    expect(new nn.FocalLoss({ gamma: 2 }).options).toEqual({ gamma: 2 });
  },
  'FocalLoss: labels of fewer samples or positions than the logits, or a weight of more classes': () =>
    expect(thrownBy(() => new nn.FocalLoss()(torch.zeros([2, 3]), int32([[0]])))).toBeInstanceOf(ArgumentRangeError),
  'MultiClassDiceLoss: an ignored class that is the only one': () =>
    expect(
      thrownBy(() => new nn.MultiClassDiceLoss({ ignore_indiex: 0 })(torch.ones([2, 1]), torch.ones([2, 1]))),
    ).toBeInstanceOf(ArgumentRangeError),
  'MultiClassDiceLoss: no elements, or a class without any': () =>
    expect(new nn.MultiClassDiceLoss()(torch.zeros([0, 3]), torch.zeros([0, 3])).item()).toBe(1),
  'MultiClassDiceLoss: the gradient of logits of three dimensions or more, with softmax and an ignored class': () =>
    checkGradients({
      inputs: [logits],
      loss: ([x]) => new nn.MultiClassDiceLoss({ ignore_indiex: 1 })(x as Tensor, labelsLike()) as Tensor,
    }),
  'MultiClassDiceLoss: float64': () =>
    expect(
      new nn.MultiClassDiceLoss({ activation: 'relu6' })(
        torch.ones([2, 2], { dtype: 'float64' }),
        torch.ones([2, 2], { dtype: 'float64' }),
      ).dtype,
    ).toBe('float64'),
  'SampledSoftmaxLoss: the classes that are drawn without sampled_values': () => {
    const [weights, biases, labels, scores] = inputsOf(sampledSoftmax) as [Tensor, Tensor, Tensor, Tensor];
    const draw = () =>
      digits(new nn.SampledSoftmaxLoss({ num_sampled: 1, num_classes: 4 })(weights, biases, anything(labels), scores));
    const series = () => (torch.manual_seed(1), Array.from({ length: 8 }, draw));
    expect(series()).toEqual(series());
  },
  "SampledSoftmaxLoss: reduction 'mean' and 'sum'": () => {
    const [weights, biases, labels, scores] = inputsOf(sampledSoftmax) as [Tensor, Tensor, Tensor, Tensor];
    const options = { num_sampled: 1, num_classes: 4, reduction: 'mean' } as const;
    expect(new nn.SampledSoftmaxLoss(options)(weights, biases, anything(labels), scores).shape).toEqual([]);
  },
  'SampledSoftmaxLoss: a class below 0': () => {
    const [weights, biases, , scores] = inputsOf(sampledSoftmax) as [Tensor, Tensor, Tensor, Tensor];
    const loss = new nn.SampledSoftmaxLoss({ num_sampled: 1, num_classes: 4 });
    expect(thrownBy(() => loss(weights, biases, int32([[0], [-1]]), scores))).toBeInstanceOf(ArgumentRangeError);
  },
  'SampledSoftmaxLoss: biases of another length than weights': () => {
    const [weights, , labels, scores] = inputsOf(sampledSoftmax) as [Tensor, Tensor, Tensor, Tensor];
    const loss = new nn.SampledSoftmaxLoss({ num_sampled: 1, num_classes: 4 });
    expect(thrownBy(() => loss(weights, torch.zeros([5]), anything(labels), scores))).toBeInstanceOf(
      ArgumentRangeError,
    );
  },
  "SoftmaxCrossEntropyWithLogits: class indices with float16 logits, unless they are reduced with 'mean'": () => {
    const call = () =>
      new nn.SoftmaxCrossEntropyWithLogits({ sparse: true })(torch.zeros([1, 2]).to('float16'), int32([0]));
    // LibTorch 1.13 has no kernel for it.
    if (libtorch().version.startsWith('1.')) expect(thrownBy(call)).toBeInstanceOf(TorchError);
    else expect(digits(call())).toEqual([expect.closeTo(Math.log(2), 3)]);
  },
  'SoftmaxCrossEntropyWithLogits: a class index out of range': () =>
    expect(
      thrownBy(() => new nn.SoftmaxCrossEntropyWithLogits({ sparse: true })(torch.zeros([1, 2]), int32([2]))),
    ).toBeInstanceOf(ArgumentRangeError),
};

function labelsLike(): Tensor {
  return tensor(Float64Array.from(shares.data), { shape: shares.shape });
}

describe('what a row says of', () => {
  const shared = ({ row }: Entry, about: string) =>
    MINDSPORE_LOSSES.filter((other) => other !== row).every(({ deviations }) =>
      deviations.some((deviation) => deviation.about === about),
    ) || about === 'the exponential in float32 on the CPU';
  const claims = MINDSPORE_ENTRIES.flatMap((loss) =>
    loss.row.deviations
      .filter(({ about, examples }) => examples === undefined && !shared(loss, about))
      .map(({ about }) => `${loss.entry.name}: ${about}`),
  );

  it.each(claims)('%s', (claim) => {
    const check = CLAIMS[claim];
    if (check === undefined) throw new Error('no test runs this claim');
    check();
  });

  it('nothing else is claimed', () => {
    expect(Object.keys(CLAIMS).toSorted()).toEqual(claims.toSorted());
  });
});
