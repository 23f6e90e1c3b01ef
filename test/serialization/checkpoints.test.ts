/** torch.save and torch.load: PyTorch's recorded files, round trips, and a live Python if there is one. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { libtorch } from '../../lib/addon/native.js';
import { compareVersions } from '../../lib/base/compare_versions.js';
import { type Tensor, torch } from '../../lib/index.js';
import { replayFiles } from '../../lib/parity/replay/checkpoints.js';
import { asCounter, asOrderedDict, attributesOf } from '../../lib/serialization/index.js';
import { storageBytes } from '../../lib/serialization/storage.js';
import { handleOf } from '../../lib/addon/handle.js';
import { temporaryFolder } from '../helpers/libtorch.js';
import { findPython } from '../helpers/python.js';
import { makeZip } from '../helpers/zip.js';

const { version } = libtorch();
const aten = torch.ops.aten as Record<string, any>;
const recorded = compareVersions(version, '2.13.0') < 0 ? '1.13.1' : '2.13.0';

/** A value after saving and loading. */
function again<T>(value: T): T {
  return torch.load<T>(torch.save(value));
}

describe('recorded files', () => {
  const folder = fileURLToPath(new URL(`../fixtures/conformance/checkpoints-pytorch-${recorded}`, import.meta.url));

  it(`of PyTorch ${recorded} are loaded value by value, and refused if they are not data`, () => {
    const results = replayFiles(folder);
    expect(results.length).toBe(recorded === '2.13.0' ? 43 : 39);
    expect(results.filter(({ passed }) => !passed).map(({ id, error }) => `${id}: ${error}`)).toEqual([]);
  });
});

describe('plain values', () => {
  it.each<[string, unknown]>([
    ['null', null],
    ['booleans', [true, false]],
    ['integers', [0, 255, 256, 65535, 65536, -1, 2 ** 31, -(2 ** 31), -(2 ** 31) - 1, 2 ** 53 - 1, -(2 ** 53) + 1]],
    ['large integers', [2n ** 53n, -(2n ** 64n), 2n ** 70n, 128n << 64n]],
    ['floats', [0.1, -0, Number.NaN, Infinity, -Infinity, 1e300, 2 ** 60]],
    ['strings', ['', 'a\nb', 'ü\0', '𝕏', 'x'.repeat(70_000)]],
    ['nested objects', { a: { b: [{ c: [] }] }, '': {}, __proto__: null }],
    [
      'Maps',
      new Map<unknown, unknown>([
        [3, 'a'],
        [null, [1]],
        [true, 2],
        [2.5, {}],
        [2n ** 60n, 'big'],
      ]),
    ],
    ['Sets', new Set(['a', 1, null])],
    ['bytes', new Uint8Array([0, 127, 128, 255])],
    ['long lists', Array.from({ length: 2500 }, (_, index) => index)],
    ['objects of many keys', Object.fromEntries(Array.from({ length: 2500 }, (_, index) => [`k${index}`, index]))],
  ])('round-trip: %s', (_, value) => {
    expect(again(value)).toEqual(value);
  });

  it('are numbers if the integer is safe and bigints otherwise', () => {
    expect(again([2n ** 53n - 1n, 5n])).toEqual([2 ** 53 - 1, 5]);
  });

  it('keep names with a special meaning in JavaScript', () => {
    const value = again(JSON.parse('{"__proto__": 1, "constructor": 2}'));
    expect(Object.entries(value)).toEqual([
      ['__proto__', 1],
      ['constructor', 2],
    ]);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  });

  it('distinguish tuples from lists, and keep shared objects shared', () => {
    const twice = { a: 1 };
    const value = again({ tuple: Object.freeze([1, 2, 3, 4]), list: [1], one: twice, two: [twice] });
    expect(Object.isFrozen(value.tuple)).toBe(true);
    expect(Object.isFrozen(value.list)).toBe(false);
    expect(value.two[0]).toBe(value.one);
  });

  it('save undefined as None', () => {
    expect(again({ a: undefined })).toEqual({ a: null });
  });
});

