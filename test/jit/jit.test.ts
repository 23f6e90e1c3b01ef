/** Traced modules: the same bits as the original modules, for any size, also on lanes. */
import { describe, expect, it } from 'vitest';
import { type Tensor, torch } from '../../lib/index.js';
import { warningsOf } from '../helpers/warnings.js';

const { jit, nn } = torch;

class Net extends nn.Module {
  first = new nn.Linear(6, 12);
  norm = new nn.BatchNorm1d(12);
  drop = new nn.Dropout(0.3);
  last = new nn.Linear(12, 3);

  override forward(x: Tensor): Tensor {
    return this.last(this.drop(this.norm(this.first(x)).relu()));
  }
}

/** The output, the gradients of all parameters, and the buffers after a run from a seed. */
function runOf(model: (x: Tensor) => Tensor, owner: InstanceType<typeof nn.Module>, x: Tensor): unknown[] {
  torch.manual_seed(11);
  owner.zero_grad();
  const output = model(x);
  output.square().sum().backward();
  return [
    output.tolist(),
    ...owner.parameters().map((parameter) => parameter.grad?.tolist()),
    ...owner.buffers().map((buffer) => buffer.tolist()),
  ];
}

function copyOf(net: Net): Net {
  const copy = new Net();
  copy.load_state_dict(net.state_dict());
  return copy.train(net.training);
}

