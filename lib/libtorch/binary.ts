import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TorchError } from '../base/errors.js';
import {
  type LibTorch,
  cacheFolder,
  cacheProblem,
  type Env,
  isWritable,
  makeCache,
  PACKAGE_ROOT,
  PACKAGE_VERSION,
  packageRequire,
} from './places.js';

const nodeGypBuild: { path(folder: string): string } = packageRequire('node-gyp-build');

/** What a binary says about the LibTorch it was built for. */
export interface Marker {
  /** Major and minor version, such as `2.13`. */
  readonly torch: string;
  readonly cxx11: boolean;
  /** On Linux, the name under which it loads LibTorch: Debian's has the version, PyTorch's does not. */
  readonly library?: string;
}

/** The parts of a {@link LibTorch} that a binary depends on. */
export type Target = Pick<LibTorch, 'minor' | 'cxx11Abi' | 'libDir'>;

/** The name of the folders with binaries for such a LibTorch. */
export function binaryFolderName({ minor, cxx11Abi }: Pick<Target, 'minor' | 'cxx11Abi'>): string {
  return `libtorch-${minor}${cxx11Abi ? '' : '-precxx11'}`;
}

const OWN_BUILDS = join(PACKAGE_ROOT, 'build');

/** The places with folders of binaries: the package's own builds, its prebuilt ones, the user's cache if it can be trusted. */
export function binaryShelves(env: Env = process.env): string[] {
  const own = [OWN_BUILDS, join(PACKAGE_ROOT, 'prebuilds')];
  return cacheProblem(env) === undefined ? [...own, cachedBuilds(env)] : own;
}

/** Where new binaries are written: into the package, unless it is read-only. */
export function buildShelf(env: Env = process.env): string {
  if (isWritable(OWN_BUILDS)) return OWN_BUILDS;
  makeCache(env);
  return cachedBuilds(env);
}

function cachedBuilds(env: Env): string {
  return join(cacheFolder(env), 'build', PACKAGE_VERSION);
}

/**
 * Reads the marker that the addon carries (`@@torchloss torch=2.13 cxx11=1@@`) from a binary's bytes, so that a
 * binary for another LibTorch is told apart before it is loaded. `undefined` if the file has none.
 */
export function readMarker(file: string): Marker | undefined {
  const bytes = readFileSync(file, 'latin1');
  const [, torch, cxx11] = /@@torchloss torch=(\d+\.\d+) cxx11=([01])@@/.exec(bytes) ?? [];
  if (torch === undefined) return undefined;
  const library = /\0(libtorch_cpu\.so[.\d]*)\0/.exec(bytes)?.[1];
  return { torch, cxx11: cxx11 === '1', ...(library !== undefined && { library }) };
}

/** The binary made for such a LibTorch and this platform, or `undefined` if there is none. */
export function findBinary(target: Target, env: Env = process.env): string | undefined {
  const name = binaryFolderName(target);
  return binaryShelves(env)
    .map((shelf) => binaryIn(join(shelf, name)))
    .find((file) => file !== undefined && fits(readMarker(file), target));
}

/** All binaries for this platform, whichever LibTorch they were made for. */
export function listBinaries(env: Env = process.env): { file: string; marker?: Marker }[] {
  return binaryShelves(env).flatMap((shelf) => {
    const folders = existsSync(shelf) ? readdirSync(shelf).filter((name) => name.startsWith('libtorch-')) : [];
    return folders.flatMap((name) => {
      const file = binaryIn(join(shelf, name));
      return file === undefined ? [] : [{ file, marker: readMarker(file) }];
    });
  });
}

/**
 * The binary made for `libtorch`.
 *
 * @throws TorchError `ERR_LIBTORCH_VERSION` if there are only binaries for other LibTorch versions, `ERR_NO_BINARY` if there
 *   are none.
 */
export function requireBinary(libtorch: LibTorch, env: Env = process.env): string {
  const file = findBinary(libtorch, env);
  if (file !== undefined) return file;
  const needed = describeTarget({ torch: libtorch.minor, cxx11: libtorch.cxx11Abi });
  const untrusted = cacheProblem(env);
  const fix = `${untrusted === undefined ? '' : `${untrusted}.\n`}Run \`npx torchloss build\` to compile one (needs cmake and a C++ compiler)`;
  const others = listBinaries(env);
  if (others.length === 0) {
    throw new TorchError(
      'ERR_NO_BINARY',
      [
        `torchloss has no binary for ${needed}, found in ${libtorch.root}, on ${process.platform} ${process.arch}.`,
        'Looked in:',
        ...binaryShelves(env).map((shelf) => `  ${join(shelf, binaryFolderName(libtorch))}`),
        `${fix}.`,
      ].join('\n'),
    );
  }
  throw new TorchError(
    'ERR_LIBTORCH_VERSION',
    [
      `${libtorch.root} is ${needed}, but torchloss only has binaries for:`,
      ...others.map(({ file: other, marker }) => `  ${describeTarget(marker)}: ${other}`),
      `${fix}, or set LIBTORCH to a LibTorch of one of those versions.`,
    ].join('\n'),
  );
}

/** The loader would search for a library of another name elsewhere, and load a second LibTorch, or none. */
function fits(marker: Marker | undefined, { minor, cxx11Abi, libDir }: Target): boolean {
  if (marker?.torch !== minor || marker.cxx11 !== cxx11Abi) return false;
  return marker.library === undefined || existsSync(join(libDir, marker.library));
}

function describeTarget(marker: Marker | undefined): string {
  if (!marker) return 'LibTorch of an unknown version';
  const { torch, cxx11, library } = marker;
  const abi = cxx11 ? '' : ' (built without the C++11 ABI)';
  return `LibTorch ${torch}${abi}${library?.endsWith('.so') === false ? ` with ${library}` : ''}`;
}

function binaryIn(folder: string): string | undefined {
  if (!existsSync(folder)) return undefined;
  try {
    return nodeGypBuild.path(folder);
  } catch {
    return undefined;
  }
}
