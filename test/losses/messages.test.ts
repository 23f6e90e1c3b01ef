import { describe, expect, it } from 'vitest';
import { evaluate, valueAndGrad } from '../../lib/evaluate/index.js';
import { mindspore, torch } from '../../lib/index.js';
import type { DType } from '../../lib/base/types.js';
import { withOwnDTypes } from '../../lib/addon/messages.js';
import { thrown } from '../helpers/recorded.js';

const F = torch.nn.functional;

describe('messages of LibTorch', () => {
  it.each([
    [
      'expected target dtype to be Long or Byte, but got Float',
      'expected target dtype to be int64 or uint8, but got float32',
    ],
    ['"bitwise_or_cpu" not implemented for \'Double\'', '"bitwise_or_cpu" not implemented for \'float64\''],
    [
      'Expected both inputs to be Half, Float or Double tensors',
      'Expected both inputs to be float16, float32 or float64 tensors',
    ],
    [
      'one of: Long, Int; but got torch.DoubleTensor instead',
      'one of: int64, int32; but got a tensor of float64 instead',
    ],
    ['got torch.cuda.HalfTensor', 'got a CUDA tensor of float16'],
    ['Got: ComplexFloat', 'Got: complex64'],
    [
      'Input type (double) and bias type (c10::complex<double>) should be the same',
      'Input type (float64) and bias type (complex128) should be the same',
    ],
    ['Input type (c10::Half) and bias type (float)', 'Input type (float16) and bias type (float32)'],
    ['the same dtype, but got: long int != c10::BFloat16', 'the same dtype, but got: int64 != bfloat16'],
    ['got input1: unsigned char, weight: c10::complex<float>', 'got input1: uint8, weight: complex64'],
    ['but got: double != float (self is Double [2])', 'but got: float64 != float32 (self is float64 [2])'],
    ['Long, Int; but got CPUFloatType instead', 'int64, int32; but got float32 instead'],
    ['but got CUDAHalfType instead', 'but got CUDA float16 instead'],
    ['Double backward is not supported', 'Double backward is not supported'],
    ['DoubleDouble Longest', 'DoubleDouble Longest'],
  ])('%s', (theirs, ours) => {
    expect(withOwnDTypes(theirs)).toBe(ours);
  });

  it("use torchloss's dtype names when thrown", () => {
    expect(thrown(() => torch.tensor([1n]).mean()).message).toMatch(/Got: int64/);
    expect(thrown(() => torch.tensor([1n]).matmul(torch.tensor([1]) as never)).message).not.toMatch(/Long|Float/);
  });
});

describe('floats for class indices', () => {
  const input = torch.tensor([[0.1, 0.2, 0.3]]);
  const labels = torch.tensor([2]);
  it.each([
    ['cross_entropy', () => F.cross_entropy(input, labels as never)],
    ['nll_loss', () => F.nll_loss(input, labels as never)],
    ['multi_margin_loss', () => F.multi_margin_loss(input, labels as never)],
    ['multilabel_margin_loss', () => F.multilabel_margin_loss(input, torch.tensor([[2, -1, 0]]) as never)],
    ['CrossEntropyLoss', () => new torch.nn.CrossEntropyLoss()(input, labels as never)],
  ])('are named by %s', (_, run) => {
    const error = thrown(run);
    expect(error).toMatchObject({ kind: 'TorchError', code: 'ERR_TORCH', parameter: 'target' });
    expect(error.message).toContain(
      "target: class indices must be int64: pass bigints or { dtype: 'int64' }, got float32",
    );
    expect(error.message).not.toMatch(/Long|Float/);
  });

  it('are named on a lane', async () => {
    await expect(F.cross_entropy.async(input, labels as never)).rejects.toThrow(/^target: class indices must be int64/);
  });

  it('leave other errors unchanged', () => {
    const probabilities = torch.rand([1, 4]);
    expect(thrown(() => F.cross_entropy(input, probabilities as never)).message).not.toContain('class indices');
    expect(F.cross_entropy(input, torch.tensor([2], { dtype: torch.long })).item()).toBeCloseTo(1.0019429);
  });
});

