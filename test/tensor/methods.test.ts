import { describe, expect, it } from 'vitest';
import { torch } from '../../lib/index.js';
import { thrownBy as thrown } from '../helpers/errors.js';

const F = torch.nn.functional;
const x = () =>
  torch.tensor([
    [1, 5, 3],
    [4, 2, 6],
  ]);

describe('methods', () => {
  it('take arguments by position, then options', () => {
    expect(x().sum(0).tolist()).toEqual([5, 7, 9]);
    expect(x().sum(1, { keepdim: true }).tolist()).toEqual([[9], [12]]);
    expect(
      x()
        .sum({ dim: [0, 1] })
        .item(),
    ).toBe(21);
    expect(x().view(3, 2).shape).toEqual([3, 2]);
    expect(x().view([3, -1]).shape).toEqual([3, 2]);
    expect(x().permute(1, 0).tolist()).toEqual(x().t().tolist());
    expect(
      x()
        .split(2, { dim: 1 })
        .map(({ shape }) => shape),
    ).toEqual([
      [2, 2],
      [2, 1],
    ]);
    expect(F.pad(x(), [0, 1], { value: -100 }).shape).toEqual([2, 4]);
  });

  it('name several results', () => {
    const { values, indices } = x().max(1);
    const [first, second] = x().max(1);
    expect([values.tolist(), indices.tolist()]).toEqual([
      [5, 6],
      [1, 2],
    ]);
    expect([first?.tolist(), second?.tolist()]).toEqual([
      [5, 6],
      [1, 2],
    ]);
  });

  it('write in place and into out, and return that same object', () => {
    const own = x();
    expect(own.add_(x(), { alpha: -1 })).toBe(own);
    expect(own.tolist()).toEqual([
      [0, 0, 0],
      [0, 0, 0],
    ]);
    expect(own.fill_(2)).toBe(own);
    expect(torch.relu_(own)).toBe(own);
    const out = torch.empty([0]);
    expect(torch.mul(x(), 2, { out })).toBe(out);
    expect(out.tolist()).toEqual([
      [2, 10, 6],
      [8, 4, 12],
    ]);
  });

  it('return the same object for grad while it is unchanged', () => {
    const leaf = x().requires_grad_();
    leaf.mul(2).sum().backward();
    const { grad } = leaf;
    expect(leaf.grad).toBe(grad);
    leaf.mul(2).sum().backward();
    expect(leaf.grad).toBe(grad);
    expect(grad?.tolist()).toEqual([
      [4, 4, 4],
      [4, 4, 4],
    ]);
    leaf.grad = null;
    expect(leaf.grad).toBeNull();
  });

  it('distinguish ints, floats and complex numbers', () => {
    const ints = torch.tensor([1n, 2n]);
    expect(ints.mul(2).dtype).toBe('int64');
    expect(ints.mul(torch.scalar(2)).dtype).toBe('float32');
    expect(torch.view_as_real(ints.mul(torch.scalar(0, 1))).tolist()).toEqual([
      [0, 1],
      [0, 2],
    ]);
  });

  it('name what does not match', () => {
    expect(thrown(() => x().transpose(0 as never, undefined as never))).toMatchObject({ parameter: 'dim1' });
    expect(thrown(() => F.relu(x(), { inplase: true } as never))).toMatchObject({ code: 'ERR_UNKNOWN_OPTION' });
    expect(thrown(() => x().gather(1, 5 as never))).toMatchObject({ parameter: 'index', got: 'number 5' });
    expect(thrown(() => torch.cat(x() as never))).toMatchObject({ parameter: 'tensors' });
  });
});

describe('indexing', () => {
  it('returns views for numbers and slices, copies for index tensors', () => {
    const own = x();
    own.index([0, torch.slice(1, null)]).fill_(0);
    expect(own.tolist()).toEqual([
      [1, 0, 0],
      [4, 2, 6],
    ]);
    own.index([[1, 0]]).fill_(9);
    expect(own.tolist()).toEqual([
      [1, 0, 0],
      [4, 2, 6],
    ]);
    expect(own.index(['...', -1]).tolist()).toEqual([0, 6]);
    expect(own.index([own.gt(1)]).tolist()).toEqual([4, 2, 6]);
    expect(own.index([null, 0]).shape).toEqual([1, 3]);
    expect(own.slice(1).tolist()).toEqual([[4, 2, 6]]);
    expect([...own].map((row) => row.tolist())).toEqual(own.tolist());
  });

  it('writes by the same rules', () => {
    const own = x();
    expect(own.index_put_([0, torch.slice(2)], torch.tensor([7, 8]))).toBe(own);
    own.index_put_([own.gt(7)], -1);
    expect(own.tolist()).toEqual([
      [7, -1, 3],
      [4, 2, 6],
    ]);
    own.index_put_([torch.tensor([0n, 0n]), torch.tensor([0n, 0n])], torch.tensor([1, 1]), true);
    expect(own.index([0, 0]).item()).toBe(9);
  });
});

describe('operators on a lane', () => {
  it('return the same as synchronous calls', async () => {
    expect((await F.linear.async(x(), x())).tolist()).toEqual(F.linear(x(), x()).tolist());
    expect((await torch.ops.aten.add.async(x(), 1)).tolist()).toEqual(x().add(1).tolist());
    expect((await F.normalize.async(x(), { dim: 0 })).tolist()).toEqual(F.normalize(x(), { dim: 0 }).tolist());
    const own = x();
    expect(await own.async.mul_(2)).toBe(own);
    expect(await own.async.max(1)).toHaveProperty('indices');
  });

  it('run in order, and are cancelled by a signal', async () => {
    const own = torch.zeros([3]);
    const first = torch.ops.aten.add_.async(own, 1);
    const second = torch.ops.aten.mul_.async(own, 5);
    await Promise.all([first, second]);
    expect(own.tolist()).toEqual([5, 5, 5]);
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(torch.ops.aten.add_.async(own, 1, { signal })).rejects.toThrow('enough');
    expect(own.tolist()).toEqual([5, 5, 5]);
  });

  it('reject with the error that the call would throw', async () => {
    await expect(torch.mm.async(x(), x())).rejects.toMatchObject({ code: 'ERR_TORCH' });
    await expect(torch.mm.async(x())).rejects.toMatchObject({ parameter: 'mat2' });
  });
});
