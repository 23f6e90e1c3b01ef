import { describe, expect, it } from 'vitest';
import { libtorch } from '../../lib/addon/native.js';
import { torch } from '../../lib/index.js';
import type { Tensor } from '../../lib/torch/index.js';
import { liveTensors } from '../helpers/memory.js';

const { aten } = torch.ops;

/** The exact bytes of a tensor's elements. All NaNs are equal, whatever their bits. */
function bits(tensor: Tensor): number[] {
  const { buffer, byteOffset, byteLength } = tensor.detach().nan_to_num(12345).contiguous().toTypedArray();
  return [...new Uint8Array(buffer, byteOffset, byteLength)];
}

/** That two results are equal in all that a caller can see. An overload by its name is always LibTorch's operator. */
function expectSame(result: Tensor, expected: Tensor): void {
  expect(result.dtype).toBe(expected.dtype);
  expect(result.shape).toEqual(expected.shape);
  expect(result.stride()).toEqual(expected.stride());
  expect(result.storage_offset()).toBe(expected.storage_offset());
  expect(bits(result)).toEqual(bits(expected));
}

const special = [0, -0, 1, -1, Infinity, -Infinity, NaN, 1e-42, -3.4e38, 3.4e38, 0.1, 1 / 3];
const grid = () => {
  const values = torch.tensor(special);
  return [values.view(-1, 1).repeat(1, special.length), values.repeat(special.length, 1)] as const;
};
const sizes = [[7], [4, 10], [3, 1, 5], [1024], [1025], [0, 3], []];

describe('arithmetic of small tensors', () => {
  it.each(['add', 'sub', 'mul', 'div', 'eq', 'ne', 'lt', 'le', 'gt', 'ge'] as const)(
    "has the operator's bits: %s",
    (name) => {
      const pairs = [grid(), ...sizes.map((size) => [torch.randn(size), torch.randn(size)])] as [Tensor, Tensor][];
      for (const [x, y] of pairs) {
        for (const result of [x[name](y), aten[name](x, y)]) expectSame(result, aten[name].Tensor(x, y));
      }
    },
  );

  it.each(['abs', 'neg', 'relu', 'square'] as const)("has the operator's bits: %s", (name) => {
    for (const x of [...grid(), ...sizes.map((size) => torch.randn(size)), torch.randn([4, 10]).t()]) {
      expectSame(x[name](), aten[name].default(x));
    }
    const integers = torch.tensor([-2, 0, 3], { dtype: 'int32' });
    expectSame(integers[name](), aten[name].default(integers));
  });

  it('has the bits of operators whose kernels are called at once: sum, softmax, log_softmax', () => {
    for (const x of [...grid(), ...sizes.map((size) => torch.randn(size)), torch.randn([4, 10]).to('float64')]) {
      expectSame(x.sum(), aten.sum.default(x));
      expectSame(x.softmax(-1), aten.softmax.int(x, -1));
      expectSame(x.log_softmax(0), aten.log_softmax.int(x, 0));
    }
    const integers = torch.tensor([[1, 2, 3]], { dtype: 'int32' });
    expectSame(integers.sum(), aten.sum.default(integers));
    expect(() => integers.softmax(1)).toThrow(/not implemented for 'int32'/);
    expect(() => torch.randn([2, 2]).softmax(2)).toThrow(/Dimension out of range/);
    const w = torch.randn([4, 10], { requires_grad: true });
    expect([w.sum(), w.softmax(1), w.log_softmax(1)].map((result) => result.grad_fn)).toEqual([
      'SumBackward0',
      'SoftmaxBackward0',
      'LogSoftmaxBackward0',
    ]);
  });

  it('calls the operator for all other tensors', () => {
    const x = torch.randn([4, 10]);
    const y = torch.randn([4, 10]);
    expect(x.add(torch.randn([10])).shape).toEqual([4, 10]);
    expect(x.t().add(y.t()).tolist()).toEqual(x.add(y).t().tolist());
    expect(x.to('float64').add(y).dtype).toBe('float64');
    expect(
      torch
        .tensor([1n])
        .div(torch.tensor([2n]))
        .tolist(),
    ).toEqual([0.5]);
    expect(() => x.add(torch.randn([3, 10]))).toThrow(/size/);
    const w = torch.randn([4, 10], { requires_grad: true });
    const sum = w.mul(y);
    expect(sum.grad_fn).toBe('MulBackward0');
    sum.sum().backward();
    expect(w.grad?.tolist()).toEqual(y.tolist());
    // A tensor that became part of a graph meanwhile stays part of it.
    const late = torch.randn([4, 10]);
    late.add(y);
    late.requires_grad_();
    expect(late.add(y).grad_fn).toBe('AddBackward0');
    expect(late.exp().grad_fn).toBe('ExpBackward0');
  });

  it('leaves views and in-place changes to autograd', () => {
    const x = torch.randn([4, 10]);
    const view = x.t();
    x.requires_grad_();
    const product = x.mul(x);
    expect(product.t().grad_fn).toBe('TBackward0');
    // As in PyTorch, a view of a tensor that requires grad also does.
    expect(view.requires_grad).toBe(true);
    const square = product.sum();
    torch.no_grad(() => x.add_(1));
    expect(() => square.backward()).toThrow(/modified by an inplace operation/);
  });
});

