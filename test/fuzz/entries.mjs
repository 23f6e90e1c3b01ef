// Every public function, class, method, getter and setter, found by walking the package, with the kinds of arguments that get a
// call past its first check. Parameters that are unknown here get anything.
import { types } from 'node:util';
import fc from 'fast-check';
import { LOSS_INPUTS, OPERATORS } from './kinds.mjs';
import { callOf, OPTIONS, options, tensor } from './recipes.mjs';

export const isClass = (value) =>
  typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value));
export const own = (object) => Reflect.ownKeys(object).filter((key) => key !== 'constructor');

const REDUCE = { dim: 'integers', keepdim: 'boolean' };
const DIM = { dim: 'integer' };
const BACKWARD = { gradient: 'tensor', retain_graph: 'boolean', create_graph: 'boolean' };
const { place, async } = OPTIONS;

/** The kinds of arguments, by the ends of names. */
const KINDS = {
  'torch.zeros': ['sizes', place],
  'torch.ones': ['sizes', place],
  'torch.empty': ['sizes', place],
  'torch.rand': ['sizes', place],
  'torch.randn': ['sizes', place],
  'torch.full': ['sizes', 'scalar', place],
  'torch.arange': ['number', 'scalar', 'number', place],
  'torch.linspace': ['number', 'number', 'integer', place],
  'torch.eye': ['integer', { ...place, m: 'integer' }],
  'torch.randint': ['integer', 'integer', 'sizes', place],
  'torch.manual_seed': ['integer'],
  'torch.tensor': ['data', { ...place, shape: 'sizes' }],
  'torch.frombuffer': ['buffer', { dtype: 'dtype', count: 'integer', offset: 'integer', requires_grad: 'boolean' }],
  'torch.no_grad': ['function'],
  'torch.enable_grad': ['function'],
  'torch.scope': ['function'],
  'torch.set_num_threads': ['integer'],
  'autograd.grad': [
    'tensors',
    'tensors',
    { grad_outputs: 'tensors', create_graph: 'boolean', allow_unused: 'boolean' },
  ],
  'functional.softmax': ['tensor', DIM],
  'functional.log_softmax': ['tensor', DIM],
  'functional.sigmoid': ['tensor'],
  'functional.relu': ['tensor'],
  'functional.linear': ['tensor', 'tensor', 'tensor'],
  'functional.conv2d': [
    tensor({ shape: 'NCDD' }),
    tensor({ shape: 'NCDD' }),
    'anything',
    { stride: 'integers', padding: 'integers', dilation: 'integers', groups: 'integer' },
  ],
  'functional.embedding': ['indices', 'tensor'],
  'functional.pairwise_distance': ['tensor', 'tensor', { p: 'real', eps: 'real', keepdim: 'boolean' }],
  'functional.cosine_similarity': ['tensor', 'tensor', { dim: 'integer', eps: 'real' }],
  'mindspore.Tensor': ['data', 'dtype'],
  'new torch.Lane': [{ threads: 'integer' }],
  'Tensor.size': ['integer'],
  'Tensor.item': [],
  'Tensor.itemAsync': [async],
  'Tensor.tolistAsync': [async],
  'Tensor.toTypedArray': [{ copy: 'boolean' }],
  'Tensor.toTypedArrayAsync': [async],
  'Tensor.to': [{ dtype: 'dtype', device: 'device', non_blocking: 'boolean' }],
  'Tensor.toAsync': [{ dtype: 'dtype', device: 'device', ...async }],
  'Tensor.cuda': ['integer'],
  'Tensor.requires_grad_': ['boolean'],
  'Tensor.requires_grad=': ['boolean'],
  'Tensor.grad=': ['tensor'],
  'Tensor.backward': [BACKWARD],
  'Tensor.backwardAsync': [{ ...BACKWARD, ...async }],
  'Tensor.as_strided': ['sizes', 'sizes', 'integer'],
  'Tensor.reshape': ['sizes'],
  'Tensor.softmax': [DIM],
  'Tensor.log_softmax': [DIM],
  'Tensor.matmul': ['tensor'],
  'Tensor.sum': [REDUCE],
  'Tensor.mean': [REDUCE],
  'Tensor.argmax': [{ dim: 'integer', keepdim: 'boolean' }],
  compareTraining: [{ python: 'anything', cases: 'integer', seed: 'integer' }],
  compareOperators: [{ python: 'anything', cases: 'integer', seed: 'integer' }],
  compareWithPython: [{ framework: 'framework', python: 'anything', cases: 'integer', seed: 'integer' }],
  evaluate: ['function', 'tensor', 'indices', { reduction: 'reduction' }],
  compareTensors: ['tensor', 'tensor', { rtol: 'number', atol: 'number' }],
};
for (const name of ['add', 'sub', 'mul', 'div', 'pow']) KINDS[`Tensor.${name}`] = ['operand'];
/** Members of tensors without parameters. */
for (const name of ['dim', 'numel', 'tolist', 'toTransferable', 'cpu', 'detach', 'clone', 'contiguous', 'zero_grad'])
  KINDS[`Tensor.${name}`] = [];

