/** The memory cache alone, in a C++ program under AddressSanitizer: needs a compiler with the sanitizers' libraries. */
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const file = (path: string) => fileURLToPath(new URL(path, import.meta.url));

describe.runIf(process.platform !== 'win32')('the cache under AddressSanitizer', () => {
  const folder = mkdtempSync(join(tmpdir(), 'torchloss-'));
  const program = join(folder, 'block_cache');
  const sources = [
    '../native/block_cache.cpp',
    '../../binding/memory/block_cache.cpp',
    '../../binding/memory/system_memory.cpp',
  ].map(file);

  it('is correct with several threads, and reveals a use after free', { timeout: 300_000 }, async () => {
    const flags = [
      `-I${file('../../binding')}`,
      '-std=c++20',
      '-O1',
      '-g',
      '-pthread',
      '-fsanitize=address,undefined',
      '-fno-sanitize-recover=all',
    ];
    execFileSync(process.env.CXX || 'c++', [...flags, ...sources, '-o', program]);
    await expect(promisify(execFile)(program)).resolves.toEqual({ stdout: 'done\n', stderr: '' });
    await expect(promisify(execFile)(program, ['freed'])).rejects.toThrow(/AddressSanitizer: use-after-poison/);
    rmSync(folder, { recursive: true });
  });
});
