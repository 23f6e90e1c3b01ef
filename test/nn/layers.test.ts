/** Lazy layers, norms of weights, parametrizations, copies and averages of models; their bits are compared by parity. */
import { describe, expect, it } from 'vitest';
import { type Tensor, torch } from '../../lib/index.js';
import { thrownBy } from '../helpers/errors.js';

const { nn, optim } = torch;
const { utils } = nn;
const keys = (module: torch.nn.Module) => Object.keys(module.state_dict());

describe('lazy layers', () => {
  it('infer their size from the first input and are ordinary layers afterwards', () => {
    const model = new nn.Sequential(
      new nn.LazyConv2d(4, 3),
      new nn.LazyBatchNorm2d(),
      new nn.Flatten(),
      new nn.LazyLinear(2),
    );
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
    const [conv] = model.children() as [torch.nn.LazyConv2d];
    const { weight } = conv;
    expect(String(weight)).toBe('<UninitializedParameter>');
    expect(String(conv)).toBe('LazyConv2d(0, 4, kernel_size=(3, 3), stride=(1, 1))');
    model(torch.ones([2, 3, 5, 5]))
      .sum()
      .backward();
    optimizer.step();
    expect(conv.weight).toBe(weight);
    expect(conv).toBeInstanceOf(nn.Conv2d);
    expect(conv).not.toBeInstanceOf(nn.LazyConv2d);
    expect(model.parameters().map(({ shape }) => shape)).toEqual([[4, 3, 3, 3], [4], [4], [4], [2, 36], [2]]);
    expect(String(model.at(3))).toBe('Linear(in_features=36, out_features=2, bias=True)');
  });

  it('infer their size from a state dict', () => {
    const state = new nn.Linear(3, 2).state_dict();
    const lazy = new nn.LazyLinear(2);
    lazy.load_state_dict(state);
    expect(lazy(torch.ones([1, 3])).shape).toEqual([1, 2]);
    expect(torch.equal(lazy.weight, state.weight as Tensor)).toBe(true);
    const norm = new nn.LazyBatchNorm1d();
    norm.load_state_dict(new nn.BatchNorm1d(4).state_dict());
    expect(norm(torch.ones([2, 4])).shape).toEqual([2, 4]);
  });

  it('refuse an input from which no size follows', () => {
    expect(thrownBy(() => new nn.LazyConv2d(4, 3)(torch.ones([3])))).toMatchObject({ parameter: 'input' });
    expect(thrownBy(() => new nn.LazyConv2d(4, 3, { groups: 2 })(torch.ones([1, 3, 4, 4])))).toMatchObject({
      parameter: 'input',
    });
    expect(thrownBy(() => new nn.LazyBatchNorm1d()(torch.ones([3])))).toMatchObject({ parameter: 'input' });
  });
});

