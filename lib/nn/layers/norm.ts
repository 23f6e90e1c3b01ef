/** Layer norm, RMS norm, group norm and local response norm. */
import { callShape, readCall } from '../../base/positional.js';
import { invalidValue } from '../../base/errors.js';
import { behaviour, requireChange } from '../../addon/versions.js';
import type { Tensor } from '../../tensor/tensor.js';
import { op } from '../../tensor/call.js';
import { Module } from '../module.js';
import type { MaybeParameter } from '../parameter.js';
import { fields, float, plain } from '../print.js';
import { checkBatch, checkInput, checkInteger, type FactoryOptions, parameter, sizeAsGiven } from './layer.js';

/** Options of {@link LayerNorm}. */
export interface LayerNormOptions extends FactoryOptions {
  /** Added to the variance. Default 1e-5. */
  eps?: number | undefined;
  /** Learn a scale and, unless `bias` is false, a shift for each element. Default true. */
  elementwise_affine?: boolean | undefined;
  /** Default true. */
  bias?: boolean | undefined;
}

const LAYER = callShape('LayerNorm', 'normalized_shape, eps?, elementwise_affine?, bias?, device?, dtype?');

function trailing(shape: unknown): readonly number[] {
  const given = sizeAsGiven(shape, 'normalized_shape');
  return typeof given === 'number' ? [given] : given;
}

/** Normalizes to mean 0 and variance 1 over the last dimensions, `normalized_shape`. */
export class LayerNorm extends Module {
  declare normalized_shape: readonly number[];
  declare eps: number;
  declare elementwise_affine: boolean;
  declare weight: MaybeParameter;
  declare bias: MaybeParameter;

  constructor(
    normalized_shape: number | readonly number[],
    eps?: number | LayerNormOptions,
    elementwise_affine?: boolean | LayerNormOptions,
    bias?: boolean | LayerNormOptions,
    options?: LayerNormOptions,
  );
  /** All by name. */
  constructor(options: LayerNormOptions & { normalized_shape: number | readonly number[] });
  constructor(...args: unknown[]) {
    super();
    const given = readCall<LayerNormOptions & { normalized_shape: unknown }>(LAYER, args);
    const { eps = 1e-5, elementwise_affine = true, bias = true } = given;
    this.normalized_shape = trailing(given.normalized_shape);
    this.eps = eps;
    this.elementwise_affine = elementwise_affine;
    this.weight = elementwise_affine ? parameter(this.normalized_shape, given, 'ones') : null;
    this.bias = elementwise_affine && bias ? parameter(this.normalized_shape, given, 'zeros') : null;
  }

  override forward(input: Tensor): Tensor {
    return op('layer_norm', input, this.normalized_shape, this.weight, this.bias, this.eps, true);
  }

  override extra_repr(): string {
    const { normalized_shape, bias } = this;
    const hasBias = behaviour().normsHaveBias ? `, bias=${plain(bias !== null)}` : '';
    return `${plain(normalized_shape)}, ${fields(this, 'eps', 'elementwise_affine')}${hasBias}`;
  }
}

/** Options of {@link RMSNorm}. */
export interface RMSNormOptions extends FactoryOptions {
  /** Added to the mean square. Default: the machine epsilon of the dtype. */
  eps?: number | null | undefined;
  /** Learn a scale for each element. Default true. */
  elementwise_affine?: boolean | undefined;
}

const RMS = callShape('RMSNorm', 'normalized_shape, eps?, elementwise_affine?, device?, dtype?');

/** Divides by the root mean square over the last dimensions. PyTorch 2.4 and newer. */
export class RMSNorm extends Module {
  declare normalized_shape: readonly number[];
  declare eps: number | null;
  declare elementwise_affine: boolean;
  declare weight: MaybeParameter;

  constructor(
    normalized_shape: number | readonly number[],
    eps?: number | null | RMSNormOptions,
    elementwise_affine?: boolean | RMSNormOptions,
    options?: RMSNormOptions,
  );
  /** All by name. */
  constructor(options: RMSNormOptions & { normalized_shape: number | readonly number[] });
  constructor(...args: unknown[]) {
    super();
    requireChange('hasRmsNorm', 'RMSNorm');
    const given = readCall<RMSNormOptions & { normalized_shape: unknown }>(RMS, args);
    const { eps = null, elementwise_affine = true } = given;
    this.normalized_shape = trailing(given.normalized_shape);
    this.eps = eps;
    this.elementwise_affine = elementwise_affine;
    this.weight = elementwise_affine ? parameter(this.normalized_shape, given, 'ones') : null;
  }

  override forward(input: Tensor): Tensor {
    return op('rms_norm', input, this.normalized_shape, this.weight, this.eps);
  }

  override extra_repr(): string {
    return `${plain(this.normalized_shape)}, ${fields(this, 'eps', 'elementwise_affine')}`;
  }
}

