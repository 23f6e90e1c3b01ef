import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ensureBinary } from '../../lib/libtorch/build.js';
import { inspect } from '../../lib/libtorch/locate.js';
import { fakeLibTorch, temporaryFolder } from '../helpers/libtorch.js';

describe.runIf(process.platform !== 'win32')('a build', () => {
  it('names the tools that are missing and how to get them', async () => {
    const folder = temporaryFolder();
    const libtorch = inspect(fakeLibTorch(folder, '9.7.3'), 'system');
    const env = { TORCHLOSS_CACHE: folder, PATH: join(folder, 'empty') };
    await expect(ensureBinary(libtorch, { env })).rejects.toMatchObject({
      code: 'ERR_BUILD',
      message: expect.stringMatching(
        /CMake and a C\+\+ compiler and make or ninja, which are not on PATH\. Install with: .*cmake/,
      ),
    });
  });

  it('says that a LibTorch without headers cannot be compiled against', async () => {
    const folder = temporaryFolder();
    const libtorch = { ...inspect(fakeLibTorch(folder, '9.7.3'), 'system'), includeDirs: [] };
    rmSync(join(folder, 'include'), { recursive: true });
    const env = { ...process.env, TORCHLOSS_CACHE: folder };
    await expect(ensureBinary(libtorch, { env })).rejects.toMatchObject({
      code: 'ERR_BUILD',
      message: expect.stringContaining('has no headers'),
    });
  });
});
