import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { native } from '../../lib/addon/native.js';
import type { Tensor } from '../../lib/tensor/tensor.js';
import * as torch from '../../lib/torch/index.js';
import type { DType } from '../../lib/base/types.js';
import { liveTensors } from '../helpers/memory.js';
import { expectRecorded, recorded, recordedTensor, rejected, thrown } from '../helpers/recorded.js';

const FLOATS = ['float16', 'bfloat16', 'float32', 'float64'] as const;
const DTYPES = [...FLOATS, 'int8', 'uint8', 'int16', 'int32', 'int64', 'bool'] as const;
/** The array with a hole at its second place. */
function holed<T>(values: T[]): T[] {
  Reflect.deleteProperty(values, 1);
  return values;
}

/** Whether LibTorch is too old to have the recorded results. */
const old = native().info().version.startsWith('1.');
// biome-ignore lint/suspicious/noExplicitAny: an operator's results are known at run time only
const aten = torch.ops.aten as any;
// biome-ignore lint/suspicious/noExplicitAny: the values here are wrong on purpose
const wrong = (value: unknown) => value as any;

describe('creation', () => {
  it.each(DTYPES)('makes tensors of dtype %s', (dtype) => {
    expectRecorded(torch.zeros([2, 3], { dtype }), 'creation', `zeros ${dtype}`);
    expectRecorded(torch.ones([2, 3], { dtype }), 'creation', `ones ${dtype}`);
    expectRecorded(torch.full([2, 2], dtype === 'bool' ? true : 7, { dtype }), 'creation', `full ${dtype}`);
    if (old && dtype === 'bfloat16') expect(thrown(() => torch.eye(2, { dtype })).kind).toBe('TorchError');
    else expectRecorded(torch.eye(2, { dtype }), 'creation', `eye ${dtype}`);
    const data = [
      [0, 1, 2],
      [3, 4, 100],
    ];
    expectRecorded(torch.tensor(data, { dtype }), 'creation', `nested ${dtype}`);
    const empty = torch.empty([2, 0, 3], { dtype });
    expect([empty.shape, empty.dtype, empty.numel(), empty.device]).toEqual([[2, 0, 3], dtype, 0, 'cpu']);
  });

  it('makes ranges', () => {
    expectRecorded(torch.arange(5), 'creation', 'arange 5');
    expectRecorded(torch.arange(-1, 2, 0.3), 'creation', 'arange -1 2 0.3');
    expectRecorded(torch.arange(0, 1, 0.1, { dtype: 'float64' }), 'creation', 'arange 0 1 0.1 float64');
    expectRecorded(torch.arange(10, 0, -3, { dtype: 'int32' }), 'creation', 'arange 10 0 -3 int32');
    expectRecorded(torch.arange(4n), 'creation', 'arange int64');
    expectRecorded(torch.arange(4, { dtype: 'int64' }), 'creation', 'arange int64');
    expectRecorded(torch.arange(3, 3), 'creation', 'arange 3 3');
    expectRecorded(torch.linspace(0, 1, 7), 'creation', 'linspace 0 1 7', 1e-7);
    expectRecorded(torch.linspace(-3, 10, 5, { dtype: 'float64' }), 'creation', 'linspace -3 10 5 float64');
    expectRecorded(torch.linspace(2, 9, 1), 'creation', 'linspace 2 9 1');
    expectRecorded(torch.linspace(0, 10, 4, { dtype: 'int64' }), 'creation', 'linspace 0 10 4 int64');
    expectRecorded(torch.eye(3), 'creation', 'eye 3');
    expectRecorded(torch.eye(2, { m: 4, dtype: 'int8' }), 'creation', 'eye 2 4 int8');
  });

  it.each([0, 1, 42, -7, 2 ** 40 + 3])("has PyTorch's random numbers for seed %d", (seed) => {
    for (const count of [1, 5, 16, 100]) {
      torch.manual_seed(seed);
      expectRecorded(torch.rand([count]), 'creation', `rand ${seed} ${count}`);
      // A normal number is a radius up to 6 times the sine or cosine of an angle up to 2 pi; its last bits differ between
      // builds and processors.
      expectRecorded(torch.randn([count]), 'creation', `randn ${seed} ${count}`, 6 * 2 * Math.PI * 2 ** -23);
      expectRecorded(torch.randint(-5, 100, [count]), 'creation', `randint ${seed} ${count}`);
    }
  });

  it("has PyTorch's random numbers in other dtypes", () => {
    // LibTorch 1.13 draws narrow dtypes in another order.
    for (const dtype of old ? (['float32', 'float64'] as const) : FLOATS) {
      torch.manual_seed(3);
      expectRecorded(torch.rand([2, 9], { dtype }), 'creation', `rand ${dtype}`);
      expectRecorded(torch.randn([2, 9], { dtype }), 'creation', `randn ${dtype}`, dtype.endsWith('16') ? 4e-3 : 1e-6);
    }
    if (old) return;
    torch.manual_seed(3);
    expectRecorded(torch.randint(0, 2 ** 30, [3, 4], { dtype: 'int32' }), 'creation', 'randint int32');
  });

  it.each(FLOATS)('rounds to %s like PyTorch', (dtype) => {
    const hard = [
      0,
      -0,
      1.1,
      -1.1,
      0.1,
      1 / 3,
      1.00048828125,
      1.000488281250001,
      1.00146484375,
      65504,
      65519.9,
      65520,
      1e5,
      3.4e38,
      6e-8,
      2.98e-8,
      2 ** -25,
      5.96e-8,
      6.1e-5,
      1.00390625,
      1.01171875,
      255.5,
      256.5,
      257,
      258,
      2049,
      2051,
      Infinity,
      -Infinity,
      NaN,
    ];
    expectRecorded(torch.tensor(hard, { dtype }), 'creation', `hard ${dtype}`);
    expectRecorded(torch.tensor(new Float32Array(hard), { dtype }), 'creation', `hard from float32 ${dtype}`);
    expectRecorded(torch.tensor(new Float64Array(hard), { dtype }), 'creation', `hard from float64 ${dtype}`);
    expectRecorded(torch.tensor(hard, { dtype: 'float64' }).to(dtype), 'creation', `hard from float64 ${dtype}`);
  });

  it('infers the dtype from the values', () => {
    const dtypes: [unknown, DType][] = [
      [[1, 2], 'float32'],
      [1.5, 'float32'],
      [[1n, 2n], 'int64'],
      [[true, false], 'bool'],
      [[true, 2], 'float32'],
      [[], 'float32'],
      [new Float32Array(2), 'float32'],
      [new Float64Array(2), 'float64'],
      [new Int8Array(2), 'int8'],
      [new Uint8Array(2), 'uint8'],
      [new Uint8ClampedArray(2), 'uint8'],
      [Buffer.from([1, 2]), 'uint8'],
      [new Int16Array(2), 'int16'],
      [new Int32Array(2), 'int32'],
      [new BigInt64Array(2), 'int64'],
    ];
    for (const [data, dtype] of dtypes) expect(torch.tensor(wrong(data)).dtype).toBe(dtype);
  });

  it('takes flat data with a shape', () => {
    const data = Float32Array.of(1, 2, 3, 4, 5, 6);
    const rows = [
      [1, 2, 3],
      [4, 5, 6],
    ];
    expect(torch.tensor(data).shape).toEqual([6]);
    expect(torch.tensor(data, { shape: [2, 3] }).tolist()).toEqual(rows);
    expect(torch.tensor(data, { shape: [2, 3], dtype: 'int64' }).tolist()).toEqual(rows);
    // As in onnxruntime and TensorFlow.js.
    expect(torch.tensor({ data, dims: [2, 3] }).tolist()).toEqual(rows);
    expect(torch.tensor({ data, shape: [2, 3] }).tolist()).toEqual(rows);
    expect(torch.tensor({ data }).shape).toEqual([6]);
    expect(torch.tensor(Float32Array.of(7), { shape: [] }).item()).toBe(7);
    expect(torch.tensor(new Float32Array(0), { shape: [2, 0] }).tolist()).toEqual([[], []]);
    // A view into a larger buffer.
    expect(torch.tensor(data.subarray(2, 4)).tolist()).toEqual([3, 4]);
    expect(torch.tensor(new BigInt64Array(new BigInt64Array([1n, -5n, 7n]).buffer, 8, 2)).tolist()).toEqual([-5, 7]);
  });

  it('copies the data', () => {
    const data = Float32Array.of(1, 2);
    const tensor = torch.tensor(data);
    data[0] = 9;
    expect(tensor.tolist()).toEqual([1, 2]);
    const out = tensor.toTypedArray();
    out[1] = 9;
    expect(tensor.tolist()).toEqual([1, 2]);
  });

  it('reads the bits of 16-bit floats and the bytes of bools', () => {
    // IEEE 754: 0x3c00 is 1 and 0xc000 is -2 in binary16; bfloat16 is the upper half of binary32.
    const half = torch.tensor(Uint16Array.of(0x3c00, 0xc000, 0x7c00, 0x0001), { dtype: 'float16' });
    expect(half.tolist()).toEqual([1, -2, Infinity, 2 ** -24]);
    const brain = torch.tensor(Uint16Array.of(0x3f80, 0xc000, 0x7f80), { dtype: 'bfloat16' });
    expect(brain.tolist()).toEqual([1, -2, Infinity]);
    expect(torch.tensor(Uint8Array.of(0, 1, 255), { dtype: 'bool' }).toTypedArray()).toEqual(Uint8Array.of(0, 1, 1));
    expect(torch.tensor([0, 2, NaN], { dtype: 'bool' }).tolist()).toEqual([false, true, true]);
  });

  it('takes data from shared, resizable and offset buffers', () => {
    const shared = new Float32Array(new SharedArrayBuffer(8));
    shared[1] = 3;
    expect(torch.tensor(shared).tolist()).toEqual([0, 3]);
    const buffer = new (ArrayBuffer as unknown as new (bytes: number, options: object) => ArrayBuffer)(16, {
      maxByteLength: 32,
    });
    const view = new Float32Array(buffer);
    view.set([1, 2, 3, 4]);
    wrong(buffer).resize(8);
    expect(torch.tensor(view).tolist()).toEqual([1, 2]);
    wrong(buffer).resize(32);
    expect(torch.tensor(view).tolist()).toEqual([1, 2, 0, 0, 0, 0, 0, 0]);
  });

  it('takes the length from the typed array itself', () => {
    const faked = Object.defineProperty(new Float32Array(2), 'length', { value: 4 });
    expect(torch.tensor(faked).tolist()).toEqual([0, 0]);
    expect(thrown(() => torch.tensor(faked, { shape: [4] }))).toMatchObject({ kind: 'RangeError', parameter: 'shape' });
  });

  it('sets requires_grad', () => {
    expect(torch.zeros([2], { requires_grad: true }).requires_grad).toBe(true);
    expect(torch.tensor([1], { requires_grad: true }).requires_grad).toBe(true);
    const half = torch.tensor([1], { dtype: 'float16', requires_grad: true });
    expect([half.requires_grad, half.is_leaf]).toEqual([true, true]);
    expect(torch.randn([2]).requires_grad).toBe(false);
  });
});

