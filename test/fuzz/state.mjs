// The stateful fuzzer, run in its own process: in-place operators, views, out=, resizing and losses in random order on one pool
// of tensors, some of them over memory that this program writes to. After every call, a refused one too, every tensor is read
// and printed, and every exported view. A refused call must leave all sizes unchanged; LibTorch may have written some elements
// before it found the one that it refuses.
//   node state.mjs PACKAGE_FOLDER
// In the environment as for run.mjs: TORCHLOSS_FUZZ_CALLS, TORCHLOSS_FUZZ_SEED, TORCHLOSS_FUZZ_LAST.
import { openSync, writeSync } from 'node:fs';
import { chances } from './chance.mjs';
import { complaintAbout } from './judge.mjs';
import { drawArguments, readSchemas } from './schemas.mjs';
import { LOSSES, OPERATORS } from './state_calls.mjs';
import { watch } from './watchdog.mjs';

const TENSORS = 10;
const VIEWS = 12;
const MOST_FAILURES = 20;
/** Larger tensors are read at their edges. */
const READ_WHOLE = 4096;
const MOST_ELEMENTS = 2 ** 21;

const folder = process.argv[2];
const { torch, TorchError } = await import(new URL('index.js', folder).href);
const { aten } = torch.ops;
const { functional: F } = torch.nn;
const seed = Number(process.env.TORCHLOSS_FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 31));
const calls = Number(process.env.TORCHLOSS_FUZZ_CALLS ?? 3000);
const last = process.env.TORCHLOSS_FUZZ_LAST === undefined ? undefined : openSync(process.env.TORCHLOSS_FUZZ_LAST, 'w');
const beat = watch(Number(process.env.TORCHLOSS_FUZZ_SECONDS ?? 20));
process.removeAllListeners('warning');

const { random, below, pick, chance } = chances(seed);

/** The tensors, their descriptions, and the arrays that share memory with LibTorch. */
const pool = [];
let seen = [];
const views = [];
const counts = { values: 0, errors: 0, gradients: 0 };
const failures = new Map();
const noThrown = { thrown: new Set() };

const sizesOf = () => pick([[], [1], [3], [6], [2, 3], [3, 2], [4, 5], [2, 3, 4], [0], [1, 6]]);
const volume = (sizes) => sizes.reduce((product, size) => product * size, 1);

function fresh() {
  const sizes = sizesOf();
  switch (below(6)) {
    case 0:
      return borrowed(new Float32Array(Math.max(1, volume(sizes))), () => random() * 4 - 2);
    case 1:
      return borrowed(new BigInt64Array(Math.max(1, volume(sizes))), label);
    case 2:
      return torch.randint(0, 4, sizes);
    case 3:
      // So large that its memory returns to the system when it is freed.
      return torch.full([2 ** 16 + below(2 ** 16)], random());
    case 4:
      return torch.rand(sizes, { dtype: pick(['float64', 'float16', 'float32']) });
    default:
      return torch.randn(sizes);
  }
}

function borrowed(array, value) {
  for (let i = 0; i < array.length; i++) array[i] = value();
  remember(array);
  const tensor = torch.frombuffer(array);
  if (array.length !== 6 || chance(0.5)) return tensor;
  const matrix = tensor.reshape([2, 3]);
  tensor.dispose();
  return matrix;
}

function remember(array) {
  if (views.length === VIEWS) views.splice(below(VIEWS), 1);
  views.push(array);
}

const label = () => (chance(0.8) ? BigInt(below(3)) : pick([-1n, -100n, 7n, 1000n, 10n ** 12n, -(2n ** 63n)]));

function scribble(array) {
  for (let turn = 0; turn < 3 && array.length > 0; turn++) {
    array[below(array.length)] = array instanceof BigInt64Array ? label() : below(7) - 2;
  }
}

/** The description of a tensor: all of it, or the edges of a large one. */
function read(tensor) {
  const { shape, dtype } = tensor;
  const text = String(tensor);
  const values = tensor.numel() <= READ_WHOLE ? [...tensor.toTypedArray()].join() : '';
  return `${dtype} [${shape}] ${values} ${text}`;
}

