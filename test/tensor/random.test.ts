import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { torch } from '../../lib/index.js';
import { libtorch } from '../../lib/addon/native.js';
import { replayRandom } from '../../lib/parity/replay/random.js';
import { exceptions } from '../helpers/exceptions.js';

const aten = torch.ops.aten as Record<string, any>;
const before = torch.get_rng_state();
afterAll(() => torch.set_rng_state(before));

describe('recorded streams', () => {
  const version = libtorch().version.startsWith('1.') ? '1.13.1' : '2.13.0';
  const folder = fileURLToPath(new URL(`../fixtures/conformance/random-pytorch-${version}`, import.meta.url));

  it(`are those of PyTorch ${version}`, () => {
    const results = replayRandom(folder);
    expect(results.length).toBe(76);
    const failures = results.filter(({ id, passed }) => !passed && !Object.hasOwn(exceptions, id));
    expect(failures.map(({ id, error }) => `${id}: ${error}`)).toEqual([]);
  });
});

describe('seeds', () => {
  const generator = new torch.Generator();

  it('begin as in PyTorch', () => {
    expect(generator.initial_seed()).toBe(67280421310721n);
    expect(generator.device).toBe('cpu');
    expect(new torch.Generator('cpu').initial_seed()).toBe(67280421310721n);
    expect(new torch.Generator({ device: 'cpu' }).device).toBe('cpu');
  });

  it.each([
    [0, 0n],
    [5n, 5n],
    [-1, 2n ** 64n - 1n],
    [-(2n ** 63n), 2n ** 63n],
    [900450186894289455n, 900450186894289455n],
    [2n ** 64n - 1n, 2n ** 64n - 1n],
  ])('%s is read as %s', (seed, bits) => {
    expect(generator.manual_seed(seed)).toBe(generator);
    expect(generator.initial_seed()).toBe(bits);
    expect(torch.manual_seed(seed)).toBe(torch.default_generator);
    expect(torch.initial_seed()).toBe(bits);
    expect(torch.rand([3]).tolist()).toEqual(torch.rand([3], { generator }).tolist());
  });

  it.each([2n ** 64n, -(2n ** 63n) - 1n])('%s is out of range', (seed) => {
    const error = expect.objectContaining({ name: 'RangeError', code: 'ERR_INVALID_ARG_VALUE', parameter: 'seed' });
    expect(() => torch.manual_seed(seed)).toThrow(error);
    expect(() => generator.manual_seed(seed)).toThrow(error);
  });

  it.each([1.5, 2 ** 53, Number.NaN, '1', undefined, null])('%s is not a seed', (seed) => {
    const error = expect.objectContaining({ name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE', parameter: 'seed' });
    expect(() => torch.manual_seed(seed as never)).toThrow(error);
    expect(() => generator.manual_seed(seed as never)).toThrow(error);
  });

  it('can be random', () => {
    const seeds = [generator.seed(), generator.seed(), torch.seed(), torch.seed()];
    expect(new Set(seeds).size).toBe(4);
    expect(torch.initial_seed()).toBe(seeds[3]);
    generator.manual_seed(seeds[3] as bigint);
    expect(torch.randn([2]).tolist()).toEqual(torch.randn([2], { generator }).tolist());
  });
});

describe('the state', () => {
  it('rewinds a stream, and is a copy', () => {
    const generator = new torch.Generator().manual_seed(3);
    const state = generator.get_state();
    const first = torch.randn([7], { generator }).tolist();
    expect(torch.randn([7], { generator }).tolist()).not.toEqual(first);
    expect(generator.set_state(state)).toBe(generator);
    const clone = generator.clone_state();
    expect(torch.randn([7], { generator }).tolist()).toEqual(first);
    expect(torch.randn([7], { generator: clone }).tolist()).toEqual(first);
  });

  it('of the default generator can be saved', () => {
    torch.manual_seed(9);
    const state = torch.get_rng_state();
    expect([state.dtype, state.shape]).toEqual(['uint8', [5056]]);
    const first = torch.rand([3]).tolist();
    torch.set_rng_state(state);
    expect(torch.rand([3]).tolist()).toEqual(first);
  });

  it.each([
    ['another dtype', () => torch.zeros([5056]), { name: 'TypeError', parameter: 'new_state' }],
    ['another length', () => torch.zeros([10], { dtype: 'uint8' }), { code: 'ERR_TORCH' }],
    ['zeros', () => torch.zeros([5056], { dtype: 'uint8' }), { name: 'RangeError', parameter: 'new_state' }],
    ['an array', () => [1, 2], { name: 'TypeError', parameter: 'new_state' }],
  ])('is refused with %s, and nothing changes', (_, make, error) => {
    const generator = new torch.Generator().manual_seed(1);
    const expected = torch.rand([4], { generator: generator.clone_state() }).tolist();
    expect(() => generator.set_state(make() as never)).toThrow(expect.objectContaining(error));
    expect(torch.rand([4], { generator }).tolist()).toEqual(expected);
  });

  // LibTorch checks each counter separately, and would read numbers beyond the state.
  it.each([
    [624, 2],
    [1, 625],
    [-1, 0],
    [625, 0],
    [300, 326],
  ])('is refused with %i numbers left from %i on', (left, next) => {
    const state = torch.get_rng_state();
    const view = new DataView((state.toTypedArray({ copy: false }) as Uint8Array).buffer);
    view.setInt32(8, left, true);
    view.setBigUint64(16, BigInt(next), true);
    expect(() => torch.set_rng_state(state)).toThrow(expect.objectContaining({ parameter: 'new_state' }));
  });
});

describe('generator', () => {
  /** The same call, drawn from the default generator and from a separate one. */
  const CALLS: Readonly<Record<string, (options: { generator?: torch.Generator }) => torch.Tensor>> = {
    rand: (options) => torch.rand([9], options),
    randn: (options) => torch.randn([9], { ...options, dtype: 'float64' }),
    randint: (options) => torch.randint(10, [9], options),
    'randint with low': (options) => torch.randint(-3n, 10, [9], { ...options, dtype: 'int32' }),
    randperm: (options) => torch.randperm(9, options),
    normal: (options) => torch.normal(1, 2, [9], options),
    'normal of means': (options) => torch.normal(torch.arange(0, 9), 2, options),
    'normal of deviations': (options) => torch.normal(0, torch.arange(0, 9), options),
    'normal of both': (options) => torch.normal(torch.ones([9]), torch.arange(0, 9), options),
    multinomial: (options) => aten.multinomial(torch.ones([9]), 4, options),
    bernoulli: (options) => aten.bernoulli(torch.full([9], 0.5), options),
    normal_: (options) => aten.normal_(torch.zeros([9]), 1, 2, options),
    uniform_: (options) => aten.uniform_(torch.zeros([9]), options),
    random_: (options) => aten.random_(torch.zeros([9]), options),
    dropout_by_hand: (options) => aten.bernoulli_(torch.zeros([9]), 0.3, options),
    exponential_: (options) => aten.exponential_(torch.zeros([9]), options),
  };

  it.each(Object.entries(CALLS))('is used by %s', (_, call) => {
    const generator = new torch.Generator().manual_seed(42);
    torch.manual_seed(42);
    const state = torch.get_rng_state().tolist();
    const own = call({ generator }).tolist();
    expect(torch.get_rng_state().tolist()).toEqual(state);
    expect(own).toEqual(call({}).tolist());
    expect(generator.get_state().tolist()).not.toEqual(state);
  });

  it.each([
    ['a number', 1],
    ['a tensor', torch.ones([1])],
    ['an object', {}],
  ])('is refused as %s', (_, generator) => {
    const error = expect.objectContaining({ name: 'TypeError', parameter: 'generator' });
    expect(() => torch.rand([2], { generator: generator as never })).toThrow(error);
    expect(() => aten.rand([2], { generator })).toThrow(error);
  });

  it('is not accepted as anything else', () => {
    const generator = new torch.Generator();
    const error = expect.objectContaining({ name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' });
    expect(() => aten.relu(generator)).toThrow(/self: expected a Tensor, got a Generator/);
    expect(() => aten.add(torch.ones([1]), generator)).toThrow(error);
    expect(() => torch.rand([2], generator as never)).toThrow(error);
    expect(() => torch.Generator.prototype.seed.call(torch.ones([1]))).toThrow(error);
    expect(() => new torch.Generator('gpu' as never)).toThrow(expect.objectContaining({ parameter: 'device' }));
    expect(() => new torch.Generator({ devise: 'cpu' } as never)).toThrow(
      expect.objectContaining({ code: 'ERR_UNKNOWN_OPTION' }),
    );
  });

  it('may be null, which means the default', () => {
    torch.manual_seed(1);
    const expected = torch.rand([2]).tolist();
    torch.manual_seed(1);
    expect(torch.rand([2], { generator: null }).tolist()).toEqual(expected);
  });

  it('can be disposed of', () => {
    const generator = new torch.Generator();
    generator.seed();
    generator.dispose();
    generator.dispose();
    expect(generator.disposed).toBe(true);
    const error = expect.objectContaining({ code: 'ERR_DISPOSED' });
    expect(() => generator.seed()).toThrow(error);
    expect(() => torch.rand([2], { generator })).toThrow(error);
  });
});

describe('randperm', () => {
  // Recorded from PyTorch 2.13.0; the same in 1.13.1.
  it.each([
    [7, 5, [0, 1, 3, 2, 4]],
    [900450186894289455n, 8, [2, 5, 4, 6, 1, 7, 0, 3]],
  ])("of seed %s equals Python's", (seed, n, order) => {
    const generator = new torch.Generator().manual_seed(seed);
    expect(torch.randperm(n, { generator }).tolist().map(Number)).toEqual(order);
  });
});
