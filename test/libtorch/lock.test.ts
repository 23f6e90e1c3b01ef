import { existsSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { withLock } from '../../lib/libtorch/lock.js';

const folder = mkdtempSync(join(tmpdir(), 'torchloss-lock-'));
const file = join(folder, 'a.lock');
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(() => rmSync(file, { force: true }));

/** A process that lives as long as this one, on another machine. */
const elsewhere = JSON.stringify({ pid: process.pid, host: 'another-machine', id: '1' });

describe('a lock', () => {
  it('is held by one holder, and removed afterwards', async () => {
    const order: string[] = [];
    const hold = (name: string) =>
      withLock(file, async () => {
        order.push(`${name} begins`);
        expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ pid: process.pid, host: hostname() });
        await new Promise((resolve) => setTimeout(resolve, 20));
        order.push(`${name} ends`);
      });
    await Promise.all([hold('a'), hold('b')]);
    expect(order.toSorted()).toEqual(['a begins', 'a ends', 'b begins', 'b ends']);
    expect(order[0]?.[0]).toBe(order[1]?.[0]);
    expect(existsSync(file)).toBe(false);
  });

  it('is also released after an error', async () => {
    const failing = withLock(file, async () => {
      throw new RangeError('on purpose');
    });
    await expect(failing).rejects.toThrow('on purpose');
    expect(existsSync(file)).toBe(false);
  });

  it('stays with the process that took it over', async () => {
    await withLock(file, async () => writeFileSync(file, elsewhere));
    expect(readFileSync(file, 'utf8')).toBe(elsewhere);
  });

  it('of a process that died is taken over at once', async () => {
    writeFileSync(file, JSON.stringify({ pid: 2 ** 22 + 1, host: hostname(), id: '1' }));
    await expect(withLock(file, async () => 'done')).resolves.toBe('done');
    expect(existsSync(file)).toBe(false);
  });

  it.each(['an hour slow', 'an hour fast'])(
    'of a live process on a machine whose clock is %s is respected',
    async (clock) => {
      writeFileSync(file, elsewhere);
      const wrong = () => Date.now() / 1000 + (clock === 'an hour fast' ? 3600 : -3600);
      let beats = 0;
      const heartbeat = setInterval(() => utimesSync(file, wrong(), wrong() + ++beats), 50);
      let waitedFor = '';
      let taken = false;
      const lock = withLock(
        file,
        async () => {
          taken = true;
        },
        (holder) => {
          waitedFor = holder;
        },
        1500,
      );
      await new Promise((resolve) => setTimeout(resolve, 1000));
      expect(taken).toBe(false);
      expect(waitedFor).toBe(`process ${process.pid} on another-machine`);
      // It stops renewing the lock, which is then taken over.
      clearInterval(heartbeat);
      await lock;
      expect(taken).toBe(true);
      expect(existsSync(file)).toBe(false);
    },
  );
});
