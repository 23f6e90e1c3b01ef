import { callShape, type CallShape, readCall } from '../../base/positional.js';
import { ArgumentRangeError, invalidValue } from '../../base/errors.js';
import type { Tensor } from '../../tensor/tensor.js';
import { op } from '../../tensor/call.js';
import { fanIn, kaiming_uniform_, uniform_ } from '../init.js';
import { Module } from '../module.js';
import type { MaybeParameter, Parameter } from '../parameter.js';
import { plain } from '../print.js';
import {
  checkInput,
  checkInteger,
  type FactoryOptions,
  type OutputSize,
  outputSize,
  parameter,
  type Size,
  sizes,
} from './layer.js';

/** How the borders are padded. */
export type PaddingMode = 'zeros' | 'reflect' | 'replicate' | 'circular';

interface CommonOptions extends FactoryOptions {
  kernel_size?: Size | undefined;
  /** Default 1. */
  stride?: Size | undefined;
  /** Default 1. */
  dilation?: Size | undefined;
  /** The number of independent groups of channels. Default 1. */
  groups?: number | undefined;
  /** Add a learned bias. Default true. */
  bias?: boolean | undefined;
}

/** Options of the convolutions. */
export interface ConvOptions extends CommonOptions {
  /** The padding at both ends of each dimension; `'same'` keeps the size, `'valid'` pads nothing. Default 0. */
  padding?: Size | 'same' | 'valid' | undefined;
  /** Default `'zeros'`. */
  padding_mode?: PaddingMode | undefined;
}

/** Options of the transposed convolutions. */
export interface ConvTransposeOptions extends CommonOptions {
  /** `dilation * (kernel_size - 1) - padding` zeros are added at both ends of each dimension. Default 0. */
  padding?: Size | undefined;
  /** Additional size on one side of the output. Default 0. */
  output_padding?: Size | undefined;
  /** Only `'zeros'`. */
  padding_mode?: 'zeros' | undefined;
}

interface Given extends ConvOptions {
  in_channels: number;
  out_channels: number;
  output_padding?: Size;
}

const MODES = ['zeros', 'reflect', 'replicate', 'circular'];

/** The base class of all convolutions. */
abstract class ConvNd extends Module {
  declare in_channels: number;
  declare out_channels: number;
  declare kernel_size: readonly number[];
  declare stride: readonly number[];
  declare padding: readonly number[] | 'same' | 'valid';
  declare dilation: readonly number[];
  declare transposed: boolean;
  declare output_padding: readonly number[];
  declare groups: number;
  declare padding_mode: PaddingMode;
  declare weight: Parameter;
  declare bias: MaybeParameter;

  protected constructor(dims: number, transposed: boolean, given: Given) {
    super();
    const { in_channels, out_channels, padding = 0, groups = 1, padding_mode = 'zeros', bias = true } = given;
    this.in_channels = checkInteger(in_channels, 'in_channels');
    this.out_channels = checkInteger(out_channels, 'out_channels');
    this.kernel_size = sizes(given.kernel_size, dims, 'kernel_size');
    this.stride = sizes(given.stride ?? 1, dims, 'stride');
    if (transposed && padding_mode !== 'zeros') throw invalidValue('padding_mode', "'zeros'", padding_mode);
    if (checkInteger(groups, 'groups') <= 0) throw invalidValue('groups', 'a positive integer', groups);
    if (in_channels % groups !== 0) throw invalidValue('in_channels', `a multiple of groups, ${groups}`, in_channels);
    if (out_channels % groups !== 0)
      throw invalidValue('out_channels', `a multiple of groups, ${groups}`, out_channels);
    if (typeof padding === 'string') {
      if (transposed || (padding !== 'same' && padding !== 'valid')) {
        throw invalidValue(
          'padding',
          transposed ? 'an integer or an array of them' : "'same', 'valid' or integers",
          padding,
        );
      }
      if (padding === 'same' && this.stride.some((step) => step !== 1)) {
        throw invalidValue('padding', "other than 'same' for a convolution with strides", padding);
      }
    }
    if (!MODES.includes(padding_mode)) {
      throw invalidValue('padding_mode', "'zeros', 'reflect', 'replicate' or 'circular'", padding_mode);
    }
    this.padding = typeof padding === 'string' ? padding : sizes(padding, dims, 'padding');
    this.dilation = sizes(given.dilation ?? 1, dims, 'dilation');
    this.transposed = transposed;
    this.output_padding = sizes(given.output_padding ?? 0, dims, 'output_padding');
    this.groups = groups;
    this.padding_mode = padding_mode;
    const channels = transposed ? [in_channels, out_channels / groups] : [out_channels, in_channels / groups];
    this.weight = parameter([...channels, ...this.kernel_size], given);
    this.bias = bias ? parameter([out_channels], given) : null;
    this.reset_parameters();
  }

  /** Redraws the initial values: uniform in ±1/√fan_in. */
  reset_parameters(): void {
    kaiming_uniform_(this.weight, Math.sqrt(5));
    if (this.bias === null) return;
    const fan = fanIn(this.weight);
    if (fan === 0) return;
    const bound = 1 / Math.sqrt(fan);
    uniform_(this.bias, -bound, bound);
  }

