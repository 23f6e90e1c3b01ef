/** Files that NumPy, safetensors, pyarrow and Python wrote, compared with the elements in Python. */
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { elementsOf } from '../../lib/data/entry.js';
import { bytesPerRow, type OpenOptions, open, readTensor, type Source } from '../../lib/data/index.js';
import { type Tensor, TorchError } from '../../lib/index.js';
import type { DType } from '../../lib/base/types.js';
import { fixture } from '../helpers/data.js';

interface Expected extends OpenOptions {
  readonly file: string;
  readonly expected_dtype: DType;
  readonly expected_shape: readonly number[];
  readonly data: string;
  readonly refused?: string;
}

const recorded: readonly Expected[] = JSON.parse(readFileSync(fixture('expected.json'), 'utf8'));
const cases = recorded.map(({ file, expected_dtype, expected_shape, data, refused, ...options }) => ({
  file,
  options,
  refused,
  dtype: expected_dtype,
  shape: expected_shape,
  data: data === undefined ? Buffer.alloc(0) : Buffer.from(data, 'base64'),
  title: [file, ...Object.entries(options).map(([name, value]) => `${name}: ${value}`)].join(', '),
}));

/** The bytes of rows, copied. */
async function bytesOf(source: Source, start: number, end: number, into?: Uint8Array): Promise<Buffer> {
  const { buffer, byteOffset, byteLength } = await source.rows(start, end, into);
  return Buffer.from(Buffer.from(buffer, byteOffset, byteLength));
}

describe('reads what Python wrote', () => {
  test.each(cases.filter(({ refused }) => refused === undefined))(
    '$title',
    async ({ file, options, dtype, shape, data }) => {
      const source = await open(fixture(file), options);
      expect(source.dtype).toBe(dtype);
      expect(source.shape).toEqual(shape);
      const rows = shape[0] ?? 1;
      const width = bytesPerRow(source);
      expect(await bytesOf(source, 0, rows)).toEqual(data);
      // Every range, forwards and backwards, into one buffer with room on both sides.
      const ranges = Array.from({ length: rows }, (_, start) => start).flatMap((start) =>
        Array.from({ length: rows + 1 - start }, (_, count) => [start, start + count] as const),
      );
      const into = new Uint8Array(data.length + 32).fill(0xa5).subarray(16);
      for (const [start, end] of [...ranges, ...ranges.toReversed()]) {
        expect(await bytesOf(source, start, end, into)).toEqual(data.subarray(start * width, end * width));
      }
      expect(into.subarray(data.length)).toEqual(new Uint8Array(16).fill(0xa5));
      // Several reads at once.
      const overlapping = await Promise.all(ranges.map(([start, end]) => bytesOf(source, start, end)));
      expect(overlapping).toEqual(ranges.map(([start, end]) => data.subarray(start * width, end * width)));
      await source.close();
    },
  );
});

describe('unsupported dtypes are refused by name', () => {
  test.each(cases.filter(({ refused }) => refused !== undefined))('$title', async ({ file, options, refused }) => {
    const read = async () => {
      const source = await open(fixture(file), options);
      try {
        await source.rows(0, source.shape[0] as number);
      } finally {
        await source.close();
      }
    };
    const error = await read().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TorchError);
    expect(error).toMatchObject({ code: 'ERR_FILE_FORMAT', message: expect.stringContaining(refused as string) });
    expect((error as Error).message).toContain(fixture(file.replace(/#.*/, '')));
  });
});

describe('readTensor', () => {
  const list = (tensor: Tensor) => Array.from(tensor.toTypedArray() as ArrayLike<number | bigint>);
  const numbers = (dtype: DType, shape: readonly number[], bytes: Buffer) =>
    Array.from(elementsOf({ dtype, shape, bytes: Uint8Array.from(bytes) }));

  test.each(cases.filter(({ refused, file }) => refused === undefined && /\.npy|several\.safe/.test(file)))(
    '$title',
    async ({ file, options, dtype, shape, data }) => {
      const source = await open(fixture(file), options);
      const whole = await readTensor(source);
      expect(whole.dtype).toBe(dtype);
      expect(whole.shape).toEqual(shape);
      expect(list(whole)).toEqual(numbers(dtype, shape, data));
      if (shape.length > 0) {
        const rows = shape[0] as number;
        const width = bytesPerRow(source);
        const rest = await readTensor(source, rows >> 1, rows, new Uint8Array(data.length));
        expect(rest.shape).toEqual([rows - (rows >> 1), ...shape.slice(1)]);
        expect(list(rest)).toEqual(numbers(dtype, rest.shape, data.subarray((rows >> 1) * width)));
      }
      await source.close();
    },
  );
});

test('a file: URL selects an array as a path does', async () => {
  const url = pathToFileURL(fixture('stored.npz'));
  url.hash = 'labels';
  const source = await open(url);
  expect(await source.rows(0, 6)).toEqual(new BigInt64Array([0n, 1n, 2n, 3n, 4n, 5n]));
  await source.close();
  const other = await open(pathToFileURL(fixture('stored.npz')), { key: 'labels' });
  expect(other.name).toBe(`${fixture('stored.npz')}#labels`);
  await other.close();
});
