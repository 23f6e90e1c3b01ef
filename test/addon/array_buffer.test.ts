/** ArrayBuffers over C++ memory, tested by a C++ program that acts as the runtime: needs a compiler. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const file = (path: string) => fileURLToPath(new URL(path, import.meta.url));

it.runIf(process.platform !== 'win32')('a runtime that refuses external memory gets a copy', () => {
  const folder = mkdtempSync(join(tmpdir(), 'torchloss-'));
  const program = join(folder, 'array_buffer');
  const sources = ['../native/array_buffer.cpp', '../../binding/node/array_buffer.cpp'].map(file);
  const includes = ['../native/node_api', '../../binding'].map((path) => `-I${file(path)}`);
  execFileSync(process.env.CXX || 'c++', ['-std=c++17', ...includes, ...sources, '-o', program]);
  expect(execFileSync(program, { encoding: 'utf8' })).toBe('done\n');
  rmSync(folder, { recursive: true });
});
