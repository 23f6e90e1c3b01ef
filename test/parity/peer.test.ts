import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { PACKAGE_ROOT } from '../../lib/libtorch/places.js';
import { Peer } from '../../lib/parity/sides/peer.js';
import { compareWithPython, type CompareOptions } from '../../lib/parity/session.js';
import { temporaryFolder } from '../helpers/libtorch.js';
import { standIn } from '../helpers/stand_in.js';

/** The message of the error with which a comparison with a child ends. */
async function failure(mode: string, options: Partial<CompareOptions> = {}, noteFile = ''): Promise<string> {
  const settings = { framework: 'mindspore', python: standIn(mode, noteFile), cases: 21, ...options } as const;
  const error = await compareWithPython(settings).then(
    () => new Error('nothing was thrown'),
    (thrown: Error & { code?: string }) => thrown,
  );
  expect(error).toMatchObject({ name: 'TorchError', code: 'ERR_PEER' });
  return error.message;
}

/** Whether a process runs. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // On Linux, a process that has ended can still be signalled until its parent has waited for it.
    return process.platform !== 'linux' || !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}

/** Waits until a process is gone. */
async function gone(pid: number): Promise<boolean> {
  for (let tries = 0; tries < 100 && isAlive(pid); tries++) await delay(50);
  return !isAlive(pid);
}

async function pidIn(file: string): Promise<number> {
  while (!existsSync(file) || readFileSync(file, 'utf8') === '') await delay(20);
  return Number(readFileSync(file, 'utf8'));
}

describe('a child that speaks the protocol', () => {
  it('is compared case by case, with identical bits for equal numbers', async () => {
    const summary = await compareWithPython({ framework: 'mindspore', python: standIn('good'), cases: 168 });
    expect(summary).toMatchObject({ failed: 0, passed: 168, versions: { version: '2.10.0', executable: 'stand-in' } });
    expect(summary.counts.identical + summary.counts.refused).toBe(168);
    expect(summary.counts.identical).toBeGreaterThan(100);
  });

  it('is caught with one wrong element in each float32 output', async () => {
    const dtypes = ['float32', 'float64'] as const;
    const summary = await compareWithPython({
      framework: 'mindspore',
      python: standIn('one wrong element'),
      cases: 42,
      dtypes,
    });
    expect(summary.failed).toBe(summary.counts.wrong);
    expect(new Set(summary.wrong.map(({ id }) => id.split('/')[1]))).toEqual(new Set(['float32']));
    expect(summary.counts.wrong).toBeGreaterThan(12);
    for (const { reason, checks } of summary.wrong) {
      expect(reason).toMatch(/^output: 1 of \d+ elements differ/);
      expect(checks.slice(1).every(({ comparison }) => comparison.identical)).toBe(true);
    }
  });
});

describe('a call that crashes the child', () => {
  it('is a result of that call; the rest is compared with a new child', async () => {
    const settings = { framework: 'mindspore', python: standIn('crash'), cases: 42, dtypes: ['float32'] } as const;
    const summary = await compareWithPython(settings);
    expect(summary.wrong.map(({ id }) => id)).toEqual(['huber_loss/float32/0/usual']);
    expect(summary.wrong[0]?.reason).toBe(
      'only the other side rejects the call: SIGFPE: the call crashed the process with SIGFPE',
    );
    expect(summary).toMatchObject({ passed: 41, failed: 1 });
  });

  it('is an error while recording, which loses the calls', async () => {
    const record = join(temporaryFolder(), 'recorded');
    expect(await failure('crash', { cases: 42, dtypes: ['float32'], record })).toContain('it was ended by SIGFPE');
  });
});

describe('a misbehaving child causes a clear error', () => {
  it.each([
    ['no framework', "ModuleNotFoundError: No module named 'torch'"],
    [
      'stack trace',
      'it ended with code 1; the last it printed:\nTraceback (most recent call last):\n  No module named torch',
    ],
    ['silent exit', 'it ended with code 3'],
    ['old protocol', 'it speaks version 0 of the protocol, and torchloss version 1'],
    ['garbage', "the child sent something that is no message of the comparison: 'Loading the framework ... done'"],
    ['garbage later', "the child sent something that is no message of the comparison: 'Segmentation fault"],
    ['exit later', 'it ended with code 7'],
    ['killed', 'it was ended by SIGKILL'],
  ])('%s', async (mode, message) => {
    const note = join(temporaryFolder(), 'pid');
    expect(await failure(mode, {}, note)).toContain(message);
    expect(await gone(await pidIn(note))).toBe(true);
  });

  it('hanging in the middle', async () => {
    const note = join(temporaryFolder(), 'pid');
    expect(await failure('hang', { timeout: 1000 }, note)).toContain('no answer in 1 seconds');
    expect(await gone(await pidIn(note))).toBe(true);
  });

  it('hanging at the start', async () => {
    const note = join(temporaryFolder(), 'pid');
    const started = Peer.start(standIn('no start', note), 'pytorch', { startTimeout: 1000 });
    await expect(started).rejects.toMatchObject({
      code: 'ERR_PEER',
      message: expect.stringContaining('no answer in 1'),
    });
    expect(await gone(await pidIn(note))).toBe(true);
  });

  it('of a version other than the LibTorch in use', async () => {
    expect(await failure('good', { framework: 'pytorch' })).toMatch(
      /found no Python with PyTorch [\d.]+\..*\n.*has PyTorch 1\.0\.0, but the LibTorch in use is/,
    );
  });

  it('that does not exist or cannot be run', async () => {
    const missing = join(temporaryFolder(), 'python9');
    expect(await failure('good', { python: missing })).toContain(`${missing}: it cannot be started: spawn`);
    writeFileSync(missing, 'no program');
    expect(await failure('good', { python: missing })).toContain('EACCES');
  });

  it('whose program does not answer like a framework', async () => {
    // `true` ends at once without output.
    expect(await failure('good', { python: 'true' })).toContain('true: it ended with code 0');
  });
});

describe('no orphan is left', () => {
  const cli = join(PACKAGE_ROOT, 'dist', 'cli.js');

  it('when the command fails', () => {
    const python = standIn('hang', join(temporaryFolder(), 'pid'));
    const args = ['parity', '--against', 'mindspore', '--python', python, '--cases', '30', '--timeout', '1'];
    const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], { encoding: 'utf8' });
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/^torchloss: no Python|^torchloss: .*no answer in 1 seconds/);
    expect(stderr).toContain('[ERR_PEER]');
  });

  it.each(['SIGKILL', 'SIGTERM'] as const)('when torchloss is ended by %s', async (signal) => {
    const note = join(temporaryFolder(), 'pid');
    const args = ['parity', '--against', 'mindspore', '--python', standIn('good', note), '--cases', '100000'];
    const command = spawn(process.execPath, [cli, ...args], { stdio: 'ignore' });
    const pid = await pidIn(note);
    await delay(500);
    expect(isAlive(pid)).toBe(true);
    command.kill(signal);
    await once(command, 'exit');
    expect(await gone(pid)).toBe(true);
  });
});
