// `npm test`: prepares the clone, compiles the programs that test the types, and runs all tests. Arguments are passed to
// vitest; with a --config for other tests the type programs are left out. The last line is `N passed, N failed`, which counts
// each test and each type program. Tests that view pages or need Redis are skipped if there is no browser or no Redis, unless
// the variables CHROMIUM and REDIS_SERVER name them.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { findChromium } from './chromium.mjs';
import { explain, filesBelow, prepare, program, runNode, runScript } from './prepare.mjs';
import { ROOT } from './root.mjs';

/** What some tests cannot run without: the helper that they import for it, what they do with it, and why it is missing. */
const NEEDS = [
  { helper: /\/browser\.js'/, which: 'which look at pages', why: noBrowser },
  {
    helper: /\/redis\.js'/,
    which: 'which need Redis',
    why: () => 'redis-server is not on PATH (apt-get install redis-server), and REDIS_SERVER names none',
  },
];

await runScript(async () => {
  const args = process.argv.slice(2);
  try {
    // A browser named by CHROMIUM has to exist.
    if (process.env.CHROMIUM) findChromium();
    await prepare({ native: true });
  } catch (error) {
    console.error(explain(error));
    console.log('0 passed, 1 failed');
    return 1;
  }
  const results = [...(args.includes('--config') ? [] : [runTypePrograms()]), runTests(args)];
  const passed = results.reduce((sum, result) => sum + result.passed, 0);
  const failed = results.reduce((sum, result) => sum + result.failed, 0);
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 && passed > 0 ? 0 : 1;
});

/** Prints the skipped tests and their number, one line for each thing that is missing. */
function tellOfSkipped(testResults) {
  for (const need of NEEDS) tellOfNeed(testResults, need);
}

function tellOfNeed(testResults, { helper, which, why }) {
  const skipped = testResults
    .filter(({ name }) => helper.test(readFileSync(name, 'utf8')))
    .map(({ name, assertionResults }) => [
      relative(ROOT, name),
      assertionResults.filter(({ status }) => status !== 'passed' && status !== 'failed').length,
    ])
    .filter(([, count]) => count > 0);
  if (skipped.length === 0) return;
  const count = skipped.reduce((sum, [, tests]) => sum + tests, 0);
  const files = skipped.map(([name]) => name).join(', ');
  console.log(`${count} skipped, ${which} (${files}): ${why()}`);
}

function noBrowser() {
  try {
    return `${findChromium()} was not used`;
  } catch (error) {
    return error.message;
  }
}

/** Compiles test/types: a program passes if it compiles without errors. */
function runTypePrograms() {
  if (!existsSync(join(ROOT, 'test/types/tsconfig.json'))) return { passed: 0, failed: 0 };
  const programs = filesBelow('test/types').filter((file) => file.endsWith('.ts'));
  const args = [program('typescript', 'tsc'), '-p', 'test/types', '--noEmit', '--pretty', 'false'];
  const { status, stdout } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' });
  process.stdout.write(stdout);
  const complaints = stdout
    .split('\n')
    .map((line) => /^(.+?)\(\d+,\d+\): error/.exec(line)?.[1]?.replaceAll('\\', '/'));
  const wrong = programs.filter((file) => complaints.includes(file.replaceAll('\\', '/'))).length;
  const failed = Math.max(wrong, status === 0 ? 0 : 1);
  console.log(`Type programs: ${programs.length - wrong} of ${programs.length} compile as they should`);
  return { passed: programs.length - wrong, failed };
}

function runTests(args) {
  // Several runs may go on beside each other.
  const file = join(ROOT, 'build', `vitest-${process.pid}.json`);
  mkdirSync(join(ROOT, 'build'), { recursive: true });
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const status = runNode([program('vitest'), 'run', ...reporters, ...args]);
  if (!existsSync(file)) return { passed: 0, failed: 1 };
  const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(file, 'utf8'));
  rmSync(file);
  tellOfSkipped(testResults);
  const unloadable = testResults.filter((suite) => suite.status === 'failed' && suite.assertionResults.length === 0);
  const failed = numFailedTests + unloadable.length;
  return { passed: numPassedTests, failed: Math.max(failed, status === 0 ? 0 : 1) };
}
