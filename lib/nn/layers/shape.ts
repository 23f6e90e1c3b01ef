/** Layers that change sizes (pixel shuffling, resizing, windows), and distances between pairs of vectors. */
import { callShape, readCall } from '../../base/positional.js';
import { invalidValue } from '../../base/errors.js';
import type { Tensor } from '../../tensor/tensor.js';
import { op } from '../../tensor/call.js';
import { type InterpolateMode, type InterpolateOptions, interpolate } from '../interpolate.js';
import { Module } from '../module.js';
import { fields, plain } from '../print.js';
import { checkInteger, type Size, sizeAsGiven, sizes } from './layer.js';

/** Turns `[N, C r², H, W]` into `[N, C, H r, W r]`. */
export class PixelShuffle extends Module {
  declare upscale_factor: number;

  constructor(upscale_factor: number) {
    super();
    this.upscale_factor = checkInteger(upscale_factor, 'upscale_factor');
  }

  override forward(input: Tensor): Tensor {
    return op('pixel_shuffle', input, this.upscale_factor);
  }

  override extra_repr(): string {
    return fields(this, 'upscale_factor');
  }
}

/** Turns `[N, C, H r, W r]` into `[N, C r², H, W]`. */
export class PixelUnshuffle extends Module {
  declare downscale_factor: number;

  constructor(downscale_factor: number) {
    super();
    this.downscale_factor = checkInteger(downscale_factor, 'downscale_factor');
  }

  override forward(input: Tensor): Tensor {
    return op('pixel_unshuffle', input, this.downscale_factor);
  }

  override extra_repr(): string {
    return fields(this, 'downscale_factor');
  }
}

/** Interleaves the channels of the groups. */
export class ChannelShuffle extends Module {
  declare groups: number;

  constructor(groups: number) {
    super();
    this.groups = checkInteger(groups, 'groups');
  }

  override forward(input: Tensor): Tensor {
    return op('channel_shuffle', input, this.groups);
  }

  override extra_repr(): string {
    return fields(this, 'groups');
  }
}

/** Options of {@link Upsample}. */
export interface UpsampleOptions extends Omit<InterpolateOptions, 'antialias'> {}

const UPSAMPLE = callShape('Upsample', 'size?, scale_factor?, mode?, align_corners?, recompute_scale_factor?');
const NEAREST = callShape('UpsamplingNearest2d', 'size?, scale_factor?');
const BILINEAR = callShape('UpsamplingBilinear2d', 'size?, scale_factor?');

/** Resizes images, sequences and volumes, `[N, C, ...]`. */
export class Upsample extends Module {
  declare size: Size | null;
  declare scale_factor: Size | null;
  declare mode: InterpolateMode;
  declare align_corners: boolean | null;
  declare recompute_scale_factor: boolean | null;

  constructor(
    size?: Size | null | UpsampleOptions,
    scale_factor?: Size | null | UpsampleOptions,
    mode?: InterpolateMode | UpsampleOptions,
    align_corners?: boolean | null | UpsampleOptions,
    options?: UpsampleOptions,
  );
  constructor(...args: unknown[]) {
    super();
    const given = readCall<UpsampleOptions>(UPSAMPLE, args);
    this.size = given.size ?? null;
    this.scale_factor = given.scale_factor ?? null;
    this.mode = given.mode ?? 'nearest';
    this.align_corners = given.align_corners ?? null;
    this.recompute_scale_factor = given.recompute_scale_factor ?? null;
  }

  override forward(input: Tensor): Tensor {
    const { size, scale_factor, mode, align_corners, recompute_scale_factor } = this;
    return interpolate(input, { size, scale_factor, mode, align_corners, recompute_scale_factor });
  }

  override extra_repr(): string {
    const { size, scale_factor, mode } = this;
    const which = scale_factor === null ? `size=${plain(size)}` : `scale_factor=${floats(scale_factor)}`;
    return `${which}, mode='${mode}'`;
  }
}

function floats(value: Size): string {
  const one = (item: number) => (Number.isInteger(item) ? `${item}.0` : String(item));
  if (typeof value === 'number') return one(value);
  return `(${value.map(one).join(', ')}${value.length === 1 ? ',' : ''})`;
}

/** Options of the upsampling layers for images. */
export interface Upsampling2dOptions {
  size?: Size | null | undefined;
  scale_factor?: Size | null | undefined;
}

/** Resizes images by nearest-neighbour interpolation. */
export class UpsamplingNearest2d extends Upsample {
  constructor(size?: Size | null | Upsampling2dOptions, scale_factor?: Size | null | Upsampling2dOptions);
  constructor(...args: unknown[]) {
    super({ ...readCall<Upsampling2dOptions>(NEAREST, args), mode: 'nearest' });
  }
}

/** Resizes images by bilinear interpolation with aligned corners. */
export class UpsamplingBilinear2d extends Upsample {
  constructor(size?: Size | null | Upsampling2dOptions, scale_factor?: Size | null | Upsampling2dOptions);
  constructor(...args: unknown[]) {
    super({ ...readCall<Upsampling2dOptions>(BILINEAR, args), mode: 'bilinear', align_corners: true });
  }
}

/** Options of {@link Unfold} and {@link Fold}. */
export interface FoldOptions {
  kernel_size?: Size | undefined;
  /** Default 1. */
  dilation?: Size | undefined;
  /** Default 0. */
  padding?: Size | undefined;
  /** Default 1. */
  stride?: Size | undefined;
}

