/** Calls moved between the namespaces: proven by running what comes out, and held to the frameworks' documents. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { entryOf, NAMESPACES } from '../lib/catalogue.js';
import { TorchError } from '../lib/errors.js';
import type { Tensor } from '../lib/index.js';
import type { AnyLossRow, LossEntry, Namespace } from '../lib/loss.js';
import { crossEntropy } from '../lib/losses/cross_entropy.js';
import { LOSSES } from '../lib/losses/index.js';
import * as mindspore from '../lib/mindspore/index.js';
import { explainMigration, type Migration } from '../lib/migration/index.js';
import { parseCall } from '../lib/migration/python.js';
import * as torch from '../lib/torch/index.js';
import { behaviour } from '../lib/versions.js';
import { hasClasses, inputsOf, lossOf } from './helpers/losses.js';

const { tensor } = torch;

/** An option that is not its default: in Python, and the value that the call is to have. */
type Chosen = readonly [python: string, value: unknown];

const weights = tensor([0.5, 2, 1.25]);
const elementWeights = tensor([
  [0.5, 2, 1.25],
  [1, 0.75, 3],
]);
const distance = (first: Tensor, second: Tensor) => first.sub(second).abs().sum({ dim: 1 });

/** What names of the calls stand for. */
const NAMES: Readonly<Record<string, unknown>> = {
  weights,
  elementWeights,
  distance,
  weightOfTwo: tensor([0.5, 2]),
  positives: tensor([3, 0.25]),
};

const sum: Chosen = ["'sum'", 'sum'];