/**
 * Comparisons with Python, which would wait seconds for it on every call: they run without an interpreter unless the arguments
 * name one.
 */
const PEERS = new Set(['compareTraining', 'compareOperators', 'compareWithPython']);

function withoutPython([given, ...rest]) {
  if (given === undefined) return [{ python: [] }, ...rest];
  if (typeof given !== 'object' || given === null || types.isProxy(given) || Object.hasOwn(given, 'python'))
    return [given, ...rest];
  if (!Object.isExtensible(given)) return [Object.freeze({ ...given, python: [] }), ...rest];
  Object.defineProperty(given, 'python', { value: [], enumerable: true });
  return [given, ...rest];
}

/** Replaying whole folders takes seconds if the arguments happen to be valid. */
const LONG = new Set(['replay', 'replayExamples', 'replayVectors']);

function kindsOf(name) {
  const known = Object.keys(KINDS).find((end) => name === end || name.endsWith(`.${end}`));
  return KINDS[known] ?? ['anything', 'anything', 'anything'];
}

/** The options of a loss in a namespace, with their kinds. */
function lossOptions(row, entry) {
  const kinds = { function: 'function', integer: 'integer', tensor: tensor({ shape: 'C' }) };
  return Object.fromEntries(
    entry.options.map((name) => {
      const kind = row.params[name]?.kind ?? 'boolean';
      return [name, kinds[kind] ?? kind];
    }),
  );
}

const lossInputs = (row, entry) => LOSS_INPUTS[row.op] ?? entry.inputs.map(() => tensor({ shape: 'NC' }));

/**
 * Finds the entries: `name`, the arbitrary `args` of a call and `call(args)`; `pure` for those whose result depends only on the
 * arguments.
 *
 * @param modules - the package: `torch`, `mindspore`, the rows `LOSSES`, and `others`, modules of functions
 */
export function findEntries({ torch, mindspore, LOSSES, others }) {
  const entries = [];
  const add = (name, args, call, more = {}) => entries.push({ name, args, call, ...more });
  const addFunction = (name, fn, args = callOf(kindsOf(name)), more = {}) => {
    add(name, args, (values) => Reflect.apply(fn, undefined, values), more);
    if (typeof fn.async === 'function')
      add(`${name}.async`, args, (values) => Reflect.apply(fn.async, undefined, values));
  };

  const losses = new Map(
    LOSSES.flatMap((row) =>
      Object.entries(row.namespaces).map(([path, entry]) => [`${path}.${entry.name}`, { row, entry }]),
    ),
  );
  const walk = (path, namespace) => {
    for (const key of own(namespace)) {
      const name = `${path}.${String(key)}`;
      const value = namespace[key];
      const loss = losses.get(name) ?? losses.get(name.replace('MultiLabelMargin', 'MultilabelMargin'));
      // LibTorch takes as many steps as the degree of the polynomial.
      if (/_polynomial_/.test(name)) continue;
      if (key === 'ops' || typeof value === 'string' || value === torch.Tensor) continue;
      if (isClass(value) && loss !== undefined) addLossClass(name, value, loss);
      else if (isClass(value)) {
        add(`new ${name}`, callOf(kindsOf(`new ${name}`)), (values) => Reflect.construct(value, values));
        addInstance(add, name, value, instance);
      } else if (typeof value === 'function' && loss !== undefined) {
        const kinds = [...lossInputs(loss.row, loss.entry), { ...lossOptions(loss.row, loss.entry) }];
        addFunction(name, value, callOf(kinds), { pure: true });
      } else if (typeof value === 'function') addFunction(name, value);
      else if (typeof value === 'object' && value !== null) walk(name, value);
    }
  };
  const addLossClass = (name, Class, { row, entry }) => {
    const inputs = callOf(lossInputs(row, entry));
    const made = (values) => new Class(...values.slice(0, 1));
    const first = options(lossOptions(row, entry)).map((recipe) => [recipe]);
    const both = first.chain(([recipe]) => inputs.map((rest) => [recipe, ...rest]));
    add(`new ${name}`, callOf([lossOptions(row, entry)]), (values) => new Class(...values));
    add(`${name}()`, both, (values) => made(values)(...values.slice(1)), { pure: true });
    for (const key of ['forward', 'construct', 'async']) {
      if (key in made([])) add(`${name}.${key}`, both, (values) => made(values)[key](...values.slice(1)));
    }
    add(`${name}.toString`, first, (values) => made(values).toString());
  };

  const instance = instances(torch);
  walk('torch', torch);
  walk('mindspore', mindspore);
  for (const [name, fn] of others.flatMap(Object.entries))
    if (PEERS.has(name)) addFunction(name, (...args) => fn(...withoutPython(args)));
    else if (typeof fn === 'function' && !LONG.has(name)) addFunction(name, fn);
  addMembers(add, 'Tensor', torch.Tensor.prototype, tensor());
  addMembers(add, 'Lane', torch.Lane.prototype, 'lane');
  add('new torch.Tensor', callOf(['anything', 'number']), (values) => Reflect.construct(torch.Tensor, values));
  addOperators(add, torch);
  return entries;
}

