/** Activations: each element on its own, or normalised over one dimension. */
import { callShape, type CallShape, readCall } from '../../base/positional.js';
import { invalidType, invalidValue } from '../../base/errors.js';
import { warnOnce } from '../../base/warnings.js';
import { dispatchTensor } from '../../tensor/dispatch.js';
import { Tensor } from '../../tensor/tensor.js';
import { op } from '../../tensor/call.js';
import { constant_ } from '../init.js';
import { Module } from '../module.js';
import type { Parameter } from '../parameter.js';
import { float, plain } from '../print.js';
import { checkInput, checkInteger, type FactoryOptions, parameter } from './layer.js';

/** Options of activations without a parameter of their own. */
export interface InplaceOptions {
  /** Write the result into the input. Default false. */
  inplace?: boolean | undefined;
}

/** The base of activations whose parameters are numbers and `inplace`. */
abstract class Elementwise extends Module {
  declare inplace: boolean;

  /** Reads numbers, in order, with their defaults, and `inplace` as the last of the arguments. */
  protected constructor(shape: CallShape, args: unknown[], defaults: Readonly<Record<string, number>> = {}) {
    super();
    const given = readCall<Record<string, unknown>>(shape, args);
    const own = this as unknown as Record<string, unknown>;
    for (const name of shape.params) {
      if (name === 'inplace') continue;
      const value = given[name] ?? defaults[name];
      if (typeof value !== 'number') throw invalidType(name, 'a number', value);
      own[name] = value;
    }
    const { inplace = false } = given;
    if (typeof inplace !== 'boolean') throw invalidType('inplace', 'a boolean', inplace);
    if (shape.params.includes('inplace')) this.inplace = inplace;
  }

  /** The operator of that name, in place where the layer is. */
  protected run(name: string, input: Tensor, ...values: number[]): Tensor {
    return op(this.inplace ? `${name}_` : name, input, ...values);
  }

  /** The text of numbers and, where it is on, of `inplace`. */
  protected text(...numbers: string[]): string {
    const own = this as unknown as Record<string, number>;
    const parts = numbers.map((name) => `${name}=${float(own[name] as number)}`);
    return (this.inplace ? [...parts, 'inplace=True'] : parts).join(', ');
  }

  override extra_repr(): string {
    return this.text();
  }
}

const inplaceShape = (name: string) => callShape(name, 'inplace?');
const RELU = inplaceShape('ReLU');
const RELU6 = inplaceShape('ReLU6');
const SELU_ = inplaceShape('SELU');
const SILU = inplaceShape('SiLU');
const MISH = inplaceShape('Mish');
const HARDSIGMOID = inplaceShape('Hardsigmoid');
const HARDSWISH = inplaceShape('Hardswish');

/** `max(0, x)`. */
export class ReLU extends Elementwise {
  constructor(inplace?: boolean | InplaceOptions);
  constructor(...args: unknown[]) {
    super(RELU, args);
  }

  override forward(input: Tensor): Tensor {
    return this.run('relu', input);
  }
}

/** `min(max(0, x), 6)`. */
export class ReLU6 extends Elementwise {
  constructor(inplace?: boolean | InplaceOptions);
  constructor(...args: unknown[]) {
    super(RELU6, args);
  }

  override forward(input: Tensor): Tensor {
    return this.run('relu6', input);
  }
}

/** Scaled ELU: `scale (max(0, x) + min(0, α (eˣ - 1)))`. */
export class SELU extends Elementwise {
  constructor(inplace?: boolean | InplaceOptions);
  constructor(...args: unknown[]) {
    super(SELU_, args);
  }

  override forward(input: Tensor): Tensor {
    return this.run('selu', input);
  }
}

/** `x sigmoid(x)`. */
export class SiLU extends Elementwise {
  constructor(inplace?: boolean | InplaceOptions);
  constructor(...args: unknown[]) {
    super(SILU, args);
  }

  override forward(input: Tensor): Tensor {
    return this.run('silu', input);
  }
}

/** `x tanh(softplus(x))`. */
export class Mish extends Elementwise {
  constructor(inplace?: boolean | InplaceOptions);
  constructor(...args: unknown[]) {
    super(MISH, args);
  }

  override forward(input: Tensor): Tensor {
    return this.run('mish', input);
  }
}

/** A sigmoid of straight lines: `min(max(0, x / 6 + 1 / 2), 1)`. */
export class Hardsigmoid extends Elementwise {
  constructor(inplace?: boolean | InplaceOptions);
  constructor(...args: unknown[]) {
    super(HARDSIGMOID, args);
  }

  override forward(input: Tensor): Tensor {
    return this.run('hardsigmoid', input);
  }

