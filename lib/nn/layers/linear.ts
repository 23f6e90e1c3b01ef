import { itemsOf } from '../../addon/arguments.js';
import { isArray } from '../../base/plain_object.js';
import { callShape, readCall } from '../../base/positional.js';
import { invalidType, invalidValue } from '../../base/errors.js';
import type { Tensor } from '../../tensor/tensor.js';
import { op } from '../../tensor/call.js';
import { fanIn, kaiming_uniform_, uniform_ } from '../init.js';
import { Module } from '../module.js';
import type { MaybeParameter, Parameter } from '../parameter.js';
import { plain } from '../print.js';
import { checkInteger, type FactoryOptions, parameter } from './layer.js';

/** Options of {@link Linear} and {@link Bilinear}. */
export interface LinearOptions extends FactoryOptions {
  /** Add a learned bias. Default true. */
  bias?: boolean | undefined;
}

const LINEAR = callShape('Linear', 'in_features, out_features, bias?, device?, dtype?');
const BILINEAR = callShape('Bilinear', 'in1_features, in2_features, out_features, bias?, device?, dtype?');

/**
 * `y = x weightᵀ + bias` over the last dimension.
 *
 * `weight` is `[out_features, in_features]`; the initial values of it and of `bias` are uniform in ±1/√in_features.
 *
 * @example
 * ```ts
 * const layer = new torch.nn.Linear(3, 2);
 * layer(torch.zeros([4, 3])).shape;   // [4, 2]
 * String(layer);   // 'Linear(in_features=3, out_features=2, bias=True)'
 * ```
 */
export class Linear extends Module {
  declare in_features: number;
  declare out_features: number;
  declare weight: Parameter;
  declare bias: MaybeParameter;

  constructor(in_features: number, out_features: number, bias?: boolean | LinearOptions, options?: LinearOptions);
  /** All by name. */
  constructor(options: LinearOptions & { in_features: number; out_features: number });
  constructor(...args: unknown[]) {
    super();
    const given = readCall<{ in_features: number; out_features: number } & LinearOptions>(LINEAR, args);
    const { in_features, out_features, bias = true } = given;
    this.in_features = checkInteger(in_features, 'in_features');
    this.out_features = checkInteger(out_features, 'out_features');
    this.weight = parameter([out_features, in_features], given);
    this.bias = bias ? parameter([out_features], given) : null;
    this.reset_parameters();
  }

  /** Redraws the initial values. */
  reset_parameters(): void {
    kaiming_uniform_(this.weight, Math.sqrt(5));
    if (this.bias === null) return;
    const fan = fanIn(this.weight);
    const bound = fan > 0 ? 1 / Math.sqrt(fan) : 0;
    uniform_(this.bias, -bound, bound);
  }

  override forward(input: Tensor): Tensor {
    return op('linear', input, this.weight, this.bias);
  }

  override extra_repr(): string {
    const { in_features, out_features, bias } = this;
    return `in_features=${in_features}, out_features=${out_features}, bias=${plain(bias !== null)}`;
  }
}

/** `y = x1ᵀ A x2 + b` for each output feature. */
export class Bilinear extends Module {
  declare in1_features: number;
  declare in2_features: number;
  declare out_features: number;
  declare weight: Parameter;
  declare bias: MaybeParameter;

  constructor(
    in1_features: number,
    in2_features: number,
    out_features: number,
    bias?: boolean | LinearOptions,
    options?: LinearOptions,
  );
  /** All by name. */
  constructor(options: LinearOptions & { in1_features: number; in2_features: number; out_features: number });
  constructor(...args: unknown[]) {
    super();
    const given = readCall<{ in1_features: number; in2_features: number; out_features: number } & LinearOptions>(
      BILINEAR,
      args,
    );
    const { in1_features, in2_features, out_features, bias = true } = given;
    this.in1_features = checkInteger(in1_features, 'in1_features');
    if (in1_features <= 0) throw invalidValue('in1_features', 'a positive integer', in1_features);
    this.in2_features = checkInteger(in2_features, 'in2_features');
    this.out_features = checkInteger(out_features, 'out_features');
    this.weight = parameter([out_features, in1_features, in2_features], given);
    this.bias = bias ? parameter([out_features], given) : null;
    this.reset_parameters();
  }

  /** Redraws the initial values. */
  reset_parameters(): void {
    const bound = 1 / Math.sqrt(this.in1_features);
    uniform_(this.weight, -bound, bound);
    if (this.bias !== null) uniform_(this.bias, -bound, bound);
  }

  override forward(input1: Tensor, input2: Tensor): Tensor {
    return op('bilinear', input1, input2, this.weight, this.bias);
  }

  override extra_repr(): string {
    const { in1_features, in2_features, out_features, bias } = this;
    return `in1_features=${in1_features}, in2_features=${in2_features}, out_features=${out_features}, bias=${plain(bias !== null)}`;
  }
}

/** Returns its input; its constructor ignores all arguments. */
export class Identity extends Module {
  constructor(..._args: unknown[]) {
    super();
  }

  override forward<T extends Tensor>(input: T): T {
    return input;
  }
}

const FLATTEN = callShape('Flatten', 'start_dim?, end_dim?');

/** Options of {@link Flatten}. */
export interface FlattenOptions {
  /** The first dimension to flatten. Default 1. */
  start_dim?: number | undefined;
  /** The last dimension to flatten. Default -1. */
  end_dim?: number | undefined;
}

/** Flattens dimensions into one: by default all but the first. */
export class Flatten extends Module {
  declare start_dim: number;
  declare end_dim: number;

  constructor(start_dim?: number | FlattenOptions, end_dim?: number | FlattenOptions, options?: FlattenOptions);
  constructor(...args: unknown[]) {
    super();
    const { start_dim = 1, end_dim = -1 } = readCall<FlattenOptions>(FLATTEN, args);
    this.start_dim = checkInteger(start_dim, 'start_dim');
    this.end_dim = checkInteger(end_dim, 'end_dim');
  }

  override forward(input: Tensor): Tensor {
    return op('flatten', input, this.start_dim, this.end_dim);
  }

  override extra_repr(): string {
    return `start_dim=${this.start_dim}, end_dim=${this.end_dim}`;
  }
}

const UNFLATTEN = callShape('Unflatten', 'dim, unflattened_size');

/** Splits one dimension into several. */
export class Unflatten extends Module {
  declare dim: number;
  declare unflattened_size: readonly number[];

  /** @param unflattened_size - the sizes that replace the dimension; one may be -1 */
  constructor(dim: number, unflattened_size: readonly number[]);
  constructor(...args: unknown[]) {
    super();
    const { dim, unflattened_size } = readCall<{ dim: number; unflattened_size: readonly number[] }>(UNFLATTEN, args);
    if (!isArray(unflattened_size)) throw invalidType('unflattened_size', 'an array of integers', unflattened_size);
    this.dim = checkInteger(dim, 'dim');
    this.unflattened_size = itemsOf(unflattened_size, 'unflattened_size').map((size) =>
      checkInteger(size, 'unflattened_size'),
    );
  }

  override forward(input: Tensor): Tensor {
    return op('unflatten', input, this.dim, this.unflattened_size);
  }

  override extra_repr(): string {
    return `dim=${this.dim}, unflattened_size=${plain(this.unflattened_size)}`;
  }
}
