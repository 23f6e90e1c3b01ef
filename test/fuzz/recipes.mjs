// Arguments as plain data, drawn by fast-check and turned into values by a World: mostly of the expected kind, now and then
// anything.
import fc from 'fast-check';
import { NAMES } from './exotics.mjs';
import { DISRUPTIONS } from './world.mjs';

const DTYPES = ['float32', 'float64', 'float16', 'bfloat16', 'int64', 'int32', 'int16', 'int8', 'uint8', 'bool'];
const SHAPES = ['NC', 'NC', 'NC', 'N', 'C', 'NCD', 'ND', 'NCDD', '', '1', '11', '0', 'N0', '0C', 'CN'];
const VIEWS = ['transposed', 'expanded', 'spread', 'empty part', 'negated', 'detached'];
const FILLS = ['any', 'probability', 'class', 'label', 'far', 'huge', 'sign', 'extreme', 'zero'];
const FORMS = ['no prototype', 'getter', 'throwing getter', 'class', 'frozen', 'proxy'];

/** `often` in most cases, else one of `seldom`. */
const mostly = (often, seldom, weight = 8) => fc.oneof({ weight, arbitrary: often }, { weight: 1, arbitrary: seldom });

const value = (item) => ({ is: 'value', value: item });
const oneOf = (...items) => fc.constantFrom(...items.map(value));
const exotic = (names) => fc.constantFrom(...names).map((name) => ({ is: 'exotic', name }));

/** A tensor with the shape, dtype and filling in `about`, seldom with others. */
export const tensor = (about = {}) =>
  fc.record({
    is: fc.constant('tensor'),
    shape: mostly(fc.constant(about.shape ?? 'NC'), fc.constantFrom(...SHAPES), about.shape === undefined ? 2 : 12),
    dtype: mostly(fc.constant(about.dtype), fc.constantFrom(...DTYPES), about.dtype === undefined ? 4 : 8),
    fill: mostly(fc.constant(about.fill ?? 'any'), fc.constantFrom(...FILLS)),
    grad: fc.boolean(),
    view: mostly(fc.constant('none'), fc.constantFrom(...VIEWS), 5),
    state: mostly(fc.constant('live'), fc.constantFrom('disposed', 'recycled'), 20),
  });

const number = oneOf(0, 1, -1, 2, 3, 0.5, 1e-6, -0.5, 7);
const integer = oneOf(0, 1, 2, 3, -1, -2, -100, 5);
const sizes = fc
  .array(mostly(oneOf(0, 1, 2, 3, 5), oneOf(-1, 2 ** 40, 2 ** 31, 2 ** 53 - 1, 2 ** 53, Number.NaN, 1n, '2'), 9), {
    maxLength: 4,
  })
  // A single size of 2 ** 31 may be allocated; two such sizes, or one next to another size, may not.
  .map((items) => ({
    is: 'array',
    items: items.some((item) => item.value === 2 ** 31) ? [...items, value(2 ** 31), value(2 ** 31)] : items,
  }));

const anything = fc.oneof(
  { weight: 6, arbitrary: exotic(NAMES.all) },
  { weight: 2, arbitrary: tensor() },
  { weight: 1, arbitrary: sizes },
);

const tensors = fc.oneof(
  tensor(),
  fc.array(tensor(), { maxLength: 3 }).map((items) => ({ is: 'array', items })),
);

/** An object with some of the options in `kinds`, seldom with others. */
export const options = (kinds) => {
  const names = Object.keys(kinds);
  const known = names.map((name) => fc.tuple(fc.constant(name), mostly(argument(kinds[name]), anything, 5)));
  const stray = fc.tuple(
    fc.constantFrom(...names, 'reduction', 'signal', 'lane', 'toString', '__proto__', 'constructor', 'nothing', '0'),
    anything,
  );
  const entry = names.length === 0 ? stray : mostly(fc.oneof(...known), stray, 25);
  return fc.record({
    is: fc.constant('options'),
    entries: fc.uniqueArray(entry, { maxLength: Math.max(1, Math.min(4, names.length)), selector: ([name]) => name }),
    form: mostly(fc.constant('plain'), fc.constantFrom(...FORMS), 5),
  });
};

