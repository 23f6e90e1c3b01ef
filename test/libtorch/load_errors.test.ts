import { mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { requireBinary } from '../../lib/libtorch/binary.js';
import { libraryFile } from '../../lib/libtorch/locate.js';
import { PACKAGE_ROOT, PACKAGE_VERSION } from '../../lib/libtorch/places.js';
import { sharedLibrary } from '../helpers/elf.js';
import { fakeLibTorch, temporaryFolder, versionHeader, writeFiles } from '../helpers/libtorch.js';
import { load, makeLibTorch, REAL, runNode } from '../helpers/load.js';
import { startSite } from '../helpers/wheel_server.js';

/** A folder with LibTorch's real libraries under another path, and stubs of the CUDA libraries. */
function makeCudaBuild(torchCuda: Buffer): string {
  const root = temporaryFolder();
  mkdirSync(join(root, 'lib'));
  for (const name of readdirSync(REAL.libDir).filter((file) => /^lib(c10|torch_cpu|gomp)[.-]/.test(file))) {
    symlinkSync(join(REAL.libDir, name), join(root, 'lib', name));
  }
  writeFiles(root, {
    'include/torch/csrc/api/include/torch/version.h': versionHeader(REAL.version),
    [`lib/${libraryFile('c10_cuda')}`]: sharedLibrary(),
    [`lib/${libraryFile('torch_cuda')}`]: torchCuda,
  });
  return root;
}

describe.runIf(process.platform === 'linux')('a load that fails names the cause and the fix', () => {
  it('if LIBTORCH leads nowhere', async () => {
    const folder = join(temporaryFolder(), 'nowhere');
    expect(await load({ LIBTORCH: folder })).toEqual({
      name: 'TorchError',
      code: 'ERR_LIBTORCH_BAD',
      message: `LIBTORCH=${folder}: no such folder. Set LIBTORCH to the folder of a LibTorch, or unset it`,
    });
  });

  it('for a LibTorch of another version', async () => {
    const root = fakeLibTorch(temporaryFolder(), '9.7.3');
    const { code, message } = await load({ LIBTORCH: root });
    expect(code).toBe('ERR_LIBTORCH_VERSION');
    expect(message).toContain(`${root} is LibTorch 9.7, but torchloss only has binaries for:\n  LibTorch `);
    expect(message).toContain(requireBinary(REAL));
    expect(message).toMatch(/Run `npx torchloss build` .*or set LIBTORCH to a LibTorch of one of those versions/);
  });

  it('for a LibTorch with another ABI', async () => {
    const root = fakeLibTorch(temporaryFolder(), REAL.version, { cxx11: false });
    expect(await load({ LIBTORCH: root })).toMatchObject({
      code: 'ERR_LIBTORCH_VERSION',
      message: expect.stringMatching(
        new RegExp(`is LibTorch ${REAL.minor} \\(built without the C\\+\\+11 ABI\\)[^]*npx torchloss build`),
      ),
    });
  });

  it('for a LibTorch whose libraries have other names than the binary requires', async () => {
    const root = fakeLibTorch(temporaryFolder(), '9.7.3');
    const cache = temporaryFolder();
    const folder = join(cache, 'build', PACKAGE_VERSION, 'libtorch-9.7', 'build', 'Release');
    writeFiles(folder, { 'torchloss.node': '..\0libtorch_cpu.so.9.7\0..@@torchloss torch=9.7 cxx11=1@@' });
    expect(await load({ LIBTORCH: root, TORCHLOSS_CACHE: cache })).toMatchObject({
      code: 'ERR_LIBTORCH_VERSION',
      message: expect.stringContaining('LibTorch 9.7 with libtorch_cpu.so.9.7: '),
    });
  });

  it('on a system with musl', async () => {
    const musl = new URL('../process/musl.mjs', import.meta.url).href;
    expect(await load({ LIBTORCH: REAL.root }, { flags: ['--import', musl] })).toMatchObject({
      code: 'ERR_PLATFORM',
      message:
        'This system uses musl, but LibTorch needs glibc. Use a glibc system, such as a Debian-based Node image.',
    });
  });

  it('for a LibTorch for another architecture', async () => {
    const other = process.arch === 'x64' ? 'arm64' : 'x64';
    const root = makeLibTorch({ 'libc10.so': sharedLibrary([], other, '__cxx11') });
    expect(await load({ LIBTORCH: root })).toMatchObject({
      code: 'ERR_PLATFORM',
      message:
        `${join(root, 'lib', 'libc10.so')} is for ${other}, but this Node is for ${process.arch}. Set LIBTORCH to a ` +
        'LibTorch for this architecture, or run `npx torchloss setup --fetch`.',
    });
  });

  it('if OpenMP is missing', async () => {
    const root = makeLibTorch({
      'libc10.so': sharedLibrary([], process.arch, '__cxx11'),
      'libtorch_cpu.so': sharedLibrary(['libgomp-not-there.so.1']),
    });
    expect(await load({ LIBTORCH: root })).toMatchObject({
      code: 'ERR_LIBTORCH_LOAD',
      message: expect.stringMatching(
        /libtorch_cpu\.so \(LibTorch [\d.]+\) cannot be loaded: libgomp-not-there\.so\.1: cannot open[^\n]*\nInstall OpenMP's runtime: \S/,
      ),
    });
  });

  it('where a wheel of PyTorch is without what it depends on, and setup does not compile for it', async () => {
    const root = makeLibTorch({
      'libc10.so': sharedLibrary(),
      'libtorch_cpu.so': sharedLibrary(['libcupti.so.99']),
    });
    writeFiles(root, { 'version.py': `__version__ = '${REAL.version}'`, '__init__.py': '' });
    const env = { TORCHLOSS_CACHE: temporaryFolder() };
    const { code, stdout, stderr } = await runNode([join(PACKAGE_ROOT, 'dist', 'cli.js'), 'setup', root], env);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('libcupti.so.99: cannot open');
    expect(stderr).toContain(`Install what this PyTorch depends on: pip install torch==${REAL.version}.`);
    expect(readdirSync(env.TORCHLOSS_CACHE)).not.toContain('setup.json');
  });

  it('for a damaged library', async () => {
    const { code, message } = await load({ LIBTORCH: makeLibTorch() });
    expect(code).toBe('ERR_LIBTORCH_LOAD');
    expect(message).toMatch(/libc10\.so \(LibTorch [\d.]+\) cannot be loaded: [^\n]+\n.*`npx torchloss setup --force`/);
  });

  it('for CUDA without a driver, while the CPU still works', async () => {
    const env = { LIBTORCH: makeCudaBuild(sharedLibrary()) };
    expect(await load(env)).toMatchObject({ values: [3, 4] });
    expect(await load(env, { device: 'cuda' })).toEqual({
      name: 'TorchError',
      code: 'ERR_NO_CUDA',
      message: expect.stringMatching(
        /^device: expected an available device, got a CUDA device: no CUDA device was found: \S.*CUDA.*$/,
      ),
    });
    const missing = { LIBTORCH: makeCudaBuild(sharedLibrary(['libcuda.so.999'])) };
    expect((await load(missing, { device: 'cuda' })).message).toMatch(
      /libtorch_cuda\.so .*cannot be loaded: libcuda\.so\.999: cannot open[^]*Install the NVIDIA driver/,
    );
  });

  it('for a broken download', async () => {
    const site = await startSite({ sha256: '0'.repeat(64) });
    const env = { TORCHLOSS_CACHE: temporaryFolder(), PATH: temporaryFolder() };
    const cli = join(PACKAGE_ROOT, 'dist', 'cli.js');
    const { code, stderr } = await runNode([cli, 'setup', '--fetch', '--index', site.index, '--allow-http'], env);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^torchloss: http\S+whl: the file has the wrong SHA-256: [0-9a-f]{64}, expected 0{64} \[ERR_SETUP\]$/m,
    );
  });
});
