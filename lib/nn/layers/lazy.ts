/** Layers that learn from their first input how many features it has; then they are layers like any other. */
import { callShape, readCall } from '../../base/positional.js';
import { invalidValue } from '../../base/errors.js';
import type { Tensor } from '../../tensor/tensor.js';
import { withoutGrad } from '../../tensor/call.js';
import type { Module } from '../module.js';
import type { MaybeParameter, Parameter } from '../parameter.js';
import { awaitShape, awaitsShape, materialize, UninitializedParameter } from '../uninitialized.js';
import {
  BatchNorm1d,
  BatchNorm2d,
  BatchNorm3d,
  InstanceNorm1d,
  InstanceNorm2d,
  InstanceNorm3d,
  type NormOptions,
} from './batch_norm.js';
import {
  Conv1d,
  Conv2d,
  Conv3d,
  type ConvOptions,
  ConvTranspose1d,
  ConvTranspose2d,
  ConvTranspose3d,
  type ConvTransposeOptions,
} from './conv.js';
import { checkInput, type FactoryOptions, make, type Size } from './layer.js';
import { Linear, type LinearOptions } from './linear.js';

/** A parameter that waits for its shape. */
function waitingParameter(factory: FactoryOptions): Parameter {
  const made = make('empty', [0], factory);
  const result = awaitShape(new UninitializedParameter(made));
  made.dispose();
  return result;
}

/** Makes a lazy layer one like any other, after `give` has given its parameters their shapes. */
function become(layer: Module & { reset_parameters(): void }, base: object, waits: boolean, give: () => void): void {
  if (waits) {
    withoutGrad(() => {
      give();
      layer.reset_parameters();
    });
  }
  Object.setPrototypeOf(layer, base);
}

const LINEAR = callShape('LazyLinear', 'out_features, bias?, device?, dtype?');

/**
 * A {@link Linear} whose `in_features` the first input tells.
 *
 * @example
 * ```ts
 * const layer = new torch.nn.LazyLinear(2);
 * layer(torch.zeros([4, 3])).shape;   // [4, 2]
 * String(layer);   // 'Linear(in_features=3, out_features=2, bias=True)'
 * ```
 */
export class LazyLinear extends Linear {
  constructor(out_features: number, bias?: boolean | LinearOptions, options?: LinearOptions);
  /** All by name. */
  constructor(options: LinearOptions & { out_features: number });
  constructor(...args: unknown[]) {
    const { out_features, bias = true, ...factory } = readCall<LinearOptions & { out_features: number }>(LINEAR, args);
    super(0, out_features, { bias: false, ...factory });
    this.weight = waitingParameter(factory);
    if (bias) this.bias = waitingParameter(factory);
  }

  override reset_parameters(): void {
    if (this.in_features !== 0) super.reset_parameters();
  }

  override forward(input: Tensor): Tensor {
    checkInput(input);
    const waits = awaitsShape(this.weight);
    this.in_features = waits ? ((input.shape as readonly number[]).at(-1) ?? 0) : this.weight.size(1);
    become(this, Linear.prototype, waits, () => {
      materialize(this.weight, [this.out_features, this.in_features]);
      if (this.bias !== null) materialize(this.bias, [this.out_features]);
    });
    return this.forward(input);
  }
}

/** What lazy convolutions have. */
interface LazyConv extends Module {
  in_channels: number;
  out_channels: number;
  groups: number;
  transposed: boolean;
  kernel_size: readonly number[];
  weight: Parameter;
  bias: MaybeParameter;
  reset_parameters(): void;
  forward(input: Tensor, ...rest: never[]): Tensor;
}

function prepareConv(layer: LazyConv, options: FactoryOptions, bias: boolean): void {
  layer.weight = waitingParameter(options);
  if (bias) layer.bias = waitingParameter(options);
}

