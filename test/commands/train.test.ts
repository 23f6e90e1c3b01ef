import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { run } from '../../lib/commands/train/index.js';
import { PACKAGE_ROOT } from '../../lib/libtorch/places.js';
import { type Tensor, torch } from '../../lib/index.js';
import { save_file } from '../../lib/safetensors/index.js';
import { temporaryFolder } from '../helpers/libtorch.js';

const CLI = join(PACKAGE_ROOT, 'dist', 'cli.js');
const DIGITS = join(PACKAGE_ROOT, 'examples', 'digits', 'digits.safetensors');
const FILES = ['--input', `${DIGITS}#train.images`, '--target', `${DIGITS}#train.labels`];
const MLP = ['--model', 'mlp', ...FILES];

function train(...args: string[]) {
  return spawnSync(process.execPath, [CLI, 'train', ...args], { encoding: 'utf8' });
}

/** All numbers of a checkpoint, as text. */
function contentsOf(file: string): string {
  const { progress, ...rest } = torch.load<Record<string, unknown>>(file);
  const { history, best, step } = progress as { history: { seconds: number }[]; best: unknown; step: number };
  const plain = (value: unknown): unknown => {
    if (value instanceof torch.Tensor) return Buffer.from(value.contiguous().toTypedArray().buffer).toString('hex');
    if (value instanceof Map) return [...value].map(([key, item]) => [key, plain(item)]);
    if (Array.isArray(value)) return value.map(plain);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
  };
  return JSON.stringify([plain(rest), history.map((record) => ({ ...record, seconds: 0 })), best, step]);
}

/** CRC-32C, bit by bit from its definition. */
function crc32c(bytes: Uint8Array): number {
  let rest = 0xffffffff;
  for (const byte of bytes)
    for (let bit = 0; bit < 8; bit++) {
      const isSet = ((rest ^ (byte >>> bit)) & 1) === 1;
      rest = (rest >>> 1) ^ (isSet ? 0x82f63b78 : 0);
    }
  return ~rest >>> 0;
}

/** The fields of a message of protocol buffers. */
function fieldsOf(bytes: Buffer): Map<number, (Buffer | number)[]> {
  const fields = new Map<number, (Buffer | number)[]>();
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++] as number;
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const key = varint();
    let value: Buffer | number;
    if (key % 8 === 0) value = varint();
    else if (key % 8 === 1) [value, at] = [bytes.readDoubleLE(at), at + 8];
    else if (key % 8 === 5) [value, at] = [bytes.readFloatLE(at), at + 4];
    else {
      const length = varint();
      [value, at] = [bytes.subarray(at, at + length), at + length];
    }
    const field = Math.floor(key / 8);
    fields.set(field, [...(fields.get(field) ?? []), value]);
  }
  return fields;
}

/** The scalars of an event file, with its records' checksums compared. */
function scalarsOf(file: string): { step: number; tag: string; value: number }[] {
  const bytes = readFileSync(file);
  const masked = (part: Uint8Array) => {
    const sum = crc32c(part);
    return (((sum >>> 15) | (sum << 17)) + 0xa282ead8) >>> 0;
  };
  const found = [];
  let at = 0;
  for (let record = 0; at < bytes.length; record++) {
    const length = Number(bytes.readBigUInt64LE(at));
    expect(bytes.readUInt32LE(at + 8)).toBe(masked(bytes.subarray(at, at + 8)));
    const data = bytes.subarray(at + 12, at + 12 + length);
    expect(bytes.readUInt32LE(at + 12 + length)).toBe(masked(data));
    at += length + 16;
    const event = fieldsOf(data);
    if (record === 0) expect(String(event.get(3)?.[0])).toBe('brain.Event:2');
    for (const value of fieldsOf((event.get(5)?.[0] ?? Buffer.alloc(0)) as Buffer).get(1) ?? []) {
      const scalar = fieldsOf(value as Buffer);
      found.push({
        step: event.get(2)?.[0] as number,
        tag: String(scalar.get(1)?.[0]),
        value: scalar.get(2)?.[0] as number,
      });
    }
  }
  return found;
}

it("computes the standard's checksum", () => {
  // RFC 3720, B.4: 32 bytes of zeros, and of ones.
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(new Uint8Array(32).fill(255))).toBe(0x62a8ab43);
});

