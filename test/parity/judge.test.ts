import { describe, expect, it } from 'vitest';
import { findLoss } from '../../lib/losses/catalogue.js';
import type { AnyLossRow } from '../../lib/loss/row.js';
import { encode } from '../../lib/parity/wire/bits.js';
import type { CaseTensor, ParityCase } from '../../lib/parity/cases/cases.js';
import { judgeCase } from '../../lib/parity/judge/judge.js';
import { runCase, type SideResult } from '../../lib/parity/sides/own.js';
import type { Float } from '../../lib/base/types.js';

function caseTensor(values: readonly number[], dtype: Float = 'float32', requires_grad = false): CaseTensor {
  return { dtype, shape: [values.length], data: encode(values, dtype), requires_grad };
}

function caseOf(loss: string, values: readonly (readonly number[])[], more: Partial<ParityCase> = {}): ParityCase {
  const dtype = more.dtype ?? 'float32';
  const args = values.map((list, index) => ({
    name: ['input', 'target'][index] ?? `${index}`,
    value: caseTensor(list, dtype, index === 0),
  }));
  return { id: 'x', loss, api: 'mindspore.ops', name: loss, dtype, note: '', args, kwargs: {}, ...more };
}

/** The results of both sides; `change` is applied to the other side's tensors. */
function judge(given: ParityCase, change: (theirs: SideResult) => SideResult) {
  const ours = runCase(given);
  return judgeCase(given, findLoss(given.loss) as AnyLossRow, 'mindspore', ours, change(ours));
}

/** The same result with another output. */
function output(data: (values: number[]) => number[], dtype?: Float) {
  return (theirs: SideResult): SideResult => {
    const { output: own } = theirs;
    if (own === undefined) throw new Error('there is no output');
    return { ...theirs, output: { ...own, dtype: dtype ?? own.dtype, data: data(Array.from(own.data, Number)) } };
  };
}