describe('norms of weights', () => {
  it('separate length and direction, and can be removed', () => {
    const layer = utils.weight_norm(new nn.Linear(2, 1));
    expect(keys(layer)).toEqual(['bias', 'weight_g', 'weight_v']);
    const before = layer.weight.tolist();
    torch.no_grad(() => layer.get_parameter('weight_g').mul_(2));
    layer(torch.ones([1, 2]));
    expect(torch.allclose(layer.weight, torch.tensor(before as number[][]).mul(2))).toBe(true);
    expect(thrownBy(() => utils.weight_norm(layer))).toMatchObject({ parameter: 'name' });
    utils.remove_weight_norm(layer);
    expect(keys(layer)).toEqual(['bias', 'weight']);
    expect(thrownBy(() => utils.remove_weight_norm(layer))).toMatchObject({ parameter: 'module' });
    expect(thrownBy(() => utils.weight_norm(new nn.Linear(2, 1), 'nothing'))).toMatchObject({ parameter: 'name' });
    expect(thrownBy(() => utils.weight_norm(new nn.LazyLinear(2)))).toMatchObject({ parameter: 'module' });
  });

  it('make the largest singular value 1', () => {
    const layer = utils.parametrizations.spectral_norm(new nn.Linear(4, 3));
    for (let step = 0; step < 20; step++) layer(torch.ones([1, 4]));
    expect(Math.abs(torch.linalg.matrix_norm(layer.eval().weight.detach(), 2).item() - 1)).toBeLessThan(1e-3);
    expect(String(layer)).toBe(
      'ParametrizedLinear(\n  in_features=4, out_features=3, bias=True\n  (parametrizations): ModuleDict(\n    (weight): ParametrizationList(\n      (0): _SpectralNorm()\n    )\n  )\n)',
    );
  });

  it('keep columns or rows orthonormal during training, and can be set to an orthonormal weight', () => {
    const error = (layer: { weight: Tensor }) => {
      const { weight } = layer;
      const product = weight.size(0) < weight.size(1) ? weight.matmul(weight.t()) : weight.t().matmul(weight);
      return torch.dist(product, torch.eye(Math.min(...(weight.shape as number[])))).item();
    };
    const cases = [
      [6, 4, {}],
      [4, 6, {}],
      [5, 5, { orthogonal_map: 'cayley' }],
      [4, 3, { use_trivialization: false }],
    ] as const;
    for (const [columns, rows, options] of cases) {
      const layer = utils.parametrizations.orthogonal(new nn.Linear(columns, rows), options);
      const optimizer = new optim.SGD(layer.parameters(), { lr: 0.1 });
      layer(torch.randn([8, columns]))
        .pow(2)
        .sum()
        .backward();
      optimizer.step();
      expect(error(layer)).toBeLessThan(1e-4);
      const given = nn.init.orthogonal_(torch.empty([rows, columns]));
      layer.weight = given as never;
      expect(torch.dist(layer.weight, given).item()).toBeLessThan(1e-4);
      expect(torch.allclose(layer.clone().weight, layer.weight)).toBe(true);
    }
    const { orthogonal } = utils.parametrizations;
    const fixed = orthogonal(new nn.Linear(2, 2), { use_trivialization: false });
    expect(thrownBy(() => (fixed.weight = torch.eye(2) as never))).toMatchObject({ code: 'ERR_NOT_IMPLEMENTED' });
    const refused = [
      ['name', () => orthogonal(new nn.Linear(2, 2), 'bias')],
      ['name', () => orthogonal(new nn.Linear(2, 2), 'none')],
      ['orthogonal_map', () => orthogonal(new nn.Linear(2, 2), { orthogonal_map: 'none' as never })],
      ['use_trivialization', () => orthogonal(fixed)],
      ['module', () => orthogonal(3 as never)],
    ] as const;
    for (const [parameter, call] of refused) expect(thrownBy(call)).toMatchObject({ parameter });
  });

  it('are refused without iterations', () => {
    expect(thrownBy(() => utils.spectral_norm(new nn.Linear(2, 1), { n_power_iterations: 0 }))).toMatchObject({
      parameter: 'n_power_iterations',
    });
  });
});

describe('parametrizations', () => {
  class Doubled extends nn.Module {
    override forward(x: Tensor): Tensor {
      return x.mul(2);
    }
    right_inverse(x: Tensor): Tensor {
      return x.div(2);
    }
  }

  it('compute a parameter, which may be set, and leave its value when removed', () => {
    const layer = new nn.Linear(2, 1);
    const { weight } = layer;
    const values = weight.tolist();
    utils.parametrize.register_parametrization(layer, 'weight', new Doubled());
    expect([
      utils.parametrize.is_parametrized(layer, 'weight'),
      utils.parametrize.is_parametrized(layer, 'bias'),
    ]).toEqual([true, false]);
    expect(keys(layer)).toEqual(['bias', 'parametrizations.weight.original']);
    expect(layer.weight.tolist()).toEqual(values);
    layer.weight = torch.ones([1, 2]) as never;
    expect(weight.tolist()).toEqual([[0.5, 0.5]]);
    layer(torch.ones([1, 2])).backward();
    expect(weight.grad.tolist()).toEqual([[2, 2]]);
    utils.parametrize.remove_parametrizations(layer, 'weight');
    expect([layer.weight === weight, layer.weight.tolist(), String(layer)]).toEqual([
      true,
      [[1, 1]],
      'Linear(in_features=2, out_features=1, bias=True)',
    ]);
  });

  it('cannot be set without an inverse', () => {
    class Squared extends nn.Module {
      override forward(x: Tensor): Tensor {
        return x.pow(2);
      }
    }
    const layer = utils.parametrize.register_parametrization(new nn.Linear(2, 1), 'weight', new Squared());
    expect(thrownBy(() => (layer.weight = torch.ones([1, 2]) as never))).toMatchObject({ code: 'ERR_NOT_IMPLEMENTED' });
  });

  it('are refused if they change the shape', () => {
    class Flat extends nn.Module {
      override forward(x: Tensor): Tensor {
        return x.flatten();
      }
    }
    const layer = new nn.Linear(2, 2);
    expect(thrownBy(() => utils.parametrize.register_parametrization(layer, 'weight', new Flat()))).toMatchObject({
      parameter: 'parametrization',
      got: '[4] float32',
    });
    expect(keys(layer)).toEqual(['weight', 'bias']);
    expect(thrownBy(() => utils.parametrize.register_parametrization(layer, 'none', new Flat()))).toMatchObject({
      parameter: 'tensor_name',
    });
  });
});

