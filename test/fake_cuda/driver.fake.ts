/** Why there is no CUDA device: what LibTorch says with the real CUDA runtime and a driver that cannot be used. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PACKAGE_ROOT } from '../../lib/libtorch/places.js';
import { temporaryFolder } from '../helpers/libtorch.js';
import { run } from './program.js';

const CASES = [
  [
    'a driver that is too old',
    { FAKE_CUDA_DRIVER: '11000' },
    /driver on your system is too old \(found version 11000\)/,
  ],
  ['a driver that does not fit its module', { FAKE_CUDA_INIT: '803' }, /Error 803: \S/],
  ['a system that is not ready', { FAKE_CUDA_INIT: '802' }, /Error 802: system not yet initialized/],
  ['a driver that fails', { FAKE_CUDA_INIT: '999' }, /CUDA unknown error/],
  ['no driver', { LD_LIBRARY_PATH: '' }, /Found no NVIDIA driver on your system/],
] as const;

describe.each(CASES)('%s', (_, settings, reason) => {
  const env = { LD_PRELOAD: '', ...settings };

  it('is what the error says, and no warning', () => {
    const { value, stderr } = run(
      `let message = '';
      try { torch.zeros([1], { device: 'cuda' }); } catch (error) { message = error.code + ': ' + error.message; }
      answer([torch.cuda.is_available(), torch.cuda.device_count(), message, torch.ones([2]).tolist()]);`,
      env,
    );
    const [available, count, message, onCpu] = value as [boolean, number, string, number[]];
    expect([available, count, onCpu, stderr]).toEqual([false, 0, [1, 1], '']);
    expect(message).toMatch(
      /^ERR_NO_CUDA: device: expected an available device, got a CUDA device: no CUDA device was found: \S/,
    );
    expect(message).toMatch(reason);
  });

  it('is what `torchloss info` says', () => {
    const cli = join(PACKAGE_ROOT, 'dist', 'cli.js');
    const { stdout } = spawnSync(process.execPath, [cli, 'info', '--json'], {
      encoding: 'utf8',
      cwd: temporaryFolder(),
      env: { ...process.env, ...env },
    });
    const { runtime } = JSON.parse(stdout);
    expect(runtime).toMatchObject({ cuda_devices: 0, cuda_problem: expect.stringMatching(reason) });
  });
});
