/** `mindspore.nn.SampledSoftmaxLoss`: against MindSpore's numbers, finite differences and the cross entropy of all classes. */
import { describe, expect, it } from 'vitest';
import { ArgumentRangeError, ArgumentTypeError, mindspore, type Tensor, TorchError, torch } from '../../lib/index.js';
import type { SampledSoftmaxOptions } from '../../lib/losses/mindspore/sampled_softmax.js';
import { expectWrong } from '../helpers/errors.js';
import { checkGradients } from '../helpers/gradients.js';
import { liveTensors } from '../helpers/memory.js';

const { tensor } = torch;
const { SampledSoftmaxLoss } = mindspore.nn;
const anything = (value: unknown) => value as never;
const int32 = (data: number[] | number[][]) => mindspore.Tensor(data, mindspore.int32);

const WEIGHTS = [
  [0.5, -1, 0.25],
  [1, 0.5, -0.75],
  [-0.5, 2, 1],
  [0, 1, -1.5],
  [1.5, -0.25, 0.5],
];
const BIASES = [0.1, 0, -0.2, 0.3, -0.4];
const LOGITS = [
  [1, 2, -0.5],
  [-1, 0.5, 2],
];

const inputs = () =>
  [tensor(WEIGHTS, { requires_grad: true }), tensor(BIASES, { requires_grad: true })].concat(
    tensor(LOGITS, { requires_grad: true }),
  ) as [Tensor, Tensor, Tensor];

function numbers(value: unknown): number[] {
  return [value].flat(9) as number[];
}

function expectClose(actual: Tensor | null, expected: unknown): void {
  const [found, wanted] = [numbers(actual?.tolist()), numbers(expected)];
  expect(found).toHaveLength(wanted.length);
  for (const [at, value] of wanted.entries()) expect(found[at]).toBeCloseTo(value, 5);
}

/** What MindSpore 2.10 gave on the CPU, with the gradients of weights, biases and logits from 1 and -0.5. */
const RECORDED = [
  {
    labels: [[0], [2]],
    num_true: 1,
    sampled: [
      [1, 3],
      [[0.5], [0.25]],
      [0.5, 0.125],
    ],
    loss: [6.083393573760986, 0.010066330432891846],
    gradients: [
      [
        [-0.9977196455001831, -1.9954392910003662, 0.49885982275009155],
        [0.11362072825431824, 0.22483612596988678, -0.05825355648994446],
        [-0.0050079599022865295, 0.0025039799511432648, 0.010015919804573059],
        [0.8891068696975708, 1.7680991888046265, -0.45062217116355896],
        [0, 0, 0],
      ],
      [-0.9977196455001831, 0.11169646680355072, 0.0050079599022865295, 0.8810151815414429, 0],
      [
        [-0.38620123267173767, 1.9391100406646729, -1.661515474319458],
        [-0.0034661083482205868, 0.005489023867994547, 0.011798303574323654],
      ],
    ],
  },
  {
    labels: [
      [0, 4],
      [2, 4],
    ],
    num_true: 2,
    sampled: [[1, 3, 3], [[0.5, 0.25]], [0.5, 0.125, 0.125]],
    loss: [5.448933124542236, 1.8770670890808105],
    gradients: [
      [
        [-0.4988090693950653, -0.9976181387901306, 0.24940453469753265],
        [0.0606640987098217, 0.11675708740949631, -0.033074717968702316],
        [0.22034534811973572, -0.11017267405986786, -0.44069069623947144],
        [0.9398190975189209, 1.8411943912506104, -0.4929758608341217],
        [-0.7220194339752197, -0.8501605987548828, 0.7173367142677307],
      ],
      [-0.4988090693950653, 0.057007212191820145, -0.22034534811973572, 0.9090640544891357, -0.24691680073738098],
      [
        [-0.9172711372375488, 1.5737855434417725, -1.7977254390716553],
        [0.46467125415802, -0.5163702964782715, -0.07713204622268677],
      ],
    ],
  },
  {
    labels: [[4], [1]],
    num_true: 1,
    sampled: [[1, 4], [0.75], [0.75]],
    loss: [2.2592720985412598, 1.687170386314392],
    gradients: [
      [
        [0, 0, 0],
        [0.4761894941329956, 1.7397730350494385, 0.23434168100357056],
        [0, 0, 0],
        [0, 0, 0],
        [-0.4761894643306732, -1.7397730350494385, -0.23434171080589294],
      ],
      [0, 1.1061047315597534, 0, 0, -1.1061047315597534],
      [
        [-0.3955734968185425, 0.5933603048324585, -0.988933801651001],
        [-0.15747880935668945, 0.23621821403503418, -0.39369702339172363],
      ],
    ],
  },
] as const;

