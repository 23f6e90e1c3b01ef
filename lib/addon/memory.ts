/** What tensors take, and the warning when they pile up. */
import { CODE_FOLDER } from '../libtorch/places.js';
import { totalmem } from 'node:os';
import { type HandleOwner, onBirth } from './handle.js';
import { type AllocatorStats, native, onGrowth } from './native.js';
import { warnOnce } from '../base/warnings.js';

/** The result of {@link memory}. */
export interface MemoryInfo {
  /** The tensors of this thread that have been neither disposed of nor collected. */
  readonly tensors: number;
  /** Their bytes, by device; memory shared by several tensors counts once. */
  readonly bytes: Readonly<Record<string, number>>;
  /** The CPU memory kept for later tensors, of all threads; see {@link empty_cache}. */
  readonly cache: AllocatorStats;
}

/**
 * What tensors take now. It does not include losses that were only read, nor the graphs behind tensors.
 *
 * @example
 * ```ts
 * const before = torch.memory().tensors;
 * const x = torch.zeros([1024, 1024]);
 * torch.memory().tensors - before;   // 1
 * x.dispose();
 * torch.memory().tensors - before;   // 0
 * ```
 */
export function memory(): MemoryInfo {
  const addon = native();
  return { tensors: addon.live_tensors(), bytes: addon.live_bytes(), cache: addon.allocator_stats() };
}

/** No training step has this many live tensors; a loop that never frees any does. */
const MANY_TENSORS = 50_000;

onGrowth(
  (tensors) => {
    const size = `${tensors} tensors are alive in this thread, ${sizes(native().live_bytes())}`;
    const fix =
      'free them with dispose(), using or torch.scope(), or let the event loop turn so that they are collected';
    const where =
      sites === undefined
        ? 'set TORCHLOSS_TRACE=1 in the environment to see where they are made'
        : `most were made at:\n${mostCommon(sites)}`;
    warnOnce(`${size}: ${fix}; ${where}`);
  },
  MANY_TENSORS,
  totalmem() / 2,
);

/** Bytes by device, in words. */
function sizes({ cpu = 0, ...devices }: Readonly<Record<string, number>>): string {
  const size = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MiB`;
  const elsewhere = Object.entries(devices).map(([device, bytes]) => `, ${size(bytes)} on ${device}`);
  return `${size(cpu)}${elsewhere.join('')}`;
}

/** Where live tensors were made, and how many: only with TORCHLOSS_TRACE, since recording stacks takes time. */
const sites = process.env.TORCHLOSS_TRACE === '1' ? traceSites() : undefined;

function traceSites(): Map<string, number> {
  const counts = new Map<string, number>();
  const count = (site: string, by: number) => counts.set(site, (counts.get(site) ?? 0) + by);
  const collected = new FinalizationRegistry<string>((site) => count(site, -1));
  onBirth('trace', (owner: HandleOwner) => {
    const site = callerOfPackage();
    count(site, 1);
    collected.register(owner, site);
  });
  return counts;
}

/** The first line of the stack outside of torchloss. */
function callerOfPackage(): string {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 30;
  const { stack = '' } = new Error();
  Error.stackTraceLimit = stackTraceLimit;
  const lines = stack.split('\n').slice(1);
  const line = lines.find((text) => !text.replace('file://', '').includes(CODE_FOLDER) && !text.includes('(node:'));
  return line?.trim() ?? 'an unknown place';
}

function mostCommon(counts: ReadonlyMap<string, number>): string {
  const top = [...counts].sort(([, a], [, b]) => b - a).slice(0, 3);
  return top.map(([site, count]) => `  ${count} ${site}`).join('\n');
}