  override extra_repr(): string {
    return '';
  }
}

/** `x hardsigmoid(x)`. */
export class Hardswish extends Elementwise {
  constructor(inplace?: boolean | InplaceOptions);
  constructor(...args: unknown[]) {
    super(HARDSWISH, args);
  }

  override forward(input: Tensor): Tensor {
    return this.run('hardswish', input);
  }

  override extra_repr(): string {
    return '';
  }
}

/** Options of {@link ELU} and {@link CELU}. */
export interface ELUOptions extends InplaceOptions {
  /** Default 1. */
  alpha?: number | undefined;
}

const ELU_ = callShape('ELU', 'alpha?, inplace?');
const CELU_ = callShape('CELU', 'alpha?, inplace?');

/** `x` where it is positive, else `α (eˣ - 1)`. */
export class ELU extends Elementwise {
  declare alpha: number;

  constructor(alpha?: number | ELUOptions, inplace?: boolean | ELUOptions, options?: ELUOptions);
  constructor(...args: unknown[]) {
    super(ELU_, args, { alpha: 1 });
  }

  override forward(input: Tensor): Tensor {
    return this.run('elu', input, this.alpha);
  }

  override extra_repr(): string {
    return this.text('alpha');
  }
}

/** `max(0, x) + min(0, α (exp(x / α) - 1))`. */
export class CELU extends Elementwise {
  declare alpha: number;

  constructor(alpha?: number | ELUOptions, inplace?: boolean | ELUOptions, options?: ELUOptions);
  constructor(...args: unknown[]) {
    super(CELU_, args, { alpha: 1 });
  }

  override forward(input: Tensor): Tensor {
    return this.run('celu', input, this.alpha);
  }

  override extra_repr(): string {
    return this.text('alpha');
  }
}

/** Options of {@link LeakyReLU}. */
export interface LeakyReLUOptions extends InplaceOptions {
  /** The slope below 0. Default 0.01. */
  negative_slope?: number | undefined;
}

const LEAKY_RELU = callShape('LeakyReLU', 'negative_slope?, inplace?');

/** `x` where it is positive, else `negative_slope x`. */
export class LeakyReLU extends Elementwise {
  declare negative_slope: number;

  constructor(
    negative_slope?: number | LeakyReLUOptions,
    inplace?: boolean | LeakyReLUOptions,
    options?: LeakyReLUOptions,
  );
  constructor(...args: unknown[]) {
    super(LEAKY_RELU, args, { negative_slope: 0.01 });
  }

  override forward(input: Tensor): Tensor {
    return this.run('leaky_relu', input, this.negative_slope);
  }

  override extra_repr(): string {
    return this.text('negative_slope');
  }
}

/** Options of {@link RReLU}. */
export interface RReLUOptions extends InplaceOptions {
  /** The least slope. Default 1/8. */
  lower?: number | undefined;
  /** The greatest slope. Default 1/3. */
  upper?: number | undefined;
}

const RRELU = callShape('RReLU', 'lower?, upper?, inplace?');

/** A leaky ReLU whose slope is drawn in training, and the middle of its bounds in evaluation. */
export class RReLU extends Elementwise {
  declare lower: number;
  declare upper: number;

  constructor(
    lower?: number | RReLUOptions,
    upper?: number | RReLUOptions,
    inplace?: boolean | RReLUOptions,
    options?: RReLUOptions,
  );
  constructor(...args: unknown[]) {
    super(RRELU, args, { lower: 1 / 8, upper: 1 / 3 });
  }

  override forward(input: Tensor): Tensor {
    return op(this.inplace ? 'rrelu_' : 'rrelu', input, this.lower, this.upper, this.training);
  }

  override extra_repr(): string {
    return this.text('lower', 'upper');
  }
}

/** Options of {@link Hardtanh}. */
export interface HardtanhOptions extends InplaceOptions {
  /** Default -1. */
  min_val?: number | undefined;
  /** Default 1. */
  max_val?: number | undefined;
}

const HARDTANH = callShape('Hardtanh', 'min_val?, max_val?, inplace?');

/** `min(max(min_val, x), max_val)`. */
export class Hardtanh extends Elementwise {
  declare min_val: number;
  declare max_val: number;

  constructor(
    min_val?: number | HardtanhOptions,
    max_val?: number | HardtanhOptions,
    inplace?: boolean | HardtanhOptions,
    options?: HardtanhOptions,
  );
  constructor(...args: unknown[]) {
    super(HARDTANH, args, { min_val: -1, max_val: 1 });
    if (!(this.max_val > this.min_val))
      throw invalidValue('max_val', `more than min_val, ${this.min_val}`, this.max_val);
  }

