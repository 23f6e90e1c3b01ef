/** `torchloss evaluate` as users run it: the compiled program in its own process. */
import { spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../lib/commands/evaluate/index.js';
import { open, readTensor } from '../../lib/data/index.js';
import { type Tensor, torch } from '../../lib/index.js';
import { PACKAGE_ROOT } from '../../lib/libtorch/places.js';
import type { EvaluationRecord } from '../../lib/report/record.js';
import { CLI, evaluateJson, runEvaluate } from '../helpers/evaluate_cli.js';
import { writeNpy } from '../helpers/npy.js';

const F = torch.nn.functional;
const DIGITS = join(PACKAGE_ROOT, 'examples', 'digits');
const digits = ['--input', join(DIGITS, 'logits.npy'), '--target', join(DIGITS, 'labels.npy')];
const expected = JSON.parse(readFileSync(join(DIGITS, 'expected.json'), 'utf8'));

const SAMPLES = 30_000;
let folder: string;
let files: string[];

/** Pseudorandom numbers, the same everywhere. */
function noise(count: number, seed = 1): Float32Array {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 32) * 8 - 4;
  });
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'torchloss-test-'));
  const labels = BigInt64Array.from({ length: SAMPLES }, (_, index) => BigInt((index * 7) % 4));
  files = [
    '--input',
    writeNpy(join(folder, 'scores.npy'), noise(SAMPLES * 4), [SAMPLES, 4]),
    '--target',
    writeNpy(join(folder, 'labels.npy'), labels, [SAMPLES]),
  ];
});

afterAll(() => rmSync(folder, { recursive: true }));

/** A record without the time it took. */
function findings({ results }: EvaluationRecord) {
  return results.map((result) => {
    return { ...result, seconds: 0, samplesPerSecond: 0, bytes: 0, bytesPerSecond: 0, partial: null };
  });
}

/** Flags with their values. */
function flags(values: Readonly<Record<string, string>>): string[] {
  return Object.entries(values).flatMap(([name, value]) => [`--${name}`, value]);
}

/** The value of a tensor of one element. */
function numberOf(tensor: { item(): unknown }): number {
  return Number(tensor.item());
}

function place(name: string): string {
  return join(folder, name);
}