const sampledOf = ([candidates, ...expected]: readonly unknown[]) =>
  [int32(candidates as number[]), ...expected.map((counts) => tensor(counts as number[]))] as never;

describe('the numbers of MindSpore', () => {
  it.each(RECORDED)('for the labels $labels', ({ labels, num_true, sampled, loss, gradients }) => {
    const [weights, biases, logits] = inputs();
    const options = { num_sampled: sampled[0].length, num_classes: 5, num_true, sampled_values: sampledOf(sampled) };
    const result = new SampledSoftmaxLoss(options)(weights, biases, int32(anything(labels)), logits);
    expectClose(result, loss);
    result.backward({ gradient: tensor([1, -0.5]) });
    for (const [at, { grad }] of [weights, biases, logits].entries()) expectClose(grad, gradients[at]);
  });

  it('are reduced as documented', () => {
    const [{ labels, sampled, loss }] = RECORDED;
    const [weights, biases, logits] = inputs();
    for (const [reduction, expected] of [
      ['mean', (loss[0] + loss[1]) / 2],
      ['sum', loss[0] + loss[1]],
    ] as const) {
      const options = { num_sampled: 2, num_classes: 5, sampled_values: sampledOf(sampled), reduction };
      const result = new SampledSoftmaxLoss(options)(weights, biases, int32(anything(labels)), logits);
      expectClose(result, expected);
    }
  });
});

it('an empty batch has no losses, and no sampled class leaves a loss of 0', () => {
  const [weights, biases, logits] = inputs();
  const of = (given: SampledSoftmaxOptions['sampled_values'], labels: Tensor, rows: Tensor) =>
    new SampledSoftmaxLoss({ num_sampled: 2, num_classes: 5, sampled_values: given })(
      weights,
      biases,
      anything(labels),
      anything(rows),
    );
  const none = of(null, torch.zeros([0, 1], { dtype: 'int64' }), torch.zeros([0, 3]));
  expect(none.shape).toEqual([0]);
  none.sum().backward();
  expect(numbers(weights.grad?.tolist())).toEqual(Array.from({ length: 15 }, () => 0));
  const alone = of(sampledOf([[], [1], []]), int32([[0], [2]]), logits);
  expect(alone.tolist()).toEqual([-0, -0]);
});

it('gradients agree with finite differences', () => {
  const values = (rows: number[][]) => ({ shape: [rows.length, rows[0]?.length as number], data: rows.flat() });
  for (const { labels, num_true, sampled } of RECORDED) {
    const options = { num_sampled: 3, num_classes: 5, num_true, sampled_values: sampledOf(sampled) };
    const loss = new SampledSoftmaxLoss(options);
    checkGradients({
      inputs: [values(WEIGHTS), { shape: [5], data: BIASES }, values(LOGITS)],
      loss: ([w, b, x]) => loss(w as Tensor, b as Tensor, int32(anything(labels)), anything(x)) as Tensor,
    });
  }
});

