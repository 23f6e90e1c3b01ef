import { describe, expect, it } from 'vitest';
import { encode, ulpDistance } from '../../lib/parity/wire/bits.js';
import { encodeFrame, type Frame, FrameReader } from '../../lib/parity/wire/protocol.js';
import { Random } from '../../lib/parity/cases/random.js';
import { elementsOf } from '../../lib/data/entry.js';
import { tensor } from '../../lib/torch/index.js';

const NUMBERS = [
  0,
  -0,
  1,
  -1,
  1 / 3,
  65504,
  65519.99,
  65520,
  1e-7,
  2 ** -24,
  2 ** -25,
  2 ** -25 * 1.0001,
  6.1e-5,
  1e38,
  3.4e38,
];
const ODD = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];

describe('encode', () => {
  const random = new Random('encode');
  const many = Array.from({ length: 3000 }, () => Math.fround(random.normal() * 10 ** random.uniform(-10, 8)));

  it.each(['float16', 'bfloat16'] as const)('rounds to %s as LibTorch does', (dtype) => {
    const values = [...NUMBERS.map(Math.fround), ...ODD, ...many];
    const bits = encode(values, dtype);
    const bytes = new Uint8Array(bits.buffer);
    const read = elementsOf({ dtype, shape: [values.length], bytes });
    const rounded = tensor(Float32Array.from(values)).to(dtype).to('float32').toTypedArray();
    expect(Float32Array.from(read as Float32Array)).toEqual(rounded);
    // And its bits are read as the same numbers.
    expect(tensor(bits, { dtype }).to('float32').toTypedArray()).toEqual(rounded);
  });

  it('has typed arrays for the other dtypes', () => {
    expect(encode([1, -2], 'int64')).toEqual(BigInt64Array.of(1n, -2n));
    expect(encode([1, -2], 'int32')).toEqual(Int32Array.of(1, -2));
    expect(encode([0.1], 'float64')).toEqual(Float64Array.of(0.1));
    expect(encode([0.1], 'float32')).toEqual(Float32Array.of(0.1));
  });
});

describe('ulpDistance', () => {
  it.each([
    [1, 1, 'float32', 0],
    [0, -0, 'float32', 0],
    [1, 1 + 2 ** -23, 'float32', 1],
    [1, 1 - 2 ** -24, 'float32', 1],
    [1, 1 + 2 ** -52, 'float64', 1],
    [1, 1 + 2 ** -10, 'float16', 1],
    [1, 1 + 2 ** -7, 'bfloat16', 1],
    [2 ** -149, -(2 ** -149), 'float32', 2],
    [1, 2, 'float16', 1024],
    [1, 2, 'bfloat16', 128],
    [1, 2, 'float32', 2 ** 23],
    [1, 2, 'float64', 2 ** 52],
    [3.4028234663852886e38, Number.POSITIVE_INFINITY, 'float32', 1],
    [Number.NaN, Number.NaN, 'float32', 0],
    [Number.NaN, 1, 'float32', Number.POSITIVE_INFINITY],
  ] as const)('of %d and %d in %s is %d', (first, second, dtype, steps) => {
    expect(ulpDistance(first, second, dtype)).toBe(steps);
    expect(ulpDistance(second, first, dtype)).toBe(steps);
  });
});

describe('frames', () => {
  const frame: Frame = {
    head: { type: 'run', text: 'ünï' },
    tensors: [
      { dtype: 'float32', shape: [2, 1], data: Float32Array.of(1.5, Number.NaN) },
      { dtype: 'int64', shape: [], data: BigInt64Array.of(-(2n ** 62n)) },
      { dtype: 'bool', shape: [3], data: Uint8Array.of(1, 0, 1) },
      { dtype: 'float16', shape: [0, 4], data: new Uint16Array(0) },
      { dtype: 'bfloat16', shape: [1], data: Uint16Array.of(0x3fc0) },
    ],
  };
  const bytes = Buffer.concat(encodeFrame(frame));

  it('round-trip, wherever the stream is split', () => {
    const twice = Buffer.concat([bytes, bytes]);
    for (const size of [1, 3, 7, 16, 17, 100, twice.length]) {
      const reader = new FrameReader();
      const got: Frame[] = [];
      for (let at = 0; at < twice.length; at += size) got.push(...reader.push(twice.subarray(at, at + size)));
      expect(got.length).toBe(2);
      for (const { head, tensors } of got) {
        expect(head).toMatchObject(frame.head);
        expect(tensors).toEqual(frame.tensors);
      }
      expect(reader.pending).toBe(0);
    }
  });

  it('carry tensors as raw bytes, not as text', () => {
    const data = Float32Array.from({ length: 1000 }, (_, index) => index / 7);
    const parts = encodeFrame({ head: {}, tensors: [{ dtype: 'float32', shape: [1000], data }] });
    expect(Buffer.concat(parts).includes(Buffer.from(data.buffer))).toBe(true);
    expect(parts[1]?.toString()).toBe('{"tensors":[{"dtype":"float32","shape":[1000]}]}');
  });

  it.each([
    ['text', Buffer.from('Importing torch\n')],
    ['one wrong byte', Buffer.concat([Buffer.from('TLP2'), bytes.subarray(4)])],
    [
      'a meaningless head',
      Buffer.concat([Buffer.from('TLP1'), Buffer.from([0xff, 0xff, 0xff, 0xff]), Buffer.alloc(8)]),
    ],
    ['a meaningless body', Buffer.concat([Buffer.from('TLP1'), Buffer.alloc(4), Buffer.alloc(8, 0xff)])],
    [
      'a head that is not JSON',
      Buffer.concat([Buffer.from('TLP1'), Buffer.from([3, 0, 0, 0]), Buffer.alloc(8), Buffer.from('{a}')]),
    ],
    [
      'a head without tensors',
      Buffer.concat([Buffer.from('TLP1'), Buffer.from([2, 0, 0, 0]), Buffer.alloc(8), Buffer.from('{}')]),
    ],
    ['tensors longer than the body', shortened()],
  ])('refuse %s', (_, garbage) => {
    expect(() => new FrameReader().push(garbage)).toThrow(expect.objectContaining({ code: 'ERR_PEER' }));
  });

  /** The frame with a body one byte too short. */
  function shortened(): Buffer {
    const short = Buffer.from(bytes.subarray(0, bytes.length - 1));
    short.writeBigUInt64LE(short.readBigUInt64LE(8) - 1n, 8);
    return short;
  }
});

describe('Random', () => {
  it('is reproducible from the seed, and uniform', () => {
    const draw = (seed: string) => Array.from({ length: 5 }, Random.prototype.next, new Random(seed));
    const first = new Random('a');
    const numbers = Array.from({ length: 20_000 }, () => first.normal());
    const mean = numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
    const variance = numbers.reduce((sum, value) => sum + (value - mean) ** 2, 0) / numbers.length;
    expect(Math.abs(mean)).toBeLessThan(0.03);
    expect(Math.abs(variance - 1)).toBeLessThan(0.05);
    expect(draw('a')).toEqual(draw('a'));
    expect(draw('a')).not.toEqual(draw('b'));
  });

  it('returns all integers within the bounds', () => {
    const random = new Random('integers');
    const seen = new Set(Array.from({ length: 200 }, () => random.integer(-1, 3)));
    expect([...seen].toSorted((a, b) => a - b)).toEqual([-1, 0, 1, 2, 3]);
  });
});
