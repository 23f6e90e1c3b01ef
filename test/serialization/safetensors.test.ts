/** Whole state dicts in safetensors files. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { open, readTensor } from '../../lib/data/index.js';
import { type Tensor, torch } from '../../lib/index.js';
import { load, load_file, safe_open, save, save_file } from '../../lib/safetensors/index.js';
import { temporaryFolder } from '../helpers/libtorch.js';

const aten = torch.ops.aten as Record<string, any>;

/** A handmade file according to the format: https://github.com/huggingface/safetensors. */
function byHand(header: object | string, data: Buffer): Buffer {
  const text = typeof header === 'string' ? header : JSON.stringify(header);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(Buffer.byteLength(text)));
  return Buffer.concat([length, Buffer.from(text), data]);
}

describe('files', () => {
  const state: Record<string, Tensor> = {
    'conv.bias': torch.tensor([1, 0], { dtype: 'bool' }),
    'conv.weight': torch.tensor([
      [1, 2],
      [3, 4],
    ]),
    steps: torch.tensor(2n ** 50n),
    half: torch.tensor([0.5, -1.5], { dtype: 'bfloat16' }),
    empty: torch.zeros([0, 3]),
    turned: aten.t(
      torch.tensor([
        [1, 2, 3],
        [4, 5, 6],
      ]),
    ),
  };

  it('contain names, dtypes, shapes, elements and metadata', async () => {
    const file = join(temporaryFolder(), 'model.safetensors');
    const check = (loaded: Record<string, Tensor>) => {
      expect(Object.keys(loaded)).toEqual(Object.keys(state));
      for (const [name, tensor] of Object.entries(state)) {
        expect([name, loaded[name]?.dtype, loaded[name]?.tolist()]).toEqual([name, tensor.dtype, tensor.tolist()]);
        expect(loaded[name]?.is_leaf).toBe(true);
      }
    };
    save_file(state, file, { format: 'pt' });
    check(load_file(file));
    check(await load_file.async(file, 'cpu'));
    check(load(readFileSync(file), { device: 'cpu' }));
    expect(save(state, { format: 'pt' })).toEqual(readFileSync(file));
    await save_file.async(new Map(Object.entries(state)), file);
    check(load_file(file));
    using opened = safe_open(file);
    expect(opened.metadata()).toEqual({});
  });

  it('follow the format: every tensor at a multiple of its element size, without holes', () => {
    const file = save(state, { format: 'pt' });
    const length = Number(file.readBigUInt64LE());
    expect(length % 8).toBe(0);
    const { __metadata__, ...header } = JSON.parse(file.toString('utf8', 8, 8 + length));
    expect(__metadata__).toEqual({ format: 'pt' });
    const widths: Record<string, number> = { F32: 4, I64: 8, BF16: 2, BOOL: 1 };
    let covered = 0;
    for (const { dtype, data_offsets } of Object.values<any>(header).toSorted(
      (a, b) => a.data_offsets[0] - b.data_offsets[0] || a.data_offsets[1] - b.data_offsets[1],
    )) {
      expect(data_offsets[0]).toBe(covered);
      expect(data_offsets[0] % (widths[dtype] as number)).toBe(0);
      covered = data_offsets[1];
    }
    expect(file.length).toBe(8 + length + covered);
  });

  it('made by hand are loaded, even with dtypes that are only stored', () => {
    const header = {
      a: { dtype: 'U16', shape: [2], data_offsets: [4, 8] },
      b: { dtype: 'F32', shape: [], data_offsets: [0, 4] },
    };
    const file = byHand(header, Buffer.from([0, 0, 0x80, 0x3f, 1, 0, 255, 255]));
    let loaded: Record<string, Tensor>;
    try {
      loaded = load(file);
    } catch (error) {
      // Older LibTorch versions lack the dtype.
      expect(error).toMatchObject({ code: 'ERR_NOT_IMPLEMENTED' });
      return;
    }
    expect(aten.to(loaded.a, 'int64').tolist().map(Number)).toEqual([1, 65535]);
    expect(load(save(loaded)).a?.shape).toEqual([2]);
  });

  it('are read by torchloss/data, too', async () => {
    const file = join(temporaryFolder(), 'model.safetensors');
    save_file(state, file);
    const source = await open(`${file}#conv.weight`);
    expect((await readTensor(source)).tolist()).toEqual([
      [1, 2],
      [3, 4],
    ]);
    await source.close();
  });

  it('keep names with a special meaning in JavaScript', () => {
    const names = new Map(['10', '2', '__proto__', 'constructor'].map((name, index) => [name, torch.tensor(index)]));
    const loaded = load(save(names));
    expect(Object.keys(loaded).toSorted()).toEqual([...names.keys()].toSorted());
    expect(loaded['2']?.item()).toBe(1);
    expect(Object.getPrototypeOf(loaded)).toBe(Object.prototype);
  });
});

