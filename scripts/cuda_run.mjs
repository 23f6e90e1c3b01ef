// What a bundle of `npm run cuda-bundle` runs on a machine with a GPU: test/cuda, parity with the machine's PyTorch, and
// measurements. Everything is in one JSON file, torchloss-cuda.json or the one named by the first argument, which is written
// after each step. All steps together end within 8 minutes.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FILE = resolve(process.argv[2] ?? 'torchloss-cuda.json');
const CLI = join(ROOT, 'dist', 'cli.js');
const TESTS = `${FILE}.tests`;

/** The steps with the seconds that each may take. */
const STEPS = [
  ['machine', 30, machine],
  ['measurements', 90, measurements],
  ['tests', 180, tests],
  ['parity', 170, parity],
];

if (process.argv[2] === '--measure') await measure();
else runAll();

function runAll() {
  const report = { started: new Date().toISOString() };
  for (const [name, seconds, step] of STEPS) {
    const start = performance.now();
    report[name] = { ...step(seconds), seconds: Math.round((performance.now() - start) / 1000) };
    writeFileSync(FILE, `${JSON.stringify(report, null, 1)}\n`);
    console.log(`${name}: ${report[name].summary ?? 'failed'}, ${report[name].seconds} s`);
  }
  console.log(`Everything is in ${FILE}`);
  process.exitCode = STEPS.every(([name]) => report[name].passed) ? 0 : 1;
}

/** Runs Node with arguments for at most so many seconds. */
function node(args, seconds) {
  const { stdout, stderr, status, signal } = spawnSync(process.execPath, args, {
    cwd: ROOT,
    encoding: 'utf8',
    timeout: seconds * 1000,
    killSignal: 'SIGKILL',
    maxBuffer: 2 ** 28,
  });
  return { stdout, stderr: stderr.slice(-4000), status, ...(signal && { signal }) };
}

/** The result of a program that prints a JSON document. */
function document(args, seconds, summarize) {
  const { stdout, ...rest } = node(args, seconds);
  try {
    const value = JSON.parse(stdout);
    return { ...rest, passed: rest.status === 0, summary: summarize(value), value };
  } catch {
    return { ...rest, passed: false, stdout: stdout.slice(-4000) };
  }
}

function machine(seconds) {
  return document([CLI, 'info', '--json'], seconds, ({ runtime, libtorch }) =>
    runtime === undefined ? 'cannot run' : `LibTorch ${libtorch.version}, ${runtime.cuda_devices} CUDA devices`,
  );
}

/** One line for each: those that came in time count. */
function measurements(seconds) {
  const { stdout, ...rest } = node([join(ROOT, 'scripts', 'cuda_run.mjs'), '--measure'], seconds);
  const value = stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
  return { ...rest, passed: rest.status === 0, summary: `${value.length} of them`, value };
}

function tests(seconds) {
  rmSync(TESTS, { force: true });
  const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
  const args = ['run', '--config', 'test/cuda/vitest.config.ts', '--reporter=json', `--outputFile=${TESTS}`];
  const { stdout: _, ...rest } = node([vitest, ...args], seconds);
  if (!existsSync(TESTS)) return { ...rest, passed: false };
  const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(TESTS, 'utf8'));
  rmSync(TESTS);
  const failures = testResults.flatMap(({ message, assertionResults }) => [
    ...(message ? [message] : []),
    ...assertionResults
      .filter(({ status }) => status === 'failed')
      .map(({ fullName, failureMessages }) => `${fullName}: ${failureMessages.join('\n').slice(0, 1000)}`),
  ]);
  const summary = `${numPassedTests} passed, ${numFailedTests} failed`;
  return { ...rest, passed: rest.status === 0, summary, failures };
}

function parity(seconds) {
  const args = ['parity', '--device', 'cuda', '--cases', '210', '--json'];
  return document([CLI, ...args], seconds, ({ summaries }) =>
    summaries.map(({ passed, failed }) => `${passed} passed, ${failed} failed`).join(', '),
  );
}

/** Prints how long losses, copies and whole data sets take on the device and on the CPU. */
async function measure() {
  const { torch } = await import('../dist/index.js');
  const { evaluate } = await import('../dist/evaluate/index.js');
  const F = torch.nn.functional;
  /** The median of some calls, in milliseconds. */
  const time = async (what, call) => {
    const times = [];
    for (let i = 0; i < 8; i++) {
      torch.cuda.synchronize();
      const start = performance.now();
      await call();
      torch.cuda.synchronize();
      times.push(performance.now() - start);
    }
    console.log(JSON.stringify({ what, milliseconds: times.slice(1).sort((a, b) => a - b)[3] }));
  };
  const step = (loss, ...inputs) =>
    torch.scope(() => {
      const leaf = inputs[0].detach().requires_grad_();
      loss(leaf, ...inputs.slice(1)).backward();
    });
  const scores = torch.randn([4096, 1000]);
  const classes = torch.randint(0, 1000, [4096]);
  const unchecked = (input, target) => F.cross_entropy(input, target, { validate: false });
  for (const device of ['cpu', 'cuda']) {
    const [x, target, y] = [scores.to(device), classes.to(device), torch.rand([4096, 1000]).to(device)];
    await time(`cross_entropy and its gradient, [4096, 1000], ${device}`, () => step(F.cross_entropy, x, target));
    await time(`the same with validate: false, ${device}`, () => step(unchecked, x, target));
    await time(`mse_loss and its gradient, [4096, 1000], ${device}`, () => step(F.mse_loss, x, y));
    await time(`evaluate cross_entropy, [4096, 1000], ${device}`, () => evaluate(F.cross_entropy, [x, target]));
    await time(`evaluate mse_loss, [32, 128000], ${device}`, () =>
      evaluate(F.mse_loss, [x.reshape([32, 128000]), y.reshape([32, 128000])]),
    );
  }
  await time('evaluate cross_entropy, [4096, 1000], from the CPU on cuda', () =>
    evaluate(F.cross_entropy, [scores, classes], { device: 'cuda' }),
  );
  const large = torch.randn([2 ** 26]);
  await time('to cuda, 256 MiB', () => large.to('cuda').dispose());
  await time('toAsync cuda, 256 MiB', async () => (await large.toAsync({ device: 'cuda' })).dispose());
  const there = large.to('cuda');
  await time('to the CPU, 256 MiB', () => there.cpu().dispose());
  const small = torch.randn([8, 4]).cuda();
  await time('100 calls of mse_loss, [8, 4], cuda', () =>
    torch.scope(() => {
      for (let i = 0; i < 100; i++) F.mse_loss(small, small);
    }),
  );
}
