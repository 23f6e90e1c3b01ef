/** Layers that are compared beyond the recorded ones: both sides draw the inputs from one seed. */

/** A tensor of random numbers, drawn when the call is made. */
interface Drawn {
  readonly randn: readonly number[];
  readonly requires_grad?: boolean;
}

/** Random integers. */
interface DrawnIntegers {
  readonly randint: readonly [low: number, high: number, size: readonly number[]];
}

type Argument = Drawn | DrawnIntegers;

/** A layer, what is done to it, and how it is called. */
export interface DrawnLayer {
  readonly id: string;
  readonly name: string;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly seed: number;
  readonly forward_seed: number;
  readonly mode: 'train' | 'eval';
  /** Functions of `torch.nn.utils` that the layer goes through. */
  readonly wrap?: readonly (readonly [name: string, options: Readonly<Record<string, unknown>>])[];
  /** The first release that has it. */
  readonly since?: string;
  /** Whether its parameters have no shape before the first call. */
  readonly lazy?: boolean;
  readonly calls: readonly {
    readonly args: readonly Argument[];
    readonly kwargs: object;
    readonly cotangents: readonly Drawn[];
  }[];
  readonly expect: object;
}

interface Row {
  readonly name: string;
  readonly since?: string;
  readonly args?: readonly unknown[];
  readonly kwargs?: Readonly<Record<string, unknown>>;
  readonly wrap?: DrawnLayer['wrap'];
  readonly inputs: readonly Argument[];
  readonly output: readonly number[];
}

const x = (...size: number[]): Drawn => ({ randn: size, requires_grad: true });

const weights = (name: string, kwargs: Readonly<Record<string, unknown>>): Row[] => [
  { name: 'Linear', args: [4, 3], wrap: [[name, kwargs]], inputs: [x(2, 4)], output: [2, 3] },
  { name: 'Conv2d', args: [2, 3, 3], wrap: [[name, kwargs]], inputs: [x(2, 2, 5, 5)], output: [2, 3, 3, 3] },
  { name: 'ConvTranspose1d', args: [2, 3, 3], wrap: [[name, kwargs]], inputs: [x(2, 2, 5)], output: [2, 3, 7] },
];

const ROWS: readonly Row[] = [
  {
    name: 'FractionalMaxPool2d',
    args: [3],
    kwargs: { output_ratio: 0.5 },
    inputs: [x(2, 3, 8, 8)],
    output: [2, 3, 4, 4],
  },
  {
    name: 'FractionalMaxPool2d',
    args: [
      [2, 3],
      [3, 2],
    ],
    inputs: [x(3, 8, 8)],
    output: [3, 3, 2],
  },
  {
    name: 'FractionalMaxPool3d',
    args: [2],
    kwargs: { output_size: [2, 3, 2] },
    inputs: [x(2, 3, 6, 6, 6)],
    output: [2, 3, 2, 3, 2],
  },
  {
    name: 'AdaptiveLogSoftmaxWithLoss',
    args: [16, 20, [5, 10, 15]],
    kwargs: { div_value: 2, head_bias: true },
    inputs: [x(8, 16), { randint: [0, 20, [8]] }],
    output: [8],
  },
  {
    name: 'AdaptiveLogSoftmaxWithLoss',
    args: [8, 12, [4]],
    inputs: [x(5, 8), { randint: [0, 12, [5]] }],
    output: [5],
  },
  { name: 'LPPool1d', args: [2, 3], inputs: [x(2, 3, 9)], output: [2, 3, 3] },
  { name: 'LPPool2d', args: [3, 2], kwargs: { stride: 1 }, inputs: [x(2, 3, 4, 4)], output: [2, 3, 3, 3] },
  {
    name: 'LPPool3d',
    since: '2.3',
    args: [2, 2],
    kwargs: { ceil_mode: true },
    inputs: [x(1, 2, 5, 5, 5)],
    output: [1, 2, 3, 3, 3],
  },
  { name: 'LazyLinear', args: [4], inputs: [x(2, 5)], output: [2, 4] },
  { name: 'LazyLinear', args: [4], kwargs: { bias: false }, inputs: [x(3, 2, 5)], output: [3, 2, 4] },
  { name: 'LazyConv1d', args: [4, 3, 2], inputs: [x(2, 4, 9)], output: [2, 4, 4] },
  {
    name: 'LazyConv2d',
    args: [4, 3],
    kwargs: { padding: 1, groups: 2 },
    inputs: [x(2, 4, 6, 6)],
    output: [2, 4, 6, 6],
  },
  { name: 'LazyConv3d', args: [2, 2], inputs: [x(1, 3, 4, 4, 4)], output: [1, 2, 3, 3, 3] },
  { name: 'LazyConvTranspose1d', args: [4, 3], inputs: [x(2, 2, 5)], output: [2, 4, 7] },
  { name: 'LazyConvTranspose2d', args: [4, 3], kwargs: { stride: 2 }, inputs: [x(2, 2, 4, 4)], output: [2, 4, 9, 9] },
  { name: 'LazyConvTranspose3d', args: [2, 2], inputs: [x(1, 3, 3, 3, 3)], output: [1, 2, 4, 4, 4] },
  { name: 'LazyBatchNorm1d', inputs: [x(4, 3)], output: [4, 3] },
  { name: 'LazyBatchNorm2d', kwargs: { momentum: null }, inputs: [x(2, 3, 4, 4)], output: [2, 3, 4, 4] },
  { name: 'LazyBatchNorm3d', kwargs: { affine: false }, inputs: [x(2, 3, 2, 2, 2)], output: [2, 3, 2, 2, 2] },
  { name: 'LazyInstanceNorm1d', inputs: [x(2, 3, 4)], output: [2, 3, 4] },
  { name: 'LazyInstanceNorm2d', inputs: [x(2, 3, 4, 4)], output: [2, 3, 4, 4] },
  { name: 'LazyInstanceNorm3d', inputs: [x(2, 3, 2, 2, 2)], output: [2, 3, 2, 2, 2] },
  ...weights('weight_norm', {}),
  ...weights('weight_norm', { dim: null }),
  ...weights('spectral_norm', {}),
  ...weights('spectral_norm', { n_power_iterations: 3, eps: 1e-6 }),
  ...weights('parametrizations.weight_norm', {}).map((row) => ({ ...row, since: '2.1' })),
  ...weights('parametrizations.spectral_norm', { n_power_iterations: 2 }),
];

/** The layers, each in both modes. */
export const DRAWN_LAYERS: readonly DrawnLayer[] = ROWS.flatMap((row, at) =>
  (['train', 'eval'] as const).map((mode, seed) => {
    const { name, since, args = [], kwargs = {}, wrap, inputs, output } = row;
    const call = { args: inputs, kwargs: {}, cotangents: [{ randn: output }] };
    const what = wrap === undefined ? name : `${name} ${wrap.map(([function_]) => function_).join(' ')}`;
    return {
      id: `drawn-${at}: ${what} (${mode})`,
      name,
      args,
      kwargs,
      seed: at + seed * 1000,
      forward_seed: at + 1,
      mode,
      ...(since !== undefined && { since }),
      ...(wrap !== undefined && { wrap }),
      ...(name.startsWith('Lazy') && { lazy: true }),
      calls: [call, call],
      expect: {},
    };
  }),
);
