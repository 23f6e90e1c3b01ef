import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { native } from '../../lib/addon/native.js';
import type { Tensor } from '../../lib/tensor/tensor.js';
import * as torch from '../../lib/torch/index.js';
import type { DType } from '../../lib/base/types.js';
import { expectRecorded, recorded, recordedNames, recordedTensor, thrown } from '../helpers/recorded.js';

const F = torch.nn.functional;
// biome-ignore lint/suspicious/noExplicitAny: an operator's arguments and results are known at run time only
const aten = torch.ops.aten as any;
// biome-ignore lint/suspicious/noExplicitAny: the tensors are of any shape
type Run = (...tensors: any[]) => Tensor;

const CALLS: Record<string, [Run, ...string[]]> = {
  add: [(x, y) => x.add(y), 'x', 'y'],
  sub: [(x, y) => x.sub(y), 'x', 'y'],
  mul: [(x, y) => x.mul(y), 'x', 'y'],
  div: [(x, y) => x.div(y), 'x', 'positive'],
  pow: [(x, y) => x.pow(y), 'positive', 'y'],
  'pow 3': [(x) => x.pow(3), 'x'],
  neg: [(x) => x.neg(), 'x'],
  abs: [(x) => x.abs(), 'x'],
  exp: [(x) => x.exp(), 'x'],
  log: [(x) => x.log(), 'positive'],
  sigmoid: [(x) => x.sigmoid(), 'x'],
  relu: [(x) => x.relu(), 'x'],
  softmax: [(x) => x.softmax({ dim: 1 }), 'x'],
  log_softmax: [(x) => x.log_softmax({ dim: 0 }), 'x'],
  matmul: [(x, w) => x.matmul(w.reshape([4, 5])), 'x', 'weight'],
  linear: [(x, w, b) => F.linear(x, w, b), 'x', 'weight', 'bias'],
  'linear without bias': [(x, w) => F.linear(x, w), 'x', 'weight'],
  conv2d: [(i, k) => F.conv2d(i, k, null, { stride: 2, padding: 1, groups: 2 }), 'image', 'kernel'],
  'conv2d pairs': [(i, k) => F.conv2d(i, k, null, { padding: [2, 1], dilation: [2, 1], groups: 2 }), 'image', 'kernel'],
  embedding: [(i, t) => F.embedding(i, t), 'indices', 'table'],
  pairwise_distance: [(x, y) => F.pairwise_distance(x, y), 'x', 'y'],
  'pairwise_distance p=1': [(x, y) => F.pairwise_distance(x, y, { p: 1, eps: 1e-3, keepdim: true }), 'x', 'y'],
  cosine_similarity: [(x, y) => F.cosine_similarity(x, y), 'x', 'y'],
  'cosine_similarity dim=0': [(x, y) => F.cosine_similarity(x, y, { dim: 0 }), 'x', 'y'],
  sum: [(x) => x.sum(), 'x'],
  'sum dim': [(x) => x.sum({ dim: 0, keepdim: true }), 'x'],
  mean: [(x) => x.mean(), 'x'],
  'mean dims': [(x) => x.mean({ dim: [0, -1] }), 'image'],
  reshape: [(x) => x.reshape([2, -1]), 'x'],
  logsumexp: [(x) => aten.logsumexp(x, [1], { keepdim: true }), 'x'],
  cat: [(x, y) => aten.cat([x, y], 1), 'x', 'y'],
  stack: [(x, y) => aten.stack([x, y], { dim: 2 }), 'x', 'y'],
  cumsum: [(x) => aten.cumsum(x, 1), 'x'],
  huber_loss: [(x, y) => aten.huber_loss(x, y, { delta: 0.5 }), 'x', 'y'],
};