describe('tensors', () => {
  const DTYPES = [
    'uint8',
    'int8',
    'int16',
    'int32',
    'int64',
    'float16',
    'bfloat16',
    'float32',
    'float64',
    'bool',
  ] as const;

  it.each(DTYPES)('of %s round-trip', (dtype) => {
    const tensor = torch.tensor(
      [
        [1, 0, 1],
        [0, 1, 1],
      ],
      { dtype },
    );
    const loaded = again({ tensor }).tensor;
    expect(loaded.dtype).toBe(dtype);
    expect(loaded.tolist()).toEqual(tensor.tolist());
  });

  it('share their storage again, with strides and offsets', () => {
    const whole = torch.arange(0, 24);
    const { a, b, c } = again({ a: whole, b: whole.as_strided([3, 2], [1, 4], 5), c: whole.clone() });
    expect(b.tolist()).toEqual([
      [5, 9],
      [6, 10],
      [7, 11],
    ]);
    aten.fill_(a, 7);
    expect(b.tolist()).toEqual([
      [7, 7],
      [7, 7],
      [7, 7],
    ]);
    expect(c.tolist()[1]).toBe(1);
  });

  it('save the whole storage of a view, but only the elements of its clone', () => {
    const whole = torch.zeros([10_000]);
    const row = whole.as_strided([2], [1], 4);
    expect(torch.save(row).length).toBeGreaterThan(40_000);
    expect(torch.save(row.clone()).length).toBeLessThan(2_000);
  });

  it('that are empty, 0-dimensional, expanded, negated or conjugated round-trip', () => {
    const empty = again(torch.zeros([3, 0]));
    expect(empty.shape).toEqual([3, 0]);
    expect(again(torch.tensor(5)).item()).toBe(5);
    const expanded = again(aten.expand(torch.tensor([[1], [2]]), [2, 3])) as Tensor;
    expect(expanded.tolist()).toEqual([
      [1, 1, 1],
      [2, 2, 2],
    ]);
    const negated = again(aten._neg_view(torch.tensor([1, 2]))) as Tensor;
    expect(negated.tolist()).toEqual([-1, -2]);
    const complex = aten.view_as_complex(
      torch.tensor([
        [1, 2],
        [3, 4],
      ]),
    );
    const conjugated = again(aten._conj(complex)) as Tensor;
    expect(aten.view_as_real(aten.resolve_conj(conjugated)).tolist()).toEqual([
      [1, -2],
      [3, -4],
    ]);
  });

  it('keep requires_grad and the identity of a tensor', () => {
    const weight = torch.ones([2], { requires_grad: true });
    const { a, b, c } = again({ a: weight, b: weight, c: weight.detach() });
    expect([a.requires_grad, c.requires_grad]).toEqual([true, false]);
    expect(a).toBe(b);
    expect(again(weight.mul(2)).is_leaf).toBe(true);
  });

  it('are written directly from their memory', () => {
    const tensor = torch.arange(0, 4);
    expect(Buffer.from(storageBytes(handleOf(tensor, 'tensor'))).readFloatLE(8)).toBe(2);
  });
});

describe('what only Python distinguishes', () => {
  it('whole floats loaded from Python are saved as floats', () => {
    // [1.0, 2, {'lr': 1.0, 'n': 1}, (3.0,)] as Python pickles it
    const [one, three] = ['473ff0000000000000', '474008000000000000'];
    const pickle =
      `80025d7100 28${one}4b02 7d710128 58020000006c72${one} 58010000006e4b01 75 ${three}85 652e`.replaceAll(' ', '');
    const file = withPickle(Buffer.from(pickle, 'hex'));
    const loaded = torch.load<[number, number, { lr: number; n: number }, [number]]>(file);
    expect(loaded).toEqual([1, 2, { lr: 1, n: 1 }, [3]]);
    const written = pickleOf(torch.save(loaded));
    expect(written.match(/47(3ff|400)/g)?.length).toBe(3);
    loaded[0] = 5;
    expect(pickleOf(torch.save(loaded))).toContain('474014000000000000');
    expect(pickleOf(torch.save([...loaded]))).not.toContain('474014000000000000');
  });

  it('state dicts keep their kind and their metadata', () => {
    const _metadata = asOrderedDict({ '': { version: 1 } });
    const state = asOrderedDict({ weight: torch.ones([1]) }, { _metadata });
    const loaded = again(state);
    expect(attributesOf(loaded)).toEqual({ _metadata: { '': { version: 1 } } });
    expect(Buffer.from(torch.save(loaded)).toString('latin1')).toContain('_metadata');
    expect(again(asCounter(new Map([[30, 1]])))).toEqual(new Map([[30, 1]]));
  });
});

