import { itemsOf } from '../../addon/arguments.js';
import { isArray } from '../../base/plain_object.js';
import { callShape, type CallShape, readCall } from '../../base/positional.js';
import { invalidType, invalidValue } from '../../base/errors.js';
import type { Tensor } from '../../tensor/tensor.js';
import { op, ops } from '../../tensor/call.js';
import { Module } from '../module.js';
import { plain } from '../print.js';
import { checkInput } from './layer.js';

/** The output sizes; `null` keeps the input's. */
export type OutputSize = number | null | readonly (number | null)[];

/** Options of the adaptive pools. */
export interface AdaptiveOptions {
  output_size?: OutputSize | undefined;
  /** Return a pair: the maxima and their indices. For the max pools. Default false. */
  return_indices?: boolean | undefined;
}

/** The base class of the adaptive pools. */
abstract class AdaptivePool extends Module {
  declare output_size: OutputSize;
  declare return_indices: boolean;
  protected readonly dims: number;

  protected constructor(dims: number, shape: CallShape, args: unknown[]) {
    super();
    this.dims = dims;
    const { output_size, return_indices = false } = readCall<AdaptiveOptions>(shape, args);
    const list = isArray(output_size) ? itemsOf(output_size, 'output_size') : [output_size];
    if (list.some((size) => size !== null && !Number.isSafeInteger(size))) {
      throw invalidType('output_size', 'an integer, or integers and null', output_size);
    }
    this.output_size = output_size as OutputSize;
    this.return_indices = return_indices;
  }

  /** The output sizes for an input. */
  protected sizesFor(input: Tensor): number[] {
    checkInput(input);
    const own = (input.shape as readonly number[]).slice(-this.dims);
    const size = this.output_size;
    const wanted = isArray(size) ? size : Array.from({ length: this.dims }, () => size);
    if (wanted.length !== this.dims) throw invalidValue('output_size', `${this.dims} sizes`, wanted.length);
    return wanted.map((size: number | null, at: number) => size ?? (own[at] as number));
  }

  override extra_repr(): string {
    return `output_size=${plain(this.output_size)}`;
  }
}

abstract class AdaptiveAvgPool extends AdaptivePool {
  override forward(input: Tensor): Tensor {
    return op(`adaptive_avg_pool${this.dims}d`, input, this.sizesFor(input));
  }
}

abstract class AdaptiveMaxPool extends AdaptivePool {
  // biome-ignore lint/suspicious/noExplicitAny: a pair where the layer returns indices
  override forward(input: Tensor): any {
    const [maxima, indices] = ops(`adaptive_max_pool${this.dims}d`, input, this.sizesFor(input)) as [Tensor, Tensor];
    if (this.return_indices) return [maxima, indices];
    indices.dispose();
    return maxima;
  }
}

const ADAPTIVE_AVG1D = callShape('AdaptiveAvgPool1d', 'output_size');

/** The means of `output_size` windows that cover the input. */
export class AdaptiveAvgPool1d extends AdaptiveAvgPool {
  constructor(output_size: OutputSize | AdaptiveOptions);
  constructor(...args: unknown[]) {
    super(1, ADAPTIVE_AVG1D, args);
  }
}

const ADAPTIVE_AVG2D = callShape('AdaptiveAvgPool2d', 'output_size');

/** The means of `output_size` windows that cover the input. */
export class AdaptiveAvgPool2d extends AdaptiveAvgPool {
  constructor(output_size: OutputSize | AdaptiveOptions);
  constructor(...args: unknown[]) {
    super(2, ADAPTIVE_AVG2D, args);
  }
}

const ADAPTIVE_AVG3D = callShape('AdaptiveAvgPool3d', 'output_size');

/** The means of `output_size` windows that cover the input. */
export class AdaptiveAvgPool3d extends AdaptiveAvgPool {
  constructor(output_size: OutputSize | AdaptiveOptions);
  constructor(...args: unknown[]) {
    super(3, ADAPTIVE_AVG3D, args);
  }
}

const ADAPTIVE_MAX1D = callShape('AdaptiveMaxPool1d', 'output_size, return_indices?');

/** The maxima of `output_size` windows that cover the input. */
export class AdaptiveMaxPool1d extends AdaptiveMaxPool {
  constructor(
    output_size: OutputSize | AdaptiveOptions,
    return_indices?: boolean | AdaptiveOptions,
    options?: AdaptiveOptions,
  );
  constructor(...args: unknown[]) {
    super(1, ADAPTIVE_MAX1D, args);
  }
}

const ADAPTIVE_MAX2D = callShape('AdaptiveMaxPool2d', 'output_size, return_indices?');

/** The maxima of `output_size` windows that cover the input. */
export class AdaptiveMaxPool2d extends AdaptiveMaxPool {
  constructor(
    output_size: OutputSize | AdaptiveOptions,
    return_indices?: boolean | AdaptiveOptions,
    options?: AdaptiveOptions,
  );
  constructor(...args: unknown[]) {
    super(2, ADAPTIVE_MAX2D, args);
  }
}

const ADAPTIVE_MAX3D = callShape('AdaptiveMaxPool3d', 'output_size, return_indices?');

/** The maxima of `output_size` windows that cover the input. */
export class AdaptiveMaxPool3d extends AdaptiveMaxPool {
  constructor(
    output_size: OutputSize | AdaptiveOptions,
    return_indices?: boolean | AdaptiveOptions,
    options?: AdaptiveOptions,
  );
  constructor(...args: unknown[]) {
    super(3, ADAPTIVE_MAX3D, args);
  }
}
