/** The lock of a shared folder: who holds it may find it broken by another, and then leaves that one's alone. */
import { existsSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { withLock } from '../lib/libtorch/lock.js';

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'torchloss-lock-'));
  file = join(folder, 'lock');
});

afterEach(() => rmSync(folder, { recursive: true }));

it('is there while its work is done, and gone after it, also by an error', async () => {
  expect(await withLock(file, async () => existsSync(file))).toBe(true);
  expect(existsSync(file)).toBe(false);
  await expect(
    withLock(file, async () => {
      throw new RangeError('on purpose');
    }),
  ).rejects.toThrow('on purpose');
  expect(existsSync(file)).toBe(false);
});

it('of another process, which took it from a holder that slept, stays', async () => {
  const other = JSON.stringify({ pid: 1, host: 'elsewhere', token: 'another' });
  await withLock(file, async () => writeFileSync(file, other));
  expect(readFileSync(file, 'utf8')).toBe(other);
});

it('of this process is told apart from its own next one', async () => {
  const twin = JSON.stringify({ pid: process.pid, host: hostname(), token: 'another' });
  await withLock(file, async () => writeFileSync(file, twin));
  expect(readFileSync(file, 'utf8')).toBe(twin);
});

it('without a sign of life for a minute is taken over', async () => {
  writeFileSync(file, JSON.stringify({ pid: 1, host: 'elsewhere' }));
  const long = new Date(Date.now() - 120_000);
  utimesSync(file, long, long);
  expect(await withLock(file, async () => readFileSync(file, 'utf8'))).toContain(`"pid":${process.pid}`);
  expect(existsSync(file)).toBe(false);
});
