import { readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findBinary, listBinaries, readMarker, requireBinary } from '../../lib/libtorch/binary.js';
import { checkArchitecture, checkPlatform, preload } from '../../lib/libtorch/guards.js';
import { candidates, compareMinors, inspect, libraryFile, locate } from '../../lib/libtorch/locate.js';
import { cacheFolder, isWritable, PACKAGE_VERSION } from '../../lib/libtorch/places.js';
import { checkProcess } from '../../lib/libtorch/process.js';
import { ELF_X64, fakeLibTorch, temporaryFolder, versionHeader, writeFiles } from '../helpers/libtorch.js';

/** A version without a real binary. */
const UNKNOWN = '9.7.3';

describe('inspect', () => {
  it('describes a LibTorch', () => {
    const root = fakeLibTorch(temporaryFolder(), '2.13.0');
    expect(inspect(root, 'system')).toEqual({
      root,
      libDir: join(root, 'lib'),
      includeDirs: [join(root, 'include'), join(root, 'include/torch/csrc/api/include')],
      version: '2.13.0',
      minor: '2.13',
      cuda: false,
      cxx11Abi: true,
      source: 'system',
    });
  });

  it.each([
    ['include/torch/headeronly/version.h', versionHeader('2.13.1'), '2.13.1'],
    ['include/torch/csrc/api/include/torch/version.h', versionHeader('1.13.0'), '1.13.0'],
    ['build-version', '2.9.0+cu126\n', '2.9.0'],
    ['version.py', "from typing import Optional\n__version__ = '2.10.2+cpu'\ndebug = False\n", '2.10.2'],
  ])('reads the version from %s', (file, content, version) => {
    const root = fakeLibTorch(temporaryFolder());
    rmSync(join(root, 'include'), { recursive: true });
    writeFiles(root, { [file]: content });
    expect(inspect(root, 'system').version).toBe(version);
  });

  it('takes the headers over the other sources of the version', () => {
    const root = fakeLibTorch(temporaryFolder(), '2.13.0');
    writeFiles(root, { 'build-version': '2.1.0', 'version.py': "__version__ = '2.2.0'" });
    expect(inspect(root, 'system').version).toBe('2.13.0');
  });

  it.runIf(process.platform === 'linux')('finds the libraries in the folder of the architecture', () => {
    const prefix = temporaryFolder();
    const multiarch = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu';
    writeFiles(prefix, {
      [`lib/${multiarch}/libc10.so`]: ELF_X64,
      [`lib/${multiarch}/libtorch_cpu.so`]: ELF_X64,
      'include/torch/csrc/api/include/torch/version.h': versionHeader('1.13.0'),
    });
    expect(inspect(prefix, 'system')).toMatchObject({ libDir: join(prefix, 'lib', multiarch), cxx11Abi: true });
  });

  it('tells CUDA and the older ABI of strings, in spite of the standard library’s own symbols', () => {
    const root = fakeLibTorch(temporaryFolder(), '2.6.0', { cuda: true, cxx11: false });
    expect(inspect(root, 'system')).toMatchObject({ cuda: true, cxx11Abi: process.platform !== 'linux' });
  });

  it('refuses one that is too old, has no version, or is incomplete', () => {
    const old = fakeLibTorch(temporaryFolder(), '1.12.1');
    expect(() => inspect(old, 'system')).toThrow(/is LibTorch 1\.12\.1, but torchloss needs 1\.13 or newer/);
    const bare = fakeLibTorch(temporaryFolder());
    rmSync(join(bare, 'include'), { recursive: true });
    expect(() => inspect(bare, 'system')).toThrow(/its version is unknown/);
    const broken = fakeLibTorch(temporaryFolder());
    rmSync(join(broken, 'lib', libraryFile('c10')));
    expect(() => inspect(broken, 'system')).toThrow(/c10\.\w+ is missing/);
  });
});

