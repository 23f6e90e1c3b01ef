/** Sparse tensors in coordinates, as `torch.sparse_coo_tensor` makes them; values from PyTorch. */
import { describe, expect, it } from 'vitest';
import { torch } from '../../lib/index.js';
import { libtorch } from '../../lib/addon/native.js';
import { compareVersions } from '../../lib/base/compare_versions.js';
import { thrownBy } from '../helpers/errors.js';

const long = { dtype: 'int64' } as const;

describe('sparse_coo_tensor', () => {
  it('puts the values in their places, and adds up those of equal ones', () => {
    const x = torch.sparse_coo_tensor(
      [
        [0, 1, 1],
        [2, 0, 2],
      ],
      [3, 4, 5],
      [2, 3],
    );
    expect([x.is_sparse, x.layout, x.shape, x.dtype, x.is_coalesced()]).toEqual([
      true,
      'sparse_coo',
      [2, 3],
      'float32',
      false,
    ]);
    expect(x.to_dense().tolist()).toEqual([
      [0, 0, 3],
      [4, 0, 5],
    ]);
    const twice = torch.sparse_coo_tensor(torch.tensor([[1, 0, 1]], long), torch.tensor([1, 2, 5], long)).coalesce();
    expect([twice.shape, twice.indices().tolist(), twice.values().tolist()]).toEqual([[2], [[0, 1]], [2, 6]]);
    const rows = torch.sparse_coo_tensor({
      indices: [[2, 0]],
      values: [
        [1, 2],
        [3, 4],
      ],
      size: [3, 2],
    } as never);
    expect([rows.sparse_dim(), rows.dense_dim(), rows.to_dense().tolist()]).toEqual([
      1,
      1,
      [
        [3, 4],
        [0, 0],
        [1, 2],
      ],
    ]);
  });

  it('has a dtype and a size of choice', () => {
    const x = torch.sparse_coo_tensor([[0], [1]], [2], { dtype: 'float64', requires_grad: true });
    expect([x.dtype, x.shape, x.requires_grad, x.is_leaf]).toEqual(['float64', [1, 2], true, true]);
    const empty = torch.sparse_coo_tensor([2, 3], { dtype: 'int64' });
    expect([empty.shape, empty.dtype, empty.values, empty.to_dense().tolist()].slice(0, 2)).toEqual([[2, 3], 'int64']);
    expect(empty.to_dense().tolist()).toEqual([
      [0, 0, 0],
      [0, 0, 0],
    ]);
  });

  it('is part of the graph of its values', () => {
    const values = torch.tensor([1, 2], { requires_grad: true });
    const x = torch.sparse_coo_tensor(
      [
        [0, 1],
        [1, 1],
      ],
      values,
    );
    x.to_dense()
      .mul(
        torch.tensor([
          [1, 2],
          [3, 4],
        ]),
      )
      .sum()
      .backward();
    expect(values.grad.tolist()).toEqual([2, 4]);
  });

  it('multiplies matrices', () => {
    const x = torch.sparse_coo_tensor(
      [
        [0, 1, 1],
        [2, 0, 2],
      ],
      [3, 4, 5],
      [2, 3],
    );
    expect(x.matmul(torch.tensor([[1], [2], [3]])).tolist()).toEqual([[9], [19]]);
  });

  it('never reads outside: places are checked, by the operator as well', () => {
    const at = (indices: number[][], size: number[]) => () => torch.sparse_coo_tensor(indices, [1, 2], size);
    expect(
      thrownBy(
        at(
          [
            [0, 9],
            [0, 0],
          ],
          [2, 2],
        ),
      ),
    ).toMatchObject({
      code: 'ERR_TORCH',
      message: expect.stringContaining('for dim 0, size is 2 but found index 9'),
    });
    expect(
      thrownBy(
        at(
          [
            [0, -1],
            [0, 0],
          ],
          [2, 2],
        ),
      ),
    ).toMatchObject({ code: 'ERR_TORCH' });
    expect(thrownBy(at([[0, 1]], [2, 2]))).toMatchObject({ code: 'ERR_TORCH' });
    const call = () =>
      torch.ops.aten.sparse_coo_tensor(
        torch.tensor(
          [
            [0, 9],
            [0, 0],
          ],
          long,
        ),
        torch.tensor([1, 2]),
        [2, 2],
      );
    expect(thrownBy(call)).toMatchObject({ code: 'ERR_TORCH' });
  });

  it.runIf(compareVersions(libtorch().version, '2.1.0') >= 0)('believes is_coalesced only where it is so', () => {
    const make = (indices: number[][]) => torch.sparse_coo_tensor(indices, [1, 2], [2], { is_coalesced: true });
    expect(make([[0, 1]]).is_coalesced()).toBe(true);
    expect(thrownBy(() => make([[1, 0]]))).toMatchObject({ code: 'ERR_TORCH' });
  });

  it('refuses what makes no tensor', () => {
    const wrong: [() => unknown, string][] = [
      [() => torch.sparse_coo_tensor(torch.tensor([[0.5]]), [1]), 'indices'],
      [() => torch.sparse_coo_tensor([0, 1], [1, 2]), 'indices'],
      [() => torch.sparse_coo_tensor([[0, 1]], [1]), 'values'],
      [() => torch.sparse_coo_tensor([[0, 1]], [1, 2], [-1]), 'size[0]'],
      [() => torch.sparse_coo_tensor([[0]], [1], { dtype: 'float' as never }), 'dtype'],
      [() => torch.sparse_coo_tensor([[0]], [1], { requires_grad: 1 as never }), 'requires_grad'],
      [() => torch.sparse_coo_tensor([[0]], [1], { coalesced: true } as never), 'coalesced'],
      [() => torch.sparse_coo_tensor([2, 'a'] as never), 'size[1]'],
    ];
    for (const [make, parameter] of wrong) expect(thrownBy(make), String(make)).toMatchObject({ parameter });
  });
});
