// Prepares a clone to run: dependencies, the compiled TypeScript, LibTorch and the addon. Detects by content what is already
// done, so that a second call does no work. Imports only Node's own modules because nothing else may be installed yet.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { writeEntries } from './entries.mjs';
import { ROOT, Stop } from './root.mjs';

/** Runs `main` and exits with its return value; an error that the user can fix is printed without its stack. */
export async function runScript(main) {
  try {
    process.exitCode = await main();
  } catch (error) {
    console.error(explain(error));
    process.exitCode = 1;
  }
}

/** What to print for an error: the message if the user can fix it, otherwise the stack. */
export function explain(error) {
  return error instanceof Stop || error.code ? `torchloss: ${error.message}` : error.stack;
}

/**
 * Prepares the clone.
 *
 * @param {{ native?: boolean }} [options] - `native`: LibTorch and the addon as well
 */
export async function prepare({ native = false } = {}) {
  checkNode();
  installIn(ROOT);
  await compileTypeScript();
  if (native) await prepareNative();
}

/** The path of a dependency's program, to run with Node. */
export function program(packageName, name = packageName) {
  const folder = join(ROOT, 'node_modules', packageName);
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return join(folder, typeof bin === 'string' ? bin : bin[name]);
}

/** Runs a JavaScript program in the clone with this Node and returns its exit code. */
export function runNode(args, options = {}) {
  const { status, error } = spawnSync(process.execPath, args, { cwd: ROOT, stdio: 'inherit', ...options });
  if (error) throw error;
  return status ?? 1;
}

/** Runs npm in the clone, preferably the one that runs this script. */
export function runNpm(args, options = {}) {
  // `npm start` and `npm test` set the path of npm.
  const script = process.env.npm_execpath;
  const byNode = script !== undefined && /\.c?js$/.test(script);
  const settings = { cwd: ROOT, stdio: 'inherit', ...options };
  return byNode
    ? spawnSync(process.execPath, [script, ...args], settings)
    : spawnSync('npm', args, { ...settings, shell: process.platform === 'win32' });
}

function checkNode() {
  const { engines } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const [major, minor] = process.versions.node.split('.').map(Number);
  const accepted = engines.node.split('||').some((range) => {
    const [, operator, wantedMajor, wantedMinor] = /(\^|>=)(\d+)\.(\d+)/.exec(range);
    if (major === Number(wantedMajor)) return minor >= Number(wantedMinor);
    return operator === '>=' && major > Number(wantedMajor);
  });
  if (!accepted) throw new Stop(`this is Node ${process.version}; install Node ${engines.node} (https://nodejs.org)`);
}

/** Installs the dependencies of a folder's package.json, unless they are there. */
export function installIn(folder) {
  if (dependenciesAreInstalled(folder)) return;
  console.error(`Installing the dependencies (npm ci${folder === ROOT ? '' : ` in ${relative(ROOT, folder)}`})`);
  const { status, error } = runNpm(['ci', '--include=dev', '--no-audit', '--no-fund'], { cwd: folder });
  if (error) throw new Stop(`npm cannot be started (${error.message}); install it with Node (https://nodejs.org)`);
  if (status !== 0) throw new Stop('npm ci failed; its output is above. It needs the npm registry or a mirror of it');
}

/** Whether the packages in a folder's node_modules are those of its package-lock.json. */
function dependenciesAreInstalled(folder) {
  const note = join(folder, 'node_modules', '.package-lock.json');
  if (!existsSync(note)) return false;
  const installed = JSON.parse(readFileSync(note, 'utf8')).packages;
  const { packages } = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8'));
  return Object.entries(packages).every(
    ([path, { version, optional }]) => path === '' || optional || installed[path]?.version === version,
  );
}

async function compileTypeScript() {
  const stamp = join(ROOT, 'build', 'stamps', 'dist');
  const settings = ['scripts/entries.mjs', 'tsconfig.json', 'package.json', 'node_modules/typescript/package.json'];
  const inputs = [...filesBelow('lib'), ...filesBelow('scripts/docs'), ...settings];
  const hash = hashFiles(inputs);
  if (existsSync(join(ROOT, 'dist', 'cli.js')) && existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return;
  console.error('Compiling the TypeScript');
  rmSync(stamp, { force: true });
  rmSync(join(ROOT, 'dist'), { recursive: true, force: true });
  if (runNode([program('typescript', 'tsc'), '-p', '.']) !== 0) throw new Stop('the TypeScript does not compile');
  const { writeHovers } = await import('./docs/hovers.mjs');
  writeHovers();
  writeEntries(ROOT);
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, hash);
}

async function prepareNative() {
  const { setup } = await import('../dist/libtorch/setup.js');
  const { createReporter } = await import('../dist/terminal/progress.js');
  const { libtorch } = await setup({ reporter: createReporter() });
  console.error(`LibTorch ${libtorch.version}: ${libtorch.root}`);
}

/** The files below a folder, as paths relative to the clone. */
export function filesBelow(folder) {
  if (!existsSync(join(ROOT, folder))) return [];
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(ROOT, join(entry.parentPath ?? entry.path, entry.name)))
    .toSorted();
}

function hashFiles(files) {
  const hash = createHash('sha256');
  for (const file of files)
    hash
      .update(file)
      .update('\0')
      .update(readFileSync(join(ROOT, file)))
      .update('\0');
  return hash.digest('hex');
}