/**
 * Makes objects of classes whose arguments are unknown here: `make(Class)` tries one set after the other, and returns a
 * function that makes another object with the first set that works. Inherited methods are called once. `ways` are the sets.
 */
export function instances(torch) {
  const parameters = () => [new torch.nn.Parameter(torch.ones([2, 3]))];
  const optimizer = () => new torch.optim.SGD(parameters(), { lr: 0.1 });
  const items = [1, 2, 3, 4];
  const ways = [
    () => [3],
    () => [2, 3],
    // A tiny Transformer: the default one takes seconds.
    () => [4, 2, 1, 1, 8],
    () => [],
    () => [2, 3, 3],
    () => [4, 2],
    () => [torch.ones([3, 2])],
    () => [torch.ones([3, 2]), torch.tensor([2n, 1n])],
    () => [items],
    () => [items, 2],
    () => [[items]],
    () => [items, [0, 1]],
    () => [parameters()],
    () => [optimizer()],
    () => [optimizer(), 2],
    () => [optimizer(), 0.1, 1],
    () => [optimizer(), () => 1],
    () => [optimizer(), [1, 2]],
    () => [[new torch.optim.lr_scheduler.StepLR(optimizer(), 2)]],
    () => [new torch.nn.Linear(3, 3)],
    () => [new torch.nn.TransformerEncoderLayer(4, 2), 1],
    () => [new torch.nn.TransformerDecoderLayer(4, 2), 1],
  ];
  const make = (Class) => {
    const way = ways.find((args) => {
      try {
        return Boolean(Reflect.construct(Class, args()));
      } catch {
        return false;
      }
    });
    return way === undefined ? undefined : () => new Class(...way());
  };
  const done = new Set([Object.prototype, Function.prototype, torch.Tensor.prototype, torch.Lane.prototype]);
  return { make, done, ways };
}

/** Methods for subclasses. */
export const PROTECTED = new Set(
  'attend average edges of extended lacks project batchedState callOperator checkDims checkInput checkState checkValue fast make normalise outputPadding outputSize weighed attention channels checkOptions closedForm decoupled dims factor feedForward functions hold linears named_children_all norm place ready residual run sizesFor start step text tie unbatched update'.split(
    ' ',
  ),
);

/** An object of a class: its call if it is a function, and its methods, getters and setters. */
function addInstance(add, path, Class, { make, done }) {
  const made = make(Class);
  if (made === undefined) return;
  const any = fc.oneof(callOf(['tensor']), callOf(['tensor', 'tensor']), callOf(['anything']), callOf([]));
  if (typeof made() === 'function') add(`${path}()`, callOf(['tensor']), (values) => made()(...values));
  for (let proto = Class.prototype; proto !== null && !done.has(proto); proto = Object.getPrototypeOf(proto)) {
    done.add(proto);
    for (const key of own(proto)) {
      if (PROTECTED.has(key) && !(key === 'step' && proto.load_state_dict !== undefined && typeof made() === 'object'))
        continue;
      const name = `${path}.${typeof key === 'symbol' ? `[${key.description}]` : key}`;
      const { value, get, set } = Object.getOwnPropertyDescriptor(proto, key);
      if (typeof value === 'function') add(name, any, (values) => first(Reflect.apply(value, made(), values)));
      if (get !== undefined) add(name, callOf([]), () => Reflect.apply(get, made(), []));
      if (set !== undefined) add(`${name}=`, callOf(['anything']), (values) => Reflect.apply(set, made(), values));
    }
  }
}

