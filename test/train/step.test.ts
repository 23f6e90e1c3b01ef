/** A training step as one native call: the bits of the separate calls. */
import { describe, expect, it } from 'vitest';
import { type Tensor, torch } from '../../lib/index.js';
import { libtorch } from '../../lib/addon/native.js';
import { trainStep } from '../../lib/jit/train_step.js';

const { jit, nn, optim } = torch;
const isOld = libtorch().minor.startsWith('1.');

class Net extends nn.Module {
  first = new nn.Linear(5, 8);
  norm = new nn.BatchNorm1d(8);
  drop = new nn.Dropout(0.2);
  last = new nn.Linear(8, 3);

  override forward(x: Tensor): Tensor {
    return this.last(this.drop(this.norm(this.first(x)).relu()));
  }
}

type Optimizer = torch.optim.Optimizer;
type Make = (params: Tensor[]) => Optimizer;

/** Two nets with the same initial values. */
function twins(): [Net, Net] {
  torch.manual_seed(21);
  const net = new Net();
  const other = new Net();
  other.load_state_dict(net.state_dict());
  return [net, other];
}

function batches(count: number): [Tensor, Tensor][] {
  const generator = new torch.Generator().manual_seed(5);
  return Array.from({ length: count }, (_, at) => [
    torch.randn([6 + (at % 2), 5], { generator }),
    torch.randint(0, 3, [6 + (at % 2)], { generator }),
  ]);
}

/** The state after a run: parameters, buffers and the optimizer's state. */
function leftBy(net: InstanceType<typeof nn.Module>, optimizer: Optimizer): unknown {
  return [Object.entries(net.state_dict()).map(([name, tensor]) => [name, tensor.tolist()]), stateOf(optimizer)];
}

function stateOf(optimizer: Optimizer): unknown {
  return [...optimizer.state_dict().state].map(([key, own]) => [
    key,
    Object.entries(own).map(([name, value]) => [name, value instanceof torch.Tensor ? value.tolist() : value]),
  ]);
}

const OPTIMIZERS: Readonly<Record<string, Make>> = {
  SGD: (params) => new optim.SGD(params, { lr: 0.1 }),
  'SGD with momentum': (params) =>
    new optim.SGD(params, { lr: 0.1, momentum: 0.9, nesterov: true, weight_decay: 0.01 }),
  Adam: (params) => new optim.Adam(params, { lr: 0.01, amsgrad: true }),
  AdamW: (params) => new optim.AdamW(params, { lr: 0.01 }),
  Adamax: (params) => new optim.Adamax(params),
  NAdam: (params) => new optim.NAdam(params),
  RAdam: (params) => new optim.RAdam(params),
  Adadelta: (params) => new optim.Adadelta(params),
  Adagrad: (params) => new optim.Adagrad(params, { lr: 0.1 }),
  RMSprop: (params) => new optim.RMSprop(params, { momentum: 0.5, centered: true }),
  Rprop: (params) => new optim.Rprop(params),
  ASGD: (params) => new optim.ASGD(params),
  ...(isOld
    ? {}
    : {
        Adafactor: (params: Tensor[]) => new optim.Adafactor(params),
        'Adam, fused': (params: Tensor[]) => new optim.Adam(params, { fused: true }),
        'SGD, fused': (params: Tensor[]) => new optim.SGD(params, { lr: 0.1, momentum: 0.9, fused: true }),
      }),
};

