/** Several files, patterns and standard input on the command line. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { shownName } from '../../lib/commands/evaluate/files.js';
import { writeNpy } from '../helpers/npy.js';
import { CLI, evaluateJson, runEvaluate } from '../helpers/evaluate_cli.js';

const folder = mkdtempSync(join(tmpdir(), 'torchloss-test-'));
const at = (name: string) => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true }));

const rows = Array.from({ length: 12 }, (_, index) => [Math.sin(index), Math.cos(3 * index), index % 2]);
const csv = (some: readonly (readonly number[])[]) => `a,b,label\n${some.map((row) => `${row.join(',')}\n`).join('')}`;
writeFileSync(at('all.csv'), csv(rows));
// In natural order, not in alphabetical order.
for (const [name, from, to] of [
  ['part-2', 0, 5],
  ['part-10', 5, 12],
] as const)
  writeFileSync(at(`${name}.csv`), csv(rows.slice(from, to)));

const whole = evaluateJson(['--input', at('all.csv'), '--target', at('all.csv#label')]);

describe('evaluate', () => {
  it.each([
    ['a pattern', ['--input', at('part-*.csv'), '--target', at('part-*.csv#label')]],
    [
      'repeated flags',
      ['part-2', 'part-10'].flatMap((name) => ['--input', at(`${name}.csv#a,b`), '--target', at(`${name}.csv#label`)]),
    ],
  ])('reads several files as one: %s', (_, args) => {
    const { results, files, total } = evaluateJson(args);
    expect([total, results[0]?.loss, results[0]?.accuracy]).toEqual([
      12,
      whole.results[0]?.loss,
      whole.results[0]?.accuracy,
    ]);
    const size = (name: string) => readFileSync(at(name)).length;
    expect(files['input']?.bytes).toBe(size('part-2.csv') + size('part-10.csv'));
  });

  it('reads standard input, and columns of it', () => {
    const args = [CLI, 'evaluate', '--input', '-', '--target', '-#label', '--json'];
    const { stdout, stderr } = spawnSync(process.execPath, args, { input: csv(rows), encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(JSON.parse(stdout).results[0].loss).toBe(whole.results[0]?.loss);
  });

  it('says what to do when the shell expanded a pattern', () => {
    const { status, stderr } = runEvaluate(['--input', 'a.npy', 'b.npy', '--target', 'c.npy']);
    expect([status, stderr]).toEqual([
      2,
      "torchloss: unexpected argument 'b.npy'; put patterns of files in quotes [ERR_USAGE]\n",
    ]);
  });

  it('refuses files of one flag with different options, and one file of another shape', () => {
    const two = ['--input', at('a.npy'), '--input', at('b.npy?dtype=float64'), '--target', at('t.npy')];
    expect(runEvaluate(two).stderr).toContain("--input: expected the same options after '?' for all files, got ");
    writeNpy(at('a.npy'), new Float32Array(4), [2, 2]);
    writeNpy(at('b.npy'), new Float32Array(6), [2, 3]);
    const { status, stderr } = runEvaluate(['--input', at('?.npy'), '--target', at('a.npy')]);
    expect([status, stderr]).toEqual([1, expect.stringContaining('b.npy')]);
  });

  it('names the file of a sample that fails, and the row in it', () => {
    const args = (target: string) =>
      ['part-2', target].flatMap((name) => ['--input', at(`part-2.csv#a,b`), '--target', at(`${name}.csv#label`)]);
    const lines = readFileSync(at('part-2.csv'), 'utf8').split('\n');
    const broken = (name: string, label: string) =>
      writeFileSync(at(`${name}.csv`), lines.with(4, `0,1,${label}`).join('\n'));
    broken('class', '7');
    broken('half', '0.5');
    broken('word', 'cat');
    const two = `${at('part-2.csv')}#a,b and ${at('class.csv')}#label`;
    expect(runEvaluate(args('class')).stderr).toBe(
      `torchloss: sample 8, row 3 (line 5) of ${two}: Target 7 is out of bounds. [ERR_TORCH]\n`,
    );
    expect(runEvaluate(args('half')).stderr).toBe(
      `torchloss: ${at('half.csv')}#label: row 3 (line 5): expected a whole number for class labels, got 0.5 [ERR_FILE_FORMAT]\n`,
    );
    expect(runEvaluate(args('word')).stderr).toContain(`${at('word.csv')}#label: row 3 (line 5): `);
    writeNpy(at('x.npy'), new Float32Array(4), [2, 2]);
    writeNpy(at('0.npy'), new BigInt64Array([0n, 1n]), [2]);
    writeNpy(at('1.npy'), new BigInt64Array([0n, 2n]), [2]);
    const arrays = ['0', '1'].flatMap((name) => ['--input', at('x.npy'), '--target', at(`${name}.npy`)]);
    expect(runEvaluate(arrays).stderr).toBe(
      `torchloss: sample 3, row 1 of ${at('x.npy')} and ${at('1.npy')}: Target 2 is out of bounds. [ERR_TORCH]\n`,
    );
  });

  it('shows URLs without the parts that may be secret', () => {
    expect(shownName('https://me:word@host/x.csv?X-Sig=abc#a,b')).toBe('https://host/x.csv#a,b');
    expect(shownName('--input=s3://bucket/x.npy?v=1')).toBe('--input=s3://bucket/x.npy');
    expect(shownName('x.csv#a?dtype=float32')).toBe('x.csv#a?dtype=float32');
  });
});