/** Options of {@link GroupNorm}. */
export interface GroupNormOptions extends FactoryOptions {
  /** Added to the variance. Default 1e-5. */
  eps?: number | undefined;
  /** Learn a scale and, unless `bias` is false, a shift for each channel. Default true. */
  affine?: boolean | undefined;
  /** Default true. */
  bias?: boolean | undefined;
}

const GROUP = callShape('GroupNorm', 'num_groups, num_channels, eps?, affine?, device?, dtype?, bias?');

/** Normalizes each group of channels of each sample to mean 0 and variance 1. */
export class GroupNorm extends Module {
  declare num_groups: number;
  declare num_channels: number;
  declare eps: number;
  declare affine: boolean;
  declare weight: MaybeParameter;
  declare bias: MaybeParameter;

  constructor(
    num_groups: number,
    num_channels: number,
    eps?: number | GroupNormOptions,
    affine?: boolean | GroupNormOptions,
    options?: GroupNormOptions,
  );
  /** All by name. */
  constructor(options: GroupNormOptions & { num_groups: number; num_channels: number });
  constructor(...args: unknown[]) {
    super();
    const given = readCall<GroupNormOptions & { num_groups: number; num_channels: number }>(GROUP, args);
    const { num_groups, num_channels, eps = 1e-5, affine = true, bias = true } = given;
    if (checkInteger(num_groups, 'num_groups') <= 0) throw invalidValue('num_groups', 'a positive integer', num_groups);
    if (checkInteger(num_channels, 'num_channels') % num_groups !== 0) {
      throw invalidValue('num_channels', `a multiple of num_groups, ${num_groups}`, num_channels);
    }
    Object.assign(this, { num_groups, num_channels, eps, affine });
    this.weight = affine ? parameter([num_channels], given, 'ones') : null;
    this.bias = affine && bias ? parameter([num_channels], given, 'zeros') : null;
  }

  override forward(input: Tensor): Tensor {
    checkInput(input);
    const shape = input.shape as readonly number[];
    const [batch, channels, ...rest] = shape;
    if (channels === undefined) throw invalidValue('input', 'at least 2 dimensions', shape.length);
    const { num_groups, weight, bias, eps } = this;
    checkBatch([Math.floor(((batch as number) * channels) / num_groups), num_groups, ...rest]);
    return op('group_norm', input, num_groups, weight, bias, eps, true);
  }

  override extra_repr(): string {
    const hasBias = behaviour().normsHaveBias ? `, bias=${plain(this.bias !== null)}` : '';
    return `${this.num_groups}, ${this.num_channels}, ${fields(this, 'eps', 'affine')}${hasBias}`;
  }
}

/** Options of {@link LocalResponseNorm}. */
export interface LocalResponseNormOptions {
  /** Default 1e-4. */
  alpha?: number | undefined;
  /** Default 0.75. */
  beta?: number | undefined;
  /** Default 1. */
  k?: number | undefined;
}

const LOCAL = callShape('LocalResponseNorm', 'size, alpha?, beta?, k?');

/** Divides by `(k + alpha · m) ^ beta`, where `m` is the mean of the squares over `size` neighbouring channels. */
export class LocalResponseNorm extends Module {
  declare size: number;
  declare alpha: number;
  declare beta: number;
  declare k: number;

  constructor(
    size: number,
    alpha?: number | LocalResponseNormOptions,
    beta?: number | LocalResponseNormOptions,
    k?: number | LocalResponseNormOptions,
    options?: LocalResponseNormOptions,
  );
  /** All by name. */
  constructor(options: LocalResponseNormOptions & { size: number });
  constructor(...args: unknown[]) {
    super();
    const given = readCall<LocalResponseNormOptions & { size: number }>(LOCAL, args);
    this.size = checkInteger(given.size, 'size');
    this.alpha = given.alpha ?? 1e-4;
    this.beta = given.beta ?? 0.75;
    this.k = given.k ?? 1;
  }

  override forward(input: Tensor): Tensor {
    checkInput(input);
    const shape = input.shape as readonly number[];
    if (shape.length < 3) throw invalidValue('input', 'at least 3 dimensions', shape.length);
    if (input.numel() === 0) return input;
    const { size, alpha, beta, k } = this;
    const [before, after] = [Math.floor(size / 2), Math.floor((size - 1) / 2)];
    const squares = op('mul', input, input);
    let means: Tensor;
    if (shape.length === 3) {
      const padded = op('pad', op('unsqueeze', squares, 1), [0, 0, before, after]);
      means = op('squeeze', op('avg_pool2d', padded, [size, 1], 1), 1);
    } else {
      const [batch, channels, height] = shape as [number, number, number];
      const padded = op('pad', op('view', squares, [batch, 1, channels, height, -1]), [0, 0, 0, 0, before, after]);
      means = op('view', op('squeeze', op('avg_pool3d', padded, [size, 1, 1], 1), 1), shape);
    }
    return op('div', input, op('pow', op('add', op('mul', means, alpha), k), beta));
  }

  override extra_repr(): string {
    return `${this.size}, ${fields(this, 'alpha', 'beta')}, k=${float(this.k)}`;
  }
}
