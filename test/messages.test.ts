import { describe, expect, it } from 'vitest';
import { torch } from '../lib/index.js';
import { withOwnDTypes } from '../lib/addon/messages.js';
import { thrown } from './helpers/recorded.js';

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
    ['Double backward is not supported', 'Double backward is not supported'],
    ['DoubleDouble Longest', 'DoubleDouble Longest'],
  ])('%s', (theirs, ours) => {
    expect(withOwnDTypes(theirs)).toBe(ours);
  });

  it('have the dtypes of torchloss where they are thrown', () => {
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

  it('leave other errors as they are', () => {
    const probabilities = torch.rand([1, 4]);
    expect(thrown(() => F.cross_entropy(input, probabilities as never)).message).not.toContain('class indices');
    expect(F.cross_entropy(input, torch.tensor([2], { dtype: torch.long })).item()).toBeCloseTo(1.0019429);
  });
});

describe('an array where a tensor is due', () => {
  it.each([
    ['a loss', () => F.mse_loss([1, 2] as never, torch.tensor([1, 2])), 'input'],
    ['a method', () => torch.tensor([1]).matmul([1] as never), 'other'],
    ['an operator', () => torch.ops.aten.relu?.([1, 2]), 'self'],
    ['a function', () => F.relu([1, 2] as never), 'self'],
    ['a weight', () => F.cross_entropy(torch.rand([1, 2]), torch.tensor([1n]), { weight: [1, 2] as never }), 'weight'],
  ])('is made one by the advice: %s', (_, run, parameter) => {
    const error = thrown(run);
    expect(error).toMatchObject({ kind: 'TypeError', parameter });
    expect(error.message).toContain('torch.tensor(array)');
  });
});
