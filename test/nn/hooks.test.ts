/** Hooks of tensors and modules in backward passes, and functions with their own backward pass. */
import { describe, expect, it } from 'vitest';
import { type Tensor, torch } from '../../lib/index.js';
import { libtorch } from '../../lib/addon/native.js';
import { compareVersions } from '../../lib/base/compare_versions.js';
import { thrownBy } from '../helpers/errors.js';

const { nn } = torch;
const leaf = (...values: number[]) => torch.tensor(values, { requires_grad: true });

describe('Tensor.register_hook', () => {
  it('sees each gradient in order, may replace it, and can be removed', () => {
    const x = leaf(1, 2);
    const y = x.mul(2);
    const seen: unknown[] = [];
    const first = y.register_hook((grad) => grad.mul(10));
    const second = y.register_hook((grad) => void seen.push(grad.tolist()));
    x.register_hook((grad) => void seen.push(grad.tolist()));
    y.sum().backward(null, true);
    expect([seen, x.grad.tolist()]).toEqual([
      [
        [10, 10],
        [20, 20],
      ],
      [20, 20],
    ]);
    first.remove();
    first.remove();
    second.remove();
    y.sum().backward();
    expect([seen.length, x.grad.tolist()]).toEqual([3, [22, 22]]);
  });

  it('runs in torch.autograd.grad and in gradients of gradients', () => {
    const x = leaf(3);
    const y = x.pow(2);
    y.register_hook((grad) => grad.mul(2));
    const [first] = torch.autograd.grad(y.sum(), x, { create_graph: true });
    expect(first?.tolist()).toEqual([12]);
    expect(torch.autograd.grad((first as Tensor).sum(), x)[0]?.tolist()).toEqual([4]);
  });

  it('ends the pass with what it throws, or with a typed error if it returns an unsuitable gradient', () => {
    const x = leaf(1, 2);
    const cases: [(grad: Tensor) => unknown, object][] = [
      [() => torch.ones([3]), { code: 'ERR_INVALID_ARG_VALUE', parameter: 'grad' }],
      [() => torch.ones([2], { dtype: 'float64' }), { code: 'ERR_INVALID_ARG_VALUE', parameter: 'grad' }],
      [() => 1, { code: 'ERR_INVALID_ARG_TYPE', parameter: 'grad' }],
    ];
    for (const [hook, error] of cases) {
      const y = x.mul(2);
      y.register_hook(hook as (grad: Tensor) => Tensor);
      expect(thrownBy(() => y.sum().backward())).toMatchObject(error);
    }
    const mine = new Error('mine');
    const y = x.mul(2);
    y.register_hook(() => {
      throw mine;
    });
    expect(thrownBy(() => y.sum().backward())).toBe(mine);
    x.mul(2).sum().backward();
    expect(x.grad.tolist()).toEqual([2, 2]);
  });

  it('needs a function and a tensor that requires grad', () => {
    expect(thrownBy(() => leaf(1).register_hook(1 as never))).toMatchObject({ parameter: 'hook' });
    expect(thrownBy(() => torch.tensor([1]).register_hook(() => undefined))).toMatchObject({ parameter: 'tensor' });
  });

  it('is refused on a lane', async () => {
    const x = leaf(1);
    const y = x.mul(2);
    y.register_hook((grad) => grad);
    await expect(y.sum().backwardAsync()).rejects.toMatchObject({ code: 'ERR_NOT_IMPLEMENTED' });
  });
});

describe('Tensor.register_post_accumulate_grad_hook', () => {
  if (compareVersions(libtorch().version, '2.1.0') < 0) {
    it('says which LibTorch versions support it', () => {
      expect(thrownBy(() => leaf(1).register_post_accumulate_grad_hook(() => undefined))).toMatchObject({
        code: 'ERR_NOT_IMPLEMENTED',
      });
    });
    return;
  }

  it('runs with the leaf once its gradient is accumulated, and may step right there', () => {
    const x = leaf(1, 2);
    const seen: boolean[] = [];
    x.register_post_accumulate_grad_hook((tensor) => {
      seen.push(tensor === x);
      torch.no_grad(() => tensor.sub_(tensor.grad));
      tensor.grad = null;
    });
    const other = x.register_post_accumulate_grad_hook(() => void seen.push(true));
    x.mul(3).sum().backward();
    other.remove();
    x.mul(3).sum().backward();
    expect([x.tolist(), x.grad, seen]).toEqual([[-5, -4], null, [true, true, true]]);
    expect(thrownBy(() => x.mul(1).register_post_accumulate_grad_hook(() => undefined))).toMatchObject({
      parameter: 'tensor',
    });
  });
});

