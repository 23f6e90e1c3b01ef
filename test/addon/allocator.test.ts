import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { cacheCap } from '../../lib/addon/cache_settings.js';
import { ArgumentRangeError, torch } from '../../lib/index.js';

const MIB = 2 ** 20;
const FOLDER = new URL('../../dist/', import.meta.url).href;

const file = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** What test/process/allocator.mjs reports about a task. A child that fails, is killed or prints an error fails the test. */
// oxlint-disable-next-line typescript/no-explicit-any -- each task has its own result
async function run(task: string, env: Record<string, string> = {}): Promise<any> {
  // With more threads this takes minutes on a busy machine.
  const usual = { OMP_NUM_THREADS: '1', TORCHLOSS_ALLOCATOR: '', TORCHLOSS_CACHE_LIMIT: '' };
  const options = { env: { ...process.env, ...usual, ...env } };
  const program = file('../process/allocator.mjs');
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [program, FOLDER, task], options);
  expect(stderr).toBe('');
  return JSON.parse(stdout);
}

describe('the settings of the cache', () => {
  it.each([
    [{}, -1],
    [{ TORCHLOSS_ALLOCATOR: 'caching' }, -1],
    [{ TORCHLOSS_ALLOCATOR: 'system' }, undefined],
    [{ TORCHLOSS_ALLOCATOR: 'system', TORCHLOSS_CACHE_LIMIT: '1G' }, undefined],
    [{ TORCHLOSS_CACHE_LIMIT: '0' }, 0],
    [{ TORCHLOSS_CACHE_LIMIT: '800000000' }, 800_000_000],
    [{ TORCHLOSS_CACHE_LIMIT: '3K' }, 3072],
    [{ TORCHLOSS_CACHE_LIMIT: '512m' }, 536_870_912],
    [{ TORCHLOSS_CACHE_LIMIT: '4G' }, 4_294_967_296],
    [{ TORCHLOSS_CACHE_LIMIT: '1T' }, 1_099_511_627_776],
  ])('are read from %o', (env, cap) => {
    expect(cacheCap(env)).toBe(cap);
  });

  it.each(['4 G', '-1', '1.5G', '12Q', 'lots', '99999999T'])('refuse the limit %o', (text) => {
    expect(() => cacheCap({ TORCHLOSS_CACHE_LIMIT: text })).toThrow(
      new ArgumentRangeError(
        'TORCHLOSS_CACHE_LIMIT',
        'a number of bytes such as 0, 800000000, 512M or 4G',
        `'${text}'`,
      ),
    );
  });

  it('refuse an unknown allocator', () => {
    expect(() => cacheCap({ TORCHLOSS_ALLOCATOR: 'off' })).toThrow(
      "TORCHLOSS_ALLOCATOR: expected 'caching' or 'system', got 'off'",
    );
  });

  it('stop the first call if they are wrong', async () => {
    await expect(run('stats', { TORCHLOSS_CACHE_LIMIT: 'lots' })).rejects.toThrow(/TORCHLOSS_CACHE_LIMIT: expected/);
  });
});

