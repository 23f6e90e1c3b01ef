import { callShape, type CallShape, readCall } from '../../base/positional.js';
import { invalidValue } from '../../base/errors.js';
import { isArray } from '../../base/plain_object.js';
import type { Tensor } from '../../tensor/tensor.js';
import { composed } from '../../tensor/surface/bound.js';
import { Module } from '../module.js';
import { type Size, sizeAsGiven, sizes } from './layer.js';

/** Options of the fractional max pools: one of `output_size` and `output_ratio` is needed. */
export interface FractionalMaxPoolOptions {
  kernel_size?: Size | undefined;
  /** The size of the result. */
  output_size?: Size | null | undefined;
  /** The size of the result as a share of the input's, between 0 and 1. */
  output_ratio?: number | readonly number[] | null | undefined;
  /** Give a pair: the maxima and where they were. Default false. */
  return_indices?: boolean | undefined;
  /** Where the windows are, instead of random places: `[N, C, dims]`, between 0 and 1. */
  _random_samples?: Tensor | null | undefined;
}

const CALL = 'kernel_size, output_size?, output_ratio?, return_indices?, _random_samples?';

/** The base of the fractional max pools. */
abstract class FractionalMaxPool extends Module {
  declare kernel_size: readonly number[];
  declare output_size: readonly number[] | null;
  declare output_ratio: readonly number[] | null;
  declare return_indices: boolean;
  declare _random_samples: Tensor | null;

  protected constructor(dims: number, shape: CallShape, args: unknown[]) {
    super();
    const given = readCall<FractionalMaxPoolOptions>(shape, args);
    const { output_size = null, output_ratio = null } = given;
    this.kernel_size = sizes(given.kernel_size, dims, 'kernel_size');
    this.return_indices = given.return_indices ?? false;
    this.register_buffer('_random_samples', given._random_samples ?? null);
    if ((output_size === null) === (output_ratio === null))
      throw invalidValue('output_size', 'it or output_ratio, one of both', output_size);
    this.output_size =
      output_size === null ? null : sizes(sizeAsGiven(output_size, 'output_size'), dims, 'output_size');
    this.output_ratio = null;
    if (output_ratio !== null) {
      const ratios = isArray(output_ratio) ? [...(output_ratio as number[])] : Array(dims).fill(output_ratio);
      if (ratios.length !== dims) throw invalidValue('output_ratio', `a number or ${dims} of them`, output_ratio);
      for (const ratio of ratios)
        if (!(ratio > 0 && ratio < 1)) throw invalidValue('output_ratio', 'between 0 and 1', ratio);
      this.output_ratio = ratios as number[];
    }
  }

  // biome-ignore lint/suspicious/noExplicitAny: a pair where the layer returns indices
  override forward(input: Tensor): any {
    const { kernel_size, output_size, output_ratio, return_indices, _random_samples } = this;
    return pool[kernel_size.length === 2 ? 2 : 3](
      input,
      kernel_size,
      output_size,
      output_ratio,
      return_indices,
      _random_samples,
    );
  }
}

type Pool = (...args: unknown[]) => unknown;
const pool = {
  2: composed('torch.nn.functional', 'fractional_max_pool2d') as unknown as Pool,
  3: composed('torch.nn.functional', 'fractional_max_pool3d') as unknown as Pool,
};

const POOL2D = callShape('FractionalMaxPool2d', CALL);
const POOL3D = callShape('FractionalMaxPool3d', CALL);

/** The greatest element of each window of images, whose places are drawn anew each time; by Graham (2014). */
export class FractionalMaxPool2d extends FractionalMaxPool {
  constructor(
    kernel_size: Size | FractionalMaxPoolOptions,
    output_size?: Size | null | FractionalMaxPoolOptions,
    output_ratio?: number | readonly number[] | null | FractionalMaxPoolOptions,
    options?: FractionalMaxPoolOptions,
  );
  constructor(...args: unknown[]) {
    super(2, POOL2D, args);
  }
}

/** The same of volumes. */
export class FractionalMaxPool3d extends FractionalMaxPool {
  constructor(
    kernel_size: Size | FractionalMaxPoolOptions,
    output_size?: Size | null | FractionalMaxPoolOptions,
    output_ratio?: number | readonly number[] | null | FractionalMaxPoolOptions,
    options?: FractionalMaxPoolOptions,
  );
  constructor(...args: unknown[]) {
    super(3, POOL3D, args);
  }
}