describe('torchloss train', () => {
  it('learns digits, and writes checkpoints, metrics, events and a report', () => {
    const folder = temporaryFolder();
    const place = join(folder, 'run');
    const report = join(folder, 'run.html');
    const args = [
      '--model',
      'mlp:128',
      ...FILES,
      '--epochs',
      '8',
      '--lr',
      '0.003',
      '--schedule',
      'cosine',
      '--monitor',
      'accuracy',
    ];
    const { stdout, stderr, status } = train(
      ...args,
      '--checkpoint',
      place,
      '--report',
      report,
      '--metric',
      'f1',
      '--json',
    );
    expect(stderr).toBe('');
    expect(status).toBe(0);
    const { epochs, best, ended, steps, worst } = JSON.parse(stdout);
    expect([epochs.length, ended, steps, worst.length]).toEqual([8, 'completed', 288, 10]);
    expect(best.value).toBeGreaterThanOrEqual(0.95);
    expect(best.value).toBe(epochs[best.epoch - 1].validation.metrics.accuracy);
    expect(Object.keys(epochs[0].validation.metrics)).toEqual(['f1', 'accuracy']);
    // The learning rates of the cosine from 0.003 down.
    expect(epochs.map(({ lr }: { lr: number }) => lr)[4]).toBeCloseTo(0.0015, 10);

    const lines = readFileSync(join(place, 'metrics.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.filter(({ kind }) => kind === 'step').map(({ step }) => step)).toEqual(
      Array.from({ length: 288 }, (_, at) => at + 1),
    );
    expect(lines.filter(({ kind }) => kind === 'epoch')).toEqual(
      epochs.map((record: object) => ({ kind: 'epoch', ...record })),
    );

    const [events] = readdirSync(place).filter((name) => name.startsWith('events.out.tfevents.'));
    const scalars = scalarsOf(join(place, events as string));
    const ofTag = (wanted: string) => scalars.filter(({ tag }) => tag === wanted);
    expect(ofTag('loss/step').map(({ value }) => value)).toEqual(
      lines.filter(({ kind }) => kind === 'step').map(({ loss }) => Math.fround(loss)),
    );
    expect(ofTag('accuracy/validation').map(({ step, value }) => [step, value])).toEqual(
      epochs.map((epoch: { step: number; validation: { metrics: { accuracy: number } } }) => [
        epoch.step,
        Math.fround(epoch.validation.metrics.accuracy),
      ]),
    );

    const page = readFileSync(report, 'utf8');
    for (const curve of ['cross_entropy', 'accuracy', 'f1', 'learning rate', 'gradient norm'])
      expect(page).toContain(`aria-label="${curve} by step"`);
    expect(page.match(/<polyline/g)).toHaveLength(7);
    expect(page).toContain(`${best.epoch} (best)`);
    expect(page).toContain('Worst validation samples');
    expect(page).toContain(`<tr><th class="number" scope="row">${worst[0].row}</th>`);

    const weight = torch.load<Record<string, Tensor>>(join(place, 'best.pt'))['0.weight'];
    expect(weight?.shape).toEqual([128, 64]);
  }, 600_000);

  it('saves on Ctrl-C, says how to continue, and ends with the same bits', async () => {
    const folder = temporaryFolder();
    const args = ['--model', 'mlp:32', ...FILES, '--epochs', '4', '--batch-size', '16', '--seed', '3', '--every', '20'];
    expect(train(...args, '--checkpoint', join(folder, 'whole')).status).toBe(0);
    const place = join(folder, 'stopped');
    const child = spawn(process.execPath, [CLI, 'train', ...args, '--checkpoint', place]);
    let said = '';
    child.stderr.on('data', (data) => (said += data));
    let isSent = false;
    child.stdout.on('data', () => {
      if (!isSent) isSent = child.kill('SIGINT');
    });
    expect(await once(child, 'close')).toEqual([130, null]);
    const words = ['train', ...args, '--checkpoint', place, '--resume'];
    expect(said).toBe(`torchloss: stopped and saved in ${place}; continue with\n  torchloss ${words.join(' ')}\n`);
    const resumed = train(...words.slice(1));
    expect(resumed.stderr).toMatch(/^torchloss: resuming from .*step-\d{9}\.pt: step \d+, \d epochs? done\n$/);
    expect(resumed.status).toBe(0);
    const last = 'step-000000284.pt';
    expect(contentsOf(join(place, last))).toBe(contentsOf(join(folder, 'whole', last)));
    const steps = (name: string) =>
      readFileSync(join(folder, name, 'metrics.jsonl'), 'utf8')
        .split('\n')
        .filter((line) => line.includes('"step","loss"'));
    expect(steps('stopped')).toEqual(steps('whole'));
    expect(train(...words.slice(1), '--seed', '4').stderr).toContain(
      `--resume: the run in ${place} has --seed 3, not --seed 4`,
    );
    expect(train(...args, '--checkpoint', place).stderr).toContain(
      'has checkpoints of another run; --resume continues it',
    );
  }, 600_000);

  it('trains a TorchScript module, and saves it as one', () => {
    const folder = temporaryFolder();
    torch.manual_seed(0);
    const { nn } = torch;
    const made = new nn.Sequential(new nn.Linear(64, 32), new nn.ReLU(), new nn.Linear(32, 10));
    const file = join(folder, 'model.pt');
    torch.jit.save(torch.jit.trace(made, [torch.zeros([2, 64])]), file);
    const out = join(folder, 'trained.pt');
    const { stdout, stderr } = train(
      '--model',
      file,
      ...FILES,
      '--epochs',
      '4',
      '--lr',
      '0.003',
      '--save',
      out,
      '--json',
    );
    expect(stderr).toBe('');
    const { epochs } = JSON.parse(stdout);
    expect(epochs.at(-1).validation.metrics.accuracy).toBeGreaterThan(0.9);
    const [before, after] = [torch.jit.load(file), torch.jit.load(out)];
    expect(Object.keys(after.state_dict())).toEqual(Object.keys(before.state_dict()));
    expect(after.state_dict()['0.weight']?.equal(before.state_dict()['0.weight'] as Tensor)).toBe(false);
  }, 600_000);

  it('learns numbers, and columns of a CSV file', () => {
    const folder = temporaryFolder();
    torch.manual_seed(0);
    const x = torch.rand([200, 3]);
    const y = x.matmul(torch.tensor([[1], [-2], [0.5]])).add(3);
    const file = join(folder, 'x.safetensors');
    save_file({ x, y }, file);
    const linear = [
      '--model',
      'mlp',
      '--input',
      `${file}#x`,
      '--target',
      `${file}#y`,
      '--loss',
      'mse_loss',
      '--optimizer',
      'sgd',
      '--lr',
      '0.3',
    ];
    const { stdout, stderr } = train(...linear, '--momentum', '0.9', '--epochs', '40', '--json');
    expect(stderr).toBe('');
    expect(JSON.parse(stdout).epochs.at(-1).validation.metrics.r2).toBeGreaterThan(0.999);
    const csv = join(folder, 'x.csv');
    const rows = Array.from({ length: 60 }, (_, at) => `${at / 60},${at < 30 ? 0 : 1}`);
    writeFileSync(csv, `x,label\n${rows.join('\n')}\n`);
    const classes = [
      '--model',
      'mlp:8',
      '--input',
      `${csv}#x`,
      '--target',
      `${csv}#label`,
      '--validation',
      '0.2',
      '--lr',
      '0.05',
    ];
    const { epochs } = JSON.parse(train(...classes, '--epochs', '30', '--json').stdout);
    expect(epochs.at(-1).validation.metrics.accuracy).toBeGreaterThan(0.8);
  }, 600_000);

  it('takes columns by a pattern, equally from CSV, Parquet and Arrow', () => {
    const tables = join(PACKAGE_ROOT, 'test', 'fixtures', 'tables');
    const outcome = (name: string, columns: string) => {
      const place = join(temporaryFolder(), 'run');
      const [input, target] = [`${join(tables, name)}#${columns}`, `${join(tables, name)}#label`];
      const args = ['--model', 'mlp:3', '--input', input, '--target', target, '--epochs', '3', '--checkpoint', place];
      const { stderr, stdout } = train(...args, '--batch-size', '4', '--json');
      expect(stderr).toBe('');
      expect(JSON.parse(stdout).epochs).toHaveLength(3);
      const weights = torch.load<Record<string, Tensor>>(join(place, 'best.pt'));
      return Object.values(weights).map((weight) => weight.tolist());
    };
    const expected = outcome('pandas.csv', 'logit_0,logit_1,logit_2,logit_3');
    expect((expected[0] as number[][]).map((row) => row.length)).toEqual([4, 4, 4]);
    for (const name of ['pandas.csv', 'pandas.parquet', 'pandas.feather'])
      expect(outcome(name, 'logit_*'), name).toEqual(expected);
  }, 600_000);

  it('takes flags in kebab and in snake case, and numbers in any notation', () => {
    const place = join(temporaryFolder(), 'run');
    const args = [...MLP, '--checkpoint', place];
    expect(train(...args, '--epochs', '1', '--batch_size=64', '--clip_grad_norm', '1', '--lr', '1e-3').stderr).toBe('');
    const resumed = train(
      ...args,
      '--epochs',
      '1',
      '--batch-size',
      '64',
      '--clip-grad-norm=1',
      '--lr',
      '0.001',
      '--resume',
    );
    expect(resumed.stderr).toMatch(/^torchloss: resuming from .*: step \d+, 1 epoch done\n$/);
    expect(resumed.status).toBe(0);
  }, 600_000);

  it('trains in mixed precision, which belongs to the settings of a run', () => {
    const place = join(temporaryFolder(), 'run');
    const args = ['--model', 'mlp:32', ...FILES, '--epochs', '2', '--lr', '0.003', '--checkpoint', place];
    const { stdout, stderr } = train(...args, '--autocast', 'bfloat16', '--json');
    expect(stderr).toBe('');
    const plain = JSON.parse(train(...args.slice(0, -2), '--json').stdout);
    const { epochs } = JSON.parse(stdout);
    expect(epochs[1].loss).not.toBe(plain.epochs[1].loss);
    expect(epochs[1].loss / plain.epochs[1].loss).toBeCloseTo(1, 1);
    expect(train(...args, '--resume').stderr).toContain('has --autocast bfloat16, not no --autocast');
  }, 600_000);

  it('stops at a NaN loss on request', () => {
    const folder = temporaryFolder();
    const file = join(folder, 'x.safetensors');
    const x = torch.arange(40).div(40).reshape([40, 1]);
    x.select(0, 20).fill_(Number.NaN);
    save_file({ x, y: torch.ones([40, 1]) }, file);
    const place = join(folder, 'run');
    const report = join(folder, 'run.html');
    const args = [
      '--model',
      'mlp',
      '--input',
      `${file}#x`,
      '--target',
      `${file}#y`,
      '--loss',
      'mse_loss',
      '--validation',
      '0',
    ];
    const stopped = train(
      ...args,
      '--batch-size',
      '1',
      '--every',
      '1',
      '--checkpoint',
      place,
      '--fail-on',
      'nan',
      '--report',
      report,
    );
    expect(stopped.status).toBe(3);
    expect(stopped.stderr).toMatch(
      /^torchloss: --fail-on nan: a loss is NaN; the last checkpoint is .*step-\d{9}\.pt\n$/,
    );
    const [, last] = /checkpoint is (.*)\n/.exec(stopped.stderr) as unknown as [string, string];
    const { model } = torch.load<{ model: Record<string, Tensor> }>(last);
    expect(
      Object.values(model)
        .flatMap((tensor) => tensor.flatten().tolist())
        .every(Number.isFinite),
    ).toBe(true);
    expect(readFileSync(report, 'utf8')).toContain('stopped by a loss that is NaN');
    expect(train(...args, '--epochs', '1').status).toBe(0);
  }, 600_000);

  it('shows control characters in names by their numbers, and refuses damaged records', () => {
    const place = join(temporaryFolder(), 'run\u001b[31m');
    const csv = join(temporaryFolder(), 'x.csv');
    writeFileSync(csv, `x,label\n${Array.from({ length: 20 }, (_, at) => `${at},${at % 2}`).join('\n')}\n`);
    const args = ['--model', 'mlp', '--input', `${csv}#x`, '--target', `${csv}#label`, '--checkpoint', place];
    expect(train(...args, '--epochs', '1').status).toBe(0);
    const resumed = train(...args, '--epochs', '2', '--resume').stderr;
    expect(resumed).toMatch(/^torchloss: resuming from .*run\\u001b\[31m/);
    expect(resumed).not.toContain('\u001b');
    const log = join(place, 'metrics.jsonl');
    const lines = readFileSync(log, 'utf8');
    for (const [line, problem] of [
      ['{"kind":"step","step":1,"epoch":1,"loss":"low","grad_norm":1,"lr":1}', 'loss: expected a number'],
      ['{"kind":"epoch","epoch":1}', 'step: expected a number, got undefined'],
    ]) {
      writeFileSync(log, `${lines}${line}\n`);
      const { status, stderr } = train(...args, '--epochs', '3', '--resume');
      expect(status).toBe(1);
      expect(stderr).toContain(`metrics.jsonl: line ${lines.split('\n').length}: ${problem}`);
      expect(stderr).toContain('[ERR_FILE_FORMAT]');
    }
    writeFileSync(log, lines);
    const settings = join(place, 'settings.json');
    for (const [text, problem] of [
      ['[]', 'expected an object, got an array of length 0'],
      ['{"seed":1}', 'seed: expected a string, got 1'],
    ] as const) {
      writeFileSync(settings, text);
      expect(train(...args, '--epochs', '3', '--resume').stderr).toContain(`settings.json: ${problem}`);
    }
  }, 600_000);

  it.each<[string, string[], string]>([
    ['no files', ['--model', 'mlp'], '--input: expected a file; training needs --input and --target'],
    ['no model', FILES, '--model: expected mlp:SIZES, such as mlp:256,128'],
    [
      'invalid sizes',
      ['--model', 'mlp:0', ...FILES],
      "--model: expected sizes of hidden layers such as mlp:256,128, got 'mlp:0'",
    ],
    [
      'a loss of three tensors',
      [...MLP, '--loss', 'triplet_margin_loss'],
      '--loss: expected one of an output and a target',
    ],
    ['an unknown loss', [...MLP, '--loss', 'cross_entropi'], "did you mean 'cross_entropy'?"],
    ['an unknown optimizer', [...MLP, '--optimizer', 'adamm'], '--optimizer: expected one of ASGD, Adadelta'],
    ['an option of another loss', [...MLP, '--option', 'delta=2'], '--option: delta: expected one of the options'],
    ['an option of another optimizer', [...MLP, '--momentum', '0.9'], '--momentum: AdamW has no momentum'],
    [
      'a loss per sample',
      [...MLP, '--option', 'reduction=none'],
      '--option: reduction: expected one that gives one number',
    ],
    ['another precision', [...MLP, '--autocast', 'float64'], "--autocast: expected bfloat16 or float16, got 'float64'"],
    ['another condition', [...MLP, '--fail_on', 'inf'], "--fail-on: expected nan, got 'inf'"],
    ['monitoring an unknown metric', [...MLP, '--monitor', 'bleu'], '--monitor: expected one of accuracy'],
    [
      'a metric without samples',
      [...MLP, '--validation', '0', '--metric', 'f1'],
      '--metric: f1 needs held-out samples, but --validation is 0',
    ],
    ['keeping checkpoints without a folder', [...MLP, '--keep', '2'], '--keep needs --checkpoint FOLDER'],
    [
      'a share of everything',
      [...MLP, '--validation', '1'],
      '--validation: expected a share of at least 0 and below 1',
    ],
    ['an unknown metric', [...MLP, '--metric', 'bleu'], '--metric: expected one of accuracy'],
    ['part of an epoch', [...MLP, '--epochs', '1.5'], "--epochs: expected an integer of 0 or more, got '1.5'"],
    ['resuming without a folder', [...MLP, '--resume'], '--resume needs --checkpoint FOLDER'],
    [
      'saving a model that is not TorchScript',
      [...MLP, '--save', 'x.pt'],
      '--save: expected a --model that is a TorchScript file',
    ],
    ['an unknown flag', [...MLP, '--epoch', '1'], 'unknown option --epoch: did you mean --epochs?'],
    [
      'targets that are not classes',
      ['--model', 'mlp', '--input', FILES[1] as string, '--target', `${DIGITS}#train.images`],
      '--target: expected one class for each sample, got 64 numbers',
    ],
  ])('refuses %s', async (_, args, message) => {
    const error = await run(args).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'ERR_USAGE', message: expect.stringContaining(message) });
  });
});
