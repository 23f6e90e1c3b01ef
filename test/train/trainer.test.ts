import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { libtorch } from '../../lib/addon/native.js';
import { PACKAGE_ROOT } from '../../lib/libtorch/places.js';
import { type Tensor, torch } from '../../lib/index.js';
import { Accuracy, type FitProgress, MeanSquaredError, Trainer, type TrainerOptions } from '../../lib/train/index.js';
import { thrownBy } from '../helpers/errors.js';
import { temporaryFolder } from '../helpers/libtorch.js';
import { liveTensors } from '../helpers/memory.js';
import { findPython } from '../helpers/python.js';

const { nn, optim, utils } = torch;

/** Sums are split among a lane's threads; use as many as a call outside of lanes has. */
const lane = new torch.Lane({ threads: torch.get_num_threads() });
afterAll(() => lane.dispose());

/** What a promise rejects with. */
async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

/** A small model with dropout and batch norm, and data for it. */
function setUp(seed = 3) {
  torch.manual_seed(seed);
  const model = new nn.Sequential(new nn.Linear(5, 7), new nn.BatchNorm1d(7), new nn.Dropout(0.2), new nn.Linear(7, 3));
  const x = torch.randn([24, 5]);
  const y = torch.randint(0, 3, [24]);
  return { model, x, y };
}

function bitsOf(tensors: Iterable<Tensor>): string[] {
  return [...tensors].map((tensor) => Buffer.from(tensor.contiguous().toTypedArray().buffer).toString('hex'));
}

/** Optimizers by name; those new in PyTorch 2 if the LibTorch in use has them. */
const OPTIMIZERS: Readonly<Record<string, object>> = {
  SGD: { lr: 0.1, momentum: 0.9 },
  Adam: { lr: 0.01 },
  AdamW: { lr: 0.01, amsgrad: true },
  Adamax: {},
  NAdam: {},
  RAdam: {},
  Adadelta: {},
  Adagrad: {},
  RMSprop: { momentum: 0.5 },
  Rprop: {},
  ASGD: {},
  ...(libtorch().minor.startsWith('1.') ? {} : { Adafactor: {} }),
};