describe('copies', () => {
  it('share nothing with the original, and keep shared parts shared', () => {
    class Net extends nn.Module {
      first = new nn.Linear(2, 2);
      norm = new nn.BatchNorm1d(2);
      pool = new nn.MaxPool1d(2);
      same: torch.nn.Linear;
      sizes = [1, 2];
      constructor() {
        super();
        this.same = this.first;
      }
      override forward(x: Tensor): Tensor {
        return this.pool(this.norm(this.same(x)));
      }
    }
    const net = new Net().eval();
    net.first.weight.requires_grad = false;
    const seen: unknown[] = [];
    net.register_forward_hook((self) => void seen.push(self));
    const copy = net.clone();
    expect([copy.same === copy.first, copy.first === net.first, copy.sizes === net.sizes, copy.training]).toEqual([
      true,
      false,
      false,
      false,
    ]);
    expect(copy.first.weight.requires_grad).toBe(false);
    expect(keys(copy)).toEqual(keys(net));
    const x = torch.ones([2, 2]);
    expect(copy(x).tolist()).toEqual(net(x).tolist());
    expect(seen).toEqual([copy, net]);
    torch.no_grad(() => copy.first.weight.zero_());
    expect(net.first.weight.count_nonzero().item()).toBe(4);
    const lstm = new nn.LSTM(2, 3);
    expect(
      lstm
        .clone()(torch.ones([1, 1, 2]))[0]
        .tolist(),
    ).toEqual(lstm(torch.ones([1, 1, 2]))[0].tolist());
  });
});

describe('swa_utils', () => {
  it('averages exponentially and equally', () => {
    const model = new nn.Linear(1, 1, { bias: false });
    const { AveragedModel, get_ema_multi_avg_fn } = optim.swa_utils;
    const ema = new AveragedModel(model, { multi_avg_fn: get_ema_multi_avg_fn(0.5) });
    const mean = new AveragedModel(model);
    for (const value of [1, 2, 6]) {
      torch.no_grad(() => model.weight.fill_(value));
      for (const averaged of [ema, mean]) averaged.update_parameters(model);
    }
    expect([ema.module.weight.item(), mean.module.weight.item(), mean.n_averaged.item()]).toEqual([3.75, 3, 3]);
    expect(mean(torch.ones([1, 1])).item()).toBe(3);
    expect(thrownBy(() => get_ema_multi_avg_fn(2))).toMatchObject({ parameter: 'decay' });
  });

  it('recomputes running statistics', () => {
    const model = new nn.Sequential(new nn.BatchNorm1d(1)).eval();
    optim.swa_utils.update_bn([torch.tensor([[0], [2]]), [torch.tensor([[4], [6]])]], model);
    const [norm] = model.children() as [torch.nn.BatchNorm1d];
    expect([norm.running_mean?.item(), norm.momentum, model.training]).toEqual([3, 0.1, false]);
  });
});

