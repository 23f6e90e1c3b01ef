import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compareTensors, TOLERANCES } from '../../lib/parity/judge/compare.js';
import type { PlainTensor } from '../../lib/parity/wire/plain_tensor.js';
import { defaultFixtures, readRecorded, readRecordedList } from '../../lib/parity/replay/files.js';
import { compareVersions } from '../../lib/base/compare_versions.js';
import { elementsOf, typedArrayOf } from '../../lib/data/entry.js';
import { readSafetensors } from '../../lib/data/safetensors.js';

function float64(...data: number[]): PlainTensor {
  return { dtype: 'float64', shape: [data.length], data };
}

function nextUp(value: number): number {
  const bits = new BigInt64Array(new Float64Array([value]).buffer);
  bits[0] = (bits[0] as bigint) + 1n;
  return new Float64Array(bits.buffer)[0] as number;
}

describe('compareTensors', () => {
  it('reports zero errors for equal values, NaN and infinities included', () => {
    const values = [1, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    const found = compareTensors(float64(...values), float64(...values));
    expect(found).toMatchObject({ equal: true, max_abs_error: 0, max_rel_error: 0 });
    expect(found.reason).toBeUndefined();
  });

  it('treats zeros of both signs as equal', () => {
    expect(compareTensors(float64(-0), float64(0)).equal).toBe(true);
  });

  it.each([
    [Number.NaN, 1],
    [1, Number.NaN],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
    [Number.POSITIVE_INFINITY, 1e300],
    [1e300, Number.POSITIVE_INFINITY],
    [Number.NaN, Number.POSITIVE_INFINITY],
  ])('distinguishes %d from %d with any tolerance', (actual, expected) => {
    const found = compareTensors(float64(0, actual), float64(0, expected), { rtol: 1, atol: 1 });
    expect(found).toMatchObject({ equal: false, max_abs_error: Number.POSITIVE_INFINITY });
    expect(found.worst).toEqual({ index: 1, at: [1], actual, expected });
  });

  it('includes the bound itself', () => {
    const tolerance = { rtol: 0, atol: 0.125 };
    expect(compareTensors(float64(1.125), float64(1), tolerance).equal).toBe(true);
    expect(compareTensors(float64(0.875), float64(1), tolerance).equal).toBe(true);
    expect(compareTensors(float64(nextUp(1.125)), float64(1), tolerance).equal).toBe(false);
    expect(compareTensors(float64(3), float64(2), { rtol: 0.5, atol: 0 }).equal).toBe(true);
    expect(compareTensors(float64(nextUp(3)), float64(2), { rtol: 0.5, atol: 0 }).equal).toBe(false);
    expect(compareTensors(float64(3.125), float64(2), { rtol: 0.5, atol: 0.125 }).equal).toBe(true);
  });

  it('scales with the expected value, not with the actual one', () => {
    expect(compareTensors(float64(2), float64(1), { rtol: 0.5, atol: 0 }).equal).toBe(false);
    expect(compareTensors(float64(1), float64(2), { rtol: 0.5, atol: 0 }).equal).toBe(true);
  });

  it('names the element furthest beyond its bound and the largest errors', () => {
    const found = compareTensors(float64(1000.5, 0.25, 2), float64(1000, 0, 2.25), { rtol: 1e-3, atol: 0 });
    expect(found.worst).toEqual({ index: 1, at: [1], actual: 0.25, expected: 0 });
    expect(found.max_abs_error).toBe(0.5);
    expect(found.max_rel_error).toBeCloseTo(0.25 / 2.25, 15);
    expect(found.reason).toContain('2 of 3 elements differ');
  });

  it("uses the dtype's tolerances of torch.testing.assert_close", () => {
    expect(TOLERANCES.float32).toEqual({ rtol: 1.3e-6, atol: 1e-5 });
    const one = { dtype: 'float32', shape: [], data: [1] } as const;
    expect(compareTensors({ ...one, data: [1 + 1.1e-5] }, one).equal).toBe(true);
    expect(compareTensors({ ...one, data: [1 + 1.2e-5] }, one).equal).toBe(false);
    const half = { ...one, dtype: 'float16' } as const;
    expect(compareTensors({ ...half, data: [1.001] }, half).equal).toBe(true);
    expect(compareTensors({ ...half, data: [1.0011] }, half).equal).toBe(false);
  });

  it('compares integers exactly, beyond the safe integers of numbers', () => {
    const big = { dtype: 'int64', shape: [1], data: [2n ** 53n] } as const;
    expect(compareTensors(big, big).equal).toBe(true);
    const found = compareTensors({ ...big, data: [2n ** 53n + 1n] }, big);
    expect(found).toMatchObject({ equal: false, max_abs_error: 1 });
  });

  it('requires the same dtype, shape and number of elements', () => {
    const expected = float64(1, 2);
    expect(compareTensors({ ...expected, dtype: 'float32' }, expected).reason).toBe(
      'expected dtype float64, got float32',
    );
    expect(compareTensors({ ...expected, shape: [2, 1] }, expected).reason).toBe('expected shape [2], got [2, 1]');
    expect(compareTensors({ ...expected, data: [1] }, expected).reason).toBe('expected 2 elements, got 1');
  });

  it('treats empty tensors as equal, without a worst element', () => {
    expect(compareTensors(float64(), float64())).toEqual({
      equal: true,
      identical: true,
      max_abs_error: 0,
      max_rel_error: 0,
      max_ulp_error: 0,
      cosine_similarity: 1,
      worst: null,
    });
  });
});

/** Lays out a safetensors file: length, header, data. */
function file(header: unknown, data: Uint8Array | number[] = []): Uint8Array {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, Uint8Array.from(data)]);
}

