/**
 * Evaluations of realistic tables: labels in any dtype, texts, missing values, groups by columns; and results that must not get
 * lost. The numbers are PyTorch 2.13's for the same values.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { open } from '../../lib/data/index.js';
import { evaluate } from '../../lib/evaluate/index.js';
import { torch } from '../../lib/index.js';
import { evaluateJson, runEvaluate } from '../helpers/evaluate_cli.js';
import { writeNpy } from '../helpers/npy.js';

const folder = mkdtempSync(join(tmpdir(), 'torchloss-people-'));
afterAll(() => rmSync(folder, { recursive: true }));
const place = (name: string) => join(folder, name);

const ROWS = Array.from({ length: 40 }, (_, row) => row);
const ANIMALS = ['eel', 'cat', 'dog'];
const chance = (row: number) => (((row * 37) % 41) + 0.5) / 42;
const logit = (row: number, column: number) => ((row * 17 + column * 29) % 23) / 7 - 1.5;
const label = (row: number) => (row * 7) % 3;
const PYTORCH = {
  bce: 1.0513063802926315,
  mse: 1.975,
  ce: 1.4957346965680003,
  weighted: 1.5088317394256592,
  /** Without the rows 3, 7 and 20. */
  skipped: 1.4724793502792417,
  regions: [1.5540597193750023, 1.4374096737609983],
  bins: [2.205302270401954, 1.4182745260930922, 0.7195879846876678, 1.6397740050892882],
};

/** The table with some cells replaced. */
function write(name: string, replaced: Readonly<Record<string, string>> = {}): string {
  const header = 'p,y,yes,flag,float,logit_0,logit_1,logit_2,label,animal,region,row';
  const lines = ROWS.map((row) => {
    const cells: Record<string, unknown> = {
      p: chance(row),
      y: Number(row % 3 === 0),
      yes: row % 3 === 0 ? 'yes' : 'no',
      flag: row % 3 === 0 ? 'True' : 'False',
      float: row % 3 === 0 ? '1.0' : '0.0',
      logit_0: logit(row, 0),
      logit_1: logit(row, 1),
      logit_2: logit(row, 2),
      label: label(row),
      animal: ANIMALS[label(row)],
      region: row % 2 === 0 ? 'north' : 'south',
      row,
    };
    return Object.entries(cells)
      .map(([column, value]) => replaced[`${column}${row}`] ?? String(value))
      .join(',');
  });
  writeFileSync(place(name), `${header}\n${lines.join('\n')}\n`);
  return place(name);
}

const table = write('table.csv');
const scores = ['--input', `${table}#logit_*`];
const of = (args: readonly string[]) => evaluateJson(args).results[0];

describe('dtypes follow the loss', () => {
  it.each(['y', 'flag', 'float'])('0 and 1 in the column %s serve as probabilities', (column) => {
    const args = ['--loss', 'binary_cross_entropy', '--input', `${table}#p`, '--target', `${table}#${column}`];
    expect(of(args)?.loss).toBeCloseTo(PYTORCH.bce, 12);
  });

  it('labels of every integer dtype serve float32 scores', () => {
    const chances = writeNpy(place('chances.npy'), Float32Array.from(ROWS, chance), [40]);
    const ones = ROWS.map((row) => Number(row % 3 === 0));
    for (const data of [Int8Array.from(ones), Uint8Array.from(ones), Int16Array.from(ones), Int32Array.from(ones)]) {
      const labels = writeNpy(place('labels.npy'), data, [40]);
      const args = ['--loss', 'binary_cross_entropy', '--input', chances, '--target', labels, '--group-by', 'target'];
      const result = of(args);
      expect(result?.loss).toBeCloseTo(PYTORCH.bce, 6);
      expect(result?.groups?.map(({ group, samples }) => [group, samples])).toEqual([
        [0, 26],
        [1, 14],
      ]);
    }
  });

  it('integers only are computed in float64', () => {
    expect(of(['--loss', 'mse_loss', '--input', `${table}#label`, '--target', `${table}#y`])?.loss).toBe(PYTORCH.mse);
  });

  it('whole floats serve as class labels, and others are refused, naming the row', () => {
    const floats = write('floats.csv', { label0: '0.0', label1: '1.0' });
    expect(of([...scores, '--target', `${floats}#label`])?.loss).toBeCloseTo(PYTORCH.ce, 12);
    const half = write('half.csv', { label9: '0.5' });
    expect(runEvaluate([...scores, '--target', `${half}#label`])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining(
        'half.csv#label: row 9 (line 11): expected a whole number for class labels, got 0.5',
      ),
    });
  });

  it('weights in float64 serve scores in float32', () => {
    const weights = writeNpy(place('weights.npy'), Float64Array.of(1, 2, 3), [3]);
    const args = ['--input', `${table}#logit_*?dtype=float32`, '--target', `${table}#label`, '--weight', weights];
    expect(of(args)?.loss).toBeCloseTo(PYTORCH.weighted, 6);
  });

  it('an explicit dtype of a file is final', () => {
    const args = ['--loss', 'binary_cross_entropy', '--input', `${table}#p`, '--target', `${table}#y?dtype=int64`];
    expect(runEvaluate(args)).toMatchObject({ status: 1, stderr: expect.stringContaining('float') });
    const small = runEvaluate([...scores, '--target', `${table}#row?dtype=uint8`, '--loss', 'mse_loss']);
    expect(small.status).toBe(1);
    expect(
      runEvaluate(['--loss', 'mse_loss', '--input', `${table}#p?dtype=int8`, '--target', `${table}#p`]),
    ).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('row 0 (line 2): expected a whole number for int8, got 0.0119'),
    });
  });

  it('in a program, too', async () => {
    const [input, target] = [await open(`${table}#p`), await open(`${table}#y`)];
    const { loss } = await evaluate(torch.nn.functional.binary_cross_entropy, { input, target });
    expect(loss).toBeCloseTo(PYTORCH.bce, 12);
    await input.close();
    await target.close();
  });
});

