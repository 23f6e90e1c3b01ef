/** Resizing images in `torch.nn.functional`, composed as in Python. */
import { ArgumentRangeError, invalidType, invalidValue, TorchError } from '../../base/errors.js';
import { isArray } from '../../base/plain_object.js';
import { warnOnce } from '../../base/warnings.js';
import { markOf } from '../scalar.js';
import type { Tensor } from '../tensor.js';
import { type Body, checkTensorArgument, step } from './steps.js';

type Sizes = number | readonly number[] | null;

/** The operator of each mode, by the number of input dimensions. */
const OPERATORS: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  nearest: { 3: 'upsample_nearest1d.vec', 4: 'upsample_nearest2d.vec', 5: 'upsample_nearest3d.vec' },
  'nearest-exact': {
    3: '_upsample_nearest_exact1d.vec',
    4: '_upsample_nearest_exact2d.vec',
    5: '_upsample_nearest_exact3d.vec',
  },
  area: { 3: 'adaptive_avg_pool1d', 4: 'adaptive_avg_pool2d', 5: 'adaptive_avg_pool3d' },
  linear: { 3: 'upsample_linear1d.vec' },
  bilinear: { 4: 'upsample_bilinear2d.vec' },
  trilinear: { 5: 'upsample_trilinear3d.vec' },
  bicubic: { 4: 'upsample_bicubic2d.vec' },
  lanczos: { 4: '_upsample_lanczos2d_aa.vec' },
};
const SMOOTHED: Readonly<Record<string, string>> = {
  bilinear: '_upsample_bilinear2d_aa.vec',
  bicubic: '_upsample_bicubic2d_aa.vec',
  lanczos: '_upsample_lanczos2d_aa.vec',
};

/** One value for each spatial dimension. */
function spread(value: Sizes, dims: number, parameter: string): number[] | null {
  if (value === null) return null;
  if (isArray(value) && value.length !== dims)
    throw invalidValue(parameter, `one number or ${dims}, one for each spatial dimension`, value);
  const numbers = (isArray(value) ? Array.from(value) : [value]).map((item: unknown) => {
    const mark = markOf(item);
    const number = mark?.length === 1 ? mark[0] : item;
    if (typeof number !== 'number') throw invalidType(parameter, 'a number or an array of them', item);
    return number;
  });
  return isArray(value) ? numbers : Array<number>(Math.max(0, dims)).fill(numbers[0] as number);
}

function interpolate(
  input: Tensor,
  size: Sizes,
  scale_factor: Sizes,
  mode: string,
  align_corners: boolean | null,
  recompute_scale_factor: boolean | null,
  antialias: boolean,
) {
  checkTensorArgument(input, 'input');
  const plain = mode === 'nearest' || mode === 'area' || mode === 'nearest-exact';
  if (plain && align_corners !== null) {
    throw invalidValue(
      'align_corners',
      'nothing, as for modes that do not interpolate between elements',
      align_corners,
    );
  }
  const shape = input.shape as number[];
  const dims = shape.length - 2;
  if (size !== null && scale_factor !== null)
    throw invalidValue('scale_factor', 'only one of size or scale_factor', scale_factor);
  if (size === null && scale_factor === null) throw invalidValue('size', 'it or scale_factor', null);
  let sizes = spread(size, dims, 'size');
  let factors = spread(scale_factor, dims, 'scale_factor');
  if (sizes?.some((item) => !Number.isInteger(item))) throw invalidType('size', 'integers', size);
  if (recompute_scale_factor === true && size !== null) {
    throw invalidValue('recompute_scale_factor', 'nothing together with an explicit size', recompute_scale_factor);
  }
  if ((recompute_scale_factor === true || (mode === 'area' && sizes === null)) && factors !== null) {
    sizes = factors.map((factor, d) => Math.trunc((shape[d + 2] as number) * factor));
    factors = null;
  }
  if (antialias && !(mode in SMOOTHED && shape.length === 4)) {
    throw invalidValue('antialias', 'false but for 4-D inputs in the modes bilinear, bicubic and lanczos', antialias);
  }
  const operator = antialias ? SMOOTHED[mode] : OPERATORS[mode]?.[shape.length];
  if (operator === undefined) {
    throw new TorchError(
      'ERR_NOT_IMPLEMENTED',
      `interpolate takes 3-D, 4-D and 5-D inputs, each in the modes for it: got a ${shape.length}-D input and mode '${mode}'`,
    );
  }
  if (mode === 'lanczos' && !antialias) throw invalidValue('antialias', 'true in the mode lanczos', antialias);
  if (mode === 'area') return step(operator, input, sizes);
  if (plain) return step(operator, input, sizes, factors);
  return step(operator, input, sizes, align_corners ?? false, factors);
}

const CORNERS =
  'Default grid_sample and affine_grid behavior has changed to align_corners=False since 1.3.0. Please specify align_corners=True if the old behavior is desired.';

function oneOf(value: string, names: readonly string[], parameter: string): number {
  const index = names.indexOf(value);
  if (index < 0) throw invalidValue(parameter, names.map((name) => `'${name}'`).join(', '), value);
  return index;
}

export const resampling: Record<string, Body> = {
  interpolate,
  upsample: (input, size, scale_factor, mode, align_corners) =>
    interpolate(input, size, scale_factor, mode, align_corners, null, false),
  upsample_nearest: (input, size, scale_factor) => interpolate(input, size, scale_factor, 'nearest', null, null, false),
  upsample_bilinear: (input, size, scale_factor) =>
    interpolate(input, size, scale_factor, 'bilinear', true, null, false),
  pad: (input, pad, mode: string, value: number | null) => step('pad', input, pad, mode, value),
  grid_sample(input, grid, mode: string, padding_mode: string, align_corners: boolean | null) {
    const kind = oneOf(mode, ['bilinear', 'nearest', 'bicubic'], 'mode');
    const border = oneOf(padding_mode, ['zeros', 'border', 'reflection'], 'padding_mode');
    if (align_corners === null) warnOnce(CORNERS);
    return step('grid_sampler', input, grid, kind, border, align_corners ?? false);
  },
  affine_grid(theta: Tensor, size: readonly number[], align_corners: boolean | null) {
    checkTensorArgument(theta, 'theta');
    if (align_corners === null) warnOnce(CORNERS);
    if (!/float/.test(theta.dtype as string)) throw invalidValue('theta', 'a floating dtype', theta.dtype);
    if (!isArray(size) || !size.every((item) => Number.isInteger(item)))
      throw invalidType('size', 'an array of integers', size);
    const dims = size.length - 2;
    if (dims !== 2 && dims !== 3) {
      throw new TorchError(
        'ERR_NOT_IMPLEMENTED',
        `affine_grid only supports 4D and 5D sizes, got [${size.join(', ')}]`,
      );
    }
    const [, rows, columns] = theta.shape as number[];
    if (theta.dim() !== 3 || rows !== dims || columns !== dims + 1) {
      throw new ArgumentRangeError(
        'theta',
        `a batch of matrices of shape [N, ${dims}, ${dims + 1}]`,
        `[${(theta.shape as number[]).join(', ')}]`,
      );
    }
    if (size.some((length) => length <= 0))
      throw new ArgumentRangeError('size', 'positive sizes', `[${size.join(', ')}]`);
    return step('affine_grid_generator', theta, size, align_corners ?? false);
  },
};