  override extra_repr(): string {
    const { kernel_size, stride, padding, dilation, output_padding, groups, padding_mode } = this;
    const parts = [`${this.in_channels}, ${this.out_channels}`];
    parts.push(`kernel_size=${plain(kernel_size)}`, `stride=${plain(stride)}`);
    if (typeof padding === 'string' || padding.some((size) => size !== 0)) parts.push(`padding=${plain(padding)}`);
    if (dilation.some((size) => size !== 1)) parts.push(`dilation=${plain(dilation)}`);
    if (output_padding.some((size) => size !== 0)) parts.push(`output_padding=${plain(output_padding)}`);
    if (groups !== 1) parts.push(`groups=${groups}`);
    if (this.bias === null) parts.push('bias=False');
    if (padding_mode !== 'zeros') parts.push(`padding_mode=${padding_mode}`);
    return parts.join(', ');
  }
}

/** The base class of the convolutions that are not transposed. */
abstract class Convolution extends ConvNd {
  override forward(input: Tensor): Tensor {
    const { weight, bias, stride, padding, dilation, groups, padding_mode } = this;
    const name = `conv${this.kernel_size.length}d`;
    if (padding_mode === 'zeros') return op(name, input, weight, bias, stride, padding, dilation, groups);
    const padded = op('pad', input, this.edges(), padding_mode);
    return op(name, padded, weight, bias, stride, 0, dilation, groups);
  }

  /** The padding of each side, the last dimension first. */
  private edges(): number[] {
    const { padding, kernel_size, dilation } = this;
    return kernel_size
      .flatMap((kernel, at) => {
        if (padding === 'valid') return [0, 0];
        if (padding !== 'same') return [padding[at] as number, padding[at] as number];
        const total = (dilation[at] as number) * (kernel - 1);
        const left = Math.floor(total / 2);
        return [total - left, left];
      })
      .toReversed();
  }
}

function convShape(name: string): CallShape {
  return callShape(
    name,
    'in_channels, out_channels, kernel_size, stride?, padding?, dilation?, groups?, bias?, padding_mode?, device?, dtype?',
  );
}

const CONV1D = convShape('Conv1d');
const CONV2D = convShape('Conv2d');
const CONV3D = convShape('Conv3d');

/**
 * A convolution over one dimension, of `[N, in_channels, L]` or `[in_channels, L]`.
 *
 * `weight` is `[out_channels, in_channels / groups, kernel_size]`.
 */
export class Conv1d extends Convolution {
  constructor(
    in_channels: number,
    out_channels: number,
    kernel_size: Size | ConvOptions,
    stride?: Size | ConvOptions,
    padding?: Size | 'same' | 'valid' | ConvOptions,
    dilation?: Size | ConvOptions,
    groups?: number | ConvOptions,
    bias?: boolean | ConvOptions,
    padding_mode?: PaddingMode | ConvOptions,
    options?: ConvOptions,
  );
  /** All by name. */
  constructor(options: ConvOptions & { in_channels: number; out_channels: number; kernel_size: Size });
  constructor(...args: unknown[]) {
    super(1, false, readCall<Given>(CONV1D, args));
  }
}

/**
 * A convolution over two dimensions, of `[N, in_channels, H, W]` or `[in_channels, H, W]`.
 *
 * `weight` is `[out_channels, in_channels / groups, ...kernel_size]`.
 *
 * @example
 * ```ts
 * const layer = new torch.nn.Conv2d(1, 4, 3, { stride: 2, padding: 1 });
 * layer(torch.zeros([8, 1, 28, 28])).shape;   // [8, 4, 14, 14]
 * ```
 */
export class Conv2d extends Convolution {
  constructor(
    in_channels: number,
    out_channels: number,
    kernel_size: Size | ConvOptions,
    stride?: Size | ConvOptions,
    padding?: Size | 'same' | 'valid' | ConvOptions,
    dilation?: Size | ConvOptions,
    groups?: number | ConvOptions,
    bias?: boolean | ConvOptions,
    padding_mode?: PaddingMode | ConvOptions,
    options?: ConvOptions,
  );
  /** All by name. */
  constructor(options: ConvOptions & { in_channels: number; out_channels: number; kernel_size: Size });
  constructor(...args: unknown[]) {
    super(2, false, readCall<Given>(CONV2D, args));
  }
}

/** A convolution over three dimensions, of `[N, in_channels, D, H, W]` or `[in_channels, D, H, W]`. */
export class Conv3d extends Convolution {
  constructor(
    in_channels: number,
    out_channels: number,
    kernel_size: Size | ConvOptions,
    stride?: Size | ConvOptions,
    padding?: Size | 'same' | 'valid' | ConvOptions,
    dilation?: Size | ConvOptions,
    groups?: number | ConvOptions,
    bias?: boolean | ConvOptions,
    padding_mode?: PaddingMode | ConvOptions,
    options?: ConvOptions,
  );
  /** All by name. */
  constructor(options: ConvOptions & { in_channels: number; out_channels: number; kernel_size: Size });
  constructor(...args: unknown[]) {
    super(3, false, readCall<Given>(CONV3D, args));
  }
}