function readAll(described) {
  for (const [at, tensor] of pool.entries()) if (tensor.numel() > MOST_ELEMENTS) replace(torch.ones([3]), at);
  seen = pool.map((tensor, index) => {
    try {
      return read(tensor);
    } catch (error) {
      complain(error, `${described}, reading tensor ${index}`);
      return `unreadable: ${error.message}`;
    }
  });
  let sum = 0;
  for (const view of views) for (let i = 0; i < view.length; i += 1 + (view.length >> 8)) sum += Number(view[i]);
  return sum;
}

function complain(error, described) {
  const complaint = complaintAbout(error, noThrown, TorchError);
  if (complaint !== undefined) fail(described, complaint);
}

function fail(described, complaint) {
  const key = `${complaint.slice(0, 20).replace(/\d+/g, '#')} ${described.slice(0, described.indexOf('('))}`;
  if (failures.size < MOST_FAILURES && !failures.has(key)) failures.set(key, `${described}\n    ${complaint}`);
}

function note(described) {
  if (last !== undefined) writeSync(last, `${described.slice(0, 2000).padEnd(2000)}\n`, 0);
  beat();
}

/** Makes a call and then reads everything. */
async function attempt(described, call) {
  note(described);
  const before = seen;
  let result;
  try {
    result = await call();
    counts.values++;
  } catch (error) {
    counts.errors++;
    complain(error, described);
    readAll(described);
    const head = (text) => text.slice(0, text.indexOf(']'));
    const changed = seen.findIndex((text, index) => head(text) !== head(before[index]));
    if (changed >= 0)
      fail(described, `${error.message}\n    and tensor ${changed} is ${seen[changed]}, not ${before[changed]}`);
    return;
  }
  for (const tensor of [result].flat(3)) {
    if (!(tensor instanceof torch.Tensor) || pool.includes(tensor)) continue;
    // Expanded tensors may have too many elements to read.
    if (chance(0.5) && tensor.numel() <= MOST_ELEMENTS) replace(tensor);
    else tensor.dispose();
  }
  readAll(described);
}

function replace(tensor, at = below(pool.length)) {
  pool[at].dispose();
  pool[at] = tensor;
}

/** An argument of a schema. */
function argument({ type, name }) {
  if (type.endsWith('?')) return chance(0.5) ? null : argument({ type: type.slice(0, -1), name });
  if (type.startsWith('Tensor') && type.endsWith('[]')) return Array.from({ length: 1 + below(3) }, () => pick(pool));
  // Its elements say how many elements the result has.
  if (type === 'Tensor' && name === 'repeats') return torch.randint(0, 9, [below(5)]);
  if (type.startsWith('Tensor')) return /ind|target|label/.test(name) ? pick(integers()) : pick(pool);
  if (/^(Sym)?[Ii]nt\[\d*\]$/.test(type)) return sizesFor(name);
  switch (type) {
    case 'SymInt':
    case 'int':
      return pick([0, 0, 1, 1, -1, 2, 3, -2, 6, 2 ** 40]);
    case 'Scalar':
    case 'float':
      return pick([0, 1, -1, 0.5, 3, 2, Number.NaN]);
    case 'bool':
      return chance(0.5);
    case 'ScalarType':
      return pick(['float32', 'float64', 'int64', 'bool', 'float16']);
    default:
      return undefined;
  }
}

function integers() {
  const found = pool.filter(({ dtype }) => dtype === 'int64' || dtype === 'bool');
  return found.length > 0 && chance(0.9) ? found : pool;
}

function sizesFor(name) {
  if (/size|shape/.test(name) && chance(0.1)) return pick([[2 ** 36], [2 ** 20], [2 ** 31, 2 ** 31], [-1], [1000]]);
  return chance(0.3) ? Array.from({ length: below(4) }, () => below(4) - 1) : [...sizesOf()];
}