describe('safe_open', () => {
  const file = () => {
    const path = join(temporaryFolder(), 'a.safetensors');
    save_file({ grid: torch.arange(0, 24).reshape([4, 3, 2]), one: torch.tensor(5) }, path, { epoch: '3' });
    return path;
  };

  it('returns names, metadata, tensors and parts of them', async () => {
    using opened = safe_open(file());
    expect(opened.keys()).toEqual(['grid', 'one']);
    expect(opened.metadata()).toEqual({ epoch: '3' });
    expect(opened.get_tensor('one').item()).toBe(5);
    expect((await opened.get_tensorAsync('grid')).size()).toEqual([4, 3, 2]);
    const slice = opened.get_slice('grid');
    expect([slice.get_shape(), slice.get_dtype()]).toEqual([[4, 3, 2], 'F32']);
    expect(slice.slice([1, 2]).tolist()).toEqual([
      [
        [6, 7],
        [8, 9],
        [10, 11],
      ],
    ]);
    expect(slice.slice([-1], undefined, [1]).tolist()).toEqual([[[19], [21], [23]]]);
    expect(slice.slice([1, 1]).shape).toEqual([0, 3, 2]);
    expect(slice.slice([0, 2], [-2, -1]).tolist()).toEqual([[[2, 3]], [[8, 9]]]);
  });

  it('refuses missing tensors, and everything once it is closed', () => {
    const opened = safe_open(file());
    expect(() => opened.get_tensor('none')).toThrow(/^name: expected one of the tensors of .*keys\(\)/);
    expect(() => opened.get_slice('grid').slice([2, 1])).toThrow(/^ranges\[0\]\[1\]: expected 2 to 4/);
    expect(() => opened.get_slice('grid').slice([0, 5])).toThrow(RangeError);
    expect(() => opened.get_slice('one').slice([0, 1])).toThrow(/^ranges/);
    opened.close();
    opened.close();
    expect(() => opened.get_tensor('grid')).toThrow(expect.objectContaining({ code: 'ERR_DISPOSED' }));
  });
});

describe('what cannot be saved', () => {
  it.each<[string, () => unknown, RegExp]>([
    ['no tensors', () => save([] as never), /^tensors: expected an object/],
    ['another value', () => save({ a: 1 } as never), /^tensors\['a'\]: expected a Tensor/],
    ['the name of the metadata', () => save({ __metadata__: torch.ones([1]) }), /^tensors\['__metadata__'\]/],
    ['metadata that are not strings', () => save({}, { a: 1 } as never), /^metadata\.a: expected a string/],
    ['sparse tensors', () => save({ a: aten.to_sparse(torch.ones([2])) }), /^tensors\['a'\]: expected a dense tensor/],
    ['no path', () => save_file({}, 5 as never), /^filename: expected a path/],
  ])('is named: %s', (_, call, message) => {
    expect(call).toThrow(message);
  });

  it('includes what changes meanwhile', async () => {
    const path = join(temporaryFolder(), 'a.safetensors');
    writeFileSync(path, 'old');
    const weight = torch.zeros([1000, 1000]);
    const saving = save_file.async({ weight }, path);
    aten.add_(weight, 1);
    await expect(saving).rejects.toMatchObject({ code: 'ERR_BUSY' });
    expect(readFileSync(path, 'utf8')).toBe('old');
  });
});

describe('damaged files', () => {
  const original = save({ a: torch.ones([3, 2]), b: torch.tensor([1n]) }, { k: 'v' });

  it('are loaded or refused', () => {
    const edit = fc.tuple(fc.integer({ min: 0, max: original.length - 1 }), fc.integer({ min: 0, max: 255 }));
    const damage = fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), fc.nat(40), (edits, cut) => {
      const file = Buffer.from(original.subarray(0, original.length - (cut < 20 ? 0 : cut)));
      for (const [at, byte] of edits) if (at < file.length) file[at] = byte;
      try {
        load(file);
      } catch (error) {
        expect(error).toMatchObject({ name: 'TorchError' });
        expect(['ERR_FILE_FORMAT', 'ERR_NOT_IMPLEMENTED']).toContain((error as { code: string }).code);
      }
    });
    fc.assert(damage, { seed: 16, numRuns: 2000 });
  });

  it.each<[string, Buffer, RegExp]>([
    ['with overlaps', byHand({ a: entry(0, 4), b: entry(2, 6) }, Buffer.alloc(6)), /b: data_offsets: overlaps/],
    ['with holes', byHand({ a: entry(0, 4), b: entry(6, 10) }, Buffer.alloc(10)), /b: data_offsets: leaves a gap/],
    ['of a wrong size', byHand({ a: { ...entry(0, 4), shape: [2] } }, Buffer.alloc(4)), /8 bytes for F32/],
    ['with a huge header', Buffer.from('ffffffffffffff7f7b7d', 'hex'), /at most 100000000 bytes/],
    ['that are cut off', byHand({ a: entry(0, 4) }, Buffer.alloc(2)), /within 2 bytes/],
    ['with a name twice', byHand('{"a":1,"a":2}', Buffer.alloc(0)), /occurs twice/],
    ['that are empty', Buffer.alloc(0), /8 bytes of length/],
  ])('%s are refused', (_, file, message) => {
    expect(() => load(file)).toThrow(message);
    expect(() => load(file)).toThrow(expect.objectContaining({ code: 'ERR_FILE_FORMAT' }));
  });

  function entry(begin: number, end: number) {
    return { dtype: 'F32', shape: [1], data_offsets: [begin, end] };
  }
});