describe('values and gradients', () => {
  it.each(Object.entries(CALLS))('%s', (name, [run, ...operands]) => {
    const tensors = operands.map((key) => recordedTensor('operands', key, key !== 'indices'));
    const result = run(...tensors);
    expectRecorded(result, 'operators', name, 2e-6);
    const weights = torch.arange(1, result.numel() + 1).reshape(result.shape as number[]);
    result.mul(weights).sum().backward();
    for (const [index, key] of operands.entries()) {
      if (key !== 'indices') expectRecorded((tensors[index] as Tensor).grad, 'operators', `${name} d ${key}`, 1e-5);
    }
  });

  it('the same as functions and as methods', () => {
    const x = recordedTensor('operands', 'x');
    for (const name of ['softmax', 'log_softmax'] as const) {
      expect(F[name](x, { dim: 1 }).tolist()).toEqual(x[name]({ dim: 1 }).tolist());
    }
    expect(F.sigmoid(x).tolist()).toEqual(x.sigmoid().tolist());
    expect(F.relu(x).tolist()).toEqual(x.relu().tolist());
  });

  it('of argmax', () => {
    const x = recordedTensor('operands', 'x');
    expectRecorded(x.argmax(), 'operators', 'argmax');
    expectRecorded(x.argmax({ dim: 1 }), 'operators', 'argmax dim');
    expectRecorded(x.argmax({ dim: 0, keepdim: true }), 'operators', 'argmax keepdim');
  });

  it('with several results', () => {
    const x = recordedTensor('operands', 'x');
    for (const results of [aten.max(x, 1), aten.max.dim(x, { dim: 1 })]) {
      expect(results).toHaveLength(2);
      expectRecorded(results[0], 'operators', 'max values');
      expectRecorded(results[1], 'operators', 'max indices');
    }
    const parts = aten.split(x, [1, 3], 1);
    expect(parts).toHaveLength(2);
    for (const index of [0, 1]) expectRecorded(parts[index], 'operators', `split ${index}`);
  });

  it('reduces without dimensions as requested', () => {
    const ones = torch.ones([2, 3]);
    expect(ones.sum({ keepdim: true }).tolist()).toEqual([[6]]);
    expect(ones.sum({ dim: [0, 1] }).item()).toBe(6);
    expect(ones.mean({ dim: -1 }).tolist()).toEqual([1, 1]);
  });
});

describe('promotion', () => {
  const scalars: Record<string, number | boolean> = { '1': 1, '1.5': 1.5, True: true };

  it.each(recordedNames('promotions'))('%s', (name) => {
    const [left, sign, right] = name.split(' ') as [DType, string, string];
    const ones = torch.ones([2], { dtype: left });
    if (sign === '+') expectRecorded(ones.add(scalars[right] as number), 'promotions', name);
    else if (sign === '*') expectRecorded(ones.mul(torch.ones([2], { dtype: right as DType })), 'promotions', name);
    else expectRecorded(ones.div(2), 'promotions', name);
  });

  it('accepts bigints as integers', () => {
    const big = 2n ** 62n;
    expect(torch.tensor([1n]).add(big).tolist({ bigint: true })).toEqual([big + 1n]);
    expect(thrown(() => torch.tensor([1n]).add(2n ** 64n))).toMatchObject({ kind: 'TypeError', parameter: 'other' });
    // -0 is not an integer.
    expect(Object.is(torch.tensor(-0).mul(1).item(), -0)).toBe(true);
    expect(torch.tensor([1n]).mul(-0).dtype).toBe('float32');
  });
});

describe('schemas', () => {
  it("are LibTorch's", () => {
    expect(aten.relu.schema).toBe('aten::relu(Tensor self) -> Tensor');
    expect(aten.add.Tensor.schema).toBe('aten::add.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor');
    expect(aten.relu.default.schema).toBe(aten.relu.schema);
    const lines = aten.add.schema.split('\n');
    expect(lines).toHaveLength(2);
    expect(lines.join()).not.toMatch(/out/);
    expect(aten.add.out.schema).toMatch(/^aten::add\.out\(.*Tensor\(a!\) out\)/);
  });

  it('belong to named operators', () => {
    expect(inspect(aten.add)).toContain('aten::add');
    expect(aten.add.Tensor.name).toBe('aten::add.Tensor');
    expect(aten.add).toBe(aten.add);
    expect(aten.add.Tensor).toBe(aten.add.Tensor);
  });

  it('are not looked up by await', async () => {
    expect(await aten).toBe(aten);
    expect(await aten.relu).toBe(aten.relu);
  });
});