function startConv(layer: LazyConv, base: object, input: Tensor): void {
  checkInput(input);
  const { kernel_size, out_channels, groups, transposed } = layer;
  const dims = kernel_size.length;
  const shape = input.shape as readonly number[];
  if (shape.length !== dims + 1 && shape.length !== dims + 2)
    throw invalidValue('input', `${dims + 1} or ${dims + 2} dimensions`, shape.length);
  const waits = awaitsShape(layer.weight);
  const channels = shape.at(-dims - 1) as number;
  if (waits && channels % groups !== 0)
    throw invalidValue('input', `channels that groups, ${groups}, divide`, channels);
  layer.in_channels = waits ? channels : layer.weight.size(transposed ? 0 : 1) * (transposed ? 1 : groups);
  become(layer, base, waits, () => {
    const sizes = transposed ? [channels, out_channels / groups] : [out_channels, channels / groups];
    materialize(layer.weight, [...sizes, ...kernel_size]);
    if (layer.bias !== null) materialize(layer.bias, [out_channels]);
  });
}

const CONV = 'out_channels, kernel_size, stride?, padding?, dilation?, groups?, bias?, padding_mode?, device?, dtype?';
const TRANSPOSE =
  'out_channels, kernel_size, stride?, padding?, output_padding?, groups?, bias?, dilation?, padding_mode?, device?, dtype?';

/** The class of a lazy convolution, with options `O` and paddings `P`. */
export interface LazyConvClass<L, O, P> {
  new (out_channels: number, kernel_size: Size | O, stride?: Size | O, padding?: P | O, options?: O): L;
  /** All by name. */
  new (options: O & { out_channels: number; kernel_size: Size }): L;
}

type Given = FactoryOptions & { out_channels: number; kernel_size: Size; bias?: boolean | undefined };
// biome-ignore lint/suspicious/noExplicitAny: convolutions have different options
type ConvBase = new (channels: number, out_channels: number, kernel_size: Size, options: any) => LazyConv;

function lazyConv<L, O, P>(name: string, parameters: string, base: ConvBase): LazyConvClass<L, O, P> {
  const shape = callShape(name, parameters);
  const named = {
    [name]: class extends base {
      constructor(...args: unknown[]) {
        const { out_channels, kernel_size, bias = true, ...options } = readCall<Given>(shape, args);
        super(0, out_channels, kernel_size, { ...options, bias: false });
        prepareConv(this, options, bias);
      }

      override reset_parameters(): void {
        if (this.in_channels !== 0) super.reset_parameters();
      }

      override forward(input: Tensor, ...rest: never[]): Tensor {
        startConv(this, base.prototype as object, input);
        return this.forward(input, ...rest);
      }
    },
  };
  return named[name] as unknown as LazyConvClass<L, O, P>;
}

type Padding = Size | 'same' | 'valid';

/** A {@link Conv1d} whose `in_channels` the first input tells. */
export const LazyConv1d: LazyConvClass<Conv1d, ConvOptions, Padding> = lazyConv('LazyConv1d', CONV, Conv1d);
export type LazyConv1d = Conv1d;

/** A {@link Conv2d} whose `in_channels` the first input tells. */
export const LazyConv2d: LazyConvClass<Conv2d, ConvOptions, Padding> = lazyConv('LazyConv2d', CONV, Conv2d);
export type LazyConv2d = Conv2d;

/** A {@link Conv3d} whose `in_channels` the first input tells. */
export const LazyConv3d: LazyConvClass<Conv3d, ConvOptions, Padding> = lazyConv('LazyConv3d', CONV, Conv3d);
export type LazyConv3d = Conv3d;

/** A {@link ConvTranspose1d} whose `in_channels` the first input tells. */
export const LazyConvTranspose1d: LazyConvClass<ConvTranspose1d, ConvTransposeOptions, Size> = lazyConv(
  'LazyConvTranspose1d',
  TRANSPOSE,
  ConvTranspose1d,
);
export type LazyConvTranspose1d = ConvTranspose1d;

/** A {@link ConvTranspose2d} whose `in_channels` the first input tells. */
export const LazyConvTranspose2d: LazyConvClass<ConvTranspose2d, ConvTransposeOptions, Size> = lazyConv(
  'LazyConvTranspose2d',
  TRANSPOSE,
  ConvTranspose2d,
);
export type LazyConvTranspose2d = ConvTranspose2d;

/** A {@link ConvTranspose3d} whose `in_channels` the first input tells. */
export const LazyConvTranspose3d: LazyConvClass<ConvTranspose3d, ConvTransposeOptions, Size> = lazyConv(
  'LazyConvTranspose3d',
  TRANSPOSE,
  ConvTranspose3d,
);
export type LazyConvTranspose3d = ConvTranspose3d;

