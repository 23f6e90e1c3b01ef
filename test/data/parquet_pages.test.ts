/** Parquet files that pyarrow wrote in many pages, by the formulas of scripts/data_fixtures.py. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { open } from '../../lib/data/index.js';
import { readHybrid } from '../../lib/data/parquet/hybrid.js';

const ROWS = 3000;
const small = (row: number) => row % 120;
const word = (row: number) => (row * 7919) % 1500;

interface Column {
  readonly dtype: string;
  readonly shape?: readonly number[];
  /** An element by its row and its place in it. */
  readonly value: (row: number, place: number) => number;
  readonly isMissing?: (row: number) => boolean;
}

const COLUMNS: Readonly<Record<string, Column>> = {
  f8: { dtype: 'float64', value: small },
  f4: { dtype: 'float32', value: small },
  i8: { dtype: 'int64', value: small },
  i4: { dtype: 'int32', value: small },
  i2: { dtype: 'int16', value: small },
  i1: { dtype: 'int8', value: small },
  u2: { dtype: 'int32', value: small },
  u1: { dtype: 'uint8', value: small },
  words: { dtype: 'int64', value: word },
  few: { dtype: 'float64', value: (row) => (row % 3) * 0.5 },
  constant: { dtype: 'int64', value: () => 7 },
  required: { dtype: 'int64', value: (row) => row },
  missing: { dtype: 'float64', value: (row) => row, isMissing: (row) => row % 7 === 3 },
  missing_words: { dtype: 'int64', value: word, isMissing: (row) => row % 5 === 2 },
  none: { dtype: 'float64', value: () => 0, isMissing: () => true },
  list: { dtype: 'int64', shape: [3], value: (row, place) => 3 * row + place },
  few_list: { dtype: 'int64', shape: [2], value: (row, place) => (2 * row + place) % 5 },
  fixed: { dtype: 'float64', shape: [4], value: (row, place) => (4 * row + place) * 0.5 },
  nested: { dtype: 'int64', shape: [2, 2], value: (row, place) => 4 * row + place },
  hole: { dtype: 'int64', shape: [2], value: (row, place) => row + place, isMissing: (row) => row === 2900 },
};

/** Within a page, across pages and row groups, backwards, and everything. */
const RANGES = [
  [0, 3],
  [40, 60],
  [1290, 1310],
  [5, 6],
  [2890, ROWS],
  [0, ROWS],
] as const;

describe.each([1, 2])('pages of version %i', (version) => {
  it.each(Object.entries(COLUMNS))('%s', async (key, { dtype, shape = [], value, isMissing = () => false }) => {
    const path = join(import.meta.dirname, '..', 'fixtures', 'data', `paged_${version}.parquet`);
    const source = await open(path, { key, missing: 'keep' });
    expect([source.dtype, source.shape]).toEqual([dtype, [ROWS, ...shape]]);
    const width = shape.reduce((product, size) => product * size, 1);
    for (const [start, end] of RANGES) {
      const rows = Array.from({ length: end - start }, (_, index) => start + index);
      const missing = (await source.missing?.(start, end)) ?? new Uint8Array(rows.length);
      expect(Array.from(missing, Boolean)).toEqual(rows.map(isMissing));
      const found = Array.from((await source.rows(start, end)) as Float64Array, Number);
      const expected = rows.flatMap((row) => Array.from({ length: width }, (_, place) => value(row, place)));
      // What is missing may have any value.
      const known = (_: number, index: number) => missing[Math.floor(index / width)] !== 1;
      expect(found.filter(known)).toEqual(expected.filter(known));
    }
    await source.close();
  });
});

describe('runs and packed bits', () => {
  it('are those of the format', () => {
    // The example of the format's documentation: 0 to 7 in 3 bits each; then a run of four 5s.
    const bytes = Uint8Array.of(0x03, 0b10001000, 0b11000110, 0b11111010, 0x08, 5);
    const values = new Int32Array(12);
    readHybrid(bytes, 3, values);
    expect(Array.from(values)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 5, 5, 5, 5]);
  });

  it.each([1, 7, 12, 24, 25, 31])('are packed in %i bits', (width) => {
    const values = Array.from({ length: 21 }, (_, index) => Math.floor((((index * 7919) % 1009) / 1009) * 2 ** width));
    let bits = 0n;
    for (const [index, value] of values.entries()) bits |= BigInt(value) << BigInt(index * width);
    const packed = Array.from({ length: 3 * width }, (_, index) => Number((bits >> BigInt(8 * index)) & 255n));
    const found = new Int32Array(25);
    const run = [8, ...Array.from({ length: Math.ceil(width / 8) }, (_, index) => (index === 0 ? 1 : 0))];
    // Three groups of eight, of which the last has three values too many, are followed by nothing else.
    readHybrid(Uint8Array.from([7, ...packed]), width, found.subarray(0, 21));
    expect(Array.from(found.subarray(0, 21))).toEqual(values);
    readHybrid(Uint8Array.from([...run, 7, ...packed]), width, found);
    expect(Array.from(found)).toEqual([1, 1, 1, 1, ...values]);
  });

  it.each<[string, number[]]>([
    ['of nothing', []],
    ['of empty runs', [0, 0, 0, 0]],
    ['that end early', [3, 1]],
    ['of an endless count', [255, 255, 255, 255, 255, 255]],
  ])('%s are an error', (_, bytes) => {
    expect(() => readHybrid(Uint8Array.from(bytes), 3, new Int32Array(16))).toThrow(RangeError);
  });
});