describe('tracing', () => {
  it.each([true, false])("has the module's bits, gradients and buffers included, training: %s", (training) => {
    torch.manual_seed(1);
    const net = new Net().train(training);
    const traced = jit.trace(copyOf(net), torch.randn([4, 6]));
    for (const batch of [4, 1 + Number(training), 9]) {
      const x = torch.randn([batch, 6]);
      expect(runOf(traced, traced, x)).toEqual(runOf(net, net, x));
    }
  });

  it('leaves buffers and the random generator unchanged', () => {
    torch.manual_seed(2);
    const net = new Net();
    const [state, before] = [torch.get_rng_state().tolist(), net.norm.running_mean?.tolist()];
    jit.trace(net, torch.randn([4, 6], { generator: new torch.Generator() }));
    expect(torch.get_rng_state().tolist()).toEqual(state);
    expect(net.norm.running_mean?.tolist()).toEqual(before);
    expect(net.norm.num_batches_tracked?.item()).toBe(0);
  });

  it('shares the parameters, with their names', () => {
    const net = new Net();
    const traced = jit.trace(net, torch.randn([2, 6]));
    const own = net.named_parameters();
    expect(
      traced.named_parameters().every(([name, tensor], at) => name === own[at]?.[0] && tensor === own[at][1]),
    ).toBe(true);
    expect(traced.named_buffers().map(([name]) => name)).toEqual(net.named_buffers().map(([name]) => name));
    expect(Object.keys(traced.state_dict())).toEqual(Object.keys(net.state_dict()));
    expect(traced.get_parameter('first.weight')).toBe(net.first.weight);
    expect(traced.original_name).toBe('Net');
    expect(String(traced)).toBe(
      [
        'ScriptModule(',
        '  original_name=Net',
        '  (first): ScriptModule(original_name=Linear)',
        '  (norm): ScriptModule(original_name=BatchNorm1d)',
        '  (drop): ScriptModule(original_name=Dropout)',
        '  (last): ScriptModule(original_name=Linear)',
        ')',
      ].join('\n'),
    );
    expect(traced.code).toContain('torch.dropout(');
    expect(traced.graph).toContain('aten::batch_norm');
    traced.dispose();
    expect(net(torch.randn([2, 6])).shape).toEqual([2, 3]);
  });

  it('keeps the mode that the module was traced in, and says so', async () => {
    const net = new Net();
    const traced = jit.trace(net, torch.randn([4, 6]));
    const texts = await warningsOf(() => traced.eval());
    expect(texts).toEqual([expect.stringMatching(/^UserWarning: Net was traced in training mode/)]);
    expect(traced.training).toBe(false);
    torch.manual_seed(3);
    const x = torch.ones([64, 6]);
    expect(traced(x).equal(traced(x))).toBe(false);
  });

  it('follows sizes read in JavaScript', () => {
    class Sized extends nn.Module {
      inner = new nn.Linear(6, 4);
      override forward(x: Tensor): Tensor {
        const [batch, length] = x.shape as [number, number];
        const rows = this.inner(x.reshape([batch * length, 6]));
        const half = rows.reshape([batch, length, 2, 2]).sum(3);
        return half
          .add(torch.zeros([batch, 1, 2]))
          .narrow(1, length - 1, 1)
          .mul(2 * length + 1);
      }
    }
    const net = new Sized();
    const traced = jit.trace(net, torch.randn([2, 3, 6]));
    for (const shape of [
      [2, 3, 6],
      [5, 3, 6],
      [2, 7, 6],
      [4, 9, 6],
    ] as const) {
      const x = torch.randn(shape);
      expect(traced(x).tolist()).toEqual(net(x).tolist());
    }
  });

  it.each<[string, () => InstanceType<typeof nn.Module>, number[], number[]]>([
    ['LSTM', () => new nn.LSTM(4, 6, { num_layers: 2, bidirectional: true }), [5, 3, 4], [7, 2, 4]],
    ['GRU', () => new nn.GRU(4, 6, { batch_first: true }), [3, 5, 4], [2, 8, 4]],
    ['TransformerEncoderLayer', () => new nn.TransformerEncoderLayer(8, 2, { dropout: 0 }), [5, 3, 8], [6, 2, 8]],
    [
      'Conv2d',
      () => new nn.Sequential(new nn.Conv2d(1, 2, 3), new nn.ReLU(), new nn.MaxPool2d(2)),
      [2, 1, 8, 8],
      [3, 1, 12, 10],
    ],
    ['GroupNorm', () => new nn.GroupNorm(2, 4), [2, 4, 3], [5, 4, 6]],
    ['Upsample', () => new nn.Upsample({ scale_factor: 2 }), [2, 3, 4], [1, 3, 7]],
  ])('serves other sizes: %s', (_, make, first, other) => {
    torch.manual_seed(4);
    const net = make();
    const traced = jit.trace(net, torch.randn(first));
    for (const shape of [first, other]) {
      const x = torch.randn(shape);
      const [own, mine] = [net(x), traced(x)];
      const flat = (value: unknown): Tensor[] => (Array.isArray(value) ? value.flatMap(flat) : [value as Tensor]);
      expect(flat(mine).map((tensor) => tensor.tolist())).toEqual(flat(own).map((tensor) => tensor.tolist()));
    }
  });

  it('returns tuples, and dicts on request', () => {
    const many = jit.trace((x: Tensor) => [x.add(1), [x.neg(), x.sum()]], torch.ones([2]));
    const [plus, [negative, sum]] = many(torch.tensor([1, 2, 3]));
    expect([plus.tolist(), negative.tolist(), sum.item()]).toEqual([[2, 3, 4], [-1, -2, -3], 6]);
    const dict = (x: Tensor) => ({ twice: x.mul(2) });
    expect(() => jit.trace(dict, torch.ones([2]))).toThrow(/output: expected .*strict: false.*, got a dict/);
    expect(
      jit
        .trace(dict, torch.ones([2]), { strict: false })(torch.ones([3]))
        .twice.tolist(),
    ).toEqual([2, 2, 2]);
  });

  it('takes several inputs, tuples of them and already traced modules', () => {
    const inner = jit.trace(new nn.Linear(2, 2), torch.ones([1, 2]));
    class Outer extends nn.Module {
      inner = inner;
      override forward(x: Tensor, [y, z]: [Tensor, Tensor]): Tensor {
        return this.inner(x).add(y).mul(z);
      }
    }
    const outer = new Outer();
    const pair = [torch.ones([2]), torch.tensor(3)];
    const traced = jit.trace(outer, [torch.ones([1, 2]), pair]);
    const x = torch.randn([4, 2]);
    expect(traced(x, pair).tolist()).toEqual(outer(x, pair as [Tensor, Tensor]).tolist());
    expect(traced.named_parameters().map(([name]) => name)).toEqual(['inner.weight', 'inner.bias']);
  });

  it('warns about what tracing cannot see', async () => {
    const branch = (x: Tensor) => (x.sum().item() > 0 ? x.add(1) : x.sub(1));
    const texts = await warningsOf(() => jit.trace(branch, torch.ones([2])));
    expect(texts).toEqual([expect.stringMatching(/^TracerWarning: Converting a tensor to a JavaScript number might/)]);
    const lists = (x: Tensor) => x.mul(torch.tensor(x.tolist() as number[]));
    expect(await warningsOf(() => jit.trace(lists, torch.ones([2])))).toContainEqual(
      expect.stringMatching(/^TracerWarning: Converting a tensor to JavaScript values might/),
    );
    const loop = (x: Tensor) =>
      Array.from({ length: x.size(0) }, (_, at) => x.select(0, at)).reduce((a, b) => a.add(b));
    expect(await warningsOf(() => jit.trace(loop, torch.ones([3, 2])))).toEqual([
      expect.stringMatching(/^TracerWarning: the size of dimension 0 of input, 3, decides which operators are called/),
    ]);
    const mean = (x: Tensor) => x.sum(0).div(Math.sqrt(x.size(0)));
    expect(await warningsOf(() => jit.trace(mean, torch.ones([3, 2])))).toEqual([
      expect.stringMatching(/^TracerWarning: the size of dimension 0 of input, 3, is a constant in the trace/),
    ]);
    let calls = 0;
    const counts = (x: Tensor) => x.add(calls++);
    expect(await warningsOf(() => jit.trace(counts, torch.ones([2]), { dynamic_sizes: false }))).toEqual([
      expect.stringMatching(/^TracerWarning: Output nr 1\. of the traced function does not match/),
    ]);
  });

  it('refuses what cannot be traced', () => {
    const x = torch.ones([2]);
    const weight = torch.ones([2], { requires_grad: true });
    expect(() => jit.trace(() => 5 as never, x)).toThrow(
      /output: expected a Tensor, or arrays and objects of Tensors, got 5/,
    );
    expect(() => jit.trace(async (y: Tensor) => y, x)).toThrow(/func: expected a synchronous forward/);
    expect(() => jit.trace(new nn.Linear(2, 2), [])).toThrow(/example_inputs: expected at least one input/);
    expect(() => jit.trace(new nn.Linear(2, 2), 5 as never)).toThrow(/example_inputs: expected a Tensor/);
    expect(() => jit.trace((y: Tensor) => y.mul(weight), x)).toThrow(
      /func: expected a forward that uses parameters of its own modules/,
    );
    expect(() => jit.trace((y: Tensor) => jit.trace(new nn.Linear(2, 2), y)(y), x)).toThrow(/being traced already/);
    const mine = new Error('mine');
    expect(() =>
      jit.trace(() => {
        throw mine;
      }, x),
    ).toThrow(mine);
    const caught = (y: Tensor) => {
      expect(() => y.add(torch.ones([3]))).toThrow(/must match/);
      return y.add(1);
    };
    expect(() => jit.trace(caught, x)).toThrow(/an operator failed in the forward pass, which caught its error/);
    expect(
      jit
        .trace(
          (y: Tensor) => y.add(1),
          x,
        )(x)
        .tolist(),
    ).toEqual([2, 2]);
  });
});

