import { realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { TorchError } from '../base/errors.js';
import { findBinary } from './binary.js';
import { type LibTorch, type Env } from './places.js';
import { loadedLibraries, real } from './loaded.js';
import { inspect, libraryFile, locate } from './locate.js';

/** Lists the files of the shared libraries in this process. */
export type LoadedLibraries = () => readonly string[];

/**
 * The LibTorch to load: the one that another addon has already loaded into this process, since a second one would abort
 * it on the first call, or else the one that is located. If `LIBTORCH` is set, that one, whatever is loaded.
 *
 * @throws TorchError as {@link locate} does; `ERR_LIBTORCH_CONFLICT` if the loaded one cannot be used
 */
export function choose(env: Env = process.env, loaded: LoadedLibraries = loadedLibraries): LibTorch {
  const [file] = env.LIBTORCH ? [] : libtorchFiles(loaded());
  if (file === undefined) return locate(env);
  const libtorch = inspectLoaded(file);
  if (findBinary(libtorch, env) !== undefined) return libtorch;
  throw new TorchError(
    'ERR_LIBTORCH_CONFLICT',
    `LibTorch ${libtorch.version} is already loaded in this process: ${file}. torchloss has no binary ` +
      `for it, and a second LibTorch would crash the process. Run \`npx torchloss build\` with LIBTORCH=${libtorch.root} ` +
      'to compile one, or use torchloss in a separate process.',
  );
}

/**
 * Checks that no other addon has loaded another LibTorch into this process: two of them abort the process on the first
 * call.
 *
 * @throws TorchError `ERR_LIBTORCH_CONFLICT`
 */
export function checkProcess(libtorch: LibTorch, loaded: LoadedLibraries = loadedLibraries): void {
  const ours = new Set(['c10', 'torch_cpu'].map((name) => realpathSync(join(libtorch.libDir, libraryFile(name)))));
  const other = libtorchFiles(loaded()).find((file) => !ours.has(real(file)));
  if (other === undefined) return;
  throw new TorchError(
    'ERR_LIBTORCH_CONFLICT',
    `Another LibTorch is already loaded in this process: ${other}. torchloss would load the one in ${libtorch.libDir}, ` +
      'and two in one process crash it. Set LIBTORCH to the one that is loaded, or use torchloss in a separate process.',
  );
}

/** Describes the LibTorch of a loaded library, whose folder is a prefix's `lib` or a folder in it. */
function inspectLoaded(file: string): LibTorch {
  const folder = dirname(file);
  const problems: string[] = [];
  for (const root of [dirname(folder), dirname(dirname(folder))]) {
    try {
      const libtorch = inspect(root, 'process');
      if (real(libtorch.libDir) === real(folder)) return libtorch;
    } catch (error) {
      if (!(error instanceof TorchError)) throw error;
      problems.push(error.message);
    }
  }
  throw new TorchError(
    'ERR_LIBTORCH_CONFLICT',
    [
      `This process has already loaded a LibTorch that torchloss cannot use: ${file}.`,
      ...problems.map((problem) => `  ${problem}`),
      'A second one would crash the process: use torchloss in a separate process.',
    ].join('\n'),
  );
}

function libtorchFiles(files: readonly string[]): string[] {
  return files.filter((file) => /^(lib)?(c10|torch_cpu)\.(so|dylib|dll)/.test(basename(file)));
}