function hex(text: string): string {
  return Buffer.from(text).toString('hex');
}

describe('parameters', () => {
  it('are saved and loaded as parameters', () => {
    const made = new torch.nn.Parameter(torch.ones([2]));
    const file = torch.save({ made, plain: torch.ones([1]) });
    expect(Buffer.from(pickleOf(file), 'hex').toString('latin1')).toContain('torch._utils\n_rebuild_parameter\n');
    const loaded = torch.load(file);
    expect([loaded.made, loaded.plain].map((tensor) => tensor instanceof torch.nn.Parameter)).toEqual([true, false]);
    expect([loaded.made.requires_grad, loaded.made.is_leaf, loaded.made.tolist()]).toEqual([true, true, [1, 1]]);
    const frozen = again(new torch.nn.Parameter(torch.ones([2]), false));
    expect([frozen instanceof torch.nn.Parameter, frozen.requires_grad]).toEqual([true, false]);
  });
});

/** The bytes of data.pkl, the first entry, as hex. */
function pickleOf(file: Buffer): string {
  const start = 30 + file.readUInt16LE(26) + file.readUInt16LE(28);
  return file.toString('hex', start, start + file.readUInt32LE(18));
}

/** A file with a given pickle and a storage of two ones. */
function withPickle(pickle: Buffer): Buffer {
  return makeZip({ 'archive/data.pkl': pickle, 'archive/data/0': Buffer.from(Float32Array.of(1, 1).buffer) });
}

describe('files', () => {
  it('are written and read at paths and URLs, synchronously and asynchronously', async () => {
    const folder = temporaryFolder();
    const value = { weight: torch.randn([30, 40]), epoch: 3 };
    const paths = [join(folder, 'a.pt'), join(folder, 'ü ö.pt'), pathToFileURL(join(folder, 'c.pt'))];
    for (const path of paths) {
      torch.save(value, path);
      const now = torch.load(path);
      await torch.save.async(now, path);
      const later = await torch.load.async(path);
      expect(later.weight.tolist()).toEqual(value.weight.tolist());
      expect(later.epoch).toBe(3);
    }
    expect((await torch.load.async(readFileSync(paths[0] as string))).epoch).toBe(3);
  });

  it('are refused if a tensor in them changes meanwhile, and the old file stays', async () => {
    const path = join(temporaryFolder(), 'a.pt');
    torch.save('old', path);
    const weight = torch.zeros([1000, 1000]);
    const saving = torch.save.async({ weight }, path);
    aten.add_(weight, 1);
    await expect(saving).rejects.toMatchObject({ code: 'ERR_BUSY' });
    expect(torch.load(path)).toBe('old');
  });

  it('contain the values at the time of the call, even of a tensor that is disposed of meanwhile', async () => {
    const path = join(temporaryFolder(), 'a.pt');
    const state: { weight: Tensor; epoch: number } = { weight: torch.ones([100]), epoch: 1 };
    const saving = torch.save.async(state, path);
    state.epoch = 2;
    state.weight.dispose();
    await saving;
    const loaded = torch.load(path);
    expect([loaded.epoch, loaded.weight.sum().item()]).toEqual([1, 100]);
  });

  it('accept the option to map the file, which changes nothing', () => {
    const file = torch.save({ weight: torch.tensor([1, 2]) });
    expect(torch.load(file, { mmap: true }).weight.tolist()).toEqual([1, 2]);
    expect(() => torch.load(file, { mmap: 1 as never })).toThrow(/^mmap: expected a boolean/);
  });

  it.each<[string, () => unknown, object]>([
    ['no path', () => torch.save(1, 5 as never), { code: 'ERR_INVALID_ARG_TYPE', parameter: 'file' }],
    ['no file', () => torch.load(5 as never), { code: 'ERR_INVALID_ARG_TYPE', parameter: 'file' }],
    ['a missing file', () => torch.load('/none/such.pt'), { code: 'ERR_FILE_READ' }],
    ['a folder', () => torch.load(temporaryFolder()), { code: 'ERR_FILE_READ' }],
    ['a missing folder', () => torch.save(1, '/none/such.pt'), { code: 'ERR_FILE_WRITE' }],
    ['code', () => torch.load(torch.save(1), { weights_only: false as true }), { parameter: 'weights_only' }],
    [
      'a wrong option',
      () => torch.load(torch.save(1), { pickle_module: true } as never),
      { code: 'ERR_UNKNOWN_OPTION' },
    ],
    ['no device', () => torch.load(torch.save(1), { map_location: 'tpu' as 'cpu' }), { parameter: 'map_location' }],
  ])('are refused with %s', (_, call, error) => {
    expect(call).toThrow(expect.objectContaining(error));
  });

  it('map the devices that they name', () => {
    const pickle = pickleOf(torch.save({ w: torch.ones([2]) })).replace(hex('cpu'), hex('xla'));
    const other = withPickle(Buffer.from(pickle, 'hex'));
    expect(() => torch.load(other)).toThrow(/device 'xla'.*map_location: 'cpu'/);
    expect(torch.load(other, { map_location: 'cpu' }).w.tolist()).toEqual([1, 1]);
    expect(torch.load(other, { map_location: { xla: 'cpu' } }).w.tolist()).toEqual([1, 1]);
  });
});

