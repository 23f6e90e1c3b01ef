/** Schedules that go up and down, with the momentum in the opposite direction. */
import { behaviour } from '../../addon/versions.js';
import { ArgumentTypeError, ArgumentRangeError, invalidValue } from '../../base/errors.js';
import type { Optimizer, ParamGroup } from '../optimizer.js';
import {
  cosine,
  forGroups,
  LRScheduler,
  power,
  readSchedule,
  schedule,
  type SchedulerOptions,
  type SchedulerState,
  setRate,
  checkState,
} from './scheduler.js';

/** Checks that an optimizer has momentum, and returns whether it is the first of its betas. */
function usesBeta1({ defaults }: Optimizer): boolean {
  if (!('momentum' in defaults) && !('betas' in defaults)) {
    throw new ArgumentTypeError('cycle_momentum', 'false for an optimizer without momentum and betas', 'true');
  }
  return 'betas' in defaults;
}

function setMomentum(group: ParamGroup, momentum: number, beta1: boolean): void {
  if (beta1) group.betas = [momentum, ...group.betas.slice(1)];
  else group.momentum = momentum;
}

/** Sets the momentum bounds of each group, and the upper one as the initial momentum. */
function startMomenta(optimizer: Optimizer, most: readonly number[], least: readonly number[], beta1: boolean): void {
  for (const [at, group] of optimizer.param_groups.entries()) {
    setMomentum(group, most[at] as number, beta1);
    group.max_momentum = most[at];
    group.base_momentum = least[at];
  }
}

/** Options of {@link CyclicLR}. */
export interface CyclicOptions extends SchedulerOptions {
  base_lr?: number | readonly number[] | undefined;
  max_lr?: number | readonly number[] | undefined;
  /** The number of increasing steps. Default 2000. */
  step_size_up?: number | undefined;
  /** The number of decreasing steps. Default: as many. */
  step_size_down?: number | null | undefined;
  /** Default `'triangular'`. */
  mode?: 'triangular' | 'triangular2' | 'exp_range' | undefined;
  /** The base for `'exp_range'`. Default 1. */
  gamma?: number | undefined;
  /** The scale of a cycle, instead of `mode`. */
  scale_fn?: ((x: number) => number) | null | undefined;
  /** The argument of `scale_fn`. Default `'cycle'`. */
  scale_mode?: 'cycle' | 'iterations' | undefined;
  /** Also cycle the momentum, in the opposite direction. Default true. */
  cycle_momentum?: boolean | undefined;
  /** Default 0.8. */
  base_momentum?: number | readonly number[] | undefined;
  /** Default 0.9. */
  max_momentum?: number | readonly number[] | undefined;
}

const CYCLIC = schedule(
  'CyclicLR',
  'base_lr, max_lr, step_size_up?, step_size_down?, mode?, gamma?, scale_fn?, scale_mode?, cycle_momentum?, base_momentum?, max_momentum?, last_epoch?',
);

/** Cycles the rate between `base_lr` and `max_lr`, by Smith (2015). */
export class CyclicLR extends LRScheduler {
  declare max_lrs: number[];
  declare total_size: number;
  declare step_ratio: number;
  declare mode: string;
  declare gamma: number;
  declare scale_mode: string;
  declare cycle_momentum: boolean;
  declare use_beta1: boolean | undefined;
  declare base_momentums: number[];
  declare max_momentums: number[];
  readonly #scale: ((x: number) => number) | null;

  constructor(
    optimizer: Optimizer,
    base_lr: number | readonly number[],
    max_lr: number | readonly number[] | CyclicOptions,
    step_size_up?: number | CyclicOptions,
    options?: CyclicOptions,
  );
  constructor(...args: unknown[]) {
    super();
    const given = readSchedule<CyclicOptions>(CYCLIC, args);
    const {
      optimizer,
      step_size_up = 2000,
      mode = 'triangular',
      gamma = 1,
      scale_fn = null,
      cycle_momentum = true,
    } = given;
    const { last_epoch = -1 } = given;
    this.tie(optimizer);
    const base = forGroups('base_lr', optimizer, given.base_lr);
    this.max_lrs = forGroups('max_lr', optimizer, given.max_lr);
    this.total_size = step_size_up + (given.step_size_down ?? step_size_up);
    this.step_ratio = step_size_up / this.total_size;
    if (scale_fn === null && !['triangular', 'triangular2', 'exp_range'].includes(mode)) {
      throw invalidValue('mode', "'triangular', 'triangular2', 'exp_range', or a scale_fn", mode);
    }
    this.mode = mode;
    this.gamma = gamma;
    this.#scale = scale_fn;
    this.scale_mode =
      scale_fn === null ? (mode === 'exp_range' ? 'iterations' : 'cycle') : (given.scale_mode ?? 'cycle');
    this.cycle_momentum = cycle_momentum;
    const momenta = cycle_momentum ? this.#momenta(given) : undefined;
    if (last_epoch === -1)
      for (const [at, group] of optimizer.param_groups.entries()) setRate(group, base[at] as number);
    if (momenta && last_epoch === -1) this.#startMomenta(optimizer);
    this.start(optimizer, last_epoch);
    this.base_lrs = base;
  }

