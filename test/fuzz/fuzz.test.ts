/**
 * Bad input: a fuzzer calls every public entry with arguments of all kinds, and each call ends with a value or a typed
 * error. What it once found is tested here by name.
 */
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { open } from '../../lib/data/index.js';
import { evaluate, mergeResults, valueAndGrad } from '../../lib/evaluate/index.js';
import { TorchError, torch } from '../../lib/index.js';
import {
  assertClose,
  compareFiles,
  compareOperators,
  compareTraining,
  compareWithPython,
  isOperatorFolder,
  readSafetensors,
  replayLoading,
  replayOperators,
  replayRandom,
} from '../../lib/parity/index.js';
import { thrownBy } from '../helpers/errors.js';
import { rejected } from '../helpers/recorded.js';

const FOLDER = new URL('../../dist/', import.meta.url).href;
const { fuzz, NO_CACHE } = await import(new URL('./start.mjs', import.meta.url).href);
const { nn, optim } = torch;
const { functional: F } = nn;
// biome-ignore lint/suspicious/noExplicitAny: operators of any name
const aten: Record<string, (...args: unknown[]) => any> = torch.ops.aten;
const anything = (value: unknown) => value as never;
const pair = () => [torch.tensor([1, 2]), torch.tensor([3, 5])] as const;

/** Disposes of `tensor`, whose handle is then reused for another one. */
function recycle(tensor: torch.Tensor): void {
  tensor.dispose();
  torch.full([2], 77);
}

function revoked(target: object): never {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy as never;
}

describe('the fuzzer', () => {
  const calls = process.env.TORCHLOSS_FUZZ_CALLS ?? '3000';
  const seed = process.env.TORCHLOSS_FUZZ_SEED ?? '20';

  it(`gets a value or a typed error from each of ${calls} calls with seed ${seed}`, { timeout: 600_000 }, async () => {
    const { passed, report } = await fuzz(FOLDER, { calls, seed });
    expect(passed, report).toBe(true);
    const { values, errors } = JSON.parse(report.split('\n')[0]);
    // The fuzzer is useless if nearly all calls are refused, or none. For modules, optimizers and samplers most are.
    expect(Math.min(values, errors)).toBeGreaterThan(Number(calls) / 10);
  });

  it.each([
    ['the cache of memory', {}],
    ['the memory of the system', NO_CACHE],
  ])(`corrupts no tensor in ${calls} calls in a row, with %s`, { timeout: 600_000 }, async (_, env) => {
    const { passed, report } = await fuzz(FOLDER, { program: 'state', calls, seed, env });
    expect(passed, report).toBe(true);
    const { values, errors, gradients } = JSON.parse(report.split('\n')[0] as string);
    expect(Math.min(values, errors)).toBeGreaterThan(Number(calls) / 6);
    expect(gradients).toBeGreaterThan(Number(calls) / 50);
  });

  it(`reads and differentiates what operators make of empty tensors in ${calls} calls`, {
    timeout: 600_000,
  }, async () => {
    const { passed, report } = await fuzz(FOLDER, { program: 'shapes', calls, seed });
    expect(passed, report).toBe(true);
    const { values, errors, gradients } = JSON.parse(
      report.split('\n').find((line: string) => line.startsWith('{')) as string,
    );
    expect(Math.min(values, errors)).toBeGreaterThan(Number(calls) / 6);
    expect(gradients).toBeGreaterThan(Number(calls) / 20);
  });

  it('notices a process that ends in the middle of a call, and says in which', { timeout: 60_000 }, async () => {
    const env = { TORCHLOSS_FUZZ_SECONDS: '0.001' };
    const { passed, report } = await fuzz(FOLDER, { calls: 3000, seed: 1, env });
    expect(passed).toBe(false);
    expect(report).toMatch(/ended by SIGKILL .* with seed 1 in\n.+\(.*\) {2}where N=/);
  });
});