describe('judgeCase', () => {
  const usual = caseOf(
    'l1_loss',
    [
      [1, 2.5],
      [0.5, 4],
    ],
    { kwargs: { reduction: 'none' } },
  );

  it('distinguishes identical bits, rounding and wrong numbers', () => {
    expect(judge(usual, (same) => same).judgement).toBe('identical');
    const near = judge(
      usual,
      output(([first = 0, second = 0]) => [first, second + 1.2e-7]),
    );
    expect(near).toMatchObject({ judgement: 'rounding', reason: expect.stringMatching(/^output: up to 1 ULP/) });
    const far = judge(
      usual,
      output(([first = 0, second = 0]) => [first, second + 1e-3]),
    );
    expect(far).toMatchObject({ judgement: 'wrong', reason: expect.stringContaining('worst is element 1') });
  });

  it('distinguishes a zero of the other sign from identical bits', () => {
    const zero = caseOf('l1_loss', [[1], [1]], { kwargs: { reduction: 'none' } });
    expect(
      judge(
        zero,
        output(() => [-0]),
      ).judgement,
    ).toBe('rounding');
  });

  it('explains a float64 that agrees to float32 precision, but nothing further off', () => {
    const double = caseOf(
      'l1_loss',
      [
        [1, 2.5],
        [0.3, 4],
      ],
      { dtype: 'float64', kwargs: { reduction: 'none' } },
    );
    const single = judge(
      double,
      output((values) => values.map(Math.fround)),
    );
    expect(single).toMatchObject({ judgement: 'rounding' });
    const reduced = judge(
      double,
      output((values) => values.map((value) => value + 4e-7)),
    );
    expect(reduced).toMatchObject({ judgement: 'deviation', deviation: { about: 'float64' } });
    expect(
      judge(
        double,
        output((values) => values.map((value) => value + 1e-3)),
      ).judgement,
    ).toBe('wrong');
  });

  it('treats a refusal by only one side as wrong, unless the row documents it', () => {
    const refused: SideResult = { error: { type: 'TypeError', message: 'no kernel' }, gradients: new Map() };
    expect(judge(usual, () => refused)).toMatchObject({
      judgement: 'wrong',
      reason: 'only the other side rejects the call: TypeError: no kernel',
    });
    const brain = caseOf(
      'l1_loss',
      [
        [1, 2.5],
        [0.5, 4],
      ],
      { dtype: 'bfloat16' },
    );
    const lacking = { ...refused, error: { type: 'TypeError', message: 'Unsupported data type!' } };
    expect(judge(brain, () => refused).judgement).toBe('wrong');
    expect(judge(brain, () => lacking)).toMatchObject({
      judgement: 'deviation',
      deviation: { about: 'bfloat16 on the CPU' },
    });
    const unknown = caseOf('l1_loss', [[1, 2], [1]], { kwargs: { reduction: 'neither' } });
    expect(judge(unknown, () => refused).judgement).toBe('refused');
  });

  it('treats a torchloss error without a code as wrong, even if the other side refuses too', () => {
    const slip = { type: 'TypeError', message: 'row.lower is not a function' };
    const refused: SideResult = { error: { type: 'ValueError', message: 'no' }, gradients: new Map() };
    const row = findLoss('l1_loss') as AnyLossRow;
    const right = runCase(usual);
    for (const [ours, theirs] of [
      [{ error: slip, gradients: new Map() }, refused],
      [{ error: slip, gradients: new Map() }, right],
      [
        { ...right, gradError: slip },
        { ...right, gradError: refused.error },
      ],
    ] as [SideResult, SideResult][]) {
      expect(judgeCase(usual, row, 'pytorch', ours, theirs)).toMatchObject({
        judgement: 'wrong',
        reason: 'torchloss fails with an error without a code: TypeError: row.lower is not a function',
      });
    }
    const typed = { ...slip, code: 'ERR_INVALID_ARG_TYPE' };
    const both = judgeCase(usual, row, 'pytorch', { error: typed, gradients: new Map() }, refused);
    expect(both.judgement).toBe('refused');
  });

  it('explains half a gradient at a tie, but no other gradient', () => {
    const tie = caseOf('hinge_embedding_loss', [[1], [-1]], { kwargs: { reduction: 'sum' } });
    const giving =
      (...data: number[]) =>
      (theirs: SideResult): SideResult => {
        const gradients = new Map(theirs.gradients);
        const own = gradients.get('input');
        if (own == null) throw new Error('there is no gradient');
        gradients.set('input', { ...own, data });
        return { ...theirs, gradients };
      };
    expect(judge(tie, giving(-0.5))).toMatchObject({
      judgement: 'deviation',
      deviation: { about: expect.stringContaining('the gradient at an input of exactly margin') },
    });
    expect(judge(tie, giving(-1.1)).judgement).toBe('wrong');
  });

  it('explains each element of a tensor by its own reason, and names the unexplained one', () => {
    const given = caseOf(
      'hinge_embedding_loss',
      [
        [0.3, Number.NaN, 0.4],
        [0, 1, 1],
      ],
      { kwargs: { reduction: 'none' } },
    );
    const gives = (...values: number[]) =>
      judge(given, (theirs) => output(() => values)({ ...theirs, gradients: new Map() }));
    expect(gives(0, 7, 0.4)).toMatchObject({
      judgement: 'deviation',
      deviation: { about: 'a target that is neither 1 nor -1' },
    });
    expect(gives(0, 7, 0.5)).toMatchObject({
      judgement: 'wrong',
      reason: expect.stringMatching(/; not known: element 2 of output: 0\.4\d* here, 0\.5 there \(1 of 1\)$/),
    });
  });

  it('explains tensors that differ for several reasons one by one', () => {
    const given = caseOf(
      'kl_div',
      [
        [-1, -2],
        [0.3, 0.7],
      ],
      { dtype: 'float16', kwargs: { reduction: 'none' } },
    );
    const both = {
      ...given,
      args: given.args.map(({ name, value }, index) => ({
        name: index === 0 ? name : 'labels',
        value: { ...(value as CaseTensor), requires_grad: true },
      })),
    };
    const change = (theirs: SideResult): SideResult => {
      const gradients = new Map(theirs.gradients);
      gradients.set('labels', { dtype: 'float16', shape: [2], data: [0, 0] });
      return output((values) => values.map((value) => value + 1e-3))({ ...theirs, gradients });
    };
    expect(judge(both, change).judgement).toBe('deviation');
    const wrong = (theirs: SideResult): SideResult =>
      output((values) => values.map((value) => value + 1))(change(theirs));
    expect(judge(both, wrong).judgement).toBe('wrong');
  });
});
