// What callers should not pass or do: values of every kind, by name, so that a failing call can be printed and repeated. A
// function of the call's world (see world.mjs) makes each one anew for each call.

const text = (value) => () => value;

/** Primitives, from the likely to the absurd. Sizes are small or far beyond any machine, never in between. */
const PRIMITIVES = {
  undefined: text(undefined),
  null: text(null),
  true: text(true),
  false: text(false),
  ...Object.fromEntries(
    [
      0,
      -0,
      1,
      -1,
      2,
      3,
      5,
      -7,
      0.5,
      -1.5,
      64,
      65,
      129,
      2 ** 40,
      2 ** 40 + 1,
      -(2 ** 40),
      2 ** 53,
      -(2 ** 53),
      2 ** 63,
      1e308,
      5e-324,
    ]
      .concat([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])
      .map((number) => [Object.is(number, -0) ? '-0' : String(number), text(number)]),
  ),
  ...Object.fromEntries(
    [
      0n,
      1n,
      -1n,
      2n ** 40n + 2n,
      2n ** 62n,
      2n ** 63n - 1n,
      2n ** 63n,
      -(2n ** 63n),
      -(2n ** 63n) - 1n,
      2n ** 64n,
      2n ** 200n,
    ].map((number) => [`${number}n`, text(number)]),
  ),
  ...Object.fromEntries(
    [
      '',
      'mean',
      'sum',
      'none',
      'MEAN',
      'cpu',
      'cuda',
      'cuda:0',
      'cuda:99',
      'cuda:-1',
      'meta',
      'float32',
      'int64',
      'bool',
    ]
      .concat(['float16', 'complex64', '__proto__', 'constructor', 'toString', 'NaN', '\ud800', 'a\0b', '/', '1.13.1'])
      .map((word) => [JSON.stringify(word), text(word)]),
  ),
  'a long string': () => 'x'.repeat(100_000),
  'a symbol': () => Symbol('a symbol'),
  'Symbol.iterator': text(Symbol.iterator),
};

/** A proxy whose every trap throws the caller's own error. */
function throwingProxy(world, target) {
  const handler = new Proxy({}, { get: (_, trap) => () => world.raise(`trap ${String(trap)}`) });
  return new Proxy(target, handler);
}

/** A revoked proxy. */
export function revoked(target) {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}

/** An array in which reading element `at` runs `act` first. */
function arrayWithGetter(items, at, act) {
  const array = [...items];
  const value = array[at];
  Object.defineProperty(array, at, { get: () => (act(), value), enumerable: true });
  return array;
}

function nested(depth) {
  let array = [1];
  for (let level = 1; level < depth; level++) array = [array];
  return array;
}

const OBJECTS = {
  '{}': () => ({}),
  'an object without prototype': () => Object.create(null),
  'an object with a huge length': () => ({ length: 2 ** 53 }),
  'an object with a negative length': () => ({ length: -1, 0: 1 }),
  'an object with __proto__': () => JSON.parse('{"__proto__": {"reduction": "sum", "dtype": "int64"}}'),
  'an object with a polluting constructor': () => JSON.parse('{"constructor": {"prototype": {"reduction": 1}}}'),
  'a Date': () => new Date(0),
  'a RegExp': () => /x/g,
  'an Error': () => new Error('a value'),
  'a Map': (world) => new Map([[world.tensor(), world.tensor()]]),
  'a Set': (world) => new Set([world.tensor(), 1]),
  'a resolved promise': (world) => Promise.resolve(world.tensor()),
  'a rejected promise': (world) => world.rejected(),
  'a pending promise': () => new Promise((resolve) => setTimeout(resolve, 5)),
  'a thenable that throws': (world) => ({ then: () => world.raise('then') }),
  'a getter of then that throws': (world) => Object.defineProperty({}, 'then', { get: () => world.raise('then') }),
  'valueOf that throws': (world) => ({
    valueOf: () => world.raise('valueOf'),
    toString: () => world.raise('toString'),
  }),
  'toPrimitive that throws': (world) => ({ [Symbol.toPrimitive]: () => world.raise('toPrimitive') }),
  'a boxed number': () => Object(2),
  'a boxed string': () => Object('mean'),
  'a proxy of a tensor': (world) => new Proxy(world.tensor(), {}),
  'a proxy of an array': () => new Proxy([1, 2, 3], {}),
  'a proxy of options': () => new Proxy({ reduction: 'sum' }, {}),
  'a revoked proxy': () => revoked({}),
  'a revoked proxy of an array': () => revoked([]),
  'a throwing proxy': (world) => throwingProxy(world, {}),
  'a throwing proxy of an array': (world) => throwingProxy(world, [1, 2]),
  'an object that inherits from a tensor': (world) => Object.create(world.tensor()),
  'the prototype of tensors': (world) => world.torch.Tensor.prototype,
  'a loss': (world) => new world.torch.nn.L1Loss(),
  'the class of tensors': (world) => world.torch.Tensor,
  'the class of lanes': (world) => world.torch.Lane,
  globalThis: () => globalThis,
};

