/** Calls translated between namespaces: proven by running the output, and checked against the frameworks' documents. */
import { describe, expect, it } from 'vitest';
import { entryOf, NAMESPACES } from '../../lib/losses/catalogue.js';
import type { Tensor } from '../../lib/index.js';
import type { AnyLossRow, LossEntry } from '../../lib/loss/row.js';
import type { Namespace } from '../../lib/loss/call_types.js';
import { crossEntropy } from '../../lib/losses/cross_entropy.js';
import { LOSSES } from '../../lib/losses/index.js';
import * as mindspore from '../../lib/mindspore/index.js';
import { explainMigration, type Migration } from '../../lib/migration/index.js';
import * as torch from '../../lib/torch/index.js';
import { behaviour } from '../../lib/addon/versions.js';
import { hasClasses, inputsOf, lossOf, paramOf } from '../helpers/losses.js';
import {
  COMMON,
  evaluate,
  inputsFor,
  OPTIONS,
  PAIRS,
  pythonCall,
  runWritten,
  tensorNames,
  weights,
  writings,
} from '../helpers/migrated.js';

const { tensor } = torch;

/** The bits of a result, its dtype and its shape. */
function bits(result: Tensor): unknown {
  return { dtype: result.dtype, shape: result.shape, data: result.toTypedArray() };
}

/** A migration after a round trip through JSON. */
function migrate(call: string, to?: Namespace): Migration {
  return JSON.parse(JSON.stringify(explainMigration(call, to)));
}

describe('migrated calls give the same bits', () => {
  it('for all 21 losses and 4 x 4 namespaces, except the two losses that mindspore.ops lacks', () => {
    expect(PAIRS).toHaveLength(21 * 16 - 2 * 4);
    for (const row of COMMON) {
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
      // The Python output means the same when it is parsed again.
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
      // A class is only constructed, as in the given call.
      const loss = names.length === 0 ? (result as (...tensors: Tensor[]) => Tensor)(...inputs) : result;
      expect(bits([loss].flat()[0] as Tensor)).toEqual(expected);
    }
  });
});

describe('parameters that the target lacks', () => {
  it.each(NAMESPACES)("kl_div's log_target goes to %s", (to) => {
    const [input, target] = inputsFor(LOSSES.find(({ op }) => op === 'kl_div') as AnyLossRow) as [Tensor, Tensor];
    const logarithms = [input, target.log()];
    const expected = torch.nn.functional.kl_div(input, target.log(), { reduction: 'sum', log_target: true });
    const migration = migrate("F.kl_div(tensor_0, tensor_1, reduction='sum', log_target=True)", to);
    expect(runWritten(migration.to.typescript, logarithms).item()).toBeCloseTo(expected.item(), 6);
    const vanished = to.startsWith('torch') ? [] : ['size_average', 'reduce', 'log_target'];
    expect(migration.vanished.map(({ parameter }) => parameter)).toEqual(vanished);
  });

  it("kl_div's log_target works for a class that is only constructed, and for an expression", () => {
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

  it('linear_cross_entropy is for PyTorch alone', () => {
    const call = "F.linear_cross_entropy(x, w, y, linear_bias=b, reduction='sum', ignore_index=2, label_smoothing=0.0)";
    expect(migrate(call).to.typescript).toBe(
      "torch.nn.functional.linear_cross_entropy(x, w, y, { linear_bias: b, reduction: 'sum', ignore_index: 2 })",
    );
    expect(() => explainMigration(call, 'mindspore.nn')).toThrow(/which only PyTorch has/);
    expect(() => explainMigration('nn.LinearCrossEntropyLoss(3, 4)')).toThrow(/which only PyTorch has/);
  });

  it('size_average and reduce become a reduction, which overrides a given one', () => {
    const { to, vanished } = migrate("nn.L1Loss(None, False, 'sum')", 'mindspore.ops');
    expect(to.python).toBe("mindspore.ops.l1_loss(input, target, reduction='none')");
    expect(vanished).toEqual([
      { parameter: 'size_average', given: true, instead: "reduction='none' means the same" },
      { parameter: 'reduce', given: true, instead: "reduction='none' means the same" },
    ]);
    // None has no effect.
    expect(migrate("nn.L1Loss(None, None, 'sum')", 'torch.nn').to.python).toBe("torch.nn.L1Loss(reduction='sum')");
  });
});
