/** Layers and optimizers that are compared beyond the recorded ones: both sides draw the inputs from one seed. */

import { CHANGES } from '../../addon/versions.js';

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
    since: CHANGES.hasLPPool3d,
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
  ...weights('parametrizations.weight_norm', {}).map((row) => ({
    ...row,
    since: CHANGES.hasWeightNormParametrization,
  })),
  ...weights('parametrizations.spectral_norm', { n_power_iterations: 2 }),
  ...[
    {},
    { orthogonal_map: 'cayley' },
    { orthogonal_map: 'matrix_exp' },
    { use_trivialization: false },
    { orthogonal_map: 'cayley', use_trivialization: false },
  ].flatMap((kwargs) => [
    ...weights('parametrizations.orthogonal', kwargs),
    ...[
      [3, 3],
      [3, 5],
    ].map((args) => ({
      name: 'Linear',
      args,
      wrap: [['parametrizations.orthogonal', kwargs]] as const,
      inputs: [x(2, 3)],
      output: [2, args[1] as number],
    })),
  ]),
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

/** An optimizer that trains a layer, whose output is to be like a target. */
export interface DrawnTraining {
  readonly id: string;
  readonly layer: { readonly name: string; readonly args: readonly unknown[]; readonly kwargs?: object };
  readonly input: Argument;
  readonly target: Drawn;
  readonly optimizer: string;
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly steps: number;
  readonly seed: number;
}

const table = (name: string, target: readonly number[], ...input: number[]) => ({
  layer: { name, args: [12, 3], kwargs: { sparse: true } },
  input: { randint: [0, 12, input] as const },
  target: { randn: target },
  steps: 6,
});
const TABLES = [table('Embedding', [4, 2, 3], 4, 2), table('EmbeddingBag', [3, 3], 3, 4)];
const LINES = [
  { layer: { name: 'Linear', args: [30, 2] }, input: { randn: [40, 30] }, target: { randn: [40, 2] }, steps: 4 },
  {
    layer: { name: 'Conv1d', args: [2, 3, 3] },
    input: { randn: [4, 2, 9] },
    target: { randn: [4, 3, 7] },
    steps: 3,
  },
];
const WOLFE = { line_search_fn: 'strong_wolfe' };

const TRAININGS = [
  ...[{}, { lr: 0.02, betas: [0.8, 0.95] }, { eps: 1e-4, maximize: true }].flatMap((kwargs) =>
    TABLES.map((problem) => ({ ...problem, optimizer: 'SparseAdam', kwargs })),
  ),
  ...[{}, { lr_decay: 0.1, initial_accumulator_value: 0.5 }].flatMap((kwargs) =>
    TABLES.map((problem) => ({ ...problem, optimizer: 'Adagrad', kwargs })),
  ),
  ...[{ lr: 0.1 }, { lr: 0.1, maximize: true }].flatMap((kwargs) =>
    TABLES.map((problem) => ({ ...problem, optimizer: 'SGD', kwargs })),
  ),
  ...[
    WOLFE,
    { ...WOLFE, lr: 0.1, history_size: 2 },
    { ...WOLFE, max_iter: 4, tolerance_change: 1e-4 },
    { ...WOLFE, max_iter: 10, max_eval: 3 },
    { ...WOLFE, lr: 40, max_iter: 10, max_eval: 6 },
    { lr: 0.2 },
    { lr: 0.5, max_iter: 6, history_size: 2 },
  ].flatMap((kwargs) => LINES.map((problem) => ({ ...problem, optimizer: 'LBFGS', kwargs }))),
];

/** The optimizers. */
export const DRAWN_TRAININGS: readonly DrawnTraining[] = TRAININGS.map((training, seed) => ({
  ...training,
  id: `drawn-training-${seed}: ${training.optimizer} of ${training.layer.name}`,
  seed,
}));
