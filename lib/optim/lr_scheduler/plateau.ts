import { isTensor } from '../../addon/handle.js';
import { invalidType, invalidValue } from '../../base/errors.js';
import { isArray } from '../../base/plain_object.js';
import type { Tensor } from '../../tensor/tensor.js';
import { type Optimizer, rateOf } from '../optimizer.js';
import { behaviour } from '../../addon/versions.js';
import {
  checkEpoch,
  forGroups,
  LRScheduler,
  ratesOf,
  readSchedule,
  schedule,
  type SchedulerState,
  setRate,
} from './scheduler.js';

/** Options of {@link ReduceLROnPlateau}. */
export interface PlateauOptions {
  /** Whether a smaller or a larger metric is better. Default `'min'`. */
  mode?: 'min' | 'max' | undefined;
  /** The factor of the rate. Default 0.1. */
  factor?: number | undefined;
  /** The number of epochs without improvement to wait for. Default 10. */
  patience?: number | undefined;
  /** The smallest change that counts as an improvement. Default 1e-4. */
  threshold?: number | undefined;
  /** Whether `threshold` is relative to the best metric, or absolute. Default `'rel'`. */
  threshold_mode?: 'rel' | 'abs' | undefined;
  /** The number of epochs after a change that are ignored. Default 0. */
  cooldown?: number | undefined;
  /** The lowest rate. Default 0. */
  min_lr?: number | readonly number[] | undefined;
  /** Smaller changes of the rate are skipped. Default 1e-8. */
  eps?: number | undefined;
}

const PLATEAU = schedule(
  'ReduceLROnPlateau',
  'mode?, factor?, patience?, threshold?, threshold_mode?, cooldown?, min_lr?, eps?',
);

/** Lowers the rate when a metric stops improving. */
export class ReduceLROnPlateau extends LRScheduler {
  declare factor: number;
  declare default_min_lr: number | null;
  declare min_lrs: number[];
  declare patience: number;
  declare cooldown: number;
  declare eps: number;
  declare mode: string;
  declare threshold: number;
  declare threshold_mode: string;
  declare mode_worse: number;
  declare best: number;
  declare cooldown_counter: number;
  declare num_bad_epochs: number;

  constructor(
    optimizer: Optimizer,
    mode?: 'min' | 'max' | PlateauOptions,
    factor?: number | PlateauOptions,
    patience?: number | PlateauOptions,
    options?: PlateauOptions,
  );
  constructor(...args: unknown[]) {
    super();
    const given = readSchedule<PlateauOptions>(PLATEAU, args);
    const { optimizer, mode = 'min', factor = 0.1, patience = 10, threshold = 1e-4, threshold_mode = 'rel' } = given;
    const { cooldown = 0, min_lr = 0, eps = 1e-8 } = given;
    if (!(factor < 1)) throw invalidValue('factor', 'less than 1', factor);
    if (mode !== 'min' && mode !== 'max') throw invalidValue('mode', "'min' or 'max'", mode);
    if (threshold_mode !== 'rel' && threshold_mode !== 'abs')
      throw invalidValue('threshold_mode', "'rel' or 'abs'", threshold_mode);
    const least = forGroups('min_lr', optimizer, min_lr);
    this.tie(optimizer);
    this.factor = factor;
    const newer = behaviour().schedulersKnowTheirStart;
    if (newer) this.default_min_lr = isArray(min_lr) ? null : min_lr;
    this.min_lrs = least;
    Object.assign(this, { patience, cooldown, eps, last_epoch: 0, mode, threshold, threshold_mode });
    if (newer) this._last_lr = ratesOf(optimizer);
    else this.verbose = false;
    this.mode_worse = mode === 'min' ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
    this.best = this.mode_worse;
    this.cooldown_counter = 0;
    this.num_bad_epochs = 0;
  }

  override get_lr(): number[] {
    return ratesOf(this.optimizer);
  }

  /** Advances by one epoch with the given metric. */
  override step(metrics: number | bigint | Tensor | null | undefined, epoch?: number): void {
    const value = isTensor(metrics) ? (metrics as Tensor).item() : metrics;
    if (typeof value !== 'number' && typeof value !== 'bigint') throw invalidType('metrics', 'a number', metrics);
    checkEpoch(epoch);
    const current = Number(value);
    this.last_epoch = epoch ?? this.last_epoch + 1;
    if (this.#isBetter(current)) {
      this.best = current;
      this.num_bad_epochs = 0;
    } else {
      this.num_bad_epochs++;
    }
    if (this.in_cooldown) {
      this.cooldown_counter--;
      this.num_bad_epochs = 0;
    }
    if (this.num_bad_epochs > this.patience) {
      this.#reduce();
      this.cooldown_counter = this.cooldown;
      this.num_bad_epochs = 0;
    }
    this._last_lr = ratesOf(this.optimizer);
  }

  /** Whether epochs are currently ignored. */
  get in_cooldown(): boolean {
    return this.cooldown_counter > 0;
  }

  #reduce(): void {
    for (const [at, group] of this.optimizer.param_groups.entries()) {
      const before = rateOf(group);
      const after = Math.max(before * this.factor, this.min_lrs[at] ?? this.default_min_lr ?? 0);
      if (before - after > this.eps) setRate(group, after);
    }
  }

  #isBetter(value: number): boolean {
    const { mode, threshold_mode, threshold, best } = this;
    if (threshold_mode === 'rel') {
      return mode === 'min' ? value < best * (1 - threshold) : value > best * (threshold + 1);
    }
    return mode === 'min' ? value < best - threshold : value > best + threshold;
  }

  override load_state_dict(state: SchedulerState): void {
    super.load_state_dict(state);
    this.mode_worse = this.mode === 'min' ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
  }
}
