import { describe, expect, it } from 'vitest';
import { checkSameDevice } from '../lib/loss/devices.js';
import * as torch from '../lib/torch/index.js';
import { thrown } from './helpers/recorded.js';

/** A tensor on a device that every machine has, without memory. */
const meta = (shape: number[]): torch.Tensor => torch.ops.aten.empty?.(shape, { device: 'meta' });

describe('devices of a call', () => {
  it('that differ are named', () => {
    const x = meta([2]);
    const error = thrown(() =>
      checkSameDevice([
        ['input', x],
        ['target', torch.ones([2])],
      ]),
    );
    expect(error).toMatchObject({ kind: 'TorchError', code: 'ERR_TORCH', parameter: 'target' });
    expect(error.message).toBe('target: expected a Tensor on meta, the device of input, got one on cpu');
  });

  it('may differ for a single value and for the lengths of sequences', () => {
    const x = meta([2]);
    expect(() =>
      checkSameDevice([
        ['input', x],
        ['var', torch.tensor(1)],
        ['target', meta([3])],
        ['input_lengths', torch.ones([2])],
      ]),
    ).not.toThrow();
    const several = [
      ['input', x],
      ['var', torch.ones([2])],
    ] as const;
    expect(thrown(() => checkSameDevice(several)).message).toBe(
      'var: expected a Tensor on meta, the device of input, got one on cpu',
    );
  });
});

describe('validate', () => {
  it('changes nothing on the CPU', () => {
    const [x, target] = [torch.tensor([[0.1, 0.7, -0.2]]), torch.tensor([2n])];
    const F = torch.nn.functional;
    expect(F.cross_entropy(x, target, { validate: false, reduction: 'sum' }).item()).toBe(
      F.cross_entropy(x, target, { reduction: 'sum' }).item(),
    );
    expect(new torch.nn.CrossEntropyLoss({ validate: false })(x, target).item()).toBe(
      F.cross_entropy(x, target).item(),
    );
    const wrong = torch.tensor([9n]);
    expect(thrown(() => F.cross_entropy(x, wrong, { validate: false })).kind).toBe('RangeError');
  });

  it('is a boolean', () => {
    const x = torch.tensor([1]);
    const error = thrown(() => torch.nn.functional.mse_loss(x, x, { validate: 1 as never }));
    expect(error).toMatchObject({ kind: 'TypeError', parameter: 'validate' });
  });
});
