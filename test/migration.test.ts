/** Calls moved between the namespaces: proven by running what comes out, and held to the frameworks' documents. */
import { describe, expect, it } from 'vitest';
import { entryOf, NAMESPACES } from '../lib/losses/catalogue.js';
import type { Tensor } from '../lib/index.js';
import type { AnyLossRow, LossEntry } from '../lib/loss/row.js';
import type { Namespace } from '../lib/loss/call_types.js';
import { crossEntropy } from '../lib/losses/cross_entropy.js';
import { LOSSES } from '../lib/losses/index.js';
import * as mindspore from '../lib/mindspore/index.js';
import { explainMigration, type Migration } from '../lib/migration/index.js';
import type { Literal } from '../lib/migration/python.js';
import { pythonLiteral } from '../lib/migration/write.js';
import * as torch from '../lib/torch/index.js';
import { behaviour } from '../lib/addon/versions.js';
import { hasClasses, inputsOf, lossOf, paramOf } from './helpers/losses.js';

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
    for (const row of LOSSES) {
      const { op, params } = row;
      const chosen = Object.entries(OPTIONS[op] ?? {});
      for (const [name, [, value]] of chosen)
        expect({ [name]: value }).not.toEqual({ [name]: paramOf(row, name)?.shownDefault });
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

  it("mindspore.ops.nll_loss's label_smoothing is written as cross entropy's", () => {
    expect(migrate('ops.nll_loss(x, y, w, label_smoothing=e)', 'torch.nn.functional').to.python).toBe(
      'torch.nn.functional.cross_entropy(x, y, weight=w, label_smoothing=e)',
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
      { parameter: 'size_average', given: true, instead: "reduction='none' means the same" },
      { parameter: 'reduce', given: true, instead: "reduction='none' means the same" },
    ]);
    // Given as None they say nothing.
    expect(migrate("nn.L1Loss(None, None, 'sum')", 'torch.nn').to.python).toBe("torch.nn.L1Loss(reduction='sum')");
  });
});
