import { object, optional, string } from '../base/schema.js';
import { readJson } from '../files/json.js';
import { cacheProblem, type LibTorch, type Source, type Env, recordFile } from './places.js';
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { TorchError } from '../base/errors.js';
import { findBinary } from './binary.js';

/** A place that was searched: the LibTorch found there, or the problem. */
export interface Candidate {
  readonly source: Source;
  readonly path: string;
  readonly libtorch?: LibTorch;
  readonly problem?: TorchError;
}

/** The oldest LibTorch that the addon compiles against and is tested with. */
export const OLDEST = '1.13';

const SYSTEM_PREFIXES: readonly string[] = [
  '/usr/local',
  '/opt/libtorch',
  ...(process.platform === 'darwin' ? ['/opt/homebrew/opt/pytorch'] : []),
  '/usr',
];

/** The file name of LibTorch's library `name` on this platform: `c10` is `libc10.so`, `libc10.dylib` or `c10.dll`. */
export function libraryFile(name: string): string {
  if (process.platform === 'win32') return `${name}.dll`;
  return process.platform === 'darwin' ? `lib${name}.dylib` : `lib${name}.so`;
}

/**
 * Every place a LibTorch may be, in the order of preference, with what is there. Starts no process and uses no
 * network. If `LIBTORCH` is set, that is the only place.
 *
 * @param env - the environment variables
 * @param prefixes - the system's prefixes, last in the order
 */
export function candidates(env: Env = process.env, prefixes: readonly string[] = SYSTEM_PREFIXES): Candidate[] {
  if (env.LIBTORCH) return [examine(env.LIBTORCH, 'LIBTORCH')];
  return [
    ...recorded(env),
    ...pythonPackages(env).map((path) => examine(path, 'python')),
    ...prefixes.map((path) => examine(path, 'system')),
  ];
}

/**
 * The LibTorch to use: the first of {@link candidates} that is sound, except that among those that were merely found
 * (not named by `LIBTORCH` or recorded by `setup`) one with a fitting binary goes first.
 *
 * @throws TorchError `ERR_LIBTORCH_BAD` or `ERR_LIBTORCH_VERSION` if `LIBTORCH` names no usable one,
 *   `ERR_LIBTORCH_NOT_FOUND` if there is none at all.
 */
export function locate(env: Env = process.env, prefixes: readonly string[] = SYSTEM_PREFIXES): LibTorch {
  const looked = candidates(env, prefixes);
  const [first] = looked;
  if (first?.source === 'LIBTORCH' && first.problem) throw first.problem;
  const sound = looked.flatMap(({ libtorch }) => libtorch ?? []);
  const named = sound.find(({ source }) => source === 'LIBTORCH' || source === 'setup');
  const chosen = named ?? sound.find((libtorch) => findBinary(libtorch, env) !== undefined) ?? sound[0];
  if (!chosen) throw explainNotFound(looked);
  return chosen;
}

/**
 * Describes the LibTorch at `path`.
 *
 * @throws TorchError `ERR_LIBTORCH_NOT_FOUND` where there is none, `ERR_LIBTORCH_BAD` where it is incomplete or its
 *   version cannot be told, `ERR_LIBTORCH_VERSION` where it is too old.
 */
export function inspect(path: string, source: Source): LibTorch {
  const root = resolve(path);
  const complaint = (what: string) => new TorchError('ERR_LIBTORCH_BAD', `${describePlace(source, root)}: ${what}`);
  if (!existsSync(root)) throw notThere(source, root, 'no such folder');
  const libDir = libraryFolders(root).find((folder) => existsSync(join(folder, libraryFile('torch_cpu'))));
  if (!libDir) throw notThere(source, root, `no ${libraryFile('torch_cpu')} in ${libraryFolders(root).join(' or ')}`);
  const c10 = join(libDir, libraryFile('c10'));
  if (!existsSync(c10)) throw complaint(`${libraryFile('torch_cpu')} exists, but ${c10} is missing`);
  const version = readVersion(root);
  if (!version) throw complaint('its version is unknown: it has neither headers, nor build-version, nor version.py');
  const minor = version.split('.', 2).join('.');
  if (compareMinors(minor, OLDEST) < 0) {
    throw new TorchError(
      'ERR_LIBTORCH_VERSION',
      `${describePlace(source, root)}: is LibTorch ${version}, but torchloss needs ${OLDEST} or newer`,
    );
  }
  return {
    root,
    libDir,
    includeDirs: [join(root, 'include'), join(root, 'include/torch/csrc/api/include')].filter((folder) =>
      existsSync(join(folder, 'torch')),
    ),
    version,
    minor,
    cuda: existsSync(join(libDir, libraryFile('torch_cuda'))),
    cxx11Abi: hasCxx11Abi(c10),
    source,
  };
}

/** Compares two versions of the form `MAJOR.MINOR`: negative if `a` is older than `b`. */
export function compareMinors(a: string, b: string): number {
  const [majorA = 0, minorA = 0] = a.split('.').map(Number);
  const [majorB = 0, minorB = 0] = b.split('.').map(Number);
  return majorA - majorB || minorA - minorB;
}

