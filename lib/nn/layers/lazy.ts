/** Layers that learn from their first input how many features it has; then they are layers like any other. */
import { callShape, type CallShape, readCall } from '../../base/positional.js';
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

type ConvGiven = ConvOptions & { out_channels: number; kernel_size: Size };
type TransposeGiven = ConvTransposeOptions & { out_channels: number; kernel_size: Size };

const CONV = 'out_channels, kernel_size, stride?, padding?, dilation?, groups?, bias?, padding_mode?, device?, dtype?';
const TRANSPOSE =
  'out_channels, kernel_size, stride?, padding?, output_padding?, groups?, bias?, dilation?, padding_mode?, device?, dtype?';

/** Reads the arguments of a lazy convolution, of which `kernel_size` is needed. */
function readConv<T extends { kernel_size: Size; bias?: boolean | undefined }>(shape: CallShape, args: unknown[]) {
  const { bias = true, ...rest } = readCall<T>(shape, args);
  return { bias, rest };
}

const shapes = {
  LazyConv1d: callShape('LazyConv1d', CONV),
  LazyConv2d: callShape('LazyConv2d', CONV),
  LazyConv3d: callShape('LazyConv3d', CONV),
  LazyConvTranspose1d: callShape('LazyConvTranspose1d', TRANSPOSE),
  LazyConvTranspose2d: callShape('LazyConvTranspose2d', TRANSPOSE),
  LazyConvTranspose3d: callShape('LazyConvTranspose3d', TRANSPOSE),
};

/** A {@link Conv1d} whose `in_channels` the first input tells. */
export class LazyConv1d extends Conv1d {
  constructor(
    out_channels: number,
    kernel_size: Size | ConvOptions,
    stride?: Size | ConvOptions,
    padding?: Size | 'same' | 'valid' | ConvOptions,
    options?: ConvOptions,
  );
  /** All by name. */
  constructor(options: ConvOptions & { out_channels: number; kernel_size: Size });
  constructor(...args: unknown[]) {
    const { bias, rest } = readConv<ConvGiven>(shapes.LazyConv1d, args);
    const { out_channels, kernel_size, ...options } = rest;
    super(0, out_channels, kernel_size, { ...options, bias: false });
    prepareConv(this, options, bias);
  }

  override reset_parameters(): void {
    if (this.in_channels !== 0) super.reset_parameters();
  }

  override forward(...args: Parameters<Conv1d['forward']>): Tensor {
    startConv(this, Conv1d.prototype, args[0]);
    return this.forward(...args);
  }
}

/** A {@link Conv2d} whose `in_channels` the first input tells. */
export class LazyConv2d extends Conv2d {
  constructor(
    out_channels: number,
    kernel_size: Size | ConvOptions,
    stride?: Size | ConvOptions,
    padding?: Size | 'same' | 'valid' | ConvOptions,
    options?: ConvOptions,
  );
  /** All by name. */
  constructor(options: ConvOptions & { out_channels: number; kernel_size: Size });
  constructor(...args: unknown[]) {
    const { bias, rest } = readConv<ConvGiven>(shapes.LazyConv2d, args);
    const { out_channels, kernel_size, ...options } = rest;
    super(0, out_channels, kernel_size, { ...options, bias: false });
    prepareConv(this, options, bias);
  }

  override reset_parameters(): void {
    if (this.in_channels !== 0) super.reset_parameters();
  }

  override forward(...args: Parameters<Conv2d['forward']>): Tensor {
    startConv(this, Conv2d.prototype, args[0]);
    return this.forward(...args);
  }
}

/** A {@link Conv3d} whose `in_channels` the first input tells. */
export class LazyConv3d extends Conv3d {
  constructor(
    out_channels: number,
    kernel_size: Size | ConvOptions,
    stride?: Size | ConvOptions,
    padding?: Size | 'same' | 'valid' | ConvOptions,
    options?: ConvOptions,
  );
  /** All by name. */
  constructor(options: ConvOptions & { out_channels: number; kernel_size: Size });
  constructor(...args: unknown[]) {
    const { bias, rest } = readConv<ConvGiven>(shapes.LazyConv3d, args);
    const { out_channels, kernel_size, ...options } = rest;
    super(0, out_channels, kernel_size, { ...options, bias: false });
    prepareConv(this, options, bias);
  }

  override reset_parameters(): void {
    if (this.in_channels !== 0) super.reset_parameters();
  }

  override forward(...args: Parameters<Conv3d['forward']>): Tensor {
    startConv(this, Conv3d.prototype, args[0]);
    return this.forward(...args);
  }
}

