// `npm run cuda-bundle`: packs build/torchloss-cuda.tar.xz, with which a machine with a GPU and Python's PyTorch, but without a
// network, runs test/cuda, parity and measurements: `tar xf torchloss-cuda.tar.xz && sh torchloss-cuda/run.sh`. The binaries
// are those in build/ for the LibTorchs that LIBTORCH named when they were built; the machine's PyTorch has to be one of them.
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { prepare, runScript } from './prepare.mjs';
import { ROOT, Stop } from './root.mjs';

const NAME = 'torchloss-cuda';
const FOLDER = join(ROOT, 'build', NAME);
const FILE = `${FOLDER}.tar.xz`;
const MOST_BYTES = 60e6;

/** What travels of the clone. */
const SOURCES = [
  'package.json',
  'tsconfig.json',
  'dist',
  'lib',
  'scripts/cuda_run.mjs',
  'test/cuda',
  'test/helpers',
  'test/fixtures/tensors.json',
];
/** The packages that tests and the package itself need, with all that these depend on. */
const PACKAGES = ['vitest', 'node-gyp-build', 'yauzl', 'tinyglobby', 'diff'];

/** Runs everything with the LibTorch of the machine's Python. */
const RUN = `#!/bin/sh
set -e
cd "$(dirname "$0")"
: "\${LIBTORCH:=$(python3 -c 'import os, torch; print(os.path.dirname(torch.__file__))')}"
export LIBTORCH
exec bin/node scripts/cuda_run.mjs "$@"
`;

await runScript(async () => {
  await prepare({ native: true });
  rmSync(FOLDER, { recursive: true, force: true });
  for (const source of SOURCES) cpSync(join(ROOT, source), join(FOLDER, source), { recursive: true });
  for (const folder of closure()) cpSync(join(ROOT, folder), join(FOLDER, folder), { recursive: true });
  const versions = copyBinaries();
  mkdirSync(join(FOLDER, 'bin'));
  copyOrLink(process.execPath, join(FOLDER, 'bin', 'node'));
  writeFileSync(join(FOLDER, 'run.sh'), RUN);
  pack();
  const bytes = statSync(FILE).size;
  rmSync(FOLDER, { recursive: true });
  if (bytes > MOST_BYTES) throw new Stop(`${FILE} has ${bytes} bytes, more than ${MOST_BYTES}`);
  console.log(`${FILE}: ${(bytes / 1e6).toFixed(1)} MB, for LibTorch ${versions.join(', ')}`);
  return 0;
});

/** The folders of the packages and of all they depend on, as far as they are installed here. */
function closure() {
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
  const found = new Set();
  const add = (name, from) => {
    // As Node looks a package up: in the dependent's own node_modules, then in those above.
    for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf('node_modules/') - 1))) {
      const folder = `${at === '' ? '' : `${at}/`}node_modules/${name}`;
      if (packages[folder] !== undefined && existsSync(join(ROOT, folder))) {
        if (found.has(folder)) return;
        found.add(folder);
        const { dependencies, optionalDependencies, peerDependencies, peerDependenciesMeta } = packages[folder];
        for (const other of Object.keys({ ...dependencies, ...optionalDependencies })) add(other, folder);
        for (const other of Object.keys(peerDependencies ?? {}))
          if (peerDependenciesMeta?.[other]?.optional !== true) add(other, folder);
        return;
      }
      if (at === '') return;
    }
  };
  for (const name of PACKAGES) add(name, '');
  return found;
}

/** Copies the binaries, each without its debug information, and gives their versions. */
function copyBinaries() {
  const files = readdirSync(join(ROOT, 'build'))
    .map((name) => `build/${name}/build/Release/torchloss.node`)
    .filter((file) => existsSync(join(ROOT, file)));
  for (const file of files) {
    const target = join(FOLDER, file);
    mkdirSync(dirname(target), { recursive: true });
    cpSync(join(ROOT, file), target);
    spawnSync('strip', ['--strip-unneeded', target]);
  }
  return files.map((file) => /libtorch-([^/]+)/.exec(file)[1]);
}

function copyOrLink(from, to) {
  try {
    linkSync(from, to);
  } catch {
    cpSync(from, to);
  }
}

function pack() {
  const { status, error } = spawnSync('tar', ['-cJf', FILE, '-C', join(ROOT, 'build'), NAME], {
    stdio: 'inherit',
    env: { ...process.env, XZ_OPT: '-6 -T0' },
  });
  if (error || status !== 0) throw new Stop(`tar cannot pack ${FOLDER}: ${error?.message ?? `exit code ${status}`}`);
}
