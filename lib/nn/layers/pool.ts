import { callShape, type CallShape, readCall } from '../../base/positional.js';
import type { Tensor } from '../../tensor/tensor.js';
import { op, ops } from '../../tensor/call.js';
import { Module } from '../module.js';
import { fields } from '../print.js';
import { type Size, sizeAsGiven, sizes } from './layer.js';

/** A size for each dimension, or for all. */
function each(size: number | readonly number[], dims: number): number[] {
  return typeof size === 'number' ? Array.from({ length: dims }, () => size) : [...size];
}

/** Options of the max pools. */
export interface MaxPoolOptions {
  kernel_size?: Size | undefined;
  /** Default: `kernel_size`. */
  stride?: Size | null | undefined;
  /** Default 0. */
  padding?: Size | undefined;
  /** Default 1. */
  dilation?: Size | undefined;
  /** Return a pair: the maxima and their indices. Default false. */
  return_indices?: boolean | undefined;
  /** Round output sizes up. Default false. */
  ceil_mode?: boolean | undefined;
}

const MAX = 'kernel_size, stride?, padding?, dilation?, return_indices?, ceil_mode?';

/** The base class of the max pools. */
abstract class MaxPool extends Module {
  declare kernel_size: number | number[];
  declare stride: number | number[];
  declare padding: number | number[];
  declare dilation: number | number[];
  declare return_indices: boolean;
  declare ceil_mode: boolean;
  private readonly dims: number;

  protected constructor(dims: number, shape: CallShape, args: unknown[]) {
    super();
    this.dims = dims;
    const given = readCall<MaxPoolOptions>(shape, args);
    this.kernel_size = sizeAsGiven(given.kernel_size, 'kernel_size');
    this.stride = sizeAsGiven(given.stride ?? given.kernel_size, 'stride');
    this.padding = sizeAsGiven(given.padding ?? 0, 'padding');
    this.dilation = sizeAsGiven(given.dilation ?? 1, 'dilation');
    this.return_indices = given.return_indices ?? false;
    this.ceil_mode = given.ceil_mode ?? false;
  }

  // biome-ignore lint/suspicious/noExplicitAny: a pair where the layer returns indices
  override forward(input: Tensor): any {
    const { kernel_size, stride, padding, dilation, ceil_mode } = this;
    const name = `max_pool${this.dims}d`;
    const values = [input, kernel_size, stride, padding, dilation, ceil_mode] as const;
    return this.return_indices ? ops(`${name}_with_indices`, ...values) : op(name, ...values);
  }

  override extra_repr(): string {
    return fields(this, 'kernel_size', 'stride', 'padding', 'dilation', 'ceil_mode');
  }
}

const MAX1D = callShape('MaxPool1d', MAX);

/** The maximum of each window of `[N, C, L]` or `[C, L]`. */
export class MaxPool1d extends MaxPool {
  constructor(
    kernel_size: Size | MaxPoolOptions,
    stride?: Size | null | MaxPoolOptions,
    padding?: Size | MaxPoolOptions,
    dilation?: Size | MaxPoolOptions,
    return_indices?: boolean | MaxPoolOptions,
    ceil_mode?: boolean | MaxPoolOptions,
    options?: MaxPoolOptions,
  );
  constructor(...args: unknown[]) {
    super(1, MAX1D, args);
  }
}

const MAX2D = callShape('MaxPool2d', MAX);

/** The maximum of each window of `[N, C, H, W]` or `[C, H, W]`. */
export class MaxPool2d extends MaxPool {
  constructor(
    kernel_size: Size | MaxPoolOptions,
    stride?: Size | null | MaxPoolOptions,
    padding?: Size | MaxPoolOptions,
    dilation?: Size | MaxPoolOptions,
    return_indices?: boolean | MaxPoolOptions,
    ceil_mode?: boolean | MaxPoolOptions,
    options?: MaxPoolOptions,
  );
  constructor(...args: unknown[]) {
    super(2, MAX2D, args);
  }
}

