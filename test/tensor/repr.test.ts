import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { torch } from '../../lib/index.js';
import { tensor } from '../../lib/tensor/creation.js';
import { DTYPES } from '../../lib/tensor/dtypes.js';
import { formatExponential, formatFixed, formatTensor } from '../../lib/tensor/repr.js';
import type { PrintOptions } from '../../lib/tensor/print_options.js';
import type { DType } from '../../lib/base/types.js';
import { thrownBy } from '../helpers/errors.js';

interface Recorded {
  name: string;
  shape: number[];
  dtype: DType;
  requires_grad: boolean;
  grad_fn: string | null;
  data: string;
  repr: string;
}

const { tensors }: { tensors: Recorded[] } = JSON.parse(
  readFileSync(new URL('../fixtures/repr.json', import.meta.url), 'utf8'),
);

/** The recorded elements, repeated if the shape needs more of them. */
function elements({ shape, dtype, data }: Recorded): ArrayLike<number | bigint> {
  const bytes = new Uint8Array(Buffer.from(data, 'base64')).buffer;
  const ArrayType = dtype === 'float16' || dtype === 'bfloat16' ? Float32Array : DTYPES[dtype].array;
  const pattern: ArrayLike<number | bigint> = new ArrayType(bytes);
  const length = shape.reduce((product, size) => product * size, 1);
  return Array.from({ length }, (_, index) => pattern[index % pattern.length] as number | bigint);
}

describe('formatTensor', () => {
  it.each(tensors.map((recorded) => [recorded.name, recorded] as const))('%s', (_, recorded) => {
    const { shape, dtype, requires_grad, grad_fn } = recorded;
    const view = { shape, dtype, requires_grad, grad_fn, device: 'cpu', data: elements(recorded) };
    expect(formatTensor(view)).toBe(recorded.repr);
  });

  const one = { shape: [1], dtype: 'float32', device: 'cpu', requires_grad: false, grad_fn: null, data: [1] } as const;

  it('names a device other than the CPU, before the dtype', () => {
    expect(formatTensor({ ...one, device: 'cuda:0' })).toBe("tensor([1.], device='cuda:0')");
    expect(formatTensor({ ...one, device: 'cuda:1', dtype: 'int32', data: [1] })).toBe(
      "tensor([1], device='cuda:1', dtype=torch.int32)",
    );
  });

  it('takes the function name with or without angle brackets', () => {
    const expected = 'tensor([1.], grad_fn=<MseLossBackward0>)';
    expect(formatTensor({ ...one, requires_grad: true, grad_fn: 'MseLossBackward0' })).toBe(expected);
    expect(formatTensor({ ...one, requires_grad: true, grad_fn: '<MseLossBackward0>' })).toBe(expected);
  });

  it('reads only the elements that it shows', () => {
    const read: number[] = [];
    const data = new Proxy([] as number[], {
      get: (_, key) => {
        read.push(Number(key));
        return 1;
      },
    });
    formatTensor({ ...one, shape: [1_000_000], data });
    expect(new Set(read)).toEqual(new Set([0, 1, 2, 999_997, 999_998, 999_999]));
  });
});

// Expected strings from Python: f'{value:.4f}' and f'{value:.4e}'.
it.each([
  [0.03125, '0.0312', '3.1250e-02'],
  [0.09375, '0.0938', '9.3750e-02'],
  [-2.03125, '-2.0312', '-2.0312e+00'],
  [-0, '-0.0000', '-0.0000e+00'],
  [-0.00001, '-0.0000', '-1.0000e-05'],
  [100005, '100005.0000', '1.0000e+05'],
  [100015, '100015.0000', '1.0002e+05'],
  [1.00005, '1.0001', '1.0001e+00'],
  [999995, '999995.0000', '1.0000e+06'],
  [5e-324, '0.0000', '4.9407e-324'],
])('formats %d like C', (value, fixed, exponential) => {
  expect(formatFixed(value)).toBe(fixed);
  expect(formatExponential(value)).toBe(exponential);
});

it.each([[[1001]], [[40, 50]], [[3, 5, 200]], [[2, 300, 7]], [[2000, 1]]])(
  'a tensor of shape %j is printed from its edges only',
  (shape) => {
    const count = shape.reduce((product, size) => product * size, 1);
    const data = Float32Array.from({ length: count }, (_, index) => (index % 977) / 8);
    const view = { shape, dtype: 'float32', device: 'cpu', requires_grad: false, grad_fn: null, data } as const;
    expect(String(tensor(data, { shape }))).toBe(formatTensor(view));
  },
);

describe('set_printoptions', () => {
  interface Printed {
    readonly options: PrintOptions;
    readonly texts: readonly string[];
  }
  const recorded: Printed[] = JSON.parse(
    readFileSync(new URL('../fixtures/print_options.json', import.meta.url), 'utf8'),
  );
  const tensors = () => [
    tensor([
      [1.12345, -2.5, 3e5],
      [NaN, 0.125, 1000],
    ]),
    tensor([0.5, 1.5, 2.5]),
    tensor([1, 1e22]),
    torch.arange(0, 2000).reshape(4, 500).narrow(1, 0, 8),
    torch.arange(0, 10, 1, { dtype: 'int64' }),
  ];

  it.each(recorded)('prints like PyTorch: $options', ({ options, texts }) => {
    torch.set_printoptions(options);
    try {
      expect(tensors().map(String)).toEqual(texts);
    } finally {
      torch.set_printoptions({ profile: 'default' });
    }
  });

  it.each([
    ['precision', { precision: -1 }],
    ['threshold', { threshold: 0.5 }],
    ['edgeitems', { edgeitems: 0 }],
    ['linewidth', { linewidth: 0 }],
    ['profile', { profile: 'long' as never }],
    ['sci_mode', { sci_mode: 1 as never }],
  ])('refuses a wrong %s without changing anything', (parameter, options) => {
    expect(thrownBy(() => torch.set_printoptions({ linewidth: 20, ...options }))).toMatchObject({ parameter });
    expect(String(torch.arange(0, 10, 1, { dtype: 'int64' }))).toBe('tensor([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])');
  });
});
