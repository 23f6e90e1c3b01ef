import { describe, expect, it } from 'vitest';
import { checkSameDevice } from '../../lib/loss/devices.js';
import * as torch from '../../lib/torch/index.js';
import { thrown } from '../helpers/recorded.js';

/** A tensor on a device without memory, which every machine has. */
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

describe('torch.device', () => {
  it('names devices', () => {
    expect(torch.device('cpu')).toBe('cpu');
    expect(torch.device('cuda')).toBe('cuda');
    expect(torch.device('cuda:1')).toBe('cuda:1');
    expect(torch.device('cuda', 2)).toBe('cuda:2');
    expect(torch.device('cpu', 0)).toBe('cpu');
    expect(torch.device(3)).toBe('cuda:3');
    expect(torch.zeros([1], { device: torch.device('cpu') }).device).toBe('cpu');
  });

  it.each([
    [['gpu'], 'RangeError', 'device'],
    [['cuda:'], 'RangeError', 'device'],
    [['cuda:-1'], 'RangeError', 'device'],
    [[-1], 'RangeError', 'device'],
    [[1.5], 'RangeError', 'device'],
    [[null], 'TypeError', 'device'],
    [[torch.ones([1])], 'TypeError', 'device'],
    [['cuda:1', 1], 'RangeError', 'index'],
    [['cuda', -1], 'RangeError', 'index'],
    [['cuda', '1'], 'RangeError', 'index'],
    [['cpu', 1], 'RangeError', 'index'],
  ])('refuses %j', (args, kind, parameter) => {
    const device = torch.device as (...args: unknown[]) => unknown;
    expect(thrown(() => device(...args))).toMatchObject({ kind, parameter });
  });
});

describe.runIf(!torch.cuda.is_available())('torch.cuda without CUDA', () => {
  const { cuda } = torch;

  it('has no devices and no memory', () => {
    expect([cuda.is_available(), cuda.device_count()]).toEqual([false, 0]);
    expect([cuda.memory_allocated(), cuda.max_memory_allocated(0), cuda.memory_reserved('cuda')]).toEqual([0, 0, 0]);
    expect(cuda.max_memory_reserved()).toBe(0);
    cuda.reset_peak_memory_stats();
    cuda.empty_cache();
  });

  it('ignores seeds, as in Python', () => {
    torch.manual_seed(1);
    cuda.manual_seed(5);
    cuda.manual_seed_all(5n);
    expect(torch.initial_seed()).toBe(1n);
  });

  it.each([
    ['current_device', () => cuda.current_device()],
    ['get_device_name', () => cuda.get_device_name(0)],
    ['synchronize', () => cuda.synchronize()],
    ['initial_seed', () => cuda.initial_seed()],
    ['get_rng_state', () => cuda.get_rng_state()],
    ['a generator', () => new torch.Generator('cuda')],
  ])('says why there is none: %s', (_, run) => {
    const error = thrown(run);
    expect(error).toMatchObject({ kind: 'TorchError', code: 'ERR_NO_CUDA', parameter: 'device' });
    expect(error.message).toMatch(/^device: expected an available device, got a CUDA device: \S/);
  });

  it.each([-1, 'cpu', 'cuda:x', {}, true, 0.5])('refuses %j as a device', (device) => {
    expect(thrown(() => cuda.synchronize(device as never))).toMatchObject({ parameter: 'device' });
    expect(thrown(() => cuda.synchronize(device as never)).kind).toMatch(/^(Type|Range)Error$/);
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