describe('a training step of a traced module', () => {
  it.each(Object.entries(OPTIMIZERS))('has the bits of the separate calls: %s', async (_, make) => {
    const [net, other] = twins();
    const optimizer = make(net.parameters());
    const data = batches(5);
    const loss = new nn.CrossEntropyLoss({ label_smoothing: 0.1 });
    torch.manual_seed(9);
    const expected = data.map(([x, y]) => {
      optimizer.zero_grad();
      const value = loss(net(x), y as never) as Tensor;
      value.backward();
      const norm = nn.utils.clip_grad_norm_(net.parameters(), 0.5);
      optimizer.step();
      return { loss: value.item(), grad_norm: norm.item(), updated: true };
    });
    const ours = make(other.parameters());
    const model = jit.trace(other, data[0]?.[0] as Tensor);
    const step = trainStep({ model, loss, optimizer: ours, clip_grad_norm: 0.5 });
    expect(step.native).toBe(true);
    torch.manual_seed(9);
    const [[x0, y0], ...rest] = data as [[Tensor, Tensor], ...[Tensor, Tensor][]];
    const results = [step(x0, y0), ...(await Promise.all(rest.map(([x, y]) => step.async(x, y))))];
    expect(results).toEqual(expected);
    expect(leftBy(other, ours)).toEqual(leftBy(net, optimizer));
  });

  it('queues steps from the first on, with the learning rate of each call', async () => {
    const [net, other] = twins();
    const data = batches(4);
    const optimizer = new optim.SGD(net.parameters(), { lr: 0.1, momentum: 0.9 });
    const schedule = new optim.lr_scheduler.ExponentialLR(optimizer, 0.5);
    torch.manual_seed(3);
    for (const [x, y] of data) {
      optimizer.zero_grad();
      (nn.functional.cross_entropy(net(x), y as never) as Tensor).backward();
      optimizer.step();
      schedule.step();
    }
    const ours = new optim.SGD(other.parameters(), { lr: 0.1, momentum: 0.9 });
    const own = new optim.lr_scheduler.ExponentialLR(ours, 0.5);
    const step = trainStep({
      model: jit.trace(other, data[0]?.[0] as Tensor),
      loss: nn.functional.cross_entropy,
      optimizer: ours,
    });
    torch.manual_seed(3);
    const steps = data.map(([x, y]) => {
      const done = step.async(x, y);
      own.step();
      return done;
    });
    await Promise.all(steps);
    expect(leftBy(other, ours)).toEqual(leftBy(net, optimizer));
  });

  it('accumulates gradients', async () => {
    const [net, other] = twins();
    const data = batches(5);
    const optimizer = new optim.AdamW(net.parameters());
    const norms: number[] = [];
    const losses: number[] = [];
    torch.manual_seed(4);
    for (const [at, [x, y]] of data.entries()) {
      const loss = nn.functional.cross_entropy(net(x), y as never) as Tensor;
      losses.push(loss.item());
      loss.div(2).backward();
      if (at % 2 === 0 && at !== 4) continue;
      norms.push(nn.utils.clip_grad_norm_(net.parameters(), Infinity).item());
      optimizer.step();
      optimizer.zero_grad();
    }
    const ours = new optim.AdamW(other.parameters());
    const model = jit.trace(other, data[0]?.[0] as Tensor);
    const step = trainStep({ model, loss: new nn.CrossEntropyLoss(), optimizer: ours, accumulate: 2, grad_norm: true });
    torch.manual_seed(4);
    const results = [];
    for (const [at, [x, y]] of data.entries()) {
      results.push(await step.async(x, y, at === 4 ? { update: true } : {}));
      expect(step.pending).toBe(at % 2 === 0 && at !== 4 ? 1 : 0);
    }
    expect(results.map(({ loss }) => loss)).toEqual(losses);
    expect(results.map(({ updated }) => updated)).toEqual([false, true, false, true, true]);
    expect(results.flatMap(({ grad_norm }) => grad_norm ?? [])).toEqual(norms);
    expect(leftBy(other, ours)).toEqual(leftBy(net, optimizer));
  });

  it('leaves parameters without a gradient unchanged, and keeps no state for them', async () => {
    class Half extends nn.Module {
      used = new nn.Linear(2, 1);
      unused = new nn.Linear(2, 1);
      override forward(x: Tensor): Tensor {
        return this.used(x);
      }
    }
    const net = new Half();
    const before = net.unused.weight.tolist();
    const optimizer = new optim.Adam(net.parameters());
    const step = trainStep({ model: jit.trace(net, torch.ones([2, 2])), loss: new nn.MSELoss(), optimizer });
    await Promise.all([1, 2].map(() => step.async(torch.ones([2, 2]), torch.zeros([2, 1]))));
    expect(net.unused.weight.tolist()).toEqual(before);
    const kept = [...optimizer.state.keys()];
    expect(kept.length).toBe(2);
    expect(kept[0]).toBe(net.used.weight);
    expect(kept[1]).toBe(net.used.bias);
  });

  it('changes nothing if it fails', async () => {
    const [net] = twins();
    const [[x, y]] = batches(1) as [[Tensor, Tensor]];
    const optimizer = new optim.RMSprop(net.parameters(), { momentum: 0.9 });
    const model = jit.trace(net, x);
    const step = trainStep({
      model,
      loss: new nn.CrossEntropyLoss(),
      optimizer,
      clip_grad_norm: 1,
      error_if_nonfinite: true,
    });
    step(x, y);
    const weightsAndState = () => [net.parameters().map((parameter) => parameter.tolist()), stateOf(optimizer)];
    const before = weightsAndState();
    expect(() => step(torch.ones([2, 4]), y)).toThrow(expect.objectContaining({ code: 'ERR_TORCH' }));
    await expect(step.async(x, torch.full([6], 7, { dtype: 'int64' }))).rejects.toThrow(/Target 7 is out of bounds/);
    expect(weightsAndState()).toEqual(before);
    await expect(step.async(x.mul(Infinity), y)).rejects.toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' });
    expect(weightsAndState()).toEqual(before);
    const other = trainStep({ model, loss: new nn.CrossEntropyLoss({ reduction: 'none' }), optimizer });
    expect(() => other(x, y)).toThrow(/loss: expected one number, as reduction 'mean' or 'sum' gives, got shape \[6\]/);
    const controller = new AbortController();
    controller.abort(new Error('enough'));
    await expect(step.async(x, y, { signal: controller.signal })).rejects.toThrow('enough');
  });

  it('also trains what runs in JavaScript, with the same bits', async () => {
    class Clipped extends optim.SGD {
      override step(...args: []): undefined {
        return super.step(...args);
      }
    }
    const data = batches(3);
    const left = await Promise.all(
      [0, 1, 2, 3, 4].map(async (kind) => {
        torch.manual_seed(31);
        const net = new nn.Sequential(new nn.Linear(5, 4), new nn.Tanh(), new nn.Linear(4, 3));
        const optimizer = new (kind === 3 ? Clipped : optim.SGD)(net.parameters(), { lr: 0.1, momentum: 0.9 });
        const own = (output: Tensor, target: Tensor) => nn.functional.cross_entropy(output, target as never) as Tensor;
        const loss = kind === 1 || kind === 4 ? own : new nn.CrossEntropyLoss();
        const model = kind === 4 ? jit.trace(net, data[0]?.[0] as Tensor) : net;
        const step = trainStep({ model, loss, optimizer });
        expect(step.native).toBe(false);
        if (kind === 0) for (const [x, y] of data) step(x, y);
        else await Promise.all(data.map(([x, y]) => step.async(x, y)));
        return leftBy(net, optimizer);
      }),
    );
    for (const other of left.slice(1)) expect(other).toEqual(left[0]);
  });

  it('supports the CTC loss, with its three targets', () => {
    const net = new nn.LogSoftmax(2);
    class Net2 extends nn.Module {
      lin = new nn.Linear(3, 4);
      override forward(x: Tensor): Tensor {
        return net(this.lin(x));
      }
    }
    const model = jit.trace(new Net2(), torch.randn([6, 2, 3]));
    const step = trainStep({
      model,
      loss: new nn.CTCLoss(),
      optimizer: new optim.SGD(model.parameters(), { lr: 0.1 }),
    });
    expect(step.native).toBe(true);
    const x = torch.randn([6, 2, 3]);
    const targets = torch.tensor(
      [
        [1, 2],
        [3, 1],
      ],
      { dtype: 'int64' },
    );
    const expected = (new nn.CTCLoss()(model(x), targets as never, [6, 6] as never, [2, 2] as never) as Tensor).item();
    expect(step(x, [targets, [6, 6], [2, 2]]).loss).toBe(expected);
  });

  it('refuses what it does not support', () => {
    const model = jit.trace(new nn.Linear(2, 1), torch.ones([1, 2]));
    const loss = new nn.MSELoss();
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
    expect(() => trainStep({ model, loss, optimizer: new optim.LBFGS(model.parameters()) })).toThrow(
      /optimizer: expected one whose step needs no closure/,
    );
    expect(() => trainStep({ model, loss, optimizer, accumulate: 0 })).toThrow(/accumulate/);
    expect(() => trainStep({ model: 5 as never, loss, optimizer })).toThrow(/model: expected a Module/);
    expect(() => trainStep({ model, loss, optimizer: {} as never })).toThrow(/optimizer: expected an optimizer/);
    const step = trainStep({ model, loss, optimizer });
    expect(() => step(torch.ones([1, 2]), [])).toThrow(/target: expected 1 tensors \(target\), got 0/);
    expect(() => step(torch.ones([1, 2]), [[1]])).toThrow(/target: expected a Tensor/);
    expect(() => step('x', torch.ones([1, 1]))).toThrow(/input: expected a Tensor/);
  });
});
