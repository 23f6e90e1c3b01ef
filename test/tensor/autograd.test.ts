import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../lib/tensor/tensor.js';
import * as torch from '../../lib/torch/index.js';
import { expectRecorded, thrown } from '../helpers/recorded.js';

const { autograd } = torch;
const VALUES = [
  [0.5, -1.25, 2],
  [3, 0.125, -0.75],
];
const leaf = () => torch.tensor(VALUES, { requires_grad: true });
// biome-ignore lint/suspicious/noExplicitAny: the values here are wrong on purpose
const wrong = (value: unknown) => value as any;

describe('backward', () => {
  it('accumulates gradients', () => {
    const x = leaf();
    expect(x.grad).toBeNull();
    x.mul(x).mul(x).sum().backward();
    expectRecorded(x.grad, 'autograd', 'cube');
    x.mul(2).sum().backward();
    expectRecorded(x.grad, 'autograd', 'cube and double');
    x.zero_grad();
    expect(x.grad).toBeNull();
    x.mul(x).mul(x).sum().backward();
    expectRecorded(x.grad, 'autograd', 'cube');
  });

  it('starts from the gradient of what follows', () => {
    const x = leaf();
    const gradient = torch.tensor([
      [1, 0, -1],
      [0.5, 2, 3],
    ]);
    x.exp().mul(x).backward({ gradient });
    expectRecorded(x.grad, 'autograd', 'gradient', 1e-6);
  });

  it('keeps the graph on request', () => {
    const x = leaf();
    const loss = x.sigmoid().sum();
    loss.backward({ retain_graph: true });
    loss.backward();
    expectRecorded(x.grad, 'autograd', 'retained', 1e-6);
    const error = thrown(() => loss.backward());
    expect(error).toMatchObject({ kind: 'TorchError', code: 'ERR_TORCH' });
    expect(error.message).toMatch(/^Trying to backward through the graph a second time/);
  });

  it('records itself on request', () => {
    const x = torch.tensor([0.1, 0.2], { requires_grad: true });
    x.pow(3).sum().backward({ create_graph: true });
    const gradient = x.grad as Tensor;
    expectRecorded(gradient, 'autograd', 'create_graph', 1e-6);
    expect(gradient.grad_fn).not.toBeNull();
    expectRecorded(autograd.grad(gradient.sum(), x)[0] as Tensor, 'autograd', 'through create_graph', 1e-6);
    x.grad = null;
  });

  it('refuses a tensor without a gradient or of another shape', () => {
    const y = leaf().mul(2);
    expect(thrown(() => y.backward()).message).toBe('grad can be implicitly created only for scalar outputs');
    expect(thrown(() => torch.tensor(1).backward()).message).toMatch(/does not require grad/);
    const gradient = torch.tensor([1, 1]);
    expect(thrown(() => y.backward({ gradient }))).toMatchObject({ kind: 'RangeError', parameter: 'gradient' });
    expect(thrown(() => y.backward({ gradient: wrong(1) }))).toMatchObject({
      kind: 'TypeError',
      parameter: 'gradient',
    });
    // LibTorch would broadcast a single element.
    expect(thrown(() => y.backward({ gradient: torch.tensor(1) })).kind).toBe('RangeError');
    expect(thrown(() => y.backward(gradient))).toMatchObject({ kind: 'RangeError', parameter: 'gradient' });
    expect(thrown(() => y.backward(wrong(1)))).toMatchObject({ kind: 'TypeError', parameter: 'gradient' });
    expect(thrown(() => y.backward(null)).kind).toBe('TorchError');
    for (const name of ['retain_graph', 'create_graph']) {
      const error = thrown(() => y.sum().backward(wrong({ [name]: 'no' })));
      expect(error).toMatchObject({ kind: 'TypeError', parameter: name });
    }
    expect(thrown(() => y.backward(wrong({ retain: true }))).code).toBe('ERR_UNKNOWN_OPTION');
  });
});