describe('values that cannot be saved', () => {
  const cyclic: { self?: unknown } = {};
  cyclic.self = [cyclic];
  let deep: unknown = [];
  for (let depth = 0; depth < 600; depth++) deep = [deep];
  const disposed = torch.ones([1]);
  disposed.dispose();
  class Model {
    state_dict() {
      return {};
    }
  }

  it.each<[string, unknown, RegExp]>([
    ['functions', { a: [() => 1] }, /^object\.a\[0\]: expected tensors, plain values/],
    ['modules', { model: new Model() }, /^object\.model: expected its state_dict\(\), since tensors/],
    ['instances of classes', new Date(), /^object: expected tensors/],
    ['symbols', Symbol('a'), /^object: expected tensors/],
    ['typed arrays', new Float32Array(2), /^object: expected tensors/],
    ['a circular value', cyclic, /^object\.self\[0\]: expected a value that does not contain itself/],
    ['a value nested too deeply', deep, /^object: expected at most 500 levels/],
    ['disposed tensors', { w: disposed }, /^object\.w: expected a live Tensor/],
    ['keys that Python does not support', new Map([[[1], 2]]), /^object: expected keys that are strings/],
    ['lone surrogates', 'a\ud800', /unpaired surrogate/],
    ['sparse tensors', { s: aten.to_sparse(torch.ones([2])) }, /^object\.s: expected a dense tensor/],
    [
      'storages of two dtypes',
      (() => {
        const a = torch.ones([2]);
        return { a, b: aten.view.dtype(a, 'int32') };
      })(),
      /^object\.b: expected one dtype for each storage/,
    ],
  ])('are named: %s', (_, value, message) => {
    expect(() => torch.save(value)).toThrow(message);
  });

  it('leave the file unchanged', () => {
    const path = join(temporaryFolder(), 'a.pt');
    torch.save('old', path);
    expect(() => torch.save({ f: () => 1 }, path)).toThrow(TypeError);
    expect(torch.load(path)).toBe('old');
  });
});

const python = findPython();