describe('locate', () => {
  it('uses only LIBTORCH if it is set', () => {
    const folder = temporaryFolder();
    const system = fakeLibTorch(join(folder, 'system'));
    const named = fakeLibTorch(join(folder, 'named'), '2.12.0');
    expect(locate({ LIBTORCH: named }, [system])).toMatchObject({ root: named, source: 'LIBTORCH' });
    expect(() => locate({ LIBTORCH: join(folder, 'nowhere') }, [system])).toThrow(
      expect.objectContaining({ code: 'ERR_LIBTORCH_BAD', message: expect.stringContaining('LIBTORCH=') }),
    );
  });

  it('tries the record of setup, then Python, then the system', () => {
    const folder = temporaryFolder();
    const fetched = fakeLibTorch(join(folder, 'fetched'), UNKNOWN);
    const python = fakeLibTorch(join(folder, 'venv', 'lib', 'python3.12', 'site-packages', 'torch'), UNKNOWN);
    const system = fakeLibTorch(join(folder, 'system'), UNKNOWN);
    writeFiles(folder, { 'cache/setup.json': JSON.stringify({ root: fetched }) });
    const cache = { TORCHLOSS_CACHE: join(folder, 'cache') };
    const venv = { VIRTUAL_ENV: join(folder, 'venv') };
    const empty = { TORCHLOSS_CACHE: join(folder, 'empty') };
    expect(locate({ ...cache, ...venv }, [system])).toMatchObject({ root: fetched, source: 'setup' });
    expect(locate({ ...empty, ...venv }, [system])).toMatchObject({ root: python, source: 'python' });
    expect(locate({ ...empty, CONDA_PREFIX: join(folder, 'venv') }, [system]).root).toBe(python);
    expect(locate(empty, [join(folder, 'nothing'), system])).toMatchObject({ root: system, source: 'system' });
  });

  it('prefers, among those it finds by itself, one with a matching binary', () => {
    const folder = temporaryFolder();
    const venv = join(folder, 'venv');
    fakeLibTorch(join(venv, 'lib', 'python3.12', 'site-packages', 'torch'), '9.8.0');
    const system = fakeLibTorch(join(folder, 'system'), UNKNOWN);
    const env = { TORCHLOSS_CACHE: join(folder, 'cache'), VIRTUAL_ENV: venv };
    putBinary(env, '9.7');
    expect(locate(env, [system]).root).toBe(system);
  });

  it('skips a record that is damaged or leads nowhere', () => {
    const folder = temporaryFolder();
    const system = fakeLibTorch(join(folder, 'system'), UNKNOWN);
    const env = { TORCHLOSS_CACHE: folder };
    writeFiles(folder, { 'setup.json': '{"root": ' });
    expect(locate(env, [system]).root).toBe(system);
    expect(candidates(env, [system])[0]?.problem?.message).toContain('the record cannot be read');
    writeFiles(folder, { 'setup.json': JSON.stringify({ root: join(folder, 'gone') }) });
    expect(locate(env, [system]).root).toBe(system);
  });

  it('says what it needs, where it looked and what to do if there is none', () => {
    const folder = temporaryFolder();
    const old = fakeLibTorch(join(folder, 'old'), '1.8.0');
    const missing = join(folder, 'missing');
    expect(() => locate({ TORCHLOSS_CACHE: join(folder, 'cache') }, [missing, old])).toThrow(
      expect.objectContaining({
        code: 'ERR_LIBTORCH_NOT_FOUND',
        message: expect.stringMatching(
          /needs 1\.13 or newer[^]*setup\.json: nothing is recorded[^]*missing: no such folder[^]*old: is LibTorch 1\.8\.0[^]*torchloss setup/,
        ),
      }),
    );
  });

  it('compares versions by their numbers', () => {
    expect(compareMinors('2.9', '2.13')).toBeLessThan(0);
    expect(compareMinors('2.0', '1.13')).toBeGreaterThan(0);
    expect(compareMinors('2.13', '2.13')).toBe(0);
  });
});

describe('cacheFolder', () => {
  it('follows TORCHLOSS_CACHE, then XDG_CACHE_HOME, then the home folder', () => {
    const home = temporaryFolder();
    expect(cacheFolder({ TORCHLOSS_CACHE: '/a/b', XDG_CACHE_HOME: '/c', HOME: home })).toBe('/a/b');
    expect(cacheFolder({ XDG_CACHE_HOME: '/c', HOME: home })).toBe(join('/c', 'torchloss'));
    expect(cacheFolder({ HOME: home }).startsWith(home)).toBe(true);
  });
});