const PLACE = { dtype: 'dtype', device: 'device', requires_grad: 'boolean' };
const ASYNC = { signal: 'signal', lane: 'lane' };

/** The kinds of arguments that functions expect. */
const KINDS = {
  anything,
  tensor: tensor(),
  tensors,
  number,
  integer,
  sizes,
  boolean: oneOf(true, false),
  string: oneOf('mean', 'ij', 'none', 'reflect', 'constant', ''),
  dtype: oneOf(...DTYPES),
  device: oneOf('cpu', 'cpu', 'cpu', 'cuda', 'cuda:1', 'cpu:0', 'meta'),
  framework: oneOf('pytorch', 'mindspore', 'torch'),
  reduction: mostly(oneOf('mean', 'sum', 'none'), oneOf('batchmean', 'elementwise_mean', 'Mean')),
  scalar: fc.oneof(number, integer, oneOf(2n, true, Number.NaN, 2 ** 53)),
  operand: fc.oneof(tensor(), number, integer),
  indices: tensor({ shape: 'N', dtype: 'int64', fill: 'label' }),
  integers: fc.oneof(
    integer,
    fc.array(integer, { maxLength: 4 }).map((items) => ({ is: 'array', items })),
  ),
  lane: exotic(['a lane', 'a lane', 'a disposed lane', 'undefined']),
  signal: exotic(['an aborted signal', 'a signal that aborts soon', 'a signal with a reason', 'undefined']),
  function: exotic(NAMES.functions),
  data: fc.oneof(exotic(NAMES.arrays), exotic(NAMES.buffers), number, sizes),
  buffer: exotic(NAMES.buffers),
  real: fc.oneof(number, oneOf(Number.NaN, Number.POSITIVE_INFINITY)),
};

/** The kinds of options by name, for functions that have some. */
export const OPTIONS = { place: PLACE, async: ASYNC };

/** One argument of a kind: a name of {@link KINDS}, an object of options by their kinds, or an arbitrary itself. */
function argument(kind) {
  if (typeof kind === 'string') return KINDS[kind] ?? anything;
  return typeof kind.generate === 'function' ? kind : options(kind);
}

/** Arguments of the given kinds; seldom of others, fewer or more. */
export const callOf = (kinds) =>
  fc
    .tuple(
      fc.tuple(...kinds.map((kind) => mostly(argument(kind), anything, 7))),
      mostly(fc.constant(undefined), fc.nat({ max: kinds.length }), 12),
      mostly(fc.constant([]), fc.array(anything, { maxLength: 2 }), 15),
    )
    .map(([args, length, more]) => (length === undefined ? [...args, ...more] : args.slice(0, length)));

/** The surroundings of a call. */
export const theme = fc.record({
  sizes: fc.record({
    N: fc.integer({ min: 1, max: 4 }),
    C: fc.integer({ min: 1, max: 5 }),
    D: fc.integer({ min: 1, max: 3 }),
    T: fc.integer({ min: 1, max: 6 }),
    S: fc.integer({ min: 1, max: 3 }),
  }),
  dtype: mostly(fc.constant('float32'), fc.constantFrom(...DTYPES), 4),
  seed: fc.nat(1000),
  disruption: fc.constantFrom(...DISRUPTIONS),
});

/** What is put on Object.prototype during a call. */
export const pollution = mostly(
  fc.constant(null),
  fc.record({
    key: fc.constantFrom(
      'reduction',
      'dtype',
      'device',
      'shape',
      'signal',
      'lane',
      'dim',
      'dims',
      'data',
      'weight',
      'keepdim',
      'copy',
    ),
    recipe: anything,
  }),
  15,
);