describe('hooks of modules in backward passes', () => {
  const layer = () => {
    const made = new nn.Linear(2, 1);
    nn.init.ones_(made.weight);
    return made;
  };

  it('see the gradients of arguments and results, and may replace them', () => {
    const module = layer();
    const seen: unknown[] = [];
    module.register_full_backward_pre_hook((self, grad_output) => {
      seen.push(
        self === module,
        grad_output.map((grad: Tensor) => grad.tolist()),
      );
      return grad_output.map((grad: Tensor) => grad.mul(3));
    });
    module.register_full_backward_hook((_, grad_input, grad_output) => {
      seen.push([...grad_input, ...grad_output].map((grad: Tensor) => grad.tolist()));
      return grad_input.map((grad: Tensor) => grad.mul(2));
    });
    const x = torch.ones([1, 2], { requires_grad: true });
    const y = module(x);
    expect(y.grad_fn).toBe('BackwardHookFunctionBackward');
    y.sum().backward();
    expect(seen).toEqual([true, [[[1]]], [[[3, 3]], [[3]]]]);
    expect([x.grad.tolist(), module.weight.grad.tolist()]).toEqual([[[6, 6]], [[3, 3]]]);
  });

  it('have null for arguments without a gradient', () => {
    const module = layer();
    const seen: unknown[] = [];
    const hook = module.register_full_backward_hook((_, grad_input) => void seen.push(grad_input));
    module(torch.ones([1, 2]))
      .sum()
      .backward();
    hook.remove();
    module(torch.ones([1, 2]))
      .sum()
      .backward();
    expect(seen).toEqual([[null]]);
    module.register_full_backward_hook(() => [torch.ones([1, 2])]);
    expect(
      thrownBy(() =>
        module(torch.ones([1, 2]))
          .sum()
          .backward(),
      ),
    ).toMatchObject({ parameter: 'grad_input[0]' });
  });
});

describe('torch.autograd.Function', () => {
  class Cube extends torch.autograd.Function {
    static override forward(ctx: torch.autograd.FunctionContext, x: Tensor, factor: number): Tensor {
      ctx.save_for_backward(x);
      ctx.factor = factor;
      return x.pow(3).mul(factor);
    }
    static override backward(ctx: torch.autograd.FunctionContext, grad: Tensor): (Tensor | null)[] {
      const [x] = ctx.saved_tensors as [Tensor];
      return [grad.mul(x.pow(2)).mul(3 * ctx.factor), null];
    }
  }

  it('has its own backward pass, which may be differentiated again', () => {
    const x = leaf(1, 2);
    const y = Cube.apply(x, 2);
    expect([y.tolist(), y.grad_fn]).toEqual([[2, 16], 'CubeBackward']);
    const [grad] = torch.autograd.grad(y.sum(), x, { create_graph: true }) as [Tensor];
    expect(grad.tolist()).toEqual([6, 24]);
    expect(torch.autograd.grad(grad.sum(), x)[0]?.tolist()).toEqual([12, 24]);
    expect(torch.no_grad(() => Cube.apply(x, 2)).requires_grad).toBe(false);
  });

  it('gets zeros for unused results, and must return one gradient per argument', () => {
    class Both extends torch.autograd.Function {
      static override forward(_: torch.autograd.FunctionContext, x: Tensor): Tensor[] {
        return [x.mul(1), x.mul(2)];
      }
      static override backward(_: torch.autograd.FunctionContext, a: Tensor, b: Tensor): Tensor {
        return a.add(b.mul(2));
      }
    }
    const x = leaf(1, 2);
    (Both.apply(x)[1] as Tensor).sum().backward();
    expect(x.grad.tolist()).toEqual([2, 2]);
    class Wrong extends Both {
      static override backward(): Tensor {
        return [] as never;
      }
    }
    expect(thrownBy(() => (Wrong.apply(x)[0] as Tensor).sum().backward())).toMatchObject({
      message: /backward of Wrong: expected 1 gradients, one for each argument, got 0/,
    });
  });
});

describe('backward', () => {
  it('takes Python’s positional arguments, several tensors and inputs', () => {
    const [x, y] = [leaf(1, 2), leaf(3, 4)];
    const product = x.mul(y);
    product.backward(torch.tensor([1, 10]), true);
    expect([x.grad.tolist(), y.grad.tolist()]).toEqual([
      [3, 40],
      [1, 20],
    ]);
    product.sum().backward({ inputs: [x] });
    expect([x.grad.tolist(), y.grad.tolist()]).toEqual([
      [6, 44],
      [1, 20],
    ]);
    torch.autograd.backward([x.sum(), y.mul(2)], [null, torch.ones([2])]);
    expect([x.grad.tolist(), y.grad.tolist()]).toEqual([
      [7, 45],
      [3, 22],
    ]);
    expect(thrownBy(() => torch.autograd.backward([x.sum()], []))).toMatchObject({ parameter: 'grad_tensors' });
  });
});