describe("the caller's getters", () => {
  it('may dispose of a tensor in the same array, whose handle is then reused', () => {
    const disposed = { code: 'ERR_DISPOSED', message: /^.+: expected a live Tensor, got one that has been disposed$/ };
    for (const call of [
      (list: torch.Tensor[]) => aten.cat?.(list),
      (list: torch.Tensor[]) => torch.autograd.grad(list, list),
      (list: torch.Tensor[], a: torch.Tensor) => a.backward({ inputs: list }),
    ]) {
      const [a, b] = pair();
      const list = Object.defineProperty([a, b], 1, { get: () => (recycle(a), b) });
      const { code, message } = thrownBy(() => call(list, a));
      expect(code).toBe(disposed.code);
      expect(message).toMatch(disposed.message);
    }
  });

  it('may dispose of the tensor of a call on a lane', async () => {
    const disposing = (tensor: torch.Tensor) => ({
      get signal() {
        recycle(tensor);
        return undefined;
      },
    });
    const one = () => torch.tensor([5], { requires_grad: true });
    for (const call of [
      (tensor: torch.Tensor) => tensor.itemAsync(disposing(tensor)),
      (tensor: torch.Tensor) => tensor.toTypedArrayAsync(disposing(tensor)),
      (tensor: torch.Tensor) => tensor.backwardAsync(disposing(tensor)),
      (tensor: torch.Tensor) => new torch.nn.MSELoss().async(tensor, one(), disposing(tensor)),
    ]) {
      await expect(call(one())).rejects.toMatchObject({ code: 'ERR_DISPOSED' });
    }
  });

  it('may detach the memory passed to frombuffer', () => {
    const data = new Float32Array([1, 2, 3, 4]);
    const options = {
      get count() {
        structuredClone(data.buffer, { transfer: [data.buffer] });
        return 2;
      },
    };
    expect(thrownBy(() => torch.frombuffer(data, options))).toMatchObject({ code: 'ERR_INVALID_ARG_TYPE' });
  });

  it('may throw while a scope looks for tensors, and the scope still ends', () => {
    for (const key of ['then', 'tensor']) {
      let made: torch.Tensor | undefined;
      const fail = () => {
        throw new Error('of the caller');
      };
      const scope = () => {
        made = torch.ones([2]);
        return Object.defineProperty({}, key, { get: fail, enumerable: true });
      };
      expect(() => torch.scope(scope)).toThrow('of the caller');
      expect(made?.disposed).toBe(true);
    }
    const after = torch.ones([2]);
    expect(after.disposed).toBe(false);
  });

  it('cannot redirect frombuffer', () => {
    const data = Object.defineProperties(new Float32Array([1, 2]), {
      buffer: { value: [9, 9, 9] },
      byteOffset: { value: -4 },
      byteLength: { value: 2 ** 40 },
    });
    expect(torch.frombuffer(data).tolist()).toEqual([1, 2]);
  });
});

