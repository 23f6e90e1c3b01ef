import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, totalmem } from 'node:os';
import { delimiter, dirname, join, relative, sep } from 'node:path';
import { TorchError } from '../base/errors.js';
import { installCommand, type Tool } from './advice.js';
import { binaryFolderName, buildShelf, findBinary } from './binary.js';
import { type LibTorch, type Env, PACKAGE_ROOT, packageRequire } from './places.js';
import { withLock } from './lock.js';
import { type Reporter, SILENT } from '../terminal/progress.js';
import { type Outcome, run } from './run.js';

/** How to compile the addon. */
export interface BuildOptions {
  readonly env?: Env;
  readonly reporter?: Reporter;
  /** Recompile everything, even if nothing has changed. */
  readonly force?: boolean;
}

/** The inputs of a build, by content. */
interface Stamp {
  /** The compiler's environment: LibTorch, flags, tools. If it changes, CMake must be configured again. */
  readonly configuration: string;
  readonly sources: string;
}

const MEMORY_PER_JOB = 2e9;
const TAIL_LINES = 40;

/**
 * The binary for `libtorch`, compiled now if there is none or if the addon's sources have changed.
 *
 * It goes into the package's `build` folder, or into the per-user cache where the package is read-only.
 *
 * @throws TorchError `ERR_BUILD` with the end of the compiler's output, or the missing tool
 */
export async function ensureBinary(libtorch: LibTorch, options: BuildOptions = {}): Promise<string> {
  const { env = process.env, reporter = SILENT, force = false } = options;
  if (!force) {
    const current = currentBinary(libtorch, env);
    if (current !== undefined) return current;
  }
  const folder = join(buildShelf(env), binaryFolderName(libtorch));
  return withLock(
    `${folder}.lock`,
    async () => {
      const current = force ? undefined : currentBinary(libtorch, env);
      return current ?? (await compile(libtorch, folder, { env, reporter, force }));
    },
    (holder) => reporter.say(`Waiting for another build (${holder})`),
  );
}

/** The matching binary, unless it was compiled here from different sources. */
function currentBinary(libtorch: LibTorch, env: Env): string | undefined {
  const file = findBinary(libtorch, env);
  if (file === undefined || !file.endsWith(join('build', 'Release', 'torchloss.node'))) return file;
  return readStamp(dirname(dirname(dirname(file))))?.sources === hashSources() ? file : undefined;
}

async function compile(
  libtorch: LibTorch,
  folder: string,
  { env, reporter, force }: Required<BuildOptions>,
): Promise<string> {
  checkTools(env);
  if (libtorch.includeDirs.length === 0) {
    throw new TorchError(
      'ERR_BUILD',
      `${libtorch.root} has no headers to compile against: run \`npx torchloss setup --fetch\``,
    );
  }
  const stamp = { configuration: hashConfiguration(libtorch, env), sources: hashSources() };
  // `cmake-js build` keeps an earlier configuration, and `compile` builds failing code twice.
  const again = force || readStamp(folder)?.configuration !== stamp.configuration;
  await mkdir(folder, { recursive: true });
  await rm(join(folder, 'stamp.json'), { force: true });
  reporter.say(`Compiling the addon for LibTorch ${libtorch.version} (a minute or two)`);
  const started = performance.now();
  const { code, output } = await runCMake(again ? 'rebuild' : 'build', libtorch, folder, env, reporter);
  await writeFile(join(folder, 'build.log'), output);
  if (code !== 0) throw explainFailure(output, join(folder, 'build.log'));
  const binary = findBinary(libtorch, env);
  if (binary === undefined) {
    throw new TorchError(
      'ERR_BUILD',
      `The build produced no binary for LibTorch ${libtorch.minor}; see ${join(folder, 'build.log')}`,
    );
  }
  // GCC's precompiled header takes 450 MB; only who changes the addon's sources builds again.
  if (!existsSync(join(PACKAGE_ROOT, 'lib', 'index.ts')))
    await rm(join(folder, 'build', 'CMakeFiles', 'torchloss.dir', 'cmake_pch.hxx.gch'), { force: true });
  await writeFile(join(folder, 'stamp.json'), JSON.stringify(stamp));
  reporter.say(`Compiled in ${((performance.now() - started) / 1000).toFixed(0)} s: ${binary}`);
  return binary;
}