describe('torchloss evaluate', () => {
  it('evaluates the example, by class', () => {
    const { status, stdout, stderr } = runEvaluate(['--example']);
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /\nloss {2}0\.09691187 {4}540 samples, accuracy 97\.4%, [\d.]+ m?s\n\nclass {2}samples {6}loss {2}accuracy\n/,
    );
    expect(stdout).toMatch(/\n {4}8 {7}52 {2}0\.220742 {5}92\.3% {2}█{30}\n/);
    expect(stdout).toMatch(/\n\nLibTorch \d[\d.]+ .*thread/);
  });

  it('prints one JSON document', () => {
    const record = evaluateJson(['--example']);
    expect(record).toMatchObject({ version: 2, complete: true, total: 540, done: [[0, 540]], group_by: 'target' });
    const [result] = record.results;
    expect(result?.loss).toBeCloseTo(expected['cross_entropy.mean'].float64, 7);
    expect(result?.accuracy).toBeCloseTo(expected.accuracy, 6);
    expect(result?.groups?.map(({ samples }) => samples)).toEqual([54, 55, 53, 55, 54, 55, 54, 54, 52, 54]);
    expect(result?.worst[0]).toMatchObject({
      index: 173,
      target: 9,
      predicted: 5,
      image: expect.stringMatching(/^data:/),
    });
    expect(result).not.toHaveProperty('partial');
  });

  it.each([
    ['--option', 'label_smoothing=0.1', 'cross_entropy.mean.label_smoothing=0.1'],
    ['--option', 'ignore_index=3', 'cross_entropy.mean.ignore_index=3'],
    ['--reduction', 'sum', 'cross_entropy.sum'],
    ['--loss', 'MultiMarginLoss', 'multi_margin_loss.mean'],
  ])('takes %s %s', (flag, value, key) => {
    const [result] = evaluateJson([...digits, flag, value]).results;
    expect((result?.loss ?? 0) / expected[key].float64).toBeCloseTo(1, 6);
  });

  it('takes class weights from a file', () => {
    const weight = writeNpy(
      place('weight.npy'),
      Float32Array.from({ length: 10 }, (_, i) => 0.5 + i / 9),
      [10],
    );
    const [result] = evaluateJson([...digits, '--weight', weight]).results;
    expect(result?.loss).toBeCloseTo(expected['cross_entropy.mean.weight=linspace(0.5,1.5,10)'].float64, 7);
  });

  it("uses the namespace's names, orders and defaults", () => {
    const [input, , target] = [digits[1] as string, 0, digits[3] as string];
    const named = evaluateJson([
      '--api',
      'mindspore.nn',
      '--loss',
      'cross_entropy',
      '--logits',
      input,
      '--labels',
      target,
    ]);
    expect(named.results[0]?.loss_function).toBe('mindspore.nn.CrossEntropyLoss');
    expect(findings(named)[0]?.loss).toBe(findings(evaluateJson(digits))[0]?.loss);
    expect(Object.keys(named.files)).toEqual(['logits', 'labels']);
    const smooth = ['--loss', 'smooth_l1_loss', '--input', input, '--target', input];
    expect(evaluateJson([...smooth, '--api', 'torch.nn']).results[0]?.loss).toBe(0);
    expect(runEvaluate([...smooth, '--api', 'mindspore.ops'])).toMatchObject({
      status: 2,
      stderr: "torchloss: --reduction: reduction: expected one that gives a single number, got 'none' [ERR_USAGE]\n",
    });
  });

  it('computes losses of three tensors and of other formats', async () => {
    const tensors = [1, 2, 3].map((seed) => noise(600, seed));
    const specs = tensors.map((data, index) => {
      writeFileSync(place(`t${index}.bin`), data);
      return `${place(`t${index}.bin`)}?dtype=float32&shape=-1,6`;
    });
    const [anchor, positive, negative] = tensors.map((data) => torch.tensor(data, { shape: [100, 6] })) as [
      Tensor,
      Tensor,
      Tensor,
    ];
    const named = ['--anchor', '--positive', '--negative'].flatMap((flag, index) => [flag, specs[index] as string]);
    const [result] = evaluateJson(['--loss', 'triplet_margin_loss', '--option', 'margin=2.5', ...named]).results;
    expect(result?.loss).toBeCloseTo(numberOf(F.triplet_margin_loss(anchor, positive, negative, { margin: 2.5 })), 6);
    const csv = place('target.csv');
    writeFileSync(
      csv,
      `id,sign\n${Array.from({ length: 100 }, (_, i) => `${i},${i % 3 === 0 ? 1 : -1}`).join('\n')}\n`,
    );
    const cosine = ['--loss', 'cosine_embedding_loss', '--input1', specs[0] as string, '--input2', specs[1] as string];
    const sign = await open(`${csv}#sign`);
    const [other] = evaluateJson([...cosine, '--target', `${csv}#sign`]).results;
    expect(other?.loss).toBeCloseTo(numberOf(F.cosine_embedding_loss(anchor, positive, await readTensor(sign))), 6);
    await sign.close();
  });

  it('computes a loss whose samples are not in the first dimension, as one batch', () => {
    const scores = noise(20 * 5 * 6);
    const log_probs = F.log_softmax(torch.tensor(scores, { shape: [20, 5, 6] }), { dim: 2 });
    const targets = BigInt64Array.from({ length: 20 }, (_, index) => BigInt(1 + (index % 5)));
    const lengths = [Array.from({ length: 5 }, () => 20n), Array.from({ length: 5 }, () => 4n)].map((list) =>
      BigInt64Array.from(list),
    );
    const [inputLengths, targetLengths] = lengths as [BigInt64Array, BigInt64Array];
    const args = flags({
      log_probs: writeNpy(place('log_probs.npy'), log_probs.toTypedArray(), [20, 5, 6]),
      targets: writeNpy(place('targets.npy'), targets, [5, 4]),
      input_lengths: writeNpy(place('lengths.npy'), inputLengths, [5]),
      target_lengths: writeNpy(place('target_lengths.npy'), targetLengths, [5]),
    });
    const [result] = evaluateJson(['--loss', 'ctc_loss', ...args]).results;
    const [input_lengths, target_lengths] = lengths.map((list) => torch.tensor(list)) as [Tensor, Tensor];
    const loss = F.ctc_loss(
      log_probs,
      torch.tensor(targets, { shape: [5, 4] }) as any,
      input_lengths as any,
      target_lengths as any,
    );
    expect(result?.loss).toBeCloseTo(numberOf(loss), 5);
    expect(runEvaluate(['--loss', 'ctc_loss', ...args, '--shard', '1/2'])).toMatchObject({ status: 2 });
  });

  it('takes element weights sample by sample', () => {
    const [input, target, weight] = [noise(500, 4), noise(500, 5), noise(500, 6)].map((data) =>
      data.map(Math.abs).map((x) => x / 4),
    );
    const args = { input, target, weight } as Record<string, Float32Array>;
    const named = Object.entries(args).flatMap(([name, data]) => [
      `--${name}`,
      writeNpy(place(`bce_${name}.npy`), data, [100, 5]),
    ]);
    const record = evaluateJson(['--loss', 'binary_cross_entropy', ...named, '--batch-size', '7']);
    const [x, y, w] = Object.values(args).map((data) => torch.tensor(data, { shape: [100, 5] })) as [
      Tensor,
      Tensor,
      Tensor,
    ];
    expect(record.results[0]?.loss).toBeCloseTo(
      numberOf(F.binary_cross_entropy(x as any, y as any, { weight: w as any })),
      6,
    );
    expect(record.results[0]?.samples).toBe(100);
  });

  it('computes several losses in one pass, each with its own options', () => {
    const args = [
      ...digits,
      '--loss',
      'cross_entropy',
      '--loss',
      'multi_margin_loss',
      '--option',
      'multi_margin_loss.margin=2',
    ];
    const { results } = evaluateJson([...args, '--option', 'label_smoothing=0.1']);
    expect(results.map(({ loss_function, options }) => [loss_function, options])).toEqual([
      ['torch.nn.functional.cross_entropy', { label_smoothing: 0.1 }],
      ['torch.nn.functional.multi_margin_loss', { margin: 2 }],
    ]);
    expect(results[1]?.loss).toBe(
      evaluateJson([...digits, '--loss', 'multi_margin_loss', '--option', 'margin=2']).results[0]?.loss,
    );
    const { stdout } = runEvaluate([...args, '--group-by', 'labels', '--top', '2']);
    expect(stdout).toMatch(
      /\ncross_entropy {6}0\.09691187 {4}540 samples, accuracy 97\.4%, .*\nmulti_margin_loss {2}0\.0/,
    );
    expect(stdout).toMatch(/\nclass {2}samples {6}loss {2}accuracy {2}multi_margin_loss\n/);
    expect(stdout).toMatch(/\nworst samples by cross_entropy\n\nsample .*\n.*\n173 {5}10\.17\d+ +9 +5\n219 /);
  });

  it('groups by a separate file', () => {
    const groups = writeNpy(
      place('groups.npy'),
      Uint8Array.from({ length: 540 }, (_, index) => index % 2),
      [540],
    );
    const [result] = evaluateJson([...digits, '--group-by', groups]).results;
    expect(result?.groups?.map(({ group, samples }) => [group, samples])).toEqual([
      [0, 270],
      [1, 270],
    ]);
    expect(result?.worst[0]).toMatchObject({ index: 173, group: 1, target: 9 });
    expect(runEvaluate([...digits, '--group-by', groups]).stdout).toContain('\ngroup  samples');
  });

  it('writes the loss of every sample', async () => {
    const [one, two] = [place('one.npy'), place('two.npy')];
    runEvaluate([...digits, '--per-sample', one]);
    runEvaluate([
      ...digits,
      '--loss',
      'cross_entropy',
      '--loss',
      'multi_margin_loss',
      '--per-sample',
      two,
      '--batch-size',
      '100',
    ]);
    const read = async (file: string) => {
      const source = await open(file);
      const tensor = await readTensor(source);
      await source.close();
      return tensor;
    };
    const [input, target] = [await read(digits[1] as string), await read(digits[3] as string)];
    const each = F.cross_entropy((input as any).to('float64'), target as any, { reduction: 'none' });
    expect((await read(one)).allclose(each, { rtol: 2 ** -23, atol: 1e-14 })).toBe(true);
    const both = await read(two);
    expect(both.shape).toEqual([540, 2]);
    const margins = F.multi_margin_loss(input as any, target as any, { reduction: 'none' }).to('float64');
    const rows = Array.from((await read(one)).toTypedArray() as Float64Array, (loss, index) => [
      loss,
      margins.toTypedArray()[index],
    ]);
    expect(both.tolist()).toEqual(rows);
  });
});

