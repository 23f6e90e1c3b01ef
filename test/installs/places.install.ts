/** Unusual folders. */
import { chmodSync, chownSync, cpSync, existsSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import type { LibTorch } from '../../lib/libtorch/places.js';
import { makeConsumer, run, write } from './consumer.js';
import { expectWorks } from './expect.js';
import { NEWEST, OLDEST } from './libtorchs.js';

const consumer = inject('consumer');
const workplace = inject('workplace');
const LIBTORCH = NEWEST.root;
const cli = join('node_modules', 'torchloss', 'dist', 'cli.js');

/** A user that may not write to root's files. */
const NOBODY = 65534;

describe('a path with spaces and non-ASCII letters', () => {
  const folder = join(workplace, 'Größe & Maß 測試');

  it('works with prebuilt binaries', async () => {
    makeConsumer(folder, { torchloss: `file:${inject('tarball')}` });
    expect(await run('npm', ['install', '--prefer-offline'], folder)).toMatchObject({ code: 0 });
    await expectWorks(folder, process.execPath, { env: { LIBTORCH } });
  });

  it('can be compiled in if no prebuilt binary fits', async () => {
    rmSync(join(folder, 'node_modules', 'torchloss', 'prebuilds'), { recursive: true });
    const env = { LIBTORCH, TORCHLOSS_CACHE: join(workplace, 'Zwischen lager') };
    const without = await run(process.execPath, ['use.mjs'], folder, { env });
    expect(without).toMatchObject({ code: 1, stderr: expect.stringContaining('npx torchloss build') });
    const { code, stdout, stderr } = await run(process.execPath, [cli, 'setup'], folder, { env });
    expect(code, stderr).toBe(0);
    const build = join(folder, 'node_modules', 'torchloss', 'build');
    expect(stdout).toContain(join(build, 'libtorch-'));
    const left = readdirSync(build, { recursive: true, encoding: 'utf8' });
    expect(left.filter((file) => file.endsWith('.gch'))).toEqual([]);
    await expectWorks(folder, process.execPath, { env });
  });
});

describe.runIf(process.platform === 'linux')(
  'a LibTorch whose headers are of another version than its libraries',
  () => {
    it('is refused when the binary for the headers is loaded', async () => {
      const LIBTORCH = makeMixture('newest', NEWEST, OLDEST);
      const { code, stderr } = await run(process.execPath, ['use.mjs'], consumer, { env: { LIBTORCH } });
      expect(code).toBe(1);
      expect(stderr).toMatch(/undefined symbol: [^]*compiled for a different LibTorch: run `npx torchloss build/);
      expect(stderr).toContain("code: 'ERR_LIBTORCH_LOAD'");
    });

    it('is refused before anything is loaded if the libraries have other names', async () => {
      const LIBTORCH = makeMixture('oldest', OLDEST, NEWEST);
      const { code, stderr } = await run(process.execPath, ['use.mjs'], consumer, { env: { LIBTORCH } });
      expect(code).toBe(1);
      expect(stderr).toContain(`LibTorch ${OLDEST.minor} with libtorch_cpu.so.${OLDEST.minor}: `);
      expect(stderr).toContain("code: 'ERR_LIBTORCH_VERSION'");
    });

    function makeMixture(name: string, headers: LibTorch, libraries: LibTorch): string {
      const root = join(workplace, `headers-of-the-${name}`);
      mkdirSync(root);
      symlinkSync(libraries.libDir, join(root, 'lib'));
      write(join(root, 'build-version'), headers.version);
      return root;
    }
  },
);

describe.runIf(process.platform !== 'win32')('a read-only node_modules', () => {
  const folder = join(workplace, 'read-only');
  const home = join(workplace, 'home');
  const user: { readonly uid?: number } = process.getuid?.() === 0 ? { uid: NOBODY } : {};

  it("works with prebuilt binaries, and builds go to the user's cache", async () => {
    cpSync(join(consumer, 'node_modules', 'torchloss'), join(folder, 'node_modules', 'torchloss'), { recursive: true });
    for (const name of ['node-gyp-build', 'yauzl', 'pend', 'buffer-crc32', 'tinyglobby', 'fdir', 'picomatch'])
      copyIfThere(name);
    makeConsumer(folder, {});
    mkdirSync(home, { mode: 0o700 });
    // A folder that other users may write to is refused.
    if (user.uid !== undefined) chownSync(home, user.uid, user.uid);
    chmodSync(workplace, 0o755);
    await run('chmod', ['-R', 'a-w,a+rX', folder], workplace);
    // Every user can read the system's LibTorch; the fetched one is in one user's cache.
    const options = { ...user, env: { LIBTORCH: OLDEST.root, HOME: home } };
    await expectWorks(folder, process.execPath, options);
    // No compiler is on this PATH: what matters is where the build would have happened.
    const build = await run(process.execPath, [cli, 'build', '--force'], folder, {
      ...options,
      env: { ...options.env, PATH: home },
    });
    expect(build).toMatchObject({ code: 1, stderr: expect.stringContaining('are not on PATH') });
    expect(readdirSync(folder)).not.toContain('build');
    expect(existsSync(join(folder, 'node_modules', 'torchloss', 'build'))).toBe(false);
    expect(existsSync(join(home, '.cache', 'torchloss', 'build'))).toBe(true);
    await run('chmod', ['-R', 'u+w', folder], workplace);
  });

  function copyIfThere(name: string): void {
    const from = join(consumer, 'node_modules', name);
    if (existsSync(from)) cpSync(from, join(folder, 'node_modules', name), { recursive: true });
  }
});
