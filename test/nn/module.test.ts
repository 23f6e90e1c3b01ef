import { inspect } from 'node:util';
/** Modules: fields, names, states, modes, hooks and text, as Python has them. */
import { describe, expect, it } from 'vitest';
import { type Tensor, torch } from '../../lib/index.js';
import { liveTensors } from '../helpers/memory.js';

const { nn } = torch;

class Net extends nn.Module {
  a = new nn.Linear(2, 3);
  blocks = new nn.ModuleList([new nn.Linear(3, 3), new nn.Linear(3, 3)]);
  scale = new nn.Parameter(torch.ones([3]));
  constructor() {
    super();
    this.register_buffer('count', torch.zeros([]));
  }
  override forward(x: Tensor): Tensor {
    let h = this.a(x);
    for (const block of this.blocks) h = block(h);
    return h.mul(this.scale);
  }
}

describe('a Module', () => {
  it('is called like a function, with the types of its forward', () => {
    const model = new Net();
    const y: Tensor = model(torch.zeros([4, 2]));
    expect(y.shape).toEqual([4, 3]);
    expect(model).toBeInstanceOf(nn.Module);
  });

  it("has Python's names in Python's order", () => {
    const model = new Net();
    expect(model.named_parameters().map(([name]) => name)).toEqual([
      'scale',
      'a.weight',
      'a.bias',
      'blocks.0.weight',
      'blocks.0.bias',
      'blocks.1.weight',
      'blocks.1.bias',
    ]);
    expect(Object.keys(model.state_dict()).slice(0, 3)).toEqual(['scale', 'count', 'a.weight']);
    expect(model.modules().length).toBe(5);
    expect(model.buffers().length).toBe(1);
  });

  it('lists a parameter shared by two layers once', () => {
    class Tied extends nn.Module {
      encoder = new nn.Embedding(5, 4);
      decoder = new nn.Linear(4, 5);
      constructor() {
        super();
        this.decoder.weight = this.encoder.weight;
      }
    }
    const model = new Tied();
    expect(model.named_parameters().map(([name]) => name)).toEqual(['encoder.weight', 'decoder.bias']);
    expect(Object.keys(model.state_dict())).toEqual(['encoder.weight', 'decoder.weight', 'decoder.bias']);
  });

  it('prints as Python prints it', () => {
    expect(String(new Net())).toBe(
      [
        'Net(',
        '  (a): Linear(in_features=2, out_features=3, bias=True)',
        '  (blocks): ModuleList(',
        '    (0-1): 2 x Linear(in_features=3, out_features=3, bias=True)',
        '  )',
        ')',
      ].join('\n'),
    );
    expect(String(new nn.Conv2d(1, 4, 3, { padding: 1 }))).toBe(
      'Conv2d(1, 4, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1))',
    );
  });

  it('loads a state dict, or lists everything that does not match and changes nothing', () => {
    const [from, to] = [new Net(), new Net()];
    expect(to.load_state_dict(from.state_dict())).toEqual({ missing_keys: [], unexpected_keys: [] });
    expect(to.a.weight.tolist()).toEqual(from.a.weight.tolist());
    const before = to.a.bias?.tolist();
    const wrong = { ...new Net().state_dict(), 'a.weight': torch.zeros([1, 1]), other: torch.zeros([1]) };
    expect(() => to.load_state_dict(wrong)).toThrow(/Unexpected key\(s\).*"other"[\s\S]*size mismatch for a\.weight/);
    expect(to.a.bias?.tolist()).toEqual(before);
  });

  it('switches between training and evaluation with all its modules', () => {
    const model = new nn.Sequential(new nn.Linear(2, 2), new nn.Dropout(0.5));
    expect(
      model
        .eval()
        .modules()
        .every(({ training }) => !training),
    ).toBe(true);
    expect(model[1].training).toBe(false);
    expect(model.train().at(-1).training).toBe(true);
  });

  it('runs hooks around its call until they are removed', () => {
    const layer = new nn.Identity();
    const before = layer.register_forward_pre_hook((_, [x]) => [(x as Tensor).add(1)]);
    const after = layer.register_forward_hook((_, __, y) => y.mul(2));
    expect(layer(torch.ones([1])).tolist()).toEqual([4]);
    before.remove();
    after.remove();
    expect(layer(torch.ones([1])).tolist()).toEqual([1]);
  });

  it('moves its tensors, which stay the same objects', () => {
    const layer = new nn.BatchNorm1d(2);
    const { weight } = layer;
    layer.double();
    expect(layer.weight).toBe(weight);
    expect([weight?.dtype, layer.running_mean?.dtype, layer.num_batches_tracked?.dtype]).toEqual([
      'float64',
      'float64',
      'int64',
    ]);
  });

  it('keeps parameters, buffers and optimizer states out of scopes', async () => {
    const [model, optimizer] = torch.scope(() => {
      const model = new Net();
      return [model, new torch.optim.Adam(model.parameters())] as const;
    });
    const step = () =>
      torch.scope(() => {
        optimizer.zero_grad();
        model(torch.ones([4, 2]))
          .sum()
          .backward();
        optimizer.step();
      });
    step();
    const before = await liveTensors();
    for (let i = 0; i < 200; i++) step();
    expect(torch.memory().tensors).toBe(before);
  });

  it('takes losses as modules', () => {
    const loss = new nn.MSELoss();
    expect(loss).toBeInstanceOf(nn.Module);
    expect(loss.parameters()).toEqual([]);
    expect(loss.eval()).toBe(loss);
    expect(String(new nn.Sequential(new nn.Linear(1, 1), new nn.Sigmoid()))).toContain('(1): Sigmoid()');
  });

  it('prints losses as Python does', () => {
    expect(String(new nn.CrossEntropyLoss({ weight: torch.ones([3]), reduction: 'sum' }))).toBe('CrossEntropyLoss()');
    expect(inspect(new nn.MSELoss())).toBe('MSELoss()');
    const model = new nn.ModuleDict({ net: new nn.Linear(1, 1), loss: new nn.TripletMarginWithDistanceLoss() });
    expect(String(model)).toBe(
      [
        'ModuleDict(',
        '  (net): Linear(in_features=1, out_features=1, bias=True)',
        '  (loss): TripletMarginWithDistanceLoss(',
        '    (distance_function): PairwiseDistance()',
        '  )',
        ')',
      ].join('\n'),
    );
    expect(model.named_modules().map(([name]) => name)).toEqual(['', 'net', 'loss', 'loss.distance_function']);
  });

  it('takes the weights of losses as buffers', () => {
    const weight = torch.tensor([1, 2]);
    const pos_weight = torch.tensor([3, 4]);
    const loss = new nn.BCEWithLogitsLoss({ pos_weight, weight });
    expect(Object.keys(loss.state_dict())).toEqual(['weight', 'pos_weight']);
    expect(loss.named_buffers().map(([name]) => name)).toEqual(['weight', 'pos_weight']);
    expect(loss.get_buffer('weight')).toBe(weight);
    const [x, y] = [torch.tensor([0.5, -1]), torch.tensor([1, 0])];
    const wanted = loss(x, y).item();
    expect(loss.double()(x.double(), y.double()).item()).toBeCloseTo(wanted, 6);
    expect(loss.state_dict().pos_weight?.dtype).toBe('float64');
    loss.load_state_dict({ weight: torch.tensor([2, 4]), pos_weight: torch.tensor([3, 4]) });
    expect(loss(x.double(), y.double()).item()).toBeCloseTo(2 * wanted, 6);
    loss.load_state_dict({ weight: torch.tensor([1, 2]), pos_weight: torch.tensor([3, 4]) }, { assign: true });
    expect(loss(x, y).item()).toBeCloseTo(wanted, 6);
    expect(() => loss.register_buffer('weight', 3 as never)).toThrow(/tensor: expected a Tensor or null, got 3/);
    const kinds = [nn.BCELoss, nn.CrossEntropyLoss, nn.MultiLabelSoftMarginLoss, nn.MultiMarginLoss, nn.NLLLoss];
    for (const Kind of kinds as (new (
      options?: object,
    ) => torch.nn.Module)[]) {
      expect(Object.keys(new Kind().state_dict())).toEqual([]);
      expect(Object.keys(new Kind({ weight: torch.ones([2]) }).state_dict())).toEqual(['weight']);
    }
  });

  it('keeps the weight of a loss that a scope returns', () => {
    const loss = torch.scope(() => new nn.CrossEntropyLoss({ weight: torch.tensor([1, 2]) }));
    expect(loss(torch.zeros([1, 2]), torch.tensor([1n])).item()).toBeCloseTo(Math.LN2, 6);
  });

  it('trains a distance that is a module', () => {
    class Distance extends nn.Module {
      scale = new nn.Parameter(torch.tensor([2]));
      override forward(a: Tensor, b: Tensor): Tensor {
        return a.sub(b).abs().sum(1).mul(this.scale);
      }
    }
    const loss = new nn.TripletMarginWithDistanceLoss({ distance_function: new Distance() as never });
    expect(loss.named_parameters().map(([name]) => name)).toEqual(['distance_function.scale']);
    const [a, p, n] = [[[0, 0]], [[1, 1]], [[0, 1]]].map((rows) => torch.tensor(rows)) as [Tensor, Tensor, Tensor];
    loss(a, p, n).backward();
    expect(loss.parameters()[0]?.grad?.tolist()).toEqual([1]);
  });

  it('runs the hooks of a loss around its call, but not around forward', () => {
    const loss = new nn.MSELoss();
    const [a, b] = [torch.tensor([1, 2]), torch.tensor([0, 0])];
    const seen: number[] = [];
    const before = loss.register_forward_pre_hook((_, args) => {
      seen.push(args.length);
      return [b, args[1]];
    });
    const after = loss.register_forward_hook((_, args, output: Tensor) => output.add((args[0] as Tensor).numel()));
    expect([loss(a, b).item(), loss.forward(a, b).item(), seen]).toEqual([2, 2.5, [2]]);
    before.remove();
    expect(loss(a, b).item()).toBe(4.5);
    after.remove();
    expect(loss(a, b).item()).toBe(2.5);
    expect(new nn.MSELoss()(a, b).item()).toBe(2.5);
  });

  it('describes what is wrong with an argument', () => {
    expect(() => new (nn.Linear as unknown as new (n: number) => object)(2)).toThrow(
      /out_features: expected an argument of Linear, got undefined/,
    );
    expect(() => new nn.Linear(2, 3, { bais: true } as never)).toThrow(/bais: expected one of the arguments of Linear/);
    expect(() => new nn.Dropout(1.5)).toThrow('p: expected a probability between 0 and 1, got 1.5');
    expect(() => new torch.optim.SGD(new nn.Linear(1, 1).parameters(), { lr: -1 })).toThrow(
      'lr: expected a number of at least 0, got -1',
    );
  });
});