describe('errors about dtypes', () => {
  const make = (dtype: DType, ...shape: number[]) => torch.ones(shape, { dtype }) as never;
  const [int, float, double] = (['int64', 'float32', 'float64'] as const).map((dtype) => make(dtype, 2, 3));
  const fix = (name: string, dtype: string) => `make ${name} ${dtype}, with { dtype: '${dtype}' } or .to('${dtype}')`;
  const { ops } = mindspore;

  it.each<[string, () => unknown, string, string | undefined]>([
    [
      'integers',
      () => F.mse_loss(int as never, int as never),
      'input is int64 [2, 3], target is int64 [2, 3]',
      fix('input', 'float32'),
    ],
    [
      'integers beside floats',
      () => F.binary_cross_entropy(int as never, float as never),
      'input is int64 [2, 3], target is float32 [2, 3]',
      fix('input', 'float32'),
    ],
    [
      'two floating dtypes',
      () => F.binary_cross_entropy(float as never, double as never),
      'input is float32 [2, 3], target is float64 [2, 3]',
      fix('target', 'float32'),
    ],
    [
      'a target of booleans',
      () => F.l1_loss(float as never, make('bool', 2, 3)),
      'input is float32 [2, 3], target is bool [2, 3]',
      fix('target', 'float32'),
    ],
    [
      'a weight',
      () => F.cross_entropy(float as never, torch.tensor([0n, 2n]) as never, { weight: make('float64', 3) }),
      'input is float32 [2, 3], target is int64 [2], weight is float64 [3]',
      fix('weight', 'float32'),
    ],
    [
      'labels of booleans',
      () => F.multi_margin_loss(float as never, make('bool', 2)),
      'input is float32 [2, 3], target is bool [2]',
      fix('target', 'int64'),
    ],
    [
      'an integral target of kl_div',
      () => new torch.nn.KLDivLoss({ reduction: 'batchmean' })(float as never, int as never),
      'input is float32 [2, 3], target is int64 [2, 3]',
      fix('target', 'float32'),
    ],
    [
      "MindSpore's names",
      () => ops.gaussian_nll_loss(float as never, float as never, make('bool', 2, 3)),
      'x is float32 [2, 3], target is float32 [2, 3], var is bool [2, 3]',
      fix('var', 'float32'),
    ],
    [
      'shapes alone',
      () => F.soft_margin_loss(float as never, make('float32', 2, 4)),
      'input is float32 [2, 3], target is float32 [2, 4]',
      undefined,
    ],
  ])('name the tensors of a loss: %s', (_, call, tensors, advice) => {
    const error = thrown(call);
    expect(error).toMatchObject({ kind: 'TorchError', code: expect.stringMatching(/^ERR_(TORCH|NOT_IMPLEMENTED)$/) });
    expect(error.message).toContain(`(${tensors}${advice === undefined ? '' : `; ${advice}`})`);
  });

  it('name them on a lane', async () => {
    await expect(F.mse_loss.async(int as never, int as never)).rejects.toThrow(
      `(input is int64 [2, 3], target is int64 [2, 3]; ${fix('input', 'float32')})`,
    );
  });

  it('name them in evaluate and valueAndGrad', async () => {
    const batches = [
      [float, float],
      [int, int],
    ];
    await expect(evaluate(F.mse_loss, batches as never)).rejects.toThrow(
      /^batches\[1\]: .* \(input is int64 \[2, 3\], target is int64 \[2, 3\]; make input float32/,
    );
    await expect(valueAndGrad(F.mse_loss, int as never, int as never)).rejects.toThrow(
      `(input is int64 [2, 3], target is int64 [2, 3]; ${fix('input', 'float32')})`,
    );
  });

  it('give advice that works', () => {
    expect(F.mse_loss((int as unknown as torch.Tensor).to('float32') as never, int as never).item()).toBe(0);
    expect(F.l1_loss(float as never, torch.ones([2, 3], { dtype: 'float32' }) as never).item()).toBe(0);
  });

  it.each<[string, () => unknown, string]>([
    ['a layer', () => new torch.nn.Linear(3, 2)(int as never), 'input is int64 [2, 3], weight is float32 [2, 3]'],
    ['a function', () => F.gelu(int as never), 'input is int64 [2, 3]'],
    [
      'two tensors',
      () => torch.bmm(torch.ones([1, 2, 2]), make('float64', 1, 2, 2)),
      'input is float32 [1, 2, 2], mat2',
    ],
    ['an operator', () => torch.ops.aten.mean?.(int), 'self is int64 [2, 3]'],
    ['a method', () => (make('bool', 2, 3) as torch.Tensor).neg(), 'self is bool [2, 3]'],
    [
      'a method that writes',
      () => (make('int64', 2, 3) as torch.Tensor).add_(torch.ones([2, 3])),
      'self is int64 [2, 3], other is float32 [2, 3]',
    ],
  ])('name the tensors of %s', (_, call, tensors) => {
    const { message } = thrown(call);
    expect(message).toContain(`(${tensors}`);
    expect(message).not.toMatch(/Long|Float|Double/);
  });

  it("about an operator's shapes are unchanged", () => {
    expect(thrown(() => torch.ones([2]).add(torch.ones([3]) as never)).message).not.toContain('is float32');
  });
});

describe('an array instead of a tensor', () => {
  it.each([
    ['a loss', () => F.mse_loss([1, 2] as never, torch.tensor([1, 2])), 'input'],
    ['a method', () => torch.tensor([1]).matmul([1] as never), 'other'],
    ['an operator', () => torch.ops.aten.relu?.([1, 2]), 'self'],
    ['a function', () => F.relu([1, 2] as never), 'self'],
    ['a weight', () => F.cross_entropy(torch.rand([1, 2]), torch.tensor([1n]), { weight: [1, 2] as never }), 'weight'],
  ])('becomes one by the advice: %s', (_, run, parameter) => {
    const error = thrown(run);
    expect(error).toMatchObject({ kind: 'TypeError', parameter });
    expect(error.message).toContain('torch.tensor(array)');
  });
});