describe('class labels in words', () => {
  it('are sorted, and name groups and samples', () => {
    const record = evaluateJson([...scores, '--target', `${table}#animal`, '--group-by', 'target', '--top', '1']);
    expect(record.classes).toEqual(['cat', 'dog', 'eel']);
    expect(record.results[0]?.groups?.map(({ group }) => group)).toEqual(['cat', 'dog', 'eel']);
    expect(ANIMALS).toContain(record.results[0]?.worst[0]?.target);
  });

  it('have the order given by --classes', () => {
    const args = [...scores, '--target', `${table}#animal`, '--group-by', 'target', '--classes', 'eel,cat,dog'];
    const record = evaluateJson(args);
    expect(record.results[0]?.loss).toBeCloseTo(PYTORCH.ce, 12);
    expect(record.results[0]?.groups?.map(({ group }) => group)).toEqual(ANIMALS);
    expect(runEvaluate([...args.slice(0, -1), 'eel,cat'])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("row 2 (line 4): expected one of the classes 'eel', 'cat', got 'dog'"),
    });
    expect(runEvaluate([...args.slice(0, -1), 'a,a'])).toMatchObject({ status: 2 });
  });

  it('name the classes of numeric labels', () => {
    const args = [...scores, '--target', `${table}#label`, '--group-by', 'target', '--classes', ANIMALS.join(',')];
    expect(of(args)?.groups?.map(({ group }) => group)).toEqual(ANIMALS);
  });
});

describe('missing values', () => {
  const gaps = write('gaps.csv', { label3: '', logit_17: 'NA', label20: '' });
  const args = ['--input', `${gaps}#logit_*`, '--target', `${gaps}#label`];

  it('are errors that name the row, the line and the column', () => {
    expect(runEvaluate(args)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('gaps.csv#logit_1: row 7 (line 9): the value is missing'),
    });
  });

  it('are skipped on request, and counted', async () => {
    const all = ['--missing', 'skip', '--top', '5', '--group-by', 'region'];
    const record = evaluateJson([...args, ...all]);
    const [result] = record.results;
    expect([record.skipped, record.total, result?.samples]).toEqual([3, 40, 37]);
    expect(result?.loss).toBeCloseTo(PYTORCH.skipped, 12);
    expect(result?.groups?.map(({ group, samples }) => [group, samples])).toEqual([
      ['north', 19],
      ['south', 18],
    ]);
    // The samples keep their numbers in the file.
    const losses = place('losses.npy');
    expect(runEvaluate([...args, ...all, '--per-sample', losses]).stdout).toContain(
      '37 samples (3 skipped because a value',
    );
    const source = await open(losses);
    const each = (await source.rows(0, 40)) as Float64Array;
    await source.close();
    expect(Array.from(each.entries()).flatMap(([row, loss]) => (Number.isNaN(loss) ? [row] : []))).toEqual([3, 7, 20]);
    for (const { index, loss } of result?.worst ?? []) expect(each[index]).toBe(loss);
    // However they are split.
    for (const size of ['1', '7'])
      expect(of([...args, ...all, '--batch-size', size])).toMatchObject({
        loss: result?.loss,
        worst: result?.worst,
        groups: result?.groups,
      });
  });

  it('are counted in shards that are merged', () => {
    const parts = ['1/3', '2/3', '3/3'].map((shard, index) => {
      const file = place(`shard${index}.json`);
      const { stdout } = runEvaluate([
        ...args,
        '--missing',
        'skip',
        '--group-by',
        'region',
        '--shard',
        shard,
        '--json',
      ]);
      writeFileSync(file, stdout);
      return file;
    });
    const whole = evaluateJson([...args, '--missing', 'skip', '--group-by', 'region']);
    const merged = JSON.parse(runEvaluate(['--merge', ...parts, '--json']).stdout);
    expect(merged).toMatchObject({ skipped: 3, complete: true });
    expect(merged.results[0]).toMatchObject({
      loss: whole.results[0]?.loss,
      groups: whole.results[0]?.groups,
      worst: whole.results[0]?.worst,
    });
  });
});

