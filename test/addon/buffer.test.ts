import { describe, expect, it } from 'vitest';
import * as torch from '../../lib/torch/index.js';
import { thrown } from '../helpers/recorded.js';

describe('torch.frombuffer', () => {
  it('shares the memory', () => {
    const data = new Float64Array([1, 2, 3]);
    const tensor = torch.frombuffer(data);
    expect([tensor.dtype, tensor.tolist()]).toEqual(['float64', [1, 2, 3]]);
    data[1] = 20;
    expect(tensor.tolist()).toEqual([1, 20, 3]);
    torch.ops.aten.mul_?.(tensor, 2);
    expect([...data]).toEqual([2, 40, 6]);
  });

  it('reads a part, as another dtype', () => {
    // numpy.frombuffer(bytes, dtype, count, offset) gives the same.
    const bytes = new Uint8Array([0, 0, 0x80, 0x3f, 0, 0, 0x20, 0x40, 1, 0, 0, 0]);
    expect(torch.frombuffer(bytes, { dtype: 'float32', count: 2 }).tolist()).toEqual([1, 2.5]);
    expect(torch.frombuffer(bytes, { dtype: 'int32', offset: 8 }).tolist()).toEqual([1]);
    expect(torch.frombuffer(bytes.buffer, { dtype: 'bfloat16', offset: 2, count: 1 }).tolist()).toEqual([1]);
    expect(torch.frombuffer(Buffer.from([3, 4])).tolist()).toEqual([3, 4]);
    expect(torch.frombuffer(new DataView(bytes.buffer, 4, 4), { dtype: 'float32' }).tolist()).toEqual([2.5]);
    expect(torch.frombuffer(bytes, { count: 0 }).shape).toEqual([0]);
  });

  it('keeps its memory from being transferred', () => {
    const data = new Float32Array([1, 2]);
    const tensor = torch.frombuffer(data, { requires_grad: true });
    try {
      structuredClone(data, { transfer: [data.buffer] });
    } catch (error) {
      // Node 20 copies it instead.
      expect((error as Error).name).toBe('DataCloneError');
    }
    const { transfer } = data.buffer as { transfer?: () => ArrayBuffer };
    if (transfer !== undefined) expect(thrown(() => transfer.call(data.buffer)).kind).toBe('TypeError');
    expect([data.length, tensor.requires_grad, tensor.tolist()]).toEqual([2, true, [1, 2]]);
  });

  it('copies what may change behind its back', () => {
    const resizable = Reflect.construct(ArrayBuffer, [8, { maxByteLength: 16 }]) as ArrayBuffer;
    const growing = new Float32Array(resizable);
    growing.set([1, 2]);
    const shared = new Float32Array(new SharedArrayBuffer(8));
    shared.set([3, 4]);
    const tensors = [torch.frombuffer(growing), torch.frombuffer(shared)];
    growing.fill(9);
    shared.fill(9);
    (resizable as unknown as { resize(bytes: number): void }).resize(0);
    expect(tensors.map((tensor) => tensor.tolist())).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  it('refuses unreadable buffers', () => {
    const data = new Uint8Array(10);
    const gone = new Float32Array(2);
    structuredClone(gone.buffer, { transfer: [gone.buffer] });
    const cases: [() => unknown, string, string][] = [
      [() => torch.frombuffer([1, 2] as never), 'TypeError', 'buffer'],
      [() => torch.frombuffer(gone), 'TypeError', 'data'],
      [() => torch.frombuffer(gone.buffer, { dtype: 'float32' }), 'TypeError', 'buffer'],
      [() => torch.frombuffer(data.buffer), 'TypeError', 'dtype'],
      [() => torch.frombuffer(data, { dtype: 'float32' }), 'RangeError', 'count'],
      [() => torch.frombuffer(data, { dtype: 'float32', count: 3 }), 'RangeError', 'count'],
      [() => torch.frombuffer(data, { count: -2 }), 'RangeError', 'count'],
      [() => torch.frombuffer(data, { dtype: 'float32', offset: 2, count: 1 }), 'RangeError', 'offset'],
      [() => torch.frombuffer(new Uint8Array(data.buffer, 1, 4), { dtype: 'float32' }), 'RangeError', 'buffer'],
      [() => torch.frombuffer(data, { offset: 11 }), 'RangeError', 'offset'],
      [() => torch.frombuffer(data, { offset: -1 }), 'RangeError', 'offset'],
      [() => torch.frombuffer(data, { offset: 0.5 }), 'RangeError', 'offset'],
      [() => torch.frombuffer(data, { size: 1 } as never), 'TypeError', 'size'],
    ];
    for (const [run, kind, parameter] of cases) expect(thrown(run)).toMatchObject({ kind, parameter });
  });

  it('releases the memory with the last tensor', async () => {
    const before = process.memoryUsage().arrayBuffers;
    for (let turn = 0; turn < 200; turn++) {
      torch.frombuffer(new Float32Array(2 ** 18)).dispose();
      if (turn % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    globalThis.gc?.();
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(200 * 2 ** 20);
  });
});

describe('toTypedArray without a copy', () => {
  it('returns the memory itself, which outlives the tensor', () => {
    const tensor = torch.tensor([1, 2, 3]);
    const data = tensor.toTypedArray({ copy: false });
    data[0] = 10;
    expect(tensor.tolist()).toEqual([10, 2, 3]);
    const view = torch.frombuffer(data);
    tensor.dispose();
    expect([...data]).toEqual([10, 2, 3]);
    expect(view.tolist()).toEqual([10, 2, 3]);
  });

  it('returns 16-bit floats as their bits', () => {
    expect(torch.tensor([1, -2], { dtype: 'float16' }).toTypedArray({ copy: false })).toEqual(
      new Uint16Array([0x3c00, 0xc000]),
    );
    expect(torch.empty([0]).toTypedArray({ copy: false })).toEqual(new Float32Array(0));
  });

  it('refuses tensors that are not contiguous', () => {
    const strided = torch.tensor([1, 2, 3]).as_strided([2], [2]);
    expect(thrown(() => strided.toTypedArray({ copy: false }))).toMatchObject({
      kind: 'RangeError',
      parameter: 'tensor',
    });
    expect(thrown(() => strided.toTypedArray({ copy: 1 as never }))).toMatchObject({ parameter: 'copy' });
  });
});

describe('toTransferable', () => {
  it('carries a tensor to another thread', () => {
    for (const dtype of ['float32', 'float16', 'bfloat16', 'int64', 'bool', 'float64'] as const) {
      const tensor = torch
        .tensor(
          [
            [1, 0],
            [1, 1],
          ],
          { dtype: dtype === 'int64' ? 'float32' : dtype },
        )
        .to(dtype);
      const { message, transferList } = tensor.toTransferable();
      const received = structuredClone(message, { transfer: transferList });
      const copy = torch.tensor(received);
      expect([copy.dtype, copy.shape, copy.tolist()]).toEqual([dtype, [2, 2], tensor.tolist()]);
    }
    const leaf = torch.tensor([1], { requires_grad: true });
    expect(torch.tensor(leaf.toTransferable().message).requires_grad).toBe(true);
  });
});