describe('the cache', () => {
  it('reuses a freed block for the next tensor of about its size', async () => {
    const { before, made, freed, reused, zero, more } = await run('reuse');
    const block = 512 * 512 * 4;
    expect(before).toMatchObject({ enabled: true, cached_blocks: 0, hits: 0 });
    expect(made).toMatchObject({ in_use_bytes: before.in_use_bytes + block, misses: before.misses + 1, hits: 0 });
    expect(freed).toMatchObject({ in_use_bytes: before.in_use_bytes, cached_bytes: block, cached_blocks: 1 });
    expect(reused).toMatchObject({
      in_use_bytes: before.in_use_bytes + 500 * 512 * 4,
      cached_bytes: 0,
      hits: 1,
      misses: made.misses,
    });
    expect(zero).toBe(0);
    // One block of another size, and a small tensor, which bypasses the cache.
    expect(more).toMatchObject({ hits: 1, misses: made.misses + 1, in_use_blocks: before.in_use_blocks + 2 });
  });

  it('keeps no more than its cap, by its own count and in resident memory', async () => {
    const { many, large } = await run('cap', { TORCHLOSS_CACHE_LIMIT: '96M' });
    expect(many).toMatchObject({ cap: 96 * MIB, cached_bytes: 96 * MIB, cached_blocks: 3 });
    // 320 MB were allocated in all. Beyond the cap, the process grows by what LibTorch loads on its first calls.
    expect(many.grown).toBeLessThan(240);
    // A block above the cap is freed at once and leaves the others cached.
    expect(large).toMatchObject({ cached_bytes: 96 * MIB, cached_blocks: 3 });
    expect(large.grown).toBeLessThan(240);
  });

  it('keeps nothing with a cap of 0', async () => {
    const { many } = await run('cap', { TORCHLOSS_CACHE_LIMIT: '0' });
    expect(many).toMatchObject({ enabled: true, cap: 0, cached_bytes: 0, hits: 0 });
    expect(many.grown).toBeLessThan(160);
  });

  it('is emptied by empty_cache, which leaves tensors intact', async () => {
    const { cached, kept, left, held, cached_bytes } = await run('empty', { TORCHLOSS_CACHE_LIMIT: '1G' });
    expect(cached).toBe(8 * 16 * MIB);
    expect(left).toBeLessThan(kept);
    expect(cached_bytes).toBe(0);
    expect(held).toBe(4 * MIB);
  });

  it('frees only blocks that are unused for five seconds', async () => {
    const { freed, cached_blocks, cached_bytes, hits } = await run('idle');
    expect(freed).toBeGreaterThan(64 - 8);
    expect({ cached_blocks, cached_bytes }).toEqual({ cached_blocks: 1, cached_bytes: MIB });
    expect(hits).toBeGreaterThan(10);
  });

  it('serves several threads at once', async () => {
    const { results, expected, in_use_blocks } = await run('workers');
    expect(results).toEqual(Array.from({ length: 4 }, () => expected));
    expect(in_use_blocks).toBeLessThan(1000);
  });

  it('is not used with TORCHLOSS_ALLOCATOR=system', async () => {
    expect(await run('stats', { TORCHLOSS_ALLOCATOR: 'system' })).toEqual({
      enabled: false,
      cap: 0,
      cached_bytes: 0,
      cached_blocks: 0,
      in_use_bytes: 0,
      in_use_blocks: 0,
      hits: 0,
      misses: 0,
    });
    await expect(run('empty', { TORCHLOSS_ALLOCATOR: 'system' })).resolves.toMatchObject({ held: 4 * MIB });
  });

  it('changes no bit of losses and gradients', async () => {
    const [with_, without] = await Promise.all([run('values'), run('values', { TORCHLOSS_ALLOCATOR: 'system' })]);
    expect(with_.hits).toBeGreaterThan(20);
    expect(without.hits).toBe(0);
    expect(with_.hash).toBe(without.hash);
  });

  it('takes at most its cap more at the peak of a long mixed run', async () => {
    const cap = 16;
    const [with_, without] = await Promise.all([
      run('mixed', { TORCHLOSS_CACHE_LIMIT: `${cap}M` }),
      run('mixed', { TORCHLOSS_ALLOCATOR: 'system' }),
    ]);
    expect(with_.hits).toBeGreaterThan(100);
    // The peaks of two runs differ, but by less than a run without a cap would keep.
    expect(with_.peak).toBeLessThan(1.25 * without.peak + cap);
  });

  it('can also be emptied in this process', () => {
    expect(torch.empty_cache()).toBeUndefined();
  });
});

describe('more memory than there is', () => {
  it('is refused at once with the size that was requested', async () => {
    const { errors, after } = await run('too much');
    for (const [index, size] of ['4.0 TiB', '4.0 PiB'].entries()) {
      expect(errors[index]).toMatchObject({ name: 'TorchError', code: 'ERR_OUT_OF_MEMORY' });
      expect(errors[index].message).toMatch(
        new RegExp(
          `^out of memory: ${size} were requested, and the machine has \\d+\\.\\d [MGT]iB of memory and swap$`,
        ),
      );
    }
    expect(after).toBe(MIB / 4);
  });

  it.runIf(process.platform === 'linux')('is made by emptying the cache', async () => {
    const { kept, fits, left, error, after } = await run('short');
    expect(kept).toBe(256 * MIB);
    expect(fits).toBe(100 * MIB);
    expect(left).toBe(0);
    expect(error).toEqual({
      code: 'ERR_OUT_OF_MEMORY',
      message: 'out of memory: 1.0 GiB were requested, and the system has no more',
    });
    expect(after).toBe(MIB / 4);
  });
});