describe('a step', () => {
  it.each(Object.entries(OPTIMIZERS))('with %s gives the bits of the explicit loop', async (name, options) => {
    const Optimizer = optim[name as 'Adam'];
    const loss = new nn.CrossEntropyLoss();
    const plain = setUp();
    const optimizer = new Optimizer(plain.model.parameters(), options);
    const losses: number[] = [];
    const norms: number[] = [];
    torch.manual_seed(9);
    for (let step = 0; step < 4; step++) {
      optimizer.zero_grad();
      const value = loss(plain.model(plain.x), plain.y);
      value.backward();
      norms.push(nn.utils.clip_grad_norm_(plain.model.parameters(), 0.5).item());
      optimizer.step();
      losses.push(value.item());
    }
    const other = setUp();
    const own = new Optimizer(other.model.parameters(), options);
    using trainer = new Trainer({ model: other.model, loss, optimizer: own, clip_grad_norm: 0.5, lane });
    torch.manual_seed(9);
    for (let step = 0; step < 4; step++) {
      const result = await trainer.step(other.x, other.y);
      expect(result).toEqual({ loss: losses[step], grad_norm: norms[step], lr: own.param_groups[0]?.lr });
    }
    expect(trainer.steps).toBe(4);
    expect(bitsOf(Object.values(other.model.state_dict()))).toEqual(bitsOf(Object.values(plain.model.state_dict())));
  });

  it('leaves the event loop free and runs steps one after the other', async () => {
    const { model, x, y } = setUp();
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
    using trainer = new Trainer({ model, loss: new nn.CrossEntropyLoss(), optimizer, lane });
    const order: string[] = [];
    // A single step may be done before the turn is over.
    const large = torch.ones([4000, 4000]);
    const before = nn.functional.binary_cross_entropy_with_logits.async(large, large, { lane });
    const steps = ['first', 'second'].map((name) => trainer.step(x, y).then(() => order.push(name)));
    await setImmediate();
    order.push('turn');
    await Promise.all([before, ...steps]);
    expect(order).toEqual(['turn', 'first', 'second']);
  });

  it('with a scheduler for steps reports the rate of each step', async () => {
    const { model, x, y } = setUp();
    const optimizer = new optim.SGD(model.parameters(), { lr: 1 });
    const scheduler = new optim.lr_scheduler.StepLR(optimizer, { step_size: 2, gamma: 0.5 });
    using trainer = new Trainer({ model, loss: new nn.CrossEntropyLoss(), optimizer, scheduler, schedule: 'step' });
    const rates: number[] = [];
    for (let step = 0; step < 5; step++) rates.push((await trainer.step(x, y)).lr);
    expect(rates).toEqual([1, 1, 0.5, 0.5, 0.25]);
  });

  it('takes several inputs and targets', async () => {
    class Two extends nn.Module {
      left = new nn.Linear(2, 1);
      right = new nn.Linear(3, 1);
      override forward(a: Tensor, b: Tensor): Tensor {
        return this.left(a).add(this.right(b));
      }
    }
    const model = new Two();
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
    const loss = (output: Tensor, target: Tensor, weight: Tensor) => output.sub(target).square().mul(weight).sum();
    using trainer = new Trainer({ model, loss, optimizer });
    const [a, b, ones] = [torch.ones([4, 2]), torch.ones([4, 3]), torch.ones([4, 1])];
    const { loss: first } = await trainer.step([a, b], [ones, ones]);
    const { loss: second } = await trainer.step([a, b], [ones, torch.zeros([4, 1])]);
    expect(first).toBeGreaterThan(0);
    expect(second).toBe(0);
  });

  it('that fails leaves the parameters unchanged, and the next one works', async () => {
    const { model, x, y } = setUp();
    const optimizer = new optim.Adam(model.parameters());
    using trainer = new Trainer({ model, loss: new nn.CrossEntropyLoss(), optimizer, lane });
    const before = bitsOf(model.parameters());
    expect(await rejection(trainer.step(torch.ones([2, 9]), y))).toMatchObject({ code: 'ERR_TORCH' });
    expect(await rejection(trainer.step(x, y, { signal: AbortSignal.abort(new Error('enough')) }))).toMatchObject({
      message: 'enough',
    });
    expect(bitsOf(model.parameters())).toEqual(before);
    expect((await trainer.step(x, y)).loss).toBeGreaterThan(0);
  });

  it('of a traced model is one native call with the bits of the module', async () => {
    const plain = setUp();
    const own = new optim.Adam(plain.model.parameters());
    using first = new Trainer({
      model: plain.model,
      loss: new nn.CrossEntropyLoss(),
      optimizer: own,
      clip_grad_norm: 0.5,
      lane,
    });
    torch.manual_seed(9);
    for (let step = 0; step < 3; step++) await first.step(plain.x, plain.y);
    const other = setUp();
    const model = torch.jit.trace(other.model, [other.x]);
    // Tracing has updated the running means.
    model.load_state_dict(setUp().model.state_dict());
    const optimizer = new optim.Adam(model.parameters());
    using second = new Trainer({ model, loss: new nn.CrossEntropyLoss(), optimizer, clip_grad_norm: 0.5, lane });
    torch.manual_seed(9);
    for (let step = 0; step < 3; step++) await second.step(other.x, other.y);
    expect(bitsOf(model.parameters())).toEqual(bitsOf(plain.model.parameters()));
  });

  it('of a traced model predicts and evaluates like the module', async () => {
    const { x, y } = setUp();
    const plain = new nn.Sequential(new nn.Linear(5, 7), new nn.ReLU(), new nn.Linear(7, 3));
    const model = torch.jit.trace(plain, [x]);
    const loss = new nn.CrossEntropyLoss();
    using first = new Trainer({ model: plain, loss, optimizer: new optim.SGD(plain.parameters(), { lr: 0.1 }), lane });
    using second = new Trainer({ model, loss, optimizer: new optim.SGD(model.parameters(), { lr: 0.1 }), lane });
    expect(bitsOf([(await second.predict(x)) as Tensor])).toEqual(bitsOf([await first.predict(x)]));
    expect((await second.evaluate([[x, y]])).loss).toBe((await first.evaluate([[x, y]])).loss);
    const generator = new torch.Generator();
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
    expect(thrownBy(() => new Trainer({ model, loss, optimizer, generator })).message).toContain(
      'generator: expected none for a ScriptModule',
    );
  });

  it('keeps no tensors', async () => {
    const { model, x, y } = setUp();
    const optimizer = new optim.Adam(model.parameters());
    using trainer = new Trainer({ model, loss: new nn.CrossEntropyLoss(), optimizer, clip_grad_norm: 1 });
    await trainer.step(x, y);
    const before = await liveTensors();
    for (let step = 0; step < 5; step++) await trainer.step(x, y);
    expect(torch.memory().tensors).toBe(before);
  });

  it('draws from its own generator, whatever else draws', async () => {
    const run = async (disturb: boolean) => {
      const { model, x, y } = setUp();
      const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
      const generator = new torch.Generator().manual_seed(4);
      using trainer = new Trainer({ model, loss: new nn.CrossEntropyLoss(), optimizer, generator, lane });
      for (let step = 0; step < 3; step++) {
        await trainer.step(x, y);
        if (disturb) torch.rand([3]);
      }
      return bitsOf(model.parameters());
    };
    expect(await run(true)).toEqual(await run(false));
  });
});