describe('reading', () => {
  it('returns items of every dtype', () => {
    for (const dtype of DTYPES) {
      const one = torch.ones([], { dtype }).item();
      expect(one).toBe(dtype === 'bool' ? true : 1);
      const integer = dtype.includes('int');
      expect(torch.ones([], { dtype }).item({ bigint: true })).toBe(integer ? 1n : one);
      expect(torch.ones([1], { dtype }).tolist({ bigint: true })).toEqual([integer ? 1n : one]);
    }
    expect(torch.tensor([[[5]]]).item()).toBe(5);
    const limits = [2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n + 1n];
    expect(torch.tensor(limits).tolist({ bigint: true })).toEqual(limits);
    for (const limit of limits) {
      const tensor = torch.tensor(limit);
      expect(tensor.item({ bigint: true })).toBe(limit);
      expect(tensor.tolist({ bigint: true })).toBe(limit);
      for (const read of [() => tensor.item(), () => tensor.tolist(), () => tensor.item({ bigint: false })]) {
        expect(thrown(read)).toMatchObject({
          kind: 'RangeError',
          code: 'ERR_INVALID_ARG_VALUE',
          message: expect.stringContaining('{ bigint: true }'),
        });
      }
    }
    for (const limit of [2n ** 53n - 1n, 1n - 2n ** 53n]) expect(torch.tensor(limit).item()).toBe(Number(limit));
    expect(thrown(() => torch.tensor(1n).item({ bigint: 1 } as never))).toMatchObject({ parameter: 'bigint' });
    expect(thrown(() => torch.tensor(1n).tolist({ big: true } as never))).toMatchObject({ code: 'ERR_UNKNOWN_OPTION' });
    expect(thrown(() => torch.tensor([1, 2]).item())).toMatchObject({ kind: 'TorchError', code: 'ERR_TORCH' });
    expect(thrown(() => torch.tensor([]).item())).toMatchObject({ kind: 'TorchError', code: 'ERR_TORCH' });
  });

  it('returns typed arrays of every dtype', () => {
    const arrays = {
      float16: Float32Array,
      bfloat16: Float32Array,
      float32: Float32Array,
      float64: Float64Array,
      int8: Int8Array,
      uint8: Uint8Array,
      int16: Int16Array,
      int32: Int32Array,
      int64: BigInt64Array,
      bool: Uint8Array,
    };
    for (const dtype of DTYPES) {
      const data = torch.ones([3], { dtype }).toTypedArray();
      expect(data).toBeInstanceOf(arrays[dtype]);
      expect(Array.from(data, Number)).toEqual([1, 1, 1]);
    }
  });

  it('returns nested lists', () => {
    expect(torch.tensor(3).tolist()).toBe(3);
    expect(torch.tensor([[true], [false]]).tolist()).toEqual([[true], [false]]);
    expect(torch.zeros([2, 0]).tolist()).toEqual([[], []]);
    expect(torch.zeros([0, 2]).tolist()).toEqual([]);
  });

  it('reads views in C order', () => {
    const base = torch.arange(24).reshape([2, 3, 4]);
    const views = {
      transpose: aten.transpose(base, 0, 2),
      permute: aten.permute(base, [2, 0, 1]),
      select: aten.select(base, 1, 1),
      slice: aten.slice(aten.slice(base, 1, 0, 3, 2), 2, 1),
      expand: aten.expand(torch.tensor([[1], [2]]), [2, 3]),
      flip: aten.flip(base, [2]),
      as_strided: base.as_strided([3, 2], [1, 5], 2),
      'half transpose': aten.transpose(base.to('float16'), 0, 1),
      'int64 transpose': aten.transpose(base.to('int64'), 0, 1),
    };
    for (const [name, view] of Object.entries(views)) {
      expectRecorded(view as Tensor, 'views', name);
      expectRecorded((view as Tensor).contiguous(), 'views', name);
      expectRecorded((view as Tensor).clone(), 'views', name);
      expect((view as Tensor).toTypedArray()).toEqual(recorded('views', name).data);
    }
  });

  it('reads tensors with lazily negated or conjugated elements', () => {
    expect(aten._neg_view(torch.tensor([1, 2])).tolist()).toEqual([-1, -2]);
    expect(aten._efficientzerotensor([2]).tolist()).toEqual([0, 0]);
    expect(aten.to_sparse(torch.tensor([0, 3])).tolist()).toEqual([0, 3]);
    const meta = aten.zeros([2], { device: 'meta' }) as Tensor;
    expect(meta.device).toBe('meta');
    expect(thrown(() => meta.toTypedArray()).kind).toBe('TorchError');
  });

  it('gives sizes', () => {
    const tensor = torch.zeros([2, 3]);
    expect([tensor.dim(), tensor.numel(), tensor.size(), tensor.size(0), tensor.size(-1)]).toEqual([
      2,
      6,
      [2, 3],
      2,
      3,
    ]);
    for (const dim of [2, -3]) {
      expect(thrown(() => tensor.size(dim))).toMatchObject({ kind: 'RangeError', parameter: 'dim' });
    }
    for (const dim of [0.5, '0', null]) {
      expect(thrown(() => tensor.size(wrong(dim)))).toMatchObject({ kind: 'TypeError', parameter: 'dim' });
    }
  });
});