describe('a ScriptModule', () => {
  it('runs on a lane, in order, and can be cancelled before it starts', async () => {
    const net = new Net().eval();
    const traced = jit.trace(net, torch.randn([4, 6]));
    using lane = new torch.Lane();
    const inputs = [torch.randn([4, 6]), torch.randn([1, 6])];
    const results = await Promise.all(inputs.map((x) => traced.async(x, { lane })));
    for (const [index, result] of results.entries())
      expect(result.tolist()).toEqual(net(inputs[index] as Tensor).tolist());
    const controller = new AbortController();
    const queued = Promise.all([
      traced.async(torch.randn([4096, 6]), { lane }),
      traced.async(inputs[0], { lane, signal: controller.signal }),
    ]);
    controller.abort(new Error('enough'));
    await expect(queued).rejects.toThrow('enough');
  });

  it('keeps the graph of a call on a lane', async () => {
    const traced = jit.trace(new nn.Linear(2, 1), torch.ones([1, 2]));
    const output = await traced.async(torch.ones([3, 2]));
    output.sum().backward();
    expect(traced.get_parameter('weight').grad?.tolist()).toEqual([[3, 3]]);
  });

  it('says in one line what is wrong with a call', async () => {
    const traced = jit.trace(new nn.Linear(2, 1), torch.ones([1, 2]));
    const wrong = {
      name: 'TorchError',
      code: 'ERR_TORCH',
      message: /^forward: mat1 and mat2 shapes cannot be multiplied/,
    };
    const bad = torch.ones([1, 3]);
    expect(() => traced(bad)).toThrow(expect.objectContaining({ name: wrong.name, code: wrong.code }));
    expect(() => traced(bad)).toThrow(wrong.message);
    await expect(traced.async(bad)).rejects.toThrow(wrong.message);
    expect(() => traced([[1, 2]] as never)).toThrow(/input: expected a Tensor, got an array/);
    expect(() => traced()).toThrow(/input: expected a Tensor/);
    expect(() => traced(bad, bad)).toThrow(/forward: expected 1 arguments, got 2/);
    await expect(traced.async({})).rejects.toThrow(/input: expected a Tensor/);
  });

  it('can be moved and frozen, and takes states and assignments', () => {
    const traced = jit.trace(new nn.Linear(2, 1), torch.ones([1, 2]));
    traced.double();
    expect(traced(torch.ones([1, 2], { dtype: 'float64' })).dtype).toBe('float64');
    traced.float().requires_grad_(false);
    expect(traced(torch.ones([1, 2])).requires_grad).toBe(false);
    const state = { weight: torch.tensor([[2, 3]]), bias: torch.tensor([1]) };
    traced.load_state_dict(state);
    expect(traced(torch.ones([1, 2])).item()).toBe(6);
    traced.load_state_dict({ ...state, bias: torch.tensor([5]) }, { assign: true });
    expect(traced(torch.ones([1, 2])).item()).toBe(10);
    const fields = traced as unknown as Record<string, unknown>;
    fields.weight = new nn.Parameter(torch.tensor([[1, 1]]));
    expect(traced(torch.ones([1, 2])).item()).toBe(7);
    expect(() => {
      fields.weight = torch.ones([1, 2]);
    }).toThrow(/weight: expected a Parameter/);
  });

  it('is made only by trace and load, and refuses calls once it is disposed of', () => {
    expect(() => new (jit.ScriptModule as never as new () => unknown)()).toThrow(/torch.jit.trace or torch.jit.load/);
    const loaded = jit.load(jit.save(jit.trace(new nn.Linear(2, 1), torch.ones([1, 2]))));
    const [weight] = loaded.parameters();
    loaded.dispose();
    loaded.dispose();
    expect(weight?.disposed).toBe(true);
    expect(() => loaded(torch.ones([1, 2]))).toThrow(expect.objectContaining({ code: 'ERR_DISPOSED' }));
  });
});
