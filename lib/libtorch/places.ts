import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TorchError } from '../base/errors.js';

/** The environment variables: `process.env`, except in tests. */
export type Env = Readonly<Record<string, string | undefined>>;

/** Where a LibTorch was named or found. */
export type Source = 'LIBTORCH' | 'process' | 'setup' | 'python' | 'system';

/** A LibTorch on this machine that torchloss can work with. */
export interface LibTorch {
  /** The folder it was found by: a `libtorch` or Python `torch` folder, or a prefix such as `/usr`. */
  readonly root: string;
  /** The folder that holds its libraries. */
  readonly libDir: string;
  /** The folders its headers are included from; empty where it came without headers. */
  readonly includeDirs: readonly string[];
  /** Its full version, such as `2.13.0`. */
  readonly version: string;
  /** Major and minor version, such as `2.13`: what a binary is made for. */
  readonly minor: string;
  /** Whether it was built with CUDA. */
  readonly cuda: boolean;
  /** Whether it was built with C++11's `std::string` (all but older wheels for Linux). */
  readonly cxx11Abi: boolean;
  readonly source: Source;
}

// Not imported: bundlers put a copy of what is required into the bundle, which does not work for a package with a binary.
const { createRequire } = process.getBuiltinModule('node:module');

/** This module. A bundler that makes CommonJS leaves no URL, and CommonJS has the name of its file. */
const MODULE = import.meta.url === undefined ? __filename : fileURLToPath(import.meta.url);

/** The folder of the compiled modules. */
export const CODE_FOLDER: string = resolve(dirname(MODULE), '..');

/** The folder of this package: the one with `package.json`, `CMakeLists.txt` and `binding/`. */
export const PACKAGE_ROOT: string = packageRoot();

/** Resolves what torchloss depends on, from where it is installed. */
export const packageRequire: NodeJS.Require = createRequire(join(PACKAGE_ROOT, 'package.json'));

/** This package's version, such as `0.1.0`. */
export const PACKAGE_VERSION: string = JSON.parse(readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8')).version;

/**
 * The per-user folder for downloads and builds: `TORCHLOSS_CACHE`, else `XDG_CACHE_HOME/torchloss`, else the
 * platform's own (`~/.cache`, `~/Library/Caches`, `%LOCALAPPDATA%`). It need not exist yet.
 */
export function cacheFolder(env: Env = process.env): string {
  if (env.TORCHLOSS_CACHE) return resolve(env.TORCHLOSS_CACHE);
  if (env.XDG_CACHE_HOME) return resolve(env.XDG_CACHE_HOME, 'torchloss');
  const home = env.HOME || homedir();
  if (process.platform === 'win32') return join(env.LOCALAPPDATA ?? join(home, 'AppData', 'Local'), 'torchloss');
  if (process.platform === 'darwin') return join(home, 'Library', 'Caches', 'torchloss');
  return join(home, '.cache', 'torchloss');
}

/** The file in which `setup` records the LibTorch to use. */
export function recordFile(env: Env = process.env): string {
  return join(cacheFolder(env), 'setup.json');
}

/** Beside this module, or where a bundler has put the module elsewhere, the package as it is installed there. */
function packageRoot(): string {
  const beside = resolve(CODE_FOLDER, '..');
  if (nameIn(beside) === 'torchloss') return beside;
  const problems: unknown[] = [];
  for (const place of [MODULE, process.argv[1], join(process.cwd(), 'package.json')]) {
    if (place === undefined) continue;
    try {
      return dirname(createRequire(resolve(place)).resolve('torchloss/package.json'));
    } catch (problem) {
      problems.push(problem);
    }
  }
  throw new TorchError(
    'ERR_BUNDLED',
    `${MODULE} is in a bundle with the code of torchloss, whose native addon and other files stay in the package, and no ` +
      'package torchloss is installed for the program. Keep it out of the bundle (esbuild: --external:torchloss, webpack: ' +
      "externals, Next.js: serverExternalPackages: ['torchloss']) and install it where the program runs.",
    { cause: problems[0] },
  );
}

function nameIn(folder: string): unknown {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).name;
  } catch {
    return undefined;
  }
}

/** Whether `folder`, or the nearest existing folder above it, is writable. */
export function isWritable(folder: string): boolean {
  if (!existsSync(folder)) return dirname(folder) !== folder && isWritable(dirname(folder));
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