  #momenta({ optimizer, base_momentum = 0.8, max_momentum = 0.9 }: CyclicOptions & { optimizer: Optimizer }): true {
    if (behaviour().cyclesBetas) this.use_beta1 = usesBeta1(optimizer);
    else if (!('momentum' in optimizer.defaults)) {
      throw new ArgumentTypeError('cycle_momentum', 'false for an optimizer without momentum', 'true');
    }
    this.base_momentums = forGroups('base_momentum', optimizer, base_momentum);
    this.max_momentums = forGroups('max_momentum', optimizer, max_momentum);
    return true;
  }

  #startMomenta(optimizer: Optimizer): void {
    const { base_momentums, max_momentums, use_beta1 } = this;
    if (behaviour().cyclesBetas) startMomenta(optimizer, max_momentums, base_momentums, use_beta1 === true);
    else for (const [at, group] of optimizer.param_groups.entries()) group.momentum = base_momentums[at];
  }

  /** The scale of a cycle. */
  scale_fn(x: number): number {
    if (this.#scale !== null) return this.#scale(x);
    if (this.mode === 'triangular') return 1;
    return this.mode === 'triangular2' ? 1 / power(2, x - 1) : power(this.gamma, x);
  }

  override get_lr(): number[] {
    const { last_epoch, total_size, step_ratio } = this;
    const cycle = Math.floor(1 + last_epoch / total_size);
    const x = 1 + last_epoch / total_size - cycle;
    const share = x <= step_ratio ? x / step_ratio : (x - 1) / (step_ratio - 1);
    const scale = this.scale_fn(this.scale_mode === 'cycle' ? cycle : last_epoch);
    const rates = this.base_lrs.map((base, at) => base + ((this.max_lrs[at] as number) - base) * share * scale);
    if (this.cycle_momentum) {
      for (const [at, group] of this.optimizer.param_groups.entries()) {
        const [least, most] = [this.base_momentums[at] as number, this.max_momentums[at] as number];
        setMomentum(group, most - (most - least) * share * scale, this.use_beta1 === true);
      }
    }
    return rates;
  }

  override state_dict(): SchedulerState {
    return { ...super.state_dict(), _scale_fn_custom: null };
  }

  override load_state_dict(state_dict: SchedulerState): void {
    checkState(state_dict);
    const { _scale_fn_custom: _, _scale_fn_ref: __, ...state } = state_dict;
    super.load_state_dict(state);
  }
}

/** Options of {@link OneCycleLR}. */
export interface OneCycleOptions extends SchedulerOptions {
  max_lr?: number | readonly number[] | undefined;
  /** The number of steps in the cycle; or use `epochs` and `steps_per_epoch`. */
  total_steps?: number | null | undefined;
  epochs?: number | null | undefined;
  steps_per_epoch?: number | null | undefined;
  /** The fraction of increasing steps. Default 0.3. */
  pct_start?: number | undefined;
  /** Default `'cos'`. */
  anneal_strategy?: 'cos' | 'linear' | undefined;
  /** Also cycle the momentum, in the opposite direction. Default true. */
  cycle_momentum?: boolean | undefined;
  /** Default 0.85. */
  base_momentum?: number | readonly number[] | undefined;
  /** Default 0.95. */
  max_momentum?: number | readonly number[] | undefined;
  /** The initial rate is `max_lr` divided by this. Default 25. */
  div_factor?: number | undefined;
  /** The final rate is the initial one divided by this. Default 1e4. */
  final_div_factor?: number | undefined;
  /** Use three phases: up, back down to the initial rate, then down to the final one. Default false. */
  three_phase?: boolean | undefined;
}

const ONE_CYCLE = schedule(
  'OneCycleLR',
  'max_lr, total_steps?, epochs?, steps_per_epoch?, pct_start?, anneal_strategy?, cycle_momentum?, base_momentum?, max_momentum?, div_factor?, final_div_factor?, three_phase?, last_epoch?',
);

interface Phase {
  end_step: number;
  start_lr: string;
  end_lr: string;
  start_momentum: string;
  end_momentum: string;
}

