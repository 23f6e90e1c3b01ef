import { oneLine } from '../base/printable.js';
import { count, object, optional, string } from '../base/schema.js';
import { parseJson } from '../files/json.js';
import { randomUUID } from 'node:crypto';
import { readFileSync, rmSync, statSync } from 'node:fs';
import { link, mkdir, open, rename, rm, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 250;
const HEARTBEAT_MS = 5000;
const STALE_MS = 60_000;

/**
 * Runs `body` while this process alone holds the lock `file`; waits for another process that holds it. The lock of a
 * process that has died, or that has given no sign of life for a minute of this wait, is taken over. The minute is
 * counted here: the clock of the file's machine may be another.
 *
 * @param onWait - called once, before waiting, with the holder of the lock
 * @param staleAfter - the minute, in milliseconds
 */
export async function withLock<T>(
  file: string,
  body: () => Promise<T>,
  onWait: (holder: string) => void = () => {},
  staleAfter = STALE_MS,
): Promise<T> {
  await mkdir(dirname(file), { recursive: true });
  const mine = JSON.stringify({ pid: process.pid, host: hostname(), id: randomUUID() });
  const isSilent = watchSigns(staleAfter);
  for (let waited = false; !(await take(file, mine)); waited = true) {
    if (await breakStale(file, isSilent)) continue;
    if (!waited) onWait(describeHolder(file));
    await delay(POLL_MS);
  }
  // After a long sleep of the machine it may be another's.
  const isMine = () => readText(file) === mine;
  const release = () => {
    if (isMine()) rmSync(file, { force: true });
  };
  const heartbeat = setInterval(() => {
    if (isMine()) void utimes(file, new Date(), new Date()).catch(() => {});
  }, HEARTBEAT_MS);
  process.once('exit', release);
  try {
    return await body();
  } finally {
    clearInterval(heartbeat);
    process.off('exit', release);
    release();
  }
}

async function take(file: string, mine: string): Promise<boolean> {
  try {
    const handle = await open(file, 'wx');
    await handle.writeFile(mine);
    await handle.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Removes the lock if nobody can still hold it. The rename lets only one of several waiters do so; one that comes late
 * and gets a fresh lock puts it back.
 */
async function breakStale(file: string, isSilent: (file: string) => boolean): Promise<boolean> {
  const isStale = (path: string) => isSilent(path) || holderIsDead(path);
  if (!isStale(file)) return false;
  const aside = `${file}.${process.pid}`;
  try {
    await rename(file, aside);
    if (!isStale(aside)) await link(aside, file);
    await rm(aside);
  } catch {
    // Another waiter was faster.
  }
  return true;
}

/** Whether a lock has been the same, by its text and its time, for so long since it was first asked about. */
function watchSigns(staleAfter: number): (file: string) => boolean {
  let last: string | undefined;
  let since = 0;
  return (file) => {
    const text = readText(file);
    if (text === undefined) return false;
    let sign: string;
    try {
      sign = `${statSync(file).mtimeMs} ${text}`;
    } catch {
      return false;
    }
    if (sign !== last) {
      last = sign;
      since = performance.now();
    }
    return performance.now() - since > staleAfter;
  };
}

function holderIsDead(file: string): boolean {
  const { pid, host } = readHolder(file) ?? {};
  return host === hostname() && typeof pid === 'number' && !isAlive(pid);
}

function describeHolder(file: string): string {
  const { pid, host } = readHolder(file) ?? {};
  return pid === undefined
    ? 'another process'
    : `process ${pid}${host === hostname() || host === undefined ? '' : ` on ${oneLine(host, 100)}`}`;
}

const HOLDER = object({ pid: optional(count), host: optional(string) });

/** The holder named in the lock; nothing while it is being written. */
function readHolder(file: string): { pid?: number; host?: string } | undefined {
  try {
    return parseJson(readText(file) ?? '', file, HOLDER);
  } catch {
    return undefined;
  }
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