describe('classes that are drawn', () => {
  const options = { num_sampled: 2, num_classes: 5 };
  const labels = int32([[0], [2]]);

  /** The classes that a call used: those whose biases have a gradient. */
  function usedBy(loss: InstanceType<typeof SampledSoftmaxLoss>): number[] {
    const [weights, biases, logits] = inputs();
    loss(weights, biases, labels, logits).sum().backward();
    const gradient = biases.grad?.tolist() as number[];
    return gradient.flatMap((value, at) => (value === 0 ? [] : [at]));
  }

  it('differ from each other and from the labels', () => {
    const loss = new SampledSoftmaxLoss({ ...options, seed: 5 });
    const drawn = Array.from({ length: 40 }, () => usedBy(loss).filter((at) => at !== 0 && at !== 2));
    for (const classes of drawn) expect(classes).toHaveLength(2);
    expect(new Set(drawn.map(String))).toEqual(new Set(['1,3', '1,4', '3,4']));
  });

  it('may be labels if too few others are left, or if they need not differ', () => {
    const [weights, biases, logits] = inputs();
    for (const more of [{ num_sampled: 4 }, { num_sampled: 5, remove_accidental_hits: false }]) {
      const loss = new SampledSoftmaxLoss({ ...options, ...more, seed: 1 });
      expect(loss(weights, biases, labels, logits).tolist().every(Number.isFinite)).toBe(true);
    }
    const all = new SampledSoftmaxLoss({ ...options, num_sampled: 5, remove_accidental_hits: false });
    const scores = logits.matmul(weights.t()).add(biases);
    const shared = scores.logsumexp({ dim: 1 });
    const own = torch.stack([scores.select(0, 0).select(0, 0), scores.select(0, 1).select(0, 2)]);
    // Each label is among the classes twice: as a label, and drawn.
    const expected = shared.exp().add(own.exp()).log().sub(own);
    expectClose(all(weights, biases, labels, logits), expected.tolist());
  });

  it('are those of the seed, and of torch.manual_seed without one', async () => {
    const series = (loss: InstanceType<typeof SampledSoftmaxLoss>) => Array.from({ length: 10 }, () => usedBy(loss));
    const own = (seed: number) => new SampledSoftmaxLoss({ ...options, seed });
    expect(series(own(3))).toEqual(series(own(3)));
    expect(series(own(3))).not.toEqual(series(own(4)));
    const seeded = () => series((torch.manual_seed(7), new SampledSoftmaxLoss(options)));
    expect(seeded()).toEqual(seeded());
    const [weights, biases, logits] = inputs();
    const [first, second] = [own(3), own(3)];
    for (let call = 0; call < 5; call++) {
      const result = await first.async(weights, biases, labels, logits);
      expect(result.tolist()).toEqual(second(weights, biases, labels, logits).tolist());
    }
  });

  it('give the cross entropy of all classes if they are all the others', () => {
    const [weights, biases, logits] = inputs();
    const alone = int32([[1], [1]]);
    const loss = new SampledSoftmaxLoss({ num_sampled: 4, num_classes: 5 })(weights, biases, alone, logits);
    const scores = logits.matmul(weights.t()).add(biases);
    const full = torch.nn.functional.cross_entropy(scores as Tensor<readonly [2, 5]>, tensor([1n, 1n]), {
      reduction: 'none',
    });
    expectClose(loss, full.tolist());
  });

  it('leave no tensors behind', async () => {
    const loss = new SampledSoftmaxLoss(options);
    const [weights, biases, logits] = inputs();
    const before = await liveTensors();
    for (let call = 0; call < 10; call++) loss(weights, biases, labels, logits).dispose();
    expect(torch.memory().tensors).toBeLessThanOrEqual(before);
  });
});