describe('arguments', () => {
  const x = torch.tensor([1, 2, 3]);

  it('are passed by position and by name', () => {
    expect(aten.add(x, x, { alpha: 2 }).tolist()).toEqual([3, 6, 9]);
    expect(aten.add(x, { other: x, alpha: undefined }).tolist()).toEqual([2, 4, 6]);
    expect(aten.sum({ self: x, dtype: 'float64' }).dtype).toBe('float64');
    expect(aten.relu(x, {}).tolist()).toEqual([1, 2, 3]);
  });

  it('may be lists, a number for a pair, or absent', () => {
    const image = torch.ones([1, 1, 4, 4]);
    const kernel = torch.ones([1, 1, 2, 2]);
    expect(aten.conv2d(image, kernel, null, 2).shape).toEqual([1, 1, 2, 2]);
    expect(aten.conv2d(image, kernel, undefined, [2, 1]).shape).toEqual([1, 1, 2, 3]);
    expect(aten.conv2d(image, kernel, { padding: 'valid' }).shape).toEqual([1, 1, 3, 3]);
    const table = torch.tensor([
      [1, 2],
      [3, 4],
    ]);
    expect(aten.index(table, [null, torch.tensor([1n])]).tolist()).toEqual([[2], [4]]);
    expect(aten.clone(image, { memory_format: 'channels_last' }).shape).toEqual([1, 1, 4, 4]);
    expect(aten.zeros([2], { dtype: 'int8', device: 'cpu', layout: 'strided' }).dtype).toBe('int8');
    expect(aten.view(x, 'int32').dtype).toBe('int32');
  });

  it('return plain results too', () => {
    expect(aten.equal(x, x)).toBe(true);
    expect(aten.size.int(x, 0)).toBe(3);
    expect(aten._local_scalar_dense(torch.tensor(2n ** 60n + 1n))).toBe(2n ** 60n + 1n);
    expect(aten._local_scalar_dense(torch.tensor(1.5))).toBe(1.5);
    expect(aten._local_scalar_dense(torch.tensor(true))).toBe(true);
  });

  it('write into out if given', () => {
    const out = torch.zeros([3]);
    expect(aten.add(x, x, { out }).tolist()).toEqual([2, 4, 6]);
    expect(out.tolist()).toEqual([2, 4, 6]);
    expect(aten.add.out(x, 1, { out }).tolist()).toEqual([2, 3, 4]);
  });

  it.each<[string, () => unknown, string, string]>([
    ['nothing', () => aten.relu(), 'self', 'self: expected a Tensor, got nothing'],
    ['null', () => aten.relu(null), 'self', 'self: expected a Tensor, got null'],
    ['a symbol', () => aten.relu(Symbol('s')), 'self', 'self: expected a Tensor, got a symbol'],
    ['two kinds', () => aten.add(x, 'y'), 'other', "other: expected a Tensor or a number, got 'y'"],
    ['one overload left', () => aten.softmax(x, 1.5), 'dim', 'dim: expected an integer, got number 1.5'],
    ['a pair', () => aten.sum(x, 'y'), 'dim', "dim: expected an integer or an array of integers or null, got 'y'"],
    ['a list', () => aten.zeros([2.5]), 'size', 'size: expected an array of integers, got number 2.5'],
    ['tensors', () => aten.cat([x, 3]), 'tensors', 'tensors: expected an array of Tensors, got number 3'],
    [
      'a dtype',
      () => aten.zeros([2], { dtype: 'complex16' }),
      'dtype',
      "dtype: expected a dtype or null, got 'complex16'",
    ],
    ['a dtype number', () => aten.zeros([2], { dtype: 99 }), 'dtype', 'dtype: expected a dtype or null, got number 99'],
    [
      'a dtype for an integer',
      () => aten.logsumexp(x, 'int32'),
      'dim',
      "dim: expected an integer or an array of integers, got 'int32'",
    ],
    ['too many', () => aten.relu(x, x), 'aten::relu', 'aten::relu: expected at most 1 positional argument, got 2'],
    [
      'far too many',
      () => aten.relu(...Array(200).fill(x)),
      'aten::relu',
      'aten::relu: expected at most 1 positional argument, got 200',
    ],
    [
      'another name',
      () => aten.add(x, x, { alhpa: 2 }),
      'alhpa',
      "alhpa: expected an argument of aten::add (self, other, alpha), got an unknown name; did you mean 'alpha'?",
    ],
    [
      'a map',
      () => aten.sum(x, new Map()),
      'argument 1',
      'argument 1: expected a Tensor, a plain value or an array of them, got an instance of Map',
    ],
  ])('are named if they are wrong: %s', (_, run, parameter, message) => {
    expect(thrown(run)).toEqual({ kind: 'TypeError', code: 'ERR_INVALID_ARG_TYPE', parameter, message });
  });

  it('are counted before a job goes to a lane', async () => {
    await expect((async () => aten.relu.async(...Array(200).fill(x)))()).rejects.toThrow('got 200');
  });

  it.each([[Array(200).fill(1)], [[1]], [[[0], [0], [0]]]])('of tensordot are two lists: %j', (dims) => {
    // In Python: too many values to unpack (expected 2), or not enough.
    const message = /^dims: expected a number of dimensions, or two lists of them/;
    expect(() => torch.tensordot(x, x, dims as never)).toThrow(message);
  });

  it('come once', () => {
    expect(thrown(() => aten.logsumexp(x, [0], { dim: [0] }))).toMatchObject({ kind: 'RangeError', parameter: 'dim' });
  });

  it('may not contain themselves', () => {
    const circle: unknown[] = [];
    circle.push(circle);
    expect(thrown(() => aten.sum(x, circle))).toMatchObject({ kind: 'TypeError', parameter: 'argument 1' });
  });

  it("pass on the caller's own errors", () => {
    const mine = new Error('mine');
    const named = Object.defineProperty({}, 'dim', {
      enumerable: true,
      get: () => {
        throw mine;
      },
    });
    expect(() => aten.sum(x, named)).toThrow(mine);
  });

  it('lists overloads without out if none matches', () => {
    const { message } = thrown(() => aten.sum(x, [0], { dim: [0] }));
    expect(message).not.toMatch(/out/);
    expect(message.split('\n').length).toBeLessThan(8);
  });
});

