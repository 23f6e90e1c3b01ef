import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from './libtorch.js';

const PROGRAM = fileURLToPath(new URL('../process/peer.mjs', import.meta.url));

/** An executable that stands in for a Python interpreter: it runs test/process/peer.mjs, which behaves as `mode` says. */
export function standIn(mode: string, noteFile = '', folder = temporaryFolder()): string {
  const file = join(folder, `python3-${mode.replaceAll(' ', '-')}`);
  const words = [process.execPath, PROGRAM, mode, noteFile].map((word) => `'${word}'`).join(' ');
  // The shell remains the parent of the program, like a wrapper script.
  writeFileSync(file, `#!/bin/sh\n${words} "$@"\nexit $?\n`);
  chmodSync(file, 0o755);
  return file;
}
