// `npm run sanitize`: runs the addon under AddressSanitizer and UndefinedBehaviorSanitizer, and then under valgrind.
// Node, V8 and LibTorch are not built for either, so only reports with a stack frame of the addon count.
//   npm run sanitize -- [asan] [valgrind]   only one of them
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { prepare, program, runScript } from './prepare.mjs';
import { ROOT, Stop } from './root.mjs';
import { readReports } from './sanitize/reports.mjs';

/** A copy of the clone with the sanitized addon in its build folder; the clone's own build is not touched. */
const CLONE = join(ROOT, 'build', 'sanitize', 'clone');
const LOGS = join(ROOT, 'build', 'sanitize', 'logs');
const SEED = process.env.TORCHLOSS_FUZZ_SEED ?? '7';

/** What each tool needs and runs. */
const TOOLS = {
  asan: { missing: missingAsan, run: runAsan },
  valgrind: { missing: missingValgrind, run: runValgrind },
};

function asanLibrary() {
  const { stdout } = spawnSync('g++', ['-print-file-name=libasan.so'], { encoding: 'utf8' });
  return stdout?.trim().startsWith('/') ? stdout.trim() : undefined;
}

function missingAsan() {
  return asanLibrary() === undefined
    ? 'g++ with libasan and libubsan (apt-get install g++ libasan8 libubsan1)'
    : undefined;
}

function missingValgrind() {
  return spawnSync('valgrind', ['--version']).error ? 'valgrind (apt-get install valgrind)' : undefined;
}

/** The programs: a name, Node's arguments in the package's folder, and the expected exit code. */
function programs(root, { calls, rounds, tests }) {
  const dist = pathToFileURL(join(root, 'dist/')).href;
  const at = (path) => join(root, path);
  const list = [
    ['exit within a callback', [at('test/process/exits.mjs'), 'exit within a callback', `${dist}index.js`], 4],
    ['lanes', ['--expose-gc', at('test/sanitize/lanes.mjs'), `${dist}index.js`, String(rounds)], 0],
    [`fuzz: ${calls} calls`, ['--expose-gc', at('test/fuzz/run.mjs'), dist], 0],
    [`fuzz in a row: ${calls} calls`, [at('test/fuzz/state.mjs'), dist], 0],
    [`fuzz of shapes: ${calls} calls`, [at('test/fuzz/shapes.mjs'), dist], 0],
  ];
  if (!tests) return list;
  list.push(['workers', [at('test/process/workers.mjs'), `${dist}index.js`], 0]);
  for (const way of ['return', 'exit listener'])
    list.push([way, [at('test/process/exits.mjs'), way, `${dist}index.js`], 0]);
  const losses = readdirSync(at('test/losses')).filter((name) => /^(hazards|edge_cases|ctc_alpha)/.test(name));
  const files = ['addon/shared_memory.test.ts', ...losses.map((name) => `losses/${name}`)];
  for (const name of files) list.push([name, [program('vitest'), 'run', '--root', root, `test/${name}`], 0]);
  return list;
}

function runAsan(libtorch) {
  makeClone();
  compile(libtorch);
  const common = 'halt_on_error=0:print_stacktrace=1:exitcode=0';
  const env = {
    LD_PRELOAD: asanLibrary(),
    // Leaks are Node's and LibTorch's. LibTorch is not instrumented, so its containers would be reported as overflows.
    ASAN_OPTIONS: `${common}:detect_leaks=0:detect_container_overflow=0:detect_odr_violation=0:allocator_may_return_null=1`,
    UBSAN_OPTIONS: common,
  };
  const calls = Number(process.env.TORCHLOSS_SANITIZE_CALLS ?? 4000);
  return programs(CLONE, { calls, rounds: 30, tests: true }).map((entry) =>
    runOne('asan', entry, { command: [process.execPath], env, calls }),
  );
}

function runValgrind() {
  const calls = Number(process.env.TORCHLOSS_SANITIZE_VALGRIND_CALLS ?? 150);
  // Without its compilers V8 generates no machine code for valgrind to translate.
  const command = [
    'valgrind',
    '--num-callers=40',
    '--leak-check=no',
    '--soname-synonyms=somalloc=nouserintercepts',
    `--suppressions=${join(ROOT, 'test', 'sanitize', 'valgrind.supp')}`,
    process.execPath,
    '--jitless',
  ];
  const env = { OMP_NUM_THREADS: '1', ATEN_CPU_CAPABILITY: 'default', TORCHLOSS_FUZZ_SECONDS: '600' };
  return programs(ROOT, { calls, rounds: 2, tests: false }).map((entry) =>
    runOne('valgrind', entry, { command, env, calls }),
  );
}