describe('views of plain tensors', () => {
  type Case = [string, (x: Tensor) => Tensor, (x: Tensor) => Tensor];
  const cases: Case[] = [
    ['t', (x) => x.t(), (x) => aten.t.default(x)],
    ['transpose', (x) => x.transpose(0, -1), (x) => aten.transpose.int(x, 0, -1)],
    ['transpose of one dimension', (x) => x.transpose(1, 1), (x) => aten.transpose.int(x, 1, 1)],
    ['select', (x) => x.select(1, -2), (x) => aten.select.int(x, 1, -2)],
    ['select of the first dimension', (x) => x.select(0, 0), (x) => aten.select.int(x, 0, 0)],
    ['unsqueeze', (x) => x.unsqueeze(1), (x) => aten.unsqueeze.default(x, 1)],
    ['unsqueeze at the end', (x) => x.unsqueeze(-1), (x) => aten.unsqueeze.default(x, -1)],
    ['flatten', (x) => x.flatten(), (x) => aten.flatten.using_ints(x)],
    ['view', (x) => x.view([2, -1]), (x) => aten.view.default(x, [2, -1])],
    ['view of the same shape', (x) => x.view(x.shape), (x) => aten.view.default(x, x.shape)],
    ['view with no elements', (x) => x.view([0, -1]), (x) => aten.view.default(x, [0, -1])],
    ['reshape', (x) => x.reshape([-1]), (x) => aten.reshape.default(x, [-1])],
    ['reshape with two sizes left out', (x) => x.reshape([3, -1, -1]), (x) => aten.reshape.default(x, [3, -1, -1])],
  ];
  const make = [
    ...sizes.map((size) => () => torch.randn(size)),
    () => torch.arange(24, { dtype: 'int64' }).view(2, 3, 4).clone(),
    () => torch.randn([6, 4]).t().clone({ memory_format: 'preserve_format' }),
    () => torch.randn([2, 3, 4, 5]).contiguous({ memory_format: 'channels_last' }).clone(),
  ];

  /** What a call gives: a tensor, or nothing where it fails. */
  const outcome = (call: () => Tensor): Tensor | undefined => {
    try {
      return call();
    } catch {
      return undefined;
    }
  };

  it.each(cases)("equals the operator's: %s", (_name, call, operator) => {
    for (const source of make) {
      const x = source();
      const result = outcome(() => call(x));
      const expected = outcome(() => operator(x));
      expect(result === undefined).toBe(expected === undefined);
      if (result === undefined || expected === undefined) continue;
      expectSame(result, expected);
      if (x.numel() === 0) continue;
      // Both share the tensor's memory, or neither does.
      x.add_(1);
      expectSame(result, expected);
    }
  });

  const viewing = cases.filter(([name]) => !/left out|no elements/.test(name));
  it.each(viewing)('is a view to autograd: %s', (_name, call) => {
    const x = torch.ones([2, 3]);
    const view = call(x);
    // It gets its base's place in a graph, and its history with it.
    x.mul_(torch.full([2, 3], 2, { requires_grad: true }));
    expect(view.requires_grad).toBe(true);
    expect(view.eq(2).all().item()).toBe(true);

    // Its version is its base's.
    const other = torch.ones([2, 3]);
    const factor = torch.full([...call(other).shape], 2, { requires_grad: true });
    const product = factor.mul(call(other)).sum();
    other.add_(1);
    expect(() => product.backward()).toThrow(/modified by an inplace operation/);

    // A view made without gradients may not be changed in place where they are recorded.
    const leaf = torch.ones([2, 3]);
    const unrecorded = torch.no_grad(() => call(leaf));
    leaf.requires_grad_();
    expect(() => unrecorded.add_(1)).toThrow(/no_grad|leaf/);
  });
});

