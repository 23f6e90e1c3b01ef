import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { readMarker, requireBinary } from '../../lib/libtorch/binary.js';
import { libraryFile, locate } from '../../lib/libtorch/locate.js';
import type { LibTorch } from '../../lib/libtorch/places.js';
import { sharedLibrary } from './elf.js';
import { fakeLibTorch, temporaryFolder, writeFiles } from './libtorch.js';

/** How a process ended and what it printed. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The outcome of loading torchloss: values and the LibTorch in use, or an error. */
export interface Loaded {
  readonly code?: string;
  readonly message?: string;
  readonly values?: number[];
  readonly root?: string;
  readonly source?: string;
}

/** The LibTorch that the tests run with, and the library name that its binary requires. */
export const REAL: LibTorch = locate();
export const LIBRARY: string = readMarker(requireBinary(REAL))?.library ?? libraryFile('torch_cpu');

/** Runs a program with Node. Without a LIBTORCH in `env` none is set. */
export function runNode(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const { LIBTORCH: _, ...rest } = process.env;
  return new Promise((resolve) => {
    const child = execFile(process.execPath, args, { env: { ...rest, ...env } }, (_error, stdout, stderr) => {
      resolve({ code: child.exitCode, stdout, stderr });
    });
  });
}

/** Loads torchloss in a new process, after `libraries`, as if another addon had loaded those. */
export async function load(
  env: Readonly<Record<string, string>>,
  { device = 'cpu', libraries = [], flags = [] }: { device?: string; libraries?: string[]; flags?: string[] } = {},
): Promise<Loaded> {
  const program = fileURLToPath(new URL('../process/load.mjs', import.meta.url));
  const entry = new URL('../../dist/index.js', import.meta.url).href;
  const { code, stdout, stderr } = await runNode([...flags, program, entry, device, ...libraries], env);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout);
}

/** A folder that looks like the LibTorch in use until its libraries, the given ones, are loaded. */
export function makeLibTorch(libraries: Readonly<Record<string, Buffer>> = {}): string {
  const root = fakeLibTorch(temporaryFolder(), REAL.version);
  writeFiles(join(root, 'lib'), { [LIBRARY]: sharedLibrary(), ...libraries });
  return root;
}