/** A {@link ConvTranspose1d} whose `in_channels` the first input tells. */
export class LazyConvTranspose1d extends ConvTranspose1d {
  constructor(
    out_channels: number,
    kernel_size: Size | ConvTransposeOptions,
    stride?: Size | ConvTransposeOptions,
    padding?: Size | ConvTransposeOptions,
    options?: ConvTransposeOptions,
  );
  /** All by name. */
  constructor(options: ConvTransposeOptions & { out_channels: number; kernel_size: Size });
  constructor(...args: unknown[]) {
    const { bias, rest } = readConv<TransposeGiven>(shapes.LazyConvTranspose1d, args);
    const { out_channels, kernel_size, ...options } = rest;
    super(0, out_channels, kernel_size, { ...options, bias: false });
    prepareConv(this, options, bias);
  }

  override reset_parameters(): void {
    if (this.in_channels !== 0) super.reset_parameters();
  }

  override forward(...args: Parameters<ConvTranspose1d['forward']>): Tensor {
    startConv(this, ConvTranspose1d.prototype, args[0]);
    return this.forward(...args);
  }
}

/** A {@link ConvTranspose2d} whose `in_channels` the first input tells. */
export class LazyConvTranspose2d extends ConvTranspose2d {
  constructor(
    out_channels: number,
    kernel_size: Size | ConvTransposeOptions,
    stride?: Size | ConvTransposeOptions,
    padding?: Size | ConvTransposeOptions,
    options?: ConvTransposeOptions,
  );
  /** All by name. */
  constructor(options: ConvTransposeOptions & { out_channels: number; kernel_size: Size });
  constructor(...args: unknown[]) {
    const { bias, rest } = readConv<TransposeGiven>(shapes.LazyConvTranspose2d, args);
    const { out_channels, kernel_size, ...options } = rest;
    super(0, out_channels, kernel_size, { ...options, bias: false });
    prepareConv(this, options, bias);
  }

  override reset_parameters(): void {
    if (this.in_channels !== 0) super.reset_parameters();
  }

  override forward(...args: Parameters<ConvTranspose2d['forward']>): Tensor {
    startConv(this, ConvTranspose2d.prototype, args[0]);
    return this.forward(...args);
  }
}

/** A {@link ConvTranspose3d} whose `in_channels` the first input tells. */
export class LazyConvTranspose3d extends ConvTranspose3d {
  constructor(
    out_channels: number,
    kernel_size: Size | ConvTransposeOptions,
    stride?: Size | ConvTransposeOptions,
    padding?: Size | ConvTransposeOptions,
    options?: ConvTransposeOptions,
  );
  /** All by name. */
  constructor(options: ConvTransposeOptions & { out_channels: number; kernel_size: Size });
  constructor(...args: unknown[]) {
    const { bias, rest } = readConv<TransposeGiven>(shapes.LazyConvTranspose3d, args);
    const { out_channels, kernel_size, ...options } = rest;
    super(0, out_channels, kernel_size, { ...options, bias: false });
    prepareConv(this, options, bias);
  }

  override reset_parameters(): void {
    if (this.in_channels !== 0) super.reset_parameters();
  }

  override forward(...args: Parameters<ConvTranspose3d['forward']>): Tensor {
    startConv(this, ConvTranspose3d.prototype, args[0]);
    return this.forward(...args);
  }
}

/** What lazy norms have. */
interface LazyNorm extends Module {
  num_features: number;
  weight: MaybeParameter;
  bias: MaybeParameter;
  running_mean: Tensor | null;
  running_var: Tensor | null;
  reset_parameters(): void;
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

const BATCHNORM1D = callShape('LazyBatchNorm1d', NORM);

/** A {@link BatchNorm1d} whose `num_features` the first input tells. */
export class LazyBatchNorm1d extends BatchNorm1d {
  constructor(
    eps?: number | NormOptions,
    momentum?: number | null | NormOptions,
    affine?: boolean | NormOptions,
    track_running_stats?: boolean | NormOptions,
    options?: NormOptions,
  );
  constructor(...args: unknown[]) {
    const given = readCall<NormOptions>(BATCHNORM1D, args);
    super(0, { affine: true, track_running_stats: true, ...given });
    prepareNorm(this, given);
  }

  override reset_parameters(): void {
    if (this.num_features !== 0) super.reset_parameters();
  }

