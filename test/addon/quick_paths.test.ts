import { describe, expect, it } from 'vitest';
import { libtorch } from '../../lib/addon/native.js';
import { torch } from '../../lib/index.js';
import type { Tensor } from '../../lib/torch/index.js';
import { liveTensors } from '../helpers/memory.js';

const { aten } = torch.ops;

/** The exact bits of a float32 tensor. */
function bits(tensor: Tensor): number[] {
  return [...new Uint32Array((tensor.detach().toTypedArray() as Float32Array).buffer)];
}

const special = [0, -0, 1, -1, Infinity, -Infinity, NaN, 1e-42, -3.4e38, 3.4e38, 0.1, 1 / 3];
const grid = () => {
  const values = torch.tensor(special);
  return [values.view(-1, 1).repeat(1, special.length), values.repeat(special.length, 1)] as const;
};

describe('arithmetic of small tensors', () => {
  const names = ['add', 'sub', 'mul', 'div'] as const;
  it.each(names)("has the operator's bits: %s", (name) => {
    const [a, b] = grid();
    const sizes = [[7], [4, 10], [3, 1, 5], [1024], [1025], [0, 3], []];
    const pairs = [[a, b], ...sizes.map((size) => [torch.randn(size), torch.randn(size)])] as [Tensor, Tensor][];
    for (const [x, y] of pairs) {
      // All NaNs are equal, whatever their bits.
      const [result, expected] = [x[name](y), aten[name](x, y)].map((tensor) => tensor.nan_to_num(12345));
      expect(bits(result)).toEqual(bits(expected));
      expect(x[name](y).shape).toEqual(x.shape);
      expect(x[name](y).stride()).toEqual(aten[name](x, y).stride());
    }
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