describe('unknown operators', () => {
  it.each<[string, () => unknown]>([
    ['aten::no_such_operator', () => aten.no_such_operator(1)],
    ['aten::add.no_such_overload', () => aten.add.no_such_overload(1)],
    ['nowhere::add', () => torch.ops.nowhere?.add?.(1)],
    ['aten::no_such_operator', () => aten.no_such_operator.schema],
  ])('%s', (name, run) => {
    const error = thrown(run);
    expect(error).toMatchObject({ kind: 'TorchError', code: 'ERR_UNKNOWN_OPERATOR' });
    expect(error.message).toContain(name);
    expect(error.message).toContain(native().info().version);
  });
});

describe('what LibTorch refuses', () => {
  const x = torch.tensor([1, 2, 3]);

  it.each<[string, () => unknown, string]>([
    ['shapes', () => x.add(torch.tensor([1, 2])), 'TorchError'],
    ['a dimension', () => x.softmax({ dim: 3 }), 'RangeError'],
    ['an index', () => aten.embedding(torch.ones([2, 2]), torch.tensor([5n])), 'RangeError'],
    ['dtypes', () => x.matmul(torch.tensor([1n, 2n, 3n]) as never), 'TorchError'],
    ['a device', () => aten.zeros([2], { device: 'nonsense' }), 'TorchError'],
    ['a size', () => aten.zeros([-2]), 'TorchError'],
  ])('is an error without C++ frames: %s', (_, run, kind) => {
    const error = thrown(run);
    expect(error).toMatchObject({ kind, code: 'ERR_TORCH' });
    expect(error.message).not.toMatch(/Exception raised from|frame #|\.so/);
    expect(error.message.length).toBeLessThan(400);
  });

  it('does not affect the next call', () => {
    thrown(() => x.add(torch.tensor([1, 2])));
    expect(x.add(1).toTypedArray()).toEqual(Float32Array.of(2, 3, 4));
    expect(recorded('operands', 'x').data).toHaveLength(12);
  });
});