  override forward(input: Tensor): Tensor {
    return this.run('hardtanh', input, this.min_val, this.max_val);
  }

  override extra_repr(): string {
    return this.text('min_val', 'max_val');
  }
}

/** Options of {@link Threshold}. */
export interface ThresholdOptions extends InplaceOptions {
  threshold?: number | undefined;
  value?: number | undefined;
}

const THRESHOLD = callShape('Threshold', 'threshold, value, inplace?');

/** `x` where it is more than `threshold`, else `value`. */
export class Threshold extends Elementwise {
  declare threshold: number;
  declare value: number;

  constructor(
    threshold: number | ThresholdOptions,
    value?: number | ThresholdOptions,
    inplace?: boolean | ThresholdOptions,
  );
  constructor(...args: unknown[]) {
    super(THRESHOLD, args);
  }

  override forward(input: Tensor): Tensor {
    return this.run('threshold', input, this.threshold, this.value);
  }

  override extra_repr(): string {
    const { threshold, value, inplace } = this;
    return `threshold=${plain(threshold)}, value=${plain(value)}${inplace ? ', inplace=True' : ''}`;
  }
}

/** Options of {@link Softplus}. */
export interface SoftplusOptions {
  /** Default 1. */
  beta?: number | undefined;
  /** Where `beta x` is more than this, the result is `x` itself. Default 20. */
  threshold?: number | undefined;
}

const SOFTPLUS = callShape('Softplus', 'beta?, threshold?');

/** `log(1 + exp(beta x)) / beta`. */
export class Softplus extends Elementwise {
  declare beta: number;
  declare threshold: number;

  constructor(beta?: number | SoftplusOptions, threshold?: number | SoftplusOptions, options?: SoftplusOptions);
  constructor(...args: unknown[]) {
    super(SOFTPLUS, args, { beta: 1, threshold: 20 });
  }

  override forward(input: Tensor): Tensor {
    return op('softplus', input, this.beta, this.threshold);
  }

  override extra_repr(): string {
    return this.text('beta', 'threshold');
  }
}

/** Options of {@link Softshrink} and {@link Hardshrink}. */
export interface ShrinkOptions {
  /** How far from 0 the result is 0. Default 0.5. */
  lambd?: number | undefined;
}

const SOFTSHRINK = callShape('Softshrink', 'lambd?');
const HARDSHRINK = callShape('Hardshrink', 'lambd?');

/** `x - lambd` above it, `x + lambd` below `-lambd`, else 0. */
export class Softshrink extends Elementwise {
  declare lambd: number;

  constructor(lambd?: number | ShrinkOptions);
  constructor(...args: unknown[]) {
    super(SOFTSHRINK, args, { lambd: 0.5 });
  }

  override forward(input: Tensor): Tensor {
    return op('softshrink', input, this.lambd);
  }

  override extra_repr(): string {
    return float(this.lambd);
  }
}

/** `x` where its size is more than `lambd`, else 0. */
export class Hardshrink extends Elementwise {
  declare lambd: number;

  constructor(lambd?: number | ShrinkOptions);
  constructor(...args: unknown[]) {
    super(HARDSHRINK, args, { lambd: 0.5 });
  }

  override forward(input: Tensor): Tensor {
    return op('hardshrink', input, this.lambd);
  }

  override extra_repr(): string {
    return float(this.lambd);
  }
}

/** Options of {@link GELU}. */
export interface GELUOptions {
  /** `'none'` for the exact function, `'tanh'` for its approximation. Default `'none'`. */
  approximate?: 'none' | 'tanh' | undefined;
}

const GELU_ = callShape('GELU', 'approximate?');

/** `x Φ(x)`, with the distribution function of the standard normal distribution. */
export class GELU extends Module {
  declare approximate: string;

  constructor(approximate?: 'none' | 'tanh' | GELUOptions);
  constructor(...args: unknown[]) {
    super();
    const { approximate = 'none' } = readCall<GELUOptions>(GELU_, args);
    this.approximate = approximate;
  }

  override forward(input: Tensor): Tensor {
    return this.approximate === 'none'
      ? op('gelu', input)
      : new Tensor(dispatchTensor('gelu', [input], { approximate: this.approximate }));
  }

  override extra_repr(): string {
    return `approximate='${this.approximate}'`;
  }
}

/** The sigmoid, `1 / (1 + e⁻ˣ)`. */
export class Sigmoid extends Module {
  override forward(input: Tensor): Tensor {
    return op('sigmoid', input);
  }
}

/** The hyperbolic tangent. */
export class Tanh extends Module {
  override forward(input: Tensor): Tensor {
    return op('tanh', input);
  }
}