function f32(begin: number, end: number, shape: unknown = [(end - begin) / 4]): object {
  return { dtype: 'F32', shape, data_offsets: [begin, end] };
}

describe('readSafetensors', () => {
  it('returns each tensor as a view of the file', () => {
    const whole = file(
      {
        __metadata__: { pytorch: '2.13.0' },
        b: { dtype: 'I64', shape: [2], data_offsets: [8, 24] },
        a: f32(0, 8, [2, 1]),
        empty: f32(24, 24, [0, 3]),
        flag: { dtype: 'BOOL', shape: [], data_offsets: [24, 25] },
      },
      new Uint8Array([
        ...new Uint8Array(new Float32Array([1.5, -2]).buffer),
        ...new Uint8Array(new BigInt64Array([7n, -(2n ** 62n)]).buffer),
        1,
      ]),
    );
    const { metadata, tensors } = readSafetensors(whole);
    expect(metadata).toEqual({ pytorch: '2.13.0' });
    expect([...tensors.keys()]).toEqual(['b', 'a', 'empty', 'flag']);
    const a = tensors.get('a');
    expect(a).toMatchObject({ dtype: 'float32', shape: [2, 1] });
    expect(a?.bytes.buffer).toBe(whole.buffer);
    const elements = [...tensors.values()].map((entry) => Array.from(elementsOf(entry)));
    expect(elements).toEqual([[7n, -(2n ** 62n)], [1.5, -2], [], [1]]);
    expect(tensors.get('flag')?.dtype).toBe('bool');
  });

  it('reads a file at any offset in its buffer', () => {
    const whole = file({ a: f32(0, 4) }, new Uint8Array(new Float32Array([0.25]).buffer));
    for (let offset = 0; offset < 4; offset++) {
      const moved = new Uint8Array(whole.length + offset);
      moved.set(whole, offset);
      const entry = readSafetensors(moved.subarray(offset)).tensors.get('a');
      expect(entry && Array.from(typedArrayOf(entry) as Float32Array)).toEqual([0.25]);
    }
  });

  it('returns the values of 16-bit floats', () => {
    // From Python: struct.pack('<6e', 1.5, -0.0, 65504, 6e-8, inf, nan), and the upper halves of float32.
    const halves = Uint16Array.of(0x3e00, 0x8000, 0x7bff, 0x0001, 0x7c00, 0x7e00);
    const brains = Uint16Array.of(0x3fc0, 0x8000, 0x4780, 0x0001, 0xff80, 0x7fc0);
    const data = [...new Uint8Array(halves.buffer), ...new Uint8Array(brains.buffer)];
    const { tensors } = readSafetensors(
      file(
        {
          half: { dtype: 'F16', shape: [6], data_offsets: [0, 12] },
          brain: { dtype: 'BF16', shape: [6], data_offsets: [12, 24] },
        },
        data,
      ),
    );
    const [half, brain] = [...tensors.values()].map((entry) => Array.from(elementsOf(entry)));
    expect(half).toEqual([1.5, -0, 65504, 2 ** -24, Number.POSITIVE_INFINITY, Number.NaN]);
    expect(brain).toEqual([1.5, -0, 65536, 2 ** -133, Number.NEGATIVE_INFINITY, Number.NaN]);
  });

  it.each([
    ['no length', new Uint8Array(7), 'header'],
    ['a truncated header', file({ a: f32(0, 4) }, [0, 0, 0, 0]).subarray(0, 20), 'header'],
    ['a huge header', Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f), 'header: expected at most'],
    ['a header that is not JSON', file('{a}'), 'header: expected JSON'],
    ['a header that is not an object', file('[]'), 'header: expected a JSON object'],
    ['a header that is not UTF-8', Buffer.concat([Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, 0xff)]), 'header'],
    ['truncated data', file({ a: f32(0, 8) }, [0, 0, 0, 0]), 'a: data_offsets'],
    ['an overlap', file({ a: f32(0, 8), b: f32(4, 12) }, new Uint8Array(12)), 'b: data_offsets: overlaps'],
    ['a gap', file({ a: f32(0, 4), b: f32(8, 12) }, new Uint8Array(12)), 'b: data_offsets: leaves a gap'],
    ['a gap at the start', file({ a: f32(4, 8) }, new Uint8Array(8)), 'a: data_offsets: leaves a gap'],
    ['trailing bytes', file({ a: f32(0, 4) }, new Uint8Array(5)), '1 bytes more'],
    ['a negative offset', file({ a: f32(-4, 0, [1]) }), 'a: data_offsets'],
    ['a negative size', file({ a: f32(0, 4, [-1]) }, new Uint8Array(4)), 'a: shape'],
    ['two negative sizes', file({ a: f32(0, 4, [-1, -1]) }, new Uint8Array(4)), 'a: shape'],
    ['a fractional size', file({ a: f32(0, 4, [0.5, 2]) }, new Uint8Array(4)), 'a: shape'],
    ['offsets in reverse', file({ a: f32(4, 0, [0]) }, new Uint8Array(4)), 'a: data_offsets'],
    [
      'a size that does not match the shape',
      file({ a: f32(0, 4, [2]) }, new Uint8Array(4)),
      'a: data_offsets: expected 8',
    ],
    ['an unknown dtype', file({ a: { ...f32(0, 4), dtype: 'X32' } }, new Uint8Array(4)), 'a: dtype'],
    ['a dtype from the prototype', file({ a: { ...f32(0, 4), dtype: 'toString' } }, new Uint8Array(4)), 'a: dtype'],
    ['no dtype', file({ a: { shape: [1], data_offsets: [0, 4] } }, new Uint8Array(4)), 'a: dtype'],
    ['an entry that is not an object', file({ a: 4 }), 'a: expected an object'],
    ['metadata that is not an object of strings', file({ __metadata__: { a: 1 } }), '__metadata__'],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => readSafetensors(bytes, 'x.safetensors')).toThrow(
      expect.objectContaining({ code: 'ERR_FILE_FORMAT', message: expect.stringContaining(message) }),
    );
    expect(() => readSafetensors(bytes, 'x.safetensors')).toThrow('x.safetensors');
  });
});

