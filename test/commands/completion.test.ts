import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { spell } from '../../lib/commands/arguments.js';
import { describeOptions, type Options } from '../../lib/commands/options.js';
import * as build from '../../lib/commands/build.js';
import * as evaluate from '../../lib/commands/evaluate/index.js';
import * as explain from '../../lib/commands/explain.js';
import * as info from '../../lib/commands/info.js';
import * as inspect from '../../lib/commands/inspect.js';
import * as losses from '../../lib/commands/losses.js';
import * as merge from '../../lib/commands/merge.js';
import * as worker from '../../lib/commands/worker.js';
import * as parity from '../../lib/commands/parity.js';
import * as setup from '../../lib/commands/setup.js';
import * as train from '../../lib/commands/train/index.js';
import { FLAGS } from '../../lib/commands/evaluate/arguments.js';
import { PACKAGE_ROOT } from '../../lib/libtorch/places.js';

const CLI = join(PACKAGE_ROOT, 'dist', 'cli.js');

function script(shell: string): string {
  const { stdout, status } = spawnSync(process.execPath, [CLI, 'completion', shell], { encoding: 'utf8' });
  expect(status).toBe(0);
  return stdout;
}

describe('shell completion', () => {
  it.runIf(process.platform !== 'win32')('completes words in bash', () => {
    const lines = [
      ['e'],
      ['help', 'in'],
      ['evaluate', '--re'],
      ['evaluate', '--missing', ''],
      ['evaluate', '--missing', '=', 's'],
      ['evaluate', '--loss', 'cross'],
      ['evaluate', '--pos_weight', 'READ'],
      ['evaluate', '--batch-size', ''],
      ['train', '--check'],
      ['train', '--model', 'READ'],
      ['train', '--optimizer', 'adam'],
      ['train', '--schedule', ''],
      ['train', '--metric', 'r'],
      ['explain', 'hub'],
      ['inspect', 'tsconfig'],
      ['parity', ''],
      ['parity', '--against', ''],
      ['losses', '-'],
    ];
    const tries = lines.map((words) => {
      const quoted = words.map((word) => `'${word}'`).join(' ');
      return `COMP_WORDS=(torchloss ${quoted}); COMP_CWORD=${words.length}; _torchloss; echo "\${COMPREPLY[*]}"`;
    });
    const { stdout, stderr } = spawnSync('bash', ['--norc', '-c', [script('bash'), ...tries].join('\n')], {
      encoding: 'utf8',
      cwd: PACKAGE_ROOT,
    });
    expect(stderr).toBe('');
    expect(stdout.trimEnd().split('\n')).toEqual([
      'evaluate explain',
      'inspect info',
      '--reduction --results --resume --report',
      'error skip',
      'skip',
      'cross_entropy',
      'README.md',
      '',
      '--checkpoint',
      'README.md',
      'adam adamw adamax',
      'constant cosine',
      'recall r2',
      'huber_loss',
      'tsconfig.json',
      'record replay compare',
      'pytorch mindspore both',
      '--json --threads --help -h',
    ]);
  });

  it('has scripts for zsh and fish with the same options', () => {
    const [zsh, fish] = [script('zsh'), script('fish')];
    expect(zsh).toMatch(/^#compdef torchloss\n/);
    for (const name of Object.keys(evaluate.options)) {
      expect(zsh).toMatch(new RegExp(`'\\*--${name}=?\\[`));
      expect(fish).toContain(`__fish_seen_subcommand_from evaluate' -l ${name} `);
    }
    expect(fish).toContain(`-l missing -x -a 'error skip' -d 'error, or skip samples with a missing value'`);
  });

  it('supports three shells', () => {
    const { status, stderr } = spawnSync(process.execPath, [CLI, 'completion', 'tcsh'], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([
      2,
      "torchloss: completion: expected bash, zsh or fish, got 'tcsh' [ERR_USAGE]\n",
    ]);
  });
});

describe('options', () => {
  it.each([
    ['evaluate', { help: evaluate.help, options: { ...FLAGS, merge: evaluate.options['merge'] } }],
    ...Object.entries({ build, explain, info, inspect, losses, merge, parity, setup, train, worker }),
  ] as [string, { help: string; options: object }][])('of %s are explained in its help', (_, { help, options }) => {
    const explained = describeOptions(help);
    expect(Object.keys(options).filter((name) => !explained.has(name))).toEqual([]);
  });

  it.each(Object.entries({ build, evaluate, explain, info, inspect, losses, merge, parity, setup, train, worker }))(
    'of %s that take one of some words have these words',
    (_, { help, options }: { help: string; options: Options }) => {
      const explained = describeOptions(help);
      const without = Object.entries(options).filter(
        ([name, { values }]) =>
          values === undefined &&
          /^(NAME|WORDS?|LIST|DTYPE|DEVICE|NAMESPACE)$/.test(explained.get(name)?.placeholder ?? ''),
      );
      expect(without).toEqual([]);
    },
  );

  it('may be written with hyphens or underscores', () => {
    const names = ['batch-size', 'pos_weight'];
    expect(spell(['--batch_size=3', '--pos-weight', 'a_b', '--', '--batch_size'], names)).toEqual([
      '--batch-size=3',
      '--pos_weight',
      'a_b',
      '--',
      '--batch_size',
    ]);
  });
});
