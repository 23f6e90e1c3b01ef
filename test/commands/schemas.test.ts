/** The JSON output of commands, checked against the package's schemas. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { snakeKeys } from '../../lib/base/json.js';
import { PACKAGE_ROOT } from '../../lib/libtorch/places.js';
import { runCli } from '../helpers/evaluate_cli.js';
import { writeNpy } from '../helpers/npy.js';
import { schemaErrors } from '../helpers/schemas.js';

const folder = mkdtempSync(join(tmpdir(), 'torchloss-test-'));
const at = (name: string) => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true }));

writeNpy(at('logits.npy'), new Float32Array([1, 0, 0, 2, Number.NaN, 1, 3, 0]), [4, 2]);
writeNpy(at('labels.npy'), new BigInt64Array([0n, 1n, 0n, 1n]), [4]);
writeNpy(at('b.npy'), new Float32Array([1, 0, 0, 2, 0, 1, 3, 0]), [4, 2]);
writeFileSync(at('table.csv'), 'a,kind,label\n0.5,cat,1\n,dog,0\n1.5,cat,1\n');
writeFileSync(at('program.py'), 'import torch.nn.functional as F\nloss = F.mse_loss(a, b)\nx = F.l1_loss(*c)\n');
const FILES = ['--input', at('logits.npy'), '--target', at('labels.npy')];
for (const shard of ['1', '2'])
  writeFileSync(at(`${shard}.json`), runCli('evaluate', ...FILES, '--shard', `${shard}/2`, '--json').stdout);

describe('JSON output', () => {
  it.each<[string, string, string[]]>([
    ['evaluate', 'evaluate', ['--example']],
    ['evaluate, with NaN and names', 'evaluate', [...FILES, '--classes', 'x,y', '--group-by', 'target', '--top', '2']],
    ['evaluate, on numbers', 'evaluate', ['--loss', 'mse_loss', '--input', at('b.npy'), '--target', at('b.npy')]],
    ['evaluate, of a shard', 'evaluate', [...FILES, '--shard', '1/2']],
    ['evaluate, with a checkpoint', 'evaluate', [...FILES, '--checkpoint', at('checkpoint.json')]],
    ['evaluate, merged', 'evaluate', ['--merge', at('1.json'), at('2.json')]],
    ['parity, compare', 'parity', ['compare', at('logits.npy'), at('b.npy')]],
    ['parity, replay', 'parity', ['replay', join(PACKAGE_ROOT, 'test', 'fixtures', 'conformance', 'pytorch-2.13.0')]],
    ['inspect, a table', 'inspect', [at('table.csv')]],
    ['inspect, an array', 'inspect', [at('logits.npy')]],
    ['info', 'info', []],
    ['explain, a call', 'explain', ['--from', 'F.cross_entropy(x, y).mean()', '--to', 'mindspore.nn']],
    ['explain, a program', 'explain', ['--file', at('program.py'), '--to', 'mindspore.ops']],
    ['losses', 'losses', []],
    [
      'train',
      'train',
      ['--model', 'mlp:4', '--input', at('b.npy'), '--target', at('labels.npy')].concat([
        '--epochs',
        '2',
        '--validation',
        '0.5',
        '--checkpoint',
        at('run'),
      ]),
    ],
  ])('matches its schema: %s', (_, command, args) => {
    const { stdout, stderr } = runCli(command, ...args, '--json');
    expect(stdout, stderr).not.toBe('');
    expect(schemaErrors(command, JSON.parse(stdout))).toEqual([]);
  });

  it('matches its schema: checkpoints and logs', () => {
    expect(schemaErrors('evaluate', JSON.parse(readFileSync(at('checkpoint.json'), 'utf8')))).toEqual([]);
    const lines = readFileSync(join(at('run'), 'metrics.jsonl'), 'utf8')
      .trimEnd()
      .split('\n');
    expect(lines.length).toBeGreaterThan(2);
    for (const line of lines) expect(schemaErrors('train-log', JSON.parse(line))).toEqual([]);
  });

  it('has keys in snake case, and a version', () => {
    expect(snakeKeys({ perSample: [{ nonFinite: 1, options: { keepDim: 1 } }], cxx11Abi: 2, 'torch.nn': 3 })).toEqual({
      per_sample: [{ non_finite: 1, options: { keepDim: 1 } }],
      cxx11_abi: 2,
      'torch.nn': 3,
    });
    for (const file of readdirSync(join(PACKAGE_ROOT, 'schemas'))) {
      const text = readFileSync(join(PACKAGE_ROOT, 'schemas', file), 'utf8');
      const keys = Array.from(text.matchAll(/"properties": \{\s*"([^"]+)"/g), ([, key]) => key as string);
      expect(keys.filter((key) => /[A-Z]/.test(key))).toEqual([]);
      if (file !== 'train-log.schema.json') expect(text).toContain('"version"');
    }
  });

  it('is refused by a schema that it does not match', () => {
    expect(schemaErrors('losses', { version: 2, losses: [] })).toEqual([
      '/version must be equal to constant {"allowedValue":1}',
    ]);
    expect(schemaErrors('losses', { version: 1, losses: [], more: 1 })).toHaveLength(1);
  });
});