describe('conversions', () => {
  it('returns tensors in another dtype', () => {
    const tensor = torch.tensor([1.7, -2.5, 300]);
    expect(tensor.to('int32').tolist()).toEqual([1, -2, 300]);
    expect(tensor.to({ dtype: 'bool' }).tolist()).toEqual([true, true, true]);
    expect(tensor.to('cpu').tolist()).toEqual(tensor.tolist());
    expect(tensor.to({}).dtype).toBe('float32');
    expect(tensor.cpu().device).toBe('cpu');
  });

  it('shares or copies the elements', () => {
    const tensor = torch.tensor([1, 2], { requires_grad: true });
    const detached = tensor.detach();
    const copy = tensor.clone();
    expect([detached.requires_grad, detached.is_leaf, copy.requires_grad, copy.is_leaf]).toEqual([
      false,
      true,
      true,
      false,
    ]);
    aten.zero_(detached);
    expect([tensor.tolist(), copy.tolist()]).toEqual([
      [0, 0],
      [1, 2],
    ]);
    expect(torch.zeros([2, 3]).contiguous().shape).toEqual([2, 3]);
  });

  it('refuses wrong targets', () => {
    const tensor = torch.tensor([1]);
    expect(thrown(() => tensor.to(wrong('nonsense')))).toMatchObject({ kind: 'RangeError', parameter: 'device' });
    expect(thrown(() => tensor.to(wrong({ dtype: 'complex32' })))).toMatchObject({
      kind: 'RangeError',
      parameter: 'dtype',
    });
    for (const target of [3, null, []]) {
      expect(thrown(() => tensor.to(wrong(target)))).toMatchObject({ kind: 'TypeError', parameter: 'options' });
    }
    expect(thrown(() => tensor.to(wrong({ dtpye: 'int8' })))).toMatchObject({ code: 'ERR_UNKNOWN_OPTION' });
    expect(thrown(() => tensor.cuda(wrong('x')))).toMatchObject({ kind: 'TypeError', parameter: 'index' });
  });
});