it('refuses a damaged safetensors file with a specific error, whatever the damage', () => {
  const whole = file({ a: f32(0, 8), b: f32(8, 12, [1, 1]) }, new Uint8Array(12));
  const damage = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(damage, fc.nat(whole.length), (changes, length) => {
      const damaged = Uint8Array.from(whole);
      for (const [at, byte] of changes) damaged[at] = byte;
      try {
        readSafetensors(damaged.subarray(0, length));
      } catch (error) {
        expect(error).toMatchObject({ name: 'TorchError', code: 'ERR_FILE_FORMAT' });
      }
    }),
    { numRuns: 2000 },
  );
});

describe('recorded folders', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'torchloss-parity-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('reads plain and compressed files', () => {
    writeFileSync(join(folder, 'plain.json'), '[1]');
    writeFileSync(join(folder, 'packed.json.gz'), gzipSync('[2]'));
    expect(readRecordedList(folder, 'plain.json')).toEqual([1]);
    expect(readRecordedList(folder, 'packed.json')).toEqual([2]);
    expect(readRecorded(folder, 'packed.json').toString()).toBe('[2]');
  });

  it('refuses files that are missing, damaged or not a list', () => {
    writeFileSync(join(folder, 'damaged.json.gz'), 'no gzip');
    writeFileSync(join(folder, 'syntax.json'), '[');
    writeFileSync(join(folder, 'object.json'), '{}');
    for (const name of ['missing.json', 'damaged.json', 'syntax.json', 'object.json']) {
      expect(() => readRecordedList(folder, name)).toThrow(
        expect.objectContaining({ code: 'ERR_FILE_FORMAT', message: expect.stringContaining(name) }),
      );
    }
  });

  it('chooses the cases of the version or of the nearest one with the same major version', () => {
    const chosen = (version: string): string => basename(defaultFixtures(version));
    expect(chosen('2.13.0')).toBe('pytorch-2.13.0');
    expect(chosen('2.13.0+cpu')).toBe('pytorch-2.13.0');
    expect(chosen('2.14.1')).toBe('pytorch-2.13.0');
    expect(chosen('2.9.1')).toBe('pytorch-2.13.0');
    expect(chosen('3.0.0')).toBe('pytorch-2.13.0');
    expect(chosen('1.13.1')).toBe('pytorch-1.13.1');
    expect(chosen('1.13.0a0')).toBe('pytorch-1.13.1');
  });

  it('orders versions by number', () => {
    expect(compareVersions('2.9.0', '2.13.0')).toBeLessThan(0);
    expect(compareVersions('2.13.0', '2.13.0+cu130')).toBe(0);
    expect(compareVersions('2.13.0a0+git1', '2.12.9')).toBeGreaterThan(0);
  });
});
