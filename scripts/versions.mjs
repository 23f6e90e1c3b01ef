// `npm run versions [-- VERSION...] [--python PATH] [--cases N] [--keep]`: tries releases of PyTorch as users have them. Each
// is installed by pip into an environment of its own, build/versions/VERSION, with what it depends on; the addon is compiled
// for it; then come the recorded calls, live comparisons with its Python, and the tests of what depends on the release.
// Prints a row of a table for each, which README.md shows. An environment that is there already is used, and only
// those made here are removed, unless --keep is given. A release takes several GB and, with the compiler, some minutes.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { prepare, program, runScript } from './prepare.mjs';
import { ROOT, Stop } from './root.mjs';

/** The releases to try without arguments: the last of each kind that people have. */
const RELEASES = ['2.4.1', '2.6.0', '2.9.1', '2.11.0', '2.13.0', '2.14.1'];

/** The tests whose results depend on the release. */
const TESTS = ['test/addon/constants.test.ts', 'test/losses', 'test/tensor', 'test/nn', 'test/optim', 'test/train'];

/** The columns of the table: what a step is called, and how it is run; gives the text of the cell and whether all is well. */
const STEPS = { compiles, conformance, parity, operators, training, tests };

const { values, positionals } = parseArgs({
  options: {
    python: { type: 'string', default: 'python3' },
    cases: { type: 'string', default: '1000' },
    steps: { type: 'string', default: Object.keys(STEPS).join(',') },
    keep: { type: 'boolean', default: false },
  },
  allowPositionals: true,
});

await runScript(async () => {
  const steps = values.steps.split(',');
  const unknown = steps.find((step) => !Object.hasOwn(STEPS, step));
  if (unknown !== undefined)
    throw new Stop(`--steps: expected some of ${Object.keys(STEPS).join(', ')}, got ${unknown}`);
  await prepare();
  const rows = [];
  for (const version of positionals.length > 0 ? positionals : RELEASES) rows.push(tryRelease(version, steps));
  console.log(
    `\nOn ${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${process.platform} ${process.arch}:\n`,
  );
  console.log(`| PyTorch | ${steps.join(' | ')} |\n|${' --- |'.repeat(steps.length + 1)}`);
  for (const { version, cells } of rows) console.log(`| ${version} | ${cells.join(' | ')} |`);
  return rows.every(({ good }) => good) ? 0 : 1;
});

/** Runs the steps with one release. One that fails to compile has no others. */
function tryRelease(version, steps) {
  const folder = join(ROOT, 'build', 'versions', version);
  const isOwn = !existsSync(folder);
  const results = [];
  try {
    const release = install(version, folder);
    for (const step of steps) {
      const compiled = results[0]?.step !== 'compiles' || results[0].passed;
      const { text, passed } = compiled ? STEPS[step](release) : { text: '', passed: false };
      console.error(`${version}: ${step}: ${text}`);
      results.push({ step, text, passed });
    }
  } finally {
    if (isOwn && !values.keep) rmSync(folder, { recursive: true, force: true });
  }
  return { version, cells: results.map(({ text }) => text), good: results.every(({ passed }) => passed) };
}

/** Makes the environment of a release, unless it is there, and describes it. */
function install(version, folder) {
  const python = join(folder, 'bin', 'python3');
  if (!existsSync(folder)) {
    mkdirSync(join(ROOT, 'build', 'versions'), { recursive: true });
    console.error(`${version}: pip install torch==${version}`);
    runOrStop(values.python, ['-m', 'venv', folder]);
    runOrStop(python, ['-m', 'pip', 'install', '--quiet', '--no-compile', `torch==${version}`, 'numpy']);
  }
  const [lib] = readdirSync(join(folder, 'lib')).filter((name) => name.startsWith('python3.'));
  return { python, root: join(folder, 'lib', lib, 'site-packages', 'torch') };
}

function compiles(release) {
  const { status, stderr } = run(release, [join(ROOT, 'scripts', 'build.mjs')]);
  if (status !== 0) return { text: `no: ${lastLine(stderr)}`, passed: false };
  const { status: loads, stdout } = run(release, [join(ROOT, 'dist', 'cli.js'), 'info', '--json']);
  const problem = loads === 0 ? undefined : JSON.parse(stdout).problem;
  return { text: problem === undefined ? 'yes' : `does not load: ${problem.code}`, passed: problem === undefined };
}

/** The recorded calls, then the documented examples. */
function conformance(release) {
  return sum([
    run(release, [join(ROOT, 'scripts', 'conformance.mjs')]),
    run(release, [join(ROOT, 'scripts', 'conformance.mjs'), '--examples']),
  ]);
}

/** Losses against the Python of the same release: identical bits, or refused by both, or known. */
function parity(release) {
  return compare(release, ['--cases', values.cases]);
}

function operators(release) {
  return compare(release, ['--operators']);
}

function training(release) {
  return compare(release, ['--training']);
}

function compare(release, args) {
  return sum([run(release, [join(ROOT, 'dist', 'cli.js'), 'parity', '--python', release.python, ...args])]);
}

function tests(release) {
  const file = join(ROOT, 'build', 'versions', 'tests.json');
  rmSync(file, { force: true });
  run(release, [program('vitest'), 'run', '--reporter=json', `--outputFile=${file}`, ...TESTS]);
  if (!existsSync(file)) return { text: 'did not run', passed: false };
  const { numPassedTests: passed, numFailedTests: failed, testResults } = JSON.parse(readFileSync(file, 'utf8'));
  for (const { assertionResults } of testResults)
    for (const { status, fullName } of assertionResults) if (status === 'failed') console.error(`  FAILED ${fullName}`);
  return { text: `${passed} of ${passed + failed}`, passed: failed === 0 && passed > 0 };
}

/** Adds up the last lines of programs, which are `N passed, N failed`; shows the output of those that failed. */
function sum(endings) {
  let [passed, failed] = [0, 0];
  for (const { status, stdout, stderr } of endings) {
    const [, good, bad] = /(\d+) passed, (\d+) failed\s*$/.exec(stdout) ?? [];
    if (good === undefined) return { text: lastLine(stderr) || `exit ${status}`, passed: false };
    if (status !== 0) console.error(stdout.split('\n').slice(-40).join('\n'));
    passed += Number(good);
    failed += Number(bad);
  }
  return { text: `${passed} of ${passed + failed}`, passed: failed === 0 };
}

/** Runs a program of Node's with the release's LibTorch. */
function run({ root }, args) {
  const env = { ...process.env, LIBTORCH: root };
  return spawnSync(process.execPath, args, { cwd: ROOT, env, encoding: 'utf8', maxBuffer: 2 ** 28 });
}

function runOrStop(command, args) {
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (error) throw new Stop(`${command}: ${error.message}`);
  if (status !== 0) throw new Stop(`${command} ${args.join(' ')}: ${lastLine(stderr)}`);
}

function lastLine(text) {
  return text.trimEnd().split('\n').at(-1);
}