describe('wrong input', () => {
  const view = (bytes: number) => new Float32Array(new ArrayBuffer(bytes));
  const detached = () => {
    const data = view(16);
    structuredClone(data.buffer, { transfer: [data.buffer] });
    return data;
  };
  const shrunk = () => {
    const buffer = wrong(new (wrong(ArrayBuffer))(16, { maxByteLength: 32 }));
    const data = new Float32Array(buffer, 8, 2);
    buffer.resize(4);
    return data;
  };
  const circle: unknown[] = [];
  circle.push(circle);

  it.each<[string, () => unknown, string, string]>([
    ['ragged rows', () => [[1, 2], [3]], 'RangeError', 'data[1]'],
    ['a number among rows', () => [[1], 2], 'TypeError', 'data[1]'],
    ['a row among numbers', () => [1, [2]], 'RangeError', 'data[1]'],
    ['a hole', () => holed([1, 2, 3]), 'TypeError', 'data[1]'],
    ['a hole among rows', () => holed([[1], [2], [3]]), 'TypeError', 'data[1]'],
    [
      'a deep element',
      () => [
        [[1], [2]],
        [[3], ['4']],
      ],
      'TypeError',
      'data[1][1][0]',
    ],
    ['an array of holes only', () => Object.assign([], { length: 2 ** 32 - 1 }), 'TypeError', 'data[0]'],
    ['an array in itself', () => circle, 'RangeError', 'data'],
    ['null', () => null, 'TypeError', 'data'],
    ['undefined', () => undefined, 'TypeError', 'data'],
    ['a string', () => '1', 'TypeError', 'data'],
    ['a symbol', () => Symbol('s'), 'TypeError', 'data'],
    ['a function', () => () => 1, 'TypeError', 'data'],
    ['an object', () => ({}), 'TypeError', 'data'],
    ['a tensor with a dimension in an array', () => [torch.tensor([1])], 'RangeError', 'data[0]'],
    ['a DataView', () => new DataView(new ArrayBuffer(8)), 'TypeError', 'data'],
    ['a Uint32Array', () => new Uint32Array(2), 'TypeError', 'data'],
    ['a BigUint64Array', () => new BigUint64Array(2), 'TypeError', 'data'],
    ['a Uint16Array without a dtype', () => new Uint16Array(2), 'TypeError', 'data'],
    ['a detached buffer', detached, 'TypeError', 'data'],
    ['a shrunk buffer', shrunk, 'TypeError', 'data'],
    ['plain data in an object', () => ({ data: [1, 2], dims: [2] }), 'TypeError', 'data'],
    ['sizes that do not match', () => ({ data: new Float32Array(6), dims: [4] }), 'RangeError', 'dims'],
    ['invalid sizes', () => ({ data: new Float32Array(6), dims: 6 }), 'TypeError', 'dims'],
    ['mixed numbers and bigints', () => [1, 2n], 'TypeError', 'data[1]'],
  ])('refuses %s', (_, make, kind, parameter) => {
    const error = thrown(() => torch.tensor(wrong(make())));
    expect(error).toMatchObject({ kind, parameter });
    expect(error.message).toMatch(/^data.*: expected .+, got .+|^dims: expected .+, got .+/);
  });

  it('passes on the error of a getter', () => {
    const mine = new Error('mine');
    const throwing = Object.defineProperty({}, 'data', {
      get: () => {
        throw mine;
      },
    });
    expect(() => torch.tensor(wrong(throwing))).toThrow(mine);
  });

  it.each<[unknown, DType, string]>([
    [[1, 256], 'uint8', 'data[1]'],
    [[-1], 'uint8', 'data[0]'],
    [[128], 'int8', 'data[0]'],
    [[[1], [-32769]], 'int16', 'data[1][0]'],
    [[2 ** 31], 'int32', 'data[0]'],
    [[2n ** 63n], 'int64', 'data[0]'],
    [[2 ** 53], 'int64', 'data[0]'],
    [[1.5], 'int32', 'data[0]'],
    [[NaN], 'int64', 'data[0]'],
  ])('refuses %o as %s', (data, dtype, parameter) => {
    expect(thrown(() => torch.tensor(wrong(data), { dtype }))).toMatchObject({ kind: 'RangeError', parameter });
  });

  it('refuses wrong sizes', () => {
    const sizes: [unknown, string, string][] = [
      [[-1], 'RangeError', 'size[0]'],
      [[2, 1.5], 'RangeError', 'size[1]'],
      [['2'], 'RangeError', 'size[0]'],
      [[2n], 'RangeError', 'size[0]'],
      [holed([1, 1, 2]), 'RangeError', 'size[1]'],
      ['2', 'TypeError', 'size'],
      [3, 'TypeError', 'size'],
      [undefined, 'TypeError', 'size'],
    ];
    for (const [size, kind, parameter] of sizes) {
      // A number there is itself a size.
      for (const make of size === 3 ? [] : [torch.zeros, torch.ones, torch.empty, torch.rand, torch.randn]) {
        expect(thrown(() => make(wrong(size)))).toMatchObject({ kind, parameter });
      }
      expect(thrown(() => torch.full(wrong(size), 1))).toMatchObject({ kind, parameter });
      expect(thrown(() => torch.randint(0, 2, wrong(size)))).toMatchObject({ kind, parameter });
    }
    const data = new Float32Array(6);
    for (const shape of [[4], [2, 2], [7], []]) {
      expect(thrown(() => torch.tensor(data, { shape }))).toMatchObject({ kind: 'RangeError', parameter: 'shape' });
    }
    expect(thrown(() => torch.tensor(wrong([1, 2]), wrong({ shape: [2] })))).toMatchObject({ parameter: 'shape' });
  });

  it('reports sizes beyond any memory', () => {
    for (const size of [[2 ** 40], [2 ** 20, 2 ** 20], [2 ** 40, 2 ** 40], [Number.MAX_SAFE_INTEGER]]) {
      for (const make of [torch.zeros, torch.ones, torch.empty, torch.rand]) {
        expect(thrown(() => make(size))).toMatchObject({ kind: 'TorchError', code: 'ERR_OUT_OF_MEMORY' });
      }
    }
    const wide = torch.ones([1], { dtype: 'uint8' }).as_strided([2 ** 40], [0]);
    expect(thrown(() => wide.toTypedArray())).toMatchObject({ code: 'ERR_OUT_OF_MEMORY' });
    expect(thrown(() => wide.clone())).toMatchObject({ code: 'ERR_OUT_OF_MEMORY' });
    expect(thrown(() => torch.zeros([2 ** 31, 0]).tolist())).toMatchObject({ code: 'ERR_OUT_OF_MEMORY' });
    // They leaked nothing.
    expect(torch.zeros([2]).tolist()).toEqual([0, 0]);
  });

  it('refuses wrong options', () => {
    const make = (options: unknown) => [
      () => torch.tensor([1], wrong(options)),
      () => torch.tensor(new Float32Array(1), wrong(options)),
      () => torch.zeros([1], wrong(options)),
      () => torch.eye(2, wrong(options)),
      () => torch.randint(0, 2, [1], wrong(options)),
    ];
    const cases: [unknown, object][] = [
      [{ dtype: 'complex64' }, { kind: 'RangeError', parameter: 'dtype' }],
      [{ dtype: 'toString' }, { kind: 'RangeError', parameter: 'dtype' }],
      [{ dtype: 6 }, { kind: 'TypeError', parameter: 'dtype' }],
      [{ device: 'nonsense' }, { kind: 'RangeError', parameter: 'device' }],
      [{ device: 'cuda:x' }, { kind: 'RangeError', parameter: 'device' }],
      [{ device: 'meta' }, { kind: 'RangeError', parameter: 'device' }],
      [{ device: 0 }, { kind: 'TypeError', parameter: 'device' }],
      [{ requires_grad: 'yes' }, { kind: 'TypeError', parameter: 'requires_grad' }],
      [{ dtpye: 'int8' }, { kind: 'TypeError', code: 'ERR_UNKNOWN_OPTION', parameter: 'dtpye' }],
      [
        { requires_grad: true, dtype: 'int32' },
        { kind: 'TorchError', code: 'ERR_TORCH' },
      ],
      [null, { kind: 'TypeError', parameter: 'options' }],
      [5, { kind: 'TypeError', parameter: 'options' }],
      [torch.zeros([1]), { kind: 'TypeError', parameter: 'options' }],
    ];
    for (const [options, error] of cases) {
      // A number there is the second size of torch.eye.
      const runs = make(options).filter((run) => options !== 5 || !String(run).includes('eye'));
      for (const run of runs) expect(thrown(run)).toMatchObject(error);
    }
    expect(thrown(() => torch.manual_seed(wrong('1')))).toMatchObject({ kind: 'TypeError', parameter: 'seed' });
    expect(thrown(() => torch.arange(wrong('5'))).kind).toBe('TypeError');
    expect(thrown(() => torch.full([2], wrong('x')))).toMatchObject({ kind: 'TypeError', parameter: 'fill_value' });
  });

  it.runIf(!native().info().cuda_built)('says so if LibTorch has no CUDA', () => {
    const tensor = torch.tensor([1]);
    const runs = [
      () => torch.zeros([1], { device: 'cuda' }),
      () => torch.tensor([1], { device: 'cuda:1' }),
      () => tensor.cuda(),
      () => tensor.cuda(2),
      () => tensor.to('cuda'),
      () => aten.zeros([1], { device: 'cuda' }),
    ];
    for (const run of runs) {
      const { code, parameter, message } = thrown(run);
      expect([code, parameter]).toEqual(['ERR_NO_CUDA', 'device']);
      expect(message).toMatch(/was built without CUDA$/);
    }
  });

  it('refuses views outside of the storage', () => {
    const tensor = torch.tensor([1, 2, 3]);
    expect(thrown(() => tensor.as_strided([100], [100])).kind).toBe('TorchError');
    expect(thrown(() => tensor.as_strided([2], [1], 5)).kind).toBe('TorchError');
    expect(thrown(() => tensor.as_strided([2], [1], -1)).kind).toBe('TorchError');
    expect(thrown(() => tensor.as_strided([2], [-1])).kind).toBe('TorchError');
    expect(thrown(() => tensor.reshape([2, 2])).kind).toBe('TorchError');
    expect(thrown(() => tensor.reshape(wrong('3')))).toMatchObject({ kind: 'TypeError', parameter: 'shape' });
  });
});

