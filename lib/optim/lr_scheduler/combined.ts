/** Schedules composed of others. */
import { itemsOf } from '../../addon/arguments.js';
import { ArgumentRangeError, invalidType } from '../../base/errors.js';
import { isArray, isInstance } from '../../base/plain_object.js';
import { callShape, readCall } from '../../base/positional.js';
import type { Optimizer } from '../optimizer.js';
import { behaviour } from '../../addon/versions.js';
import { ReduceLROnPlateau } from './plateau.js';
import {
  checkState,
  LRScheduler,
  ratesOf,
  readMilestones,
  readSchedule,
  schedule,
  type SchedulerState,
  setRate,
} from './scheduler.js';

/** The base class of both. */
abstract class Combined extends LRScheduler {
  declare readonly _schedulers: readonly LRScheduler[];

  protected hold(schedulers: unknown, optimizer?: Optimizer): readonly LRScheduler[] {
    if (!isArray(schedulers)) throw invalidType('schedulers', 'an array of schedulers', schedulers);
    if (schedulers.length === 0) throw new ArgumentRangeError('schedulers', 'at least one scheduler', 'none');
    const own = itemsOf(schedulers, 'schedulers');
    for (const [at, scheduler] of own.entries()) {
      if (!isInstance(scheduler, LRScheduler)) throw invalidType(`schedulers[${at}]`, 'a scheduler', scheduler);
      if (scheduler instanceof ReduceLROnPlateau) {
        throw new ArgumentRangeError(`schedulers[${at}]`, 'a scheduler that takes no metrics', 'ReduceLROnPlateau');
      }
      if (scheduler.optimizer !== (optimizer ?? (own[0] as LRScheduler).optimizer))
        throw new ArgumentRangeError(`schedulers[${at}]`, 'one of the same optimizer', 'another');
    }
    Object.defineProperty(this, '_schedulers', { value: own, enumerable: false });
    return this._schedulers;
  }

  override get_lr(): number[] {
    return this.get_last_lr();
  }

  override state_dict(): SchedulerState {
    return { ...super.state_dict(), _schedulers: this._schedulers.map((scheduler) => scheduler.state_dict()) };
  }

  override load_state_dict(state_dict: SchedulerState): void {
    checkState(state_dict);
    const { _schedulers, ...state } = state_dict;
    super.load_state_dict(state);
    for (const [at, own] of (isArray(_schedulers) ? itemsOf(_schedulers, '_schedulers') : []).entries())
      this._schedulers[at]?.load_state_dict(own as SchedulerState);
  }
}

/** Options of {@link SequentialLR}. */
export interface SequentialOptions {
  schedulers?: readonly LRScheduler[] | undefined;
  milestones?: readonly number[] | undefined;
  last_epoch?: number | undefined;
}

const SEQUENTIAL = schedule('SequentialLR', 'schedulers, milestones, last_epoch?');

/** Runs one scheduler after the other: each milestone starts the next one. */
export class SequentialLR extends Combined {
  declare _milestones: number[];

  constructor(
    optimizer: Optimizer,
    schedulers: readonly LRScheduler[] | SequentialOptions,
    milestones?: readonly number[] | SequentialOptions,
    last_epoch?: number | SequentialOptions,
  );
  constructor(...args: unknown[]) {
    super();
    const given = readSchedule<SequentialOptions>(SEQUENTIAL, args);
    const { optimizer, last_epoch = -1 } = given;
    const schedulers = this.hold(given.schedulers, optimizer);
    const { milestones } = given;
    if (!isArray(milestones)) throw invalidType('milestones', 'an array of integers', milestones);
    if (milestones.length !== schedulers.length - 1) {
      throw new ArgumentRangeError(
        'milestones',
        `${schedulers.length - 1}, one fewer than schedulers`,
        String(milestones.length),
      );
    }
    this._milestones = readMilestones(milestones);
    this.last_epoch = last_epoch + 1;
    this.tie(optimizer);
    for (const group of optimizer.param_groups) setRate(group, group.initial_lr);
    const { schedulersKnowTheirStart: newer } = behaviour();
    for (const scheduler of newer ? schedulers.flatMap(leaves) : schedulers) scheduler.last_epoch--;
    const first = schedulers[newer ? this.#current(0) : 0] as LRScheduler;
    first.initial_step();
    this._last_lr = first.get_last_lr();
  }

  #current(epoch: number): number {
    return this._milestones.filter((milestone) => milestone <= epoch).length;
  }

  override step(): void {
    this.last_epoch++;
    const at = this.#current(this.last_epoch);
    const scheduler = this._schedulers[at] as LRScheduler;
    const starts = at > 0 && this._milestones[at - 1] === this.last_epoch;
    if (!starts) scheduler.step();
    else if (behaviour().schedulersKnowTheirStart) scheduler.update(0);
    else scheduler.step(0);
    this._last_lr = scheduler.get_last_lr();
  }
}

/** The schedulers that are not themselves composed. */
function leaves(scheduler: LRScheduler): LRScheduler[] {
  return scheduler instanceof Combined ? scheduler._schedulers.flatMap(leaves) : [scheduler];
}

const CHAINED = callShape('ChainedScheduler', 'schedulers, optimizer?');

/** Runs several schedulers together: each changes what the one before it set. */
export class ChainedScheduler extends Combined {
  constructor(
    schedulers: readonly LRScheduler[] | { schedulers: readonly LRScheduler[] },
    optimizer?: Optimizer | { optimizer?: Optimizer },
  );
  constructor(...args: unknown[]) {
    super();
    const { schedulers, optimizer } = readCall<{ schedulers: unknown; optimizer?: Optimizer }>(CHAINED, args);
    const list = this.hold(schedulers, optimizer);
    this.tie(optimizer ?? (list[0] as LRScheduler).optimizer);
    this._last_lr = ratesOf((list.at(-1) as LRScheduler).optimizer);
  }

  override step(): void {
    for (const scheduler of this._schedulers) scheduler.step();
    this._last_lr = ratesOf(this.optimizer);
  }
}