const ARRAYS = {
  '[]': () => [],
  '[[]]': () => [[]],
  '[1, 2, 3]': () => [1, 2, 3],
  '[1n, 2n]': () => [1n, 2n],
  '[true, 1, 2n]': () => [true, 1, 2n],
  '[NaN]': () => [Number.NaN],
  '[-1]': () => [-1],
  '[2 ** 40]': () => [2 ** 40],
  '[2 ** 31, 2 ** 31, 2 ** 31]': () => [2 ** 31, 2 ** 31, 2 ** 31],
  '[2 ** 40, 2 ** 40, 0]': () => [2 ** 40, 2 ** 40, 0],
  '[2 ** 53]': () => [2 ** 53],
  '[2n ** 63n]': () => [2n ** 63n],
  'ragged arrays': () => [[1, 2], [3]],
  'an array with a hole': () => [1, , 3],
  'a sparse array': () => new Array(5),
  'the longest array': () => new Array(2 ** 32 - 1),
  'an array that contains itself': () => {
    const array = [1];
    array.push(array);
    return array;
  },
  'an array in its first element': () => {
    const array = [];
    array.push(array);
    return array;
  },
  '200 levels of arrays': () => nested(200),
  '20,000 levels of arrays': () => nested(20_000),
  '200 ones': () => new Array(200).fill(1),
  '20,000 ones': () => new Array(20_000).fill(1),
  '[tensor, tensor]': (world) => [world.tensor(), world.tensor()],
  '[tensor, undefined]': (world) => [world.tensor(), undefined],
  'an array with a getter that throws': (world) => arrayWithGetter([1, 2], 1, () => world.raise('getter')),
  'an array with a getter that disrupts': (world) => arrayWithGetter([1, 2], 1, () => world.disrupt()),
  'tensors with a getter that disrupts': (world) =>
    arrayWithGetter([world.tensor(), world.tensor()], 1, () => world.disrupt()),
  'an array whose iterator throws': (world) =>
    Object.defineProperty([1, 2], Symbol.iterator, { value: () => world.raise('iterator') }),
  'an array that reports a larger length': () =>
    new Proxy([1, 2], { get: (a, key) => (key === 'length' ? 9 : a[key]) }),
};

const FUNCTIONS = {
  '() => undefined': () => () => undefined,
  '() => null': () => () => null,
  'the identity': () => (value) => value,
  'a function that throws': (world) => () => world.raise('function'),
  'a function that throws undefined': (world) => () => world.raiseValue(undefined),
  'a function that disrupts': (world) => (first) => (world.disrupt(), first),
  'a function that makes a tensor': (world) => () => world.torch.zeros([2, 3]),
  'a distance': (world) => (first, second) => {
    try {
      return first.sub(second).abs().sum({ dim: 1 });
    } catch (error) {
      return world.raiseValue(error);
    }
  },
  'an async function': (world) => async () => world.torch.zeros([2]),
  'an async function that rejects': (world) => async () => world.raise('async function'),
  'a function that returns a thenable': (world) => () => ({ then: () => world.raise('then') }),
  'a function that calls a lane': (world) => () =>
    world.torch.nn.functional.l1_loss.async(world.tensor(), world.tensor()),
  'a class': () => class {},
  'a function in a scope': (world) => () => world.torch.scope((keep) => keep(world.torch.ones([2]))),
};