describe('what is refused', () => {
  const call = (labels: Tensor, given: Partial<SampledSoftmaxOptions> = {}) => {
    const [weights, biases, logits] = inputs();
    return () =>
      new SampledSoftmaxLoss({ num_sampled: 2, num_classes: 5, ...given })(weights, biases, anything(labels), logits);
  };
  const labels = () => int32([[0], [2]]);
  const made = (options: object) => () => new SampledSoftmaxLoss(anything(options));

  it.each<[string, () => unknown, typeof ArgumentRangeError | typeof ArgumentTypeError, string, string, string]>([
    ['no options', made(anything(undefined)), ArgumentTypeError, 'num_sampled', 'an integer', 'undefined'],
    ['no number of classes', made({ num_sampled: 2 }), ArgumentTypeError, 'num_classes', 'an integer', 'undefined'],
    [
      'no sampled classes',
      made({ num_sampled: 0, num_classes: 5 }),
      ArgumentRangeError,
      'num_sampled',
      'an integer above 0',
      '0',
    ],
    [
      'more than all classes',
      made({ num_sampled: 6, num_classes: 5 }),
      ArgumentRangeError,
      'num_sampled',
      'at most num_classes, 5',
      '6',
    ],
    [
      'more labels than classes',
      made({ num_sampled: 2, num_classes: 5, num_true: 6 }),
      ArgumentRangeError,
      'num_true',
      'at most num_classes, 5',
      '6',
    ],
    [
      'a negative seed',
      made({ num_sampled: 2, num_classes: 5, seed: -1 }),
      ArgumentRangeError,
      'seed',
      'an integer of at least 0',
      '-1',
    ],
    [
      'two sampled values',
      made({ num_sampled: 2, num_classes: 5, sampled_values: [labels(), tensor([1])] }),
      ArgumentRangeError,
      'sampled_values',
      'an array of three tensors or null',
      '2 of them',
    ],
    [
      'sampled values that are numbers',
      made({ num_sampled: 2, num_classes: 5, sampled_values: [labels(), 1, 1] }),
      ArgumentTypeError,
      'sampled_values[1]',
      'a Tensor',
      '1',
    ],
    [
      'labels of another dtype',
      call(tensor([[0], [2]])),
      ArgumentTypeError,
      'labels',
      'a Tensor of int32, int64',
      'float32',
    ],
    ['one label for two rows', call(int32([0])), ArgumentRangeError, 'labels', '1 for each row of logits, 2', '[1]'],
    ['a class out of range', call(int32([[0], [5]])), ArgumentRangeError, 'labels', 'class indices from 0 to 4', '5'],
    [
      'a sampled class out of range',
      call(labels(), { sampled_values: sampledOf([[7], [1], [1]]) }),
      ArgumentRangeError,
      'sampled_values[0]',
      'class indices from 0 to 4',
      '7',
    ],
    [
      'sampled classes of two dimensions',
      call(labels(), { sampled_values: sampledOf([[[1]], [1], [1]]) }),
      ArgumentRangeError,
      'sampled_values[0]',
      'a Tensor of 1 dimension',
      '[1, 1]',
    ],
    [
      'more classes than rows of weights',
      () =>
        new SampledSoftmaxLoss({ num_sampled: 2, num_classes: 6 })(
          tensor(WEIGHTS),
          tensor(BIASES),
          labels(),
          tensor(LOGITS),
        ),
      ArgumentRangeError,
      'num_classes',
      'at most the rows of weights, 5',
      '6',
    ],
    [
      'few biases',
      () =>
        new SampledSoftmaxLoss({ num_sampled: 2, num_classes: 5 })(
          tensor(WEIGHTS),
          tensor([1]),
          labels(),
          tensor(LOGITS),
        ),
      ArgumentRangeError,
      'biases',
      'the shape [5], a bias for each row of weights',
      '[1]',
    ],
    [
      'narrow logits',
      () =>
        new SampledSoftmaxLoss({ num_sampled: 2, num_classes: 5 })(
          tensor(WEIGHTS),
          tensor(BIASES),
          labels(),
          tensor([[1], [2]]),
        ),
      ArgumentRangeError,
      'logits',
      'the shape [2, 3], as wide as weights',
      '[2, 1]',
    ],
  ])('%s', (_, refused, kind, parameter, expected, got) => {
    expectWrong(refused, kind, { parameter, expected, got });
  });

  it('sampled values that have been disposed of', () => {
    const sampled_values = sampledOf([[1], [1], [1]]) as unknown as Tensor[];
    const refused = call(labels(), { sampled_values: anything(sampled_values) });
    sampled_values[1]?.dispose();
    const details = { expected: 'a live Tensor', got: 'one that has been disposed', code: 'ERR_DISPOSED' };
    expectWrong(refused, TorchError, { parameter: 'sampled_values[1]', ...details });
  });
});
