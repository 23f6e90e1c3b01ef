import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { torch } from '../../lib/index.js';
import { cgroupQuota, initialThreads } from '../../lib/addon/thread_count.js';
import { thrown } from '../helpers/recorded.js';

const run = promisify(execFile);
const PACKAGE = new URL('../../dist/index.js', import.meta.url).href;
const CLI = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

/** A system with only these files. */
const reader = (files: Readonly<Record<string, string>>) => (file: string) => files[file];

describe.runIf(process.platform === 'linux')('calls too small to gain from threads', () => {
  it('start no threads, and large ones do', async () => {
    const program = fileURLToPath(new URL('../process/small_calls.mjs', import.meta.url));
    const env = { ...process.env, TORCHLOSS_NUM_THREADS: '3' };
    const { stdout } = await run(process.execPath, [program, PACKAGE], { env });
    const { threads, small, large } = JSON.parse(stdout);
    expect({ threads, small }).toEqual({ threads: 3, small: 0 });
    // OpenMP's threads besides the calling one.
    expect(large).toBe(2);
  });
});

describe('the quota of a cgroup', () => {
  it.each<[string, Record<string, string>, number | undefined]>([
    ['version 2', { '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/cpu.max': '150000 100000\n' }, 1.5],
    ['version 2 without one', { '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/cpu.max': 'max 100000\n' }, undefined],
    [
      'version 2, with a lower quota in the parent folder',
      {
        '/proc/self/cgroup': '0::/a.slice/b.scope\n',
        '/sys/fs/cgroup/a.slice/b.scope/cpu.max': '400000 100000',
        '/sys/fs/cgroup/a.slice/cpu.max': '200000 100000',
      },
      2,
    ],
    [
      'version 1',
      {
        '/proc/self/cgroup': '12:memory:/docker/1\n4:cpu,cpuacct:/docker/1\n0::/\n',
        '/sys/fs/cgroup/cpu,cpuacct/docker/1/cpu.cfs_quota_us': '50000\n',
        '/sys/fs/cgroup/cpu,cpuacct/docker/1/cpu.cfs_period_us': '100000\n',
      },
      0.5,
    ],
    [
      "version 1, in a container that has the host's path",
      {
        '/proc/self/cgroup': '4:cpu,cpuacct:/docker/1\n',
        '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '300000',
        '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000',
      },
      3,
    ],
    [
      'version 1 without one',
      {
        '/proc/self/cgroup': '4:cpu:/\n',
        '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '-1',
        '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000',
      },
      undefined,
    ],
    ['a system without cgroups', {}, undefined],
  ])('%s', (_, files, expected) => {
    expect(cgroupQuota(reader(files))).toBe(expected);
  });
});

describe('the number of threads at the start', () => {
  const quota = reader({ '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/cpu.max': '150000 100000\n' });
  const none = reader({});

  it.each<[string, number, Record<string, string>, typeof none, number | undefined]>([
    ["is LibTorch's own without a quota", 8, {}, none, undefined],
    ['is the quota, rounded up', 8, {}, quota, 2],
    ["is LibTorch's own below the quota", 1, {}, quota, undefined],
    ['is that of TORCHLOSS_NUM_THREADS', 8, { TORCHLOSS_NUM_THREADS: '5' }, quota, 5],
    ["is that of OpenMP's variable", 8, { OMP_NUM_THREADS: '8' }, quota, undefined],
    ["is that of MKL's variable", 8, { MKL_NUM_THREADS: '8' }, quota, undefined],
  ])('%s', (_, own, env, read, expected) => {
    expect(initialThreads(own, env, read)).toBe(expected);
  });

  it('is not reset when a worker starts', async () => {
    const program = `
      import { Worker } from 'node:worker_threads';
      import { torch } from '${PACKAGE}';
      torch.set_num_threads(4);
      const code = "import { parentPort } from 'node:worker_threads'; import { torch } from '${PACKAGE}';" +
        'parentPort.postMessage(torch.get_num_threads());';
      const worker = new Worker(new URL('data:text/javascript,' + encodeURIComponent(code)));
      worker.once('message', (threads) => console.log(threads, torch.get_num_threads()));`;
    const env = { ...process.env, TORCHLOSS_NUM_THREADS: '3' };
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', program], { env });
    expect(stdout).toBe('4 4\n');
  });

  it.each(['0', '1.5', 'two', '-1', '1025'])('is refused as %s', (value) => {
    expect(() => initialThreads(8, { TORCHLOSS_NUM_THREADS: value }, none)).toThrow(
      `TORCHLOSS_NUM_THREADS: expected an integer from 1 to 1024, got '${value}'`,
    );
  });

  it.each([
    [['info', '--threads', '3', '--json'], 3],
    [['info', '--json', '--threads=2'], 2],
  ] as const)('is set by %j', async (args, expected) => {
    const { stdout } = await run(process.execPath, [CLI, ...args]);
    expect(JSON.parse(stdout)).toMatchObject({ runtime: { num_threads: expected } });
  });

  it.each(['evaluate', 'train', 'parity', 'losses', 'explain', 'setup', 'build', 'info'])(
    'appears in the help of %s',
    async (command) => {
      expect((await run(process.execPath, [CLI, command, '--help'])).stdout).toContain('--threads N');
    },
  );

  it.each([
    [['losses', '--threads'], 'undefined'],
    [['evaluate', '--threads', 'all'], "'all'"],
    [['info', '--threads=0'], "'0'"],
  ] as const)('refuses %j', async (args, got) => {
    await expect(run(process.execPath, [CLI, ...args])).rejects.toMatchObject({
      code: 2,
      stderr: `torchloss: --threads: expected an integer from 1 to 1024, got ${got} [ERR_USAGE]\n`,
    });
  });
});

describe('a number of threads', () => {
  it.each([torch.set_num_threads, torch.set_num_interop_threads])('is refused outside 1 to 1024: %o', (set) => {
    for (const threads of [0, 1.5, 1025, 2 ** 32 + 1])
      expect(thrown(() => set(threads))).toMatchObject({ parameter: 'threads' });
  });
});
