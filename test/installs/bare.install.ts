/** A root file system like a small container's: only Node and the libraries it needs. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { makeConsumer, run } from './consumer.js';
import { expectLoss } from './expect.js';
import { NEWEST } from './libtorchs.js';

const root = join(inject('workplace'), 'root');
const cli = '/app/node_modules/torchloss/dist/cli.js';

/** Runs Node in the root; users other than root do so in their own namespace. */
function runInRoot(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const enter = process.getuid?.() === 0 ? ['chroot'] : ['unshare', '--user', '--map-root-user', 'chroot'];
  const [command = '', ...rest] = [...enter, root, '/usr/bin/node', ...args];
  return run(command, rest, root, {
    env: { HOME: '/root', PATH: `${process.env.PATH}:/usr/sbin`, NODE_EXTRA_CA_CERTS: undefined, ...env },
  });
}

/** Copies a file and the libraries it is linked with to the same place in the root. */
function copyProgram(file: string, target: string): void {
  copyInto(file, target);
  for (const [, library = ''] of linkedWith(file)) copyInto(realpathSync(library), library);
}

/** The libraries that the loader finds for a file, each as the first group of a match. */
function linkedWith(file: string): Iterable<RegExpMatchArray> {
  return execFileSync('ldd', [file], { encoding: 'utf8' }).matchAll(/(\/\S+) \(0x/g);
}

function copyInto(file: string, target: string): void {
  mkdirSync(dirname(join(root, target)), { recursive: true });
  cpSync(file, join(root, target), { recursive: true, dereference: true });
}

describe.runIf(process.platform === 'linux')('a root without a compiler, Python and OpenMP', () => {
  beforeAll(() => {
    copyProgram(realpathSync(process.execPath), '/usr/bin/node');
    copyInto('/etc/os-release', '/etc/os-release');
    mkdirSync(join(root, 'proc'));
    writeFileSync(join(root, 'proc/cpuinfo'), readFileSync('/proc/cpuinfo'));
    makeConsumer(join(root, 'app'), {});
    for (const name of [
      'torchloss',
      'node-gyp-build',
      'yauzl',
      'pend',
      'buffer-crc32',
      'tinyglobby',
      'fdir',
      'picomatch',
    ]) {
      const folder = join(inject('consumer'), 'node_modules', name);
      if (existsSync(folder)) copyInto(folder, `/app/node_modules/${name}`);
    }
  });

  it('and without LibTorch gets an error that names what was tried and the fix', async () => {
    const { code, stderr } = await runInRoot(['/app/use.mjs']);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /TorchError: LibTorch was not found[^]*setup\.json: nothing is recorded[^]*\/opt\/libtorch: no such folder[^]*Run `npx torchloss setup` to download it, or set LIBTORCH/,
    );
    expect(stderr).toContain("code: 'ERR_LIBTORCH_NOT_FOUND'");
  });

  it('and without a network gets alternatives from `torchloss setup`', async () => {
    const { code, stderr } = await runInRoot([cli, 'setup', '--index', 'http://127.0.0.1:9/whl/cpu', '--allow-http']);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /127\.0\.0\.1:9[^]*pip: not installed[^]*Install the system package instead: [^]*\[ERR_SETUP\]/,
    );
  });

  it('gets an error that names the package with OpenMP', async () => {
    const libraries = ['libc10.so', 'libtorch_cpu.so'];
    for (const name of libraries) copyInto(join(NEWEST.libDir, name), `/opt/libtorch/lib/${name}`);
    for (const [, library = ''] of linkedWith(join(NEWEST.libDir, 'libtorch_cpu.so'))) {
      if (/\/lib(rt|dl|m|pthread)\.so/.test(library)) copyInto(realpathSync(library), library);
    }
    writeFileSync(join(root, 'opt/libtorch/build-version'), NEWEST.version);
    const { code, stderr } = await runInRoot(['/app/use.mjs']);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /libtorch_cpu\.so \(LibTorch 2\.13\.0\) cannot be loaded: libgomp\.so\.1: cannot open shared object file[^\n]*\nInstall OpenMP's runtime: \S/,
    );
    expect(stderr).toContain("code: 'ERR_LIBTORCH_LOAD'");
  });

  it('computes with a complete LibTorch', async () => {
    copyInto(join(NEWEST.libDir, 'libgomp.so.1'), '/opt/libtorch/lib/libgomp.so.1');
    expectLoss(await runInRoot(['/app/use.mjs']));
    expectLoss(await runInRoot(['/app/use.cjs']));
  });
});
