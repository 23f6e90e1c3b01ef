/** The programs of examples, compiled for the tests of one file: others may run beside it. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { PACKAGE_ROOT } from '../../lib/libtorch/places.js';

/** A new folder for them, as deep in the clone as build/examples; whoever asks for it removes it. */
export function exampleFolder(): string {
  mkdirSync(join(PACKAGE_ROOT, 'build'), { recursive: true });
  return mkdtempSync(join(PACKAGE_ROOT, 'build', 'examples-'));
}

/** Compiles all of them into the folder. */
export function compileExamples(folder: string): void {
  const compiler = join(PACKAGE_ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  const args = [compiler, '-p', 'examples', '--outDir', folder];
  expect(spawnSync(process.execPath, args, { cwd: PACKAGE_ROOT, encoding: 'utf8' }).stdout).toBe('');
}