describe('what a Trainer refuses', () => {
  const { model, x, y } = setUp();
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
  const loss = new nn.CrossEntropyLoss();
  const make = (options: object) =>
    thrownBy(() => new Trainer({ model, loss, optimizer, ...options } as TrainerOptions));

  it.each<[string, object, string]>([
    ['no module', { model: {} }, 'model: expected a Module, got an object'],
    ['no loss', { loss: 'mse' }, "loss: expected a loss, or a function of the output and the target, got 'mse'"],
    ['no optimizer', { optimizer: {} }, 'optimizer: expected an Optimizer, got an object'],
    [
      'LBFGS',
      { optimizer: new optim.LBFGS(model.parameters()) },
      'optimizer: expected one whose step needs no closure, got LBFGS',
    ],
    ['no scheduler', { scheduler: {} }, 'scheduler: expected a scheduler of learning rates, got an object'],
    ['another schedule', { schedule: 'batch' }, "schedule: expected 'epoch' or 'step', got 'batch'"],
    ['a norm of 0', { clip_grad_norm: 0 }, 'clip_grad_norm: expected a number above 0, got 0'],
    ['no lane', { lane: {} }, 'lane: expected a Lane, got an object'],
    ['another name', { epochs: 3 }, 'epochs: expected one of the options'],
  ])('%s', (_, options, message) => {
    expect(make(options)?.message).toContain(message);
  });

  it.each<[string, object, string]>([
    ['no epochs', {}, 'epochs: expected an integer, got undefined'],
    ['a fraction of a batch', { epochs: 1, accumulate: 0.5 }, 'accumulate: expected an integer, got 0.5'],
    ['metrics without data', { epochs: 1, metrics: { a: new Accuracy() } }, 'validation: expected a loader'],
    ['every without a folder', { epochs: 1, every: 3 }, 'every: expected none without checkpoint, got 3'],
    [
      'an unknown monitor',
      { epochs: 1, early_stopping: { patience: 1, monitor: 'f1' } },
      "early_stopping.monitor: expected one of 'loss', got 'f1'",
    ],
    ['no folder', { epochs: 1, checkpoint: { keep: 2 } }, 'checkpoint.folder: expected the path of a folder'],
  ])('of a fit: %s', async (_, options, message) => {
    using trainer = new Trainer({ model, loss, optimizer });
    expect(await rejection(trainer.fit([[x, y]], options as never))).toMatchObject({
      message: expect.stringContaining(message),
    });
  });

  it('malformed batches, and none', async () => {
    using trainer = new Trainer({ model, loss, optimizer });
    expect(await rejection(trainer.fit([x], { epochs: 1 }))).toMatchObject({
      message: 'loader: expected batches [input, target] or { input, target }, got a Tensor',
    });
    expect(await rejection(trainer.fit([], { epochs: 1 }))).toMatchObject({
      message: 'loader: expected batches, got none',
    });
    expect(await rejection(trainer.step(x, 3 as never))).toMatchObject({
      message: 'target: expected a Tensor or an array of them, got 3',
    });
  });
});

