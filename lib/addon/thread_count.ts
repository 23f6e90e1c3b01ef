/** How many threads LibTorch starts with: as the environment says, or as the container allows. */
import { leastOf } from '../base/extremes.js';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ArgumentRangeError, describe } from '../base/errors.js';

type Env = Readonly<Record<string, string | undefined>>;

/** Reads a file; `undefined` if it cannot be read. */
export type ReadText = (file: string) => string | undefined;

/** The highest number of threads. */
export const MOST_THREADS = 1024;

/**
 * The environment variables that set OpenMP's and MKL's own numbers: if one is set, the container's quota is ignored.
 */
const LIBRARIES = ['OMP_NUM_THREADS', 'MKL_NUM_THREADS'];

/**
 * The number of threads to set when LibTorch has been loaded: `TORCHLOSS_NUM_THREADS`; otherwise the CPU quota of the
 * process's cgroup, if that is fewer than LibTorch would take.
 *
 * @param own - how many threads LibTorch would take
 * @returns `undefined` to keep LibTorch's own number
 * @throws RangeError if `TORCHLOSS_NUM_THREADS` is not an integer from 1 to 1024
 */
export function initialThreads(own: number, env: Env = process.env, read: ReadText = readText): number | undefined {
  const wanted = env.TORCHLOSS_NUM_THREADS;
  if (wanted !== undefined && wanted !== '') {
    const count = Number(wanted);
    if (!/^\d+$/.test(wanted) || count < 1 || count > MOST_THREADS)
      throw new ArgumentRangeError('TORCHLOSS_NUM_THREADS', `an integer from 1 to ${MOST_THREADS}`, describe(wanted));
    return count === own ? undefined : count;
  }
  if (LIBRARIES.some((name) => env[name])) return undefined;
  const quota = cgroupQuota(read);
  if (quota === undefined) return undefined;
  const count = Math.max(1, Math.ceil(quota));
  return count < own ? count : undefined;
}

/**
 * The CPU quota of this process's cgroup in processors, such as 1.5: the lowest one of it and its ancestors;
 * `undefined` without a quota. Reads version 2 (`cpu.max`) and version 1 (`cpu.cfs_quota_us`).
 */
export function cgroupQuota(read: ReadText = readText): number | undefined {
  const quotas: number[] = [];
  for (const line of (read('/proc/self/cgroup') ?? '').split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (controllers === undefined || path === undefined) continue;
    if (controllers === '') {
      for (const folder of foldersOf('/sys/fs/cgroup', path)) {
        const [quota, period] = (read(join(folder, 'cpu.max')) ?? '').trim().split(/\s+/);
        quotas.push(Number(quota) / Number(period));
      }
    } else if (controllers.split(',').includes('cpu')) {
      for (const root of [`/sys/fs/cgroup/${controllers}`, '/sys/fs/cgroup/cpu']) {
        for (const folder of foldersOf(root, path)) {
          quotas.push(
            Number(read(join(folder, 'cpu.cfs_quota_us')) ?? Number.NaN) /
              Number(read(join(folder, 'cpu.cfs_period_us')) ?? Number.NaN),
          );
        }
      }
    }
  }
  // 'max', and -1 in version 1, mean no limit.
  const limits = quotas.filter((quota) => Number.isFinite(quota) && quota > 0);
  return limits.length === 0 ? undefined : leastOf(limits);
}

/**
 * The folders of a cgroup and its ancestors. In a container, the path may be the host's, and the root is the cgroup.
 */
function foldersOf(root: string, path: string): string[] {
  const folders: string[] = [];
  for (let at = path; at !== '/'; at = dirname(at)) folders.push(join(root, at));
  return [...folders, root];
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
