/** Schedules by factors. */
import { types } from 'node:util';
import { itemsOf } from '../../addon/arguments.js';
import { ignoreRejection } from '../../addon/lane.js';
import { invalidType, invalidValue, ArgumentRangeError } from '../../base/errors.js';
import { isArray, isFunction, isPlainObject } from '../../base/plain_object.js';
import type { Optimizer } from '../optimizer.js';
import {
  LRScheduler,
  power,
  ratesOf,
  readMilestones,
  readSchedule,
  schedule,
  type SchedulerOptions,
  type SchedulerState,
  checkState,
} from './scheduler.js';

/** The factor for an epoch. */
export type RateFunction = (epoch: number) => number;

/** Options of {@link LambdaLR} and {@link MultiplicativeLR}. */
export interface LambdaOptions extends SchedulerOptions {
  lr_lambda?: RateFunction | readonly RateFunction[] | undefined;
}

const LAMBDA = schedule('LambdaLR', 'lr_lambda, last_epoch?');
const MULTIPLICATIVE = schedule('MultiplicativeLR', 'lr_lambda, last_epoch?');

/** The base class of schedules with functions, which are not part of the state. */
abstract class ByFunctions extends LRScheduler {
  declare lr_lambdas: RateFunction[];

  protected functions(optimizer: Optimizer, given: unknown): void {
    const { length } = optimizer.param_groups;
    if (isArray(given) && given.length !== length) {
      throw new ArgumentRangeError('lr_lambda', `one function, or ${length}, one for each group`, String(given.length));
    }
    const list = isArray(given) ? itemsOf(given, 'lr_lambda') : Array.from({ length: length }, () => given);
    for (const fn of list) if (!isFunction(fn)) throw invalidType('lr_lambda', 'a function', fn);
    Object.defineProperty(this, 'lr_lambdas', { value: list, enumerable: false });
  }

  /** What a function gives for the epoch. */
  protected factor(at: number): number {
    const value: unknown = (this.lr_lambdas[at] as RateFunction)(this.last_epoch);
    if (typeof value === 'number') return value;
    ignoreRejection(value);
    throw invalidType('the result of lr_lambda', 'a number', value);
  }

  override state_dict(): SchedulerState {
    return { ...super.state_dict(), lr_lambdas: this.lr_lambdas.map(() => null) };
  }

  override load_state_dict(state_dict: SchedulerState): void {
    checkState(state_dict);
    const { lr_lambdas: _, ...state } = state_dict;
    super.load_state_dict(state);
  }
}

/** The initial rate times a function of the epoch. */
export class LambdaLR extends ByFunctions {
  constructor(
    optimizer: Optimizer,
    lr_lambda: RateFunction | readonly RateFunction[] | LambdaOptions,
    last_epoch?: number | LambdaOptions,
  );
  constructor(...args: unknown[]) {
    super();
    const { optimizer, lr_lambda, last_epoch } = readSchedule<LambdaOptions>(LAMBDA, args);
    this.functions(optimizer, lr_lambda);
    this.start(optimizer, last_epoch);
  }

  override get_lr(): number[] {
    return this.base_lrs.map((rate, at) => rate * this.factor(at));
  }
}

/** Multiplies the rate by a function of the epoch. */
export class MultiplicativeLR extends ByFunctions {
  constructor(
    optimizer: Optimizer,
    lr_lambda: RateFunction | readonly RateFunction[] | LambdaOptions,
    last_epoch?: number | LambdaOptions,
  );
  constructor(...args: unknown[]) {
    super();
    const { optimizer, lr_lambda, last_epoch } = readSchedule<LambdaOptions>(MULTIPLICATIVE, args);
    this.functions(optimizer, lr_lambda);
    this.start(optimizer, last_epoch);
  }

  override get_lr(): number[] {
    const rates = ratesOf(this.optimizer);
    return this.isInitial ? rates : rates.map((rate, at) => rate * this.factor(at));
  }
}

/** Options of {@link StepLR}. */
export interface StepOptions extends SchedulerOptions {
  /** The number of epochs between changes. */
  step_size?: number | undefined;
  /** The factor. Default 0.1. */
  gamma?: number | undefined;
}

const STEP = schedule('StepLR', 'step_size, gamma?, last_epoch?');

/** Multiplies the rate by `gamma` every `step_size` epochs. */
export class StepLR extends LRScheduler {
  declare step_size: number;
  declare gamma: number;

  constructor(
    optimizer: Optimizer,
    step_size: number | StepOptions,
    gamma?: number | StepOptions,
    last_epoch?: number | StepOptions,
  );
  constructor(...args: unknown[]) {
    super();
    const { optimizer, step_size, gamma = 0.1, last_epoch } = readSchedule<StepOptions>(STEP, args);
    if (!Number.isInteger(step_size) || (step_size as number) === 0)
      throw invalidValue('step_size', 'an integer other than 0', step_size);
    this.step_size = step_size as number;
    this.gamma = gamma;
    this.start(optimizer, last_epoch);
  }