function phases(total: number, up: number, three: boolean): Phase[] {
  const rise = {
    start_lr: 'initial_lr',
    end_lr: 'max_lr',
    start_momentum: 'max_momentum',
    end_momentum: 'base_momentum',
  };
  const fall = { start_lr: 'max_lr', start_momentum: 'base_momentum', end_momentum: 'max_momentum' };
  if (!three)
    return [
      { end_step: up * total - 1, ...rise },
      { end_step: total - 1, ...fall, end_lr: 'min_lr' },
    ];
  return [
    { end_step: up * total - 1, ...rise },
    { end_step: 2 * up * total - 2, ...fall, end_lr: 'initial_lr' },
    {
      end_step: total - 1,
      start_lr: 'initial_lr',
      end_lr: 'min_lr',
      start_momentum: 'max_momentum',
      end_momentum: 'max_momentum',
    },
  ];
}

/** Raises the rate to `max_lr` once, then lowers it far below the initial one, by Smith & Topin (2017). */
export class OneCycleLR extends LRScheduler {
  declare total_steps: number;
  declare _schedule_phases: Phase[];
  declare _anneal_func_type: string | undefined;
  declare cycle_momentum: boolean;
  declare use_beta1: boolean;
  readonly #strategy: string;

  constructor(
    optimizer: Optimizer,
    max_lr: number | readonly number[] | OneCycleOptions,
    total_steps?: number | null | OneCycleOptions,
    options?: OneCycleOptions,
  );
  constructor(...args: unknown[]) {
    super();
    const given = readSchedule<OneCycleOptions>(ONE_CYCLE, args);
    const { optimizer, pct_start = 0.3, anneal_strategy = 'cos', cycle_momentum = true, three_phase = false } = given;
    const { div_factor = 25, final_div_factor = 1e4, last_epoch = -1 } = given;
    this.tie(optimizer);
    this.total_steps = totalSteps(given);
    this._schedule_phases = phases(this.total_steps, pct_start, three_phase);
    if (!(pct_start >= 0 && pct_start <= 1)) throw invalidValue('pct_start', 'from 0 to 1', pct_start);
    if (anneal_strategy !== 'cos' && anneal_strategy !== 'linear') {
      throw invalidValue('anneal_strategy', "'cos' or 'linear'", anneal_strategy);
    }
    this.#strategy = anneal_strategy;
    if (behaviour().oneCycleNamesItsAnnealing) this._anneal_func_type = anneal_strategy;
    const most = forGroups('max_lr', optimizer, given.max_lr);
    this.cycle_momentum = cycle_momentum;
    if (cycle_momentum) {
      this.use_beta1 = usesBeta1(optimizer);
      const high = forGroups('max_momentum', optimizer, given.max_momentum ?? 0.95);
      const low = forGroups('base_momentum', optimizer, given.base_momentum ?? 0.85);
      if (last_epoch === -1) startMomenta(optimizer, high, low, this.use_beta1);
    }
    if (last_epoch === -1) {
      for (const [at, group] of optimizer.param_groups.entries()) {
        group.initial_lr = (most[at] as number) / div_factor;
        group.max_lr = most[at];
        group.min_lr = group.initial_lr / final_div_factor;
      }
    }
    this.start(optimizer, last_epoch);
  }

  #anneal(start: number, end: number, share: number): number {
    if ((this._anneal_func_type ?? this.#strategy) === 'linear') return (end - start) * share + start;
    return end + ((start - end) / 2) * (cosine(Math.PI * share) + 1);
  }

  override get_lr(): number[] {
    const { total_steps, last_epoch } = this;
    if (last_epoch > total_steps) {
      throw new ArgumentRangeError('total_steps', `at most ${total_steps} steps`, `step ${last_epoch}`);
    }
    return this.optimizer.param_groups.map((group) => {
      let start = 0;
      let phase = this._schedule_phases[0] as Phase;
      for (phase of this._schedule_phases) {
        if (last_epoch <= phase.end_step) break;
        if (phase !== this._schedule_phases.at(-1)) start = phase.end_step;
      }
      const share = (last_epoch - start) / (phase.end_step - start);
      if (this.cycle_momentum) {
        setMomentum(group, this.#anneal(group[phase.start_momentum], group[phase.end_momentum], share), this.use_beta1);
      }
      return this.#anneal(group[phase.start_lr], group[phase.end_lr], share);
    });
  }
}

function totalSteps({ total_steps, epochs, steps_per_epoch }: OneCycleOptions): number {
  const named = { total_steps, epochs, steps_per_epoch };
  const wanted = total_steps == null ? (['epochs', 'steps_per_epoch'] as const) : (['total_steps'] as const);
  if (total_steps == null && (epochs == null || steps_per_epoch == null)) {
    throw new ArgumentTypeError('total_steps', 'a number of steps, or epochs and steps_per_epoch', 'neither');
  }
  for (const name of wanted) {
    const value = named[name];
    if (!Number.isInteger(value) || (value as number) <= 0) throw invalidValue(name, 'a positive integer', value);
  }
  return total_steps ?? (epochs as number) * (steps_per_epoch as number);
}
