/** The arguments of `open`, and files that change while they are read. */
import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { open as openFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { bytesPerRow, type OpenOptions, open, type Source } from '../../lib/data/index.js';
import { loadPeer } from '../../lib/data/optional_package.js';
import { fixture } from '../helpers/data.js';

const folder = mkdtempSync(join(tmpdir(), 'torchloss-data-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A copy of a fixture that a test may change. */
function copy(name: string): string {
  const path = join(folder, name);
  copyFileSync(fixture(name), path);
  return path;
}

describe('open', () => {
  it.each<[title: string, file: unknown, options: unknown, error: object]>([
    ['a number', 4, {}, { code: 'ERR_INVALID_ARG_TYPE', parameter: 'file' }],
    ['null', null, {}, { code: 'ERR_INVALID_ARG_TYPE', parameter: 'file' }],
    ['an unknown extension', 'x.pt', {}, { code: 'ERR_INVALID_ARG_VALUE', parameter: 'file', got: "'x.pt'" }],
    ['no extension', 'folder.npy/x', {}, { code: 'ERR_INVALID_ARG_VALUE', parameter: 'file' }],
    ['an unknown format', 'x.npy', { format: 'toString' }, { code: 'ERR_INVALID_ARG_VALUE', parameter: 'format' }],
    ['an unknown option', 'x.npy', { fortran: true }, { code: 'ERR_UNKNOWN_OPTION', parameter: 'fortran' }],
    ['an option of another format', 'x.npy', { shape: [1] }, { code: 'ERR_INVALID_ARG_VALUE', parameter: 'shape' }],
    ['a key for a file of one array', 'x.npy#a', {}, { code: 'ERR_INVALID_ARG_VALUE', parameter: 'key' }],
    ['a key that is not a string', 'x.npz', { key: 1 }, { code: 'ERR_INVALID_ARG_TYPE', parameter: 'key' }],
    ['an unknown dtype', 'x.csv', { dtype: 'int' }, { code: 'ERR_INVALID_ARG_VALUE', parameter: 'dtype' }],
    [
      'an absent file',
      join(folder, 'absent.npy'),
      {},
      { code: 'ERR_FILE_READ', message: `${join(folder, 'absent.npy')}: no such file or folder` },
    ],
    ['a folder', folder, { format: 'npy' }, { code: 'ERR_FILE_READ', message: `${folder}: expected a regular file` }],
    [
      'raw bytes without a shape',
      fixture('raw.bin'),
      { dtype: 'int8' },
      { code: 'ERR_INVALID_ARG_TYPE', parameter: 'shape' },
    ],
    [
      'raw bytes without a dtype',
      fixture('raw.bin'),
      { shape: [60] },
      { code: 'ERR_INVALID_ARG_TYPE', parameter: 'dtype' },
    ],
    [
      'two sizes of -1',
      fixture('raw.bin'),
      { shape: [-1, -1], dtype: 'int8' },
      { code: 'ERR_INVALID_ARG_VALUE', parameter: 'shape' },
    ],
    [
      'a size of -2',
      fixture('raw.bin'),
      { shape: [-2], dtype: 'int8' },
      { code: 'ERR_INVALID_ARG_VALUE', parameter: 'shape[0]' },
    ],
  ])('refuses %s', async (_, file, options, { message, ...error }: { message?: string | RegExp }) => {
    const opened = open(file as string, options as OpenOptions);
    await expect(opened).rejects.toMatchObject(error);
    if (message !== undefined) await expect(opened).rejects.toThrow(message);
  });

  it.runIf(process.platform !== 'win32')('refuses a pipe without waiting for its other end', async () => {
    const pipe = join(folder, 'pipe.npy');
    spawnSync('mkfifo', [pipe]);
    await expect(open(pipe)).rejects.toMatchObject({
      code: 'ERR_FILE_READ',
      message: `${pipe}: expected a regular file`,
    });
  });

  it('treats a # without an extension before it as part of the name', async () => {
    const path = join(folder, 'run#3.npz');
    copyFileSync(fixture('stored.npz'), path);
    const source = await open(`${path}#labels`);
    expect(source.name).toBe(`${path}#labels`);
    expect(source.shape).toEqual([6]);
    await source.close();
  });

  it('reads an open file, and leaves it open', async () => {
    const handle = await openFile(fixture('f4.npy'));
    await expect(open(handle)).rejects.toMatchObject({ code: 'ERR_INVALID_ARG_TYPE', parameter: 'format' });
    const source = await open(handle, { format: 'npy' });
    const rows = await source.rows(1, 2);
    await source.close();
    await expect(source.rows(1, 2)).rejects.toMatchObject({ code: 'ERR_DISPOSED' });
    const again = await open(handle, { format: 'npy' });
    expect(await again.rows(1, 2)).toEqual(rows);
    await again.close();
    await handle.close();
    await expect(open(handle, { format: 'npy' })).rejects.toMatchObject({ code: 'ERR_FILE_READ' });
  });

  it('closes the file when it refuses it', async () => {
    for (const name of [
      'refused_c8.npy',
      'deflated.npz#absent',
      'deflated.npz#fortran',
      'table.arrow#when',
      'table.csv#8',
    ]) {
      const [file = '', key] = name.split('#');
      await expect(open(copy(file), { key })).rejects.toMatchObject({ code: 'ERR_FILE_FORMAT' });
    }
    // Only Linux lists the open files here.
    const listed = existsSync('/proc/self/fd') ? readdirSync('/proc/self/fd') : [];
    const paths = listed.map((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`);
      } catch {
        return '';
      }
    });
    expect(paths.filter((path) => path.startsWith(folder))).toEqual([]);
  });

  it("says what to install if a format's package is missing", async () => {
    const absent = 'torchloss-no-such-package';
    await expect(loadPeer(() => import(absent), absent, 'Reading such files')).rejects.toMatchObject({
      code: 'ERR_MISSING_PACKAGE',
      message: `Reading such files needs the package ${absent}: run \`npm install ${absent}\``,
    });
  });
});

describe('rows', () => {
  it.each<[rows: unknown[], error: object]>([
    [[-1, 2], { parameter: 'start', expected: expect.stringContaining('0 to 5'), got: '-1' }],
    [[0, 6], { parameter: 'end', expected: expect.stringContaining('0 to 5'), got: '6' }],
    [[3, 2], { parameter: 'end', expected: expect.stringContaining('3 to 5') }],
    [[0.5, 2], { parameter: 'start', expected: 'an integer' }],
    [[0, Number.NaN], { parameter: 'end', expected: 'an integer' }],
    [['0', 2], { parameter: 'start', expected: 'an integer' }],
    [[0, 2, new Uint8Array(23)], { parameter: 'into', expected: 'at least 24 bytes', got: '23' }],
    [[0, 2, new Float32Array(6)], { parameter: 'into', expected: 'a Uint8Array', got: 'a Float32Array' }],
    [
      [0, 2, new Uint8Array(40).subarray(2)],
      { parameter: 'into', expected: 'an offset in its buffer that is a multiple of 4', got: '2' },
    ],
  ])('%j are refused', async (rows, error) => {
    const source = await open(fixture('f4.npy'));
    await expect(source.rows(...(rows as [number, number]))).rejects.toMatchObject(error);
    await source.close();
  });

  it('are written to the given buffer', async () => {
    const source = await open(fixture('f4.npy'));
    const into = new Uint8Array(64);
    const rows = await source.rows(0, 5, into.subarray(4));
    expect(rows.buffer).toBe(into.buffer);
    expect([rows.byteOffset, rows.length, bytesPerRow(source)]).toEqual([4, 15, 12]);
    await source.close();
  });

  it('of a closed file are refused, and closing it again does nothing', async () => {
    for (const name of [
      'f4.npy',
      'fortran_2d.npy',
      'deflated.npz#labels',
      'table.arrow#label',
      'labels.csv',
      'gzip.parquet#label',
    ]) {
      const source = await open(fixture(name));
      await source.rows(0, 2);
      await source.close();
      await source.close();
      await expect(source.rows(0, 1)).rejects.toMatchObject({ code: 'ERR_DISPOSED' });
    }
  });

  it('of a large array in Fortran order are gathered from far apart', async () => {
    const [height, width] = [136_500, 70];
    const header = `{'descr': '<f4', 'fortran_order': True, 'shape': (${height}, ${width}), }`;
    const columns = new Float32Array(height * width);
    for (let column = 0; column < width; column++)
      for (let row = 0; row < height; row++) columns[column * height + row] = row * width + column;
    const prefix = Buffer.from(`\u0093NUMPY\u0001\0${String.fromCharCode(header.length, 0)}${header}`, 'latin1');
    const path = join(folder, 'columns.npy');
    writeFileSync(path, Buffer.concat([prefix, new Uint8Array(columns.buffer)]));
    const source = await open(path);
    // A block that is gathered at once ends between the rows 119836 and 119837.
    for (const [start, end] of [
      [0, 3],
      [119_835, 119_840],
      [136_498, 136_500],
      [5, 6],
      [1000, 130_000],
    ] as const) {
      const rows = (await source.rows(start, end)) as Float32Array;
      const expected = Float32Array.from({ length: (end - start) * width }, (_, index) => start * width + index);
      expect(Buffer.compare(new Uint8Array(rows.buffer), new Uint8Array(expected.buffer))).toBe(0);
    }
    await source.close();
  });

  it.each(['large.parquet', 'large_indexed.parquet', 'large_unsigned_indexed.parquet'])(
    'of a very large row group are decoded in parts: %s',
    async (name) => {
      const source = await open(fixture(name));
      expect(source.shape).toEqual([2 ** 23 + 2 ** 20]);
      for (const start of [0, 131_070, 2 ** 19 - 2, 5_000_000, 2 ** 23 + 2 ** 20 - 5]) {
        const expected = Array.from({ length: 5 }, (_, index) => BigInt((start + index) >> 17));
        expect(Array.from((await source.rows(start, start + 5)) as BigInt64Array)).toEqual(expected);
      }
      await source.close();
    },
  );
});

/** Files of every kind, and a row to read before and after they change. */
const KINDS = [
  'f4.npy',
  'fortran_2d.npy',
  'big_f4.npy',
  'stored.npz#logits',
  'deflated.npz#logits',
  'several.safetensors#t_f4',
  'table.arrow#logits',
  'table.parquet#logits',
  'table.csv#label',
];

describe.each(KINDS)('while %s is read', (kind) => {
  const [name = '', key] = kind.split('#');
  const start = async (): Promise<[path: string, source: Source]> => {
    const path = copy(name);
    utimesSync(path, 1000, 1000);
    const source = await open(path, { key });
    await source.rows(0, 2);
    return [path, source];
  };

  it.each<[change: string, (path: string) => void, message: string]>([
    ['is cut off', (path) => truncateSync(path, 100), 'to 100 bytes while it was read'],
    ['is emptied', (path) => truncateSync(path, 0), 'to 0 bytes while it was read'],
    ['grows', (path) => appendFileSync(path, 'x'), 'bytes while it was read'],
    ['is rewritten', (path) => copyFileSync(fixture(name), path), 'the file was written to while it was read'],
  ])('a file that %s is noticed', async (_, change, message) => {
    const [path, source] = await start();
    change(path);
    for (const [first, last] of [
      [2, 4],
      [0, 1],
    ] as const)
      await expect(source.rows(first, last)).rejects.toMatchObject({
        code: 'ERR_FILE_CHANGED',
        message: expect.stringContaining(message),
      });
    await source.close();
  });

  it('a replaced file is still read with its old contents', async () => {
    const [path, source] = await start();
    const before = await source.rows(0, 4);
    writeFileSync(join(folder, 'other'), 'another file');
    renameSync(join(folder, 'other'), path);
    expect(await source.rows(0, 4)).toEqual(before);
    await source.close();
  });
});

it('files of all formats that are open at once do not disturb each other', async () => {
  const sources = await Promise.all(
    KINDS.map((kind) => open(pathToFileURL(fixture(kind.replace(/#.*/, ''))), { key: kind.split('#')[1] })),
  );
  const one = await Promise.all(sources.map((source) => source.rows(1, 3)));
  const again = [];
  for (const source of sources) again.push(await source.rows(1, 3));
  expect(one).toEqual(again);
  await Promise.all(sources.map((source) => source.close()));
});
