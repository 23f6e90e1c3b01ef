import { types } from 'node:util';
import { itemsOf, listOf } from '../../addon/arguments.js';
import { isTensor } from '../../addon/handle.js';
import { native } from '../../addon/native.js';
import { behaviour } from '../../addon/versions.js';
import { ArgumentRangeError, describe, invalidType, invalidValue } from '../../base/errors.js';
import { isArray, isFunction, isInstance, isPlainObject } from '../../base/plain_object.js';
import { type CallShape, callShape, readCall } from '../../base/positional.js';
import { warnOnce } from '../../base/warnings.js';
import { inPlace, withoutGrad } from '../../tensor/call.js';
import type { Tensor } from '../../tensor/tensor.js';
import { beforeGroups, Optimizer, type ParamGroup, rateOf, settleGroups } from '../optimizer.js';

/** The state of a scheduler: plain values, as in Python. */
export type SchedulerState = Record<string, unknown>;

/** Options that all schedulers have. */
export interface SchedulerOptions {
  /** The epoch after which training resumes; -1 to start. Default -1. */
  last_epoch?: number | undefined;
}

/** `base ** exponent`, as Python computes it. */
export function power(base: number, exponent: number): number {
  return native().scalar_math('pow', base, exponent);
}

/** The cosine, as Python computes it. */
export function cosine(angle: number): number {
  return native().scalar_math('cos', angle, 0);
}

/** The shape of a scheduler's call: the optimizer comes first. */
export function schedule(name: string, call: string): CallShape {
  return callShape(name, `optimizer, ${call}`);
}

/** The kinds of parameters: what is not here is checked where it is used. */
const KINDS = new Map(
  [
    {
      names: ['cycle_momentum', 'three_phase'],
      expected: 'a boolean',
      fits: (value: unknown) => typeof value === 'boolean',
    },
    {
      names: ['scale_fn'],
      expected: 'a function or null',
      fits: (value: unknown) => value === null || isFunction(value),
    },
    {
      names: ['total_steps', 'epochs', 'steps_per_epoch', 'step_size_down'],
      expected: 'a number or null',
      fits: (value: unknown) => value === null || typeof value === 'number',
    },
    {
      names: [
        'last_epoch',
        'step_size',
        'gamma',
        'factor',
        'total_iters',
        'start_factor',
        'end_factor',
        'power',
        'T_max',
        'T_0',
        'T_mult',
        'eta_min',
        'step_size_up',
        'pct_start',
        'div_factor',
        'final_div_factor',
        'patience',
        'threshold',
        'cooldown',
        'eps',
        'anneal_epochs',
      ],
      expected: 'a number',
      fits: (value: unknown) => typeof value === 'number',
    },
  ].flatMap(({ names, ...kind }) => names.map((name) => [name, kind])),
);

/** Reads a scheduler's arguments, the first of which is an optimizer. */
export function readSchedule<T>(
  shape: CallShape,
  args: ArrayLike<unknown>,
): T & { optimizer: Optimizer; last_epoch?: number } {
  const given = readCall<T & { optimizer: Optimizer }>(shape, args);
  if (!isInstance(given.optimizer, Optimizer)) throw invalidType('optimizer', 'an Optimizer', given.optimizer);
  for (const [name, value] of Object.entries(given)) {
    const kind = KINDS.get(name);
    if (kind !== undefined && !kind.fits(value)) throw invalidType(name, kind.expected, value);
  }
  return given;
}

/** Sets a group's learning rate, in place if it is a tensor. */
export function setRate(group: ParamGroup, rate: number): void {
  if (isTensor(group.lr)) withoutGrad(() => inPlace('fill_', group.lr as Tensor, rate));
  else group.lr = rate;
}

/** The learning rates of an optimizer's groups. */
export function ratesOf(optimizer: Optimizer): number[] {
  return optimizer.param_groups.map(rateOf);
}

/** One number per group. */
export function forGroups(name: string, optimizer: Optimizer, value: unknown): number[] {
  const { length } = optimizer.param_groups;
  if (isArray(value) && value.length !== length) {
    throw new ArgumentRangeError(name, `one value, or ${length}, one for each group`, `${value.length}`);
  }
  const list = isArray(value) ? itemsOf(value, name) : Array.from({ length: length }, () => value);
  for (const item of list)
    if (typeof item !== 'number') throw invalidType(name, 'a number, or one for each group', item);
  return list as number[];
}

/** Milestones, the numbers of epochs. */
export function readMilestones(value: unknown): number[] {
  const expected = 'an array of integers';
  const list = listOf(value, 'milestones', expected);
  for (const item of list) if (typeof item !== 'number') throw invalidType('milestones', expected, item);
  return list as number[];
}

/**
 * The base class of the schedulers: `step()`, after each epoch or batch, sets the learning rates of the optimizer's
 * groups.
 *
 * @example
 * ```ts
 * const model = new torch.nn.Linear(2, 1);
 * const optimizer = new torch.optim.SGD(model.parameters(), { lr: 0.1 });
 * const scheduler = new torch.optim.lr_scheduler.StepLR(optimizer, { step_size: 2, gamma: 0.5 });
 * const rates = [];
 * for (let epoch = 0; epoch < 4; epoch++) {
 *   optimizer.step();
 *   scheduler.step();
 *   rates.push(scheduler.get_last_lr()[0]);
 * }
 * rates;   // [0.1, 0.05, 0.05, 0.025]
 * ```
 */
export abstract class LRScheduler {
  declare readonly optimizer: Optimizer;
  declare base_lrs: number[];
  declare last_epoch: number;
  declare _step_count: number;
  declare _is_initial: boolean;
  declare _get_lr_called_within_step: boolean;
  declare _last_lr: number[];
  declare verbose: boolean;

