/** Impossible sizes: LibTorch's own checks overflow, and it would then access invalid memory or never end. */
import { describe, expect, it } from 'vitest';
import { libtorch } from '../../lib/addon/native.js';
import { torch } from '../../lib/index.js';
import { thrownBy } from '../helpers/errors.js';

// biome-ignore lint/suspicious/noExplicitAny: operators of any name
const aten: Record<string, (...args: unknown[]) => any> = torch.ops.aten;
const { functional: F } = torch.nn;
const MOST = 2n ** 63n - 1n;
const image = () => torch.ones([1, 2, 8, 8]);
const cube = () => torch.ones([1, 1, 4, 4, 4]);

describe('sizes beyond 32 bits', () => {
  it.each<[string, string, () => unknown]>([
    ['a kernel of max_pool1d', 'kernel_size', () => torch.max_pool1d(torch.ones([1, 2, 8]), 2 ** 33)],
    ['a kernel of 2^62', 'kernel_size', () => torch.max_pool1d(torch.ones([1, 2, 8]), 2n ** 62n)],
    ['a dilation', 'kernel_size', () => torch.max_pool1d(torch.ones([1, 2, 8]), 2, 1, 0, 2 ** 33)],
    ['the layer', 'kernel_size', () => new torch.nn.MaxPool1d(2 ** 33)(torch.ones([1, 2, 8]))],
    ['a padding of fold', 'padding', () => F.fold(torch.ones([1, 8, 49]), [8, 8], 2, { padding: 2 ** 31 })],
    [
      'a padding that overflows 32 bits when doubled',
      'padding',
      () => F.fold(torch.ones([1, 8, 49]), [8, 8], 2, { padding: 2 ** 30 }),
    ],
    [
      'a padding of col2im',
      'padding',
      () => aten.col2im?.(torch.ones([1, 8, 49]), [8, 8], [2, 2], [1, 1], [0, 2 ** 33], [1, 1]),
    ],
    ['pads whose sum overflows', 'pad', () => aten.replication_pad2d?.(image(), [MOST, MOST, MOST, MOST])],
    ['pads of the function', 'pad', () => F.pad(image(), [MOST, MOST], { mode: 'reflect' })],
    ['pads of constants', 'pad', () => F.pad(image(), [-MOST, -MOST])],
    ['a power whose negation overflows', 'n', () => torch.matrix_power(torch.ones([3, 3]), -(2n ** 63n))],
    ['the same in linalg', 'n', () => torch.linalg.matrix_power(torch.ones([3, 3]), -(2n ** 63n))],
    [
      'kernels of a fractional pool',
      'kernel_size',
      () =>
        aten.fractional_max_pool3d?.(
          torch.ones([1, 2, 4, 4, 4]),
          [-MOST, -MOST, -MOST],
          [2, 2, 2],
          torch.rand([1, 2, 3]),
        ),
    ],
    ['a stride of conv3d', 'stride', () => F.conv3d(cube(), cube(), null, [1, 2n ** 62n, 1] as never)],
    ['a stride of all dimensions', 'stride', () => aten.conv3d?.(cube(), cube(), null, [2n ** 62n])],
    [
      'a stride of convolution',
      'stride',
      () => aten.convolution?.(cube(), cube(), null, [1, 2n ** 62n, 1], [0, 0, 0], [1, 1, 1], false, [0, 0, 0], 1),
    ],
    [
      'a stride of slow_conv3d',
      'stride',
      () => aten.slow_conv3d?.(cube(), cube(), [3, 3, 3], null, [1, 2n ** 62n, 1], [0, 0, 0]),
    ],
    ['rounds of pca_lowrank', 'niter', () => torch.pca_lowrank(torch.ones([4, 4]), { niter: 2 ** 40 })],
  ])('%s', (_, parameter, call) => {
    expect(thrownBy(call)).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE', parameter });
  });

  it('are accepted if possible, as in Python', () => {
    const row = torch.tensor([[[1, 3, 2, 4]]]);
    expect(torch.max_pool1d(row, 2, 2 ** 33).tolist()).toEqual([[[3]]]);
    expect(torch.max_pool1d(row, 2, 1, 0, 3).tolist()).toEqual([[[4]]]);
    // LibTorch 1.13 returns an empty tensor.
    if (libtorch().minor !== '1.13')
      expect(thrownBy(() => torch.max_pool1d(row, 2 ** 31 - 1)).message).toMatch(/Invalid computed output size/);
    const patches = torch.arange(4).reshape([1, 4, 1]).to('float32');
    expect(F.fold(patches, [2, 2], 2, { stride: 2 ** 33 }).tolist()).toEqual([
      [
        [
          [0, 1],
          [2, 3],
        ],
      ],
    ]);
    expect(
      torch
        .matrix_power(
          torch.tensor([
            [1, 1],
            [0, 1],
          ]),
          2 ** 20,
        )
        .tolist(),
    ).toEqual([
      [1, 2 ** 20],
      [0, 1],
    ]);
  });
});

describe('integers as bigints', () => {
  it('are numbers for functions that calculate with them', () => {
    const input = torch.tensor([[[1, 2, 3, 4]]]);
    expect(F.lp_pool1d(input, 1n as never, 2n as never).tolist()).toEqual([[[3, 7]]]);
    expect(F.local_response_norm(input, 2n as never).shape).toEqual([1, 1, 4]);
    const { code, name } = thrownBy(() => torch.stft(torch.ones([20]), { n_fft: MOST as never, return_complex: true }));
    expect([name, code]).toEqual(['TypeError', 'ERR_INVALID_ARG_TYPE']);
  });
});