describe('fit', () => {
  it('accumulates the gradients of several batches like the explicit loop', async () => {
    const plain = setUp();
    const loss = new nn.CrossEntropyLoss();
    const optimizer = new optim.SGD(plain.model.parameters(), { lr: 0.1, momentum: 0.9 });
    torch.manual_seed(1);
    const parts = (x: Tensor, y: Tensor) => [0, 8, 16].map((at) => [x.slice(at, at + 8), y.slice(at, at + 8)] as const);
    for (let epoch = 0; epoch < 2; epoch++) {
      let count = 0;
      for (const [input, target] of parts(plain.x, plain.y)) {
        loss(plain.model(input), target).div(2).backward();
        if (++count === 2 || count === 3) {
          optimizer.step();
          optimizer.zero_grad();
        }
      }
    }
    const other = setUp();
    const own = new optim.SGD(other.model.parameters(), { lr: 0.1, momentum: 0.9 });
    using trainer = new Trainer({ model: other.model, loss, optimizer: own, lane });
    torch.manual_seed(1);
    const batches = parts(other.x, other.y);
    const { steps, history } = await trainer.fit(batches, { epochs: 2, accumulate: 2 });
    expect(steps).toBe(4);
    expect(history.map(({ epoch, step, samples }) => [epoch, step, samples])).toEqual([
      [1, 2, 24],
      [2, 4, 24],
    ]);
    expect(bitsOf(other.model.parameters())).toEqual(bitsOf(plain.model.parameters()));
  });

  it('recognises the last batch of a loader of unknown length', async () => {
    const run = async (known: boolean) => {
      const { model, x, y } = setUp();
      const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
      using trainer = new Trainer({ model, loss: new nn.CrossEntropyLoss(), optimizer, lane });
      const dataset = new utils.data.TensorDataset(x, y);
      const samples = {
        *[Symbol.iterator]() {
          for (let at = 0; at < 24; at++) yield dataset.getItem(at);
        },
      };
      const options = { batch_size: 8, dispose: true };
      const loader = known ? new utils.data.DataLoader(dataset, options) : new utils.data.DataLoader(samples, options);
      const { steps } = await trainer.fit(loader, { epochs: 1, accumulate: 2 });
      return [steps, ...bitsOf(model.parameters())];
    };
    expect(await run(false)).toEqual(await run(true));
  });

  it('reports progress, validates, and stops when nothing improves', async () => {
    const { model, x, y } = setUp();
    // A rate of 0 changes only the running means.
    const optimizer = new optim.SGD(model.parameters(), { lr: 0 });
    using trainer = new Trainer({ model, loss: new nn.CrossEntropyLoss(), optimizer, lane });
    const told: FitProgress[] = [];
    const epochs: number[] = [];
    const { stopped, history, best } = await trainer.fit([{ input: x, target: y }], {
      epochs: 50,
      validation: [[x, y]],
      metrics: { accuracy: new Accuracy(), constant: { update() {}, reset() {}, compute: () => 1, best: 'greatest' } },
      early_stopping: { patience: 3, monitor: 'constant' },
      onProgress: (progress) => told.push(progress),
      onEpoch: ({ epoch }) => void epochs.push(epoch),
    });
    expect(stopped).toBe('early_stopping');
    expect(best).toEqual({ epoch: 1, step: 1, value: 1 });
    expect(epochs).toEqual([1, 2, 3, 4]);
    expect(history[0]?.validation?.samples).toBe(24);
    expect(told.at(-1)).toMatchObject({ epoch: 4, epochs: 50, batch: 1, batches: 1, step: 4 });
    expect(model.training).toBe(true);
    // The same run goes no further.
    expect((await trainer.fit([[x, y]], { epochs: 50, early_stopping: { patience: 3 } })).stopped).toBe(
      'early_stopping',
    );
  });

  it('gives the loss to ReduceLROnPlateau', async () => {
    const { model, x, y } = setUp();
    const optimizer = new optim.SGD(model.parameters(), { lr: 1 });
    const scheduler = new optim.lr_scheduler.ReduceLROnPlateau(optimizer, {
      patience: 0,
      factor: 0.5,
      threshold: 1e9,
      threshold_mode: 'abs',
    });
    using trainer = new Trainer({ model, loss: new nn.CrossEntropyLoss(), optimizer, scheduler });
    const { history } = await trainer.fit([[x, y]], { epochs: 4 });
    expect(history.map(({ lr }) => lr)).toEqual([1, 1, 0.5, 0.25]);
  });

  it('refuses a second run at the same time', async () => {
    const { model, x, y } = setUp();
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
    using trainer = new Trainer({ model, loss: new nn.CrossEntropyLoss(), optimizer, lane });
    const first = trainer.fit([[x, y]], { epochs: 2 });
    expect(await rejection(trainer.fit([[x, y]], { epochs: 2 }))).toMatchObject({ code: 'ERR_BUSY' });
    expect((await first).steps).toBe(2);
  });
});

