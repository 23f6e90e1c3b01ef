import { behaviour } from '../../addon/versions.js';
import { invalidValue } from '../../base/errors.js';
import type { Optimizer } from '../optimizer.js';
import { cosine, forGroups, LRScheduler, ratesOf, readSchedule, schedule, type SchedulerOptions } from './scheduler.js';

/** Options of {@link SWALR}. */
export interface SWALROptions extends SchedulerOptions {
  swa_lr?: number | readonly number[] | undefined;
  /** The number of epochs until the rate is reached. Default 10. */
  anneal_epochs?: number | undefined;
  /** Default `'cos'`. */
  anneal_strategy?: 'cos' | 'linear' | undefined;
}

const SWA = schedule('SWALR', 'swa_lr, anneal_epochs?, anneal_strategy?, last_epoch?');

/** Moves the rate to `swa_lr` and keeps it there, for weight averaging, by Izmailov et al. (2018). */
export class SWALR extends LRScheduler {
  declare _anneal_strategy: string | undefined;
  declare anneal_epochs: number;
  readonly #strategy: string;

  constructor(
    optimizer: Optimizer,
    swa_lr: number | readonly number[] | SWALROptions,
    anneal_epochs?: number | SWALROptions,
    anneal_strategy?: 'cos' | 'linear' | SWALROptions,
    options?: SWALROptions,
  );
  constructor(...args: unknown[]) {
    super();
    const given = readSchedule<SWALROptions>(SWA, args);
    const { optimizer, anneal_epochs = 10, anneal_strategy = 'cos', last_epoch } = given;
    const rates = forGroups('swa_lr', optimizer, given.swa_lr);
    if (anneal_strategy !== 'cos' && anneal_strategy !== 'linear') {
      throw invalidValue('anneal_strategy', "'cos' or 'linear'", anneal_strategy);
    }
    if (!Number.isInteger(anneal_epochs) || anneal_epochs < 0) {
      throw invalidValue('anneal_epochs', 'an integer of at least 0', anneal_epochs);
    }
    for (const [at, group] of optimizer.param_groups.entries()) group.swa_lr = rates[at];
    this.#strategy = anneal_strategy;
    if (behaviour().swaNamesItsAnnealing) this._anneal_strategy = anneal_strategy;
    this.anneal_epochs = anneal_epochs;
    this.start(optimizer, last_epoch);
  }

  #share(step: number): number {
    const t = Math.max(0, Math.min(1, step / Math.max(1, this.anneal_epochs)));
    return (this._anneal_strategy ?? this.#strategy) === 'cos' ? (1 - cosine(Math.PI * t)) / 2 : t;
  }

  override get_lr(): number[] {
    const count = this._step_count - 1;
    const step = this.anneal_epochs === 0 ? Math.max(1, count) : count;
    const before = this.#share(step - 1);
    const share = this.#share(step);
    return ratesOf(this.optimizer).map((rate, at) => {
      const { swa_lr } = this.optimizer.param_groups[at] as { swa_lr?: number };
      const target = swa_lr as number;
      const initial = before === 1 ? target : (rate - before * target) / (1 - before);
      return target * share + initial * (1 - share);
    });
  }
}