describe('groups', () => {
  const args = [...scores, '--target', `${table}#label`];

  it('are the values of a text column', () => {
    const result = of([...args, '--group-by', 'region']);
    expect(result?.groups?.map(({ group, samples }) => [group, samples])).toEqual([
      ['north', 20],
      ['south', 20],
    ]);
    for (const [index, loss] of PYTORCH.regions.entries()) expect(result?.groups?.[index]?.loss).toBeCloseTo(loss, 12);
    expect(of([...args, '--group-by', `${table}#region`])?.groups).toEqual(result?.groups);
  });

  it('are bins of a numeric column', () => {
    const groups = of([...args, '--group-by', 'row:4'])?.groups;
    expect(groups?.map(({ group, samples }) => [group, samples])).toEqual([
      ['0 to 9.75', 10],
      ['9.75 to 19.5', 10],
      ['19.5 to 29.25', 10],
      ['29.25 to 39', 10],
    ]);
    for (const [index, loss] of PYTORCH.bins.entries()) expect(groups?.[index]?.loss).toBeCloseTo(loss, 12);
  });

  it('are combinations of several columns', () => {
    const groups = of([...args, '--group-by', 'region,row:2'])?.groups;
    expect(groups?.map(({ group, samples }) => [group, samples])).toEqual([
      ['north, 0 to 19.5', 10],
      ['north, 19.5 to 39', 10],
      ['south, 0 to 19.5', 10],
      ['south, 19.5 to 39', 10],
    ]);
  });

  it.each([
    ['p', "is float64; split it into bins, as in 'column:5'"],
    ['region:3', 'is text, which cannot be split into bins'],
    ['regoin', "did you mean 'region'?"],
  ])('%s is refused', (column, message) => {
    expect(runEvaluate([...args, '--group-by', column])).toMatchObject({ stderr: expect.stringContaining(message) });
  });
});

describe('text labels', () => {
  const named = (prefix: string, more = '') => {
    const file = place(`${prefix}${more}named.csv`);
    const lines = ROWS.map((row) =>
      [...[0, 1, 2].map((column) => logit(row, column)), ANIMALS[label(row)], row].join(','),
    );
    writeFileSync(file, `${ANIMALS.map((animal) => prefix + animal).join(',')},animal,row\n${lines.join('\n')}\n`);
    return file;
  };
  const columns = (prefix: string) => ANIMALS.map((animal) => prefix + animal).join(',');

  it.each(['', 'p_'])('are those of the columns named after them, in any order: %s', (prefix) => {
    const file = named(prefix);
    const args = ['--input', `${file}#${columns(prefix)}`, '--target', `${file}#animal`];
    const record = evaluateJson(args);
    expect(record.results[0]?.loss).toBeCloseTo(PYTORCH.ce, 12);
    expect(record.classes).toEqual(ANIMALS);
  });

  it('are not guessed where a column may be no score, or scores are missing', () => {
    const file = named('');
    const target = ['--target', `${file}#animal`];
    expect(runEvaluate(['--input', file, ...target])).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(
        /^torchloss: --input: row of .* name the columns of the scores, such as eel,cat,dog/,
      ),
    });
    expect(runEvaluate(['--input', `${file}#eel,cat`, ...target])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining(
        '--target: has 3 different labels (cat, dog, eel), but --input has 2 scores for each sample (eel, cat)',
      ),
    });
    const args = ['--input', `${file}#eel,cat,dog`, ...target, '--classes', 'eel,cat,dog'];
    expect(of(args)?.loss).toBeCloseTo(PYTORCH.ce, 12);
  });

  it('leave the other columns of numbers to the input, which are then named', () => {
    const args = ['--input', table, '--target', `${table}#animal`, '--classes', 'eel,cat,dog,other', '--json'];
    const { files } = evaluateJson(args);
    expect(files['input']?.columns).toEqual([
      'p',
      'y',
      'flag',
      'float',
      'logit_0',
      'logit_1',
      'logit_2',
      'label',
      'row',
    ]);
    expect(runEvaluate(args.slice(0, -1)).stdout).toContain('table.csv#p,...,row (9 columns), ');
  });
});