describe('shards', () => {
  it('merge to the bits of one run, in any order', () => {
    const args = [...files, '--group-by', 'target', '--loss', 'cross_entropy', '--loss', 'multi_margin_loss'];
    const whole = evaluateJson(args);
    const shards = [3, 1, 2].map((index) => {
      const file = place(`shard${index}.json`);
      const { stdout } = runEvaluate([...args, '--shard', `${index}/3`, '--json']);
      writeFileSync(file, stdout);
      return file;
    });
    expect(JSON.parse(readFileSync(shards[0] as string, 'utf8'))).toMatchObject({
      shard: '3/3',
      done: [[20_000, 30_000]],
      complete: true,
    });
    const merged = evaluateJson(['--merge', ...shards]);
    expect(merged).toMatchObject({ complete: true, total: SAMPLES, done: [[0, SAMPLES]], shard: null });
    expect(findings(merged)).toEqual(findings(whole));
    const some = runEvaluate(['--merge', ...shards.slice(0, 2), '--report', place('some.html')]);
    expect(some).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('\nPARTIAL: 20000 samples of 30000: 0 to 9999, 20000 to 29999\ncross_entropy  '),
    });
    expect(readFileSync(place('some.html'), 'utf8')).toContain('Partial result');
    expect(runEvaluate(['--merge', ...shards, shards[1] as string])).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/--merge: .*shard1\.json and .*shard1\.json both contain sample 0 /),
    });
    const other = place('other.json');
    writeFileSync(other, runEvaluate([...files, '--shard', '1/3', '--json']).stdout);
    expect(runEvaluate(['--merge', shards[0] as string, other])).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/--merge: --loss is torch\.nn\.functional\.cross_entropy, .* in .*shard3\.json/),
    });
  });
});