const MAX3D = callShape('MaxPool3d', MAX);

/** The maximum of each window of `[N, C, D, H, W]` or `[C, D, H, W]`. */
export class MaxPool3d extends MaxPool {
  constructor(
    kernel_size: Size | MaxPoolOptions,
    stride?: Size | null | MaxPoolOptions,
    padding?: Size | MaxPoolOptions,
    dilation?: Size | MaxPoolOptions,
    return_indices?: boolean | MaxPoolOptions,
    ceil_mode?: boolean | MaxPoolOptions,
    options?: MaxPoolOptions,
  );
  constructor(...args: unknown[]) {
    super(3, MAX3D, args);
  }
}

/** Options of the average pools. */
export interface AvgPoolOptions {
  kernel_size?: Size | undefined;
  /** Default: `kernel_size`. */
  stride?: Size | null | undefined;
  /** Default 0. */
  padding?: Size | undefined;
  /** Round output sizes up. Default false. */
  ceil_mode?: boolean | undefined;
  /** Include the padding in the mean. Default true. */
  count_include_pad?: boolean | undefined;
  /** Divide by this instead of the window size. For two and three dimensions. */
  divisor_override?: number | null | undefined;
}

const AVG = 'kernel_size, stride?, padding?, ceil_mode?, count_include_pad?';

/** The base class of the average pools. */
abstract class AvgPool extends Module {
  declare kernel_size: number | number[];
  declare stride: number | number[];
  declare padding: number | number[];
  declare ceil_mode: boolean;
  declare count_include_pad: boolean;
  declare divisor_override: number | null;
  private readonly dims: number;

  protected constructor(dims: number, shape: CallShape, args: unknown[]) {
    super();
    this.dims = dims;
    const given = readCall<AvgPoolOptions>(shape, args);
    const read = (value: unknown, name: string) => (dims === 1 ? sizes(value, 1, name) : sizeAsGiven(value, name));
    this.kernel_size = read(given.kernel_size, 'kernel_size');
    this.stride = read(given.stride ?? given.kernel_size, 'stride');
    this.padding = read(given.padding ?? 0, 'padding');
    this.ceil_mode = given.ceil_mode ?? false;
    this.count_include_pad = given.count_include_pad ?? true;
    this.divisor_override = given.divisor_override ?? null;
  }

  override forward(input: Tensor): Tensor {
    const { kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override } = this;
    const values = [input, kernel_size, stride, padding, ceil_mode, count_include_pad] as const;
    return this.dims === 1 ? op('avg_pool1d', ...values) : op(`avg_pool${this.dims}d`, ...values, divisor_override);
  }

  override extra_repr(): string {
    return fields(this, 'kernel_size', 'stride', 'padding');
  }
}

const AVG1D = callShape('AvgPool1d', AVG);

/** The mean of each window. */
export class AvgPool1d extends AvgPool {
  constructor(
    kernel_size: Size | AvgPoolOptions,
    stride?: Size | null | AvgPoolOptions,
    padding?: Size | AvgPoolOptions,
    ceil_mode?: boolean | AvgPoolOptions,
    count_include_pad?: boolean | AvgPoolOptions,
    options?: AvgPoolOptions,
  );
  constructor(...args: unknown[]) {
    super(1, AVG1D, args);
  }
}

const AVG2D = callShape('AvgPool2d', `${AVG}, divisor_override?`);

/** The mean of each window. */
export class AvgPool2d extends AvgPool {
  constructor(
    kernel_size: Size | AvgPoolOptions,
    stride?: Size | null | AvgPoolOptions,
    padding?: Size | AvgPoolOptions,
    ceil_mode?: boolean | AvgPoolOptions,
    count_include_pad?: boolean | AvgPoolOptions,
    divisor_override?: number | null | AvgPoolOptions,
    options?: AvgPoolOptions,
  );
  constructor(...args: unknown[]) {
    super(2, AVG2D, args);
  }
}

