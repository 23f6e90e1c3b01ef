/** Activations that are the identity above 0: ReLU and its relatives. */
import { callShape, readCall } from '../../base/positional.js';
import type { Tensor } from '../../tensor/tensor.js';
import { op } from '../../tensor/call.js';
import { constant_ } from '../init.js';
import { Module } from '../module.js';
import type { Parameter } from '../parameter.js';
import { Elementwise, type InplaceOptions } from './elementwise.js';
import { checkInteger, type FactoryOptions, parameter } from './layer.js';

const RELU = callShape('ReLU', 'inplace?');
const RELU6 = callShape('ReLU6', 'inplace?');
const SELU_ = callShape('SELU', 'inplace?');

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

/** Options of {@link ELU} and {@link CELU}. */
export interface ELUOptions extends InplaceOptions {
  /** Default 1. */
  alpha?: number | undefined;
}

const ELU_ = callShape('ELU', 'alpha?, inplace?');
const CELU_ = callShape('CELU', 'alpha?, inplace?');

/** `x` where it is positive, otherwise `α (eˣ - 1)`. */
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

/** `x` where it is positive, otherwise `negative_slope x`. */
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
  /** The lower bound of the slope. Default 1/8. */
  lower?: number | undefined;
  /** The upper bound of the slope. Default 1/3. */
  upper?: number | undefined;
}

const RRELU = callShape('RReLU', 'lower?, upper?, inplace?');

/** A leaky ReLU whose slope is random in training, and the mean of its bounds in evaluation. */
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

/** Options of {@link PReLU}. */
export interface PReLUOptions extends FactoryOptions {
  /** 1, or the number of channels. Default 1. */
  num_parameters?: number | undefined;
  /** The initial slope. Default 0.25. */
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