describe('isWritable', () => {
  it('checks the nearest existing folder, and creates none', () => {
    const folder = temporaryFolder();
    expect(isWritable(join(folder, 'a', 'b'))).toBe(true);
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('binaries', () => {
  it('are recognised by the marker in their bytes', () => {
    const folder = temporaryFolder();
    writeFiles(folder, {
      'new.node': Buffer.concat([Buffer.from([0, 255, 254]), marker('2.13')]),
      'old.node': marker('1.13', false),
      'other.node': 'ELF without a marker',
    });
    expect(readMarker(join(folder, 'new.node'))).toEqual({ torch: '2.13', cxx11: true });
    expect(readMarker(join(folder, 'old.node'))).toEqual({ torch: '1.13', cxx11: false });
    expect(readMarker(join(folder, 'other.node'))).toBeUndefined();
  });

  it('are found in the cache, if made for the same version and ABI', () => {
    const env = { TORCHLOSS_CACHE: temporaryFolder() };
    const file = putBinary(env, '9.7');
    const target = { minor: '9.7', cxx11Abi: true, libDir: temporaryFolder() };
    expect(findBinary(target, env)).toBe(file);
    expect(findBinary({ ...target, cxx11Abi: false }, env)).toBeUndefined();
    expect(findBinary({ ...target, minor: '9.6' }, env)).toBeUndefined();
    expect(listBinaries(env)).toContainEqual({ file, marker: { torch: '9.7', cxx11: true } });
    writeFileSync(file, marker('9.6'));
    expect(findBinary(target, env)).toBeUndefined();
  });

  it('match only a LibTorch whose library has the name that they require', () => {
    const env = { TORCHLOSS_CACHE: temporaryFolder() };
    const target = { minor: '9.7', cxx11Abi: true, libDir: temporaryFolder() };
    const file = putBinary(env, '9.7');
    writeFileSync(file, Buffer.concat([Buffer.from('..\0libtorch_cpu.so.9.7\0'), marker('9.7')]));
    expect(readMarker(file)).toEqual({ torch: '9.7', cxx11: true, library: 'libtorch_cpu.so.9.7' });
    writeFiles(target.libDir, { 'libtorch_cpu.so': '' });
    expect(findBinary(target, env)).toBeUndefined();
    writeFiles(target.libDir, { 'libtorch_cpu.so.9.7': '' });
    expect(findBinary(target, env)).toBe(file);
  });

  it('of another version only are named in the error', () => {
    const folder = temporaryFolder();
    const env = { TORCHLOSS_CACHE: join(folder, 'cache') };
    const libtorch = inspect(fakeLibTorch(folder, '9.8.0'), 'system');
    putBinary(env, '9.7');
    expect(() => requireBinary(libtorch, env)).toThrow(
      expect.objectContaining({
        code: 'ERR_LIBTORCH_VERSION',
        message: expect.stringMatching(/is LibTorch 9\.8[^]*LibTorch 9\.7: [^]*torchloss build/),
      }),
    );
  });
});

describe('guards', () => {
  it('accept only the platforms that LibTorch exists for', () => {
    expect(() => checkPlatform({ platform: 'linux', arch: 'arm64', musl: false })).not.toThrow();
    expect(() => checkPlatform({ platform: 'linux', arch: 'riscv64', musl: false })).toThrow(
      /no LibTorch for linux riscv64/,
    );
    expect(() => checkPlatform({ platform: 'freebsd', arch: 'x64', musl: false })).toThrow(/torchloss runs on linux/);
    expect(() => checkPlatform({ platform: 'darwin', arch: 'x64', musl: false })).toThrow(/darwin \(arm64\)/);
    expect(() => checkPlatform({ platform: 'linux', arch: 'x64', musl: true })).toThrow(
      expect.objectContaining({ code: 'ERR_PLATFORM', message: expect.stringContaining('musl') }),
    );
  });

  it.runIf(process.platform === 'linux')('refuse a LibTorch for another architecture', () => {
    const libtorch = inspect(fakeLibTorch(temporaryFolder()), 'system');
    expect(() => checkArchitecture(libtorch, 'x64')).not.toThrow();
    expect(() => checkArchitecture(libtorch, 'arm64')).toThrow(/is for x64, but this Node is for arm64/);
    writeFiles(libtorch.libDir, { 'libc10.so': 'a text' });
    expect(() => checkArchitecture(libtorch, 'x64')).toThrow(/is not a shared library/);
  });

  it('refuse a second LibTorch in the process', () => {
    const libtorch = inspect(fakeLibTorch(temporaryFolder()), 'system');
    const own = join(libtorch.libDir, libraryFile('torch_cpu'));
    const other = join('/elsewhere/lib', `${libraryFile('torch_cpu')}.1.13.0`);
    expect(() => checkProcess(libtorch, () => ['/usr/lib/libz.so.1', own])).not.toThrow();
    expect(() => checkProcess(libtorch, () => ['/usr/lib/libz.so.1', own, other])).toThrow(
      expect.objectContaining({ code: 'ERR_LIBTORCH_CONFLICT', message: expect.stringContaining(other) }),
    );
  });

  it('recognise a LibTorch reached by another path', () => {
    const folder = temporaryFolder();
    const root = fakeLibTorch(join(folder, 'real'));
    symlinkSync(root, join(folder, 'link'));
    const libtorch = inspect(join(folder, 'link'), 'system');
    expect(() => checkProcess(libtorch, () => [join(root, 'lib', libraryFile('c10'))])).not.toThrow();
  });

  it("report the loader's error", () => {
    const libtorch = inspect(fakeLibTorch(temporaryFolder()), 'system');
    expect(() => preload(libtorch)).toThrow(
      expect.objectContaining({
        code: 'ERR_LIBTORCH_LOAD',
        message: expect.stringMatching(/c10[^]*cannot be loaded[^]*setup --force/),
      }),
    );
  });
});

/** Puts a file that looks like a binary into the cache, and returns its path. */
function putBinary({ TORCHLOSS_CACHE }: { TORCHLOSS_CACHE: string }, minor: string): string {
  const folder = join(TORCHLOSS_CACHE, 'build', PACKAGE_VERSION, `libtorch-${minor}`, 'build', 'Release');
  writeFiles(folder, { 'torchloss.node': marker(minor) });
  return join(folder, 'torchloss.node');
}

function marker(minor: string, cxx11 = true): Buffer {
  return Buffer.from(`..@@torchloss torch=${minor} cxx11=${cxx11 ? 1 : 0}@@..`);
}