describe.runIf(process.platform !== 'win32')('a run that is stopped', () => {
  /** Starts a run of many small batches and sends it a signal while it runs. */
  async function stop(signal: NodeJS.Signals, args: readonly string[], started: string) {
    const child = spawn(process.execPath, [CLI, 'evaluate', ...files, '--batch-size', '1', ...args]);
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (data) => (stdout += data));
    child.stderr.on('data', (data) => (stderr += data));
    const closed = new Promise<number | null>((resolve) => child.on('close', resolve));
    while (!existsSync(started)) await sleep(10);
    await sleep(400);
    child.kill(signal);
    return { code: await closed, stdout, stderr };
  }

  it('reports its progress and continues to the same bits as one run', async () => {
    const checkpoint = place('checkpoint.json');
    const losses = place('losses.npy');
    const args = ['--group-by', 'target', '--checkpoint', checkpoint, '--per-sample', losses];
    const { code, stdout, stderr } = await stop('SIGINT', [...args, '--json'], losses);
    expect(code).toBe(130);
    const partial = JSON.parse(stdout) as EvaluationRecord;
    const [[, end] = [0, 0]] = partial.done;
    expect(partial.complete).toBe(false);
    expect(end).toBeGreaterThan(0);
    expect(end).toBeLessThan(SAMPLES);
    expect(partial.results[0]?.samples).toBe(end);
    expect(stderr).toContain('finishing the current batch');
    expect(stderr).toContain(`PARTIAL: ${end} samples of ${SAMPLES}\n`);
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);

    expect(runEvaluate([...files, ...args, '--resume', '--option', 'label_smoothing=0.5'])).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(
        /--resume: .* was made by another evaluation: --option was \{\}, now \{"label_smoothing":0\.5\}/,
      ),
    });
    const resumed = evaluateJson([...files, ...args, '--resume']);
    const whole = evaluateJson([...files, '--group-by', 'target', '--per-sample', place('whole.npy')]);
    expect(resumed.complete).toBe(true);
    expect(findings(resumed)).toEqual(findings(whole));
    expect(readFileSync(losses).equals(readFileSync(place('whole.npy')))).toBe(true);
    expect(findings(evaluateJson([...files, ...args, '--resume']))).toEqual(findings(whole));

    const { atime, mtime } = statSync(files[3] as string);
    utimesSync(files[3] as string, atime, new Date(mtime.getTime() + 5000));
    expect(runEvaluate([...files, ...args, '--resume'])).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/--resume: .*: --target was .*labels\.npy \(\d+ bytes, written .*, now /),
    });
    utimesSync(files[3] as string, atime, mtime);
  });

  it('exits with 143 after SIGTERM, and prints the loss of the samples done', async () => {
    const losses = place('terminated.npy');
    const { code, stdout } = await stop('SIGTERM', ['--per-sample', losses], losses);
    expect(code).toBe(143);
    const [, samples] = /\nPARTIAL: (\d+) samples of 30000\nloss {2}[\de.-]+ {4}(?:\d+) samples?/.exec(stdout) ?? [];
    const source = await open(losses);
    expect(source.shape).toEqual([Number(samples)]);
    await source.close();
  });
});

