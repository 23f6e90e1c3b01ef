/** Tensors without elements: LibTorch's own kernels would read outside of them, divide by zero, or never end. */
import { describe, expect, it } from 'vitest';
import { libtorch } from '../../lib/addon/native.js';
import { torch } from '../../lib/index.js';
import { thrownBy } from '../helpers/errors.js';

// biome-ignore lint/suspicious/noExplicitAny: operators of any name
const aten: Record<string, (...args: unknown[]) => any> = torch.ops.aten;
const { nn } = torch;
const empty = (...sizes: number[]) => torch.zeros(sizes);

describe('tensors without elements', () => {
  it.each([
    [0, 1],
    [0, 3],
    [0, 0],
    [1, 2],
  ])('have a gradient of zeros in pdist, shape [%i, %i]', (rows, columns) => {
    for (const p of [0, 0.5, 1, 2, 3, Number.POSITIVE_INFINITY]) {
      const input = torch.zeros([rows, columns], { requires_grad: true });
      const distances = torch.pdist(input, p);
      expect(distances.shape).toEqual([0]);
      distances.backward({ gradient: torch.ones([0]) });
      expect(input.grad?.tolist()).toEqual(torch.zeros([rows, columns]).tolist());
    }
    expect(thrownBy(() => torch.pdist(torch.zeros([rows, columns]), -1)).code).toMatch(/^ERR_/);
  });

  it.each([
    ['sort', () => torch.sort(empty(2 ** 40, 0))],
    ['sort by a dimension', () => torch.sort(empty(0, 2 ** 40), 0)],
    ['argsort', () => empty(2 ** 40, 0).argsort()],
    ['msort', () => torch.msort(empty(0, 2 ** 40))],
    ['geqrf', () => aten.geqrf?.(empty(2 ** 40, 1, 0))],
    ['qr', () => aten.linalg_qr?.(empty(2 ** 40, 1, 0))],
    ['adaptive_max_pool2d', () => aten.adaptive_max_pool2d?.(torch.ones([1, 2, 4, 4]), [2 ** 40, 0]), 'output_size'],
    ['adaptive_max_pool3d', () => aten.adaptive_max_pool3d?.(torch.ones([2, 4, 4, 4]), [2 ** 40, 0, 1]), 'output_size'],
    ['native_batch_norm', () => aten.native_batch_norm?.(empty(1, 0), null, null, null, null, true, 0.1, 1e-5)],
  ])('are refused by %s if they have too many slices or no channel', (_, call, parameter = 'input') => {
    expect(thrownBy(call)).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE', parameter });
  });

  it.each([
    ['col2im', () => aten.col2im?.(empty(1, 0, 1), [2 ** 40, 1], [1, 1], [1, 1], [], [1, 1])],
    ['reflection_pad1d', () => aten.reflection_pad1d?.(torch.ones([1, 2, 4]), [])],
    ['reflection_pad2d', () => aten.reflection_pad2d?.(torch.ones([1, 2, 4, 4]), [])],
    ['max_unpool2d', () => aten.max_unpool2d?.(torch.ones([1, 2, 4, 4]), torch.ones([1, 2, 4, 4]).long(), [])],
    ['to_sparse_bsr', () => aten.to_sparse_bsr?.(torch.ones([4, 4]), [])],
  ])('are no lists of sizes for %s', (_, call) => {
    expect(thrownBy(call).code).toMatch(/^ERR_(TORCH|INVALID_ARG_VALUE)$/);
  });

  it.each(['lstm', 'gru', 'rnn_tanh', 'rnn_relu'])('are no sizes of steps of a packed sequence for %s', (name) => {
    const state = name === 'lstm' ? [torch.zeros([1, 2, 2]), torch.zeros([1, 2, 2])] : torch.zeros([1, 2, 2]);
    const weights = [torch.zeros([8, 2]), torch.zeros([8, 2])];
    const sizes = torch.zeros([0], { dtype: 'int64' });
    const call = () => aten[name]?.(torch.ones([3, 2]), sizes, state, weights, false, 1, 0, false, false);
    expect(thrownBy(call)).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE', parameter: 'batch_sizes' });
  });

  it.each([
    ['nll_loss', () => aten.nll_loss?.(empty(0), torch.zeros([0], { dtype: 'int64' })), 'target'],
    ['lstm_cell', () => aten.lstm_cell?.(empty(1, 0), [empty(1, 0), empty(1, 0)], empty(1, 0), empty(1, 0)), 'w_ih'],
    ['gru_cell', () => aten.gru_cell?.(empty(1, 0), empty(1, 0), empty(1, 0), empty(1, 0)), 'w_ih'],
    ['channel_shuffle', () => aten.native_channel_shuffle?.(torch.ones([1, 2, 4, 4]), 3), 'groups'],
    ['slow_conv3d', () => aten.slow_conv3d?.(empty(2, 0, 3), empty(2, 0, 3), [1, 1, 1]), 'input'],
    ['batch_norm_update_stats', () => aten.batch_norm_update_stats?.(empty(0, 3), null, null, 0.1), 'input'],
    ['histogramdd', () => aten.histogramdd?.(empty(0, 1), []), 'bins'],
    ['choose_qparams_optimized', () => aten.choose_qparams_optimized?.(empty(1, 0), 0, 200, 0.16, 8), 'numel'],
  ])('are refused by %s, which does not check them on every LibTorch', (_, call, parameter) => {
    expect(thrownBy(call)).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE', parameter });
  });

  it('are not unflattened into two unknown sizes', () => {
    const { code, message } = thrownBy(() => empty(0).unflatten(0, [-1, -1]));
    expect(code).toBe('ERR_TORCH');
    expect(message).toMatch(/only one dimension can be inferred$/);
  });

  it('are sorted otherwise', () => {
    const [values, indices] = torch.sort(empty(3, 0)) as unknown as torch.Tensor[];
    expect(values?.shape).toEqual([3, 0]);
    expect(indices?.shape).toEqual([3, 0]);
  });

  it('are not offsets or indices of embedding_bag with several dimensions', () => {
    const indices = torch.zeros([3, 0], { dtype: 'int64' });
    expect(thrownBy(() => aten.embedding_bag?.(empty(3, 0), indices, indices))).toMatchObject({ parameter: 'indices' });
  });
});

