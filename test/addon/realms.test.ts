import vm from 'node:vm';
import { describe, expect, it } from 'vitest';
import { isAbortSignal, isPlainObject } from '../../lib/base/plain_object.js';
import { open } from '../../lib/data/index.js';
import { evaluate, valueAndGrad } from '../../lib/evaluate/index.js';
import { mindspore, type Tensor, torch } from '../../lib/index.js';
import * as safetensors from '../../lib/safetensors/index.js';

const F = torch.nn.functional;

/** Runs code in its own context, where `{}`, arrays, maps and errors have other classes than here. */
const context = vm.createContext({ torch, mindspore, F, evaluate, valueAndGrad, open, safetensors, setTimeout, URL });
const there = (code: string): unknown => vm.runInContext(code, context);

describe('a plain object', () => {
  it.each(['{}', '({ a: 1 })', 'Object.create(null)', 'JSON.parse("{}")'])('is %s of another realm', (code) => {
    expect(isPlainObject(there(`(${code})`))).toBe(true);
  });

  it.each([
    '[]',
    'new Map()',
    'new (class A {})()',
    'new (class A { hasOwnProperty() {} })()',
    'Object.create({})',
    'new (class A extends null { constructor() { return Object.create(A.prototype); } })()',
    '() => 1',
    'new Float32Array(1)',
  ])('is not %s of another realm', (code) => {
    expect(isPlainObject(there(`(${code})`))).toBe(false);
  });
});

describe('objects of another realm', () => {
  it.each<[string, string, unknown]>([
    ['options of a function', "F.mse_loss(torch.tensor([1]), torch.tensor([3]), { reduction: 'sum' }).item()", 4],
    [
      'options of a class',
      "new torch.nn.MSELoss({ reduction: 'sum' })(torch.tensor([1]), torch.tensor([3])).item()",
      4,
    ],
    [
      'options of a MindSpore function',
      "mindspore.ops.mse_loss(torch.tensor([1]), torch.tensor([3]), { reduction: 'sum' }).item()",
      4,
    ],
    ['arguments by name', 'torch.ops.aten.sum(torch.ones([2, 3]), [1], { keepdim: true }).shape', [2, 1]],
    ['what a scope returns', 'torch.scope(() => ({ loss: torch.tensor([5]) })).loss.item()', 5],
    ['what a scope returns in a map', 'torch.scope(() => new Map([[1, torch.tensor([5])]])).get(1).item()', 5],
    ['what a scope returns in a set', '[...torch.scope(() => new Set([torch.tensor([5])]))][0].item()', 5],
    ['nested arrays', 'torch.tensor([[1, 2], [3, 4]]).shape', [2, 2]],
    ['typed arrays', 'torch.tensor(new Float64Array([1, 2])).dtype', 'float64'],
    ['shapes', 'torch.tensor(new Float32Array(4), { shape: [2, 2] }).shape', [2, 2]],
    [
      'a state dict in a map',
      `(() => {
        const [from, to] = [1, 2].map(() => new torch.nn.Linear(2, 1));
        to.load_state_dict(new Map(Object.entries(from.state_dict())));
        return torch.equal(to.weight, from.weight);
      })()`,
      true,
    ],
    ['what is saved', 'torch.load(torch.save(new Map([[1, new Set([2])]]))).get(1).has(2)', true],
    [
      'maps of safetensors',
      "Object.keys(safetensors.load(safetensors.save(new Map([['a', torch.ones([2])]])))).join()",
      'a',
    ],
    ['buffers', 'torch.frombuffer(new Float32Array([1, 2])).tolist()', [1, 2]],
  ])('serve as %s', (_, code, expected) => {
    expect(there(code)).toEqual(expected);
  });

  it('serve as losses, options and batches of an evaluation', async () => {
    const call = `evaluate({ a: F.l1_loss, b: [F.mse_loss, { reduction: 'sum' }] },
      { input: torch.tensor([1, 2]), target: torch.tensor([3, 5]) }, { prefetch: 0 })`;
    const results = (await there(call)) as Record<string, { loss: number }>;
    expect([results.a?.loss, results.b?.loss]).toEqual([2.5, 13]);
    const pair = `valueAndGrad(F.mse_loss, torch.tensor([1, 1]), torch.tensor([3, 3]), { reduction: 'sum' })`;
    expect(await there(pair)).toMatchObject({ value: 8 });
  });

  it('serve as options of calls on lanes, with their signals', async () => {
    const call = "F.mse_loss.async(torch.tensor([1]), torch.tensor([3]), { reduction: 'sum' })";
    expect(((await there(call)) as Tensor).item()).toBe(4);
    // As in another implementation of the class, such as jsdom's.
    class Other extends EventTarget {
      readonly aborted = true;
      readonly reason = new Error('gone');
      get [Symbol.toStringTag]() {
        return 'AbortSignal';
      }
    }
    expect(isAbortSignal(new Other())).toBe(true);
    const signal = new Other() as unknown as AbortSignal;
    await expect(F.mse_loss.async(torch.tensor([1]), torch.tensor([3]), { signal })).rejects.toThrow('gone');
  });

  it('are refused with what was expected', () => {
    expect(() => there('torch.tensor({})')).toThrow('data: expected nested arrays');
    expect(() => there('new torch.Tensor({})')).toThrow('data: expected torch.tensor(data)');
    expect(() => there('F.mse_loss(torch.tensor([1]), torch.tensor([3]), new (class Options {})())')).toThrow(
      /^options: expected an object with options of mse_loss .*, got an instance of Options$/,
    );
  });

  it('also come from a structured clone', () => {
    const options = structuredClone({ reduction: 'sum' as const });
    expect(F.mse_loss(torch.tensor([1]), torch.tensor([3]), options).item()).toBe(4);
  });
});