const BUFFERS = {
  'Float32Array(6)': (world) => world.view(Float32Array, 6),
  'Float64Array(0)': (world) => world.view(Float64Array, 0),
  'BigInt64Array(2)': (world) => world.view(BigInt64Array, 2),
  'BigUint64Array(2)': (world) => world.view(BigUint64Array, 2),
  'Uint8Array(3)': (world) => world.view(Uint8Array, 3),
  'Uint8ClampedArray(4)': (world) => world.view(Uint8ClampedArray, 4),
  'Uint16Array(4)': (world) => world.view(Uint16Array, 4),
  'Uint32Array(2)': (world) => world.view(Uint32Array, 2),
  'a Buffer': () => Buffer.from([1, 2, 3, 4, 5, 6, 7, 8]),
  'a DataView': (world) => world.view(DataView, 8),
  'an ArrayBuffer': (world) => world.buffer(24),
  'a SharedArrayBuffer': () => new SharedArrayBuffer(16),
  'a view of shared memory': () => new Float32Array(new SharedArrayBuffer(16)),
  'a growable SharedArrayBuffer': () => new SharedArrayBuffer(8, { maxByteLength: 64 }),
  'a resizable ArrayBuffer': (world) => world.buffer(16, { maxByteLength: 64 }),
  'a view that tracks its length': (world) => new Float32Array(world.buffer(16, { maxByteLength: 64 })),
  'a view past the end': (world) => {
    const buffer = world.buffer(16, { maxByteLength: 64 });
    const view = new Float32Array(buffer, 8, 2);
    buffer.resize(4);
    return view;
  },
  'a detached ArrayBuffer': () => detached(new ArrayBuffer(8)),
  'a view of a detached ArrayBuffer': () => {
    const view = new Float32Array(4);
    detached(view.buffer);
    return view;
  },
  'a misaligned view': (world) => new Uint8Array(world.buffer(24), 3, 8),
  // Under valgrind V8 runs without its compilers and so without WebAssembly.
  'the memory of WebAssembly': () =>
    new Float32Array(
      globalThis.WebAssembly ? new WebAssembly.Memory({ initial: 1 }).buffer : new ArrayBuffer(16),
      0,
      4,
    ),
  'a view with a false length': () => Object.defineProperty(new Float32Array(2), 'length', { value: 2 ** 40 }),
  'a view with a false buffer': () =>
    Object.defineProperties(new Float32Array(2), {
      buffer: { value: [1, 2, 3, 4] },
      byteOffset: { value: -8 },
      byteLength: { value: 2 ** 40 },
    }),
  'an instance of a subclass of Float32Array': () =>
    new (class extends Float32Array {
      get byteLength() {
        return 2 ** 40;
      }
      get length() {
        return -1;
      }
    })(2),
  '{ data, dims }': (world) => ({ data: world.view(Float32Array, 6), dims: [2, 3] }),
  '{ data, dims } that disrupts': (world) => ({
    data: world.view(Float32Array, 6),
    get dims() {
      world.disrupt();
      return [2, 3];
    },
  }),
  '{ data, shape } of other sizes': (world) => ({ data: world.view(Float32Array, 6), shape: [2 ** 31, 2 ** 31] }),
};

function detached(buffer) {
  structuredClone(buffer, { transfer: [buffer] });
  return buffer;
}

const HOLDERS = {
  'a lane': (world) => world.lane(),
  'a disposed lane': (world) => {
    const lane = world.lane();
    lane.dispose();
    return lane;
  },
  'an aborted signal': (world) => world.signal('aborted'),
  'a signal that aborts soon': (world) => world.signal('soon'),
  'a signal with a reason': (world) => world.signal('reason'),
  'a false signal': () => ({ aborted: true, reason: 1, addEventListener() {} }),
};

/** Every value, by name. */
export const EXOTICS = { ...PRIMITIVES, ...OBJECTS, ...ARRAYS, ...FUNCTIONS, ...BUFFERS, ...HOLDERS };

/** The names of some of them, for parameters of that kind. */
export const NAMES = {
  primitives: Object.keys(PRIMITIVES),
  arrays: Object.keys(ARRAYS),
  functions: Object.keys(FUNCTIONS),
  buffers: Object.keys(BUFFERS),
  holders: Object.keys(HOLDERS),
  all: Object.keys(EXOTICS),
};