describe("Adam's step", () => {
  const decays = [
    ['Adam', {}],
    ['Adam', { weight_decay: 0.1, betas: [0.5, 0.9] as const }],
    ['Adam', { betas: [0.3, 0.999] as const, eps: 1e-3 }],
    ['AdamW', { weight_decay: 0.2, lr: 0.01 }],
  ] as const;
  // LibTorch 1.13 composes the step from other operators; these are the ones.
  it.runIf(libtorch().minor !== '1.13').each(decays)(
    'has the bits of the operators that it replaces: %s %o',
    (name, options) => {
      const { lr = 0.001, betas = [0.9, 0.999], eps = 1e-8, weight_decay = 0 } = options as Record<string, never>;
      const [beta1, beta2] = betas as [number, number];
      // Fewer elements than a vector, more than a block, and a tensor not in C order.
      const tensors = [torch.randn([5]), torch.randn([3, 1003]), torch.randn([40_007]), torch.randn([6, 4]).t()];
      const params = tensors.map((tensor) => tensor.clone().requires_grad_());
      const optimizer = new torch.optim[name](params, options);
      const twins = tensors.map((tensor) => ({
        p: tensor.clone(),
        m: torch.zeros_like(tensor),
        v: torch.zeros_like(tensor),
      }));
      for (let step = 1; step <= 4; step++) {
        for (const [at, { p, m, v }] of twins.entries()) {
          const param = params[at] as Tensor;
          const given = torch.randn([...(tensors[at] as Tensor).shape]);
          param.grad = given;
          let grad = given;
          if (weight_decay !== 0 && name === 'AdamW') aten.mul_(p, 1 - lr * weight_decay);
          else if (weight_decay !== 0) grad = aten.add(grad, p, { alpha: weight_decay });
          m.lerp_(grad, 1 - beta1);
          aten.addcmul_(aten.mul_(v, beta2), grad, grad, { value: 1 - beta2 });
          const root = (1 - beta2 ** step) ** 0.5;
          const denominator = aten.add_(aten.div_(aten.sqrt(v), root), eps);
          aten.addcdiv_(p, m, denominator, { value: -(lr / (1 - beta1 ** step)) });
        }
        optimizer.step();
      }
      for (const [at, { p, m, v }] of twins.entries()) {
        const param = params[at] as Tensor;
        const state = optimizer.state.get(param) as { exp_avg: Tensor; exp_avg_sq: Tensor; step: Tensor };
        expect(bits(param.contiguous())).toEqual(bits(p.contiguous()));
        expect(bits(state.exp_avg.contiguous())).toEqual(bits(m.contiguous()));
        expect(bits(state.exp_avg_sq.contiguous())).toEqual(bits(v.contiguous()));
        expect(state.step.item()).toBe(4);
      }
    },
  );

  it('is detected by a graph that needs the changed value', () => {
    const param = torch.randn([8], { requires_grad: true });
    const optimizer = new torch.optim.Adam([param]);
    const loss = param.mul(param).sum();
    param.grad = torch.ones([8]);
    optimizer.step();
    expect(() => loss.backward()).toThrow(/modified by an inplace operation/);
  });
});

/** Calls `make` and keeps each hundredth result. A separate function, so that its variables end with it. */
function everyHundredth(count: number, make: () => Tensor): Tensor[] {
  const kept: Tensor[] = [];
  for (let i = 0; i < count; i++) {
    const made = make();
    if (i % 100 === 0) kept.push(made);
  }
  return kept;
}

describe('unreferenced tensors', () => {
  it('are freed, young or old, while referenced ones stay', async () => {
    const before = await liveTensors();
    const x = torch.ones([4]);
    let kept: Tensor[] | undefined = everyHundredth(5000, () => x.add(x));
    // Often enough for the kept ones to become old.
    for (let round = 0; round < 4; round++) expect((await liveTensors()) - before).toBe(51);
    expect(kept.every((tensor) => String(tensor.tolist()) === '2,2,2,2')).toBe(true);
    for (const tensor of kept.slice(25)) tensor.dispose();
    expect((await liveTensors()) - before).toBe(26);
    kept = undefined;
    expect((await liveTensors()) - before).toBe(1);
    x.dispose();
    expect(await liveTensors()).toBe(before);
  });
});