  override get_lr(): number[] {
    const rates = ratesOf(this.optimizer);
    if (this.last_epoch === 0 || this.last_epoch % this.step_size !== 0) return rates;
    return rates.map((rate) => rate * this.gamma);
  }

  protected override closedForm(): number[] {
    const factor = power(this.gamma, Math.floor(this.last_epoch / this.step_size));
    return this.base_lrs.map((rate) => rate * factor);
  }
}

/** Options of {@link MultiStepLR}. */
export interface MultiStepOptions extends SchedulerOptions {
  milestones?: Iterable<number> | undefined;
  /** The factor. Default 0.1. */
  gamma?: number | undefined;
}

const MULTI_STEP = schedule('MultiStepLR', 'milestones, gamma?, last_epoch?');

/** Multiplies the rate by `gamma` at each milestone. */
export class MultiStepLR extends LRScheduler {
  /** The milestones with the number of times that each was given. */
  declare milestones: Map<number, number>;
  declare gamma: number;

  constructor(
    optimizer: Optimizer,
    milestones: Iterable<number> | MultiStepOptions,
    gamma?: number | MultiStepOptions,
    last_epoch?: number | MultiStepOptions,
  );
  constructor(...args: unknown[]) {
    super();
    const { optimizer, milestones, gamma = 0.1, last_epoch } = readSchedule<MultiStepOptions>(MULTI_STEP, args);
    this.milestones = new Map();
    for (const milestone of readMilestones(milestones))
      this.milestones.set(milestone, (this.milestones.get(milestone) ?? 0) + 1);
    this.gamma = gamma;
    this.start(optimizer, last_epoch);
  }

  override get_lr(): number[] {
    const rates = ratesOf(this.optimizer);
    const times = this.milestones.get(this.last_epoch);
    return times === undefined ? rates : rates.map((rate) => rate * power(this.gamma, times));
  }

  protected override closedForm(): number[] {
    let passed = 0;
    for (const [milestone, times] of this.milestones) if (milestone <= this.last_epoch) passed += times;
    return this.base_lrs.map((rate) => rate * power(this.gamma, passed));
  }

  override load_state_dict(state_dict: SchedulerState): void {
    checkState(state_dict);
    const { milestones, ...state } = state_dict;
    super.load_state_dict(state);
    if (milestones === undefined) return;
    if (!types.isMap(milestones) && !isPlainObject(milestones))
      throw invalidType('state_dict.milestones', 'a Map or an object', milestones);
    const entries = types.isMap(milestones) ? [...milestones] : Object.entries(milestones);
    this.milestones = new Map(entries.map(([key, times]) => [Number(key), Number(times)]));
  }
}

/** Options of {@link ConstantLR}. */
export interface ConstantOptions extends SchedulerOptions {
  /** Default 1/3. */
  factor?: number | undefined;
  /** Default 5. */
  total_iters?: number | undefined;
}

const CONSTANT = schedule('ConstantLR', 'factor?, total_iters?, last_epoch?');

/** Multiplies the rate by `factor` for the first `total_iters` epochs. */
export class ConstantLR extends LRScheduler {
  declare factor: number;
  declare total_iters: number;

  constructor(
    optimizer: Optimizer,
    factor?: number | ConstantOptions,
    total_iters?: number | ConstantOptions,
    last_epoch?: number | ConstantOptions,
  );
  constructor(...args: unknown[]) {
    super();
    const { optimizer, factor = 1 / 3, total_iters = 5, last_epoch } = readSchedule<ConstantOptions>(CONSTANT, args);
    if (!(factor >= 0 && factor <= 1)) throw invalidValue('factor', 'from 0 to 1', factor);
    this.factor = factor;
    this.total_iters = total_iters;
    this.start(optimizer, last_epoch);
  }

  override get_lr(): number[] {
    const rates = ratesOf(this.optimizer);
    if (this.last_epoch === 0) return rates.map((rate) => rate * this.factor);
    return this.last_epoch === this.total_iters ? rates.map((rate) => rate * (1 / this.factor)) : rates;
  }

  protected override closedForm(): number[] {
    const over = this.last_epoch >= this.total_iters ? 1 : 0;
    return this.base_lrs.map((rate) => rate * (this.factor + over * (1 - this.factor)));
  }
}

/** Options of {@link LinearLR}. */
export interface LinearOptions extends SchedulerOptions {
  /** Default 1/3. */
  start_factor?: number | undefined;
  /** Default 1. */
  end_factor?: number | undefined;
  /** Default 5. */
  total_iters?: number | undefined;
}

