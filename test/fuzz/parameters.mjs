// The fuzzer of parameters, run in its own process: puts odd values in the place of every argument and of every option of every
// public function, class and method, next to arguments that are accepted. The other fuzzers draw arguments at random and seldom
// get past the first check of a class with many options.
//   node parameters.mjs PACKAGE_FOLDER
// In the environment: TORCHLOSS_FUZZ_ONLY (a pattern of names), TORCHLOSS_FUZZ_LAST (the file that always contains the last
// call), TORCHLOSS_FUZZ_SECONDS (how long a call may take).
import { openSync, readdirSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { types } from 'node:util';
import { instances, isClass, own, PROTECTED } from './entries.mjs';
import { EXOTICS, revoked } from './exotics.mjs';
import { complaintAbout } from './judge.mjs';
import { watch } from './watchdog.mjs';
import { World } from './world.mjs';

const MOST_FAILURES = 200;
/** A function with more options than any takes options of any name. */
const MOST_OPTIONS = 120;

const folder = process.argv[2];
const load = (name) => import(new URL(`${name}.js`, folder).href);
const { torch, mindspore, TorchError } = await load('index');
const modules = ['evaluate', 'parity', 'data', 'migration', 'safetensors', 'train'];
const others = Object.fromEntries(await Promise.all(modules.map(async (name) => [name, await load(`${name}/index`)])));
const only = new RegExp(process.env.TORCHLOSS_FUZZ_ONLY ?? '');
const last = process.env.TORCHLOSS_FUZZ_LAST === undefined ? undefined : openSync(process.env.TORCHLOSS_FUZZ_LAST, 'w');
const beat = watch(Number(process.env.TORCHLOSS_FUZZ_SECONDS ?? 60));
setInterval(beat, 500).unref();
process.removeAllListeners('warning');
process.on('unhandledRejection', (error) => judge(`an unhandled rejection after ${current}`, error));

/** What is put in the place of an argument. */
const ODD = [
  'a revoked proxy',
  'a revoked proxy of an array',
  'a throwing proxy',
  'a throwing proxy of an array',
  'an array with a hole',
  'the longest array',
  'an array that contains itself',
  'an array whose iterator throws',
  '[tensor, undefined]',
  'a symbol',
  `${2n ** 64n}n`,
  'toPrimitive that throws',
  'an object without prototype',
];
const MORE = {
  'a revoked proxy of a function': () => revoked(() => 1),
  'an array of revoked proxies': () => [revoked({}), revoked([])],
  'an object of revoked proxies': () => ({ a: revoked({}), b: revoked([]) }),
  '[a symbol, 1n]': () => [Symbol('one'), 1n],
};
const makers = { ...Object.fromEntries(ODD.map((name) => [name, EXOTICS[name]])), ...MORE };

/** What takes an unbounded time or changes this process. */
const LEFT_OUT = /_polynomial_|set_num_threads|from_file|init_process_group|^parity\.replay/;

const world = new World(torch, {
  sizes: { N: 2, C: 3, D: 2, T: 4, S: 2 },
  dtype: 'float32',
  seed: 1,
  disruption: 'none',
});
const options = optionNames();
const failures = new Map();
let calls = 0;
let current = '';

const tensors = [
  [2, 3],
  [1, 2, 4, 4],
].map((shape) => () => torch.ones(shape));
/** Arguments before the odd one, for functions and for methods. */
const STARTS = [
  () => [],
  ...tensors.flatMap((make) => [() => [make()], () => [make(), make()], () => [make(), 1], () => [make(), [1, 1]]]),
  () => [[torch.ones([2, 3]), torch.ones([2, 3])]],
  () => [new torch.nn.Linear(3, 3)],
  () => [[new torch.nn.Parameter(torch.ones([2, 3]))]],
  () => [[2, 3]],
  () => ['x'],
];

const { ways } = instances(torch);
const done = new Set([Object.prototype, Function.prototype, torch.Tensor.prototype]);
walk('torch', torch);
walk('mindspore', mindspore);
for (const [name, module] of Object.entries(others)) walk(name, module);
addMembers('Tensor', torch.Tensor.prototype, () => torch.ones([2, 3]));
await new Promise((resolve) => setTimeout(resolve, 1000));
console.log(JSON.stringify({ calls, tensors: torch.memory().tensors }));
for (const failure of failures.values()) console.log(`FAILED ${failure}`);
process.exitCode = failures.size === 0 ? 0 : 1;

function walk(path, namespace) {
  for (const key of own(namespace)) {
    const name = `${path}.${String(key)}`;
    const value = namespace[key];
    if (key === 'ops' || typeof key === 'symbol' || value === torch.Tensor || LEFT_OUT.test(name)) continue;
    if ((typeof value !== 'function' && typeof value !== 'object') || value === null || done.has(value)) continue;
    done.add(value);
    if (isClass(value)) addClass(name, value);
    else if (typeof value === 'function') sweep(name, value, accepted(value, STARTS).slice(0, 2));
    else if (!ArrayBuffer.isView(value)) walk(name, value);
  }
}

function addClass(name, Class) {
  const construct = (...args) => Reflect.construct(Class, args);
  const fitting = accepted(construct, ways).slice(0, 3);
  sweep(`new ${name}`, construct, fitting);
  if (fitting.length === 0) return;
  const [start] = fitting;
  for (let proto = Class.prototype; proto !== null && !done.has(proto); proto = Object.getPrototypeOf(proto)) {
    done.add(proto);
    addMembers(name, proto, () => new Class(...start()));
  }
}

function addMembers(name, prototype, receiver) {
  for (const key of own(prototype)) {
    if (typeof key === 'symbol' || PROTECTED.has(key)) continue;
    const { value, set } = Object.getOwnPropertyDescriptor(prototype, key);
    if (typeof value === 'function') {
      const call = (...args) => Reflect.apply(value, receiver(), args);
      sweep(`${name}.${key}`, call, [() => [], () => [torch.ones([2, 3])], () => [0]]);
    }
    if (set !== undefined)
      replaceArguments(
        `${name}.${key}=`,
        (given) => Reflect.apply(set, receiver(), [given]),
        () => [],
      );
  }
}

/** The arguments among `starts` that a function takes without an error. */
function accepted(call, starts) {
  const fitting = starts.filter((start) => {
    try {
      return torch.scope(() => {
        ignore(call(...start()));
        return true;
      });
    } catch {
      return false;
    }
  });
  return fitting.length > 0 ? fitting : starts.slice(0, 2);
}

function sweep(name, call, starts) {
  if (!only.test(name)) return;
  for (const start of starts) {
    replaceArguments(name, call, start);
    replaceOptions(name, call, start);
  }
}

function replaceArguments(name, call, start) {
  if (!only.test(name)) return;
  const count = Math.min(start().length + 1, 4);
  for (let at = 0; at < count; at++) {
    for (const [odd, make] of Object.entries(makers)) {
      attempt(`${name}, argument ${at} of ${count}: ${odd}`, () => call(...start().toSpliced(at, 1, make(world))));
    }
  }
}

function replaceOptions(name, call, start) {
  const known = options.filter((option) => {
    const error = attempt(`${name}, option ${option}: {}`, () => call(...start(), { [option]: {} }));
    return error === undefined || (error?.code !== 'ERR_UNKNOWN_OPTION' && String(error?.message).includes(option));
  });
  if (known.length > MOST_OPTIONS) return;
  for (const option of known) {
    for (const [odd, make] of Object.entries(makers)) {
      attempt(`${name}, option ${option}: ${odd}`, () => call(...start(), { [option]: make(world) }));
    }
  }
}

/** Makes a call and returns its error, if it has one. */
function attempt(described, call) {
  current = described;
  calls++;
  if (last !== undefined) writeSync(last, `${described.slice(0, 400).padEnd(400)}\n`, 0);
  beat();
  try {
    torch.scope(() => {
      const result = call();
      if (types.isPromise(result)) result.catch((error) => judge(described, error));
    });
    return undefined;
  } catch (error) {
    judge(described, error);
    return error;
  }
}

function judge(described, error) {
  const complaint = complaintAbout(error, world, TorchError, true);
  if (complaint === undefined || failures.size >= MOST_FAILURES) return;
  const frame = complaint.split('\n').find((line) => line.includes(folder)) ?? '';
  const [reason] = complaint.split('\n');
  const key = `${reason.replace(/\d+/g, '#')}${frame}`;
  if (!failures.has(key)) failures.set(key, `${described}\n    ${reason}\n${frame}`);
}

function ignore(value) {
  if (types.isPromise(value)) value.catch(() => undefined);
}

/** The names of all options, from the declarations. */
function optionNames() {
  const root = fileURLToPath(folder);
  const files = readdirSync(root, { recursive: true }).filter((file) => file.endsWith('.d.ts'));
  const found = files.flatMap((file) => [
    ...readFileSync(join(root, file), 'utf8').matchAll(/^\s+(?:readonly )?(\w+)\?:/gm),
  ]);
  return [...new Set(found.map(([, name]) => name))];
}