const UNFOLD = callShape('Unfold', 'kernel_size, dilation?, padding?, stride?');
const FOLD = callShape('Fold', 'output_size, kernel_size, dilation?, padding?, stride?');

/** The windows of an image, as columns. */
export class Unfold extends Module {
  declare kernel_size: Size;
  declare dilation: Size;
  declare padding: Size;
  declare stride: Size;

  constructor(
    kernel_size: Size | FoldOptions,
    dilation?: Size | FoldOptions,
    padding?: Size | FoldOptions,
    stride?: Size | FoldOptions,
    options?: FoldOptions,
  );
  constructor(...args: unknown[]) {
    super();
    const given = readCall<FoldOptions>(UNFOLD, args);
    this.kernel_size = sizeAsGiven(given.kernel_size, 'kernel_size');
    this.dilation = sizeAsGiven(given.dilation ?? 1, 'dilation');
    this.padding = sizeAsGiven(given.padding ?? 0, 'padding');
    this.stride = sizeAsGiven(given.stride ?? 1, 'stride');
  }

  override forward(input: Tensor): Tensor {
    const pair = (value: Size, name: string) => sizes(value, 2, name);
    const { kernel_size, dilation, padding, stride } = this;
    return op(
      'im2col',
      input,
      pair(kernel_size, 'kernel_size'),
      pair(dilation, 'dilation'),
      pair(padding, 'padding'),
      pair(stride, 'stride'),
    );
  }

  override extra_repr(): string {
    return fields(this, 'kernel_size', 'dilation', 'padding', 'stride');
  }
}

/** Reassembles an image from its windows, given as columns; overlapping windows are summed. */
export class Fold extends Module {
  declare output_size: Size;
  declare kernel_size: Size;
  declare dilation: Size;
  declare padding: Size;
  declare stride: Size;

  constructor(
    output_size: Size,
    kernel_size: Size | FoldOptions,
    dilation?: Size | FoldOptions,
    padding?: Size | FoldOptions,
    stride?: Size | FoldOptions,
    options?: FoldOptions,
  );
  /** All by name. */
  constructor(options: FoldOptions & { output_size: Size; kernel_size: Size });
  constructor(...args: unknown[]) {
    super();
    const given = readCall<FoldOptions & { output_size: Size }>(FOLD, args);
    this.output_size = sizeAsGiven(given.output_size, 'output_size');
    this.kernel_size = sizeAsGiven(given.kernel_size, 'kernel_size');
    this.dilation = sizeAsGiven(given.dilation ?? 1, 'dilation');
    this.padding = sizeAsGiven(given.padding ?? 0, 'padding');
    this.stride = sizeAsGiven(given.stride ?? 1, 'stride');
  }

  override forward(input: Tensor): Tensor {
    const pair = (value: Size, name: string) => sizes(value, 2, name);
    const { output_size, kernel_size, dilation, padding, stride } = this;
    const windows = [
      pair(kernel_size, 'kernel_size'),
      pair(dilation, 'dilation'),
      pair(padding, 'padding'),
      pair(stride, 'stride'),
    ];
    return op('col2im', input, pair(output_size, 'output_size'), ...windows);
  }

  override extra_repr(): string {
    return fields(this, 'output_size', 'kernel_size', 'dilation', 'padding', 'stride');
  }
}

/** Options of {@link CosineSimilarity}. */
export interface CosineSimilarityOptions {
  /** Default 1. */
  dim?: number | undefined;
  /** The lower bound of the denominator. Default 1e-8. */
  eps?: number | undefined;
}

const COSINE = callShape('CosineSimilarity', 'dim?, eps?');

/** The cosine similarity of pairs of vectors along `dim`. */
export class CosineSimilarity extends Module {
  declare dim: number;
  declare eps: number;

  constructor(dim?: number | CosineSimilarityOptions, eps?: number | CosineSimilarityOptions);
  constructor(...args: unknown[]) {
    super();
    const { dim = 1, eps = 1e-8 } = readCall<CosineSimilarityOptions>(COSINE, args);
    this.dim = checkInteger(dim, 'dim');
    this.eps = eps;
  }

  override forward(x1: Tensor, x2: Tensor): Tensor {
    return op('cosine_similarity', x1, x2, this.dim, this.eps);
  }
}

/** Options of {@link PairwiseDistance}. */
export interface PairwiseDistanceOptions {
  /** The order of the norm. Default 2. */
  p?: number | undefined;
  /** Added to each difference. Default 1e-6. */
  eps?: number | undefined;
  /** Keep the last dimension with size 1. Default false. */
  keepdim?: boolean | undefined;
}

const PAIRWISE = callShape('PairwiseDistance', 'p?, eps?, keepdim?');

/** The distance between pairs of vectors along the last dimension. */
export class PairwiseDistance extends Module {
  declare norm: number;
  declare eps: number;
  declare keepdim: boolean;

  constructor(
    p?: number | PairwiseDistanceOptions,
    eps?: number | PairwiseDistanceOptions,
    keepdim?: boolean | PairwiseDistanceOptions,
  );
  constructor(...args: unknown[]) {
    super();
    const { p = 2, eps = 1e-6, keepdim = false } = readCall<PairwiseDistanceOptions>(PAIRWISE, args);
    if (typeof p !== 'number') throw invalidValue('p', 'a number', p);
    this.norm = p;
    this.eps = eps;
    this.keepdim = keepdim;
  }

  override forward(x1: Tensor, x2: Tensor): Tensor {
    return op('pairwise_distance', x1, x2, this.norm, this.eps, this.keepdim);
  }
}