const LINEAR = schedule('LinearLR', 'start_factor?, end_factor?, total_iters?, last_epoch?');

/** Changes the factor of the rate linearly from `start_factor` to `end_factor` in `total_iters` epochs. */
export class LinearLR extends LRScheduler {
  declare start_factor: number;
  declare end_factor: number;
  declare total_iters: number;

  constructor(
    optimizer: Optimizer,
    start_factor?: number | LinearOptions,
    end_factor?: number | LinearOptions,
    total_iters?: number | LinearOptions,
    last_epoch?: number | LinearOptions,
  );
  constructor(...args: unknown[]) {
    super();
    const given = readSchedule<LinearOptions>(LINEAR, args);
    const { start_factor = 1 / 3, end_factor = 1, total_iters = 5 } = given;
    if (!(start_factor > 0 && start_factor <= 1))
      throw invalidValue('start_factor', 'more than 0 and at most 1', start_factor);
    if (!(end_factor >= 0 && end_factor <= 1)) throw invalidValue('end_factor', 'from 0 to 1', end_factor);
    this.start_factor = start_factor;
    this.end_factor = end_factor;
    this.total_iters = total_iters;
    this.start(given.optimizer, given.last_epoch);
  }

  override get_lr(): number[] {
    const { start_factor, end_factor, total_iters, last_epoch } = this;
    const rates = ratesOf(this.optimizer);
    if (last_epoch === 0) return rates.map((rate) => rate * start_factor);
    if (this.isInitial || last_epoch > total_iters) return rates;
    const divisor = total_iters * start_factor + (last_epoch - 1) * (end_factor - start_factor);
    return rates.map((rate) => rate * (1 + (end_factor - start_factor) / divisor));
  }

  protected override closedForm(): number[] {
    const { start_factor, end_factor, total_iters, last_epoch } = this;
    const passed = Math.min(total_iters, last_epoch);
    return this.base_lrs.map((rate) => rate * (start_factor + ((end_factor - start_factor) * passed) / total_iters));
  }
}

/** Options of {@link ExponentialLR}. */
export interface ExponentialOptions extends SchedulerOptions {
  gamma?: number | undefined;
}

const EXPONENTIAL = schedule('ExponentialLR', 'gamma, last_epoch?');

/** Multiplies the rate by `gamma` in each epoch. */
export class ExponentialLR extends LRScheduler {
  declare gamma: number;

  constructor(optimizer: Optimizer, gamma: number | ExponentialOptions, last_epoch?: number | ExponentialOptions);
  constructor(...args: unknown[]) {
    super();
    const { optimizer, gamma, last_epoch } = readSchedule<ExponentialOptions>(EXPONENTIAL, args);
    this.gamma = gamma as number;
    this.start(optimizer, last_epoch);
  }

  override get_lr(): number[] {
    const rates = ratesOf(this.optimizer);
    return this.isInitial ? rates : rates.map((rate) => rate * this.gamma);
  }

  protected override closedForm(): number[] {
    return this.base_lrs.map((rate) => rate * power(this.gamma, this.last_epoch));
  }
}

/** Options of {@link PolynomialLR}. */
export interface PolynomialOptions extends SchedulerOptions {
  /** Default 5. */
  total_iters?: number | undefined;
  /** Default 1. */
  power?: number | undefined;
}

const POLYNOMIAL = schedule('PolynomialLR', 'total_iters?, power?, last_epoch?');

/** Lowers the rate to 0 in `total_iters` epochs, as a power of the remaining fraction. */
export class PolynomialLR extends LRScheduler {
  declare total_iters: number;
  declare power: number;

  constructor(
    optimizer: Optimizer,
    total_iters?: number | PolynomialOptions,
    power?: number | PolynomialOptions,
    last_epoch?: number | PolynomialOptions,
  );
  constructor(...args: unknown[]) {
    super();
    const {
      optimizer,
      total_iters = 5,
      power: exponent = 1,
      last_epoch,
    } = readSchedule<PolynomialOptions>(POLYNOMIAL, args);
    this.total_iters = total_iters;
    this.power = exponent;
    this.start(optimizer, last_epoch);
  }

  override get_lr(): number[] {
    const { total_iters, last_epoch } = this;
    const rates = ratesOf(this.optimizer);
    if (this.isInitial || last_epoch > total_iters) return rates;
    const factor = power((1 - last_epoch / total_iters) / (1 - (last_epoch - 1) / total_iters), this.power);
    return rates.map((rate) => rate * factor);
  }

  protected override closedForm(): number[] {
    const left = 1 - Math.min(this.total_iters, this.last_epoch) / this.total_iters;
    return this.base_lrs.map((rate) => rate * power(left, this.power));
  }
}
