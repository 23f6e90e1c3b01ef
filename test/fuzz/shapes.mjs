// The fuzzer of shapes, run in its own process: calls every operator with tensors that have no elements, some of them with 2^40
// empty rows, reads the results, and differentiates them. LibTorch's loops and checks fail for such tensors more than for
// others: a division by a size of 0, a read of the first element, a loop over all empty rows.
//   node shapes.mjs PACKAGE_FOLDER
// In the environment as for run.mjs: TORCHLOSS_FUZZ_CALLS, TORCHLOSS_FUZZ_SEED, TORCHLOSS_FUZZ_ONLY, TORCHLOSS_FUZZ_LAST.
import { openSync, readFileSync, writeSync } from 'node:fs';
import { chances } from './chance.mjs';
import { complaintAbout } from './judge.mjs';
import { drawArguments, readSchemas } from './schemas.mjs';
import { watch } from './watchdog.mjs';

const MOST_FAILURES = 20;
const MOST_ELEMENTS = 2 ** 20;

const folder = process.argv[2];
const { torch, TorchError } = await import(new URL('index.js', folder).href);
const { aten } = torch.ops;
const seed = Number(process.env.TORCHLOSS_FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 31));
const calls = Number(process.env.TORCHLOSS_FUZZ_CALLS ?? 3000);
const only = new RegExp(process.env.TORCHLOSS_FUZZ_ONLY ?? '');
const last = process.env.TORCHLOSS_FUZZ_LAST === undefined ? undefined : openSync(process.env.TORCHLOSS_FUZZ_LAST, 'w');
const beat = watch(Number(process.env.TORCHLOSS_FUZZ_SECONDS ?? 20));
const { below, pick, chance } = chances(seed);
process.removeAllListeners('warning');

/** Operators for callers: names that begin with an underscore or end with `_backward` have no checks in LibTorch. */
const names = [
  ...readFileSync(new URL('../../lib/tensor/operator_names.ts', import.meta.url), 'utf8')
    .split('export type OperatorName')[1]
    .split(';')[0]
    .matchAll(/'(\w+)'/g),
]
  .map(([, name]) => name)
  .filter((name) => only.test(name) && !name.startsWith('_') && !name.endsWith('_backward') && exists(name));

const MANY = 2 ** 40;
const SHAPES = {
  empty: [
    [0],
    [0, 1],
    [1, 0],
    [0, 0],
    [0, 3],
    [3, 0],
    [0, 3, 0],
    [2, 0, 3],
    [0, 2, 3],
    [2, 3, 0],
    [1, 0, 4, 4],
    [0, 2, 4, 4],
    [2, 2, 0, 4],
    [2, 2, 4, 0],
    [0, 2, 4, 4, 4],
    [2, 2, 4, 4, 0],
  ],
  huge: [
    [MANY, 0],
    [0, MANY],
    [MANY, 1, 0],
    [1, MANY, 0],
    [0, 1, MANY],
    [0, MANY, 1],
    [1, 1, MANY, 0],
    [1, 0, 1, MANY],
  ],
};
const FULL = [[], [1], [3], [2, 3], [3, 3], [2, 3, 4], [1, 2, 4, 4]];
const DTYPES = ['float32', 'float32', 'float64', 'float64', 'int64', 'bool', 'float16', 'bfloat16'];

const counts = { values: 0, errors: 0, gradients: 0 };
const failures = new Map();
const noThrown = { thrown: new Set() };

if (names.length === 0) throw new Error(`no operator's name matches ${only}`);
for (let call = 0; call < calls && failures.size < MOST_FAILURES; call++) torch.scope(() => callOperator(call));
console.log(JSON.stringify({ seed, calls, operators: names.length, ...counts, tensors: torch.memory().tensors }));
for (const failure of failures.values()) console.log(`FAILED ${failure}`);
process.exitCode = failures.size === 0 ? 0 : 1;

/** Whether this LibTorch has the operator, in a form that can be called here. */
function exists(name) {
  try {
    return readSchemas(aten, name).length > 0;
  } catch {
    return false;
  }
}