/** Runs one program and reads its tool's reports. */
function runOne(tool, [name, args, expected], { command, env, calls }) {
  const log = join(LOGS, `${tool}-${name.replace(/\W+/g, '-')}`);
  mkdirSync(LOGS, { recursive: true });
  for (const file of readdirSync(LOGS)) if (join(LOGS, file).startsWith(`${log}.`)) rmSync(join(LOGS, file));
  const started = performance.now();
  const { status, signal, stdout, stderr } = spawnSync(command[0], [...command.slice(1), ...args], {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    env: {
      ...process.env,
      ...env,
      ASAN_OPTIONS: `${env.ASAN_OPTIONS}:log_path=${log}`,
      UBSAN_OPTIONS: `${env.UBSAN_OPTIONS}:log_path=${log}`,
      VALGRIND_OPTS: `--log-file=${log}.%p`,
      TORCHLOSS_FUZZ_SEED: SEED,
      TORCHLOSS_FUZZ_CALLS: String(calls),
    },
  });
  const logs = readdirSync(LOGS)
    .map((file) => join(LOGS, file))
    .filter((file) => file.startsWith(`${log}.`));
  const { ours, others } = readReports(logs.map((file) => readFileSync(file, 'utf8')).join('\n'));
  const ended =
    status === expected ? '' : `ended with ${signal ?? status}\n${stdout.slice(-4000)}\n${stderr.slice(-4000)}\n`;
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  console.log(
    `${tool}, ${name}: ${ended.split('\n')[0] || 'ended well'}, reports: ${ours.length} ours, ${others.length} others (${seconds} s)`,
  );
  return { name: `${tool}, ${name}`, ok: ended === '' && ours.length === 0, said: `${ended}${ours.join('\n\n')}` };
}

function makeClone() {
  mkdirSync(CLONE, { recursive: true });
  for (const name of ['dist', 'lib', 'test', 'docs', 'examples', 'package.json', 'tsconfig.json', 'vitest.config.ts']) {
    rmSync(join(CLONE, name), { recursive: true, force: true });
    cpSync(join(ROOT, name), join(CLONE, name), { recursive: true });
  }
  if (!existsSync(join(CLONE, 'node_modules'))) symlinkSync(join(ROOT, 'node_modules'), join(CLONE, 'node_modules'));
}

/** Compiles the addon with the sanitizers into the copy's build folder. */
function compile(libtorch) {
  const folder = `libtorch-${libtorch.minor}${libtorch.cxx11Abi ? '' : '-precxx11'}`;
  const definitions = {
    TORCHLOSS_LIBTORCH_LIB: libtorch.libDir,
    TORCHLOSS_LIBTORCH_INCLUDE: libtorch.includeDirs.join(';'),
    TORCHLOSS_LIBTORCH_MINOR: libtorch.minor,
    TORCHLOSS_CXX11_ABI: libtorch.cxx11Abi ? '1' : '0',
    TORCHLOSS_SANITIZE: 'ON',
  };
  console.log(`Compiling the addon for LibTorch ${libtorch.version} with the sanitizers (some minutes)`);
  const variables = Object.entries(definitions).map(([name, value]) => `--CD${name}=${value}`);
  const output = join(CLONE, 'build', folder, 'build');
  const args = [
    program('cmake-js'),
    'build',
    '-d',
    ROOT,
    '-O',
    output,
    '-p',
    String(availableParallelism()),
    ...variables,
  ];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  if (status !== 0)
    throw new Stop(`the addon does not compile with the sanitizers:\n${(stdout + stderr).slice(-6000)}`);
}

await runScript(async () => {
  if (process.platform !== 'linux') throw new Stop('npm run sanitize needs Linux');
  const wanted = process.argv.slice(2);
  const tools = Object.keys(TOOLS).filter((name) => wanted.length === 0 || wanted.includes(name));
  const missing = tools.map((name) => TOOLS[name].missing()).filter((message) => message !== undefined);
  if (missing.length > 0) throw new Stop(`missing: ${missing.join('; ')}`);
  await prepare({ native: true });
  const { locate } = await import('../dist/libtorch/locate.js');
  const libtorch = locate();
  const results = tools.flatMap((name) => TOOLS[name].run(libtorch));
  for (const { name, ok, said } of results) if (!ok) console.log(`\n${name}:\n${said}`);
  const failed = results.filter(({ ok }) => !ok).length;
  console.log(`LibTorch ${libtorch.version}: ${results.length - failed} programs without a report, ${failed} with`);
  return failed === 0 ? 0 : 1;
});