describe('an unusable value', () => {
  it('is a revoked proxy', () => {
    const [a, b] = pair();
    for (const target of [{}, []]) {
      for (const call of [
        () => torch.tensor(revoked(target)),
        () => torch.zeros(revoked(target)),
        () => torch.zeros([2], revoked(target)),
        () => F.mse_loss(revoked(target), b),
        () => F.mse_loss(a, b, revoked(target)),
        () => aten.cat?.(revoked(target)),
        () => torch.autograd.grad(revoked(target), a),
        () => new torch.Tensor(revoked(target)),
        () => torch.frombuffer(revoked(target)),
        () => torch.set_num_threads(revoked(target)),
        () => a.cuda(revoked(target)),
      ]) {
        expect(thrownBy(call)).toMatchObject({
          code: expect.stringMatching(/^ERR_INVALID_ARG_TYPE$/),
          message: expect.stringMatching(/got a revoked proxy$/),
        });
      }
    }
  });

  const holes = (items: object) => Object.assign([], items);
  const longest = () => holes({ length: 2 ** 32 - 1 });
  const batch = () => [torch.ones([2]), torch.zeros([2])];
  it.each<[string, (value: never) => unknown]>([
    ['the loss of evaluate', (value) => evaluate(value, batch())],
    ['the losses of evaluate', (value) => evaluate([F.mse_loss, value], batch())],
    ['the batches of evaluate', (value) => evaluate(F.mse_loss, value)],
    ['a batch of evaluate', (value) => evaluate(F.mse_loss, [value])],
    ['a column of evaluate', (value) => evaluate(F.mse_loss, [torch.ones([2]), value])],
    ['the options of evaluate', (value) => evaluate(F.mse_loss, batch(), value)],
    ['the groups of evaluate', (value) => evaluate(F.mse_loss, batch(), { group_by: value })],
    [
      'the field of groups of evaluate',
      (value) => evaluate(F.mse_loss, { input: [1], target: [2], g: value }, { group_by: 'g' }),
    ],
    ['the signal of evaluate', (value) => evaluate(F.mse_loss, batch(), { signal: value })],
    ['the loss of valueAndGrad', (value) => valueAndGrad(value, ...batch())],
    ['a tensor of valueAndGrad', (value) => valueAndGrad(F.mse_loss, value, torch.ones([2]))],
    ['the target of valueAndGrad', (value) => valueAndGrad(F.cross_entropy, torch.ones([2, 2]), value)],
    ['the results of mergeResults', (value) => mergeResults(value)],
    ['a result of mergeResults', (value) => mergeResults([value])],
    ['the partial result of mergeResults', (value) => mergeResults([{ partial: value } as never])],
    ['the options of compareWithPython', (value) => compareWithPython(value)],
    ['the losses of compareWithPython', (losses) => compareWithPython({ framework: 'pytorch', losses })],
    ['the interpreters of compareWithPython', (python) => compareWithPython({ framework: 'pytorch', python })],
    ['the dtypes of compareWithPython', (dtypes) => compareWithPython({ framework: 'pytorch', dtypes })],
    ['the file of open', (value) => open(value)],
    ['the options of backwardAsync', (value) => torch.ones([1], { requires_grad: true }).backwardAsync(value)],
    ['the options of toAsync', (value) => torch.ones([1]).toAsync(value)],
    ['the options of toTypedArrayAsync', (value) => torch.ones([1]).toTypedArrayAsync(value)],
    ['the options of itemAsync', (value) => torch.ones([1]).itemAsync(value)],
    ['the file of compareFiles', (value) => compareFiles(value, 'a.npy')],
    ['the expected file of compareFiles', (value) => compareFiles('a.npy', value)],
    ['the options of open', (value) => open('a.npy', value)],
    ['the actual tensor of assertClose', (value) => assertClose(value, torch.ones([1]))],
    ['the file of torch.save', (value) => torch.save({}, value)],
    ['the file of torch.save.async', (value) => torch.save.async({}, value)],
    ['the file of torch.load', (value) => torch.load(value)],
    ['the folder of replayRandom', (value) => replayRandom(value)],
    ['the folder of replayLoading', (value) => replayLoading(value)],
    ['the folder of isOperatorFolder', (value) => isOperatorFolder(value)],
    ['the folder of replayOperators', (value) => replayOperators(value)],
    ['the options of compareTraining', (value) => compareTraining(value)],
    ['the interpreters of compareOperators', (value) => compareOperators({ python: value })],
    ['the options of assertClose', (value) => assertClose(torch.ones([1]), torch.ones([1]), value)],
  ])('is a revoked proxy or an array with holes for %s', { timeout: 20_000 }, async (_, call) => {
    for (const value of [revoked({}), revoked([]), holes({ 1: 1 }), holes({ length: 5 }), longest()]) {
      const error = await rejected(async () => call(value as never));
      expect(error.kind).toMatch(/^(TypeError|RangeError|TorchError)$/);
      expect(error.code).toMatch(/^ERR_/);
    }
  });

  const { data } = torch.utils;
  const circular = () => {
    const array: unknown[] = [];
    array.push(array);
    return array;
  };
  it.each<[string, (value: never) => unknown]>([
    ['the parameters of an optimizer', (value) => new optim.SGD(value, 0.1)],
    ['the optimizer of a scheduler', (value) => new optim.lr_scheduler.StepLR(value, 1)],
    ['the schedulers of a scheduler', (value) => new optim.lr_scheduler.ChainedScheduler(value)],
    ['the modules of a list', (value) => new nn.ModuleList(value)],
    ['the modules of a dict', (value) => new nn.ModuleDict([value] as never)],
    ['a part of a sequence', (value) => new nn.Sequential(new nn.ReLU()).slice(value)],
    ['the name of a parameter of a dict', (value) => new nn.ParameterDict().get(value)],
    ['the name of a module of a dict', (value) => new nn.ModuleDict().get(value)],
    ['the parameters of a list', (value) => new nn.ParameterList(value)],
    ['the shape of a layer', (value) => new nn.RMSNorm(value)],
    ['the kernel of a layer', (value) => new nn.AvgPool2d(value)],
    ['the sizes of a cell', (value) => new nn.GRUCell(2, value)],
    ['the layers of a recurrent layer', (value) => new nn.GRU(2, 2, value)],
    ['the input of a layer', (value) => new nn.Softmax2d()(value)],
    ['the input of an attention', (value) => new nn.MultiheadAttention(4, 2)(value, value, value)],
    ['the name of a parameter', (value) => new nn.Linear(2, 2).get_parameter(value)],
    ['the gain of a first value', (value) => nn.init.xavier_uniform_(torch.ones([2, 2]), value)],
    ['the gradients to clip', (value) => nn.utils.clip_grad_norm_(value, 1)],
    ['the sequences to pad', (value) => nn.utils.rnn.pad_sequence(value)],
    ['the parameters of a vector', (value) => nn.utils.parameters_to_vector(value)],
    ['the dataset of DataLoader', (value) => [...new data.DataLoader([value, value])]],
    ['the batch of default_collate', (value) => data.default_collate(value)],
    ['the sample of default_convert', (value) => data.default_convert([value])],
    ['the lengths of random_split', (value) => data.random_split([1, 2], value)],
    ['the generator of random_split', (value) => data.random_split([1, 2], [1, 1], value)],
    ['the device of a generator', (value) => new torch.Generator(value)],
    ['the sizes of expand', (value) => torch.ones([2]).expand(value)],
    ['the subscripts of einsum', (value) => torch.einsum(torch.ones([2]) as never, value)],
    ['the size of affine_grid', (value) => F.affine_grid(torch.ones([1, 2, 3]), value)],
    ['the shapes of broadcast_shapes', (value) => torch.broadcast_shapes(value)],
    ['the device of get_device_name', (value) => torch.cuda.get_device_name(value)],
    ['the state of set_rng_state', (value) => torch.cuda.set_rng_state(value)],
    ['the module of is_parametrized', (value) => torch.nn.utils.parametrize.is_parametrized(value)],
    ['the module of remove_weight_norm', (value) => torch.nn.utils.remove_weight_norm(value)],
    ['the shape of samples', (value) => new torch.distributions.Normal(0, 1).rsample(value)],
    ['the shape of classes', (value) => new torch.distributions.Categorical(torch.ones([2])).sample(value)],
    ['the first distribution of kl_divergence', (value) => torch.distributions.kl_divergence(value, value)],
    ['the module of weight_norm', (value) => nn.utils.parametrizations.weight_norm(value, value)],
    ['the module of spectral_norm', (value) => nn.utils.parametrizations.spectral_norm(value)],
    ['the name of weight_norm', (value) => nn.utils.parametrizations.weight_norm(new nn.Linear(2, 2), value)],
    ['the state of a recurrent layer', (value) => new nn.RNN(2, 3)(torch.ones([1, 2]), value)],
    ['the states of an LSTM', (value) => new nn.LSTM(2, 3)(torch.ones([1, 2]), [value, value])],
    ['the module of torch.jit.save', (value) => torch.jit.save(value)],
  ])(
    'is a revoked proxy, or an array that is circular or the longest, for %s',
    { timeout: 60_000 },
    async (_, call) => {
      for (const value of [revoked({}), revoked([]), circular(), longest()]) {
        const error = await rejected(async () => call(value as never));
        expect(error.kind).toMatch(/^(TypeError|RangeError|TorchError)$/);
        expect(error.code).toMatch(/^ERR_/);
      }
    },
  );

  it('is a symbol, a revoked proxy, or a view of detached memory, for a device, a gain and parameters', () => {
    const view = new Float32Array(2);
    structuredClone(view.buffer, { transfer: [view.buffer] });
    for (const value of [Symbol('device'), revoked([]), view]) {
      for (const call of [
        () => torch.cuda.get_device_name(anything(value)),
        () => nn.init.trunc_normal_(torch.ones([2]), anything(value)),
        () => new optim.SGD(anything(value), 0.1),
        () => new data.ConcatDataset(anything(value)),
        () => new data.StackDataset(anything(value)),
        () => new data.BatchSampler(anything(value), 2),
      ]) {
        expect(thrownBy(call)).toMatchObject({ code: 'ERR_INVALID_ARG_TYPE' });
      }
    }
  });

  it('is a bigint for the epoch of a schedule', () => {
    const optimizer = new optim.SGD([new nn.Parameter(torch.ones([1]))], 0.1);
    const { CosineAnnealingWarmRestarts, StepLR } = optim.lr_scheduler;
    for (const scheduler of [new StepLR(optimizer, 1), new CosineAnnealingWarmRestarts(optimizer, 2)]) {
      expect(thrownBy(() => scheduler.step(anything(0n)))).toMatchObject({ parameter: 'epoch' });
      expect(scheduler.last_epoch).toBe(0);
    }
    expect(new nn.ParameterDict({ a: torch.ones([1]) }).has(revoked({}))).toBe(false);
  });

  it('is not an options object for compareWithPython', async () => {
    for (const value of [undefined, null, 7, [], { framework: 'pytorch', case: 3 }, { framework: 'torch' }]) {
      const error = await rejected(() => compareWithPython(value as never));
      expect(error.code).toMatch(/^ERR_(INVALID_ARG_TYPE|INVALID_ARG_VALUE|UNKNOWN_OPTION)$/);
    }
    const python = ['x'.repeat(100_000)];
    expect(await rejected(() => compareWithPython({ framework: 'pytorch', python }))).toMatchObject({
      code: 'ERR_PEER',
    });
  });

  it('is the longest possible array, which is refused at once', () => {
    expect(thrownBy(() => aten.cat?.(Object.assign([], { length: 2 ** 32 - 1 })))).toMatchObject({
      code: 'ERR_INVALID_ARG_VALUE',
      message: 'argument 0: expected at most 1048576 items, got 4294967295',
    });
  });

  it('is a bigint in a shape of samples', () => {
    const { Bernoulli, Categorical, Normal } = torch.distributions;
    const weights = torch.tensor([0.5, 0.5]);
    for (const each of [new Categorical(weights), new Bernoulli(weights), new Normal(0, 1)])
      expect(thrownBy(() => each.sample(anything([2n])))).toMatchObject({ parameter: 'sample_shape[0]' });
    expect(new Categorical(weights).sample([2, 3]).shape).toEqual([2, 3]);
    expect(new Categorical(torch.ones([4, 2])).sample([3]).shape).toEqual([3, 4]);
  });

  it('is an array of lengths that is as long, or a sparse or deep one returned by a scope', () => {
    const longest = Object.assign([], { length: 2 ** 32 - 1 });
    const [scores, labels] = [torch.zeros([4, 1, 3]), torch.tensor([[1n]])];
    expect(thrownBy(() => F.ctc_loss(scores, labels, longest, [1]))).toMatchObject({ parameter: 'input_lengths' });
    let deep: unknown = torch.ones([1]);
    for (let level = 0; level < 20_000; level++) deep = [deep];
    expect(torch.scope(() => longest)).toBe(longest);
    expect(torch.scope(() => deep)).toBe(deep);
  });

  it('is the `this` of a method detached from its object', async () => {
    const { dim, size, tolist, toTypedArray, toTransferable, cpu, to, backward, item, sum, toString } =
      torch.Tensor.prototype;
    for (const method of [dim, size, tolist, toTypedArray, toTransferable, cpu, to, backward, item, sum, toString]) {
      expect(thrownBy(() => Reflect.apply(method, undefined, []))).toMatchObject({
        code: 'ERR_INVALID_ARG_TYPE',
        message: 'tensor: expected a Tensor, got undefined',
      });
    }
    let asynchronous = 0;
    for (const key of Object.getOwnPropertyNames(torch.Tensor.prototype)) {
      if (!key.endsWith('Async')) continue;
      const method = Reflect.get(torch.Tensor.prototype, key);
      expect((await rejected(() => Reflect.apply(method, undefined, []))).code, key).toBe('ERR_INVALID_ARG_TYPE');
      asynchronous++;
    }
    expect(asynchronous).toBeGreaterThan(4);
    const { dispose } = torch.Lane.prototype;
    expect(thrownBy(() => Reflect.apply(dispose, undefined, []))).toMatchObject({
      message: 'lane: expected a Lane, got undefined',
    });
  });

  it('is a proxy of a lane or an object that inherits from one', async () => {
    using lane = new torch.Lane();
    for (const false_ of [new Proxy(lane, {}), Object.create(lane)]) {
      await expect(F.mse_loss.async(...pair(), { lane: anything(false_) })).rejects.toMatchObject({
        code: 'ERR_INVALID_ARG_TYPE',
        parameter: 'lane',
      });
    }
  });

  it('is a file that is not a Uint8Array', () => {
    for (const file of [undefined, [], 'file', new Float32Array(8), { length: 8 }]) {
      expect(thrownBy(() => readSafetensors(anything(file)))).toMatchObject({
        code: 'ERR_INVALID_ARG_TYPE',
        parameter: 'file',
      });
    }
  });
});

