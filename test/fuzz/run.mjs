// The fuzzer, run in its own process: calls every entry of the package with arguments of all kinds.
//   node run.mjs PACKAGE_FOLDER
// PACKAGE_FOLDER is the URL of the compiled modules. In the environment: TORCHLOSS_FUZZ_CALLS (3,000 unless set),
// TORCHLOSS_FUZZ_SEED (random), TORCHLOSS_FUZZ_ONLY (a pattern of entries' names), TORCHLOSS_FUZZ_LAST (the file that always
// contains the last call, in case the process ends in the middle of it).
import { openSync, writeSync } from 'node:fs';
import { types } from 'node:util';
import fc from 'fast-check';
import { findEntries } from './entries.mjs';
import { complaintAbout, show } from './judge.mjs';
import { pollution, theme } from './recipes.mjs';
import { watch } from './watchdog.mjs';
import { World } from './world.mjs';

const SECONDS_PER_CALL = Number(process.env.TORCHLOSS_FUZZ_SECONDS ?? 20);
const MOST_FAILURES = 40;

const folder = process.argv[2];
const modules = [
  'index',
  'losses/index',
  'evaluate/index',
  'parity/index',
  'data/index',
  'migration/index',
  'safetensors/index',
];
const [{ torch, mindspore, TorchError }, { LOSSES }, ...others] = await Promise.all(
  modules.map((name) => import(new URL(`${name}.js`, folder).href)),
);

const seed = Number(process.env.TORCHLOSS_FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 31));
const calls = Number(process.env.TORCHLOSS_FUZZ_CALLS ?? 3000);
const only = new RegExp(process.env.TORCHLOSS_FUZZ_ONLY ?? '');
const entries = findEntries({ torch, mindspore, LOSSES, others }).filter(({ name }) => only.test(name));
const last = process.env.TORCHLOSS_FUZZ_LAST === undefined ? undefined : openSync(process.env.TORCHLOSS_FUZZ_LAST, 'w');
const threads = torch.get_num_threads();
const failures = new Map();
const counts = { values: 0, errors: 0, 'errors of the caller': 0 };
const running = new Set();
let current = '';
process.on('unhandledRejection', (error) => fail(current, `an unhandled rejection: ${error?.stack ?? error}`));
process.on('uncaughtException', (error) => fail(current, `an uncaught exception: ${error?.stack ?? error}`));
// The losses issue many warnings, which are not checked here.
process.removeAllListeners('warning');
const beat = watch(SECONDS_PER_CALL);
// The watchdog is for calls that never return; a promise that never settles does not stop the next calls.
setInterval(beat, 1000).unref();
const seconds = new Map();

const call = fc
  .tuple(fc.nat(entries.length - 1), theme, pollution, fc.constantFrom('await', 'await', 'dispose', 'leave'))
  .chain(([at, ...rest]) => entries[at].args.map((args) => [at, ...rest, args]));
const path = process.env.TORCHLOSS_FUZZ_PATH;
const property = fc.asyncProperty(fc.noBias(call), ([at, ...rest]) =>
  run(entries[at], ...rest).catch((error) => fail(current, `the fuzzer itself failed: ${error.stack}`)),
);
await fc.check(property, { seed, numRuns: calls, ...(path && { path }) });
await Promise.all(running);
report();

async function run(entry, theme, polluted, then, args) {
  current = `${entry.name}(${args.map(show).join(', ')})${describePlace(theme, polluted, then)}`;
  if (last !== undefined) writeSync(last, `${current.slice(0, 4000).padEnd(4000)}\n`, 0);
  beat();
  if (failures.size >= MOST_FAILURES) return;
  const world = new World(torch, theme);
  const described = current;
  const start = performance.now();
  const outcome = attempt(entry, args, world, polluted);
  const finished = finish(entry, args, world, outcome, then, described);
  const { name } = entry;
  void finished.finally(() => seconds.set(name, (seconds.get(name) ?? 0) + (performance.now() - start) / 1000));
  running.add(finished);
  void finished.finally(() => running.delete(finished));
  if (then !== 'leave' || running.size > 20) await Promise.all(running);
  if (torch.get_num_threads() !== threads) torch.set_num_threads(threads);
  // The fuzzer's own tensors have numbers that float16 does not.
  if (torch.get_default_dtype() !== 'float32') torch.set_default_dtype('float32');
  if (!torch.is_grad_enabled()) fail(described, 'gradients stay switched off');
}

function describePlace({ sizes, dtype, seed, disruption }, polluted, then) {
  const letters = Object.entries(sizes).map(([letter, size]) => `${letter}=${size}`);
  const text = `  where ${letters.join(' ')}, ${dtype}, seed ${seed}, getters ${disruption}, ${then}`;
  return polluted === null ? text : `${text}, Object.prototype.${polluted.key} = ${show(polluted.recipe)}`;
}

/** Makes the call; what was put on Object.prototype is removed afterwards. */
function attempt(entry, args, world, polluted) {
  let values;
  let pollutant;
  try {
    values = args.map((recipe) => world.build(recipe));
    pollutant = polluted === null ? undefined : world.build(polluted.recipe);
  } catch (error) {
    // Making the arguments uses the package, too.
    return { error };
  }
  if (polluted !== null)
    Reflect.defineProperty(Object.prototype, polluted.key, { value: pollutant, configurable: true, writable: true });
  try {
    return { value: entry.call(values) };
  } catch (error) {
    return { error };
  } finally {
    if (polluted !== null) delete Object.prototype[polluted.key];
  }
}