/** The first few items of an iterator, since generators start only then. */
function first(value) {
  // A module may pass a revoked proxy through.
  if (types.isProxy(value) || typeof value?.next !== 'function') return value;
  const read = [];
  for (let at = 0; at < 5; at++) {
    const next = value.next();
    if (types.isPromise(next)) return next;
    if (next.done) break;
    read.push(next.value);
  }
  return read;
}

/** The methods, getters and setters of a class and its base classes; the first argument is `this`. */
function addMembers(add, path, prototype, receiver) {
  if (prototype === Object.prototype) return;
  for (const key of own(prototype)) {
    const name = `${path}.${typeof key === 'symbol' ? `[${key.description}]` : key}`;
    const { value, get, set } = Object.getOwnPropertyDescriptor(prototype, key);
    const withThis = (kinds) => callOf([receiver, ...kinds]);
    const on =
      (fn) =>
      ([self, ...values]) =>
        Reflect.apply(fn, self, values);
    if (typeof value === 'function') add(name, withThis(kindsOf(name)), on(value));
    if (get !== undefined) add(name, withThis([]), on(get));
    if (set !== undefined) add(`${name}=`, withThis(kindsOf(`${name}=`)), on(set));
  }
  addMembers(add, path, Object.getPrototypeOf(prototype), receiver);
}

/** The kinds of arguments for the types of a schema. */
const SCHEMA_KINDS = [
  [/^Tensor(\([^)]*\))?\??\[/, 'tensors'],
  [/^Tensor.* other/, 'operand'],
  [/^Tensor/, 'tensor'],
  [/^(Sym)?[iI]nt\?? /, 'integer'],
  [/^(Sym)?[iI]nt/, 'integers'],
  [/^float|^Scalar/, 'scalar'],
  [/^bool/, 'boolean'],
  [/^str/, 'string'],
  [/^ScalarType/, 'dtype'],
  [/^Device/, 'device'],
];

function addOperators(add, torch) {
  for (const name of OPERATORS) {
    const operator = torch.ops.aten[name];
    const calls = operator.schema.split('\n').flatMap((line) => {
      const parts = /\((.*)\) ->/
        .exec(line)[1]
        .split(/, (?![^[]*\])/)
        .filter((part) => part !== '');
      const first = parts.includes('*') ? parts.indexOf('*') : parts.length;
      const kindOf = (part) => SCHEMA_KINDS.find(([type]) => type.test(part))?.[1] ?? 'anything';
      const kinds = parts.slice(0, first).map(kindOf);
      const named = parts.filter((part) => part !== '*').map((part) => [/ (\w+)(=|$)/.exec(part)[1], kindOf(part)]);
      const half = Math.ceil(kinds.length / 2);
      return [callOf(kinds), callOf([...kinds.slice(0, half), Object.fromEntries(named.slice(half))])];
    });
    add(`torch.ops.aten.${name}`, fc.oneof(...calls), (values) => operator(...values));
  }
  // A value that is not a property key becomes one before the package sees it.
  const key = (value) => (typeof value === 'symbol' || typeof value === 'string' ? value : typeof value);
  const known = fc.constantFrom(...OPERATORS).map((name) => ({ is: 'value', value: name }));
  const overload = callOf([known, 'tensor', 'operand', 'anything']);
  add('torch.ops.aten[…].default', overload, ([name, ...rest]) => torch.ops.aten[key(name)]?.default?.(...rest));
  const unknown = callOf(['string', 'string', 'tensor']);
  add('torch.ops[…][…]', unknown, ([space, name, ...rest]) => torch.ops[key(space)]?.[key(name)]?.(...rest));
  add('torch.ops.aten[…].schema', unknown, ([name, overload]) => torch.ops.aten[key(name)]?.[key(overload)]?.schema);
}