function runCMake(
  command: 'build' | 'rebuild',
  libtorch: LibTorch,
  folder: string,
  env: Env,
  reporter: Reporter,
): Promise<Outcome> {
  const cmakeJs = packageRequire.resolve('cmake-js/bin/cmake-js');
  const jobs = Math.max(1, Math.min(availableParallelism(), Math.floor(totalmem() / MEMORY_PER_JOB)));
  const definitions = {
    TORCHLOSS_LIBTORCH_LIB: libtorch.libDir,
    TORCHLOSS_LIBTORCH_INCLUDE: libtorch.includeDirs.join(';'),
    TORCHLOSS_LIBTORCH_MINOR: libtorch.minor,
    TORCHLOSS_CXX11_ABI: libtorch.cxx11Abi ? '1' : '0',
  };
  const options = ['-d', PACKAGE_ROOT, '-O', join(folder, 'build'), '-p', String(jobs)];
  const variables = Object.entries(definitions).map(([name, value]) => `--CD${name}=${value}`);
  const args = [cmakeJs, command, ...options, ...variables];
  return run(process.execPath, args, { env, cwd: PACKAGE_ROOT }, (line) => {
    // The build tool's own steps: "[3/7] Building ..." of Ninja, "[ 42%] Building ..." of Make.
    if (/^\[\s*[1-9]\d*[/%]/.test(line)) reporter.say(`  ${line}`);
  });
}

/** Names the missing tools before the build fails with a less helpful message. */
function checkTools(env: Env): void {
  const needed: { tool: Tool; name: string; commands: string[] }[] = [
    { tool: 'cmake', name: 'CMake', commands: ['cmake'] },
  ];
  if (process.platform !== 'win32') {
    const compilers = [env.CXX?.split(' ')[0] || 'c++', 'g++', 'clang++'];
    needed.push({ tool: 'compiler', name: 'a C++ compiler', commands: compilers });
    needed.push({ tool: 'make', name: 'make or ninja', commands: ['ninja', 'make'] });
  }
  const missing = needed.filter(({ commands }) => !commands.some((command) => isOnPath(command, env)));
  if (missing.length === 0) return;
  const names = missing.map(({ name }) => name).join(' and ');
  const install = installCommand(missing.map(({ tool }) => tool));
  throw new TorchError(
    'ERR_BUILD',
    `Compiling the addon needs ${names}, which ${missing.length === 1 ? 'is' : 'are'} not on PATH. Install with: ${install}`,
  );
}

function isOnPath(command: string, env: Env): boolean {
  if (command.includes(sep)) return existsSync(command);
  const file = process.platform === 'win32' ? `${command}.exe` : command;
  return (env.PATH ?? env.Path ?? '')
    .split(delimiter)
    .some((folder) => folder !== '' && existsSync(join(folder, file)));
}

/** The error of a failed build, with its output from the first error on, or the end of it. */
function explainFailure(text: string, log: string): TorchError {
  const lines = text.trimEnd().split('\n');
  const first = lines.findIndex((line) => /\berror\b|CMake Error/i.test(line));
  const tail = lines.slice(first < 0 ? -TAIL_LINES : first).slice(0, TAIL_LINES);
  return new TorchError('ERR_BUILD', ['The addon could not be compiled:', ...tail, `Full output: ${log}`].join('\n'));
}

function hashSources(): string {
  const binding = join(PACKAGE_ROOT, 'binding');
  const files = existsSync(binding)
    ? readdirSync(binding, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
    : [];
  files.push(join(PACKAGE_ROOT, 'CMakeLists.txt'));
  return hash(files.toSorted().flatMap((file) => [relative(PACKAGE_ROOT, file), read(file)]));
}

function hashConfiguration({ libDir, includeDirs, version, cxx11Abi }: LibTorch, env: Env): string {
  const flags = ['CC', 'CXX', 'CFLAGS', 'CXXFLAGS', 'LDFLAGS'].map((name) => `${name}=${env[name] ?? ''}`);
  return hash([libDir, ...includeDirs, version, String(cxx11Abi), PACKAGE_ROOT, process.arch, ...flags]);
}

function hash(parts: readonly (string | Buffer)[]): string {
  const sum = createHash('sha256');
  for (const part of parts) sum.update(part).update('\0');
  return sum.digest('hex');
}

function readStamp(folder: string): Stamp | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, 'stamp.json'), 'utf8'));
  } catch {
    return undefined;
  }
}

function read(file: string): Buffer {
  return existsSync(file) ? readFileSync(file) : Buffer.alloc(0);
}
