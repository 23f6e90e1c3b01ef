import { accessSync, constants, existsSync, mkdirSync, readFileSync, type Stats, statSync } from 'node:fs';
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

/**
 * Why the cache cannot be trusted, in words; `undefined` if it can, or is not there yet. Native code is loaded from it, so that
 * it has to be the user's own or root's, and nobody else's to write to, as must the folders above it.
 */
export function cacheProblem(env: Env = process.env): string | undefined {
  const cache = cacheFolder(env);
  if (process.platform === 'win32' || env.TORCHLOSS_ALLOW_SHARED_CACHE === '1') return undefined;
  for (let folder = cache, above = false; ; folder = dirname(folder), above = true) {
    const found = statSync(folder, { throwIfNoEntry: false });
    const problem = found && folderProblem(found, above);
    if (problem !== undefined) {
      return (
        `the cache ${cache} is not used: ${folder} ${problem}, and native code is loaded from it. Make it your own ` +
        `(chmod go-w ${folder}), set TORCHLOSS_CACHE to another folder, or TORCHLOSS_ALLOW_SHARED_CACHE=1 if you trust them`
      );
    }
    if (dirname(folder) === folder) return undefined;
  }
}

/** What lets others change what is in a folder; of the folders above, who else may replace those below. */
function folderProblem({ uid, mode }: Stats, above: boolean): string | undefined {
  const own = process.getuid?.();
  if (uid !== own && uid !== 0) return `belongs to another user (${uid})`;
  const isSticky = (mode & 0o1000) !== 0;
  if (above) return (mode & 0o002) !== 0 && !isSticky ? 'can be written to by everybody' : undefined;
  if ((mode & 0o002) !== 0) return 'can be written to by everybody';
  return (mode & 0o020) !== 0 ? 'can be written to by its group' : undefined;
}

/**
 * Makes the cache, for its user alone.
 *
 * @throws TorchError `ERR_SETUP` if it cannot be trusted
 */
export function makeCache(env: Env = process.env): string {
  const cache = cacheFolder(env);
  if (!existsSync(cache)) mkdirSync(cache, { recursive: true, mode: 0o700 });
  const problem = cacheProblem(env);
  if (problem !== undefined) throw new TorchError('ERR_SETUP', problem);
  return cache;
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
