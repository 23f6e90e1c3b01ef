import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PACKAGE_ROOT } from '../../lib/libtorch/places.js';
import { compareFiles, compareTensors, passesCosineRule } from '../../lib/parity/index.js';
import { temporaryFolder, writeFiles } from '../helpers/libtorch.js';

function npy(values: readonly number[]): Buffer {
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${values.length},), }`.padEnd(117) + '\n';
  const prefix = Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, header.length, 0]);
  return Buffer.concat([prefix, Buffer.from(header), Buffer.from(Float32Array.from(values).buffer)]);
}

function safetensors(tensors: Readonly<Record<string, readonly number[]>>): Buffer {
  let end = 0;
  const header: Record<string, object> = {};
  for (const [name, values] of Object.entries(tensors)) {
    header[name] = { dtype: 'F32', shape: [values.length], data_offsets: [end, (end += values.length * 4)] };
  }
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeUInt32LE(text.length);
  return Buffer.concat([
    length,
    text,
    ...Object.values(tensors).map((values) => Buffer.from(Float32Array.from(values).buffer)),
  ]);
}

/** Writes files and returns the path of each. */
function files(contents: Readonly<Record<string, string | Buffer>>): (name: string) => string {
  const folder = temporaryFolder();
  writeFiles(folder, contents);
  return (name) => join(folder, name);
}

describe('compareFiles', () => {
  it('compares two .npy files', async () => {
    const at = files({ 'a.npy': npy([1, 2, 3]), 'b.npy': npy([1, 2.5, 3]) });
    expect(await compareFiles(at('a.npy'), at('a.npy'))).toMatchObject([
      { name: 'a.npy', comparison: { identical: true } },
    ]);
    expect(await compareFiles(at('a.npy'), at('b.npy'))).toMatchObject([
      {
        name: 'b.npy',
        comparison: { equal: false, worst: { at: [1], actual: 2, expected: 2.5 }, max_ulp_error: 2 ** 21 },
      },
    ]);
    expect(await compareFiles(at('a.npy'), at('b.npy'), { rtol: 0, atol: 0.5 })).toMatchObject([
      { comparison: { equal: true } },
    ]);
  });

  it('compares two .safetensors files tensor by tensor, including tensors that one of them lacks', async () => {
    const at = files({
      'a.safetensors': safetensors({ loss: [1, 2], grad: [0.5], mine: [1] }),
      'b.safetensors': safetensors({ loss: [1, 2], grad: [0.25], yours: [1] }),
    });
    const found = await compareFiles(at('a.safetensors'), at('b.safetensors'));
    expect(found.map(({ name, comparison }) => [name, comparison.equal, comparison.reason])).toEqual([
      ['loss', true, undefined],
      ['grad', false, expect.stringContaining('worst is element 0: expected 0.25, got 0.5')],
      ['yours', false, 'missing in the actual file'],
      ['mine', false, 'missing in the expected file'],
    ]);
  });

  it.each([
    ['jsonl', '{"step": 1, "loss": 0.5, "note": "warm"}\n{"step": 2, "loss": 0.25}\n'],
    ['json', '[{"step": 1, "loss": 0.5}, {"step": 2, "loss": 0.25, "lr": "x"}]'],
    ['json', '{"step": [1, 2], "loss": [0.5, "0.25"]}'],
    ['csv', 'step, loss\n1, 0.5\r\n2, 0.25\n'],
  ])('reads the numeric columns of a log, %s', async (kind, text) => {
    const at = files({
      [`log.${kind}`]: text,
      'expected.csv': 'step,loss\n1,0.5\n2,0.250001\n',
      'apart.csv': 'step,loss\n1,0.5\n2,0.26\n',
    });
    const found = await compareFiles(at(`log.${kind}`), at('expected.csv'));
    expect(found.map(({ name, comparison }) => [name, comparison.equal])).toEqual([
      ['step', true],
      ['loss', true],
    ]);
    expect((await compareFiles(at(`log.${kind}`), at('apart.csv')))[1]?.comparison.reason).toContain(
      'expected 0.26, got 0.25',
    );
  });

  it('reads non-finite numbers, and distinguishes logs by length', async () => {
    const at = files({
      'a.jsonl': '{"loss": "nan"}\n{"loss": "-inf"}\n',
      'b.csv': 'loss\nNaN\n-Infinity\n',
      'c.csv': 'loss\nnan\n',
    });
    expect(await compareFiles(at('a.jsonl'), at('b.csv'))).toMatchObject([{ comparison: { identical: true } }]);
    expect(await compareFiles(at('a.jsonl'), at('c.csv'))).toMatchObject([
      { comparison: { reason: 'expected shape [1], got [2]' } },
    ]);
  });

  it('refuses what it cannot read, naming the file', async () => {
    const at = files({ 'a.txt': '1', 'b.json': '[', 'c.csv': 'loss\nwarm\n', 'd.npy': 'no', 'e.safetensors': 'no' });
    for (const name of ['a.txt', 'b.json', 'c.csv', 'd.npy', 'e.safetensors', 'missing.csv']) {
      await expect(compareFiles(at(name), at(name))).rejects.toThrow(
        expect.objectContaining({ code: 'ERR_FILE_FORMAT', message: expect.stringContaining(name) }),
      );
    }
  });
});

describe('torchloss parity compare', () => {
  function run(...args: string[]) {
    const cli = join(PACKAGE_ROOT, 'dist', 'cli.js');
    return spawnSync(process.execPath, [cli, 'parity', ...args], { encoding: 'utf8' });
  }

  it('prints one line per tensor and exits with 1 if one differs', () => {
    const at = files({ 'a.csv': 'step,loss\n1,0.5\n', 'b.csv': 'step,loss\n1,0.75\n' });
    expect(run('compare', at('a.csv'), at('a.csv'))).toMatchObject({
      status: 0,
      stdout:
        'agrees   step: largest error 0.00, 0 ULP\nagrees   loss: largest error 0.00, 0 ULP\n2 passed, 0 failed\n',
    });
    const apart = run('compare', at('a.csv'), at('b.csv'));
    expect(apart.status).toBe(1);
    expect(apart.stdout).toContain('DIFFERS  loss: 1 of 1 elements differ');
    expect(apart.stdout).toMatch(/\n1 passed, 1 failed\n$/);
    expect(run('compare', at('a.csv'), at('b.csv'), '--rtol', '0', '--atol', '0.25').status).toBe(0);
    const json = JSON.parse(run('compare', at('a.csv'), at('b.csv'), '--json').stdout);
    expect(json.results[1]).toMatchObject({ name: 'loss', comparison: { equal: false, max_abs_error: 0.25 } });
  });

  it.each([
    [['compare', 'a.csv'], 'expected two files'],
    [['compare', 'a.csv', 'b.csv', '--rtol', '0'], 'expected --rtol and --atol together'],
    [['compare', 'a.csv', 'b.csv', '--rtol', 'x', '--atol', '1'], "--rtol: expected a number of 0 or more, got 'x'"],
    [
      ['compare', 'a.csv', 'b.csv', '--cases', '5'],
      'unknown option --cases: `torchloss parity compare` does not have it',
    ],
    [['--rtol', '5'], 'unknown option --rtol: `torchloss parity` does not have it'],
    [['train'], "expected record, replay, compare or only options, got 'train'"],
    [['--against', 'jax'], "--against: expected pytorch, mindspore or both, got 'jax'"],
    [['--losses', 'l2_loss'], "unknown loss 'l2_loss'; did you mean 'l1_loss'?"],
    [['--dtypes', 'int8'], "--dtypes: expected float32, float64, float16, bfloat16, got 'int8'"],
    [['--device', 'tpu'], "--device: expected cpu or cuda, got 'tpu'"],
    [['--cases', '0'], "--cases: expected an integer of 1 or more, got '0'"],
    [['--seed', '1.5'], "--seed: expected an integer of 0 or more, got '1.5'"],
    [['record'], 'parity record: expected one folder'],
    [['record', 'x', '--against', 'both'], 'parity record: expected --against pytorch or mindspore'],
    [['replay', 'a', 'b'], 'parity replay: expected one folder'],
  ])('refuses %j with exit code 2', (args, message) => {
    const { status, stderr } = run(...args);
    expect(stderr).toContain(message);
    expect(stderr).toContain('[ERR_USAGE]');
    expect(status).toBe(2);
  });
});

describe("the rule of MindSpore's precision tools", () => {
  const compare = (actual: number[], expected: number[]) =>
    compareTensors(
      { dtype: 'float64', shape: [actual.length], data: actual },
      { dtype: 'float64', shape: [expected.length], data: expected },
    );

  it.each([
    [[1, 2, 3], [1, 2, 3], 1, true],
    [[2, 4, 6], [1, 2, 3], 1, false],
    [[1.9, 3.8, 5.7], [1, 2, 3], 1, false],
    [[0.002, 0.001], [0.001, 0.002], 0.8, false],
    [[0.0102, 0.012], [0.012, 0.0102], 0.98694, false],
    [[0.0102, 0.0111], [0.0111, 0.0102], 0.99644, true],
    [[1, 0], [0, 0], 0, false],
    [[0, 0], [0, 0], 1, true],
    [[1e300, 1e300], [1e300, 1e300 * (1 + 1e-15)], 1, false],
  ])('judges %j against %j, with a cosine of %d', (actual, expected, cosine, passes) => {
    const found = compare(actual, expected);
    expect(found.cosine_similarity).toBeCloseTo(cosine, 4);
    expect(passesCosineRule(found)).toBe(passes);
  });
});