/** The error if no candidate is usable: the places searched, what was there, and the fix. */
export function explainNotFound(looked: readonly Candidate[]): TorchError {
  const places = looked.map(({ source, path, problem }) => `  ${problem?.message ?? describePlace(source, path)}`);
  return new TorchError(
    'ERR_LIBTORCH_NOT_FOUND',
    [
      `LibTorch was not found; torchloss needs ${OLDEST} or newer for ${process.platform} ${process.arch}.`,
      'Searched (LIBTORCH is not set):',
      ...places,
      'Run `npx torchloss setup` to download it, or set LIBTORCH to its folder.',
    ].join('\n'),
  );
}

function examine(path: string, source: Source): Candidate {
  try {
    return { source, path, libtorch: inspect(path, source) };
  } catch (problem) {
    if (problem instanceof TorchError) return { source, path, problem };
    throw problem;
  }
}

function recorded(env: Env): Candidate[] {
  const file = recordFile(env);
  if (!existsSync(file))
    return [{ source: 'setup', path: file, problem: notThere('setup', file, 'nothing is recorded') }];
  const untrusted = cacheProblem(env);
  if (untrusted !== undefined)
    return [{ source: 'setup', path: file, problem: new TorchError('ERR_LIBTORCH_BAD', untrusted) }];
  try {
    const { root } = readJson(file, object({ root: string, version: optional(string) }));
    return [examine(root, 'setup')];
  } catch (cause) {
    const problem = (cause as Error).message;
    const message = `${describePlace('setup', file)}: the record cannot be read; run \`npx torchloss setup\` again (${problem})`;
    return [{ source: 'setup', path: file, problem: new TorchError('ERR_LIBTORCH_BAD', message, { cause }) }];
  }
}

/** Where the active Python environment has its `torch` package, or would have it. */
function pythonPackages(env: Env): string[] {
  return [env.VIRTUAL_ENV, env.CONDA_PREFIX].flatMap((prefix) => {
    if (!prefix) return [];
    if (process.platform === 'win32') return [join(prefix, 'Lib', 'site-packages', 'torch')];
    const versions = list(join(prefix, 'lib')).filter((name) => /^python3\.\d+$/.test(name));
    return versions.map((name) => join(prefix, 'lib', name, 'site-packages', 'torch'));
  });
}

function libraryFolders(root: string): string[] {
  const folders = [join(root, 'lib')];
  if (process.platform === 'linux') {
    folders.push(
      join(root, 'lib', process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu'),
      join(root, 'lib64'),
    );
  }
  return folders;
}

/** Reads LibTorch's version from its headers, the zip's `build-version` or the wheel's `version.py`. */
function readVersion(root: string): string | undefined {
  for (const header of ['torch/headeronly/version.h', 'torch/csrc/api/include/torch/version.h']) {
    const text = readText(join(root, 'include', header));
    const parts = ['MAJOR', 'MINOR', 'PATCH'].map(
      (part) => new RegExp(`^#define TORCH_VERSION_${part} (\\d+)`, 'm').exec(text)?.[1],
    );
    if (parts.every((part) => part !== undefined)) return parts.join('.');
  }
  const plain = /^(\d+\.\d+\.\d+)/.exec(readText(join(root, 'build-version')));
  const python = /^__version__ = '(\d+\.\d+\.\d+)/m.exec(readText(join(root, 'version.py')));
  return plain?.[1] ?? python?.[1];
}

const abiOfFile = new Map<string, boolean>();

/** The constructor of `c10::Error` that takes a `std::string` of the old ABI. */
const OLD_ABI_SYMBOL = '_ZN3c105ErrorC1ENS_14SourceLocationESs';

/**
 * Whether libc10 was compiled with the C++11 ABI of `std::string`. Only Linux ever had the other one: PyPI's wheels up
 * to 2.6. They contain names of the new ABI as well, from the standard library linked into them, so one of libc10's own
 * functions decides.
 */
function hasCxx11Abi(c10: string): boolean {
  if (process.platform !== 'linux') return true;
  const file = realpathSync(c10);
  let cxx11 = abiOfFile.get(file);
  if (cxx11 === undefined) {
    cxx11 = !readFileSync(file).includes(OLD_ABI_SYMBOL);
    abiOfFile.set(file, cxx11);
  }
  return cxx11;
}

function describePlace(source: Source, path: string): string {
  const names = { LIBTORCH: `LIBTORCH=${path}`, setup: `setup's ${path}`, python: `Python's ${path}` };
  return source === 'process' || source === 'system' ? path : names[source];
}

/** An empty place is normal, except for `LIBTORCH`, after which nothing else is tried, and for a folder that `setup` recorded. */
function notThere(source: Source, path: string, what: string): TorchError {
  const message = `${describePlace(source, path)}: ${what}`;
  if (source !== 'LIBTORCH') return new TorchError('ERR_LIBTORCH_NOT_FOUND', message);
  return new TorchError('ERR_LIBTORCH_BAD', `${message}. Set LIBTORCH to the folder of a LibTorch, or unset it`);
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder).toSorted();
  } catch {
    return [];
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