function callOperator(call) {
  const name = names[call % names.length];
  const schema = pick(readSchemas(aten, name));
  const shapes = SHAPES[pick(['empty', 'empty', 'huge'])];
  const theme = { shapes, shape: pick(shapes), dtype: pick(DTYPES), texts: [], leaves: [] };
  const { positional: drawn, named } = drawArguments(
    schema,
    (each) => argument(each, theme),
    () => chance(0.6),
  );
  if (schema.isOut) named.out = tensor({ name: 'out' }, theme);
  // A leaf that requires a gradient cannot be written to.
  const writes = name.endsWith('_') && drawn[0] instanceof torch.Tensor && chance(0.7);
  const positional = writes ? [drawn[0].clone(), ...drawn.slice(1)] : drawn;
  const described = `${name}.${schema.overload}(${theme.texts.join(', ')})`;
  note(described);
  try {
    const result =
      schema.overload === '' ? aten[name](...positional, named) : aten[name][schema.overload](...positional, named);
    counts.values++;
    for (const each of [result].flat(3)) if (each instanceof torch.Tensor) use(each, theme, described);
  } catch (error) {
    counts.errors++;
    complain(error, described);
  }
}

/** Reads and differentiates a result. */
function use(result, { leaves }, described) {
  if (result.numel() > MOST_ELEMENTS) return;
  // Not printed: that takes a line for each of 2^40 rows.
  if (result.layout === 'strided') result.toTypedArray();
  if (!result.requires_grad || leaves.length === 0) return;
  note(`${described}  in the backward pass`);
  result.backward({ gradient: aten.ones_like(result), retain_graph: true });
  counts.gradients++;
  for (const leaf of leaves) if (leaf.grad !== null && leaf.grad.numel() < MOST_ELEMENTS) leaf.grad.toTypedArray();
}

/** An argument of a schema; `undefined` for a type that is not drawn. */
function argument({ type, name }, theme) {
  if (type.endsWith('?')) return chance(0.4) ? null : argument({ type: type.slice(0, -1), name }, theme);
  if (type.startsWith('Tensor') && type.includes('[')) return repeat(1 + below(2), () => tensor({ name }, theme));
  if (type.startsWith('Tensor')) return tensor({ name }, theme);
  const value = plain(type, name, theme);
  theme.texts.push(`${name}: ${JSON.stringify(value)}`);
  return value;
}

function plain(type, name, { shapes }) {
  if (/^(Sym)?[Ii]nt\[\d*\]$/.test(type)) {
    if (/size|shape/.test(name) && chance(0.5)) return [...pick(shapes)];
    const length = Number(/\[(\d+)\]/.exec(type)?.[1] ?? 1 + below(3));
    return chance(0.1) ? [] : repeat(length, () => pick([1, 1, 2, 0, 3, -1]));
  }
  if (type.startsWith('float[')) return [1, 2];
  switch (type) {
    case 'int':
    case 'SymInt':
      return pick([0, 1, 1, -1, 2, -2, 3]);
    case 'float':
    case 'Scalar':
      return pick([1, 2, 0, 0.5, 3, 1.5, Number.POSITIVE_INFINITY]);
    case 'bool':
      return chance(0.5);
    case 'str':
      return pick(['none', 'mean', 'bilinear', 'constant', 'reflect', 'sum', 'amax', 'linear', 'ij']);
    case 'ScalarType':
      return pick(['float32', 'float64', 'int64', 'bool']);
    default:
      return undefined;
  }
}

function tensor({ name }, theme) {
  const shape = chance(0.75) ? theme.shape : pick(chance(0.5) ? theme.shapes : FULL);
  const isIndex = /ind|target|label|length|offset/.test(name) && chance(0.85);
  const dtype = isIndex ? 'int64' : chance(0.85) ? theme.dtype : pick(DTYPES);
  const made = torch.zeros(shape, { dtype });
  if (dtype.includes('float') && chance(0.8)) theme.leaves.push(made.requires_grad_());
  theme.texts.push(
    `${name}: ${dtype} [${shape.map((size) => (size === MANY ? '2^40' : size))}]${made.requires_grad ? ' grad' : ''}`,
  );
  return made;
}

function repeat(count, make) {
  return Array.from({ length: count }, make);
}

function complain(error, described) {
  const complaint = complaintAbout(error, noThrown, TorchError);
  if (complaint === undefined) return;
  const key = `${complaint.slice(0, 20)} ${described.slice(0, described.indexOf('('))}`;
  if (!failures.has(key)) failures.set(key, `${described}\n    ${complaint}`);
}

function note(described) {
  if (last !== undefined) writeSync(last, `${described.slice(0, 2000).padEnd(2000)}\n`, 0);
  beat();
}
