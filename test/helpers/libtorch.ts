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

/** Makes a folder that looks like a LibTorch to checks that do not load it. */
export function fakeLibTorch(
  root: string,
  version = '2.13.0',
  options: { cuda?: boolean; cxx11?: boolean } = {},
): string {
  const { cuda = false, cxx11 = true } = options;
  writeFiles(root, {
    [`lib/${libraryFile('c10')}`]: Buffer.concat([
      ELF_X64,
      Buffer.from(cxx11 ? 'std::__cxx11::basic_string' : 'std::string'),
    ]),
    [`lib/${libraryFile('torch_cpu')}`]: ELF_X64,
    ...(cuda && { [`lib/${libraryFile('torch_cuda')}`]: ELF_X64 }),
    'include/torch/headeronly/version.h': versionHeader(version),
    'include/torch/csrc/api/include/torch/version.h': versionHeader(version),
  });
  return root;
}