async function callOperator() {
  const schema = pick(readSchemas(aten, pick(OPERATORS)));
  const { name, overload, isOut } = schema;
  const { positional, named } = drawArguments(schema, argument, () => chance(0.7));
  if (isOut) named.out = pick(pool);
  const show = (value) => {
    if (value instanceof torch.Tensor) return `#${pool.indexOf(value)}`;
    return Array.isArray(value) ? `[${value.map(show).join(', ')}]` : JSON.stringify(value);
  };
  const list = [...positional.map(show), ...Object.entries(named).map(([key, value]) => `${key}: ${show(value)}`)];
  const shapes = [...positional, ...Object.values(named)]
    .filter((value) => value instanceof torch.Tensor)
    .map((tensor) => `#${pool.indexOf(tensor)} ${seen[pool.indexOf(tensor)]?.slice(0, 60)}`);
  const call = overload === '' ? aten[name] : aten[name][overload];
  await attempt(`${name}.${overload}(${list.join(', ')})  where ${shapes.join('; ')}`, () =>
    call(...positional, named),
  );
}

/** A loss over labels in this program's memory, which gets other labels before the backward pass. */
async function callLoss() {
  const name = pick(Object.keys(LOSSES));
  const { input, labels, call } = LOSSES[name];
  const values = torch.randn(input);
  const array = BigInt64Array.from({ length: volume(labels) }, () => BigInt(below(3)));
  const options = { reduction: pick(['none', 'mean', 'sum']) };
  const gradientOf = async (targets, between, isAsync) => {
    const leaf = values.clone().requires_grad_();
    const loss = await call(torch, leaf, targets, options, isAsync);
    between();
    const seeds = { gradient: torch.ops.aten.ones_like(loss) };
    if (isAsync) await loss.backwardAsync(seeds);
    else loss.backward(seeds);
    return leaf.grad === null ? undefined : [...leaf.grad.toTypedArray()].join();
  };
  const right = await gradientOf(torch.tensor(array, { shape: labels }), () => {});
  const flat = torch.frombuffer(array);
  const targets = flat.reshape(labels);
  const isAsync = chance(0.4);
  const way = pick(['write', 'write', 'resize', 'set', 'dispose', 'leave']);
  const described = `${name}(${options.reduction}${isAsync ? ', on a lane' : ''})  where ${way} comes before backward`;
  const between = {
    write: () => scribble(array),
    resize: () => aten.resize_(targets, [1]),
    set: () => aten.set_(targets, torch.tensor([10n ** 12n])),
    dispose: () => targets.dispose(),
    leave: () => {},
  }[way];
  await attempt(described, async () => {
    const found = await gradientOf(targets, between, isAsync);
    counts.gradients++;
    if (way !== 'resize' && way !== 'set' && found !== right)
      fail(described, `the gradient is ${found} instead of ${right}`);
  });
}

const ACTIONS = [
  [60, callOperator],
  [8, callLoss],
  [
    10,
    async () => {
      const array = pick(views);
      if (array !== undefined) scribble(array);
      readAll('a write to shared memory');
    },
  ],
  [
    8,
    async () => {
      const at = below(pool.length);
      await attempt(`toTypedArray(#${at})  where ${seen[at].slice(0, 60)}`, () =>
        remember(pool[at].toTypedArray({ copy: false })),
      );
    },
  ],
  [
    5,
    async () => {
      const at = below(pool.length);
      await attempt(`a new handle(#${at})`, () => pick([() => pool[at].detach(), () => pool[at].contiguous()])());
    },
  ],
  [
    6,
    async () => {
      replace(fresh());
      readAll('a new tensor');
    },
  ],
  [
    3,
    async () => {
      const [a, b] = [pick(pool), pick(pool)];
      await attempt('mse_loss.async()', () => F.mse_loss.async(a, b));
    },
  ],
];
const total = ACTIONS.reduce((sum, [weight]) => sum + weight, 0);

torch.manual_seed(seed);
for (let index = 0; index < TENSORS; index++) pool.push(fresh());
readAll('the start');
for (let call = 0; call < calls && failures.size < MOST_FAILURES; call++) {
  let at = random() * total;
  const [, act] = ACTIONS.find(([weight]) => (at -= weight) < 0);
  try {
    await act();
  } catch (error) {
    fail(act.name || 'an action', `the fuzzer itself failed: ${error.stack}`);
  }
}
console.log(JSON.stringify({ seed, calls, ...counts, tensors: torch.memory().tensors }));
for (const failure of failures.values()) console.log(`FAILED ${failure}`);
process.exitCode = failures.size === 0 ? 0 : 1;