describe('the class', () => {
  it('cannot be made with new', () => {
    for (const args of [[], [[1, 2]], [{}], [null], [3], [new Float32Array(2)], [torch.tensor(1)]]) {
      const error = thrown(() => Reflect.construct(torch.Tensor, args));
      expect(error).toMatchObject({ kind: 'TypeError', parameter: 'data' });
      expect(error.message).toMatch(/torch\.tensor\(data\)/);
    }
  });

  const members = Object.entries(Object.getOwnPropertyDescriptors(torch.Tensor.prototype)).filter(
    ([name]) => name !== 'constructor',
  );
  const other = { gradient: undefined, dim: 0 };
  const callMember = (receiver: unknown, { get, value }: PropertyDescriptor) =>
    get ? get.call(receiver) : value.call(receiver, other, [1]);

  it.each(members)('refuses a foreign receiver: %s', async (_, descriptor) => {
    for (const receiver of [{}, null, undefined, 1, torch.Tensor.prototype, new Proxy(torch.tensor(1), {})]) {
      expect((await rejected(() => callMember(receiver, descriptor))).kind).toBe('TypeError');
    }
  });

  it.each(members.filter(([name]) => name !== 'toString'))(
    'refuses to be used after dispose: %s',
    async (name, descriptor) => {
      const tensor = torch.tensor([[1]], { requires_grad: true });
      tensor.dispose();
      const valid: Record<string, unknown[]> = {
        size: [],
        to: ['int8'],
        as_strided: [[1], [1]],
        reshape: [[1]],
        requires_grad_: [true],
        backward: [],
        sum: [],
        mean: [],
        argmax: [],
        cuda: [],
        toTypedArray: [],
        toTypedArrayAsync: [],
        item: [],
        tolist: [],
        tolistAsync: [],
        itemAsync: [],
        toAsync: [{ dtype: 'int8' }],
        backwardAsync: [],
      };
      const binary = ['add', 'sub', 'mul', 'div', 'pow'].includes(name) ? [1] : [{ dim: 0 }];
      const run = () =>
        descriptor.get ? descriptor.get.call(tensor) : descriptor.value.apply(tensor, valid[name] ?? binary);
      const error = await rejected(run);
      expect(error).toMatchObject({ kind: 'TorchError', code: 'ERR_DISPOSED' });
      expect(error.message).toMatch(/disposed/);
    },
  );

  it('names the disposed operand', () => {
    const [live, dead] = [torch.tensor([1]), torch.tensor([1])];
    dead.dispose();
    expect(thrown(() => live.add(dead)).code).toBe('ERR_DISPOSED');
    expect(thrown(() => aten.cat([live, dead])).code).toBe('ERR_DISPOSED');
    expect(thrown(() => aten.add(live, { other: dead }))).toMatchObject({
      code: 'ERR_DISPOSED',
      parameter: 'other',
    });
    expect(thrown(() => torch.nn.functional.relu(dead)).code).toBe('ERR_DISPOSED');
  });

  it('frees its memory once', async () => {
    const before = await liveTensors();
    const tensor = torch.zeros([10]);
    expect(torch.memory().tensors).toBe(before + 1);
    tensor.dispose();
    tensor.dispose();
    expect([tensor.disposed, torch.memory().tensors]).toEqual([true, before]);
  });

  it('is disposed by using', () => {
    const tensor = torch.zeros([10]);
    tensor[Symbol.dispose]();
    expect(tensor.disposed).toBe(true);
  });

  it('keeps the values that a graph needs', () => {
    const x = torch.tensor([3], { requires_grad: true });
    const product = x.mul(x);
    const loss = product.sum();
    product.dispose();
    loss.backward();
    expect(x.grad?.tolist()).toEqual([6]);
  });

  it('prints as in Python', () => {
    const tensor = torch.tensor([[1, 2.5]], { requires_grad: true });
    expect(String(tensor)).toBe('tensor([[1.0000, 2.5000]], requires_grad=True)');
    expect(inspect(tensor)).toBe(String(tensor));
    expect(inspect({ tensor: torch.tensor([1n]) })).toBe('{ tensor: tensor([1]) }');
    expect(inspect(tensor.sum())).toBe('tensor(3.5000, grad_fn=<SumBackward0>)');
    tensor.dispose();
    expect(inspect(tensor)).toBe('tensor(<disposed>)');
    expect(() => inspect(torch.Tensor.prototype)).not.toThrow();
  });

  it('cannot be cloned by structuredClone', () => {
    const error = thrown(() => structuredClone(torch.tensor([1])));
    expect(error.kind).toBe('DataCloneError');
    expect(error.message).toMatch(/a Tensor of one thread: send tensor\.toTransferable\(\) instead/);
  });

  it('contains recorded elements unchanged', () => {
    for (const name of ['x', 'image']) expectRecorded(recordedTensor('operands', name), 'operands', name);
  });
});

describe('JSON.stringify', () => {
  it('writes the elements, nested', () => {
    expect(
      JSON.stringify({
        x: torch.tensor([
          [1, 2.5],
          [Number.NaN, Number.POSITIVE_INFINITY],
        ]),
      }),
    ).toBe('{"x":[[1,2.5],[null,null]]}');
    expect(JSON.stringify([torch.tensor([1n, 2n ** 62n]), torch.tensor([true, false]), torch.tensor(3)])).toBe(
      '[[1,"4611686018427387904"],[true,false],3]',
    );
    expect(JSON.stringify(torch.zeros([2, 0]))).toBe('[[],[]]');
  });
});

describe('typed arrays of dtypes that torchloss lacks', () => {
  it.each([
    [new Uint16Array(1), 'Int32Array.from(data)'],
    [new Uint32Array(1), 'BigInt64Array.from(data, BigInt)'],
    [new BigUint64Array(1), 'BigInt64Array.from(data)'],
  ])('are refused with what to pass instead: %o', (data, advice) => {
    expect(() => torch.tensor(data as never)).toThrow(advice);
  });
});