describe('an asynchronous distance function', () => {
  it('is an error, and its rejection does not end the process', () => {
    const program = `
      const { torch } = await import('${FOLDER}index.js');
      const x = torch.ones([2, 3]);
      const distance_function = async () => { throw new Error('rejected'); };
      try {
        torch.nn.functional.triplet_margin_with_distance_loss(x, x, x, { distance_function });
      } catch (error) {
        await new Promise(setImmediate);
        console.log(error.message);
      }`;
    expect(execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' })).toBe(
      'the result of distance_function: expected a Tensor, got an instance of Promise\n',
    );
  });
});

describe('a function that should not be asynchronous', () => {
  it('is a single error when a module applies it, or a schedule or hook calls it', async () => {
    const late: unknown[] = [];
    const note = (reason: unknown) => void late.push(reason);
    process.on('unhandledRejection', note);
    const rejects = async () => {
      throw new Error('rejected');
    };
    const weight = new nn.Parameter(torch.ones([1]));
    const backward = () => {
      const leaf = torch.ones([1]).requires_grad_();
      leaf.register_hook(anything(rejects));
      leaf.sum().backward();
    };
    for (const call of [
      () => new nn.Linear(2, 2).apply(anything(rejects)),
      () => new optim.lr_scheduler.LambdaLR(new optim.SGD([weight], 0.1), anything(rejects)),
      () =>
        new optim.lr_scheduler.LambdaLR(
          new optim.SGD([weight], 0.1),
          anything(() => 1n),
        ),
      backward,
    ]) {
      expect(thrownBy(call)).toMatchObject({ code: 'ERR_INVALID_ARG_TYPE' });
    }
    await new Promise(setImmediate);
    process.off('unhandledRejection', note);
    expect(late).toEqual([]);
  });
});

