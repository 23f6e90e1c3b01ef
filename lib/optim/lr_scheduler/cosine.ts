/** Schedules along a cosine. */
import { invalidValue } from '../../base/errors.js';
import type { Optimizer } from '../optimizer.js';
import {
  checkEpoch,
  cosine,
  LRScheduler,
  ratesOf,
  readSchedule,
  schedule,
  type SchedulerOptions,
  setRate,
} from './scheduler.js';

/** Options of {@link CosineAnnealingLR}. */
export interface CosineAnnealingOptions extends SchedulerOptions {
  /** The number of epochs from the highest to the lowest rate. */
  T_max?: number | undefined;
  /** The lowest rate. Default 0. */
  eta_min?: number | undefined;
}

const ANNEALING = schedule('CosineAnnealingLR', 'T_max, eta_min?, last_epoch?');

/** Lowers the rate along half a cosine wave in `T_max` epochs, then raises it again. */
export class CosineAnnealingLR extends LRScheduler {
  declare T_max: number;
  declare eta_min: number;

  constructor(
    optimizer: Optimizer,
    T_max: number | CosineAnnealingOptions,
    eta_min?: number | CosineAnnealingOptions,
    last_epoch?: number | CosineAnnealingOptions,
  );
  constructor(...args: unknown[]) {
    super();
    const { optimizer, T_max, eta_min = 0, last_epoch } = readSchedule<CosineAnnealingOptions>(ANNEALING, args);
    this.T_max = T_max as number;
    this.eta_min = eta_min;
    this.start(optimizer, last_epoch);
  }

  override get_lr(): number[] {
    const { T_max, eta_min, last_epoch } = this;
    const rates = ratesOf(this.optimizer);
    if (this.isInitial) return rates;
    if (this._step_count === 1 && last_epoch > 0) {
      return this.base_lrs.map(
        (rate) => eta_min + ((rate - eta_min) * (1 + cosine((last_epoch * Math.PI) / T_max))) / 2,
      );
    }
    if ((last_epoch - 1 - T_max) % (2 * T_max) === 0) {
      const rise = 1 - cosine(Math.PI / T_max);
      return rates.map((rate, at) => rate + (((this.base_lrs[at] as number) - eta_min) * rise) / 2);
    }
    const factor = (1 + cosine((Math.PI * last_epoch) / T_max)) / (1 + cosine((Math.PI * (last_epoch - 1)) / T_max));
    return rates.map((rate) => factor * (rate - eta_min) + eta_min);
  }

  protected override closedForm(): number[] {
    const { T_max, eta_min, last_epoch } = this;
    const height = 1 + cosine((Math.PI * last_epoch) / T_max);
    return this.base_lrs.map((rate) => eta_min + ((rate - eta_min) * height) / 2);
  }
}

/** Options of {@link CosineAnnealingWarmRestarts}. */
export interface WarmRestartsOptions extends SchedulerOptions {
  /** The number of epochs until the first restart. */
  T_0?: number | undefined;
  /** The factor by which each cycle is longer than the one before. Default 1. */
  T_mult?: number | undefined;
  /** The lowest rate. Default 0. */
  eta_min?: number | undefined;
}

const RESTARTS = schedule('CosineAnnealingWarmRestarts', 'T_0, T_mult?, eta_min?, last_epoch?');

/** Lowers the rate along half a cosine wave, then restarts at the top. */
export class CosineAnnealingWarmRestarts extends LRScheduler {
  declare T_0: number;
  declare T_i: number;
  declare T_mult: number;
  declare eta_min: number;
  declare T_cur: number;

  constructor(
    optimizer: Optimizer,
    T_0: number | WarmRestartsOptions,
    T_mult?: number | WarmRestartsOptions,
    eta_min?: number | WarmRestartsOptions,
    last_epoch?: number | WarmRestartsOptions,
  );
  constructor(...args: unknown[]) {
    super();
    const given = readSchedule<WarmRestartsOptions>(RESTARTS, args);
    const { T_0, T_mult = 1, eta_min = 0, last_epoch = -1 } = given;
    if (!Number.isInteger(T_0) || (T_0 as number) <= 0) throw invalidValue('T_0', 'a positive integer', T_0);
    if (!Number.isInteger(T_mult) || T_mult < 1) throw invalidValue('T_mult', 'an integer of at least 1', T_mult);
    this.T_0 = T_0 as number;
    this.T_i = T_0 as number;
    this.T_mult = T_mult;
    this.eta_min = eta_min;
    this.T_cur = last_epoch;
    this.start(given.optimizer, last_epoch);
  }

  override get_lr(): number[] {
    const { eta_min, T_cur, T_i } = this;
    return this.base_lrs.map((rate) => eta_min + ((rate - eta_min) * (1 + cosine((Math.PI * T_cur) / T_i))) / 2);
  }

  /** Advances by one epoch, or to `epoch`, which may be fractional. */
  override step(epoch?: number | null): void {
    checkEpoch(epoch);
    let to = epoch ?? (this.last_epoch < 0 ? 0 : undefined);
    if (to === undefined) {
      to = this.last_epoch + 1;
      this.T_cur++;
      if (this.T_cur >= this.T_i) {
        this.T_cur %= this.T_i;
        this.T_i *= this.T_mult;
      }
    } else {
      if (!(to >= 0)) throw invalidValue('epoch', 'a number of at least 0', to);
      const { T_0, T_mult } = this;
      if (to < T_0) {
        this.T_i = T_0;
        this.T_cur = to;
      } else if (T_mult === 1) {
        this.T_cur = to % T_0;
      } else {
        const n = Math.trunc(Math.log((to / T_0) * (T_mult - 1) + 1) / Math.log(T_mult));
        this.T_cur = to - (T_0 * (T_mult ** n - 1)) / (T_mult - 1);
        this.T_i = T_0 * T_mult ** n;
      }
    }
    this.last_epoch = Math.floor(to);
    const rates = this.get_lr();
    this._get_lr_called_within_step = false;
    for (const [at, group] of this.optimizer.param_groups.entries()) setRate(group, rates[at] as number);
    this._last_lr = ratesOf(this.optimizer);
  }
}
