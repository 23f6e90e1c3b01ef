/** Elementwise activations other than the rectifiers. */
import { callShape, readCall } from '../../base/positional.js';
import { invalidValue } from '../../base/errors.js';
import { dispatchTensor } from '../../tensor/dispatch.js';
import { Tensor } from '../../tensor/tensor.js';
import { op } from '../../tensor/call.js';
import { Module } from '../module.js';
import { float, plain } from '../print.js';
import { Elementwise, type InplaceOptions } from './elementwise.js';

const SILU = callShape('SiLU', 'inplace?');
const MISH = callShape('Mish', 'inplace?');
const HARDSIGMOID = callShape('Hardsigmoid', 'inplace?');
const HARDSWISH = callShape('Hardswish', 'inplace?');

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

/** A piecewise linear sigmoid: `min(max(0, x / 6 + 1 / 2), 1)`. */
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

/** `x` where it is greater than `threshold`, otherwise `value`. */
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
  /** Where `beta x` exceeds this, the result is `x` itself. Default 20. */
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
  /** Inputs from `-lambd` to `lambd` give 0. Default 0.5. */
  lambd?: number | undefined;
}

const SOFTSHRINK = callShape('Softshrink', 'lambd?');
const HARDSHRINK = callShape('Hardshrink', 'lambd?');

/** `x - lambd` above `lambd`, `x + lambd` below `-lambd`, otherwise 0. */
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

/** `x` where its absolute value exceeds `lambd`, otherwise 0. */
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

/** `x Φ(x)`, where `Φ` is the cumulative distribution function of the standard normal distribution. */
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