describe('evaluate and predict', () => {
  it('run in evaluation mode, without gradients, and are exact', async () => {
    const { model, x, y } = setUp();
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
    const loss = new nn.CrossEntropyLoss();
    using trainer = new Trainer({ model, loss, optimizer });
    await trainer.step(x, y);
    (model[1] as InstanceType<typeof nn.BatchNorm1d>).eval();
    const modes = () => model.modules().map(({ training }) => training);
    const before = modes();
    const whole = await trainer.evaluate([[x, y]], { metrics: { accuracy: new Accuracy() }, worst: 2 });
    const parts = [0, 5, 6].map(
      (at, index, all) => [x.slice(at, all[index + 1]), y.slice(at, all[index + 1])] as const,
    );
    const split = await trainer.evaluate(parts, { metrics: { accuracy: new Accuracy() }, worst: 2 });
    expect(split).toEqual(whole);
    expect(modes()).toEqual(before);
    const output = await trainer.predict(x);
    expect(output.requires_grad).toBe(false);
    expect(modes()).toEqual(before);
    model.eval();
    const expected = torch.no_grad(() => loss(model(x), y)).item();
    expect(Math.abs(whole.loss - expected)).toBeLessThan(1e-5);
    expect(bitsOf([output])).toEqual(bitsOf([model(x).detach()]));
    expect(whole.worst).toHaveLength(2);
  });

  it('average a custom loss over batches', async () => {
    const model = new nn.Linear(1, 1);
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
    using trainer = new Trainer({
      model,
      loss: (output: Tensor, target: Tensor) => output.mul(0).add(target).mean(),
      optimizer,
    });
    const batch = (values: number[]) =>
      [torch.ones([values.length, 1]), torch.tensor(values.map((value) => [value]))] as const;
    const { loss, metrics } = await trainer.evaluate([batch([1, 2]), batch([6])], {
      metrics: { mse: new MeanSquaredError() },
    });
    expect(loss).toBe(3);
    expect(Object.keys(metrics)).toEqual(['mse']);
  });
});

