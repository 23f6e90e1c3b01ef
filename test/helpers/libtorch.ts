import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { libraryFile } from '../../lib/libtorch/locate.js';

/** A temporary folder for one test, removed when the test ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'torchloss-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes files (path to content) below `folder`. */
export function writeFiles(folder: string, files: Readonly<Record<string, string | Buffer>>): void {
  for (const [path, content] of Object.entries(files)) {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
}

/** The header by which LibTorch states its version. */
export function versionHeader(version: string): string {
  const [major, minor, patch] = version.split('.');
  return `#pragma once\n#define TORCH_VERSION_MAJOR ${major}\n#define TORCH_VERSION_MINOR ${minor}\n#define TORCH_VERSION_PATCH ${patch}\n`;
}

/** The beginning of a shared library for Linux on x86-64. */
export const ELF_X64 = Buffer.concat([Buffer.from('\x7fELF\x02\x01\x01'), Buffer.alloc(9), Buffer.from([3, 0, 62, 0])]);

/** Some symbols of libc10.so: `c10::Error`'s constructor in either ABI, and what the standard library adds to both. */
const C10_SYMBOLS = {
  cxx11: '_ZN3c105ErrorC1ENS_14SourceLocationENSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE',
  older: '_ZN3c105ErrorC1ENS_14SourceLocationESs\0_ZNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEED1Ev',
};

/** Makes a folder that looks like a LibTorch, as far as is looked without loading it. */
export function fakeLibTorch(
  root: string,
  version = '2.13.0',
  options: { cuda?: boolean; cxx11?: boolean } = {},
): string {
  const { cuda = false, cxx11 = true } = options;
  writeFiles(root, {
    [`lib/${libraryFile('c10')}`]: Buffer.concat([ELF_X64, Buffer.from(C10_SYMBOLS[cxx11 ? 'cxx11' : 'older'])]),
    [`lib/${libraryFile('torch_cpu')}`]: ELF_X64,
    ...(cuda && { [`lib/${libraryFile('torch_cuda')}`]: ELF_X64 }),
    'include/torch/headeronly/version.h': versionHeader(version),
    'include/torch/csrc/api/include/torch/version.h': versionHeader(version),
  });
  return root;
}
