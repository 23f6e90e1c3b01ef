/** An output that cannot be written is an error, and never costs the results: they still go to all other outputs. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import * as evaluate from '../../lib/commands/evaluate/index.js';
import * as merge from '../../lib/commands/merge.js';
import * as parity from '../../lib/commands/parity.js';
import * as train from '../../lib/commands/train/index.js';
import { torch } from '../../lib/index.js';
import { PACKAGE_ROOT } from '../../lib/libtorch/places.js';
import { CLI, runCli } from '../helpers/evaluate_cli.js';
import { standIn } from '../helpers/stand_in.js';

const folder = mkdtempSync(join(tmpdir(), 'torchloss-test-'));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string) => join(folder, name);

const DIGITS = join(PACKAGE_ROOT, 'examples', 'digits', 'digits.safetensors');
const FILES = ['--input', `${DIGITS}#train.images`, '--target', `${DIGITS}#train.labels`, '--epochs', '1'];
const MLP = ['--model', 'mlp', ...FILES];
torch.jit.save(torch.jit.trace(new torch.nn.Linear(64, 10), [torch.zeros([2, 64])]), at('model.pt'));
const MODULE = ['--model', at('model.pt'), ...FILES];
writeFileSync(at('losses.csv'), 'step,loss\n1,0.5\n');
const LIVE = ['--cases', '4', '--losses', 'l1_loss', '--python', standIn('same LibTorch', '', folder)];
runCli('evaluate', '--example', '--shard', '1/1', '--results', at('parts'), '--quiet');
mkdirSync(at('taken.npy'));

interface Outcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the program in a shell, after `setting` and with what is said there of its output. */
function runIn(setting: string, args: readonly string[], redirection = ''): Promise<Outcome> {
  const script = `${setting} exec "$@" ${redirection}`;
  return new Promise((resolve) => {
    execFile('bash', ['-c', script, 'bash', process.execPath, CLI, ...args], (error, stdout, stderr) =>
      resolve({ status: error === null ? 0 : (error.code as number), stdout, stderr }),
    );
  });
}

describe.runIf(existsSync('/dev/full'))('a full standard output is an error', () => {
  // The worker prints nothing else to standard output.
  const COMMANDS: Readonly<Record<string, readonly string[]>> = {
    evaluate: ['--example', '--json', '--report', at('evaluate.html')],
    merge: [at('parts'), '--report', at('merge.html')],
    worker: ['--help'],
    inspect: [at('losses.csv')],
    train: [...MLP, '--report', at('train.html')],
    parity: [...LIVE, '--report', at('parity.html')],
    losses: [],
    explain: ['--from', 'F.l1_loss(x, y)', '--json'],
    setup: ['--help'],
    build: [],
    completion: ['bash'],
    info: [],
  };

  it.concurrent.each(Object.entries(COMMANDS))('of %s', async (command, args) => {
    const { status, stderr } = await runIn('', [command, ...args], '> /dev/full');
    expect(stderr).toMatch(/(^|\n)torchloss: standard output: no space left on the device \[ERR_FILE_WRITE\]\n$/);
    expect(status).toBe(1);
    if (args.includes('--report')) expect(readFileSync(args.at(-1) as string, 'utf8')).toContain('</html>');
  });

  it('of every command', () => {
    const [, list = ''] = /^Usage.*\n\n((?: {2}.*\n)+)/m.exec(runCli('--help').stdout) ?? [];
    expect(Object.keys(COMMANDS)).toEqual(Array.from(list.matchAll(/^ {2}(\w+)/gm), ([, name]) => name));
  });
});

describe('a place that cannot be written is found before anything is computed', () => {
  const commands = { evaluate, merge, train, parity };
  it.each([
    ['evaluate', '--report', ['--example']],
    ['evaluate', '--checkpoint', ['--example']],
    ['evaluate', '--per-sample', ['--example']],
    ['merge', '--report', [at('parts')]],
    ['train', '--report', MLP],
    ['train', '--save', MODULE],
    ['parity', '--report', LIVE],
  ] as const)('by %s for %s', async (command, flag, args) => {
    for (const file of [at(join('absent', 'x.npy')), at('taken.npy')])
      await expect(commands[command].run([...args, flag, file])).rejects.toMatchObject({
        code: 'ERR_FILE_WRITE',
        message: expect.stringMatching(`^${flag}: `),
      });
  });
});

describe.runIf(process.platform === 'linux')('results are printed where a file cannot be written', () => {
  // No file may grow beyond a KiB, as on a full disk.
  const FULL_DISK = "trap '' XFSZ; ulimit -f 1;";
  const LOSS = /loss {2}\d/;
  const EPOCH = /^epoch 1\/1 .*\n/;

  it.concurrent.each<[string, string, readonly string[], RegExp]>([
    ['evaluate', '--report', ['--example', '--report', at('a.html')], LOSS],
    ['evaluate', '--checkpoint', ['--example', '--checkpoint', at('a.json')], LOSS],
    ['evaluate', '--per-sample', ['--example', '--per-sample', at('a.npy')], LOSS],
    ['evaluate', '--results', ['--example', '--shard', '1/2', '--results', at('more')], LOSS],
    ['merge', '--report', [at('parts'), '--report', at('b.html')], LOSS],
    ['train', '--report', [...MLP, '--report', at('c.html')], EPOCH],
    ['train', '--save', [...MODULE, '--save', at('c.pt')], EPOCH],
    ['train', '--checkpoint', [...MLP, '--checkpoint', at('run')], EPOCH],
    ['train', '--json', [...MLP, '--checkpoint', at('run2'), '--json'], /"ended": "stopped by an error"/],
    ['parity', '--report', [...LIVE, '--report', at('d.html')], /4 passed, 0 failed/],
  ])('by %s for %s', async (command, _, args, printed) => {
    const { status, stdout, stderr } = await runIn(FULL_DISK, [command, ...args]);
    expect(stdout, stderr).toMatch(printed);
    expect(stderr).toMatch(/\[ERR_FILE_WRITE\]\n$/);
    expect(status).toBe(1);
  });
});
