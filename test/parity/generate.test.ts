import { describe, expect, it } from 'vitest';
import { listLosses, pageOf } from '../../lib/losses/catalogue.js';
import type { AnyLossRow, LossEntry } from '../../lib/loss/row.js';
import type { Namespace } from '../../lib/loss/call_types.js';
import type { Param } from '../../lib/loss/params.js';
import { type CaseTensor, type CaseValue, isCaseTensor, type ParityCase } from '../../lib/parity/cases/cases.js';
import { FLAVOURS } from '../../lib/parity/cases/draw.js';
import { generateCases, hasLoss } from '../../lib/parity/cases/generate.js';
import type { Framework } from '../../lib/parity/wire/protocol.js';
import { behaviour } from '../../lib/addon/versions.js';

const dtypes = ['float32', 'float64', 'float16', 'bfloat16'] as const;

function generate(framework: Framework, count: number, seed = 0): ParityCase[] {
  return [...generateCases({ framework, losses: listLosses(), dtypes, count, seed })];
}

const many = { pytorch: generate('pytorch', 6000), mindspore: generate('mindspore', 4200) };

function tensorsOf({ args, kwargs }: ParityCase): CaseTensor[] {
  return [...args.map(({ value }) => value as CaseValue), ...Object.values(kwargs)].filter(isCaseTensor);
}

describe('generateCases', () => {
  it('makes the same cases for the same seed, and others for another seed', () => {
    const [first, again, other] = [generate('pytorch', 200), generate('pytorch', 200), generate('pytorch', 200, 1)];
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
    expect(other.map(({ id }) => id)).toEqual(first.map(({ id }) => id));
  });

  it('gives a single case the same inputs as among others', () => {
    const losses = listLosses().filter((row) => pageOf(row) === 'huber_loss');
    const alone = [...generateCases({ framework: 'pytorch', losses, dtypes: ['float64'], count: 5, seed: 0 })];
    expect(many.pytorch.filter(({ id }) => alone.some((given) => given.id === id))).toEqual(alone);
  });

  it('distributes the count evenly, to the last case', () => {
    const cases = generate('pytorch', 100);
    expect(cases.length).toBe(100);
    const cells = new Map<string, number>();
    for (const { loss, dtype } of cases) cells.set(`${loss} ${dtype}`, (cells.get(`${loss} ${dtype}`) ?? 0) + 1);
    const present = listLosses().filter((row) => hasLoss(row, 'pytorch'));
    expect(cells.size).toBe(4 * present.length);
    expect(new Set(cells.values())).toEqual(new Set([1, 2]));
  });

  it('gives every case a unique id', () => {
    expect(new Set(many.pytorch.map(({ id }) => id)).size).toBe(many.pytorch.length);
  });

  it('lays out strided tensors so that they contain their elements', () => {
    const strided = many.pytorch.flatMap(tensorsOf).filter((tensor) => tensor.strided !== undefined);
    expect(strided.length).toBeGreaterThan(300);
    for (const { shape, data, strided: layout } of strided) {
      const { storage, strides, offset } = layout as NonNullable<typeof layout>;
      for (let index = 0; index < data.length; index++) {
        let rest = index;
        let at = offset;
        for (const [dim, size] of [...shape.entries()].toReversed()) {
          at += (rest % size) * (strides[dim] as number);
          rest = Math.floor(rest / size);
        }
        expect(Object.is(storage[at], data[index])).toBe(true);
      }
    }
  });
});

describe.each(['pytorch', 'mindspore'] as const)('the cases for %s', (framework) => {
  const cases = many[framework];
  const spaces: Namespace[] =
    framework === 'pytorch' ? ['torch.nn', 'torch.nn.functional'] : ['mindspore.nn', 'mindspore.ops'];

  it.each(listLosses().map((row) => [pageOf(row), row] as const))(
    'use non-default values of each option of %s',
    (loss, row) => {
      for (const namespace of spaces) {
        const entry: LossEntry | undefined = row.namespaces[namespace];
        if (entry === undefined || !hasLoss(row, framework)) continue;
        const calls = cases.filter((given) => given.loss === loss && given.api === namespace);
        for (const name of entry.options) {
          const { kind, words = [], since } = paramOf(row, name);
          // With an older LibTorch, options of newer PyTorch releases are left out.
          if (since !== undefined && !behaviour().elementWeights) continue;
          const values = calls.flatMap(({ kwargs }) => (name in kwargs ? [kwargs[name] as CaseValue] : []));
          expect(values.length, `${namespace} ${name}`).toBeGreaterThan(0);
          if (kind === 'reduction') expect(new Set(values)).toEqual(new Set(words));
        }
      }
    },
  );

  it('have every flavour, empty tensors, single elements, and NaN', () => {
    const flavours =
      framework === 'pytorch' ? FLAVOURS : FLAVOURS.filter((name) => name !== 'strided' && name !== 'legacy');
    expect(new Set(cases.map(({ note }) => note))).toEqual(new Set(flavours));
    const floats = cases.flatMap(tensorsOf).filter(({ dtype }) => dtype === 'float64');
    expect(floats.some(({ shape }) => shape.includes(0))).toBe(true);
    expect(floats.some(({ shape }) => shape.length === 0)).toBe(true);
    expect(floats.some(({ data }) => data.length > 10_000)).toBe(true);
    const elements = floats.flatMap(({ data }) => Array.from(data.slice(0, 50), Number));
    for (const odd of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0]) {
      expect(elements.some((value) => Object.is(value, odd))).toBe(true);
    }
    expect(elements.some((value) => Math.abs(value) > 1e200)).toBe(true);
    expect(elements.some((value) => value !== 0 && Math.abs(value) < 2 ** -1022)).toBe(true);
  });

  it('always request the gradient of the first tensor, and sometimes of others', () => {
    const first = cases.map(({ args }) => args[0]?.value as CaseTensor);
    expect(first.every(({ requires_grad }) => requires_grad === true)).toBe(true);
    const second = cases.map(({ args }) => args[1]?.value as CaseTensor);
    expect(new Set(second.map(({ requires_grad }) => requires_grad))).toContain(true);
  });
});

/** A parameter of a loss; PyTorch's old parameters for the reduction do not count. */
function paramOf(row: AnyLossRow, name: string): Pick<Param, 'kind' | 'words' | 'since'> {
  return (row.params as Readonly<Record<string, Param>>)[name] ?? { kind: 'boolean' };
}