describe('progress', () => {
  const pattern = /\r\x1b\[K\[#*\.*\] \d+% {2}[\d.]+ [kMG]? ?samples\/s {2}[\d.]+ [KMG]iB\/s {2}[\d:]+ left/;

  // On other systems `script` has other options or is missing.
  it.runIf(process.platform === 'linux')('is shown on a terminal, only on standard error', () => {
    const command = [process.execPath, CLI, 'evaluate', ...files, '--batch-size', '100']
      .map((word) => `'${word}'`)
      .join(' ');
    const shown = spawnSync('script', ['-qec', `stty columns 100; ${command} >'${place('out.txt')}'`, '/dev/null'], {
      encoding: 'utf8',
    });
    expect(shown.status).toBe(0);
    expect(shown.stdout).toMatch(pattern);
    expect(shown.stdout.endsWith('\r\x1b[K')).toBe(true);
    expect(readFileSync(place('out.txt'), 'utf8')).toMatch(/^torch\.nn\.functional\.cross_entropy of [^\x1b\r]*$/);
  });

  it('is not shown in a pipe', () => {
    const { stdout, stderr } = runEvaluate([...files, '--batch-size', '100']);
    expect(stderr).toBe('');
    expect(stdout).not.toMatch(/[\r\x1b]/);
  });
});

describe('exit codes', () => {
  it.each<[string[], string]>([
    [['--loss', 'cross_entorpy'], "--loss: unknown loss 'cross_entorpy'; did you mean 'cross_entropy'?"],
    [
      ['--api', 'tensorflow'],
      "--api: expected one of torch.nn, torch.nn.functional, mindspore.nn, mindspore.ops, got 'tensorflow'",
    ],
    [['--api', 'mindspore.ops', '--loss', 'poisson_nll_loss'], "--loss: mindspore.ops has no 'poisson_nll_loss'"],
    [['--loss', 'mse_loss', '--loss', 'MSELoss'], '--loss: mse_loss is given twice'],
    [
      ['--logits', 'x.npy'],
      'unknown option --logits: cross_entropy takes --input, --target, --weight; `torchloss evaluate --help` lists the others',
    ],
    [['--input', 'x.npy'], '--target: expected a file; cross_entropy needs --input and --target'],
    [
      ['--option', 'smoothing=0.1'],
      "--option: unknown option 'smoothing': cross_entropy has weight, size_average, ignore_index, reduce, reduction, label_smoothing",
    ],
    [['--option', 'label_smoothing'], "--option: expected NAME=VALUE, got 'label_smoothing'"],
    [['--example', '--option', 'label_smoothing=much'], "--option: label_smoothing: expected a number, got 'much'"],
    [['--option', 'weight=w.npy'], '--option: weight is a tensor; use --weight FILE'],
    [['--option', 'l1_loss.weight=1'], '--option: l1_loss.weight needs --loss l1_loss'],
    [
      ['--loss', 'triplet_margin_with_distance_loss', '--option', 'distance_function=l1'],
      '--option: distance_function is a function and cannot be given on the command line',
    ],
    [['--example', '--reduction', 'median'], "--reduction: reduction: expected 'none', 'mean' or 'sum', got 'median'"],
    [['--example', '--device', 'gpu'], "--device: expected cpu, cuda or cuda:N, got 'gpu'"],
    [['--example', '--shard', '4/3'], "--shard: expected auto, or I/N with I from 1 to N, got '4/3'"],
    [['--example', '--batch-size', '0'], "--batch-size: expected an integer of 1 or more, got '0'"],
    [['--example', '--top=-1'], "--top: expected an integer of 0 or more, got '-1'"],
    [['--example', '--resume'], '--resume needs --checkpoint FILE'],
    [
      ['--input', 'scores.xyz', '--target', 'x.npy'],
      "--input: unknown extension of scores.xyz; name the format, as in 'scores.xyz?format=csv'",
    ],
    [
      ['--input', 'x.bin?dtype=float32&shape=a', '--target', 'x.npy'],
      "--input: expected a shape such as -1,10, got 'a'",
    ],
    [['--merge'], '--merge: expected the JSON files of the shards'],
  ])('2 for %j', async (args, message) => {
    const error = await run(args).catch((error: unknown) => error);
    expect(error).toMatchObject({ code: 'ERR_USAGE', message: expect.stringMatching(/^(there|unknown|--)/) });
    expect((error as Error).message.slice(0, message.length)).toBe(message);
  });

  it.each<[string[], string]>([
    [
      ['--input', 'nowhere.npy', '--target', 'nowhere.npy'],
      '--input: nowhere.npy: no such file or folder [ERR_FILE_READ]',
    ],
    [['--group-by', 'nowhere.npy'], '--group-by: nowhere.npy: no such file or folder [ERR_FILE_READ]'],
    [['--merge', 'nowhere.json'], 'nowhere.json: no such file or folder [ERR_FILE_READ]'],
    [['--report', '/nowhere/report.html'], '--report: /nowhere/report.html: no such file or folder [ERR_FILE_WRITE]'],
    [
      ['--per-sample', '/nowhere/losses.npy'],
      '--per-sample: /nowhere/losses.npy: no such file or folder [ERR_FILE_WRITE]',
    ],
  ])('1 for a file that cannot be used, naming it: %j', (args, message) => {
    const example = ['--group-by', '--report', '--per-sample'].includes(args[0] as string) ? ['--example'] : [];
    expect(runEvaluate([...example, ...args])).toMatchObject({
      status: 1,
      stdout: '',
      stderr: `torchloss: ${message}\n`,
    });
  });

  it('2 for a call that Node cannot read', () => {
    expect(runEvaluate(['--input'])).toMatchObject({ status: 2, stderr: expect.stringContaining('[ERR_USAGE]') });
    expect(runEvaluate(['extra'])).toMatchObject({ status: 2, stderr: expect.stringContaining('[ERR_USAGE]') });
  });

  it('1 for data that do not match, naming the flag', () => {
    const short = writeNpy(place('short.npy'), new BigInt64Array(539), [539]);
    expect(runEvaluate(['--input', digits[1] as string, '--target', short])).toMatchObject({
      status: 1,
      stderr: 'torchloss: --target: expected 540 samples, as --input has, got 539 [ERR_INVALID_ARG_VALUE]\n',
    });
    const wrong = writeNpy(
      place('wrong.npy'),
      BigInt64Array.from({ length: 540 }, (_, index) => (index === 345 ? 10n : 1n)),
      [540],
    );
    expect(runEvaluate(['--input', digits[1] as string, '--target', wrong, '--batch-size', '100'])).toMatchObject({
      status: 1,
      stdout: '',
      stderr: 'torchloss: sample 345: Target 10 is out of bounds. [ERR_TORCH]\n',
    });
    writeFileSync(place('damaged.npy'), '\x93NUMPY?');
    expect(runEvaluate(['--input', place('damaged.npy'), '--target', short])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('damaged.npy'),
    });
    writeFileSync(place('damaged.json'), '{"version":');
    expect(runEvaluate([...digits, '--resume', '--checkpoint', place('damaged.json')])).toMatchObject({ status: 1 });
  });

  it('0 with a warning for losses that are not finite', () => {
    const input = writeNpy(place('nan.npy'), Float32Array.from([1, Number.NaN, 3]), [3, 1]);
    const target = writeNpy(place('zero.npy'), new Float32Array(3), [3, 1]);
    const { status, stdout, stderr } = runEvaluate([
      '--loss',
      'l1_loss',
      '--input',
      input,
      '--target',
      target,
      '--json',
    ]);
    expect(status).toBe(0);
    expect(stderr).toBe('torchloss: torch.nn.functional.l1_loss is not finite for 1 sample: 1 (NaN)\n');
    expect(JSON.parse(stdout).results[0].loss).toBe('NaN');
  });

  it('are in the help', () => {
    expect(spawnSync(process.execPath, [CLI, 'evaluate', '--help'], { encoding: 'utf8' }).stdout).toMatch(
      /Exit codes\n {2}0 .*\n {2}1 .*\n {2}2 .*\n {2}3 .*\n {2}130, 143 /,
    );
  });
});