describe('what files of others have', () => {
  it.each([
    [
      'euro.csv',
      'a;b;y\n0,5;1,5;0\n',
      'euro.csv#a',
      "if its numbers have decimal commas, set the option `decimal` to ','",
    ],
    ['array.json', '[{"a":1,"y":0}]', 'array.json#a', 'line 1 begins an array: expected one object per line'],
    ['table.txt', '1 2 0\n', 'table.txt', "name the format, as in '"],
  ])('is explained: %s', (name, text, input, message) => {
    writeFileSync(place(name), text);
    const { stderr, status } = runEvaluate(['--input', place(input), '--target', place('labels.npy')]);
    expect(stderr).toContain(message);
    expect(status).toBeGreaterThan(0);
  });

  it('is one object per line in the .json of DuckDB', () => {
    const lines = ROWS.map((row) => JSON.stringify({ p: chance(row), y: row % 3 === 0 }));
    writeFileSync(place('duckdb.json'), `${lines.join('\n')}\n`);
    const [input, target] = ['p', 'y'].map((column) => `${place('duckdb.json')}#${column}`) as [string, string];
    const args = ['--loss', 'binary_cross_entropy', '--input', input, '--target', target];
    expect(of(args)?.loss).toBeCloseTo(PYTORCH.bce, 12);
  });
});

describe('results are not lost', () => {
  const args = [...scores, '--target', `${table}#label`];

  it.runIf(existsSync('/dev/full'))('and a full disk is an error', () => {
    for (const more of [[], ['--json']]) {
      const { status, stderr } = runEvaluate([...args, ...more, '--report', place('before.html'), '--quiet']);
      expect([status, stderr]).toEqual([0, '']);
    }
    const { status, stdout, stderr } = runEvaluate([...args, '--per-sample', place('x.npy'), '--report', '/dev/full']);
    expect(stdout).toContain('loss  1.495735');
    expect([status, stderr]).toEqual([1, expect.stringContaining('ERR_FILE_WRITE')]);
  });

  it('a checkpoint of another evaluation is kept', () => {
    const checkpoint = place('checkpoint.json');
    expect(runEvaluate([...args, '--checkpoint', checkpoint]).status).toBe(0);
    const before = readFileSync(checkpoint, 'utf8');
    expect(runEvaluate([...args, '--option', 'label_smoothing=0.1', '--checkpoint', checkpoint])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining(`will not overwrite ${checkpoint}`),
    });
    expect(readFileSync(checkpoint, 'utf8')).toBe(before);
    expect(runEvaluate([...args, '--checkpoint', checkpoint]).status).toBe(0);
    writeFileSync(place('notes.json'), '{"my": "notes"}');
    expect(runEvaluate([...args, '--checkpoint', place('notes.json')])).toMatchObject({ status: 2 });
    expect(readFileSync(place('notes.json'), 'utf8')).toBe('{"my": "notes"}');
  });

  it('NaN and a lack of data fail on request', () => {
    const nan = write('nan.csv', { logit_15: 'nan' });
    const broken = ['--input', `${nan}#logit_*`, '--target', `${nan}#label`];
    expect(runEvaluate(broken)).toMatchObject({ status: 0, stderr: expect.stringContaining('5 (NaN)') });
    expect(runEvaluate([...broken, '--fail-on', 'nan,empty'])).toMatchObject({
      status: 3,
      stdout: expect.stringContaining('loss  NaN'),
      stderr: expect.stringContaining('--fail-on nan: a loss is NaN'),
    });
    writeFileSync(place('empty.csv'), 'a,b,label\n');
    const none = ['--input', `${place('empty.csv')}#a,b`, '--target', `${place('empty.csv')}#label`];
    expect(runEvaluate(none)).toMatchObject({ status: 0, stderr: expect.stringContaining('there are no samples') });
    expect(runEvaluate([...none, '--fail-on', 'empty']).status).toBe(3);
    expect(runEvaluate([...none, '--fail-on', 'tired']).status).toBe(2);
  });

  it('the example runs only on request', () => {
    expect(runEvaluate(['--loss', 'cross_entropy'])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('--input: expected a file'),
    });
    expect(runEvaluate(['--example', ...args])).toMatchObject({ status: 2 });
  });
});

describe('flags', () => {
  it('are accepted in kebab and in snake case', () => {
    const weights = writeNpy(place('pos.npy'), Float64Array.of(2), [1]);
    const args = ['--loss', 'binary_cross_entropy_with_logits', '--input', `${table}#p`, '--target', `${table}#y`];
    const spelled = [
      ['--pos-weight', weights, '--batch_size', '5'],
      [`--pos_weight=${weights}`, '--batch-size=5'],
    ].map((flags) => of([...args, ...flags])?.loss);
    expect(spelled[0]).toBe(spelled[1]);
  });

  it('--sample evaluates only the first samples', () => {
    expect(of([...scores, '--target', `${table}#label`, '--sample', '7'])?.samples).toBe(7);
  });
});
