/** Tables written by common tools; scripts/table_fixtures.py lists them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type OpenOptions, open } from '../../lib/data/index.js';

const FOLDER = join(import.meta.dirname, '..', 'fixtures', 'tables');
const table = (name: string) => join(FOLDER, name);

interface Expected {
  readonly file: string;
  readonly options: OpenOptions;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data: string;
  readonly missing?: readonly number[];
  readonly expected_classes?: readonly string[];
}

const EXPECTED = JSON.parse(readFileSync(table('expected.json'), 'utf8')) as readonly Expected[];

describe.each([...new Set(EXPECTED.map(({ file }) => file))])('%s', (file) => {
  it.each(
    EXPECTED.filter((entry) => entry.file === file).map((entry) => [JSON.stringify(entry.options), entry] as const),
  )('is read with %s', async (_, { options, dtype, shape, data, missing, expected_classes }) => {
    const source = await open(table(file), options);
    expect([source.dtype, source.shape]).toEqual([dtype, shape]);
    const [rows = 0] = shape;
    const { buffer, byteOffset, byteLength } = await source.rows(0, rows);
    const bytes = Buffer.from(buffer, byteOffset, byteLength);
    if (missing !== undefined) {
      expect([...((await source.missing?.(0, rows)) ?? new Uint8Array(rows))]).toEqual(missing);
      // The elements at missing values mean nothing.
      const width = bytes.length / rows;
      for (const [row, isMissing] of missing.entries()) {
        if (isMissing === 1) continue;
        expect(bytes.subarray(row * width, (row + 1) * width)).toEqual(
          Buffer.from(data, 'base64').subarray(row * width, (row + 1) * width),
        );
      }
    } else expect(bytes.toString('base64')).toBe(data);
    expect(source.classes).toEqual(expected_classes ?? (options.classes === undefined ? undefined : expect.anything()));
    // The same rows, read in parts.
    const [, ...rest] = shape;
    const width = rest.reduce((total, size) => total * size, 1);
    const whole = await source.rows(0, rows);
    for (let row = 0; row < rows; row++)
      expect(Array.from((await source.rows(row, row + 1)) as ArrayLike<unknown>)).toEqual(
        Array.from(
          (whole as ArrayLike<unknown>).length ? (whole as Float64Array).slice(row * width, (row + 1) * width) : [],
        ),
      );
    await source.close();
  });
});