function run(code: string, ...args: string[]): string {
  const { stdout, stderr, status } = spawnSync(python as string, ['-c', code, ...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return stdout.trim();
}

/** Makes checkpoints: an optimizer's, and values in either format. */
const MAKE = `
import sys, torch
folder = sys.argv[1]
torch.manual_seed(0)
model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4), torch.nn.Linear(4, 1))
optimizer = torch.optim.AdamW(model.parameters(), lr=1.0, amsgrad=True)
x = torch.randn(8, 3)
def step():
    optimizer.zero_grad()
    model(x).pow(2).mean().backward()
    optimizer.step()
for _ in range(3): step()
torch.save({'x': x, 'model': model.state_dict(), 'optimizer': optimizer.state_dict()}, folder + '/training.pt')
step()
torch.save(model.state_dict(), folder + '/after.pt')
d = {'w': torch.arange(6.).reshape(2, 3).t(), 'n': 3, 'x': (1.5, 'a', None), 'b': b'ab'}
torch.save(d, folder + '/zip.pt')
torch.save(d, folder + '/legacy.pt', _use_new_zipfile_serialization=False)
`;

/** Reads what was saved here, and continues training with it. */
const CHECK = `
import sys, torch
folder = sys.argv[1]
d = torch.load(folder + '/ours.pt')
m = d['model']
print(type(m).__name__, m['w'].tolist(), m['v'].tolist(), m['w'].storage().data_ptr() == m['v'].storage().data_ptr())
print(list(d['state']), d['state'][0]['step'], d['state'][0]['exp'].dtype, d['betas'], d['values'], d['grad'].requires_grad)
c = torch.load(folder + '/again.pt')
model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4), torch.nn.Linear(4, 1))
optimizer = torch.optim.AdamW(model.parameters(), amsgrad=True)
model.load_state_dict(c['model'])
optimizer.load_state_dict(c['optimizer'])
model(c['x']).pow(2).mean().backward()
optimizer.step()
after = torch.load(folder + '/after.pt')
same = all(after[k].equal(v) for k, v in model.state_dict().items())
n = torch.load(folder + '/node.pt')
model.load_state_dict(n['model'])
optimizer.load_state_dict(n['optimizer'])
model(c['x']).pow(2).mean().backward()
optimizer.step()
print(n['epoch'], [type(p).__name__ for p in n['parameters']])
print(type(c['optimizer']['param_groups'][0]['lr']).__name__, same)
`;

describe.runIf(python !== undefined)('beside Python', () => {
  const folder = mkdtempSync(join(tmpdir(), 'torchloss-test-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  beforeAll(() => void run(MAKE, folder), 300_000);

  it('files saved by Python in either format open here', () => {
    for (const name of ['zip.pt', 'legacy.pt']) {
      const loaded = torch.load(join(folder, name));
      expect(loaded.w.tolist()).toEqual([
        [0, 3],
        [1, 4],
        [2, 5],
      ]);
      expect({ ...loaded, w: 0 }).toEqual({ w: 0, n: 3, x: [1.5, 'a', null], b: new Uint8Array([97, 98]) });
      const cut = readFileSync(join(folder, name)).subarray(0, -1);
      expect(() => torch.load(cut)).toThrow(expect.objectContaining({ code: 'ERR_FILE_FORMAT' }));
    }
  });

  it('files saved here open in Python with the defaults, and training continues with the same bits', () => {
    const whole = torch.arange(0, 6, 1, { dtype: 'float64' });
    const value = {
      model: asOrderedDict({ w: whole.reshape([2, 3]), v: whole.as_strided([2], [2], 1) }, { _metadata: {} }),
      state: new Map([[0, { step: torch.tensor(3), exp: torch.ones([2], { dtype: 'bfloat16' }) }]]),
      betas: Object.freeze([0.9, 0.999]),
      values: [1, 2n ** 70n, -1.5, 'ü', null, true],
      grad: torch.ones([1], { requires_grad: true }),
    };
    torch.save(value, join(folder, 'ours.pt'));
    torch.save(torch.load(join(folder, 'training.pt')), join(folder, 'again.pt'));
    const { nn, optim } = torch;
    const model = new nn.Sequential(new nn.Linear(3, 4), new nn.BatchNorm1d(4), new nn.Linear(4, 1));
    const optimizer = new optim.AdamW(model.parameters(), { lr: 1, amsgrad: true });
    (model(torch.ones([2, 3])) as Tensor).sum().backward();
    optimizer.step();
    const parameters = model.parameters();
    const node = { model: model.state_dict(), optimizer: optimizer.state_dict(), parameters, epoch: 1 };
    torch.save(node, join(folder, 'node.pt'));
    expect(run(CHECK, folder).split('\n')).toEqual([
      'OrderedDict [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]] [1.0, 3.0] True',
      "[0] tensor(3.) torch.bfloat16 (0.9, 0.999) [1, 1180591620717411303424, -1.5, 'ü', None, True] True",
      "1 ['Parameter', 'Parameter', 'Parameter', 'Parameter', 'Parameter', 'Parameter']",
      'float True',
    ]);
  }, 300_000);
});
