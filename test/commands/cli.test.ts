import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PACKAGE_ROOT } from '../../lib/libtorch/places.js';
import { temporaryFolder } from '../helpers/libtorch.js';

const CLI = join(PACKAGE_ROOT, 'dist', 'cli.js');

/** Runs the compiled program. */
function torchloss(args: string[], env: Record<string, string> = {}) {
  return spawnSync(process.execPath, [CLI, ...args], { encoding: 'utf8', env: { ...process.env, ...env } });
}

describe('torchloss', () => {
  it('prints its commands and its version', () => {
    const { stdout, status } = torchloss([]);
    expect(status).toBe(0);
    for (const name of ['evaluate', 'setup', 'build', 'info']) expect(stdout).toContain(`\n  ${name} `);
    const { version } = JSON.parse(readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8'));
    expect(torchloss(['--version']).stdout).toBe(`${version}\n`);
    expect(torchloss(['setup', '--help']).stdout).toContain('--index URL');
  });

  it('exits with 2 for a call it does not understand, with the reason in one line', () => {
    expect(torchloss(['deploy'])).toMatchObject({
      status: 2,
      stdout: '',
      stderr: "torchloss: unknown command 'deploy'; `torchloss --help` lists them [ERR_USAGE]\n",
    });
    expect(torchloss(['evalute']).stderr).toBe(
      "torchloss: unknown command 'evalute'; did you mean 'evaluate'? [ERR_USAGE]\n",
    );
    expect(torchloss(['info', '--colour'])).toMatchObject({
      status: 2,
      stderr: 'torchloss: unknown option --colour: `torchloss help info` lists the options [ERR_USAGE]\n',
    });
    expect(torchloss(['setup', 'a', 'b'])).toMatchObject({ status: 2 });
    expect(torchloss(['losses', 'a']).stderr).toBe(
      "torchloss: unexpected argument 'a'; `torchloss help losses` shows the usage [ERR_USAGE]\n",
    );
    expect(torchloss(['evaluate', '--example', '--report']).stderr).toBe(
      'torchloss: --report needs a value, as in --report=VALUE [ERR_USAGE]\n',
    );
  });

  it('explains commands within 80 columns', () => {
    expect(torchloss(['help', 'inspect']).stdout).toBe(torchloss(['inspect', '--help']).stdout);
    expect(torchloss(['-V']).stdout).toBe(torchloss(['--version']).stdout);
    for (const name of [
      'evaluate',
      'merge',
      'worker',
      'inspect',
      'train',
      'parity',
      'losses',
      'explain',
      'setup',
      'build',
      'info',
      'completion',
    ]) {
      const { stdout } = torchloss(['help', name]);
      expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
      expect(stdout).toContain(`torchloss ${name} `);
    }
  });

  it('reports a missing LibTorch with exit code 1', () => {
    const folder = temporaryFolder();
    const env = { LIBTORCH: join(folder, 'nowhere'), TORCHLOSS_CACHE: folder };
    const json = torchloss(['info', '--json'], env);
    expect(json.status).toBe(1);
    expect(JSON.parse(json.stdout)).toMatchObject({
      cache: folder,
      candidates: [{ source: 'LIBTORCH', path: env.LIBTORCH, problem: { code: 'ERR_LIBTORCH_BAD' } }],
      problem: { code: 'ERR_LIBTORCH_BAD', message: expect.stringContaining('no such folder') },
    });
    expect(torchloss(['doctor'], env)).toMatchObject({
      status: 1,
      stdout: expect.stringContaining('torchloss cannot run (ERR_LIBTORCH_BAD)'),
    });
    expect(torchloss(['build'], env)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('[ERR_LIBTORCH_BAD]'),
    });
  });

  it('shows what LibTorch can do here', () => {
    const { status, stdout } = torchloss(['info', '--json']);
    expect(status).toBe(0);
    const { libtorch, binary, runtime } = JSON.parse(stdout);
    expect(libtorch.version.startsWith(libtorch.minor)).toBe(true);
    expect(binary).toMatch(/torchloss.*\.node$/);
    expect(runtime).toMatchObject({ cpu_capability: expect.any(String), num_threads: expect.any(Number) });
    expect(torchloss(['info']).stdout).toContain(`Threads: ${runtime.num_threads}`);
  });
});