describe('a property that other code put on Object.prototype', () => {
  it('is not the default of a loss', () => {
    const pollution = { reduction: 'sum', weight: 5, limits: null, delta: -1 };
    for (const [key, value] of Object.entries(pollution)) {
      Reflect.defineProperty(Object.prototype, key, { value, configurable: true, enumerable: true, writable: true });
    }
    try {
      expect(new torch.nn.HuberLoss()(...pair()).item()).toBe(2);
      expect(F.mse_loss(...pair(), {}).item()).toBe(6.5);
      expect(aten.add?.(...pair()).tolist()).toEqual([4, 7]);
    } finally {
      for (const key of Object.keys(pollution)) Reflect.deleteProperty(Object.prototype, key);
    }
  });
});

describe('a signal on Object.prototype', () => {
  it.each<[string, () => unknown]>([
    ['is not an option of the listeners', () => 7],
    ['that is aborted does not end what waits for another signal', () => AbortSignal.abort()],
  ])('%s', async (_, value) => {
    const own = new AbortController();
    Reflect.defineProperty(Object.prototype, 'signal', { value: value(), configurable: true, writable: true });
    let call: Promise<unknown>;
    try {
      call = F.mse_loss.async(...pair(), { signal: own.signal });
    } finally {
      Reflect.deleteProperty(Object.prototype, 'signal');
    }
    const other = F.mse_loss.async(...pair(), { signal: own.signal });
    own.abort(new Error('enough'));
    await expect(Promise.race([call, other])).rejects.toThrow('enough');
    await expect(Promise.allSettled([call, other])).resolves.toHaveLength(2);
  });
});

