// The torchloss program of the benchmark: the same calls through the public functions and classes. It reads commands from
// standard input; README.md in this folder describes them. Node is started with --expose-gc.
import { getPriority } from 'node:os';
import { createInterface } from 'node:readline';
import { setImmediate } from 'node:timers/promises';
import { torch } from '../dist/index.js';

const { nn } = torch;
const F = nn.functional;
const { aten } = torch.ops;

function scores(shape) {
  const count = shape.reduce((product, size) => product * size, 1);
  return aten.sin_(aten.mul_(torch.arange(count, { dtype: 'float32' }), 0.7)).reshape(shape);
}

function values(shape) {
  return aten.cos_(scores(shape));
}

function signs(shape) {
  return aten.sign_(aten.sub_(values(shape), 0.8));
}

/** The integers from 0 up to but excluding `below`, repeated. */
function counted(shape, below) {
  const count = shape.reduce((product, size) => product * size, 1);
  return aten.remainder_(torch.arange(count, { dtype: 'int64' }), below).reshape(shape);
}

const TENSORS = {
  scores: ({ matrix }) => scores(matrix),
  values: ({ matrix }) => values(matrix),
  columns_first: ({ matrix }) => aten.contiguous(aten.t(values(matrix))),
  opposites: ({ matrix }) => aten.neg_(scores(matrix)),
  log_probabilities: ({ matrix }) => aten.log_softmax(scores(matrix), 1),
  probabilities: ({ matrix }) => aten.softmax(scores(matrix), 1),
  shares: ({ matrix }) => aten.softmax(values(matrix), 1),
  signs: ({ matrix }) => signs(matrix),
  row_signs: ({ rows }) => signs([rows]),
  bits: ({ matrix }) => aten.clamp_min_(signs(matrix), 0),
  labels: ({ rows, columns }) => counted([rows], columns),
  label_sets: ({ matrix, columns }) => {
    const column = counted(matrix, columns);
    return aten.masked_fill(column, aten.ge(column, 3), -1);
  },
  steps: ({ steps, batch, columns }) => aten.log_softmax(scores([steps, batch, columns]), 2),
  sequences: ({ batch, length, columns }) => aten.add_(counted([batch, length], columns - 1), 1),
  input_lengths: ({ batch, steps }) => torch.full([batch], steps, { dtype: 'int64' }),
  target_lengths: ({ batch, length }) => torch.full([batch], length, { dtype: 'int64' }),
};

/** The loss as a function without arguments. */
function makeCall(pass, name, reduction, sizes, kinds) {
  const [rows, columns, steps, batch, length] = sizes.map(Number);
  const shape = { rows, columns, matrix: [rows, columns], steps, batch, length };
  const tensors = kinds.map((kind) => (/^\d/.test(kind) ? Number(kind) : TENSORS[kind](shape).detach()));
  tensors[0].requires_grad_(pass === 'backward');
  const [way, method] = name.split('.');
  if (method !== undefined) return operatorCall(way, method, tensors);
  const options = reduction === 'mean' ? [] : [{ reduction }];
  const isClass = /^[A-Z]/.test(name);
  const loss = isClass ? new nn[name](...options) : F[name];
  const [a, b, c, d] = isClass ? tensors : [...tensors, ...options];
  switch (isClass ? tensors.length : tensors.length + options.length) {
    case 2:
      return () => loss(a, b);
    case 3:
      return () => loss(a, b, c);
    default:
      return () => loss(a, b, c, d);
  }
}

/** A method, or the operator with its name. */
function operatorCall(way, method, [a, b, c]) {
  if (way === 'Tensor') {
    if (b === undefined) return () => a[method]();
    return c === undefined ? () => a[method](b) : () => a[method](b, c);
  }
  const operator = aten[method];
  if (b === undefined) return () => operator(a);
  return c === undefined ? () => operator(a, b) : () => operator(a, b, c);
}

/** The loops for both passes: one leaves its losses to the garbage collector, the other disposes of each. */
const RUN = {
  forward(call, count) {
    for (let i = 0; i < count; i++) call();
  },
  'forward+dispose'(call, count) {
    for (let i = 0; i < count; i++) call().dispose();
  },
  backward(call, count) {
    for (let i = 0; i < count; i++) call().backward();
  },
  'backward+dispose'(call, count) {
    for (let i = 0; i < count; i++) {
      const loss = call();
      loss.backward();
      loss.dispose();
    }
  },
};

/** Collects garbage and yields to the event loop, so that the addon's finalizers run. */
async function collect(type) {
  // Node 20 mistakes `{ type: 'major' }` for a minor collection.
  if (type === 'major') globalThis.gc();
  else globalThis.gc({ type });
  await setImmediate();
  await setImmediate();
}

let call;
console.log('ready');
for await (const line of createInterface({ input: process.stdin })) {
  const [command, pass, ...words] = line.split(' ');
  if (command === 'prepare') {
    const [name, , reduction, ...rest] = words;
    call = undefined;
    await collect('major');
    call = makeCall(pass, name, reduction, rest.slice(0, 5), rest.slice(5));
    console.log(call().sum().item());
    continue;
  }
  const run = RUN[pass];
  getPriority(); // callgrind's mark
  const cpu = process.cpuUsage();
  const elapsed = process.hrtime.bigint();
  run(call, Number(words[0]));
  await collect('minor');
  const { user, system } = process.cpuUsage(cpu);
  const end = process.hrtime.bigint();
  getPriority();
  console.log(`${(user + system) * 1000} ${end - elapsed}`);
}