/** `log(sigmoid(x))`. */
export class LogSigmoid extends Module {
  override forward(input: Tensor): Tensor {
    return op('log_sigmoid', input);
  }
}

/** `x / (1 + |x|)`. */
export class Softsign extends Module {
  override forward(input: Tensor): Tensor {
    return op('div', input, op('add', op('abs', input), 1));
  }
}

/** `x - tanh(x)`. */
export class Tanhshrink extends Module {
  override forward(input: Tensor): Tensor {
    return op('sub', input, op('tanh', input));
  }
}

/** Options of {@link GLU}. */
export interface DimOptions {
  dim?: number | null | undefined;
}

const GLU_ = callShape('GLU', 'dim?');

/** The first half of `dim` times the sigmoid of the second. */
export class GLU extends Module {
  declare dim: number;

  /** @param dim - default -1 */
  constructor(dim?: number | DimOptions);
  constructor(...args: unknown[]) {
    super();
    const { dim } = readCall<DimOptions>(GLU_, args);
    this.dim = checkInteger(dim ?? -1, 'dim');
  }

  override forward(input: Tensor): Tensor {
    return op('glu', input, this.dim);
  }

  override extra_repr(): string {
    return `dim=${this.dim}`;
  }
}

/** The base of layers that normalise over one dimension. */
abstract class OverDim extends Module {
  declare dim: number | null;

  protected constructor(name: string, args: unknown[]) {
    super();
    const { dim } = readCall<DimOptions>(callShape(name, 'dim?'), args);
    this.dim = dim == null ? null : checkInteger(dim, 'dim');
  }

  /** The dimension; without one, that of old versions. */
  protected place(input: Tensor, name: string): number {
    if (this.dim !== null) return this.dim;
    warnOnce(
      `Implicit dimension choice for ${name} has been deprecated. Change the call to include dim=X as an argument.`,
    );
    checkInput(input);
    return [0, 1, 3].includes(input.dim()) ? 0 : 1;
  }

  override extra_repr(): string {
    return `dim=${plain(this.dim)}`;
  }
}

/** Exponentials that sum to 1 over `dim`. */
export class Softmax extends OverDim {
  constructor(dim?: number | null | DimOptions);
  constructor(...args: unknown[]) {
    super('Softmax', args);
  }

  override forward(input: Tensor): Tensor {
    return op('softmax', input, this.place(input, 'softmax'));
  }
}

/** {@link Softmax} of the negative. */
export class Softmin extends OverDim {
  constructor(dim?: number | null | DimOptions);
  constructor(...args: unknown[]) {
    super('Softmin', args);
  }

  override forward(input: Tensor): Tensor {
    return op('softmax', op('neg', input), this.place(input, 'softmin'));
  }
}

/** The logarithm of {@link Softmax}. */
export class LogSoftmax extends OverDim {
  constructor(dim?: number | null | DimOptions);
  constructor(...args: unknown[]) {
    super('LogSoftmax', args);
  }

  override forward(input: Tensor): Tensor {
    return op('log_softmax', input, this.place(input, 'log_softmax'));
  }
}

/** {@link Softmax} over the channels of images, `[N, C, H, W]` or `[C, H, W]`. */
export class Softmax2d extends Module {
  override forward(input: Tensor): Tensor {
    checkInput(input);
    if (![3, 4].includes(input.dim())) throw invalidValue('input', '3 or 4 dimensions', input.dim());
    return op('softmax', input, -3);
  }
}

/** Options of {@link PReLU}. */
export interface PReLUOptions extends FactoryOptions {
  /** 1, or the number of channels. Default 1. */
  num_parameters?: number | undefined;
  /** The first slope. Default 0.25. */
  init?: number | undefined;
}

const PRELU = callShape('PReLU', 'num_parameters?, init?, device?, dtype?');

/** A leaky ReLU whose slope is learned. */
export class PReLU extends Module {
  declare num_parameters: number;
  declare init: number;
  declare weight: Parameter;

  constructor(num_parameters?: number | PReLUOptions, init?: number | PReLUOptions, options?: PReLUOptions);
  constructor(...args: unknown[]) {
    super();
    const given = readCall<PReLUOptions>(PRELU, args);
    this.num_parameters = checkInteger(given.num_parameters ?? 1, 'num_parameters');
    this.init = given.init ?? 0.25;
    this.weight = parameter([this.num_parameters], given);
    constant_(this.weight, this.init);
  }

  override forward(input: Tensor): Tensor {
    return op('prelu', input, this.weight);
  }

  override extra_repr(): string {
    return `num_parameters=${this.num_parameters}`;
  }
}