/** Waits for the result of a call, judges it, and uses it. */
async function finish(entry, args, world, outcome, then, described) {
  const settled = await settle(outcome, world, then);
  judge(settled, world, described, entry.name === 'assertClose');
  if (settled.error === undefined) {
    use(settled.value, world, described);
    if (entry.pure && then === 'await') compare(entry, args, world, settled.value, described);
  }
  disposeOf(settled.value, world, described);
  world.close();
}

async function settle(outcome, world, then) {
  if ('error' in outcome || !types.isPromise(outcome.value)) return outcome;
  if (then === 'dispose') world.disrupt('dispose');
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error('the promise is not settled in time')), 1000 * SECONDS_PER_CALL);
  });
  try {
    return { value: await Promise.race([outcome.value, late]) };
  } catch (error) {
    return { error };
  } finally {
    clearTimeout(timer);
  }
}

function judge(outcome, world, described, asserts) {
  if (!('error' in outcome)) {
    counts.values++;
    return;
  }
  if (world.thrown.has(outcome.error)) counts['errors of the caller']++;
  else counts.errors++;
  const complaint = complaintAbout(outcome.error, world, TorchError, asserts);
  if (complaint !== undefined) fail(described, complaint);
}

/** Prints, reads and differentiates a result: odd arguments give odd results. */
function use(value, world, described) {
  for (const tensor of tensorsIn(value)) {
    for (const act of [
      () => String(tensor),
      () => tensor.shape,
      () => read(tensor),
      () => differentiate(tensor, world),
    ]) {
      tryTo(act, 'using the result', world, described);
    }
  }
}

/** The tensors in a result. It may be the caller's own value passed through, whose getters and traps throw. */
function tensorsIn(value) {
  try {
    return collect(value, 4);
  } catch {
    return [];
  }
}

/** What can be disposed of in a result. */
function ownersIn(value) {
  try {
    if (value instanceof torch.Lane) return [value];
  } catch {
    return [];
  }
  return tensorsIn(value);
}

function collect(value, levels) {
  if (Array.isArray(value)) return levels === 0 ? [] : value.slice(0, 10).flatMap((item) => collect(item, levels - 1));
  return torch.is_tensor(value) && !value.disposed ? [value] : [];
}

function read(tensor) {
  return tensor.numel() < 2 ** 20 ? tensor.toTypedArray() : undefined;
}

function differentiate(tensor, world) {
  if (!tensor.requires_grad || tensor.numel() > 2 ** 20) return;
  tensor.backward({ gradient: torch.ops.aten.ones_like(tensor) });
  for (const leaf of world.leaves) if (leaf.grad !== null) read(leaf.grad);
}

/** Repeats the call over memory with other contents: memory that was not written then differs. */
function compare(entry, args, world, first, described) {
  const values = () => tensorsIn(first).map((tensor) => [...(read(tensor) ?? [])].join());
  const before = values();
  for (let length = 1; length <= 64; length *= 2) torch.full([length], 1e30).dispose();
  const again = new World(torch, world.theme);
  const { value } = attempt(entry, args, again, null);
  if (value !== undefined && !types.isPromise(value)) {
    const after = tensorsIn(value).map((tensor) => [...(read(tensor) ?? [])].join());
    if (after.length === before.length && after.join(';') !== before.join(';')) {
      fail(described, `two equal calls give ${before.join('; ')} and ${after.join('; ')}`);
    }
    disposeOf(value, world, described);
  }
  again.close();
}

function disposeOf(value, world, described) {
  const owners = ownersIn(value);
  for (const owner of owners) tryTo(() => owner.dispose(), 'disposing of the result', world, described);
}

function tryTo(act, what, world, described) {
  try {
    act();
  } catch (error) {
    const complaint = complaintAbout(error, world, TorchError);
    if (complaint !== undefined) fail(described, `${what}: ${complaint}`);
  }
}

/** Records a failure, once per reason and place. */
function fail(described, complaint) {
  const reason = complaint.slice(0, complaint.indexOf('\n') >>> 0).replace(/\d+/g, '#');
  const frames = complaint.split('\n').filter((line) => line.includes(folder));
  const key = `${reason}${frames[0] ?? described.slice(0, described.indexOf('('))}`;
  if (!failures.has(key))
    failures.set(key, [described, complaint.split('\n')[0], ...frames.slice(0, 4)].join('\n    '));
}

function report() {
  const { tensors } = torch.memory();
  const slowest = [...seconds].sort(([, a], [, b]) => b - a).slice(0, Number(process.env.TORCHLOSS_FUZZ_SLOWEST ?? 5));
  const shown = Object.fromEntries(slowest.map(([name, time]) => [name, `${time.toFixed(1)} s`]));
  console.log(JSON.stringify({ seed, calls, entries: entries.length, ...counts, tensors, slowest: shown }));
  for (const failure of failures.values()) console.log(`FAILED ${failure}`);
  process.exitCode = failures.size === 0 ? 0 : 1;
}
