/** Gradients of sparse embeddings, and SparseAdam, which uses them; parity compares its bits with Python's. */
import { describe, expect, it } from 'vitest';
import { type Tensor, torch } from '../../lib/index.js';
import { trainStep } from '../../lib/jit/train_step.js';
import { thrownBy } from '../helpers/errors.js';

const { nn, optim } = torch;
const long = { dtype: 'int64' } as const;

const table = () =>
  new nn.Embedding(4, 2, { sparse: true, _weight: torch.arange(8, { dtype: 'float32' }).reshape(4, 2).div(10) });

/** A parameter and its state after three steps in PyTorch. */
const WEIGHT = [
  [0, -0.08695234],
  [-0.07161133, 0.01134221],
  [0.3325325, 0.4325325],
  [0.3038085, 0.4029561],
];
const EXP_AVG = [0, 0.101478, 0.19988, 1.7024, 0.16, 0.8, 0.947956, 4.57199];
const EXP_AVG_SQ = [0, 0.234049, 0.0842455, 4.19584, 0.064, 1.6, 1.08377, 24.8742];

const close = (tensor: Tensor, wanted: readonly number[]) =>
  torch.allclose(tensor.flatten(), torch.tensor([...wanted]), { rtol: 1e-5, atol: 1e-7 });

describe('the gradient of a sparse embedding', () => {
  it('is sparse, and reports it', () => {
    const layer = table();
    layer(torch.tensor([1, 3, 3], long))
      .sum()
      .backward();
    const { grad } = layer.weight;
    expect([grad.is_sparse, grad.layout, layer.weight.is_sparse, layer.weight.layout]).toEqual([
      true,
      'sparse_coo',
      false,
      'strided',
    ]);
    expect(grad.tolist()).toEqual([
      [0, 0],
      [1, 1],
      [0, 0],
      [2, 2],
    ]);
  });
});

describe('a tensor in coordinates', () => {
  it('has rows and their indices, each once after coalescing', () => {
    const layer = table();
    layer(torch.tensor([3, 1, 3], long))
      .sum()
      .backward();
    const { grad } = layer.weight;
    expect([grad.is_coalesced(), grad.sparse_dim(), grad.dense_dim()]).toEqual([false, 1, 1]);
    const whole = grad.coalesce();
    expect([whole.is_coalesced(), whole.indices().tolist(), whole.values().tolist()]).toEqual([
      true,
      [[1, 3]],
      [
        [1, 1],
        [2, 2],
      ],
    ]);
    const dense = torch.arange(8, { dtype: 'float32' }).reshape(4, 2);
    expect(dense.sparse_mask(whole).values().tolist()).toEqual([
      [2, 3],
      [6, 7],
    ]);
    const sparse = torch.tensor([0, 5, 0, 7]).to_sparse();
    expect([sparse.layout, sparse.indices().tolist(), sparse.to_dense().tolist()]).toEqual([
      'sparse_coo',
      [[1, 3]],
      [0, 5, 0, 7],
    ]);
  });
});

describe('SparseAdam', () => {
  it("makes PyTorch's steps, and continues from a state", () => {
    const layer = table();
    let optimizer = new optim.SparseAdam(layer.parameters(), 0.1, [0.8, 0.9]);
    const factors = torch.tensor([1, -2]);
    for (let step = 0; step < 3; step++) {
      if (step === 2) {
        const state = optimizer.state_dict();
        optimizer = new optim.SparseAdam(layer.parameters());
        optimizer.load_state_dict(state);
      }
      optimizer.zero_grad();
      const rows = layer(
        torch.tensor(
          [
            [1, 3, 3],
            [1, 0, step],
          ],
          long,
        ),
      );
      rows.mul(factors).pow(2).sum().backward();
      optimizer.step();
    }
    expect(close(layer.weight.detach(), WEIGHT.flat())).toBe(true);
    const { state, param_groups } = optimizer.state_dict();
    const own = state.get(0) as { step: number; exp_avg: Tensor; exp_avg_sq: Tensor };
    expect([own.step, close(own.exp_avg, EXP_AVG), close(own.exp_avg_sq, EXP_AVG_SQ)]).toEqual([3, true, true]);
    expect(param_groups).toEqual([{ lr: 0.1, betas: [0.8, 0.9], eps: 1e-8, maximize: false, params: [0] }]);
  });

  it('refuses a dense gradient without counting a step', () => {
    const layer = table();
    const optimizer = new optim.SparseAdam(layer.parameters());
    const backward = () =>
      layer(torch.tensor([1], long))
        .sum()
        .backward();
    backward();
    optimizer.step();
    const before = layer.weight.tolist();
    layer.weight.grad = torch.ones([4, 2]) as never;
    expect(thrownBy(() => optimizer.step())).toMatchObject({
      parameter: 'grad',
      message: 'grad: expected sparse gradients for SparseAdam; Adam takes dense ones, got a dense one',
    });
    expect([optimizer.state.get(layer.weight)?.step, layer.weight.tolist()]).toEqual([1, before]);
    expect(thrownBy(() => new optim.SparseAdam(layer.parameters(), { lr: 0 }))).toMatchObject({ parameter: 'lr' });
    expect(thrownBy(() => new optim.SparseAdam(layer.parameters(), { eps: 0 }))).toMatchObject({ parameter: 'eps' });
  });

  it('works inside a training step', () => {
    const run = (
      make: (layer: ReturnType<typeof table>, optimizer: torch.optim.SparseAdam) => (rows: Tensor) => void,
    ) => {
      const layer = table();
      const optimizer = new optim.SparseAdam(layer.parameters(), { lr: 0.1 });
      const step = make(layer, optimizer);
      for (const row of [1, 3, 1]) step(torch.tensor([row, row], long));
      return [layer.weight.tolist(), optimizer.state.get(layer.weight)?.step];
    };
    const target = torch.ones([2, 2]);
    const loss = new nn.MSELoss();
    const whole = run((model, optimizer) => {
      const step = trainStep({ model, loss, optimizer });
      return (rows) => void step(rows, target);
    });
    const apart = run((model, optimizer) => (rows) => {
      optimizer.zero_grad({ set_to_none: true });
      (loss(model(rows), target) as Tensor).backward();
      optimizer.step();
    });
    expect(whole).toEqual(apart);
  });
});