  override forward(input: Tensor): Tensor {
    startNorm(this, BatchNorm1d.prototype, input);
    return this.forward(input);
  }
}

const BATCHNORM2D = callShape('LazyBatchNorm2d', NORM);

/** A {@link BatchNorm2d} whose `num_features` the first input tells. */
export class LazyBatchNorm2d extends BatchNorm2d {
  constructor(
    eps?: number | NormOptions,
    momentum?: number | null | NormOptions,
    affine?: boolean | NormOptions,
    track_running_stats?: boolean | NormOptions,
    options?: NormOptions,
  );
  constructor(...args: unknown[]) {
    const given = readCall<NormOptions>(BATCHNORM2D, args);
    super(0, { affine: true, track_running_stats: true, ...given });
    prepareNorm(this, given);
  }

  override reset_parameters(): void {
    if (this.num_features !== 0) super.reset_parameters();
  }

  override forward(input: Tensor): Tensor {
    startNorm(this, BatchNorm2d.prototype, input);
    return this.forward(input);
  }
}

const BATCHNORM3D = callShape('LazyBatchNorm3d', NORM);

/** A {@link BatchNorm3d} whose `num_features` the first input tells. */
export class LazyBatchNorm3d extends BatchNorm3d {
  constructor(
    eps?: number | NormOptions,
    momentum?: number | null | NormOptions,
    affine?: boolean | NormOptions,
    track_running_stats?: boolean | NormOptions,
    options?: NormOptions,
  );
  constructor(...args: unknown[]) {
    const given = readCall<NormOptions>(BATCHNORM3D, args);
    super(0, { affine: true, track_running_stats: true, ...given });
    prepareNorm(this, given);
  }

  override reset_parameters(): void {
    if (this.num_features !== 0) super.reset_parameters();
  }

  override forward(input: Tensor): Tensor {
    startNorm(this, BatchNorm3d.prototype, input);
    return this.forward(input);
  }
}

const INSTANCENORM1D = callShape('LazyInstanceNorm1d', NORM);

/** An {@link InstanceNorm1d} whose `num_features` the first input tells. */
export class LazyInstanceNorm1d extends InstanceNorm1d {
  constructor(
    eps?: number | NormOptions,
    momentum?: number | null | NormOptions,
    affine?: boolean | NormOptions,
    track_running_stats?: boolean | NormOptions,
    options?: NormOptions,
  );
  constructor(...args: unknown[]) {
    const given = readCall<NormOptions>(INSTANCENORM1D, args);
    super(0, { affine: true, track_running_stats: true, ...given });
    prepareNorm(this, given);
  }

  override reset_parameters(): void {
    if (this.num_features !== 0) super.reset_parameters();
  }

  override forward(input: Tensor): Tensor {
    startNorm(this, InstanceNorm1d.prototype, input);
    return this.forward(input);
  }
}

const INSTANCENORM2D = callShape('LazyInstanceNorm2d', NORM);

/** An {@link InstanceNorm2d} whose `num_features` the first input tells. */
export class LazyInstanceNorm2d extends InstanceNorm2d {
  constructor(
    eps?: number | NormOptions,
    momentum?: number | null | NormOptions,
    affine?: boolean | NormOptions,
    track_running_stats?: boolean | NormOptions,
    options?: NormOptions,
  );
  constructor(...args: unknown[]) {
    const given = readCall<NormOptions>(INSTANCENORM2D, args);
    super(0, { affine: true, track_running_stats: true, ...given });
    prepareNorm(this, given);
  }

  override reset_parameters(): void {
    if (this.num_features !== 0) super.reset_parameters();
  }

  override forward(input: Tensor): Tensor {
    startNorm(this, InstanceNorm2d.prototype, input);
    return this.forward(input);
  }
}

const INSTANCENORM3D = callShape('LazyInstanceNorm3d', NORM);

/** An {@link InstanceNorm3d} whose `num_features` the first input tells. */
export class LazyInstanceNorm3d extends InstanceNorm3d {
  constructor(
    eps?: number | NormOptions,
    momentum?: number | null | NormOptions,
    affine?: boolean | NormOptions,
    track_running_stats?: boolean | NormOptions,
    options?: NormOptions,
  );
  constructor(...args: unknown[]) {
    const given = readCall<NormOptions>(INSTANCENORM3D, args);
    super(0, { affine: true, track_running_stats: true, ...given });
    prepareNorm(this, given);
  }

  override reset_parameters(): void {
    if (this.num_features !== 0) super.reset_parameters();
  }

  override forward(input: Tensor): Tensor {
    startNorm(this, InstanceNorm3d.prototype, input);
    return this.forward(input);
  }
}