describe('checkpoints', () => {
  const program = join(PACKAGE_ROOT, 'test', 'process', 'training.mjs');
  const run = (folder: string, settings: readonly object[]) =>
    spawnSync(process.execPath, [program, folder, JSON.stringify(settings)], { encoding: 'utf8' });

  it('let a killed run end with the same bits', () => {
    const settings = [
      {},
      // Separate generators for the model and the loader, and a scheduler for steps.
      { own: true, schedule: 'step' },
      { accumulate: 2, every: 2 },
      { stream: true, every: 2 },
    ];
    const folder = temporaryFolder();
    const whole = run(join(folder, 'whole'), settings);
    expect(whole.stderr).toBe('');
    expect(new Set(whole.stdout.trim().split('\n')).size).toBe(4);
    const killed = join(folder, 'killed');
    // Within an epoch, after a checkpoint or right at one. A finished run trains no further.
    for (const at of settings.keys()) {
      const kills = settings
        .slice(0, at + 1)
        .map((setting, index) => (index < at ? setting : { ...setting, killAt: 8 + at }));
      expect(run(killed, kills).signal).toBe('SIGKILL');
    }
    const resumed = run(killed, settings);
    expect(resumed.stderr).toBe('');
    expect(resumed.stdout).toBe(whole.stdout);
    const names = readdirSync(join(killed, '0'));
    expect(names.filter((name) => name.startsWith('step-'))).toHaveLength(3);
    expect(names).toContain('best.pt');
  }, 600_000);

  it('are written when the signal aborts, and the run can continue in this process, too', async () => {
    const folder = temporaryFolder();
    const make = () => {
      const { model, x, y } = setUp();
      const optimizer = new optim.Adam(model.parameters());
      const trainer = new Trainer({ model, loss: new nn.CrossEntropyLoss(), optimizer, lane });
      const loader = new utils.data.DataLoader(new utils.data.TensorDataset(x, y), { batch_size: 4, shuffle: true });
      return { model, trainer, loader };
    };
    torch.manual_seed(2);
    const whole = make();
    await whole.trainer.fit(whole.loader, { epochs: 3 });
    const random = torch.rand([2]).tolist();
    const expected = bitsOf(Object.values(whole.model.state_dict()));

    const stopped = make();
    const control = new AbortController();
    const checkpoint = join(folder, 'run');
    const done = stopped.trainer.fit(stopped.loader, {
      epochs: 3,
      checkpoint,
      signal: control.signal,
      onStep: ({ step }) => step === 8 && control.abort(new Error('stop')),
    });
    expect(await rejection(done)).toMatchObject({ message: 'stop' });
    expect(readdirSync(checkpoint).sort()).toEqual(['best.pt', 'step-000000006.pt', 'step-000000008.pt']);
    torch.rand([5]);
    await stopped.trainer.fit(stopped.loader, { epochs: 3 });
    expect(torch.rand([2]).tolist()).toEqual(random);
    expect(bitsOf(Object.values(stopped.model.state_dict()))).toEqual(expected);

    const resumed = make();
    expect(await resumed.trainer.restore(checkpoint)).toBe(join(checkpoint, 'step-000000008.pt'));
    expect([resumed.trainer.steps, resumed.trainer.epochs]).toEqual([8, 1]);
    await resumed.trainer.fit(resumed.loader, { epochs: 3 });
    expect(torch.rand([2]).tolist()).toEqual(random);
    expect(bitsOf(Object.values(resumed.model.state_dict()))).toEqual(expected);
  });

  it('continue from an aborted validation', async () => {
    const make = () => {
      const { model, x, y } = setUp();
      const optimizer = new optim.Adam(model.parameters());
      const trainer = new Trainer({ model, loss: new nn.CrossEntropyLoss(), optimizer, lane });
      const data = new utils.data.TensorDataset(x, y);
      const loader = new utils.data.DataLoader(data, { batch_size: 6, shuffle: true });
      return { model, trainer, loader };
    };
    const whole = make();
    await whole.trainer.fit(whole.loader, { epochs: 2, validation: whole.loader });
    const random = torch.rand([2]).tolist();
    const stopped = make();
    const control = new AbortController();
    const metrics = {
      stop: { update: () => control.abort(new Error('stop')), reset() {}, compute: () => 0, best: 'least' as const },
    };
    const first = stopped.trainer.fit(stopped.loader, {
      epochs: 2,
      validation: stopped.loader,
      metrics,
      signal: control.signal,
    });
    expect(await rejection(first)).toMatchObject({ message: 'stop' });
    const { history } = await stopped.trainer.fit(stopped.loader, { epochs: 2, validation: stopped.loader });
    expect(history.map(({ loss }) => loss)).toEqual(whole.trainer.history.map(({ loss }) => loss));
    expect(torch.rand([2]).tolist()).toEqual(random);
    expect(bitsOf(stopped.model.parameters())).toEqual(bitsOf(whole.model.parameters()));
  });

  it('that do not match change nothing', async () => {
    const folder = temporaryFolder();
    const { model, x, y } = setUp();
    const optimizer = new optim.Adam(model.parameters());
    using trainer = new Trainer({ model, loss: new nn.CrossEntropyLoss(), optimizer, lane });
    await trainer.step(x, y);
    const before = () =>
      bitsOf([
        ...model.parameters(),
        ...[...optimizer.state.values()].flatMap((state) => Object.values(state) as Tensor[]),
      ]);
    const bits = before();

    const other = new nn.Linear(5, 3);
    using wrong = new Trainer({
      model: other,
      loss: new nn.CrossEntropyLoss(),
      optimizer: new optim.Adam(other.parameters()),
    });
    const file = join(folder, 'other.pt');
    await wrong.save(file);
    expect(await rejection(trainer.restore(file))).toMatchObject({
      message: 'state_dict: expected 6 parameters in group 0, got 2',
    });
    // A matching optimizer, with a model that does not match.
    const contents = torch.load<{ model: object }>(file);
    const own = join(folder, 'own.pt');
    await trainer.save(own);
    torch.save({ ...torch.load<object>(own), model: contents.model }, join(folder, 'mixed.pt'));
    expect(await rejection(trainer.restore(join(folder, 'mixed.pt')))).toMatchObject({
      message: expect.stringContaining('Missing key(s)'),
    });
    torch.save({ weight: torch.ones([1]) }, join(folder, 'weights.pt'));
    expect(await rejection(trainer.restore(join(folder, 'weights.pt')))).toMatchObject({ code: 'ERR_FILE_FORMAT' });
    writeFileSync(join(folder, 'text.pt'), 'no checkpoint');
    expect(await rejection(trainer.restore(join(folder, 'text.pt')))).toMatchObject({ code: 'ERR_FILE_FORMAT' });
    expect(await rejection(trainer.restore(join(folder, 'absent')))).toMatchObject({ code: 'ERR_FILE_READ' });
    mkdirSync(join(folder, 'empty'));
    expect(await rejection(trainer.restore(join(folder, 'empty')))).toMatchObject({ code: 'ERR_FILE_READ' });
    expect(before()).toEqual(bits);
    expect(await trainer.restore(own)).toBe(own);
  });

  const python = findPython();

  it.skipIf(python === undefined)('open in Python', async () => {
    const folder = temporaryFolder();
    const { model, x, y } = setUp();
    const optimizer = new optim.Adam(model.parameters());
    const scheduler = new optim.lr_scheduler.StepLR(optimizer, 1);
    using trainer = new Trainer({ model, loss: new nn.CrossEntropyLoss(), optimizer, scheduler });
    await trainer.fit([[x, y]], { epochs: 2, validation: [[x, y]] });
    const file = join(folder, 'run.pt');
    await trainer.save(file);
    const script = `
import sys, json, torch
c = torch.load(sys.argv[1])
model = torch.nn.Sequential(torch.nn.Linear(5, 7), torch.nn.BatchNorm1d(7), torch.nn.Dropout(0.2), torch.nn.Linear(7, 3))
model.load_state_dict(c['model'])
optimizer = torch.optim.Adam(model.parameters())
optimizer.load_state_dict(c['optimizer'])
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 1)
scheduler.load_state_dict(c['scheduler'])
torch.set_rng_state(c['rng']['default'])
print(json.dumps([c['progress']['step'], c['progress']['history'][1]['loss'], torch.rand(2).tolist(), scheduler.last_epoch, optimizer.param_groups[0]['lr']]))
`;
    const { stdout, stderr, status } = spawnSync(python as string, ['-c', script, file], { encoding: 'utf8' });
    // PyTorch may warn, for example about missing NumPy.
    expect(status, stderr).toBe(0);
    const lr = optimizer.param_groups[0]?.lr;
    expect(JSON.parse(stdout)).toEqual([2, trainer.history[1]?.loss, torch.rand([2]).tolist(), 2, lr]);
    expect(readFileSync(file).length).toBeGreaterThan(0);
  });
});
