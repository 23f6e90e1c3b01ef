/** Several files as one array, file name patterns, and standard input. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { type FileName, FileDataset, type OpenOptions, open } from '../../lib/data/index.js';
import { findLocations, nameOfLocation, openTable, splitFile } from '../../lib/data/internal.js';
import { inNaturalOrder } from '../../lib/data/several/find.js';
import { PACKAGE_ROOT } from '../../lib/libtorch/places.js';
import { fixture } from '../helpers/data.js';

const folder = mkdtempSync(join(tmpdir(), 'torchloss-several-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A new folder with files, and the path of one of them. */
function files(contents: Readonly<Record<string, string | Uint8Array>>): (name: string) => string {
  const place = mkdtempSync(join(folder, 'f-'));
  for (const [name, content] of Object.entries(contents)) writeFileSync(join(place, name), content);
  return (name) => join(place, name);
}

async function read(file: FileName, options?: OpenOptions) {
  const source = await open(file, options);
  try {
    const { name, shape, dtype, classes } = source;
    const rows = Array.from(await source.rows(0, shape[0] as number), Number);
    return { name, shape, dtype, classes, rows };
  } finally {
    await source.close();
  }
}

describe('files that match a pattern', () => {
  it('come in natural order', async () => {
    const at = files({
      'part-10.csv': 'a\n10\n',
      'part-2.csv': 'a\n2\n',
      'part-1.csv': 'a\n1\n',
      'other.csv': 'a\n7\n',
    });
    expect(await read(at('part-*.csv'))).toMatchObject({ shape: [3], rows: [1, 2, 10] });
    expect((await read(at('part-?.csv'))).rows).toEqual([1, 2]);
    expect((await read(at('part-{1,10}.csv'))).rows).toEqual([1, 10]);
    expect((await read(at('part-[2-9]*.csv'))).rows).toEqual([2]);
    expect(inNaturalOrder(['b1', 'a10', 'a9', 'a09', 'A9', 'a/2', 'a/10'])).toEqual([
      'a/2',
      'a/10',
      'a09',
      'a9',
      'A9',
      'a10',
      'b1',
    ]);
  });

  it('may be in several folders', async () => {
    const at = files({});
    for (const year of ['2024', '2025']) {
      mkdirSync(at(year));
      writeFileSync(join(at(year), 'x.csv'), `a\n${year}\n`);
    }
    expect((await read(at('**/x.csv'))).rows).toEqual([2024, 2025]);
  });

  it('are a single file if its name is the pattern itself', async () => {
    const at = files({ 'a[1].csv': 'a\n1\n', 'a1.csv': 'a\n2\n' });
    expect((await read(at('a[1].csv'))).rows).toEqual([1]);
  });

  it('are named by the pattern in errors, and may have a key', async () => {
    const at = files({ '1.csv': 'a,b\n1,2\n', '2.csv': 'a,b\n3,4\n' });
    expect(await read(at('*.csv#b'))).toMatchObject({ name: at('*.csv#b'), rows: [2, 4] });
    await expect(read(at('x*.csv'))).rejects.toMatchObject({
      code: 'ERR_FILE_READ',
      message: `${at('x*.csv')}: no file matches the pattern`,
    });
  });
});