/** A transposed convolution: the gradient of a convolution with respect to its input, as a layer. */
abstract class ConvTranspose extends ConvNd {
  /**
   * @param output_size - the size of the output; one of the `stride` sizes that a convolution maps to the input's size
   */
  override forward(input: Tensor, output_size?: OutputSize): Tensor {
    const { weight, bias, stride, padding, groups, dilation } = this;
    const extra = output_size == null ? this.output_padding : this.outputPadding(input, output_size);
    const name = `conv_transpose${this.kernel_size.length}d`;
    return op(name, input, weight, bias, stride, padding as readonly number[], extra, groups, dilation);
  }

  private outputPadding(input: Tensor, output_size: OutputSize): readonly number[] {
    const dims = this.kernel_size.length;
    checkInput(input);
    const shape = input.shape as readonly number[];
    const before = shape.length === dims + 2 ? 2 : 1;
    const wanted = outputSize(output_size, dims, before);
    if (wanted === undefined) return this.output_padding;
    const least = this.kernel_size.map((kernel, at) => {
      const [size, step, pad, spread] = [
        shape[before + at],
        this.stride[at],
        this.padding[at],
        this.dilation[at],
      ] as number[];
      return ((size as number) - 1) * (step as number) - 2 * (pad as number) + (spread as number) * (kernel - 1) + 1;
    });
    const most = least.map((size, at) => size + (this.stride[at] as number) - 1);
    if (wanted.some((size, at) => size < (least[at] as number) || size > (most[at] as number))) {
      const range = `sizes from [${least.join(', ')}] to [${most.join(', ')}] for this input`;
      throw new ArgumentRangeError('output_size', range, `[${wanted.join(', ')}]`);
    }
    return wanted.map((size, at) => size - (least[at] as number));
  }
}

function transposeShape(name: string): CallShape {
  return callShape(
    name,
    'in_channels, out_channels, kernel_size, stride?, padding?, output_padding?, groups?, bias?, dilation?, padding_mode?, device?, dtype?',
  );
}

const TRANSPOSE1D = transposeShape('ConvTranspose1d');
const TRANSPOSE2D = transposeShape('ConvTranspose2d');
const TRANSPOSE3D = transposeShape('ConvTranspose3d');

/** A transposed convolution over one dimension. */
export class ConvTranspose1d extends ConvTranspose {
  constructor(
    in_channels: number,
    out_channels: number,
    kernel_size: Size | ConvTransposeOptions,
    stride?: Size | ConvTransposeOptions,
    padding?: Size | ConvTransposeOptions,
    output_padding?: Size | ConvTransposeOptions,
    groups?: number | ConvTransposeOptions,
    bias?: boolean | ConvTransposeOptions,
    dilation?: Size | ConvTransposeOptions,
    padding_mode?: 'zeros' | ConvTransposeOptions,
    options?: ConvTransposeOptions,
  );
  /** All by name. */
  constructor(options: ConvTransposeOptions & { in_channels: number; out_channels: number; kernel_size: Size });
  constructor(...args: unknown[]) {
    super(1, true, readCall<Given>(TRANSPOSE1D, args));
  }
}

/** A transposed convolution over two dimensions. */
export class ConvTranspose2d extends ConvTranspose {
  constructor(
    in_channels: number,
    out_channels: number,
    kernel_size: Size | ConvTransposeOptions,
    stride?: Size | ConvTransposeOptions,
    padding?: Size | ConvTransposeOptions,
    output_padding?: Size | ConvTransposeOptions,
    groups?: number | ConvTransposeOptions,
    bias?: boolean | ConvTransposeOptions,
    dilation?: Size | ConvTransposeOptions,
    padding_mode?: 'zeros' | ConvTransposeOptions,
    options?: ConvTransposeOptions,
  );
  /** All by name. */
  constructor(options: ConvTransposeOptions & { in_channels: number; out_channels: number; kernel_size: Size });
  constructor(...args: unknown[]) {
    super(2, true, readCall<Given>(TRANSPOSE2D, args));
  }
}

/** A transposed convolution over three dimensions. */
export class ConvTranspose3d extends ConvTranspose {
  constructor(
    in_channels: number,
    out_channels: number,
    kernel_size: Size | ConvTransposeOptions,
    stride?: Size | ConvTransposeOptions,
    padding?: Size | ConvTransposeOptions,
    output_padding?: Size | ConvTransposeOptions,
    groups?: number | ConvTransposeOptions,
    bias?: boolean | ConvTransposeOptions,
    dilation?: Size | ConvTransposeOptions,
    padding_mode?: 'zeros' | ConvTransposeOptions,
    options?: ConvTransposeOptions,
  );
  /** All by name. */
  constructor(options: ConvTransposeOptions & { in_channels: number; out_channels: number; kernel_size: Size });
  constructor(...args: unknown[]) {
    super(3, true, readCall<Given>(TRANSPOSE3D, args));
  }
}
