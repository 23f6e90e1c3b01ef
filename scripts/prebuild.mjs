// `npm run prebuild [-- LIBTORCH_FOLDER...]`: builds the package's binaries for this platform. By default they are for the
// LibTorch that `torchloss setup` downloads, the system's 1.13, and any other of scripts/binaries.mjs that is found.
// prebuildify names and strips them, cmake-js compiles them (through scripts/node_gyp.mjs), and node-gyp-build finds them.
import { mkdirSync, rmSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import prebuildify from 'prebuildify';
import { LIBTORCHS } from './binaries.mjs';
import { prepare, runScript } from './prepare.mjs';
import { ROOT, Stop } from './root.mjs';

await runScript(async () => {
  await prepare();
  const { inspect } = await import('../dist/libtorch/locate.js');
  const folders = process.argv.slice(2);
  const libtorchs = folders.length > 0 ? folders.map((folder) => inspect(folder, 'LIBTORCH')) : await usualOnes();
  for (const libtorch of libtorchs) {
    const file = await prebuild(libtorch);
    console.log(`${relative(ROOT, file)}: LibTorch ${libtorch.version}, ${Math.round(statSync(file).size / 1000)} kB`);
  }
  return 0;
});

async function usualOnes() {
  const { candidates, OLDEST } = await import('../dist/libtorch/locate.js');
  const { fetchLibTorch } = await import('../dist/libtorch/setup.js');
  const { createReporter } = await import('../dist/terminal/progress.js');
  const found = candidates({}).flatMap(({ libtorch }) => libtorch ?? []);
  const oldest = found.find(({ minor }) => minor === OLDEST);
  if (!oldest)
    throw new Stop(`there is no LibTorch ${OLDEST} on this system; name the folders of those to compile for`);
  const fetched = await fetchLibTorch({ reporter: createReporter() });
  const others = LIBTORCHS.filter((minor) => minor !== fetched.minor && minor !== OLDEST);
  return [fetched, oldest, ...others.flatMap((wanted) => found.find(({ minor }) => minor === wanted) ?? [])];
}

/** Builds the binary for one LibTorch in `prebuilds`, and returns its path. */
async function prebuild(libtorch) {
  const { binaryFolderName, findBinary } = await import('../dist/libtorch/binary.js');
  const stage = join(ROOT, 'build', 'prebuild');
  const out = join(ROOT, 'prebuilds', binaryFolderName(libtorch));
  rmSync(stage, { recursive: true, force: true });
  rmSync(join(out, 'prebuilds', `${process.platform}-${process.arch}`), { recursive: true, force: true });
  mkdirSync(stage, { recursive: true });
  const command = [process.execPath, join(import.meta.dirname, 'node_gyp.mjs'), libtorch.root];
  await new Promise((resolve, reject) => {
    const nodeGyp = command.map((part) => `"${part}"`).join(' ');
    const options = { name: 'torchloss', napi: true, strip: true, tagLibc: process.platform === 'linux' };
    prebuildify({ ...options, cwd: stage, out, nodeGyp, shell: true }, (error) => (error ? reject(error) : resolve()));
  });
  const { listBinaries } = await import('../dist/libtorch/binary.js');
  const file = listBinaries().find((binary) => binary.file.startsWith(out))?.file;
  if (file === undefined || findBinary(libtorch) === undefined) throw new Stop(`no binary was written to ${out}`);
  return file;
}