/** Options that are not their defaults, by the operator. Weights of elements have tests of their own. */
const OPTIONS: Readonly<Record<string, Readonly<Record<string, Chosen>>>> = {
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
  binary_cross_entropy: { weight: ['weights', weights], reduction: sum },
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

/** Inputs that suit the options: of a logarithm there are positive ones. */
function inputsFor(row: AnyLossRow): Tensor[] {
  const [first, ...others] = inputsOf(row) as [Tensor, ...Tensor[]];
  return [row.op === 'poisson_nll_loss' ? first.exp() : first, ...others];
}

/** The names of the tensors in the calls. */
function tensorNames(inputs: readonly Tensor[]): string[] {
  return inputs.map((_, index) => `tensor_${index}`);
}

/** A call in Python. */
function pythonCall(path: string, options: readonly string[], tensors: readonly string[]): string {
  if (!/\.nn\.\w+$/.test(path)) return `${path}(${[...tensors, ...options].join(', ')})`;
  return `${path}(${options.join(', ')})(${tensors.join(', ')})`;
}

/** Runs what a migration wrote in TypeScript, with names for the tensors. */
function evaluate(code: string, names: readonly string[], inputs: readonly Tensor[]): unknown {
  const tensors = Object.fromEntries(names.map((name, index) => [name, inputs[index]]));
  const scope = { torch, mindspore, ...NAMES, ...tensors };
  // oxlint-disable-next-line typescript/no-implied-eval -- the code under test
  return new Function(...Object.keys(scope), `return ${code};`)(...Object.values(scope));
}

/** The same for a call of tensors by their names here; gives the loss alone of what may be a pair. */
function runWritten(code: string, inputs: readonly Tensor[]): Tensor {
  return [evaluate(code, tensorNames(inputs), inputs)].flat()[0] as Tensor;
}

/** The bits of a result, its dtype and its shape. */
function bits(result: Tensor): unknown {
  return { dtype: result.dtype, shape: result.shape, data: result.toTypedArray() };
}

/** A migration as it is after JSON. */
function migrate(call: string, to?: Namespace): Migration {
  return JSON.parse(JSON.stringify(explainMigration(call, to)));
}

/** Every loss, from each namespace that has it to each. */
const PAIRS = LOSSES.flatMap((row) =>
  NAMESPACES.filter((from) => entryOf(row, from) !== undefined).flatMap((from) =>
    NAMESPACES.map((to) => ({ op: row.op, from, to, row })),
  ),
);

describe('migrated calls give the same bits', () => {
  it('for all 21 losses and 4 x 4 namespaces but those of the two that mindspore.ops lacks', () => {
    expect(PAIRS).toHaveLength(21 * 16 - 2 * 4);
    for (const { op, params } of LOSSES) {
      const chosen = Object.entries(OPTIONS[op] ?? {});
      for (const [name, [, value]] of chosen)
        expect({ [name]: value }).not.toEqual({ [name]: params[name]?.shownDefault });
      const left = Object.keys(params).filter((name) => !chosen.some(([given]) => given === name));
      expect(left.every((name) => ['log_target', 'label_smoothing', 'weight'].includes(name))).toBe(true);
    }
  });

  it.each(PAIRS)('$op from $from to $to', ({ row, from, to }) => {
    const entry = entryOf(row, from) as LossEntry;
    const path = `${from}.${entry.name}`;
    const inputs = inputsFor(row);
    const names = tensorNames(inputs);
    for (const [options, values] of writings(row, entry)) {
      const expected = bits(lossOf({ namespace: from, entry, row, path }, inputs, values));
      const migration = migrate(pythonCall(path, options, names), to);
      expect(migration.missing).toBe(entryOf(row, to) === undefined ? to : undefined);
      expect(migration.to.namespace).toBe(migration.missing === undefined ? to : 'mindspore.nn');
      expect(migration.refused).toEqual([]);
      expect(bits(runWritten(migration.from.typescript, inputs))).toEqual(expected);
      expect(bits(runWritten(migration.to.typescript, inputs))).toEqual(expected);
      // The Python that comes out means the same when it is read again.
      const again = migrate(migration.to.python.replace(/\[0\]$/, ''), from);
      expect(bits(runWritten(again.to.typescript, inputs))).toEqual(expected);
    }
  });

  it.each(PAIRS.filter(({ from }) => hasClasses(from)))('$op built in $from, to $to', ({ row, from, to }) => {
    const entry = entryOf(row, from) as LossEntry;
    const path = `${from}.${entry.name}`;
    const inputs = inputsFor(row);
    for (const [options, values] of writings(row, entry)) {
      const expected = bits(lossOf({ namespace: from, entry, row, path }, inputs, values));
      const { to: written } = migrate(`${path}(${options.join(', ')})`, to);
      const names = written.inputs.map(({ typescript }) => typescript);
      const result = evaluate(written.typescript, names, inputs);
      // A class is only built, as in the call that was given.
      const loss = names.length === 0 ? (result as (...tensors: Tensor[]) => Tensor)(...inputs) : result;
      expect(bits([loss].flat()[0] as Tensor)).toEqual(expected);
    }
  });
});

/** The ways to write options of an entry in Python, each with the values that it means. */
function writings(row: AnyLossRow, { options, keywordOnly, ...entry }: LossEntry): [string[], object][] {
  const chosen = Object.entries(OPTIONS[row.op] ?? {});
  const values = Object.fromEntries(chosen.map(([name, [, value]]) => [name, value]));
  const list: [string[], object][] = [
    [[], {}],
    [chosen.map(([name, [python]]) => `${name}=${python}`), values],
  ];
  if (keywordOnly !== true) {
    const absent = (name: string) => String(entry.defaults?.[name] ?? row.params[name]?.shownDefault ?? 'None');
    const stable = options.filter((name) => row.params[name]?.since === undefined);
    list.push([stable.map((name) => OPTIONS[row.op]?.[name]?.[0] ?? absent(name).replace('false', 'False')), values]);
  }
  if (options.includes('reduce')) {
    list.push([['size_average=False'], { reduction: 'sum' }]);
    list.push([["reduction='mean'", 'reduce=False', 'size_average=True'], { reduction: 'none' }]);
  }
  return list;
}

describe('parameters that are not there', () => {
  it.each(NAMESPACES)("kl_div's log_target goes to %s", (to) => {
    const [input, target] = inputsFor(LOSSES.find(({ op }) => op === 'kl_div') as AnyLossRow) as [Tensor, Tensor];
    const logarithms = [input, target.log()];
    const expected = torch.nn.functional.kl_div(input, target.log(), { reduction: 'sum', log_target: true });
    const migration = migrate("F.kl_div(tensor_0, tensor_1, reduction='sum', log_target=True)", to);
    expect(runWritten(migration.to.typescript, logarithms).item()).toBeCloseTo(expected.item(), 6);
    const vanished = to.startsWith('torch') ? [] : ['size_average', 'reduce', 'log_target'];
    expect(migration.vanished.map(({ parameter }) => parameter)).toEqual(vanished);
  });

  it("kl_div's log_target is written for a class that is only built, and for an expression", () => {
    const built = migrate("torch.nn.KLDivLoss(reduction='batchmean', log_target=True)", 'mindspore.nn').to;
    expect(built.python).toBe("mindspore.nn.KLDivLoss(reduction='batchmean')(logits, labels.exp())");
    const { to } = migrate('F.kl_div(a, b + c, log_target=True)', 'mindspore.ops');
    expect(to.python).toBe('mindspore.ops.kl_div(a, (b + c).exp())');
    expect(to.typescript).toBe('mindspore.ops.kl_div(a, target.exp())');
    expect(migrate('F.kl_div(a, b, log_target=False)', 'mindspore.ops').to.python).toBe('mindspore.ops.kl_div(a, b)');
  });

  it.each(NAMESPACES)("mindspore.ops.nll_loss's label_smoothing goes to %s", (to) => {
    const [scores] = inputsOf(crossEntropy) as [Tensor<[2, 3]>];
    const inputs = [scores.log_softmax({ dim: 1 }), tensor([2n, 0n])] as const;
    for (const reduction of ['none', 'mean', 'sum'] as const) {
      for (const ignore_index of [-100, 2]) {
        const { to: written } = migrate(
          `ops.nll_loss(tensor_0, tensor_1, weights, ${ignore_index}, '${reduction}', 0.25)`,
          to,
        );
        const options = { weight: weights, ignore_index, reduction, label_smoothing: 0.25 };
        const expected = mindspore.ops
          .nll_loss(...inputs, options)
          .to('float64')
          .toTypedArray();
        const result = runWritten(written.typescript, inputs).to('float64').toTypedArray();
        expect(result).toHaveLength(expected.length);
        for (const [index, value] of expected.entries()) expect(result[index]).toBeCloseTo(value, 6);
      }
    }
  });

  it("mindspore.ops.nll_loss's label_smoothing is written out for the mean", () => {
    expect(migrate('ops.nll_loss(x, y, w, label_smoothing=e)', 'torch.nn.functional').to.python).toBe(
      '(1 - e) * torch.nn.functional.nll_loss(x, y, weight=w) + ' +
        "e * torch.nn.functional.cross_entropy(x, y, weight=w, reduction='none', label_smoothing=1).mean()",
    );
    expect(migrate("ops.nll_loss(x, y, reduction='sum', label_smoothing=0.1)", 'mindspore.nn').to.python).toBe(
      "mindspore.nn.CrossEntropyLoss(reduction='sum', label_smoothing=0.1)(x, y)",
    );
  });

  it.each(['l1_loss', 'mse_loss', 'huber_loss'])('the weight of %s is written out', (op) => {
    const inputs = inputsFor(LOSSES.find((row) => row.op === op) as AnyLossRow);
    for (const reduction of ['none', 'mean', 'sum']) {
      const call = `F.${op}(tensor_0, tensor_1, reduction='${reduction}', weight=elementWeights)`;
      const results = NAMESPACES.filter((to) => behaviour().elementWeights || to !== 'torch.nn.functional').map((to) =>
        bits(runWritten(migrate(call, to).to.typescript, inputs)),
      );
      expect(results.length).toBeGreaterThan(2);
      for (const result of results) expect(result).toEqual(results[0]);
    }
    expect(migrate(`F.${op}(a, b, weight=None)`, 'mindspore.ops').to.python).toBe(`mindspore.ops.${op}(a, b)`);
  });

  it('size_average and reduce are a reduction, which overrides the one that is given', () => {
    const { to, vanished } = migrate("nn.L1Loss(None, False, 'sum')", 'mindspore.ops');
    expect(to.python).toBe("mindspore.ops.l1_loss(input, target, reduction='none')");
    expect(vanished).toEqual([
      { parameter: 'size_average', given: true, instead: "reduction='none' says the same" },
      { parameter: 'reduce', given: true, instead: "reduction='none' says the same" },
    ]);
    // Given as None they say nothing.
    expect(migrate("nn.L1Loss(None, None, 'sum')", 'torch.nn').to.python).toBe("torch.nn.L1Loss(reduction='sum')");
  });
});

describe("what the frameworks' documents say of the notable ones", () => {
  it.each([
    // Smooth L1 is unreduced in MindSpore, beta comes first there.
    ['torch.nn.SmoothL1Loss(beta=0.5)', 'mindspore.nn', "mindspore.nn.SmoothL1Loss(beta=0.5, reduction='mean')"],
    ['ms.nn.SmoothL1Loss()', 'torch.nn', "torch.nn.SmoothL1Loss(reduction='none')"],
    ["F.smooth_l1_loss(x, y, reduction='none')", 'mindspore.ops', 'mindspore.ops.smooth_l1_loss(x, y)'],
    [
      'F.smooth_l1_loss(x, y, None, None, "sum", 2)',
      'mindspore.ops',
      "mindspore.ops.smooth_l1_loss(x, y, beta=2.0, reduction='sum')",
    ],
    // The class of several labels has a small l there.
    ['nn.MultiLabelMarginLoss()', 'mindspore.nn', 'mindspore.nn.MultilabelMarginLoss()'],
    ['nn.MultilabelMarginLoss()', 'torch.nn', 'torch.nn.MultiLabelMarginLoss()'],
    // Margins: floats in the class, integers in the function of the multi-class one.
    ['nn.MultiMarginLoss(margin=2)', 'mindspore.nn', 'mindspore.nn.MultiMarginLoss(margin=2.0)'],
    ['nn.MultiMarginLoss(margin=2.0)(x, y)', 'mindspore.ops', 'mindspore.ops.multi_margin_loss(x, y, margin=2)'],
    ['nn.CosineEmbeddingLoss(1)(a, b, c)', 'mindspore.nn', 'mindspore.nn.CosineEmbeddingLoss(margin=1.0)(a, b, c)'],
    // A norm is an integer in MindSpore.
    ['nn.TripletMarginLoss(2.0, 1.0)', 'mindspore.nn', 'mindspore.nn.TripletMarginLoss(p=1, margin=2.0)'],
    // Arguments of the instance's call count while the constructor's are the defaults.
    ['mindspore.nn.TripletMarginLoss()(a, b, c, 0.5)', 'torch.nn', 'torch.nn.TripletMarginLoss(margin=0.5)(a, b, c)'],
    [
      'mindspore.nn.TripletMarginLoss(margin=2.0)(a, b, c, 0.5)',
      'torch.nn',
      'torch.nn.TripletMarginLoss(margin=2.0)(a, b, c)',
    ],
    ['mindspore.nn.MultiMarginLoss()(x, y, w)', 'mindspore.ops', 'mindspore.ops.multi_margin_loss(x, y, weight=w)'],
    // CTC of mindspore.ops gives a pair, and MindSpore takes lengths as tensors.
    [
      'F.ctc_loss(p, t, (3, 2), [2, 1], 1)',
      'mindspore.ops',
      'mindspore.ops.ctc_loss(p, t, mindspore.Tensor([3, 2], mindspore.int32), mindspore.Tensor([2, 1], mindspore.int32), blank=1)[0]',
    ],
    ['ops.ctc_loss(p, t, m, n)', 'torch.nn', 'torch.nn.CTCLoss()(p, t, m, n)'],
    ['ops.ctc_loss(p, t, m, n)', 'mindspore.ops', 'mindspore.ops.ctc_loss(p, t, m, n)'],
    // Cases of letters count in PyTorch.
    [
      "ops.binary_cross_entropy(x, y, None, 'SUM')",
      'torch.nn.functional',
      "torch.nn.functional.binary_cross_entropy(x, y, reduction='sum')",
    ],
    ["nn.MSELoss(reduction='elementwise_mean')", 'mindspore.nn', 'mindspore.nn.MSELoss()'],
    // The class and the function of BCE with logits have their options in other orders.
    [
      "mindspore.nn.BCEWithLogitsLoss('sum', w, p)(x, y)",
      'mindspore.ops',
      "mindspore.ops.binary_cross_entropy_with_logits(x, y, weight=w, pos_weight=p, reduction='sum')",
    ],
    // torch.nn.PoissonNLLLoss has two things of one name.
    [
      'nn.PoissonNLLLoss(log_input=False)(log_input=x, target=y)',
      'torch.nn.functional',
      'torch.nn.functional.poisson_nll_loss(x, y, log_input=False)',
    ],
    ["nn.HuberLoss(delta=float('inf'))", 'mindspore.nn', "mindspore.nn.HuberLoss(delta=float('inf'))"],
    [
      'nn.CrossEntropyLoss(weight=torch.tensor([1.0, 2.0]), ignore_index=-1)',
      'mindspore.nn',
      'mindspore.nn.CrossEntropyLoss(weight=torch.tensor([1.0, 2.0]), ignore_index=-1)',
    ],
  ] as const)('%s in %s is %s', (call, to, python) => {
    expect(migrate(call, to).to.python).toBe(python);
  });

  it('names, orders and defaults of smooth L1', () => {
    expect(migrate('torch.nn.SmoothL1Loss(beta=0.5)', 'mindspore.nn')).toMatchObject({
      loss: 'smooth_l1_loss',
      from: {
        signature: "torch.nn.SmoothL1Loss(size_average=None, reduce=None, reduction='mean', beta=1)(input, target)",
      },
      to: { signature: "mindspore.nn.SmoothL1Loss(beta=1, reduction='none')(logits, labels)" },
      renamed: [
        { from: 'input', to: 'logits' },
        { from: 'target', to: 'labels' },
      ],
      moved: [
        { parameter: 'reduction', from: 3, to: 2 },
        { parameter: 'beta', from: 4, to: 1 },
      ],
      defaults: [{ parameter: 'reduction', from: "'mean'", to: "'none'" }],
      vanished: [{ parameter: 'size_average', given: false }, { parameter: 'reduce' }],
      added: [],
      refused: [],
    });
  });

  it('no default but that of smooth L1 changes', () => {
    const changed = PAIRS.filter(
      ({ row, from, to }) => migrate(`${from}.${entryOf(row, from)?.name}()`, to).defaults.length > 0,
    );
    expect(changed.map(({ op, from, to }) => [op, from[0], to[0]])).toEqual(
      changed.map(({ from }) => ['smooth_l1_loss', from[0], from.startsWith('t') ? 'm' : 't']),
    );
    expect(changed).toHaveLength(8);
  });

  it('options by name alone have no place', () => {
    const { moved } = migrate('nn.TripletMarginWithDistanceLoss()', 'mindspore.nn');
    expect(moved.map(({ parameter, from, to }) => [parameter, from, to])).toEqual([
      ['distance_function', null, 1],
      ['margin', null, 4],
      ['swap', null, 2],
      ['reduction', null, 3],
    ]);
  });

  it('labels are int32 in MindSpore, lengths tensors, and the mean of a pair the first of it', () => {
    expect(migrate('nn.NLLLoss()', 'mindspore.nn').kinds).toEqual([
      { parameter: 'labels', from: 'int64 or uint8', to: 'int32' },
      { parameter: 'weight', from: 'a Tensor or None', to: 'a Tensor of float16 or float32, or null' },
    ]);
    expect(migrate('mindspore.ops.multilabel_margin_loss()', 'torch.nn').kinds).toEqual([
      { parameter: 'target', from: 'int32', to: 'int64' },
    ]);
    const ctc = migrate('nn.CTCLoss()', 'mindspore.ops');
    expect(ctc.kinds.map(({ parameter }) => parameter)).toEqual(['targets', 'input_lengths', 'target_lengths']);
    expect(ctc.notes).toContain('mindspore.ops.ctc_loss gives a pair, the loss and log_alpha; [0] takes the loss.');
    expect(migrate('ops.ctc_loss()', 'torch.nn').notes).toContain(
      'The result is the loss alone: torch.nn gives no log_alpha.',
    );
  });

  it('values out of the range of the target are named, with the namespaces that take them', () => {
    expect(migrate('nn.MultiMarginLoss(margin=0.5)', 'mindspore.ops').refused).toEqual([
      {
        parameter: 'margin',
        expected: 'an integer',
        got: '0.5',
        takenBy: ['torch.nn', 'torch.nn.functional', 'mindspore.nn'],
      },
    ]);
    expect(migrate('nn.SmoothL1Loss(beta=0)', 'mindspore.nn').refused).toEqual([
      { parameter: 'beta', expected: 'a number above 0', got: '0', takenBy: ['torch.nn', 'torch.nn.functional'] },
    ]);
    expect(migrate('nn.CosineEmbeddingLoss(margin=2)', 'mindspore.ops').refused).toMatchObject([
      { expected: 'a number from -1 to 1' },
    ]);
    expect(migrate('ms.nn.TripletMarginLoss(margin=-1.0)', 'torch.nn').refused).toMatchObject([
      { expected: 'a number above 0 in newer LibTorchs', got: '-1' },
    ]);
  });

  it('the deviations are those of the row, between the frameworks alone', () => {
    for (const { row, from, to } of PAIRS) {
      const { deviations } = migrate(`${from}.${entryOf(row, from)?.name}()`, to);
      expect(deviations).toEqual(from.split('.')[0] === to.split('.')[0] ? [] : row.deviations);
    }
  });

  it('words that TypeScript keeps for itself are written otherwise, and what is Python alone by a name', () => {
    const { from, to, notes } = migrate('F.gaussian_nll_loss(x[:, 0], y, var)', 'mindspore.nn');
    expect(from.typescript).toBe('torch.nn.functional.gaussian_nll_loss(input, y, var_)');
    expect(to.typescript).toBe('new mindspore.nn.GaussianNLLLoss()(input, y, var_)');
    expect(to.python).toBe('mindspore.nn.GaussianNLLLoss()(x[:, 0], y, var)');
    expect(notes).toContain('In TypeScript input stands for x[:, 0].');
  });
});

describe('calls that are refused', () => {
  it.each([
    ['', 'expected the name of a loss at column 1, got the end'],
    ['torch.nn.L1Loss', "expected '(' at column 16, got the end"],
    ['nn.L1Loss(', "expected ')' at column 11, got the end"],
    ['nn.L1Loss(reduction=)', 'expected a value at column 21, got `)`'],
    ["nn.L1Loss(reduction='sum)", "expected a string that ends at column 21, got `'sum)`"],
    ["nn.L1Loss(reduction='sum'))", 'expected the end of the call at column 27, got `)`'],
    ['nn.L1Loss([)', 'expected brackets that match at column 12, got `)`'],
    ['nn.L1Loss(*args)', 'expected arguments one by one, each written out at column 11, got `*args)`'],
    ["nn.L1Loss(reduction='sum', None)", 'expected a named argument after a named one at column 28, got `None`'],
    ["nn.L1Loss(reduction='sum', reduction='sum')", 'expected reduction once at column 28, got it again'],
    ['nn.L1Loss(None, size_average=True)', 'expected size_average once at column 17, got it again'],
    ['nn.L1Loss(a = b = c)', "expected ',' or ')' at column 17, got `= c)`"],
    ['nn.L1Loss() # mean', 'expected the end of the call at column 13, got `# mean`'],
    ["nn.L1Loss(reduction='avg')", "expected 'none', 'mean' or 'sum' for reduction at column 11, got `'avg'`"],
    ["ms.nn.L1Loss(reduction='Mean')", "expected 'none', 'mean' or 'sum' for reduction at column 14, got `'Mean'`"],
    ['nn.L1Loss(beta=1)', 'expected a parameter of L1Loss (size_average, reduce, reduction) at column 11, got `beta`'],
    [
      'nn.L1Loss(1, 2, 3, 4)',
      'expected at most 3 arguments by place (size_average, reduce, reduction) at column 20, got `4`',
    ],
    ['nn.L1Loss(size_average=flag)', 'expected True, False or None for size_average at column 11, got `flag`'],
    ['nn.GaussianNLLLoss(True)', 'expected at most 0 arguments by place at column 20, got `True`'],
    ['nn.HuberLoss(delta="1")', 'expected a number for delta at column 14, got `"1"`'],
    ['nn.NLLLoss(ignore_index=1.0)', 'expected an integer for ignore_index at column 12, got `1.0`'],
    ['nn.NLLLoss(weight=3)', 'expected a tensor or None for weight at column 12, got `3`'],
    ['nn.KLDivLoss(log_target=1)', 'expected True or False for log_target at column 14, got `1`'],
    ['ms.nn.HuberLoss(delta=0.0)', 'expected a number above 0 for delta at column 17, got `0.0`'],
    ['F.l1_loss(input)', 'expected a tensor for target at column 16, got none'],
    ['nn.L1Loss()()', 'expected a tensor for input at column 13, got none'],
    ['F.l1_loss(a, b)(c)', 'expected the call of l1_loss alone at column 18, got a second one'],
    [
      'L1Loss()',
      'expected a loss of torch.nn, torch.nn.functional, mindspore.nn, mindspore.ops at column 1, got `L1Loss`, which is in several',
    ],
    [
      'mint.nn.L1Loss()',
      'expected a loss of torch.nn, torch.nn.functional, mindspore.nn, mindspore.ops at column 1, got `mint.nn.L1Loss`, which is in mindspore.mint',
    ],
    [
      'mindspore.nn.MultiLabelMarginLoss()',
      'expected a loss of mindspore.nn, such as mindspore.nn.MultilabelMarginLoss, at column 1, got `mindspore.nn.MultiLabelMarginLoss`',
    ],
    [
      'ops.poisson_nll_loss(a, b)',
      'expected a loss of mindspore.ops, such as mindspore.nn.PoissonNLLLoss, at column 1, got `ops.poisson_nll_loss`',
    ],
    [
      'torch.nn.smooth_l1_loss(a, b)',
      'expected a loss of torch.nn, such as torch.nn.SmoothL1Loss, at column 1, got `torch.nn.smooth_l1_loss`',
    ],
  ])('%s', (call, message) => {
    expect(() => explainMigration(call, 'mindspore.nn')).toThrow(
      expect.objectContaining({ name: 'TorchError', code: 'ERR_USAGE', message: `call: ${message}` }),
    );
  });

  it('values that have to be known to be written', () => {
    expect(() => explainMigration('F.kl_div(a, b, log_target=flag)', 'mindspore.ops')).toThrow('True or False');
    expect(() => explainMigration('F.l1_loss(a, b, reduction=r, weight=w)', 'mindspore.ops')).toThrow(
      'a reduction that is written out',
    );
    expect(migrate('F.l1_loss(a, b, reduction=r)', 'mindspore.ops').to.typescript).toBe(
      'mindspore.ops.l1_loss(a, b, { reduction: r })',
    );
  });

  it('arguments that are no call and no namespace', () => {
    expect(() => explainMigration(3 as never)).toThrow('call: expected a string, got 3');
    expect(() => explainMigration('nn.L1Loss()', 'torch' as never)).toThrow(
      "namespace: expected one of torch.nn, torch.nn.functional, mindspore.nn, mindspore.ops, got 'torch'",
    );
  });
});

describe('the parser', () => {
  it('reads literals, and leaves expressions as they stand', () => {
    const { args, second } = parseCall(
      ` a.b ( 1_000 , x = -.5e-3, y=lambda a, b=(1, 2): [a, b], z=d["k,)"] == 'it\\'s', t=(1,), e=f(), n=-float("inf"), ) ( p )`,
    );
    expect(args.map(({ name, text, value }) => [name, text, Object.values(value).at(-1)])).toEqual([
      [undefined, '1_000', true],
      ['x', '-.5e-3', false],
      ['y', 'lambda a, b=(1, 2): [a, b]', 'expression'],
      ['z', `d["k,)"] == 'it\\'s'`, 'expression'],
      ['t', '(1,)', [1]],
      ['e', 'f()', 'expression'],
      ['n', '-float("inf")', Number.NEGATIVE_INFINITY],
    ]);
    expect(args[0]?.value).toEqual({ kind: 'literal', value: 1000, whole: true });
    expect(second).toMatchObject([{ text: 'p' }]);
  });

  const piece = fc.constantFrom(
    ...[
      'torch.nn.',
      'F.',
      'nn.',
      'L1Loss',
      'cross_entropy',
      'ctc_loss',
      '(',
      ')',
      ',',
      '=',
      "'sum'",
      '"',
      "'",
      '\\',
      '[',
    ],
    ...[
      'reduction',
      'weight=',
      'lambda x, y: ',
      '1e-6',
      '-100',
      "float('inf')",
      'True',
      ' ',
      '\n',
      '#',
      '*',
      '(1, 2)',
      '==',
      ':',
    ],
  );

  it('throws nothing but errors with a column', () => {
    const texts = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 80 }),
      fc.array(piece, { maxLength: 20 }).map((pieces) => pieces.join('')),
      fc.array(piece, { maxLength: 12 }).map((pieces) => `F.nll_loss(${pieces.join('')})`),
      fc.array(piece, { maxLength: 12 }).map((pieces) => `nn.TripletMarginLoss(${pieces.join('')})(a, b, c)`),
    );
    fc.assert(
      fc.property(texts, fc.constantFrom(...NAMESPACES), (text, namespace) => {
        try {
          const { to } = explainMigration(text, namespace);
          // What comes out can be read again, but for what stands in for a parameter.
          if (!/^\(|\[0\]$/.test(to.python)) parseCall(to.python);
        } catch (error) {
          expect(error).toBeInstanceOf(TorchError);
          expect(error).toMatchObject({ code: 'ERR_USAGE', message: expect.stringMatching(/ at column \d+, got /) });
        }
      }),
      { numRuns: 3000, seed: 1 },
    );
  });

  it('reads every number', () => {
    fc.assert(
      fc.property(
        fc.double().filter((value) => !Object.is(value, -0)),
        (value) => {
          const text = Number.isNaN(value) ? "float('nan')" : String(value).replace(/(-?)Infinity/, "$1float('inf')");
          expect(parseCall(`f(${text})`).args[0]?.value).toMatchObject({ kind: 'literal', value });
        },
      ),
      { seed: 1 },
    );
  });
});