/** What lazy norms have. */
interface LazyNorm extends Module {
  num_features: number;
  weight: MaybeParameter;
  bias: MaybeParameter;
  running_mean: Tensor | null;
  running_var: Tensor | null;
  reset_parameters(): void;
  forward(input: Tensor): Tensor;
}

function prepareNorm(layer: LazyNorm, factory: FactoryOptions): void {
  if (layer.weight !== null) layer.weight = waitingParameter(factory);
  if (layer.bias !== null) layer.bias = waitingParameter(factory);
  if (layer.running_mean !== null) awaitShape(layer.running_mean);
  if (layer.running_var !== null) awaitShape(layer.running_var);
}

function startNorm(layer: LazyNorm, base: object, input: Tensor): void {
  checkInput(input);
  const tensors = [layer.weight, layer.bias, layer.running_mean, layer.running_var] as (Tensor | null)[];
  const known = tensors.find((tensor) => tensor !== null && !awaitsShape(tensor));
  const waits = tensors.some(awaitsShape);
  if (!waits && known !== undefined) layer.num_features = (known as Tensor).size(0);
  else {
    const features = (input.shape as readonly number[])[1];
    if (features === undefined) throw invalidValue('input', '2 dimensions or more', input.dim());
    layer.num_features = features;
  }
  become(layer, base, waits, () => {
    for (const tensor of tensors) if (awaitsShape(tensor)) materialize(tensor, [layer.num_features]);
  });
}

const NORM = 'eps?, momentum?, affine?, track_running_stats?, device?, dtype?, bias?';

/** The class of a lazy norm. */
export interface LazyNormClass<L> {
  new (
    eps?: number | NormOptions,
    momentum?: number | null | NormOptions,
    affine?: boolean | NormOptions,
    track_running_stats?: boolean | NormOptions,
    options?: NormOptions,
  ): L;
}

type NormBase = new (num_features: number, options: NormOptions) => LazyNorm;

function lazyNorm<L>(name: string, base: NormBase): LazyNormClass<L> {
  const shape = callShape(name, NORM);
  const named = {
    [name]: class extends base {
      constructor(...args: unknown[]) {
        const given = readCall<NormOptions>(shape, args);
        super(0, { affine: true, track_running_stats: true, ...given });
        prepareNorm(this, given);
      }

      override reset_parameters(): void {
        if (this.num_features !== 0) super.reset_parameters();
      }

      override forward(input: Tensor): Tensor {
        startNorm(this, base.prototype as object, input);
        return this.forward(input);
      }
    },
  };
  return named[name] as unknown as LazyNormClass<L>;
}

/** A {@link BatchNorm1d} whose `num_features` the first input tells. */
export const LazyBatchNorm1d: LazyNormClass<BatchNorm1d> = lazyNorm('LazyBatchNorm1d', BatchNorm1d);
export type LazyBatchNorm1d = BatchNorm1d;

/** A {@link BatchNorm2d} whose `num_features` the first input tells. */
export const LazyBatchNorm2d: LazyNormClass<BatchNorm2d> = lazyNorm('LazyBatchNorm2d', BatchNorm2d);
export type LazyBatchNorm2d = BatchNorm2d;

/** A {@link BatchNorm3d} whose `num_features` the first input tells. */
export const LazyBatchNorm3d: LazyNormClass<BatchNorm3d> = lazyNorm('LazyBatchNorm3d', BatchNorm3d);
export type LazyBatchNorm3d = BatchNorm3d;

/** An {@link InstanceNorm1d} whose `num_features` the first input tells. */
export const LazyInstanceNorm1d: LazyNormClass<InstanceNorm1d> = lazyNorm('LazyInstanceNorm1d', InstanceNorm1d);
export type LazyInstanceNorm1d = InstanceNorm1d;

/** An {@link InstanceNorm2d} whose `num_features` the first input tells. */
export const LazyInstanceNorm2d: LazyNormClass<InstanceNorm2d> = lazyNorm('LazyInstanceNorm2d', InstanceNorm2d);
export type LazyInstanceNorm2d = InstanceNorm2d;

/** An {@link InstanceNorm3d} whose `num_features` the first input tells. */
export const LazyInstanceNorm3d: LazyNormClass<InstanceNorm3d> = lazyNorm('LazyInstanceNorm3d', InstanceNorm3d);
export type LazyInstanceNorm3d = InstanceNorm3d;
