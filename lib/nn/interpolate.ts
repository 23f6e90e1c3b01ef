import { isTensor } from '../addon/handle.js';
import { ArgumentRangeError, ArgumentTypeError, describe, invalidValue, invalidType } from '../base/errors.js';
import type { Tensor } from '../tensor/tensor.js';
import { op, type Value } from '../tensor/call.js';

/** How values between the elements are computed. */
export type InterpolateMode = 'nearest' | 'nearest-exact' | 'linear' | 'bilinear' | 'bicubic' | 'trilinear' | 'area';

/** Options of {@link interpolate}. */
export interface InterpolateOptions {
  /** The output sizes of the dimensions after the channels. */
  size?: number | readonly number[] | null | undefined;
  /** Factors for these sizes, instead of `size`. */
  scale_factor?: number | readonly number[] | null | undefined;
  /** Default `'nearest'`. */
  mode?: InterpolateMode | undefined;
  /** Align the centers of the corner elements. Default false. */
  align_corners?: boolean | null | undefined;
  /** Compute the factors again from the resulting sizes. Default false. */
  recompute_scale_factor?: boolean | null | undefined;
  /** Apply antialiasing when an image is downsampled. Default false. */
  antialias?: boolean | undefined;
}

const LINES = { linear: 1, bilinear: 2, bicubic: 2, trilinear: 3 } as const;

/** Resizes `[N, C, ...]` with one, two or three dimensions after the channels. */
export function interpolate(input: Tensor, options: InterpolateOptions): Tensor {
  const { size, scale_factor, mode = 'nearest', recompute_scale_factor, antialias = false } = options;
  const corners = options.align_corners;
  if (!isTensor(input)) throw invalidType('input', 'a Tensor', input);
  const shape = input.shape as readonly number[];
  const dims = shape.length - 2;
  const isPlain = mode === 'nearest' || mode === 'nearest-exact' || mode === 'area';
  if (isPlain && corners != null) {
    throw invalidValue(
      'align_corners',
      "none, which is for mode 'linear', 'bilinear', 'bicubic' or 'trilinear'",
      corners,
    );
  }
  if (size != null && scale_factor != null) {
    throw new ArgumentTypeError('scale_factor', 'none together with size', describe(scale_factor));
  }
  if (size == null && scale_factor == null) {
    throw new ArgumentTypeError('size', 'a size, or a scale_factor', 'neither');
  }
  if (recompute_scale_factor && size != null) {
    throw invalidValue('recompute_scale_factor', 'false with a size', recompute_scale_factor);
  }
  let output = size == null ? null : spread(size, dims, 'size');
  let factors = scale_factor == null ? null : spread(scale_factor, dims, 'scale_factor');
  if (factors !== null && (recompute_scale_factor || mode === 'area')) {
    output = factors.map((factor, at) => Math.trunc((shape[at + 2] as number) * factor));
    factors = null;
  }
  if (antialias && !((mode === 'bilinear' || mode === 'bicubic') && shape.length === 4)) {
    throw invalidValue('antialias', "false but for images with mode 'bilinear' or 'bicubic'", antialias);
  }
  const rank = dims >= 1 && dims <= 3;
  const values: Value[] = [input, output];
  if (rank && mode === 'nearest') return op(`upsample_nearest${dims}d`, ...values, factors);
  if (rank && mode === 'nearest-exact') return op(`_upsample_nearest_exact${dims}d`, ...values, factors);
  if (rank && mode === 'area') return op(`adaptive_avg_pool${dims}d`, ...values);
  const wanted = LINES[mode as keyof typeof LINES] as number | undefined;
  if (rank && wanted === dims) {
    const name = antialias ? `_upsample_${mode}2d_aa` : `upsample_${mode}${dims}d`;
    return op(name, ...values, corners ?? false, factors);
  }
  if (rank && wanted !== undefined) {
    throw new ArgumentRangeError('input', `${wanted + 2} dimensions for mode '${mode}'`, String(shape.length));
  }
  const known = "'nearest', 'linear', 'bilinear', 'bicubic', 'trilinear', 'area' or 'nearest-exact'";
  throw invalidValue('mode', `${known}, with an input of 3, 4 or 5 dimensions`, mode);
}

function spread(value: number | readonly number[], dims: number, name: string): number[] {
  if (typeof value === 'number') return Array.from({ length: Math.max(0, dims) }, () => value);
  if (value.length !== dims) {
    throw new ArgumentRangeError(name, `${dims}, one for each dimension after the channels`, String(value.length));
  }
  return [...value];
}