describe('several files', () => {
  it('are joined in the given order, whatever their formats', async () => {
    const at = files({
      'a.csv': 'x\n1\n2\n',
      'b.csv.gz': gzipSync('x\n3\n'),
      'c.jsonl': '{"x": 4}\n',
      'empty.csv': 'x\n',
    });
    expect(await read([at('c.jsonl'), at('empty.csv'), at('b.csv.gz'), pathToFileURL(at('a.csv'))])).toMatchObject({
      name: `${at('c.jsonl')} and 3 more`,
      shape: [4],
      dtype: 'int64',
      rows: [4, 3, 1, 2],
    });
  });

  it.each([
    'f4.npy',
    'fortran_3d.npy',
    'stored.npz#logits',
    'deflated.npz#logits',
    'table.parquet#logits',
    'table.arrow#logits',
  ])('of %s have the rows of all', async (name) => {
    const one = await read(fixture(name));
    const three = await read([fixture(name), fixture(name), fixture(name)]);
    expect(three.shape).toEqual([3 * (one.shape[0] as number), ...one.shape.slice(1)]);
    expect(three.rows).toEqual([...one.rows, ...one.rows, ...one.rows]);
  });

  it('are read by ranges across file boundaries, in any order', async () => {
    const at = files(
      Object.fromEntries(
        Array.from({ length: 7 }, (_, file) => [`${file}.csv`, `a,b\n${file},0\n${file},1\n${file},2\n`]),
      ),
    );
    const source = await open(at('*.csv'));
    const all = Array.from({ length: 21 }, (_, row) => [Math.floor(row / 3), row % 3]);
    for (const [start, end] of [
      [0, 21],
      [2, 4],
      [20, 21],
      [3, 3],
      [1, 20],
      [0, 1],
    ] as const)
      expect(Array.from(await source.rows(start, end), Number)).toEqual(all.slice(start, end).flat());
    await expect(source.rows(0, 22)).rejects.toThrow('end: expected 0 to 21, the rows of');
    await source.close();
    await expect(source.rows(0, 1)).rejects.toMatchObject({ code: 'ERR_DISPOSED' });
  });

  it('get a common dtype if types are inferred from text', async () => {
    const at = files({ '1.csv': 'a\n1\n', '2.csv': 'a\n0.5\n', '3.csv': 'a\nTrue\n' });
    expect(await read(at('*.csv'))).toMatchObject({ dtype: 'float64', rows: [1, 0.5, 1] });
    expect(await read(at('*.csv'), { dtype: 'float32' })).toMatchObject({ dtype: 'float32' });
  });

  it('have common classes', async () => {
    const at = files({ '1.csv': 'a\ncat\nowl\n', '2.csv': 'a\nbee\ncat\n' });
    expect(await read(at('*.csv'), { classes: 'sorted' })).toMatchObject({
      classes: ['bee', 'cat', 'owl'],
      rows: [1, 2, 0, 1],
    });
  });

  it('may differ in format', async () => {
    const at = files({ 'a.csv': 'a,b\n1,2\n', 'b.tsv': 'a\tb\n3\t4\n', 'c.jsonl': '{"a": 5, "b": 6}\n' });
    const all = [at('a.csv'), at('b.tsv'), at('c.jsonl')];
    expect((await read(all)).rows).toEqual([1, 2, 3, 4, 5, 6]);
    const opened = await openTable(all);
    expect(await opened?.table.countRows()).toBe(3);
    await opened?.close();
  });

  it('report which rows have missing values', async () => {
    const at = files({ '1.csv': 'a,b\n1,2\n', '2.csv': 'a,b\n,2\n3,\n', '3.csv': 'a,b\n5,6\n' });
    const source = await open(at('*.csv'), { missing: 'keep' });
    await source.rows(0, 4);
    expect(await source.missing?.(0, 4)).toEqual(Uint8Array.of(0, 1, 1, 0));
    expect(await source.missing?.(0, 1)).toBeUndefined();
    await source.close();
  });

  it('have headers if the first one has', async () => {
    // On its own, the second file would be taken for a header and a row.
    const at = files({ '1.csv': '1,x\n2,x\n', '2.csv': '3,y\n4,z\n' });
    expect((await read(at('*.csv#0'))).rows).toEqual([1, 2, 3, 4]);
    const split = files({ '1.csv': 'a,b\n1,2\n', '2.csv': '3,4\n5,6\n' });
    await expect(read(split('*.csv'))).rejects.toThrow(
      `${split('2.csv')}#3,4: expected the columns 'a', 'b', as ${split('1.csv')}#a,b has, got '3', '4'`,
    );
  });

  it.each<[title: string, first: string, second: string, message: string]>([
    ['sizes', 'a.csv#a,b', 'a.csv#a', "a.csv#a: expected the columns 'a', 'b', as"],
    ['dtypes', 'table.parquet#logits', 'table.parquet#label', "expected the columns 'logits', as"],
    ['dtypes of arrays', 'f4.npy', 'f8.npy', 'f8.npy: expected float32, as'],
    ['row shapes', 'f4.npy', 'stored.npz#logits', 'expected rows of shape [3], as'],
    ['text', 'text.csv', 'a.csv#a', 'expected the columns'],
  ])('that differ in %s are refused, naming both', async (_, first, second, message) => {
    const at = files({ 'a.csv': 'a,b\n1,2\n', 'text.csv': 'c\nx\n' });
    const place = (name: string) => (name.includes('csv') ? at(name) : fixture(name));
    const opened = read([place(first), place(second)], first === 'text.csv' ? { classes: 'sorted' } : {});
    await expect(opened).rejects.toMatchObject({ code: 'ERR_FILE_FORMAT' });
    await expect(opened).rejects.toThrow(message);
    await expect(opened).rejects.toThrow(place(first).replace(/#.*/, ''));
  });

  it('are named in errors about their rows', async () => {
    const at = files({ '1.csv': 'a\n1\n2\n', '2.csv': 'a\n3\nx\n' });
    await expect(read(at('*.csv'))).rejects.toThrow(`${at('2.csv')}#a: row 1 (line 3): expected a number, got 'x'`);
  });

  it.skipIf(process.platform !== 'linux')('need a bounded number of descriptors and bounded memory', async () => {
    const parts = Object.fromEntries(Array.from({ length: 300 }, (_, file) => [`${file}.csv`, `a\n${file}\n`]));
    const at = files(parts);
    const openNow = () =>
      readdirSync('/proc/self/fd').filter((fd) => {
        try {
          return readlinkSync(`/proc/self/fd/${fd}`).startsWith(folder);
        } catch {
          return false;
        }
      }).length;
    const source = await open(at('*.csv'));
    expect(openNow()).toBeLessThan(20);
    const rows = Array.from({ length: 300 }, (_, row) => row);
    expect(Array.from(await source.rows(0, 300), Number)).toEqual(rows);
    // Several reads at once, all across the files.
    await Promise.all(rows.map(async (row) => expect(Number((await source.rows(row, row + 1))[0])).toBe(row)));
    expect(openNow()).toBeLessThan(20);
    await source.close();
    expect(openNow()).toBe(0);
  });

  it('fail if one was changed while it was closed', async () => {
    const parts = Object.fromEntries(
      Array.from({ length: 40 }, (_, file) => [`${file}.npy`, readFileSync(fixture('f4.npy'))]),
    );
    const at = files(parts);
    const source = await open(at('*.npy'));
    writeFileSync(at('0.npy'), readFileSync(fixture('f8.npy')));
    await expect(source.rows(0, 1)).rejects.toMatchObject({ code: 'ERR_FILE_CHANGED' });
    await source.close();
  });

  it('serve as a dataset and as a table, and list their paths', async () => {
    const at = files({ '1.csv': 'a,b\n1,2\n', '2.csv': 'a,b\n3,4\n5,6\n' });
    const dataset = await FileDataset.open([at('*.csv#a'), [[at('1.csv'), at('2.csv')], { key: 'b' }]]);
    expect((await dataset.getBatch([2, 0])).map((batch) => batch.tolist())).toEqual([
      [5, 1],
      [6, 2],
    ]);
    await dataset.close();
    const opened = await openTable(at('*.csv'));
    expect(opened?.table.names).toEqual(['a', 'b']);
    expect(await opened?.table.countRows()).toBe(3);
    await opened?.close();
    const source = await open(at('*.csv'));
    expect(source.files?.map(({ path, bytes }) => [path, bytes])).toEqual([
      [at('1.csv'), 8],
      [at('2.csv'), 12],
    ]);
    await source.close();
    expect(splitFile(at('*.csv#a'))).toMatchObject({ path: at('*.csv'), key: 'a', isTable: true, isCsv: true });
    const names = [at('*.csv'), at('1.csv#a'), '-', 'https://example.com/x.csv', 's3://bucket/x.csv'];
    const found = (await Promise.all(names.map((name) => findLocations(name)))).flat();
    expect(found.map(nameOfLocation)).toEqual([
      at('1.csv'),
      at('2.csv'),
      at('1.csv'),
      'standard input',
      ...names.slice(3),
    ]);
  });

  it.each<[title: string, file: unknown, expected: string]>([
    ['no file', [], 'at least one file'],
    ['an open file', [{ fd: 0 }], 'paths and URLs'],
    ['a list', [['x.csv']], 'paths and URLs'],
  ])('are not %s', async (_, file, expected) => {
    await expect(open(file as string[])).rejects.toMatchObject({ parameter: 'file', expected });
  });
});

describe('standard input', () => {
  /** The output of a program that reads standard input. */
  function pipe(input: string | Buffer, code: string): string {
    const door = pathToFileURL(join(PACKAGE_ROOT, 'dist', 'data', 'index.js')).href;
    const program = `const { open } = await import(${JSON.stringify(door)});
      const show = async (file, options) => {
        const source = await open(file, options);
        const { name, shape, dtype, files } = source;
        const rows = Array.from(await source.rows(0, shape[0]), String);
        console.log(JSON.stringify({ name, shape, dtype, rows: rows.slice(0, 6), files }));
        await source.close();
      };
      try { ${code} } catch (error) { console.log(error.code, error.message); }`;
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { input });
    expect(stderr.toString()).toBe('');
    return stdout.toString().trim();
  }

  it.each<[format: string, input: () => Buffer, shape: number[], rows: number[]]>([
    ['CSV', () => Buffer.from('a,b\n1,2\n3,4\n'), [2, 2], [1, 2, 3, 4]],
    ['TSV', () => Buffer.from('a\tb\n1\t2\n'), [1, 2], [1, 2]],
    ['gzip', () => gzipSync('a,b\n1,2\n'), [1, 2], [1, 2]],
    ['JSON Lines', () => Buffer.from('{"a": 1}\n{"a": 2}\n'), [2], [1, 2]],
  ])('is recognised as %s by its first bytes', (_, input, shape, rows) => {
    const found = JSON.parse(pipe(input(), `await show('-')`)) as object;
    const bytes = input().length;
    expect(found).toMatchObject({
      name: expect.stringMatching(/^standard input/),
      shape,
      rows: rows.map(String),
      files: [{ path: '-', bytes }],
    });
  });

  it.each([
    'f4.npy',
    'stored.npz#logits',
    'table.parquet#logits',
    'table.arrow#logits',
    'table.arrows#logits',
    'only.safetensors',
  ])('is recognised as the format of %s', async (name) => {
    const [, path = name, key] = /^(.*?)#(.*)$/.exec(fixture(name)) ?? [];
    const file = key === undefined ? fixture(name) : path;
    const { shape, dtype, rows } = await read(fixture(name));
    const found = pipe(readFileSync(file), `await show(${JSON.stringify(key === undefined ? '-' : `-#${key}`)})`);
    expect(JSON.parse(found)).toMatchObject({ shape, dtype, rows: rows.slice(0, 6).map(String) });
  });

  it('is read once, however many columns are opened', () => {
    const found = pipe('a,b\n1,2\n3,4\n', `await show('-#a'); await show('-#b')`);
    expect(found.split('\n').map((line) => (JSON.parse(line) as { rows: string[] }).rows)).toEqual([
      ['1', '3'],
      ['2', '4'],
    ]);
  });

  it('may be given a format', () => {
    const found = pipe(Buffer.of(1, 2, 3, 4), `await show('-', { format: 'bin', dtype: 'int8', shape: [-1, 2] })`);
    expect(JSON.parse(found)).toMatchObject({ shape: [2, 2], rows: ['1', '2', '3', '4'] });
  });

  it.each<[title: string, input: Buffer, message: string]>([
    ['nothing', Buffer.alloc(0), 'ERR_FILE_FORMAT standard input: expected at least one row, got an empty file'],
    [
      'other bytes',
      Buffer.of(0, 1, 2),
      'ERR_FILE_FORMAT standard input: unknown format: set the option format to one of npy',
    ],
    [
      'damaged gzip',
      gzipSync('a\n1\n').subarray(0, 12),
      'ERR_FILE_FORMAT standard input: the compressed data are damaged',
    ],
  ])('of %s is refused', (_, input, message) => {
    expect(pipe(input, `await show('-')`)).toContain(message);
  });

  it('may be named by a path, too', async () => {
    const at = files({ '-.csv': 'a\n1\n' });
    expect((await read(at('-.csv'))).rows).toEqual([1]);
  });
});