describe('other names', () => {
  it('fuses batch norms into the layers before them', () => {
    const [conv, norm] = [new nn.Conv2d(1, 2, 2), new nn.BatchNorm2d(2)];
    const x = torch.randn([3, 1, 4, 4]);
    norm(conv(x));
    const fused = utils.fuse_conv_bn_eval(conv.eval(), norm.eval());
    expect(torch.allclose(fused(x), norm(conv(x)), { atol: 1e-5 })).toBe(true);
    expect(thrownBy(() => utils.fuse_conv_bn_eval(conv.train(), norm))).toMatchObject({ parameter: 'bn' });
  });

  it('runs hooks around steps', () => {
    const layer = new nn.Linear(1, 1);
    const optimizer = new optim.SGD(layer.parameters(), { lr: 0.1 });
    const seen: string[] = [];
    const before = optimizer.register_step_pre_hook(() => void seen.push('before'));
    optimizer.register_step_post_hook((own) => void seen.push(own === optimizer ? 'after' : 'other'));
    optimizer.step();
    before.remove();
    optimizer.step();
    expect(seen).toEqual(['before', 'after', 'after']);
  });

  it('stores versions next to the tensors of a state dict, and saves them', () => {
    const model = new nn.Sequential(new nn.Linear(2, 2), new nn.BatchNorm1d(2));
    const state = model.state_dict();
    const versions = [...(state._metadata as unknown as Map<string, { version: number }>)];
    expect(versions).toEqual([
      ['', { version: 1 }],
      ['0', { version: 1 }],
      ['1', { version: 2 }],
    ]);
    expect(Object.keys(state)).not.toContain('_metadata');
    expect(Object.keys(model.state_dict({ prefix: 'net.' }))[0]).toBe('net.0.weight');
    const loaded = torch.load(torch.save(state));
    model.load_state_dict(loaded);
    delete loaded['1.num_batches_tracked'];
    expect(thrownBy(() => model.load_state_dict(loaded))).toMatchObject({ parameter: 'state_dict' });
    // A state dict from before version 2 has no counter.
    expect(model.load_state_dict({ ...loaded }).missing_keys).toEqual([]);
  });

  it('calls a module through DataParallel', () => {
    const model = new nn.DataParallel(new nn.Linear(2, 1));
    expect([keys(model), model(torch.ones([3, 2])).shape]).toEqual([
      ['module.weight', 'module.bias'],
      [3, 1],
    ]);
  });

  it('chains datasets, and has no worker processes', () => {
    const { ChainDataset, DataLoader, get_worker_info } = torch.utils.data;
    const loader = new DataLoader({ dataset: new ChainDataset([[1, 2], [3]]), batch_size: 2 });
    expect([...loader].map((batch) => (batch as unknown as Tensor).tolist())).toEqual([[1, 2], [3]]);
    expect(get_worker_info()).toBeNull();
  });

  it('sets the initial learning rates of a custom scheduler on first access', () => {
    class Warmup extends optim.lr_scheduler.LRScheduler {
      steps: number;
      constructor(optimizer: torch.optim.Optimizer, steps: number) {
        super(optimizer);
        this.steps = steps;
      }
      override get_lr(): number[] {
        return this.base_lrs.map((rate) => rate * Math.min(1, (this.last_epoch + 1) / this.steps));
      }
    }
    const optimizer = new optim.SGD(new nn.Linear(1, 1).parameters(), { lr: 1 });
    const scheduler = new Warmup(optimizer, 4);
    expect(optimizer.param_groups[0]?.lr).toBe(0.25);
    optimizer.step();
    scheduler.step();
    expect([scheduler.get_last_lr(), scheduler.last_epoch]).toEqual([[0.5], 1]);
    expect(thrownBy(() => new Warmup(1 as never, 1))).toMatchObject({ parameter: 'optimizer' });
  });

  it('makes tensors from tensors, numbers and arrays', () => {
    expect(torch.tensor([torch.tensor(1), torch.tensor(2)]).tolist()).toEqual([1, 2]);
    expect(torch.tensor([torch.tensor(2n ** 60n)]).item({ bigint: true })).toBe(2n ** 60n);
    expect(torch.tensor([torch.tensor(1n), torch.tensor(2)]).dtype).toBe('float32');
    const x = torch.tensor([1, 2]);
    const copy = torch.tensor(x, { dtype: 'int64' });
    expect([copy.tolist(), copy.dtype, torch.as_tensor(x) === x]).toEqual([[1, 2], 'int64', true]);
    const data = new Float32Array([1, 2]);
    const shared = torch.as_tensor(data);
    data[0] = 5;
    expect([shared.tolist(), torch.asarray(data, { copy: true }).tolist()]).toEqual([
      [5, 2],
      [5, 2],
    ]);
    expect(thrownBy(() => torch.asarray([1], { copy: false }))).toMatchObject({ parameter: 'copy' });
    expect(thrownBy(() => torch.asarray(x, { copy: false, dtype: 'int64' }))).toMatchObject({ parameter: 'copy' });
    expect(torch.asarray(x, { requires_grad: true }).requires_grad).toBe(true);
    expect(torch.zeros(2, 3, { dtype: 'int64' }).dtype).toBe('int64');
  });

  it('knows the limits of dtypes', () => {
    expect(torch.finfo(torch.float32)).toEqual({
      dtype: 'float32',
      bits: 32,
      eps: 2 ** -23,
      max: 3.4028234663852886e38,
      min: -3.4028234663852886e38,
      smallest_normal: 2 ** -126,
      tiny: 2 ** -126,
      resolution: 1e-6,
    });
    expect(torch.finfo('float64').max).toBe(Number.MAX_VALUE);
    expect(torch.iinfo('int8')).toEqual({ dtype: 'int8', bits: 8, max: 127, min: -128 });
    expect(thrownBy(() => torch.finfo('int8' as 'float32'))).toMatchObject({ parameter: 'type' });
    expect(thrownBy(() => torch.iinfo('bool' as 'int8'))).toMatchObject({ parameter: 'type' });
  });

  it('switches graph recording', () => {
    const x = torch.ones([1], { requires_grad: true });
    expect(torch.set_grad_enabled(false, () => x.mul(2).requires_grad)).toBe(false);
    torch.set_grad_enabled(false);
    const off = x.mul(2).requires_grad;
    torch.set_grad_enabled(true);
    expect([off, x.mul(2).requires_grad, torch.inference_mode(() => x.mul(2).requires_grad)]).toEqual([
      false,
      true,
      false,
    ]);
  });
});
