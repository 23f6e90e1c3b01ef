/** Which columns of a table a key selects, and how they are combined. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { open } from '../../lib/data/index.js';
import { promote } from '../../lib/data/table/promote.js';
import { resolveKey } from '../../lib/data/table/select.js';
import { torch } from '../../lib/index.js';
import { DTYPES } from '../../lib/tensor/dtypes.js';
import type { DType } from '../../lib/base/types.js';
import { runCli } from '../helpers/evaluate_cli.js';

const folder = mkdtempSync(join(tmpdir(), 'torchloss-columns-'));
afterAll(() => rmSync(folder, { recursive: true }));
const fixture = (name: string) => join(import.meta.dirname, '..', 'fixtures', 'tables', name);

function place(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const NAMES = ['id', 'f_0', 'f_1', 'f_10', 'f_2', 'x,y', 'a*', 'label', 'p01', 'p02', 'p03'];

it.each([
  ['scores.csv.zip', 'unpack it, or compress it with gzip'],
  ['scores.pkl', 'a pickle runs code when it is read: write it with to_parquet or numpy.save'],
  ['scores.xlsx', 'save the sheet as CSV'],
  ['scores.h5#logits', 'write it with to_parquet'],
  ['scores.pt', 'save its tensors with safetensors or numpy.save'],
])('%s is refused with advice', async (name, advice) => {
  await expect(open(join(folder, name))).rejects.toMatchObject({
    code: 'ERR_INVALID_ARG_VALUE',
    message: expect.stringContaining(`expected a format that is read (${advice}), got`),
  });
  const { status, stderr } = runCli('evaluate', '--input', name, '--target', 'labels.npy');
  expect([status, stderr]).toEqual([2, expect.stringContaining(`--input: ${name.replace('#logits', '')}`)]);
  expect(stderr).toContain(`is not in a format that is read: ${advice}`);
});

describe('a key', () => {
  it.each<[key: string, columns: number[]]>([
    ['label', [7]],
    ['7', [7]],
    ['f_0,f_2', [1, 4]],
    ['f_2, f_0', [4, 1]],
    ['f_0..f_2', [1, 2, 4]],
    ['f_*', [1, 2, 3, 4]],
    ['f_?', [1, 2, 4]],
    ['x,y', [5]],
    ['a*', [6]],
    ['p01..p03', [8, 9, 10]],
    ['x,y..label', [5, 6, 7]],
    ['0..2', [0, 1, 2]],
    ['id..f_1,label', [0, 1, 2, 7]],
  ])('%s selects these columns', (key, columns) => {
    const names = key.startsWith('x,y..') ? NAMES.map((name) => (name === 'x,y' ? 'xy' : name)) : NAMES;
    expect(resolveKey(names, key.replace('x,y..', 'xy..'), 'file')).toEqual(columns);
  });

  it.each<[key: string, message: string]>([
    ['labels', "no column 'labels'; did you mean 'label'? columns: 'id'"],
    ['f_0..f_4', "no column 'f_3', which is in the range 'f_0..f_4'"],
    ['g_*', "no column matches 'g_*'"],
    ['label..id', "column 'id' comes before 'label'"],
    ['f_0,f_*', "names column 'f_0' twice"],
    ['11', 'expected a column index below 11, got 11'],
  ])('%s is refused', (key, message) => {
    const names = key === 'f_0..f_4' ? [...NAMES, 'f_4'] : NAMES;
    expect(() => resolveKey(names, key, 'file')).toThrow(message);
  });
});

it('columns get their common dtype by torch.promote_types', () => {
  const dtypes = Object.keys(DTYPES) as DType[];
  const both = dtypes.flatMap((first) => dtypes.map((second) => [first, second] as const));
  expect(both.map(([first, second]) => promote(first, second))).toEqual(
    both.map(([first, second]) => torch.promote_types(first, second)),
  );
});

describe('without a key', () => {
  it.each([
    ['empty.csv', 'a,note,b\n1,,0.5\n2,,1.5\n'],
    ['empty.jsonl', '{"a":1,"note":null,"b":0.5}\n{"a":2,"note":null,"b":1.5}\n'],
  ])('leaves out a column without any value: %s', async (name, text) => {
    const path = place(name, text);
    const source = await open(path);
    expect([source.columns, [...(await source.rows(0, 2))]]).toEqual([
      ['a', 'b'],
      [1, 0.5, 2, 1.5],
    ]);
    await source.close();
    // One that is named is read, and has no values.
    const named = await open(`${path}#note`, { missing: 'keep' });
    expect([...((await named.missing?.(0, 2)) ?? [])]).toEqual([1, 1]);
    await named.close();
    const rows = await open(path, { except: ['a', 'b'] }).catch((error: unknown) => String(error));
    expect(rows).toContain("no column of numbers besides 'a', 'b'");
  });

  it('selects all columns of numbers except the index and excluded ones', async () => {
    const path = place('all.csv', ',a,text,b,label\n0,1,x,0.5,1\n1,2,y,1.5,0\n');
    const all = await open(path);
    expect([all.shape, all.dtype, [...(await all.rows(0, 2))]]).toEqual([[2, 3], 'float64', [1, 0.5, 1, 2, 1.5, 0]]);
    await all.close();
    const rest = await open(path, { except: ['label'] });
    expect([...(await rest.rows(0, 2))]).toEqual([1, 0.5, 2, 1.5]);
    await rest.close();
    await expect(open(path, { except: ['a,b,label'] })).rejects.toThrow("no column of numbers besides 'a,b,label'");
  });

  it('texts and numbers are not combined', async () => {
    await expect(open(fixture('pandas.parquet#name,label'))).rejects.toThrow(
      "expected columns of numbers, but 'name' has the type BYTE_ARRAY STRING",
    );
    await expect(open(fixture('pandas.parquet#name'))).rejects.toThrow('got text');
  });
});

describe('on the command line', () => {
  it('the input takes the columns that the other flags leave', () => {
    const file = fixture('duckdb.parquet');
    const named = runCli(
      'evaluate',
      '--input',
      `${file}#flag,logit_0..logit_3,score`,
      '--target',
      `${file}#label`,
      '--json',
    );
    const rest = runCli('evaluate', '--input', file, '--target', `${file}#label`, '--json');
    const loss = (output: string) => JSON.parse(output).results[0].loss;
    expect(loss(rest.stdout)).toBe(loss(named.stdout));
    expect(runCli('evaluate', '--loss', 'mse_loss', '--input', file, '--target', file)).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('--input and --target both name'),
    });
  });

  it('inspect shows columns, dtypes, rows and the tensor', () => {
    const { status, stdout } = runCli('inspect', fixture('pandas.feather'));
    expect(status).toBe(0);
    expect(stdout).toContain('12 rows, 1 record batch');
    expect(stdout).toMatch(/logit_3 +Float32 +-2\.67/);
    expect(stdout).toContain('as a tensor: float64 [12, 7]');
    const report = JSON.parse(runCli('inspect', `${fixture('missing_pandas.csv')}#x`, '--json', '--rows', '2').stdout);
    expect(report).toMatchObject({
      rows: 4,
      columns: [
        { name: 'x', type: 'float64', kind: 'numbers', first: [0.5, null] },
        { name: 'n', type: 'int64' },
        { name: 'g', type: 'text', kind: 'text', first: ['a', null] },
        { name: 'y' },
      ],
      tensor: null,
      problem: expect.stringContaining('row 1 (line 3): the value is missing'),
    });
    expect(runCli('inspect')).toMatchObject({ status: 2, stderr: expect.stringContaining('expected one FILE') });
  });
});