describe('sizes', () => {
  const outOfMemory = { code: 'ERR_OUT_OF_MEMORY', constructor: TorchError };

  it.each([
    ['whose product overflows', [2 ** 31, 2 ** 31, 2 ** 31]],
    ['whose product overflows to 0', [2 ** 32, 2 ** 32]],
    ['whose product overflows next to a 0', [2 ** 40, 2 ** 40, 0]],
    ['whose bytes overflow', [2 ** 52, 2 ** 10]],
    ['that are each the largest', [2 ** 53 - 1, 2 ** 53 - 1]],
    ['that no machine has memory for', [2 ** 45]],
  ])('%s are a typed error, and the process continues', (_, size) => {
    for (const make of [torch.zeros, torch.ones, torch.empty, torch.rand, torch.randn]) {
      expect(thrownBy(() => make(size, { dtype: 'float64' }))).toMatchObject(outOfMemory);
    }
    expect(thrownBy(() => torch.full(size, 1))).toMatchObject(outOfMemory);
    expect(thrownBy(() => torch.randint(0, 2, size))).toMatchObject(outOfMemory);
    expect(thrownBy(() => torch.tensor(new Float32Array(0), { shape: size })).code).toMatch(
      /^ERR_(OUT_OF_MEMORY|INVALID_ARG_VALUE)$/,
    );
    expect(torch.ones([2]).tolist()).toEqual([1, 1]);
  });

  it('in one dimension and for operators are also checked', () => {
    for (const call of [
      () => torch.arange(2 ** 45),
      () => torch.linspace(0, 1, 2 ** 45),
      () => torch.eye(2 ** 40),
      () => aten.zeros?.([2n ** 62n, 2n ** 62n]),
      () => aten.empty?.([2n ** 40n, 2n ** 40n]),
    ]) {
      expect(thrownBy(call).code).toMatch(/^ERR_(OUT_OF_MEMORY|TORCH)$/);
    }
  });

  it('of a view may exceed any memory; copying it is an error that says so', async () => {
    const vast = aten.expand?.(torch.tensor([1.5]), [2n ** 61n]) as torch.Tensor;
    expect(vast.numel()).toBe(2 ** 61);
    for (const call of [
      () => vast.toTypedArray(),
      () => vast.toTransferable(),
      () => vast.tolist(),
      () => vast.exp(),
      () => vast.clone(),
      () => vast.to('float64'),
      () => F.l1_loss(vast, vast, { reduction: 'none' }),
    ]) {
      expect(thrownBy(call)).toMatchObject(outOfMemory);
    }
    await expect(vast.toTypedArrayAsync()).rejects.toMatchObject(outOfMemory);
    const large = vast.as_strided([2 ** 50], [0]);
    expect(String(large)).toBe('tensor([1.5000, 1.5000, 1.5000,  ..., 1.5000, 1.5000, 1.5000])');
  });

  it('are refused for printing and nesting if there are thousands of them', () => {
    const deep = torch.ones(Array.from({ length: 5000 }, () => 1));
    const many = { code: 'ERR_NOT_IMPLEMENTED', message: /^5000 dimensions are too many to nest/ };
    for (const call of [() => deep.tolist(), () => String(deep)]) {
      const { code, message } = thrownBy(call);
      expect(code).toBe(many.code);
      expect(message).toMatch(many.message);
    }
    expect(deep.item()).toBe(1);
  });
});