const AVG3D = callShape('AvgPool3d', `${AVG}, divisor_override?`);

/** The mean of each window. */
export class AvgPool3d extends AvgPool {
  constructor(
    kernel_size: Size | AvgPoolOptions,
    stride?: Size | null | AvgPoolOptions,
    padding?: Size | AvgPoolOptions,
    ceil_mode?: boolean | AvgPoolOptions,
    count_include_pad?: boolean | AvgPoolOptions,
    divisor_override?: number | null | AvgPoolOptions,
    options?: AvgPoolOptions,
  );
  constructor(...args: unknown[]) {
    super(3, AVG3D, args);
  }
}

/** Options of the power-average pools. */
export interface LPPoolOptions {
  norm_type?: number | undefined;
  kernel_size?: Size | undefined;
  /** Default: `kernel_size`. */
  stride?: Size | null | undefined;
  /** Round output sizes up. Default false. */
  ceil_mode?: boolean | undefined;
}

const LP = 'norm_type, kernel_size, stride?, ceil_mode?';

/** The base class of the power-average pools. */
abstract class LPPool extends Module {
  declare norm_type: number;
  declare kernel_size: number | number[];
  declare stride: number | number[] | null;
  declare ceil_mode: boolean;
  private readonly dims: number;

  protected constructor(dims: number, shape: CallShape, args: unknown[]) {
    super();
    this.dims = dims;
    const given = readCall<LPPoolOptions & { norm_type: number }>(shape, args);
    this.norm_type = given.norm_type;
    this.kernel_size = sizeAsGiven(given.kernel_size, 'kernel_size');
    this.stride = given.stride == null ? null : sizeAsGiven(given.stride, 'stride');
    this.ceil_mode = given.ceil_mode ?? false;
  }

  override forward(input: Tensor): Tensor {
    const { norm_type, kernel_size, stride, ceil_mode } = this;
    const powers = op('pow', input, norm_type);
    const means = op(`avg_pool${this.dims}d`, powers, kernel_size, stride ?? kernel_size, 0, ceil_mode);
    const positive = op('mul', op('sign', means), op('relu', op('abs', means)));
    const window = each(kernel_size, this.dims).reduce((product, size) => product * size, 1);
    return op('pow', op('mul', positive, window), 1 / norm_type);
  }

  override extra_repr(): string {
    return fields(this, 'norm_type', 'kernel_size', 'stride', 'ceil_mode');
  }
}

const LP1D = callShape('LPPool1d', LP);

/** The `norm_type`-norm of each window. */
export class LPPool1d extends LPPool {
  constructor(
    norm_type: number | LPPoolOptions,
    kernel_size?: Size | LPPoolOptions,
    stride?: Size | null | LPPoolOptions,
    ceil_mode?: boolean | LPPoolOptions,
    options?: LPPoolOptions,
  );
  constructor(...args: unknown[]) {
    super(1, LP1D, args);
  }
}

const LP2D = callShape('LPPool2d', LP);

/** The `norm_type`-norm of each window. */
export class LPPool2d extends LPPool {
  constructor(
    norm_type: number | LPPoolOptions,
    kernel_size?: Size | LPPoolOptions,
    stride?: Size | null | LPPoolOptions,
    ceil_mode?: boolean | LPPoolOptions,
    options?: LPPoolOptions,
  );
  constructor(...args: unknown[]) {
    super(2, LP2D, args);
  }
}

const LP3D = callShape('LPPool3d', LP);

/** The `norm_type`-norm of each window. */
export class LPPool3d extends LPPool {
  constructor(
    norm_type: number | LPPoolOptions,
    kernel_size?: Size | LPPoolOptions,
    stride?: Size | null | LPPoolOptions,
    ceil_mode?: boolean | LPPoolOptions,
    options?: LPPoolOptions,
  );
  constructor(...args: unknown[]) {
    super(3, LP3D, args);
  }
}