describe('autograd.grad', () => {
  it('computes derivatives of every order', () => {
    const x = torch.tensor(1.5, { requires_grad: true, dtype: 'float64' });
    const [first] = autograd.grad(x.pow(4), x, { create_graph: true }) as [Tensor];
    const [second] = autograd.grad(first, x, { create_graph: true }) as [Tensor];
    const [third] = autograd.grad(second, x) as [Tensor];
    expectRecorded(first, 'autograd', 'first derivative');
    expectRecorded(second, 'autograd', 'second derivative');
    expectRecorded(third, 'autograd', 'third derivative');
    expect([first.requires_grad, third.requires_grad, x.grad]).toEqual([true, false, null]);
  });

  it('takes several outputs and inputs', () => {
    const [x, y] = [leaf(), torch.tensor([1, 2, 3], { requires_grad: true })];
    const [dx, dy] = autograd.grad([x.mul(y).sum(), x.exp().sum()], [x, y]);
    expectRecorded(dx as Tensor, 'autograd', 'two outputs x', 1e-6);
    expectRecorded(dy as Tensor, 'autograd', 'two outputs y', 1e-6);
    const grad_outputs = torch.tensor([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    const seeded = autograd.grad(x.mul(y), [x, y], { grad_outputs });
    expectRecorded(seeded[0] as Tensor, 'autograd', 'grad_outputs x');
    expectRecorded(seeded[1] as Tensor, 'autograd', 'grad_outputs y');
    const mixed = autograd.grad([x.sum(), x.mul(y)], [x], { grad_outputs: [null, torch.zeros([2, 3])] });
    expect(mixed[0]?.tolist()).toEqual([
      [1, 1, 1],
      [1, 1, 1],
    ]);
    expect([x.grad, y.grad]).toEqual([null, null]);
  });

  it('treats unused inputs as requested', () => {
    const [x, y] = [leaf(), leaf()];
    expect(thrown(() => autograd.grad(x.sum(), [x, y])).message).toMatch(/Set allow_unused=True/);
    const gradients = autograd.grad(x.sum(), [x, y], { allow_unused: true });
    expect([gradients[0]?.shape, gradients[1]]).toEqual([[2, 3], null]);
  });

  it('refuses wrong arguments', () => {
    const x = leaf();
    const total = () => x.sum();
    const cases: [() => unknown, object][] = [
      [() => autograd.grad([], [x]), { kind: 'RangeError', parameter: 'outputs' }],
      [() => autograd.grad(total(), []), { kind: 'RangeError', parameter: 'inputs' }],
      [() => autograd.grad(total(), wrong(undefined)), { kind: 'TypeError', parameter: 'inputs' }],
      [() => autograd.grad(wrong([1]), x), { kind: 'TypeError', parameter: 'outputs' }],
      [() => autograd.grad(wrong([undefined, total()]), x), { kind: 'TypeError', parameter: 'outputs' }],
      [() => autograd.grad(total(), x, wrong(null)), { kind: 'TypeError', parameter: 'options' }],
      [() => autograd.grad(total(), x, wrong({ allow_unused: 1 })), { kind: 'TypeError', parameter: 'allow_unused' }],
      [
        () => autograd.grad(total(), x, { grad_outputs: [null, null] }),
        { kind: 'RangeError', parameter: 'grad_outputs' },
      ],
      [
        () => autograd.grad(total(), x, { grad_outputs: torch.zeros([2]) }),
        { kind: 'RangeError', parameter: 'grad_outputs[0]' },
      ],
      [() => autograd.grad(total(), torch.zeros([2])), { kind: 'TorchError', code: 'ERR_TORCH' }],
      [() => autograd.grad(torch.tensor(1), x), { kind: 'TorchError', code: 'ERR_TORCH' }],
      [() => autograd.grad(x.mul(2), x), { kind: 'TorchError', code: 'ERR_TORCH' }],
    ];
    for (const [run, error] of cases) expect(thrown(run)).toMatchObject(error);
  });
});

describe('grad', () => {
  it('can be set', () => {
    const x = leaf();
    x.grad = torch.ones([2, 3]);
    x.sum().backward();
    expect(x.grad.tolist()).toEqual([
      [2, 2, 2],
      [2, 2, 2],
    ]);
    x.grad = null;
    expect(x.grad).toBeNull();
  });

  it('must match its tensor, as in Python', () => {
    const x = leaf();
    const set = (value: unknown) =>
      thrown(() => {
        x.grad = wrong(value);
      });
    expect(set(torch.zeros([3]))).toMatchObject({ kind: 'RangeError', parameter: 'grad' });
    expect(set(torch.zeros([]))).toMatchObject({ kind: 'RangeError', parameter: 'grad' });
    expect(set(torch.zeros([2, 3], { dtype: 'int64' }))).toMatchObject({ kind: 'TypeError', parameter: 'grad' });
    expect(set(x)).toMatchObject({ kind: 'RangeError', parameter: 'grad' });
    expect(set(undefined)).toMatchObject({ kind: 'TypeError', parameter: 'grad' });
    expect(x.grad).toBeNull();
  });

  it('is null for a tensor that is not a leaf', () => {
    const x = leaf();
    const y = x.mul(2);
    y.sum().backward();
    expect([y.grad, x.grad?.shape]).toEqual([null, [2, 3]]);
  });
});

describe('the graph', () => {
  it('knows leaves and functions', () => {
    const x = leaf();
    const named: [Tensor, string | null][] = [
      [x, null],
      [x.mul(x), 'MulBackward0'],
      [x.add(1), 'AddBackward0'],
      [x.exp(), 'ExpBackward0'],
      [x.sum(), 'SumBackward0'],
      [x.log_softmax({ dim: 1 }), 'LogSoftmaxBackward0'],
      [x.detach(), null],
      [torch.zeros([1]).add(1), null],
    ];
    for (const [tensor, name] of named) {
      expect([tensor.grad_fn, tensor.is_leaf]).toEqual([name, name === null]);
    }
  });

  it('switches requires_grad on leaves only', () => {
    const x = torch.tensor([1]);
    expect(x.requires_grad_()).toBe(x);
    expect(x.requires_grad).toBe(true);
    x.requires_grad = false;
    expect(x.requires_grad).toBe(false);
    const y = leaf().mul(2);
    expect(thrown(() => y.requires_grad_(false)).message).toMatch(/leaf variables/);
    const integers = torch.tensor([1n]);
    const error = thrown(() => integers.requires_grad_());
    expect(error).toMatchObject({ kind: 'TorchError', code: 'ERR_TORCH' });
    expect(error.message).toMatch(/floating point/);
    expect(thrown(() => x.requires_grad_(wrong('yes')))).toMatchObject({
      kind: 'TypeError',
      parameter: 'requires_grad',
    });
  });
});

describe('the grad mode', () => {
  it('nests', () => {
    const x = leaf();
    const states: boolean[] = [torch.is_grad_enabled()];
    torch.no_grad(() => {
      states.push(torch.is_grad_enabled(), x.mul(2).requires_grad);
      torch.enable_grad(() => states.push(torch.is_grad_enabled(), x.mul(2).requires_grad));
      states.push(torch.is_grad_enabled());
    });
    states.push(torch.is_grad_enabled());
    expect(states).toEqual([true, false, false, true, true, false, true]);
    expect(torch.no_grad(() => 'result')).toBe('result');
  });

  it('is restored when the function throws', () => {
    const mine = new Error('mine');
    const fail = () => {
      throw mine;
    };
    expect(() => torch.no_grad(() => torch.enable_grad(fail))).toThrow(mine);
    expect(torch.is_grad_enabled()).toBe(true);
  });

  it('refuses promises', async () => {
    const functions = [
      async () => 1,
      () => Promise.reject(new Error('unseen')),
      // oxlint-disable-next-line no-thenable -- a thenable of the caller's is what is refused
      () => Object.fromEntries([['then', () => undefined]]),
    ];
    for (const run of functions) {
      expect(thrown(() => torch.no_grad(run as () => unknown))).toMatchObject({ kind: 'TypeError', parameter: 'fn' });
      expect(torch.is_grad_enabled()).toBe(true);
    }
    // An unhandled rejection would be reported after this.
    await new Promise((resolve) => setImmediate(resolve));
    expect(thrown(() => torch.no_grad(wrong(3)))).toMatchObject({ kind: 'TypeError', parameter: 'fn' });
  });
});