describe('operators that check none of their arguments', () => {
  it('are refused, with the operator to use', () => {
    const [x, at] = [torch.ones([2, 3]), torch.zeros([1], { dtype: 'int64' })];
    const cell = () => aten.quantized_lstm_cell?.(x, [x, x], x, x, x, x, x, x, at, at, 1, 1, 0, 0);
    expect(thrownBy(cell)).toMatchObject({ code: 'ERR_NOT_IMPLEMENTED', message: expect.stringMatching(/lstm_cell$/) });
    const layer = () => aten.mkldnn_rnn_layer?.(x, x, x, x, x, x, x, false, [2], 2, 3, 1, true, false, false, false);
    const refusal =
      libtorch().minor === '1.13'
        ? { code: 'ERR_UNKNOWN_OPERATOR' }
        : { code: 'ERR_NOT_IMPLEMENTED', message: expect.stringMatching(/aten::lstm$/) };
    expect(thrownBy(layer)).toMatchObject(refusal);
  });
});

describe('output_size', () => {
  const revoked = (target: object) => {
    const { proxy, revoke } = Proxy.revocable(target, {});
    revoke();
    return proxy;
  };
  const layers: [string, (size: unknown) => torch.Tensor][] = [
    ['ConvTranspose1d', (size) => new nn.ConvTranspose1d(1, 1, 3, { stride: 2 })(torch.ones([1, 1, 4]), size as never)],
    [
      'MaxUnpool1d',
      (size) => new nn.MaxUnpool1d(2)(torch.ones([1, 1, 4]), torch.tensor([[[0n, 2n, 4n, 6n]]]), size as never),
    ],
  ];
  it.each(layers)('of %s is an array of integers, or named', (_, call) => {
    for (const value of [
      revoked({}),
      revoked([]),
      [revoked([])],
      Object.assign([], { 1: 9 }),
      ['9'],
      [9.5],
      9,
      'x',
      { output_size: [9n] },
    ]) {
      expect(thrownBy(() => call(value)).code).toMatch(/^ERR_INVALID_ARG_(TYPE|VALUE)$/);
    }
    expect(call([9]).shape).toEqual([1, 1, 9]);
    expect(call({ output_size: [9] }).shape).toEqual([1, 1, 9]);
    expect(call({ output_size: null }).shape).toEqual(call(undefined).shape);
  });
});