  /**
   * @param optimizer - the optimizer whose learning rates are set. The first are set when they are first asked for, by a
   *   step of either or by a look at `param_groups`, so that a subclass has its fields by then
   * @param last_epoch - the epoch that training goes on after; -1 to begin. Default -1
   */
  constructor(optimizer?: Optimizer, last_epoch = -1) {
    if (optimizer === undefined) return;
    if (!isInstance(optimizer, Optimizer)) throw invalidType('optimizer', 'an Optimizer', optimizer);
    this.#prepare(optimizer, last_epoch);
    beforeGroups(optimizer, () => this.initial_step());
  }

  /** Ties the scheduler to its optimizer and sets the first learning rates; the fields of a subclass come before. */
  protected start(optimizer: Optimizer, last_epoch = -1): void {
    this.#prepare(optimizer, last_epoch);
    this.initial_step();
  }

  #prepare(optimizer: Optimizer, last_epoch: number): void {
    this.tie(optimizer);
    for (const [at, group] of optimizer.param_groups.entries()) {
      if (last_epoch === -1) {
        group.initial_lr ??= rateOf(group);
      } else if (!('initial_lr' in group)) {
        throw new ArgumentRangeError(
          'last_epoch',
          `-1, or an optimizer whose state was loaded: initial_lr is not in param_groups[${at}]`,
          describe(last_epoch),
        );
      }
    }
    this.base_lrs = optimizer.param_groups.map(({ initial_lr }) => Number(initial_lr));
    this.last_epoch = last_epoch;
    if (!behaviour().schedulersKnowTheirStart) this.verbose = false;
  }

  /** Sets the first learning rates if they are still to be set. */
  #begin(): void {
    if (this.optimizer !== undefined) settleGroups(this.optimizer);
  }

  /** The optimizer, which is not part of the state. */
  protected tie(optimizer: Optimizer): void {
    Object.defineProperty(this, 'optimizer', { value: optimizer, enumerable: false });
  }

  /** The first step, which sets the initial learning rates. */
  initial_step(): void {
    this._step_count = 0;
    const { schedulersKnowTheirStart: newer } = behaviour();
    if (newer) this._is_initial = true;
    this.step();
    if (newer) this._is_initial = false;
  }

  /** Whether the initial learning rates are being set. */
  protected get isInitial(): boolean {
    return behaviour().schedulersKnowTheirStart ? this._is_initial : this.last_epoch <= 0;
  }

  /** The learning rates after `last_epoch`, computed from the ones before. */
  abstract get_lr(): number[];

  /** The same from `last_epoch` alone, if there is such a formula. */
  protected closedForm?(): number[];

  /** The learning rates that were set last. */
  get_last_lr(): number[] {
    this.#begin();
    return this._last_lr;
  }

  /**
   * Advances by one epoch and sets the learning rates.
   *
   * @param epoch - the epoch to advance to instead; deprecated in PyTorch
   */
  step(epoch?: number | null): void {
    checkEpoch(epoch);
    this.#begin();
    this._step_count++;
    if (epoch != null) {
      warnOnce(
        'The epoch parameter in `scheduler.step()` was not necessary and is being deprecated where possible. Please use `scheduler.step()` to step the scheduler.',
      );
    }
    this.update(epoch);
  }

  /** Sets the learning rates of the next epoch, or of `epoch`. */
  update(epoch?: number | null): void {
    const before = this.last_epoch;
    let rates: number[];
    try {
      this.last_epoch = epoch ?? before + 1;
      rates = epoch != null && this.closedForm !== undefined ? this.closedForm() : this.get_lr();
    } catch (error) {
      this.last_epoch = before;
      throw error;
    }
    this._get_lr_called_within_step = false;
    for (const [at, group] of this.optimizer.param_groups.entries()) setRate(group, rates[at] as number);
    this._last_lr = ratesOf(this.optimizer);
  }

  /** The state: the parameters of the schedule and its position. */
  state_dict(): SchedulerState {
    this.#begin();
    return copyOf(
      Object.fromEntries(Object.entries(this).filter(([, value]) => typeof value !== 'function')),
    ) as SchedulerState;
  }

  /** Loads a state. */
  load_state_dict(state_dict: SchedulerState): void {
    checkState(state_dict);
    for (const name of Object.keys(state_dict)) {
      if (name !== 'optimizer' && !isFunction((this as Record<string, unknown>)[name])) continue;
      throw invalidValue('state_dict', 'the fields of a schedule, as state_dict() gives', name);
    }
    this.#begin();
    Object.assign(this, copyOf(state_dict));
  }
}

/** Checks the epoch to advance to, if there is one. */
export function checkEpoch(epoch: unknown): void {
  if (epoch != null && typeof epoch !== 'number') throw invalidType('epoch', 'a number', epoch);
}

/** Checks a state before it is loaded. */
export function checkState(state_dict: unknown): void {
  if (!isPlainObject(state_dict)) throw invalidType('state_dict', 'an object, as state_dict() gives', state_dict);
}

/** Deeper than any state; stops at values that contain themselves. */
const MAX_DEPTH = 128;

function copyOf(value: unknown, depth = 0): unknown {
  if (depth === MAX_DEPTH) throw new ArgumentRangeError('state_dict', `at most ${MAX_DEPTH} levels`, 'more');
  const copy = (item: unknown) => copyOf(item, depth + 1);
  if (isArray(value)) return itemsOf(value, 'state_dict').map(copy);
  if (types.isMap(value)) return new Map([...value].map(([key, item]) => [key, copy(item)]));
  if (isPlainObject(value)) return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, copy(item)]));
  return value;
}
